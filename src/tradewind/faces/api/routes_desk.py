"""The routes of the desk: what can be looked at, and what can be asked of it."""

from tradewind.control.desk_rows import AccountView, OrderLife, StrategyView
from tradewind.control.market_rows import BookView, CandlesView, MarketView, TradesView
from tradewind.control.requests import Shown, ViewName
from tradewind.control.views import (
    CommandView,
    FillView,
    InstanceView,
    NewsView,
    OrderView,
    PnlView,
    PositionView,
    ScopeView,
)
from tradewind.faces.api import reads, shapes, writes
from tradewind.faces.api.rows import ADMIN, DESK, REARM, TRADE, command, get
from tradewind.faces.api.shapes import PageQuery, Rows, RowsQuery, Whole
from tradewind.faces.api.table import SIGNED_IN, Table

WHY = {"why": "the news at noon"}
TICKET = {
    "account": "bybit",
    "instrument": "BYBIT:BTCUSDT",
    "side": "buy",
    "qty": "0.01",
    "px": "60000",
    "why": "by hand",
}


MISSING = (*DESK, "not_found")
MARKET = "markets/{instrument:path}"
READS: Table = (
    get(
        "instances",
        "instances",
        "Instances.",
        reads.instances,
        query=PageQuery,
        answer=Rows[InstanceView],
    ),
    get(
        "instance",
        "instances/{instance}",
        "One instance.",
        reads.instance,
        answer=InstanceView,
        codes=MISSING,
    ),
    get(
        "orders",
        "orders",
        "Orders, the newest first.",
        reads.orders,
        query=shapes.OrdersQuery,
        answer=Rows[OrderView],
    ),
    get(
        "order",
        "orders/{order}",
        "One order from signal to end.",
        reads.order,
        answer=OrderLife,
        codes=MISSING,
    ),
    get("fills", "fills", "Fills.", reads.fills, query=RowsQuery, answer=Rows[FillView]),
    get(
        "positions",
        "positions",
        "Positions that are not flat.",
        reads.positions,
        answer=Whole[PositionView],
    ),
    get(
        "positionsOf",
        "positions/{account}",
        "One account's positions.",
        reads.positions_of,
        answer=Whole[PositionView],
        codes=MISSING,
    ),
    get("pnl", "pnl", "Profit and loss.", reads.pnl, query=shapes.PnlQuery, answer=PnlView),
    get("risk", "risk", "Scopes and their limits.", reads.risk, answer=Whole[ScopeView]),
    get(
        "events", "events", "The event list.", reads.events, query=RowsQuery, answer=Rows[NewsView]
    ),
    get(
        "commands",
        "commands",
        "The audit.",
        reads.commands,
        query=PageQuery,
        answer=Rows[CommandView],
    ),
    get(
        "strategies",
        "strategies",
        "Strategies and their parameters.",
        reads.strategies,
        answer=Whole[StrategyView],
        cached=True,
    ),
    get(
        "strategy",
        "strategies/{strategy:path}",
        "One strategy.",
        reads.strategy,
        answer=StrategyView,
        codes=MISSING,
        cached=True,
    ),
    get(
        "markets",
        "markets",
        "Markets.",
        reads.markets,
        query=shapes.MarketsQuery,
        answer=Rows[MarketView],
        cached=True,
    ),
    get(
        "book",
        f"{MARKET}/book",
        "The best levels of a book.",
        reads.of_market(ViewName.BOOK),
        answer=BookView,
        codes=MISSING,
    ),
    get(
        "candles",
        f"{MARKET}/candles",
        "Candles.",
        reads.of_market(ViewName.CANDLES),
        query=shapes.CandlesQuery,
        answer=CandlesView,
        codes=MISSING,
    ),
    get(
        "trades",
        f"{MARKET}/trades",
        "The newest prints.",
        reads.of_market(ViewName.TRADES),
        answer=TradesView,
        codes=MISSING,
    ),
    get("market", MARKET, "One market.", reads.market, answer=MarketView, codes=MISSING),
    get("accounts", "accounts", "Accounts.", reads.accounts, answer=Whole[AccountView]),
    get(
        "account",
        "accounts/{account}",
        "One account.",
        reads.account,
        answer=AccountView,
        codes=MISSING,
    ),
    get(
        "view",
        "views/{view}",
        "A view as the desk's socket gives it.",
        reads.shown_view,
        query=shapes.ViewQuery,
        answer=Shown,
        codes=MISSING,
    ),
)
WRITES: Table = (
    command(
        "command",
        "commands",
        "Carry out any command; each needs its own scope.",
        writes.command,
        shapes.Commanded,
        SIGNED_IN,
        example={"command": {"type": "Pause", "instance": "favourites"}, **WHY},
    ),
    command(
        "instanceCommand",
        "instances/{instance}/command",
        "Carry out a command on one instance.",
        writes.instance_command,
        shapes.InstanceCommand,
        SIGNED_IN,
        example={"action": "pause", **WHY},
    ),
    command(
        "deploy",
        "terminal/deploy",
        "Create an instance of a strategy.",
        writes.deploy,
        shapes.Deployed,
        TRADE,
        example={
            "strategy": "dual_ema_short",
            "instance": "ema-two",
            "accounts": ["bybit"],
            "instruments": ["BYBIT:BTCUSDT"],
            "parameters": {"interval": "1m"},
            **WHY,
        },
    ),
    command(
        "placeOrder",
        "orders",
        "Place an order by hand, through the same gate.",
        writes.place,
        shapes.Ticket,
        TRADE,
        example=TICKET,
    ),
    command(
        "trade",
        "trade",
        "The same as placing an order.",
        writes.place,
        shapes.Ticket,
        TRADE,
        example=TICKET,
    ),
    command(
        "cancelOrder",
        "orders/{order}/cancel",
        "Cancel one order.",
        writes.cancel,
        shapes.Reason,
        TRADE,
        example=WHY,
    ),
    command(
        "kill",
        "kill",
        "Halt, and cancel everything but what protects.",
        writes.kill,
        shapes.KillOrder,
        TRADE,
        example=WHY,
    ),
    command(
        "rearm", "rearm", "Release a halt.", writes.rearm, shapes.RearmOrder, REARM, example=WHY
    ),
)
ACCOUNTS: Table = (
    command(
        "reconcile",
        "accounts/{account}/reconcile",
        "Read an account again.",
        writes.reconcile,
        shapes.Reason,
        TRADE,
        example=WHY,
    ),
    command(
        "enableAccount",
        "accounts/{account}/enable",
        "Let an account take new risk.",
        writes.enable(enabled=True),
        shapes.Reason,
        ADMIN,
        example=WHY,
    ),
    command(
        "disableAccount",
        "accounts/{account}/disable",
        "Let an account take no new risk.",
        writes.enable(enabled=False),
        shapes.Reason,
        ADMIN,
        example=WHY,
    ),
)

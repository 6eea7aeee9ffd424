"""Every route, one row each. What a row means is told by `table`; nothing is decided here."""

from typing import Any

from tradewind.control.access.who import TokenView, UserView
from tradewind.control.backtests import BacktestOrder, BacktestView, DataView
from tradewind.control.desk_rows import AccountView, OrderLife, StrategyView
from tradewind.control.market_rows import BookView, CandlesView, MarketView, TradesView
from tradewind.control.requests import Preview, Receipt, Shown, ViewName
from tradewind.control.views import (
    CommandView,
    FillView,
    HealthView,
    InstanceView,
    NewsView,
    OrderView,
    PnlView,
    PositionView,
    ScopeView,
)
from tradewind.faces.api import metrics, people, reads, shapes, trials, writes
from tradewind.faces.api.pages import documentation, openapi
from tradewind.faces.api.problems import Problem
from tradewind.faces.api.shapes import CommandQuery, PageQuery, Rows, RowsQuery, Whole
from tradewind.faces.api.table import (
    HTML,
    PUBLIC,
    SIGNED_IN,
    Handler,
    Needs,
    Route,
    Table,
)
from tradewind.model.access import AccessScope

READ, TRADE, REARM, ADMIN = AccessScope
DESK = ("unreachable", "bad_reply")
COMMAND = (
    *DESK,
    "refused",
    "preview_changed",
    "version_conflict",
    "outcome_unknown",
    "too_large",
    "not_found",
)
WHY = {"why": "the news at noon"}
TICKET = {
    "account": "bybit",
    "instrument": "BYBIT:BTCUSDT",
    "side": "buy",
    "qty": "0.01",
    "px": "60000",
    "why": "by hand",
}


def routes(version: str) -> Table:
    """Return the table of a version."""

    def whole() -> Table:
        return routes(version)

    own = (
        _get("openapi", "openapi.json", "This document.", openapi(whole, version), PUBLIC, "about"),
        _page("docs", "/api/docs", "The routes for people.", documentation(whole)),
    )
    return (*SESSION, *ACCOUNT, *PEOPLE, *READS, *WRITES, *ACCOUNTS, *BACKTESTS, *HEALTH, *own)


def _get(
    name: str,
    path: str,
    summary: str,
    handler: Handler,
    needs: Needs = READ,
    tag: str = "desk",
    **more: Any,
) -> Route:
    return Route(
        name=name,
        method="GET",
        path=f"/api/{path}",
        needs=needs,
        summary=summary,
        handler=handler,
        tag=tag,
        **{"codes": DESK, **more},
    )


def _page(name: str, path: str, summary: str, handler: Handler) -> Route:
    return Route(
        name=name,
        method="GET",
        path=path,
        needs=PUBLIC,
        summary=summary,
        handler=handler,
        tag="about",
        media=HTML,
    )


def _command(
    name: str, path: str, summary: str, handler: Handler, body: Any, needs: Needs, **more: Any
) -> Route:
    return Route(
        name=name,
        method="POST",
        path=f"/api/{path}",
        needs=needs,
        summary=summary,
        handler=handler,
        tag="commands",
        body=body,
        query=CommandQuery,
        answer=Receipt | Preview,
        others={202: Receipt},
        codes=COMMAND,
        command=True,
        **more,
    )


def _change(
    name: str, method: str, path: str, summary: str, handler: Handler, **more: Any
) -> Route:
    return Route(
        name=name,
        method=method,
        path=f"/api/{path}",
        summary=summary,
        handler=handler,
        **more,
    )


SESSION: Table = (
    _get(
        "session",
        "session",
        "Who is signed in, and which desk this is.",
        people.session,
        PUBLIC,
        "session",
        answer=shapes.SessionAnswer,
        codes=("auth_failed",),
    ),
    _change(
        "setUp",
        "POST",
        "setup",
        "Make the first admin with the code that the desk printed.",
        people.set_up,
        needs=PUBLIC,
        tag="session",
        body=shapes.SetUp,
        answer=shapes.SessionAnswer,
        codes=("auth_failed", "refused", "locked_out"),
    ),
    _change(
        "signIn",
        "POST",
        "login",
        "Sign in; the session comes as a cookie.",
        people.sign_in,
        needs=PUBLIC,
        tag="session",
        body=shapes.SignIn,
        answer=shapes.SessionAnswer,
        codes=("auth_failed", "locked_out"),
    ),
    _change(
        "signOut",
        "POST",
        "logout",
        "Sign out.",
        people.sign_out,
        needs=PUBLIC,
        tag="session",
        answer=shapes.SessionAnswer,
        codes=("auth_failed",),
    ),
)
ACCOUNT: Table = (
    _change(
        "changePassword",
        "POST",
        "session/password",
        "Change the own password; every other session ends.",
        people.change_password,
        needs=SIGNED_IN,
        tag="session",
        body=shapes.NewPassword,
        answer=shapes.SessionAnswer,
        codes=("locked_out",),
    ),
    _change(
        "secondFactor",
        "POST",
        "session/totp",
        "Enrol, confirm or drop the own second factor.",
        people.second_factor,
        needs=SIGNED_IN,
        tag="session",
        body=shapes.SecondFactor,
        answer=shapes.SecondFactorAnswer,
        codes=("refused",),
    ),
    _get(
        "tokens",
        "tokens",
        "The own tokens; an admin sees everybody's.",
        people.tokens,
        SIGNED_IN,
        "session",
        answer=Whole[TokenView],
        codes=(),
    ),
    _change(
        "makeToken",
        "POST",
        "tokens",
        "Make a token for oneself; its value is shown this once.",
        people.make_token,
        needs=SIGNED_IN,
        tag="session",
        body=shapes.NewToken,
        status=201,
        answer=shapes.MadeToken,
        codes=("refused",),
        example={"label": "reports", "scopes": ["read"], "expires_s": 2592000},
    ),
    _change(
        "revokeToken",
        "DELETE",
        "tokens/{token}",
        "End a token.",
        people.revoke_token,
        needs=SIGNED_IN,
        tag="session",
        answer=TokenView,
        codes=("refused", "not_found"),
    ),
)
PEOPLE: Table = (
    _get(
        "users",
        "users",
        "Everybody.",
        people.users,
        ADMIN,
        "people",
        answer=Whole[UserView],
        codes=(),
    ),
    _change(
        "addUser",
        "POST",
        "users",
        "Add a person.",
        people.add_user,
        needs=ADMIN,
        tag="people",
        body=shapes.NewUser,
        status=201,
        answer=UserView,
        codes=("refused", "locked_out"),
    ),
    _change(
        "changeUser",
        "PUT",
        "users/{user}",
        "Change a person's role or password, or shut them out.",
        people.change_user,
        needs=ADMIN,
        tag="people",
        body=shapes.UserChange,
        answer=UserView,
        codes=("refused", "not_found", "locked_out"),
    ),
    _change(
        "removeUser",
        "DELETE",
        "users/{user}",
        "Forget a person with their sessions and tokens.",
        people.remove_user,
        needs=ADMIN,
        tag="people",
        answer=UserView,
        codes=("refused", "not_found"),
    ),
)
MISSING = (*DESK, "not_found")
MARKET = "markets/{instrument:path}"
READS: Table = (
    _get(
        "instances",
        "instances",
        "Instances.",
        reads.instances,
        query=PageQuery,
        answer=Rows[InstanceView],
    ),
    _get(
        "instance",
        "instances/{instance}",
        "One instance.",
        reads.instance,
        answer=InstanceView,
        codes=MISSING,
    ),
    _get(
        "orders",
        "orders",
        "Orders, the newest first.",
        reads.orders,
        query=shapes.OrdersQuery,
        answer=Rows[OrderView],
    ),
    _get(
        "order",
        "orders/{order}",
        "One order from signal to end.",
        reads.order,
        answer=OrderLife,
        codes=MISSING,
    ),
    _get("fills", "fills", "Fills.", reads.fills, query=RowsQuery, answer=Rows[FillView]),
    _get(
        "positions",
        "positions",
        "Positions that are not flat.",
        reads.positions,
        answer=Whole[PositionView],
    ),
    _get(
        "positionsOf",
        "positions/{account}",
        "One account's positions.",
        reads.positions_of,
        answer=Whole[PositionView],
        codes=MISSING,
    ),
    _get("pnl", "pnl", "Profit and loss.", reads.pnl, query=shapes.PnlQuery, answer=PnlView),
    _get("risk", "risk", "Scopes and their limits.", reads.risk, answer=Whole[ScopeView]),
    _get(
        "events", "events", "The event list.", reads.events, query=RowsQuery, answer=Rows[NewsView]
    ),
    _get(
        "commands",
        "commands",
        "The audit.",
        reads.commands,
        query=PageQuery,
        answer=Rows[CommandView],
    ),
    _get(
        "strategies",
        "strategies",
        "Strategies and their parameters.",
        reads.strategies,
        answer=Whole[StrategyView],
        cached=True,
    ),
    _get(
        "strategy",
        "strategies/{strategy:path}",
        "One strategy.",
        reads.strategy,
        answer=StrategyView,
        codes=MISSING,
        cached=True,
    ),
    _get(
        "markets",
        "markets",
        "Markets.",
        reads.markets,
        query=shapes.MarketsQuery,
        answer=Rows[MarketView],
        cached=True,
    ),
    _get(
        "book",
        f"{MARKET}/book",
        "The best levels of a book.",
        reads.of_market(ViewName.BOOK),
        answer=BookView,
        codes=MISSING,
    ),
    _get(
        "candles",
        f"{MARKET}/candles",
        "Candles.",
        reads.of_market(ViewName.CANDLES),
        query=shapes.CandlesQuery,
        answer=CandlesView,
        codes=MISSING,
    ),
    _get(
        "trades",
        f"{MARKET}/trades",
        "The newest prints.",
        reads.of_market(ViewName.TRADES),
        answer=TradesView,
        codes=MISSING,
    ),
    _get("market", MARKET, "One market.", reads.market, answer=MarketView, codes=MISSING),
    _get("accounts", "accounts", "Accounts.", reads.accounts, answer=Whole[AccountView]),
    _get(
        "account",
        "accounts/{account}",
        "One account.",
        reads.account,
        answer=AccountView,
        codes=MISSING,
    ),
    _get(
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
    _command(
        "command",
        "commands",
        "Carry out any command; each needs its own scope.",
        writes.command,
        shapes.Commanded,
        SIGNED_IN,
        example={"command": {"type": "Pause", "instance": "favourites"}, **WHY},
    ),
    _command(
        "instanceCommand",
        "instances/{instance}/command",
        "Carry out a command on one instance.",
        writes.instance_command,
        shapes.InstanceCommand,
        SIGNED_IN,
        example={"action": "pause", **WHY},
    ),
    _command(
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
    _command(
        "placeOrder",
        "orders",
        "Place an order by hand, through the same gate.",
        writes.place,
        shapes.Ticket,
        TRADE,
        example=TICKET,
    ),
    _command(
        "trade",
        "trade",
        "The same as placing an order.",
        writes.place,
        shapes.Ticket,
        TRADE,
        example=TICKET,
    ),
    _command(
        "cancelOrder",
        "orders/{order}/cancel",
        "Cancel one order.",
        writes.cancel,
        shapes.Reason,
        TRADE,
        example=WHY,
    ),
    _command(
        "kill",
        "kill",
        "Halt, and cancel everything but what protects.",
        writes.kill,
        shapes.KillOrder,
        TRADE,
        example=WHY,
    ),
    _command(
        "rearm", "rearm", "Release a halt.", writes.rearm, shapes.RearmOrder, REARM, example=WHY
    ),
)
ACCOUNTS: Table = (
    _command(
        "reconcile",
        "accounts/{account}/reconcile",
        "Read an account again.",
        writes.reconcile,
        shapes.Reason,
        TRADE,
        example=WHY,
    ),
    _command(
        "enableAccount",
        "accounts/{account}/enable",
        "Let an account take new risk.",
        writes.enable(enabled=True),
        shapes.Reason,
        ADMIN,
        example=WHY,
    ),
    _command(
        "disableAccount",
        "accounts/{account}/disable",
        "Let an account take no new risk.",
        writes.enable(enabled=False),
        shapes.Reason,
        ADMIN,
        example=WHY,
    ),
)
BACKTESTS: Table = (
    _get(
        "data",
        "data",
        "Recorded history.",
        trials.data,
        READ,
        "backtests",
        answer=Whole[DataView],
        codes=(),
    ),
    _get(
        "backtests",
        "backtests",
        "Backtests, the newest first.",
        trials.all_of_them,
        READ,
        "backtests",
        query=PageQuery,
        answer=Rows[BacktestView],
        codes=(),
    ),
    _get(
        "backtest",
        "backtests/{backtest}",
        "One backtest with its result.",
        trials.one,
        READ,
        "backtests",
        answer=BacktestView,
        codes=("not_found",),
    ),
    _get(
        "backtestReport",
        "backtests/{backtest}/report",
        "A backtest's report.",
        trials.report,
        READ,
        "backtests",
        media=HTML,
        codes=("not_found",),
        cached=True,
    ),
    _change(
        "beginBacktest",
        "POST",
        "backtests",
        "Run a backtest; it waits for those before it.",
        trials.begin,
        needs=TRADE,
        tag="backtests",
        body=BacktestOrder,
        status=202,
        answer=BacktestView,
        codes=("refused", "not_found"),
        command=True,
        example={
            "strategy": "dual_ema_short",
            "data": ["history"],
            "instrument": "BYBIT:BTCUSDT",
            "interval": "1m",
        },
    ),
    _change(
        "dropBacktest",
        "DELETE",
        "backtests/{backtest}",
        "Forget a backtest; one that runs ends.",
        trials.drop,
        needs=TRADE,
        tag="backtests",
        answer=BacktestView,
        codes=("not_found",),
    ),
)
HEALTH: Table = (
    _get(
        "health",
        "health",
        "Whether the desk is well; 503 where it is not.",
        reads.health,
        PUBLIC,
        "about",
        answer=(HealthView, shapes.Healthy),
        others={503: (shapes.Healthy, Problem)},
        codes=("auth_failed",),
    ),
    Route(
        name="metrics",
        method="GET",
        path="/metrics",
        needs=PUBLIC,
        summary="Figures for Prometheus; from this machine, or with a token.",
        handler=metrics.metrics,
        tag="about",
        media="text/plain",
        codes=("auth_failed", "forbidden"),
    ),
)

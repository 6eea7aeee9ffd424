"""Endpoints of a member's account: balance, positions, fills, settlements, limits and keys.

Knows filters and views. Must not know matching. Source: Kalshi Trade API v2 (OpenAPI 3.30.0),
read 2026-09.
"""

from decimal import Decimal

from tradewind.edge.simulators.kalshi import statements
from tradewind.edge.simulators.kalshi.accounts import Account, Position
from tradewind.edge.simulators.kalshi.answers import answer
from tradewind.edge.simulators.kalshi.buckets import COSTS, DEFAULT_COST, Bucket
from tradewind.edge.simulators.kalshi.floor import Floor
from tradewind.edge.simulators.kalshi.numbers import rfc3339
from tradewind.edge.simulators.kalshi.paging import page
from tradewind.edge.simulators.kalshi.public_routes import between
from tradewind.edge.simulators.kalshi.routing import READ, Asking, Handler, Route
from tradewind.edge.simulators.wire import WireAnswer
from tradewind.model.money import ONE, ZERO

BALANCE = "read::portfolio_balance"


def _worth(floor: Floor, account: Account) -> Decimal:
    total = ZERO
    for ticker in account.positions:
        qty, market = account.position(ticker).qty, floor.markets[ticker]
        if qty and market.value is not None:
            total += qty * market.value if qty > ZERO else -qty * (ONE - market.value)
        elif qty > ZERO:
            total += qty * market.book.bid[0]
        elif qty:
            total -= qty * (ONE - market.book.ask[0])
    return total


def balance(asking: Asking) -> WireAnswer:
    """Return the cash that is free."""
    account = asking.member
    free = account.cash_seen.at(asking.as_of_ns)
    free = account.free if free is None else free
    return answer(statements.balance(free, _worth(asking.floor, account), account.updated_ns))


def positions(asking: Asking) -> WireAnswer:
    """Return positions by market and by event; flat ones too unless they are filtered out."""
    query, account, markets = asking.query, asking.member, asking.floor.markets
    count = query.texts("count_filter")
    ticker, event = query.text("ticker"), query.text("event_ticker")
    rows: list[Position] = []
    for lagged in account.positions.values():
        row = lagged.at(asking.as_of_ns)
        if row is None or ticker not in ("", row.ticker):
            continue
        if event not in ("", markets[row.ticker].terms.event_ticker):
            continue
        if count and not (
            ("position" in count and row.qty) or ("total_traded" in count and row.traded)
        ):
            continue
        rows.append(row)
    shown, cursor = page(rows, query, statements.position, limits=(100, 1000))
    by_event: dict[str, list[Position]] = {}
    for row in rows:
        by_event.setdefault(markets[row.ticker].terms.event_ticker, []).append(row)
    events = [statements.event_position(name, each) for name, each in by_event.items()]
    return answer({"market_positions": shown, "event_positions": events, "cursor": cursor})


def fills(asking: Asking) -> WireAnswer:
    """Return fills, newest first."""
    query = asking.query
    ticker, order_id = query.text("ticker"), query.text("order_id")
    rows = [
        fill
        for fill in reversed(asking.member.fills)
        if fill.ts <= asking.as_of_ns
        and ticker in ("", fill.ticker)
        and order_id in ("", fill.order_id)
        and between(query, fill.ts)
    ]
    shown, cursor = page(rows, query, statements.fill, limits=(100, 1000))
    return answer({"fills": shown, "cursor": cursor})


def settlements(asking: Asking) -> WireAnswer:
    """Return what markets paid, newest first."""
    query = asking.query
    ticker, event = query.text("ticker"), query.text("event_ticker")
    rows = [
        row
        for row in reversed(asking.member.settled)
        if row.ts <= asking.as_of_ns
        and ticker in ("", row.ticker)
        and event in ("", row.event_ticker)
        and between(query, row.ts)
    ]
    shown, cursor = page(rows, query, statements.settlement, limits=(100, 1000))
    return answer({"settlements": shown, "cursor": cursor})


def deposits(asking: Asking) -> WireAnswer:
    """Return no deposits."""
    return answer({"deposits": [], "cursor": ""})


def withdrawals(asking: Asking) -> WireAnswer:
    """Return no withdrawals."""
    return answer({"withdrawals": [], "cursor": ""})


def user_data_timestamp(asking: Asking) -> WireAnswer:
    """Return how old the oldest view of one's own data is at most."""
    floor = asking.floor
    return answer({"as_of_time": rfc3339(floor.lag.promise_ns(floor.now_ns))})


def limits(asking: Asking) -> WireAnswer:
    """Return the account's buckets."""
    account = asking.member
    return answer(
        {
            "usage_tier": account.terms.tier,
            "read": _bucket(account.read),
            "write": _bucket(account.write),
            "grants": [],
        }
    )


def _bucket(bucket: Bucket) -> dict[str, int]:
    return {"refill_rate": bucket.rate, "bucket_capacity": bucket.capacity}


def endpoint_costs(asking: Asking) -> WireAnswer:
    """Return which endpoints do not cost the default."""
    rows = [{"method": method, "path": path, "cost": cost} for method, path, cost in COSTS]
    return answer({"default_cost": DEFAULT_COST, "endpoint_costs": rows})


def api_keys(asking: Asking) -> WireAnswer:
    """Return the account's keys and what they may do."""
    rows = [
        {"api_key_id": key.id, "name": key.name, "scopes": list(key.scopes)}
        for key in asking.member.terms.keys
    ]
    return answer({"api_keys": rows})


def _read(path: str, name: str, handler: Handler, scope: str = READ) -> Route:
    return Route(method="GET", path=path, name=name, handler=handler, scope=scope)


ROUTES = [
    _read("/portfolio/balance", "GetBalance", balance, BALANCE),
    _read("/portfolio/positions", "GetPositions", positions),
    _read("/portfolio/fills", "GetFills", fills),
    _read("/portfolio/settlements", "GetSettlements", settlements),
    _read("/portfolio/deposits", "GetDeposits", deposits),
    _read("/portfolio/withdrawals", "GetWithdrawals", withdrawals),
    _read("/exchange/user_data_timestamp", "GetUserDataTimestamp", user_data_timestamp),
    _read("/account/limits", "GetAccountApiLimits", limits),
    _read("/account/endpoint_costs", "GetAccountEndpointCosts", endpoint_costs),
    _read("/api_keys", "GetApiKeys", api_keys),
]

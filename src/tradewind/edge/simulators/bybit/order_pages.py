"""What an account may read of its orders and executions.

Source: Bybit API documentation v5, open and closed orders, order history, trade history, 2026.
"""

from tradewind.edge.simulators.bybit.accounts import Account, AccountFill
from tradewind.edge.simulators.bybit.orders import Order, order_row
from tradewind.edge.simulators.bybit.paging import Query, listed, page, window
from tradewind.edge.simulators.bybit.settings import LINEAR, SPOT
from tradewind.edge.simulators.bybit.words import Refusal, Row, bad, ms

DAY_NS = 86_400_000_000_000
CLOSED_SHOWN = 500
BAD_CATEGORY = bad("Category is invalid")
MISSING = bad("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin")


def realtime(account: Account, query: Query, *, closed_too: bool, since_ns: int) -> Row | Refusal:
    """Return open orders, or with openOnly=1 those that closed since `since_ns`."""
    category = query.get("category")
    if category not in (LINEAR, SPOT):
        return BAD_CATEGORY
    if category == LINEAR and not any(
        query.get(key) for key in ("symbol", "baseCoin", "settleCoin")
    ):
        return MISSING
    named = bool(query.get("orderId") or query.get("orderLinkId"))
    recent = query.get("openOnly") == "1"
    found: list[Order] = []
    for order in reversed(account.orders.values()):
        shown = order.open if not recent else not order.open and order.updated_ns >= since_ns
        if not shown and not (named and closed_too and not order.open):
            continue
        if _fits(order, query):
            found.append(order)
    return _orders(found[:CLOSED_SHOWN] if recent else found, query, category)


def history(account: Account, query: Query, now_ns: int, lag_ns: int) -> Row | Refusal:
    """Return closed orders; those without fills are forgotten after a day."""
    category = query.get("category")
    if category not in (LINEAR, SPOT):
        return BAD_CATEGORY
    times = window(query, ms(now_ns))
    if isinstance(times, Refusal):
        return times
    start_ms, end_ms = times
    named = bool(query.get("orderId") or query.get("orderLinkId"))
    found = []
    for order in reversed(account.orders.values()):
        if order.open or order.updated_ns > now_ns - lag_ns or not _fits(order, query):
            continue
        if not order.filled and order.updated_ns < now_ns - DAY_NS:
            continue
        if named or start_ms <= ms(order.created_ns) <= end_ms:
            found.append(order)
    return _orders(found, query, category)


def fills(account: Account, query: Query, now_ns: int, lag_ns: int = 0) -> Row | Refusal:
    """Return executions, newest first; an order's id puts all other filters aside."""
    category = query.get("category")
    if category not in (LINEAR, SPOT):
        return BAD_CATEGORY
    times = window(query, ms(now_ns))
    if isinstance(times, Refusal):
        return times
    start_ms, end_ms = times
    found = [
        fill
        for fill in reversed(account.executions)
        if fill.row["category"] == category
        and fill.at_ns <= now_ns - lag_ns
        and _asked_for(fill, query, (start_ms, end_ms))
    ]
    paged = page(found, query, (50, 100), _fill_mark)
    if isinstance(paged, Refusal):
        return paged
    rows = []
    for each in paged[0]:
        row = dict(each.row)
        del row["category"]
        rows.append(row)
    return listed(rows, paged[1], category)


def _orders(found: list[Order], query: Query, category: str) -> Row | Refusal:
    paged = page(found, query, (20, 50), lambda order: (order.id, ms(order.created_ns)))
    if isinstance(paged, Refusal):
        return paged
    return listed([order_row(order) for order in paged[0]], paged[1], category)


def _asked_for(fill: AccountFill, query: Query, times: tuple[int, int]) -> bool:
    row = fill.row
    for key in ("orderId", "orderLinkId"):
        if query.get(key):
            return bool(row[key] == query[key])
    if not times[0] <= ms(fill.at_ns) <= times[1]:
        return False
    return all(query.get(key) in (None, "", row[key]) for key in ("symbol", "execType"))


def _fill_mark(fill: AccountFill) -> tuple[str, int]:
    return fill.id, ms(fill.at_ns)


def _fits(order: Order, query: Query) -> bool:
    symbol = order.symbol
    if symbol.category != query["category"]:
        return False
    if query.get("orderId"):
        return order.id == query["orderId"]
    if query.get("orderLinkId"):
        return order.link == query["orderLinkId"]
    wanted = {
        "symbol": symbol.name,
        "baseCoin": symbol.base,
        "settleCoin": symbol.quote,
        "orderFilter": order.filter,
    }
    return all(not query.get(key) or query[key] == value for key, value in wanted.items())

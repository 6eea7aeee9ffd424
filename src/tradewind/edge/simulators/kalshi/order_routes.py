"""Endpoints of orders and order groups, and the legacy ones that are gone.

Knows bodies and batches. Must not know how orders match. Source: Kalshi Trade API v2 (OpenAPI
3.30.0), read 2026-09.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial

from tradewind.edge.simulators.kalshi import entry, statements
from tradewind.edge.simulators.kalshi.answers import answer, error_of, invalid, not_found
from tradewind.edge.simulators.kalshi.buckets import CANCEL_COST
from tradewind.edge.simulators.kalshi.messages import Body
from tradewind.edge.simulators.kalshi.numbers import contracts
from tradewind.edge.simulators.kalshi.orders import OrderState
from tradewind.edge.simulators.kalshi.paging import page
from tradewind.edge.simulators.kalshi.public_routes import between
from tradewind.edge.simulators.kalshi.routing import READ, TRADE, Asking, Handler, Route
from tradewind.edge.simulators.wire import WireAnswer
from tradewind.model.errors import Refused

STATUSES = ("resting", "canceled", "executed")


def create(asking: Asking) -> WireAnswer:
    """Enter an order."""
    return answer(entry.create(asking.floor, asking.member, asking.fields()), 201)


def cancel(asking: Asking) -> WireAnswer:
    """Cancel an order."""
    return answer(entry.cancel(asking.floor, asking.member, asking.path["order_id"]))


def cancel_all(asking: Asking) -> WireAnswer:
    """Cancel all orders; the body of the 204 is empty."""
    entry.cancel_all(asking.floor, asking.member)
    return WireAnswer(204)


def amend(asking: Asking) -> WireAnswer:
    """Change an order."""
    order_id = asking.path["order_id"]
    return answer(entry.amend(asking.floor, asking.member, order_id, asking.fields()))


def decrease(asking: Asking) -> WireAnswer:
    """Take contracts off an order."""
    order_id = asking.path["order_id"]
    return answer(entry.decrease(asking.floor, asking.member, order_id, asking.fields()))


def create_batch(asking: Asking) -> WireAnswer:
    """Enter several orders; each has its own result."""
    rows = [
        _item(
            partial(entry.create, asking.floor, asking.member, each),
            {"client_order_id": str(each.get("client_order_id") or "")},
        )
        for each in asking.items()
    ]
    return answer({"orders": rows}, 201)


def cancel_batch(asking: Asking) -> WireAnswer:
    """Cancel several orders; each has its own result."""
    rows = []
    for each in asking.items():
        order_id = str(each.get("order_id") or "")
        failed = {"order_id": order_id, "reduced_by": "0.00"}
        rows.append(_item(partial(entry.cancel, asking.floor, asking.member, order_id), failed))
    return answer({"orders": rows})


def _item(run: Callable[[], Body], failed: Mapping[str, object]) -> Body:
    try:
        return run()
    except Refused as error:
        return {**failed, "error": error_of(error)}


def deprecated(asking: Asking) -> WireAnswer:
    """Refuse the legacy endpoints."""
    raise Refused("", rule="deprecated_v1_order_endpoint")


# --- reads -----------------------------------------------------------------------------------


def _seen(asking: Asking) -> list[OrderState]:
    states = [order.versions.at(asking.as_of_ns) for order in asking.member.orders.values()]
    return [state for state in states if state is not None]


def orders(asking: Asking) -> WireAnswer:
    """Return orders, newest first."""
    query, floor = asking.query, asking.floor
    status = query.one_of("status", STATUSES)
    ticker, events = query.text("ticker"), query.texts("event_ticker")
    rows = [
        state
        for state in reversed(_seen(asking))
        if status in ("", state.status)
        and ticker in ("", state.ticker)
        and (not events or floor.markets[state.ticker].terms.event_ticker in events)
        and between(query, state.created_ns)
    ]
    shown, cursor = page(
        rows, query, statements.order, limits=(100, 1000), number=lambda state: state.number
    )
    return answer({"orders": shown, "cursor": cursor})


def one_order(asking: Asking) -> WireAnswer:
    """Return an order."""
    order = asking.member.orders.get(asking.path["order_id"])
    state = None if order is None else order.versions.at(asking.as_of_ns)
    if state is None:
        raise not_found()
    return answer({"order": statements.order(state)})


def _queue_position(asking: Asking, order_id: str) -> str:
    """Return the contracts that stand before an order, better prices included."""
    floor = asking.floor
    book_order = floor.book_order(order_id)
    if book_order is None or order_id not in asking.member.orders:
        raise not_found()
    market = floor.markets[asking.member.orders[order_id].now.ticker]
    ahead = floor.exchange.queue_ahead(order_id)
    if book_order.bid:
        ahead += sum((qty for px, qty in market.book.bids if px > book_order.yes_px), Decimal(0))
    else:
        ahead += sum((qty for px, qty in market.book.asks if px < book_order.yes_px), Decimal(0))
    return contracts(ahead)


def queue_position(asking: Asking) -> WireAnswer:
    """Return what stands before an order."""
    return answer({"queue_position_fp": _queue_position(asking, asking.path["order_id"])})


def queue_positions(asking: Asking) -> WireAnswer:
    """Return what stands before the orders of some markets or of an event."""
    tickers, event = asking.query.texts("market_tickers"), asking.query.text("event_ticker")
    if not tickers and not event:
        raise invalid("market_tickers or event_ticker is required")
    rows = []
    for order in asking.member.all_live():
        state = order.now
        of_event = asking.floor.markets[state.ticker].terms.event_ticker == event
        if state.ticker in tickers or of_event:
            ahead = _queue_position(asking, state.id)
            rows.append(
                {
                    "order_id": state.id,
                    "market_ticker": state.ticker,
                    "queue_position_fp": ahead,
                }
            )
    return answer({"queue_positions": rows})


V2 = "/portfolio/events/orders"
V1 = "/portfolio/orders"


def _write(method: str, path: str, name: str, handler: Handler) -> Route:
    return Route(method=method, path=path, name=name, handler=handler, scope=TRADE)


def _read(path: str, name: str, handler: Handler, cost: int = 10) -> Route:
    return Route(method="GET", path=path, name=name, handler=handler, scope=READ, cost=cost)


ROUTES = [
    _write("POST", V2, "CreateOrderV2", create),
    _write("DELETE", V2, "CancelAllOrdersV2", cancel_all),
    Route(
        method="POST",
        path=f"{V2}/batched",
        name="BatchCreateOrdersV2",
        handler=create_batch,
        scope=TRADE,
        per_item=True,
    ),
    Route(
        method="DELETE",
        path=f"{V2}/batched",
        name="BatchCancelOrdersV2",
        handler=cancel_batch,
        scope=TRADE,
        cost=CANCEL_COST,
        per_item=True,
    ),
    Route(
        method="DELETE",
        path=V2 + "/{order_id}",
        name="CancelOrderV2",
        handler=cancel,
        scope=TRADE,
        cost=CANCEL_COST,
    ),
    _write("POST", V2 + "/{order_id}/amend", "AmendOrderV2", amend),
    _write("POST", V2 + "/{order_id}/decrease", "DecreaseOrderV2", decrease),
    _write("POST", V1, "CreateOrder", deprecated),
    _write("POST", f"{V1}/batched", "BatchCreateOrders", deprecated),
    _write("DELETE", f"{V1}/batched", "BatchCancelOrders", deprecated),
    _write("DELETE", V1 + "/{order_id}", "CancelOrder", deprecated),
    _write("POST", V1 + "/{order_id}/amend", "AmendOrder", deprecated),
    _write("POST", V1 + "/{order_id}/decrease", "DecreaseOrder", deprecated),
    _read(V1, "GetOrders", orders),
    _read(f"{V1}/queue_positions", "GetOrderQueuePositions", queue_positions),
    _read(V1 + "/{order_id}", "GetOrder", one_order, CANCEL_COST),
    _read(V1 + "/{order_id}/queue_position", "GetOrderQueuePosition", queue_position),
]

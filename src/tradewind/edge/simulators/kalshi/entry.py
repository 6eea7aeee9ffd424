"""Orders as they are asked for: create, cancel, amend and decrease of V2.

Knows the checks and their order. Must not know routes or sockets. Refusals are `Refused` with the
venue's code. Source: Kalshi Trade API v2, create order V2 and its family, read 2026-09.
"""

from decimal import Decimal

import msgspec

from tradewind.core.matching.exchange_orders import Change, NewOrder, OrderChange
from tradewind.edge.simulators.kalshi.accounts import Account, needed
from tradewind.edge.simulators.kalshi.answers import invalid, not_found
from tradewind.edge.simulators.kalshi.asking import (
    AMEND,
    DECREASE,
    SELF_TRADES,
    Asked,
    Fields,
    client_id,
    price,
    quantity,
    read_create,
    shard,
    typed,
)
from tradewind.edge.simulators.kalshi.floor import Floor
from tradewind.edge.simulators.kalshi.markets import (
    ACTIVE,
    INACTIVE,
    INITIALIZED,
    Market,
)
from tradewind.edge.simulators.kalshi.numbers import (
    contracts,
    dollars,
    millis,
    read_count,
)
from tradewind.edge.simulators.kalshi.orders import CANCELED, Order, OrderState
from tradewind.model.errors import Refused
from tradewind.model.money import NANOS, ZERO
from tradewind.model.order import Liquidity, Side, TimeInForce

Body = dict[str, object]


def market_of(floor: Floor, ticker: str, exchange_index: int = -1) -> Market:
    """Return a market by its ticker, on the shard that was named."""
    market = floor.markets.get(ticker)
    if market is None or exchange_index not in (-1, market.series.exchange_index):
        raise Refused("", rule="market_not_found")
    return market


def tradable(floor: Floor, market: Market, *, opens: bool) -> None:
    """Refuse where the exchange or the market is not open; a pause lets cancels through."""
    if floor.exchange_paused:
        raise Refused("", rule="exchange_is_paused")
    if market.status == INITIALIZED:
        raise Refused("", rule="market_not_active")
    if market.status not in (ACTIVE, INACTIVE) or floor.now_ns >= market.close_ns:
        raise Refused("", rule="market_closed")
    if opens and (floor.trading_paused or market.status == INACTIVE):
        raise Refused("", rule="trading_is_paused")


def create(floor: Floor, account: Account, fields: Fields) -> Body:
    """Enter a new order; returns the body of the 201."""
    asked = read_create(fields)
    if asked.client_id:
        account.attempts[asked.client_id] = account.attempts.get(asked.client_id, 0) + 1
    market = market_of(floor, asked.ticker, asked.exchange_index)
    if asked.client_id in account.client_ids:
        raise Refused("", rule="order_already_exists")
    tradable(floor, market, opens=True)
    _admissible(floor, account, market, asked)
    order = Order(_state(floor, account, asked))
    if not asked.reduce_only:
        _covered(floor, account, market, order.now, asked.post_only)
    _submit(floor, account, asked, order)
    if asked.expire_s and order.now.open:
        floor.agenda.plan(asked.expire_s * NANOS, "expire", order.now.id)
    if order.now.open and floor.now_ns < account.sweep_until_ns:
        floor.agenda.plan(floor.now_ns + 1, "sweep", order.now.id)
    return _created(order.now, floor.now_ns)


def _admissible(floor: Floor, account: Account, market: Market, asked: Asked) -> None:
    """Refuse what the market's grid, the clock, the account's limits or its group do not take."""
    if not market.instrument.on_grid(asked.px):
        raise Refused("", rule="invalid_price")
    if asked.expire_s and asked.expire_s * NANOS <= floor.now_ns:
        raise invalid("expiration_time must be in the future")
    if account.open_count >= floor.settings.largest_open_orders:
        raise Refused("too many open orders", rule="invalid_order")
    if not asked.group:
        return
    group = account.groups.get(asked.group)
    if group is None:
        raise not_found()
    if group.triggered:
        raise Refused("order group is triggered", rule="invalid_order")


def _state(floor: Floor, account: Account, asked: Asked) -> OrderState:
    return OrderState(
        id=floor.new_id(),
        number=len(floor.members) + 1,
        user_id=account.user_id,
        client_id=asked.client_id,
        ticker=asked.ticker,
        bid=asked.bid,
        px=asked.px,
        initial_qty=asked.qty,
        remaining_qty=asked.qty,
        created_ns=floor.now_ns,
        updated_ns=floor.now_ns,
        self_trade=asked.self_trade,
        expire_s=asked.expire_s,
        group=asked.group,
        post_only=asked.post_only,
        reduce_only=asked.reduce_only,
        cancel_on_pause=asked.cancel_on_pause,
    )


def _covered(
    floor: Floor,
    account: Account,
    market: Market,
    wanted: OrderState,
    post_only: bool,  # noqa: FBT001 - one of five
) -> None:
    """Refuse an order whose collateral at its limit, with its fee, is more than is free."""
    resting = [o.now for o in account.live(market.ticker) if o.now.id != wanted.id]
    held = account.position(market.ticker).qty
    fee = floor.resting_fee(account, market)
    need = needed([*resting, wanted], held, fee) - needed(resting, held, fee)
    if not post_only and need:
        need += floor.fee(account, market, Liquidity.TAKER)(wanted.px, wanted.remaining_qty)
        need -= fee(wanted.px, wanted.remaining_qty)
    others = account.free + account.locks.get(market.ticker, ZERO) - needed(resting, held, fee)
    if need > others:
        raise Refused("", rule="insufficient_balance")


def _submit(floor: Floor, account: Account, asked: Asked, order: Order) -> None:
    state = order.now
    new = NewOrder(
        order_id=state.id,
        account=account.user_id,
        instrument=floor.markets[asked.ticker].instrument.id,
        side=Side.BUY if asked.bid else Side.SELL,
        qty=asked.qty,
        px=asked.px,
        tif=asked.tif,
        post_only=asked.post_only,
        reduce_only=asked.reduce_only,
        self_trade=SELF_TRADES[asked.self_trade],
    )
    first, *rest = floor.enter(new, order)
    if isinstance(first, OrderChange) and first.change is Change.REJECTED:
        _rejected(floor, account, order, first.reason)
        return
    ended = rest[-1] if rest else None
    killed = isinstance(ended, OrderChange) and ended.change is Change.CANCELLED
    if asked.tif is TimeInForce.FOK and killed and not order.now.filled_qty:
        raise Refused("", rule="fill_or_kill_insufficient_resting_volume")


def _rejected(floor: Floor, account: Account, order: Order, reason: str) -> None:
    if reason != "post_only_would_take":
        raise Refused(reason.replace("_", " "), rule="invalid_order")
    if not floor.settings.post_only_cross_cancels:
        raise Refused("post only cross", rule="invalid_order")
    floor.keep_cancelled(account, order, "PostOnlyCrossCancel")


def _created(state: OrderState, now_ns: int) -> Body:
    body: Body = {
        "order_id": state.id,
        "client_order_id": state.client_id,
        "fill_count": contracts(state.filled_qty),
        "remaining_count": contracts(state.remaining_qty),
    }
    return _with_averages(body, state, now_ns)


def _with_averages(body: Body, state: OrderState, now_ns: int) -> Body:
    if state.filled_qty:
        body["average_fill_price"] = dollars(state.average_px)
        body["average_fee_paid"] = dollars(state.average_fee)
    body["ts_ms"] = millis(now_ns)
    return body


def live_order(floor: Floor, account: Account, order_id: str) -> tuple[Order, Market]:
    """Return a live order of the account; everything else is not found."""
    order = account.orders.get(order_id)
    if order is None:
        raise not_found()
    market = floor.markets[order.now.ticker]
    if order.now.status == CANCELED and market.status in (ACTIVE, INACTIVE):
        raise not_found()
    tradable(floor, market, opens=False)
    if not order.now.open:
        raise not_found()
    return order, market


def cancel(floor: Floor, account: Account, order_id: str) -> Body:
    """Cancel a live order; returns the body of the 200."""
    if floor.exchange_paused:
        raise Refused("", rule="exchange_is_paused")
    if order_id in account.orders:
        floor.race(account, order_id)
    order, _ = live_order(floor, account, order_id)
    state = order.now
    floor.cancel(order_id)
    body: Body = {"order_id": state.id, "client_order_id": state.client_id}
    body["reduced_by"] = contracts(state.remaining_qty)
    body["ts_ms"] = millis(floor.now_ns)
    return body


def cancel_all(floor: Floor, account: Account) -> None:
    """Cancel every live order of the account; what is in a closed market stays until its end."""
    if floor.exchange_paused:
        raise Refused("", rule="exchange_is_paused")
    for order in account.all_live():
        market = floor.markets[order.now.ticker]
        if market.status in (ACTIVE, INACTIVE) and order.now.open:
            floor.race(account, order.now.id)
            floor.cancel(order.now.id)
    account.sweep_until_ns = floor.now_ns + floor.settings.cancel_all_tail_ns


def amend(floor: Floor, account: Account, order_id: str, fields: Fields) -> Body:
    """Change price and total count (fills included) of a live order."""
    typed(fields, AMEND, "AmendOrderV2Request")
    for name in ("ticker", "side", "price", "count"):
        if not fields.get(name):
            raise invalid(f"{name} is required")
    order, market = live_order(floor, account, order_id)
    tradable(floor, market, opens=True)
    state = order.now
    if fields["ticker"] != state.ticker or fields["side"] != ("bid" if state.bid else "ask"):
        raise invalid("ticker and side must be those of the order")
    if shard(fields) not in (-1, market.series.exchange_index):
        raise Refused("", rule="market_not_found")
    given = client_id(fields.get("client_order_id"))
    if given and given != state.client_id:
        raise invalid("client_order_id is not that of the order")
    px, qty = price(fields["price"]), quantity(fields["count"])
    renamed = client_id(fields.get("updated_client_order_id"))
    if renamed and renamed != state.client_id and renamed in account.client_ids:
        raise Refused("", rule="order_already_exists")
    _amendable(floor, account, market, order, (px, qty))
    if renamed:
        account.client_ids[renamed] = order
        order.change(floor.now_ns, client_id=renamed)
    order.change(floor.now_ns, initial_qty=qty)
    why = floor.amend(order_id, _total(floor, order_id, qty - state.filled_qty), px, "Amend")
    assert not why, why
    return _amended(order.now, floor.now_ns)


def _amendable(
    floor: Floor, account: Account, market: Market, order: Order, wanted: tuple[Decimal, Decimal]
) -> None:
    px, qty = wanted
    state = order.now
    if qty <= state.filled_qty:
        raise Refused("count is already filled", rule="invalid_order")
    if not market.instrument.on_grid(px):
        raise Refused("", rule="invalid_price")
    best = market.book.ask[0] if state.bid else market.book.bid[0]
    offered = market.book.ask[1] if state.bid else market.book.bid[1]
    crosses = offered and (px >= best if state.bid else px <= best)
    if state.post_only and crosses:
        raise Refused("post only cross", rule="invalid_order")
    changed = msgspec.structs.replace(state, px=px, remaining_qty=qty - state.filled_qty)
    if not state.reduce_only:
        _covered(floor, account, market, changed, not crosses)


def _total(floor: Floor, order_id: str, remaining: Decimal) -> Decimal:
    """Return the book's own total for a wanted rest; it has forgotten what a decrease took."""
    book_order = floor.book_order(order_id)
    assert book_order is not None
    return book_order.filled_qty + remaining


def _amended(state: OrderState, now_ns: int) -> Body:
    body: Body = {
        "order_id": state.id,
        "client_order_id": state.client_id,
        "remaining_count": contracts(state.remaining_qty),
        "fill_count": contracts(state.filled_qty),
    }
    return _with_averages(body, state, now_ns)


def decrease(floor: Floor, account: Account, order_id: str, fields: Fields) -> Body:
    """Take contracts off a live order; its place in the queue stays."""
    typed(fields, DECREASE, "DecreaseOrderV2Request")
    by, to = fields.get("reduce_by"), fields.get("reduce_to")
    if (by is None) == (to is None):
        raise invalid("exactly one of reduce_by and reduce_to is required")
    order, market = live_order(floor, account, order_id)
    state = order.now
    told = read_count(str(by if to is None else to))
    if told is None or (to is None and not told) or told > state.remaining_qty:
        raise invalid("reduce_by or reduce_to is out of range")
    if not market.instrument.on_grid(state.px):
        raise Refused("", rule="invalid_price")
    remaining = state.remaining_qty - told if to is None else told
    if not remaining:
        floor.cancel(order_id, "Decrease")
    elif remaining != state.remaining_qty:
        total = _total(floor, order_id, remaining)
        why = floor.amend(order_id, total, state.px, "Decrease")
        assert not why, why
    body: Body = {"order_id": state.id, "client_order_id": state.client_id}
    body["remaining_count"] = contracts(remaining)
    body["ts_ms"] = millis(floor.now_ns)
    return body

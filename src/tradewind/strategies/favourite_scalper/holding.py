"""One position from its entry order to its end: guard it, leave it, and say when it is over.

Every function looks at the ledger and at the live orders and does what is missing, so it does
not matter which news called it, or whether a restart lay between. It knows nothing of other
positions, of ranking, or of the day's result.
"""

from decimal import Decimal

import msgspec

from tradewind.core.strategy.context import Context
from tradewind.model.commands import Lifecycle
from tradewind.model.effects import Level
from tradewind.model.market import Trading
from tradewind.model.money import NANOS, ZERO
from tradewind.model.order import Order, OrderStatus, Side, TimeInForce
from tradewind.strategies.favourite_scalper.filters import (
    MINUTE_NS,
    read_statistics,
    volume_spike,
)
from tradewind.strategies.favourite_scalper.prices import HUNDRED, exit_px, stop_px, target_px
from tradewind.strategies.favourite_scalper.slots import Phase, Slot

SELL = Side.SELL
IOC = TimeInForce.IOC
CHANGEABLE = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)
SHORT_TRIES = 6
"""One immediate sell and five repeats; what is left then rests at the bid."""
HITS = 2
BEAT = "beat "
BEAT_S = 1.0
RETRY_NS = NANOS
TARGET_REST_NS = 30 * NANOS
"""After somebody else cancelled the target: a kill must not race a strategy that re-places."""
SLIPPAGE_WARN_PCT = Decimal("0.5")


class HoldRules(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters that holding a position reads; units as the strategy declares them."""

    take_profit_pct: Decimal
    stop_loss_pct: Decimal
    stop_min_ticks: int
    exit_aggression_pct: Decimal
    entry_timeout_s: int
    partial_after_s: int
    partial_policy: str
    max_hold_min: int
    exit_before_close_min: int
    volume_spike_x: Decimal


def tend(ctx: Context, slot: Slot, rules: HoldRules) -> bool:
    """Do what the position needs now; return True once it is over and nothing of it works."""
    held = ctx.position(slot.instrument).qty
    entry = ctx.order(slot.entry_id)
    if held > ZERO:
        _note_opened(ctx, slot, rules)
        if slot.handed:
            return False
    if entry is not None:
        _tend_entry(ctx, slot, entry, held=held, rules=rules)
    if held <= ZERO:
        rest = ctx.orders(slot.instrument) if entry is None else []
        _cancel(ctx, slot, rest)
        return entry is None and not rest
    if slot.phase is not Phase.EXITING:
        reason = exit_reason(ctx, slot, rules)
        if not reason:
            slot.phase = Phase.MONITORING if entry is None else Phase.ENTERED
            _sync_target(ctx, slot, held)
            return False
        leave(ctx, slot, reason)
    _push_exit(ctx, slot, held, rules)
    return False


def beat(ctx: Context, slot: Slot) -> None:
    """Ask to look at the position again in a second; each look asks for the next."""
    ctx.timer(BEAT + slot.instrument, after_s=BEAT_S)


def leave(ctx: Context, slot: Slot, reason: str) -> None:
    """Begin to leave the position for `reason`; a later, other reason changes nothing."""
    if slot.phase is Phase.EXITING:
        return
    slot.phase = Phase.EXITING
    slot.exit_reason = reason
    slot.exit_asked_ns = ctx.now_ns
    slot.exit_next_ns = 0
    ctx.note("exit", instrument=slot.instrument, reason=reason)


def hand_over(slot: Slot, reason: str) -> None:
    """Leave the closing of the position to the engine, which sends its own orders."""
    slot.phase = Phase.EXITING
    slot.exit_reason = slot.exit_reason or reason
    slot.handed = True


def see_book(slot: Slot, bid: Decimal | None) -> bool:
    """Count a book update against the stop; tell whether the stop is near enough to act on.

    A book without bids counts as below every stop.
    """
    if slot.stop is None:
        return False
    if bid is not None and bid > slot.stop:
        if slot.hits:
            slot.hits = 0
        return False
    slot.hits += 1
    return slot.hits >= HITS or slot.printed


def see_print(slot: Slot, px: Decimal) -> bool:
    """Note where the last print was; tell whether it confirms an update below the stop."""
    if slot.stop is None:
        return False
    slot.printed = px <= slot.stop
    return slot.printed and slot.hits > 0


def exit_reason(ctx: Context, slot: Slot, rules: HoldRules) -> str:
    """Return why to leave now, the most urgent reason first; "" to stay."""
    if slot.hits >= HITS or (slot.hits and slot.printed):
        return "stop_loss"
    market = ctx.market(slot.instrument)
    instrument = market.instrument
    now_ns = ctx.now_ns
    close_ns = instrument.close_ns
    if close_ns is not None and close_ns - now_ns <= rules.exit_before_close_min * MINUTE_NS:
        return "market_close_exit"
    if instrument.statistics and volume_spike(read_statistics(instrument), rules.volume_spike_x):
        return "volume_exit"
    if slot.opened_ns and now_ns - slot.opened_ns >= rules.max_hold_min * MINUTE_NS:
        return "time_exit"
    return ""


def rest_target(ctx: Context, slot: Slot, order: Order) -> None:
    """Wait before a target that somebody else cancelled comes back; the stop stays armed."""
    held = ctx.position(slot.instrument).qty
    ours = order.qty != held + order.filled_qty or order.px != slot.target
    if not ours:
        slot.retry_ns = ctx.now_ns + TARGET_REST_NS


def tell_once(ctx: Context, slot: Slot, kind: str, text: str, level: Level) -> None:
    """Alert about a position, each kind once in its life."""
    if kind not in slot.told:
        slot.told.append(kind)
        ctx.alert(kind, text, level)


def slippage_pct(slot: Slot) -> Decimal | None:
    """Return how far below the stop the forced sells filled, in percent of it; None if unknown."""
    if slot.exit_reason != "stop_loss" or not slot.sold_qty or slot.stop is None:
        return None
    return (slot.stop - slot.sold_cost / slot.sold_qty) / slot.stop * HUNDRED


def _note_opened(ctx: Context, slot: Slot, rules: HoldRules) -> None:
    held = ctx.position(slot.instrument)
    if not slot.opened_ns:
        slot.opened_ns = held.opened_ns or ctx.now_ns
    average = held.avg_px
    # The average moves while the entry fills, and not when parts are sold.
    if average is None or average == slot.entry:
        return
    instrument = ctx.instrument(slot.instrument)
    slot.entry = average
    slot.target = target_px(instrument, average, rules.take_profit_pct)
    slot.stop = stop_px(
        instrument, average, stop_loss_pct=rules.stop_loss_pct, min_ticks=rules.stop_min_ticks
    )


def _tend_entry(ctx: Context, slot: Slot, entry: Order, *, held: Decimal, rules: HoldRules) -> None:
    waited_ns = ctx.now_ns - slot.asked_ns
    partial = held > ZERO and waited_ns >= rules.partial_after_s * NANOS
    unwanted = (
        waited_ns >= rules.entry_timeout_s * NANOS
        or (partial and rules.partial_policy == "cancel_rest")
        or ctx.standing.lifecycle is not Lifecycle.RUNNING
        or slot.phase is Phase.EXITING
        or (slot.opened_ns and held <= ZERO)
    )
    if unwanted:
        _cancel(ctx, slot, [entry])


def _cancel(ctx: Context, slot: Slot, orders: list[Order]) -> None:
    # A cancel is repeated each second until the venue has said how the order ended.
    repeat = ctx.now_ns >= slot.cancel_ns
    for order in orders:
        if repeat or order.status is not OrderStatus.PENDING_CANCEL:
            slot.cancel_ns = ctx.now_ns + RETRY_NS
            ctx.cancel(order.client_order_id)
            beat(ctx, slot)


def _sync_target(ctx: Context, slot: Slot, held: Decimal) -> None:
    order = ctx.order(slot.target_id)
    if order is None:
        if ctx.now_ns >= slot.retry_ns:
            _place_target(ctx, slot, held)
        return
    total = held + order.filled_qty
    if order.status not in CHANGEABLE or (order.qty == total and order.px == slot.target):
        return
    if ctx.instrument(slot.instrument).native_amend:
        ctx.amend(order.client_order_id, qty=total, px=slot.target)
    else:
        ctx.cancel(order.client_order_id)


def _place_target(ctx: Context, slot: Slot, held: Decimal) -> None:
    market = ctx.market(slot.instrument)
    rests = not market.bid_qty or slot.target is None or market.bid < slot.target
    slot.retry_ns = ctx.now_ns + RETRY_NS
    beat(ctx, slot)
    slot.target_id = ctx.sell(
        slot.instrument,
        held,
        slot.target,
        post_only=rests,
        reduce_only=True,
        reason="take_profit",
        group=slot.cycle,
    )


def _push_exit(ctx: Context, slot: Slot, held: Decimal, rules: HoldRules) -> None:
    others = [o for o in ctx.orders(slot.instrument) if o.client_order_id != slot.exit_id]
    if others:
        _cancel(ctx, slot, others)
        if ctx.now_ns - slot.exit_asked_ns >= RETRY_NS:
            text = f"{slot.instrument}: the orders in the way of the exit are not cancelled yet."
            tell_once(ctx, slot, "cancel_slow", text, Level.WARNING)
        return
    if ctx.order(slot.exit_id) is not None or ctx.now_ns < slot.exit_next_ns:
        return
    market = ctx.market(slot.instrument)
    if market.trading is not Trading.OPEN:
        text = f"{slot.instrument}: {held} cannot be sold, the market is {market.trading.value}."
        tell_once(ctx, slot, "market_closed", text, Level.CRITICAL)
    if market.bid_qty:
        _send_exit(ctx, slot, held, rules)
    elif ctx.now_ns - slot.exit_asked_ns >= SHORT_TRIES * RETRY_NS:
        _tell_unfilled(ctx, slot, held)


def _send_exit(ctx: Context, slot: Slot, held: Decimal, rules: HoldRules) -> None:
    market = ctx.market(slot.instrument)
    terms = {"reduce_only": True, "reason": slot.exit_reason, "group": slot.cycle}
    if slot.exit_tries < SHORT_TRIES:
        px = exit_px(market.instrument, market.bid, rules.exit_aggression_pct)
        slot.exit_id = ctx.sell(slot.instrument, held, px, tif=IOC, **terms)
    else:
        slot.exit_id = ctx.sell(slot.instrument, held, market.bid, **terms)
        _tell_unfilled(ctx, slot, held)
    slot.exit_tries += 1
    slot.exit_next_ns = ctx.now_ns + RETRY_NS
    beat(ctx, slot)


def _tell_unfilled(ctx: Context, slot: Slot, held: Decimal) -> None:
    text = f"{slot.instrument}: {held} left to sell ({slot.exit_reason}) after {slot.exit_tries}."
    tell_once(ctx, slot, "stop_unfilled", text, Level.CRITICAL)

"""One short position: guard it, leave it, and see when it is over.

Every function looks at the ledger and at the live orders and does what is missing, whatever
news called it. It knows no means, no regime and no other instrument.
"""

from decimal import Decimal

from tradewind.core.strategy.context import Context
from tradewind.model.commands import Lifecycle
from tradewind.model.effects import Level
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.intents import Protection
from tradewind.model.money import NANOS
from tradewind.model.order import Order, OrderStatus, OrderType, Side
from tradewind.strategies.dual_ema_short.risk import GuardRules, guard_short
from tradewind.strategies.dual_ema_short.slots import Phase, Slot

BUY = Side.BUY
STOP = OrderType.STOP
FAILED = (OrderStatus.DENIED, OrderStatus.REJECTED)
OVER = (Lifecycle.STOPPED, Lifecycle.DEAD)
RETRY_S = 1.0
RETRY_NS = NANOS
GUARD_TRIES = 3
EXIT_ALERT_EVERY = 5
GUARD = "guard "
EXIT = "exit "


def reached(guard: Protection | None, close: Decimal) -> str:
    """Return `take_profit` or `stop_loss` where a close has passed the price, else ""."""
    if guard is None:
        return ""
    if guard.target is not None and close <= guard.target:
        return "take_profit"
    if guard.stop is not None and close >= guard.stop:
        return "stop_loss"
    return ""


def guard_position(ctx: Context, instrument: Instrument, slot: Slot, rules: GuardRules) -> None:
    """Ask for stop, target and trailing around the average entry, if they are not these yet."""
    average = ctx.position(instrument.id).avg_px
    if average is None or slot.phase is Phase.EXITING:
        return
    guard = guard_short(instrument, average, rules)
    if guard == slot.guard:
        return
    slot.guard = guard
    ctx.protect(instrument.id, guard, group=slot.cycle)
    if instrument.native_stops:
        ctx.timer(GUARD + instrument.id, after_s=RETRY_S)


def check_guard(ctx: Context, instrument: Instrument, slot: Slot) -> None:
    """See that a stop rests at the venue; ask again each second, then close the position."""
    if slot.phase is not Phase.SHORT or slot.guard is None or ctx.standing.lifecycle in OVER:
        return
    if any(order.spec.order_type is STOP for order in ctx.orders(instrument.id)):
        return
    if not _count_refusal(ctx, instrument.id, slot):
        ctx.protect(instrument.id, slot.guard, group=slot.cycle)
        ctx.timer(GUARD + instrument.id, after_s=RETRY_S)


def see_stop(ctx: Context, slot: Slot, order: Order) -> None:
    """Count stops that the venue refuses; one that it takes ends the count."""
    if order.spec.order_type is not STOP or slot.phase is not Phase.SHORT:
        return
    if order.status in FAILED:
        _count_refusal(ctx, order.instrument, slot)
    elif order.status is OrderStatus.NEW and slot.guard_tries:
        slot.guard_tries = 0


def _count_refusal(ctx: Context, instrument: InstrumentId, slot: Slot) -> bool:
    slot.guard_tries += 1
    if slot.guard_tries <= GUARD_TRIES:
        return False
    text = f"{instrument}: no stop after {GUARD_TRIES} more tries; the position is closed."
    ctx.alert("protection_failed", text, Level.CRITICAL)
    leave(ctx, instrument, slot, "stop_loss")
    return True


def leave(ctx: Context, instrument: InstrumentId, slot: Slot, reason: str) -> None:
    """Begin to buy the position back for `reason`, and send the first order."""
    if slot.phase is Phase.EXITING:
        return
    slot.phase = Phase.EXITING
    slot.exit_reason = reason
    slot.exit_next_ns = 0
    ctx.note("exit", instrument=instrument, reason=reason)
    push_exit(ctx, instrument, slot)


def hand_over(slot: Slot, reason: str) -> None:
    """Leave the closing of the position to the engine, which sends its own orders."""
    slot.phase = Phase.EXITING
    slot.exit_reason = slot.exit_reason or reason
    slot.handed = True


def push_exit(ctx: Context, instrument: InstrumentId, slot: Slot) -> None:
    """Buy back what is left, once a second until nothing is.

    Where stops rest at the venue they stay until the position is gone; a gate that counts them
    denies the exit, and `bare` then takes them away first. Engine-held guards go at once.
    """
    held = ctx.position(instrument).qty
    if held >= 0 or slot.handed or ctx.standing.lifecycle in OVER:
        return
    if ctx.order(slot.exit_id) is not None:
        return
    if ctx.order(slot.entry_id) is not None:
        # What still sells would meet the exit; how it ends decides how much there is to buy.
        ctx.cancel(slot.entry_id)
        ctx.timer(EXIT + instrument, after_s=RETRY_S)
        return
    if not slot.bare and not ctx.instrument(instrument).native_stops:
        take_guard(ctx, instrument, slot)
    if slot.bare and any(order.side is BUY for order in ctx.orders(instrument)):
        ctx.timer(EXIT + instrument, after_s=RETRY_S)
        return
    if ctx.now_ns < slot.exit_next_ns:
        return
    slot.exit_id = ctx.buy(
        instrument, -held, reduce_only=True, reason=slot.exit_reason, group=slot.cycle
    )
    slot.exit_tries += 1
    slot.exit_next_ns = ctx.now_ns + RETRY_NS
    ctx.timer(EXIT + instrument, after_s=RETRY_S)
    if not slot.exit_tries % EXIT_ALERT_EVERY:
        text = f"{instrument}: {-held} still short after {slot.exit_tries} orders to buy it back."
        ctx.alert("exit_unfilled", text, Level.CRITICAL)


def take_guard(ctx: Context, instrument: InstrumentId, slot: Slot) -> None:
    """Take the guard away, so that an exit alone reduces the position."""
    slot.bare = True
    ctx.protect(instrument, None)

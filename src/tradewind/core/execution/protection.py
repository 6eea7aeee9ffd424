"""Exits that guard one position: stop, target, OCO, trailing, breakeven.

Where the venue takes stop orders they rest there, reduce-only, and are changed as the position
and the price move; elsewhere the guard holds the stop itself and sends a protected limit when it
is hit. This module only says which orders should exist; the engine passes them through the gate.
"""

from decimal import Decimal

import msgspec

from tradewind.model.ids import AccountId, BucketId, InstanceId, InstrumentId, OrderId
from tradewind.model.instrument import Instrument
from tradewind.model.intents import Protect, Protection
from tradewind.model.money import ZERO
from tradewind.model.order import Order, OrderStatus, OrderType, PlaceOrder, Side

CHANGEABLE = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)
RETRY_NS = 1_000_000_000


class PlaceLeg(msgspec.Struct, frozen=True):
    """An order of the guard that should come to be; `leg` is `stop`, `target` or `exit`."""

    leg: str
    spec: PlaceOrder


class MoveLeg(msgspec.Struct, frozen=True):
    """An order of the guard that should have another quantity, price or trigger."""

    order: Order
    qty: Decimal
    px: Decimal | None
    trigger_px: Decimal | None


class DropLeg(msgspec.Struct, frozen=True):
    """An order of the guard that should be cancelled."""

    order: Order


Step = PlaceLeg | MoveLeg | DropLeg


class Guard:
    """One guarded position of one instance.

    `stop` is where the stop stands now; `why` is the word that its exit will carry. `extreme` is
    the best price since the trailing distance became active. `triggered` means that an
    engine-held stop was hit and the position is being closed.
    """

    __slots__ = (
        "account",
        "bucket",
        "extreme",
        "group",
        "instance",
        "instrument",
        "legs",
        "protection",
        "qty",
        "retry_ns",
        "seen",
        "stop",
        "trailing",
        "triggered",
        "why",
    )

    def __init__(self, instance: InstanceId, ask: Protect, protection: Protection) -> None:
        self.instance = instance
        self.account: AccountId = ask.account
        self.instrument: InstrumentId = ask.instrument
        self.bucket: BucketId = ask.bucket
        self.legs: dict[str, OrderId] = {}
        self.triggered = False
        self.seen = False
        self.retry_ns = 0
        self.change(ask, protection)

    def change(self, ask: Protect, protection: Protection) -> None:
        """Take over new prices; a trailing distance starts anew."""
        self.protection = protection
        self.qty = ask.qty
        self.group = ask.group
        self.stop = protection.stop
        self.why = "stop_loss"
        self.extreme: Decimal | None = None
        self.trailing = protection.trailing is not None and protection.trailing_activation is None

    @property
    def key(self) -> tuple[InstanceId, AccountId, InstrumentId, BucketId]:
        """Return which position it guards."""
        return (self.instance, self.account, self.instrument, self.bucket)

    def guarded(self, held: Decimal) -> Decimal:
        """Return the quantity to exit, unsigned."""
        size = abs(held)
        return size if self.qty is None else min(size, self.qty)

    def on_price(self, held: Decimal, low: Decimal, high: Decimal, entry: Decimal) -> bool:
        """Follow the price (a quote: low = bid, high = ask; a candle: its range).

        Returns True when the stop moved or, held by the engine, was hit.
        """
        long = held > ZERO
        best, worst = (high, low) if long else (low, high)
        before = self.stop
        self._follow(best, entry, long=long)
        hit = self.stop is not None and (worst <= self.stop if long else worst >= self.stop)
        if hit and before is not None and not self.triggered:
            crossed = worst <= before if long else worst >= before
            self.triggered = crossed
        return self.stop != before or self.triggered

    def _follow(self, best: Decimal, entry: Decimal, *, long: bool) -> None:
        rules = self.protection
        reached = _beyond(best, rules.trailing_activation, long=long)
        if rules.trailing is not None and not self.trailing and reached:
            self.trailing = True
        if rules.breakeven_at is not None and _beyond(best, rules.breakeven_at, long=long):
            self._tighten(entry, "breakeven_stop", long=long)
        if self.trailing and rules.trailing is not None:
            if self.extreme is None or (best > self.extreme if long else best < self.extreme):
                self.extreme = best
            distance = rules.trailing if long else -rules.trailing
            self._tighten(self.extreme - distance, "trailing_stop", long=long)

    def _tighten(self, stop: Decimal, why: str, *, long: bool) -> None:
        if self.stop is None or (stop > self.stop if long else stop < self.stop):
            self.stop = stop
            self.why = why


def _beyond(price: Decimal, level: Decimal | None, *, long: bool) -> bool:
    if level is None:
        return False
    return price >= level if long else price <= level


def plan(
    guard: Guard,
    held: Decimal,
    instrument: Instrument,
    orders: dict[OrderId, Order],
    now_ns: int,
) -> list[Step]:
    """Return what must change so that the guard's orders are what they should be.

    An order under way is left alone until it is answered; the engine asks again then.
    """
    qty = guard.guarded(held)
    side = Side.SELL if held > ZERO else Side.BUY
    steps: list[Step] = []
    wanted: dict[str, PlaceOrder] = {}
    if qty and guard.triggered and not instrument.native_stops:
        return _plan_exit(guard, qty, side, orders, now_ns)
    if qty and guard.stop is not None and instrument.native_stops:
        stop = _towards_entry(instrument, guard.stop, side)
        wanted["stop"] = _spec(guard, side, qty, trigger_px=stop)
    if qty and guard.protection.target is not None:
        wanted["target"] = _spec(guard, side, qty, px=guard.protection.target)
    for leg in ("stop", "target"):
        steps.extend(_sync(guard, leg, wanted.get(leg), orders, instrument))
    return steps


def _sync(
    guard: Guard,
    leg: str,
    spec: PlaceOrder | None,
    orders: dict[OrderId, Order],
    instrument: Instrument,
) -> list[Step]:
    order = orders.get(guard.legs[leg]) if leg in guard.legs else None
    if order is None:
        return [PlaceLeg(leg, spec)] if spec is not None else []
    if spec is None or order.side is not spec.side:
        return [DropLeg(order)] if order.status in CHANGEABLE else []
    total = spec.qty + order.filled_qty
    same = order.qty == total and order.px == spec.px and order.trigger_px == spec.trigger_px
    if same or order.status not in CHANGEABLE:
        return []
    if instrument.native_amend:
        return [MoveLeg(order, total, spec.px, spec.trigger_px)]
    return [DropLeg(order)]


def _plan_exit(
    guard: Guard, qty: Decimal, side: Side, orders: dict[OrderId, Order], now_ns: int
) -> list[Step]:
    target = orders.get(guard.legs["target"]) if "target" in guard.legs else None
    if target is not None:
        return [DropLeg(target)] if target.status in CHANGEABLE else []
    exit_ = orders.get(guard.legs["exit"]) if "exit" in guard.legs else None
    if exit_ is not None or now_ns < guard.retry_ns:
        return []
    guard.retry_ns = now_ns + RETRY_NS
    return [PlaceLeg("exit", _spec(guard, side, qty, market=True))]


def _spec(
    guard: Guard,
    side: Side,
    qty: Decimal,
    *,
    px: Decimal | None = None,
    trigger_px: Decimal | None = None,
    market: bool = False,
) -> PlaceOrder:
    kind = OrderType.LIMIT
    if market:
        kind = OrderType.MARKET
    elif trigger_px is not None:
        kind = OrderType.STOP
    return PlaceOrder(
        account=guard.account,
        instrument=guard.instrument,
        side=side,
        qty=qty,
        px=px,
        order_type=kind,
        reduce_only=True,
        trigger_px=trigger_px,
        reason=guard.why if px is None else "take_profit",
        group=guard.group,
        bucket=guard.bucket,
    )


def _towards_entry(instrument: Instrument, px: Decimal, side: Side) -> Decimal:
    # A long's stop is sold and rounds up, a short's is bought and rounds down.
    return instrument.ceil_px(px) if side is Side.SELL else instrument.floor_px(px)

"""Exits that guard one position: stop, target, OCO, trailing, breakeven.

Where the venue takes stop orders they rest there, reduce-only, and are changed as the position
and the price move; elsewhere, and where the venue refused the stop or let it pass, the guard holds
the stop itself and sends a protected limit when it is hit. What was refused waits before it is
tried again. This module only says which orders should exist; the engine passes them through the
gate.
"""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from tradewind.model.ids import AccountId, BucketId, InstanceId, InstrumentId, OrderId
from tradewind.model.instrument import Instrument
from tradewind.model.intents import Protect, Protection
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL, Order, OrderStatus, OrderType, PlaceOrder, Side

FILLED = OrderStatus.FILLED
CHANGEABLE = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)
ENDED_AWAKE = (OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED)
RETRY_NS = 1_000_000_000
IN_A_ROW_NS = 10 * RETRY_NS
Terms = tuple[Decimal, Decimal | None, Decimal | None]
"""(total quantity, price, trigger) of an order."""


class PlaceLeg(msgspec.Struct, frozen=True):
    """An order of the guard that should come to be; `leg` is `stop`, `target` or `exit`."""

    leg: str
    spec: PlaceOrder


class MoveLeg(msgspec.Struct, frozen=True):
    """An order of the guard that should have another quantity, price or trigger."""

    leg: str
    order: Order
    qty: Decimal
    px: Decimal | None
    trigger_px: Decimal | None


class DropLeg(msgspec.Struct, frozen=True):
    """An order of the guard that should be cancelled."""

    leg: str
    order: Order


Step = PlaceLeg | MoveLeg | DropLeg


class Guard:
    """One guarded position of one instance.

    `stop` is where the stop stands now; `why` is the word that its exit will carry. `extreme` is
    the best price since the trailing distance became active. `triggered` means that the stop was
    hit; where `engine` holds the stop, the position is being closed then. `long` is the side of
    the position, None before there was one. `moving` and `dropping` are legs that we asked to
    change, `filled` what each leg's order had filled when last looked at; `refusals` counts what
    was refused in a row, and nothing is tried before `retry_ns`.
    """

    __slots__ = (
        "account",
        "alerted_ns",
        "bucket",
        "dropping",
        "engine",
        "extreme",
        "filled",
        "group",
        "instance",
        "instrument",
        "legs",
        "long",
        "moving",
        "protection",
        "qty",
        "refusals",
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
        self.engine = False
        self.long: bool | None = None
        self.seen = False
        self.moving: dict[str, Terms] = {}
        self.dropping: set[str] = set()
        self.filled: dict[str, Decimal] = {}
        self.refusals: dict[str, int] = {}
        self.retry_ns: dict[str, int] = {}
        self.alerted_ns = 0
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

    def hear(self, find: Callable[[OrderId], Order | None], now_ns: int) -> str:
        """Look at what became of its orders; return the leg that was refused, empty when none."""
        refused = ""
        for leg, client_order_id in list(self.legs.items()):
            order = find(client_order_id)
            if order is not None:
                self._count(leg, order)
            if order is not None and order.status not in TERMINAL:
                wrong = self._differs(leg, order)
            else:
                wrong = self._ended(leg, order)
            if wrong:
                self.refuse(leg, now_ns)
                refused = leg
        return refused

    def catch_up(self, find: Callable[[OrderId], Order | None]) -> None:
        """Take what its orders have filled as heard of: a fold of the journal has not told it."""
        for leg, client_order_id in self.legs.items():
            order = find(client_order_id)
            self.filled[leg] = order.filled_qty if order is not None else ZERO

    def _count(self, leg: str, order: Order) -> None:
        """What has left through its own orders is no part of a limited guard any more."""
        done = order.filled_qty - self.filled.get(leg, ZERO)
        self.filled[leg] = order.filled_qty
        if self.qty is not None:
            self.qty = max(self.qty - done, ZERO)

    def _differs(self, leg: str, order: Order) -> bool:
        """Tell whether a change that we asked for was answered with the old terms."""
        if order.status not in CHANGEABLE:
            return False
        self.dropping.discard(leg)
        if leg == "stop":
            self.engine = False
        wanted = self.moving.pop(leg, None)
        return wanted is not None and wanted != (order.qty, order.px, order.trigger_px)

    def _ended(self, leg: str, order: Order | None) -> bool:
        """Forget an order that is over; tell whether it ended against our will."""
        asked = leg in self.dropping
        del self.legs[leg]
        self.dropping.discard(leg)
        self.moving.pop(leg, None)
        self.filled.pop(leg, None)
        if order is None or asked:
            return False
        if leg == "stop":
            # Refused, or it fired and left something: from here on the engine holds the stop.
            self.engine = True
            woke = not order.asleep and order.status in ENDED_AWAKE
            self.triggered = self.triggered or woke or order.filled_qty > ZERO
        return order.status is not FILLED

    def refuse(self, leg: str, now_ns: int) -> None:
        """Count a refusal; the leg is not tried again before RETRY_NS have passed."""
        lately = now_ns - self.retry_ns.get(leg, 0) < IN_A_ROW_NS
        self.refusals[leg] = self.refusals.get(leg, 0) + 1 if lately else 1
        self.retry_ns[leg] = now_ns + RETRY_NS

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
    native = instrument.native_stops
    if qty and guard.triggered and (guard.engine or not native):
        return _plan_exit(guard, qty, side, orders, now_ns)
    if qty and guard.stop is not None and native:
        stop = _towards_entry(instrument, guard.stop, side)
        wanted["stop"] = _spec(guard, side, qty, trigger_px=stop)
    if qty and guard.protection.target is not None:
        target = _target_px(instrument, guard.protection.target, side)
        wanted["target"] = _spec(guard, side, qty, px=target)
    for leg in ("stop", "target"):
        steps.extend(_sync(guard, leg, wanted.get(leg), orders, instrument))
    retry_ns = guard.retry_ns
    return [s for s in steps if type(s) is DropLeg or now_ns >= retry_ns.get(s.leg, 0)]


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
        return [DropLeg(leg, order)] if order.status in CHANGEABLE else []
    if leg == "stop" and not order.asleep:
        return []  # it has fired: what it sells now, no amendment stops
    total = spec.qty + order.filled_qty
    same = order.qty == total and order.px == spec.px and order.trigger_px == spec.trigger_px
    if same or order.status not in CHANGEABLE:
        return []
    if instrument.native_amend:
        return [MoveLeg(leg, order, total, spec.px, spec.trigger_px)]
    return [DropLeg(leg, order)]


def _plan_exit(
    guard: Guard, qty: Decimal, side: Side, orders: dict[OrderId, Order], now_ns: int
) -> list[Step]:
    resting = [leg for leg in ("stop", "target") if guard.legs.get(leg) in orders]
    if resting:
        found = [(leg, orders[guard.legs[leg]]) for leg in resting]
        return [DropLeg(leg, order) for leg, order in found if order.status in CHANGEABLE]
    if guard.legs.get("exit") in orders or now_ns < guard.retry_ns.get("exit", 0):
        return []
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


def _target_px(instrument: Instrument, px: Decimal, side: Side) -> Decimal:
    # Towards the entry as well: a long's target rounds down, a short's up.
    return instrument.floor_px(px) if side is Side.SELL else instrument.ceil_px(px)

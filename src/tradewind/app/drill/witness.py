"""A witness at the desk's side: what it approves is allowed, and what leaves is what it approved.

Looks at every step as it is kept, with its own eyes: it asks neither the gate nor an adapter.
"""

from decimal import Decimal
from itertools import pairwise

from tradewind.app.desks import OpenDesk
from tradewind.app.drill.tape import Tape
from tradewind.core.engine.desk import Desk
from tradewind.model.effects import Effect, PositionCorrected, SubmitOrder
from tradewind.model.events import Candle, Event, OrderPrepared
from tradewind.model.instrument import Outcome
from tradewind.model.market import INTERVALS_NS, CandleStatus
from tradewind.model.money import NANOS, ONE, ZERO
from tradewind.model.order import TERMINAL, Order, OrderStatus, PlaceOrder
from tradewind.runtime.keeper import JournalKeeper

LATE_NS = 10 * NANOS
"""A candle that ended longer ago is no reason to risk anything now."""
NOWHERE = (*TERMINAL, OrderStatus.PARKED, OrderStatus.UNKNOWN)


class WitnessedKeeper(JournalKeeper):
    """Keeps steps as ever, and adds to `wrong` what must not have been approved."""

    def __init__(self, opened: OpenDesk, tape: Tape, wrong: list[str]) -> None:
        super().__init__(opened.desk, opened.epoch, opened.journal, opened.eventlog, opened.bus)
        self._tape = tape
        self._wrong = wrong

    def note(self, event: Event, effects: list[Effect]) -> None:
        """Take one step, as it left the desk."""
        for effect in effects:
            if type(effect) is SubmitOrder:
                self._wrong += faults_of(self.desk, effect)
            elif type(effect) is PositionCorrected:
                self._wrong.append(
                    f"{effect.qty} {effect.instrument} was posted although every fill is told"
                )
        if type(event) is Candle:
            self._wrong += faults_of_candle(self.desk, event, effects)
        if type(event) is OrderPrepared:
            self._tape.approve(event.digest, event.client_order_id)
        self._tape.step(self.desk.world.now_ns, event, effects)
        super().note(event, effects)


def faults_of(desk: Desk, order: SubmitOrder) -> list[str]:
    """Return why a new order should not have been approved."""
    spec, name = order.spec, order.client_order_id
    found = [
        f"order {name} may trade with our own {other.client_order_id}"
        for other in desk.orders.live.values()
        if other.client_order_id != name and _meets(desk, spec, other)
    ]
    if not _reduces(desk, spec):
        found += [f"order {name} was approved although {why}" for why in _doubts(desk, order)]
    return found


def faults_of_candle(desk: Desk, candle: Candle, effects: list[Effect]) -> list[str]:
    """Return what is wrong with a candle that was heard, or with what was asked for on it."""
    length_ns = INTERVALS_NS[candle.interval]
    told = f"the {candle.interval} candle {candle.ts_event // NANOS} of {candle.instrument}"
    kept = desk.world.candles.get((candle.instrument, candle.interval), [])
    found = [
        f"{told} was heard after {earlier.ts_event // NANOS}"
        for earlier, later in pairwise(kept[-2:])
        if candle.status is CandleStatus.CLOSED and later.ts_event - earlier.ts_event != length_ns
    ]
    age_ns = desk.world.now_ns - candle.ts_event - length_ns
    if age_ns > max(LATE_NS, desk.config.stale_book_ns):
        found += [
            f"order {effect.client_order_id} was approved on {told}, {age_ns / NANOS:.1f} s late"
            for effect in effects
            if type(effect) is SubmitOrder and not _reduces(desk, effect.spec)
        ]
    return found


def _doubts(desk: Desk, order: SubmitOrder) -> list[str]:
    """Return what forbids an order that makes a position larger; one that reduces may pass."""
    spec = order.spec
    state = desk.accounts[spec.account]
    market = desk.feeds[spec.instrument].market
    age_ns = order.ts - market.verified_ns
    found = []
    if not market.live or age_ns > desk.config.stale_book_ns:
        feed = "live" if market.live else "lost"
        found.append(f"its feed is {feed} and {age_ns / NANOS:.1f} s old")
    if state.locks.get(spec.instrument):
        found.append(f"{spec.instrument} is locked: {state.locks[spec.instrument]}")
    if not state.reconciled:
        found.append(f"{spec.account} is not reconciled")
    return found


def _reduces(desk: Desk, spec: PlaceOrder) -> bool:
    """Tell whether a position can only become smaller, whatever else of ours happens to it."""
    if spec.reduce_only:
        return True  # the venue sees to it
    net = _net(desk, spec)
    if net * spec.side.sign >= 0:
        return False
    others = sum(
        (
            other.qty - other.filled_qty
            for other in desk.orders.live.values()
            if other.instrument == spec.instrument
            and other.side is spec.side
            and other.status not in NOWHERE
            and not other.spec.trigger_px
        ),
        ZERO,
    )
    return others <= abs(net)


def _net(desk: Desk, spec: PlaceOrder) -> Decimal:
    rules = desk.instrument(spec.instrument)
    net = desk.ledger.net_qty(spec.account, spec.instrument, spec.bucket)
    if rules.netting and rules.mirror is not None:
        net -= desk.ledger.net_qty(spec.account, rules.mirror, spec.bucket)
    return net


def _meets(desk: Desk, spec: PlaceOrder, other: Order) -> bool:
    """Tell whether two orders of ours in one market could trade with each other."""
    mine, theirs = desk.instrument(spec.instrument), desk.instrument(other.instrument)
    if theirs.id not in (mine.id, mine.mirror) or other.status in NOWHERE:
        return False
    if spec.px is None or other.px is None or spec.trigger_px or other.spec.trigger_px:
        return False
    ours_no, theirs_no = mine.outcome is Outcome.NO, theirs.outcome is Outcome.NO
    px = ONE - spec.px if ours_no else spec.px
    other_px = ONE - other.px if theirs_no else other.px
    buys = (spec.side.sign > 0) != ours_no
    if buys == ((other.side.sign > 0) != theirs_no):
        return False
    return px >= other_px if buys else px <= other_px

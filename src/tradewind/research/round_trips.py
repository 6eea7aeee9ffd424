"""Round trips: fills and other postings of one position, paired from flat to flat.

Knows signed quantities and values, and pairs by side, so that a short seller's buy closes his
sell. Within a round trip the oldest lot closes first. What goes through zero ends one trip and
begins the next, and its fee is shared by quantity. Must not know statistics, charts or files.
"""

from collections import deque
from decimal import Decimal

import msgspec

from tradewind.core.ledger.average import share
from tradewind.model.ids import AccountId, BucketId, Currency, InstanceId, InstrumentId
from tradewind.model.money import ZERO
from tradewind.model.order import Side
from tradewind.research.results import PositionEffect, RoundTripRow

OPEN, CLOSE, FLIP = PositionEffect.OPEN, PositionEffect.CLOSE, PositionEffect.FLIP
PX_QUANTUM = Decimal("1e-10")


class Holder(msgspec.Struct, frozen=True, gc=False):
    """Whose position of what: an instance's bucket of an instrument on an account."""

    instance: InstanceId
    account: AccountId
    instrument: InstrumentId
    bucket: BucketId


class Terms(msgspec.Struct, frozen=True, gc=False):
    """What an instrument's value is counted in: quote currency, and units per quantity."""

    currency: Currency
    multiplier: Decimal


class Step(msgspec.Struct, frozen=True, gc=False):
    """A signed quantity for a signed value (qty x px x multiplier), in quote currency.

    A step without a quantity brings `fee` or `funding` alone, both positive when paid.
    """

    ts_ns: int
    qty: Decimal
    value: Decimal
    fee: Decimal = ZERO
    funding: Decimal = ZERO
    reason: str = ""
    is_fill: bool = True


class Pairing:
    """All round trips of a run; take its steps in the order in which they happened."""

    __slots__ = ("_last", "_open", "_trips")

    def __init__(self) -> None:
        self._trips: list[_Trip] = []
        self._open: dict[Holder, _Trip] = {}
        self._last: dict[Holder, _Trip] = {}

    def take(self, holder: Holder, terms: Terms, step: Step) -> tuple[PositionEffect, int]:
        """Fold a step in; return what it did, and the number of the trip it closed or belongs to.

        What comes without a quantity after the end belongs to the trip that ended last.
        """
        trip = self._open.get(holder)
        if not step.qty:
            return CLOSE, self._charge(trip or self._last.get(holder), step)
        if trip is None:
            return OPEN, self._begin(holder, terms, step).number
        if (trip.held > ZERO) is (step.qty > ZERO):
            trip.enter(step)
            return OPEN, trip.number
        if abs(step.qty) <= abs(trip.held):
            self._reduce(holder, trip, step)
            return CLOSE, trip.number
        closing, opening = _split(step, -trip.held)
        self._reduce(holder, trip, closing)
        self._begin(holder, terms, opening)
        return FLIP, trip.number

    def rows(self) -> tuple[RoundTripRow, ...]:
        """Return every round trip by its beginning; those still open have no `closed_ns`."""
        return tuple(trip.row() for trip in self._trips)

    def _charge(self, trip: "_Trip | None", step: Step) -> int:
        if trip is None:
            return 0
        trip.fees += step.fee
        trip.funding += step.funding
        return trip.number

    def _begin(self, holder: Holder, terms: Terms, step: Step) -> "_Trip":
        trip = _Trip(len(self._trips) + 1, holder, terms, step)
        self._trips.append(trip)
        self._open[holder] = self._last[holder] = trip
        return trip

    def _reduce(self, holder: Holder, trip: "_Trip", step: Step) -> None:
        trip.leave(step)
        if not trip.held:
            del self._open[holder]


class _Trip:
    __slots__ = (
        "closed_ns",
        "entered_qty",
        "entered_value",
        "entry_reason",
        "exit_reason",
        "fees",
        "fills",
        "funding",
        "held",
        "holder",
        "left_qty",
        "left_value",
        "lots",
        "max_qty",
        "number",
        "opened_ns",
        "realised",
        "terms",
    )

    def __init__(self, number: int, holder: Holder, terms: Terms, step: Step) -> None:
        self.number = number
        self.holder = holder
        self.terms = terms
        self.opened_ns = step.ts_ns
        self.closed_ns: int | None = None
        self.lots: deque[tuple[Decimal, Decimal]] = deque()
        self.held = self.max_qty = self.realised = self.fees = self.funding = ZERO
        self.entered_qty = self.entered_value = self.left_qty = self.left_value = ZERO
        self.fills = 0
        self.entry_reason = step.reason
        self.exit_reason = ""
        self.enter(step)

    def enter(self, step: Step) -> None:
        self.lots.append((step.qty, step.value))
        self.entered_qty += step.qty
        self.entered_value += step.value
        self._moved(step)

    def leave(self, step: Step) -> None:
        self.left_qty += step.qty
        self.left_value += step.value
        self.realised -= step.value + self._oldest(-step.qty)
        self.exit_reason = step.reason
        self._moved(step)
        if not self.held:
            self.closed_ns = step.ts_ns

    def _moved(self, step: Step) -> None:
        self.held += step.qty
        self.max_qty = max(self.max_qty, abs(self.held))
        self.fees += step.fee
        self.funding += step.funding
        self.fills += step.is_fill

    def _oldest(self, wanted: Decimal) -> Decimal:
        cost = ZERO
        while wanted:
            qty, value = self.lots.popleft()
            if abs(qty) > abs(wanted):
                part = share(value, wanted, qty)
                self.lots.appendleft((qty - wanted, value - part))
                return cost + part
            cost += value
            wanted -= qty
        return cost

    def row(self) -> RoundTripRow:
        net = self.realised - self.fees - self.funding
        lots_value = sum((value for _, value in self.lots), ZERO)
        return RoundTripRow(
            number=self.number,
            instance=self.holder.instance,
            account=self.holder.account,
            instrument=self.holder.instrument,
            bucket=self.holder.bucket,
            side=Side.BUY if self.entered_qty > ZERO else Side.SELL,
            opened_ns=self.opened_ns,
            closed_ns=self.closed_ns,
            qty=plain(abs(self.entered_qty)),
            max_qty=plain(self.max_qty),
            open_qty=plain(abs(self.held)),
            entry_px=self._average(self.entered_qty, self.entered_value),
            exit_px=self._average(self.left_qty, self.left_value) if self.left_qty else None,
            open_px=self._average(self.held, lots_value) if self.held else None,
            fills=self.fills,
            currency=self.terms.currency,
            gross_pnl=plain(self.realised),
            fees=plain(self.fees),
            funding=plain(self.funding),
            net_pnl=plain(net),
            net_return=float(net / abs(self.entered_value)) if self.entered_value else None,
            entry_reason=self.entry_reason,
            exit_reason=self.exit_reason,
        )

    def _average(self, qty: Decimal, value: Decimal) -> Decimal:
        return plain((value / (qty * self.terms.multiplier)).quantize(PX_QUANTUM))


def _split(step: Step, closing_qty: Decimal) -> tuple[Step, Step]:
    value = share(step.value, closing_qty, step.qty)
    fee = share(step.fee, closing_qty, step.qty)
    closing = msgspec.structs.replace(step, qty=closing_qty, value=value, fee=fee)
    opening = msgspec.structs.replace(
        step, qty=step.qty - closing_qty, value=step.value - value, fee=step.fee - fee
    )
    return closing, opening


def plain(value: Decimal) -> Decimal:
    """Return the same number without zeros at its end: 1.500 is 1.5, 1E+3 is 1000."""
    short = value.normalize()
    exponent = short.as_tuple().exponent
    if isinstance(exponent, int) and exponent > 0:
        return short.quantize(Decimal(1))
    return short or ZERO

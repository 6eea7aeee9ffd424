"""Everything that happened to positions, counted: rows of fills, round trips, fees, funding.

Knows fills and ledger entries, currencies and rates, and hands them to the pairing in their
order. Must not know equity, prices or reports.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from tradewind.core.ledger.entries import Entry, EntryKind
from tradewind.model.fill import Fill
from tradewind.model.ids import Currency, InstanceId, InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.money import ONE, ZERO
from tradewind.model.order import Liquidity, Side
from tradewind.research import statistics
from tradewind.research.results import FillRow, RoundTripRow
from tradewind.research.round_trips import Holder, Pairing, Step, Terms, plain

BUY = Side.BUY
MAKER = Liquidity.MAKER

Happened = tuple[Fill, str, InstanceId, Decimal] | Entry
"""A fill with reason, instance and realised result; or another posting of the ledger."""

# A fill's own entry says what the fill said; FINALISED moves nothing; a transfer is no result.
PASSED_OVER = frozenset({EntryKind.FILL, EntryKind.FINALISED, EntryKind.TRANSFER})


class Book(msgspec.Struct, frozen=True):
    """What values are counted with: instruments, the reporting currency, and rates into it."""

    instruments: Mapping[InstrumentId, Instrument]
    currency: Currency
    rates: Mapping[Currency, Decimal]


class Tally(msgspec.Struct, frozen=True):
    """The lists of a run, and the same as the statistics want them; money in reporting currency."""

    fills: tuple[FillRow, ...]
    round_trips: tuple[RoundTripRow, ...]
    fees: Decimal
    funding: Decimal
    closed: tuple[statistics.RoundTrip, ...]
    open_since_ns: tuple[int, ...]
    samples: tuple[statistics.FillSample, ...]
    warnings: tuple[str, ...]


def count(happened: Iterable[Happened], book: Book) -> Tally:
    """Return what all that happened adds up to, in the order in which it happened."""
    counting = _Counting(book)
    for item in happened:
        if isinstance(item, Entry):
            counting.entry(item)
        else:
            counting.fill(*item)
    return counting.total()


class _Counting:
    def __init__(self, book: Book) -> None:
        self.book = book
        self.pairing = Pairing()
        self.rows: list[FillRow] = []
        self.samples: list[statistics.FillSample] = []
        self.fees = self.funding = ZERO
        self.rateless: dict[Currency, None] = {}
        self.rules: dict[InstrumentId, tuple[Instrument, Terms, Decimal]] = {}

    def fill(self, fill: Fill, reason: str, instance: InstanceId, realised: Decimal) -> None:
        rules, terms, rate = self.terms(fill.instrument)
        holder = Holder(instance, fill.account, fill.instrument, fill.bucket)
        qty = fill.qty if fill.side is BUY else -fill.qty
        fee = self.in_quote(fill.fee, fill.fee_currency, rules, fill.px)
        # A fee paid in what was traded: so much less is held, as if it had been sold for the fee.
        moved = qty - fill.fee if _in_base(fill.fee_currency, rules) else qty
        step = Step(fill.ts_event, moved, moved * fill.px * terms.multiplier, fee, reason=reason)
        effect, trip = self.pairing.take(holder, terms, step)
        self.fees += fee * rate
        self.rows.append(
            FillRow(
                ts_ns=fill.ts_event,
                instance=instance,
                instrument=fill.instrument,
                side=fill.side,
                qty=plain(fill.qty),
                px=plain(fill.px),
                fee=plain(fill.fee),
                fee_currency=fill.fee_currency,
                liquidity=fill.liquidity,
                reason=reason,
                realised=plain(realised),
                effect=effect,
                trip=trip,
            )
        )
        self.samples.append(
            statistics.FillSample(
                fill.ts_event,
                fill.instrument,
                float(qty * terms.multiplier * rate),
                float(fill.px),
                float(fee * rate),
                fill.liquidity is MAKER,
            )
        )

    def entry(self, entry: Entry) -> None:
        if entry.kind in PASSED_OVER or entry.instrument is None:
            return
        if entry.kind is EntryKind.FEE_ADJUST and entry.qty < ZERO:
            # The ledger's own posting of a fee in the traded asset, which `fill` has counted.
            return
        rules, terms, rate = self.terms(entry.instrument)
        holder = Holder(entry.owner, entry.account, entry.instrument, entry.bucket)
        fee = self.in_quote(entry.fee, entry.fee_currency, rules, ZERO)
        funding = ZERO
        if entry.kind is EntryKind.FUNDING:
            funding = self.in_quote(-entry.cash, entry.currency, rules, ZERO)
        self.fees += fee * rate
        self.funding += funding * rate
        # What a step of the ledger was worth: cost that came less profit that was taken out.
        value = entry.cost - entry.realised
        step = Step(entry.ts, entry.qty, value, fee, funding, entry.kind.value, is_fill=False)
        self.pairing.take(holder, terms, step)

    def terms(self, instrument: InstrumentId) -> tuple[Instrument, Terms, Decimal]:
        known = self.rules.get(instrument)
        if known is None:
            rules = self.book.instruments[instrument]
            terms = Terms(rules.quote, rules.multiplier)
            known = self.rules[instrument] = (rules, terms, self.rate(rules.quote))
        return known

    def rate(self, currency: Currency) -> Decimal:
        if currency == self.book.currency:
            return ONE
        rate = self.book.rates.get(currency)
        if rate is None:
            self.rateless[currency] = None
            return ONE
        return rate

    def in_quote(
        self, amount: Decimal, currency: Currency, rules: Instrument, px: Decimal
    ) -> Decimal:
        if not amount or currency == rules.quote:
            return amount
        if _in_base(currency, rules) and px:
            return amount * px * rules.multiplier
        return amount * self.rate(currency) / self.rate(rules.quote)

    def total(self) -> Tally:
        rows = self.pairing.rows()
        return Tally(
            fills=tuple(self.rows),
            round_trips=rows,
            fees=self.fees,
            funding=self.funding,
            closed=tuple(
                statistics.RoundTrip(
                    float(row.net_pnl * self.rate(row.currency)), row.opened_ns, row.closed_ns
                )
                for row in rows
                if row.closed_ns is not None
            ),
            open_since_ns=tuple(row.opened_ns for row in rows if row.closed_ns is None),
            samples=tuple(self.samples),
            warnings=tuple(
                f"No rate from {currency} to {self.book.currency} was given; it was counted one "
                f"for one."
                for currency in self.rateless
            ),
        )


def _in_base(currency: Currency, rules: Instrument) -> bool:
    return bool(rules.base) and currency == rules.base and currency != rules.quote

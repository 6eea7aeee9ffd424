"""The observer beside a backtest: it notes what happens and makes the result of it afterwards.

Knows fills, postings, prices and equity as the loop hands them over, and only appends while the
run goes on; pairing and statistics come in `finish`. Must not know the desk or influence it.
"""

from array import array
from collections.abc import Mapping
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from tradewind.core.ledger.entries import Entry
from tradewind.model.config import InstanceSpec
from tradewind.model.events import BookSnapshot, Candle, Quote, Trade
from tradewind.model.fill import Fill
from tradewind.model.ids import Currency, InstanceId, InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.market import INTERVALS_NS
from tradewind.research import tally
from tradewind.research.drawdowns import deepest, drawdown
from tradewind.research.price_tracks import SECOND_NS, Columns, PriceTrack, fit, series
from tradewind.research.results import (
    BacktestResult,
    CandleSeries,
    Counts,
    DataSource,
    EquityCurve,
    Finding,
    Gap,
    Timing,
)
from tradewind.research.round_trips import plain
from tradewind.research.statistics import (
    Calendar,
    FloatArray,
    IntArray,
    PriceSeries,
    RunRecord,
    Statistics,
    summarise,
)
from tradewind.research.statistics.curve import check_curve

if TYPE_CHECKING:
    from tradewind.research.history.findings import Findings

CANDLES = 32_768
"""How many candles of each instrument are kept by default."""
FEW_ROUND_TRIPS = 30
SHORT_DAYS = 30.0


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the loop knows at the end and the observer does not.

    `parameters` are those that ran, defaults included; `rates` say what one unit of a currency is
    worth in the reporting `currency`; `forecasts` pair a probability with its settlement.
    """

    strategy: str
    parameters: dict[str, Any]
    instances: tuple[InstanceSpec, ...]
    instruments: tuple[Instrument, ...]
    sources: tuple[DataSource, ...]
    calendar: Calendar
    currency: Currency
    start_ns: int
    end_ns: int
    starting_equity: Decimal
    final_equity: Decimal
    events: int
    decision_hash: str
    code_version: str
    command: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rates: Mapping[Currency, Decimal] = {}
    forecasts: tuple[tuple[float, float], ...] = ()
    timing: Timing | None = None


class Collector:
    """Notes one run. Every call but `finish` costs an append or less.

    Hand each of our fills to `fill`, and every other posting of the ledger to `posting`; sample
    equity on a coarse grid (each hour, each N-th candle), not on every event.
    """

    __slots__ = (
        "_bulk",
        "_candles",
        "_denied",
        "_equity",
        "_happened",
        "_marks",
        "_orders",
        "_rejected",
        "_times",
        "_tracks",
    )

    def __init__(self, *, candles: int = CANDLES) -> None:
        self._candles = candles
        self._orders = 0
        self._denied: dict[str, int] = {}
        self._rejected: dict[str, int] = {}
        self._happened: list[tally.Happened] = []
        self._times = array("q")
        self._equity = array("d")
        self._tracks: dict[InstrumentId, PriceTrack] = {}
        self._bulk: dict[InstrumentId, tuple[Columns, int]] = {}
        self._marks: dict[str, PriceSeries] = {}

    def order(self) -> None:
        """Count an order that was sent."""
        self._orders += 1

    def denied(self, rule: str, count: int = 1) -> None:
        """Count orders that the gate denied by `rule`."""
        self._denied[rule] = self._denied.get(rule, 0) + count

    def rejected(self, reason: str) -> None:
        """Count an order that the venue refused for `reason`."""
        self._rejected[reason] = self._rejected.get(reason, 0) + 1

    def fill(self, fill: Fill, reason: str, instance: InstanceId, realised: Decimal) -> None:
        """Note one of our fills, why its order was placed, and what it realised before fees."""
        self._happened.append((fill, reason, instance, realised))

    def posting(self, entry: Entry) -> None:
        """Note what the ledger posted besides fills: funding, settlement, fees, corrections.

        An entry of a fill itself is passed over, so all of the ledger's entries may come here.
        """
        self._happened.append(entry)

    def sample(self, ts_ns: int, equity: Decimal | float) -> None:
        """Note the equity in reporting currency; a second sample of one time replaces the first."""
        times = self._times
        if times and times[-1] == ts_ns:
            self._equity[-1] = float(equity)
            return
        times.append(ts_ns)
        self._equity.append(float(equity))

    def price(self, event: Candle | Quote | Trade | BookSnapshot) -> None:
        """Note a price for the chart: a candle, a mid (both sides there), or a print."""
        track = self._tracks.get(event.instrument)
        if track is None:
            track = self._track(event)
        if isinstance(event, Candle):
            track.add(event.ts_event, event.open, event.high, event.low, event.close)
            return
        px = _px(event)
        if px is not None:
            track.add(event.ts_event, px, px, px, px)

    def candles(self, instrument: InstrumentId, interval: str, columns: Columns) -> None:
        """Take all candles of an instrument at once, as columns; cheaper than `price` for each."""
        self._bulk[instrument] = (columns, INTERVALS_NS[interval])

    def prices(self, instrument: InstrumentId, ts_ns: IntArray, px: FloatArray) -> None:
        """Take all mids or prints of an instrument at once; they serve the mark-outs as well."""
        self._bulk[instrument] = ((ts_ns, px, px, px, px), SECOND_NS)
        self._marks[instrument] = PriceSeries(ts_ns, px)

    def finish(self, facts: RunFacts) -> BacktestResult:
        """Return the result of the run; raises DataError where equity was sampled backwards."""
        self._close_curve(facts)
        counted = tally.count(
            self._happened,
            tally.Book(
                {rules.id: rules for rules in facts.instruments}, facts.currency, facts.rates
            ),
        )
        ts_ns, equity = np.array(self._times), np.array(self._equity)
        check_curve(ts_ns, equity)
        statistics = summarise(
            RunRecord(
                ts_ns=_within(ts_ns),
                equity=equity,
                calendar=facts.calendar,
                round_trips=counted.closed,
                open_since_ns=counted.open_since_ns,
                fills=counted.samples,
                prices=self._marks,
                forecasts=facts.forecasts,
            )
        )
        net_pnl = facts.final_equity - facts.starting_equity
        return BacktestResult(
            strategy=facts.strategy,
            parameters=facts.parameters,
            code_version=facts.code_version,
            decision_hash=facts.decision_hash,
            command=facts.command,
            start_ns=facts.start_ns,
            end_ns=facts.end_ns,
            currency=facts.currency,
            starting_equity=plain(facts.starting_equity),
            final_equity=plain(facts.final_equity),
            net_pnl=plain(net_pnl),
            gross_pnl=plain(net_pnl + counted.fees + counted.funding),
            fees=plain(counted.fees),
            funding=plain(counted.funding),
            counts=self._counts(facts, counted),
            denied=dict(sorted(self._denied.items())),
            rejected=dict(sorted(self._rejected.items())),
            statistics=statistics,
            warnings=facts.warnings + counted.warnings + self._doubts(statistics),
            instances=facts.instances,
            instruments=facts.instruments,
            sources=facts.sources,
            drawdowns=deepest(ts_ns, equity),
            curve=EquityCurve(
                tuple(self._times), tuple(self._equity), tuple(drawdown(equity).tolist())
            ),
            prices=self._series(),
            fills=counted.fills,
            round_trips=counted.round_trips,
            timing=facts.timing,
        )

    def _track(self, event: Candle | Quote | Trade | BookSnapshot) -> PriceTrack:
        interval_ns = INTERVALS_NS[event.interval] if isinstance(event, Candle) else SECOND_NS
        track = self._tracks[event.instrument] = PriceTrack(interval_ns, self._candles)
        return track

    def _close_curve(self, facts: RunFacts) -> None:
        if not self._times or self._times[0] > facts.start_ns:
            self._times.insert(0, facts.start_ns)
            self._equity.insert(0, float(facts.starting_equity))
        self.sample(max(facts.end_ns, self._times[-1]), facts.final_equity)

    def _counts(self, facts: RunFacts, counted: tally.Tally) -> Counts:
        return Counts(
            events=facts.events,
            orders=self._orders,
            fills=len(counted.fills),
            round_trips=len(counted.closed),
            open_positions=len(counted.open_since_ns),
            denied=sum(self._denied.values()),
            rejected=sum(self._rejected.values()),
        )

    def _doubts(self, statistics: Statistics) -> tuple[str, ...]:
        doubts = []
        if self._orders and not statistics.fills:
            doubts.append(f"None of {self._orders:,} orders was filled.")
        if 0 < statistics.round_trips < FEW_ROUND_TRIPS:
            doubts.append(
                f"Only {statistics.round_trips} round trips: win rate, profit factor and "
                f"expectancy may be luck."
            )
        if statistics.days is not None and 0.0 < statistics.days < SHORT_DAYS:
            doubts.append(
                f"Only {statistics.days:.1f} days: ratios per year are drawn from a short time."
            )
        return tuple(doubts)

    def _series(self) -> tuple[CandleSeries, ...]:
        kept = {
            instrument: (track.columns(), track.interval_ns)
            for instrument, track in self._tracks.items()
        }
        for instrument, (columns, interval_ns) in self._bulk.items():
            kept[instrument] = fit(columns, interval_ns, self._candles)
        return tuple(
            series(instrument, columns, interval_ns)
            for instrument, (columns, interval_ns) in sorted(kept.items())
        )


def data_source(findings: "Findings") -> DataSource:
    """Return the report on an import as part of a result."""
    return DataSource(
        # A folder of this machine is no part of a result.
        name=PurePath(findings.source).name,
        kind=findings.kind,
        instrument=InstrumentId(findings.instrument),
        rows=findings.rows,
        first_ns=findings.first_ns,
        last_ns=findings.last_ns,
        findings=tuple(
            Finding(rule=item.rule, severity=item.severity.value, count=item.count, text=item.text)
            for item in findings.items
        ),
        gaps=tuple(
            Gap(first_ns=gap.first_ns, last_ns=gap.last_ns, missing=gap.missing)
            for gap in findings.gaps
        ),
    )


def _px(event: Quote | Trade | BookSnapshot) -> float | None:
    match event:
        case Trade(px=px):
            return float(px)
        case Quote(bid=bid, ask=ask, bid_qty=bid_qty, ask_qty=ask_qty):
            return (float(bid) + float(ask)) / 2 if bid_qty and ask_qty else None
        case BookSnapshot(bids=bids, asks=asks):
            return (float(bids[0][0]) + float(asks[0][0])) / 2 if bids and asks else None


def _within(ts_ns: IntArray) -> IntArray:
    # A sample tells how the time before it ended: what is counted at midnight is the old day's.
    inside = ts_ns.copy()
    inside[1:] -= ts_ns[1:] > ts_ns[:-1]
    return inside

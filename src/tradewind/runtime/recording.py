"""Market events as columns of the tick store: the way back of `feed`.

Knows columns, quanta and which numbers tell rows apart. Must not know files, threads or when
something is recorded. A row that cannot be told exactly is left out and counted.
"""

from array import array
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np

from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    Event,
    FundingRate,
    Quote,
    ReferencePrice,
    Trade,
)
from tradewind.model.history import BUY_CODE, FLOAT, INT, SELL_CODE, SMALL, STATUSES, columns_of
from tradewind.model.ids import InstrumentId, VenueId
from tradewind.model.instrument import Instrument
from tradewind.model.market import Level
from tradewind.model.order import Side
from tradewind.ports import Columns, TickKind

REFERENCE = VenueId("REFERENCE")
RECORDED = (Quote, Trade, BookSnapshot, BookDelta, Candle, FundingRate, ReferencePrice)
ANY = 1
"""What a delta of a feed that does not count builds on: whatever came before."""
_CODES = {"q": np.int64, "b": np.int8, "d": np.float64}
_HELD = {INT: "q", SMALL: "b", FLOAT: "d"}


class Finer(ArithmeticError):
    """A price or a quantity has more digits than its instrument's quanta."""


class _Scale:
    """Turns the numbers of one instrument into quanta."""

    __slots__ = ("_px", "_qty")

    def __init__(self, rules: Instrument) -> None:
        self._px = rules.px_exponent
        self._qty = rules.qty_exponent

    def px(self, value: Decimal) -> int:
        return _quanta(value, self._px)

    def qty(self, value: Decimal) -> int:
        return _quanta(value, self._qty)

    def levels(self, levels: tuple[Level, ...]) -> tuple[Any, Any]:
        px = np.array([self.px(each) for each, _ in levels], np.int64)
        return px, np.array([self.qty(each) for _, each in levels], np.int64)


class _Series:
    """The rows of one series so far, one buffer a column."""

    __slots__ = ("buffers", "key", "names")

    def __init__(self, key: TickKind) -> None:
        self.key = key
        held = columns_of(key.kind)
        self.names = tuple(held)
        self.buffers: list[Any] = [
            array(_HELD[kind]) if kind in _HELD else [] for kind in held.values()
        ]

    def add(self, values: tuple[Any, ...]) -> None:
        for buffer, value in zip(self.buffers, values, strict=True):
            buffer.append(value)

    def columns(self) -> Columns:
        return Columns(self.names, tuple(_array(buffer) for buffer in self.buffers))


class Recording:
    """Collects events, and gives them back as columns of each series.

    `rules` returns an instrument's rules, None for a stranger. Rows are told apart by the desk's
    number where the venue does not count, so that recording twice adds nothing. `left_out` counts
    rows that were finer than quanta, or of strangers.
    """

    def __init__(self, rules: Callable[[InstrumentId], Instrument | None]) -> None:
        self._rules = rules
        self._series: dict[tuple[str, str], _Series] = {}
        self._scales: dict[InstrumentId, tuple[Instrument, _Scale] | None] = {}
        self._defined: dict[InstrumentId, Instrument] = {}
        self.rows = 0
        self.left_out = 0

    def add(self, seq: int, event: Event) -> None:
        """Take the event of step `seq`; what is no market data is passed over."""
        kind = type(event)
        if kind is ReferencePrice:
            self._reference(seq, event)  # type: ignore[arg-type]
            return
        make = _ROWS.get(kind)
        if make is None:
            return
        instrument: InstrumentId = event.instrument  # type: ignore[union-attr, assignment]
        found = self._scale(instrument)
        if found is None:
            self.left_out += 1
            return
        rules, scale = found
        try:
            word, values = make(scale, seq, event)
        except Finer:
            self.left_out += 1
            return
        self._put(rules.venue, instrument, word, values)

    def series(self) -> Iterator[tuple[Instrument | None, TickKind, Columns]]:
        """Yield everything collected, and forget it; with rules that were not given yet."""
        taken, self._series = self._series, {}
        scales, self._scales = self._scales, {}  # rules may change
        self.rows = 0
        for each in taken.values():
            found = scales.get(each.key.instrument)
            rules = found[0] if found is not None else None
            if rules is not None and self._defined.get(rules.id) == rules:
                rules = None
            yield rules, each.key, each.columns()
            if rules is not None:
                self._defined[rules.id] = rules

    def _scale(self, instrument: InstrumentId) -> tuple[Instrument, _Scale] | None:
        if instrument not in self._scales:
            rules = self._rules(instrument)
            self._scales[instrument] = None if rules is None else (rules, _Scale(rules))
        return self._scales[instrument]

    def _reference(self, seq: int, event: ReferencePrice) -> None:
        values = (event.ts_event, event.ts_recv, seq, event.px, event.confidence)
        self._put(REFERENCE, InstrumentId(event.feed), "reference", values)

    def _put(
        self, venue: VenueId, instrument: InstrumentId, kind: str, values: tuple[Any, ...]
    ) -> None:
        series = self._series.get((instrument, kind))
        if series is None:
            series = _Series(TickKind(venue, instrument, kind))
            self._series[instrument, kind] = series
        series.add(values)
        self.rows += 1


def _quote(scale: _Scale, seq: int, event: Quote) -> tuple[str, tuple[Any, ...]]:
    px, qty = scale.px, scale.qty
    return "quote", (
        event.ts_event,
        event.ts_recv,
        seq,
        px(event.bid),
        px(event.ask),
        qty(event.bid_qty),
        qty(event.ask_qty),
    )


def _trade(scale: _Scale, seq: int, event: Trade) -> tuple[str, tuple[Any, ...]]:
    side = BUY_CODE if event.side is Side.BUY else SELL_CODE
    px, qty = scale.px(event.px), scale.qty(event.qty)
    return "trade", (event.ts_event, event.ts_recv, seq, px, qty, side, event.trade_id)


def _book(scale: _Scale, seq: int, event: BookSnapshot | BookDelta) -> tuple[str, tuple[Any, ...]]:
    whole = type(event) is BookSnapshot
    previous = 0 if isinstance(event, BookSnapshot) else event.previous
    sequence = event.sequence
    if not sequence:
        # The number of the step stands in; a delta may follow whatever came before.
        sequence, previous = seq, 0 if whole else ANY
    bids, asks = scale.levels(event.bids), scale.levels(event.asks)
    times = (event.ts_event, event.ts_recv)
    return "book", (*times, sequence, previous, int(whole), *bids, *asks)


def _candle(scale: _Scale, seq: int, event: Candle) -> tuple[str, tuple[Any, ...]]:
    return f"candle:{event.interval}", (
        event.ts_event,
        event.ts_recv,
        event.open_quanta,
        event.high_quanta,
        event.low_quanta,
        event.close_quanta,
        event.volume,
        STATUSES.index(event.status),
    )


def _funding(scale: _Scale, seq: int, event: FundingRate) -> tuple[str, tuple[Any, ...]]:
    return "funding", (event.ts_event, event.ts_recv, str(event.rate), str(event.mark))


_ROWS: dict[type, Callable[[_Scale, int, Any], tuple[str, tuple[Any, ...]]]] = {
    Quote: _quote,
    Trade: _trade,
    BookSnapshot: _book,
    BookDelta: _book,
    Candle: _candle,
    FundingRate: _funding,
}


def _quanta(value: Decimal, exponent: int) -> int:
    scaled = value.scaleb(exponent)
    quanta = int(scaled)
    if quanta != scaled:
        raise Finer
    return quanta


def _array(buffer: Any) -> Any:
    if isinstance(buffer, array):
        return np.frombuffer(buffer, _CODES[buffer.typecode])
    made = np.empty(len(buffer), object)
    made[:] = buffer
    return made

"""Stored columns as market events, made while they are read: the hot loop of every backtest.

Knows columns, quanta and the order of time. Must not know where columns come from, nor who reads.

A stream gives its events in the order in which they reach us (`ts_recv`). A feed delivers in
order, so a message that was recorded with an earlier time than the one before it gets that one's.
Only a few thousand rows at a time become Python objects; an event lives as long as its reader
keeps it.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import partial
from itertools import pairwise, repeat
from typing import Any, NoReturn

import numpy as np

from tradewind.model.errors import DataError
from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    FundingRate,
    Quote,
    Trade,
)
from tradewind.model.history import BUY_CODE, CLOSED_CODE, SELL_CODE
from tradewind.model.instrument import Instrument
from tradewind.model.market import INTERVALS_NS, Level
from tradewind.model.money import ZERO
from tradewind.model.order import Side
from tradewind.ports import Columns
from tradewind.runtime.columns import EXACT, Ints, ReadyDecimals
from tradewind.runtime.merge import merge
from tradewind.runtime.stream import Block, CandleRows, Stream

__all__ = ["Chunks", "Stream", "books", "candles", "funding", "merge", "quotes", "trades"]

SIDES = {BUY_CODE: Side.BUY, SELL_CODE: Side.SELL}

Chunks = Columns | Iterable[Columns]
"""All columns at once, or chunk after chunk in order of time."""


def candles(
    instrument: Instrument, interval: str, columns: Chunks, latency_ns: int = 0
) -> Stream[Candle]:
    """Return candles; each reaches us at its recorded time, else at its end, plus `latency_ns`.

    Raises DataError while it is read where a column is missing.
    """
    rows = _timed(columns, f"candles of {instrument.id}", latency_ns, INTERVALS_NS[interval])
    return Stream(_candle_block(instrument, interval, chunk, recv) for chunk, recv in rows)


def quotes(instrument: Instrument, columns: Chunks, latency_ns: int = 0) -> Stream[Quote]:
    """Return quotes; each reaches us at its recorded time, else its own, plus `latency_ns`.

    Raises DataError while it is read where a column is missing.
    """
    ready = _Ready(instrument)
    rows = _timed(columns, f"quotes of {instrument.id}", latency_ns)
    return Stream(Block(recv, partial(_quotes, ready, chunk, recv)) for chunk, recv in rows)


def trades(instrument: Instrument, columns: Chunks, latency_ns: int = 0) -> Stream[Trade]:
    """Return public prints; each reaches us at its recorded time, else its own, plus `latency_ns`.

    Raises DataError while it is read where a column is missing.
    """
    ready = _Ready(instrument)
    rows = _timed(columns, f"trades of {instrument.id}", latency_ns)
    return Stream(Block(recv, partial(_trades, ready, chunk, recv)) for chunk, recv in rows)


def books(
    instrument: Instrument, columns: Chunks, latency_ns: int = 0
) -> Stream[BookSnapshot | BookDelta]:
    """Return snapshots and deltas; each reaches us at its recorded time plus `latency_ns`.

    Raises DataError while it is read where a column is missing.
    """
    ready = _Ready(instrument)
    rows = _timed(columns, f"books of {instrument.id}", latency_ns)
    return Stream(Block(recv, partial(_books, ready, chunk, recv)) for chunk, recv in rows)


def funding(instrument: Instrument, columns: Chunks, latency_ns: int = 0) -> Stream[FundingRate]:
    """Return funding rates; a mark that the history does not know is zero.

    Raises DataError while it is read where a column is missing.
    """
    rows = _timed(columns, f"funding of {instrument.id}", latency_ns)
    return Stream(Block(recv, partial(_funding, instrument, chunk, recv)) for chunk, recv in rows)


class _Named(dict[str, Any]):
    """Columns by name; a missing one is an error that says so."""

    what = ""

    def __missing__(self, name: str) -> NoReturn:
        raise DataError(
            f"Fed {self.what}, found no column {name!r} among {', '.join(self)}; "
            f"import the history again."
        )


class _Ready:
    """An instrument's name with its ready Decimals."""

    __slots__ = ("id", "px", "qty")

    def __init__(self, instrument: Instrument) -> None:
        self.id = instrument.id
        self.px = ReadyDecimals(instrument.px_exponent)
        self.qty = ReadyDecimals(instrument.qty_exponent)


def _timed(
    columns: Chunks, what: str, latency_ns: int, length_ns: int = 0
) -> Iterator[tuple[_Named, Ints]]:
    """Yield columns by name and the times at which their rows reach us, never stepping back."""
    latest = 0
    for chunk in (columns,) if isinstance(columns, Columns) else columns:
        if not len(chunk):
            continue
        named = _Named(zip(chunk.names, chunk.arrays, strict=True))
        named.what = what
        recorded = named.get("ts_recv")
        recv: Ints = named["ts_event"] if recorded is None else recorded
        later_ns = latency_ns + (length_ns if recorded is None else 0)
        if later_ns:
            recv = recv + later_ns
        if recv[0] < latest or (recv[1:] < recv[:-1]).any():
            recv = np.maximum(np.maximum.accumulate(recv), latest)
        latest = int(recv[-1])
        yield named, recv


def _candle_block(
    instrument: Instrument, interval: str, chunk: _Named, recv: Ints
) -> Block[Candle]:
    status = chunk.get("status")
    rows = CandleRows(
        recv=recv,
        ts_event=chunk["ts_event"],
        prices=[chunk[name] for name in ("open", "high", "low", "close")],
        volume=chunk["volume"],
        status=None if status is None or (status == CLOSED_CODE).all() else status,
        owners=[(instrument.id, interval, float(10**instrument.px_exponent))],
    )
    if max(abs(int(end)) for q in rows.prices for end in (q.min(), q.max())) >= EXACT:
        raise DataError(
            f"Fed {chunk.what}, found a price beyond {EXACT} quanta, where floats are no longer "
            f"exact; give the instrument a smaller price exponent."
        )
    return Block(recv, rows.make, rows)


def _quotes(ready: _Ready, chunk: _Named, recv: Ints, start: int, stop: int) -> Iterator[Quote]:
    part = slice(start, stop)
    times = recv[part].tolist()
    return map(
        Quote,
        repeat(ready.id),
        _own_times(chunk, recv, part, times),
        times,
        ready.px.take(chunk["bid"][part]),
        ready.px.take(chunk["ask"][part]),
        ready.qty.take(chunk["bid_qty"][part]),
        ready.qty.take(chunk["ask_qty"][part]),
    )


def _own_times(chunk: _Named, recv: Ints, part: slice, times: list[int]) -> list[int]:
    """Return the venue's times; the same objects where they are those at which rows reach us."""
    own = chunk["ts_event"]
    return times if own is recv else own[part].tolist()


def _trades(ready: _Ready, chunk: _Named, recv: Ints, start: int, stop: int) -> Iterator[Trade]:
    part = slice(start, stop)
    times = recv[part].tolist()
    fields: list[Iterable[Any]] = [
        repeat(ready.id),
        _own_times(chunk, recv, part, times),
        times,
        ready.px.take(chunk["px"][part]),
        ready.qty.take(chunk["qty"][part]),
        map(SIDES.__getitem__, chunk["side"][part].tolist()),
    ]
    if "trade_id" in chunk:
        fields.append(chunk["trade_id"][part].tolist())
    return map(Trade, *fields)


def _books(
    ready: _Ready, chunk: _Named, recv: Ints, start: int, stop: int
) -> Iterator[BookSnapshot | BookDelta]:
    part = slice(start, stop)
    rows = zip(
        chunk["snapshot"][part].tolist(),
        chunk["ts_event"][part].tolist(),
        recv[part].tolist(),
        _levels(ready, chunk["bid_px"][part], chunk["bid_qty"][part]),
        _levels(ready, chunk["ask_px"][part], chunk["ask_qty"][part]),
        chunk["sequence"][part].tolist(),
        chunk["previous"][part].tolist(),
        strict=True,
    )
    for whole, ts, seen, bids, asks, sequence, previous in rows:
        if whole:
            yield BookSnapshot(ready.id, ts, seen, bids, asks, sequence)
        else:
            yield BookDelta(ready.id, ts, seen, bids, asks, sequence, previous)


def _levels(ready: _Ready, prices: Any, sizes: Any) -> Iterator[tuple[Level, ...]]:
    """Yield each row's levels; all rows become Decimals together."""
    ends = np.cumsum([0, *map(len, prices)]).tolist()
    if not ends[-1]:
        return repeat((), len(prices))
    px, qty = ready.px.take(np.concatenate(prices)), ready.qty.take(np.concatenate(sizes))
    levels = list(zip(px, qty, strict=True))
    return (tuple(levels[begin:end]) for begin, end in pairwise(ends))


def _funding(
    instrument: Instrument, chunk: _Named, recv: Ints, start: int, stop: int
) -> Iterator[FundingRate]:
    part = slice(start, stop)
    return map(
        FundingRate,
        repeat(instrument.id),
        chunk["ts_event"][part].tolist(),
        recv[part].tolist(),
        map(Decimal, chunk["rate"][part].tolist()),
        [Decimal(mark) if mark else ZERO for mark in chunk["mark"][part].tolist()],
    )

"""Binance USD-M futures: bookTicker, trade, aggTrade, depthUpdate, and a REST snapshot of the book.

Sources: the venue's futures stream documentation; as captured in July 2021 and August 2024.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from tradewind.model.errors import DataError
from tradewind.research.history.books import BookEvents, Levels, book_rows
from tradewind.research.history.captures.frames import absent, frames
from tradewind.research.history.findings import Severity
from tradewind.research.history.rows import Reading, Rows, rows_of

MILLIS = 1_000_000
_VENUE_TIME = re.compile(rb'"T":(\d{13})\b')
_SYMBOL = re.compile(rb'"s":"([A-Z0-9_]+)"')
_EVENT_NAME = re.compile(rb'"e":"(\w+)"')
_KINDS = {b"bookTicker": "quote", b"trade": "trade", b"aggTrade": "trade"}


class _Event(msgspec.Struct):
    """The fields of every event that is read; which are there depends on `e`."""

    e: str = ""
    s: str = ""
    time: int = msgspec.field(name="T", default=0)
    update: Any = msgspec.field(name="u", default=0)
    first: int = msgspec.field(name="U", default=0)
    pu: int = 0
    bids: Any = msgspec.field(name="b", default=None)
    asks: Any = msgspec.field(name="a", default=None)
    bid_qty: str = msgspec.field(name="B", default="")
    ask_qty: str = msgspec.field(name="A", default="")
    trade: int = msgspec.field(name="t", default=0)
    px: str = msgspec.field(name="p", default="")
    qty: str = msgspec.field(name="q", default="")
    maker: bool = msgspec.field(name="m", default=False)
    order_kind: str = msgspec.field(name="X", default="MARKET")


class _Message(msgspec.Struct):
    data: _Event


class _Snapshot(msgspec.Struct):
    update: int = msgspec.field(name="lastUpdateId")
    time: int = msgspec.field(name="T", default=0)
    bids: Levels = []
    asks: Levels = []


def contents(message: bytes) -> Iterator[tuple[str, str]]:
    """Yield the (symbol, kind) that a message is of; ("", "book") for a whole book by REST."""
    if message.startswith(b'{"lastUpdateId"'):
        yield "", "book"
    elif (event := _EVENT_NAME.search(message)) and (symbol := _SYMBOL.search(message)):
        kind = "book" if event[1] == b"depthUpdate" else _KINDS.get(event[1])
        if kind:
            yield symbol[1].decode(), kind


def read(path: Path, reading: Reading) -> Rows:
    """Return the quotes, prints or book of one symbol; raises DataError where there are none."""
    lag = _clock_lag(path, reading)
    kind = reading.known.kind
    if kind == "book":
        return _book(path, reading, lag)
    wanted = [event for event, named in _KINDS.items() if named == kind]
    symbol = reading.instrument.symbol
    for event in wanted:
        mark = b'"e":"' + event + b'"'
        decoded = [
            (recv, msgspec.json.decode(message, type=_Message).data)
            for recv, message in frames(path)
            if mark in message
        ]
        chosen = [(recv + lag, data) for recv, data in decoded if data.s == symbol]
        if chosen:
            return (_quotes if kind == "quote" else _trades)(chosen, reading)
    raise absent(path, reading)


def _quotes(chosen: list[tuple[int, _Event]], reading: Reading) -> Rows:
    return rows_of(
        reading,
        {
            "time": pa.array([data.time for _, data in chosen]),
            "recv": pa.array([recv for recv, _ in chosen]),
            "sequence": pa.array([data.update for _, data in chosen]),
            "bid": pa.array([data.bids for _, data in chosen]),
            "ask": pa.array([data.asks for _, data in chosen]),
            "bid_qty": pa.array([data.bid_qty for _, data in chosen]),
            "ask_qty": pa.array([data.ask_qty for _, data in chosen]),
        },
    )


def _trades(chosen: list[tuple[int, _Event]], reading: Reading) -> Rows:
    # Prints of the insurance fund and of liquidations by agreement did not cross the book.
    chosen = [(recv, data) for recv, data in chosen if data.order_kind == "MARKET"]
    ids = [data.asks if data.e == "aggTrade" else data.trade for _, data in chosen]
    return rows_of(
        reading,
        {
            "time": pa.array([data.time for _, data in chosen]),
            "recv": pa.array([recv for recv, _ in chosen]),
            "trade_id": pa.array(ids),
            "px": pa.array([data.px for _, data in chosen]),
            "qty": pa.array([data.qty for _, data in chosen]),
            "maker": pa.array(["true" if data.maker else "false" for _, data in chosen]),
        },
    )


def _book(path: Path, reading: Reading, lag: int) -> Rows:
    """Return the first snapshot and the deltas that carry on from it.

    Deltas whose last update lies before the snapshot are left out, as the venue's rule for keeping
    a local book has it; those that came before it and build on it are received with it.
    """
    events = BookEvents()
    early: list[tuple[int, _Event]] = []
    at = -1
    for recv, message in frames(path):
        if message.startswith(b'{"lastUpdateId"'):
            whole = msgspec.json.decode(message, type=_Snapshot)
            at = whole.update
            times = (whole.time * MILLIS, recv + lag)
            events.add(times, (at, 0), (whole.bids, whole.asks), snapshot=True)
            for seen, data in early:
                _delta(events, max(seen, recv) + lag, data, at)
            early = []
        elif b'"e":"depthUpdate"' in message:
            data = msgspec.json.decode(message, type=_Message).data
            if data.s != reading.instrument.symbol:
                continue
            if at < 0:
                early.append((recv, data))
            else:
                _delta(events, recv + lag, data, at)
    if at < 0:
        raise DataError(
            f"Read {path}, found changes of the book and no snapshot to apply them to; "
            f"import its quotes or trades instead."
        )
    return book_rows(events, reading.instrument)


def _delta(events: BookEvents, recv: int, data: _Event, snapshot: int) -> None:
    if data.update > snapshot:
        times = (data.time * MILLIS, recv)
        events.add(times, (data.update, data.pu), (data.bids, data.asks), snapshot=False)


def _clock_lag(path: Path, reading: Reading) -> int:
    """Return how far our clock was behind the venue's at most; all times received are moved by it.

    Nothing can be received before it happened, so this is the least that is wrong with our clock.
    """
    lag = 0
    for recv, message in frames(path):
        if match := _VENUE_TIME.search(message):
            lag = max(lag, int(match[1]) * MILLIS - recv)
    text = f"our clock was up to {lag / 1e9:.3f} s behind the venue's; times received were moved"
    reading.findings.add("clock", Severity.REPAIRED, int(lag > 0), text)
    return lag

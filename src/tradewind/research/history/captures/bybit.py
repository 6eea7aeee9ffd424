"""Bybit's public stream: v2 (2021, sizes as 32-bit floats) and v5 (strings, numbered updates).

Sources: the venue's WebSocket documentation; v2 as captured in April 2021, v5 as of 2024.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa

from tradewind.research.history.books import BookEvents, Levels, book_rows, sides_of
from tradewind.research.history.captures.frames import absent, frames
from tradewind.research.history.findings import Severity
from tradewind.research.history.rows import Reading, Rows, rows_of

MILLIS = 1_000_000
_TOPIC = re.compile(rb'"topic":"(orderBookL2_25|orderbook|trade)[.\w]*\.(\w+)"')


def contents(message: bytes) -> Iterator[tuple[str, str]]:
    """Yield the (symbol, kind) that a message is of."""
    if match := _TOPIC.search(message[:200]):
        yield match[2].decode(), "trade" if match[1] == b"trade" else "book"


class _V2Level(msgspec.Struct):
    price: str
    side: str
    size: float = 0.0


class _V2Book(msgspec.Struct):
    order_book: list[_V2Level] = []
    delete: list[_V2Level] = []
    update: list[_V2Level] = []
    insert: list[_V2Level] = []


class _V2(msgspec.Struct):
    type: str
    data: _V2Book
    cross_seq: str
    timestamp_e6: str


class _V2Trade(msgspec.Struct):
    price: str
    size: float
    trade_time_ms: str
    side: str
    trade_id: str


class _V2Trades(msgspec.Struct):
    data: list[_V2Trade]


def read_v2(path: Path, reading: Reading) -> Rows:
    """Return the prints or the book of one symbol; raises DataError where there are none."""
    symbol = reading.instrument.symbol.encode()
    sizes = _Sizes(reading)
    if reading.known.kind == "trade":
        return _v2_trades(path, reading, sizes)
    topic = b'"topic":"orderBookL2_25.' + symbol + b'"'
    events = BookEvents()
    last = 0
    for recv, message in frames(path):
        if topic not in message:
            continue
        frame = msgspec.json.decode(message, type=_V2)
        book = frame.data
        levels = [
            (level.side, level.price, sizes.text(level.size))
            for level in (*book.order_book, *book.delete, *book.update, *book.insert)
        ]
        sequence = int(frame.cross_seq)
        times = (int(frame.timestamp_e6) * 1000, recv)
        whole = frame.type == "snapshot"
        events.add(times, (sequence, 0 if whole else last), sides_of(levels), snapshot=whole)
        last = sequence
    sizes.report()
    if not events.ts:
        raise absent(path, reading)
    return book_rows(events, reading.instrument)


def _v2_trades(path: Path, reading: Reading, sizes: "_Sizes") -> Rows:
    topic = b'"topic":"trade.' + reading.instrument.symbol.encode() + b'"'
    prints = [
        (recv, each)
        for recv, message in frames(path)
        if topic in message
        for each in msgspec.json.decode(message, type=_V2Trades).data
    ]
    if not prints:
        raise absent(path, reading)
    columns = {
        "time": pa.array([int(each.trade_time_ms) for _, each in prints]),
        "recv": pa.array([recv for recv, _ in prints]),
        "trade_id": pa.array([each.trade_id for _, each in prints]),
        "px": pa.array([each.price for _, each in prints]),
        "qty": pa.array([sizes.text(each.size) for _, each in prints]),
        "side": pa.array([each.side for _, each in prints]),
    }
    sizes.report()
    return rows_of(reading, columns)


class _Sizes:
    """Sizes that the venue sent as 32-bit floats (13.329999 for 13.33), as decimal text."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._noisy = 0

    def text(self, size: float) -> str:
        """Return the multiple of the instrument's quantum that the float stands for."""
        near = f"{size:.{self._reading.instrument.qty_exponent}f}"
        if float(near) == size:
            return near
        if abs(float(near) - size) > 1e-6 * size:
            return repr(size)
        self._noisy += 1
        return near

    def report(self) -> None:
        """Say how many were rounded."""
        text = f"{self._noisy:,} sizes came as 32-bit floats and were rounded to their quantum"
        self._reading.findings.add("float noise", Severity.REPAIRED, self._noisy, text)


class _V5Book(msgspec.Struct):
    s: str
    b: Levels
    a: Levels
    u: int


class _V5(msgspec.Struct):
    topic: str
    type: str
    ts: int
    data: _V5Book
    cts: int = 0


def read_v5(path: Path, reading: Reading) -> Rows:
    """Return the book of one symbol; raises DataError where there is none."""
    events = BookEvents()
    for _, message in frames(path):
        frame = msgspec.json.decode(message, type=_V5)
        data = frame.data
        if data.s != reading.instrument.symbol:
            continue
        # The matching engine's time happened first; the gateway's is when it went out.
        times = ((frame.cts or frame.ts) * MILLIS, frame.ts * MILLIS)
        whole = frame.type == "snapshot"
        events.add(times, (data.u, 0), (data.b, data.a), snapshot=whole)
    if not events.ts:
        raise absent(path, reading)
    return book_rows(events, reading.instrument)

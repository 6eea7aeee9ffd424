"""Kalshi's stream: bids on YES and bids on NO; changes are differences, not sizes.

Source: the venue's WebSocket messages as of April 2026 (dollar strings).
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pyarrow as pa

from tradewind.research.history.books import BookEvents, Levels, book_rows, sides_of
from tradewind.research.history.captures.frames import absent, frames
from tradewind.research.history.rows import Reading, Rows
from tradewind.research.history.times import nanoseconds

_TICKER = re.compile(rb'"market_ticker":"([^"]+)"')


def contents(message: bytes) -> Iterator[tuple[str, str]]:
    """Yield the (symbol, kind) that a message is of."""
    if b'"orderbook_' in message and (ticker := _TICKER.search(message)):
        yield ticker[1].decode(), "book"


class _KalshiBook(msgspec.Struct):
    market_ticker: str = ""
    yes_dollars_fp: Levels = []
    no_dollars_fp: Levels = []
    price_dollars: str = ""
    delta_fp: str = ""
    side: str = ""
    ts: str = ""


class _Kalshi(msgspec.Struct):
    type: str
    msg: _KalshiBook = msgspec.field(default_factory=_KalshiBook)
    seq: int = 0


def read(path: Path, reading: Reading) -> Rows:
    """Return the YES book of a market; a bid on NO at p is an ask on YES at 1 - p.

    One sequence counts the messages of all markets of a subscription, so a message that follows
    its predecessor in the stream follows the market's last one as well.
    """
    events = BookEvents()
    sizes: dict[tuple[str, str], Decimal] = {}
    newest = last = 0
    for recv, message in frames(path):
        frame = msgspec.json.decode(message, type=_Kalshi)
        if not frame.type.startswith("orderbook"):
            continue
        unbroken = frame.seq == newest + 1
        newest = frame.seq
        book = frame.msg
        if book.market_ticker != reading.instrument.symbol:
            continue
        whole = frame.type == "orderbook_snapshot"
        if whole:
            pairs = (("yes", book.yes_dollars_fp), ("no", book.no_dollars_fp))
            sizes = {(side, px): Decimal(qty) for side, each in pairs for px, qty in each}
            levels = list(sizes.items())
        else:
            key = (book.side, book.price_dollars)
            sizes[key] = sizes.get(key, Decimal(0)) + Decimal(book.delta_fp)
            levels = [(key, sizes[key])]
        moment = nanoseconds(pa.array([book.ts]), 0).parsed.values[0] if book.ts else recv
        times = (int(moment), max(recv, int(moment)))
        previous = last if unbroken else frame.seq - 1
        numbers = (frame.seq, 0 if whole else previous)
        events.add(times, numbers, sides_of(map(_in_yes, levels)), snapshot=whole)
        last = frame.seq
    if not events.ts:
        raise absent(path, reading)
    return book_rows(events, reading.instrument)


def _in_yes(level: tuple[tuple[str, str], Decimal]) -> tuple[str, str, str]:
    (side, px), qty = level
    return ("b", px, str(qty)) if side == "yes" else ("a", str(1 - Decimal(px)), str(qty))

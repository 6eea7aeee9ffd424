"""Order books out of files: snapshots and deltas with their levels, still as text.

Knows how rows and messages make one event. Must not know whether the book is right.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tradewind.model.instrument import Instrument
from tradewind.research.history.exact import Ints, quanta, texts
from tradewind.research.history.rows import Rows
from tradewind.research.history.times import nanoseconds

Levels = list[tuple[str, str]]
SIDES = ("bid", "ask")
WHOLE_BOOK = {"book", "snap", "snapshot"}
"""Words for a row of a whole book; all others are changes."""


class BookEvents(msgspec.Struct):
    """Events in the order in which they came; one place in each list is one event.

    `recv` is 0 where it was not recorded. Levels are (price, quantity) as the venue wrote them.
    """

    ts: list[int] = []
    recv: list[int] = []
    sequence: list[int] = []
    previous: list[int] = []
    snapshot: list[bool] = []
    bids: list[Levels] = []
    asks: list[Levels] = []

    def add(
        self,
        times: tuple[int, int],
        numbers: tuple[int, int],
        sides: tuple[Levels, Levels],
        *,
        snapshot: bool,
    ) -> None:
        """Append one event: (ts_event, ts_recv), (sequence, previous) and (bids, asks)."""
        self.ts.append(times[0])
        self.recv.append(times[1])
        self.sequence.append(numbers[0])
        self.previous.append(numbers[1])
        self.snapshot.append(snapshot)
        self.bids.append(sides[0])
        self.asks.append(sides[1])


def book_rows(events: BookEvents, instrument: Instrument) -> Rows:
    """Return events as rows; an event with an unreadable level is bad as a whole."""
    ts = np.array(events.ts, np.int64)
    recv = np.array(events.recv, np.int64)
    arrays: dict[str, Any] = {
        "ts_event": ts,
        "ts_recv": np.where(recv > 0, recv, ts),
        "sequence": np.array(events.sequence, np.int64),
        "previous": np.array(events.previous, np.int64),
        "snapshot": np.array(events.snapshot, np.int8),
    }
    rows = Rows(arrays, np.zeros(len(ts), bool))
    for side, levels in zip(SIDES, (events.bids, events.asks), strict=True):
        counts = np.array([len(each) for each in levels], np.int64)
        for place, name, exponent in (
            (0, "px", instrument.px_exponent),
            (1, "qty", instrument.qty_exponent),
        ):
            flat = pa.array([level[place] for each in levels for level in each], pa.string())
            _put(rows, f"{side}_{name}", counts, quanta(flat, exponent))
    return rows


def level_rows(table: Any, instrument: Instrument) -> Rows:
    """Return the events of a table in which each row is one level.

    The run of rows with one kind, group (or sequence) and time is one event. Where the venue does
    not number its events they are counted from 1.
    """
    words = {name: texts(table[name]) for name in ("event", "side", "time")}
    numbered = "sequence" in table.column_names
    words["group"] = texts(table["sequence" if numbered else "group"])
    change = np.zeros(len(table), bool)
    change[:1] = True
    for name in ("event", "time", "group"):
        change[1:] |= words[name][1:] != words[name][:-1]
    starts = np.flatnonzero(change)
    ts = nanoseconds(table["time"].take(pa.array(starts)), 0).parsed
    count = np.arange(1, len(starts) + 1)
    sequence = quanta(table["sequence"].take(pa.array(starts)), 0).values if numbered else count
    previous = np.zeros(len(starts), np.int64)
    if "previous" in table.column_names:
        previous = np.maximum(quanta(table["previous"].take(pa.array(starts)), 0).values, 0)
    whole = np.array([word in WHOLE_BOOK for word in words["event"][starts]], np.int8)
    arrays: dict[str, Any] = {
        "ts_event": ts.values,
        "ts_recv": ts.values,
        "sequence": sequence,
        "previous": previous,
        "snapshot": whole,
    }
    rows = Rows(arrays, ts.bad, ts.why)
    event = np.cumsum(change) - 1
    first = np.array([str(word).strip().lower()[:1] for word in words["side"]])
    for side in SIDES:
        # Bids are called bid, b or buy; asks are called ask, a or sell.
        here = first == "b" if side == "bid" else first != "b"
        counts = np.bincount(event[here], minlength=len(starts))
        chosen = pa.array(here)
        px = quanta(pc.filter(table["px"], chosen), instrument.px_exponent)
        qty = quanta(pc.filter(table["qty"], chosen), instrument.qty_exponent)
        _put(rows, f"{side}_px", counts, px)
        _put(rows, f"{side}_qty", counts, qty)
    return rows


def _put(rows: Rows, name: str, counts: Ints, parsed: Any) -> None:
    """Keep levels as one array for each event, and mark events with a level that is unreadable."""
    ends = np.concatenate(([0], np.cumsum(counts))).tolist()
    column = np.empty(len(counts), object)
    for row, (begin, end) in enumerate(pairwise(ends)):
        column[row] = parsed.values[begin:end]
    rows.arrays[name] = column
    if parsed.bad.any():
        rows.why = rows.why or f"{name} {parsed.why}"
        rows.bad = rows.bad | np.isin(
            np.arange(len(counts)), np.repeat(np.arange(len(counts)), counts)[parsed.bad]
        )


def sides_of(levels: Iterable[tuple[str, str, str]]) -> tuple[Levels, Levels]:
    """Split (side, price, quantity) into bids and asks."""
    bids: Levels = []
    asks: Levels = []
    for side, px, qty in levels:
        (bids if side[:1] in "Bb" else asks).append((px, qty))
    return bids, asks

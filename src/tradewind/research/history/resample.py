"""Smaller candles into larger ones, as columns. Must not know files or instruments."""

from math import fsum

import numpy as np

from tradewind.model.errors import DataError
from tradewind.model.history import CLOSED_CODE, STATUSES
from tradewind.model.market import INTERVALS_NS, CandleStatus
from tradewind.ports import Columns

PROVISIONAL_CODE = STATUSES.index(CandleStatus.PROVISIONAL)


def resample(columns: Columns, from_interval: str, to_interval: str, offset_ns: int = 0) -> Columns:
    """Return larger candles: one, CLOSED, for each bucket that has any row, as `core/market` does.

    A bucket is [start, start + interval) of `ts_event` on a grid that begins `offset_ns` after the
    epoch (19,800 s before a UTC day for Indian trading days: give -19,800 s in nanoseconds). Holes
    are not filled: a bucket with some of its rows is made of those, and the last one may be young.
    Open and close are those of the first and last row, the volume is the exact sum's nearest float.
    `ts_recv` is the bucket's end, or later where a row came later. Provisional rows count for
    nothing. Raises DataError unless the larger interval is a multiple of the smaller.
    """
    part_ns, whole_ns = _length(from_interval), _length(to_interval)
    if whole_ns < part_ns or whole_ns % part_ns:
        raise DataError(
            f"Resampled {from_interval} candles to {to_interval}, found no whole number of them "
            f"in it; choose a larger interval that is a multiple."
        )
    rows = dict(zip(columns.names, columns.arrays, strict=True))
    if "status" in rows and (rows["status"] == PROVISIONAL_CODE).any():
        final = rows["status"] != PROVISIONAL_CODE
        rows = {name: array[final] for name, array in rows.items()}
    if whole_ns == part_ns or not len(rows["ts_event"]):
        return Columns(columns.names, tuple(rows[name] for name in columns.names))
    start = rows["ts_event"] - (rows["ts_event"] - offset_ns) % whole_ns
    first = np.flatnonzero(np.concatenate(([True], start[1:] != start[:-1])))
    last = np.concatenate((first[1:], [len(start)])) - 1
    volume = rows["volume"].tolist()
    spans = zip(first.tolist(), last.tolist(), strict=True)
    made = {
        "ts_event": start[first],
        "ts_recv": np.maximum(start[first] + whole_ns, rows["ts_recv"][last]),
        "open": rows["open"][first],
        "high": np.maximum.reduceat(rows["high"], first),
        "low": np.minimum.reduceat(rows["low"], first),
        "close": rows["close"][last],
        "volume": np.array([fsum(volume[begin : end + 1]) for begin, end in spans]),
        "status": np.full(len(first), CLOSED_CODE, np.int8),
    }
    return Columns(tuple(made), tuple(made.values()))


def _length(interval: str) -> int:
    length = INTERVALS_NS.get(interval)
    if length is None:
        known = ", ".join(INTERVALS_NS)
        raise DataError(f"Read the interval {interval!r}, found no such length; use {known}.")
    return length

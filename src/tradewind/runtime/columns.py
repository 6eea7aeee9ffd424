"""Columns of integer quanta as Python values, many at a time, and back from floats.

Knows numpy and exponents. Must not know events, files or venues.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from tradewind.model.errors import DataError
from tradewind.model.history import BUY_CODE, CLOSED_CODE, SELL_CODE
from tradewind.model.instrument import Instrument
from tradewind.ports import Columns

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

EXACT = 2**53
"""Below this, a quotient of two whole doubles is the float nearest to the true value."""
READY_SPAN = 1 << 16
"""So many neighbouring quanta are kept ready, about 7 MB of Decimals."""
READY_DICT = 50_000


class ReadyDecimals:
    """Decimals by quanta: a dense table around the values in use, a dict where they are too wide.

    Both start anew when they outgrow their limit, so memory is flat however long the history is.
    """

    __slots__ = ("_cells", "_dict", "_low", "_quantum")

    def __init__(self, exponent: int) -> None:
        self._quantum = Decimal(1).scaleb(-exponent)
        self._low = 0
        self._cells: npt.NDArray[np.object_] = np.empty(0, object)
        self._dict: dict[int, Decimal] = {}

    def take(self, quanta: Ints) -> list[Decimal]:
        """Return the Decimal of each quanta."""
        if not len(quanta):
            return []
        low, high = int(quanta.min()), int(quanta.max()) + 1
        if low < self._low or high > self._low + len(self._cells):
            if high - low > READY_SPAN:
                return self._look_up(quanta)
            self._reach(low, high)
        cells: list[Decimal] = self._cells.take(quanta - self._low).tolist()
        return cells

    def _reach(self, low: int, high: int) -> None:
        """Widen the table to [low, high) and half as much again on both sides; or begin there."""
        if len(self._cells):
            whole_low = min(low, self._low)
            whole_high = max(high, self._low + len(self._cells))
            if whole_high - whole_low <= READY_SPAN:
                low, high = whole_low, whole_high
        margin = min((high - low) // 2 + 64, (READY_SPAN - (high - low)) // 2)
        low, high = low - margin, high + margin
        quantum = self._quantum
        cells = np.empty(high - low, object)
        cells[:] = [quanta * quantum for quanta in range(low, high)]
        self._low, self._cells = low, cells

    def _look_up(self, quanta: Ints) -> list[Decimal]:
        known = self._dict
        if len(known) > READY_DICT:
            known.clear()
        wanted = quanta.tolist()
        quantum = self._quantum
        for value in set(wanted) - known.keys():
            known[value] = value * quantum
        return [known[value] for value in wanted]


def quanta_of(values: Floats, exponent: int, what: str) -> Ints:
    """Return floats as quanta, exactly; `what` names them in the error.

    Raises DataError where a value is no number, or is finer than a quantum, or too large.
    """
    scaled = np.rint(np.asarray(values, np.float64) * float(10**exponent))
    if not np.isfinite(scaled).all() or (np.abs(scaled) >= EXACT).any():
        raise DataError(f"Converted {what} to quanta, found a value that is no usable number.")
    differs = scaled / float(10**exponent) != values
    if differs.any():
        value = float(np.asarray(values)[int(np.argmax(differs))])
        raise DataError(
            f"Converted {what} to quanta, found {value!r}, which is finer than 1e-{exponent}; "
            f"give the instrument a larger exponent or round the values."
        )
    return scaled.astype(np.int64)


def ordinals(ts_event: Ints) -> Ints:
    """Return each row's count, from 0, among the rows of its time stamp; times must be sorted."""
    if not len(ts_event):
        return np.empty(0, np.int64)
    rows = np.arange(len(ts_event), dtype=np.int64)
    first = np.concatenate(([True], ts_event[1:] != ts_event[:-1]))
    begin: Ints = np.maximum.accumulate(np.where(first, rows, 0))
    return rows - begin


def candle_columns(
    instrument: Instrument,
    interval_ns: int,
    ts_event: Ints,
    prices: Sequence[Floats],
    volume: Floats,
) -> Columns:
    """Return closed candles from arrays of floats; `prices` are open, high, low and close.

    `ts_event` is the open time. Raises DataError for a price finer than the instrument's quantum.
    """
    names = ("open", "high", "low", "close")
    quanta = [
        quanta_of(values, instrument.px_exponent, f"the {name} of {instrument.id}")
        for name, values in zip(names, prices, strict=True)
    ]
    status = np.full(len(ts_event), CLOSED_CODE, np.int8)
    return Columns(
        ("ts_event", "ts_recv", *names, "volume", "status"),
        (ts_event, ts_event + interval_ns, *quanta, np.asarray(volume, np.float64), status),
    )


def quote_columns(
    instrument: Instrument, ts_event: Ints, prices: Sequence[Floats], sizes: Sequence[Floats]
) -> Columns:
    """Return quotes from arrays of floats; `prices` and `sizes` are bid and ask.

    Raises DataError for a price or a quantity finer than the instrument's quantum.
    """
    px, qty = _scales(instrument)
    return Columns(
        ("ts_event", "ts_recv", "sequence", "bid", "ask", "bid_qty", "ask_qty"),
        (
            ts_event,
            ts_event,
            ordinals(ts_event),
            px(prices[0], "bid"),
            px(prices[1], "ask"),
            qty(sizes[0], "bid quantity"),
            qty(sizes[1], "ask quantity"),
        ),
    )


def trade_columns(
    instrument: Instrument, ts_event: Ints, px: Floats, qty: Floats, side: npt.NDArray[Any]
) -> Columns:
    """Return public prints from arrays of floats; `side` is above zero where the buyer aggressed.

    Raises DataError for a price or a quantity finer than the instrument's quantum.
    """
    px_quanta, qty_quanta = _scales(instrument)
    return Columns(
        ("ts_event", "ts_recv", "sequence", "px", "qty", "side"),
        (
            ts_event,
            ts_event,
            ordinals(ts_event),
            px_quanta(px, "price"),
            qty_quanta(qty, "quantity"),
            np.where(side > 0, BUY_CODE, SELL_CODE).astype(np.int8),
        ),
    )


def _scales(
    instrument: Instrument,
) -> tuple[Callable[[Floats, str], Ints], Callable[[Floats, str], Ints]]:
    def px(values: Floats, what: str) -> Ints:
        return quanta_of(values, instrument.px_exponent, f"the {what} of {instrument.id}")

    def qty(values: Floats, what: str) -> Ints:
        return quanta_of(values, instrument.qty_exponent, f"the {what} of {instrument.id}")

    return px, qty

"""Columns of a file, in our words, as the arrays that are stored. Knows what each word holds.

A row that cannot be read is marked, not dropped: what becomes of it is decided in `validate.py`.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from tradewind.model.errors import DataError
from tradewind.model.history import BUY_CODE, CLOSED_CODE, SELL_CODE
from tradewind.model.instrument import Instrument
from tradewind.research.history.exact import Mask, Parsed, floats, quanta, texts
from tradewind.research.history.findings import Findings, Severity
from tradewind.research.history.formats import Format
from tradewind.research.history.times import joined, nanoseconds

NOTE, REPAIRED = Severity.NOTE, Severity.REPAIRED
_SIDES = {"b": BUY_CODE, "1": BUY_CODE, "s": SELL_CODE, "-": SELL_CODE}


class Rows(msgspec.Struct):
    """Arrays by the names of the store, which rows are unusable, and why the first is.

    `counted` says that `sequence` only counts the rows of one time, for want of a venue's number.
    `malformed` rows had the wrong number of fields and are not among the arrays.
    """

    arrays: dict[str, Any]
    bad: Mask
    why: str = ""
    counted: bool = False
    malformed: int = 0

    def __len__(self) -> int:
        return len(self.bad)

    def keep(self, chosen: Any) -> "Rows":
        """Return the rows of a mask or an order."""
        arrays = {name: array[chosen] for name, array in self.arrays.items()}
        return Rows(arrays, self.bad[chosen], self.why, self.counted, self.malformed)


class Reading(msgspec.Struct):
    """What turns columns into rows: the file's format, the instrument, and where to report."""

    known: Format
    instrument: Instrument
    interval_ns: int
    findings: Findings


def rows_of(reading: Reading, columns: dict[str, Any]) -> Rows:
    """Return the rows of a table whose columns are named by our words.

    Raises DataError where the instrument's quanta cannot hold what the file has throughout.
    """
    build: dict[str, Callable[[_Columns], None]] = {
        "candle": _candles,
        "quote": _quotes,
        "trade": _trades,
        "funding": _funding,
    }
    made = _Columns(reading, columns)
    build[reading.known.kind](made)
    return Rows(made.arrays, made.bad, made.why, made.counted)


class _Columns:
    """The arrays in the making."""

    def __init__(self, reading: Reading, columns: dict[str, Any]) -> None:
        self.reading = reading
        self.given = columns
        self.arrays: dict[str, Any] = {}
        self.why = ""
        self.counted = False
        self.bad: Mask = np.zeros(len(next(iter(columns.values()))), bool)
        self._times("time", "ts_event")

    def take(self, name: str, parsed: Parsed) -> None:
        """Keep a parsed column and what is wrong with it."""
        self.bad |= parsed.bad
        if parsed.why:
            self.why = self.why or f"{name} {parsed.why}"
        self.arrays[name] = parsed.values
        self.reading.findings.add(
            "float noise",
            REPAIRED,
            parsed.noisy,
            f"{parsed.noisy:,} values of {name} missed a quantum by float noise and were rounded",
        )

    def px(self, name: str) -> None:
        """Keep a column of prices as quanta."""
        self._quanta(name, self.reading.instrument.px_exponent)

    def qty(self, name: str) -> None:
        """Keep a column of quantities as quanta."""
        self._quanta(name, self.reading.instrument.qty_exponent)

    def fill(self, name: str, value: int | float | str, dtype: Any) -> None:
        """Keep the same value in every row."""
        self.arrays[name] = np.full(len(self.bad), value, dtype)

    def receive(self, delay_ns: int = 0) -> None:
        """Keep the time at which each row reached us: recorded, else its own."""
        if "recv" in self.given:
            self._times("recv", "ts_recv")
        else:
            self.arrays["ts_recv"] = self.arrays["ts_event"] + delay_ns

    def number(self) -> None:
        """Keep the venue's sequence, where the file has one for every row."""
        name = "sequence" if "sequence" in self.given else "trade_id"
        parsed = quanta(self.given[name], 0) if name in self.given else None
        if parsed is None or parsed.bad.any():
            self.counted = True
            self.fill("sequence", 0, np.int64)
        else:
            self.arrays["sequence"] = parsed.values

    def _quanta(self, name: str, exponent: int) -> None:
        parsed = quanta(self.given[name], exponent)
        if parsed.bad.all() and len(parsed.bad):
            raise DataError(
                f"Read {self.reading.findings.source}, found no usable {name} for "
                f"{self.reading.instrument.id} ({parsed.why}); correct the file, "
                f"or name the right --instrument."
            )
        self.take(name, parsed)

    def _times(self, word: str, name: str) -> None:
        known, findings = self.reading.known, self.reading.findings
        column = self.given[word]
        if word == "time" and "clock" in self.given:
            column = joined(column, self.given["clock"])
        times = nanoseconds(column, known.zone_s)
        self.take(name, times.parsed)
        hours = f"UTC{known.zone_s / 3600:+g} h" if known.zone_s else "UTC"
        text = f"times carry no zone and were read as {hours}"
        findings.add("zone", NOTE, len(self.bad) if times.naive else 0, text)
        text = f"times are in {' and in '.join(times.units)}; each was read by its size"
        findings.add("unit", NOTE, len(self.bad) if len(times.units) > 1 else 0, text)


def _candles(made: _Columns) -> None:
    for name in ("open", "high", "low", "close"):
        made.px(name)
    if "volume" in made.given:
        made.take("volume", floats(made.given["volume"]))
    else:
        made.fill("volume", 0.0, np.float64)
    made.receive(made.reading.interval_ns)
    made.fill("status", CLOSED_CODE, np.int8)


def _quotes(made: _Columns) -> None:
    made.px("bid")
    made.px("ask")
    for name in ("bid_qty", "ask_qty"):
        if name in made.given:
            made.qty(name)
        else:
            size = int(made.reading.known.sizes) * 10**made.reading.instrument.qty_exponent
            made.fill(name, size, np.int64)
    text = f"the file has no sizes; {made.reading.known.sizes} units are assumed on both sides"
    made.reading.findings.add("sizes", NOTE, 0 if "bid_qty" in made.given else len(made.bad), text)
    made.receive()
    made.number()


def _trades(made: _Columns) -> None:
    made.px("px")
    made.qty("qty")
    made.take("side", _sides(made))
    made.receive()
    made.number()
    if "trade_id" in made.given:
        made.arrays["trade_id"] = texts(made.given["trade_id"])
    else:
        made.fill("trade_id", "", object)


def _funding(made: _Columns) -> None:
    made.receive()
    for name in ("rate", "mark"):
        if name in made.given:
            made.bad |= floats_or_signed(made.given[name]).bad
            made.arrays[name] = texts(made.given[name])
        else:
            made.fill(name, "", object)
    text = "the file has no mark prices; funding is paid on the last price known"
    made.reading.findings.add("mark", NOTE, 0 if "mark" in made.given else len(made.bad), text)


def floats_or_signed(column: Any) -> Parsed:
    """Return a column of rates, which may be negative; only their being numbers is judged."""
    return quanta(column, 15)


def _sides(made: _Columns) -> Parsed:
    """Return the aggressor's side: the buyer maker's opposite, or the word of the file."""
    name = "maker" if "maker" in made.given else "side"
    if name not in made.given:
        raise DataError(
            f"Read {made.reading.findings.source}, found prints without a side; "
            f"add a column side with buy or sell."
        )
    words = [str(word).strip().lower() for word in pa.array(texts(made.given[name])).to_pylist()]
    codes = {"true": SELL_CODE, "false": BUY_CODE} if name == "maker" else _SIDES
    known = [codes.get(word if name == "maker" else word[:1], 0) for word in words]
    values = np.array(known, np.int8)
    bad = values == 0
    why = f"{words[int(np.argmax(bad))]!r} is no side" if bad.any() else ""
    return Parsed(values, bad, why)

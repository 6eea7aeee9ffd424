"""Columns of time stamps as nanoseconds UTC, whatever they look like. Knows clocks, not markets.

Numbers are epochs: seconds, milli-, micro- or nanoseconds by their size, each value for itself
(Binance's spot dumps change from milli- to microseconds with 2025). Text without a zone is in the
zone that the format states.
"""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tradewind.research.history.exact import Ints, Parsed, one_by_one, quanta, texts

FIRST_NS = 631_152_000_000_000_000  # 1990
LAST_NS = 4_102_444_800_000_000_000  # 2100
UNITS = (
    ("seconds", 10**11, 10**9),
    ("milliseconds", 10**14, 10**6),
    ("microseconds", 10**17, 10**3),
)
"""Name, first value that is of the next unit, and nanoseconds in one."""

_DAY = re.compile(r"(\d{4})[-./]?(\d\d)[-./]?(\d\d)$")
_DAY_NAME = re.compile(r"\d\d?-[A-Za-z]{3}-\d{4}$")
_COMPACT = re.compile(r"(\d{8}) (\d\d)(\d\d)(\d\d)(\d{3})?$")
_MINUTE = re.compile(r"(\d{4})[-./]?(\d\d)[-./]?(\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)$")
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$")
_EPOCH = re.compile(r"-?\d{9,}(\.\d*)?$")


class Times(msgspec.Struct):
    """A column of times: values in nanoseconds UTC, what is unusable, and what must be told."""

    parsed: Parsed
    naive: bool = False
    units: tuple[str, ...] = ()


def nanoseconds(column: Any, zone_s: int) -> Times:
    """Return a column as nanoseconds UTC; times without a zone lie `zone_s` ahead of UTC."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    if pa.types.is_timestamp(kind):
        values = column.cast(pa.timestamp("ns", kind.tz)).cast(pa.int64())
        times = _checked(_parsed(values), naive=kind.tz is None)
    elif pa.types.is_date(kind):
        values = column.cast(pa.timestamp("ns")).cast(pa.int64())
        times = _checked(_parsed(values), naive=True)
    elif pa.types.is_integer(kind) and not _are_days(column):
        times = _epochs(_parsed(column.cast(pa.int64())))
    elif pa.types.is_floating(kind):
        # A double holds no more of a second than microseconds.
        exponent = 6 if (pc.max(column).as_py() or 0) < UNITS[0][1] else 0
        times = _epochs(quanta(pc.round(column, exponent), exponent), exponent)
    else:
        times = _from_text(column)
    if times.naive and zone_s:
        times.parsed.values = times.parsed.values - zone_s * 10**9
    return times


def joined(day: Any, clock: Any) -> Any:
    """Return a column of days and one of times of day as one column of text."""
    return pc.binary_join_element_wise(pa.array(texts(day)), pa.array(texts(clock)), " ")


def _are_days(column: Any) -> bool:
    """Tell whether whole numbers are days such as 20240131 rather than epochs."""
    ends = pc.min_max(column).as_py()
    return ends["min"] is not None and ends["min"] > 19_000_000 and ends["max"] < 21_010_000


def _parsed(values: Any) -> Parsed:
    bad = values.is_null().to_numpy(zero_copy_only=False)
    return Parsed(values.fill_null(0).to_numpy(zero_copy_only=False), bad)


def _epochs(parsed: Parsed, exponent: int = 0) -> Times:
    """Scale epochs of whatever unit, given as integers of 10**-exponent."""
    given: Ints = parsed.values
    size = np.abs(given) // 10**exponent
    factors = np.full(len(given), 1, np.int64)
    units = []
    below = np.zeros(len(given), bool)
    for name, limit, factor in UNITS:
        here = ~below & (size < limit)
        below |= here
        if (here & ~parsed.bad).any():
            units.append(name)
        factors[here] = factor
    if (~below & ~parsed.bad).any():
        units.append("nanoseconds")
    up, down = factors // 10**exponent, np.maximum(10**exponent // factors, 1)
    values = np.where(up > 0, given * up, given // down)
    return _checked(Parsed(values, parsed.bad, parsed.why), units=tuple(units))


def _checked(parsed: Parsed, *, naive: bool = False, units: tuple[str, ...] = ()) -> Times:
    far = ~parsed.bad & ((parsed.values < FIRST_NS) | (parsed.values >= LAST_NS))
    if far.any():
        parsed.why = parsed.why or "a time lies outside 1990 to 2100"
        parsed.bad = parsed.bad | far
    return Times(parsed, naive, units)


def _from_text(column: Any) -> Times:
    text = pa.array(texts(column), pa.string())
    sample = next((value.strip() for value in text[:100].to_pylist() if value.strip()), "")
    if _EPOCH.match(sample):
        whole, point, _ = sample.partition(".")
        exponent = (9 if len(whole) < 12 else 6) if point else 0
        return _epochs(quanta(text, exponent), exponent)
    zoned = bool(_ZONED.match(sample))
    try:
        values = _cast(text, sample, zoned=zoned)
    except pa.ArrowInvalid:
        return _checked(one_by_one(text, _nanoseconds), naive=not zoned)
    return _checked(_parsed(values), naive=not zoned)


def _cast(text: Any, sample: str, *, zoned: bool) -> Any:
    """Cast a column whose values all look like `sample`; raises ArrowInvalid if one does not."""
    if zoned:
        return text.cast(pa.timestamp("ns", "UTC")).cast(pa.int64())
    if _DAY_NAME.match(sample) or not text:
        raise pa.ArrowInvalid("month names are read one by one")
    if _COMPACT.match(sample):
        text = pc.replace_substring_regex(
            text,
            r"^(\d{4})(\d\d)(\d\d) (\d\d)(\d\d)(\d\d)(\d{3})$",
            r"\1-\2-\3 \4:\5:\6.\7",
        )
    elif not re.match(r"\d{4}-", sample):
        text = pc.replace_substring_regex(
            text, r"^(\d{4})[./]?(\d\d)[./]?(\d\d)( .*)?$", r"\1-\2-\3\4"
        )
    return text.cast(pa.timestamp("ns")).cast(pa.int64())


def _nanoseconds(text: str) -> int:
    """Read one time; raises ValueError for what is none."""
    text = text.strip()
    if match := _COMPACT.match(text):
        day, hour, minute, second, millis = match.groups()
        text = f"{day} {hour}:{minute}:{second}.{millis or '0'}"
    if match := _MINUTE.match(text):
        year, month, day, clock = match.groups()
        text = f"{year}-{month}-{day}T{clock}"
    elif match := _DAY.match(text):
        text = "-".join(match.groups())
    elif _DAY_NAME.match(text):
        day, name, year = text.split("-")
        text = f"{year}-{_MONTHS.get(name.lower(), 0):02d}-{int(day):02d}"
    fraction = re.search(r"\.(\d{1,9})", text)
    nanos = int(fraction[1].ljust(9, "0")) if fraction else 0
    try:
        moment = datetime.fromisoformat(re.sub(r"\.\d+", "", text))
    except ValueError as error:
        raise ValueError("no time") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 10**9 + nanos


_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}

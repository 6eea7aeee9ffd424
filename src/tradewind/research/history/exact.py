"""Columns of text or numbers as exact integers. Knows decimals, not what they are the prices of.

Text never becomes a float on its way: Arrow's 128-bit decimals carry it. A binary float stands for
the shortest decimal that reads back as it; one that misses a quantum by rounding noise only
(0.09946999000000001 for 0.09946999) is taken for that quantum and counted.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NOISE = {"double": 1e-12, "float": 1e-6, "halffloat": 1e-2}
"""Relative error that a few operations leave behind in a float of 64, 32 and 16 bits."""
WIDEST = 2**63 - 1


class Parsed(msgspec.Struct):
    """One column: its values, which of them are not usable (their value is 0), and why the first.

    `noisy` counts floats that were rounded by less than noise.
    """

    values: Any
    bad: Mask
    why: str = ""
    noisy: int = 0


def quanta(column: Any, exponent: int) -> Parsed:
    """Return a column as integers of 10**-exponent."""
    column = _whole(column)
    kind = column.type
    if pa.types.is_floating(kind):
        return _from_floats(column, exponent)
    if pa.types.is_integer(kind):
        column = column.cast(pa.string())
    try:
        return Parsed(_words(column.cast(pa.decimal128(38, exponent))), np.zeros(len(column), bool))
    except pa.ArrowInvalid:
        return one_by_one(column, lambda text: _quanta(text, exponent))


def floats(column: Any) -> Parsed:
    """Return a column as floats that are not negative."""
    column = _whole(column)
    try:
        values: Floats = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        parsed = one_by_one(column, lambda text: float(text.strip()), np.float64)
        values, unread, why = parsed.values, parsed.bad, parsed.why
    else:
        unread, why = np.zeros(len(values), bool), ""
    odd = ~np.isfinite(values) | (values < 0)
    if odd.any() and not why:
        why = f"{values[int(np.argmax(odd))]!r} is no volume"
    return Parsed(np.where(odd, 0.0, values), unread | odd, why)


def texts(column: Any) -> npt.NDArray[np.object_]:
    """Return a column as text; a float as the shortest decimal that reads back as it."""
    column = _whole(column)
    if pa.types.is_floating(column.type):
        return np.array([f"{Decimal(repr(value)):f}" for value in column.to_pylist()], object)
    values: npt.NDArray[np.object_] = column.cast(pa.string()).to_numpy(zero_copy_only=False)
    return values


def one_by_one(column: Any, parse: Callable[[str], Any], dtype: npt.DTypeLike = np.int64) -> Parsed:
    """Parse each text of a column that as a whole did not parse; the slow way that finds faults."""
    values = np.zeros(len(column), dtype)
    bad = np.zeros(len(column), bool)
    why = ""
    for row, text in enumerate(column.cast(pa.string()).to_pylist()):
        try:
            values[row] = parse(text or "")
        except (ValueError, ArithmeticError) as error:
            bad[row] = True
            why = why or f"{_reason(text, error)}"
    return Parsed(values, bad, why)


def _reason(text: str | None, error: Exception) -> str:
    if isinstance(error, InvalidOperation) or not error.args:
        return f"{text!r} is no number" if text else "a field is empty"
    return f"{text!r}: {error}" if text else "a field is empty"


def _quanta(text: str, exponent: int) -> int:
    scaled = Decimal(text.strip()).scaleb(exponent)
    if not scaled.is_finite():
        raise ValueError("no finite number")
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"finer than 1e-{exponent}, which is the instrument's quantum")
    if abs(whole) > WIDEST:
        raise ValueError("too large")
    return whole


def _whole(column: Any) -> Any:
    """Return a chunked column in one piece; one of other things than text and numbers as text."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # an empty table has no chunk to combine
        column = pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.null_count:
        column = column.cast(pa.string()).fill_null("")
    return column


def _words(column: Any) -> Ints:
    """Return the unscaled integers of 128-bit decimals; raises ArrowInvalid where 64 do not do."""
    pairs = np.frombuffer(column.buffers()[1], np.int64).reshape(-1, 2)
    pairs = pairs[column.offset : column.offset + len(column)]
    low = np.ascontiguousarray(pairs[:, 0])
    if (pairs[:, 1] != low >> 63).any():
        raise pa.ArrowInvalid("a value needs more than 64 bits")
    return low


def _from_floats(column: Any, exponent: int) -> Parsed:
    given: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    scale = float(10**exponent)
    with np.errstate(invalid="ignore"):
        rounded = np.rint(given * scale)
        back = rounded / scale
        off = np.abs(back - given) > NOISE[str(column.type)] * np.abs(given)
    bad = off | ~np.isfinite(rounded) | (np.abs(rounded) >= 2**53)
    noisy = int(((back != given) & ~bad).sum())
    why = ""
    if bad.any():
        value = float(given[int(np.argmax(bad))])
        why = f"{value!r} is no number, too large, or finer than 1e-{exponent}"
    return Parsed(np.where(bad, 0, rounded).astype(np.int64), bad, why, noisy)

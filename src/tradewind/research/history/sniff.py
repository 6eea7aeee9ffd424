"""Which format a file has, by its header, its shape or its first line. Reads no further."""

import re
from pathlib import Path

from tradewind.model.errors import DataError
from tradewind.research.history.files import Peek
from tradewind.research.history.formats import AS_CAPTURE, AS_TABLE, CAPTURES, TABLES, Format

_STAMPED = re.compile(r"\d{19} \{")


def match(look: Peek) -> Format:
    """Return the format of a file; raises DataError that says what was found instead."""
    found = _capture(look.first_line) if look.container == "lines" else _table(look)
    if found is None:
        advice = AS_CAPTURE if look.container == "lines" else AS_TABLE
        raise DataError(
            f"Looked at {look.path}, found {look.describe()}, which is no format that can be "
            f"read; {advice}."
        )
    return found


def named(name: str) -> Format:
    """Return a format by its name."""
    return next(known for known in (*TABLES, *CAPTURES) if known.name == name)


def places(look: Peek, known: Format) -> dict[str, int]:
    """Return where each of our words stands in the file."""
    if not look.names:
        return {word: place for place, (word, _) in enumerate(known.places) if word}
    wanted = {**known.fields, **known.extras}
    found = {}
    for word, names in wanted.items():
        place = next((look.names.index(name) for name in names if name in look.names), None)
        if place is not None:
            found[word] = place
    return found


def _capture(line: str) -> Format | None:
    if "<->" in line:
        url = line.partition("<->")[0].lower()
        venue = next((venue for venue in ("bybit", "binance") if venue in url), None)
        return named(f"cryptofeed-{venue}") if venue else None
    if _STAMPED.match(line) and '"stream"' in line:
        return named("binance-capture")
    if line.startswith('{"topic":"orderbook.'):
        return named("bybit-orderbook")
    if line.startswith('{"recv_ts_ns"'):
        return named("kalshi-capture")
    return None


def _table(look: Peek) -> Format | None:
    fits = _has_names if look.names else _has_shape
    return next((known for known in TABLES if fits(look, known)), None)


def _has_names(look: Peek, known: Format) -> bool:
    if not known.fields or known.hint not in look.path.name:
        return False
    return all(any(name in look.names for name in names) for names in known.fields.values())


def _has_shape(look: Peek, known: Format) -> bool:
    if not known.places or not look.rows:
        return False
    patterns = [pattern for _, pattern in known.places]
    # One odd row is a damaged row, not another format.
    fitting = [row for row in look.rows if _row_fits(row, patterns)]
    if len(fitting) * 20 < len(look.rows) * 19:
        return False
    return not known.close_third or _close_is_third(fitting, look.path)


def _row_fits(row: list[str], patterns: list[str]) -> bool:
    return len(row) == len(patterns) and all(
        re.fullmatch(pattern, value.strip()) for pattern, value in zip(patterns, row, strict=True)
    )


def _close_is_third(rows: list[list[str]], path: Path) -> bool:
    """Tell whether the fourth column is the high and the fifth the low, in every row.

    Where the usual order fits as well (nothing ever moved), the name of the file decides.
    """
    prices = [[float(value) for value in row[1:5]] for row in rows]
    third = all(row[2] == max(row) and row[3] == min(row) for row in prices)
    usual = all(row[1] == max(row) and row[2] == min(row) for row in prices)
    return third and (not usual or "bitfinex" in str(path).lower())

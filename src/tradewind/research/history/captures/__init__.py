"""Recorded streams: lines with one JSON message each, as the venue sent it.

Knows the messages of the venues that it names. Prices stay text until the instrument's quanta are
known. Must not know what a desk does with a message.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from tradewind.model.errors import DataError
from tradewind.research.history.captures import binance, bybit, kalshi
from tradewind.research.history.captures.frames import frames
from tradewind.research.history.rows import Reading, Rows

_READERS: dict[str, Callable[[Path, Reading], Rows]] = {
    "binance-capture": binance.read,
    "bybit-v2-capture": bybit.read_v2,
    "bybit-v5-capture": bybit.read_v5,
    "kalshi-capture": kalshi.read,
}
_CONTENTS: dict[str, Callable[[bytes], Iterator[tuple[str, str]]]] = {
    "binance-capture": binance.contents,
    "bybit-v2-capture": bybit.contents,
    "bybit-v5-capture": bybit.contents,
    "kalshi-capture": kalshi.contents,
}


def contents(path: Path, reader: str) -> list[tuple[str, str]]:
    """Return the (symbol, kind) pairs that can be read from a capture, sorted."""
    of = _CONTENTS[reader]
    found = {pair for _, message in frames(path) for pair in of(message)}
    # Binance's changes of a book start nowhere without the whole book that REST gives.
    usable = reader != "binance-capture" or ("", "book") in found
    return sorted(pair for pair in found if pair[0] and (usable or pair[1] != "book"))


def read(path: Path, reading: Reading) -> Rows:
    """Return the rows of one symbol and kind; raises DataError for a line that is no message."""
    try:
        return _READERS[reading.known.reader](path, reading)
    except msgspec.MsgspecError as error:
        raise DataError(
            f"Read {path}, found a message that is not as {reading.known.about} has it ({error}); "
            f"fetch the file again."
        ) from error

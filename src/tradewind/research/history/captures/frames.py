"""Lines of a capture as (receive time, message). Knows how recorders frame what came."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec

from tradewind.model.errors import DataError
from tradewind.research.history.files import lines
from tradewind.research.history.rows import Reading

Frames = Iterator[tuple[int, bytes]]
"""Our receive time in nanoseconds, 0 where it was not recorded, and the message."""

_NANOS = re.compile(rb"(\d{19}) (\{.*)")
_SECONDS = re.compile(rb"(\d{9,}\.?\d*): (\{.*)")


class _Framed(msgspec.Struct):
    recv_ts_ns: int
    raw: str


def frames(path: Path) -> Frames:
    """Yield the messages of a capture in their order; lines that carry none are passed over."""
    for line in lines(path):
        if match := _NANOS.match(line):
            yield int(match[1]), match[2]
        elif match := _SECONDS.match(line):
            yield int(Decimal(match[1].decode()).scaleb(9)), match[2]
        elif line.startswith(b'{"recv_ts_ns"'):
            frame = msgspec.json.decode(line, type=_Framed)
            yield frame.recv_ts_ns, frame.raw.encode()
        elif line.startswith(b"{"):
            yield 0, line


def absent(path: Path, reading: Reading) -> DataError:
    """Return the error for a capture without what was asked for."""
    return DataError(
        f"Read {path}, found no {reading.known.kind} messages of {reading.instrument.symbol}; "
        f"name another --instrument or --kind."
    )

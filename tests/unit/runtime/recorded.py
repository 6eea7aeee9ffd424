"""A small desk's event log and its recorder, for the tests and for the processes that they kill."""

import os
import signal
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.unit.runtime.instruments import perpetual
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.ticks_parquet import ParquetTicks
from tradewind.model.events import Quote
from tradewind.ports import TickKind
from tradewind.runtime.recorder import Recorder, RecorderLimits
from tradewind.runtime.recording import Recording

BTC = perpetual()
QUOTES = TickKind(BTC.venue, BTC.id, "quote")
SEGMENT = 4000
PLENTY = RecorderLimits(max_bytes=1 << 40, spare_bytes=0)
DAY_NS = 86_400_000_000_000


def quote(seq: int) -> Quote:
    """Return the quote of a step: a hundred steps a day, some at one time."""
    ts = seq // 100 * DAY_NS + seq % 100 // 3
    return Quote(BTC.id, ts, ts, Decimal(seq), Decimal(seq) + 1, Decimal(1), Decimal(2))


def write(log: FileEventLog, first: int, last: int) -> None:
    """Append the quotes of the steps from `first` to `last`, a few at a time."""
    for seq in range(first, last + 1):
        log.append(seq, quote(seq))
        if not seq % 7:
            log.flush()
    log.flush()


def recorder(
    folder: Path,
    log: FileEventLog,
    limits: RecorderLimits = PLENTY,
    free_bytes: Callable[[], int] = lambda: 1 << 40,
) -> Recorder:
    """Return a recorder into the folder's history."""
    recording = Recording({BTC.id: BTC}.get)
    return Recorder(log, lambda: ParquetTicks(folder / "history"), recording, limits, free_bytes)


def bids(folder: Path) -> list[int]:
    """Return the bids of the recorded history, in its order."""
    chunks = ParquetTicks(folder / "history").read(QUOTES, 0, 1 << 62, 10_000)
    quanta = [int(bid) for chunk in chunks for bid in chunk.arrays[chunk.names.index("bid")]]
    return [bid // 10**BTC.px_exponent for bid in quanta]


def main(folders: list[str]) -> None:
    """Let a child work in each folder, killed before its first, second, third … change of a name.

    Prints how many changes it came to where it was not killed.
    """
    for number, name in enumerate(folders):
        child = os.fork()
        if not child:
            die_before(number)
            folder = Path(name)
            log = FileEventLog(folder / "events", SEGMENT)
            recorder(folder, log).work()
            os._exit(0)
        os.waitpid(child, 0)


def die_before(number: int) -> None:
    """Kill this process before its change of a name with that number, counted from 0."""
    left = [number]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return real(*given, **more)

        return call

    for name in ("replace", "rename", "unlink"):
        setattr(os, name, counted(getattr(os, name)))


if __name__ == "__main__":
    main(sys.argv[1:])

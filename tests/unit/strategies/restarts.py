"""Ending a desk under test and starting it again: from its snapshot, or from the journal alone."""

import pickle

import msgspec

from tests.harness import SECOND, Bench
from tradewind.core.engine.desk import Desk
from tradewind.core.engine.recover import fold_cold
from tradewind.core.engine.step import step
from tradewind.model.config import DeskConfig
from tradewind.model.effects import Effect, StateSaved
from tradewind.model.events import JOURNALED, DeskStarted, Event

Row = tuple[int, int, Event | None, list[Effect]]


def warm(bench: Bench, down_s: float = 0) -> None:
    """Start the desk again from its snapshot, so long after it ended."""
    again: Desk = pickle.loads(pickle.dumps(bench.desk))  # noqa: S301 - our own snapshot
    again.catalogue = bench.desk.catalogue
    _start(bench, again, down_s)


def cold(bench: Bench, down_s: float = 0) -> None:
    """Start a new desk from what the journal holds: no market data, no snapshot."""
    again = Desk(bench.desk.catalogue)
    fold_cold(again, journal(bench))
    _start(bench, again, down_s)


def journal(bench: Bench) -> list[Row]:
    """Return the rows that a journal would hold of the bench's session."""
    desk = Desk(bench.desk.catalogue)
    rows: list[Row] = []
    for seq, event in enumerate(bench.events, 1):
        effects = list(step(desk, event))
        for instance in desk.touched:
            instance.touched = False
            encoded = msgspec.msgpack.encode(instance.strategy.state)
            if encoded != instance.saved_state:
                instance.saved_state = encoded
                effects.append(StateSaved(instance.spec.id, encoded, desk.world.now_ns))
        desk.touched.clear()
        kept = event if isinstance(event, JOURNALED) else None
        if kept is not None or effects:
            rows.append((seq, event.ts_recv, kept, effects))
    return rows


def decided_again(bench: Bench) -> str:
    """Return the decision digest of a fresh desk that is fed the bench's events."""
    desk = Desk(bench.desk.catalogue)
    for event in bench.events:
        step(desk, event)
    return desk.decisions.digest()


def _start(bench: Bench, desk: Desk, down_s: float) -> None:
    bench.desk = desk
    bench.now += int(down_s * SECOND)
    bench.feed(DeskStarted(2, 0xABCDEF, DeskConfig(accounts=bench.accounts), bench.now))

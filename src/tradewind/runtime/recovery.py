"""Getting a desk back: warm (snapshot, event log and journal) or cold (journal alone).

Both end with the same orders, positions, ledger and lifecycle; what the venue says is read after
either. It opens no file: journal, event log and snapshots are handed in.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import attrgetter

import msgspec

from tradewind.core.engine.desk import Desk
from tradewind.core.engine.recover import fold_cold
from tradewind.core.engine.step import step
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.effects import Effect, StateSaved
from tradewind.model.events import DeskStarted, Event
from tradewind.ports import EventLog, Journal, JournalRow, Snapshots
from tradewind.runtime.codec import decode, encode_rows


class Recovered(msgspec.Struct):
    """A desk as it stood at its last committed step.

    `lost` are the (first, last) numbers that never reached the event log (a power cut); `why` says
    why the start was cold, empty for a warm one.
    """

    desk: Desk
    warm: bool
    why: str
    lost: tuple[int, int] | None
    replayed: int


class Step(msgspec.Struct):
    """One recorded step: its event, and the effects that were committed for it."""

    seq: int
    ts: int
    event: Event | None
    effects: list[Effect]
    rows: list[JournalRow]


def recover(
    catalogue: Mapping[str, type[Strategy]],
    journal: Journal,
    eventlog: EventLog,
    snapshots: Snapshots,
) -> Recovered:
    """Return the desk as of the last committed step; the caller feeds DeskStarted next.

    A tail of the event log that its journal commit never reached is cut: nothing of it left.
    """
    last = journal.last_seq()
    latest = snapshots.latest()
    if latest is not None and _is_beyond(latest[0], last, eventlog):
        return _without_the_rest(catalogue, journal, eventlog, latest[0])
    after, desk = latest if latest is not None else (0, Desk(catalogue))
    desk.catalogue = catalogue
    hole = _hole(journal, eventlog, after)
    if hole is not None and hole > last:
        eventlog.cut(hole - 1)
        hole = None
    why = "no snapshot of this version" if hole is None else "the event log has a hole"
    if hole is None and (latest is not None or not last):
        again = _replay_into(desk, journal, eventlog, after)
        if again.uncommitted:
            # The process died between the event log and the commit: what that step decided
            # never left, so the step has not happened.
            eventlog.cut(again.uncommitted - 1)
            return recover(catalogue, journal, eventlog, snapshots)
        if not again.differs:
            return Recovered(again.desk, True, "", None, again.count)
        why = f"step {again.differs} did not come out as it was recorded"
    lost = _lost(journal, eventlog, hole) if hole is not None else None
    eventlog.cut(last)
    desk = cold(catalogue, journal.read())
    desk.world.seq = max(desk.world.seq, last)
    return Recovered(desk, False, why, lost, 0)


def _is_beyond(after: int, last: int, eventlog: EventLog) -> bool:
    """Tell whether a snapshot knows steps that the journal has lost, which the event log has not.

    A power cut, or a journal from a backup. The journal is the truth: such a snapshot is none.
    """
    expected = last + 1
    if expected > after:
        return False
    for seq, _ in eventlog.read(last):
        if seq != expected or seq > after:
            break
        expected += 1
    return expected <= after


def _without_the_rest(
    catalogue: Mapping[str, type[Strategy]], journal: Journal, eventlog: EventLog, after: int
) -> Recovered:
    last = journal.last_seq()
    eventlog.cut(last)
    desk = cold(catalogue, journal.read())
    # Numbers that have been given out once are not given out again.
    desk.world.seq = max(desk.world.seq, after)
    why = f"the journal ends at step {last}, before the snapshot of step {after}"
    return Recovered(desk, False, why, (last + 1, after), 0)


def cold(catalogue: Mapping[str, type[Strategy]], rows: Iterator[JournalRow]) -> Desk:
    """Return the desk that the journal alone tells of."""
    desk = Desk(catalogue)
    fold_cold(desk, ((step_.seq, step_.ts, step_.event, step_.effects) for step_ in _grouped(rows)))
    return desk


class _Again(msgspec.Struct):
    """A desk taken through its record again: how far, and where that ended early (0: nowhere)."""

    desk: Desk
    count: int = 0
    uncommitted: int = 0
    differs: int = 0


def _replay_into(desk: Desk, journal: Journal, eventlog: EventLog, after: int) -> _Again:
    """Fold the recorded steps and check that each comes out as it was committed."""
    again = _Again(desk)
    last = journal.last_seq()
    for recorded in steps(journal, eventlog, after):
        event = recorded.event
        assert event is not None, "a hole that was looked for and not found"
        if type(event) is DeskStarted and event.cold:
            again.desk = before(desk.catalogue, journal, recorded.seq)
        made = step(again.desk, event)
        if made and recorded.seq > last:
            again.uncommitted = recorded.seq
            return again
        if same_effects(recorded, made) is not None:
            again.differs = recorded.seq
            return again
        for effect in recorded.effects:
            if type(effect) is StateSaved:
                instance = again.desk.instances.get(effect.instance)
                if instance is not None:
                    instance.saved_state = effect.state
        again.count += 1
    again.desk.touched.clear()
    for instance in again.desk.instances.values():
        instance.touched = False
    return again


def before(catalogue: Mapping[str, type[Strategy]], journal: Journal, seq: int) -> Desk:
    """Return the desk as a cold start at step `seq` found it."""
    desk = cold(catalogue, (row for row in journal.read() if row.seq < seq))
    desk.world.seq = seq - 1
    return desk


def steps(journal: Journal, eventlog: EventLog, after: int = 0) -> Iterator[Step]:
    """Yield every recorded step after `after` in order: journal and event log merged by number."""
    logged = eventlog.read(after)
    ahead = next(logged, None)
    for group in _grouped(journal.read(after)):
        while ahead is not None and ahead[0] < group.seq:
            yield Step(ahead[0], ahead[1].ts_recv, ahead[1], [], [])
            ahead = next(logged, None)
        if ahead is not None and ahead[0] == group.seq:
            if group.event is None:
                group.event = ahead[1]
            ahead = next(logged, None)
        yield group
    while ahead is not None:
        yield Step(ahead[0], ahead[1].ts_recv, ahead[1], [], [])
        ahead = next(logged, None)


def _grouped(rows: Iterator[JournalRow]) -> Iterator[Step]:
    for seq, members in groupby(rows, attrgetter("seq")):
        event: Event | None = None
        effects: list[Effect] = []
        kept: list[JournalRow] = []
        ts = 0
        for row in members:
            ts = row.ts
            if row.ordinal:
                effects.append(decode(row))  # type: ignore[arg-type]
                kept.append(row)
            else:
                event = decode(row)  # type: ignore[assignment]
        yield Step(seq, ts, event, effects, kept)


def _hole(journal: Journal, eventlog: EventLog, after: int) -> int | None:
    """Return the first number after `after` that neither journal nor event log has an event for."""
    expected = after + 1
    for recorded in steps(journal, eventlog, after):
        if recorded.seq != expected or recorded.event is None:
            return expected
        expected += 1
    return None


def _lost(journal: Journal, eventlog: EventLog, hole: int) -> tuple[int, int]:
    """Return the first run of missing numbers, first and last."""
    for recorded in steps(journal, eventlog, hole):
        if recorded.event is not None:
            return hole, recorded.seq - 1
    return hole, max(journal.last_seq(), hole)


def same_effects(recorded: Step, made: list[Effect]) -> tuple[bytes, bytes] | None:
    """Return the first pair (recorded, made) that differs byte for byte, None when all agree."""
    told = [row.payload for row in recorded.rows if row.kind != "StateSaved"]
    rows = encode_rows(recorded.seq, 0, recorded.ts, None, made)
    mine = [row.payload for row in rows]
    for index in range(max(len(told), len(mine))):
        left = told[index] if index < len(told) else b""
        right = mine[index] if index < len(mine) else b""
        if left != right:
            return left, right
    return None

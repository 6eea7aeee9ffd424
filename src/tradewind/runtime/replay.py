"""Proof that a record explains itself: the same events give the same decisions, byte for byte."""

from collections.abc import Callable, Mapping

import msgspec

from tradewind.core.engine.desk import Desk
from tradewind.core.engine.step import step
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.events import DeskStarted
from tradewind.ports import EventLog, Journal
from tradewind.runtime.recovery import before, same_effects, steps


class Difference(msgspec.Struct, frozen=True):
    """The first step at which replay and record part: what was recorded, what came out now."""

    seq: int
    event: str
    recorded: str
    replayed: str


class Replayed(msgspec.Struct, frozen=True):
    """The outcome of a replay: how much was proved, and where it differs (None: identical).

    `unprovable` are the (first, last) numbers that the event log lost in a power cut.
    """

    steps: int
    effects: int
    restarts: int
    decision_hash: str
    difference: Difference | None
    unprovable: tuple[tuple[int, int], ...]


def replay(
    catalogue: Mapping[str, type[Strategy]],
    journal: Journal,
    eventlog: EventLog,
    progress: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Run a record again from its first event and compare every decision with what it says.

    Of a desk that runs, what it had written when this began.
    """
    desk = Desk(catalogue)
    count = effects = restarts = 0
    expected = 1
    lost: list[tuple[int, int]] = []
    blind = False
    # A desk that runs writes on. Its log is ahead of its journal, so the journal is asked first.
    until = max(journal.last_seq(), eventlog.last_seq())
    for recorded in steps(journal, eventlog):
        if recorded.seq > until:
            break
        event = recorded.event
        if recorded.seq != expected and not blind:
            lost.append((expected, recorded.seq - 1))
            blind = True
        expected = recorded.seq + 1
        if type(event) is DeskStarted:
            restarts += 1
            if event.cold:
                desk = before(catalogue, journal, recorded.seq)
                blind = False
        if blind or event is None:
            blind = True
            continue
        desk.world.seq = recorded.seq - 1
        made = step(desk, event)
        pair = same_effects(recorded, made)
        if pair is not None:
            shown = [each.decode() or "nothing" for each in pair]
            found = Difference(recorded.seq, type(event).__name__, *shown)
            return Replayed(count, effects, restarts, "", found, tuple(lost))
        count += 1
        effects += len(made)
        if count % 10_000 == 0:
            progress(count)
    return Replayed(count, effects, restarts, desk.decisions.digest(), None, tuple(lost))

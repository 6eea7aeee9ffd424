"""One short scenario, killed at each of its journal boundaries in turn: before and after each."""

from pathlib import Path

import pytest

from tests.harness import START
from tests.simulation.invariants import always, settled
from tests.simulation.world import CATALOGUE, Killed, Life
from tradewind.runtime.replay import replay

SEED = 11
STEPS = 30
COMMITS = 42
"""What the scenario commits when nobody kills it; the first test says so."""


def lived(tmp_path: Path, dies_at: int, *, before: bool) -> Life:
    """Live the scenario with one death, then to its end and through the calm behind it."""
    life = Life(SEED, tmp_path, STEPS)
    end = life.tape.events[-1].ts_recv
    life.rise(faults=None, dies_at=dies_at, before=before)
    try:
        life.start()
        life.live(START + (end - START) * 3 // 4)
    except Killed:
        pass
    always(life)
    life.die()
    assert not life.differences(), "a warm and a cold start know different things"
    life.rise(faults=None)
    life.start()
    life.live(end)
    life.calm(12)
    always(life)
    return life


def test_the_scenario_has_as_many_boundaries_as_are_tried(tmp_path: Path) -> None:
    life = Life(SEED, tmp_path, STEPS)
    end = life.tape.events[-1].ts_recv
    life.rise(faults=None)
    life.start()
    life.live(START + (end - START) * 3 // 4)
    commits = life.journal.commits
    life.die()
    assert commits == COMMITS


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("dies_at", range(1, COMMITS + 1))
def test_a_kill_at_any_boundary_loses_and_doubles_nothing(
    tmp_path: Path, dies_at: int, before: bool
) -> None:
    life = lived(tmp_path, dies_at, before=before)
    settled(life)
    proved = replay(CATALOGUE, life.journal, life.eventlog)
    assert proved.difference is None, proved.difference
    life.die()

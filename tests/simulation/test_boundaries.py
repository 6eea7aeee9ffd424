"""One short scenario, killed at each of its journal boundaries in turn: before and after each."""

from pathlib import Path

import pytest

from tradewind.app.drill.cast import Case
from tradewind.app.drill.drill import lived
from tradewind.app.drill.life import Life
from tradewind.app.drill.plan import Plan, Stop
from tradewind.app.drill.tape import Tape

SEED = 11
LIFE_S = 0.95
COMMITS = 57
"""What the scenario commits when nobody kills it; the first test says so."""


def life(tmp_path: Path, *stops: Stop) -> Life:
    return Life(Case(), SEED, tmp_path, Plan(life_s=LIFE_S, stops=stops), Tape(whole=False))


def test_the_scenario_has_as_many_boundaries_as_are_tried(tmp_path: Path) -> None:
    made = life(tmp_path)
    made.loop.run(made.process(None, LIFE_S))
    assert made.commits == COMMITS


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("commit", range(1, COMMITS + 1))
def test_a_kill_at_any_boundary_loses_and_doubles_nothing(
    tmp_path: Path, commit: int, before: bool
) -> None:
    made = life(tmp_path, Stop(at_s=0.0, commit=commit, before=before, cold=commit % 2 == 0))
    lived(made)
    assert made.deaths == 1
    assert not made.wrong, made.wrong

"""The drill catches what is broken on purpose; `CAUGHT` names a seed that does."""

import pytest

from tests.simulation.planted import PLANTED
from tradewind.app.drill.cast import Case
from tradewind.app.drill.drill import one

CAUGHT: dict[str, tuple[int, str]] = {}
"""By fault: a seed of 1 to 50, which is green as long as nothing is broken, and what it says."""


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_planted_fault_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seed, words = CAUGHT[name]
    PLANTED[name](monkeypatch)
    broken = one(Case(), seed)
    assert any(words in told for told in broken.wrong), broken.wrong

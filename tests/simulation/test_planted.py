"""The drill catches what is broken on purpose; `CAUGHT` names a seed that does.

Two faults are not planted here. A tick that changes under a held stop: the simulated Kalshi changes
its ticks in some lives, but a desk that did not mend its orders had none left between the ticks
when it was judged. A heartbeat that outlives a hung core: neither adapter renews a dead-man's
switch. Both are tested where the core takes such events.
"""

import pytest

from tests.simulation.planted import PLANTED
from tradewind.app.drill.cast import Case
from tradewind.app.drill.drill import one

CAUGHT: dict[str, tuple[int, str]] = {
    "absent_after_one_look": (4, "was declared absent"),
    "back_fill_of_another_shape": (1, "was posted although every fill is told"),
    "cancels_after_the_lease": (1, "after the lease was lost this left"),
    "carries_on_without_a_journal": (3, "which was never approved"),
    "everything_is_an_exit": (6, "was approved although"),
    "kill_says_done_early": (16, "landed after the kill was confirmed"),
    "late_send": (16, "s after its approval"),
    "own_makers_meet": (1, "may trade with our own"),
    "posted_in_between": (6, "was posted although every fill is told"),
    "resend_on_time_out": (1, "left 2 times"),
    "wire_ids_come_again": (1, "was approved twice"),
}
"""By fault: a seed of 1 to 50, which is green as long as nothing is broken, and what it says."""


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_planted_fault_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seed, words = CAUGHT[name]
    PLANTED[name](monkeypatch)
    broken = one(Case(), seed)
    assert any(words in told for told in broken.wrong), broken.wrong

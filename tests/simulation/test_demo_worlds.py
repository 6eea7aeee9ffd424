"""Whatever the seed of the demo, its world gives every demo strategy something to do."""

import pytest

from tests.unit.edge.simulators.sightings import check_entries


@pytest.mark.parametrize("number", range(20))
def test_every_strategy_finds_its_entry_within_a_minute_of_the_demo(number: int) -> None:
    check_entries(number)

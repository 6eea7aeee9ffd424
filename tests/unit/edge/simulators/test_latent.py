"""Hidden values stay in their bounds and end where the answer is."""

import pytest

from tradewind.edge.simulators.latent import CEILING, FLOOR, Above, Answered, Opinion
from tradewind.edge.simulators.noise import MINUTE_NS, Noise

CLOSE_NS = 1_000 * MINUTE_NS
QUIET = Noise("quiet", ((MINUTE_NS, 0.0),))


class Fixed:
    """A latent that never moves."""

    def __init__(self, value: float) -> None:
        self.value = value

    def at(self, ts: int) -> float:
        """Return the value."""
        return self.value


@pytest.mark.parametrize(("yes", "end"), [(True, CEILING), (False, FLOOR)])
@pytest.mark.parametrize("chance", [0.1, 0.5, 0.9])
def test_a_question_is_known_when_it_closes(chance: float, yes: bool, end: float) -> None:
    answered = Answered(Fixed(chance), CLOSE_NS, yes=yes)
    assert answered.at(CLOSE_NS - 6 * MINUTE_NS) == chance
    assert answered.at(CLOSE_NS) == pytest.approx(end, abs=0.02)


@pytest.mark.parametrize(
    ("price", "minutes", "expected"),
    [
        (100.0, 60, 0.5),
        # One deviation above the strike.
        (100.0 * 2.718281828 ** (0.001 * 60**0.5), 60, 0.8413),
        (110.0, 60, CEILING),
        (90.0, 60, FLOOR),
        (100.1, 0, CEILING),
    ],
)
def test_the_chance_to_end_above_is_the_normal_one(
    price: float, minutes: int, expected: float
) -> None:
    above = Above(Fixed(price), strike=100.0, close_ns=CLOSE_NS, sigma=0.001)
    assert above.at(CLOSE_NS - minutes * MINUTE_NS) == pytest.approx(expected, abs=1e-4)


def test_an_opinion_stays_a_chance() -> None:
    loud = Noise("loud", ((MINUTE_NS, 5.0),))
    opinion = Opinion(Fixed(0.5), loud)
    values = [opinion.at(step * MINUTE_NS) for step in range(100)]
    assert min(values) == FLOOR
    assert max(values) == CEILING
    assert Opinion(Fixed(0.5), QUIET).at(0) == 0.5

"""YES space."""

import pytest

from tests.unit.core.matching.driving import BUY, SELL, D
from tradewind.core.matching.mirror import in_yes_space
from tradewind.model.instrument import Outcome
from tradewind.model.order import Side

YES, NO = Outcome.YES, Outcome.NO


@pytest.mark.parametrize(
    ("side", "px", "outcome", "expected"),
    [
        (BUY, "0.60", YES, (BUY, "0.60")),
        (SELL, "0.60", YES, (SELL, "0.60")),
        (BUY, "0.40", NO, (SELL, "0.60")),
        (SELL, "0.45", NO, (BUY, "0.55")),
        (BUY, "123", None, (BUY, "123")),
    ],
)
def test_every_order_is_one_point_of_the_yes_book(
    side: Side, px: str, outcome: Outcome | None, expected: tuple[Side, str]
) -> None:
    mapped = in_yes_space(side, D(px), outcome)
    assert mapped == (expected[0], D(expected[1]))
    assert in_yes_space(*mapped, outcome) == (side, D(px))

"""The ladder: takers meet the best bids first, and what changed is told once."""

import pytest

from tradewind.edge.simulators.ladder import NO, YES, Ladder


def ladder() -> Ladder:
    made = Ladder(100)
    for tick, qty in ((42, 120), (41, 300), (40, 50)):
        made.put(YES, tick, qty)
    made.put(NO, 55, 80)
    made.drain()
    return made


@pytest.mark.parametrize(
    ("name", "qty", "worst", "hits", "left"),
    [
        ("within the touch", 20, 0, [(42, 20)], {42: 100, 41: 300, 40: 50}),
        ("the whole touch", 120, 0, [(42, 120)], {41: 300, 40: 50}),
        ("two levels", 150, 0, [(42, 120), (41, 30)], {41: 270, 40: 50}),
        ("not below the worst", 900, 41, [(42, 120), (41, 300)], {40: 50}),
        ("more than there is", 900, 0, [(42, 120), (41, 300), (40, 50)], {}),
        ("nothing", 0, 0, [], {42: 120, 41: 300, 40: 50}),
    ],
)
def test_a_taker_meets_the_best_bids_first(
    name: str, qty: int, worst: int, hits: list[tuple[int, int]], left: dict[int, int]
) -> None:
    book = ladder()
    assert book.hit(YES, qty, worst) == hits, name
    assert book.bids[YES] == left, name
    assert book.bids[NO] == {55: 80}


def test_a_change_is_told_once_with_what_stands_there_now() -> None:
    book = ladder()
    book.hit(YES, 150, 0)
    book.put(NO, 54, 10)
    assert book.drain() == ({42: 0, 41: 270}, {54: 10})
    assert book.drain() == ({}, {})


def test_a_bid_has_room_up_to_the_other_sides_offer() -> None:
    book = ladder()
    assert book.room(YES) == 44
    assert book.room(NO) == 57
    assert Ladder(100).room(YES) == 99
    assert Ladder(100).best(NO) == 0

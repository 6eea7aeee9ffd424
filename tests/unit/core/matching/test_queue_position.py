"""Queue models by examples that can be checked by hand."""

import pytest

from tests.unit.core.matching.driving import BUY, SELL, D, Desk
from tradewind.core.matching.queue_position import (
    BackOfQueue,
    FrontOfQueue,
    ProportionalQueue,
    QueuePosition,
    ThroughOnly,
)
from tradewind.core.matching.state import VenueModel


def resting(queue: QueuePosition, *, qty: int = 4) -> Desk:
    """Return a desk whose order `o1` bids with 10 displayed at its price of 100.0."""
    desk = Desk(model=VenueModel(queue=queue))
    desk.book({"100.0": 10, "99.9": 20}, {"100.2": 5})
    desk.order(BUY, qty, "100.0")
    desk.listen()
    return desk


@pytest.mark.parametrize(
    ("name", "queue", "expected"),
    [
        (
            "front: the first trade is ours",
            FrontOfQueue(),
            ["o1 maker 3@100.0", "o1 maker 1@100.0"],
        ),
        ("back: ten have to trade first", BackOfQueue(), ["o1 maker 2@100.0"]),
        ("proportional: trades alone count the same", ProportionalQueue(), ["o1 maker 2@100.0"]),
        ("through only: never at the price", ThroughOnly(), []),
    ],
)
def test_trades_at_our_price_go_to_the_queue_first(
    name: str, queue: QueuePosition, expected: list[str]
) -> None:
    desk = resting(queue)
    heard = [fill for qty in (3, 5, 4) for fill in desk.trade("100.0", qty, SELL)]
    assert heard == expected, name


@pytest.mark.parametrize("queue", [BackOfQueue(), ProportionalQueue(), ThroughOnly()])
def test_a_trade_through_our_price_fills_us_whole(queue: QueuePosition) -> None:
    assert resting(queue).trade("99.9", 1, SELL) == ["o1 maker 4@100.0"]


def test_an_aggressor_never_fills_its_own_side() -> None:
    assert resting(FrontOfQueue()).trade("100.0", 50, BUY) == []


def test_at_the_back_cancellations_count_only_when_the_level_cannot_hold_the_queue() -> None:
    desk = resting(BackOfQueue())
    desk.delta(bids={"100.0": 18})
    desk.delta(bids={"100.0": 12})
    assert desk.trade("100.0", 9, SELL) == []
    desk.delta(bids={"100.0": 1})
    assert desk.trade("100.0", 3, SELL) == ["o1 maker 2@100.0"]


def test_a_level_that_vanishes_leaves_us_first() -> None:
    desk = resting(BackOfQueue())
    desk.delta(bids={"100.0": 0})
    assert desk.trade("100.0", 1, SELL) == ["o1 maker 1@100.0"]


def test_proportional_cancellations_come_from_before_and_behind_us() -> None:
    """Ten before us, ten join behind; eight of twenty cancel: four of them before us."""
    desk = resting(ProportionalQueue())
    desk.delta(bids={"100.0": 20})
    desk.delta(bids={"100.0": 12})
    assert desk.trade("100.0", 6, SELL) == []
    assert desk.trade("100.0", 1, SELL) == ["o1 maker 1@100.0"]


def test_a_decrease_that_trades_explain_is_no_cancellation() -> None:
    """Five of twenty trade; the level shows the fifteen: five are left before us."""
    desk = resting(ProportionalQueue())
    desk.delta(bids={"100.0": 20})
    desk.trade("100.0", 5, SELL)
    desk.delta(bids={"100.0": 15})
    assert desk.trade("100.0", 5, SELL) == []
    assert desk.trade("100.0", 1, SELL) == ["o1 maker 1@100.0"]


def test_a_higher_power_makes_the_longer_part_cancel_more() -> None:
    """15 before, 5 behind, 4 cancel: at power 2 the share before us is 225 / 250 = 0.9."""
    desk = Desk(model=VenueModel(queue=ProportionalQueue(power=2)))
    desk.book({"100.0": 15}, {"100.2": 5})
    desk.order(BUY, 4, "100.0")
    desk.delta(bids={"100.0": 20})
    desk.delta(bids={"100.0": 16})
    (order,) = desk.venue.orders.values()
    assert order.ahead == D("11.4")


def test_the_other_side_reaching_us_fills_us() -> None:
    desk = resting(BackOfQueue())
    assert desk.delta(asks={"100.0": 1, "100.2": 0}) == ["o1 maker 4@100.0"]


def test_two_own_orders_share_a_trade_by_age() -> None:
    desk = resting(BackOfQueue())
    desk.order(BUY, 4, "100.0")
    desk.listen()
    assert desk.trade("100.0", 12, SELL) == ["o1 maker 2@100.0"]
    assert desk.trade("100.0", 5, SELL) == ["o1 maker 2@100.0", "o2 maker 3@100.0"]


@pytest.mark.parametrize(
    ("name", "px", "steps", "expected"),
    [
        ("at the touch: all displayed is before us", "100.0", [], 10),
        ("inside the spread: nobody is", "100.1", [], 0),
        ("behind the touch: unknown", "99.9", [], None),
        ("behind, then the touch comes", "99.9", [("99.9", "100.0", 7)], 7),
        ("behind, then the touch falls below", "99.9", [("99.8", "100.0", 7)], 0),
        ("at the touch, which then shows less", "100.0", [("100.0", "100.2", 6)], 6),
        ("at the touch, which then shows more", "100.0", [("100.0", "100.2", 60)], 10),
    ],
)
def test_quotes_tell_the_queue_at_the_touch(
    name: str, px: str, steps: list[tuple[str, str, int]], expected: int | None
) -> None:
    desk = Desk(model=VenueModel(queue=BackOfQueue()))
    desk.quote("100.0", "100.2")
    desk.order(BUY, 4, px)
    for bid, ask, qty in steps:
        desk.quote(bid, ask, sizes=(qty, 10))
    (order,) = desk.venue.orders.values()
    assert order.ahead == expected, name


def test_the_selling_side_mirrors_it() -> None:
    desk = Desk(model=VenueModel(queue=BackOfQueue()))
    desk.quote("100.0", "100.2")
    desk.order(SELL, 4, "100.2")
    desk.listen()
    assert desk.trade("100.2", 8, BUY) == []
    desk.quote("100.0", "100.2", sizes=(10, 1))
    assert desk.trade("100.2", 4, BUY) == ["o1 maker 3@100.2"]
    assert desk.trade("100.3", 1, BUY) == ["o1 maker 1@100.2"]


def test_where_no_size_is_ever_shown_a_trade_at_the_price_is_ours() -> None:
    desk = Desk(model=VenueModel(queue=BackOfQueue()))
    desk.trade("100.0", 1, SELL)
    desk.order(BUY, 4, "99.9")
    desk.listen()
    assert desk.trade("99.9", 3, SELL) == ["o1 maker 3@99.9"]


def test_a_new_snapshot_shows_the_level_again() -> None:
    desk = resting(BackOfQueue())
    desk.book({"100.0": 3}, {"100.2": 5})
    assert desk.trade("100.0", 4, SELL) == ["o1 maker 1@100.0"]

"""Stop orders on quotes, trades and books."""

import pytest

from tests.unit.core.matching.driving import BUY, SELL, Desk
from tradewind.model.order import Side, TriggerBy

LAST, MARK, BID_ASK = TriggerBy.LAST, TriggerBy.MARK, TriggerBy.BID_ASK


def test_a_stop_wakes_and_takes_the_touch() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(SELL, 2, trigger_px="99.0")
    desk.order(BUY, 2, trigger_px="101.0")
    desk.listen()
    assert desk.quote("99.1", "99.2") == []
    assert desk.quote("98.5", "98.6") == ["o1 triggered", "o1 taker 2@98.5"]
    assert desk.quote("101.4", "101.5") == ["o2 triggered", "o2 taker 2@101.5"]
    assert desk.venue.busy == 0


@pytest.mark.parametrize(
    ("name", "by", "bid", "ask", "last", "wakes"),
    [
        ("last follows trades, not the touch", LAST, "101.5", "101.6", "100.5", False),
        ("last at the trigger", LAST, "99.0", "99.1", "101.0", True),
        ("bid/ask follows what the order would take", BID_ASK, "100.9", "101.0", "100.0", True),
        ("bid/ask ignores trades", BID_ASK, "100.8", "100.9", "102.0", False),
        ("mark is the middle", MARK, "100.9", "101.1", "100.0", True),
        ("mark below", MARK, "100.8", "101.1", "102.0", False),
    ],
)
def test_each_trigger_follows_its_price(
    name: str, by: TriggerBy, bid: str, ask: str, last: str, wakes: bool
) -> None:
    desk = Desk()
    desk.quote("99.0", "99.1")
    desk.trade("99.0", 1, SELL)
    desk.order(BUY, 1, trigger_px="101.0", trigger_by=by)
    desk.listen()
    heard = desk.trade(last, 1, BUY) + desk.quote(bid, ask)
    assert ("o1 triggered" in heard) == wakes, name


@pytest.mark.parametrize(("side", "trigger"), [(BUY, "100.0"), (SELL, "100.0")])
def test_a_stop_whose_price_is_there_wakes_at_once(side: Side, trigger: str) -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(side, 1, trigger_px=trigger)
    assert desk.listen()[:2] == ["o1 accepted", "o1 triggered"]


def test_a_woken_stop_limit_rests_at_its_limit() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 2, "101.0", trigger_px="101.0")
    desk.listen()
    assert desk.quote("101.2", "101.3") == ["o1 triggered"]
    assert desk.quote("100.8", "100.9") == ["o1 maker 2@101.0"]


def test_a_stop_is_cancelled_amended_and_woken_by_its_new_trigger() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(SELL, 2, trigger_px="95.0")
    desk.order(SELL, 2, trigger_px="95.0")
    desk.cancel("o1")
    desk.amend("o2", 1, trigger_px="99.0")
    desk.listen()
    assert desk.quote("98.9", "99.0") == ["o2 triggered", "o2 taker 1@98.9"]


def test_an_amended_trigger_that_is_passed_wakes_at_once() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(SELL, 2, trigger_px="95.0")
    desk.listen()
    desk.amend("o1", 2, trigger_px="100.0")
    assert desk.listen() == ["o1 amended 2@None", "o1 triggered", "o1 taker 2@100.0"]


def test_a_reduce_only_stop_ends_with_its_position() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 2)
    desk.order(SELL, 2, trigger_px="95.0", reduce_only=True)
    desk.order(SELL, 2)
    assert desk.listen()[-2:] == ["o3 taker 2@100.0", "o2 cancelled reduce_only"]


def test_a_stop_on_a_book_walks_its_levels() -> None:
    desk = Desk()
    desk.book({"100.0": 5, "99.0": 5}, {"100.1": 5})
    desk.order(SELL, 8, trigger_px="99.5")
    desk.listen()
    assert desk.delta(bids={"100.0": 0, "99.4": 2}) == [
        "o1 triggered",
        "o1 taker 2@99.4",
        "o1 taker 5@99.0",
        "o1 cancelled unfilled",
    ]

"""Requests under way while the market moves, and answers in the order in which they are due."""

import pytest

from tests.unit.core.matching.driving import BUY, SELL, Desk, word
from tradewind.core.matching.latency import ConstantLatency, LogNormalLatency
from tradewind.core.matching.state import NOTHING_DUE, VenueModel
from tradewind.model.events import AccountEvent, OrderAccepted
from tradewind.model.ids import OrderId

SLOW = VenueModel(latency=ConstantLatency(entry_ns=100, response_ns=40))


def test_an_order_meets_the_market_that_is_there_when_it_arrives() -> None:
    desk = Desk(model=SLOW)
    desk.quote("100.0", "100.1", at_ns=0)
    desk.order(BUY, 1, "100.1", at_ns=10)
    assert desk.venue.next_due_ns == 110
    assert desk.quote("100.0", "100.3", at_ns=109) == []
    assert desk.listen(110) == []
    assert desk.listen(149) == []
    assert desk.listen(150) == ["o1 accepted"]
    accepted = desk.heard[0]
    assert isinstance(accepted, OrderAccepted)
    assert (accepted.ts_event, accepted.ts_recv) == (110, 150)
    assert desk.quote("100.0", "100.1", at_ns=200) == []
    assert desk.listen(240) == ["o1 maker 1@100.1"]
    assert desk.fills[0].ts_event == 200


def test_a_fill_before_the_cancel_arrives_wins_the_race() -> None:
    desk = Desk(model=SLOW)
    desk.quote("100.0", "100.1", at_ns=0)
    desk.order(BUY, 1, "99.9", at_ns=0)
    desk.cancel("o1", at_ns=500)
    desk.quote("99.7", "99.8", at_ns=599)
    assert desk.listen(10_000) == ["o1 maker 1@99.9", "o1 cancel rejected not_found"]


def test_a_cancel_that_arrives_first_wins_the_race() -> None:
    desk = Desk(model=SLOW)
    desk.quote("100.0", "100.1", at_ns=0)
    desk.order(BUY, 1, "99.9", at_ns=0)
    desk.cancel("o1", at_ns=500)
    desk.quote("99.7", "99.8", at_ns=600)
    assert desk.listen(10_000) == ["o1 cancelled"]


def test_answers_come_one_instant_at_a_time() -> None:
    desk = Desk(model=SLOW)
    desk.quote("100.0", "100.1", at_ns=0)
    desk.order(BUY, 1, "99.9", at_ns=0)
    desk.order(BUY, 1, "99.9", at_ns=0)
    desk.order(BUY, 1, "99.9", at_ns=1)
    venue = desk.venue
    assert [word(one) for one in venue.due(1000)] == ["o1 accepted", "o2 accepted"]
    assert venue.next_due_ns == 141
    assert [word(one) for one in venue.due(1000)] == ["o3 accepted"]
    assert (venue.due(1000), venue.next_due_ns) == ([], NOTHING_DUE)


def test_a_slow_feed_delays_what_is_seen_and_what_is_met() -> None:
    """The quote that the desk sees at 50 was there at 20; an order of 50 arrives at 150 there."""
    latency = ConstantLatency(entry_ns=100, response_ns=40, feed_ns=30)
    desk = Desk(model=VenueModel(latency=latency))
    desk.quote("100.0", "100.1", at_ns=50)
    desk.order(BUY, 1, "100.1", at_ns=50)
    desk.quote("100.0", "100.2", at_ns=179)
    assert desk.listen(1000) == ["o1 accepted"]
    accepted = desk.heard[0]
    assert isinstance(accepted, OrderAccepted)
    assert (accepted.ts_event, accepted.ts_recv) == (150, 190)


def test_an_answer_never_overtakes_the_feed() -> None:
    latency = ConstantLatency(entry_ns=100, response_ns=5, feed_ns=30)
    desk = Desk(model=VenueModel(latency=latency))
    desk.quote("100.0", "100.1", at_ns=0)
    desk.order(BUY, 1, "100.1", at_ns=0)
    desk.listen(1000)
    assert {event.ts_recv for event in desk.heard if isinstance(event, AccountEvent)} == {130}


def test_a_request_under_way_keeps_the_venue_busy() -> None:
    desk = Desk(model=SLOW)
    desk.order(BUY, 1, "99.9", at_ns=0)
    assert desk.venue.busy == 1
    desk.listen(100)
    assert (desk.venue.busy, desk.venue.live_orders) == (1, 1)
    desk.cancel("o1", at_ns=200)
    assert desk.venue.busy == 2
    desk.listen(300)
    assert desk.venue.busy == 0


def test_scattered_delays_depend_on_the_order_alone() -> None:
    model = VenueModel(
        latency=LogNormalLatency(seed=7, entry_median_ns=5_000_000, response_median_ns=2_000_000)
    )

    def accepted_at(*ids: str) -> dict[str, int]:
        desk = Desk(model=model)
        for order_id in ids:
            desk.order(BUY, 1, "99.9", order_id=order_id, at_ns=0)
        desk.listen(10**12)
        accepted = [event for event in desk.heard if isinstance(event, OrderAccepted)]
        return {event.client_order_id: event.ts_recv for event in accepted}

    together = accepted_at("a", "b", "c")
    assert accepted_at("c", "b", "a") == together
    assert accepted_at("b") == {"b": together[OrderId("b")]}
    assert len(set(together.values())) == 3


def test_zero_latency_answers_at_once() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1", at_ns=5)
    desk.order(SELL, 1, at_ns=5)
    assert desk.venue.next_due_ns == 5
    assert [word(one) for one in desk.venue.due(5)] == ["o1 accepted", "o1 taker 1@100.0"]


@pytest.mark.parametrize("until", [0, 4])
def test_nothing_is_due_before_its_time(until: int) -> None:
    desk = Desk()
    desk.order(SELL, 1, "100.0", at_ns=5)
    assert desk.venue.due(until) == []

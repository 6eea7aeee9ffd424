"""The bus in the process: every reader in turn, and none may hurt the desk."""

import pytest

from tests.unit.edge.store.samples import number
from tradewind.edge.store.bus_local import LocalBus, Mailbox, Reader
from tradewind.model.errors import Refused
from tradewind.model.events import Woke
from tradewind.ports import Published

NEWS = number((Woke(1), ()), (Woke(2), ()), (Woke(3), ()))


class Faults:
    """What the bus reported."""

    def __init__(self) -> None:
        self.told: list[tuple[Reader, str]] = []

    def __call__(self, reader: Reader, error: Exception) -> None:
        self.told.append((reader, str(error)))


def test_every_reader_hears_every_news_in_order_until_it_leaves() -> None:
    bus, first, second = LocalBus(Faults()), Mailbox(9), Mailbox(9)
    leave = bus.subscribe(first)
    bus.publish(NEWS[0])
    bus.subscribe(second)
    bus.publish(NEWS[1])
    leave()
    leave()
    bus.publish(NEWS[2])
    assert (first.take(9), second.take(9)) == (NEWS[:2], NEWS[1:])


def test_a_reader_that_raises_is_removed_and_reported_and_the_others_hear_on() -> None:
    def broken(news: Published) -> None:
        raise ZeroDivisionError("no such page")

    faults, other = Faults(), Mailbox(9)
    bus = LocalBus(faults)
    bus.subscribe(broken)
    bus.subscribe(other)
    for news in NEWS:
        bus.publish(news)
    assert faults.told == [(broken, "no such page")]
    assert other.take(9) == NEWS


def test_a_reader_may_leave_and_another_join_while_the_news_is_handed_out() -> None:
    faults, late = Faults(), Mailbox(9)
    bus = LocalBus(faults)

    def once(news: Published) -> None:
        leave()
        bus.subscribe(late)

    leave = bus.subscribe(once)
    bus.publish(NEWS[0])
    bus.publish(NEWS[1])
    assert (late.take(9), faults.told) == ([NEWS[1]], [])


def test_a_reader_that_lets_too_much_pile_up_is_dropped_and_keeps_what_it_has() -> None:
    faults, slow = Faults(), Mailbox(2)
    bus = LocalBus(faults)
    bus.subscribe(slow)
    for news in NEWS:
        bus.publish(news)
    bus.publish(NEWS[0])
    assert len(faults.told) == 1
    assert "the reader must start again from the journal" in faults.told[0][1]
    assert (len(slow), slow.take(1), slow.take(9), slow.take(9)) == (2, NEWS[:1], NEWS[1:2], [])


def test_a_full_mailbox_refuses() -> None:
    box = Mailbox(0)
    with pytest.raises(Refused, match="Handed on step 1, found 0 unread"):
        box(NEWS[0])

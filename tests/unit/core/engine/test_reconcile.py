"""The venue is right about the present: what a reading changes, and what it may not."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.harness import SECOND, Bench, D, account, perpetual
from tests.unit.core.engine.venue import (
    A,
    booked,
    execution,
    later,
    locks,
    reading,
    reads,
    row,
    sent,
    stranger,
    stream,
    unanswered,
)
from tests.unit.core.hand import BTC, BUY, ETH, SELL, Hand, denial, do, hand, hold, place, scene
from tradewind import Context
from tradewind.model.commands import Resume
from tradewind.model.config import Limits
from tradewind.model.effects import CancelAll, PositionCorrected
from tradewind.model.events import DeskStarted, FillFinalised
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import NET, UNMANAGED, FillKey, InstanceId, InstrumentId
from tradewind.model.order import OrderStatus

S = OrderStatus


def desk(**more: Any) -> Bench:
    """Return a desk that is read only when the test says so."""
    bench = scene(BTC, ETH, **more)
    bench.reads_fail = True
    return bench


def unmanaged(bench: Bench) -> object:
    held = bench.desk.ledger.position(A, BTC.id, NET, UNMANAGED)
    return 0 if held is None else held.qty


def corrections(bench: Bench) -> list[object]:
    return [each.qty for each in bench.effects if type(each) is PositionCorrected]


# --- before and after -------------------------------------------------------------------------


def test_no_new_risk_after_a_start_until_the_account_has_been_read() -> None:
    bench = desk()
    hold(bench, "2")
    effects = bench.feed(DeskStarted(2, 7, bench.desk.config, bench.now))
    assert [each.account for each in reads(effects)] == [A]
    bench.command(Resume(InstanceId("s1")))
    assert denial(bench, BUY, 1, 99).rule == "not_reconciled"
    place(bench, SELL, 1, 101, reduce_only=True)
    later(bench, 60)  # a reading that fails is no reading
    assert denial(bench, BUY, 1, 99).rule == "not_reconciled"
    assert (bench.position(BTC), len(bench.orders())) == (2, 1)
    reading(bench, row(bench, bench.orders()[0]))
    place(bench, BUY, 1, 99)
    assert ("timer", "reconciled") in hand(bench).heard


def test_the_venues_cash_is_taken_over_once() -> None:
    bench = desk()
    reading(bench)
    reading(bench)
    assert bench.desk.ledger.cash(A, bench.accounts[0].currency) == 10_000


# --- our orders -------------------------------------------------------------------------------


def test_executions_that_nobody_told_us_of_come_with_the_reading() -> None:
    bench = desk()
    full, part = place(bench, BUY, 4, 100), place(bench, BUY, 4, 99)
    fills = (execution(bench, full, "4"), execution(bench, part, "1", "99"))
    reading(
        bench,
        row(bench, full, S.FILLED, filled_qty=D(4)),
        row(bench, part, S.CANCELLED, filled_qty=D(1)),
        fills=fills,
        held={BTC.id: "5"},
    )
    assert (full.status, part.status, part.filled_qty) == (S.FILLED, S.CANCELLED, 1)
    assert bench.position(BTC) == 5
    assert not locks(bench)
    assert [each for each in hand(bench).heard if each[0] == "fill"]


def test_a_total_without_its_executions_is_a_claim_and_no_fill() -> None:
    bench = desk()
    full, part = place(bench, BUY, 4, 100), place(bench, BUY, 4, 99)
    reading(
        bench,
        row(bench, full, S.FILLED, filled_qty=D(4)),
        row(bench, part, S.CANCELLED, filled_qty=D(1)),
    )
    assert (full.status, full.reserved) == (S.NEW, 4)
    assert (part.status, part.reserved) == (S.CANCELLED, 1)
    assert bench.position(BTC) == 0
    later(bench, 5)
    assert "claimed" in locks(bench)[BTC.id]
    stream(bench, execution(bench, full, "4"))
    stream(bench, execution(bench, part, "1", "99"))
    assert full.status is S.FILLED
    assert not locks(bench)


def test_an_order_that_changed_behind_our_back_is_as_the_venue_says() -> None:
    bench = desk()
    order = place(bench, BUY, 4, 99)
    reading(bench, row(bench, order, qty=D(6), px=D(98)))
    assert order.qty == 4  # the reading may be older than the acknowledgement
    later(bench, 1.5)
    reading(bench, row(bench, order, qty=D(6), px=D(98)))
    assert (order.status, order.qty, order.px, order.reserved) == (S.NEW, 6, 98, 6)


class Widens(Hand):
    """Makes its first order larger with every fill of another."""

    def on_fill(self, ctx: Context, fill: Fill) -> None:
        (first, *_) = ctx.orders()
        ctx.amend(first.client_order_id, qty=first.qty + 1)


def test_a_reading_ends_no_change_that_was_asked_in_answer_to_its_own_fill() -> None:
    bench = Bench(account())
    bench.define(BTC)
    bench.quote(BTC, "99.9", "100.1")
    bench.deploy(Widens, BTC)
    bench.reads_fail = True
    widened, filled = place(bench, BUY, 2, 95), place(bench, BUY, 4, 100)
    bench.auto_ack = False
    reading(
        bench,
        row(bench, filled, filled_qty=D(1)),
        row(bench, widened),
        fills=(execution(bench, filled, "1"),),
        held={BTC.id: "1"},
        taken_ns=bench.now + 10 * SECOND,  # the venue's clock is ahead
    )
    assert (widened.status, widened.reserved) == (S.PENDING_REPLACE, 3)


def test_an_order_that_is_missing_is_doubted_before_it_counts_as_gone() -> None:
    bench = desk()
    order = place(bench, BUY, 4, 99)
    later(bench, 20)
    effects = reading(bench, asked=(order,))
    assert (order.status, order.reserved) == (S.UNKNOWN, 4)
    assert reads(effects)[0].ask == (order.client_order_id,)  # and the venue is asked again
    later(bench, 1)
    reading(bench, asked=(order,))
    assert order.status is S.CANCELLED
    assert [each[2] for each in hand(bench).heard if each[0] == "order"][-1] is S.CANCELLED


# --- strangers --------------------------------------------------------------------------------


def test_a_strangers_order_is_reported_once_counted_and_never_adopted_or_cancelled() -> None:
    bench = desk(limits=Limits(max_position_qty=D(5)))
    alien = stranger(BTC, BUY, "3", "90")
    for _ in range(3):
        effects = reading(bench, alien)
        assert not sent(effects)
        assert not [each for each in effects if type(each) is CancelAll]
    assert len(bench.alerts("stranger")) == 1
    assert bench.orders() == []
    assert denial(bench, BUY, 3, 99).rule == "position_qty"
    assert denial(bench, SELL, 1, 90).rule == "self_match"
    own = place(bench, BUY, 2, 80)
    reading(bench, row(bench, own), replace(alien, filled_qty=D(1)))
    place(bench, BUY, 1, 80)  # what it has filled is in the position now
    assert denial(bench, BUY, 1, 80).rule == "position_qty"
    reading(bench, *(row(bench, each) for each in bench.orders()))  # it has gone
    place(bench, BUY, 2, 80)
    place(bench, SELL, 1, 90)


def test_a_strangers_order_on_an_instrument_that_nobody_defined_is_only_reported() -> None:
    bench = desk()
    reading(bench, stranger(perpetual("NEWUSDT"), BUY, "3", "90"))
    assert len(bench.alerts("stranger")) == 1
    place(bench, BUY, 1, 99)


# --- positions --------------------------------------------------------------------------------


def test_a_difference_locks_at_once_and_is_posted_after_two_readings_the_lag_apart() -> None:
    bench = desk()
    hold(bench, "2")
    effects = reading(bench, held={BTC.id: "5"})
    assert "differs" in locks(bench)[BTC.id]
    assert reads(effects)  # and it is looked at again
    assert denial(bench, BUY, 1, 99).rule == "locked"
    place(bench, BUY, 1, 99, instrument=ETH)
    reading(bench, held={BTC.id: "5"})
    assert not corrections(bench)  # the same moment proves nothing
    later(bench, 1)
    reading(bench, held={BTC.id: "5"})
    assert corrections(bench) == [3]
    assert (bench.position(BTC), unmanaged(bench), booked(bench, BTC)) == (2, 3, 5)
    assert len(bench.alerts("position_mismatch")) == 1
    assert not locks(bench)
    reading(bench, held={BTC.id: "5"})
    assert corrections(bench) == [3]


def test_a_difference_that_goes_by_itself_is_freed_and_never_posted() -> None:
    bench = desk()
    hold(bench, "2")
    reading(bench, held={BTC.id: "5"})
    reading(bench, held={BTC.id: "2"})
    assert not locks(bench)
    later(bench, 2)
    reading(bench, held={BTC.id: "5"})
    assert not corrections(bench)


def test_a_fill_between_two_readings_begins_the_comparison_anew() -> None:
    bench = desk()
    order = place(bench, BUY, 4, 100)
    reading(bench, row(bench, order), held={BTC.id: "3"})
    later(bench, 1)
    bench.fill(order, "1")
    reading(bench, row(bench, order), held={BTC.id: "4"})
    assert not corrections(bench)  # as large a difference, but not the same
    later(bench, 1)
    reading(bench, row(bench, order), held={BTC.id: "4"})
    assert corrections(bench) == [3]


@pytest.mark.parametrize("doubt", ["unknown", "cancelling", "claimed", "provisional"])
def test_while_anything_of_ours_is_in_doubt_a_difference_only_locks(doubt: str) -> None:
    bench = desk()
    bench.auto_ack = doubt != "unknown"
    order = place(bench, BUY, 4, 99)
    bench.auto_ack = False
    listed = row(bench, order, filled_qty=D(3)) if doubt == "claimed" else row(bench, order)
    if doubt == "unknown":
        unanswered(bench, order)
    elif doubt == "cancelling":
        do(bench, lambda ctx: ctx.cancel(order.client_order_id))
    elif doubt == "provisional":
        stream(bench, execution(bench, order, "1", key=FillKey("m"), life=FillLife.MATCHED))
    rows = () if doubt == "unknown" else (listed,)
    for _ in range(4):
        reading(bench, *rows, held={BTC.id: "3"})
        later(bench, 1)
    assert not corrections(bench)
    assert "differs" in locks(bench)[BTC.id]
    if doubt == "provisional":
        bench.feed(FillFinalised(A, bench.now, bench.now, FillKey("m")))
    else:
        bench.cancelled(order)
        if doubt == "claimed":
            stream(bench, execution(bench, order, "3", "99"))
    for _ in range(2):
        reading(bench, held={BTC.id: "5"})
        later(bench, 1)
    assert corrections(bench) == [5 - bench.position(BTC)]


def test_a_position_in_what_nobody_defined_locks_and_is_never_posted() -> None:
    bench = desk()
    for _ in range(3):
        reading(bench, held={InstrumentId("BYBIT:NEW"): "5"})
        later(bench, 1)
    assert not corrections(bench)
    assert "BYBIT:NEW" in locks(bench)
    place(bench, BUY, 1, 99)

"""Kill, flatten, force-stop, stop and pause: none says that it is done before it is."""

import pytest

from tests.harness import Bench, D, account
from tests.unit.core.engine.venue import (
    A,
    absent,
    later,
    not_sent,
    reading,
    row,
    says,
    stranger,
    unanswered,
)
from tests.unit.core.hand import (
    BTC,
    BUY,
    SELL,
    Hand,
    answers,
    ask,
    denial,
    do,
    hold,
    place,
    scene,
    stage,
)
from tradewind.model.commands import (
    DESK,
    Command,
    Flatten,
    ForceStop,
    Kill,
    Pause,
    Rearm,
    Scope,
    ScopeKind,
    Stop,
)
from tradewind.model.effects import CancelAll, CancelOrder, Confirmation, ReadAccount
from tradewind.model.events import CancelRejected, OrderAccepted, Request
from tradewind.model.ids import InstanceId, VenueId, VenueOrderId
from tradewind.model.intents import Protection
from tradewind.model.order import Order, OrderStatus, TimeInForce

S = OrderStatus
S1 = InstanceId("s1")
ACCOUNT = Scope(ScopeKind.ACCOUNT, A)
INSTANCE = Scope(ScopeKind.INSTANCE, S1)


def deaf(bench: Bench) -> Bench:
    """Let nothing be answered any more, and no reading succeed."""
    bench.auto_ack = False
    bench.reads_fail = True
    return bench


def says_now(bench: Bench, command: Command, name: str = "K") -> str:
    return bench.command(command, name).confirmation.value


def words(bench: Bench, name: str = "K") -> list[str]:
    return [confirmation for confirmation, _ in answers(bench, name)]


def read_empty(bench: Bench, *rows: object) -> None:
    """Two readings that find nothing but these, the lag apart."""
    for _ in range(2):
        later(bench, 1)
        reading(bench, *rows)  # type: ignore[arg-type]


def protected(bench: Bench) -> Order:
    """Hold 2 with a stop at the venue; return the stop."""
    hold(bench, "2")
    do(bench, lambda ctx: ctx.protect(BTC.id, Protection(stop=D(95))))
    return bench.orders()[-1]


SWEEPS = [Kill(DESK), Kill(INSTANCE), Flatten(S1, D(1)), ForceStop(S1), Stop(S1, timeout_s=1)]


@pytest.mark.parametrize("command", SWEEPS, ids=lambda each: type(each).__name__)
def test_a_sweep_whose_cancels_never_left_asks_again_and_ends(command: Command) -> None:
    bench = scene()
    order = place(bench, BUY, 1, 99)
    deaf(bench)
    assert says_now(bench, command) == "accepted"
    for _ in range(3):
        later(bench, 2.1)
        assert order.status is S.PENDING_CANCEL
        not_sent(bench, order, Request.CANCEL)
        assert order.status is S.NEW
    assert words(bench) == ["accepted"]
    bench.cancelled(order)
    read_empty(bench)
    assert words(bench) == ["accepted", "confirmed"]


# --- kill -------------------------------------------------------------------------------------


def test_kill_is_confirmed_only_when_all_is_gone_and_two_readings_are_empty() -> None:
    bench = scene()
    stop = protected(bench)
    orders = [place(bench, BUY, 1, px) for px in (99, 98)]
    deaf(bench)
    assert says_now(bench, Kill(DESK)) == "accepted"
    assert [type(each) for each in bench.effects].count(CancelAll) == 1
    assert {order.status for order in orders} == {S.PENDING_CANCEL}
    assert stop.status is S.NEW
    bench.cancelled(orders[0])
    reading(bench, row(bench, stop))
    later(bench, 3)
    reading(bench, row(bench, stop))
    bench.cancelled(orders[1])
    assert words(bench) == ["accepted"]  # what was read before the last order was gone is old
    reading(bench, row(bench, stop), taken_ns=bench.now - 1)
    later(bench, 1)
    reading(bench, row(bench, stop))
    reading(bench, row(bench, stop))
    assert words(bench) == ["accepted"]  # two readings of one moment are one
    later(bench, 1)
    reading(bench, row(bench, stop))
    assert words(bench) == ["accepted", "confirmed"]
    assert "1 protective orders kept" in answers(bench, "K")[-1][1]


def test_a_kill_of_an_idle_desk_reads_the_venue_as_well() -> None:
    bench = deaf(scene())
    assert says_now(bench, Kill(DESK)) == "accepted"
    assert [type(each) for each in bench.effects].count(ReadAccount) == 2  # the start, and this
    read_empty(bench)
    assert words(bench)[-1] == "confirmed"


def test_nothing_passes_while_it_kills_and_only_exits_afterwards_until_a_rearm() -> None:
    bench = scene()
    hold(bench, "2")
    deaf(bench)
    bench.command(Kill(DESK), "K")
    assert denial(bench, BUY, 1, 99).rule == "killing"
    assert denial(bench, SELL, 1, 101, reduce_only=True).rule == "killing"
    assert says_now(bench, Rearm(DESK), "R1") == "refused"
    read_empty(bench)
    assert denial(bench, BUY, 1, 99).rule == "kill"
    place(bench, SELL, 1, 101, reduce_only=True)
    assert says_now(bench, Rearm(DESK), "R2") == "confirmed"
    place(bench, BUY, 1, 99)


@pytest.mark.parametrize("end", ["absent", "landed"])
def test_kill_waits_for_an_order_that_may_still_land(end: str) -> None:
    bench = deaf(scene())
    order = place(bench, BUY, 1, 99)
    unanswered(bench, order)
    bench.command(Kill(DESK), "K")
    says(bench, CancelRejected, order, "unknown order", not_found=True)
    read_empty(bench)
    assert words(bench) == ["accepted"]
    if end == "absent":
        absent(bench, order)
    else:
        says(bench, OrderAccepted, order, VenueOrderId("V5"))
        cancels = len([each for each in bench.effects if type(each) is CancelOrder])
        later(bench, 2)
        assert len([each for each in bench.effects if type(each) is CancelOrder]) > cancels
        bench.cancelled(order)
    assert words(bench) == ["accepted"]
    read_empty(bench)
    assert words(bench)[-1] == "confirmed"


def test_what_a_reading_still_lists_begins_the_proof_anew_strangers_too() -> None:
    bench = deaf(scene())
    bench.command(Kill(DESK), "K")
    later(bench, 1)
    reading(bench)
    later(bench, 1)
    effects = reading(bench, stranger(BTC, BUY, "1", "90"))
    assert [type(each) for each in effects].count(CancelAll) == 1
    later(bench, 1)
    reading(bench)
    assert words(bench) == ["accepted"]
    later(bench, 1)
    reading(bench)
    assert words(bench)[-1] == "confirmed"


def test_without_readings_kill_never_succeeds_says_so_and_goes_on() -> None:
    bench = deaf(scene())
    order = place(bench, BUY, 1, 99)
    bench.command(Kill(DESK), "K")
    later(bench, 59)
    assert words(bench) == ["accepted"]
    later(bench, 120)
    assert words(bench) == ["accepted", "unresolved"]
    assert len(bench.alerts("unconfirmed")) == 1
    bench.cancelled(order)
    before = len(bench.effects)
    later(bench, 10)
    assert [each for each in bench.effects[before:] if type(each) is ReadAccount]
    read_empty(bench)
    assert words(bench)[-1] == "confirmed"


def test_kill_of_protection_takes_the_guards_first() -> None:
    bench = scene()
    stop = protected(bench)
    bench.command(Kill(DESK, cancel_protective=True), "K")
    later(bench, 5)
    assert stop.status is S.CANCELLED
    assert bench.orders() == []
    assert [each.keep_protective for each in bench.effects if type(each) is CancelAll] == [False]


@pytest.mark.parametrize("scope", [INSTANCE, ACCOUNT, Scope(ScopeKind.VENUE, VenueId("BYBIT"))])
def test_a_narrower_kill_leaves_the_others_alone(scope: Scope) -> None:
    bench = stage(account("A"), account("B", "OTHER"))
    bench.deploy(Hand, BTC, name="s2", accounts=("A",))
    mine, other = place(bench, BUY, 1, 99), place(bench, BUY, 1, 98, name="s2")
    deaf(bench)
    bench.command(Kill(scope), "K")
    everybody = scope is not INSTANCE
    assert (mine.status is S.PENDING_CANCEL, other.status is S.PENDING_CANCEL) == (True, everybody)
    assert {each.account for each in bench.effects if type(each) is CancelAll} == (
        {"A"} if everybody else set()
    )
    bench.cancelled(mine)
    if everybody:
        bench.cancelled(other)
        read_empty(bench)
        return
    place(bench, BUY, 1, 97, name="s2")
    read_empty(bench, row(bench, other))
    assert words(bench)[-1:] != ["confirmed"]  # account B has not been read


def test_an_instances_kill_is_not_done_while_the_venue_lists_an_order_of_its() -> None:
    bench = deaf(scene())
    order = place(bench, BUY, 1, 99)
    bench.command(Kill(INSTANCE), "K")
    bench.cancelled(order)
    read_empty(bench, row(bench, order, S.NEW))
    assert words(bench) == ["accepted"]
    read_empty(bench)
    assert words(bench)[-1] == "confirmed"


def test_two_kills_of_one_scope_both_have_to_be_done() -> None:
    bench = deaf(scene())
    bench.command(Kill(DESK), "K")
    later(bench, 1)
    reading(bench)
    bench.command(Kill(DESK), "L")
    later(bench, 1)
    reading(bench)
    assert (words(bench)[-1], words(bench, "L")) == ("confirmed", ["accepted"])
    assert denial(bench, SELL, 1, 101).rule == "killing"
    later(bench, 1)
    reading(bench)
    assert words(bench, "L")[-1] == "confirmed"


# --- flatten, force-stop, stop, pause -----------------------------------------------------------


def test_flatten_is_confirmed_when_flat_and_tries_the_rest_again() -> None:
    bench = scene()
    stop = protected(bench)
    entry = place(bench, BUY, 1, 99)
    deaf(bench)
    assert says_now(bench, Flatten(S1, D("0.5"))) == "accepted"
    sold = len(bench.submitted())
    bench.cancelled(entry)
    later(bench, 3)
    assert len(bench.submitted()) == sold  # the stop could sell the same a second time
    bench.cancelled(stop)
    exit_ = bench.orders()[-1]
    assert (exit_.side, exit_.qty, exit_.spec.tif) == (SELL, 2, TimeInForce.IOC)
    bench.fill(exit_, "1.5", "99.8")
    bench.cancelled(exit_)
    assert words(bench) == ["accepted"]
    later(bench, 4)
    rest = bench.orders()[-1]
    assert rest.qty == D("0.5")
    bench.fill(rest, None, "99.8")
    assert words(bench) == ["accepted", "confirmed"]
    assert bench.state() == "paused"


@pytest.mark.parametrize("protective", [False, True])
def test_a_forced_stop_is_confirmed_when_its_orders_are_proved_gone(protective: bool) -> None:
    bench = scene()
    stop = protected(bench)
    entry = place(bench, BUY, 1, 99)
    deaf(bench)
    assert says_now(bench, ForceStop(S1, protective)) == "accepted"
    assert bench.state() == "dead"
    says(bench, CancelRejected, entry, "busy")
    assert words(bench) == ["accepted"]
    later(bench, 2)
    assert entry.status is S.PENDING_CANCEL
    bench.cancelled(entry)
    if protective:
        assert words(bench) == ["accepted"]
        bench.cancelled(stop)
    assert words(bench) == ["accepted", "confirmed"]
    assert stop.live is not protective


def test_stop_is_confirmed_when_what_is_left_is_proved_gone() -> None:
    bench = scene()
    entry = place(bench, BUY, 1, 99)
    deaf(bench)
    assert says_now(bench, Stop(S1)) == "accepted"
    unanswered(bench, entry)
    later(bench, 5)
    assert (bench.state(), words(bench)) == ("stopping", ["accepted"])
    bench.cancelled(entry)
    assert (bench.state(), words(bench)) == ("stopped", ["accepted", "confirmed"])


def test_pause_tells_what_it_keeps() -> None:
    bench = scene()
    protected(bench)
    entry = place(bench, BUY, 1, 99)
    answer = bench.command(Pause(S1))
    assert answer.confirmation is Confirmation.CONFIRMED
    assert "2 orders kept" in answer.effect
    assert "+2" in answer.effect
    assert entry.status is S.NEW
    assert denial(bench, BUY, 1, 99).rule == "not_running"
    assert ask(bench, SELL, 1, 101, reduce_only=True) in bench.desk.orders.live

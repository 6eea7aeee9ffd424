"""What the runtime tells the core: starts, due timers, overrun callbacks, clocks that jump."""

from functools import partial

import pytest

from tests.harness import SECOND, START, Bench, D, account
from tests.unit.core.hand import BTC, BUY, SELL, denial, do, hand, hold, place, scene
from tradewind import Context
from tradewind.model.commands import ForceStop, Pause, Stop
from tradewind.model.config import DeskConfig
from tradewind.model.effects import Level, ReadAccount
from tradewind.model.events import (
    CallbackOverran,
    ClockStepped,
    DeskStarted,
    Locked,
    Quote,
    TicksLost,
    Woke,
)
from tradewind.model.ids import AccountId, InstanceId, VenueId
from tradewind.model.order import OrderStatus

S1 = InstanceId("s1")
MS = 1_000_000


def restart(bench: Bench, **config: object) -> None:
    settings = DeskConfig(accounts=bench.accounts, **config)  # type: ignore[arg-type]
    bench.feed(DeskStarted(2, 0xABCDEF, settings, bench.now))


# --- the clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step_ms", "halts"),
    [(500, False), (501, True), (-500, False), (-501, True), (3_600_000, True)],
)
def test_a_clock_that_jumps_halts_new_risk_until_it_is_measured_again(
    step_ms: int, *, halts: bool
) -> None:
    bench = scene()
    hold(bench, "1")
    bench.feed(ClockStepped(step_ms * MS, bench.now))
    assert bool(bench.alerts("clock")) is halts
    if halts:
        assert denial(bench, BUY, 1, "99").rule == "clock"
        place(bench, SELL, 1, "100")
        bench.feed(ClockStepped(100 * MS, bench.now))
        bench.pass_time(1)
    place(bench, BUY, 1, "99")


def test_time_never_runs_backwards_and_timers_still_come() -> None:
    bench = scene()
    do(bench, lambda ctx: ctx.timer("t", after_s=2))
    bench.pass_time(1)
    before = bench.desk.world.now_ns
    late = before - 50 * SECOND
    bench._step(Quote(BTC.id, late, late, D("99.9"), D("100.1"), D(1), D(1)))
    assert bench.desk.world.now_ns == before
    bench._step(Woke(late))
    assert ("timer", "t") not in hand(bench).heard
    bench.pass_time(1)
    assert hand(bench).heard[-1] == ("timer", "t")


def _set_timer(ctx: Context, key: str, after_s: float) -> None:
    ctx.timer(key, after_s=after_s)


def test_a_clock_that_leaps_ahead_brings_every_timer_once_and_in_order() -> None:
    bench = scene()
    for key, after_s in (("c", 30), ("a", 10), ("b", 20)):
        do(bench, partial(_set_timer, key=key, after_s=after_s))
    bench._step(Woke(bench.now + 3600 * SECOND))
    timers = [each[1] for each in hand(bench).heard if each[0] == "timer"]
    assert timers == ["a", "b", "c"]


# --- timers ---------------------------------------------------------------------------------------


def test_the_same_key_is_one_timer_and_can_be_forgotten() -> None:
    bench = scene()
    do(bench, lambda ctx: ctx.timer("t", after_s=1))
    do(bench, lambda ctx: ctx.timer("t", after_s=3))
    do(bench, lambda ctx: ctx.timer("gone", after_s=1))
    do(bench, lambda ctx: ctx.cancel_timer("gone"))
    bench.pass_time(2)
    assert [each for each in hand(bench).heard if each[0] == "timer"] == []
    bench.pass_time(2)
    assert [each for each in hand(bench).heard if each[0] == "timer"] == [("timer", "t")]


def test_a_timer_in_the_past_comes_at_once() -> None:
    bench = scene()
    do(bench, lambda ctx: ctx.timer("t", at_ns=START - SECOND))
    bench.pass_time(0.001)
    assert hand(bench).heard[-1] == ("timer", "t")


def test_timers_of_two_instances_do_not_meet() -> None:
    bench = scene()
    bench.deploy(type(hand(bench)), BTC, name="s2")
    do(bench, lambda ctx: ctx.timer("t", after_s=1))
    bench.pass_time(2)
    assert ("timer", "t") in hand(bench).heard
    assert ("timer", "t") not in hand(bench, "s2").heard


def test_an_order_with_a_time_is_cancelled_when_it_is_over() -> None:
    bench = scene()
    order = place(bench, BUY, 1, "99", ttl_ns=2 * SECOND)
    bench.pass_time(1.5)
    statuses = [order.status]
    bench.pass_time(1)
    assert [*statuses, order.status] == [OrderStatus.NEW, OrderStatus.CANCELLED]


# --- callbacks that take too long -----------------------------------------------------------------


def test_a_slow_callback_is_told_and_goes_on() -> None:
    bench = scene()
    bench.feed(CallbackOverran(S1, "on_quote", 75 * MS, bench.now))
    (alert,) = bench.alerts("callback_overran")
    assert (alert.level, alert.instance) == (Level.WARNING, S1)
    assert "75 ms in on_quote" in alert.text
    place(bench, BUY, 1, "99")


def test_a_callback_that_never_returned_faults_its_instance() -> None:
    bench = scene()
    order = place(bench, BUY, 1, "99")
    bench.feed(CallbackOverran(S1, "on_quote", 20 * SECOND, bench.now, fatal=True))
    faulted = bench.desk.instances[S1].standing.faulted
    assert faulted == "on_quote raised TimeoutError: no return after 20000 ms"
    assert order.status is OrderStatus.CANCELLED


def test_an_overrun_of_an_instance_that_is_gone_is_nothing() -> None:
    bench = scene()
    assert bench.feed(CallbackOverran(InstanceId("x"), "on_quote", 75 * MS, bench.now)) == []


# --- starts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("auto_resume", "state"), [(True, "running"), (False, "paused")])
def test_after_a_restart_an_instance_runs_only_if_it_may(*, auto_resume: bool, state: str) -> None:
    bench = scene()
    made = bench.deploy(type(hand(bench)), BTC, name="r", auto_resume=auto_resume)
    restart(bench)
    assert bench.state("r") == state
    assert (("pause",) in made.heard) is not auto_resume
    assert bench.desk.instances[InstanceId("r")].standing.cause != "" or auto_resume


@pytest.mark.parametrize(("command", "state"), [(Pause(S1), "paused"), (ForceStop(S1), "dead")])
def test_what_a_person_ended_stays_so_after_a_restart(
    command: Pause | ForceStop, state: str
) -> None:
    bench = scene()
    bench.command(command)
    restart(bench)
    assert bench.state() == state


def test_a_stop_under_way_goes_on_after_a_restart() -> None:
    bench = scene()
    hold(bench, "1")
    bench.command(Stop(S1, timeout_s=10))
    restart(bench)
    assert bench.state() == "stopping"
    bench.pass_time(11)
    assert bench.state() == "stopped"


def test_a_start_doubts_what_was_under_way_and_reads_every_account() -> None:
    bench = Bench(account("A"), account("B"), auto_ack=False)
    bench.define(BTC)
    bench.quote(BTC, "99.9", "100.1")
    bench.deploy(_hand(), BTC)
    order = place(bench, BUY, 1, "99")
    mark = len(bench.effects)
    bench.reads_fail = True
    restart(bench)
    assert order.status is OrderStatus.UNKNOWN
    reads = [each.account for each in bench.effects[mark:] if type(each) is ReadAccount]
    assert reads == ["A", "B"]
    assert [each.reconciled for each in bench.desk.accounts.values()] == [False, False]


def _hand() -> type:
    return type(hand(scene()))


def test_new_orders_after_a_restart_have_ids_of_the_new_epoch() -> None:
    bench = scene()
    first = place(bench, BUY, 1, "99")
    restart(bench)
    bench.deploy(type(hand(bench)), BTC, name="s2")
    bench.quote(BTC, "99.9", "100.1")
    second = place(bench, BUY, 1, "98", name="s2")
    assert (first.epoch, second.epoch) == (1, 2)
    assert first.client_order_id[:5] != second.client_order_id[:5]


# --- doubt ----------------------------------------------------------------------------------------


def test_a_lock_by_the_runtime_lasts_until_the_account_was_read() -> None:
    bench = scene()
    bench.reads_fail = True
    bench.feed(Locked(AccountId("A"), VenueId("BYBIT"), "it stutters", bench.now))
    assert denial(bench, BUY, 1, "99").rule == "not_reconciled"
    assert bench.alerts("locked")[0].text == "A is locked: it stutters."
    bench.reads_fail = False
    bench.feed(bench.report(AccountId("A")))
    place(bench, BUY, 1, "98")


def test_lost_events_are_told_with_their_numbers() -> None:
    bench = scene()
    bench.feed(TicksLost(7, 9, bench.now))
    assert "Events 7 to 9 are lost" in bench.alerts("ticks_lost")[0].text

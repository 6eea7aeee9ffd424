"""A position of the scalper under commands, restarts and random fills."""

import random
from collections.abc import Callable

import pytest

from tests.harness import Bench, D
from tests.unit.strategies.favourite_scalper.scalping import Scalping
from tests.unit.strategies.restarts import cold, decided_again, warm
from tradewind.model.commands import (
    Command,
    Flatten,
    ForceStop,
    Kill,
    Pause,
    Resume,
    SetParameters,
    SingleFire,
    Stop,
    Tell,
)
from tradewind.model.effects import Confirmation
from tradewind.model.ids import InstanceId
from tradewind.model.money import ZERO
from tradewind.model.order import Order, Side
from tradewind.strategies.favourite_scalper.slots import Phase

NAME = InstanceId("s1")
Prepare = Callable[[Scalping], object]


def flat(desk: Scalping) -> None:
    desk.book("0.84", "0.86")


def entering(desk: Scalping) -> None:
    desk.book("0.91", "0.92")


def entered(desk: Scalping) -> None:
    desk.enter("400")


def monitoring(desk: Scalping) -> None:
    desk.enter()


def exiting(desk: Scalping) -> None:
    desk.enter()
    desk.book("0.90", "0.92")
    desk.book("0.90", "0.92")


STATES: dict[str, Prepare] = {
    "flat": flat,
    "entering": entering,
    "entered": entered,
    "monitoring": monitoring,
    "exiting": exiting,
}
ACCEPTED, CONFIRMED = Confirmation.ACCEPTED, Confirmation.CONFIRMED
REFUSED = Confirmation.REFUSED
LATER = {**dict.fromkeys(STATES, ACCEPTED), "flat": CONFIRMED}
COMMANDS: list[tuple[str, Command, dict[str, Confirmation], str]] = [
    ("pause", Pause(NAME), {}, "paused"),
    ("resume", Resume(NAME), {}, "running"),
    ("single_fire", SingleFire(NAME), {}, "running"),
    ("stop", Stop(NAME), LATER, ""),
    (
        "force_stop",
        ForceStop(NAME),
        {**dict.fromkeys(STATES, REFUSED), "flat": CONFIRMED, "entering": ACCEPTED},
        "",
    ),
    (
        "force_stop with protection",
        ForceStop(NAME, cancel_protective=True),
        LATER,
        "dead",
    ),
    ("flatten", Flatten(NAME), LATER, "paused"),
    ("kill", Kill(), dict.fromkeys(STATES, ACCEPTED), "running"),
    ("set", SetParameters(NAME, {"max_hold_min": 60}), {}, "running"),
    ("status", Tell(NAME, "status"), {}, "running"),
    ("reset_breaker", Tell(NAME, "reset_breaker"), {}, "running"),
    (
        "close",
        Tell(NAME, "close", {"instrument": "KALSHI:RAIN:YES"}),
        {"flat": REFUSED},
        "running",
    ),
    ("nonsense", Tell(NAME, "toggle_jump"), dict.fromkeys(STATES, REFUSED), "running"),
]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("name", "command", "answers", "lifecycle"), COMMANDS, ids=[row[0] for row in COMMANDS]
)
def test_every_command_in_every_state_has_a_defined_answer(
    name: str, command: Command, answers: dict[str, Confirmation], lifecycle: str, state: str
) -> None:
    desk = Scalping()
    STATES[state](desk)
    answer = desk.bench.command(command)
    assert answer.confirmation is answers.get(state, CONFIRMED), answer.effect
    if lifecycle:
        assert desk.bench.state() == lifecycle
    assert not desk.bench.desk.instances[NAME].standing.faulted
    desk.bench.pass_time(3)
    assert not desk.bench.desk.instances[NAME].standing.faulted


@pytest.mark.parametrize("state", STATES)
def test_a_force_stop_leaves_no_working_opening_order(state: str) -> None:
    desk = Scalping()
    STATES[state](desk)
    desk.bench.command(ForceStop(NAME, cancel_protective=True))
    assert desk.live() == []
    desk.bench.pass_time(60)
    desk.book("0.91", "0.92")
    assert desk.live() == []
    assert desk.bench.state() == "dead"


def test_a_refused_force_stop_changes_nothing() -> None:
    desk = Scalping()
    desk.enter()
    answer = desk.bench.command(ForceStop(NAME))
    assert "flatten" in answer.effect
    assert desk.bench.state() == "running"
    assert desk.live() == [("sell", "1086", "0.94", "take_profit")]


def test_a_pause_cancels_the_entry_and_keeps_the_exits() -> None:
    desk = Scalping()
    desk.enter("400")
    desk.bench.command(Pause(NAME))
    desk.bench.pass_time(1.1)
    assert desk.live() == [("sell", "400", "0.94", "take_profit")]
    desk.book("0.90", "0.92")
    desk.book("0.90", "0.92")
    assert desk.live() == [("sell", "400", "0.85", "stop_loss")]


def test_a_single_fire_takes_one_position_and_pauses() -> None:
    desk = Scalping()
    desk.bench.command(Pause(NAME))
    desk.book("0.91", "0.92")
    assert desk.live() == []
    desk.bench.command(SingleFire(NAME))
    desk.enter()
    assert desk.bench.state() == "running"
    desk.bench.fill(desk.bench.orders()[0])
    assert desk.bench.state() == "paused"
    desk.book("0.91", "0.92")
    assert desk.live() == []


def test_a_stop_cancels_the_entry_and_lets_the_position_run_to_its_exit() -> None:
    desk = Scalping()
    desk.enter("400")
    desk.bench.command(Stop(NAME))
    desk.bench.pass_time(1.1)
    assert desk.live() == [("sell", "400", "0.94", "take_profit")]
    assert desk.bench.state() == "stopping"
    desk.bench.fill(desk.bench.orders()[0])
    assert desk.bench.state() == "stopped"


def test_a_stop_that_runs_out_of_time_says_what_is_left() -> None:
    desk = Scalping()
    desk.enter()
    desk.bench.command(Stop(NAME, timeout_s=10))
    desk.bench.pass_time(12)
    assert desk.bench.state() == "stopped"
    assert len(desk.bench.alerts("position_left_open")) == 1


def test_a_flatten_is_left_to_the_engine() -> None:
    desk = Scalping()
    desk.enter()
    desk.bench.command(Flatten(NAME))
    assert [reason for *_, reason in desk.live()] == ["flatten"]
    desk.bench.pass_time(1)
    (closing,) = desk.bench.orders()
    desk.bench.fill(closing, px="0.91")
    assert desk.slot() is None
    assert desk.live() == []
    assert desk.strategy.state.record.realised == D("-10.86")


def test_a_close_leaves_one_position_by_the_exit_mechanics() -> None:
    desk = Scalping()
    desk.enter()
    desk.bench.command(Tell(NAME, "close", {"instrument": str(desk.rain.id)}))
    assert desk.live() == [("sell", "1086", "0.86", "manual")]


# --- restarts ---------------------------------------------------------------------------------


def restart(desk: Scalping, how: Callable[[Bench, float], None], down_s: float = 0) -> None:
    how(desk.bench, down_s)
    desk.strategy = desk.bench.desk.instances[NAME].strategy


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("how", [warm, cold])
def test_a_restart_in_any_state_doubles_nothing_and_keeps_the_stop(
    how: Callable[[Bench, float], None], state: str
) -> None:
    desk = Scalping(auto_resume=True)
    STATES[state](desk)
    held = desk.bench.position(desk.rain)
    before = {name: slot.stop for name, slot in desk.strategy.state.slots.items()}
    restart(desk, how)
    desk.bench.pass_time(3)
    assert desk.bench.position(desk.rain) == held
    assert len(desk.bench.orders()) <= 2
    assert sum((each.leaves_qty for each in sells(desk)), ZERO) <= held
    kept = {name: slot.stop for name, slot in desk.strategy.state.slots.items()}
    assert kept == before


@pytest.mark.parametrize("how", [warm, cold])
def test_a_stop_fires_after_a_restart(how: Callable[[Bench, float], None]) -> None:
    desk = Scalping()
    desk.enter()
    restart(desk, how, 30)
    desk.bench.pass_time(2)
    assert desk.bench.state() == "paused"
    assert [reason for *_, reason in desk.live()] == ["take_profit"]
    desk.book("0.89", "0.92")
    desk.book("0.89", "0.92")
    assert desk.live() == [("sell", "1086", "0.84", "stop_loss")]


@pytest.mark.parametrize("how", [warm, cold])
def test_time_spent_down_counts_towards_the_holding_time(
    how: Callable[[Bench, float], None],
) -> None:
    desk = Scalping()
    desk.enter()
    restart(desk, how, 7200)
    desk.bench.pass_time(2)
    assert {slot.exit_reason for slot in desk.strategy.state.slots.values()} == {"time_exit"}
    desk.book("0.91", "0.92")
    assert [reason for *_, reason in desk.live()] == ["time_exit"]


# --- random fills -----------------------------------------------------------------------------


def test_random_fills_never_leave_a_position_without_its_equal_protection(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(40):
        desk = Scalping(partial_policy=dice.choice(["wait", "cancel_rest"]), silence_exit_s=0)
        entering(desk)
        for _ in range(30):
            act(desk, dice)
            assert_guarded(desk)
        finish(desk)
        assert decided_again(desk.bench) == desk.bench.desk.decisions.digest()
        assert desk.bench.position(desk.rain) == 0
        assert desk.live() == []
        assert not desk.strategy.state.slots


def act(desk: Scalping, dice: random.Random) -> None:
    live = desk.bench.orders(desk.rain)
    choice = dice.random()
    if choice < 0.5 and live:
        order = dice.choice(live)
        part = D(dice.randint(1, int(order.leaves_qty)))
        desk.bench.fill(order, part)
    elif choice < 0.6 and live:
        desk.bench.cancelled(dice.choice(live))
    elif choice < 0.8:
        bid = dice.choice(["0.88", "0.90", "0.91", "0.92"])
        desk.book(bid, str(D(bid) + D("0.01")))
    else:
        desk.bench.pass_time(dice.choice([0.3, 1.1, 4]))


def assert_guarded(desk: Scalping) -> None:
    """What sells never exceeds what is held; once answered and rested, it equals it."""
    held = desk.bench.position(desk.rain)
    selling = sum((each.leaves_qty for each in sells(desk)), ZERO)
    assert held >= 0
    assert selling <= held
    if held:
        slot = desk.slot()
        assert slot.stop is not None
        resting = desk.bench.now < slot.retry_ns or slot.phase is Phase.EXITING
        assert selling == held or resting


def sells(desk: Scalping) -> list[Order]:
    """Return the live sells; every one of them may only reduce."""
    found = [each for each in desk.bench.orders(desk.rain) if each.side is Side.SELL]
    assert all(each.spec.reduce_only for each in found)
    return found


def finish(desk: Scalping) -> None:
    """Let every order fill until the position is gone."""
    desk.book("0.84", "0.95")
    for _ in range(200):
        live = desk.bench.orders(desk.rain)
        if live:
            desk.bench.fill(live[0])
        elif not desk.strategy.state.slots:
            return
        desk.bench.pass_time(1.1)

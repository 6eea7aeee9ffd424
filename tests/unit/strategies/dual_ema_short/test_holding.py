"""A short position under commands, restarts and random fills."""

import random
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.harness import Bench, D
from tests.unit.strategies.dual_ema_short.shorting import FALL, Shorting, coin
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
from tradewind.model.order import Order, OrderType, Side
from tradewind.strategies.dual_ema_short.slots import Phase

NAME = InstanceId("s1")
Prepare = Callable[[Shorting], object]


def flat(desk: Shorting) -> None:
    desk.feed(*FALL[:-1])


def entering(desk: Shorting) -> None:
    desk.feed(*FALL)


def short(desk: Shorting) -> None:
    desk.enter()


def exiting(desk: Shorting) -> None:
    desk.enter()
    desk.feed("103.4")


def cooling(desk: Shorting) -> None:
    desk.enter()
    desk.bench.fill(desk.stops()[0], px="103.52")


STATES: dict[str, Prepare] = {
    "flat": flat,
    "entering": entering,
    "short": short,
    "exiting": exiting,
    "cooldown": cooling,
}
ACCEPTED, CONFIRMED = Confirmation.ACCEPTED, Confirmation.CONFIRMED
REFUSED = Confirmation.REFUSED
QUIET = {"flat": CONFIRMED, "cooldown": CONFIRMED}
LATER = {**dict.fromkeys(STATES, ACCEPTED), **QUIET}
COMMANDS: list[tuple[str, Command, dict[str, Confirmation], str]] = [
    ("pause", Pause(NAME), {}, "paused"),
    ("resume", Resume(NAME), {}, "running"),
    ("single_fire", SingleFire(NAME), {}, "running"),
    ("stop", Stop(NAME), LATER, ""),
    ("force_stop", ForceStop(NAME), {"entering": ACCEPTED}, "dead"),
    ("force_stop all", ForceStop(NAME, cancel_protective=True), LATER, "dead"),
    ("flatten", Flatten(NAME), LATER, "paused"),
    ("kill", Kill(), dict.fromkeys(STATES, ACCEPTED), "running"),
    ("set", SetParameters(NAME, {"stop_loss_pct": {"*": "2"}}), {}, "running"),
    ("set fixed", SetParameters(NAME, {"ema_fast": 4}), dict.fromkeys(STATES, REFUSED), ""),
    ("status", Tell(NAME, "status"), {}, "running"),
    ("reset_halt", Tell(NAME, "reset_halt"), {}, "running"),
    (
        "close",
        Tell(NAME, "close", {"instrument": "BYBIT:XUSDT"}),
        {**dict.fromkeys(STATES, REFUSED), "short": CONFIRMED},
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
    desk = Shorting()
    STATES[state](desk)
    answer = desk.bench.command(command)
    assert answer.confirmation is answers.get(state, CONFIRMED), answer.effect
    if lifecycle:
        assert desk.bench.state() == lifecycle
    assert not desk.bench.desk.instances[NAME].standing.faulted
    desk.bench.pass_time(3)
    assert not desk.bench.desk.instances[NAME].standing.faulted


@pytest.mark.parametrize("state", STATES)
def test_a_force_stop_leaves_no_working_opening_order_and_keeps_the_stops(state: str) -> None:
    desk = Shorting()
    STATES[state](desk)
    held = desk.bench.position(desk.coin)
    desk.bench.command(ForceStop(NAME))
    desk.bench.pass_time(60)
    assert [each for each in desk.bench.orders() if each.side is Side.SELL] == []
    assert sum((each.leaves_qty for each in desk.stops()), ZERO) == -held
    assert desk.bench.state() == "dead"


def test_a_pause_keeps_the_exits_running_and_opens_nothing() -> None:
    desk = Shorting(cooldown_min=0, cross_window_min=120)
    desk.enter()
    desk.bench.command(Pause(NAME))
    desk.feed("103.4")
    (exit_,) = [each for each in desk.bench.orders() if each.reason == "regime_exit"]
    desk.bench.fill(exit_, px="103.4")
    desk.feed("101", "100")
    assert desk.bench.orders() == []


def test_a_single_fire_takes_the_next_entry_of_any_asset_and_pauses() -> None:
    one, two = coin("AUSDT"), coin("BUSDT")
    desk = Shorting(one, two)
    desk.bench.command(SingleFire(NAME))
    desk.enter()
    desk.feed(*FALL, on=two)
    assert desk.bench.orders(two) == []
    assert desk.bench.state() == "running"
    desk.bench.fill(desk.stops()[0], px="103.52")
    assert desk.bench.state() == "paused"


def test_a_stop_lets_positions_run_to_their_exits() -> None:
    desk = Shorting()
    desk.enter()
    desk.bench.command(Stop(NAME))
    assert desk.bench.state() == "stopping"
    desk.bench.fill(desk.stops()[0], px="103.52")
    assert desk.bench.state() == "stopped"
    assert desk.bench.orders() == []


def test_a_flatten_is_left_to_the_engine() -> None:
    desk = Shorting()
    desk.enter()
    desk.bench.command(Flatten(NAME))
    assert [each.reason for each in desk.bench.orders()] == ["flatten"]
    desk.bench.fill(desk.bench.orders()[0], px="102.5")
    assert desk.slot().phase is Phase.FLAT
    assert desk.bench.orders() == []


def test_changed_distances_move_the_guard() -> None:
    desk = Shorting()
    desk.enter()
    desk.bench.command(SetParameters(NAME, {"stop_loss_pct": {"*": "2"}}))
    assert [each.trigger_px for each in desk.stops()] == [D("104.55")]


def test_a_late_fill_of_an_ended_entry_is_guarded() -> None:
    desk = Shorting()
    desk.feed(*FALL)
    (entry,) = desk.bench.orders()
    desk.bench.cancelled(entry)
    assert desk.slot().phase is Phase.FLAT
    desk.bench.fill(entry, "1", "102.5")
    assert desk.slot().phase is Phase.SHORT
    assert [each.qty for each in desk.stops()] == [D(1)]


def restart(desk: Shorting, how: Callable[[Bench, float], None], down_s: float = 0) -> None:
    how(desk.bench, down_s)
    desk.strategy = desk.bench.desk.instances[NAME].strategy


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("how", [warm, cold])
def test_a_restart_in_any_state_doubles_nothing(
    how: Callable[[Bench, float], None], state: str
) -> None:
    desk = Shorting(auto_resume=True)
    STATES[state](desk)
    held = desk.bench.position(desk.coin)
    before = desk.slot()
    restart(desk, how)
    desk.bench.pass_time(3)
    assert desk.bench.position(desk.coin) == held
    assert [each.leaves_qty for each in desk.stops()] == ([-held] if held else [])
    assert (desk.slot().phase, desk.slot().entered_ns) == (before.phase, before.entered_ns)
    assert (desk.slot().crosses, desk.slot().cooldown_ns) == (before.crosses, before.cooldown_ns)


@pytest.mark.parametrize("how", [warm, cold])
def test_a_restart_keeps_guard_and_clock(how: Callable[[Bench, float], None]) -> None:
    desk = Shorting()
    desk.enter()
    entered_ns = desk.slot().entered_ns
    before = [(each.reason, each.qty, each.trigger_px) for each in desk.bench.orders()]
    restart(desk, how, 24 * 3600)
    assert [(each.reason, each.qty, each.trigger_px) for each in desk.bench.orders()] == before
    assert desk.slot().entered_ns == entered_ns
    desk.feed("102.4")
    assert "time_exit" in [each.reason for each in desk.bench.orders()]


def test_random_fills_never_leave_a_position_without_its_equal_stop(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(40):
        desk = Shorting(coin(native_amend=dice.random() < 0.5))
        desk.feed(*FALL)
        for _ in range(25):
            act(desk, dice)
            assert_guarded(desk)
        finish(desk)
        assert decided_again(desk.bench) == desk.bench.desk.decisions.digest()
        assert desk.bench.position(desk.coin) == 0
        assert desk.bench.orders() == []
        assert desk.slot().phase is Phase.FLAT


def act(desk: Shorting, dice: random.Random) -> None:
    live = [each for each in desk.bench.orders() if each.spec.order_type is not OrderType.STOP]
    choice = dice.random()
    if choice < 0.5 and live:
        order = dice.choice(live)
        part = order.leaves_qty * dice.randint(1, 100) / 100
        part = min(max(desk.coin.floor_qty(part), desk.coin.qty_step), most(desk, order))
        desk.bench.fill(order, part, order.px)
    elif choice < 0.6 and live:
        desk.bench.cancelled(dice.choice(live))
    elif choice < 0.85:
        desk.feed(dice.choice(["102.4", "102.0", "101.0", "103.0", "103.4"]))
    else:
        desk.bench.pass_time(dice.choice([0.3, 1.1, 4]))


def assert_guarded(desk: Shorting) -> None:
    held = -desk.bench.position(desk.coin)
    stops = sum((each.leaves_qty for each in desk.stops()), ZERO)
    assert held >= 0
    assert stops == held


def most(desk: Shorting, order: Order) -> Decimal:
    """Return what a venue would fill at most: reduce-only orders never pass the position."""
    if not order.spec.reduce_only:
        return order.leaves_qty
    return min(order.leaves_qty, -desk.bench.position(desk.coin))


def finish(desk: Shorting) -> None:
    desk.bench.command(Pause(NAME))
    for _ in range(100):
        live = desk.bench.orders()
        if not live:
            return
        if live[0].side is Side.SELL:
            desk.bench.cancelled(live[0])
        else:
            desk.bench.fill(live[0], most(desk, live[0]), live[0].px or "103.52")
        desk.bench.pass_time(1.1)

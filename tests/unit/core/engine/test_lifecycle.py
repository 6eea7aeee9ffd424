"""Every command in every state, as one table: moved, answered, or refused with the states named."""

import pytest
from msgspec.structs import replace

from tests.harness import Bench
from tests.unit.core.hand import BTC, BUY, do, hand, hold, place, scene
from tradewind import Context
from tradewind.core.engine.lifecycle import ALLOWED
from tradewind.model.commands import (
    Command,
    Deploy,
    Flatten,
    ForceStop,
    Lifecycle,
    Pause,
    Resume,
    SetParameters,
    SingleFire,
    Stop,
    Tell,
)
from tradewind.model.config import InstanceSpec
from tradewind.model.effects import Confirmation, LifecycleChanged, ParametersChanged
from tradewind.model.ids import AccountId, InstanceId

S1 = InstanceId("s1")
SPEC = InstanceSpec(id=S1, strategy="Hand", accounts=(AccountId("A"),), instruments=(BTC.id,))
COMMANDS: dict[str, Command] = {
    "pause": Pause(S1),
    "resume": Resume(S1),
    "single_fire": SingleFire(S1),
    "stop": Stop(S1),
    "stop_flat": Stop(S1, flatten=True),
    "force_stop": ForceStop(S1),
    "flatten": Flatten(S1),
    "set": SetParameters(S1, {"size": 2}),
    "set_fixed": SetParameters(S1, {"fixed": 2}),
    "tell": Tell(S1, "do", {"act": lambda ctx: None, "results": []}),
    "deploy": Deploy(SPEC),
}
NO = "refused"
# What each command makes of each state; `-` leaves it, NO refuses. Faulted ones are running.
TABLE = """
             pending   running    paused     stopping   stopped  dead     faulted
pause        refused   paused     -          refused    refused  refused  paused
resume       running   -          running    refused    running  refused  running
single_fire  refused   running    running    refused    refused  refused  refused
stop         refused   stopped    stopped    refused    refused  refused  stopped
stop_flat    refused   stopped    stopped    refused    refused  refused  stopped
force_stop   dead      dead       dead       dead       dead     refused  dead
flatten      -         paused     -          -          -        -        paused
set          -         -          -          -          -        refused  -
set_fixed    -         refused    refused    refused    -        refused  refused
tell         refused   -          -          -          refused  refused  refused
deploy       refused   refused    refused    refused    refused  running  refused
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]
CASES = [
    (row[0], state, outcome)
    for row in ROWS[1:]
    for state, outcome in zip(ROWS[0], row[1:], strict=True)
]


def stumble(ctx: Context) -> None:
    raise ZeroDivisionError("stumbled")


def standing_at(state: str) -> Bench:
    """Return a bench whose s1 stands in a state, reached by commands alone."""
    bench = scene()
    if state == "pending":
        bench.command(ForceStop(S1))
        bench.command(Deploy(SPEC, start=False))
    elif state == "paused":
        bench.command(Pause(S1))
    elif state == "stopping":
        hold(bench, "1")
        bench.command(Stop(S1))
    elif state == "stopped":
        bench.command(Stop(S1))
    elif state == "dead":
        bench.command(ForceStop(S1))
    elif state == "faulted":
        bench.command(Tell(S1, "do", {"act": stumble, "results": []}))
    return bench


@pytest.mark.parametrize(("command", "state", "outcome"), CASES)
def test_every_command_in_every_state(command: str, state: str, outcome: str) -> None:
    bench = standing_at(state)
    assert bench.state() == ("running" if state == "faulted" else state)
    before = bench.state()
    mark = len(bench.effects)
    answer = bench.command(COMMANDS[command])
    if outcome == NO:
        assert answer.confirmation is Confirmation.REFUSED
        assert bench.state() == before
        changes = (LifecycleChanged, ParametersChanged)
        assert not any(type(each) in changes for each in bench.effects[mark:])
    else:
        assert answer.confirmation is not Confirmation.REFUSED, answer.effect
        assert bench.state() == (before if outcome == "-" else outcome)


@pytest.mark.parametrize(("command", "state", "outcome"), CASES)
def test_a_refusal_names_where_the_instance_stands(command: str, state: str, outcome: str) -> None:
    if outcome != NO or command == "deploy":
        return
    answer = standing_at(state).command(COMMANDS[command])
    word = "running" if (command, state) == ("set_fixed", "faulted") else state
    assert word in answer.effect


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "deploy"])
def test_a_command_for_nobody_names_those_that_are_there(command: str) -> None:
    bench = scene()
    bench.deploy(type(hand(bench)), BTC, name="other")
    answer = bench.command(replace(COMMANDS[command], instance=InstanceId("nobody")))
    assert answer.confirmation is Confirmation.REFUSED
    assert "there are: s1, other" in answer.effect


def test_a_refused_move_names_where_it_could_go() -> None:
    answer = standing_at("stopped").command(Pause(S1))
    assert "found it stopped; from there it can go to dead, running" in answer.effect
    assert "can go to none" in standing_at("dead").command(Pause(S1)).effect


def test_the_table_of_moves_is_the_one_of_the_design() -> None:
    words = {state.value: sorted(each.value for each in moves) for state, moves in ALLOWED.items()}
    assert words == {
        "pending": ["dead", "running"],
        "running": ["dead", "paused", "stopping"],
        "paused": ["dead", "running", "stopping"],
        "stopping": ["dead", "stopped"],
        "stopped": ["dead", "running"],
        "dead": [],
    }
    assert set(ALLOWED) == set(Lifecycle)


def test_every_move_is_a_fact_with_cause_and_time() -> None:
    bench = scene()
    bench.command(Pause(S1), "p-1")
    told = [each for each in bench.effects if type(each) is LifecycleChanged][-1]
    assert (told.instance, told.state, told.cause) == (S1, Lifecycle.PAUSED, "pause p-1")
    assert told.ts == bench.now == bench.desk.instances[S1].standing.since_ns


@pytest.mark.parametrize("state", ["pending", "stopped", "dead", "faulted"])
def test_market_data_reaches_only_instances_that_work(state: str) -> None:
    bench = standing_at(state)
    heard: list[object] = []
    vars(bench.desk.instances[S1].strategy)["heard"] = heard
    bench.quote(BTC, "99", "101")
    bench.trade(BTC, "100")
    assert heard == []


def test_an_instance_that_died_can_be_deployed_again_under_its_name() -> None:
    bench = scene()
    hold(bench, "2")
    bench.command(ForceStop(S1))
    answer = bench.command(Deploy(SPEC))
    assert answer.effect == "s1 runs Hand on 1 instruments"
    assert bench.position(BTC) == 2
    place(bench, BUY, 1, "99")
    assert do(bench, lambda ctx: ctx.position(BTC.id).qty) == 2

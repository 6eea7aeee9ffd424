"""Life cycle, commands, parameters and restarts of the pair maker, through the real engine."""

import pickle
from typing import Any

import msgspec
import pytest

from tests.harness import Bench, D, account, binary
from tests.unit.strategies.join_jump.pairs import Pair, kalshi_pair, no, yes
from tradewind.model.commands import (
    Command,
    Flatten,
    ForceStop,
    Pause,
    Resume,
    SetParameters,
    SingleFire,
    Stop,
    Tell,
)
from tradewind.model.effects import Confirmation
from tradewind.model.ids import InstanceId
from tradewind.model.order import Order, Side
from tradewind.strategies.join_jump.state import PairState, Phase
from tradewind.strategies.join_jump.strategy import JoinJumpPairMaker

S1 = InstanceId("s1")


def _both_fill(pair: Pair) -> None:
    pair.bench.fill(pair.order(pair.a))
    pair.bench.fill(pair.order(pair.b))


# --- life cycle -------------------------------------------------------------------------------


def test_pause_keeps_the_cycle_quoted_and_opens_no_other() -> None:
    pair = kalshi_pair()
    pair.tick()
    pair.bench.command(Pause(S1))
    pair.books({"0.41": 100, "0.42": 3}, {"0.55": 83})
    pair.tick()
    assert pair.rows() == [yes(3, "0.41"), no(3, "0.55")]
    _both_fill(pair)
    pair.tick(3)
    assert pair.rows() == []
    pair.bench.command(Resume(S1))
    pair.tick()
    assert len(pair.rows()) == 2


def test_a_paused_cycle_that_left_the_market_is_over() -> None:
    pair = kalshi_pair()
    pair.tick()
    pair.bench.command(Pause(S1))
    pair.bench.silence(7)
    pair.books()
    pair.tick(2)
    assert pair.rows() == []
    assert pair.notes("cycle_closed")[0]["cause"] == "withdrawn"


def test_manual_mode_opens_a_cycle_only_by_single_fire() -> None:
    pair = kalshi_pair(mode="manual")
    pair.tick(3)
    assert pair.rows() == []
    pair.bench.command(SingleFire(S1))
    pair.tick()
    _both_fill(pair)
    assert pair.bench.state() == "paused"
    pair.tick(3)
    assert pair.rows() == []


def test_max_cycles_ends_the_quoting() -> None:
    pair = kalshi_pair(max_cycles=2)
    for _ in range(2):
        pair.tick()
        _both_fill(pair)
    pair.tick(3)
    assert pair.rows() == []
    assert pair.maker.state.completed == 2


def test_stop_without_a_cycle_stops_at_once() -> None:
    pair = kalshi_pair()
    assert pair.bench.command(Stop(S1)).confirmation in (
        Confirmation.ACCEPTED,
        Confirmation.CONFIRMED,
    )
    assert pair.bench.state() == "stopped"


def test_stop_gives_up_an_unfilled_cycle_when_its_patience_ends() -> None:
    pair = kalshi_pair(stop_timeout_s=20)
    pair.tick()
    pair.bench.command(Stop(S1, timeout_s=20))
    pair.tick(10)
    assert len(pair.rows()) == 2
    pair.tick(7)
    assert pair.rows() == []
    assert pair.bench.state() == "stopped"
    assert pair.notes("cycle_closed")[0]["cause"] == "stop"


@pytest.mark.parametrize(("yes_bid", "sent"), [("0.42", True), ("0.30", False)])
def test_stop_tries_the_way_out_once_when_its_patience_ends(yes_bid: str, sent: bool) -> None:
    pair = kalshi_pair(stop_timeout_s=20, rebalance_adverse_ticks=50)
    pair.tick()
    pair.bench.fill(pair.order(pair.a))
    pair.books({yes_bid: 100}, {"0.55": 100})
    pair.bench.command(Stop(S1, timeout_s=20))
    pair.tick(16)
    tried = [order for order in pair.bench.orders() if order.reason == "rebalance"]
    assert bool(tried) is sent
    if sent:
        pair.bench.fill(tried[0], maker=False)
        assert pair.bench.state() == "stopped"
        assert not pair.bench.alerts("position_left_open")
    else:
        assert pair.rows() == []
        assert pair.bench.alerts("position_left_open")


def test_flatten_ends_the_cycle_and_closes_what_is_held() -> None:
    pair = kalshi_pair()
    pair.tick()
    pair.bench.fill(pair.order(pair.a))
    pair.bench.command(Flatten(S1))
    (closing,) = pair.bench.orders()
    assert (closing.side, closing.qty) == (Side.SELL, D(3))
    pair.bench.fill(closing, maker=False)
    pair.tick(3)
    assert pair.rows() == []
    assert pair.bench.position(pair.a) == 0
    assert pair.maker.state.cycle == ""
    assert not pair.bench.alerts("late_fill")


# --- every command in every state -------------------------------------------------------------


def _waiting(pair: Pair) -> None:
    pair.books({"0.43": 100}, {"0.56": 100})
    pair.tick()


def _quoting(pair: Pair) -> None:
    pair.tick()


def _half(pair: Pair) -> None:
    pair.tick()
    pair.bench.fill(pair.order(pair.a))


def _rebalancing(pair: Pair) -> None:
    _half(pair)
    pair.books({"0.38": 100}, {"0.60": 100})
    pair.tick()


def _blocked(pair: Pair) -> None:
    _half(pair)
    pair.books({"0.30": 100}, {"0.60": 100})
    pair.tick()


def _paused(pair: Pair) -> None:
    _half(pair)
    pair.bench.command(Pause(S1))


def _stopping(pair: Pair) -> None:
    _half(pair)
    pair.bench.command(Stop(S1))


def _stopped(pair: Pair) -> None:
    pair.bench.command(Stop(S1))


def _dead(pair: Pair) -> None:
    pair.bench.command(ForceStop(S1))


STATES = {
    "wait_market": _waiting,
    "quoting": _quoting,
    "half_filled": _half,
    "rebalancing": _rebalancing,
    "blocked": _blocked,
    "paused": _paused,
    "stopping": _stopping,
    "stopped": _stopped,
    "dead": _dead,
}
COMMANDS: dict[str, Command] = {
    "pause": Pause(S1),
    "resume": Resume(S1),
    "single_fire": SingleFire(S1),
    "stop": Stop(S1),
    "force_stop": ForceStop(S1),
    "flatten": Flatten(S1),
    "set": SetParameters(S1, {"contract_increment": 2}),
    "toggle_jump": Tell(S1, "toggle_jump", {"market_index": 1}),
    "toggle_jump without a leg": Tell(S1, "toggle_jump"),
    "toggle_fair_value": Tell(S1, "toggle_fair_value"),
    "unknown": Tell(S1, "toggle_moon"),
}
ALWAYS_REFUSED = {"toggle_jump without a leg", "unknown"}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_answer_in_every_state(state: str, command: str) -> None:
    pair = kalshi_pair(fair_value={"overlay": "midpoint_fair_value"})
    STATES[state](pair)
    expected = state.replace("paused", "half_filled").replace("stopping", "half_filled")
    if state not in ("stopped", "dead"):
        assert pair.maker.state.phase.value == expected
    answer = pair.bench.command(COMMANDS[command])
    assert answer.effect
    if command in ALWAYS_REFUSED:
        assert answer.confirmation is Confirmation.REFUSED
    if command == "force_stop":
        opening = [each for each in pair.bench.orders() if each.side is Side.BUY]
        assert opening == []
    pair.tick(3)
    assert pair.bench.desk.instances[S1].standing.faulted == ""
    assert all(len(pair.bench.orders(leg)) <= 1 for leg in (pair.a, pair.b))


@pytest.mark.parametrize("index", [None, 2, -1, "A", True])
def test_toggle_jump_names_the_legs_it_knows(index: Any) -> None:
    pair = kalshi_pair()
    answer = pair.tell("toggle_jump", market_index=index)
    assert answer.confirmation is Confirmation.REFUSED
    assert "0 for leg A or 1 for leg B" in answer.effect


def test_toggle_fair_value_without_an_overlay_is_refused() -> None:
    answer = kalshi_pair().tell("toggle_fair_value")
    assert answer.confirmation is Confirmation.REFUSED


def test_toggle_jump_twice_goes_back_to_join() -> None:
    pair = kalshi_pair()
    pair.tick()
    pair.tell("toggle_jump", market_index=1)
    pair.tick()
    assert pair.rows() == [yes(3, "0.42"), no(3, "0.56")]
    pair.tell("toggle_jump", market_index=1)
    pair.tick()
    assert pair.rows() == [yes(3, "0.42"), no(3, "0.55")]


# --- parameters -------------------------------------------------------------------------------


def test_lowering_the_increment_shrinks_the_running_cycle_down_to_what_has_filled() -> None:
    pair = kalshi_pair()
    pair.tick()
    pair.bench.fill(pair.order(pair.a), "2")
    pair.bench.command(SetParameters(S1, {"contract_increment": 1}))
    pair.tick()
    assert pair.rows() == [yes(1, "0.42"), no(3, "0.55")]
    pair.bench.command(SetParameters(S1, {"contract_increment": 2}))
    pair.tick()
    assert pair.rows() == [no(2, "0.55")]


def test_raising_the_increment_waits_for_the_next_cycle() -> None:
    pair = kalshi_pair()
    pair.tick()
    pair.bench.command(SetParameters(S1, {"contract_increment": 5}))
    pair.tick()
    assert pair.rows() == [yes(3, "0.42"), no(3, "0.55")]
    _both_fill(pair)
    pair.tick()
    assert pair.rows() == [yes(5, "0.42"), no(5, "0.55")]


def test_contradicting_parameters_are_told_and_open_nothing() -> None:
    pair = kalshi_pair(min_spread="0.20")
    pair.tick(2)
    assert pair.rows() == []
    assert "max_spread 0.15 below min_spread 0.20" in pair.bench.alerts("parameters")[0].text


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"both_side": False}, "both_side off"),
        ({"num_markets": 2}, "num_markets"),
        ({"pair_kind": "cross_venue"}, "question, cut_off, settlement"),
        ({"pair_kind": "complementary_markets", "num_markets": 1}, "num_markets 1; use 2"),
        ({"pair_kind": "complementary_markets"}, "found one market"),
        ({"markets": ["KALSHI:OTHER"]}, "not of the markets KALSHI:OTHER"),
        ({"jump_ticks": 4}, "from 1 to 3 ticks"),
        ({"min_sprad": "0.02"}, "did you mean min_spread?"),
        ({"fair_value": {"overlay": "moon"}}, "use one of midpoint_fair_value"),
    ],
)
def test_parameters_that_cannot_work_are_refused_at_the_start(
    parameters: dict[str, Any], words: str
) -> None:
    with pytest.raises(AssertionError) as refused:
        kalshi_pair(**parameters)
    assert words in str(refused.value)


def test_two_markets_of_one_event_pair_their_no_legs() -> None:
    bench = Bench(account("K", "KALSHI", "USD"))
    _, home = binary("HOME", event="GAME")
    _, away = binary("AWAY", event="GAME")
    pair = Pair(bench, home, away, pair_kind="complementary_markets")
    bench.book(home, {"0.42": 100}, {"0.46": 100})
    bench.book(away, {"0.55": 100}, {"0.58": 100})
    pair.tick()
    assert {(order.instrument, order.px) for order in bench.orders()} == {
        (home.id, D("0.42")),
        (away.id, D("0.55")),
    }


# --- restart ----------------------------------------------------------------------------------


def test_a_snapshot_of_the_desk_goes_on_as_the_desk_itself() -> None:
    pair = kalshi_pair(fair_value={"overlay": "midpoint_fair_value"})
    pair.tick(3)
    pair.bench.fill(pair.order(pair.a), "2")
    pair.bench.desk = pickle.loads(pickle.dumps(pair.bench.desk))  # noqa: S301 - our own desk
    maker = pair.bench.desk.instances[S1].strategy
    pair.books({"0.42": 101}, {"0.54": 100, "0.55": 3})
    pair.tick(3)
    assert pair.rows() == [yes(1, "0.42"), no(3, "0.54")]
    assert isinstance(maker, JoinJumpPairMaker)
    assert maker.overlay is not None
    assert maker.overlay.memory is maker.state.memory
    pair.bench.fill(pair.order(pair.a))
    pair.bench.fill(pair.order(pair.b))
    assert D(pair.notes("cycle_closed")[0]["result"]) == 3 * D("0.04")


def test_a_saved_state_takes_up_its_cycle_where_it_was() -> None:
    pair = kalshi_pair()
    pair.tick()
    pair.bench.fill(pair.order(pair.a))
    saved = msgspec.msgpack.encode(pair.maker.state)
    fresh = kalshi_pair(mode="manual")
    fresh.bench.command(Stop(S1))
    fresh.maker.state = msgspec.msgpack.decode(saved, type=PairState)
    fresh.bench.command(Resume(S1))
    fresh.tick()
    assert fresh.maker.state.phase is Phase.HALF_FILLED
    assert fresh.rows() == [no(3, "0.55")]
    order: Order = fresh.order(fresh.b)
    assert (order.group, order.reason) == ("pair-1", "complete")
    fresh.bench.fill(order)
    assert D(fresh.notes("cycle_closed")[0]["result"]) == D("0.09")

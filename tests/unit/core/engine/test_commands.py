"""What each verb does: its answer tells the effect, and what it refuses has changed nothing."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.harness import Bench, D, account
from tests.unit.core.hand import (
    BTC,
    BUY,
    ETH,
    SELL,
    Hand,
    answers,
    ask,
    denial,
    do,
    hand,
    hold,
    place,
    scene,
    stage,
)
from tradewind import Context, Strategy, param
from tradewind.model.commands import (
    CancelOne,
    CancelOrders,
    Command,
    Deploy,
    EnableAccount,
    Flatten,
    ForceStop,
    Kill,
    Pause,
    PlaceManual,
    Rearm,
    Resume,
    Scope,
    ScopeKind,
    SetParameters,
    SingleFire,
    Stop,
    Tell,
)
from tradewind.model.config import InstanceSpec, Limits
from tradewind.model.effects import (
    CancelOrder,
    CommandAnswered,
    Confirmation,
    CycleChanged,
    Denied,
    ParametersChanged,
    SubmitOrder,
)
from tradewind.model.errors import ConfigError, Refused
from tradewind.model.events import CommandReceived
from tradewind.model.ids import AccountId, InstanceId, InstrumentId, OrderId
from tradewind.model.intents import Protection
from tradewind.model.order import Order, OrderStatus, PlaceOrder

S1 = InstanceId("s1")
A = AccountId("A")
REFUSED, CONFIRMED, ACCEPTED = (
    Confirmation.REFUSED,
    Confirmation.CONFIRMED,
    Confirmation.ACCEPTED,
)


def by_hand(px: str, qty: str = "1", **more: Any) -> PlaceManual:
    return PlaceManual(PlaceOrder(A, BTC.id, more.pop("side", BUY), D(qty), D(px), **more))


def manual_order(bench: Bench, answer: CommandAnswered) -> Order:
    order = bench.desk.orders.find(OrderId(answer.details["client_order_id"]))
    assert order is not None
    return order


# --- once ---------------------------------------------------------------------------------------


def test_the_same_id_is_carried_out_once_and_gets_the_same_answer() -> None:
    bench = scene()
    first = bench.command(by_hand("99"), "once")
    again = bench.command(by_hand("99"), "once")
    assert again == first
    assert len(bench.submitted()) == 1


def test_a_refusal_is_remembered_too() -> None:
    bench = scene()
    first = bench.command(Resume(InstanceId("nobody")), "once")
    assert bench.command(Resume(S1), "once") == first


def test_a_number_that_is_none_refuses_the_command_and_nothing_else() -> None:
    bench = scene()
    answer = bench.command(by_hand("NaN"))
    assert answer.confirmation is REFUSED
    assert bench.orders() == []


# --- orders by hand -----------------------------------------------------------------------------


def test_an_order_by_hand_is_answered_with_its_id() -> None:
    bench = scene()
    answer = bench.command(by_hand("99"))
    order = manual_order(bench, answer)
    assert (order.instance, order.px, order.status) == ("operator", D(99), OrderStatus.NEW)
    assert order.client_order_id in answer.effect
    assert answer.rule == ""


def test_an_order_by_hand_that_a_rule_denies_is_answered_with_the_rule() -> None:
    bench = scene(limits=Limits(max_order_qty=D(2)))
    for px, qty, rule in (("99.05", "1", "tick"), ("99", "3", "order_qty")):
        answer = bench.command(by_hand(px, qty))
        assert (answer.confirmation, answer.rule, answer.details) == (REFUSED, rule, {})
        assert f"denied by rule {rule}" in answer.effect
    assert "it would pass with 99.0 or 99.1" in bench.command(by_hand("99.05")).effect


def test_every_denial_of_a_person_is_told() -> None:
    bench = scene()
    for _ in range(3):
        assert bench.command(by_hand("99.05")).rule == "tick"
    assert [each.unsaid for each in bench.denied()] == [0, 0, 0]


def test_a_person_may_close_what_an_instance_holds_and_trade_while_it_pauses() -> None:
    bench = scene()
    hold(bench, "2")
    bench.command(Pause(S1))
    answer = bench.command(by_hand("100", side=SELL, reduce_only=True))
    assert manual_order(bench, answer).status is OrderStatus.NEW


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (PlaceOrder(AccountId("B"), BTC.id, BUY, D(1), D(99)), "none of that name"),
        (PlaceOrder(A, InstrumentId("BYBIT:NONE"), BUY, D(1), D(99)), "no such instrument"),
    ],
)
def test_an_order_by_hand_must_name_what_is_there(order: PlaceOrder, found: str) -> None:
    answer = scene().command(PlaceManual(order))
    assert (answer.confirmation, answer.rule) == (REFUSED, "")
    assert found in answer.effect


def test_orders_know_the_epoch_that_they_were_made_in() -> None:
    bench = scene()
    order = place(bench, BUY, 1, "99")
    assert order.epoch == bench.desk.epoch == 1


def test_cancel_asks_the_venue_and_names_an_order_that_is_over() -> None:
    bench = stage(auto_ack=False)
    bench.feed(bench.accepted(ask(bench, BUY, 1, "99")))
    (order,) = bench.orders()
    answer = bench.command(CancelOne(order.client_order_id))
    assert answer.effect == f"cancel of {order.client_order_id} asked; it is pending_cancel"
    bench.cancelled(order)
    again = bench.command(CancelOne(order.client_order_id))
    assert again.confirmation is REFUSED
    assert "no live order of that id" in again.effect


def test_all_orders_of_one_owner_are_cancelled_and_nobody_elses() -> None:
    bench = stage(auto_ack=False)
    for px in ("98", "99"):
        bench.feed(bench.accepted(ask(bench, BUY, 1, px)))
    one, two = bench.orders()
    answer = bench.command(CancelOrders(one.instance))
    assert answer.effect == f"cancel of 2 orders of {one.instance} asked"
    assert answer.details == {"client_order_ids": [one.client_order_id, two.client_order_id]}
    assert {order.status for order in bench.orders()} == {OrderStatus.PENDING_CANCEL}
    for order in (one, two):
        bench.cancelled(order)
    assert bench.command(CancelOrders(one.instance)).confirmation is REFUSED


def test_an_account_that_is_disabled_takes_no_new_risk_and_lets_exits_pass() -> None:
    bench = scene()
    hold(bench, "1")
    bench.command(EnableAccount(A, enabled=False))
    assert denial(bench, BUY, 1, "99").rule == "account_disabled"
    place(bench, SELL, 1, "100", reduce_only=True)
    bench.command(EnableAccount(A, enabled=True))
    place(bench, BUY, 1, "99")


# --- pause, resume, single-fire -----------------------------------------------------------------


def test_a_pause_keeps_the_orders_of_the_cycle_and_lets_them_be_kept_fresh() -> None:
    bench = scene()
    do(bench, lambda ctx: ctx.open_cycle("c1"))
    order = place(bench, BUY, 1, "99", group="c1")
    answer = bench.command(Pause(S1))
    assert answer.effect == "paused; 1 orders kept, no position"
    do(bench, lambda ctx: ctx.amend(order.client_order_id, px=D(98)))
    assert (order.px, order.status) == (D(98), OrderStatus.NEW)
    place(bench, BUY, 1, "97", group="c1")


def test_a_paused_instance_opens_nothing_new_and_may_leave() -> None:
    bench = scene()
    hold(bench, "1")
    answer = bench.command(Pause(S1))
    assert answer.effect == "paused; 0 orders kept, position +1 BYBIT:BTCUSDT kept"
    assert do(bench, lambda ctx: (ctx.may_open, ctx.open_cycle("c2"))) == (False, False)
    assert denial(bench, BUY, 1, "99").rule == "not_running"
    place(bench, SELL, 1, "100")


def test_the_strategy_hears_of_a_pause_once() -> None:
    bench = scene()
    bench.command(Pause(S1))
    bench.command(Pause(S1))
    assert hand(bench).heard.count(("pause",)) == 1


def test_resume_ends_a_single_fire() -> None:
    bench = scene()
    bench.command(SingleFire(S1))
    place(bench, BUY, 1, "99")
    assert denial(bench, BUY, 1, "98").rule == "single_fire"
    assert bench.command(Resume(S1)).effect == "running"
    place(bench, BUY, 1, "98")


def test_a_resume_of_a_stopped_instance_starts_it_afresh() -> None:
    bench = scene()
    bench.command(Stop(S1))
    bench.command(Resume(S1))
    assert hand(bench).heard.count(("start",)) == 2
    assert bench.desk.instances[S1].watching == {BTC.id}


# --- stop and force-stop ------------------------------------------------------------------------


def test_force_stop_cancels_what_opens_and_leaves_protection_and_position() -> None:
    bench = scene()
    hold(bench, "2")
    do(bench, lambda ctx: ctx.protect(BTC.id, Protection(stop=D(90))))
    (stop,) = bench.orders()
    entry = place(bench, BUY, 1, "99")
    bench.command(ForceStop(S1), "f")
    assert (entry.status, stop.status) == (OrderStatus.CANCELLED, OrderStatus.NEW)
    assert bench.position(BTC) == 2
    assert answers(bench, "f")[-1] == (
        "confirmed",
        "dead; no opening orders; 1 positions left open",
    )
    assert ("stop", "force_stop") in hand(bench).heard


def test_force_stop_takes_the_protection_too_when_asked() -> None:
    bench = scene()
    hold(bench, "2")
    do(bench, lambda ctx: ctx.protect(BTC.id, Protection(stop=D(90))))
    bench.command(ForceStop(S1, cancel_protective=True))
    assert bench.orders() == []
    bench.quote(BTC, "80", "80.1")
    assert bench.orders() == []


def test_force_stop_is_confirmed_only_when_its_cancels_are() -> None:
    bench = stage(auto_ack=False)
    bench.feed(bench.accepted(ask(bench, BUY, 1, "99")))
    (order,) = bench.orders()
    bench.command(ForceStop(S1), "f")
    assert [each[0] for each in answers(bench, "f")] == ["accepted"]
    bench.cancelled(order)
    assert [each[0] for each in answers(bench, "f")] == ["accepted", "confirmed"]


class Stubborn(Hand):
    """Stands in the way of its end in the way that the test says."""

    def on_stop(self, ctx: Context, mode: str) -> None:
        if self.size == 2:
            raise Refused("It has its reasons.")
        if self.size == 3:
            ctx.market(InstrumentId("BYBIT:NONE"))
        raise ZeroDivisionError


ENDS: list[Command] = [Stop(S1), ForceStop(S1), Flatten(S1)]


@pytest.mark.parametrize("command", ENDS)
@pytest.mark.parametrize("size", [3, 4])
def test_a_fault_in_on_stop_does_not_stand_in_the_way_of_the_end(
    command: Command, size: int
) -> None:
    bench = scene()
    bench.deploy(Stubborn, BTC, name="s2", size=size)
    command = replace(command, instance=InstanceId("s2"))
    assert bench.command(command).confirmation is not REFUSED
    assert bench.desk.instances[InstanceId("s2")].standing.faulted.startswith("on_stop raised")
    assert bench.state("s2") in ("stopped", "dead", "paused")


@pytest.mark.parametrize("command", ENDS)
def test_what_on_stop_refuses_has_not_happened(command: Command) -> None:
    bench = scene()
    bench.deploy(Stubborn, BTC, name="s2", size=2)
    place(bench, BUY, 1, "99", name="s2")
    command = replace(command, instance=InstanceId("s2"))
    answer = bench.command(command)
    assert (answer.confirmation, answer.effect) == (REFUSED, "It has its reasons.")
    assert bench.state("s2") == "running"
    assert [order.status for order in bench.orders()] == [OrderStatus.NEW]


# --- flatten ------------------------------------------------------------------------------------


def test_flatten_closes_with_a_protected_order_and_is_confirmed_when_flat() -> None:
    bench = scene()
    hold(bench, "2")
    rest = place(bench, BUY, 1, "99")
    bench.command(Flatten(S1, D(1)), "f")
    assert rest.status is OrderStatus.CANCELLED
    (close,) = bench.orders()
    assert (close.side, close.qty, close.reason) == (SELL, D(2), "flatten")
    assert close.spec.reduce_only
    assert close.px is not None
    assert D("98.9") <= close.px < D("99.9")
    assert answers(bench, "f")[-1][0] == "accepted"
    bench.fill(close)
    assert answers(bench, "f")[-1] == ("confirmed", "flat; no orders left")
    assert bench.state() == "paused"


# --- parameters ---------------------------------------------------------------------------------


def test_set_changes_all_or_nothing_and_counts_versions() -> None:
    bench = scene()
    answer = bench.command(SetParameters(S1, {"size": "7"}))
    assert answer.effect == "version 2: size 1 → 7"
    assert hand(bench).size == 7
    told = [each for each in bench.effects if type(each) is ParametersChanged][-1]
    assert (told.parameters["size"], told.version) == (7, 2)
    for patch, found in (
        ({"size": 9, "sise": 3}, "did you mean size?"),
        ({"size": 101}, "give int from 1 to 100"),
        ({"size": 9, "fixed": 2}, "stop it first"),
    ):
        refused = bench.command(SetParameters(S1, patch))
        assert refused.confirmation is REFUSED
        assert found in refused.effect
        assert (hand(bench).size, bench.desk.instances[S1].standing.version) == (7, 2)


def test_set_heeds_the_version_that_somebody_read() -> None:
    bench = scene()
    assert bench.command(SetParameters(S1, {"size": 2}, 1)).confirmation is CONFIRMED
    late = bench.command(SetParameters(S1, {"size": 3}, 1))
    assert "found version 2 instead of 1" in late.effect
    assert hand(bench).size == 2


class Picky(Hand):
    """Refuses some sizes when it hears of them, and stumbles over others."""

    def on_parameters(self, ctx: Context, changed: tuple[str, ...]) -> None:
        if self.size == 13:
            raise Refused("Not thirteen.")
        if self.size == 66:
            raise ZeroDivisionError
        ctx.note("changed", names=",".join(changed))


def test_what_on_parameters_refuses_has_not_happened() -> None:
    bench = scene()
    picky = bench.deploy(Picky, BTC, name="p")
    answer = bench.command(SetParameters(InstanceId("p"), {"size": 13}))
    assert (answer.effect, picky.size) == ("Not thirteen.", 1)
    assert not bench.desk.instances[InstanceId("p")].standing.faulted


def test_a_fault_in_on_parameters_leaves_the_old_values() -> None:
    bench = scene()
    picky = bench.deploy(Picky, BTC, name="p")
    answer = bench.command(SetParameters(InstanceId("p"), {"size": 66}))
    standing = bench.desk.instances[InstanceId("p")].standing
    assert (answer.confirmation, picky.size, standing.version) == (REFUSED, 1, 1)
    assert standing.faulted.startswith("on_parameters raised ZeroDivisionError")
    assert not any(type(each) is ParametersChanged for each in bench.effects)


def test_parameters_of_an_instance_that_has_not_begun_are_heard_of_by_its_start() -> None:
    bench = scene()
    bench.catalogue["Picky"] = Picky
    name = InstanceId("p")
    bench.command(
        Deploy(InstanceSpec(id=name, strategy="Picky", accounts=(A,), instruments=()), False)
    )
    assert bench.command(SetParameters(name, {"size": 66, "fixed": 2})).confirmation is CONFIRMED
    assert bench.command(Resume(name)).effect == "running"


# --- tell ---------------------------------------------------------------------------------------


def test_tell_answers_with_the_strategys_words_and_knows_no_others() -> None:
    bench = scene()
    arguments = {"act": lambda ctx: None, "results": []}
    assert bench.command(Tell(S1, "do", arguments)).effect == "done"
    unknown = bench.command(Tell(S1, "dance"))
    assert "found no such action; it knows do." in unknown.effect


def test_what_a_refused_word_of_the_strategy_had_asked_for_is_not_done() -> None:
    bench = scene()

    def half(ctx: Context) -> None:
        ctx.buy(BTC.id, 1, "99")
        raise Refused("Half way.")

    answer = bench.command(Tell(S1, "do", {"act": half, "results": []}))
    assert (answer.confirmation, bench.submitted()) == (REFUSED, [])


# --- deploy -------------------------------------------------------------------------------------


class Broken(Strategy):
    """Cannot be made, or cannot start."""

    where: str = param("init", choices=("init", "start", "refuse"))

    def __init__(self) -> None:
        if BROKEN:
            raise ZeroDivisionError

    def on_start(self, ctx: Context) -> None:
        if self.where == "refuse":
            raise ConfigError("It will not.")
        raise ZeroDivisionError


BROKEN: list[int] = []


def spec(**more: Any) -> InstanceSpec:
    fields: dict[str, Any] = {
        "id": InstanceId("b"),
        "strategy": "Broken",
        "accounts": (A,),
        "instruments": (BTC.id,),
    }
    return InstanceSpec(**{**fields, **more})


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"id": S1}, "an instance of that name"),
        ({"strategy": "Nothing"}, "no strategy named Nothing; there are: Broken, Hand"),
        ({"accounts": (AccountId("B"),)}, "no account B; there are: A"),
        ({"accounts": ()}, "no account; name at least one"),
        ({"parameters": {"wher": "init"}}, "did you mean where?"),
        ({"parameters": {"where": "refuse"}}, "It will not."),
        ({"instruments": (InstrumentId("BYBIT:NONE"),)}, "no instrument BYBIT:NONE"),
    ],
)
def test_a_deployment_that_does_not_fit_is_refused_in_words(
    more: dict[str, Any], found: str
) -> None:
    bench = scene()
    bench.catalogue["Broken"] = Broken
    bench.desk.catalogue = dict(sorted(bench.catalogue.items()))
    answer = bench.command(Deploy(spec(**more)))
    assert answer.confirmation is REFUSED
    assert found in answer.effect
    assert bench.state() == "running"


def test_a_class_that_cannot_be_made_refuses_its_deployment() -> None:
    bench = scene()
    bench.catalogue["Broken"] = Broken
    BROKEN.append(1)
    try:
        answer = bench.command(Deploy(spec()))
    finally:
        BROKEN.clear()
    assert "Broken cannot be made (ZeroDivisionError: )" in answer.effect
    assert "b" not in bench.desk.instances


def test_a_start_that_raises_leaves_the_instance_faulted_and_deaf() -> None:
    bench = scene()
    bench.catalogue["Broken"] = Broken
    answer = bench.command(Deploy(spec(parameters={"where": "start"})))
    instance = bench.desk.instances[InstanceId("b")]
    assert "is deployed and faulted: on_start raised ZeroDivisionError" in answer.effect
    assert (bench.state("b"), instance.watching) == ("running", set())


# --- scopes -------------------------------------------------------------------------------------


def test_a_kill_of_one_instance_leaves_the_others_alone_and_is_released_by_a_person() -> None:
    bench = scene()
    bench.deploy(Hand, BTC, name="s2")
    mine, other = place(bench, BUY, 1, "99"), place(bench, BUY, 1, "98", name="s2")
    scope = Scope(ScopeKind.INSTANCE, "s1")
    bench.command(Kill(scope), "k")
    assert (mine.status, other.status) == (OrderStatus.CANCELLED, OrderStatus.NEW)
    assert "found its kill still at work" in bench.command(Rearm(scope)).effect
    bench.pass_time(5)
    assert answers(bench, "k")[-1][0] == "confirmed"
    assert denial(bench, BUY, 1, "99").rule == "kill"
    assert bench.command(Rearm(scope)).effect.startswith("active again")
    place(bench, BUY, 1, "99")
    assert "nothing to release" in bench.command(Rearm(scope)).effect


def test_a_command_out_of_two_accounts_reaches_both() -> None:
    bench = stage(account("A"), account("B"), instruments=(BTC, ETH))
    first = place(bench, BUY, 1, "99", account=AccountId("A"))
    second = place(bench, BUY, 1, "98", account=AccountId("B"), instrument=ETH)
    bench.command(Flatten(S1))
    assert {first.status, second.status} == {OrderStatus.CANCELLED}


def test_cycles_are_facts() -> None:
    bench = scene()
    do(bench, lambda ctx: ctx.open_cycle("c1"))
    do(bench, lambda ctx: ctx.close_cycle("c1"))
    told = [(each.cycle, each.open) for each in bench.effects if type(each) is CycleChanged]
    assert told == [("c1", True), ("c1", False)]


def test_effects_of_a_command_come_before_its_answer() -> None:
    bench = scene()
    effects = bench.feed(CommandReceived(by_hand("99"), "c", "ada", bench.now))
    kinds = [type(each) for each in effects if type(each) in (SubmitOrder, CommandAnswered)]
    assert kinds == [SubmitOrder, CommandAnswered]
    denied = bench.feed(CommandReceived(by_hand("99.05"), "d", "ada", bench.now))
    assert [type(each) for each in denied] == [Denied, CommandAnswered]
    assert not any(type(each) is CancelOrder for each in bench.effects)
    assert Decimal(1) == bench.orders()[0].qty

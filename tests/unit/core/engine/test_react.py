"""A strategy's failure ends with the strategy, and every refusal reaches the one that asked."""

import re
from typing import Any, ClassVar

import pytest

from tests.harness import Bench, D, account
from tests.unit.core.hand import BTC, BUY, ETH, Hand, ask, denial, do, hand, hold, place, scene
from tradewind import Context, Strategy, param
from tradewind.core.strategy.strategy import HANDLERS, Signal
from tradewind.model.commands import ForceStop, Pause, Resume, SetParameters, Stop, Tell
from tradewind.model.effects import Alert, Denied, Level, Noted, SubmitOrder, WorkRequested
from tradewind.model.errors import ConfigError
from tradewind.model.events import ClockStepped, ReferencePrice, WorkReported
from tradewind.model.ids import AccountId, InstanceId
from tradewind.model.instrument import Instrument
from tradewind.model.intents import Protection
from tradewind.model.order import Order, OrderStatus

BAD = InstanceId("bad")


class Fragile(Strategy):
    """Raises in one callback, once it is armed."""

    commands: ClassVar[dict[str, str]] = {"go": "act"}
    where: str = param("")
    size: int = param(1, low=1, high=9)
    armed = False
    error: type[Exception] = ZeroDivisionError

    def trip(self, name: str) -> None:
        if self.armed and self.where == name:
            raise self.error(f"in {name}")

    def on_start(self, ctx: Context) -> None:
        self.trip("on_start")

    def wants(self, instrument: Instrument) -> bool:
        self.trip("wants")
        return instrument.id == ETH.id

    def on_command(self, ctx: Context, action: str, arguments: dict[str, Any]) -> str:
        self.trip("on_command")
        return str(arguments["act"](ctx))

    def busy(self, ctx: Context) -> bool:
        self.trip("busy")
        return ctx.exposed


def _raising(name: str) -> Any:
    def callback(self: Fragile, *_: Any) -> None:
        self.trip(name)

    callback.__name__ = name
    return callback


for _name in (*HANDLERS, "on_instruments", "on_parameters", "on_pause", "on_stop"):
    setattr(Fragile, _name, _raising(_name))


def go(bench: Bench, act: Any) -> None:
    bench.command(Tell(BAD, "go", {"act": act}))


def buys(bench: Bench) -> None:
    go(bench, lambda ctx: ctx.buy(BTC.id, 1, "99"))


def waits(bench: Bench) -> None:
    go(bench, lambda ctx: ctx.timer("t", after_s=1))
    bench.pass_time(2)


SCENES: dict[str, Any] = {
    "on_book": lambda bench: bench.book(BTC, {"99.9": 1}, {"100.1": 1}),
    "on_quote": lambda bench: bench.quote(BTC, "99.9", "100.1"),
    "on_trade": lambda bench: bench.trade(BTC, "100"),
    "on_candle": lambda bench: bench.candle(BTC, "100"),
    "on_reference": lambda bench: bench.feed(ReferencePrice("f", bench.now, bench.now, 1.0)),
    "on_signal": lambda bench: do(bench, lambda ctx: ctx.publish("news", px=1)),
    "on_order": buys,
    "on_fill": lambda bench: bench.fill(bench.orders(name="bad")[1]),
    "on_timer": waits,
    "on_instruments": lambda bench: bench.define(ETH),
    "wants": lambda bench: bench.define(ETH),
    "on_command": lambda bench: go(bench, lambda ctx: None),
    "on_parameters": lambda bench: bench.command(SetParameters(BAD, {"size": 2})),
    "on_pause": lambda bench: bench.command(Pause(BAD)),
    "on_stop": lambda bench: bench.command(Stop(BAD)),
    "busy": lambda bench: bench.command(Stop(BAD)),
}


def arm(bench: Bench, where: str, error: type[Exception] = ZeroDivisionError) -> Fragile:
    """Deploy an instance with a guarded position, an opening order, and a fault to come."""
    made: Fragile = bench.deploy(Fragile, BTC, name="bad", where=where)
    go(bench, lambda ctx: ctx.buy(BTC.id, 2, "100"))
    bench.fill(bench.orders(name="bad")[0])
    go(bench, lambda ctx: ctx.protect(BTC.id, Protection(stop=D(90))))
    buys(bench)
    made.armed, made.error = True, error
    return made


@pytest.mark.parametrize("where", SCENES)
def test_a_fault_in_any_callback_flags_the_instance_and_the_others_go_on(where: str) -> None:
    bench = scene()
    arm(bench, where)
    other = place(bench, BUY, 1, "98")
    SCENES[where](bench)
    instance = bench.desk.instances[BAD]
    told = f"{where} raised ZeroDivisionError in line [0-9]+: in {where}"
    assert re.fullmatch(told, instance.standing.faulted)
    assert instance.watching == set()
    (alert,) = bench.alerts("faulted")
    assert (alert.level, alert.instance) == (Level.CRITICAL, BAD)
    left = bench.orders(name="bad")
    assert [order.spec.trigger_px for order in left] == [D(90)], "only the guard's stop stays"
    assert other.status is OrderStatus.NEW
    assert not bench.desk.instances[InstanceId("s1")].standing.faulted
    place(bench, BUY, 1, "97")


ANSWERS = ("on_command", "on_parameters", "on_stop")
"""What answers a command may refuse it: see test_commands."""


@pytest.mark.parametrize("where", [name for name in SCENES if name not in ANSWERS])
def test_our_own_errors_fault_as_well_where_nobody_asked(where: str) -> None:
    bench = scene()
    arm(bench, where, ConfigError)
    SCENES[where](bench)
    assert bench.desk.instances[BAD].standing.faulted.startswith(f"{where} raised ConfigError")


def test_a_faulted_instance_hears_nothing_and_its_exits_go_on() -> None:
    bench = scene()
    made = arm(bench, "on_quote")
    bench.quote(BTC, "99.9", "100.1")
    made.where = "on_trade"
    bench.trade(BTC, "99")
    made.where = "on_timer"
    bench.pass_time(2)
    assert len(bench.alerts("faulted")) == 1
    (stop,) = bench.orders(name="bad")
    bench.fill(stop, px="90")
    assert bench.position(BTC, "bad") == 0


def test_a_resume_mends_a_faulted_instance() -> None:
    bench = scene()
    made = arm(bench, "on_quote")
    bench.quote(BTC, "99.9", "100.1")
    made.armed = False
    assert bench.command(Resume(BAD)).effect == "running"
    assert bench.desk.instances[BAD].watching == {BTC.id}
    buys(bench)
    assert len(bench.orders(name="bad")) == 2


def test_a_resume_that_faults_again_says_so() -> None:
    bench = scene()
    made = arm(bench, "on_quote")
    bench.quote(BTC, "99.9", "100.1")
    made.where = "on_start"
    assert bench.command(Resume(BAD)).effect.startswith("running, and faulted again: on_start")


def test_what_a_callback_had_asked_for_before_it_raised_is_not_done() -> None:
    bench = scene()

    def half(ctx: Context) -> None:
        ctx.buy(BTC.id, 1, "99")
        raise ZeroDivisionError

    bench.command(Tell(InstanceId("s1"), "do", {"act": half, "results": []}))
    assert bench.submitted() == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda ctx: ctx.buy(BTC.id, 0.5, "99"),
        lambda ctx: ctx.buy(BTC.id, 1, 99.5),
        lambda ctx: ctx.buy(BTC.id, 1, "99", account=AccountId("B")),
        lambda ctx: ctx.protect(BTC.id, Protection(stop=0.5)),  # type: ignore[arg-type]
        lambda ctx: ctx.buy(BTC.id, 1, "99", colour="red"),
        lambda ctx: ctx.timer("t"),
    ],
    ids=[
        "float quantity",
        "float price",
        "foreign account",
        "float stop",
        "strange term",
        "no time",
    ],
)
def test_what_is_no_order_faults_the_one_that_asked(wrong: Any) -> None:
    bench = scene(name="A")
    bench.command(Tell(InstanceId("s1"), "do", {"act": wrong, "results": []}))
    standing = bench.desk.instances[InstanceId("s1")].standing
    refused = bench.effects[-1]
    assert standing.faulted or getattr(refused, "confirmation", "") == "refused"
    assert bench.submitted() == []


# --- denials ------------------------------------------------------------------------------------


def test_a_denied_order_reaches_its_strategy_with_the_rule() -> None:
    bench = scene()
    order_id = ask(bench, BUY, 1, "99.05")
    assert hand(bench).heard[-1] == ("order", order_id, OrderStatus.DENIED, "tick")


class Answering(Hand):
    """Answers the first denial with a better order, or every one with the same."""

    def on_order(self, ctx: Context, order: Order) -> None:
        super().on_order(ctx, order)
        if order.status is OrderStatus.DENIED:
            ctx.buy(BTC.id, 1, "99" if self.size == 1 else "99.05")


def test_what_is_asked_in_answer_to_a_denial_joins_the_same_step() -> None:
    bench = scene()
    bench.deploy(Answering, BTC, name="s2")
    mark = len(bench.effects)
    ask(bench, BUY, 1, "99.05", name="s2")
    kinds = [type(each) for each in bench.effects[mark:] if type(each) in (Denied, SubmitOrder)]
    assert kinds == [Denied, SubmitOrder]


def test_denials_answered_without_end_fault_the_instance() -> None:
    bench = scene()
    bench.deploy(Answering, BTC, name="s2", size=2)
    act = {"act": lambda ctx: ctx.buy(BTC.id, 1, "99.05"), "results": []}
    bench.command(Tell(InstanceId("s2"), "do", act))
    assert "RecursionError" in bench.desk.instances[InstanceId("s2")].standing.faulted


def test_a_denied_amendment_is_told_with_its_rule() -> None:
    bench = scene()
    order = place(bench, BUY, 1, "99")
    do(bench, lambda ctx: ctx.amend(order.client_order_id, px=D("99.05")))
    assert bench.denied()[-1].rule == "tick"
    assert (order.px, order.status) == (D(99), OrderStatus.NEW)
    assert hand(bench).heard[-1] == ("order", order.client_order_id, OrderStatus.NEW, "tick")
    do(bench, lambda ctx: ctx.amend(order.client_order_id, px=D(98)))
    assert (order.px, order.reject_reason) == (D(98), "")


class Amending(Hand):
    """Asks for the same change whenever it hears of an order that stands."""

    def on_order(self, ctx: Context, order: Order) -> None:
        super().on_order(ctx, order)
        if order.status is OrderStatus.NEW:
            ctx.amend(order.client_order_id, px=D("99.05"))


def test_a_change_that_is_denied_and_asked_again_at_once_is_told_once_a_step() -> None:
    bench = scene()
    bench.deploy(Amending, BTC, name="s2")
    order_id = ask(bench, BUY, 1, "99", name="s2")
    assert hand(bench, "s2").heard[1:] == [
        ("order", order_id, OrderStatus.NEW, ""),
        ("order", order_id, OrderStatus.NEW, "tick"),
    ]
    assert not bench.desk.instances[InstanceId("s2")].standing.faulted


def test_an_amendment_of_an_order_that_is_gone_is_denied() -> None:
    bench = scene()
    order = place(bench, BUY, 1, "99")
    do(bench, lambda ctx: ctx.cancel(order.client_order_id))
    do(bench, lambda ctx: ctx.amend(order.client_order_id, px=D(98)))
    assert bench.denied()[-1].rule == "order_gone"


def test_nobody_touches_the_orders_of_another_instance() -> None:
    bench = scene()
    bench.deploy(Hand, BTC, name="s2")
    order = place(bench, BUY, 1, "99")
    do(bench, lambda ctx: ctx.cancel(order.client_order_id), "s2")
    do(bench, lambda ctx: ctx.amend(order.client_order_id, px=D(98)), "s2")
    assert (order.status, order.px) == (OrderStatus.NEW, D(99))
    assert (bench.denied()[-1].instance, bench.denied()[-1].rule) == ("s2", "order_gone")


def test_the_same_denial_within_a_second_is_counted_and_not_repeated() -> None:
    bench = scene()
    bench.deploy(Hand, BTC, name="s2")
    ids = [ask(bench, BUY, 1, "99.05") for _ in range(10)]
    assert [each.unsaid for each in bench.denied()] == [0]
    assert hand(bench).denials() == ["tick"] * 10, "its strategy hears of every one"
    assert {each[1] for each in hand(bench).heard if each[0] == "order"} == set(ids)
    ask(bench, BUY, 1, "0")  # another rule
    ask(bench, BUY, 1, "99.05", name="s2")  # another instance
    assert len(bench.denied()) == 3
    bench.pass_time(1)
    ask(bench, BUY, 1, "99.05")
    assert bench.denied()[-1].unsaid == 9


def test_what_forbids_new_risk_is_seen_before_it_is_asked_for() -> None:
    bench = scene()
    bench.command(Pause(InstanceId("s1")))
    seen = bench.desk.instances[InstanceId("s1")].ctx
    assert seen.barred(BTC.id) == "not_running"
    assert denial(bench, BUY, 1, "99").rule == "not_running"
    bench.command(Resume(InstanceId("s1")))
    assert seen.barred(BTC.id) == ""
    bench.silence(10)
    bench.feed(ClockStepped(0, bench.now))  # any event: the desk sees that time has passed
    assert seen.barred(BTC.id) == "stale"
    assert denial(bench, BUY, 1, "99").rule == "stale"


# --- what else they ask -------------------------------------------------------------------------


class Listener(Strategy):
    """Remembers signals, and answers `ping` with `pong`."""

    loud: bool = param(default=False)

    def on_start(self, ctx: Context) -> None:
        self.heard: list[tuple[str, str, Any]] = []

    def on_signal(self, ctx: Context, signal: Signal) -> None:
        self.heard.append((signal.publisher, signal.name, signal.fields.get("n")))
        if signal.name == "ping" or self.loud:
            ctx.publish("pong", n=1)


def test_a_signal_reaches_all_others_in_the_same_step_and_not_its_publisher() -> None:
    bench = scene()
    first = bench.deploy(Listener, BTC, name="l1")
    second = bench.deploy(Listener, BTC, name="l2")
    do(bench, lambda ctx: ctx.publish("ping", n=7))
    assert first.heard == [("s1", "ping", 7), ("l2", "pong", 1)]
    assert second.heard == [("s1", "ping", 7), ("l1", "pong", 1)]


def test_signals_without_end_fault_one_of_those_that_answer() -> None:
    bench = scene()
    bench.deploy(Listener, BTC, name="l1", loud=True)
    bench.deploy(Listener, BTC, name="l2", loud=True)
    do(bench, lambda ctx: ctx.publish("ping"))
    faulted = [each.standing.faulted for each in bench.desk.instances.values()]
    assert sum(bool(each) for each in faulted) == 1
    do(bench, lambda ctx: ctx.publish("again"))


def test_alerts_notes_and_work_become_effects_and_work_is_answered_by_a_signal() -> None:
    bench = scene()
    listener = bench.deploy(Listener, BTC, name="l1")
    do(bench, lambda ctx: ctx.alert("odd", "look"))
    do(bench, lambda ctx: ctx.note("seen", px=D("1.50")))
    do(bench, lambda ctx: ctx.work("w1", "train", depth=3))
    told: dict[type, Any] = {type(each): each for each in bench.effects}
    assert (told[Alert].kind, told[Alert].instance) == ("odd", "s1")
    assert told[Noted].fields == {"px": "1.50"}
    work = told[WorkRequested]
    assert (work.key, work.task, work.arguments) == ("w1", "train", {"depth": 3})
    bench.feed(WorkReported(InstanceId("l1"), "w1", {"depth": 3}, bench.now))
    assert listener.heard[-1][:2] == ("worker", "work:w1")


def test_an_instance_trades_on_its_first_account_of_the_venue_unless_told() -> None:
    bench = Bench(account("A"), account("B"))
    bench.define(BTC)
    bench.quote(BTC, "99.9", "100.1")
    bench.deploy(Hand, BTC)
    assert place(bench, BUY, 1, "99").account == "A"
    assert place(bench, BUY, 1, "98", account=AccountId("B")).account == "B"
    hold(bench, "1")
    bench.command(ForceStop(InstanceId("s1")))
    assert bench.position(BTC) == 1

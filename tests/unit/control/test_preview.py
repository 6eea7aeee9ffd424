"""Previews: what a command would do, held against what it then does."""

import pickle
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.harness import D
from tests.unit.control.stage import BTC, NO, YES, Stage, hold, stage_with_maker
from tradewind.control.preview import digest, preview
from tradewind.model.commands import (
    Attest,
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
    Reconcile,
    Resume,
    Scope,
    ScopeKind,
    SetParameters,
    SingleFire,
    Stop,
    Tell,
    Unlock,
)
from tradewind.model.config import InstanceSpec
from tradewind.model.effects import CancelOrder, Confirmation, SubmitOrder
from tradewind.model.events import BookSnapshot, NoAnswer, Request
from tradewind.model.ids import OPERATOR, AccountId, InstanceId, InstrumentId, OrderId
from tradewind.model.order import PlaceOrder, Side

MAKER = InstanceId("maker")
IDLE = InstanceId("idle")
NOBODY = InstanceId("nobody")
A = AccountId("A")
STRANGE = InstrumentId("NOWHERE:X")


def by_hand(qty: str, px: str | None, side: Side = Side.BUY, account: str = "A") -> PlaceManual:
    price = None if px is None else Decimal(px)
    return PlaceManual(PlaceOrder(AccountId(account), BTC.id, side, Decimal(qty), price))


def spec(name: str, strategy: str = "Idle", **more: object) -> InstanceSpec:
    fields: dict[str, object] = {
        "id": InstanceId(name),
        "strategy": strategy,
        "accounts": (A,),
        "instruments": (BTC.id,),
    }
    return InstanceSpec(**{**fields, **more})  # type: ignore[arg-type]


def words(sentence: str) -> list[str]:
    """Return the words of a sentence in an order of their own: some list what is possible."""
    return sorted(word.strip(",.;") for word in sentence.split())


def nothing(stage: Stage) -> None:
    """Leave the stage as it is."""


def held(stage: Stage) -> None:
    hold(stage, "2")
    stage.quote(BTC, "99.8", "100.0")


def paused(stage: Stage) -> None:
    stage.command(Pause(MAKER))


def dead(stage: Stage) -> None:
    stage.command(ForceStop(MAKER))


def stopped(stage: Stage) -> None:
    stage.command(Stop(MAKER))


def halted(stage: Stage) -> None:
    stage.command(Kill(Scope(ScopeKind.ACCOUNT, "A")))


Set_up = Callable[[Stage], None]
CASES: list[tuple[str, Set_up, Command]] = [
    ("deploy", nothing, Deploy(spec("new"))),
    ("deploy without a start", nothing, Deploy(spec("new"), start=False)),
    ("deploy a name that is taken", nothing, Deploy(spec("maker"))),
    ("deploy a strategy that is not there", nothing, Deploy(spec("new", "Nobody"))),
    ("deploy on no account", nothing, Deploy(spec("new", accounts=()))),
    ("deploy on a strange account", nothing, Deploy(spec("new", accounts=(AccountId("Z"),)))),
    ("deploy on a strange instrument", nothing, Deploy(spec("n", instruments=(STRANGE,)))),
    ("deploy with a wrong parameter", nothing, Deploy(spec("new", parameters={"no": 1}))),
    ("pause", held, Pause(MAKER)),
    ("pause what is paused", paused, Pause(MAKER)),
    ("pause nobody", nothing, Pause(NOBODY)),
    ("pause what is dead", dead, Pause(MAKER)),
    ("resume", paused, Resume(MAKER)),
    ("resume what runs", nothing, Resume(MAKER)),
    ("resume what stopped", stopped, Resume(MAKER)),
    ("resume what is dead", dead, Resume(MAKER)),
    ("single fire", nothing, SingleFire(MAKER)),
    ("single fire what stopped", stopped, SingleFire(MAKER)),
    ("stop", held, Stop(MAKER)),
    ("stop and flatten", held, Stop(MAKER, flatten=True)),
    ("stop what stopped", stopped, Stop(MAKER)),
    ("force stop", held, ForceStop(MAKER)),
    ("force stop, protection too", held, ForceStop(MAKER, cancel_protective=True)),
    ("force stop what is dead", dead, ForceStop(MAKER)),
    ("flatten", held, Flatten(MAKER)),
    ("flatten what is flat", nothing, Flatten(IDLE)),
    ("flatten nobody", nothing, Flatten(NOBODY)),
    ("kill the desk", held, Kill()),
    ("kill a venue", held, Kill(Scope(ScopeKind.VENUE, "BYBIT"))),
    ("kill an account", held, Kill(Scope(ScopeKind.ACCOUNT, "A"))),
    ("kill another account", held, Kill(Scope(ScopeKind.ACCOUNT, "K"))),
    ("kill an instance", held, Kill(Scope(ScopeKind.INSTANCE, "maker"))),
    ("kill with protection", held, Kill(cancel_protective=True)),
    ("kill what is not there", nothing, Kill(Scope(ScopeKind.VENUE, "NOWHERE"))),
    ("rearm", halted, Rearm(Scope(ScopeKind.ACCOUNT, "A"))),
    ("rearm what is active", nothing, Rearm()),
    ("set", nothing, SetParameters(MAKER, {"size": "5"})),
    ("set nothing new", nothing, SetParameters(MAKER, {"size": "2"})),
    ("set what is fixed", nothing, SetParameters(MAKER, {"lane": 3})),
    ("set what is fixed while stopped", stopped, SetParameters(MAKER, {"lane": 3})),
    ("set out of range", nothing, SetParameters(MAKER, {"size": "500"})),
    ("set a strange name", nothing, SetParameters(MAKER, {"sise": "5"})),
    ("set another version", nothing, SetParameters(MAKER, {"size": "5"}, 7)),
    ("tell", nothing, Tell(MAKER, "greet")),
    ("tell a strange word", nothing, Tell(MAKER, "dance")),
    ("order", nothing, by_hand("1", "90.0")),
    ("market order", nothing, by_hand("1", None)),
    ("order off the tick", nothing, by_hand("1", "90.05")),
    ("order of less than nothing", nothing, by_hand("-1", "90.0")),
    ("order against our own", nothing, by_hand("1", "99.9", Side.SELL)),
    ("order while halted", halted, by_hand("1", "90.0")),
    ("order on a strange account", nothing, by_hand("1", "90.0", account="Z")),
    ("order on another venue's account", nothing, by_hand("1", "90.0", account="K")),
    ("cancel what is not there", nothing, CancelOne(OrderId("X"))),
    ("cancel all of one", held, CancelOrders(MAKER, cancel_protective=True)),
    ("cancel all of one on a market", held, CancelOrders(MAKER, BTC.id)),
    ("cancel all of one on another market", held, CancelOrders(MAKER, YES.id)),
    ("cancel all of nobody", nothing, CancelOrders(NOBODY)),
    ("cancel all of one that has none", nothing, CancelOrders(IDLE)),
    ("cancel all by hand where there is none", nothing, CancelOrders(OPERATOR)),
    ("reconcile", nothing, Reconcile(A)),
    ("reconcile nothing", nothing, Reconcile(AccountId("Z"))),
    ("enable", nothing, EnableAccount(A, enabled=False)),
    ("enable nothing", nothing, EnableAccount(AccountId("Z"), enabled=True)),
    ("attest nothing", nothing, Attest(OrderId("X"))),
    ("unlock nothing", nothing, Unlock(A, BTC.id)),
]


@pytest.mark.parametrize(("name", "set_up", "command"), CASES, ids=[case[0] for case in CASES])
def test_a_preview_says_what_then_happens(name: str, set_up: Set_up, command: Command) -> None:
    stage = stage_with_maker()
    set_up(stage)
    before = pickle.dumps(stage.desk)
    told = preview(stage.desk, command)
    assert pickle.dumps(stage.desk) == before, "a preview changes nothing"
    seen = len(stage.effects)
    answer = stage.command(command, "now")
    effects = stage.effects[seen:]
    refused = answer.confirmation is Confirmation.REFUSED
    assert bool(told.refused) == refused, (told, answer)
    if refused:
        assert words(told.refused) == words(answer.effect)
        return
    cancelled = {each.client_order_id for each in effects if isinstance(each, CancelOrder)}
    assert told.cancels == len(cancelled), told
    assert told.sends == sum(isinstance(each, SubmitOrder) for each in effects), told
    assert told.hash == preview(stage_as(set_up).desk, command).hash, "the same desk, the same hash"


def stage_as(set_up: Set_up) -> Stage:
    """Return another stage that was set up the same way."""
    stage = stage_with_maker()
    set_up(stage)
    return stage


def test_every_verb_has_a_case() -> None:
    assert {type(command) for _, _, command in CASES} == {*Command.__args__}


def test_pause_keeps_orders_and_position() -> None:
    stage = stage_with_maker()
    held(stage)
    told = preview(stage.desk, Pause(MAKER))
    assert told.text == (
        "begins no new cycle; keeps 1 order fresh, "
        "position +2 BYBIT:BTCUSDT worth about 199.80 USDT kept"
    )


def test_flatten_walks_the_book_and_adds_the_fee() -> None:
    stage = stage_with_maker()
    held(stage)
    levels = ((D("99.8"), D("1.5")), (D("99.7"), D("1")))
    asks = ((D("100.0"), D("9")),)
    stage.feed(BookSnapshot(BTC.id, stage.now, stage.now, levels, asks, 1))
    told = preview(stage.desk, Flatten(MAKER))
    # Mark 99.9; 1.5 at 99.8 and 0.5 at 99.7 average 99.775: two lose 0.125 each. No fee here.
    assert told.text == (
        "cancels 1 order worth about 199.60 USDT, sells about 2 BYBIT:BTCUSDT at about 99.7, "
        "costs about 0.25 USDT"
    )


def test_flatten_says_where_the_book_is_too_thin() -> None:
    stage = stage_with_maker()
    held(stage)
    stage.quote(BTC, "99.8", "100.0", "0.5", "0.5")
    assert "the book shown does not take all of it" in preview(stage.desk, Flatten(MAKER)).text


def test_kill_with_protection_says_that_positions_are_left_bare() -> None:
    stage = stage_with_maker()
    held(stage)
    bare = preview(stage.desk, Kill(cancel_protective=True)).text
    worth = "+2 BYBIT:BTCUSDT worth about 199.80 USDT"
    assert bare.endswith(f"positions stay UNPROTECTED: {worth}")
    assert preview(stage.desk, Kill()).text.endswith(f"positions stay: {worth}")
    assert "cancels 1 order worth about 199.60 USDT" in bare


def test_a_refusal_by_the_gate_names_its_rule_and_bad_usage_its_code() -> None:
    stage = stage_with_maker()
    gate = preview(stage.desk, by_hand("1", "90.05"))
    assert (gate.rule, gate.code) == ("tick", "refused")
    usage = preview(stage.desk, SetParameters(MAKER, {"size": "500"}))
    assert (usage.rule, usage.code) == ("", "bad_request")


def test_a_preview_of_an_order_takes_no_token_of_the_rate_budget() -> None:
    stage = stage_with_maker()
    budget = stage.desk.accounts[A].budget
    before = budget.remaining(stage.now)
    for _ in range(50):
        preview(stage.desk, by_hand("1", "90.0"))
    assert budget.remaining(stage.now) == before
    assert (YES.id, NO.id) == (InstrumentId("KALSHI:M1:YES"), InstrumentId("KALSHI:M1:NO"))


def test_the_same_text_has_the_same_hash_and_another_another() -> None:
    assert digest("cancels 1 order") == digest("cancels 1 order")
    assert digest("cancels 1 order") != digest("cancels 2 orders")


def moved(stage: Stage) -> None:
    stage.quote(BTC, "99.7", "99.9")


def filled(stage: Stage) -> None:
    hold(stage, "1")


@pytest.mark.parametrize(
    ("command", "happens", "same"),
    [
        (Kill(), moved, True),
        (Kill(), filled, True),
        (Flatten(MAKER), moved, True),
        (Flatten(MAKER), filled, False),
        (Stop(MAKER), filled, True),
        (Stop(MAKER, flatten=True), filled, False),
        (ForceStop(MAKER), moved, True),
        (Pause(MAKER), paused, False),
        (Kill(), dead, True),
        (ForceStop(MAKER), dead, False),
        (by_hand("1", "90.0"), moved, True),
        (by_hand("1", "90.0"), halted, False),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)[:40]),
)
def test_a_hash_names_what_a_person_decides_on_and_not_what_moves_by_itself(
    command: Command, happens: Set_up, *, same: bool
) -> None:
    stage = stage_with_maker()
    held(stage)
    before = preview(stage.desk, command)
    happens(stage)
    after = preview(stage.desk, command)
    assert (before.hash == after.hash) == same, (before, after)
    opposite = preview(stage.desk, Kill(cancel_protective=True))
    assert opposite.hash not in (before.hash, after.hash)


def test_a_cancel_names_what_is_left_of_the_order() -> None:
    stage = stage_with_maker()
    order = stage.orders(name="maker")[0]
    hold(stage, "0.5")
    told = preview(stage.desk, CancelOne(order.client_order_id))
    assert told.text == "cancels the order to buy 1.5 of 2 BYBIT:BTCUSDT; it is partially_filled"
    assert told.cancels == 1


def test_a_persons_word_about_an_unknown_order_and_a_lock_is_previewed() -> None:
    stage = stage_with_maker(auto_ack=False)
    stage.readable = False
    order = stage.orders(name="maker")[0]
    stage.feed(NoAnswer(A, stage.now, stage.now, order.client_order_id, Request.SUBMIT))
    attest = preview(stage.desk, Attest(order.client_order_id))
    assert attest.text == "counts the order to buy 2 BYBIT:BTCUSDT as absent, on your word"
    assert stage.command(Attest(order.client_order_id)).confirmation is Confirmation.CONFIRMED
    stage.desk.accounts[A].locks[BTC.id] = "a test"
    unlock = preview(stage.desk, Unlock(A, BTC.id))
    assert unlock.text == "frees BYBIT:BTCUSDT on A; it was locked because a test"
    assert stage.command(Unlock(A, BTC.id)).confirmation is Confirmation.CONFIRMED

"""Verbs that change something: their options, the command they mean, and its confirmed effect."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.calling import call
from tests.unit.control.stage import BTC, stage_with_maker
from tests.unit.faces.local.serving import running
from tradewind.cli import main as cli
from tradewind.cli.changing import SHARED
from tradewind.model.commands import (
    DESK,
    CancelOne,
    CancelOrders,
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
)
from tradewind.model.ids import AccountId, InstanceId, OrderId
from tradewind.model.order import OrderType, PlaceOrder, Side, TimeInForce

X = InstanceId("x")


def placed(**more: Any) -> PlaceManual:
    fields: dict[str, Any] = {
        "account": AccountId("A"),
        "instrument": BTC.id,
        "side": Side.BUY,
        "qty": Decimal(1),
        "reason": "manual",
        "order_type": OrderType.MARKET,
    }
    return PlaceManual(PlaceOrder(**{**fields, **more}))


def limit(px: int, **more: Any) -> PlaceManual:
    return placed(px=Decimal(px), order_type=OrderType.LIMIT, **more)


BUY = "order buy 1 BYBIT:BTCUSDT --account A"
CASES = [
    ("pause x", Pause(X)),
    ("resume x", Resume(X)),
    ("single-fire x", SingleFire(X)),
    ("stop x", Stop(X, 300, False)),
    ("stop x --timeout 5 --flatten", Stop(X, 5, True)),
    ("force-stop x", ForceStop(X, False)),
    ("force-stop x --protective cancel", ForceStop(X, True)),
    ("flatten x", Flatten(X, Decimal("0.5"))),
    ("flatten x --max-slippage 2", Flatten(X, Decimal(2))),
    ("kill", Kill(DESK, False)),
    ("kill --venue V --protective cancel", Kill(Scope(ScopeKind.VENUE, "V"), True)),
    ("kill --account A", Kill(Scope(ScopeKind.ACCOUNT, "A"))),
    ("kill --instance x", Kill(Scope(ScopeKind.INSTANCE, "x"))),
    ("rearm", Rearm(DESK)),
    ("rearm --account A", Rearm(Scope(ScopeKind.ACCOUNT, "A"))),
    ("set x size=3 lane=2", SetParameters(X, {"size": "3", "lane": "2"}, None)),
    ('set x sizes={"a":"1"} --version 4', SetParameters(X, {"sizes": {"a": "1"}}, 4)),
    ("tell x greet", Tell(X, "greet", {})),
    ("tell x greet name=you", Tell(X, "greet", {"name": "you"})),
    (BUY, placed()),
    (f"{BUY} --px 90 --tif ioc", limit(90, tif=TimeInForce.IOC)),
    (f"{BUY} --px 9 --post-only", limit(9, post_only=True)),
    (
        "order SELL 1 BYBIT:BTCUSDT --account A --trigger 80 --reduce-only",
        placed(side=Side.SELL, trigger_px=Decimal(80), order_type=OrderType.STOP, reduce_only=True),
    ),
    ("cancel O1", CancelOne(OrderId("O1"))),
    ("cancel --instance x", CancelOrders(X)),
    ("cancel --instance x --protective cancel", CancelOrders(X, cancel_protective=True)),
    ("reconcile A", Reconcile(AccountId("A"))),
]


@pytest.mark.parametrize(("words", "command"), CASES, ids=[words for words, _ in CASES])
def test_a_verb_means_one_command(
    words: str, command: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[object, Any]] = []
    monkeypatch.setattr(
        "tradewind.cli.asking.carry_out", lambda meant, terms: given.append((meant, terms))
    )
    called = call(*words.split(), "--why", "a test", "--id", "me", "--dry-run", "--wait", "2")
    assert called.code == 0, called.err
    [(meant, terms)] = given
    assert meant == command
    assert (terms.why, terms.command_id, terms.dry_run, terms.wait_s) == ("a test", "me", True, 2.0)


WITHOUT_A_DESK = ("up", "demo", "init")
"""Verbs that change something, but no running desk."""


def test_every_changing_verb_has_a_case_and_the_shared_options() -> None:
    shared = {each.name for each in SHARED}
    changing = set()
    for name in cli.VERBS:
        parameters = {each.name for each in cli.load(name).params}
        if "dry_run" in parameters and name not in WITHOUT_A_DESK:
            changing.add(name)
            assert shared <= parameters, name
    assert changing == {words.split()[0] for words, _ in CASES}


BAD = [
    ("kill --venue V --account A", "name one of them"),
    ("kill --protective maybe", "give keep or cancel"),
    ("flatten x --max-slippage much", "give a number"),
    ("order hold 1 BYBIT:BTCUSDT --account A", "give one of buy, sell"),
    ("order buy 0x1 BYBIT:BTCUSDT --account A", "give a number"),
    ("order buy 1 BYBIT:BTCUSDT --account A --tif never", "give one of day, gtc"),
    ("order buy nan BYBIT:BTCUSDT --account A", "finite"),
    ("set x size", "name=value"),
    ("set x =3", "name=value"),
    ("set x size=1 size=2", "once each"),
    ("set x size=[1,", "mend the JSON"),
]


@pytest.mark.parametrize(("words", "sentence"), BAD, ids=[words for words, _ in BAD])
def test_bad_usage_is_answered_before_the_desk_hears_of_it(
    words: str, sentence: str, folder: Path
) -> None:
    called = call(*words.split(), data=folder)
    assert called.code == 2
    assert sentence in called.err
    assert called.err.count("\n") == 1


def test_a_dry_run_shows_the_effect_and_does_nothing(folder: Path) -> None:
    with running(folder / "desk.sock") as stage:
        called = call("pause", "maker", "--dry-run", data=folder)
        assert stage.state("maker") == "running"
    assert called.code == 0
    assert called.out.startswith("would: begins no new cycle; keeps 1 order fresh")
    assert called.out.strip().endswith("]"), "the hash names this text"


def test_a_command_shows_its_effect_first_and_its_confirmed_effect_then(folder: Path) -> None:
    with running(folder / "desk.sock") as stage:
        called = call("pause", "maker", "--why", "lunch", data=folder)
        assert stage.state("maker") == "paused"
        assert stage.views.commands()[-1].why == "lunch"
    first, second = called.out.splitlines()
    assert first.startswith("will: begins no new cycle")
    assert second.startswith("confirmed after 0.0 s: paused; 1 orders kept")


REFUSED = [
    ("pause nobody", 2),
    ("set maker size=500", 2),
    ("set maker sise=5", 2),
    ("set maker lane=5", 4),
    ("tell maker sulk", 4),
    ("order buy 1 BYBIT:BTCUSDT --account A --px 90.05", 4),
    ("order buy 1 BYBIT:BTCUSDT --account Z", 2),
    ("rearm", 4),
    ("cancel nothing", 4),
]


@pytest.mark.parametrize(("words", "code"), REFUSED, ids=[words for words, _ in REFUSED])
@pytest.mark.parametrize("way", ["--dry-run", "--json", ""])
def test_a_refusal_has_the_same_exit_code_on_every_way(
    words: str, code: int, way: str, folder: Path
) -> None:
    if words == "tell maker sulk" and way == "--dry-run":
        code = 0  # what a strategy will answer, nobody knows beforehand
    with running(folder / "desk.sock"):
        called = call(*words.split(), *way.split(), data=folder)
    assert called.code == code, called
    if not way:
        assert called.err.count("\n") == 1
        assert called.out == "" or words == "tell maker sulk"


def test_an_order_by_hand_shows_its_id_or_the_rule_that_denied_it(folder: Path) -> None:
    with running(folder / "desk.sock") as stage:
        told = call(*f"{BUY} --px 90 --json".split(), data=folder).json()
        (order,) = stage.orders(name="operator")
        words = call(*f"{BUY} --px 91".split(), data=folder).out
        denied = call(*f"{BUY} --px 90.05 --json".split(), data=folder)
        sentence = call(*f"{BUY} --px 90.05".split(), data=folder)
    assert told["details"]["client_order_id"] == order.client_order_id
    assert order.client_order_id in told["effect"]
    assert "order TW" in words
    assert "is new; 0 of 1 filled" in words
    assert (denied.code, denied.json()["rule"], denied.json()["details"]) == (4, "tick", {})
    assert (sentence.code, "denied by rule tick" in sentence.err) == (4, True)


def test_the_same_id_is_carried_out_once(folder: Path) -> None:
    with running(folder / "desk.sock") as stage:
        words = f"{BUY} --px 90 --id o --json".split()
        one, two = call(*words, data=folder), call(*words, data=folder)
        assert len(stage.orders(name="operator")) == 1
    assert one.json()["effect"] == two.json()["effect"]


def test_what_is_not_confirmed_in_time_is_no_success(folder: Path) -> None:
    stage = stage_with_maker(auto_ack=False)
    with running(folder / "desk.sock", stage):
        called = call("kill", "--wait", "0.1", "--id", "k", data=folder)
        told = call("kill", "--wait", "0.1", "--id", "k", "--json", data=folder)
    assert called.code == 5
    assert "Accepted: no new risk; cancelling 1 orders" in called.err
    assert "--id k" in called.err
    assert (told.code, told.json()["confirmation"]) == (5, "accepted")


def test_a_kill_goes_on_without_words_about_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug in the words")

    with running(folder / "desk.sock") as stage:
        monkeypatch.setattr(stage.plane, "preview", broken)
        called = call("kill", data=folder)
        assert stage.desk.desk_scope.state.value == "halted"
    assert called.code == 0
    assert "no preview" in called.err

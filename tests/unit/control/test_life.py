"""An order's life and what led to it, in words."""

from typing import get_args

import msgspec
import pytest

from tests.harness import D
from tests.unit.control.stage import BTC, Stage, hold, stage_with_maker
from tradewind.control import life
from tradewind.control.life import NAMES, SIGNALS, WORDS, Lives
from tradewind.control.views import Wanted
from tradewind.model import effects as fx
from tradewind.model import events as ev
from tradewind.model.commands import CancelOne, PlaceManual
from tradewind.model.errors import ConfigError
from tradewind.model.ids import AccountId, OrderId
from tradewind.model.order import PlaceOrder, Side
from tradewind.ports import Published


def test_an_order_tells_all_that_happened_to_it() -> None:
    stage = stage_with_maker()
    order = stage.orders()[0]
    hold(stage, "0.5", "99.9")
    stage.command(CancelOne(order.client_order_id), "c-x")
    told = stage.views.order_life(Wanted(order=order.client_order_id))
    assert [step.kind for step in told.steps] == [
        "SubmitOrder",
        "OrderAccepted",
        "FillReceived",
        "CommandReceived",
        "CancelOrder",
        "OrderCancelled",
    ]
    assert told.steps[0].text == "buy 2 BYBIT:BTCUSDT at 99.9 (limit gtc) for entry"
    assert told.steps[2].text == "0.5 filled at 99.9 as maker, fee 0.05 USDT"
    assert (told.order.client_order_id, told.strategy) == (order.client_order_id, "Maker")
    assert [fill.last_qty for fill in told.fills] == [D("0.5")]
    assert told.whole


def test_the_chain_goes_back_over_other_orders_to_the_signal() -> None:
    lives = Lives()
    spec = PlaceOrder(AccountId("A"), BTC.id, Side.BUY, D(2), D("99.9"))
    quote = ev.Quote(BTC.id, 1, 1, D("99.9"), D("100.1"), D(1), D(1))
    first, second = OrderId("one"), OrderId("two")
    noted = fx.Noted("maker", "signal", {"edge": "3"}, 5)  # type: ignore[arg-type]
    sent = fx.SubmitOrder(first, "maker", spec, 5, 5)  # type: ignore[arg-type]
    hear(lives, Published(5, 5, None, (noted, sent), quote))
    gone = ev.OrderCancelled(AccountId("A"), 9, 9, first)
    again = fx.SubmitOrder(second, "maker", spec, 9, 9)  # type: ignore[arg-type]
    hear(lives, Published(9, 9, gone, (again,), gone))
    nearest, signal = lives.chain(second)
    assert (nearest.kind, nearest.client_order_id, nearest.seq) == ("OrderCancelled", first, 9)
    assert (signal.kind, signal.client_order_id, signal.also) == ("Quote", "", ("signal, edge 3",))
    assert signal.text == "BYBIT:BTCUSDT bid 99.9 for 1, ask 100.1 for 1"


def hear(lives: Lives, news: Published) -> None:
    for piece in (news.event, *news.effects):
        lives.hear(news, piece)


def test_an_order_by_hand_goes_back_to_the_person() -> None:
    stage = stage_with_maker()
    spec = PlaceOrder(AccountId("A"), BTC.id, Side.BUY, D(1), D("90.0"))
    answer = stage.command(PlaceManual(spec), "c-hand")
    told = stage.views.order_life(Wanted(order=answer.details["client_order_id"]))
    [cause] = told.chain
    assert cause.kind == "CommandReceived"
    assert "asked for PlaceManual" in cause.text


def test_of_very_many_orders_and_steps_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "KEPT_ORDERS", 3)
    monkeypatch.setattr(life, "KEPT_STEPS", 30)
    lives = Lives()
    spec = PlaceOrder(AccountId("A"), BTC.id, Side.BUY, D(2), D("99.9"))
    for number in range(5):
        name = OrderId(f"o{number}")
        hear(lives, Published(number, 0, None, (fx.SubmitOrder(name, "m", spec, 0, 0),)))  # type: ignore[arg-type]
    assert [OrderId(f"o{number}") in lives for number in range(5)] == [False] * 2 + [True] * 3
    for number in range(100):
        claim = ev.OrderClaimed(AccountId("A"), 0, 0, OrderId("o4"), D(number))
        hear(lives, Published(10 + number, 0, claim, ()))
    steps = lives.steps(OrderId("o4"))
    assert len(steps) == 30
    assert (steps[0].kind, steps[-1].text) == ("SubmitOrder", "the venue says 99 filled")


def test_an_order_that_nobody_knows_is_bad_usage() -> None:
    with pytest.raises(ConfigError, match="found none of that id"):
        stage_with_maker().views.order_life(Wanted(order="nobody"))


def test_every_piece_that_names_an_order_has_words() -> None:
    told_apart = {ev.AccountReport}
    assert set(NAMES) - set(WORDS) - told_apart == set()


def test_every_event_about_one_order_names_it() -> None:
    kinds = {kind for kind in get_args(ev.Event) if issubclass(kind, ev.OrderEvent)}
    assert kinds <= set(NAMES)


def test_every_kind_of_market_signal_is_put_into_words() -> None:
    stage = Stage()
    quote = ev.Quote(BTC.id, 1, 1, D(1), D(2), D(3), D(4))
    assert SIGNALS[ev.Quote](quote) == "BYBIT:BTCUSDT bid 1 for 3, ask 2 for 4"
    assert msgspec.structs.fields(quote)
    assert stage.history.lives.chain(OrderId("nobody")) == ()

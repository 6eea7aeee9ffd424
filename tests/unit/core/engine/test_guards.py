"""Exits that guard a position: they follow what has filled, and somebody always holds the stop."""

from decimal import Decimal
from typing import Any

import pytest

from tests.harness import Bench, D, perpetual
from tests.unit.core.engine.venue import (
    again,
    execution,
    later,
    reading,
    row,
    says,
    stream,
    unanswered,
)
from tests.unit.core.hand import BTC, BUY, SELL, do, hold, place, scene
from tradewind.model.commands import Tell
from tradewind.model.effects import AmendOrder, CancelOrder, ProtectionChanged, SubmitOrder
from tradewind.model.events import FillFailed, OrderCancelled, OrderTriggered, Request
from tradewind.model.fill import FillLife
from tradewind.model.ids import InstanceId
from tradewind.model.instrument import Instrument
from tradewind.model.intents import Protection
from tradewind.model.order import Order, OrderStatus, OrderType, TimeInForce

S = OrderStatus
PLAIN = perpetual("PLAINUSDT", native_stops=False)
RIGID = perpetual("RIGIDUSDT", native_amend=False)


def guard(bench: Bench, on: Instrument = BTC, qty: str | None = None, **levels: str) -> None:
    rules = Protection(**{name: D(level) for name, level in levels.items()})
    part = None if qty is None else D(qty)
    do(bench, lambda ctx: ctx.protect(on.id, rules, qty=part))


def legs(bench: Bench) -> dict[str, Order]:
    """Return the guard's live orders by what they are."""
    found: dict[str, Order] = {}
    for order in bench.orders():
        if order.spec.reduce_only:
            name = "stop" if order.spec.trigger_px is not None else order.reason
            assert name not in found
            found[name] = order
    return found


def shape(bench: Bench) -> dict[str, tuple[Decimal, Decimal | None]]:
    """Return what each leg still may do: quantity, and where."""
    return {
        name: (order.leaves_qty, order.trigger_px or order.px)
        for name, order in legs(bench).items()
    }


def guarded(bench: Bench) -> bool:
    news = [each for each in bench.effects if type(each) is ProtectionChanged]
    return bool(news) and news[-1].protection is not None


# --- at the venue -----------------------------------------------------------------------------


def test_a_bracket_rests_only_once_its_entry_fills_and_follows_what_has_filled() -> None:
    bench = scene()
    entry = place(bench, BUY, 4, 100)
    guard(bench, stop="95", target="110")
    assert not legs(bench)
    for filled in ("1", "2", "1"):
        bench.fill(entry, filled)
        held = bench.position(BTC)
        assert shape(bench) == {"stop": (held, 95), "take_profit": (held, 110)}
    bench.quote(BTC, "94", "94.2")  # the venue holds the stop: we send nothing of our own
    assert set(legs(bench)) == {"stop", "take_profit"}


@pytest.mark.parametrize(("done", "other"), [("stop", "take_profit"), ("take_profit", "stop")])
def test_one_leg_cancels_the_other(done: str, other: str) -> None:
    bench = scene()
    hold(bench, "4")
    guard(bench, stop="95", target="110")
    first, second = legs(bench)[done], legs(bench)[other]
    bench.fill(first, "1", "100")
    assert second.leaves_qty == 3
    bench.fill(first, "3", "100")
    assert second.status is S.CANCELLED
    assert bench.position(BTC) == 0
    assert not guarded(bench)
    assert bench.orders() == []


def test_a_short_is_guarded_the_other_way_round_and_prices_round_towards_the_entry() -> None:
    bench = scene()
    hold(bench, "-4")
    guard(bench, stop="105.07", target="89.93")
    assert shape(bench) == {"stop": (4, D("105.0")), "take_profit": (4, D("90.0"))}
    assert {order.side for order in legs(bench).values()} == {BUY}
    hold(bench, "8")  # it turns: what guarded the short has nothing to do with a long
    assert not guarded(bench)
    assert bench.orders() == []


def test_a_guard_of_a_part_ends_with_the_part() -> None:
    bench = scene()
    hold(bench, "4")
    guard(bench, qty="3", target="110")
    target = legs(bench)["take_profit"]
    bench.fill(target, "1")
    assert shape(bench) == {"take_profit": (2, 110)}
    bench.fill(target, "2")
    assert (bench.position(BTC), guarded(bench)) == (1, False)


def test_a_fill_that_failed_leaves_no_more_guarded_than_is_held() -> None:
    bench = scene()
    hold(bench, "1")
    guard(bench, stop="95")
    entry = place(bench, BUY, 3, 100)
    fill = execution(bench, entry, "3", life=FillLife.FINAL)
    provisional = again(fill, life=FillLife.MATCHED)
    stream(bench, provisional)
    assert shape(bench)["stop"][0] == 4
    bench.feed(FillFailed(fill.account, bench.now, bench.now, fill.key, "undone"))
    assert shape(bench)["stop"][0] == 1


def test_a_stop_that_fired_and_left_something_is_finished_by_the_engine() -> None:
    bench = scene()
    hold(bench, "4")
    guard(bench, stop="95", target="110")
    stop, target = legs(bench)["stop"], legs(bench)["take_profit"]
    says(bench, OrderTriggered, stop)
    bench.fill(stop, "1", "95")
    bench.cancelled(stop)
    assert target.status is S.CANCELLED
    exit_ = bench.orders()[-1]
    assert (exit_.side, exit_.qty, exit_.spec.tif) == (SELL, 3, TimeInForce.IOC)
    bench.fill(exit_)
    assert not guarded(bench)


# --- held by the engine -----------------------------------------------------------------------


@pytest.mark.parametrize(("held", "calm", "hit"), [("4", "95.1", "95"), ("-4", "104.9", "105")])
def test_the_engine_holds_the_stop_where_the_venue_does_not(held: str, calm: str, hit: str) -> None:
    bench = scene(PLAIN)
    hold(bench, held, instrument=PLAIN)
    guard(bench, PLAIN, stop="95" if held == "4" else "105")
    before = len(bench.submitted())
    bench.quote(PLAIN, calm, calm)
    assert len(bench.submitted()) == before
    bench.quote(PLAIN, hit, hit)
    exit_ = bench.submitted()[-1].spec
    assert len(bench.submitted()) == before + 1
    assert (exit_.reduce_only, exit_.qty, exit_.reason) == (True, 4, "stop_loss")
    assert (exit_.order_type, exit_.tif) == (OrderType.LIMIT, TimeInForce.IOC)


def test_the_side_at_which_one_gets_out_decides_not_the_other_nor_the_last_print() -> None:
    bench = scene(PLAIN)
    hold(bench, "4", instrument=PLAIN)
    guard(bench, PLAIN, stop="95", target="110")
    bench.quote(PLAIN, "95.2", "120")
    assert set(legs(bench)) == {"take_profit"}
    bench.quote(PLAIN, "94.8", "120")
    assert set(legs(bench)) == {"stop_loss"}


def test_the_exit_waits_for_proof_that_the_target_is_gone_and_sells_only_the_rest() -> None:
    bench = scene(PLAIN)
    hold(bench, "4", instrument=PLAIN)
    guard(bench, PLAIN, stop="95", target="110")
    target = legs(bench)["take_profit"]
    bench.auto_ack = False
    effects = bench.quote(PLAIN, "94", "94.2")
    assert [type(each) for each in effects if type(each) in (CancelOrder, SubmitOrder)] == [
        CancelOrder
    ]
    unanswered(bench, target, Request.CANCEL)
    bench.fill(target, "1", "110")
    assert not bench.submitted(bench.quote(PLAIN, "93", "93.2"))
    bench.cancelled(target, "1")
    assert bench.submitted()[-1].spec.qty == 3
    bench.quote(PLAIN, "99", "99.2")  # it was hit: a price that comes back changes nothing
    bench.fill(bench.orders()[-1], "2", "93")
    bench.cancelled(bench.orders()[-1])
    later(bench, 1)
    assert bench.submitted()[-1].spec.qty == 1  # what the protected limit left is tried again


# --- stops that move --------------------------------------------------------------------------

LONG = [("104", "95"), ("105", "103"), ("104", "103"), ("108", "106"), ("107", "106")]
SHORT = [("96", "105"), ("95", "97"), ("96", "97"), ("92", "94"), ("93", "94")]


@pytest.mark.parametrize(("held", "quotes"), [("4", LONG), ("-4", SHORT)])
@pytest.mark.parametrize("where", [BTC, PLAIN], ids=["venue", "engine"])
def test_a_trailing_stop_begins_at_its_price_and_never_loosens(
    where: Instrument, held: str, quotes: list[tuple[str, str]]
) -> None:
    bench = scene(where)
    hold(bench, held, instrument=where)
    start = {"stop": quotes[0][1], "trailing_activation": quotes[1][0], "trailing": "2"}
    guard(bench, where, **start)
    for px, stop in quotes:
        bench.quote(where, px, px)
        said = [each for each in bench.effects if type(each) is ProtectionChanged][-1]
        assert said.stop == D(stop)
        if where is BTC:
            assert shape(bench)["stop"] == (4, D(stop))
    if where is PLAIN:
        bench.quote(where, quotes[-1][1], quotes[-1][1])
        assert bench.submitted()[-1].spec.reason == "trailing_stop"


def test_a_trailing_stop_without_a_price_to_begin_at_follows_at_once() -> None:
    bench = scene()
    hold(bench, "4")
    guard(bench, trailing="3")
    bench.quote(BTC, "101", "101.2")
    assert shape(bench)["stop"] == (4, 98)


def test_breakeven_moves_the_stop_to_the_entry_and_leaves_a_better_one() -> None:
    for stop, moved in (("95", "100"), ("101", "101")):
        bench = scene()
        hold(bench, "4", "100")
        guard(bench, stop=stop, breakeven_at="104")
        bench.quote(BTC, "103.9", "104")
        assert shape(bench)["stop"] == (4, D(stop))
        bench.quote(BTC, "104", "104.2")
        assert shape(bench)["stop"] == (4, D(moved))


def test_an_amendment_under_way_is_left_alone_until_it_is_answered() -> None:
    bench = scene()
    bench.reads_fail = True
    entry = place(bench, BUY, 4, 100)
    guard(bench, stop="95")
    bench.fill(entry, "1")
    stop = legs(bench)["stop"]
    bench.auto_ack = False
    for filled in ("1", "1"):
        bench.fill(entry, filled)
    asked = [each for each in bench.effects if type(each) is AmendOrder]
    assert [each.qty for each in asked] == [2]
    bench.reads_fail = True
    unanswered(bench, stop, Request.AMEND)
    assert stop.status is S.UNKNOWN
    later(bench, 2)
    bench.reads_fail = False
    bench.auto_ack = True
    reading(bench, row(bench, stop, qty=D(1)))
    later(bench, 1)  # it was answered with the old terms: as good as a refusal
    assert shape(bench)["stop"] == (3, 95)


def test_where_the_venue_cannot_amend_a_leg_is_replaced_only_when_it_is_proved_gone() -> None:
    bench = scene(RIGID)
    entry = place(bench, BUY, 4, 100, instrument=RIGID)
    guard(bench, RIGID, target="110")
    bench.fill(entry, "2")
    target = legs(bench)["take_profit"]
    bench.auto_ack = False
    bench.fill(entry, "2")
    assert target.status is S.PENDING_CANCEL
    assert shape(bench) == {"take_profit": (2, 110)}
    bench.fill(target, "1", "110")  # it fills while it is cancelled
    assert len(legs(bench)) == 1
    bench.cancelled(target, "1")
    assert shape(bench) == {"take_profit": (3, 110)}


# --- refusals ---------------------------------------------------------------------------------


def test_a_refused_leg_waits_before_it_is_placed_again_and_alarms_after_three() -> None:
    bench = scene()
    hold(bench, "4")
    bench.auto_ack = False
    guard(bench, stop="95")
    for refusals in (1, 2, 3):
        placed = len(bench.submitted())
        bench.rejected(legs(bench)["stop"], "no stops now")
        assert len(bench.alerts("unprotected")) == (refusals == 3)
        assert not legs(bench)
        later(bench, 0.9)
        assert len(bench.submitted()) == placed
        later(bench, 0.2)
        assert len(bench.submitted()) == placed + 1
    bench.rejected(legs(bench)["stop"])
    assert len(bench.alerts("unprotected")) == 1  # one alarm, not one a second


def test_while_the_venue_refuses_the_stop_the_engine_holds_it() -> None:
    bench = scene()
    hold(bench, "4")
    bench.auto_ack = False
    guard(bench, stop="95")
    bench.rejected(legs(bench)["stop"], "no stops now")
    bench.quote(BTC, "94.9", "95.1")
    exit_ = bench.submitted()[-1].spec
    assert (exit_.tif, exit_.qty, exit_.trigger_px) == (TimeInForce.IOC, 4, None)


# --- who keeps them ---------------------------------------------------------------------------


def boom(ctx: object) -> None:
    raise RuntimeError("boom")


@pytest.mark.parametrize("where", [BTC, PLAIN], ids=["venue", "engine"])
def test_a_faulted_strategy_keeps_its_guards(where: Instrument) -> None:
    bench = scene(where)
    entry = place(bench, BUY, 4, 100, instrument=where)
    guard(bench, where, stop="95", target="110")
    bench.fill(entry, "1")
    act: dict[str, Any] = {"act": boom, "results": []}
    bench.command(Tell(InstanceId("s1"), "do", act))
    assert bench.alerts("faulted")
    assert entry.status is S.CANCELLED
    bench.fill(entry, "2")  # it had filled before the cancel
    assert legs(bench)["take_profit"].leaves_qty == 3
    if where is BTC:
        assert shape(bench)["stop"] == (3, 95)
    else:
        bench.quote(where, "95", "95.2")
        assert bench.submitted()[-1].spec.qty == 3
        assert bench.submitted()[-1].spec.reason == "stop_loss"


def test_a_guard_is_taken_away_only_in_so_many_words() -> None:
    bench = scene()
    hold(bench, "4")
    guard(bench, stop="95", target="110")
    do(bench, lambda ctx: ctx.protect(BTC.id, None))
    assert bench.orders() == []
    assert not guarded(bench)


def test_a_leg_that_is_cancelled_by_somebody_else_comes_back() -> None:
    bench = scene()
    hold(bench, "4")
    guard(bench, target="110")
    says(bench, OrderCancelled, legs(bench)["take_profit"])
    assert not legs(bench)
    later(bench, 1)
    assert shape(bench) == {"take_profit": (4, 110)}

"""The views of a running desk."""

import asyncio
import pickle
from typing import Any

import msgspec
import pytest

from tests.harness import D
from tests.unit.control.stage import ASKED, BTC, NO, YES, Stage, hold, stage_with_maker
from tradewind.control.curves import POINTS
from tradewind.control.views import Wanted
from tradewind.model.commands import Lifecycle, TradingState
from tradewind.model.events import BookDelta, BookSnapshot, CurrencyRate
from tradewind.model.ids import Currency, InstanceId
from tradewind.model.market import Trust
from tradewind.model.order import OrderStatus


def traded() -> Stage:
    """Return a stage on which the maker holds 2 at 99.9, marked at 100, and rests another bid."""
    stage = stage_with_maker()
    stage.feed(CurrencyRate(Currency("USDT"), D("0.5"), stage.now))
    hold(stage, "2", "99.9")
    stage.quote(BTC, "99.9", "100.1")
    return stage


def test_an_instance_shows_how_it_stands_and_what_it_made() -> None:
    stage = traded()
    maker, idle = stage.views.instances()
    assert (maker.instance, maker.strategy, maker.state) == ("maker", "Maker", Lifecycle.RUNNING)
    assert maker.open_orders == 1
    assert [(held.instrument, held.qty) for held in maker.positions] == [(BTC.id, D(2))]
    [result] = maker.results
    assert (result.unrealised, result.fees, result.net) == (D("0.2"), D("0.05"), D("0.15"))
    assert maker.total is not None
    assert (maker.total.currency, maker.total.net) == ("USD", D("0.075"))
    assert (idle.positions, idle.results) == ((), ())
    assert maker.parameters == {"size": "2", "lane": 1}, "as they look on the wire"


def test_an_order_shows_its_life_in_the_words_of_fix() -> None:
    stage = stage_with_maker()
    hold(stage, "0.5", "99.9")
    [order] = stage.views.orders(Wanted(open_only=True))
    assert (order.ord_status, order.order_qty, order.cum_qty, order.leaves_qty) == (
        OrderStatus.PARTIALLY_FILLED,
        D(2),
        D("0.5"),
        D("1.5"),
    )
    assert (order.avg_px, order.fees, order.reason) == (D("99.9"), D("0.05"), "entry")
    assert order.venue_order_id.startswith("V")


def test_orders_that_ended_stay_at_hand_and_rows_can_be_paged() -> None:
    stage = stage_with_maker()
    for _ in range(5):
        stage.pass_time(1)
        stage.cancelled(stage.orders(name="maker")[0])
        stage.quote(BTC, "99.9", "100.1")
    everything = stage.views.orders()
    assert len(everything) == 6
    assert [each.ord_status for each in everything[:5]] == [OrderStatus.CANCELLED] * 5
    newest = stage.views.orders(Wanted(limit=2))
    assert newest == everything[-2:]
    before = stage.views.orders(Wanted(limit=2, before=newest[0].created_ns))
    assert before == everything[-4:-2]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(instance="maker"), 1),
        (Wanted(instance="idle"), 0),
        (Wanted(account="A", instrument=BTC.id), 1),
        (Wanted(account="K"), 0),
        (Wanted(instrument=YES.id), 0),
    ],
)
def test_rows_are_filtered_by_name(wanted: Wanted, expected: int) -> None:
    stage = traded()
    assert len(stage.views.fills(wanted)) == expected
    assert len(stage.views.positions(wanted)) == expected
    assert len(stage.views.orders(msgspec.structs.replace(wanted, open_only=True))) == expected
    assert len(stage.views.pnl(wanted).rows) == expected


def test_a_position_shows_mark_average_and_result() -> None:
    [held] = traded().views.positions(Wanted(open_only=True))
    assert (held.venue, held.qty, held.avg_px, held.mark) == ("BYBIT", D(2), D("99.9"), D(100))
    assert (held.notional, held.unrealised) == (D(200), D("0.2"))


def test_a_missing_rate_leaves_the_total_unknown_and_the_rest_known() -> None:
    stage = stage_with_maker()
    hold(stage, "2", "99.9")
    pnl = stage.views.pnl()
    assert pnl.total is None
    assert pnl.rows[0].net == D("0.15")


def test_a_book_says_why_it_cannot_be_trusted() -> None:
    stage = stage_with_maker()
    levels = ((D("99.8"), D(1)),), ((D("100.0"), D(2)),)
    stage.feed(BookSnapshot(BTC.id, stage.now, stage.now, *levels, 5))
    stage.feed(BookDelta(BTC.id, stage.now, stage.now, *levels, 9, 8))
    [feed] = stage.views.feeds(Wanted(instrument=BTC.id))
    assert (feed.bid, feed.ask, feed.trust) == (D("99.8"), D("100.0"), Trust.GAP.value)
    assert stage.views.health().untrusted_feeds == 3, "two never had a book"


def test_an_age_counts_from_what_last_vouched_for_the_data() -> None:
    stage = stage_with_maker()
    stage.silence(7)
    stage.vitals.now_ns = stage.now
    [feed] = stage.views.feeds(Wanted(instrument=BTC.id))
    assert feed.age_ms == 7_000
    assert feed.trust == Trust.STALE.value


def test_health_names_what_needs_a_person() -> None:
    stage = stage_with_maker()
    assert stage.views.health().ok
    asyncio.run(stage.plane.kill(ASKED))
    health = stage.views.health()
    assert not health.ok
    assert "desk is halted: killed" in health.notes


def test_the_screen_is_one_look_at_everything_and_survives_the_wire() -> None:
    stage = traded()
    screen = stage.views.screen()
    again = msgspec.json.decode(msgspec.json.encode(screen), type=type(screen))
    assert again == screen
    assert (screen.name, screen.speed, screen.fills_count) == ("stage", 20.0, 1)
    assert len(screen.instances) == 2
    assert [feed.instrument for feed in screen.feeds] == [BTC.id, YES.id, NO.id]


def test_the_curve_spans_the_session_in_a_bounded_number_of_points() -> None:
    stage = stage_with_maker()
    for number in range(3 * POINTS):
        stage.pass_time(1)
        if number % 50 == 0:
            stage.quote(BTC, "99.9", "100.1")
        stage.views.screen()
    curve = stage.views.screen().curve
    assert POINTS // 4 < len(curve) <= POINTS


def test_looking_changes_nothing() -> None:
    stage = traded()
    before = pickle.dumps(stage.desk)
    for look in (
        stage.views.instances,
        stage.views.orders,
        stage.views.fills,
        stage.views.positions,
        stage.views.pnl,
        stage.views.risk,
        stage.views.feeds,
        stage.views.events,
        stage.views.commands,
        stage.views.health,
        stage.views.screen,
    ):
        look()
    assert pickle.dumps(stage.desk) == before


def test_a_faulted_instance_says_why() -> None:
    stage = stage_with_maker()
    maker: Any = stage.desk.instances[InstanceId("maker")].strategy
    maker.size = None
    stage.cancelled(stage.orders(name="maker")[0])
    stage.quote(BTC, "99.9", "100.1")
    shown = stage.views.instances(Wanted(instance="maker"))[0]
    assert shown.faulted
    assert shown.trading is TradingState.ACTIVE
    assert stage.views.health().faulted == 1

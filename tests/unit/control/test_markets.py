"""Public markets as faces show them."""

from decimal import Decimal

import pytest

from tests.harness import D
from tests.unit.control.stage import BTC, NO, YES, Stage, stage_with_maker
from tradewind.control.live import LiveViews
from tradewind.control.views import Wanted
from tradewind.model.errors import ConfigError
from tradewind.model.events import Candle
from tradewind.model.ids import InstrumentId, OrderId
from tradewind.model.market import INTERVALS_NS, CandleStatus

MINUTE = INTERVALS_NS["1m"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), [BTC.id, YES.id, NO.id]),
        (Wanted(venue="bybit"), [BTC.id]),
        (Wanted(query="m1 yes"), [YES.id]),
        (Wanted(query="BTC"), [BTC.id]),
        (Wanted(query="nothing like it"), []),
        (Wanted(instrument=NO.id), [NO.id]),
        (Wanted(limit=1, offset=1), [YES.id]),
    ],
)
def test_markets_are_found_by_venue_and_words(wanted: Wanted, expected: list[str]) -> None:
    found = stage_with_maker().views.markets(wanted)
    assert [row.instrument for row in found.rows] == expected
    assert found.total == (3 if wanted.offset else len(expected))


def test_a_market_shows_its_rules_and_its_feed() -> None:
    stage = stage_with_maker()
    [row] = stage.views.markets(Wanted(instrument=BTC.id)).rows
    assert (row.tick, row.lot, row.quote, row.fees) == (BTC.tick, BTC.qty_step, "USDT", "no fees")
    assert row.watched
    assert row.feed == stage.views.feeds(Wanted(instrument=BTC.id))[0]


def test_a_book_knows_our_place_where_somebody_can() -> None:
    stage = stage_with_maker()
    order = stage.orders()[0]

    def ahead(instrument: InstrumentId, client_order_id: OrderId) -> Decimal | None:
        assert (instrument, client_order_id) == (BTC.id, order.client_order_id)
        return D("1.5")

    views = LiveViews(stage.desk, stage.history, stage.vitals, ahead)
    [own] = views.book(Wanted(instrument=BTC.id)).own
    assert (own.px, own.leaves_qty, own.ahead_qty) == (D("99.9"), D(2), D("1.5"))
    views = LiveViews(stage.desk, stage.history, stage.vitals, lambda *_: D("Infinity"))
    assert views.book(Wanted(instrument=BTC.id)).own[0].ahead_qty is None


def test_a_market_that_is_not_there_is_bad_usage() -> None:
    views = stage_with_maker().views
    for look in (views.book, views.candles, views.trades):
        with pytest.raises(ConfigError, match="no such instrument"):
            look(Wanted(instrument="NOWHERE:X"))
    with pytest.raises(ConfigError, match="no such interval"):
        views.candles(Wanted(instrument=BTC.id, interval="7m"))


def with_candles(count: int) -> Stage:
    """Return a stage with closed candles of a minute, and one that still moves."""
    stage = Stage(candle_memory=500)
    stage.define(BTC)
    for number in range(count + 1):
        opened = number * MINUTE
        status = CandleStatus.PROVISIONAL if number == count else CandleStatus.CLOSED
        px = float(100 + number)
        quanta = BTC.px_quanta(D(100 + number))
        stage.feed(
            Candle(
                instrument=BTC.id,
                ts_event=opened,
                ts_recv=stage.now,
                interval="1m",
                open_quanta=quanta,
                high_quanta=quanta,
                low_quanta=quanta,
                close_quanta=quanta,
                open=px,
                high=px + 1,
                low=px - 1,
                close=px,
                volume=2.0,
                status=status,
            )
        )
    return stage


def test_candles_are_those_that_the_desk_has_the_moving_one_last() -> None:
    views = with_candles(7).views
    told = views.candles(Wanted(instrument=BTC.id, limit=3))
    assert [row[0] // MINUTE for row in told.rows] == [5, 6, 7]
    assert told.provisional
    earlier = views.candles(Wanted(instrument=BTC.id, limit=2, before=5 * MINUTE))
    assert [row[0] // MINUTE for row in earlier.rows] == [3, 4]


def test_longer_candles_are_made_of_shorter_ones() -> None:
    told = with_candles(12).views.candles(Wanted(instrument=BTC.id, interval="5m", limit=2))
    assert told.rows == (
        (5 * MINUTE, 105.0, 110.0, 104.0, 109.0, 10.0),
        (10 * MINUTE, 110.0, 113.0, 109.0, 112.0, 6.0),
    )
    assert told.provisional


def test_an_instrument_without_candles_shows_none() -> None:
    told = stage_with_maker().views.candles(Wanted(instrument=YES.id))
    assert (told.rows, told.provisional) == ((), False)

"""The observer: what it hands to the statistics, and what it counts."""

from decimal import Decimal

import msgspec
import numpy as np
import pytest

from tests.unit.research.sample import (
    FIVE_MIN_NS,
    START_NS,
    USDT,
    made_fill,
    perpetual,
)
from tradewind.model.errors import DataError
from tradewind.model.events import BookSnapshot, Quote, Trade
from tradewind.model.ids import InstanceId, InstrumentId
from tradewind.model.money import ZERO
from tradewind.model.order import Side
from tradewind.research.collect import Collector, RunFacts, data_source
from tradewind.research.history.findings import Findings, Severity
from tradewind.research.history.findings import Gap as FoundGap
from tradewind.research.results import BacktestResult
from tradewind.research.statistics import CONTINUOUS, DAY_NS

BTC = perpetual("BTCUSDT")
ALPHA = InstanceId("alpha")
FACTS = RunFacts(
    strategy="breakout",
    parameters={},
    instances=(),
    instruments=(BTC,),
    sources=(),
    calendar=CONTINUOUS,
    currency=USDT,
    start_ns=START_NS,
    end_ns=START_NS + 31 * DAY_NS,
    starting_equity=Decimal(1_000),
    final_equity=Decimal(1_100),
    events=0,
    decision_hash="00",
    code_version="0",
)


def finished(collector: Collector, **facts: object) -> BacktestResult:
    return collector.finish(msgspec.structs.replace(FACTS, **facts))


def test_the_curve_runs_from_the_start_to_the_end() -> None:
    collector = Collector()
    collector.sample(START_NS + DAY_NS, Decimal(900))
    curve = finished(collector).curve
    assert curve.ts_ns == (START_NS, START_NS + DAY_NS, START_NS + 31 * DAY_NS)
    assert curve.equity == (1_000.0, 900.0, 1_100.0)
    assert curve.drawdown == pytest.approx((0.0, -0.1, 0.0))


def test_a_second_sample_of_one_time_replaces_the_first() -> None:
    collector = Collector()
    for equity in (1_000, 950, 975):
        collector.sample(START_NS, Decimal(equity))
    assert finished(collector).curve.equity == (975.0, 1_100.0)


def test_equity_that_was_sampled_backwards_is_refused() -> None:
    collector = Collector()
    for ts_ns in (START_NS, START_NS + 2, START_NS + 1):
        collector.sample(ts_ns, 1.0)
    with pytest.raises(DataError, match="times that go back"):
        finished(collector)


def test_what_is_counted_at_midnight_belongs_to_the_day_before() -> None:
    collector = Collector()
    collector.sample(START_NS + 31 * DAY_NS, 1_100.0)
    (year,) = finished(collector).statistics.monthly_returns
    assert year.months[0] == pytest.approx(0.1)
    assert set(year.months[1:]) == {None}


def test_money_and_counts_add_up() -> None:
    collector = Collector()
    for side, px, fee in ((Side.SELL, "100", "0.5"), (Side.BUY, "80", "0.25")):
        collector.order()
        fill = made_fill(BTC, side, "1", px, fee=Decimal(fee), ts_event=START_NS + 5)
        collector.fill(fill, "entry", ALPHA, ZERO)
    collector.order()
    for _ in range(3):
        collector.denied("stale_book")
    collector.denied("max_order_qty")
    result = finished(collector, events=7)
    assert (result.net_pnl, result.fees, result.gross_pnl) == (
        Decimal(100),
        Decimal("0.75"),
        Decimal("100.75"),
    )
    counts = result.counts
    assert (counts.events, counts.orders, counts.fills) == (7, 3, 2)
    assert (counts.round_trips, counts.open_positions, counts.denied) == (1, 0, 4)
    assert result.warnings[0].startswith("Only 1 round trips")
    assert list(result.denied.items()) == [("max_order_qty", 1), ("stale_book", 3)]
    assert result.statistics.fees == pytest.approx(0.75)


def test_few_round_trips_and_short_times_are_said_and_nothing_is_not() -> None:
    collector = Collector()
    for side in (Side.BUY, Side.SELL):
        collector.fill(made_fill(BTC, side, "1", "100"), "entry", ALPHA, ZERO)
    result = finished(collector, end_ns=START_NS + DAY_NS)
    assert [text[:21] for text in result.warnings] == [
        "Only 1 round trips: w",
        "Only 1.0 days: ratios",
    ]
    assert finished(Collector()).warnings == ()


def test_orders_of_which_none_was_filled_are_said() -> None:
    collector = Collector()
    for _ in range(2):
        collector.order()
        collector.rejected("insufficient margin")
    result = finished(collector)
    assert result.warnings == ("None of 2 orders was filled.",)
    assert (result.rejected, result.counts.rejected) == ({"insufficient margin": 2}, 2)


def test_quotes_trades_and_books_draw_mids_and_prints() -> None:
    collector = Collector()
    one, none = Decimal(1), Decimal(0)
    name = BTC.id
    collector.price(Quote(name, 0, 0, Decimal(99), Decimal(101), one, one))
    collector.price(Quote(name, 1, 1, Decimal(50), Decimal(0), one, none))
    collector.price(Trade(name, 2, 2, Decimal(103), one, Side.BUY))
    book = ((Decimal(97), one),), ((Decimal(99), one),)
    collector.price(BookSnapshot(name, 3, 3, *book))
    collector.price(BookSnapshot(name, 4, 4, (), book[1]))
    (candles,) = finished(collector).prices
    assert (candles.open, candles.high, candles.low, candles.close) == (
        (100.0,),
        (103.0,),
        (98.0,),
        (98.0,),
    )


def test_whole_columns_of_prices_serve_the_mark_outs() -> None:
    collector = Collector()
    ts_ns = START_NS + np.arange(0, 120) * 1_000_000_000
    collector.prices(BTC.id, ts_ns, np.linspace(100.0, 111.9, 120))
    fill = made_fill(BTC, Side.BUY, "1", "100", ts_event=START_NS)
    collector.fill(fill, "entry", ALPHA, ZERO)
    result = finished(collector)
    assert result.statistics.mark_out_10s_bps == pytest.approx(100.0)
    assert len(result.prices[0].ts_ns) == 120


def test_whole_columns_of_candles_are_thinned_to_the_limit() -> None:
    collector = Collector(candles=100)
    ts_ns = START_NS + np.arange(1_000) * FIVE_MIN_NS
    px = np.arange(1_000.0)
    collector.candles(BTC.id, "5m", (ts_ns, px, px + 1, px - 1, px))
    (candles,) = finished(collector).prices
    assert len(candles.ts_ns) <= 100
    assert (max(candles.high), min(candles.low)) == (1_000.0, -1.0)


def test_an_import_report_becomes_a_data_source() -> None:
    findings = Findings("some folder/x.csv", "csv", "BYBIT:BTCUSDT", "candle:5m", 12, 10, 1, 2)
    findings.add("duplicate", Severity.REPAIRED, 2, "2 rows came twice")
    findings.gaps.append(FoundGap(5, 6, 2))
    source = data_source(findings)
    assert (source.name, source.rows, source.instrument) == (
        "x.csv",
        10,
        InstrumentId("BYBIT:BTCUSDT"),
    )
    assert (source.findings[0].severity, source.gaps[0].missing) == ("repaired", 2)

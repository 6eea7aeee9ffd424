"""Statistics against numbers made by hand, and against what must hold for any run."""

import math
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.model.errors import ConfigError, DataError
from tradewind.research.statistics import (
    CONTINUOUS,
    DAY_NS,
    NSE,
    Calendar,
    CalibrationBin,
    FillSample,
    FloatArray,
    IntArray,
    PriceSeries,
    RoundTrip,
    RunRecord,
    Statistics,
    avg_loss,
    avg_win,
    brier_score,
    cagr,
    calendar_named,
    calibration_table,
    calmar,
    daily_equity,
    daily_returns,
    expectancy,
    exposure,
    longest_drawdown_days,
    maker_share,
    mark_out,
    max_drawdown,
    mean_equity,
    monthly_returns,
    payoff_ratio,
    profit_factor,
    sharpe,
    sortino,
    summarise,
    total_fees,
    total_return,
    turnover,
    volatility,
    win_rate,
)

S = 1_000_000_000
HOUR = 3600 * S
# A loaded machine is no fault of a property; every run draws other examples.
QUICK = settings(max_examples=30, deadline=None, print_blob=True)


def floats(*values: float) -> FloatArray:
    return np.array(values, np.float64)


def days(*values: float) -> IntArray:
    return np.array([round(value * DAY_NS) for value in values], np.int64)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * S


# Four days: start, +10 %, -10 %, +10 %.
TIMES = days(0.5, 1.5, 2.5, 3.5)
EQUITY = floats(100.0, 110.0, 99.0, 108.9)
RETURNS = floats(0.1, -0.1, 0.1)


def test_daily_returns_of_a_curve_with_one_point_a_day() -> None:
    returns = daily_returns(TIMES, EQUITY, CONTINUOUS)
    assert returns is not None
    assert returns.tolist() == pytest.approx(RETURNS.tolist())


def test_first_day_counts_against_the_starting_capital() -> None:
    returns = daily_returns(days(0.0, 0.5, 1.0, 1.9), floats(100, 105, 100, 126), CONTINUOUS)
    assert returns is not None
    assert returns.tolist() == pytest.approx([0.05, 0.2])


def test_days_without_news_repeat_where_markets_never_close_and_are_absent_on_nse() -> None:
    times, equity = days(0.1, 0.9, 3.5), floats(100, 110, 121)
    number, closes = daily_equity(times, equity, CONTINUOUS)
    assert number.tolist() == [0, 1, 2, 3]
    assert closes.tolist() == [110, 110, 110, 121]
    weekday = Calendar("weekdays", periods_per_year=252, day_offset_ns=0, every_day=False)
    number, closes = daily_equity(times, equity, weekday)
    assert number.tolist() == [0, 3]
    assert closes.tolist() == [110, 121]


def test_nse_days_begin_at_midnight_in_india() -> None:
    times = np.array([at("2026-11-20 18:00"), at("2026-11-20 18:29"), at("2026-11-20 18:31")])
    number, closes = daily_equity(times, floats(1, 2, 3), NSE)
    assert number.astype("datetime64[D]").astype(str).tolist() == ["2026-11-20", "2026-11-21"]
    assert closes.tolist() == [2, 3]


def test_calendars_state_their_annualisation() -> None:
    assert calendar_named("24x7").periods_per_year == 365
    assert calendar_named("NSE").periods_per_year == 252
    with pytest.raises(ConfigError, match="found 'LSE'; use 24x7 or NSE"):
        calendar_named("LSE")


# mean 1/30; deviation sqrt(0.04/3) = 0.115470; shortfall sqrt(0.01/3) = 0.057735;
# root of 365 is 19.104973, of 252 it is 15.874508.
def test_risk_ratios_of_three_returns() -> None:
    assert volatility(RETURNS, 365) == pytest.approx(2.2060523, rel=1e-7)
    assert sharpe(RETURNS, 365) == pytest.approx(5.5151307, rel=1e-7)
    assert sharpe(RETURNS, 252) == pytest.approx(4.5825757, rel=1e-7)
    assert sortino(RETURNS, 365) == pytest.approx(11.0302614, rel=1e-7)


def test_risk_free_rate_is_taken_off_each_period_by_compounding() -> None:
    daily = 0.001
    yearly = (1 + daily) ** 365 - 1
    assert sharpe(RETURNS, 365, yearly) == pytest.approx(sharpe(RETURNS - daily, 365))
    assert sortino(RETURNS, 365, yearly) == pytest.approx(sortino(RETURNS - daily, 365))


@pytest.mark.parametrize(
    "returns",
    [floats(), floats(0.01), floats(0, 0, 0), floats(0.001, 0.001 * (1 + 1e-15), 0.001)],
    ids=["empty", "one", "flat", "equal but for rounding"],
)
def test_ratios_without_risk_are_undefined(returns: FloatArray) -> None:
    assert sharpe(returns, 365) is None
    assert sortino(returns, 365) is None


def test_growth_over_two_years_is_ten_per_cent_a_year() -> None:
    assert cagr(days(0, 730), floats(100, 121)) == pytest.approx(0.1)
    assert total_return(floats(100, 121)) == pytest.approx(0.21)


@pytest.mark.parametrize(
    ("times", "equity"),
    [
        (days(), floats()),
        (days(0), floats(100)),
        (days(0, 0.5), floats(100, 101)),
        (days(0, 365), floats(100, 0)),
        (days(0, 365), floats(0, 100)),
        (days(0, 1), floats(1e-9, 1e9)),
    ],
    ids=["empty", "one point", "half a day", "total loss", "no capital", "beyond any number"],
)
def test_growth_is_undefined(times: IntArray, equity: FloatArray) -> None:
    assert cagr(times, equity) is None


@pytest.mark.parametrize(
    ("times", "equity", "depth", "length"),
    [
        pytest.param(TIMES, EQUITY, -0.1, 2.0, id="still under water at the end"),
        pytest.param(days(0, 1, 5, 6, 7), floats(10, 8, 10, 9, 9.5), -0.2, 5.0, id="recovered"),
        pytest.param(
            days(0, 1, 2, 3, 4, 9), floats(10, 9, 10, 10, 5, 11), -0.5, 6.0, id="from last peak"
        ),
        pytest.param(days(0, 1), floats(10, -5), -1.5, 1.0, id="more than everything"),
        pytest.param(days(0, 1, 2), floats(1, 1, 2), 0.0, 0.0, id="never fell"),
        pytest.param(days(0), floats(5), 0.0, 0.0, id="one point"),
        pytest.param(days(), floats(), None, None, id="empty"),
        pytest.param(days(0, 1), floats(0, 1), None, 0.0, id="no capital"),
    ],
)
def test_drawdown_and_its_length(
    times: IntArray, equity: FloatArray, depth: float | None, length: float | None
) -> None:
    assert max_drawdown(equity) == (None if depth is None else pytest.approx(depth))
    assert longest_drawdown_days(times, equity) == length


def test_calmar_needs_growth_and_a_drawdown() -> None:
    assert calmar(0.3, -0.1) == pytest.approx(3.0)
    assert calmar(-0.3, -0.1) == pytest.approx(-3.0)
    assert calmar(0.3, 0.0) is None
    assert calmar(None, -0.1) is None


def test_mean_equity_weighs_by_time() -> None:
    assert mean_equity(days(0, 1, 4), floats(100, 200, 900)) == pytest.approx(175.0)
    assert mean_equity(days(1, 1), floats(100, 200)) == 150.0
    assert mean_equity(days(), floats()) is None


def test_months_start_from_the_capital_and_compound_to_the_year() -> None:
    times = np.array(
        [at(day) for day in ("2025-11-10", "2025-11-30", "2025-12-31", "2026-02-10", "2026-02-28")]
    )
    table = monthly_returns(times, floats(100, 110, 99, 120, 148.5), NSE)
    assert [row.year for row in table] == [2025, 2026]
    assert [row.total for row in table] == pytest.approx([-0.01, 0.5])
    assert table[0].months[:10] == (None,) * 10
    assert table[0].months[10:] == pytest.approx((0.1, -0.1))
    assert [month for month in table[1].months if month is not None] == pytest.approx([0.5])
    assert table[1].months[1] is not None
    # A market that never closes had a January, in which nothing happened.
    assert monthly_returns(times, floats(100, 110, 99, 120, 148.5), CONTINUOUS)[1].months[0] == 0.0


# Four round trips: +30, +10, -20, 0.
PNL = floats(30, 10, -20, 0)


def test_round_trip_figures() -> None:
    assert win_rate(PNL) == pytest.approx(2 / 3)
    assert avg_win(PNL) == 20.0
    assert avg_loss(PNL) == -20.0
    assert payoff_ratio(PNL) == 1.0
    assert profit_factor(PNL) == 2.0
    assert expectancy(PNL) == 5.0


@pytest.mark.parametrize(
    ("pnl", "figures"),
    [
        (floats(), [None, None, None, None, None, None]),
        (floats(0, 0), [None, None, None, None, None, 0.0]),
        (floats(-1, -3), [0.0, None, -2.0, None, 0.0, -2.0]),
        (floats(1, 3), [1.0, 2.0, None, None, None, 2.0]),
    ],
    ids=["none", "all zero", "all losses", "all wins"],
)
def test_round_trip_figures_at_their_edges(pnl: FloatArray, figures: list[float | None]) -> None:
    made = [win_rate, avg_win, avg_loss, payoff_ratio, profit_factor, expectancy]
    assert [figure(pnl) for figure in made] == figures


def test_exposure_counts_overlapping_positions_once_and_only_inside_the_run() -> None:
    held = [(50, 60), (10, 30), (20, 40), (-10, 5), (95, 200)]
    assert exposure(held, 0, 100) == pytest.approx((5 + 30 + 10 + 5) / 100)
    assert exposure([], 0, 100) == 0.0
    assert exposure(held, 7, 7) is None


def bought(qty: float, px: float, ts_s: float, *, maker: bool, name: str = "A") -> FillSample:
    return FillSample(
        ts_ns=round(ts_s * S), instrument=name, signed_qty=qty, px=px, fee=0.5, maker=maker
    )


FILLS = [
    bought(3.0, 100.0, 0.0, maker=True),
    bought(-1.0, 100.0, 5.0, maker=False),
    bought(10.0, 10.0, 0.0, maker=False, name="B"),
]


def test_fill_figures() -> None:
    assert turnover(FILLS, 250.0) == pytest.approx(2.0)
    assert turnover(FILLS, None) is None
    assert turnover(FILLS, 0.0) is None
    assert turnover([], 250.0) == 0.0
    assert total_fees(FILLS) == 1.5
    assert maker_share(FILLS) == pytest.approx(0.6)
    assert maker_share([]) is None


def test_mark_out_asks_where_the_price_went() -> None:
    prices = {
        "A": PriceSeries(np.array([0, 1 * S, 6 * S]), floats(100.0, 101.0, 99.0)),
        "B": PriceSeries(np.array([0, 4 * S]), floats(10.0, 9.9)),
    }
    # after 1 s: A +3 x 1, A -1 x -1 (99 at 6 s), B +10 x 0 -> 4 on 500
    assert mark_out(FILLS, prices, 1.0) == pytest.approx(80.0)
    # after 4 s: A 3 x 1 on 300; the sale lies beyond A's prices; B 10 x -0.1 -> 2 on 400
    assert mark_out(FILLS, prices, 4.0) == pytest.approx(50.0)
    assert mark_out(FILLS, prices, 60.0) is None
    assert mark_out(FILLS, {}, 1.0) is None
    assert mark_out(FILLS, {"A": PriceSeries(days(), floats())}, 1.0) is None


def test_brier_score_of_known_forecasts() -> None:
    assert brier_score(floats(1, 0), floats(1, 0)) == 0.0
    assert brier_score(floats(0.5, 0.5), floats(1, 0)) == 0.25
    assert brier_score(floats(0.8, 0.3), floats(1, 1)) == pytest.approx((0.04 + 0.49) / 2)
    assert brier_score(floats(), floats()) is None


def test_calibration_puts_each_forecast_in_its_bin() -> None:
    forecasts, outcomes = floats(0.0, 0.1, 0.3, 0.6, 1.0), floats(0, 1, 0, 1, 1)
    table = calibration_table(forecasts, outcomes, bins=4)
    assert table == (
        CalibrationBin(0.0, 0.25, 2, 0.05, 0.5),
        CalibrationBin(0.25, 0.5, 1, 0.3, 0.0),
        CalibrationBin(0.5, 0.75, 1, 0.6, 1.0),
        CalibrationBin(0.75, 1.0, 1, 1.0, 1.0),
    )
    assert [row.count for row in calibration_table(floats(0.3, 0.6, 0.7), floats(0, 1, 1))] == [
        *(0, 0, 0, 1, 0, 0, 1, 1, 0, 0),
    ]
    assert calibration_table(floats(), floats()) == ()
    with pytest.raises(ConfigError, match="found 0 bins"):
        calibration_table(forecasts, outcomes, bins=0)


def test_summary_of_a_small_run() -> None:
    run = RunRecord(
        ts_ns=TIMES,
        equity=EQUITY,
        calendar=CONTINUOUS,
        round_trips=[
            RoundTrip(10.0, int(TIMES[0]), int(TIMES[1])),
            RoundTrip(-11.0, int(TIMES[1]), int(TIMES[1]) + 12 * HOUR),
        ],
        open_since_ns=[int(TIMES[3]) - 12 * HOUR],
        fills=FILLS,
        forecasts=[(0.8, 1.0), (0.3, 1.0)],
    )
    made = summarise(run)
    assert (made.calendar, made.periods_per_year) == ("24x7", 365)
    assert made.net_pnl == pytest.approx(8.9)
    assert made.sharpe == pytest.approx(5.5151307, rel=1e-7)
    assert made.max_drawdown == pytest.approx(-0.1)
    assert made.longest_drawdown_days == 2.0
    assert [made.best_day, made.worst_day] == pytest.approx([0.1, -0.1])
    assert made.win_rate == 0.5
    assert made.exposure == pytest.approx(2 / 3)
    assert made.turnover == pytest.approx(500 / 103)
    assert made.brier_score == pytest.approx(0.265)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Statistics) == made


def test_summary_of_nothing_is_all_undefined_and_of_one_point_nearly_so() -> None:
    nothing = summarise(RunRecord(ts_ns=days(), equity=floats(), calendar=NSE))
    assert {value for value in msgspec.structs.astuple(nothing) if value} == {"NSE", 252}
    one = summarise(RunRecord(ts_ns=days(3), equity=floats(50), calendar=NSE))
    assert (one.total_return, one.max_drawdown, one.sharpe, one.cagr) == (0.0, 0.0, None, None)


@pytest.mark.parametrize(
    ("times", "equity", "found"),
    [
        (days(0), floats(1, 2), "1 times and 2 values"),
        (days(0, 1), floats(1, math.nan), "nan among its values"),
        (days(1, 0), floats(1, 2), "times that go back"),
    ],
)
def test_summary_refuses_what_is_no_curve(times: IntArray, equity: FloatArray, found: str) -> None:
    with pytest.raises(DataError, match=f"Read an equity curve, found {found}; repair"):
        summarise(RunRecord(ts_ns=times, equity=equity, calendar=CONTINUOUS))


MONEY = st.floats(-1e6, 1e6)
CURVES = st.lists(
    st.tuples(st.integers(0, 3 * DAY_NS), st.floats(0.01, 1e6)), min_size=1, max_size=40
)
PNLS = st.lists(MONEY, max_size=30).map(lambda values: np.array(values, np.float64))


def walk(curve: list[tuple[int, float]]) -> tuple[IntArray, FloatArray]:
    """Return a curve from (time since the point before, equity) pairs."""
    return (
        np.cumsum([step for step, _ in curve], dtype=np.int64),
        np.array([value for _, value in curve], np.float64),
    )


@QUICK
@given(CURVES)
def test_a_curve_that_never_falls_has_no_drawdown(curve: list[tuple[int, float]]) -> None:
    times, equity = walk(curve)
    rising = np.maximum.accumulate(equity)
    assert max_drawdown(rising) == 0.0
    assert longest_drawdown_days(times, rising) == 0.0


@QUICK
@given(CURVES)
def test_a_positive_curve_loses_no_more_than_all_of_it(curve: list[tuple[int, float]]) -> None:
    times, equity = walk(curve)
    depth, length = max_drawdown(equity), longest_drawdown_days(times, equity)
    assert depth is not None
    assert length is not None
    assert -1.0 <= depth <= 0.0
    assert 0.0 <= length <= (times[-1] - times[0]) / DAY_NS


@QUICK
@given(CURVES)
def test_daily_and_monthly_returns_compound_to_the_total(curve: list[tuple[int, float]]) -> None:
    times, equity = walk(curve)
    total = equity[-1] / equity[0]
    for calendar in (CONTINUOUS, NSE):
        returns = daily_returns(times, equity, calendar)
        assert returns is not None
        assert np.prod(1.0 + returns) == pytest.approx(total, rel=1e-6)
        rows = monthly_returns(times, equity, calendar)
        years = [1.0 + row.total for row in rows if row.total is not None]
        months = [1.0 + month for row in rows for month in row.months if month is not None]
        assert math.prod(years) == pytest.approx(total, rel=1e-6)
        assert math.prod(months) == pytest.approx(total, rel=1e-6)


@QUICK
@given(
    st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=50).map(
        lambda values: np.array(values, np.float64)
    ),
    st.floats(0.0, 0.5),
)
def test_sharpe_and_sortino_have_the_sign_of_the_mean_excess(
    returns: FloatArray, risk_free: float
) -> None:
    mean = float(np.mean(returns - ((1 + risk_free) ** (1 / 365) - 1)))
    for ratio in (sharpe(returns, 365, risk_free), sortino(returns, 365, risk_free)):
        assert (
            ratio is None or abs(mean) < 1e-12 or math.copysign(1, ratio) == math.copysign(1, mean)
        )


@QUICK
@given(PNLS)
def test_expectancy_is_what_wins_and_losses_add_up_to(pnl: FloatArray) -> None:
    mean = expectancy(pnl)
    if mean is None:
        assert not len(pnl)
        return
    wins, losses = pnl[pnl > 0], pnl[pnl < 0]
    parts = len(wins) * (avg_win(pnl) or 0.0) + len(losses) * (avg_loss(pnl) or 0.0)
    assert mean * len(pnl) == pytest.approx(parts, rel=1e-9, abs=1e-6)
    assert 0.0 <= (win_rate(pnl) or 0.0) <= 1.0


@QUICK
@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0])), min_size=1, max_size=50),
    st.integers(1, 20),
)
def test_calibration_counts_every_forecast_once(
    pairs: list[tuple[float, float]], bins: int
) -> None:
    said, settled = floats(*(said for said, _ in pairs)), floats(*(came for _, came in pairs))
    table = calibration_table(said, settled, bins=bins)
    assert sum(row.count for row in table) == len(pairs)
    for row in table:
        assert row.mean_forecast is None or row.low <= row.mean_forecast <= row.high
    score = brier_score(said, settled)
    assert score is not None
    assert 0.0 <= score <= 1.0


@QUICK
@given(
    st.lists(st.tuples(st.integers(0, 3 * DAY_NS), MONEY), max_size=30),
    PNLS,
    st.sampled_from([CONTINUOUS, NSE]),
)
def test_no_number_of_any_run_is_nan_or_infinite(
    curve: list[tuple[int, float]], pnl: FloatArray, calendar: Calendar
) -> None:
    times, equity = walk(curve)
    trips = [RoundTrip(float(value), i, i + 5) for i, value in enumerate(pnl)]
    made = summarise(
        RunRecord(ts_ns=times, equity=equity, calendar=calendar, round_trips=trips, fills=FILLS)
    )
    for value in msgspec.structs.astuple(made):
        assert not isinstance(value, float) or math.isfinite(value)
    for row in made.monthly_returns:
        assert all(month is None or math.isfinite(month) for month in (*row.months, row.total))

"""One run's statistics in one value, ready for a report or JSON."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from tradewind.research.statistics import curve, forecasts, results
from tradewind.research.statistics.curve import Calendar, FloatArray, IntArray


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a run leaves behind. Only the curve and the calendar are needed.

    `ts_ns` and `equity` are one curve, from the starting capital on. `open_since_ns` are the
    openings of positions still held at the end. `prices` serve the mark-outs, by instrument.
    `forecasts` pairs a probability with its settlement. `risk_free_rate` is a year's, a fraction.
    """

    ts_ns: IntArray
    equity: FloatArray
    calendar: Calendar
    round_trips: Sequence[results.RoundTrip] = ()
    open_since_ns: Sequence[int] = ()
    fills: Sequence[results.FillSample] = ()
    prices: Mapping[str, results.PriceSeries] = {}
    forecasts: Sequence[tuple[float, float]] = ()
    risk_free_rate: float = 0.0


class CurveStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """What the equity curve alone says; see Statistics for units."""

    calendar: str
    periods_per_year: int
    risk_free_rate: float
    start_ns: int | None
    end_ns: int | None
    days: float | None
    start_equity: float | None
    end_equity: float | None
    mean_equity: float | None
    net_pnl: float | None
    total_return: float | None
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float | None
    longest_drawdown_days: float | None
    best_day: float | None
    worst_day: float | None
    monthly_returns: tuple[curve.YearOfReturns, ...]


class Statistics(CurveStatistics, frozen=True, kw_only=True):
    """Everything, by the names of quantstats and empyrical; None where a number is undefined.

    Fractions: total_return, cagr, volatility, max_drawdown and worst_day (negative), best_day,
    win_rate, exposure, maker_share, risk_free_rate. Ratios: sharpe, sortino, calmar,
    payoff_ratio, profit_factor, turnover (notional over mean equity). Money: net_pnl, avg_win,
    avg_loss (negative) and expectancy after fees; fees paid less rebates. Mark-outs in basis
    points of the notional, positive where the price went our way.

    volatility, sharpe and sortino come from daily returns and are annualised with
    `periods_per_year` (365 for markets that never close, 252 for NSE); cagr goes by elapsed
    time, 365 days a year.
    """

    round_trips: int
    win_rate: float | None
    avg_win: float | None
    avg_loss: float | None
    payoff_ratio: float | None
    profit_factor: float | None
    expectancy: float | None
    exposure: float | None
    fills: int
    turnover: float | None
    fees: float
    maker_share: float | None
    mark_out_1s_bps: float | None
    mark_out_10s_bps: float | None
    mark_out_60s_bps: float | None
    brier_score: float | None
    calibration: tuple[forecasts.CalibrationBin, ...]


def summarise(run: RunRecord) -> Statistics:
    """Return every statistic of a run; raises DataError where its curve is no curve."""
    curve.check_curve(run.ts_ns, run.equity)
    of_curve = _of_curve(run)
    pnl = np.array([trip.net_pnl for trip in run.round_trips], np.float64)
    said = np.array([forecast for forecast, _ in run.forecasts], np.float64)
    settled = np.array([outcome for _, outcome in run.forecasts], np.float64)
    return Statistics(
        **msgspec.structs.asdict(of_curve),
        round_trips=len(pnl),
        win_rate=results.win_rate(pnl),
        avg_win=results.avg_win(pnl),
        avg_loss=results.avg_loss(pnl),
        payoff_ratio=results.payoff_ratio(pnl),
        profit_factor=results.profit_factor(pnl),
        expectancy=results.expectancy(pnl),
        exposure=_exposure(run),
        fills=len(run.fills),
        turnover=results.turnover(run.fills, of_curve.mean_equity),
        fees=results.total_fees(run.fills),
        maker_share=results.maker_share(run.fills),
        mark_out_1s_bps=results.mark_out(run.fills, run.prices, 1.0),
        mark_out_10s_bps=results.mark_out(run.fills, run.prices, 10.0),
        mark_out_60s_bps=results.mark_out(run.fills, run.prices, 60.0),
        brier_score=forecasts.brier_score(said, settled),
        calibration=forecasts.calibration_table(said, settled),
    )


def _of_curve(run: RunRecord) -> CurveStatistics:
    times, equity, periods = run.ts_ns, run.equity, run.calendar.periods_per_year
    returns = curve.daily_returns(times, equity, run.calendar)
    if returns is None:
        returns = np.empty(0)
    growth, deepest = curve.cagr(times, equity), curve.max_drawdown(equity)
    ends = (int(times[0]), int(times[-1])) if len(times) else None
    values = (float(equity[0]), float(equity[-1])) if len(equity) else None
    return CurveStatistics(
        calendar=run.calendar.name,
        periods_per_year=periods,
        risk_free_rate=run.risk_free_rate,
        start_ns=ends and ends[0],
        end_ns=ends and ends[1],
        days=ends and (ends[1] - ends[0]) / curve.DAY_NS,
        start_equity=values and values[0],
        end_equity=values and values[1],
        mean_equity=curve.mean_equity(times, equity),
        net_pnl=values and values[1] - values[0],
        total_return=curve.total_return(equity),
        cagr=growth,
        volatility=curve.volatility(returns, periods),
        sharpe=curve.sharpe(returns, periods, run.risk_free_rate),
        sortino=curve.sortino(returns, periods, run.risk_free_rate),
        calmar=curve.calmar(growth, deepest),
        max_drawdown=deepest,
        longest_drawdown_days=curve.longest_drawdown_days(times, equity),
        best_day=float(returns.max()) if len(returns) else None,
        worst_day=float(returns.min()) if len(returns) else None,
        monthly_returns=curve.monthly_returns(times, equity, run.calendar),
    )


def _exposure(run: RunRecord) -> float | None:
    if not len(run.ts_ns):
        return None
    start_ns, end_ns = int(run.ts_ns[0]), int(run.ts_ns[-1])
    held = [(trip.opened_ns, trip.closed_ns) for trip in run.round_trips]
    held += [(opened_ns, end_ns) for opened_ns in run.open_since_ns]
    return results.exposure(held, start_ns, end_ns)

"""What an equity curve says: returns, risk, drawdowns, the table of months.

A curve is two arrays of one length: `ts_ns` (integer nanoseconds UTC, never falling) and `equity`
(money, floats). Rates and ratios are fractions (0.05 is 5 %). None where a number is undefined.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from tradewind.model.errors import ConfigError, DataError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DAY_NS = 86_400_000_000_000
_YEAR_DAYS = 365.0
_FLAT = 1e-9
_ABSURD = 1e100


class Calendar(msgspec.Struct, frozen=True):
    """When a market's days begin and how many make a year.

    `day_offset_ns` is local midnight's distance from UTC's. Where `every_day` is true a day
    without news counts as a day without a return; where not, it is no trading day.
    """

    name: str
    periods_per_year: int
    day_offset_ns: int
    every_day: bool


CONTINUOUS = Calendar("24x7", periods_per_year=365, day_offset_ns=0, every_day=True)
NSE = Calendar("NSE", periods_per_year=252, day_offset_ns=19_800_000_000_000, every_day=False)
_CALENDARS = {calendar.name: calendar for calendar in (CONTINUOUS, NSE)}


def calendar_named(name: str) -> Calendar:
    """Return the calendar of an instrument's `calendar` word; raises ConfigError if unknown."""
    if name not in _CALENDARS:
        raise ConfigError(f"Looked up a calendar, found {name!r}; use {' or '.join(_CALENDARS)}.")
    return _CALENDARS[name]


def finite(value: float) -> float | None:
    """Return the value as a plain float, or None where it is no finite number."""
    return float(value) + 0.0 if math.isfinite(value) else None


def check_curve(ts_ns: IntArray, equity: FloatArray) -> None:
    """Raise DataError unless the two arrays are one curve."""
    if len(ts_ns) != len(equity):
        found = f"{len(ts_ns)} times and {len(equity)} values"
    elif not np.isfinite(equity).all():
        found = f"{equity[~np.isfinite(equity)][0]} among its values"
    elif len(ts_ns) > 1 and (np.diff(ts_ns) < 0).any():
        found = "times that go back"
    else:
        return
    raise DataError(f"Read an equity curve, found {found}; repair its source and run again.")


def daily_equity(
    ts_ns: IntArray, equity: FloatArray, calendar: Calendar
) -> tuple[IntArray, FloatArray]:
    """Return the days (since 1970, by the calendar's midnight) and the last equity of each."""
    if not len(ts_ns):
        return np.empty(0, np.int64), np.empty(0)
    day = (ts_ns + calendar.day_offset_ns) // DAY_NS
    last = np.flatnonzero(np.append(np.diff(day) != 0, True))
    days, closes = day[last], equity[last]
    if calendar.every_day:
        every = np.arange(days[0], days[-1] + 1)
        closes = closes[np.searchsorted(days, every, side="right") - 1]
        days = every
    return days, closes


def daily_returns(ts_ns: IntArray, equity: FloatArray, calendar: Calendar) -> FloatArray | None:
    """Return one return per day, the first day's against the curve's first value.

    A first day that holds nothing but that value has no return. None for a curve that touches
    zero, or nearly, before its end: no return can be counted from there.
    """
    days, closes = daily_equity(ts_ns, equity, calendar)
    if not len(days):
        return closes
    before = np.concatenate((equity[:1], closes[:-1]))
    if (before <= 0.0).any():
        return None
    with np.errstate(over="ignore"):
        returns = closes / before - 1.0
    if not (np.abs(returns) < _ABSURD).all():
        return None
    alone = len(ts_ns) == 1 or (ts_ns[1] + calendar.day_offset_ns) // DAY_NS > days[0]
    return returns[1:] if alone else returns


def total_return(equity: FloatArray) -> float | None:
    """Return last over first, less one; None without a positive start."""
    return _growth(float(equity[0]), float(equity[-1])) if len(equity) else None


def cagr(ts_ns: IntArray, equity: FloatArray) -> float | None:
    """Return the yearly growth by elapsed time, 365 days a year whatever the calendar.

    None for less than a day: a year made of minutes says nothing. None after a total loss.
    """
    if len(equity) < 2 or equity[0] <= 0.0 or equity[-1] <= 0.0:
        return None
    days = (int(ts_ns[-1]) - int(ts_ns[0])) / DAY_NS
    growth = (
        _YEAR_DAYS / days * (math.log(equity[-1]) - math.log(equity[0]))
        if days >= 1.0
        else math.inf
    )
    return math.expm1(growth) if growth < 700.0 else None


def volatility(returns: FloatArray, periods_per_year: int) -> float | None:
    """Return the yearly sample deviation of returns; None for fewer than two."""
    if len(returns) < 2:
        return None
    return finite(float(np.std(returns, ddof=1)) * math.sqrt(periods_per_year))


def sharpe(returns: FloatArray, periods_per_year: int, risk_free_rate: float = 0.0) -> float | None:
    """Return yearly mean excess return over deviation; None where returns do not vary."""
    excess = _excess(returns, periods_per_year, risk_free_rate)
    if len(excess) < 2:
        return None
    deviation = float(np.std(excess, ddof=1))
    return _ratio(float(np.mean(excess)), deviation, excess, periods_per_year)


def sortino(
    returns: FloatArray, periods_per_year: int, risk_free_rate: float = 0.0
) -> float | None:
    """Return yearly mean excess return over its root mean square shortfall; None without one."""
    excess = _excess(returns, periods_per_year, risk_free_rate)
    if len(excess) < 2:
        return None
    shortfall = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)))
    return _ratio(float(np.mean(excess)), shortfall, excess, periods_per_year)


def _excess(returns: FloatArray, periods_per_year: int, risk_free_rate: float) -> FloatArray:
    return returns - math.expm1(math.log1p(risk_free_rate) / periods_per_year)


def _ratio(mean: float, spread: float, excess: FloatArray, periods_per_year: int) -> float | None:
    # Equal returns differ by rounding alone; that is no risk, and dividing by it no ratio.
    if spread <= _FLAT * float(np.max(np.abs(excess))):
        return None
    return finite(mean / spread * math.sqrt(periods_per_year))


def max_drawdown(equity: FloatArray) -> float | None:
    """Return the deepest fall from a peak as a negative fraction of it; 0 if it never fell."""
    if not len(equity) or equity[0] <= 0.0:
        return None
    with np.errstate(over="ignore"):
        return finite(float(np.min(equity / np.maximum.accumulate(equity) - 1.0)))


def longest_drawdown_days(ts_ns: IntArray, equity: FloatArray) -> float | None:
    """Return the longest time from a peak to its recovery, or to the end, in days."""
    if not len(equity):
        return None
    below = equity < np.maximum.accumulate(equity)
    edges = np.diff(np.concatenate(([False], below, [False])).astype(np.int8))
    peaks = np.flatnonzero(edges == 1) - 1
    recoveries = np.minimum(np.flatnonzero(edges == -1), len(equity) - 1)
    if not len(peaks):
        return 0.0
    return float(np.max(ts_ns[recoveries] - ts_ns[peaks])) / DAY_NS


def calmar(yearly_growth: float | None, deepest: float | None) -> float | None:
    """Return CAGR over the depth of the deepest drawdown; None without either."""
    return None if yearly_growth is None or not deepest else yearly_growth / -deepest


def mean_equity(ts_ns: IntArray, equity: FloatArray) -> float | None:
    """Return the equity held on average over time; None for an empty curve."""
    if not len(equity):
        return None
    spans = np.diff(ts_ns).astype(np.float64)
    if not spans.sum():
        return finite(float(np.mean(equity)))
    return finite(float(np.average(equity[:-1], weights=spans)))


class YearOfReturns(msgspec.Struct, frozen=True):
    """One row of the table: a return per month, January first, None where there is no data."""

    year: int
    months: tuple[float | None, ...]
    total: float | None


def monthly_returns(
    ts_ns: IntArray, equity: FloatArray, calendar: Calendar
) -> tuple[YearOfReturns, ...]:
    """Return one row per year; the first month counts from the curve's first value."""
    days, closes = daily_equity(ts_ns, equity, calendar)
    if not len(days):
        return ()
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    last = np.flatnonzero(np.append(np.diff(month) != 0, True))
    ends = np.concatenate((equity[:1], closes[last]))
    rows: dict[int, list[tuple[int, float, float]]] = {}
    for number, before, after in zip(month[last], ends[:-1], ends[1:], strict=True):
        year, index = divmod(int(number), 12)
        rows.setdefault(1970 + year, []).append((index, float(before), float(after)))
    return tuple(_year(year, months) for year, months in rows.items())


def _year(year: int, months: list[tuple[int, float, float]]) -> YearOfReturns:
    table: list[float | None] = [None] * 12
    for index, before, after in months:
        table[index] = _growth(before, after)
    return YearOfReturns(year, tuple(table), _growth(months[0][1], months[-1][2]))


def _growth(before: float, after: float) -> float | None:
    return finite(after / before - 1.0) if before > 0.0 else None

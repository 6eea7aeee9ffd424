"""Numbers as people read them, and the key figures of a run in groups.

Knows wording, signs and digits; the report, the terminal and the comparison all speak through it.
Must not know HTML or terminals.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from tradewind.research.results import BacktestResult
from tradewind.research.statistics import calendar_named

MISSING = "–"
MINUS = "−"
_SECOND_NS = 1_000_000_000
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


class Figure(msgspec.Struct, frozen=True):
    """One figure: its key in the result, its name, its text, and which way it points.

    `sign` is 1 for a gain, -1 for a loss, 0 where neither is meant. `unit` follows the text,
    `note` goes below it.
    """

    key: str
    label: str
    text: str
    sign: int = 0
    note: str = ""
    unit: str = ""


class Zone(msgspec.Struct, frozen=True):
    """The clock that times are shown by: its distance from UTC and its name."""

    offset_ns: int
    name: str


def zone(result: BacktestResult) -> Zone:
    """Return the clock of the calendar that the run was annualised with."""
    offset_ns = calendar_named(result.statistics.calendar).day_offset_ns
    return Zone(offset_ns, "IST" if offset_ns else "UTC")


def sign_of(value: float | Decimal | None) -> int:
    """Return 1, -1 or 0; nothing known is 0."""
    return 0 if not value else 1 if value > 0 else -1


def number(value: float | Decimal | None, digits: int, *, signed: bool = False) -> str:
    """Return a number with thousands apart, and with a sign if asked; a dash for None."""
    if value is None:
        return MISSING
    text = f"{abs(value):,.{digits}f}"
    if not any(digit in text for digit in "123456789"):
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def exact(value: Decimal) -> str:
    """Return a decimal with all its digits and thousands apart."""
    return f"{value:,f}".replace("-", MINUS)


def percent(value: float | None, digits: int = 2, *, signed: bool = False) -> str:
    """Return a fraction as a percentage."""
    if value is None:
        return MISSING
    return number(value * 100.0, digits, signed=signed) + " %"


def money_digits(result: BacktestResult) -> int:
    """Return how many decimals money of this run's size is shown with."""
    size = abs(result.starting_equity)
    return 2 if size >= 1000 else 4 if size >= 1 else 8


def moment(ts_ns: int, clock: Zone, *, seconds: bool = False) -> str:
    """Return a time as date and minute (or second) by a clock."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        seconds=(ts_ns + clock.offset_ns) // _SECOND_NS
    )
    return f"{at:%Y-%m-%d %H:%M:%S}" if seconds else f"{at:%Y-%m-%d %H:%M}"


def day(ts_ns: int, clock: Zone) -> str:
    """Return a time's date by a clock."""
    return moment(ts_ns, clock)[:10]


def duration(span_ns: int) -> str:
    """Return a span in its two largest units: 3 d 4 h, 12 min 5 s, or none."""
    seconds = span_ns // _SECOND_NS
    if not span_ns:
        return "none"
    if seconds < 1:
        return f"{span_ns / 1_000_000:.0f} ms"
    parts = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count:,} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])


def days(value: float | None) -> str:
    """Return a number of days as a span."""
    return MISSING if value is None else duration(round(value * 86_400) * _SECOND_NS)


def said(value: Any) -> str:
    """Return a parameter's value as one would write it: decimals plain, tables as JSON."""
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return said(value.value)
        case Decimal():
            return f"{value:f}"
        case str() | int() | float():
            return str(value)
        case None:
            return "none"
        case list() | tuple():
            return ", ".join(said(part) for part in value)
        case dict():
            return ", ".join(f"{key}: {said(part)}" for key, part in value.items())
        case _:
            return msgspec.json.encode(value, order="deterministic").decode()


def figure_groups(result: BacktestResult) -> tuple[tuple[str, tuple[Figure, ...]], ...]:
    """Return the key figures by group, the most asked for first."""
    return (
        ("Result", _of_result(result)),
        ("Risk", _of_risk(result)),
        ("Round trips", _of_round_trips(result)),
        ("Activity and costs", _of_activity(result)),
        *_of_the_rest(result),
    )


def _of_result(result: BacktestResult) -> tuple[Figure, ...]:
    s, digits = result.statistics, money_digits(result)
    ends = f"{number(result.starting_equity, digits)} → {number(result.final_equity, digits)}"
    return (
        Figure(
            "net_pnl",
            "Net P&L",
            number(result.net_pnl, digits, signed=True),
            sign_of(result.net_pnl),
            ends,
            result.currency,
        ),
        Figure(
            "total_return",
            "Return",
            percent(s.total_return, signed=True),
            sign_of(s.total_return),
            f"in {days(s.days)}",
        ),
        Figure("cagr", "CAGR", percent(s.cagr, signed=True), sign_of(s.cagr), "growth per year"),
        Figure("sharpe", "Sharpe", number(s.sharpe, 2), sign_of(s.sharpe), _per_year(result)),
        Figure("sortino", "Sortino", number(s.sortino, 2), sign_of(s.sortino), _per_year(result)),
        Figure("calmar", "Calmar", number(s.calmar, 2), sign_of(s.calmar), "CAGR / drawdown"),
    )


def _per_year(result: BacktestResult) -> str:
    return f"{result.statistics.periods_per_year} days a year"


def _of_risk(result: BacktestResult) -> tuple[Figure, ...]:
    s = result.statistics
    best = f"best {percent(s.best_day, signed=True)}"
    return (
        Figure(
            "max_drawdown",
            "Max drawdown",
            percent(s.max_drawdown),
            sign_of(s.max_drawdown),
            f"longest {days(s.longest_drawdown_days)}",
        ),
        Figure("volatility", "Volatility", percent(s.volatility), note="per year"),
        Figure(
            "worst_day",
            "Worst day",
            percent(s.worst_day, signed=True),
            sign_of(s.worst_day),
            best,
        ),
        Figure("exposure", "Exposure", percent(s.exposure, 1), note="of the time"),
    )


def _of_round_trips(result: BacktestResult) -> tuple[Figure, ...]:
    s, digits = result.statistics, money_digits(result)
    still = result.counts.open_positions
    pays = f"{number(s.avg_win, digits, signed=True)} / {number(s.avg_loss, digits)}"
    return (
        Figure(
            "round_trips",
            "Round trips",
            f"{s.round_trips:,}",
            note=f"{still:,} still open" if still else "all closed",
        ),
        Figure("win_rate", "Win rate", percent(s.win_rate, 1), note="after fees"),
        Figure(
            "profit_factor",
            "Profit factor",
            number(s.profit_factor, 2),
            0 if s.profit_factor is None else sign_of(s.profit_factor - 1.0),
            "won over lost",
        ),
        Figure(
            "expectancy",
            "Expectancy",
            number(s.expectancy, digits, signed=True),
            sign_of(s.expectancy),
            "per round trip",
            result.currency,
        ),
        Figure(
            "payoff_ratio",
            "Payoff ratio",
            number(s.payoff_ratio, 2),
            note=pays if s.payoff_ratio is not None else "",
        ),
    )


def _of_activity(result: BacktestResult) -> tuple[Figure, ...]:
    s, counts, digits = result.statistics, result.counts, money_digits(result)
    gross = f"gross {number(result.gross_pnl, digits, signed=True)}"
    figures = [
        Figure("fees", "Fees", number(result.fees, digits), 0, gross, result.currency),
        Figure("turnover", "Turnover", f"{number(s.turnover, 1)} ×", note="of mean equity"),
        Figure(
            "orders",
            "Orders",
            f"{counts.orders:,}",
            note=f"{counts.denied:,} denied"
            + (f", {counts.rejected:,} rejected" if counts.rejected else ""),
        ),
        Figure(
            "fills",
            "Fills",
            f"{counts.fills:,}",
            note="" if s.maker_share is None else f"{percent(s.maker_share, 1)} as maker",
        ),
    ]
    if result.funding:
        figures.insert(
            1,
            Figure(
                "funding",
                "Funding",
                number(result.funding, digits),
                note="paid" if result.funding > 0 else "received",
                unit=result.currency,
            ),
        )
    return tuple(figures)


def _of_the_rest(result: BacktestResult) -> tuple[tuple[str, tuple[Figure, ...]], ...]:
    s = result.statistics
    marks = ((1, s.mark_out_1s_bps), (10, s.mark_out_10s_bps), (60, s.mark_out_60s_bps))
    figures = [
        Figure(
            f"mark_out_{seconds}s_bps",
            f"Mark-out {seconds} s",
            number(value, 2, signed=True),
            sign_of(value),
            "after our fills",
            "bps",
        )
        for seconds, value in marks
        if value is not None
    ]
    if s.brier_score is not None:
        figures.append(
            Figure("brier_score", "Brier score", number(s.brier_score, 3), note="0 is perfect")
        )
    return (("Quality of fills and forecasts", tuple(figures)),) if figures else ()

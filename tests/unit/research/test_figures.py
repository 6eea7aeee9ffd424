"""Numbers as people read them: signs, digits, spans, and what is not known."""

from decimal import Decimal
from enum import StrEnum

import msgspec
import pytest

from tests.unit.research.sample import START_NS, empty_result, sample_result
from tradewind.research import figures
from tradewind.research.figures import MISSING
from tradewind.research.results import BacktestResult

SECOND_NS = 1_000_000_000


class Mode(StrEnum):
    FAST = "fast"


@pytest.mark.parametrize(
    ("value", "digits", "signed", "expected"),
    [
        (1234.5, 2, False, "1,234.50"),
        (-1234.5, 2, False, "−1,234.50"),
        (12.0, 1, True, "+12.0"),
        (-0.001, 2, True, "0.00"),
        (Decimal("99.995"), 3, True, "+99.995"),
        (None, 2, True, MISSING),
    ],
)
def test_numbers_carry_their_sign_and_zero_has_none(
    value: float | Decimal | None, digits: int, signed: bool, expected: str
) -> None:
    assert figures.number(value, digits, signed=signed) == expected


@pytest.mark.parametrize(
    ("span_ns", "expected"),
    [
        (0, "none"),
        (250_000_000, "250 ms"),
        (SECOND_NS, "1 s"),
        (65 * SECOND_NS, "1 min 5 s"),
        (3_600 * SECOND_NS, "1 h"),
        (3_601 * SECOND_NS, "1 h"),
        (90_061 * SECOND_NS, "1 d 1 h"),
        (1_200 * 86_400 * SECOND_NS, "1,200 d"),
    ],
)
def test_spans_are_said_in_their_two_largest_units(span_ns: int, expected: str) -> None:
    assert figures.duration(span_ns) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"),
        (Decimal("1E+2"), "100"),
        (["BTC", Decimal("0.50")], "BTC, 0.50"),
        ({"BTC": 1, "ETH": None}, "BTC: 1, ETH: none"),
        (Mode.FAST, "fast"),
        (figures.Zone(0, "UTC"), '{"offset_ns":0,"name":"UTC"}'),
    ],
)
def test_parameters_are_said_as_one_would_write_them(value: object, expected: str) -> None:
    assert figures.said(value) == expected


def test_times_are_shown_by_the_clock_of_the_calendar() -> None:
    result = empty_result()
    assert figures.moment(START_NS, figures.zone(result)) == "2025-01-01 00:00"
    statistics = msgspec.structs.replace(result.statistics, calendar="NSE")
    indian = figures.zone(msgspec.structs.replace(result, statistics=statistics))
    assert figures.moment(START_NS, indian, seconds=True) == "2025-01-01 05:30:00"
    assert indian.name == "IST"


@pytest.mark.parametrize(("capital", "digits"), [("100000", 2), ("5", 4), ("0.25", 8)])
def test_money_has_as_many_digits_as_its_size_asks_for(capital: str, digits: int) -> None:
    result = msgspec.structs.replace(empty_result(), starting_equity=Decimal(capital))
    assert figures.money_digits(result) == digits


def by_key(result: BacktestResult) -> dict[str, figures.Figure]:
    return {figure.key: figure for _, group in figures.figure_groups(result) for figure in group}


def test_every_figure_that_was_asked_for_is_there() -> None:
    wanted = (
        "net_pnl total_return cagr sharpe sortino calmar max_drawdown volatility exposure "
        "round_trips win_rate profit_factor expectancy fees funding turnover orders fills"
    )
    assert set(wanted.split()) <= by_key(sample_result(days=12)).keys()


def test_signs_say_gain_or_loss_and_facts_have_none() -> None:
    result = sample_result(days=12)
    losing = msgspec.structs.replace(result, net_pnl=Decimal(-5))
    assert by_key(losing)["net_pnl"].sign == -1
    assert by_key(losing)["max_drawdown"].sign == -1
    assert by_key(losing)["fees"].sign == by_key(losing)["exposure"].sign == 0


def test_a_run_without_anything_has_dashes_and_no_funding() -> None:
    known = by_key(empty_result())
    assert known["sharpe"].text == known["expectancy"].text == MISSING
    assert "funding" not in known

"""Runs side by side: who is best at what, what differs, and what cannot be compared."""

from decimal import Decimal

import msgspec
import pytest
from rich.console import Console

from tests.unit.research.sample import empty_result, sample_result
from tradewind.model.errors import ConfigError
from tradewind.model.ids import Currency
from tradewind.research.compare import (
    Row,
    compare,
    comparison_json,
    comparison_table,
)
from tradewind.research.results import BacktestResult


@pytest.fixture(scope="module")
def pair() -> tuple[BacktestResult, BacktestResult]:
    first = sample_result(days=12)
    better = msgspec.structs.replace(
        first,
        net_pnl=first.net_pnl + 100,
        fees=first.fees + 1,
        parameters=first.parameters | {"lookback": 48},
        decision_hash="ff",
    )
    return first, better


def row_of(key: str, *results: BacktestResult) -> Row:
    comparison = compare([(str(number), result) for number, result in enumerate(results)])
    return next(row for row in comparison.rows if row.key == key)


def test_the_best_is_the_most_of_a_gain_and_the_least_of_a_cost(
    pair: tuple[BacktestResult, BacktestResult],
) -> None:
    assert row_of("net_pnl", *pair).best == 1
    assert row_of("fees", *pair).best == 0
    assert row_of("net_pnl", *pair).values == (pair[0].net_pnl, pair[1].net_pnl)


def test_equal_figures_and_facts_have_no_best(
    pair: tuple[BacktestResult, BacktestResult],
) -> None:
    assert row_of("sharpe", *pair).best is None
    assert row_of("orders", pair[0], empty_result()).best is None


def test_money_of_different_currencies_has_no_best(
    pair: tuple[BacktestResult, BacktestResult],
) -> None:
    foreign = msgspec.structs.replace(pair[1], currency=Currency("INR"))
    assert row_of("net_pnl", pair[0], foreign).best is None


def test_settings_that_differ_are_listed_and_others_are_not(
    pair: tuple[BacktestResult, BacktestResult],
) -> None:
    comparison = compare([("first", pair[0]), ("better", pair[1])])
    assert [(item.name, item.values) for item in comparison.settings] == [
        ("lookback", ("36", "48"))
    ]
    assert not comparison.same_decisions
    assert compare([("a", pair[0]), ("b", pair[0])]).same_decisions


def test_the_table_shows_labels_figures_and_a_star(
    pair: tuple[BacktestResult, BacktestResult],
) -> None:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(comparison_table([("first", pair[0]), ("better[1]", pair[1])]))
    text = captured.get()
    assert "better[1]" in text
    assert "Sharpe" in text
    assert "*" in text


def test_json_is_stable_and_keeps_decimals(pair: tuple[BacktestResult, BacktestResult]) -> None:
    runs = [("first", pair[0]), ("better", pair[1])]
    assert comparison_json(compare(runs)) == comparison_json(compare(runs))
    said = msgspec.json.decode(comparison_json(compare(runs)))
    assert Decimal(said["rows"][0]["values"][0]) == pair[0].net_pnl


def test_one_run_is_not_compared() -> None:
    with pytest.raises(ConfigError, match="found 1; give at least two"):
        compare([("alone", empty_result())])

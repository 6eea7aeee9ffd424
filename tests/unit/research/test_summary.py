"""The summary in a terminal: everything that the command promises is in it, at any width."""

import msgspec
import pytest
from rich.console import Console

from tests.unit.research.sample import empty_result, sample_result
from tradewind.research.results import BacktestResult
from tradewind.research.summary import sparkline, summary


def printed(result: BacktestResult, *, width: int = 100) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(summary(result))
    return captured.get()


def test_the_summary_says_what_a_backtest_must_say() -> None:
    result = sample_result(days=12)
    text = printed(result)
    for wanted in (
        "breakout",
        "Net P&L",
        "Sharpe",
        "Max drawdown",
        "Round trips",
        "Orders",
        "Fills",
        "Fees",
        "max_exposure_pct 14",
        "insufficient margin 2",
        "365 days a year",
        "events/s",
        result.decision_hash,
    ):
        assert wanted in text, wanted


def test_a_run_without_anything_and_a_narrow_terminal_are_fine() -> None:
    assert "Net P&L" in printed(empty_result(), width=40)


def test_names_are_not_read_as_markup() -> None:
    hostile = msgspec.structs.replace(
        empty_result(), strategy="[bold]x[/bold]", warnings=("[red]",)
    )
    assert "[bold]x[/bold]" in printed(hostile)
    assert "[red]" in printed(hostile)


@pytest.mark.parametrize(
    ("values", "width", "expected"),
    [
        ([], 10, ""),
        ([1.0], 10, "▁"),
        ([0.0, 7.0], 10, "▁█"),
        ([float(value) for value in range(8)], 8, "▁▂▃▄▅▆▇█"),
        ([0.0, 5.0, 1.0, 9.0], 2, "▁█"),
    ],
)
def test_a_curve_fits_into_one_line(values: list[float], width: int, expected: str) -> None:
    assert sparkline(values, width) == expected

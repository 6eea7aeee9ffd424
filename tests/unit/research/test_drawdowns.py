"""Falls from a peak: their depth, their ends, and their order."""

import numpy as np
import pytest

from tradewind.research.drawdowns import deepest, drawdown


@pytest.mark.parametrize(
    ("name", "equity", "expected"),
    [
        ("nothing", [], []),
        ("only up", [100.0, 110.0], [0.0, 0.0]),
        ("down and up", [100.0, 90.0, 100.0, 120.0, 60.0], [0.0, -0.1, 0.0, 0.0, -0.5]),
        ("no money to lose", [0.0, -5.0], [0.0, 0.0]),
    ],
)
def test_distance_from_the_peak(name: str, equity: list[float], expected: list[float]) -> None:
    assert drawdown(np.array(equity)).tolist() == pytest.approx(expected), name


def test_the_deepest_falls_come_first_with_peak_trough_and_recovery() -> None:
    equity = np.array([100.0, 95.0, 100.0, 80.0, 90.0, 120.0, 114.0])
    falls = deepest(np.arange(7) * 10, equity)
    assert [
        (fall.peak_ns, fall.trough_ns, fall.recovered_ns, round(fall.depth, 9)) for fall in falls
    ] == [(20, 30, 50, -0.2), (0, 10, 20, -0.05), (50, 60, None, -0.05)]


def test_only_so_many_falls_are_kept() -> None:
    equity = np.array([100.0, 99.0] * 20)
    assert len(deepest(np.arange(40), equity, shown=3)) == 3
    assert deepest(np.array([], np.int64), np.array([])) == ()

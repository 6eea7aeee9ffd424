"""The liquidity score at each of its steps."""

import pytest

from tests.harness import D
from tradewind.strategies.favourite_scalper.filters import Reading, Statistics
from tradewind.strategies.favourite_scalper.scoring import score


@pytest.mark.parametrize(
    ("volume", "depth", "ask", "expected"),
    [
        ("100001", "5001", "0.908", "1.0"),
        ("100000", "5000", "0.91", "0.7"),
        ("50000", "1000", "0.92", "0.4"),
        ("10001", "1001", "0.909", "0.6"),
        ("10000", "0", "0.95", "0.3"),
    ],
)
def test_the_score_adds_volume_depth_and_spread(
    volume: str, depth: str, ask: str, expected: str
) -> None:
    reading = Reading(D("0.90"), D(100), D(ask), D(depth))
    assert score(reading, Statistics(volume_24h=D(volume))) == D(expected)


def test_an_unknown_volume_scores_least() -> None:
    reading = Reading(D("0.90"), D(100), D("0.95"), D(0))
    assert score(reading, Statistics()) == D("0.3")

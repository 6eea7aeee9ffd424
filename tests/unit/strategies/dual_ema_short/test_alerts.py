"""What is worth a word, and how often it may be said."""

import pytest

from tradewind.strategies.dual_ema_short.alerts import QUIET_NS, Pulse


def pulse_of(closes: list[float], volumes: list[float]) -> Pulse:
    pulse = Pulse()
    for close, volume in zip(closes, volumes, strict=True):
        pulse.update(close, volume, 0.0, 0.0)
    return pulse


@pytest.mark.parametrize(
    ("closes", "move"),
    [
        ([100, 101, 101, 101.9], 0.0),
        ([100, 101, 101, 102.1], 0.021),
        ([100, 99, 99, 97.9], -0.021),
        ([100, 102.1], 0.0),
        ([90, 100, 100, 100, 100], 0.0),
    ],
)
def test_a_move_is_counted_over_three_candles(closes: list[float], move: float) -> None:
    assert pulse_of(closes, [1.0] * len(closes)).move == pytest.approx(move)


@pytest.mark.parametrize(
    ("volumes", "surge"),
    [
        ([1, 1, 1, 1, 2], 0.0),
        ([1, 1, 1, 1, 2.1], 2.1),
        ([1, 2, 3, 4, 10], 4.0),
        ([1, 1, 1, 9], 0.0),
        ([0, 0, 0, 0, 5], 0.0),
    ],
)
def test_a_volume_is_compared_with_the_four_before(volumes: list[float], surge: float) -> None:
    assert pulse_of([100.0] * len(volumes), volumes).surge == pytest.approx(surge)


def test_means_that_come_within_half_a_percent_are_news_once() -> None:
    pulse = Pulse()
    for fast, slow, news in (
        (0.0, 0.0, False),
        (100.6, 100, False),
        (100.4, 100, True),
        (99.5, 100, False),
        (99.4, 100, False),
        (99.5, 100, True),
    ):
        assert pulse.update(100.0, 1.0, fast, slow) is news, fast


def test_a_kind_is_quiet_for_a_quarter_of_an_hour() -> None:
    pulse = Pulse()
    assert pulse.may_speak("a", 0)
    assert not pulse.may_speak("a", QUIET_NS - 1)
    assert pulse.may_speak("b", QUIET_NS - 1)
    assert pulse.may_speak("a", QUIET_NS)

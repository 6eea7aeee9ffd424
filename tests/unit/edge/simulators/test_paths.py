"""Paths: by name the same, joined without jumps, and at another speed."""

import pytest

from tradewind.edge.simulators.paths import Hastened, Recorded, price_path

S = 1_000_000_000
START = 1_700_000_000 * S


def test_the_same_name_is_the_same_path() -> None:
    times = range(START, START + 600 * S, 7 * S)
    one, two, other = (price_path(name, 100.0) for name in ("a", "a", "b"))
    assert [one.at(ts) for ts in times] == [two.at(ts) for ts in reversed(times)][::-1]
    assert [one.at(ts) for ts in times] != [other.at(ts) for ts in times]


def test_a_recording_is_followed_and_then_run_back() -> None:
    path = Recorded([(5 * S, 10.0), (6 * S, 20.0), (8 * S, 0.0)], START)
    seconds = (0, 0.5, 1, 2, 3, 4, 5.5, 6, 6.5, -0.5)
    told = [path.at(START + int(each * S)) for each in seconds]
    assert told == pytest.approx([10, 15, 20, 10, 0, 10, 15, 10, 15, 15])


def test_speed_goes_through_a_path_faster() -> None:
    points = [(0, 0.0), (10 * S, 10.0)]
    assert Recorded(points, START, 2.0).at(START + 3 * S) == pytest.approx(6.0)
    path = price_path("a", 100.0)
    assert Hastened(path, START, 10.0).at(START + 3 * S) == path.at(START + 30 * S)

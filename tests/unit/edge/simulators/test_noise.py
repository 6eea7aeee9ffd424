"""Noise is a function of time: any order of reading, any process, the same values."""

from itertools import pairwise
from random import Random
from statistics import fmean, pstdev

import pytest

from tradewind.edge.simulators.noise import MINUTE_NS, Jumps, Noise, walk
from tradewind.model.money import NANOS

HOUR_NS = 60 * MINUTE_NS


def test_values_do_not_depend_on_what_was_read_before(seed: int) -> None:
    times = [Random(seed).randrange(10 * HOUR_NS) for _ in range(500)]
    waves = ((HOUR_NS, 1.0), (MINUTE_NS, 0.5), (7 * NANOS, 0.1))
    straight = Noise(f"{seed}", waves)
    forwards = {ts: straight.at(ts) for ts in sorted(times)}
    jumbled = Noise(f"{seed}", waves)
    assert [jumbled.at(ts) for ts in times] == [forwards[ts] for ts in times]


def test_a_wave_has_no_corners(seed: int) -> None:
    noise = Noise(f"{seed}", ((MINUTE_NS, 1.0),))
    values = [noise.at(step * MINUTE_NS // 100) for step in range(20_000)]
    assert max(abs(b - a) for a, b in pairwise(values)) < 0.15


@pytest.mark.parametrize("seconds", [10, 60, 300])
def test_a_walk_spreads_like_a_random_walk(seconds: int) -> None:
    ratios = []
    for name in range(8):
        noise = walk(f"{name}", sigma=0.001, longest_ns=6 * HOUR_NS, shortest_ns=2 * NANOS)
        values = [noise.at(step * seconds * NANOS) for step in range(600)]
        moves = [b - a for a, b in pairwise(values)]
        ratios.append(pstdev(moves) / (0.001 * (seconds / 60) ** 0.5))
    assert 0.85 < fmean(ratios) < 1.15


def test_jumps_come_at_once_and_fade(seed: int) -> None:
    jumps = Jumps(
        f"{seed}",
        every_ns=100 * MINUTE_NS,
        chance=1.0,
        mean=1.0,
        spread=0.0,
        fade_ns=MINUTE_NS,
    )
    values = [jumps.at(step * NANOS) for step in range(100 * 60)]
    top = max(range(len(values)), key=values.__getitem__)
    assert values[top] == pytest.approx(1.0, abs=0.03)
    assert values[top - 1] < 0.05
    if top + 300 < len(values):
        assert values[top + 60] == pytest.approx(values[top] / 2.718, rel=0.05)
        assert values[top + 300] < 0.02


def test_jumps_are_the_same_whichever_time_is_read_first(seed: int) -> None:
    def make() -> Jumps:
        return Jumps(
            f"{seed}",
            every_ns=MINUTE_NS,
            chance=0.5,
            mean=0.0,
            spread=1.0,
            fade_ns=3 * MINUTE_NS,
        )

    read, late = make(), make()
    times = [step * 17 * NANOS for step in range(400)]
    values = [read.at(ts) for ts in times]
    assert late.at(times[-1]) == values[-1]
    assert late.at(times[100]) == values[100]

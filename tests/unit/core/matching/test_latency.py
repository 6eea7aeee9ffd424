"""Delays: constant ones, and scattered ones that depend on nothing but the seed and the order."""

import pytest

from tradewind.core.matching.latency import NO_LATENCY, ConstantLatency, LogNormalLatency


def test_constant_delays_are_what_they_say() -> None:
    latency = ConstantLatency(entry_ns=3, response_ns=5, feed_ns=7)
    assert (latency.to_venue_ns("a"), latency.to_desk_ns("b"), latency.feed_ns) == (3, 5, 7)
    assert ConstantLatency() == NO_LATENCY


def test_scattered_delays_have_the_median_and_spread_that_was_asked_for() -> None:
    latency = LogNormalLatency(
        seed=1, entry_median_ns=5_000_000, response_median_ns=1_000_000, sigma=0.5
    )
    drawn = sorted(latency.to_venue_ns(f"order{number}") for number in range(4001))
    assert drawn[2000] == pytest.approx(5_000_000, rel=0.05)
    # At one standard deviation: e^0.5 times the median.
    assert drawn[round(4001 * 0.8413)] == pytest.approx(5_000_000 * 1.6487, rel=0.06)
    assert all(delay > 0 and delay % 1000 == 0 for delay in drawn)


def test_seed_direction_and_order_each_change_the_delay() -> None:
    one = LogNormalLatency(seed=1, entry_median_ns=5_000_000, response_median_ns=5_000_000)
    other = LogNormalLatency(seed=2, entry_median_ns=5_000_000, response_median_ns=5_000_000)
    drawn = {
        one.to_venue_ns("a"),
        one.to_venue_ns("b"),
        one.to_desk_ns("a"),
        other.to_venue_ns("a"),
    }
    assert len(drawn) == 4
    assert one.to_venue_ns("a") == one.to_venue_ns("a")


def test_the_draw_is_the_same_in_every_process_and_version() -> None:
    """Two draws of 2026-11-21, so that a change of the formula does not pass unseen."""
    latency = LogNormalLatency(seed=42, entry_median_ns=1_000_000, response_median_ns=1_000_000)
    assert [latency.to_venue_ns(key) for key in ("a", "b")] == [1_068_000, 1_532_000]

"""The venue's clock: the best sample counts, and stamps never lie in its future."""

from random import Random

from tradewind.edge.net.offset import SAMPLES_KEPT, ClockOffset

MS = 1_000_000


def test_nothing_is_known_before_the_first_sample_and_stamps_are_ours_minus_the_margin() -> None:
    offset = ClockOffset(margin_ns=500 * MS)
    assert not offset.known
    assert offset.stamp_ns(10_000 * MS) == 9_500 * MS


def test_the_shortest_round_trip_counts() -> None:
    offset = ClockOffset(margin_ns=0)
    offset.sample(1_000 * MS, 1_400 * MS, 3_390 * MS)
    offset.sample(2_000 * MS, 2_010 * MS, 4_005 * MS)
    offset.sample(3_000 * MS, 3_900 * MS, 5_100 * MS)
    assert offset.known
    assert (offset.offset_ns, offset.error_ns) == (2_000 * MS, 5 * MS)


def test_a_stamp_is_never_in_the_venues_future(seed: int) -> None:
    dice = Random(seed)
    ahead_ns = dice.randrange(-5_000 * MS, 5_000 * MS)
    offset = ClockOffset(margin_ns=100 * MS)
    for _ in range(10):
        there, back = dice.randrange(1, 90 * MS), dice.randrange(1, 90 * MS)
        sent_ns = dice.randrange(10**15)
        offset.sample(sent_ns, sent_ns + there + back, sent_ns + there + ahead_ns)
        now_ns = dice.randrange(10**15)
        assert offset.stamp_ns(now_ns) <= now_ns + ahead_ns


def test_a_clock_that_drifts_is_followed() -> None:
    offset = ClockOffset(margin_ns=0)
    offset.sample(0, 2, 1)
    for turn in range(SAMPLES_KEPT):
        offset.sample(turn * 1000, turn * 1000 + 10, turn * 1000 + 5 + 77)
    assert offset.offset_ns == 77


def test_a_sample_over_a_step_of_our_own_clock_is_left_out() -> None:
    offset = ClockOffset(margin_ns=0)
    offset.sample(2_000, 1_000, 5_000)
    assert not offset.known


def test_what_is_forgotten_is_unknown() -> None:
    offset = ClockOffset(margin_ns=0)
    offset.sample(0, 10, 105)
    offset.forget()
    assert (offset.known, offset.stamp_ns(7)) == (False, 7)

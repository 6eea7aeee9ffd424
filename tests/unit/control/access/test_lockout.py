"""Too many tries: whom they shut out, for how long, and whom they do not."""

import pytest

from tests.unit.control.access.people import DAY, HOUR, MINUTE, SECOND, StillClock
from tradewind.control.access.lockout import REMEMBERED, Lockout
from tradewind.model.errors import LockedOut


@pytest.fixture
def clock() -> StillClock:
    """Return time that stands."""
    return StillClock()


@pytest.fixture
def lockout(clock: StillClock) -> Lockout:
    """Return a count without a try."""
    return Lockout(clock)


def wait_of(lockout: Lockout, name: str = "ada", peer: str = "p") -> float:
    """Return how long a try has to wait, 0 where it was let through."""
    try:
        lockout.begin(name, peer)
    except LockedOut as error:
        return error.retry_after_s
    return 0.0


def test_the_sentence_says_how_long_to_wait(lockout: Lockout, clock: StillClock) -> None:
    for _ in range(5):
        wait_of(lockout)
    clock.pass_(SECOND // 2)
    with pytest.raises(LockedOut, match="found too many failed tries before this one; wait 60 s"):
        lockout.begin("ada", "p")


def test_the_sixth_try_of_a_name_waits_whoever_asks(lockout: Lockout) -> None:
    waits = [wait_of(lockout, peer=str(number)) for number in range(6)]
    assert waits == [0, 0, 0, 0, 0, 60]
    assert wait_of(lockout, name="tom") == 0


def test_the_21st_try_of_a_peer_waits_whatever_name(lockout: Lockout) -> None:
    waits = [wait_of(lockout, name=str(number)) for number in range(21)]
    assert waits == [0] * 20 + [60]
    assert wait_of(lockout, name="ada", peer="other") == 0


def test_each_further_failure_doubles_the_wait_up_to_an_hour(
    lockout: Lockout, clock: StillClock
) -> None:
    told: list[float] = []
    failed: list[int] = []
    while len(told) < 9:
        failed.append(0)
        while not (wait := wait_of(lockout)):
            failed[-1] += 1
        told.append(wait)
        clock.pass_(int(wait) * SECOND)
    assert told == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert failed == [5, 1, 1, 1, 2, 5, 5, 5, 5], "those of the last 15 minutes still count"


def test_while_a_name_waits_nothing_is_counted(lockout: Lockout, clock: StillClock) -> None:
    for _ in range(5):
        wait_of(lockout)
    clock.pass_(30 * SECOND)
    assert {wait_of(lockout) for _ in range(50)} == {30}
    assert wait_of(lockout, name="tom") == 0, "its peer was not charged for them"


def test_failures_long_ago_do_not_count(lockout: Lockout, clock: StillClock) -> None:
    for _ in range(40):
        clock.pass_(4 * MINUTE)
        assert wait_of(lockout) == 0


def test_after_a_quiet_day_the_waits_begin_anew(lockout: Lockout, clock: StillClock) -> None:
    for _ in range(5):
        wait_of(lockout)
    clock.pass_(DAY + HOUR)
    assert [wait_of(lockout) for _ in range(6)] == [0, 0, 0, 0, 0, 60]


def test_a_right_try_clears_the_name_and_not_the_peers_other_tries(lockout: Lockout) -> None:
    for number in range(4):
        wait_of(lockout, peer="p")
        assert number < 4
    wait_of(lockout)
    lockout.forgive("ada", "p")
    assert [wait_of(lockout) for _ in range(5)] == [0] * 5
    lockout.forgive("ada", "p")
    waits = [wait_of(lockout, name=str(number)) for number in range(20)]
    assert waits.count(0) == 20 - 4 - 4, "a way of one's own does not buy tries at other names"


def test_a_right_try_that_was_the_last_allowed_shuts_nobody_out(lockout: Lockout) -> None:
    for number in range(19):
        wait_of(lockout, name=str(number))
    assert wait_of(lockout) == 0
    lockout.forgive("ada", "p")
    assert wait_of(lockout) == 0


def test_invented_names_take_no_more_memory_than_is_meant(lockout: Lockout) -> None:
    for number in range(REMEMBERED + 100):
        wait_of(lockout, name=str(number), peer=str(number))
    assert len(lockout._tries) == REMEMBERED

"""The rate limits: nothing above them leaves, the line keeps its order, orders never wait."""

import asyncio
from random import Random

import pytest

from tests.unit.edge.net.virtual import VirtualClock, quickly
from tradewind.edge.net.pace import WAITING_MAX, Limit, Pace
from tradewind.model.errors import ConfigError, RateLimited

TEN = {"read": Limit(capacity=10, per_s=10), "write": Limit(capacity=5, per_s=5)}


def now_s() -> float:
    return asyncio.get_running_loop().time()


def test_never_more_leaves_in_a_window_than_bucket_and_refill_allow(seed: int) -> None:
    async def play() -> list[float]:
        pace, dice, left = Pace(TEN, VirtualClock()), Random(seed), []

        async def reader(download: bool) -> None:
            for _ in range(15):
                await asyncio.sleep(dice.uniform(0, 0.3))
                await pace.turn("read", download=download)
                left.append(now_s())

        async with asyncio.TaskGroup() as group:
            for number in range(6):
                group.create_task(reader(number % 2 == 0))
        return left

    left = quickly(play)
    for start in left:
        assert sum(1 for at in left if start <= at <= start + 2.0) <= 10 + 2.0 * 10 + 1


def test_readers_are_served_in_the_order_in_which_they_came() -> None:
    async def play() -> list[int]:
        pace, served = Pace(TEN, VirtualClock()), []

        async def reader(number: int, cost: float) -> None:
            await pace.turn("read", cost)
            served.append(number)

        async with asyncio.TaskGroup() as group:
            # The dear ones are not passed by the cheap ones behind them.
            for number in range(20):
                group.create_task(reader(number, 9 if number % 3 == 0 else 1))
        return served

    assert quickly(play) == list(range(20))


def test_of_things_that_go_together_as_many_are_paid_for_as_there_is_room() -> None:
    async def play() -> list[int]:
        pace = Pace(TEN, VirtualClock())
        writes = [pace.take_each("write", count) for count in (3, 4, 1)]
        return writes + [pace.take_each("read", 4, cost=3) for _ in range(2)]

    assert quickly(play) == [3, 2, 0, 3, 0]


def test_an_order_takes_or_is_told_no_and_never_waits_behind_readers() -> None:
    async def play() -> None:
        pace = Pace(TEN, VirtualClock())
        assert [pace.take("write") for _ in range(6)] == [True] * 5 + [False]
        await asyncio.sleep(0.2)
        assert pace.take("write")
        async with asyncio.TaskGroup() as group:
            for _ in range(12):
                group.create_task(pace.turn("read"))
            await asyncio.sleep(0.01)
            assert not pace.take("read")
            assert now_s() == pytest.approx(0.21)

    quickly(play)


def test_downloads_get_a_quarter_and_leave_the_rest_to_others() -> None:
    async def play() -> tuple[int, float]:
        pace, pages = Pace(TEN, VirtualClock()), 0

        async def download() -> None:
            nonlocal pages
            while True:
                await pace.turn("read", download=True)
                pages += 1

        task = asyncio.TaskGroup()
        async with task as group:
            downloads = [group.create_task(download()) for _ in range(3)]
            await asyncio.sleep(20.0)
            before_s = now_s()
            await pace.turn("read", 5)
            waited_s = now_s() - before_s
            for running in downloads:
                running.cancel()
        return pages, waited_s

    pages, waited_s = quickly(play)
    assert 45 <= pages <= 55  # 2.5 a second for 20 s, and 2.5 in the bucket
    assert waited_s == 0


def test_a_page_dearer_than_the_share_is_downloaded_all_the_same() -> None:
    async def play() -> float:
        pace = Pace(TEN, VirtualClock())
        for _ in range(3):
            await pace.turn("read", 8, download=True)
        return now_s()

    assert 1.3 < quickly(play) < 3


def test_the_venues_own_count_is_believed_where_it_is_lower() -> None:
    async def play() -> None:
        clock = VirtualClock()
        pace = Pace(TEN, clock)
        pace.told("read", 3)
        assert pace.remaining("read") == 3
        pace.told("read", 9)
        assert pace.remaining("read") == 3
        pace.told("read", 0, clock.now_ns() + 2_000_000_000)
        await asyncio.sleep(1.9)
        assert not pace.take("read")
        assert pace.remaining("read") == 0
        await pace.turn("read")
        assert now_s() == pytest.approx(2.0)

    quickly(play)


def test_who_stops_waiting_leaves_the_line_to_the_next() -> None:
    async def play() -> float:
        pace = Pace(TEN, VirtualClock())
        pace.take("read", 10)
        async with asyncio.TaskGroup() as group:
            first = group.create_task(pace.turn("read", 10))
            second = group.create_task(pace.turn("read", 1))
            await asyncio.sleep(0.05)
            first.cancel()
            await second
        return now_s()

    assert quickly(play) == pytest.approx(0.1, abs=0.002)


def test_a_line_has_an_end() -> None:
    async def play() -> None:
        pace = Pace({"read": Limit(capacity=1, per_s=1e6)}, VirtualClock(), venue="BYBIT")
        pace.told("read", 0, VirtualClock().now_ns() + 1_000_000_000)
        async with asyncio.TaskGroup() as group:
            for _ in range(WAITING_MAX):
                group.create_task(pace.turn("read"))
            await asyncio.sleep(0)
            with pytest.raises(RateLimited, match="1000 requests wait for read") as caught:
                await pace.turn("read")
        assert caught.value.retry_after_s == pytest.approx(1.0)

    quickly(play)


@pytest.mark.parametrize("limit", [Limit(capacity=0, per_s=1), Limit(capacity=1, per_s=0)])
def test_a_limit_that_lets_nothing_pass_is_refused(limit: Limit) -> None:
    async def play() -> None:
        with pytest.raises(ConfigError, match="never lets anything pass"):
            Pace({"read": limit}, VirtualClock())

    quickly(play)


def test_a_cost_above_the_bucket_is_refused_instead_of_waited_for() -> None:
    async def play() -> None:
        with pytest.raises(ConfigError, match="split the request"):
            await Pace(TEN, VirtualClock()).turn("read", 11)

    quickly(play)

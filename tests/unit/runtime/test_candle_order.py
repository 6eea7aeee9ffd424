"""Closed candles in order: what waits, what is asked of the venue, and what stands meanwhile."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.harness import perpetual
from tradewind.model.errors import Unreachable
from tradewind.model.events import Candle, FeedChanged
from tradewind.model.ids import AccountId, InstrumentId
from tradewind.model.market import CandleStatus
from tradewind.model.money import NANOS
from tradewind.ports import Wanted
from tradewind.runtime.candle_order import HELD, CandleOrder

BTC = perpetual().id
MINE = AccountId("mine")
MINUTE = 60 * NANOS
START = 1_700_000_040 * NANOS // MINUTE * MINUTE
CLOSED, CORRECTED = CandleStatus.CLOSED, CandleStatus.CORRECTED
TURNS = 20


class HandClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.ns = START

    def now_ns(self) -> int:
        return self.ns

    def monotonic_ns(self) -> int:
        return self.ns


def candle(number: int, close: float = 1.0, status: CandleStatus = CLOSED) -> Candle:
    """Return the candle of a minute; 0 opens at the start."""
    opened = START + number * MINUTE
    return Candle(BTC, opened, opened + MINUTE, "1m", 1, 1, 1, 1, 1.0, 1.0, 1.0, close, 1.0, status)


class Scene:
    """Candles 0 and 1 are known; the venue has all that `listed` says, once `open` is set."""

    def __init__(self, known: Sequence[Candle] = (candle(0), candle(1))) -> None:
        self.clock = HandClock()
        self.clock.ns = START + 2 * MINUTE + 5 * NANOS
        self.passed: list[Candle | FeedChanged] = []
        self.order = CandleOrder(self.clock, self.passed.append)
        self.asked: list[tuple[int, int]] = []
        self.listed: list[Candle] = []
        self.open = asyncio.Event()
        self.open.set()
        self.failures = 0
        self.watch("candle:1m", known=known)

    def watch(self, *feeds: str, known: Sequence[Candle] = ()) -> None:
        wanted = [Wanted(BTC, frozenset({"book", *feeds}))]
        self.order.watch(MINE, wanted, {(BTC, "1m"): list(known)})

    async def candles(
        self, instrument: InstrumentId, interval: str, start_ns: int, end_ns: int
    ) -> list[Candle]:
        assert (instrument, interval) == (BTC, "1m")
        self.asked.append(((start_ns - START) // MINUTE, end_ns))
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise Unreachable("no route", venue="TEST", endpoint="candles")
        return [each for each in self.listed if start_ns <= each.ts_event < end_ns]

    def at(self, minutes: float) -> None:
        self.clock.ns = START + int(minutes * MINUTE)

    def feed(self, *, live: bool) -> None:
        self.order.hear(FeedChanged(BTC, self.clock.ns, self.clock.ns, live))

    def told(self) -> list[str]:
        """Return what has passed since it was last asked for, in few words."""
        words = []
        for each in self.passed:
            if isinstance(each, FeedChanged):
                words.append("live" if each.live else "lost")
            else:
                number = (each.ts_event - START) // MINUTE
                words.append(f"{number}" if each.status is CLOSED else f"{number} {each.status}")
        self.passed.clear()
        return words

    async def mended(self) -> list[str]:
        """Let the venue be asked and answer."""
        task = asyncio.get_running_loop().create_task(
            self.order.fetch(MINE, self)  # type: ignore[arg-type]
        )
        try:
            for _ in range(TURNS):
                await asyncio.sleep(0)
        finally:
            task.cancel()
            await asyncio.wait({task})
        if task.done() and not task.cancelled():
            task.result()
        return self.told()


async def test_what_follows_passes_at_once_and_nothing_is_asked() -> None:
    scene = Scene()
    scene.feed(live=True)
    for number in (2, 3):
        scene.order.hear(candle(number))
    assert await scene.mended() == ["live", "2", "3"]
    assert scene.asked == []


async def test_a_feed_that_comes_back_stands_as_lost_until_what_was_missed_is_heard() -> None:
    scene = Scene()
    scene.feed(live=False)
    scene.at(5.1)
    scene.feed(live=True)
    assert scene.told() == ["lost"]
    scene.listed = [candle(2), candle(3), candle(4)]
    assert await scene.mended() == ["2", "3", "4", "live"]
    assert scene.asked[0][0] == 2


async def test_a_feed_that_was_lost_between_two_ends_is_live_again_at_once() -> None:
    scene = Scene()
    scene.feed(live=False)
    scene.at(2.9)
    scene.feed(live=True)
    assert scene.told() == ["lost", "live"]
    scene.order.hear(candle(2))
    assert await scene.mended() == ["2"]
    assert scene.asked == []


async def test_a_candle_that_closes_while_the_venue_is_asked_comes_after_those_before_it() -> None:
    scene = Scene()
    scene.feed(live=False)
    scene.at(4.9999)
    scene.feed(live=True)
    scene.open.clear()
    scene.listed = [candle(2), candle(3)]
    assert await scene.mended() == ["lost"]
    scene.at(5.001)
    scene.order.hear(candle(4))
    scene.open.set()
    assert scene.told() == []
    assert await scene.mended() == ["2", "3", "4", "live"]


async def test_a_hole_shows_without_a_lost_feed() -> None:
    scene = Scene()
    scene.feed(live=True)
    scene.told()
    scene.at(4.01)
    scene.order.hear(candle(3))
    scene.listed = [candle(2), candle(3)]
    assert await scene.mended() == ["2", "3"], "3 came by both roads and is heard once"


async def test_what_the_venue_does_not_list_is_no_hole_once_it_would_be_listed() -> None:
    scene = Scene()
    scene.at(4.01)  # 2 ended more than ten seconds ago, 3 did not
    scene.order.hear(candle(3))
    assert await scene.mended() == ["3"]
    scene.at(6.01)
    scene.order.hear(candle(5))
    scene.at(6.02)
    scene.listed = [candle(4)]
    assert await scene.mended() == ["4", "5"]


async def test_what_is_not_listed_yet_is_asked_for_again() -> None:
    scene = Scene()
    scene.at(3.05)  # 2 ended three seconds ago
    scene.order.hear(candle(3))  # the venue's clock is ahead of ours
    assert await scene.mended() == []
    scene.at(3.06)
    scene.listed = [candle(2)]
    assert await scene.mended() == ["2", "3"]
    assert [first for first, _ in scene.asked] == [2, 2]


async def test_what_cannot_be_read_is_asked_for_again_and_nothing_passes_before() -> None:
    scene = Scene()
    scene.feed(live=False)
    scene.at(5.1)
    scene.feed(live=True)
    scene.failures = 3
    scene.listed = [candle(number) for number in range(2, 300)]
    told = []
    for minutes in (5.1, 5.2, 5.4, 6.0):
        told.append(scene.told())
        scene.at(minutes)
        if minutes < 6:
            assert await scene.mended() in ([], ["lost"])
    assert scene.order.failed == 3
    for number in range(5, 5 + 3 * HELD):
        scene.order.hear(candle(number))
    assert scene.told() == []
    scene.at(210)
    assert await scene.mended() == [*(str(number) for number in range(2, 210)), "live"]


async def test_a_feed_lost_again_while_the_venue_is_asked_stays_lost() -> None:
    scene = Scene()
    scene.feed(live=False)
    scene.at(4.1)
    scene.feed(live=True)
    scene.feed(live=False)
    scene.listed = [candle(2), candle(3)]
    assert await scene.mended() == ["lost", "lost", "2", "3"]
    scene.at(6.1)
    scene.feed(live=True)
    scene.listed = [candle(4), candle(5)]
    assert await scene.mended() == ["4", "5", "live"]


@pytest.mark.parametrize(
    ("again", "told"),
    [
        (candle(1), []),
        (candle(1, close=2.0), ["1 corrected"]),
        (candle(0, close=2.0), ["0 corrected"]),
        (candle(1, 2.0, CandleStatus.PROVISIONAL), ["1 provisional"]),
        (candle(1, 2.0, CORRECTED), ["1 corrected"]),
    ],
)
async def test_what_comes_twice_is_heard_once_and_what_differs_as_a_correction(
    again: Candle, told: list[str]
) -> None:
    scene = Scene()
    scene.order.hear(again)
    assert scene.told() == told


async def test_who_has_no_history_misses_nothing_from_the_candle_in_the_making_on() -> None:
    scene = Scene(known=())
    scene.at(4.01)
    scene.order.hear(candle(3))
    scene.listed = [candle(number) for number in range(4)]
    assert await scene.mended() == ["2", "3"]


async def test_candles_that_nobody_wants_any_more_hold_nothing_up() -> None:
    scene = Scene()
    scene.feed(live=False)
    scene.at(5.1)
    scene.feed(live=True)
    scene.watch()
    assert await scene.mended() == ["lost", "live"]
    scene.order.hear(candle(9))
    assert scene.told() == ["9"]
    assert scene.asked == []

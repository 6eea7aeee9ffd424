"""Notices on their way out: tried a few times, bounded, and nobody waits for another."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from tests.unit.control.stage import Stage, stage_with_maker
from tests.unit.control.test_notices import alert
from tradewind.control import posting as room
from tradewind.control.notices import Notices
from tradewind.control.posting import Post
from tradewind.model.errors import AuthFailed, TradewindError, Unreachable
from tradewind.model.notice import Notice
from tradewind.ports import NoticeChannel


class Pigeon:
    """A channel that fails as it is told, and then delivers."""

    def __init__(self, *failures: TradewindError) -> None:
        self.failures = list(failures)
        self.tries = 0
        self.delivered: list[Notice] = []

    async def send(self, notice: Notice) -> None:
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        self.delivered.append(notice)


class Stuck:
    """A channel that never answers."""

    async def send(self, notice: Notice) -> None:
        await asyncio.Event().wait()


def gone() -> Unreachable:
    return Unreachable("Posted, found nobody; look.", venue="", endpoint="")


@asynccontextmanager
async def posting(
    channels: Mapping[str, NoticeChannel], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Notices, Post, list[str]]]:
    monkeypatch.setattr(room, "WAITS_S", (0.01, 0.01))
    stage: Stage = stage_with_maker()
    notices = Notices(stage.views)
    failures: list[str] = []
    post = Post(notices, channels, lambda: stage.now, failures.append)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(post.run())
        await asyncio.sleep(0)
        yield notices, post, failures
        task.cancel()


async def until_sent(post: Post, count: int) -> None:
    async with asyncio.timeout(5):
        while post.sent + post.failed < count:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.005)


async def test_a_notice_goes_out_by_every_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Pigeon(), Pigeon(gone(), gone())
    async with posting({"one": one, "two": two}, monkeypatch) as (notices, post, failures):
        notices(alert("faulted", "maker", 5))
        await until_sent(post, 2)
    assert [each.kind for each in one.delivered] == ["fault"]
    assert one.delivered == two.delivered
    assert two.tries == 3
    assert failures == []


@pytest.mark.parametrize(
    ("failures", "tries"),
    [
        ([gone()] * 5, 3),
        ([AuthFailed("Posted, found no way in; check.", venue="", endpoint="")], 1),
    ],
)
async def test_what_cannot_be_sent_is_said_after_a_few_tries(
    failures: list[TradewindError], tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pigeon = Pigeon(*failures)
    async with posting({"one": pigeon}, monkeypatch) as (notices, post, said):
        notices(alert("faulted", "maker", 5))
        await until_sent(post, 1)
        assert pigeon.tries == tries
        assert said == [f"The notice of fault was not sent by one: {failures[0]}"]


async def test_a_channel_that_is_stuck_holds_up_no_other_and_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "MOST_QUEUED", 3)
    monkeypatch.setattr(room, "SEND_S", 60.0)
    pigeon = Pigeon()
    async with posting({"stuck": Stuck(), "one": pigeon}, monkeypatch) as (notices, post, said):
        for number in range(6):
            notices(alert("faulted", f"i{number}", 5))
            await asyncio.sleep(0.02)
        assert len(pigeon.delivered) == 6
        assert len(said) == 2, "one is being sent, three wait, two were dropped"
        assert post.failed == 2


async def test_one_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "SEND_S", 0.02)
    async with posting({"stuck": Stuck()}, monkeypatch) as (notices, post, said):
        notices(alert("faulted", "maker", 5))
        await until_sent(post, 1)
        assert "no answer within" in said[0]


async def test_without_channels_there_is_nothing_to_do() -> None:
    notices = Notices(stage_with_maker().views)
    async with asyncio.timeout(1):
        await Post(notices, {}, lambda: 0, lambda _: None).run()

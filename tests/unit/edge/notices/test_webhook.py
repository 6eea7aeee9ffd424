"""Notices as JSON, posted to a real server on this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiohttp import web

from tradewind.edge.notices import webhook as room
from tradewind.edge.notices.webhook import Webhook
from tradewind.model.errors import AuthFailed, BadReply, TradewindError, Unreachable
from tradewind.model.notice import Notice, NoticeKind

TOKEN = "t0ken-that-nobody-may-see"
NOTICE = Notice(
    kind=NoticeKind.KILL, level="critical", desk="d", subject="desk", text="halted", ts=5
)


class Hook:
    """What the server was sent, and what it answers."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[tuple[str, bytes]] = []
        self.port = 0

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((request.path, await request.read()))
        status = self.answers.pop(0) if self.answers else 204
        return web.Response(status=status, headers={"Location": "/elsewhere"})


@asynccontextmanager
async def serving() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/{path:.*}", hook.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hook.port = runner.addresses[0][1]
    try:
        yield hook
    finally:
        await runner.cleanup()


async def test_a_notice_is_posted_whole_to_the_address_with_its_token() -> None:
    async with serving() as hook, Webhook(f"http://127.0.0.1:{hook.port}/in/{TOKEN}") as sender:
        await sender.send(NOTICE)
        [(path, body)] = hook.got
        assert path == f"/in/{TOKEN}"
        assert msgspec.json.decode(body, type=Notice) == NOTICE
        assert TOKEN not in repr(sender)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, BadReply),
        (307, BadReply),
        (400, BadReply),
        (401, AuthFailed),
        (404, BadReply),
        (429, Unreachable),
        (503, Unreachable),
    ],
)
async def test_an_answer_that_is_no_success_is_told_by_its_remedy(
    status: int, kind: type[TradewindError]
) -> None:
    async with serving() as hook, Webhook(f"http://127.0.0.1:{hook.port}/in/{TOKEN}") as sender:
        hook.answers = [status]
        with pytest.raises(kind) as told:
            await sender.send(NOTICE)
        assert type(told.value) is kind
        assert TOKEN not in str(told.value)
        assert len(hook.got) == 1, "no redirect is followed"


async def test_where_nobody_answers_the_token_stays_hidden() -> None:
    async with serving() as hook:
        port = hook.port
    async with Webhook(f"http://127.0.0.1:{port}/in/{TOKEN}") as sender:
        with pytest.raises(Unreachable) as told:
            await sender.send(NOTICE)
    assert TOKEN not in repr(told.value) + str(told.value)
    assert told.value.__cause__ is None


async def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TIMEOUT_S", 0.2)
    stop = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stop.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with Webhook(f"http://127.0.0.1:{port}/") as sender:
        with pytest.raises(Unreachable, match="Timeout"):
            await sender.send(NOTICE)
    stop.set()
    server.close()
    await server.wait_closed()

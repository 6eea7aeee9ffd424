"""/ws: one page's connection, from its greeting to its end. Knows WebSocket and the hub."""

import asyncio
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from tradewind.faces.api import guard, problems
from tradewind.faces.api.gateway import Gateway
from tradewind.faces.api.hub import Page
from tradewind.faces.api.problems import problem
from tradewind.faces.api.table import JSON
from tradewind.faces.api.told import Pong, WatchMarkets
from tradewind.model.access import AccessScope

SLOW_S = 5.0
"""A page that has not taken a frame after so long is let go."""
LOOK_S = 20.0
"""How often it is seen whether a page may still look."""
SLOW, SIGNED_OUT, FULL, STRANGE = 4408, 4401, 1013, 1003


_decode = msgspec.json.Decoder(WatchMarkets | Pong).decode


class _Ended(Exception):
    """The connection is over; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Sockets:
    """Serves the pages of one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one page until it goes, or is let go."""
        try:
            self._let_in(websocket)
            since = _since(websocket)
        except HTTPException as error:
            await websocket.send_denial_response(
                Response(problems.body_of(error), error.status_code, error.headers, JSON)
            )
            return
        await websocket.accept()
        page = Page()
        if not self._gateway.hub.join(page, since):
            await websocket.close(FULL)
            return
        code = 1000
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_feed(websocket, page))
                group.create_task(self._hear(websocket, page))
                group.create_task(self._look(websocket))
        except* _Ended as ended:
            code = _first(ended).code
        except* WebSocketDisconnect:
            code = 0
        finally:
            self._gateway.hub.leave(page)
        self._gateway.note("page", ended=code, slow=page.slow)
        if code:
            await _close(websocket, code)

    def _let_in(self, websocket: WebSocket) -> None:
        guard.see_host(self._gateway, websocket)
        asker = guard.who_asks(self._gateway, websocket)
        guard.let_in(AccessScope.READ, asker)
        if asker.cookie and "origin" not in websocket.headers:
            raise problem("forbidden", "Read no origin beside the session; ask from our own page.")

    async def _look(self, websocket: WebSocket) -> None:
        """See that whoever looks may still do so: they may have signed out elsewhere."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                self._let_in(websocket)
            except HTTPException:
                raise _Ended(SIGNED_OUT) from None

    async def _hear(self, websocket: WebSocket, page: Page) -> None:
        while True:
            text = await websocket.receive_text()
            try:
                told = _decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise _Ended(STRANGE) from None
            if isinstance(told, WatchMarkets):
                markets = [(each.instrument, each.interval) for each in told.instruments]
                self._gateway.hub.watch(page, markets)


async def _feed(websocket: WebSocket, page: Page) -> None:
    while True:
        for frame in await page.take():
            try:
                async with asyncio.timeout(SLOW_S):
                    await websocket.send_text(frame)
            except TimeoutError:
                raise _Ended(SLOW) from None
        if page.slow:
            raise _Ended(SLOW)


async def _close(websocket: WebSocket, code: int) -> None:
    try:
        async with asyncio.timeout(1.0):
            await websocket.close(code)
    except (TimeoutError, RuntimeError, OSError):
        return  # it is gone, or takes nothing any more


def _first(group: BaseExceptionGroup[Any]) -> Any:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


def _since(websocket: WebSocket) -> int:
    text = websocket.query_params.get("since", "0")
    if not text.isdigit() or len(text) > 18:
        raise problem("bad_request", "Read ?since, found no number of a step; leave it out.")
    return int(text)

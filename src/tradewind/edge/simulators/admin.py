"""The port of whoever plays fate: reads the truth, plans faults, cuts connections, pauses.

Knows the road to one exchange. Serves whoever can reach the loopback of this machine: it belongs
beside a simulated venue and nowhere else.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from aiohttp import web

from tradewind.edge.simulators.fault_words import MEANING, planned, scoped, written
from tradewind.edge.simulators.road import Road
from tradewind.edge.simulators.wire_faults import Fault, Scope
from tradewind.model.errors import ConfigError
from tradewind.model.money import NANOS


class Hosted(Protocol):
    """What the admin port needs of a host."""

    @property
    def road(self) -> Road: ...
    @property
    def places(self) -> Mapping[str, Scope]: ...
    def now_ns(self) -> int: ...
    def moved(self) -> None: ...
    def leap(self, by_ns: int) -> None: ...


class Admin:
    """The answers of the admin port, all JSON. Bad input is status 400 with a sentence.

    GET /truth/<account> · GET /faults (the kinds there are, those planned, what happened) ·
    POST /fault {kind, …} begins one, `times` 1 does it once · POST /end {kind, …} ends those of a
    kind, or of a kind and scope · POST /clear · POST /drop {path} · POST /pause · POST /resume ·
    POST /advance {seconds}
    """

    def __init__(self, host: Hosted) -> None:
        self._host = host
        self._road = host.road

    def app(self) -> web.Application:
        """Return the application to serve."""
        app = web.Application()
        app.router.add_get("/truth/{account}", self._truth)
        app.router.add_get("/faults", self._faults)
        for path, handler in (
            ("/fault", self._fault),
            ("/end", self._end),
            ("/clear", self._clear),
            ("/drop", self._drop),
            ("/pause", self._pause),
            ("/resume", self._resume),
            ("/advance", self._advance),
        ):
            app.router.add_post(path, handler)
        return app

    async def _truth(self, request: web.Request) -> web.Response:
        account = request.match_info["account"]
        try:
            return _json(self._road.exchange.truth(account))
        except KeyError:
            return _json({"error": f"Looked up {account!r}, found no such account."}, 404)

    async def _faults(self, request: web.Request) -> web.Response:
        faults = self._road.faults
        able = self._road.able
        told = {
            "kinds": {kind: text for kind, text in MEANING.items() if kind in able},
            "planned": faults.planned,
            "counts": faults.counts,
            "happened": list(faults.happened),
        }
        return _json(told)

    async def _fault(self, request: web.Request) -> web.Response:
        try:
            fault = self._read(await request.read())
        except ConfigError as error:
            return _json({"error": str(error)}, 400)
        self._road.faults.plan(fault)
        return self._done(fault)

    async def _end(self, request: web.Request) -> web.Response:
        try:
            words = scoped(written(await request.read()), self._host.places)
        except ConfigError as error:
            return _json({"error": str(error)}, 400)
        kind, scope = words
        return self._done({"ended": self._road.end(kind, scope, self._host.now_ns())})

    def _read(self, body: bytes) -> Fault:
        host = self._host
        return planned(written(body), host.now_ns(), host.places, self._road.able)

    async def _clear(self, request: web.Request) -> web.Response:
        self._road.clear(self._host.now_ns())
        return self._done({})

    async def _drop(self, request: web.Request) -> web.Response:
        body = await request.read()
        path = str(msgspec.json.decode(body).get("path", "")) if body else ""
        return self._done({"dropped": self._road.drop(self._host.now_ns(), path)})

    async def _pause(self, request: web.Request) -> web.Response:
        self._road.pause(paused=True, now_ns=self._host.now_ns())
        return self._done({"paused": True})

    async def _resume(self, request: web.Request) -> web.Response:
        self._road.pause(paused=False, now_ns=self._host.now_ns())
        return self._done({"paused": False})

    async def _advance(self, request: web.Request) -> web.Response:
        try:
            seconds = float(msgspec.json.decode(await request.read())["seconds"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            return _json({"error": 'Read the body, found no {"seconds": number}; send it.'}, 400)
        self._host.leap(int(seconds * NANOS))
        return self._done({"now_ns": self._host.now_ns()})

    def _done(self, value: Any) -> web.Response:
        self._host.moved()
        return _json(value)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=msgspec.json.encode(value), content_type="application/json"
    )

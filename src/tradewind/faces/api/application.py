"""The server's application: the table of routes put to work, and what holds for all of them.

Knows FastAPI. Decodes and encodes with msgspec alone, so that there is one set of shapes.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable

import msgspec
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from tradewind.faces.api import guard, problems
from tradewind.faces.api.gateway import Gateway
from tradewind.faces.api.problems import problem
from tradewind.faces.api.shell import Shell
from tradewind.faces.api.static import serve_file
from tradewind.faces.api.table import JSON, LONGEST_BODY, Call, Reply, Route
from tradewind.faces.api.words import read_body, read_query
from tradewind.faces.api.ws import Sockets
from tradewind.model.errors import TradewindError

LONGEST_NAME = 200
Endpoint = Callable[[Request], Awaitable[Response]]
_encode = msgspec.json.encode


def application(gateway: Gateway, routes: Iterable[Route]) -> Shell:
    """Return what a server serves."""
    table = tuple(routes)
    allowed = _Allowed(table)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for route in table:
        app.add_api_route(
            route.path,
            _endpoint(gateway, route),
            methods=[route.method],
            name=route.name,
            include_in_schema=False,
            response_model=None,
        )
    app.add_api_websocket_route("/ws", Sockets(gateway).serve)
    app.add_api_route(
        "/{path:path}",
        _files(gateway, allowed),
        methods=["GET"],
        include_in_schema=False,
        response_model=None,
    )
    app.add_exception_handler(HTTPException, _teller(allowed))
    return Shell(app, gateway)


def _endpoint(gateway: Gateway, route: Route) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            reply = await _answer(gateway, route, request)
        except HTTPException:
            raise
        except TradewindError as error:
            raise problems.of_error(error) from error
        except Exception as error:  # a request's root: nobody else may suffer
            gateway.note("fault", route=route.name, error=f"{type(error).__name__}: {error}")
            raise problem(
                "internal",
                f"Answered {route.name}, found a fault of the gateway's own "
                f"({type(error).__name__}); look into its log.",
            ) from error
        return _response(request, reply)

    return endpoint


async def _answer(gateway: Gateway, route: Route, request: Request) -> Reply:
    guard.see_host(gateway, request)
    if any(len(word) > LONGEST_NAME for word in request.path_params.values()):
        raise problem("not_found", "Looked for this address, found a name in it that none has.")
    asker = guard.who_asks(gateway, request)
    guard.let_in(route.needs, asker)
    guard.see_csrf(gateway, request, route.method, asker)
    call = Call(gateway, request, asker.who)
    call.query = read_query(request.query_params.multi_items(), route.query)
    if route.writes:
        data = await _body(request)
        if route.body is not None:
            _see_json(request)
            call.body = read_body(data, route.body)
    return await route.handler(call)


async def _body(request: Request) -> bytes:
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > LONGEST_BODY:
            raise problem(
                "too_large", f"Read the body, found more than {LONGEST_BODY} bytes; send less."
            )
    return bytes(parts)


def _see_json(request: Request) -> None:
    media = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if media != JSON:
        raise problem("bad_request", f"Read the body, found {media[:60]!r}; send {JSON}.")


def _response(request: Request, reply: Reply) -> Response:
    raw = reply.raw
    if raw is None:
        raw = b"" if reply.value is None else _encode(reply.value)
    headers = dict(reply.headers)
    if reply.cached:
        headers["ETag"] = f'"{hashlib.blake2b(raw, digest_size=12).hexdigest()}"'
        headers["Cache-Control"] = "private, no-cache"
        known = {each.strip() for each in request.headers.get("if-none-match", "").split(",")}
        if headers["ETag"] in known:
            return Response(status_code=304, headers=headers)
    media = reply.media if raw else None
    return Response(raw, reply.status, headers, media)


class _Allowed:
    """Which methods an address takes."""

    def __init__(self, table: tuple[Route, ...]) -> None:
        self._paths: list[tuple[re.Pattern[str], str]] = [
            (compile_path(route.path)[0], route.method) for route in table
        ]

    def at(self, path: str) -> list[str]:
        """Return the methods, none where there is no such address."""
        return sorted({method for pattern, method in self._paths if pattern.match(path)})


def _files(gateway: Gateway, allowed: _Allowed) -> Endpoint:
    async def files(request: Request) -> Response:
        guard.see_host(gateway, request)
        path = str(request.path_params["path"])
        if path.partition("/")[0] in ("api", "ws", "metrics"):
            code = "method_not_allowed" if allowed.at(f"/{path}") else "not_found"
            raise problem(code, problems.SENTENCES[code])
        return serve_file(gateway.facts.web, path, request.headers.get("if-none-match", ""))

    return files


def _teller(allowed: _Allowed) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def tell(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            path = request.scope["path"]
            methods = allowed.at(path)
            if not methods and path.partition("/")[2].partition("/")[0] in ("api", "metrics"):
                error = problem("not_found", problems.SENTENCES["not_found"])
            else:
                headers["Allow"] = ", ".join(methods or ["GET"])
        return Response(problems.body_of(error), error.status_code, headers, JSON)

    return tell

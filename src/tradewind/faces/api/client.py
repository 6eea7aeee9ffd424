"""The asker's side of the API, for programs that just wait; asks as the socket's client does.

Knows one gateway's address and a token. What went wrong before a request left can be tried again;
what went wrong after it may have happened, and is asked about again under the same command id.
"""

import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

import msgspec

from tradewind.control.requests import (
    WAIT_S,
    Do,
    Failure,
    Preview,
    Receipt,
    Show,
    Shown,
    Watch,
    error_of,
)
from tradewind.control.views import Wanted
from tradewind.faces.api.problems import Problem
from tradewind.faces.api.shapes import Commanded
from tradewind.model.errors import BadReply, ConfigError, OutcomeUnknown, Unreachable

Told = Receipt | Preview | Shown
"""An answer that is no failure."""

CONNECT_S = 2.0
ANSWER_S = 10.0
LONGEST_WAIT_S = 300.0
MAX_ANSWER = 64 << 20
_decode = msgspec.json.Decoder(Told).decode


def answers(url: str) -> bool:
    """Tell whether a gateway answers at an address."""
    try:
        connection = _connection(url)
        try:
            connection.request("GET", "/api/health")
            return connection.getresponse().status in (200, 503)
        finally:
            connection.close()
    except (OSError, HTTPException, ConfigError):
        return False


class ApiClient:
    """One connection to a gateway, opened by `with`. `token` is never shown."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._token = token
        self._connection = _connection(url)

    def __repr__(self) -> str:
        return f"ApiClient({self.url!r}, ***)"

    def __enter__(self) -> Self:
        try:
            self._connection.connect()
        except OSError as error:
            raise self._away("nobody there") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def ask(self, request: Do | Show) -> Told:
        """Return the desk's answer. Raises what the desk raised, and OutcomeUnknown for silence."""
        return self._do(request) if isinstance(request, Do) else self._show(request)

    def watch(self, request: Watch) -> Iterator[Told]:
        """Yield a view again and again until the caller stops; raises as `ask` does."""
        while True:
            began_s = time.monotonic()
            yield self._show(Show(view=request.view, wanted=request.wanted))
            time.sleep(max(0.0, began_s + request.every_s - time.monotonic()))

    def _do(self, request: Do) -> Told:
        wait_s = WAIT_S if request.wait_s is None else min(request.wait_s, LONGEST_WAIT_S)
        words = {"dry_run": "true"} if request.dry_run else {"receipt": "true", "wait_s": wait_s}
        body = Commanded(
            command=request.command, why=request.why, preview_hash=request.preview_hash
        )
        headers = {"Idempotency-Key": request.command_id} if request.command_id else {}
        self._wait(ANSWER_S + (0 if request.dry_run else wait_s))
        path = f"/api/commands?{urlencode(words)}"
        try:
            return self._answer("POST", path, msgspec.json.encode(body), headers)
        except (OSError, HTTPException) as error:
            if request.dry_run:
                raise self._away("no answer") from error
            name = type(request.command).__name__
            again = f" with --id {request.command_id}" if request.command_id else ""
            raise OutcomeUnknown(
                f"Asked the desk for {name}, found no answer; it may have happened: look at the "
                f"desk, or ask again{again}.",
                venue="",
                endpoint=self.url,
            ) from error

    def _show(self, request: Show) -> Told:
        default = msgspec.structs.asdict(Wanted())
        given = msgspec.structs.asdict(request.wanted)
        words = {name: _word(value) for name, value in given.items() if value != default[name]}
        self._wait(ANSWER_S)
        try:
            return self._answer("GET", f"/api/views/{request.view.value}?{urlencode(words)}")
        except (OSError, HTTPException) as error:
            raise self._away("no answer") from error

    def _answer(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Told:
        told = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        if body:
            told["Content-Type"] = "application/json"
        self._connection.request(method, path, body or None, told)
        answer = self._connection.getresponse()
        data = answer.read(MAX_ANSWER)
        try:
            if answer.status < 300:
                shown: Told = _decode(data)
                return shown
            problem = msgspec.json.decode(data, type=Problem)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadReply(
                f"Read the answer of {self.url}, found that {error}; use one version for both.",
                venue="",
                endpoint=self.url,
            ) from error
        failure = Failure(
            code=problem.code,
            message=problem.message,
            rule=problem.rule,
            retryable=problem.retryable,
        )
        raise error_of(failure, self.url)

    def _wait(self, wait_s: float) -> None:
        if self._connection.sock is not None:
            self._connection.sock.settimeout(wait_s)

    def _away(self, found: str) -> Unreachable:
        return Unreachable(
            f"Called the gateway at {self.url}, found {found}; start the desk first.",
            venue="",
            endpoint=self.url,
        )


def _connection(url: str) -> HTTPConnection:
    told = urlsplit(url)
    kinds = {"http": HTTPConnection, "https": HTTPSConnection}
    if told.scheme not in kinds or not told.hostname:
        raise ConfigError(
            f"Read the address {url[:200]!r}, found none of a gateway; give http://HOST:PORT or "
            f"https://HOST."
        )
    made: HTTPConnection = kinds[told.scheme](told.hostname, told.port, timeout=CONNECT_S)
    return made


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

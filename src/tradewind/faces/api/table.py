"""What a route is: one row with everything that is known of it, and nothing said twice.

Knows HTTP's words and the shapes of requests and answers. The rows stand in `routes`; the server
and the OpenAPI document are both made from them.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import msgspec

from tradewind.control.access.who import Who
from tradewind.faces.api.problems import problem
from tradewind.model.access import AccessScope

if TYPE_CHECKING:
    from starlette.requests import Request

    from tradewind.faces.api.gateway import Gateway

JSON = "application/json"
HTML = "text/html; charset=utf-8"
LONGEST_BODY = 1 << 20
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: a value to encode or bytes as they are, and what goes with it."""

    value: Any = None
    raw: bytes | None = None
    status: int = 200
    media: str = JSON
    headers: Mapping[str, str] = {}
    cached: bool = False
    """It gets an ETag, and 304 where the asker has it already."""


class Call:
    """One request, decoded and let in; `who` is None on public routes for whoever is unknown."""

    __slots__ = ("body", "gateway", "path", "query", "request", "who")

    def __init__(self, gateway: "Gateway", request: "Request", who: Who | None) -> None:
        self.gateway = gateway
        self.request = request
        self.path: Mapping[str, str] = request.path_params
        self.who = who
        self.body: Any = None
        self.query: Any = None

    @property
    def asker(self) -> Who:
        """Return who asks, on routes where somebody must."""
        assert self.who is not None, "the route lets nobody in who is unknown"
        return self.who

    @property
    def key(self) -> str:
        """Return the Idempotency-Key, empty for none; raises for one that cannot be."""
        key = self.request.headers.get("idempotency-key")
        if key is not None and KEY.fullmatch(key) is None:
            raise problem(
                "bad_request",
                "Read the Idempotency-Key, found signs it cannot have; use up to 64 letters, "
                "digits and . _ : -",
            )
        return key or ""


class Handler(Protocol):
    """What answers a call."""

    def __call__(self, call: Call, /) -> Awaitable[Reply]:
        """Return the answer; raises our errors and HTTPException."""
        ...


class Public(msgspec.Struct, frozen=True):
    """Anybody may ask."""


class SignedIn(msgspec.Struct, frozen=True):
    """Anybody who is known may ask."""


PUBLIC = Public()
SIGNED_IN = SignedIn()
Needs: TypeAlias = AccessScope | Public | SignedIn


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One row: `name` is the operationId, `body`, `query` and `answer` are structs.

    `others` are answers with another status than `status`. `codes` are what may go wrong besides
    what may go wrong everywhere. `command` routes take an Idempotency-Key.
    """

    name: str
    method: str
    path: str
    needs: Needs
    summary: str
    handler: Handler
    tag: str
    body: Any = None
    query: type[msgspec.Struct] | None = None
    answer: Any = None
    status: int = 200
    others: Mapping[int, Any] = {}
    media: str = JSON
    codes: tuple[str, ...] = ()
    command: bool = False
    cached: bool = False
    example: Any = None

    @property
    def writes(self) -> bool:
        """Tell whether the route changes something."""
        return self.method != "GET"


Table = tuple[Route, ...]
Make = Callable[[], Table]

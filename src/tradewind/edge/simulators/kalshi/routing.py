"""Which handler a request belongs to, what it costs, and what its signer must be allowed to do.

Knows methods, paths and tokens. Must not know what handlers do.
"""

from collections.abc import Callable, Mapping

import msgspec

from tradewind.edge.simulators.kalshi.accounts import Account
from tradewind.edge.simulators.kalshi.answers import BODY, invalid
from tradewind.edge.simulators.kalshi.buckets import DEFAULT_COST
from tradewind.edge.simulators.kalshi.floor import Floor
from tradewind.edge.simulators.kalshi.lifecycle import Lifecycle
from tradewind.edge.simulators.kalshi.paging import Query
from tradewind.edge.simulators.kalshi.signing import Signatory
from tradewind.edge.simulators.wire import WireAnswer
from tradewind.model.errors import Refused

PREFIX = "/trade-api/v2"
READ, TRADE = "read", "write::trade"


class Asking(msgspec.Struct, frozen=True):
    """One request on its way to its handler; `account` is None on public roads.

    `as_of_ns` is how old a view the reader gets of what he owns.
    """

    floor: Floor
    lifecycle: Lifecycle
    query: Query
    path: Mapping[str, str]
    body: bytes
    account: Account | None
    signatory: Signatory | None
    as_of_ns: int

    @property
    def member(self) -> Account:
        """Return the account that signed."""
        assert self.account is not None
        return self.account

    def fields(self) -> Mapping[str, object]:
        """Return the JSON object of the body; raises Refused where there is none."""
        try:
            decoded = msgspec.json.decode(self.body or b"null")
        except msgspec.DecodeError as error:
            raise Refused("invalid json", rule=BODY) from error
        if not isinstance(decoded, dict):
            raise Refused("json: a body must be an object", rule=BODY)
        return decoded

    def items(self) -> list[Mapping[str, object]]:
        """Return the items of a batch."""
        orders = self.fields().get("orders")
        if not isinstance(orders, list) or not orders:
            raise invalid("orders is required")
        if not all(isinstance(each, dict) for each in orders):
            raise Refused("json: an order must be an object", rule=BODY)
        return orders


Handler = Callable[[Asking], WireAnswer]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint; `scope` empty makes it public, `per_item` bills each item of a batch."""

    method: str
    path: str
    name: str
    handler: Handler
    scope: str = ""
    cost: int = DEFAULT_COST
    per_item: bool = False


class Routes:
    """All endpoints; of those that fit a path, the first that was given."""

    __slots__ = ("_by_length",)

    def __init__(self, routes: list[Route]) -> None:
        self._by_length: dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            parts = tuple(route.path.strip("/").split("/"))
            self._by_length.setdefault((route.method, len(parts)), []).append((parts, route))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the endpoint of a path below the prefix, and the path's parameters."""
        parts = path.strip("/").split("/")
        for pattern, route in self._by_length.get((method, len(parts)), ()):
            found = _fit(pattern, parts)
            if found is not None:
                return route, found
        return None


def _fit(pattern: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    found = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            found[wanted[1:-1]] = part
        elif wanted != part:
            return None
    return found

"""What a venue that speaks its own protocol offers to whoever carries its bytes.

The same exchange is served on real sockets and, in a drill, inside one process: it is handed
requests and frames with the time, and gives back bytes. It has no clock, no task and no socket.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

import msgspec

from tradewind.edge.simulators.fate import Befall, Turn
from tradewind.edge.simulators.wire_faults import Kind


class WireRequest(msgspec.Struct, frozen=True):
    """An HTTP request as it arrived: `target` is path and query, raw; header names lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


class WireAnswer(msgspec.Struct, frozen=True):
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Connection(Protocol):
    """An open WebSocket of one client, as the exchange sees it; hashable by identity."""

    def send(self, text: bytes) -> None:
        """Send a text frame."""
        ...

    def ping(self, payload: bytes) -> None:
        """Send a protocol ping."""
        ...

    def close(self, code: int) -> None:
        """Close the connection with a WebSocket close code."""
        ...


class TrueOrder(msgspec.Struct, frozen=True):
    """An order as the exchange knows it; `client_id` is what its owner called it, maybe empty.

    `attempts` counts the requests to create that arrived under this client id.
    """

    order_id: str
    client_id: str
    symbol: str
    buy: bool
    qty: Decimal
    filled_qty: Decimal
    open: bool
    attempts: int = 1


class TrueFill(msgspec.Struct, frozen=True):
    """An execution of an account by the exchange's own key; `qty` and `px` as the wire tells."""

    key: str
    order_id: str
    symbol: str
    qty: Decimal
    px: Decimal
    fee: Decimal


class Truth(msgspec.Struct, frozen=True):
    """All that the exchange knows of one account, for whoever checks a client's belief.

    `positions` are signed and by symbol, `cash` by currency.
    """

    orders: tuple[TrueOrder, ...]
    fills: tuple[TrueFill, ...]
    positions: Mapping[str, Decimal]
    cash: Mapping[str, Decimal]


class WireExchange(Protocol):
    """One simulated venue behind its own wire protocol. Times are nanoseconds UTC."""

    @property
    def next_due_ns(self) -> int:
        """Return when something happens by itself next: a trade of the crowd, a push, a cut."""
        ...

    def advance(self, now_ns: int) -> None:
        """Let everything happen that is due until then; frames go out through connections."""
        ...

    def request(self, request: WireRequest, now_ns: int) -> WireAnswer:
        """Answer one HTTP request."""
        ...

    def opened(
        self, connection: Connection, request: WireRequest, now_ns: int
    ) -> WireAnswer | None:
        """Take a new socket; an answer refuses the upgrade."""
        ...

    def frame(self, connection: Connection, text: bytes, now_ns: int) -> None:
        """Take a text frame of a client."""
        ...

    def closed(self, connection: Connection) -> None:
        """A client's socket is gone."""
        ...

    def own_faults(self, befall: Befall) -> Mapping[Kind, Turn]:
        """Say what it can do wrong by itself, and what begins and ends each.

        From now on it asks `befall` at each occasion for those of OCCASIONS.
        """
        ...

    def truth(self, account: str) -> Truth:
        """Return what is the case; `account` is the key id that its client signs with."""
        ...

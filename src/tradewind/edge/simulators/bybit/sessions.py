"""One client's socket as the exchange sees it: who he is, what he asked for, when he spoke.

Knows nothing of what is said on it.
"""

from urllib.parse import parse_qs, urlsplit

from tradewind.edge.simulators.wire import Connection
from tradewind.model.money import NANOS

SPOT, LINEAR, PRIVATE, TRADE, STATUS = "spot", "linear", "private", "trade", "status"
PATHS = {
    "/v5/public/spot": SPOT,
    "/v5/public/linear": LINEAR,
    "/v5/private": PRIVATE,
    "/v5/trade": TRADE,
    "/v5/public/misc/status": STATUS,
}
SHORTEST_S, LONGEST_S = 30, 600
UNITS = {"s": 1, "m": 60}


class Session:
    """An open socket. `uid` is 0 until it has logged in; `quiet_ns` is the idle cut."""

    __slots__ = ("asked", "connection", "heard_ns", "id", "kind", "quiet_ns", "topics", "uid")

    def __init__(self, connection: Connection, kind: str, quiet_s: int, now_ns: int) -> None:
        self.connection = connection
        self.kind = kind
        self.quiet_ns = quiet_s * NANOS
        self.heard_ns = now_ns
        self.id = ""
        self.uid = 0
        self.topics: dict[str, None] = {}
        self.asked: set[str] = set()

    def send(self, text: bytes, now_ns: int) -> None:
        """Send a frame; data keep a connection alive as pings do."""
        self.heard_ns = now_ns
        self.connection.send(text)


def idle_s(target: str, usual: int) -> int | None:
    """Return the idle cut that a socket's address asks for; None where it cannot be had."""
    asked = parse_qs(urlsplit(target).query).get("max_active_time")
    if not asked:
        return usual
    text = asked[0]
    unit = UNITS.get(text[-1:])
    if unit is None or not text[:-1].isdecimal():
        return None
    seconds = int(text[:-1]) * unit
    return seconds if SHORTEST_S <= seconds <= LONGEST_S else None

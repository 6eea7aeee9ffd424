"""A small exchange that answers what it was asked, and beats once a second to all its sockets."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from tradewind.edge.simulators.fate import Befall, Turn
from tradewind.edge.simulators.wire import (
    Connection,
    TrueOrder,
    Truth,
    WireAnswer,
    WireRequest,
)
from tradewind.edge.simulators.wire_faults import Fault, Kind
from tradewind.model.money import NANOS

JSON = {"content-type": "application/json"}


class EchoExchange:
    """A WireExchange: POST keeps an order, GET tells; frames come back; sockets hear a beat.

    The path /refused refuses a socket with 401. A frame `close` closes it, `burst` sends five.
    """

    def __init__(self, start_ns: int, every_ns: int = NANOS) -> None:
        self.start_ns = start_ns
        self.next_due_ns = start_ns + every_ns
        self.every_ns = every_ns
        self.orders: list[bytes] = []
        self.requests: list[WireRequest] = []
        self.frames: list[bytes] = []
        self.sockets: list[Connection] = []
        self.closes = 0
        self.paused = False
        self.beats = 0
        self.times: list[int] = []

    def advance(self, now_ns: int) -> None:
        self.times.append(now_ns)
        while self.next_due_ns <= now_ns:
            self.beats += 1
            beat = msgspec.json.encode({"beat": self.beats, "ts": self.next_due_ns, "px": "1.50"})
            for socket in list(self.sockets):
                socket.send(beat)
            self.next_due_ns += self.every_ns

    def request(self, request: WireRequest, now_ns: int) -> WireAnswer:
        self.times.append(now_ns)
        self.requests.append(request)
        if self.paused:
            return WireAnswer(503, b'{"error":"maintenance"}', JSON)
        if request.method == "POST":
            self.orders.append(request.body)
        told = {"target": request.target, "orders": len(self.orders), "ts": now_ns, "px": "1.50"}
        return WireAnswer(200, msgspec.json.encode(told), {**JSON, "x-echo": request.method})

    def opened(
        self, connection: Connection, request: WireRequest, now_ns: int
    ) -> WireAnswer | None:
        self.times.append(now_ns)
        self.requests.append(request)
        if request.target.startswith("/refused"):
            return WireAnswer(401, b'{"error":"who are you"}', JSON)
        self.sockets.append(connection)
        connection.send(b'{"hello":true}')
        return None

    def frame(self, connection: Connection, text: bytes, now_ns: int) -> None:
        self.times.append(now_ns)
        self.frames.append(text)
        if text == b"close":
            connection.close(4001)
        elif text == b"ping me":
            connection.ping(b"venue")
        elif text == b"burst":
            for number in range(5):
                connection.send(b"%d" % number)
        else:
            connection.send(b"echo " + text)

    def closed(self, connection: Connection) -> None:
        self.sockets.remove(connection)
        self.closes += 1

    def own_faults(self, befall: Befall) -> Mapping[Kind, Turn]:
        return {Kind.MAINTENANCE: Turn(self._pause, self._resume)}

    def _pause(self, fault: Fault, now_ns: int) -> None:
        self.paused = True

    def _resume(self, fault: Fault, now_ns: int) -> None:
        self.paused = False

    def truth(self, account: str) -> Truth:
        if account != "me":
            raise KeyError(account)
        order = TrueOrder("1", "a", "X", buy=True, qty=Decimal(2), filled_qty=Decimal(0), open=True)
        return Truth((order,), (), {"X": Decimal("1.5")}, {"USD": Decimal(100)})

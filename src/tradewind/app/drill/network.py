"""A network in memory, as its exchanges see it: hosts by name, their roads, and time passing.

Knows hosts, roads and bytes. Must not know what any of them say, nor who the clients are.
"""

import asyncio
from collections.abc import Callable

import msgspec

from tradewind.app.drill.loop import VirtualClock, VirtualLoop
from tradewind.edge.simulators.road import Latency, Road
from tradewind.edge.simulators.wire import WireExchange
from tradewind.edge.simulators.wire_faults import NEVER, Faults
from tradewind.model.money import MILLIS

USUAL = Latency(there_ns=2 * MILLIS, back_ns=2 * MILLIS, jitter_ns=MILLIS)


class Carriage(msgspec.Struct, frozen=True):
    """Bytes that a client sent or got; `way` is `>` or `<`, times nanoseconds UTC."""

    ts: int
    client: str
    way: str
    where: str
    text: bytes


Tape = Callable[[Carriage], None]


class Place:
    """One exchange on the network, under all its host names."""

    def __init__(self, road: Road, loop: VirtualLoop, clock: VirtualClock) -> None:
        self.road = road
        self.up = True
        self._loop = loop
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._due_ns = NEVER

    def now_ns(self) -> int:
        """Return the time that the road is handed: that of the world, whatever a clock says."""
        return self._clock.start_ns + self._loop.now_ns

    def moved(self) -> None:
        """Look again at when something is due next."""
        due_ns = self.road.next_due_ns
        if due_ns == self._due_ns and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due_ns = due_ns
        if due_ns < NEVER:
            self._timer = self._loop.call_at_ns(due_ns - self._clock.start_ns, self._advance)

    def _advance(self) -> None:
        self._timer = None
        self.road.advance(self.now_ns())
        self.moved()


class Network:
    """All exchanges of a drill by host name, and the transports of its clients.

    `tape` is told every piece of bytes that a client sends or gets.
    """

    def __init__(self, loop: VirtualLoop, clock: VirtualClock, tape: Tape | None = None) -> None:
        self.clock = clock
        self.tape = tape
        self.loop = loop
        self._places: dict[str, Place] = {}

    def put(
        self,
        hosts: tuple[str, ...],
        exchange: WireExchange,
        faults: Faults,
        latency: Latency = USUAL,
    ) -> Road:
        """Connect an exchange under these names; returns its road, for faults by hand."""
        # What arrives in the very instant in which it is sent would re-enter its sender.
        assert latency.there_ns > 0
        assert latency.back_ns > 0
        place = Place(Road(exchange, faults, latency), self.loop, self.clock)
        for host in hosts:
            self._places[host] = place
        place.moved()
        return place.road

    def unplug(self, host: str) -> None:
        """Cut all connections of an exchange and take no more: its process is gone."""
        place = self._places[host]
        place.up = False
        place.road.unplug(place.now_ns())
        place.moved()

    def plug(self, host: str) -> None:
        """Take connections again."""
        self._places[host].up = True

    def moved(self, host: str) -> None:
        """Look again at when something is due at a host; to be called after faults by hand."""
        self._places[host].moved()

    def place(self, host: str) -> Place | None:
        """Return the exchange of that name, None when nobody answers to it."""
        place = self._places.get(host)
        return place if place is not None and place.up else None

    def tell(self, client: str, way: str, where: str, text: bytes) -> None:
        """Write on the tape."""
        if self.tape is not None:
            self.tape(Carriage(self.clock.now_ns(), client, way, where, text))

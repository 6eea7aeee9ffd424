"""One socket between a client and an exchange, as it lies on the road: two lines of frames.

Knows frames, their order and whether the socket is open. Must not know what they say.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from tradewind.edge.simulators.wire import WireAnswer
from tradewind.edge.simulators.wire_faults import Carried, Kind, Passing, Way

if TYPE_CHECKING:
    from tradewind.edge.simulators.road import Road

THERE, BACK = Way.THERE, Way.BACK
SENT = frozenset(
    {Kind.DROP, Kind.DROP_AFTER, Kind.STATUS, Kind.STATUS_AFTER} | {Kind.HANG, Kind.HANG_AFTER}
)
TOLD = frozenset({Kind.DROP, Kind.DUPLICATE, Kind.REORDER, Kind.GAP})
ABNORMAL = 1006
"""Close code of a connection that ended without a word."""
OVERTAKEN_NS = 200_000_000
"""How long a frame waits for the next one to overtake it; then it goes by itself."""


class End(Protocol):
    """The client's end of a socket, which a carrier provides; called as things come through."""

    def opened(self) -> None:
        """The upgrade is done."""
        ...

    def refused(self, answer: WireAnswer | None) -> None:
        """The upgrade was refused; None: the connection was cut instead."""
        ...

    def text(self, text: bytes) -> None:
        """A text frame."""
        ...

    def ping(self, payload: bytes) -> None:
        """A protocol ping."""
        ...

    def pong(self, payload: bytes) -> None:
        """The answer to a ping of the client."""
        ...

    def closed(self, code: int) -> None:
        """The venue closed the socket; ABNORMAL: it was cut. Comes once, last."""
        ...


class _Line:
    """One direction: when the last thing in it comes through, and how many are under way."""

    __slots__ = ("free_ns", "under_way")

    def __init__(self) -> None:
        self.free_ns = 0
        self.under_way = 0


class Link:
    """A socket on the road. The exchange has it as its Connection; the carrier tells it the rest.

    The exchange hears `closed` exactly once for each socket that it took, whoever ended it.
    """

    def __init__(self, road: "Road", path: str, end: End) -> None:
        self.path = path
        self._road = road
        self._end = end
        self._lines = {THERE: _Line(), BACK: _Line()}
        self._accepted = False
        self._told = False
        self._ended = False
        self._mute = False
        self._early: list[Callable[[], None]] = []
        self._overtaken: bytes | None = None

    # --- the exchange's side -----------------------------------------------------------------

    def send(self, text: bytes) -> None:
        """Send a text frame to the client, as the faults have it."""
        if self._ended or self._mute:
            return
        if not self._accepted:
            self._early.append(partial(self.send, text))
            return
        passing = Passing(Carried.SOCKET, BACK, self.path, text)
        struck = self._road.faults.draw(passing, self._road.now_ns, TOLD)
        if Kind.GAP in struck:
            return
        if Kind.DROP in struck:
            self.cut()
            return
        text = self._road.mangle(passing)
        if Kind.REORDER in struck and self._overtaken is None:
            self._overtaken = text
            self._road.later(self._road.now_ns + OVERTAKEN_NS, self._release)
            return
        self._tell(text)
        if Kind.DUPLICATE in struck:
            self._tell(text)
        self._release()

    def ping(self, payload: bytes) -> None:
        """Send a protocol ping to the client."""
        if self._accepted and not self._ended:
            self._back(b"", partial(self._end.ping, payload))
        elif not self._ended:
            self._early.append(partial(self.ping, payload))

    def close(self, code: int) -> None:
        """Close the socket with a code; what was sent before still comes through."""
        if self._ended:
            return
        if not self._accepted:
            self._early.append(partial(self.close, code))
            return
        self._release()
        self._back(b"", partial(self._end_told, code))
        self._leave()

    # --- the carrier's side ------------------------------------------------------------------

    def heard(self, text: bytes, now_ns: int) -> None:
        """Carry a text frame of the client."""
        road = self._road
        road.arrive(now_ns)
        passing = Passing(Carried.SOCKET, THERE, self.path, text)
        struck = road.faults.draw(passing, road.now_ns, SENT)
        road.pass_on(passing, partial(self._reach, text, frozenset(struck)), self)

    def pinged(self, payload: bytes, now_ns: int) -> None:
        """Carry a protocol ping of the client there, and its answer back."""
        self._road.arrive(now_ns)
        passing = Passing(Carried.SOCKET, THERE, self.path)
        self._road.pass_on(passing, partial(self._pong, payload), self)

    def gone(self, now_ns: int) -> None:
        """Take note that the client has left; what it sent before still arrives."""
        self._told = True
        self._road.arrive(now_ns)
        passing = Passing(Carried.SOCKET, THERE, self.path)
        self._road.pass_on(passing, self._leave, self)

    # --- the road's side ---------------------------------------------------------------------

    def accept(self) -> None:
        """Take note that the exchange has taken the socket, and tell the client."""
        self._accepted = True
        self._back(b"", self._end.opened)
        for act in self._early:
            act()
        self._early.clear()

    def refuse(self, answer: WireAnswer | None) -> None:
        """Tell the client that there is no socket."""
        self._ended = self._told = True
        self._road.pass_on(
            Passing(Carried.SOCKET, BACK, self.path), partial(self._end.refused, answer), self
        )

    def cut(self) -> None:
        """End the socket for both sides at once; what is under way is lost."""
        self._end_told(ABNORMAL)
        self._leave()

    def in_line(
        self, way: Way, at_ns: int, act: Callable[[], None]
    ) -> tuple[int, Callable[[], None]]:
        """Return when a thing comes through that must not overtake, and what is then done."""
        line = self._lines[way]
        line.free_ns = max(line.free_ns, at_ns)
        line.under_way += 1

        def come_through() -> None:
            line.under_way -= 1
            act()

        return line.free_ns, come_through

    def is_next(self, way: Way) -> bool:
        """Tell whether nothing else of that direction is under way before the newest."""
        return self._lines[way].under_way == 1

    def free(self, now_ns: int) -> None:
        """Let the lines move again after a silence was ended by hand."""
        for line in self._lines.values():
            line.free_ns = min(line.free_ns, now_ns)

    # --- inside ------------------------------------------------------------------------------

    def _back(self, text: bytes, act: Callable[[], None]) -> None:
        def come_through() -> None:
            if not self._told:
                act()

        self._road.pass_on(Passing(Carried.SOCKET, BACK, self.path, text), come_through, self)

    def _tell(self, text: bytes) -> None:
        self._back(text, partial(self._end.text, text))

    def _release(self) -> None:
        if self._overtaken is not None and not self._ended:
            text, self._overtaken = self._overtaken, None
            self._tell(text)

    def _pong(self, payload: bytes) -> None:
        if not self._ended:
            self._back(b"", partial(self._end.pong, payload))

    def _reach(self, text: bytes, struck: frozenset[Kind]) -> None:
        # The exchange may close it in doing what was due before.
        self._road.catch_up()
        if self._ended or Kind.HANG in struck or Kind.STATUS in struck:
            return
        if Kind.DROP in struck:
            self.cut()
            return
        self._mute = Kind.HANG_AFTER in struck or Kind.STATUS_AFTER in struck
        self._road.exchange.frame(self, text, self._road.venue_now_ns())
        self._mute = False
        if Kind.DROP_AFTER in struck:
            self.cut()

    def _end_told(self, code: int) -> None:
        if not self._told:
            self._told = True
            self._end.closed(code)

    def _leave(self) -> None:
        """Take the socket off the road; the exchange hears of it when it has done what it does."""
        if self._ended:
            return
        self._ended = True
        if self in self._road.links:
            self._road.links.remove(self)
            self._road.later(self._road.now_ns, partial(self._road.exchange.closed, self))

"""The road between clients and one simulated exchange: latency and faults, by bytes and time.

Knows requests, frames and a list of what is under way. Has no clock, no task and no socket: a
carrier on real sockets (`hosting.py`) and the drill's network drive it the same way, by handing it
what arrives with the time, and by calling `advance` when `next_due_ns` has come.
"""

from collections.abc import Callable, Collection
from functools import partial
from heapq import heapify, heappop, heappush

import msgspec

from tradewind.edge.simulators.link import End, Link
from tradewind.edge.simulators.mangling import MANGLES, mangled
from tradewind.edge.simulators.wire import WireAnswer, WireExchange, WireRequest
from tradewind.edge.simulators.wire_faults import (
    NEVER,
    OWN,
    Carried,
    Fault,
    Faults,
    Kind,
    Passing,
    Scope,
    Way,
)

REQUESTED = frozenset(
    {Kind.DROP, Kind.DROP_AFTER, Kind.STATUS, Kind.STATUS_AFTER, Kind.HANG, Kind.HANG_AFTER}
)
DELAYED, SILENCED = frozenset({Kind.DELAY}), frozenset({Kind.SILENCE})
STUCK = 100_000
Answered = Callable[[WireAnswer | None], None]
"""What a carrier wants called with the answer; None: the connection was cut instead."""


class Latency(msgspec.Struct, frozen=True):
    """How long bytes travel each way, nanoseconds; up to `jitter_ns` more, drawn for each."""

    there_ns: int = 0
    back_ns: int = 0
    jitter_ns: int = 0


class _Errand(msgspec.Struct, order=True):
    """Something to be done at a time."""

    at_ns: int
    number: int
    act: Callable[[], None]


class Road:
    """Carries bytes to and from an exchange, late, changed or not at all, as its faults have it.

    The exchange sees a clock that never runs back: a `skew` that ends lets it stand until the
    time has come up with it. A client that gives up does not unsend: what it sent arrives.
    """

    def __init__(
        self, exchange: WireExchange, faults: Faults, latency: Latency | None = None
    ) -> None:
        self.exchange = exchange
        self.faults = faults
        self.links: list[Link] = []
        self.now_ns = 0
        self._latency = latency or Latency()
        self._errands: list[_Errand] = []
        self._count = 0
        self._silences: list[tuple[Scope, int]] = []
        self._venue_ns = 0
        self._states: dict[tuple[Kind, str], Fault] = {}
        self._turns = exchange.own_faults(self._befall)

    # --- time --------------------------------------------------------------------------------

    @property
    def next_due_ns(self) -> int:
        """Return when something happens by itself next, in the carrier's time."""
        errand_ns = self._errands[0].at_ns if self._errands else NEVER
        return min(errand_ns, self._exchange_due_ns(), self.faults.next_window_ns(self.now_ns))

    def advance(self, now_ns: int) -> None:
        """Let everything happen that is due until then, in order of time."""
        stuck = 0
        while (due_ns := self.next_due_ns) <= now_ns:
            stuck = stuck + 1 if due_ns <= self.now_ns else 0
            assert stuck < STUCK, f"{type(self.exchange).__name__} does not come on from {due_ns}"
            self.arrive(due_ns)
            if self._exchange_due_ns() <= self.now_ns:
                self.exchange.advance(self._venue_ns)
            elif self._errands and self._errands[0].at_ns <= self.now_ns:
                heappop(self._errands).act()
        self.arrive(now_ns)

    def venue_now_ns(self) -> int:
        """Return the time on the venue's clock."""
        return self._venue_ns

    @property
    def able(self) -> frozenset[Kind]:
        """Return the kinds of fault that can be planned here."""
        return frozenset(self._turns) | (frozenset(Kind) - OWN)

    def arrive(self, now_ns: int) -> None:
        """Let it be so late, and open and close the windows of the venue's own faults."""
        self.now_ns = max(self.now_ns, now_ns)
        self._venue_ns = max(self._venue_ns, self.now_ns + self._skew_ns())
        states = self.faults.states(self.now_ns)
        for key, fault in list(self._states.items()):
            if key not in states or states[key].to != fault.to:
                del self._states[key]
                self._turn(fault, on=False)
        for key, fault in states.items():
            if key not in self._states:
                self._states[key] = fault
                self._turn(fault, on=True)
        for fault in self.faults.moments(self.now_ns):
            self._turn(fault, on=True)

    def _turn(self, fault: Fault, *, on: bool) -> None:
        turn = self._turns.get(fault.kind)
        if turn is None:
            return
        if on:
            self.faults.record(fault.kind, fault.scope.symbol or "venue", self.now_ns)
            turn.begin(fault, self._venue_ns)
        else:
            turn.end(fault, self._venue_ns)

    def _befall(self, kind: Kind, accounts: Collection[str], symbol: str) -> Fault | None:
        return self.faults.befall(kind, accounts, symbol, self.now_ns)

    def _skew_ns(self) -> int:
        skew = self.faults.active(Kind.SKEW, self.now_ns)
        return skew.length_ns if skew is not None else 0

    def _exchange_due_ns(self) -> int:
        due_ns = self.exchange.next_due_ns
        if due_ns >= NEVER:
            return NEVER
        # A clock that stands after a skew comes on when ours has come up with it.
        return max(due_ns - self._skew_ns(), 0)

    # --- by hand -----------------------------------------------------------------------------

    def pause(self, *, paused: bool, now_ns: int) -> None:
        """Begin maintenance by hand, or end it, planned or not."""
        self.faults.end(Kind.MAINTENANCE, Scope(), now_ns)
        if paused:
            self.faults.plan(Fault(kind=Kind.MAINTENANCE, start_ns=now_ns))
        self.arrive(now_ns)

    def end(self, kind: Kind, scope: Scope, now_ns: int) -> int:
        """End the planned faults of a kind, of one scope if it says any; return how many."""
        ended = self.faults.end(kind, scope, now_ns)
        self.arrive(now_ns)
        return ended

    def drop(self, now_ns: int, path: str = "") -> int:
        """Cut every open socket whose path begins so; return how many."""
        self.arrive(now_ns)
        struck = [link for link in self.links if link.path.startswith(path)]
        for link in struck:
            self.faults.record(Kind.DROP, f"socket {link.path} by hand", self.now_ns)
            link.cut()
        return len(struck)

    def unplug(self, now_ns: int) -> None:
        """Lose everything that is under way, and cut every socket: the venue's process is gone."""
        self.arrive(now_ns)
        self._errands.clear()
        self.drop(now_ns)

    def clear(self, now_ns: int) -> None:
        """End every fault; whatever is held or under way arrives now, in its order."""
        self.faults.clear()
        self._silences.clear()
        self._errands.sort()
        for errand in self._errands:
            errand.at_ns = min(errand.at_ns, now_ns)
        heapify(self._errands)
        for link in self.links:
            link.free(now_ns)
        self.arrive(now_ns)

    # --- requests ----------------------------------------------------------------------------

    def ask(self, request: WireRequest, now_ns: int, answered: Answered) -> None:
        """Carry a request there and its answer back; `answered` may never be called."""
        self.arrive(now_ns)
        passing = Passing(
            Carried.HTTP, Way.THERE, _path(request.target), request.body, request.method
        )
        struck = self.faults.draw(passing, self.now_ns, REQUESTED)
        self.pass_on(passing, partial(self._reach, request, struck, answered))

    def _reach(self, request: WireRequest, struck: dict[Kind, Fault], answered: Answered) -> None:
        if Kind.HANG in struck:
            return
        if Kind.DROP in struck:
            answered(None)
            return
        back = Passing(Carried.HTTP, Way.BACK, _path(request.target), b"", request.method)
        if Kind.STATUS in struck:
            self.pass_on(back, partial(answered, _status(struck[Kind.STATUS])))
            return
        self.catch_up()
        answer = self.exchange.request(request, self._venue_ns)
        if Kind.HANG_AFTER in struck:
            return
        if Kind.DROP_AFTER in struck:
            answered(None)
        elif Kind.STATUS_AFTER in struck:
            self.pass_on(back, partial(answered, _status(struck[Kind.STATUS_AFTER])))
        else:
            back = msgspec.structs.replace(back, text=answer.body)
            body = self.mangle(back)
            if body is not answer.body:
                answer = msgspec.structs.replace(answer, body=body)
            self.pass_on(back, partial(answered, answer))

    # --- sockets -----------------------------------------------------------------------------

    def open(self, request: WireRequest, end: End, now_ns: int) -> Link:
        """Carry a socket's upgrade there; `end` hears what becomes of it."""
        self.arrive(now_ns)
        path = _path(request.target)
        link = Link(self, path, end)
        passing = Passing(Carried.SOCKET, Way.THERE, path, b"", request.method)
        struck = self.faults.draw(passing, self.now_ns, REQUESTED)
        self.pass_on(passing, partial(self._upgrade, request, link, struck), link)
        return link

    def _upgrade(self, request: WireRequest, link: Link, struck: dict[Kind, Fault]) -> None:
        if Kind.HANG in struck or Kind.HANG_AFTER in struck:
            return
        if Kind.DROP in struck or Kind.DROP_AFTER in struck:
            link.refuse(None)
        elif Kind.STATUS in struck or Kind.STATUS_AFTER in struck:
            fault = struck.get(Kind.STATUS) or struck[Kind.STATUS_AFTER]
            link.refuse(_status(fault))
        else:
            self.catch_up()
            answer = self.exchange.opened(link, request, self._venue_ns)
            if answer is None:
                self.links.append(link)
                link.accept()
            else:
                link.refuse(answer)

    # --- what links need of the road ---------------------------------------------------------

    def catch_up(self) -> None:
        """Let the exchange do what was due before what arrives now."""
        if self.exchange.next_due_ns <= self._venue_ns:
            self.exchange.advance(self._venue_ns)

    def pass_on(self, passing: Passing, act: Callable[[], None], link: Link | None = None) -> None:
        """Do something when the thing has come through; what one link carries keeps its order."""
        there = passing.way is Way.THERE
        at_ns = self.now_ns + (self._latency.there_ns if there else self._latency.back_ns)
        if self._latency.jitter_ns:
            at_ns += self.faults.dice.randrange(self._latency.jitter_ns)
        at_ns = max(at_ns + self._delay_ns(passing), self._silent_until(passing))
        if link is not None:
            at_ns, act = link.in_line(passing.way, at_ns, act)
        if at_ns <= self.now_ns and (link is None or link.is_next(passing.way)):
            act()
        else:
            self.later(at_ns, act)

    def later(self, at_ns: int, act: Callable[[], None]) -> None:
        """Do something at a time."""
        self._count += 1
        heappush(self._errands, _Errand(at_ns, self._count, act))

    def mangle(self, passing: Passing) -> bytes:
        """Return the bytes of the venue as the faults leave them."""
        struck = self.faults.draw(passing, self.now_ns, MANGLES)
        return mangled(passing.text, struck, self.faults.dice) if struck else passing.text

    def _delay_ns(self, passing: Passing) -> int:
        fault = self.faults.draw(passing, self.now_ns, DELAYED).get(Kind.DELAY)
        return 0 if fault is None else self.faults.dice.randrange(max(fault.length_ns, 1)) + 1

    def _silent_until(self, passing: Passing) -> int:
        """Return when the silence ends in which the thing is caught, or which it begins; else 0."""
        self._silences = [each for each in self._silences if each[1] > self.now_ns]
        until_ns = max((end for scope, end in self._silences if scope.covers(passing)), default=0)
        if until_ns:
            return until_ns
        fault = self.faults.draw(passing, self.now_ns, SILENCED).get(Kind.SILENCE)
        if fault is None:
            return 0
        until_ns = self.now_ns + fault.length_ns if fault.length_ns else fault.end_ns
        # Nothing in, nothing out: a silence has no direction, and asks for no content.
        scope = msgspec.structs.replace(fault.scope, way=None, text="", method="")
        self._silences.append((scope, until_ns))
        return until_ns


def _path(target: str) -> str:
    return target.partition("?")[0]


def _status(fault: Fault) -> WireAnswer:
    headers = {"content-type": "text/plain"}
    if fault.retry_after_s is not None:
        headers["retry-after"] = str(fault.retry_after_s)
    return WireAnswer(fault.status, fault.body.encode(), headers)

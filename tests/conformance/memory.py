"""A simulated exchange on a network in memory and in virtual time, as a bench needs it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from random import Random
from typing import Any, Protocol

import msgspec

from tradewind.app.conformance.bench import Ground
from tradewind.app.conformance.card import Claims
from tradewind.app.conformance.world import KnownFill, KnownOrder, Trouble
from tradewind.app.drill.loop import VirtualClock, VirtualLoop
from tradewind.app.drill.network import Carriage, Network
from tradewind.app.drill.transport import MemoryTransport
from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.net.transport import Transport
from tradewind.edge.simulators.road import Road
from tradewind.edge.simulators.wire import Truth, WireAnswer, WireExchange, WireRequest
from tradewind.edge.simulators.wire_faults import NEVER, Carried, Fault, Faults, Kind, Scope, Way
from tradewind.model.events import Event
from tradewind.model.ids import Currency, InstrumentId
from tradewind.model.money import NANOS, ZERO
from tradewind.model.order import Side
from tradewind.ports import Clock, Keys, Prepared, Venue

HOST = "venue.test"
OURS, MAKERS, TAKERS = "ours", "makers", "takers"
Ear = Callable[[Event], None]
BACK, THERE, HTTP, SOCKET = Way.BACK, Way.THERE, Carried.HTTP, Carried.SOCKET

SKEWS = {
    Trouble.CLOCK_AHEAD: Fault(kind=Kind.SKEW, length_ns=20 * NANOS),
    Trouble.CLOCK_BEHIND: Fault(kind=Kind.SKEW, length_ns=-20 * NANOS),
}


def fault(
    kind: Kind,
    path: str,
    *,
    text: str = "",
    way: Way | None = None,
    carried: Carried | None = None,
    method: str = "",
    **more: Any,
) -> Fault:
    """Return a fault on a path, and on what passes there."""
    scope = Scope(path=path, text=text, way=way, carried=carried, method=method)
    return msgspec.structs.replace(Fault(kind=kind, scope=scope), **more)


def refused(path: str) -> Fault:
    """Return what keeps a socket from being opened anew."""
    return fault(Kind.STATUS, path, carried=SOCKET, method="GET", status=503)


def silent(path: str) -> Fault:
    """Return what lets a socket stay open and say nothing, for as long as the trouble lasts."""
    return fault(Kind.SILENCE, path, carried=SOCKET, end_ns=NEVER)


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """One venue as the suite plays on it: what differs from the others is all here.

    `troubles` are faults on the wire and of the exchange itself, `cuts` the paths of sockets that
    a trouble cuts. `seat` is for keys; `exchange` opens one at a time. `sign` makes a request of
    an account by hand.
    """

    name: str
    claims: Claims
    ground: Ground
    start_ns: int
    troubles: Mapping[Trouble, tuple[Fault, ...]]
    cuts: Mapping[Trouble, tuple[str, ...]]
    secrets: tuple[str, ...]
    exchange: Callable[[int], WireExchange]
    adapter: Callable[[Seat, Outside], Venue]
    seat: Callable[[Keys | None], Seat]
    keys: Keys
    unknown_keys: Keys
    powerful_keys: Keys | None = None
    hand: Callable[[WireExchange], "Hand"]


class Hand(Protocol):
    """What a person does at the exchange by its own words, and what only a simulated one can do."""

    def truth(self) -> Truth:
        """Return the truth of our account."""
        ...

    def symbol(self, instrument: InstrumentId) -> str:
        """Return how the truth names an instrument."""
        ...

    def create(
        self, who: str, instrument: InstrumentId, side: Side, qty: Decimal, px: Decimal, rests: bool
    ) -> tuple[WireRequest, Callable[[WireAnswer], str]]:
        """Return the request for an order and how its answer names it."""
        ...

    def cancel(self, instrument: InstrumentId, name: str) -> WireRequest:
        """Return the request for a cancel of an order of the makers."""
        ...

    def payload(self, prepared: Prepared) -> bytes:
        """Return the bytes of a prepared order."""
        ...

    def close(self, instrument: InstrumentId) -> Fault:
        """Return what ends trading in a market."""
        ...

    def settle(self, instrument: InstrumentId) -> Decimal:
        """Decide a market."""
        ...

    def funding_s(self, instrument: InstrumentId) -> float:
        """Return in how many seconds funding falls due."""
        ...

    def now(self, now_ns: int) -> None:
        """Take the venue's time for what is signed by hand."""
        ...


class SimulatedWorld:
    """Implements `World` over a simulated exchange, however its bytes are carried."""

    def __init__(
        self,
        setup: Setup,
        clock: Clock,
        road: Road,
        change: Callable[[Venue], Venue],
        deafen: Callable[[Ear], Ear],
    ) -> None:
        """Every adapter on the exchange is changed and deafened, which may break it."""
        self.setup = setup
        self.clock = clock
        self.road = road
        self.exchange = road.exchange
        self.faults = road.faults
        self.hand = setup.hand(road.exchange)
        self.secrets = setup.secrets
        self._change, self._deafen = change, deafen
        self._transports: list[Transport] = []

    def connect(self, client: str) -> Transport:
        """Return the connections of one client."""
        raise NotImplementedError

    def place(self, seat: Seat) -> Seat:
        """Return the seat with the addresses of this carrier."""
        return seat

    def moved(self) -> None:
        """Look again at when something is due."""
        raise NotImplementedError

    def unplug(self, *, unplugged: bool) -> None:
        """Cut the exchange off, or connect it again."""
        assert not unplugged, "this carrier cannot cut the exchange off"

    def written(self) -> list[bytes]:
        raise NotImplementedError

    def open(self, client: str, keys: Keys | None, heard: Ear) -> Venue:
        """Return an adapter on this exchange."""
        transport = self.connect(client)
        self._transports.append(transport)
        sink = self._deafen(heard)
        outside = Outside(transport=transport, clock=self.clock, dice=Random(3), sink=sink)
        return self._change(self.setup.adapter(self.place(self.setup.seat(keys)), outside))

    async def close(self) -> None:
        """End all connections."""
        for transport in self._transports:
            await transport.close()

    # --- truth ----------------------------------------------------------------------------------

    def orders(self) -> list[KnownOrder]:
        return [
            KnownOrder(
                each.order_id,
                each.client_id,
                Side.BUY if each.buy else Side.SELL,
                each.qty,
                each.filled_qty,
                each.open,
                each.attempts,
            )
            for each in self.hand.truth().orders
        ]

    def fills(self) -> list[KnownFill]:
        return [
            KnownFill(each.key.partition("/")[0], each.order_id, each.qty, each.px, each.fee)
            for each in self.hand.truth().fills
        ]

    def position(self, instrument: InstrumentId) -> Decimal:
        return self.hand.truth().positions.get(self.hand.symbol(instrument), ZERO)

    def cash(self) -> Mapping[Currency, Decimal]:
        return {Currency(name): cash for name, cash in self.hand.truth().cash.items()}

    # --- troubles -------------------------------------------------------------------------------

    def strike(self, trouble: Trouble) -> None:
        for each in (*self.setup.troubles.get(trouble, ()), *_skew(trouble)):
            self.faults.plan(each)
        for path in self.setup.cuts.get(trouble, ()):
            self.road.drop(self._now_ns(), path)
        if trouble is Trouble.UNREACHABLE:
            self.unplug(unplugged=True)
        elif trouble is Trouble.MAINTENANCE:
            self.road.pause(paused=True, now_ns=self._now_ns())
        self.hand.now(self._now_ns())
        self.moved()

    def heal(self) -> None:
        self.road.clear(self._now_ns())
        self.unplug(unplugged=False)
        self.road.pause(paused=False, now_ns=self._now_ns())
        self.moved()

    def _now_ns(self) -> int:
        return self.clock.now_ns()

    # --- others ---------------------------------------------------------------------------------

    def _ask(self, request: Callable[[], WireRequest]) -> WireAnswer:
        self.road.arrive(self._now_ns())
        self.road.catch_up()
        now_ns = self.road.venue_now_ns()
        self.hand.now(now_ns)
        answer = self.exchange.request(request(), now_ns)
        self.moved()
        return answer

    def _create(
        self,
        who: str,
        instrument: InstrumentId,
        side: Side,
        terms: tuple[Decimal, Decimal],
        rests: bool,
    ) -> str:
        self.hand.now(self._now_ns())
        named: list[Callable[[WireAnswer], str]] = []

        def request() -> WireRequest:
            made, name = self.hand.create(who, instrument, side, *terms, rests)
            named.append(name)
            return made

        answer = self._ask(request)
        return named[0](answer)

    async def public(
        self, instrument: InstrumentId, side: Side, qty: Decimal, px: Decimal, *, rests: bool
    ) -> str:
        return self._create(MAKERS if rests else TAKERS, instrument, side, (qty, px), rests)

    async def public_cancel(self, instrument: InstrumentId, name: str) -> None:
        answer = self._ask(lambda: self.hand.cancel(instrument, name))
        assert answer.status == 200, answer

    async def stranger(
        self, instrument: InstrumentId, side: Side, qty: Decimal, px: Decimal
    ) -> str:
        return self._create(OURS, instrument, side, (qty, px), True)

    def payload(self, prepared: Prepared) -> bytes:
        return self.hand.payload(prepared)

    def close_market(self, instrument: InstrumentId) -> None:
        self.faults.plan(self.hand.close(instrument))
        self.road.arrive(self._now_ns())
        self.road.catch_up()
        self.moved()

    def settle_market(self, instrument: InstrumentId) -> Decimal:
        self.road.arrive(self._now_ns())
        self.road.catch_up()
        payout = self.hand.settle(instrument)
        self.moved()
        return payout

    def pay_funding(self, instrument: InstrumentId) -> float:
        self.hand.now(self._now_ns())
        return self.hand.funding_s(instrument)

    def second_desk(self, heard: Callable[[Event], None]) -> Venue:
        return self.open("second", self.setup.keys, heard)

    def stranger_desk(self, heard: Callable[[Event], None]) -> Venue:
        return self.open("stranger", self.setup.unknown_keys, heard)

    def powerful_desk(self, heard: Callable[[Event], None]) -> Venue:
        return self.open("powerful", self.setup.powerful_keys, heard)

    def onlooker(self, heard: Callable[[Event], None]) -> Venue:
        return self.open("onlooker", None, heard)


class MemoryWorld(SimulatedWorld):
    """A simulated exchange on a network in memory."""

    def __init__(
        self,
        setup: Setup,
        loop: VirtualLoop,
        clock: VirtualClock,
        change: Callable[[Venue], Venue],
        deafen: Callable[[Ear], Ear],
    ) -> None:
        self.tape: list[Carriage] = []
        self.network = Network(loop, clock, self.tape.append)
        faults = Faults(Random(7))
        road = self.network.put((HOST,), setup.exchange(setup.start_ns), faults)
        super().__init__(setup, clock, road, change, deafen)

    def connect(self, client: str) -> Transport:
        return MemoryTransport(self.network, client)

    def moved(self) -> None:
        self.network.moved(HOST)

    def unplug(self, *, unplugged: bool) -> None:
        (self.network.unplug if unplugged else self.network.plug)(HOST)

    def written(self) -> list[bytes]:
        return [
            each.text
            for each in self.tape
            if each.way == ">" and each.client.startswith(OURS) and each.text
        ]


def _skew(trouble: Trouble) -> tuple[Fault, ...]:
    return (SKEWS[trouble],) if trouble in SKEWS else ()

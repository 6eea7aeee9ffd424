"""The bench on which cards are played: one adapter, what it says, and the exchange behind it.

A card sees the adapter through its port and its events alone. Must not know any venue's words.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from tradewind.app.conformance.card import Claims, expect
from tradewind.app.conformance.world import KnownOrder, World
from tradewind.core.market.book import Book
from tradewind.model import events as ev
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.errors import ConfigError, VenueError
from tradewind.model.fill import Fill
from tradewind.model.ids import AccountId, InstanceId, InstrumentId, OrderId, VenueOrderId
from tradewind.model.instrument import Instrument
from tradewind.model.money import NANOS, ZERO
from tradewind.model.order import OrderType, PlaceOrder, Side, TimeInForce
from tradewind.ports import Clock, Prepared, Venue, Wanted

Kind = TypeVar("Kind", bound=msgspec.Struct)
LOOK_S = 0.01
PATIENCE_S = 20.0
SEND_LIMIT_NS = 2 * NANOS
ENDS = (ev.OrderCancelled, ev.OrderExpired, ev.OrderRejected, ev.NotSent)


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Where cards are played: what differs from venue to venue, in the desk's own units.

    Before a card the public of a simulated exchange bids `bid` and asks `ask`, each for `depth`;
    at `far_bid` and `far_ask` an order rests. `qty` is a fair size, and `depth` at least three
    times as much. A stop to buy sleeps at `trigger_px`, above the market. `too_dear` costs more
    than the account has; None where a venue has no such thing.
    """

    account: AccountId
    instrument: InstrumentId
    other: InstrumentId
    interval: str = "1m"
    qty: Decimal = ZERO
    depth: Decimal = ZERO
    bid: Decimal = ZERO
    ask: Decimal = ZERO
    far_bid: Decimal = ZERO
    far_ask: Decimal = ZERO
    other_bid: Decimal = ZERO
    other_ask: Decimal = ZERO
    trigger_px: Decimal = ZERO
    too_dear: Decimal = ZERO
    mirror: InstrumentId | None = None


class Placed(msgspec.Struct, frozen=True):
    """An order that was handed to the adapter."""

    order: SubmitOrder
    prepared: Prepared

    @property
    def id(self) -> OrderId:
        """Return the client order id."""
        return self.order.client_order_id

    @property
    def instrument(self) -> InstrumentId:
        """Return what it is an order for."""
        return self.order.spec.instrument


class Heard:
    """All that the adapter has said, in order, with the books that follow from it."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []
        self.books: dict[InstrumentId, Book] = {}

    def take(self, event: ev.Event) -> None:
        """Take one event, as the adapter's sink."""
        self.events.append(event)
        match event:
            case ev.BookSnapshot():
                self.book(event.instrument).apply_snapshot(event)
            case ev.BookDelta():
                self.book(event.instrument).apply_delta(event)
            case ev.FeedChanged() if not event.live:
                self.book(event.instrument).distrust()

    def book(self, instrument: InstrumentId) -> Book:
        """Return the book as a desk that hears these events holds it."""
        return self.books.setdefault(instrument, Book())

    def of(self, kind: type[Kind], order: OrderId | None = None, after: int = 0) -> list[Kind]:
        """Return the events of a kind, of one order if it is named, heard since a mark."""
        return [
            each
            for each in self.events[after:]
            if isinstance(each, kind)
            and (order is None or getattr(each, "client_order_id", None) == order)
        ]

    def market(self, kind: type[Kind], instrument: InstrumentId, after: int = 0) -> list[Kind]:
        """Return the public news of a kind about one instrument, heard since a mark.

        What an adapter tells of a mirrored outcome beside is no harm.
        """
        found = self.of(kind, None, after)
        return [each for each in found if getattr(each, "instrument", None) == instrument]

    def fills(self, order: OrderId | None = None) -> list[Fill]:
        """Return the fills that were told by events, of one order if it is named."""
        told = (each.fill for each in self.of(ev.FillReceived))
        return [each for each in told if order is None or each.client_order_id == order]


class Bench:
    """One adapter at work. `world` raises AssertionError where there is no simulated exchange."""

    def __init__(
        self,
        claims: Claims,
        ground: Ground,
        clock: Clock,
        world: World | None = None,
        heard: Heard | None = None,
    ) -> None:
        self.claims = claims
        self.ground = ground
        self.clock = clock
        self.heard = heard or Heard()
        self.rules: dict[InstrumentId, Instrument] = {}
        self.stopped = ""
        self._world = world
        self._venue: Venue | None = None
        self._count = 0

    @property
    def venue(self) -> Venue:
        """Return the adapter under test."""
        assert self._venue is not None
        return self._venue

    @property
    def world(self) -> World:
        """Return the exchange behind the adapter."""
        assert self._world is not None, "this card needs a simulated exchange"
        return self._world

    def seat(self, venue: Venue, world: World | None = None) -> None:
        """Put an adapter on the bench; its sink is `heard.take`."""
        self._venue = venue
        self._world = world or self._world

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Bench"]:
        """Let the adapter work for as long as this lasts; that it stops fails the card."""
        async with asyncio.TaskGroup() as group:
            work = group.create_task(self._run(), name="adapter")
            try:
                for rules in await self.venue.discover():
                    self.rules[rules.id] = rules
                yield self
            finally:
                work.cancel()

    async def _run(self) -> None:
        try:
            await self.venue.run()
        except Exception as error:  # noqa: BLE001 - a task root: it is why a card fails, in words
            self.stopped = f"the adapter stopped: {type(error).__name__}: {error}"
        else:
            self.stopped = "the adapter stopped without a word"

    # --- time -----------------------------------------------------------------------------------

    async def until(self, so: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> None:
        """Wait until something is so; fails the card with "waited for WHAT" otherwise."""
        began_ns = self.clock.monotonic_ns()
        end_ns = began_ns + round(within_s * NANOS)
        while not so():
            expect(not self.stopped, self.stopped)
            expect(self.clock.monotonic_ns() < end_ns, f"waited {within_s:g} s for {what}")
            # A long wait may look less often: no promise of ours is finer than that.
            patient = self.clock.monotonic_ns() - began_ns > 10 * NANOS
            await asyncio.sleep(LOOK_S * 10 if patient else LOOK_S)

    async def calm(self, length_s: float = 1.0) -> None:
        """Let time pass, so that whatever is under way arrives."""
        await asyncio.sleep(length_s)

    def mark(self) -> int:
        """Return a mark, so that one can ask what was heard since."""
        return len(self.heard.events)

    async def hear(
        self,
        kind: type[Kind],
        order: OrderId | None = None,
        within_s: float = PATIENCE_S,
        after: int = 0,
    ) -> Kind:
        """Wait for an event of a kind, of one order if it is named, and return the first."""
        what = f"{kind.__name__}{f' of {order}' if order else ''}"
        await self.until(lambda: self.heard.of(kind, order, after), what, within_s)
        return self.heard.of(kind, order, after)[0]

    # --- asking ---------------------------------------------------------------------------------

    def new_id(self) -> OrderId:
        """Return a client order id that was never used."""
        self._count += 1
        salt = self.clock.now_ns().to_bytes(9, "big") + self._count.to_bytes(3, "big")
        return OrderId(base64.b32encode(salt).decode()[:20])

    def order(self, side: Side, px: Decimal | None, qty: Decimal | None = None, **more: Any) -> Any:
        """Return a new order on the first instrument; `more` are fields of PlaceOrder."""
        more.setdefault("instrument", self.ground.instrument)
        spec = PlaceOrder(
            account=self.ground.account,
            side=side,
            qty=self.ground.qty if qty is None else qty,
            px=px,
            **more,
        )
        now_ns = self.clock.now_ns()
        return SubmitOrder(self.new_id(), InstanceId("cards"), spec, now_ns, self._count)

    def not_after(self) -> int:
        """Return until when a request may leave, on the monotonic clock."""
        return self.clock.monotonic_ns() + SEND_LIMIT_NS

    def place(
        self, side: Side, px: Decimal | None, qty: Decimal | None = None, **more: Any
    ) -> Placed:
        """Prepare and submit a new order."""
        order = self.order(side, px, qty, **more)
        placed = Placed(order, self.venue.prepare(order))
        self.venue.submit([placed.prepared], self.not_after())
        return placed

    async def resting(
        self,
        side: Side = Side.BUY,
        px: Decimal | None = None,
        qty: Decimal | None = None,
        **more: Any,
    ) -> Placed:
        """Place an order that rests, far from the market unless told, and wait until it is on."""
        far = self.ground.far_bid if side is Side.BUY else self.ground.far_ask
        placed = self.place(side, far if px is None else px, qty, **more)
        await self.hear(ev.OrderAccepted, placed.id)
        return placed

    async def taken(self, side: Side = Side.BUY, qty: Decimal | None = None) -> Placed:
        """Take from the market at once, and wait until every fill has been told."""
        px = self.ground.ask if side is Side.BUY else self.ground.bid
        placed = self.place(side, px, qty, tif=TimeInForce.IOC, order_type=OrderType.LIMIT)
        await self.filled(placed, placed.order.spec.qty)
        return placed

    async def filled(self, placed: Placed, qty: Decimal) -> None:
        """Wait until the fills of an order that were told add up to a quantity."""
        await self.until(
            lambda: sum((f.qty for f in self.heard.fills(placed.id)), ZERO) >= qty,
            f"fills of {placed.id} for {qty}",
        )

    async def crowd(self, count: int) -> set[str]:
        """Let other hands place so many resting orders on our account; returns the venue's ids."""
        ground = self.ground
        places = ((ground.instrument, ground.far_bid), (ground.other, ground.other_bid))
        return {
            await self.world.stranger(name, Side.BUY, ground.qty, px)
            for name, px in (places[turn % 2] for turn in range(count))
        }

    def cancel(
        self, placed: Placed, not_after_ns: int | None = None, venue: Venue | None = None
    ) -> None:
        """Ask for a cancel, by all that is known of the order; of another adapter if named."""
        accepted = self.heard.of(ev.OrderAccepted, placed.id)
        known = accepted[0].venue_order_id if accepted else None
        request = CancelOrder(
            placed.id, self.ground.account, placed.instrument, known, self.clock.now_ns()
        )
        asked = venue or self.venue
        asked.cancel([request], self.not_after() if not_after_ns is None else not_after_ns)

    def amend(
        self, placed: Placed, qty: Decimal, px: Decimal | None, not_after_ns: int | None = None
    ) -> None:
        """Ask for other terms; `qty` is the total wanted."""
        accepted = self.heard.of(ev.OrderAccepted, placed.id)
        known = accepted[0].venue_order_id if accepted else None
        change = AmendOrder(
            placed.id, self.ground.account, placed.instrument, known, qty, px, self.clock.now_ns()
        )
        self.venue.amend(change, self.not_after() if not_after_ns is None else not_after_ns)

    def cancel_all(self, *, keep_protective: bool = False) -> None:
        """Ask for a cancel of everything."""
        request = CancelAll(self.ground.account, keep_protective, self.clock.now_ns())
        self.venue.cancel_all(request, self.not_after())

    async def read(self, ask: Iterable[OrderId] = (), cursor: str = "") -> ev.AccountReport:
        """Read the account now."""
        now_ns = self.clock.now_ns()
        question = ReadAccount(self.ground.account, tuple(ask), now_ns, now_ns, cursor)
        return await self.venue.read(question)

    def watch(self, *feeds: str, instruments: Iterable[InstrumentId] = ()) -> None:
        """Listen to feeds of the first instrument, or of those that are named."""
        names = tuple(instruments) or (self.ground.instrument,)
        self.venue.watch([Wanted(name, frozenset(feeds)) for name in names])

    # --- looking --------------------------------------------------------------------------------

    def true(self, placed: Placed) -> KnownOrder | None:
        """Return an order as the exchange knows it, None where it does not."""
        wire_id = placed.prepared.wire_id
        return next((each for each in self.world.orders() if each.client_id == wire_id), None)

    def truly(self, placed: Placed) -> KnownOrder:
        """Return an order as the exchange knows it; fails the card where it does not."""
        found = self.true(placed)
        assert found is not None, f"the exchange does not know {placed.id}"
        return found

    def open_orders(self) -> list[KnownOrder]:
        """Return the orders of the account that are open at the exchange."""
        return [each for each in self.world.orders() if each.open]

    async def answered(self, placed: Placed) -> None:
        """Wait until something definite or NoAnswer was told of a new order."""
        kinds = (*ENDS, ev.OrderAccepted, ev.NoAnswer)
        await self.until(
            lambda: any(self.heard.of(kind, placed.id) for kind in kinds),
            f"an answer to {placed.id}",
        )

    async def ended(self, placed: Placed) -> ev.OrderEvent:
        """Wait for the end of an order without a complete fill, and return how it came."""
        await self.until(
            lambda: any(self.heard.of(kind, placed.id) for kind in ENDS), f"an end of {placed.id}"
        )
        found = [each for kind in ENDS for each in self.heard.of(kind, placed.id)]
        assert isinstance(found[0], ev.OrderEvent)
        return found[0]

    def endings(self, placed: Placed) -> int:
        """Return how often an end of an order was told."""
        return sum(len(self.heard.of(kind, placed.id)) for kind in ENDS)

    def check_fills(self) -> None:
        """See that every execution was told once, with its key and exact numbers, and no other."""
        told = self.heard.fills()
        keys = [each.key for each in told]
        expect(len(set(keys)) == len(keys), f"a fill was told twice, of {keys}")
        true = self.world.fills()
        expect(
            len(told) == len(true), f"told {len(told)} fills of {len(true)} that the exchange has"
        )
        for one in true:
            check_fill(next((f for f in told if one.key in f.key), None), one)

    @property
    def book(self) -> Book:
        """Return the first instrument's book as a desk holds it."""
        return self.heard.book(self.ground.instrument)

    async def live(self, instrument: InstrumentId | None = None, after: int = 0) -> None:
        """Wait until the book of an instrument has been verified (again)."""
        name = instrument or self.ground.instrument
        await self.until(
            lambda: (
                any(
                    isinstance(each, ev.BookSnapshot) and each.instrument == name
                    for each in self.heard.events[after:]
                )
                and self.heard.book(name).trust == "trusted"
            ),
            f"a trusted book of {name}",
        )


def check_fill(fill: Fill | None, true: Any) -> None:
    """See that a fill says what the exchange knows of the execution, to the last digit."""
    assert fill is not None, f"the execution {true.key} was never told"
    for name in ("qty", "px", "fee"):
        ours, theirs = getattr(fill, name), getattr(true, name)
        expect(type(ours) is Decimal, f"{name} of the fill {fill.key} is no Decimal")
        expect(ours == theirs, f"the fill {fill.key} says {name} {ours}, the exchange {theirs}")
    expect(fill.fee_currency, f"the fill {fill.key} does not say in what its fee was paid")
    expect(
        fill.venue_order_id == VenueOrderId(true.order_id),
        f"the fill {fill.key} names the order {fill.venue_order_id}, the exchange {true.order_id}",
    )


@asynccontextmanager
async def running(venue: Venue, failed: list[VenueError | ConfigError]) -> AsyncIterator[None]:
    """Let another adapter work for as long as this lasts; its own errors go to `failed`."""

    async def run() -> None:
        try:
            await venue.run()
        except (VenueError, ConfigError) as error:
            failed.append(error)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(run(), name="another adapter")
        try:
            yield
        finally:
            task.cancel()

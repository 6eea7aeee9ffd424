"""Adapters that are broken on purpose: each breaks a promise, and names the cards that tell.

A saboteur stands between the port and a real adapter (`wrap`), or between the adapter and its
sink (`deafen`).
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tests.conformance.memory import Ear
from tests.conformance.playing import Deafen, Wrap
from tradewind.model import events as ev
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.errors import AuthFailed, ConfigError, VenueError
from tradewind.model.events import AccountReport, Candle, Event
from tradewind.model.ids import NET, FillKey, InstrumentId, OrderId, VenueOrderId
from tradewind.model.instrument import Instrument
from tradewind.model.market import CandleStatus, Trading
from tradewind.model.money import NANOS
from tradewind.model.order import Liquidity, OrderStatus, OrderType, Side, TimeInForce
from tradewind.ports import Prepared, Venue, Wanted

replace = msgspec.structs.replace
D = Decimal


class Proxy:
    """Passes everything on; a saboteur overrides what it breaks."""

    def __init__(self, inner: Venue) -> None:
        self.inner = inner

    async def discover(self) -> list[Instrument]:
        return await self.inner.discover()

    async def candles(
        self, instrument: InstrumentId, interval: str, start_ns: int, end_ns: int
    ) -> list[Candle]:
        return await self.inner.candles(instrument, interval, start_ns, end_ns)

    def watch(self, wanted: Sequence[Wanted]) -> None:
        self.inner.watch(wanted)

    def prepare(self, order: SubmitOrder) -> Prepared:
        return self.inner.prepare(order)

    def submit(self, prepared: Prepared, not_after_ns: int) -> None:
        self.inner.submit(prepared, not_after_ns)

    def amend(self, change: AmendOrder, not_after_ns: int) -> None:
        self.inner.amend(change, not_after_ns)

    def cancel(self, request: CancelOrder, not_after_ns: int) -> None:
        self.inner.cancel(request, not_after_ns)

    def cancel_all(self, request: CancelAll, not_after_ns: int) -> None:
        self.inner.cancel_all(request, not_after_ns)

    async def read(self, question: ReadAccount) -> AccountReport:
        return await self.inner.read(question)

    async def run(self) -> None:
        await self.inner.run()


# --- orders that leave -------------------------------------------------------------------------


class Resends(Proxy):
    """Sends every order twice."""

    def submit(self, prepared: Prepared, not_after_ns: int) -> None:
        self.inner.submit(prepared, not_after_ns)
        self.inner.submit(prepared, not_after_ns)


class Dawdles(Proxy):
    """Takes every deadline for a wish."""

    def submit(self, prepared: Prepared, not_after_ns: int) -> None:
        self.inner.submit(prepared, not_after_ns + 10 * NANOS)

    def cancel(self, request: CancelOrder, not_after_ns: int) -> None:
        self.inner.cancel(request, not_after_ns + 10 * NANOS)


class WrongDigest(Proxy):
    """Journals the digest of something else."""

    def prepare(self, order: SubmitOrder) -> Prepared:
        return replace(self.inner.prepare(order), digest="0" * 64)


class WrongWireId(Proxy):
    """Says another wire id than it sends."""

    def prepare(self, order: SubmitOrder) -> Prepared:
        return replace(self.inner.prepare(order), wire_id="SOMETHINGELSE")


class Obliging(Proxy):
    """Makes a limit of whatever it cannot express."""

    def prepare(self, order: SubmitOrder) -> Prepared:
        try:
            return self.inner.prepare(order)
        except ConfigError:
            return Prepared(order.client_order_id, "limit", "0" * 64, b"")


def terms(**changes: Any) -> Wrap:
    """Return a wrap that changes the terms of every order on its way out."""

    class Changed(Proxy):
        def prepare(self, order: SubmitOrder) -> Prepared:
            changed = {
                name: value(order.spec) if callable(value) else value
                for name, value in changes.items()
            }
            return self.inner.prepare(replace(order, spec=replace(order.spec, **changed)))

    return Changed


class CancelsAnother(Proxy):
    """Cancels everything when asked for one order."""

    def cancel(self, request: CancelOrder, not_after_ns: int) -> None:
        self.inner.cancel_all(CancelAll(request.account, False, request.ts), not_after_ns)


class Forgets(Proxy):
    """Takes cancels and amendments, and does nothing."""

    def cancel(self, request: CancelOrder, not_after_ns: int) -> None:
        pass

    def amend(self, change: AmendOrder, not_after_ns: int) -> None:
        pass

    def cancel_all(self, request: CancelAll, not_after_ns: int) -> None:
        pass


class AmendsLeaves(Proxy):
    """Takes the quantity of an amendment for what is left."""

    def amend(self, change: AmendOrder, not_after_ns: int) -> None:
        self.inner.amend(replace(change, qty=change.qty * 2), not_after_ns)


class SweepsAll(Proxy):
    """Sweeps protection too."""

    def cancel_all(self, request: CancelAll, not_after_ns: int) -> None:
        self.inner.cancel_all(replace(request, keep_protective=False), not_after_ns)


# --- readings ----------------------------------------------------------------------------------


def reading(change: Callable[[AccountReport], AccountReport]) -> Wrap:
    """Return a wrap that changes every reading."""

    class Changed(Proxy):
        async def read(self, question: ReadAccount) -> AccountReport:
            return change(await self.inner.read(question))

    return Changed


class ReadsInPart(Proxy):
    """Calls a reading whole that failed."""

    async def read(self, question: ReadAccount) -> AccountReport:
        try:
            return await self.inner.read(question)
        except VenueError:
            return AccountReport(question.account, question.ts, question.ts, (), (), (), {})


class ReadsNow(Proxy):
    """Reads executions from the cursor's moment on, without looking back."""

    async def read(self, question: ReadAccount) -> AccountReport:
        report = await self.inner.read(question)
        return replace(report, fills=report.fills[-1:] if question.cursor else report.fills)


class KeysAnew(Proxy):
    """Makes up the keys of fills: each adapter its own."""

    async def read(self, question: ReadAccount) -> AccountReport:
        report = await self.inner.read(question)
        own = id(self)
        changed = [replace(each, key=FillKey(f"{own}-{each.key}")) for each in report.fills]
        return replace(report, fills=tuple(changed))


class AsksNobody(Proxy):
    """Says that it looked up what it did not."""

    async def read(self, question: ReadAccount) -> AccountReport:
        report = await self.inner.read(replace(question, ask=()))
        return replace(report, asked=question.ask)


class ShowsKeys(Proxy):
    """Tells in an error what it signed with."""

    async def read(self, question: ReadAccount) -> AccountReport:
        try:
            return await self.inner.read(question)
        except VenueError as error:
            secret = "CANARYKEY00000000A canary-id-ours"
            raise AuthFailed(f"read the account with {secret}", venue="", endpoint="all") from error


def _orders(**changes: Any) -> Wrap:
    return reading(
        lambda report: replace(
            report,
            orders=tuple(
                replace(each, **{name: value(each) for name, value in changes.items()})
                for each in report.orders
            ),
        )
    )


# --- what is there -----------------------------------------------------------------------------


def listing(change: Callable[[list[Instrument]], list[Instrument]]) -> Wrap:
    """Return a wrap that changes every discovery."""

    class Changed(Proxy):
        async def discover(self) -> list[Instrument]:
            return change(await self.inner.discover())

    return Changed


def history(change: Callable[[list[Candle]], list[Candle]]) -> Wrap:
    """Return a wrap that changes every history."""

    class Changed(Proxy):
        async def candles(
            self, instrument: InstrumentId, interval: str, start_ns: int, end_ns: int
        ) -> list[Candle]:
            return change(await self.inner.candles(instrument, interval, start_ns, end_ns))

    return Changed


class OnePage(Proxy):
    """Asks for one page of history."""

    async def candles(
        self, instrument: InstrumentId, interval: str, start_ns: int, end_ns: int
    ) -> list[Candle]:
        return (await self.inner.candles(instrument, interval, start_ns, end_ns))[:20]


class NewRules(Proxy):
    """Calls the same rules new ones at every look."""

    looks = 0

    async def discover(self) -> list[Instrument]:
        self.looks += 1
        return [replace(each, version=self.looks) for each in await self.inner.discover()]


class OpenCandle(Proxy):
    """Takes the candle under way for history."""

    async def candles(
        self, instrument: InstrumentId, interval: str, start_ns: int, end_ns: int
    ) -> list[Candle]:
        rows = await self.inner.candles(instrument, interval, start_ns, end_ns)
        return [*rows, replace(rows[-1], ts_event=end_ns)] if rows else rows


class NeverForgets(Proxy):
    """Goes on listening to what is not watched any more."""

    def __init__(self, inner: Venue) -> None:
        super().__init__(inner)
        self.all: dict[InstrumentId, Wanted] = {}

    def watch(self, wanted: Sequence[Wanted]) -> None:
        self.all |= {each.instrument: each for each in wanted}
        self.inner.watch(list(self.all.values()))


class OneFeed(Proxy):
    """Watches the last instrument alone."""

    def watch(self, wanted: Sequence[Wanted]) -> None:
        self.inner.watch(list(wanted)[-1:])


# --- what is told ------------------------------------------------------------------------------


def drops(*kinds: type[Any], **fields: object) -> Deafen:
    """Return what lets events of some kinds, with these values, never arrive."""

    def deafen(ear: Ear) -> Ear:
        def hear(event: Event) -> None:
            struck = isinstance(event, kinds) and all(
                getattr(event, name) == value for name, value in fields.items()
            )
            if not struck:
                ear(event)

        return hear

    return deafen


def twice(kind: type[Any], change: Callable[[Any], Any] = lambda event: event) -> Deafen:
    """Return what tells every event of a kind again, maybe otherwise."""

    def deafen(ear: Ear) -> Ear:
        def hear(event: Event) -> None:
            ear(event)
            if isinstance(event, kind):
                ear(change(event))

        return hear

    return deafen


def changes(kind: type[Any] | tuple[type[Any], ...], change: Callable[[Any], Any]) -> Deafen:
    """Return what changes every event of a kind."""

    def deafen(ear: Ear) -> Ear:
        return lambda event: ear(change(event) if isinstance(event, kind) else event)

    return deafen


def fills(**values: Callable[[Any], Any]) -> Deafen:
    """Return what changes every fill."""

    def change(event: ev.FillReceived) -> ev.FillReceived:
        changed = {name: value(event.fill) for name, value in values.items()}
        return replace(event, fill=replace(event.fill, **changed))

    return changes(ev.FillReceived, change)


def hides_gaps(ear: Ear) -> Ear:
    """Never let a feed be told as lost, nor a second snapshot pass."""
    seen: set[InstrumentId] = set()

    def hear(event: Event) -> None:
        if isinstance(event, ev.FeedChanged) and not event.live:
            return
        if isinstance(event, ev.BookSnapshot):
            if event.instrument in seen:
                return
            seen.add(event.instrument)
        ear(event)

    return hear


def guesses(ear: Ear) -> Ear:
    """Take every request without an answer for one that was refused."""

    def hear(event: Event) -> None:
        if isinstance(event, ev.NoAnswer) and event.request is ev.Request.SUBMIT:
            head = (event.account, event.ts_event, event.ts_recv, event.client_order_id)
            ear(ev.OrderRejected(*head, "no answer"))
        else:
            ear(event)

    return hear


def hopes(ear: Ear) -> Ear:
    """Take every order that was not sent for one without an answer."""

    def hear(event: Event) -> None:
        if isinstance(event, ev.NotSent):
            head = (event.account, event.ts_event, event.ts_recv, event.client_order_id)
            ear(ev.NoAnswer(*head, event.request))
        else:
            ear(event)

    return hear


def takes_cancels_for_granted(ear: Ear) -> Ear:
    """Take every refused cancel for an order that is gone."""

    def hear(event: Event) -> None:
        if isinstance(event, ev.CancelRejected | ev.AmendRejected) or (
            isinstance(event, ev.NotSent) and event.request is not ev.Request.SUBMIT
        ):
            head = (event.account, event.ts_event, event.ts_recv, event.client_order_id)
            ear(ev.OrderCancelled(*head))
        ear(event)

    return hear


def mixes(ear: Ear) -> Ear:
    """Let every change of a book be one of the first instrument's book."""
    first: list[InstrumentId] = []

    def hear(event: Event) -> None:
        if isinstance(event, ev.BookSnapshot | ev.BookDelta | ev.Trade):
            first.append(event.instrument)
            event = replace(event, instrument=first[0])
        ear(event)

    return hear


def backwards(ear: Ear) -> Ear:
    """Tell OrderSent only when the order has been accepted."""
    held: list[Event] = []

    def hear(event: Event) -> None:
        if isinstance(event, ev.OrderSent):
            held.append(event)
            return
        ear(event)
        while held:
            ear(held.pop())

    return hear


class Saboteur(msgspec.Struct, frozen=True, kw_only=True):
    """A broken adapter, and the cards that must find it out at every venue that plays them."""

    name: str
    cards: str
    wrap: Wrap | None = None
    deafen: Deafen | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the numbers of the cards."""
        return tuple(self.cards.split())


def _gone(event: ev.OrderAccepted) -> ev.OrderAccepted:
    return replace(event, venue_order_id=VenueOrderId("somewhere"))


def _ended(event: ev.OrderAccepted) -> ev.OrderCancelled:
    head = (event.account, event.ts_event, event.ts_recv, event.client_order_id)
    return ev.OrderCancelled(*head)


def _haunted(report: AccountReport) -> AccountReport:
    ghost = ev.ReportedOrder(
        VenueOrderId("ghost"),
        None,
        InstrumentId("NOWHERE:GHOST"),
        Side.BUY,
        D(1),
        D(1),
        D(0),
        OrderStatus.NEW,
        report.ts_event,
    )
    return replace(report, orders=(*report.orders, ghost))


SABOTEURS = (
    # Orders on their way out.
    Saboteur(name="resends", wrap=Resends, cards="O04 O05 O50 O52 O53"),
    Saboteur(name="dawdles", wrap=Dawdles, cards="O57 O58"),
    Saboteur(name="journals another digest", wrap=WrongDigest, cards="O05"),
    Saboteur(name="says another wire id", wrap=WrongWireId, cards="O04 O06 O106"),
    Saboteur(name="makes a limit of what it cannot express", wrap=Obliging, cards="O19"),
    Saboteur(
        name="lets everything rest",
        wrap=terms(tif=TimeInForce.GTC, order_type=OrderType.LIMIT, ttl_ns=0),
        cards="O07 O09 O11 O18",
    ),
    Saboteur(name="forgets post-only", wrap=terms(post_only=False), cards="O13"),
    Saboteur(name="forgets reduce-only", wrap=terms(reduce_only=False), cards="O14 O15 O97"),
    Saboteur(
        name="makes everything post-only",
        wrap=terms(post_only=True, tif=TimeInForce.GTC),
        cards="O10 O84",
    ),
    Saboteur(
        name="turns the side",
        wrap=terms(side=lambda spec: spec.side.opposite),
        cards="O01 O82",
    ),
    Saboteur(
        name="rounds off prices to the grid",
        wrap=terms(
            px=lambda spec: (
                spec.px
                if spec.px is None
                else spec.px.quantize(D("0.01"), "ROUND_DOWN")
                if spec.px < 1
                else spec.px.quantize(D("1"))
            )
        ),
        cards="O28 O34",
    ),
    Saboteur(
        name="rounds quantities into the limits",
        wrap=terms(qty=lambda spec: min(max(spec.qty, D("0.01")), D(1))),
        cards="O29 O30 O31",
    ),
    Saboteur(name="cancels another", wrap=CancelsAnother, cards="O37 O38 O39"),
    Saboteur(
        name="forgets cancels",
        wrap=Forgets,
        cards="O35 O40 O43 O46 O49 O55 O56 O60 O70 O94 O95 O96 O99",
    ),
    Saboteur(name="takes totals for what is left", wrap=AmendsLeaves, cards="O44 O45 O47"),
    Saboteur(name="sweeps protection", wrap=SweepsAll, cards="O97"),
    # Readings.
    Saboteur(
        name="calls a failed reading whole", wrap=ReadsInPart, cards="O88 O89 O90 O91 O92 O102 O103"
    ),
    Saboteur(name="reads no fills behind its cursor", wrap=ReadsNow, cards="O83"),
    Saboteur(name="asks nobody", wrap=AsksNobody, cards="O81 O93"),
    Saboteur(
        name="reads one page",
        wrap=reading(lambda report: replace(report, orders=report.orders[:20])),
        cards="O80",
    ),
    Saboteur(
        name="lists no open orders",
        wrap=reading(lambda report: replace(report, orders=())),
        cards="O16 O33 O54 O80 O86",
    ),
    Saboteur(
        name="reads no cursor", wrap=reading(lambda report: replace(report, cursor="")), cards="O79"
    ),
    Saboteur(
        name="turns positions",
        wrap=reading(
            lambda report: replace(
                report,
                positions=tuple(replace(each, qty=-each.qty) for each in report.positions),
            )
        ),
        cards="O84",
    ),
    Saboteur(
        name="reads balances as floats",
        wrap=reading(
            lambda report: replace(
                report,
                balances={name: D(round(float(cash))) for name, cash in report.balances.items()},
            )
        ),
        cards="O85",
    ),
    Saboteur(
        name="takes strangers for ours",
        wrap=reading(
            lambda report: replace(
                report,
                orders=tuple(
                    replace(each, client_order_id=each.client_order_id or OrderId("X" * 20))
                    for each in report.orders
                ),
                fills=tuple(
                    replace(each, client_order_id=each.client_order_id or OrderId("X" * 20))
                    for each in report.fills
                ),
            )
        ),
        cards="O86 O87",
    ),
    Saboteur(
        name="reads fills of another shape",
        wrap=reading(
            lambda report: replace(
                report,
                fills=tuple(
                    replace(each, key=FillKey(f"rest-{each.key}"), fee=D(0))
                    for each in report.fills
                ),
            )
        ),
        cards="O26",
    ),
    Saboteur(
        name="lists ended orders as open",
        wrap=_orders(status=lambda each: OrderStatus.NEW),
        cards="O81",
    ),
    Saboteur(name="shows keys", wrap=ShowsKeys, cards="O103"),
    # What there is.
    Saboteur(name="lists twice", wrap=listing(lambda rows: rows * 2), cards="D01"),
    Saboteur(
        name="lists no step",
        wrap=listing(lambda rows: [replace(each, qty_step=D(0)) for each in rows]),
        cards="D01",
    ),
    Saboteur(name="calls old rules new", wrap=NewRules, cards="D02"),
    Saboteur(
        name="loses the mirror",
        wrap=listing(lambda rows: [replace(each, mirror=None) for each in rows]),
        cards="D03",
    ),
    Saboteur(
        name="has holes in its history", wrap=history(lambda rows: rows[::2]), cards="D04 D06"
    ),
    Saboteur(
        name="tells history backwards", wrap=history(lambda rows: rows[::-1]), cards="D04 D06"
    ),
    Saboteur(name="takes the open candle for history", wrap=OpenCandle, cards="D05"),
    Saboteur(name="reads one page of history", wrap=OnePage, cards="D06"),
    Saboteur(name="goes on listening", wrap=NeverForgets, cards="D21"),
    Saboteur(name="watches the last alone", wrap=OneFeed, cards="D20 D22 D23"),
    Saboteur(name="finds nothing", wrap=listing(lambda rows: []), cards="D01 D34"),
    # Orders as they are told.
    Saboteur(name="tells acceptances twice", deafen=twice(ev.OrderAccepted), cards="O02"),
    Saboteur(name="tells another venue id", deafen=changes(ev.OrderAccepted, _gone), cards="O01"),
    Saboteur(
        name="takes acceptances for ends",
        deafen=twice(ev.OrderAccepted, _ended),
        cards="O02 O23 O33 O45",
    ),
    Saboteur(name="tells OrderSent late", deafen=backwards, cards="O03"),
    Saboteur(name="tells no OrderSent", deafen=drops(ev.OrderSent), cards="O03"),
    Saboteur(
        name="loses ends",
        deafen=drops(ev.OrderCancelled, ev.OrderExpired),
        cards="O08 O18 O37 O106",
    ),
    Saboteur(name="tells ends twice", deafen=twice(ev.OrderCancelled), cards="O43 O72 O73 O74"),
    Saboteur(
        name="tells wrong totals",
        deafen=changes(ev.OrderCancelled, lambda event: replace(event, filled_qty=D("7.77"))),
        cards="O36 O41",
    ),
    Saboteur(
        name="loses refusals", deafen=drops(ev.OrderRejected), cards="O28 O29 O30 O31 O32 O34 O62"
    ),
    Saboteur(
        name="gives no reasons",
        deafen=changes(
            (ev.OrderRejected, ev.AmendRejected, ev.SessionChanged),
            lambda event: replace(event, reason=""),
        ),
        cards="O48 O68",
    ),
    Saboteur(
        name="takes refused cancels for ends",
        deafen=takes_cancels_for_granted,
        cards="O38 O39 O40 O42 O48 O49",
    ),
    Saboteur(
        name="takes amendments for granted",
        deafen=changes(
            ev.AmendRejected,
            lambda event: ev.OrderAmended(
                event.account, event.ts_event, event.ts_recv, event.client_order_id, D(1), None
            ),
        ),
        cards="O48",
    ),
    Saboteur(name="loses amendments", deafen=drops(ev.OrderAmended), cards="O44 O46 O47"),
    Saboteur(name="guesses", deafen=guesses, cards="O50 O51 O52 O53 O54"),
    Saboteur(name="hopes", deafen=hopes, cards="O57 O58 O59 O60"),
    Saboteur(name="never says that it does not know", deafen=drops(ev.NoAnswer), cards="O51"),
    Saboteur(name="never says that it did not send", deafen=drops(ev.NotSent), cards="O57 O59 O60"),
    Saboteur(name="counts nothing", deafen=drops(ev.RequestsCounted), cards="O51 O64 O65"),
    Saboteur(name="sees no triggers", deafen=drops(ev.OrderTriggered), cards="O17"),
    Saboteur(
        name="claims too much",
        deafen=changes(
            ev.OrderClaimed, lambda event: replace(event, cumulative_qty=event.cumulative_qty * 2)
        ),
        cards="O27",
    ),
    Saboteur(name="locks nothing", deafen=drops(ev.Locked), cards="O107"),
    # Fills as they are told.
    Saboteur(
        name="loses fills",
        deafen=drops(ev.FillReceived),
        cards="O17 O21 O23 O24 O42",
    ),
    Saboteur(name="tells fills twice", deafen=twice(ev.FillReceived), cards="O22 O36 O41"),
    Saboteur(
        name="tells fills again under another key",
        deafen=twice(
            ev.FillReceived,
            lambda event: replace(
                event, fill=replace(event.fill, key=FillKey(f"{event.fill.key}'"))
            ),
        ),
        cards="O22 O72 O73 O74",
    ),
    Saboteur(
        name="counts fees as floats",
        deafen=fills(fee=lambda fill: D(float(fill.fee) * 1.1)),
        cards="O22",
    ),
    Saboteur(name="counts no fees", deafen=fills(fee=lambda fill: D(0)), cards="O26"),
    Saboteur(
        name="takes makers for takers",
        deafen=fills(liquidity=lambda fill: Liquidity.TAKER),
        cards="O24",
    ),
    Saboteur(
        name="turns fills", deafen=fills(side=lambda fill: fill.side.opposite), cards="O25 O26"
    ),
    Saboteur(
        name="loses the mirror of fills",
        deafen=fills(px=lambda fill: 1 - fill.px if fill.px < 1 else fill.px),
        cards="O21",
    ),
    Saboteur(
        name="loses whose fill it was",
        deafen=fills(client_order_id=lambda fill: None),
        cards="O25",
    ),
    # The session.
    Saboteur(
        name="never loses its session",
        deafen=drops(ev.SessionChanged, live=False),
        cards="O68 O69 O70 O71 O75 O76",
    ),
    Saboteur(
        name="tells payments twice",
        deafen=twice(ev.FundingPaid, lambda event: replace(event, key=FillKey("again"))),
        cards="O77",
    ),
    Saboteur(name="takes payments for fills", deafen=drops(ev.FundingPaid), cards="O77"),
    Saboteur(name="pays nothing out", deafen=drops(ev.SettlementReported), cards="O78"),
    Saboteur(name="pays out twice", deafen=twice(ev.SettlementReported), cards="O78"),
    Saboteur(
        name="stamps the future",
        deafen=changes(
            (ev.FillReceived, ev.BookSnapshot),
            lambda event: replace(event, ts_recv=event.ts_recv + 60 * NANOS),
        ),
        cards="O104",
    ),
    # Books and feeds.
    Saboteur(name="hides gaps", deafen=hides_gaps, cards="D11 D12 D13 D14 D15 D17 D18 D23"),
    Saboteur(name="loses changes", deafen=drops(ev.BookDelta), cards="D09 D10 D16 D20 D22 D24"),
    Saboteur(
        name="shifts prices",
        deafen=changes(
            ev.BookSnapshot,
            lambda event: replace(
                event, bids=tuple((px * D("0.99999"), qty) for px, qty in event.bids)
            ),
        ),
        cards="D07 D08",
    ),
    Saboteur(name="mixes books", deafen=mixes, cards="D21 D22 D24"),
    Saboteur(name="has no heartbeat", deafen=drops(ev.FeedChanged, live=True), cards="D17 D19"),
    Saboteur(
        name="turns trades",
        deafen=changes(ev.Trade, lambda event: replace(event, side=event.side.opposite)),
        cards="D25",
    ),
    Saboteur(name="tells trades twice", deafen=twice(ev.Trade), cards="D25"),
    Saboteur(name="loses trades", deafen=drops(ev.Trade), cards="D23 D25"),
    Saboteur(
        name="stands still",
        deafen=changes(ev.Quote, lambda event: replace(event, bid=event.bid - event.bid / 10)),
        cards="D26",
    ),
    Saboteur(name="closes candles twice", deafen=twice(ev.Candle), cards="D27"),
    Saboteur(name="closes no candle", deafen=drops(ev.Candle), cards="D27 D28"),
    Saboteur(
        name="has closed candles alone",
        deafen=drops(ev.Candle, status=CandleStatus.PROVISIONAL),
        cards="D28",
    ),
    Saboteur(name="tells no rate", deafen=drops(ev.FundingRate), cards="D29"),
    Saboteur(
        name="says that all is open",
        deafen=changes(ev.TradingChanged, lambda event: replace(event, trading=Trading.OPEN)),
        cards="D30",
    ),
    Saboteur(
        name="does not say what is permitted", deafen=drops(ev.TradingChanged), cards="D30 D31"
    ),
    Saboteur(name="never verifies", deafen=drops(ev.FeedChanged), cards="D32"),
    Saboteur(
        name="tells news out of order",
        deafen=changes(
            (ev.BookDelta, ev.FeedChanged),
            lambda event: replace(event, ts_recv=event.ts_recv - 5 * NANOS),
        ),
        cards="D33",
    ),
    Saboteur(name="never rests", wrap=terms(tif=TimeInForce.IOC, post_only=False), cards="O12"),
    Saboteur(
        name="loses acceptances", deafen=drops(ev.OrderAccepted), cards="O61 O63 O66 O100 O101"
    ),
    Saboteur(name="never tells of its session", deafen=drops(ev.SessionChanged), cards="O67"),
    Saboteur(name="reads ghosts", wrap=reading(_haunted), cards="O98"),
    Saboteur(
        name="knows no buckets",
        wrap=terms(side=lambda spec: spec.side),
        deafen=fills(bucket=lambda fill: NET),
        cards="O20",
    ),
    Saboteur(name="makes up keys", wrap=KeysAnew, cards="O105"),
)

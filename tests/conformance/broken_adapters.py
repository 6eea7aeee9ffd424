"""Adapters that break a promise on purpose: each stands between the port and a real one."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tests.conformance.playing import Wrap
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.errors import AuthFailed, ConfigError, VenueError
from tradewind.model.events import AccountReport, Candle
from tradewind.model.ids import FillKey, InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.money import NANOS
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

    def submit(self, orders: Sequence[Prepared], not_after_ns: int) -> None:
        self.inner.submit(orders, not_after_ns)

    def amend(self, change: AmendOrder, not_after_ns: int) -> None:
        self.inner.amend(change, not_after_ns)

    def cancel(self, requests: Sequence[CancelOrder], not_after_ns: int) -> None:
        self.inner.cancel(requests, not_after_ns)

    def cancel_all(self, request: CancelAll, not_after_ns: int) -> None:
        self.inner.cancel_all(request, not_after_ns)

    async def read(self, question: ReadAccount) -> AccountReport:
        return await self.inner.read(question)

    async def run(self) -> None:
        await self.inner.run()


# --- orders that leave -------------------------------------------------------------------------


class Resends(Proxy):
    """Sends every order twice."""

    def submit(self, orders: Sequence[Prepared], not_after_ns: int) -> None:
        self.inner.submit(orders, not_after_ns)
        self.inner.submit(orders, not_after_ns)


class SendsTheFirst(Proxy):
    """Lets the first of what leaves together leave, and forgets the others."""

    def submit(self, orders: Sequence[Prepared], not_after_ns: int) -> None:
        self.inner.submit(orders[:1], not_after_ns)

    def cancel(self, requests: Sequence[CancelOrder], not_after_ns: int) -> None:
        self.inner.cancel(requests[:1], not_after_ns)


class OneByOne(Proxy):
    """Lets each of what leaves together leave by itself."""

    def submit(self, orders: Sequence[Prepared], not_after_ns: int) -> None:
        for each in orders:
            self.inner.submit([each], not_after_ns)


class Dawdles(Proxy):
    """Takes every deadline for a wish."""

    def submit(self, orders: Sequence[Prepared], not_after_ns: int) -> None:
        self.inner.submit(orders, not_after_ns + 10 * NANOS)

    def cancel(self, requests: Sequence[CancelOrder], not_after_ns: int) -> None:
        self.inner.cancel(requests, not_after_ns + 10 * NANOS)


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

    def cancel(self, requests: Sequence[CancelOrder], not_after_ns: int) -> None:
        for each in requests:
            self.inner.cancel_all(CancelAll(each.account, False, each.ts), not_after_ns)


class Forgets(Proxy):
    """Takes cancels and amendments, and does nothing."""

    def cancel(self, requests: Sequence[CancelOrder], not_after_ns: int) -> None:
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


def orders_read(**changes: Any) -> Wrap:
    """Return a wrap that changes every order of a reading."""
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


class TrustsKeys(Proxy):
    """Takes any key."""

    async def discover(self) -> list[Instrument]:
        try:
            return await self.inner.discover()
        except ConfigError:
            return []


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

"""A paper account on live data: the public side of a real venue, orders matched in this process."""

import asyncio
from collections.abc import Callable, Sequence

from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.errors import OutcomeUnknown
from tradewind.model.events import (
    AccountEvent,
    AccountReport,
    Candle,
    Event,
    InstrumentDefined,
    Locked,
    MarketEvent,
    NotSent,
    OrderSent,
    Request,
)
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.money import NANOS
from tradewind.ports import Clock, Prepared, Venue, Wanted
from tradewind.runtime.drive import SimulatedVenues


class PaperAccount:
    """Implements `Venue`: news comes from `public`, answers from `book` when they are due.

    `public` must have been made with `hear` as its sink. The matching venue sees each market
    event before the desk does, as in every other loop.
    """

    def __init__(self, book: SimulatedVenues, clock: Clock, sink: Callable[[Event], None]) -> None:
        self._book = book
        self._clock = clock
        self._sink = sink
        self._public: Venue | None = None
        self._alarm: tuple[int, asyncio.TimerHandle] | None = None

    def stand_on(self, public: Venue) -> None:
        """Take the adapter whose public side this account listens to."""
        self._public = public

    def hear(self, event: Event) -> None:
        """Take an event of the public side; what the real account does is not ours."""
        if isinstance(event, AccountEvent | Locked):
            return
        self._answer()
        if isinstance(event, MarketEvent):
            self._book.on_market(event)
        elif isinstance(event, InstrumentDefined):
            self._book.define(event.instrument, event.ts_recv)
        self._answer()
        self._sink(event)
        self._set_alarm()

    @property
    def public(self) -> Venue:
        """Return the adapter below."""
        assert self._public is not None, "stand_on comes first"
        return self._public

    async def discover(self) -> list[Instrument]:
        """Return the instruments of the real venue, and let the matching one know them."""
        found = await self.public.discover()
        for rules in found:
            self._book.define(rules, self._clock.now_ns())
        return found

    async def candles(
        self, instrument: InstrumentId, interval: str, start_ns: int, end_ns: int
    ) -> list[Candle]:
        """Return the real venue's candles."""
        return await self.public.candles(instrument, interval, start_ns, end_ns)

    def watch(self, wanted: Sequence[Wanted]) -> None:
        """Listen to the real venue."""
        self.public.watch(wanted)

    def prepare(self, order: SubmitOrder) -> Prepared:
        """Keep the order as it is: nothing is signed."""
        return Prepared(order.client_order_id, order.client_order_id, "", order)

    def submit(self, orders: Sequence[Prepared], not_after_ns: int) -> None:
        """Hand new orders to the matching venue, one after the other."""
        for each in orders:
            self._submit(each.payload, not_after_ns)
        self._set_alarm()

    def _submit(self, order: SubmitOrder, not_after_ns: int) -> None:
        now_ns = self._clock.now_ns()
        account = order.spec.account
        if self._clock.monotonic_ns() > not_after_ns:
            late = NotSent(account, now_ns, now_ns, order.client_order_id, Request.SUBMIT, "late")
            self._sink(late)
            return
        self._book.submit(order, now_ns)
        latency_ns = now_ns - order.ts
        self._sink(OrderSent(account, now_ns, now_ns, order.client_order_id, latency_ns))

    def amend(self, change: AmendOrder, not_after_ns: int) -> None:
        """Hand a change to the matching venue."""
        self._book.amend(change, self._clock.now_ns())
        self._set_alarm()

    def cancel(self, requests: Sequence[CancelOrder], not_after_ns: int) -> None:
        """Hand cancels to the matching venue."""
        for request in requests:
            self._book.cancel(request, self._clock.now_ns())
        self._set_alarm()

    def cancel_all(self, request: CancelAll, not_after_ns: int) -> None:
        """Hand a cancel of everything to the matching venue."""
        self._book.cancel_all(request, self._clock.now_ns())
        self._set_alarm()

    async def read(self, question: ReadAccount) -> AccountReport:
        """Read the matching venue."""
        self._answer()
        report = self._book.report(question.account, question.ask, self._clock.now_ns())
        if report is None:
            raise OutcomeUnknown(
                f"Read {question.account}, found no answer; it is read again.",
                venue="PAPER",
                endpoint="report",
            )
        return report

    async def run(self) -> None:
        """Keep the public side's connections."""
        self._set_alarm()
        await self.public.run()

    def _answer(self) -> None:
        now_ns = self._clock.now_ns()
        while self._book.next_due_ns <= now_ns:
            for answer in self._book.due(now_ns):
                self._sink(answer)

    def _set_alarm(self) -> None:
        due_ns = self._book.next_due_ns
        if self._alarm is not None:
            if self._alarm[0] == due_ns:
                return
            self._alarm[1].cancel()
            self._alarm = None
        wait_ns = due_ns - self._clock.now_ns()
        if wait_ns < 3600 * NANOS:
            loop = asyncio.get_running_loop()
            self._alarm = (due_ns, loop.call_later(max(wait_ns, 0) / NANOS, self._ring))

    def _ring(self) -> None:
        self._alarm = None
        self._answer()
        self._set_alarm()

"""Kalshi as a venue of the desk: what is asked of it, and how its parts work together.

Knows the order of things: what to call, what a missing answer means, what must be asked again.
Must not know shapes or signatures. Source: docs.kalshi.com, read 2026-11-20.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from tradewind.edge.net.line import Line
from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.venues.kalshi import parse, wire
from tradewind.edge.venues.kalshi.errors import SPENT, UNKNOWN_HERE, VENUE
from tradewind.edge.venues.kalshi.rest import CANCEL_COST, COST, WRITE, Catalogue, Reading, Rest
from tradewind.edge.venues.kalshi.stream import (
    CHANNELS,
    PRIVATE,
    PUBLIC,
    Known,
    OrderNews,
    PrivateFeed,
    PublicFeed,
)
from tradewind.model import events as ev
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.errors import AuthFailed, ConfigError, Unreachable, VenueError
from tradewind.model.events import Request
from tradewind.model.ids import InstrumentId, OrderId, VenueId
from tradewind.model.instrument import Instrument, Outcome
from tradewind.model.market import INTERVALS_NS, Trading
from tradewind.model.money import NANOS
from tradewind.ports import Prepared, Wanted

ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    name: {"rest": f"https://external-api.{host}", "ws": f"wss://external-api-ws.{host}"}
    for name, host in (("production", "kalshi.com"), ("demo", "demo.kalshi.co"))
}
"""Hosts by environment; paths are the adapter's own."""

REQUESTS_MAX = 500
SPENT_BUDGET = "the account's write budget is used up"
HELD_NS = 60 * NANOS
"""After a cancel-all, orders could be caught by it for so long."""
CONFIRM_S = (1.0, 1.0, 2.0)
"""When a cancelled order is asked for, if the stream does not tell of its end."""
SAME_NS = 60 * NANOS
"""An order under our spent id was made this close to the intent, or it is another's."""
PAYOUT_S = (1.0, 3.0, 10.0, 30.0, 60.0)
TICK_S, CLOCK_S, COUNTED_S, STATUS_S, DISCOVER_S = 0.25, 2.0, 5.0, 30.0, 60.0
CANDLE_DELAY_NS = 2 * NANOS
ENDED = (Trading.CLOSED, Trading.SETTLED)


class KalshiVenue:
    """One account at Kalshi; without keys, discovery and candles alone.

    `sign_ahead` signs the headers of the next new order in idle time.
    """

    def __init__(self, seat: Seat, outside: Outside, *, sign_ahead: bool = True) -> None:
        self._account = seat.account.id
        self._clock, self._sink, now = outside.clock, outside.sink, outside.clock.now_ns
        self._born_s = now() // NANOS
        self._rest = Rest(seat, outside, sign_ahead=sign_ahead)
        self._catalogue = Catalogue(self._rest, seat.symbols)
        self._orders = OrderNews(self._account, outside.sink)
        self._public = PublicFeed(outside.sink, now, self._on_news, self._recheck_soon)
        self._private = PrivateFeed(
            self._account, self._sink, now, self._orders.take, self._on_fill
        )
        address, dice, gauges = self._rest.socket_address, outside.dice, outside.gauges
        self._lines = [
            gauges.add(Line(outside.transport, address, feed, settings, outside.clock, dice))
            for feed, settings in ((self._public, PUBLIC), (self._private, PRIVATE))
            if seat.keys is not None
        ]
        self._wanted: dict[InstrumentId, frozenset[str]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._requests = 0
        self._creating: dict[OrderId, asyncio.Event] = {}
        self._held_until_ns = 0
        self._recheck = asyncio.Event()
        self._halted = False
        self._told: dict[str, Trading] = {}

    # --- public data ----------------------------------------------------------------------------

    async def discover(self) -> list[Instrument]:
        """Return both outcomes of every market that the symbols name; raises VenueError."""
        found = await self._catalogue.discover()
        for each in found:
            self._catalogue.keep(each)
        return [own for each in found for own in self._catalogue.listings[each.yes.symbol].both]

    async def candles(
        self, instrument: InstrumentId, interval: str, start_ns: int, end_ns: int
    ) -> list[ev.Candle]:
        """Return closed candles of 1m, 1h or 1d; raises VenueError, ConfigError for others."""
        if interval not in parse.MINUTES:
            raise ConfigError(
                f"Asked {VENUE} for candles of {interval}, found that it keeps "
                f"{', '.join(parse.MINUTES)}; use one of them."
            )
        ticker, step_ns = parse.ticker_of(instrument), INTERVALS_NS[interval]
        known = self._catalogue.listings.get(ticker) or await self._define(ticker)
        rules = known.yes if instrument == known.yes.id else known.no
        now_ns = self._clock.now_ns()
        end_ns = min(end_ns, now_ns - step_ns + 1)  # what opened later has not closed
        rows = await self._rest.candles(rules, start_ns, end_ns, parse.MINUTES[interval])
        made = [parse.candle(row, rules, interval, now_ns) for row in rows]
        return [each for each in made if each and start_ns <= each.ts_event < end_ns]

    def watch(self, wanted: Sequence[Wanted]) -> None:
        """Listen to exactly these feeds: book, quote, trade, candle:1m, candle:1h, candle:1d."""
        self._wanted = {each.instrument: each.feeds for each in wanted}
        self._listen()

    def _listen(self) -> None:
        """Subscribe to what is wanted of markets that are not over; outcomes share a market."""
        channels: dict[str, frozenset[str]] = {}
        for instrument, feeds in self._wanted.items():
            ticker = parse.ticker_of(instrument)
            known = self._catalogue.listings.get(ticker)
            if known is None:
                self._recheck.set()
            elif known.trading not in ENDED:
                own = frozenset(CHANNELS[feed] for feed in feeds if feed in CHANNELS)
                channels[ticker] = channels.get(ticker, frozenset()) | own
        self._public.watch(channels)

    # --- requests -------------------------------------------------------------------------------

    def prepare(self, order: SubmitOrder) -> Prepared:
        """Make an order ready; raises ConfigError for what Kalshi cannot express.

        Only the headers are signed, and they say nothing of the body: so they come later.
        """
        body = parse.creation(order)
        text = wire.encode(body)
        digest = hashlib.sha256(text).hexdigest()
        return Prepared(order.client_order_id, body.client_order_id, digest, (order.ts, body, text))

    def submit(self, orders: Sequence[Prepared], not_after_ns: int) -> None:
        """Send new orders; none for a minute after a cancel-all, which might catch them."""
        held = self._clock.monotonic_ns() < self._held_until_ns
        room = 0 if held else self._rest.pace.take_each(WRITE, len(orders), COST)
        names = [each.client_order_id for each in orders]
        why = "a cancel-all of this minute may catch it" if held else SPENT_BUDGET
        for name in names[room:]:
            self._tell(ev.NotSent, name, Request.SUBMIT, why)
        if room:
            self._creating |= {name: asyncio.Event() for name in names[:room]}
            work = self._submit(orders[:room], not_after_ns)
            if not self._go(work, names[:room], Request.SUBMIT):
                for name in names[:room]:
                    del self._creating[name]

    def amend(self, change: AmendOrder, not_after_ns: int) -> None:
        """Send a change of a live order; the place in the queue stays if only the size shrinks."""
        name = change.client_order_id
        if self._rest.pace.take(WRITE, COST):
            self._go(self._amend(change, not_after_ns), (name,), Request.AMEND)
        else:
            self._tell(ev.NotSent, name, Request.AMEND, SPENT_BUDGET)

    def cancel(self, requests: Sequence[CancelOrder], not_after_ns: int) -> None:
        """Send cancels; one of an order that is under way waits for its number, by itself."""
        self._rest.pace.take_each(WRITE, len(requests), CANCEL_COST)  # counted, never held back
        numbered = [each for each in requests if self._is_numbered(each)]
        size = self._rest.cancels_max
        runs = [numbered[start : start + size] for start in range(0, len(numbered), size)]
        runs += [[each] for each in requests if each not in numbered]
        for run in runs:
            names = [each.client_order_id for each in run]
            self._go(self._cancel(run, not_after_ns), names, Request.CANCEL)

    def cancel_all(self, request: CancelAll, not_after_ns: int) -> None:
        """Cancel every open order, page after page, until none is listed.

        `keep_protective` says nothing here: Kalshi has no stops.
        """
        self._held_until_ns = self._clock.monotonic_ns() + HELD_NS
        self._go(self._cancel_all(not_after_ns), (), Request.CANCEL)

    def _tell(self, kind: Callable[..., ev.Event], *words: object, at_ns: int = 0) -> None:
        """Tell an event of the account, of now unless the venue's time is given."""
        now_ns = self._clock.now_ns()
        self._sink(kind(self._account, at_ns or now_ns, now_ns, *words))

    def _go(
        self, work: Coroutine[Any, Any, None], names: Sequence[OrderId], request: Request
    ) -> bool:
        """Let a request run beside the others; False, and NotSent, where it cannot."""
        if self._group is None or self._requests >= REQUESTS_MAX:
            work.close()
            why = "the venue is not running" if self._group is None else "too many under way"
            for name in names:
                self._tell(ev.NotSent, name, request, why)
            return False
        self._requests += 1
        self._group.create_task(self._counted(work), name=f"kalshi {request.value} {names}")
        return True

    async def _counted(self, work: Awaitable[None]) -> None:
        try:
            await work
        finally:
            self._requests -= 1

    def _failed(self, name: OrderId, request: Request, error: VenueError) -> bool:
        """Tell what a request without success means; returns whether it was refused."""
        if isinstance(error, AuthFailed):
            self._lines[-1].drop(str(error))
        now_ns = self._clock.now_ns()
        told = parse.failed(request, error, (self._account, now_ns, now_ns, name))
        self._sink(told)
        return not isinstance(told, ev.NotSent | ev.NoAnswer)

    async def _submit(self, orders: Sequence[Prepared], not_after_ns: int) -> None:
        now_ns, payloads = self._clock.now_ns(), [each.payload for each in orders]
        sent = [self._orders.sending(body, cause_ns, now_ns) for cause_ns, body, _ in payloads]
        texts, names = [text for *_, text in payloads], [known.client_text for known in sent]
        written = partial(self._written, sent)
        answers: Sequence[wire.Reply]
        try:
            answers = await self._rest.create(texts, names, not_after_ns, written)
        except VenueError as error:
            answers = [error] * len(sent)
        finally:
            for each in orders:
                self._creating.pop(each.client_order_id, asyncio.Event()).set()
        spent = []
        for known, answer in zip(sent, answers, strict=True):
            if isinstance(answer, wire.OrderReply):
                self._orders.replied(known, answer, self._clock.now_ns())
            elif answer.code == SPENT:
                spent.append(known)
            elif not known.done:  # the stream may be faster, and has told the end of the killed
                assert known.client is not None
                known.done = self._failed(known.client, Request.SUBMIT, answer)
        for known in spent:
            await self._spent(known)

    def _written(self, sent: Iterable[Known]) -> None:
        for known in sent:
            self._orders.written(known, self._clock.now_ns)

    async def _spent(self, known: Known) -> None:
        """Our id was used before: ours only if the order under it is the one that we meant."""
        row = None
        with suppress(VenueError):
            row = await self._rest.named(known.client_text, known.ticker)
        if row is None or row.created_time is None:
            self._tell(ev.NoAnswer, known.client, Request.SUBMIT)
            return
        theirs = (row.ticker, row.book_side, row.initial_count_fp, row.yes_price_dollars)
        meant = (known.ticker, known.side, known.qty, known.px)
        if theirs == meant and abs(parse.nanos(row.created_time) - known.cause_ns) <= SAME_NS:
            self._orders.take(row, self._clock.now_ns())
            return
        why = f"the order id {known.client_text} was spent on another order, {row.order_id}"
        self._tell(ev.OrderRejected, known.client, why, SPENT)
        self._sink(ev.Locked(self._account, VenueId(VENUE), why, self._clock.now_ns()))

    async def _numbered(self, name: OrderId, order_id: str | None, not_after_ns: int) -> Known:
        """Return an order with its venue id, waiting for its creation to be answered.

        Raises Unreachable where there is none, for then nothing can be sent.
        """
        creating = self._creating.get(name)
        if creating is not None and not order_id:
            left_ns = max(not_after_ns - self._clock.monotonic_ns(), 0)
            with suppress(TimeoutError):
                async with asyncio.timeout(left_ns / NANOS):
                    await creating.wait()
        known = self._orders.ours(name, order_id)
        try:
            if known is None and order_id:
                known = self._orders.learn(await self._rest.order(order_id))
            elif known is not None and not known.order_id and name not in self._creating:
                row = await self._rest.named(known.client_text, known.ticker)
                known = self._orders.learn(row) if row is not None else None
        except VenueError as error:
            raise Unreachable(str(error), venue=VENUE, endpoint="orders") from error
        if known is None or not known.order_id:
            why = f"Looked for the order {name}, found no number of it at {VENUE}; ask again later."
            raise Unreachable(why, venue=VENUE, endpoint="orders")
        return known

    async def _amend(self, change: AmendOrder, not_after_ns: int) -> None:
        name = change.client_order_id
        try:
            known = await self._numbered(name, change.venue_order_id, not_after_ns)
            px = known.px if change.px is None else parse.own_px(known.outcome, change.px)
            terms = wire.ChangeOrder(known.ticker, known.side, px, change.qty)
            reply = await self._rest.amend(known.order_id, terms, not_after_ns)
        except VenueError as error:
            self._failed(name, Request.AMEND, error)
        else:
            stamp_ms = reply.ts_ms or self._rest.stamp_ms()
            self._orders.amended(known, terms, stamp_ms, self._clock.now_ns())

    def _is_numbered(self, request: CancelOrder) -> bool:
        known = self._orders.ours(request.client_order_id, request.venue_order_id)
        return known is not None and known.order_id != ""

    async def _cancel(self, requests: Sequence[CancelOrder], not_after_ns: int) -> None:
        orders: list[Known] = []
        answers: Sequence[wire.Reply]
        try:
            for each in requests:
                number = each.venue_order_id
                orders.append(await self._numbered(each.client_order_id, number, not_after_ns))
            items = [wire.CancelItem(known.order_id, known.ticker) for known in orders]
            answers = await self._rest.cancel(items, not_after_ns)
        except VenueError as error:
            answers = [error] * len(requests)
        for request, answer in zip(requests, answers, strict=True):
            if isinstance(answer, VenueError):
                self._failed(request.client_order_id, Request.CANCEL, answer)
        told = zip(orders, answers, strict=False)
        await self._confirm([known for known, each in told if isinstance(each, wire.OrderReply)])

    async def _confirm(self, cancelled: Sequence[Known]) -> None:
        """A cancel's answer is no end: wait for the stream's word, else ask for the row."""
        for pause_s in CONFIRM_S if cancelled else ():
            await asyncio.sleep(pause_s)
            for known in cancelled:
                with suppress(VenueError):  # counted as failed, and asked again
                    row = None if known.done else await self._rest.order(known.order_id)
                    if row is not None and row.status != "resting":
                        self._orders.take(row, self._clock.now_ns())
            if all(known.done for known in cancelled):
                return

    async def _cancel_all(self, not_after_ns: int) -> None:
        with suppress(VenueError):  # counted; whoever asked reads the account back, and asks again
            await self._rest.sweep(not_after_ns)

    # --- the account ----------------------------------------------------------------------------

    def _on_fill(self, row: wire.FillRow, recv_ns: int) -> None:
        client = row.client_order_id or self._orders.client_text(row.order_id)
        fill = parse.fill(row, self._account, client)
        event = ev.FillReceived(self._account, fill.ts_event, recv_ns, fill)
        if row.market_ticker in self._catalogue.listings or self._group is None:
            self._sink(event)
        else:
            self._group.create_task(self._define_then(row.market_ticker, event), name="define")

    async def _define_then(self, ticker: str, event: ev.FillReceived) -> None:
        """A fill of a market that we never listed: the desk must know it first."""
        try:
            await self._define(ticker)
        except VenueError as error:
            self._lines[-1].drop(str(error))  # the reading after the next log-in brings the fill
        else:
            self._sink(event)

    async def read(self, question: ReadAccount) -> ev.AccountReport:
        """Read the account whole, on every road; raises VenueError when any part failed."""
        asked_ns = self._clock.now_ns()
        venue_ns = self._rest.offset.stamp_ns(asked_ns)
        reading = Reading(self._rest, self._orders, int(question.cursor or self._born_s))
        await reading.read(question.ask, venue_ns)
        for ticker in sorted(reading.rows.tickers - self._catalogue.listings.keys()):
            await self._define(ticker)
        await self._tell_payouts(reading.rows.settled)
        return parse.report(reading.rows, question, asked_ns, self._clock.now_ns(), venue_ns)

    async def _tell_payouts(self, rows: Iterable[wire.SettlementRow]) -> None:
        """Tell both outcomes what each market paid; a second payout of one replaces the first."""
        for row, number in parse.numbered(rows):
            paid = parse.settled_yes(row)
            if row.market_result == "scalar":
                exact = parse.resolution(await self._rest.market(row.ticker))
                paid = paid if exact is None else exact
            phase = ev.SettlementPhase.PAID if number == 1 else ev.SettlementPhase.AMENDED
            self._settlement(row.ticker, phase, paid, parse.nanos(row.settled_time), number)

    def _settlement(
        self, ticker: str, phase: ev.SettlementPhase, yes: Decimal, at_ns: int, number: int = 1
    ) -> None:
        for outcome in Outcome:
            told = (parse.instrument_id(ticker, outcome), phase, parse.own_px(outcome, yes), number)
            self._tell(ev.SettlementReported, *told, at_ns=at_ns)

    # --- news of markets ------------------------------------------------------------------------

    def _recheck_soon(self) -> None:
        self._recheck.set()

    def _on_news(self, message: object, recv_ns: int) -> None:
        match message:
            case wire.TradeMsg():
                self._both(message.market_ticker, "trade", parse.trades(message, recv_ns))
            case wire.TickerMsg():
                self._both(message.market_ticker, "quote", parse.quotes(message, recv_ns))
            case wire.EventFeeMsg():
                for changed in self._catalogue.fees_changed(message):
                    self._defined(changed)
            case wire.LifecycleMsg():
                self._on_lifecycle(message, recv_ns)

    def _both(self, ticker: str, feed: str, told: Iterable[ev.Event]) -> None:
        if any(feed in self._wanted.get(name, ()) for name in parse.ids(ticker)):
            for event in told:
                self._sink(event)

    def _on_lifecycle(self, row: wire.LifecycleMsg, recv_ns: int) -> None:
        ticker, catalogue = row.market_ticker, self._catalogue
        if ticker not in catalogue.listings:
            if row.event_type in ("created", "activated"):
                self._recheck.set()
            return
        match row.event_type:
            case "activated":
                self._trading(ticker, Trading.OPEN, recv_ns)
            case "deactivated":
                self._trading(ticker, Trading.PAUSED, recv_ns)
            case "close_date_updated" if row.close_ts is not None:
                self._defined(catalogue.revise(ticker, close_ns=row.close_ts * NANOS))
            case "price_level_structure_updated" if row.price_ranges:
                self._defined(catalogue.revise(ticker, ranges=row.price_ranges))
            case "determined":
                self._trading(ticker, Trading.CLOSED, recv_ns)
                # News only: money moves by the account's own record.
                yes = parse.yes_payout(row.result, row.settlement_value)
                if yes is not None and self._lines:
                    self._settlement(ticker, ev.SettlementPhase.DETERMINED, yes, recv_ns)
            case "settled":
                self._go(self._settled(ticker), (), Request.SUBMIT)
            case _:
                self._recheck.set()

    def _defined(self, listing: parse.Listing) -> None:
        for each in listing.both:
            self._sink(ev.InstrumentDefined(each, self._clock.now_ns()))

    def _trading(self, ticker: str, trading: Trading, at_ns: int) -> None:
        """Tell what both outcomes may do now, and listen to what is left to hear."""
        known = self._catalogue.listings[ticker]
        self._catalogue.listings[ticker] = msgspec.structs.replace(known, trading=trading)
        self._told[ticker] = trading
        for name in parse.ids(ticker):
            self._sink(ev.TradingChanged(name, at_ns, self._clock.now_ns(), trading))
        self._listen()

    async def _settled(self, ticker: str) -> None:
        """A market has paid: define how it ended, then wait for our record of the payment."""
        with suppress(VenueError):  # the next round over the catalogue defines it
            await self._define(ticker)
        for pause_s in PAYOUT_S if self._lines else ():
            await asyncio.sleep(pause_s)
            with suppress(VenueError):  # a reading of the account brings it as well
                rows = await self._rest.settlements({"ticker": ticker})
                await self._tell_payouts(rows)
                if rows:
                    return

    async def _define(self, ticker: str) -> parse.Listing:
        """Look a market up, and tell whatever is new about it."""
        found = await self._catalogue.define(ticker)
        self._met(found)
        return self._catalogue.listings[ticker]

    def _met(self, found: parse.Listing) -> None:
        ticker = found.yes.symbol
        if self._catalogue.keep(found):
            self._defined(found)
        if self._told.get(ticker) is not found.trading and not self._halted:
            self._trading(ticker, found.trading, self._clock.now_ns())

    # --- for as long as it lives ----------------------------------------------------------------

    async def run(self) -> None:
        """Keep the connections, watch the clock, and measure it."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._recheck.set()
            try:
                for line in self._lines:
                    group.create_task(line.run(), name=f"kalshi {line.settings.name}")
                for work in (self._exchange, self._keep_catalogue, self._keep_candles, self._tick):
                    group.create_task(work(), name=f"kalshi {work.__name__}")
                await asyncio.Event().wait()
            finally:
                self._group = None

    async def _exchange(self) -> None:
        """Learn what the account may ask, and whether the exchange trades at all."""
        while True:
            with suppress(VenueError):  # counted as failed; what it would have told stays
                told = await self._rest.status()
                self._halt(halted=not (told.exchange_active and told.trading_active))
                if not self._rest.limited and self._lines:
                    await self._rest.learn_limits()
            await asyncio.sleep(STATUS_S if self._rest.offset.known else CLOCK_S)

    def _halt(self, *, halted: bool) -> None:
        if halted is self._halted:
            return
        self._halted = halted
        self._recheck.set()
        for ticker, known in list(self._catalogue.listings.items()):
            if halted and known.trading is Trading.OPEN:
                self._trading(ticker, Trading.PAUSED, self._clock.now_ns())

    async def _keep_catalogue(self) -> None:
        """Find new markets, and what became of those that are not listed as open any more."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(DISCOVER_S):
                    await self._recheck.wait()
            self._recheck.clear()
            with suppress(VenueError):  # asked again with the next round
                await self._refresh()

    async def _refresh(self) -> None:
        found = await self._catalogue.discover()
        for each in found:
            self._met(each)
        listings = self._catalogue.listings
        alive = {name for name, own in listings.items() if own.trading is not Trading.SETTLED}
        watched = {parse.ticker_of(name) for name in self._wanted} - listings.keys()
        for ticker in sorted((alive | watched) - {each.yes.symbol for each in found}):
            await self._follow(ticker)

    async def _follow(self, ticker: str) -> None:
        try:
            known = await self._define(ticker)
        except VenueError as error:
            if error.code not in UNKNOWN_HERE:
                raise
            if ticker in self._catalogue.listings:  # it vanished
                self._trading(ticker, Trading.CLOSED, self._clock.now_ns())
        else:
            if known.trading is Trading.SETTLED:
                self._go(self._settled(ticker), (), Request.SUBMIT)

    async def _keep_candles(self) -> None:
        """Ask for each watched candle once it has closed; Kalshi does not stream them."""
        now_ns = self._clock.now_ns
        asked = {interval: now_ns() // INTERVALS_NS[interval] for interval in parse.MINUTES}
        while True:
            await asyncio.sleep(TICK_S)
            for interval, last in asked.items():
                step_ns = INTERVALS_NS[interval]
                serial = (now_ns() - CANDLE_DELAY_NS) // step_ns
                if serial > last:
                    asked[interval] = serial
                    await self._tell_candles(interval, last * step_ns, serial * step_ns)

    async def _tell_candles(self, interval: str, start_ns: int, end_ns: int) -> None:
        for instrument, feeds in list(self._wanted.items()):
            if f"candle:{interval}" in feeds:
                with suppress(VenueError):  # whoever needs them whole asks for the history
                    for candle in await self.candles(instrument, interval, start_ns, end_ns):
                        self._sink(candle)

    async def _tick(self) -> None:
        """Do what only time brings: markets close without a word, and idle moments can sign."""
        counted_ns = self._clock.monotonic_ns()
        while True:
            await asyncio.sleep(TICK_S)
            self._rest.access.idle(self._rest.stamp_ms())
            venue_ns = self._rest.offset.stamp_ns(self._clock.now_ns())
            for ticker, known in list(self._catalogue.listings.items()):
                close_ns = known.yes.close_ns
                over = close_ns is not None and close_ns <= venue_ns
                if over and known.trading not in ENDED:
                    self._trading(ticker, Trading.CLOSED, venue_ns)
            if self._clock.monotonic_ns() - counted_ns >= COUNTED_S * NANOS:
                counted_ns = self._clock.monotonic_ns()
                self._count()

    def _count(self) -> None:
        rest = self._rest
        if self._lines and (rest.answered or rest.failed):
            left = int(rest.pace.remaining(WRITE)) // COST
            self._tell(ev.RequestsCounted, rest.answered, rest.failed, left)
            rest.answered = rest.failed = 0

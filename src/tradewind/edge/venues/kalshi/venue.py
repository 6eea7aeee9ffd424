"""Kalshi as a venue of the desk: what is asked of it, and how its parts work together.

Knows the order of things: what to call, what a missing answer means, what must be asked again.
Must not know shapes or signatures. Source: docs.kalshi.com, read 2026-11-20.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from tradewind.edge.net.line import Line, LineSettings
from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.venues.kalshi import parse, wire
from tradewind.edge.venues.kalshi.errors import NOT_FOUND, SPENT, VENUE
from tradewind.edge.venues.kalshi.rest import CANCEL_COST, COST, WRITE, Catalogue, Rest
from tradewind.edge.venues.kalshi.stream import CHANNELS, Known, OrderNews, PrivateFeed, PublicFeed
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.errors import (
    AuthFailed,
    BadReply,
    ConfigError,
    OutcomeUnknown,
    Unreachable,
    VenueError,
)
from tradewind.model.events import (
    AccountReport,
    AmendRejected,
    CancelRejected,
    Candle,
    FillReceived,
    InstrumentDefined,
    Locked,
    NoAnswer,
    NotSent,
    OrderRejected,
    OrderSent,
    Request,
    RequestsCounted,
    SettlementPhase,
    SettlementReported,
    TradingChanged,
)
from tradewind.model.fill import Fill
from tradewind.model.ids import InstrumentId, OrderId, VenueId
from tradewind.model.instrument import Instrument, Outcome
from tradewind.model.market import INTERVALS_NS, Trading
from tradewind.model.money import NANOS
from tradewind.ports import Prepared, Wanted

ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    "production": {
        "rest": "https://external-api.kalshi.com",
        "ws": "wss://external-api-ws.kalshi.com",
    },
    "demo": {
        "rest": "https://external-api.demo.kalshi.co",
        "ws": "wss://external-api-ws.demo.kalshi.co",
    },
}
"""Hosts by environment; paths are the adapter's own."""

SOCKET_PATH = "/trade-api/ws/v2"
REQUESTS_MAX = 500
HELD_NS = 60 * NANOS
"""After a cancel-all, orders could be caught by it for so long."""
OVERLAP_S, SETTLED_OVERLAP_S = 60, 3_600
"""A reading goes back behind its cursor: rows may have been written late."""
CATCH_UP_S, CATCH_UP_PAUSE_S = 10.0, 0.2
CONFIRM_S = (1.0, 1.0, 2.0)
"""When a cancelled order is asked for, if the stream does not tell of its end."""
PAYOUT_S = (1.0, 3.0, 10.0, 30.0, 60.0)
SWEEPS, SWEEP_PAUSE_S = 10, 0.5
TICK_S = 0.25
COUNTED_S, STATUS_S, DISCOVER_S = 5.0, 30.0, 60.0
CANDLE_DELAY_NS = 2 * NANOS
CANDLES_A_CALL = 4_000
ENDED = (Trading.CLOSED, Trading.SETTLED)


class KalshiVenue:
    """One account at Kalshi; without keys, discovery and candles alone.

    `sign_ahead` signs the headers of the next new order in idle time. `group` is the order group
    that new orders join, empty for none.
    """

    def __init__(self, seat: Seat, outside: Outside, *, sign_ahead: bool = True) -> None:
        self.group = ""
        self._account = seat.account.id
        self._clock, self._sink = outside.clock, outside.sink
        self._rest = Rest(seat, outside, sign_ahead=sign_ahead)
        self._catalogue = Catalogue(self._rest, seat.symbols)
        self._orders = OrderNews(self._account, outside.sink)
        now = outside.clock.now_ns
        self._born_s = now() // NANOS
        self._public = PublicFeed(outside.sink, now, self._on_news, self._recheck_soon)
        self._private = PrivateFeed(self._account, outside.sink, now, self._on_order, self._on_fill)
        self._lines = tuple(
            Line(
                outside.transport,
                self._address(seat.hosts["ws"]),
                feed,
                _settings(name),
                outside.clock,
                outside.dice,
            )
            for name, feed in (("public", self._public), ("private", self._private))
            if seat.keys is not None
        )
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
    ) -> list[Candle]:
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
        made: list[Candle] = []
        start_ns = -(-start_ns // step_ns) * step_ns
        while start_ns < min(end_ns, now_ns):
            last_ns = min(end_ns, now_ns, start_ns + CANDLES_A_CALL * step_ns)
            rows = await self._rest.candles(
                rules.series,
                ticker,
                (start_ns + step_ns) // NANOS,
                (last_ns + step_ns - 1) // NANOS,
                parse.MINUTES[interval],
            )
            read = [parse.candle(row, rules, interval, now_ns) for row in rows]
            made += [
                each
                for each in read
                if each is not None
                and start_ns <= each.ts_event < last_ns
                and each.ts_event + step_ns <= now_ns
            ]
            start_ns += CANDLES_A_CALL * step_ns
        return made

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
        body = parse.creation(order, self.group)
        text = wire.encode(body)
        digest = hashlib.sha256(text).hexdigest()
        return Prepared(order.client_order_id, body.client_order_id, digest, (order, body, text))

    def submit(self, prepared: Prepared, not_after_ns: int) -> None:
        """Send a new order; none for a minute after a cancel-all, which might catch it."""
        order, body, text = prepared.payload
        name = prepared.client_order_id
        if self._clock.monotonic_ns() < self._held_until_ns:
            self._not_sent(name, Request.SUBMIT, "a cancel-all less than 60 s ago may catch it")
        elif not self._rest.may_send():
            self._not_sent(name, Request.SUBMIT, "the account's write budget is used up")
        else:
            created = self._creating[name] = asyncio.Event()
            known = self._orders.sending(body)
            if not self._go(self._submit(order, known, text, not_after_ns), name, Request.SUBMIT):
                created.set()
                del self._creating[name]

    def amend(self, change: AmendOrder, not_after_ns: int) -> None:
        """Send a change of a live order; the place in the queue stays if only the size shrinks."""
        name = change.client_order_id
        if self._rest.may_send():
            self._go(self._amend(change, not_after_ns), name, Request.AMEND)
        else:
            self._not_sent(name, Request.AMEND, "the account's write budget is used up")

    def cancel(self, request: CancelOrder, not_after_ns: int) -> None:
        """Send a cancel; one of an order that is under way waits for its number."""
        self._rest.may_send(CANCEL_COST)  # counted; a cancel is never held back
        self._go(self._cancel(request, not_after_ns), request.client_order_id, Request.CANCEL)

    def cancel_all(self, request: CancelAll, not_after_ns: int) -> None:
        """Cancel every open order, page after page, until none is listed.

        `keep_protective` says nothing here: Kalshi has no stops.
        """
        self._held_until_ns = self._clock.monotonic_ns() + HELD_NS
        self._go(self._cancel_all(not_after_ns), None, Request.CANCEL)

    def _go(self, work: Coroutine[Any, Any, None], name: OrderId | None, request: Request) -> bool:
        """Let a request run beside the others; False, and NotSent, where it cannot."""
        if self._group is None or self._requests >= REQUESTS_MAX:
            work.close()
            if name is not None:
                full = "the venue is not running" if self._group is None else "too many under way"
                self._not_sent(name, request, full)
            return False
        self._requests += 1
        self._group.create_task(self._counted(work), name=f"kalshi {request.value} {name}")
        return True

    async def _counted(self, work: Awaitable[None]) -> None:
        try:
            await work
        finally:
            self._requests -= 1

    def _not_sent(self, name: OrderId, request: Request, why: str) -> None:
        now_ns = self._clock.now_ns()
        self._sink(NotSent(self._account, now_ns, now_ns, name, request, why))

    async def _submit(
        self, order: SubmitOrder, known: Known, text: bytes, not_after_ns: int
    ) -> None:
        name = order.client_order_id
        written_ns = self._clock.now_ns()
        failed: VenueError | None = None
        reply: wire.OrderReply | None = None
        try:
            reply = await self._rest.create(text, not_after_ns)
        except VenueError as error:
            failed = error
        finally:
            self._creating.pop(name).set()
        now_ns = self._clock.now_ns()
        if not isinstance(failed, Unreachable):
            latency_ns = written_ns - order.ts
            self._sink(OrderSent(self._account, written_ns, now_ns, name, latency_ns))
        if reply is not None:
            self._orders.replied(known, reply, now_ns)
        elif failed is not None and failed.code == SPENT:
            await self._spent(known)
        elif failed is not None and not self._unsettled(name, Request.SUBMIT, failed):
            rejected = OrderRejected(self._account, now_ns, now_ns, name, str(failed), failed.code)
            self._sink(rejected)

    def _unsettled(self, name: OrderId, request: Request, failed: VenueError) -> bool:
        """Tell of a request without a definite answer; False where the venue refused it."""
        now_ns = self._clock.now_ns()
        if isinstance(failed, Unreachable):
            self._not_sent(name, request, str(failed))
            return True
        if isinstance(failed, OutcomeUnknown) or (isinstance(failed, BadReply) and not failed.code):
            self._sink(NoAnswer(self._account, now_ns, now_ns, name, request))
            return True
        if isinstance(failed, AuthFailed):
            for line in self._lines:
                line.drop(str(failed))
        return False

    async def _spent(self, known: Known) -> None:
        """Our id was used before: ours only if the order under it is the one that we meant."""
        assert known.client is not None
        now_ns = self._clock.now_ns()
        try:
            row = await self._find(known)
        except VenueError:
            row = None
        if row is None:
            self._sink(NoAnswer(self._account, now_ns, now_ns, known.client, Request.SUBMIT))
            return
        theirs = (row.ticker, row.book_side, row.initial_count_fp, row.yes_price_dollars)
        if theirs == (known.ticker, known.side, known.qty, known.px):
            self._orders.take(row, self._clock.now_ns())
            return
        why = f"the order id {known.client_text} was spent on another order, {row.order_id}"
        self._sink(OrderRejected(self._account, now_ns, now_ns, known.client, why, SPENT))
        self._sink(Locked(self._account, VenueId(VENUE), why, now_ns))

    async def _find(self, known: Known) -> wire.OrderRow | None:
        async for page in self._rest.orders({"ticker": known.ticker}):
            for row in page:
                if row.client_order_id == known.client_text:
                    return row
        return None

    async def _numbered(
        self, name: OrderId, order_id: str | None, not_after_ns: int
    ) -> Known | None:
        """Return an order with its venue id, waiting for its creation to be answered."""
        creating = self._creating.get(name)
        known = self._orders.ours(name, order_id)
        if known is not None and order_id and not known.order_id:
            known.order_id = order_id
        if creating is not None and (known is None or not known.order_id):
            left_ns = not_after_ns - self._clock.monotonic_ns()
            try:
                async with asyncio.timeout(max(left_ns, 0) / NANOS):
                    await creating.wait()
            except TimeoutError:
                return None
        if known is None and order_id:
            known = self._orders.learn(await self._rest.order(order_id))
        elif known is not None and not known.order_id:
            row = await self._find(known)
            known = self._orders.learn(row) if row is not None else None
        return known

    async def _amend(self, change: AmendOrder, not_after_ns: int) -> None:
        name = change.client_order_id
        now_ns = self._clock.now_ns
        try:
            known = await self._numbered(name, change.venue_order_id, not_after_ns)
        except VenueError as error:
            self._not_sent(name, Request.AMEND, str(error))
            return
        if known is None:
            self._not_sent(name, Request.AMEND, "the order has no number at the venue yet")
            return
        px = known.px if change.px is None else parse.own_px(known.outcome, change.px)
        terms = wire.ChangeOrder(known.ticker, known.side, px, change.qty)
        try:
            reply = await self._rest.amend(known.order_id, terms, not_after_ns)
        except VenueError as error:
            if not self._unsettled(name, Request.AMEND, error):
                at_ns = now_ns()
                rejected = AmendRejected(self._account, at_ns, at_ns, name, str(error), error.code)
                self._sink(rejected)
            return
        if reply.order_id != known.order_id:
            self._sink(NoAnswer(self._account, now_ns(), now_ns(), name, Request.AMEND))
            return
        stamp_ms = reply.ts_ms or self._rest.stamp_ms()
        self._orders.amended(known, terms, stamp_ms, now_ns())

    async def _cancel(self, request: CancelOrder, not_after_ns: int) -> None:
        name = request.client_order_id
        try:
            known = await self._numbered(name, request.venue_order_id, not_after_ns)
        except VenueError as error:
            self._not_sent(name, Request.CANCEL, str(error))
            return
        if known is None:
            self._not_sent(name, Request.CANCEL, "the order has no number at the venue yet")
            return
        try:
            await self._rest.cancel(known.order_id, known.ticker, not_after_ns)
        except VenueError as error:
            if not self._unsettled(name, Request.CANCEL, error):
                at_ns, gone = self._clock.now_ns(), error.code == NOT_FOUND
                rejected = CancelRejected(
                    self._account, at_ns, at_ns, name, str(error), error.code, gone
                )
                self._sink(rejected)
            return
        await self._confirm(known)

    async def _confirm(self, known: Known) -> None:
        """A cancel's answer is not its end: wait for the stream's word, else ask for the row."""
        for pause_s in CONFIRM_S:
            await asyncio.sleep(pause_s)
            if known.done:
                return
            try:
                row = await self._rest.order(known.order_id)
            except VenueError:
                continue
            if row.status != "resting":
                self._orders.take(row, self._clock.now_ns())

    async def _cancel_all(self, not_after_ns: int) -> None:
        try:
            for _ in range(SWEEPS):
                if not await self._sweep(not_after_ns):
                    return
                await asyncio.sleep(SWEEP_PAUSE_S)
        except Unreachable:
            return  # its time is over or there is no way: who asked reads back and asks again
        except VenueError:
            try:
                await self._rest.cancel_everything(not_after_ns)
            except VenueError:
                return  # counted as failed; the reading that follows finds what still rests

    async def _sweep(self, not_after_ns: int) -> int:
        """Cancel what is listed as resting; return how many that was."""
        batch = max(1, int(self._rest.write_capacity) // CANCEL_COST // 2)
        rows = [row async for page in self._rest.orders({"status": "resting"}) for row in page]
        for start in range(0, len(rows), batch):
            items = [
                wire.CancelItem(
                    row.order_id,
                    row.ticker,
                    msgspec.UNSET if row.subaccount_number is None else row.subaccount_number,
                )
                for row in rows[start : start + batch]
            ]
            await self._rest.cancel_batch(items, not_after_ns)
        return len(rows)

    # --- order groups ---------------------------------------------------------------------------

    async def open_group(self, contracts: int, not_after_ns: int) -> str:
        """Let new orders join a group that cancels itself beyond so many contracts in 15 s."""
        self.group = await self._rest.create_group(contracts, not_after_ns)
        return self.group

    async def trigger_group(self, not_after_ns: int) -> None:
        """Cancel all orders of the group and let no more join until it is reset."""
        await self._rest.tell_group(self.group, "trigger", not_after_ns)

    async def reset_group(self, not_after_ns: int) -> None:
        """Let the group trade again."""
        await self._rest.tell_group(self.group, "reset", not_after_ns)

    # --- the account ----------------------------------------------------------------------------

    def _on_order(self, row: wire.OrderRow, recv_ns: int) -> None:
        self._orders.take(row, recv_ns)

    def _on_fill(self, row: wire.FillRow, recv_ns: int) -> None:
        client = row.client_order_id or self._orders.client_text(row.order_id)
        self._told_fill(row.market_ticker, parse.fill(row, self._account, client), recv_ns)

    def _told_fill(self, ticker: str, fill: Fill, recv_ns: int) -> None:
        event = FillReceived(self._account, fill.ts_event, recv_ns, fill)
        if ticker in self._catalogue.listings or self._group is None:
            self._sink(event)
        else:
            self._group.create_task(self._define_then(ticker, event), name=f"define {ticker}")

    async def _define_then(self, ticker: str, event: FillReceived) -> None:
        """A fill of a market that we never listed: the desk must know it first."""
        try:
            await self._define(ticker)
        except VenueError as error:
            for line in self._lines[1:]:
                line.drop(str(error))  # the reading after the next log-in brings the fill
        else:
            self._sink(event)

    async def read(self, question: ReadAccount) -> AccountReport:
        """Read the account whole, on every road; raises VenueError when any part failed."""
        asked_ns = self._clock.now_ns()
        venue_ns = self._rest.offset.stamp_ns(asked_ns)
        await self._caught_up(venue_ns)
        cursor_s = int(question.cursor or self._born_s)
        rows = {
            row.order_id: row
            async for page in self._rest.orders({"status": "resting"})
            for row in page
        }
        filled = await self._rest.fills(cursor_s - OVERLAP_S)
        await self._name_orders(filled, rows, question.ask)
        await self._look_up(question.ask, rows)
        positions = await self._rest.positions()
        cash = await self._rest.cash()
        settled = await self._rest.settlements({"min_ts": cursor_s - SETTLED_OVERLAP_S})
        for ticker in sorted(
            {row.ticker for row in rows.values()}
            | {row.market_ticker for row in filled}
            | {row.ticker for row in positions}
            | {row.ticker for row in settled}
        ):
            if ticker not in self._catalogue.listings:
                await self._define(ticker)
        await self._tell_payouts(settled)
        fills = [
            parse.fill(row, self._account, self._orders.client_text(row.order_id))
            for row in sorted(filled, key=lambda row: row.ts)
        ]
        return AccountReport(
            self._account,
            asked_ns,
            self._clock.now_ns(),
            tuple(parse.reported(row) for row in rows.values()),
            tuple(fills),
            tuple(parse.position(row) for row in positions if row.position_fp),
            {parse.USD: cash},
            question.ask,
            str(venue_ns // NANOS),
        )

    async def _caught_up(self, venue_ns: int) -> None:
        """Wait until reads show everything that had happened when we asked."""
        deadline_ns = self._clock.monotonic_ns() + round(CATCH_UP_S * NANOS)
        while await self._rest.as_of_ns() < venue_ns:
            if self._clock.monotonic_ns() > deadline_ns:
                raise Unreachable(
                    f"Read the account {self._account}, found that {VENUE} shows nothing newer "
                    f"than {CATCH_UP_S:g} s ago; ask again.",
                    venue=VENUE,
                    endpoint="user_data_timestamp",
                )
            await asyncio.sleep(CATCH_UP_PAUSE_S)

    async def _name_orders(
        self, filled: Iterable[wire.FillRow], rows: dict[str, wire.OrderRow], ask: Sequence[OrderId]
    ) -> None:
        """Find out whose orders were filled: the history of fills does not name our ids."""
        for row in rows.values():
            self._orders.learn(row)
        for order_id in sorted({row.order_id for row in filled}):
            if self._orders.client_text(order_id) is None:
                row = await self._rest.order(order_id)
                if self._orders.learn(row).client in ask:
                    rows[order_id] = row

    async def _look_up(self, ask: Sequence[OrderId], rows: dict[str, wire.OrderRow]) -> None:
        """Add the orders that were asked for and do not rest; what is not there stays absent."""
        listed = {parse.meant(row.client_order_id, row.book_side)[0] for row in rows.values()}
        missing = [name for name in ask if name not in listed]
        unknown: list[OrderId] = []
        for name in missing:
            known = self._orders.ours(name)
            if known is None or not known.order_id:
                unknown.append(name)
            else:
                rows[known.order_id] = await self._rest.order(known.order_id)
        if unknown:
            await self._page_for(set(unknown), rows)

    async def _page_for(self, names: set[OrderId], rows: dict[str, wire.OrderRow]) -> None:
        tickers = {known.ticker for name in names if (known := self._orders.ours(name))}
        everywhere = any(self._orders.ours(name) is None for name in names)
        for ticker in [""] if everywhere else sorted(tickers):
            async for page in self._rest.orders({"ticker": ticker} if ticker else {}):
                for row in page:
                    client = parse.meant(row.client_order_id, row.book_side)[0]
                    if client in names:
                        names.discard(client)
                        rows[row.order_id] = row
                        self._orders.learn(row)
                if not names:
                    return

    async def _tell_payouts(self, rows: Iterable[wire.SettlementRow]) -> None:
        """Tell both outcomes what each market paid; a second payout of one replaces the first."""
        numbers: dict[str, int] = {}
        for row in sorted(rows, key=lambda row: row.settled_time):
            number = numbers[row.ticker] = numbers.get(row.ticker, 0) + 1
            paid = parse.settled_yes(row)
            if row.market_result == "scalar":
                exact = parse.resolution(await self._rest.market(row.ticker))
                paid = paid if exact is None else exact
            phase = SettlementPhase.PAID if number == 1 else SettlementPhase.AMENDED
            self._tell_settlement(row.ticker, phase, paid, parse.nanos(row.settled_time), number)

    def _tell_settlement(
        self, ticker: str, phase: SettlementPhase, yes: Any, at_ns: int, number: int = 1
    ) -> None:
        now_ns = self._clock.now_ns()
        for outcome in Outcome:
            payout = parse.own_px(outcome, yes)
            name = parse.instrument_id(ticker, outcome)
            self._sink(
                SettlementReported(self._account, at_ns, now_ns, name, phase, payout, number)
            )

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

    def _both(self, ticker: str, feed: str, told: Iterable[Any]) -> None:
        wanted = (self._wanted.get(name, ()) for name in parse.ids(ticker))
        if any(feed in feeds for feeds in wanted):
            for event in told:
                self._sink(event)

    def _on_lifecycle(self, row: wire.LifecycleMsg, recv_ns: int) -> None:
        ticker = row.market_ticker
        known = self._catalogue.listings.get(ticker)
        if known is None:
            if row.event_type in ("created", "activated"):
                self._recheck.set()
            return
        match row.event_type:
            case "activated":
                self._trading(ticker, Trading.OPEN, recv_ns)
            case "deactivated":
                self._trading(ticker, Trading.PAUSED, recv_ns)
            case "close_date_updated" if row.close_ts is not None:
                self._revised(ticker, close_ns=row.close_ts * NANOS)
            case "price_level_structure_updated" if row.price_ranges:
                self._new_ticks(known, row.price_ranges)
            case "determined":
                self._trading(ticker, Trading.CLOSED, recv_ns)
                self._determined(row, recv_ns)
            case "settled":
                self._go(self._settled(ticker), None, Request.SUBMIT)
            case _:
                self._recheck.set()

    def _new_ticks(self, known: parse.Listing, ranges: tuple[wire.PriceRange, ...]) -> None:
        self._catalogue.revise(known.yes.symbol)
        own = self._catalogue.listings[known.yes.symbol]
        yes, no = (
            msgspec.structs.replace(each, ticks=parse.bands(ranges, each.outcome or Outcome.YES))
            for each in own.both
        )
        changed = self._catalogue.listings[known.yes.symbol] = parse.Listing(yes, no, own.trading)
        self._defined(changed)

    def _revised(self, ticker: str, **changes: object) -> None:
        changed = self._catalogue.revise(ticker, **changes)
        if changed is not None:
            self._defined(changed)

    def _defined(self, listing: parse.Listing) -> None:
        now_ns = self._clock.now_ns()
        for each in listing.both:
            self._sink(InstrumentDefined(each, now_ns))

    def _trading(self, ticker: str, trading: Trading, at_ns: int) -> None:
        """Tell what both outcomes may do now, and listen to what is left to hear."""
        known = self._catalogue.listings[ticker]
        self._catalogue.listings[ticker] = msgspec.structs.replace(known, trading=trading)
        self._told[ticker] = trading
        for name in parse.ids(ticker):
            self._sink(TradingChanged(name, at_ns, self._clock.now_ns(), trading))
        if (known.trading in ENDED) is not (trading in ENDED):
            self._listen()

    def _determined(self, row: wire.LifecycleMsg, recv_ns: int) -> None:
        """An outcome is news: money moves only by the account's own record."""
        yes = parse.yes_payout(row.result, row.settlement_value)
        if yes is not None and self._lines:
            phase = SettlementPhase.DETERMINED
            self._tell_settlement(row.market_ticker, phase, yes, recv_ns)

    async def _settled(self, ticker: str) -> None:
        """A market has paid: define how it ended, then wait for our record of the payment."""
        try:
            await self._define(ticker)
        except VenueError:
            self._recheck.set()
        for pause_s in PAYOUT_S if self._lines else ():
            await asyncio.sleep(pause_s)
            try:
                rows = await self._rest.settlements({"ticker": ticker})
                await self._tell_payouts(rows)
            except VenueError:
                continue  # a reading of the account brings it as well
            if rows:
                return

    async def _define(self, ticker: str) -> parse.Listing:
        """Look a market up, and tell whatever is new about it."""
        before = self._catalogue.listings.get(ticker)
        found = await self._catalogue.define(ticker)
        known = before.yes.statistics if before is not None else {}
        resolved = found.yes.statistics.get("resolution") != known.get("resolution")
        if self._catalogue.keep(found) or resolved:
            self._catalogue.listings[ticker] = found
            self._defined(found)
        if self._told.get(ticker) is not found.trading:
            self._trading(ticker, found.trading, self._clock.now_ns())
        return found

    # --- for as long as it lives ----------------------------------------------------------------

    async def run(self) -> None:
        """Keep the connections, watch the clock, and measure it."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                for line in self._lines:
                    group.create_task(line.run(), name="kalshi line")
                group.create_task(self._every(STATUS_S, self._look_at_exchange), name="status")
                group.create_task(self._keep_catalogue(), name="catalogue")
                group.create_task(self._keep_candles(), name="candles")
                group.create_task(self._tick(), name="clock")
                await asyncio.Event().wait()
            finally:
                self._group = None

    async def _every(self, period_s: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            with suppress(VenueError):  # counted as failed; what it would have told stays
                await work()
            await asyncio.sleep(period_s)

    async def _look_at_exchange(self) -> None:
        if not self._rest.limited and self._lines:
            await self._rest.learn_limits()
        told = await self._rest.status()
        halted = not (told.exchange_active and told.trading_active)
        if halted is not self._halted:
            self._halted = halted
            now_ns = self._clock.now_ns()
            for ticker, known in list(self._catalogue.listings.items()):
                if halted and known.trading is Trading.OPEN:
                    self._trading(ticker, Trading.PAUSED, now_ns)
            if not halted:
                self._recheck.set()

    async def _keep_catalogue(self) -> None:
        """Find new markets, and what became of those that are not listed as open any more."""
        while True:
            try:
                async with asyncio.timeout(DISCOVER_S):
                    await self._recheck.wait()
            except TimeoutError:
                pass
            self._recheck.clear()
            try:
                await self._refresh()
            except VenueError:
                continue  # asked again with the next round

    async def _refresh(self) -> None:
        found = await self._catalogue.discover()
        listed = {each.yes.symbol for each in found}
        for each in found:
            ticker = each.yes.symbol
            if self._catalogue.keep(each):
                self._defined(each)
            if self._told.get(ticker) is not each.trading and not self._halted:
                self._trading(ticker, each.trading, self._clock.now_ns())
        listings = self._catalogue.listings
        alive = {name for name, own in listings.items() if own.trading is not Trading.SETTLED}
        watched = {parse.ticker_of(name) for name in self._wanted} - listings.keys()
        for ticker in sorted((alive - listed) | watched):
            await self._follow(ticker)

    async def _follow(self, ticker: str) -> None:
        try:
            known = await self._define(ticker)
        except VenueError as error:
            if error.code not in (NOT_FOUND, "market_not_found"):
                raise
            if ticker in self._catalogue.listings:
                self._trading(ticker, Trading.CLOSED, self._clock.now_ns())
            return
        if known.trading is Trading.SETTLED:
            self._go(self._settled(ticker), None, Request.SUBMIT)

    async def _keep_candles(self) -> None:
        """Ask for each watched candle once it has closed; Kalshi does not stream them."""
        asked = {
            interval: self._clock.now_ns() // INTERVALS_NS[interval] for interval in parse.MINUTES
        }
        while True:
            await asyncio.sleep(TICK_S)
            for interval, last in asked.items():
                step_ns = INTERVALS_NS[interval]
                serial = (self._clock.now_ns() - CANDLE_DELAY_NS) // step_ns
                if serial > last:
                    asked[interval] = serial
                    await self._tell_candles(interval, last * step_ns, serial * step_ns)

    async def _tell_candles(self, interval: str, start_ns: int, end_ns: int) -> None:
        for instrument, feeds in list(self._wanted.items()):
            if f"candle:{interval}" in feeds:
                try:
                    made = await self.candles(instrument, interval, start_ns, end_ns)
                except VenueError:
                    continue  # whoever needs it whole asks for the history
                for candle in made:
                    self._sink(candle)

    async def _tick(self) -> None:
        """Do what only time brings: markets close without a word, and idle moments can sign."""
        counted_ns = self._clock.monotonic_ns()
        while True:
            await asyncio.sleep(TICK_S)
            self._rest.sign_ahead()
            self._close_due()
            if self._clock.monotonic_ns() - counted_ns >= COUNTED_S * NANOS:
                counted_ns = self._clock.monotonic_ns()
                self._count()

    def _close_due(self) -> None:
        now_ns = self._rest.offset.stamp_ns(self._clock.now_ns())
        for ticker, known in list(self._catalogue.listings.items()):
            close_ns = known.yes.close_ns
            if close_ns is not None and close_ns <= now_ns and known.trading not in ENDED:
                self._trading(ticker, Trading.CLOSED, close_ns)

    def _count(self) -> None:
        answered, failed = self._rest.answered, self._rest.failed
        if self._lines and (answered or failed):
            self._rest.answered = self._rest.failed = 0
            now_ns = self._clock.now_ns()
            left = int(self._rest.pace.remaining(WRITE)) // COST
            self._sink(RequestsCounted(self._account, now_ns, now_ns, answered, failed, left))

    def _address(self, host: str) -> Callable[[], tuple[str, Mapping[str, str]]]:
        def fresh() -> tuple[str, Mapping[str, str]]:
            assert self._rest.signer is not None
            headers = self._rest.signer.headers("GET", SOCKET_PATH, self._rest.stamp_ms())
            return host.rstrip("/") + SOCKET_PATH, headers

        return fresh


def _settings(name: str) -> LineSettings:
    return LineSettings(
        venue=VENUE,
        name=name,
        connect_s=10.0,
        greet_s=10.0,
        silence_s=5.0,
        backoff_min_s=0.5,
        backoff_max_s=30.0,
    )

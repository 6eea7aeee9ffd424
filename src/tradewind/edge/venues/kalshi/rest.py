"""Kalshi's calls, one method each: signed, paced, timed, judged, decoded.

Knows paths, costs and deadlines. Must not know what an answer means to an order of ours: raises
the error tree. Reads are asked again, writes never. Source: Kalshi OpenAPI 3.30, read 2026-11-20.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import UNSET, Raw

from tradewind.edge.net.asking import Patience, ask_again
from tradewind.edge.net.offset import ClockOffset
from tradewind.edge.net.pace import Limit, Pace
from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.net.transport import HttpAnswer, HttpRequest
from tradewind.edge.venues.kalshi import parse, wire
from tradewind.edge.venues.kalshi.auth import ORDERS, PREFIX, Access
from tradewind.edge.venues.kalshi.errors import (
    NOT_FOUND,
    SKEWED,
    UNKNOWN_HERE,
    VENUE,
    failure,
    unreadable,
)
from tradewind.edge.venues.kalshi.parse import AccountRows, Listing, Terms, bands, listing, nanos
from tradewind.edge.venues.kalshi.stream import OrderNews
from tradewind.model.errors import Unreachable, VenueError
from tradewind.model.ids import OrderId
from tradewind.model.instrument import Instrument, Outcome
from tradewind.model.money import MILLIS, NANOS

SOCKET_PATH = "/trade-api/ws/v2"
READ, WRITE = "read", "write"
COST, CANCEL_COST = 10, 2
BASIC = {READ: Limit(capacity=200.0, per_s=200.0), WRITE: Limit(capacity=100.0, per_s=100.0)}
"""The smallest tier's buckets, until the account has told its own."""
ORDER_TIMEOUT_S = 5.0
PATIENCE = Patience(timeout_s=5.0, pause_min_s=0.2, pause_max_s=2.0, total_s=15.0)
PAGE, CANDLES_A_CALL = 1000, 4_000
OVERLAP_S, SETTLED_OVERLAP_S = 60, 3_600
"""A reading goes back behind its cursor: rows may have been written late."""
SWEEPS, SWEEP_PAUSE_S = 10, 0.5
CATCH_UP_S, CATCH_UP_PAUSE_S = 10.0, 0.2
JSON = {"Content-Type": "application/json"}
Query = dict[str, str | int]
Sent = Callable[[], None] | None
T = TypeVar("T")


class Rest:
    """The calls of one account. `answered` and `failed` count requests since they were taken."""

    def __init__(self, seat: Seat, outside: Outside, *, sign_ahead: bool) -> None:
        self.access = Access(seat.keys, ahead=sign_ahead)
        self.pace = Pace(BASIC, outside.clock, venue=VENUE)
        self.offset = outside.gauges.offset = ClockOffset(margin_ns=0)
        self.answered = self.failed = 0
        self.limited = False
        self.write_capacity = BASIC[WRITE].capacity
        self._base = seat.hosts["rest"].rstrip("/") + PREFIX
        self._socket = seat.hosts["ws"].rstrip("/") + SOCKET_PATH
        self._outside = outside
        self._costs: dict[tuple[str, str], int] = {}

    def stamp_ms(self) -> int:
        """Return the venue's time now, milliseconds."""
        return self.offset.stamp_ns(self._outside.clock.now_ns()) // MILLIS

    # --- public reads ---------------------------------------------------------------------------

    async def market(self, ticker: str) -> wire.MarketRow:
        """Return one market."""
        return await self._get(f"/markets/{ticker}", "market", wire.MarketRow)

    async def markets(self, query: Query) -> list[wire.MarketRow]:
        """Return all markets that match."""
        return await self._all("/markets", "markets", wire.MarketRow, query)

    async def event(self, ticker: str) -> wire.EventRow:
        """Return one event."""
        return await self._get(f"/events/{ticker}", "event", wire.EventRow)

    async def events(self, series: str) -> list[wire.EventRow]:
        """Return the open events of a series."""
        query: Query = {"series_ticker": series, "status": "open", "limit": 200}
        return await self._all("/events", "events", wire.EventRow, query)

    async def series(self, ticker: str) -> wire.SeriesRow:
        """Return one series."""
        return await self._get(f"/series/{ticker}", "series", wire.SeriesRow)

    async def candles(
        self, rules: Instrument, start_ns: int, end_ns: int, minutes: int
    ) -> list[wire.CandleRow]:
        """Return the candles that opened in [start, end), oldest first; the edges may add some."""
        path = f"/series/{rules.series}/markets/{rules.symbol}/candlesticks"
        step_s, last_s = minutes * 60, -(-end_ns // NANOS) + minutes * 60
        rows: dict[int, wire.CandleRow] = {}
        for begin_s in range(start_ns // NANOS, last_s, CANDLES_A_CALL * step_s):
            until_s = min(begin_s + CANDLES_A_CALL * step_s, last_s)
            query: Query = {"start_ts": begin_s, "end_ts": until_s, "period_interval": minutes}
            told = await self._get(path, "candlesticks", tuple[wire.CandleRow, ...], query)
            rows |= {row.end_period_ts: row for row in told}
        return [rows[end_s] for end_s in sorted(rows)]

    async def status(self) -> wire.StatusAnswer:
        """Return whether the exchange trades; measures the venue's clock besides."""
        return await self._get("/exchange/status", "", wire.StatusAnswer)

    # --- reads of the account -------------------------------------------------------------------

    async def learn_limits(self) -> None:
        """Take over the account's own buckets and costs."""
        told = await self._get("/account/limits", "", wire.LimitsAnswer)
        costs = await self._get("/account/endpoint_costs", "", wire.CostsAnswer)
        limits = {
            key: Limit(capacity=float(each.bucket_capacity), per_s=float(each.refill_rate))
            for key, each in ((READ, told.read), (WRITE, told.write))
        }
        self.pace = Pace(limits, self._outside.clock, venue=VENUE)
        self.write_capacity = limits[WRITE].capacity
        self.limited = True
        self._costs = {
            (each.method, each.path.removeprefix(PREFIX)): each.cost
            for each in costs.endpoint_costs
        }

    async def keys(self) -> tuple[wire.KeyRow, ...]:
        """Return the account's keys and what each may do."""
        return await self._get("/api_keys", "api_keys", tuple[wire.KeyRow, ...])

    async def as_of_ns(self) -> int:
        """Return until when reads of the account are complete, venue time."""
        answer = await self._get("/exchange/user_data_timestamp", "", wire.AsOfAnswer)
        return nanos(answer.as_of_time)

    async def order(self, order_id: str) -> wire.OrderRow:
        """Return one order."""
        return await self._get(f"/portfolio/orders/{order_id}", "order", wire.OrderRow)

    async def resting(self) -> list[wire.OrderRow]:
        """Return every open order, of all subaccounts."""
        return [row async for page in self.orders({"status": "resting"}) for row in page]

    async def named(self, client_text: str, ticker: str) -> wire.OrderRow | None:
        """Return the order of a client order id, None where a market has none."""
        async for page in self.orders({"ticker": ticker}):
            for row in page:
                if row.client_order_id == client_text:
                    return row
        return None

    def orders(self, query: Query) -> AsyncIterator[tuple[wire.OrderRow, ...]]:
        """Yield orders page by page, newest first."""
        return self._pages("/portfolio/orders", "orders", wire.OrderRow, query)

    async def fills(self, min_s: int) -> list[wire.FillRow]:
        """Return the executions since a second."""
        return await self._all("/portfolio/fills", "fills", wire.FillRow, {"min_ts": min_s})

    async def positions(self) -> list[wire.PositionRow]:
        """Return what is held."""
        query: Query = {"count_filter": "position"}
        path, name = "/portfolio/positions", "market_positions"
        return await self._all(path, name, wire.PositionRow, query)

    async def settlements(self, query: Query) -> list[wire.SettlementRow]:
        """Return payouts that match."""
        path = "/portfolio/settlements"
        return await self._all(path, "settlements", wire.SettlementRow, query)

    async def cash(self) -> Decimal:
        """Return the cash of all shards, in dollars."""
        told = await self._get("/portfolio/balance", "", wire.BalanceAnswer)
        shards = [each.balance for each in told.balance_breakdown]
        return sum(shards, Decimal(0)) if shards else told.balance_dollars

    # --- orders: each written once --------------------------------------------------------------

    async def create(
        self, bodies: Sequence[bytes], names: Sequence[str], not_after_ns: int, sent: Sent
    ) -> list[wire.Reply]:
        """Place orders whose bodies are ready, several as a batch; `names` are those they bear.

        `sent` is called when their bytes have left.
        """
        if len(bodies) > 1:
            body = b'{"orders":[%b]}' % b",".join(bodies)
            answer = await self._write("POST", wire.BATCHED, body, not_after_ns, sent)
            return wire.batch_replies(answer.body, names, "client_order_id")
        return [await self._order("POST", ORDERS, bodies[0], not_after_ns, sent=sent)]

    async def amend(
        self, order_id: str, change: wire.ChangeOrder, not_after_ns: int
    ) -> wire.OrderReply:
        """Change price and size; the place in the queue stays if only the size shrinks."""
        body = wire.encode(change)
        path = f"{ORDERS}/{order_id}/amend"
        return await self._order("POST", path, body, not_after_ns, order_id=order_id)

    async def cancel(
        self, orders: Sequence[wire.CancelItem], not_after_ns: int
    ) -> list[wire.Reply]:
        """Cancel orders, several as a batch; the ticker leads to an order's shard."""
        if len(orders) > 1:
            body = wire.encode(wire.CancelBatch(tuple(orders)))
            answer = await self._write("DELETE", wire.BATCHED, body, not_after_ns)
            numbers = [each.order_id for each in orders]
            return wire.batch_replies(answer.body, numbers, "order_id")
        order_id, ticker = orders[0].order_id, orders[0].market_ticker
        path = f"{ORDERS}/{order_id}?{urlencode({'market_ticker': ticker})}"
        return [await self._order("DELETE", path, b"", not_after_ns, order_id=order_id)]

    @property
    def cancels_max(self) -> int:
        """Return how many cancels fit into one batch: half of what the bucket pays for."""
        return max(1, int(self.write_capacity) // CANCEL_COST // 2)

    async def cancel_rows(self, rows: Sequence[wire.OrderRow], not_after_ns: int) -> None:
        """Cancel orders in batches; waits for the budget, for nothing is more urgent."""
        size = self.cancels_max
        for start in range(0, len(rows), size):
            items = tuple(
                wire.CancelItem(
                    row.order_id,
                    row.ticker,
                    UNSET if row.subaccount_number is None else row.subaccount_number,
                )
                for row in rows[start : start + size]
            )
            await self.pace.turn(WRITE, CANCEL_COST * len(items))
            await self.cancel(items, not_after_ns)

    async def sweep(self, not_after_ns: int) -> None:
        """Cancel every open order until none is listed; those that cannot be listed, unseen."""
        for _ in range(SWEEPS):
            try:
                rows = await self.resting()
            except VenueError:
                await self.cancel_everything(not_after_ns)
                return
            if not rows:
                return
            await self.cancel_rows(rows, not_after_ns)
            await asyncio.sleep(SWEEP_PAUSE_S)

    async def cancel_everything(self, not_after_ns: int) -> None:
        """Cancel all orders on all shards; orders of the next minute may be hit as well."""
        await self._write("DELETE", ORDERS, b"", not_after_ns)

    async def create_group(self, contracts: int, not_after_ns: int) -> str:
        """Make an order group that cancels its orders beyond so many contracts in 15 s."""
        body = wire.encode(wire.GroupLimit(contracts))
        answer = await self._write("POST", "/portfolio/order_groups/create", body, not_after_ns)
        return wire.decoded(answer.body, wire.GroupReply, "order_groups").order_group_id

    async def tell_group(self, group: str, verb: str, not_after_ns: int) -> None:
        """`trigger` a group, which cancels its orders, or `reset` it, which lets it trade again."""
        await self._write("PUT", f"/portfolio/order_groups/{group}/{verb}", b"{}", not_after_ns)

    # --- how ------------------------------------------------------------------------------------

    async def _all(self, path: str, name: str, row: type[T], query: Query) -> list[T]:
        return [each async for page in self._pages(path, name, row, query) for each in page]

    async def _pages(
        self, path: str, name: str, row: type[T], query: Query
    ) -> AsyncIterator[tuple[T, ...]]:
        cursor, seen = "", {""}
        while True:
            asked = {"limit": PAGE} | query | ({"cursor": cursor} if cursor else {})
            body = await self._read(path, asked)
            parts = wire.decoded(body, dict[str, Raw], path)
            yield wire.decoded(wire.part(parts, name, path), tuple[row, ...], path)  # type: ignore[valid-type]
            cursor = wire.decoded(parts.get("cursor", Raw(b'""')), str, path)
            if not cursor:
                return
            if cursor in seen:
                raise unreadable(path, "a page that leads back to itself")
            seen.add(cursor)

    async def _get(self, path: str, name: str, kind: type[T], query: Query | None = None) -> T:
        body = await self._read(path, query or {})
        if name:
            body = bytes(wire.part(wire.decoded(body, dict[str, Raw], path), name, path))
        return wire.decoded(body, kind, path)

    async def _read(self, path: str, query: Query) -> bytes:
        cost = self._costs.get(("GET", _pattern(path)), COST)
        await self.pace.turn(READ, cost, download="candlesticks" in path)
        url = self._base + path + (f"?{urlencode(query)}" if query else "")
        sent_ns = 0

        def make() -> HttpRequest:
            nonlocal sent_ns
            sent_ns = self._outside.clock.now_ns()
            return HttpRequest("GET", url, self.access.headers("GET", path, self.stamp_ms()))

        def judge(answer: HttpAnswer) -> bytes:
            if path == "/exchange/status":
                self._sample_date(answer, sent_ns)
            return self._judged(answer, path).body

        try:
            return await ask_again(
                self._outside.transport,
                make,
                venue=VENUE,
                endpoint=path,
                policy=PATIENCE,
                clock=self._outside.clock,
                dice=self._outside.dice,
                judge=judge,
            )
        except VenueError:
            self.failed += 1
            raise

    async def _order(
        self,
        method: str,
        path: str,
        body: bytes,
        not_after_ns: int,
        *,
        order_id: str = "",
        sent: Sent = None,
    ) -> wire.OrderReply:
        sent_ns = self._outside.clock.now_ns()
        answer = await self._write(method, path, body, not_after_ns, sent)
        reply = wire.decoded(answer.body, wire.OrderReply, path)
        # Kalshi has answered with another order's state before (changelog of 2026-05-21).
        if not reply.order_id or reply.order_id != (order_id or reply.order_id):
            raise unreadable(path, f"an answer about the order {reply.order_id!r}")
        if reply.ts_ms is not None:
            now_ns = self._outside.clock.now_ns()
            self.offset.sample(sent_ns, now_ns, reply.ts_ms * MILLIS + MILLIS // 2)
        return reply

    async def _write(
        self, method: str, target: str, body: bytes, not_after_ns: int, sent: Sent = None
    ) -> HttpAnswer:
        path = target.partition("?")[0]
        headers = self.access.headers(method, path, self.stamp_ms()) | JSON
        request = HttpRequest(method, self._base + target, headers, body, sent)
        try:
            answer = await self._outside.transport.ask(
                request, timeout_s=ORDER_TIMEOUT_S, not_after_ns=not_after_ns
            )
            return self._judged(answer, path)
        except VenueError:
            self.failed += 1
            raise

    def socket_address(self) -> tuple[str, dict[str, str]]:
        """Return where the stream is, with headers signed now."""
        assert self.access.signer is not None
        return self._socket, self.access.signer.headers("GET", SOCKET_PATH, self.stamp_ms())

    def _judged(self, answer: HttpAnswer, path: str) -> HttpAnswer:
        self.answered += 1
        if 200 <= answer.status < 300:
            return answer
        error = failure(answer, path)
        if error.code == SKEWED:
            self.offset.forget()
        raise error

    def _sample_date(self, answer: HttpAnswer, sent_ns: int) -> None:
        """The Date header has whole seconds: a sample as bad as a round trip of one second."""
        try:
            moment = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return
        half, now_ns = NANOS // 2, self._outside.clock.now_ns()
        self.offset.sample(sent_ns - half, now_ns + half, nanos(moment) + half)


def _pattern(path: str) -> str:
    head, _, last = path.rpartition("/")
    return f"{head}/:order_id" if head == "/portfolio/orders" and last else path


class Catalogue:
    """The markets that we know, and the calls that find them.

    A symbol of the configuration is a series, an event or a market: what it is, is asked once.
    """

    def __init__(self, rest: Rest, symbols: Iterable[str]) -> None:
        self.listings: dict[str, Listing] = {}
        self._rest = rest
        self._symbols = tuple(symbols)
        self._kinds: dict[str, str] = {}
        self._events: dict[str, wire.EventRow] = {}
        self._series: dict[str, wire.SeriesRow] = {}

    async def discover(self) -> list[Listing]:
        """Return every market that may be traded now or soon again; raises VenueError."""
        return [each for symbol in self._symbols for each in await self._of(symbol)]

    async def define(self, ticker: str) -> Listing:
        """Return one market as it is now; raises VenueError."""
        row = await self._rest.market(ticker)
        return listing(row, await self._terms(row), self._version(ticker))

    def keep(self, found: Listing) -> bool:
        """Take a listing over; returns whether its rules are new (statistics are no rules)."""
        ticker, before = found.yes.symbol, self.listings.get(found.yes.symbol)
        if before is None or _rules(before.yes) != _rules(found.yes):
            self.listings[ticker] = found
            return True
        self.listings[ticker] = Listing(before.yes, before.no, found.trading)
        return False

    def revise(
        self, ticker: str, ranges: Iterable[wire.PriceRange] = (), **changes: object
    ) -> Listing:
        """Return a known market with changed rules, or a new tick table, under a new version."""
        old, ranges = self.listings[ticker], tuple(ranges)
        made = []
        for outcome, each in zip(Outcome, old.both, strict=True):
            ticks = bands(ranges, outcome) if ranges else each.ticks
            own = {"ticks": ticks, "version": each.version + 1} | changes
            made.append(msgspec.structs.replace(each, **own))
        new = self.listings[ticker] = Listing(made[0], made[1], old.trading)
        return new

    def fees_changed(self, told: wire.EventFeeMsg) -> list[Listing]:
        """Return the markets of an event with the fees that it has now."""
        event = self._events.get(told.event_ticker)
        if event is None:
            return []
        event = msgspec.structs.replace(
            event,
            fee_type_override=told.fee_type_override,
            fee_multiplier_override=told.fee_multiplier_override,
        )
        self._events[told.event_ticker] = event
        fees = Terms(event, self._series[event.series_ticker]).fees
        mine = [own.yes for own in self.listings.values() if own.yes.event == event.event_ticker]
        return [self.revise(each.symbol, fee_parameters=fees) for each in mine]

    def _version(self, ticker: str) -> int:
        known = self.listings.get(ticker)
        return known.yes.version + 1 if known is not None else 1

    async def _of(self, symbol: str) -> list[Listing]:
        kind = self._kinds.get(symbol) or await self._kind(symbol)
        if kind == "market":
            return [await self.define(symbol)]
        if kind == "series":
            for event in await self._rest.events(symbol):
                self._events[event.event_ticker] = event
        found = []
        for status in ("open", "paused"):
            rows = await self._rest.markets({f"{kind}_ticker": symbol, "status": status})
            for row in rows:
                terms = await self._terms(row)
                found.append(listing(row, terms, self._version(row.ticker)))
        return found

    async def _kind(self, symbol: str) -> str:
        for kind, ask in (
            ("series", self._rest.series),
            ("event", self._rest.event),
            ("market", self._rest.market),
        ):
            try:
                await ask(symbol)
            except VenueError as error:
                if error.code not in UNKNOWN_HERE:
                    raise
            else:
                self._kinds[symbol] = kind
                return kind
        raise VenueError(
            f"Looked for {symbol} at {VENUE}, found no series, event or market of that name; "
            f"correct the account's symbols.",
            venue=VENUE,
            endpoint="symbols",
            code=NOT_FOUND,
        )

    async def _terms(self, row: wire.MarketRow) -> Terms:
        event = self._events.get(row.event_ticker)
        if event is None:
            event = self._events[row.event_ticker] = await self._rest.event(row.event_ticker)
        series = self._series.get(event.series_ticker)
        if series is None:
            series = self._series[event.series_ticker] = await self._rest.series(
                event.series_ticker
            )
        return Terms(event, series)


def _rules(instrument: Instrument) -> Instrument:
    """What trading depends on, and how the question ended; the rest is small talk."""
    told = instrument.statistics.get("resolution", "")
    return msgspec.structs.replace(instrument, statistics={"resolution": told}, version=0)


class Reading:
    """One reading of an account on every road, since a cursor in seconds of venue time."""

    def __init__(self, rest: Rest, orders: OrderNews, since_s: int) -> None:
        self.rows = AccountRows()
        self._rest, self._news, self._since_s = rest, orders, since_s

    async def read(self, ask: Sequence[OrderId], venue_ns: int) -> None:
        """Read everything as of `venue_ns` or later; raises VenueError when any part failed."""
        await self._catch_up(venue_ns)
        rest, rows = self._rest, self.rows
        for row in await rest.resting():
            self._take(row)
        rows.fills = await rest.fills(self._since_s - OVERLAP_S)
        # The history of fills does not name our ids, but their orders do.
        for order_id in sorted({row.order_id for row in rows.fills}):
            rows.names[order_id] = self._news.client_text(order_id)
            if rows.names[order_id] is None:
                row = await rest.order(order_id)
                rows.names[order_id] = row.client_order_id
                self._news.learn(row)
        await self._look_up(ask)
        rows.positions = await rest.positions()
        rows.cash = await rest.cash()
        rows.settled = await rest.settlements({"min_ts": self._since_s - SETTLED_OVERLAP_S})

    def _take(self, row: wire.OrderRow) -> None:
        self._news.learn(row)
        self.rows.orders[row.order_id] = row

    async def _catch_up(self, venue_ns: int) -> None:
        """Wait until reads show everything that had happened when we asked."""
        for _ in range(round(CATCH_UP_S / CATCH_UP_PAUSE_S)):
            if await self._rest.as_of_ns() >= venue_ns:
                return
            await asyncio.sleep(CATCH_UP_PAUSE_S)
        raise Unreachable(
            f"Read an account at {VENUE}, found it {CATCH_UP_S:g} s behind its events; ask again.",
            venue=VENUE,
            endpoint="/exchange/user_data_timestamp",
        )

    async def _look_up(self, ask: Sequence[OrderId]) -> None:
        """Add the orders that were asked for and do not rest; what is not there stays absent."""
        listed = {parse.meant(row.client_order_id)[0] for row in self.rows.orders.values()}
        names, places = set(ask) - listed, set[str]()
        for name in sorted(names):
            known = self._news.ours(name)
            if known is not None and known.order_id:
                self._take(await self._rest.order(known.order_id))
                names.discard(name)
            else:
                places.add(known.ticker if known is not None else "")
        # An order that this process did not send may be of any market and of any age.
        for ticker in [""] if "" in places else sorted(places):
            async for page in self._rest.orders({"ticker": ticker} if ticker else {}):
                for row in page:
                    client = parse.meant(row.client_order_id)[0]
                    if client in names:
                        names.discard(client)
                        self._take(row)
                if not names:
                    return

"""Kalshi's calls, one method each: signed, paced, timed, judged, decoded.

Knows paths, costs and deadlines. Must not know what an answer means to an order of ours: raises
the error tree. Reads are asked again, writes never. Source: Kalshi OpenAPI 3.30, read 2026-11-20.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Raw

from tradewind.edge.net.asking import Patience, ask_again
from tradewind.edge.net.offset import ClockOffset
from tradewind.edge.net.pace import Limit, Pace
from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.net.transport import HttpAnswer, HttpRequest
from tradewind.edge.venues.kalshi import wire
from tradewind.edge.venues.kalshi.auth import SignedAhead, Signer
from tradewind.edge.venues.kalshi.errors import NOT_FOUND, SKEWED, VENUE, failure, unreadable
from tradewind.edge.venues.kalshi.parse import Listing, Terms, listing, nanos
from tradewind.model.errors import AuthFailed, VenueError
from tradewind.model.instrument import Instrument
from tradewind.model.money import MILLIS, NANOS

PREFIX = "/trade-api/v2"
ORDERS = "/portfolio/events/orders"
READ, WRITE = "read", "write"
COST, CANCEL_COST = 10, 2
BASIC = {READ: Limit(capacity=200.0, per_s=200.0), WRITE: Limit(capacity=100.0, per_s=100.0)}
"""The smallest tier's buckets, until the account has told its own."""
ORDER_TIMEOUT_S = 5.0
PATIENCE = Patience(timeout_s=5.0, pause_min_s=0.2, pause_max_s=2.0, total_s=15.0)
PAGE = 1000
SECRET = ("/portfolio", "/account", "/exchange/user_data_timestamp")
"""Paths that answer only who signs."""
JSON = {"Content-Type": "application/json"}
Query = dict[str, str | int]
T = TypeVar("T")
_DECODERS: dict[object, msgspec.json.Decoder[object]] = {}


class Rest:
    """The calls of one account. `answered` and `failed` count requests since they were taken."""

    def __init__(self, seat: Seat, outside: Outside, *, sign_ahead: bool) -> None:
        self.signer = Signer(seat.keys) if seat.keys is not None else None
        self.pace = Pace(BASIC, outside.clock, venue=VENUE)
        self.offset = ClockOffset(margin_ns=0)
        self.answered = self.failed = 0
        self.limited = False
        self.write_capacity = BASIC[WRITE].capacity
        self._base = seat.hosts["rest"].rstrip("/")
        self._outside = outside
        self._costs: dict[tuple[str, str], int] = {}
        self._ahead: SignedAhead | None = None
        if self.signer is not None and sign_ahead:
            self._ahead = SignedAhead(self.signer, "POST", PREFIX + ORDERS)

    def stamp_ms(self) -> int:
        """Return the venue's time now, milliseconds."""
        return self.offset.stamp_ns(self._outside.clock.now_ns()) // MILLIS

    def sign_ahead(self) -> None:
        """Use an idle moment to sign the next new order's headers."""
        if self._ahead is not None:
            self._ahead.refresh(self.stamp_ms())

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
        self, series: str, ticker: str, start_s: int, end_s: int, minutes: int
    ) -> tuple[wire.CandleRow, ...]:
        """Return the candles that ended in [start, end], oldest first."""
        query: Query = {"start_ts": start_s, "end_ts": end_s, "period_interval": minutes}
        path = f"/series/{series}/markets/{ticker}/candlesticks"
        rows = await self._get(path, "candlesticks", tuple[wire.CandleRow, ...], query)
        return tuple(sorted(rows, key=lambda row: row.end_period_ts))

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

    async def as_of_ns(self) -> int:
        """Return until when reads of the account are complete, venue time."""
        answer = await self._get("/exchange/user_data_timestamp", "", wire.AsOfAnswer)
        return nanos(answer.as_of_time)

    async def order(self, order_id: str) -> wire.OrderRow:
        """Return one order."""
        return await self._get(f"/portfolio/orders/{order_id}", "order", wire.OrderRow)

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

    async def create(self, body: bytes, not_after_ns: int) -> wire.OrderReply:
        """Place an order whose body is ready."""
        return await self._order("POST", ORDERS, body, not_after_ns)

    async def amend(
        self, order_id: str, change: wire.ChangeOrder, not_after_ns: int
    ) -> wire.OrderReply:
        """Change price and size; the place in the queue stays if only the size shrinks."""
        body = wire.encode(change)
        return await self._order("POST", f"{ORDERS}/{order_id}/amend", body, not_after_ns)

    async def decrease(self, order_id: str, by: Decimal, not_after_ns: int) -> wire.OrderReply:
        """Shrink what rests; the place in the queue stays."""
        body = wire.encode(wire.DecreaseOrder(by))
        return await self._order("POST", f"{ORDERS}/{order_id}/decrease", body, not_after_ns)

    async def cancel(self, order_id: str, ticker: str, not_after_ns: int) -> wire.OrderReply:
        """Cancel an order; the ticker leads to its shard."""
        path, query = f"{ORDERS}/{order_id}", urlencode({"market_ticker": ticker})
        return await self._order("DELETE", path, b"", not_after_ns, query)

    async def create_batch(
        self, orders: Sequence[wire.CreateOrder], not_after_ns: int
    ) -> tuple[wire.OrderReply, ...]:
        """Place several; each answer stands where its order stood and may be an error."""
        return await self._batch("POST", tuple(orders), not_after_ns)

    async def cancel_batch(
        self, items: Sequence[wire.CancelItem], not_after_ns: int
    ) -> tuple[wire.OrderReply, ...]:
        """Cancel several; waits for the budget, for nothing is more urgent than what it does."""
        await self.pace.turn(WRITE, CANCEL_COST * len(items))
        return await self._batch("DELETE", tuple(items), not_after_ns)

    async def cancel_everything(self, not_after_ns: int) -> None:
        """Cancel all orders on all shards; orders of the next minute may be hit as well."""
        await self._write("DELETE", ORDERS, b"", not_after_ns)

    async def create_group(self, contracts: int, not_after_ns: int) -> str:
        """Make an order group that cancels its orders beyond so many contracts in 15 s."""
        body = wire.encode(wire.GroupLimit(contracts))
        answer = await self._write("POST", "/portfolio/order_groups/create", body, not_after_ns)
        return _decoded(answer.body, wire.GroupReply, "order_groups").order_group_id

    async def tell_group(self, group: str, verb: str, not_after_ns: int) -> None:
        """`trigger` a group, which cancels its orders, or `reset` it, which lets it trade again."""
        await self._write("PUT", f"/portfolio/order_groups/{group}/{verb}", b"{}", not_after_ns)

    def may_send(self, cost: int = COST) -> bool:
        """Take the budget for a write, or say no."""
        return self.pace.take(WRITE, cost)

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
            parts = _decoded(body, dict[str, Raw], path)
            yield _decoded(_part(parts, name, path), tuple[row, ...], path)  # type: ignore[valid-type]
            cursor = _decoded(parts.get("cursor", Raw(b'""')), str, path)
            if not cursor:
                return
            if cursor in seen:
                raise unreadable(path, "a page that leads back to itself")
            seen.add(cursor)

    async def _get(self, path: str, name: str, kind: type[T], query: Query | None = None) -> T:
        body = await self._read(path, query or {})
        if name:
            body = bytes(_part(_decoded(body, dict[str, Raw], path), name, path))
        return _decoded(body, kind, path)

    async def _read(self, path: str, query: Query) -> bytes:
        cost = self._costs.get(("GET", _pattern(path)), COST)
        await self.pace.turn(READ, cost, download="candlesticks" in path)
        url = self._base + PREFIX + path + (f"?{urlencode(query)}" if query else "")
        sent_ns = 0

        def make() -> HttpRequest:
            nonlocal sent_ns
            sent_ns = self._outside.clock.now_ns()
            return HttpRequest("GET", url, self._headers("GET", path))

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
        self, method: str, path: str, body: bytes, not_after_ns: int, query: str = ""
    ) -> wire.OrderReply:
        sent_ns = self._outside.clock.now_ns()
        answer = await self._write(method, path, body, not_after_ns, query)
        reply = _decoded(answer.body, wire.OrderReply, path)
        if not reply.order_id:
            raise unreadable(path, "an answer without an order id")
        if reply.ts_ms is not None:
            now_ns = self._outside.clock.now_ns()
            self.offset.sample(sent_ns, now_ns, reply.ts_ms * MILLIS + MILLIS // 2)
        return reply

    async def _batch(
        self, method: str, orders: tuple[wire.CreateOrder | wire.CancelItem, ...], not_after_ns: int
    ) -> tuple[wire.OrderReply, ...]:
        body = wire.encode(wire.Batch(orders))
        answer = await self._write(method, f"{ORDERS}/batched", body, not_after_ns)
        replies = _decoded(answer.body, wire.BatchReply, "batched").orders
        if len(replies) != len(orders):
            raise unreadable("batched", f"{len(replies)} answers to {len(orders)} orders")
        return replies

    async def _write(
        self, method: str, path: str, body: bytes, not_after_ns: int, query: str = ""
    ) -> HttpAnswer:
        url = self._base + PREFIX + path + (f"?{query}" if query else "")
        request = HttpRequest(method, url, self._headers(method, path) | JSON, body)
        try:
            answer = await self._outside.transport.ask(
                request, timeout_s=ORDER_TIMEOUT_S, not_after_ns=not_after_ns
            )
            return self._judged(answer, path)
        except VenueError:
            self.failed += 1
            raise

    def _headers(self, method: str, path: str) -> dict[str, str]:
        if method == "GET" and not path.startswith(SECRET):
            return {}
        if self.signer is None:
            raise AuthFailed(
                f"Asked {VENUE} for {path}, found no keys; add the account's keys to the vault.",
                venue=VENUE,
                endpoint=path,
            )
        if self._ahead is not None and (method, path) == ("POST", ORDERS):
            return self._ahead.headers(self.stamp_ms())
        return self.signer.headers(method, PREFIX + path, self.stamp_ms())

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


def _part(parts: dict[str, Raw], name: str, path: str) -> Raw:
    if name not in parts:
        raise unreadable(path, f"no {name!r}")
    return parts[name]


def _decoded(body: bytes | Raw, kind: type[T], path: str) -> T:
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(body)  # type: ignore[return-value]
    except msgspec.DecodeError as error:
        raise unreadable(path, str(error)) from error


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
        changed = before is None or _rules(before.yes) != _rules(found.yes)
        if changed or before is None:
            self.listings[ticker] = found
        else:
            self.listings[ticker] = Listing(before.yes, before.no, found.trading)
        return changed

    def revise(self, ticker: str, **changes: object) -> Listing | None:
        """Return a market with changed rules under a new version, None where it is not known."""
        old = self.listings.get(ticker)
        if old is None:
            return None
        version = old.yes.version + 1
        yes, no = (msgspec.structs.replace(each, version=version, **changes) for each in old.both)
        new = self.listings[ticker] = Listing(yes, no, old.trading)
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
        tickers = [
            name for name, own in self.listings.items() if own.yes.event == told.event_ticker
        ]
        revised = [self.revise(ticker, fee_parameters=fees) for ticker in tickers]
        return [each for each in revised if each is not None]

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
                if error.code not in (NOT_FOUND, "market_not_found"):
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
    return msgspec.structs.replace(instrument, statistics={}, version=0)

"""Bybit's calls over HTTP: what is asked, how often, and what comes back as wire structs.

Knows paths, pages, limits and the clock's offset. Must not know what an answer means to us.
Source: Bybit API documentation v5, read 2026-11-20.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec

from tradewind.edge.net.asking import Patience, ask_again
from tradewind.edge.net.offset import ClockOffset
from tradewind.edge.net.pace import Limit, Pace
from tradewind.edge.net.seat import Outside
from tradewind.edge.net.transport import HttpAnswer, HttpRequest
from tradewind.edge.venues.bybit import parse, wire
from tradewind.edge.venues.bybit.auth import Signer
from tradewind.edge.venues.bybit.errors import (
    BANNED_S,
    CLOCK,
    VENUE,
    Remedy,
    drifted,
    failure,
    http_failure,
    remedy,
)
from tradewind.edge.venues.bybit.parse import LINEAR, SPOT
from tradewind.edge.venues.bybit.stream import Memory, PrivateStream
from tradewind.model.errors import (
    AuthFailed,
    BadReply,
    ConfigError,
    RateLimited,
    Unreachable,
    VenueError,
)
from tradewind.model.events import ReportedOrder, ReportedPosition
from tradewind.model.fill import Fill
from tradewind.model.ids import OrderId
from tradewind.model.money import MILLIS, NANOS

Shape = TypeVar("Shape")
PATIENCE = Patience(timeout_s=5.0, pause_min_s=0.2, pause_max_s=2.0, total_s=15.0)
ORDER_TIMEOUT_S = 5.0
STAMP_MARGIN_NS = 20 * MILLIS
"""A stamp may lie one second ahead at most: what the offset cannot know stays far below that."""
NO_FEE_RATES = "10001"  # what demo answers to the question for fee rates
PAGES_MAX = 1_000
ROUNDS_MAX = 40
"""A cancel-all takes 500 orders; so many times it is repeated before somebody must look."""
OVERLAP_MS = 5 * 60_000
"""How far a reading goes back behind its cursor: rows of one moment may come in another order."""
LONGEST_LOOK_MS = 6 * 24 * 3_600_000
WEEK_MS = 7 * 24 * 3_600_000 - 1
CANDLES_A_PAGE = 1_000
PATHS = {
    "order.create": "/v5/order/create",
    "order.amend": "/v5/order/amend",
    "order.cancel": "/v5/order/cancel",
    "order.cancel-all": "/v5/order/cancel-all",
    "order.create-batch": "/v5/order/create-batch",
    "order.cancel-batch": "/v5/order/cancel-batch",
}
ENVELOPE = msgspec.json.Decoder(wire.Envelope)
INSTRUMENTS = msgspec.json.Decoder(wire.Page[wire.InstrumentRow])
FEES = msgspec.json.Decoder(wire.Page[wire.FeeRow])
ORDERS = msgspec.json.Decoder(wire.Page[wire.OrderRow])
EXECUTIONS = msgspec.json.Decoder(wire.Page[wire.FillRow])
POSITIONS = msgspec.json.Decoder(wire.Page[wire.PositionRow])
WALLETS = msgspec.json.Decoder(wire.Page[wire.WalletRow])
CANDLES = msgspec.json.Decoder(wire.Page[tuple[str, ...]])
TIME = msgspec.json.Decoder(wire.ServerTime)
KEY = msgspec.json.Decoder(wire.KeyRow)
ANSWER = msgspec.json.Decoder(wire.OrderAnswer)
CANCELLED = msgspec.json.Decoder(wire.Page[wire.OrderAnswer])
encode = msgspec.json.Encoder().encode


class Tally:
    """How many requests were answered and failed since the last look, and the order budget."""

    def __init__(self) -> None:
        self.answered = 0
        self.failed = 0
        self.remaining: int | None = None

    def take(self) -> tuple[int, int, int | None]:
        """Return the counts and begin anew."""
        counts = (self.answered, self.failed, self.remaining)
        self.__init__()  # type: ignore[misc]
        return counts


def limits(orders_per_s: Decimal) -> dict[str, Limit]:
    """Return the buckets: per address, and per account by endpoint, orders by category too."""
    mine = float(max(orders_per_s, Decimal(1)))
    spot = max(20.0, mine)
    rates = {"read": 50.0, "fee": 5.0, "key": 10.0}
    for op in PATHS:
        rates[f"{op}:{LINEAR}"] = mine
        rates[f"{op}:{SPOT}"] = mine if op == "order.amend" else spot
    buckets = {key: Limit(capacity=rate, per_s=rate) for key, rate in rates.items()}
    return buckets | {"address": Limit(capacity=500.0, per_s=100.0)}


class Rest:
    """One account's calls, or without a signer the public ones."""

    def __init__(
        self, outside: Outside, host: str, signer: Signer | None, orders_per_s: Decimal
    ) -> None:
        self.offset = ClockOffset(STAMP_MARGIN_NS)
        self.pace = Pace(limits(orders_per_s), outside.clock, venue=VENUE)
        self.tally = Tally()
        self._outside = outside
        self._host = host
        self._signer = signer
        self._held_until_ns = 0

    def stamp_ms(self) -> int:
        """Return the venue's time as far as we know it, milliseconds."""
        return self.offset.stamp_ns(self._outside.clock.now_ns()) // MILLIS

    @property
    def held(self) -> bool:
        """Tell whether the address was sent away and must not ask."""
        return self._outside.clock.monotonic_ns() < self._held_until_ns

    # --- reads ------------------------------------------------------------------------------

    async def sync_clock(self) -> None:
        """Measure the venue's clock against ours; raises VenueError."""
        clock = self._outside.clock
        sent_ns = clock.now_ns()
        answer = await self._ask("/v5/market/time", "", TIME)
        if not answer.time_nano.isdecimal():
            raise drifted("/v5/market/time", repr(answer.time_nano))
        self.offset.sample(sent_ns, clock.now_ns(), int(answer.time_nano))

    async def instruments(self, category: str, status: str) -> list[wire.InstrumentRow]:
        """Return the symbols of a category in a status, `Trading` or another; raises VenueError."""
        query = f"category={category}&status={status}&limit=1000"
        return await self._pages("/v5/market/instruments-info", query, INSTRUMENTS)

    async def candles(
        self, category: str, symbol: str, interval: str, span_ms: tuple[int, int, int]
    ) -> list[tuple[str, ...]]:
        """Return candles that opened in [start, end), `span_ms` being start, end and interval."""
        start_ms, end_ms, step_ms = span_ms
        rows: list[tuple[str, ...]] = []
        while start_ms < end_ms:
            stop_ms = min(start_ms + CANDLES_A_PAGE * step_ms, end_ms)
            query = (
                f"category={category}&symbol={symbol}&interval={interval}"
                f"&start={start_ms}&end={stop_ms - 1}&limit={CANDLES_A_PAGE}"
            )
            await self.pace.turn("address", download=True)
            rows.extend((await self._ask("/v5/market/kline", query, CANDLES)).rows)
            start_ms = stop_ms
        return rows

    async def fees(self, category: str) -> list[wire.FeeRow]:
        """Return what the account pays by symbol, as far as Bybit says; raises VenueError."""
        if self._signer is None:
            return []
        query = f"category={category}"
        try:
            return list((await self._ask("/v5/account/fee-rate", query, FEES, key="fee")).rows)
        except VenueError as error:
            if error.code != NO_FEE_RATES:
                raise
            return []

    async def key(self) -> wire.KeyRow:
        """Return what our key may do; raises VenueError."""
        return await self._ask("/v5/user/query-api", "", KEY, key="key")

    async def orders(self, query: str, *, history: bool = False) -> list[wire.OrderRow]:
        """Return every page of open or past orders that a query names; raises VenueError."""
        path = "/v5/order/history" if history else "/v5/order/realtime"
        return await self._pages(path, f"{query}&limit=50", ORDERS, key="read")

    async def find(self, order_id: OrderId, queries: Iterable[str]) -> list[wire.OrderRow]:
        """Look our id up on every road: past, lately closed, open; the newest word of each."""
        rows: dict[str, wire.OrderRow] = {}
        for query in queries:
            named = f"{query}&orderLinkId={order_id}"
            found = await self.orders(named, history=True)
            found += await self.orders(f"{named}&openOnly=1")
            found += await self.orders(f"{named}&openOnly=0")
            for row in found:
                known = rows.get(row.order_id)
                newer = known is None or _updated_ns(row) >= _updated_ns(known)
                if newer and row.order_link_id == order_id:
                    rows[row.order_id] = row
        return list(rows.values())

    async def fills(self, category: str, start_ms: int, end_ms: int) -> list[wire.FillRow]:
        """Return all executions in [start, end], in windows of at most a week."""
        rows: dict[str, wire.FillRow] = {}
        while start_ms <= end_ms:
            stop_ms = min(start_ms + WEEK_MS, end_ms)
            query = f"category={category}&startTime={start_ms}&endTime={stop_ms}&limit=100"
            page = await self._pages("/v5/execution/list", query, EXECUTIONS, key="read")
            rows |= {row.exec_id: row for row in page}
            start_ms = stop_ms + 1
        return sorted(rows.values(), key=_executed)

    async def positions(self, narrowed: str) -> list[wire.PositionRow]:
        """Return linear positions of a settle coin or a symbol; raises VenueError."""
        query = f"category={LINEAR}&{narrowed}&limit=200"
        return await self._pages("/v5/position/list", query, POSITIONS, key="read")

    async def wallet(self) -> tuple[wire.CoinRow, ...]:
        """Return what the account has of each coin; raises VenueError."""
        query = "accountType=UNIFIED"
        page = await self._ask("/v5/account/wallet-balance", query, WALLETS, key="read")
        if len(page.rows) != 1:
            raise drifted("/v5/account/wallet-balance", f"{len(page.rows)} accounts")
        return page.rows[0].coin

    # --- orders -----------------------------------------------------------------------------

    async def order(
        self,
        op: str,
        category: str,
        body: bytes,
        not_after_ns: int,
        on_written: Callable[[], None] | None = None,
    ) -> wire.Envelope:
        """Send one request about orders, once, and return its answer whatever its code.

        `on_written` is told when its bytes have left.
        Raises Unreachable where it never left, OutcomeUnknown where it may have happened.
        """
        path = PATHS[op]
        request = self._request("POST", path, body, private=True)
        request = msgspec.structs.replace(request, on_written=on_written)
        answer = await self._outside.transport.ask(
            request, timeout_s=ORDER_TIMEOUT_S, not_after_ns=not_after_ns
        )
        self.believe(answer.headers, f"{op}:{category}")
        return self._opened(answer, path)

    async def sweep(self, query: str, not_after_ns: int, *, keep_protective: bool) -> None:
        """Cancel all orders that a query names; stops that only protect may be kept.

        Raises VenueError where it did not come to its end.
        """
        await self._sweep_kind(query, "Order", not_after_ns)
        if not keep_protective:
            await self._sweep_kind(query, "StopOrder", not_after_ns)
            return
        category = category_of(query)
        for row in await self.orders(f"{query}&orderFilter=StopOrder"):
            protects = row.reduce_only or (category == SPOT and row.side == "Sell")
            if not protects:
                named = wire.CancelById(category, row.symbol, row.order_id, "StopOrder")
                await self._must("order.cancel", category, encode(named), not_after_ns)

    async def _sweep_kind(self, query: str, kind: str, not_after_ns: int) -> None:
        words = dict(part.split("=") for part in query.split("&"))
        category = words["category"]
        body = encode(wire.CancelEverything(category, words.get("settleCoin"), kind))
        for _ in range(ROUNDS_MAX):
            result = await self._must("order.cancel-all", category, body, not_after_ns)
            if category == SPOT or not wire.decoded(CANCELLED, result, "cancel-all").rows:
                return
        raise drifted("/v5/order/cancel-all", f"orders left after {ROUNDS_MAX} rounds")

    async def _must(self, op: str, category: str, body: bytes, not_after_ns: int) -> msgspec.Raw:
        await self.pace.turn(f"{op}:{category}")
        answer = await self.order(op, category, body, not_after_ns)
        if answer.ret_code and remedy(answer.ret_code) is not Remedy.GONE:
            raise failure(answer.ret_code, answer.ret_msg, op)
        return answer.result

    def believe(self, headers: Mapping[str, str], key: str) -> None:
        """Believe the limits that an answer to an order tells."""
        told = {name.lower(): text for name, text in headers.items()}
        left = told.get("x-bapi-limit-status", "")
        reset = told.get("x-bapi-limit-reset-timestamp", "")
        if left.isdecimal():
            self.pace.told(key, int(left), int(reset) * MILLIS if reset.isdecimal() else 0)
            if key.startswith("order.create"):
                self.tally.remaining = int(left)

    # --- the road ---------------------------------------------------------------------------

    async def _pages(
        self,
        path: str,
        query: str,
        decoder: "msgspec.json.Decoder[wire.Page[Shape]]",
        key: str = "",
    ) -> list[Shape]:
        rows: list[Shape] = []
        cursor = ""
        for _ in range(PAGES_MAX):
            # The cursor came percent-encoded and goes back as it is: encoding it again breaks it.
            page = await self._ask(path, f"{query}{cursor}", decoder, key=key)
            rows.extend(page.rows)
            if not page.next_page_cursor or not page.rows:
                return rows
            cursor = f"&cursor={page.next_page_cursor}"
        raise drifted(path, f"more than {PAGES_MAX} pages")

    async def _ask(
        self, path: str, query: str, decoder: "msgspec.json.Decoder[Shape]", key: str = ""
    ) -> Shape:
        """Ask on a public path, or with a `key` of the rate limits on a private one."""
        try:
            return await self._ask_in_time(path, query, decoder, key)
        except AuthFailed as error:
            if error.code != CLOCK:
                raise
            self.offset.forget()
        await self.sync_clock()
        return await self._ask_in_time(path, query, decoder, key)

    async def _ask_in_time(
        self, path: str, query: str, decoder: "msgspec.json.Decoder[Shape]", key: str
    ) -> Shape:
        await self.pace.turn("address")
        if key:
            await self.pace.turn(key)

        def judge(answer: HttpAnswer) -> Shape:
            envelope = self._opened(answer, path)
            if envelope.ret_code:
                raise failure(envelope.ret_code, envelope.ret_msg, path)
            return wire.decoded(decoder, envelope.result, path)

        try:
            return await ask_again(
                self._outside.transport,
                lambda: self._request("GET", path, query.encode(), private=bool(key)),
                venue=VENUE,
                endpoint=path,
                policy=PATIENCE,
                clock=self._outside.clock,
                dice=self._outside.dice,
                judge=judge,
            )
        except (Unreachable, RateLimited, BadReply):
            self.tally.failed += 1
            raise

    def _request(self, method: str, path: str, payload: bytes, *, private: bool) -> HttpRequest:
        if self.held:
            raise RateLimited(
                f"Did not ask Bybit for {path}: it sent this address away; wait.",
                venue=VENUE,
                endpoint=path,
                retry_after_s=BANNED_S,
            )
        headers: dict[str, str] = {}
        if private:
            if self._signer is None:
                raise ConfigError(f"Asked Bybit for {path}, found no keys; add the account's.")
            headers = self._signer.headers(payload, self.stamp_ms())
        if method == "POST":
            headers["Content-Type"] = "application/json"
            return HttpRequest(method, f"{self._host}{path}", headers, payload)
        query = f"?{payload.decode()}" if payload else ""
        return HttpRequest(method, f"{self._host}{path}{query}", headers)

    def _opened(self, answer: HttpAnswer, path: str) -> wire.Envelope:
        error = http_failure(answer, path)
        if error is not None:
            self._hold(error)
            raise error
        envelope = wire.decoded(ENVELOPE, answer.body, path)
        self.tally.answered += 1
        return envelope

    def _hold(self, error: VenueError) -> None:
        if isinstance(error, RateLimited) and error.retry_after_s >= BANNED_S:
            self._held_until_ns = self._outside.clock.monotonic_ns() + int(BANNED_S * NANOS)


class Reading:
    """One reading of an account on every road; what it finds of our orders is told as news, too."""

    def __init__(
        self, rest: Rest, private: PrivateStream, memory: Memory, now_ns: Callable[[], int]
    ) -> None:
        self._rest, self._private, self._memory = rest, private, memory
        self._now_ns = now_ns

    async def orders(
        self, queries: Iterable[str], asked: Iterable[OrderId]
    ) -> Iterable[ReportedOrder]:
        """Return what is open, and what was asked for by our ids; raises VenueError."""
        found: dict[str, ReportedOrder] = {}
        for query in queries:
            category = category_of(query)
            rows = await self._rest.orders(f"{query}&openOnly=0")
            for order_id in asked:
                rows += await self._rest.find(order_id, [query])
            found |= {row.order_id: parse.reported_order(row, category) for row in rows}
            self._memory.notice(rows)
        return found.values()

    async def held(self, queries: Iterable[str]) -> list[ReportedPosition]:
        """Return what is held of what the queries name; raises VenueError."""
        rows = [
            row for query in queries for row in await self._rest.positions(query.partition("&")[2])
        ]
        self._private.hear_positions(rows, self._now_ns())
        return [told for row in rows if (told := parse.position(row)) is not None]

    async def fills(self, categories: Iterable[str], cursor: str) -> tuple[list[Fill], str]:
        """Return executions since a cursor, and the next one; raises VenueError."""
        now_ms = self._rest.stamp_ms()
        newest_ms = int(cursor) if cursor else now_ms
        since_ms = newest_ms - OVERLAP_MS
        fills = []
        for category in categories:
            for row in await self._rest.fills(category, since_ms, now_ms + OVERLAP_MS):
                fill = self._private.hear_fill(row, self._now_ns(), category)
                if fill is not None:
                    fills.append(fill)
                    newest_ms = max(newest_ms, fill.ts_event // MILLIS)
        # A quiet account must not look back further every day.
        return fills, str(max(newest_ms, now_ms - LONGEST_LOOK_MS))


def category_of(query: str) -> str:
    """Return the category that a query names."""
    return SPOT if query.endswith(SPOT) else LINEAR


def each_query(category: str, settle_coins: Iterable[str]) -> list[str]:
    """Return the queries that together name everything of a category."""
    if category == SPOT:
        return [f"category={SPOT}"]
    return [f"category={LINEAR}&settleCoin={coin}" for coin in settle_coins]


def _updated_ns(row: wire.OrderRow) -> int:
    return wire.nanoseconds(row.updated_time, "order")


def _executed(row: wire.FillRow) -> tuple[int, str]:
    return wire.nanoseconds(row.exec_time, "execution"), row.exec_id

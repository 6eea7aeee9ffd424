"""One Bybit account behind the seam `ports.Venue`.

Knows what was asked and not answered yet. Must not decide anything: what is refused, lost or
odd becomes an event. Source: Bybit API documentation v5, read 2026-11-20.
"""

import asyncio
import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from tradewind.edge.net.line import Line, LineSettings, Listener
from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.venues.bybit import parse, wire
from tradewind.edge.venues.bybit.auth import Signer
from tradewind.edge.venues.bybit.errors import (
    SAME_ORDER,
    VENUE,
    Remedy,
    drifted,
    failure,
    remedy,
)
from tradewind.edge.venues.bybit.parse import LINEAR, SPOT, Told
from tradewind.edge.venues.bybit.rest import CANDLES_A_PAGE, Rest, each_query
from tradewind.edge.venues.bybit.stream import (
    ANSWER,
    CANCELLED,
    PING,
    AccountNews,
    Login,
    PrivateStream,
    PublicStream,
    Route,
    TradeStream,
    encode,
    topic_of,
)
from tradewind.model import events as ev
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.errors import (
    BadReply,
    ConfigError,
    OutcomeUnknown,
    Unreachable,
    VenueError,
)
from tradewind.model.fill import Fill
from tradewind.model.ids import (
    AccountId,
    Currency,
    InstrumentId,
    OrderId,
    VenueId,
    VenueOrderId,
)
from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.model.market import INTERVALS_NS, Trading
from tradewind.model.money import MILLIS, NANOS
from tradewind.model.order import OrderType
from tradewind.ports import Prepared, Wanted

ENVIRONMENTS: dict[str, dict[str, str]] = {
    "mainnet": {
        "rest": "https://api.bybit.com",
        "public": "wss://stream.bybit.com/v5/public",
        "private": "wss://stream.bybit.com/v5/private",
        "trade": "wss://stream.bybit.com/v5/trade",
    },
    "testnet": {
        "rest": "https://api-testnet.bybit.com",
        "public": "wss://stream-testnet.bybit.com/v5/public",
        "private": "wss://stream-testnet.bybit.com/v5/private",
        "trade": "wss://stream-testnet.bybit.com/v5/trade",
    },
    # Demo has no public data of its own, and takes orders over REST alone.
    "demo": {
        "rest": "https://api-demo.bybit.com",
        "public": "wss://stream.bybit.com/v5/public",
        "private": "wss://stream-demo.bybit.com/v5/private",
    },
}
ANSWER_WITHIN_NS = 5 * NANOS
OVERLAP_MS = 5 * 60_000
"""How far a reading goes back behind its cursor: rows of one moment may come in another order."""
LONGEST_LOOK_MS = 6 * 24 * 3_600_000
REMEMBERED = 10_000
TICK_S = 0.25
PING_EVERY_NS = 20 * NANOS
REFRESH_S = 60.0
ROUNDS_MAX = 40
"""A cancel-all takes 500 orders; so many times it is repeated before somebody must look."""
LINE = LineSettings(
    venue=VENUE,
    name="",
    connect_s=10.0,
    greet_s=10.0,
    silence_s=5.0,
    backoff_min_s=0.5,
    backoff_max_s=30.0,
)
NO_FEE_RATES = "10001"
"""What demo answers to the question for fee rates."""


class Ready(msgspec.Struct, frozen=True):
    """The payload of a prepared order: its bytes, and what an answer must be compared with."""

    body: bytes
    order: SubmitOrder


class Pending(msgspec.Struct, frozen=True):
    """A request that was written and not answered yet."""

    request: ev.Request
    client_order_id: OrderId
    instrument: InstrumentId
    key: str
    deadline_ns: int
    order: SubmitOrder | None = None


class BybitVenue:
    """One account at Bybit: linear perpetuals and spot, over REST and three kinds of socket."""

    def __init__(self, seat: Seat, outside: Outside) -> None:
        """Raises ConfigError where hosts or keys are incomplete."""
        missing = {"rest", "public"} - set(seat.hosts)
        if missing:
            raise ConfigError(f"Built a Bybit account, found no host {missing}; give it.")
        self._account = seat.account.id
        self._hedge = seat.account.hedge_mode
        self._hosts = seat.hosts
        self._symbols = [parse.listing(symbol) for symbol in seat.symbols]
        self._categories = tuple(dict.fromkeys(category for category, _ in self._symbols))
        self._outside = outside
        self._clock = outside.clock
        self._sink = outside.sink
        self._signer = Signer(seat.keys) if seat.keys is not None else None
        self._rest = Rest(outside, seat.hosts["rest"], self._signer, seat.account.orders_per_s)
        self._rules: dict[InstrumentId, Instrument] = {}
        self._trading: dict[InstrumentId, Trading] = {}
        self._watched: set[InstrumentId] = set()
        self._told: OrderedDict[OrderId, Told] = OrderedDict()
        self._pending: dict[str, Pending] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._session_live = False
        self._lines: dict[str, Line] = {}
        self._publics = {
            category: PublicStream(self._sink, self._clock.now_ns) for category in (LINEAR, SPOT)
        }
        self._trade: TradeStream | None = None

    # --- what there is ----------------------------------------------------------------------

    async def discover(self) -> list[Instrument]:
        """Return the configured instruments with the account's own fees.

        Raises VenueError, and ConfigError for a key that may withdraw, another position mode than
        declared, or a symbol that is not listed.
        """
        await self._rest.sync_clock()
        if self._signer is not None:
            await self._check_key()
        for rules, trading in await self._listed():
            self._rules[rules.id] = rules
            self._trading[rules.id] = trading
        if self._signer is not None:
            await self._check_mode()
        return list(self._rules.values())

    async def _listed(self) -> list[tuple[Instrument, Trading]]:
        found = []
        for category in self._categories:
            wanted = [symbol for each, symbol in self._symbols if each == category]
            rows = {row.symbol: row for row in await self._rest.instruments(category)}
            fees = await self._fees(category)
            for symbol in wanted:
                name = parse.instrument_id(category, symbol)
                if symbol in rows:
                    found.append(self._defined(category, rows[symbol], fees.get(symbol)))
                elif name in self._rules:
                    found.append((self._rules[name], Trading.CLOSED))
                else:
                    raise ConfigError(
                        f"Looked up {symbol} in Bybit's {category} list, found nothing that "
                        f"trades under that name; correct the account's symbols."
                    )
        return found

    def _defined(
        self, category: str, row: wire.InstrumentRow, fee: wire.FeeRow | None
    ) -> tuple[Instrument, Trading]:
        rules = parse.instrument(category, row, fee)
        known = self._rules.get(rules.id)
        if known is not None:
            same = msgspec.structs.replace(rules, version=known.version) == known
            version = known.version if same else known.version + 1
            rules = known if same else msgspec.structs.replace(rules, version=version)
        return rules, parse.word(parse.TRADING, row.status, f"status of {row.symbol}")

    async def _fees(self, category: str) -> dict[str, wire.FeeRow]:
        if self._signer is None:
            return {}
        try:
            return {row.symbol: row for row in await self._rest.fees(category)}
        except VenueError as error:
            if error.code != NO_FEE_RATES:
                raise
            return {}

    async def _check_key(self) -> None:
        key = await self._rest.key()
        may = {word.lower() for words in key.permissions.values() for word in words}
        if any("withdraw" in word for word in may):
            raise ConfigError(
                f"Looked at the Bybit key of {self._account}, found that it may withdraw; make "
                f"one that may only trade and read."
            )
        if key.read_only:
            raise ConfigError(
                f"Looked at the Bybit key of {self._account}, found that it may only read; make "
                f"one that may trade, without withdrawals."
            )

    async def _check_mode(self) -> None:
        for category, symbol in self._symbols:
            if category != LINEAR:
                continue
            rows = await self._rest.positions(f"symbol={symbol}")
            if any(self._in_other_mode(row) for row in rows):
                told = "one-way" if self._hedge else "hedge"
                raise ConfigError(
                    f"Looked at {symbol} of {self._account}, found it in {told} mode; set "
                    f"hedge_mode of the account as it is at the venue, or change it there."
                )

    def _in_other_mode(self, row: wire.PositionRow) -> bool:
        return (row.position_idx != 0) is not self._hedge

    async def candles(
        self, instrument: InstrumentId, interval: str, start_ns: int, end_ns: int
    ) -> list[ev.Candle]:
        """Return closed candles that opened in [start, end), oldest first; raises VenueError."""
        rules, word = self._rules.get(instrument), parse.INTERVALS.get(interval)
        if rules is None or word is None:
            raise ConfigError(
                f"Asked Bybit for {interval} candles of {instrument}, found no such "
                f"{'instrument' if rules is None else 'interval'}; choose one that it has."
            )
        category, symbol = parse.listing(instrument)
        step_ns = INTERVALS_NS[interval]
        closed_ns = self._rest.stamp_ms() * MILLIS - step_ns
        found: dict[int, ev.Candle] = {}
        while start_ns < end_ns:
            stop_ns = min(start_ns + CANDLES_A_PAGE * step_ns, end_ns)
            rows = await self._rest.candles(
                category, symbol, word, start_ns // MILLIS, stop_ns // MILLIS
            )
            recv_ns = self._clock.now_ns()
            for row in rows:
                told = parse.candle_row(row, interval, 0)
                if told.start * MILLIS <= closed_ns:
                    candle = parse.candle(rules, interval, told, recv_ns)
                    found[candle.ts_event] = candle
            start_ns = stop_ns
        return [found[opened] for opened in sorted(found)]

    def watch(self, wanted: Sequence[Wanted]) -> None:
        """Listen to exactly these feeds; raises ConfigError for one that Bybit does not have."""
        routes: dict[str, dict[str, Route]] = {LINEAR: {}, SPOT: {}}
        for each in wanted:
            category, symbol = parse.listing(each.instrument)
            rules = self._rules.get(each.instrument)
            for feed in sorted(each.feeds):
                topic = topic_of(feed, symbol)
                if rules is None or not topic or (feed == "funding" and category == SPOT):
                    raise ConfigError(
                        f"Watched {feed} of {each.instrument}, found no such feed at Bybit; "
                        f"choose a known instrument and feed."
                    )
                routes[category][topic] = Route(rules, feed)
        before, self._watched = self._watched, {each.instrument for each in wanted}
        now_ns = self._clock.now_ns()
        for name in sorted(self._watched - before):
            self._sink(ev.TradingChanged(name, now_ns, now_ns, self._trading[name]))
        for category, topics in routes.items():
            self._publics[category].watch(topics)
            if topics:
                self._start(category, self._publics[category], f"public/{category}")

    # --- orders -----------------------------------------------------------------------------

    def prepare(self, order: SubmitOrder) -> Prepared:
        """Encode an order once; raises ConfigError for what Bybit cannot express."""
        category, _ = parse.listing(order.spec.instrument)
        last_px = self._publics[category].last_px.get(order.spec.instrument)
        body = encode(parse.create(order, last_px))
        digest = hashlib.sha256(body).hexdigest()
        return Prepared(order.client_order_id, order.client_order_id, digest, Ready(body, order))

    def submit(self, prepared: Prepared, not_after_ns: int) -> None:
        """Send a new order over the trade socket, or by REST where there is none."""
        ready: Ready = prepared.payload
        order, spec = ready.order, ready.order.spec
        told = self._of(order.client_order_id)
        told.qty, told.px = spec.qty, spec.px
        if spec.order_type in (OrderType.STOP, OrderType.STOP_LIMIT):
            told.asleep = True
            told.trigger_px = spec.trigger_px or told.trigger_px
            told.px = spec.px if spec.order_type is OrderType.STOP_LIMIT else None
        pending = self._asking(
            ev.Request.SUBMIT, order.client_order_id, spec.instrument, "create", order
        )
        self._send(pending, "order.create", ready.body, not_after_ns)

    def amend(self, change: AmendOrder, not_after_ns: int) -> None:
        """Send a change of a live order."""
        body = encode(parse.change(change))
        self._of(change.client_order_id).asked = (change.qty, change.px)
        pending = self._asking(ev.Request.AMEND, change.client_order_id, change.instrument, "amend")
        self._send(pending, "order.amend", body, not_after_ns)

    def cancel(self, request: CancelOrder, not_after_ns: int) -> None:
        """Send a cancel; while the trade socket is down, by REST."""
        category, symbol = parse.listing(request.instrument)
        body = encode(wire.Change(category, symbol, request.client_order_id))
        pending = self._asking(
            ev.Request.CANCEL, request.client_order_id, request.instrument, "cancel"
        )
        self._send(pending, "order.cancel", body, not_after_ns)

    def _asking(
        self,
        request: ev.Request,
        client_order_id: OrderId,
        instrument: InstrumentId,
        verb: str,
        order: SubmitOrder | None = None,
    ) -> Pending:
        category, _ = parse.listing(instrument)
        deadline_ns = self._clock.monotonic_ns() + ANSWER_WITHIN_NS
        key = f"order.{verb}:{category}"
        return Pending(request, client_order_id, instrument, key, deadline_ns, order)

    def _send(self, pending: Pending, op: str, body: bytes, not_after_ns: int) -> None:
        trade, tasks = self._trade, self._tasks
        by_socket = trade is not None and (trade.ready or pending.request is not ev.Request.CANCEL)
        reason = ""
        if tasks is None:
            reason = "the account is not connected"
        elif self._rest.held:
            reason = "Bybit sent this address away"
        elif not self._rest.pace.take(pending.key):
            reason = f"the rate budget of {pending.key} is spent"
        elif self._clock.monotonic_ns() > not_after_ns:
            reason = "its deadline passed before the socket"
        elif by_socket and trade is not None:
            try:
                self._pending[trade.send(op, body)] = pending
            except Unreachable as error:
                reason = str(error)
            else:
                self._sent(pending)
        else:
            tasks.create_task(self._post(pending, op, body, not_after_ns))
        if reason:
            self._not_sent(pending, reason)

    def _sent(self, pending: Pending) -> None:
        if pending.order is not None:
            now_ns = self._clock.now_ns()
            head = (self._account, now_ns, now_ns, pending.client_order_id)
            self._sink(ev.OrderSent(*head, now_ns - pending.order.ts))

    def _not_sent(self, pending: Pending, reason: str) -> None:
        self._sink(ev.NotSent(*self._head(pending), pending.request, reason))

    async def _post(self, pending: Pending, op: str, body: bytes, not_after_ns: int) -> None:
        """Send a request by REST; whatever happens to it becomes an event."""
        try:
            envelope = await self._rest.order(op, body, not_after_ns)
        except Unreachable as error:
            self._not_sent(pending, str(error))
            return
        except (OutcomeUnknown, BadReply):
            self._sent(pending)
            self._no_answer(pending)
            return
        except VenueError as error:
            self._sent(pending)
            self._refuse(pending, str(error), error.code)
            return
        self._sent(pending)
        self._judge(pending, envelope.ret_code, envelope.ret_msg, envelope.result)

    def _on_answer(self, number: str, frame: wire.Frame, recv_ns: int) -> None:
        pending = self._pending.pop(number, None)
        if pending is None:
            return  # it came after its time: NoAnswer was told, and a reading decides
        self._rest.tally.answered += 1
        self._rest.heard(frame.header, pending.key)
        assert frame.ret_code is not None
        self._judge(pending, frame.ret_code, frame.message, frame.data)

    def _judge(self, pending: Pending, code: int, message: str, data: msgspec.Raw) -> None:
        what = remedy(code)
        if code == 0:
            if pending.request is ev.Request.SUBMIT:
                self._accepted(pending, data)
        elif pending.request is ev.Request.SUBMIT and code in SAME_ORDER:
            assert self._tasks is not None
            self._tasks.create_task(self._compare(pending, message, code))
        elif what is Remedy.UNKNOWN or what is Remedy.DUPLICATE:
            self._no_answer(pending)
        else:
            self._refuse(pending, message, str(code), gone=what is Remedy.GONE)
        if what is Remedy.LOGIN and code and "private" in self._lines:
            self._lines["private"].drop(f"Bybit refused our login: {message}")
        if what is Remedy.CLOCK and self._tasks is not None:
            self._tasks.create_task(self._quietly_sync())

    def _accepted(self, pending: Pending, data: msgspec.Raw) -> None:
        told = self._of(pending.client_order_id)
        if not told.ended and not told.accepted:
            try:
                answer = parse.decoded(ANSWER, data, "order.create")
            except BadReply:
                self._no_answer(pending)
                return
            told.accepted = True
            self._sink(ev.OrderAccepted(*self._head(pending), VenueOrderId(answer.order_id)))

    def _refuse(self, pending: Pending, reason: str, code: str, *, gone: bool = False) -> None:
        head, told = self._head(pending), self._of(pending.client_order_id)
        if pending.request is ev.Request.CANCEL:
            self._sink(ev.CancelRejected(*head, reason, code, gone))
        elif pending.request is ev.Request.AMEND:
            told.asked = None
            self._sink(ev.AmendRejected(*head, reason, code))
        elif not told.ended:
            told.ended = True
            self._sink(ev.OrderRejected(*head, reason, code))

    def _no_answer(self, pending: Pending) -> None:
        self._rest.tally.failed += 1
        self._sink(ev.NoAnswer(*self._head(pending), pending.request))

    async def _compare(self, pending: Pending, message: str, code: int) -> None:
        """Another order has our id already: it is ours only if it says the same."""
        assert pending.order is not None
        spec = pending.order.spec
        category, _ = parse.listing(spec.instrument)
        try:
            rows = await self._find(pending.client_order_id, (category,))
        except VenueError:
            self._no_answer(pending)
            return
        if not rows:
            self._no_answer(pending)
            return
        wanted = (spec.instrument, spec.side, spec.qty, spec.px)
        for row in rows:
            found = parse.reported_order(row, category)
            same = (found.instrument, found.side, found.qty, found.px or spec.px) == wanted
            if same and found.created_ns >= pending.order.ts - ANSWER_WITHIN_NS:
                self._on_orders([row], self._clock.now_ns())
                return
        now_ns = self._clock.now_ns()
        reason = f"the order id {pending.client_order_id} belongs to another order at Bybit"
        self._sink(ev.Locked(self._account, VenueId(VENUE), reason, now_ns))
        self._refuse(pending, message, str(code))

    def _lost_requests(self) -> None:
        pending, self._pending = self._pending, {}
        for each in pending.values():
            self._no_answer(each)

    def _head(self, pending: Pending) -> tuple[AccountId, int, int, OrderId]:
        now_ns = self._clock.now_ns()
        return self._account, now_ns, now_ns, pending.client_order_id

    def _of(self, client_order_id: OrderId) -> Told:
        told = self._told.get(client_order_id)
        if told is None:
            told = self._told[client_order_id] = Told()
            if len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
        return told

    # --- everything at once -----------------------------------------------------------------

    def cancel_all(self, request: CancelAll, not_after_ns: int) -> None:
        """Tell Bybit to cancel everything, strangers' orders too; a failure locks the account."""
        if self._tasks is not None:
            self._tasks.create_task(
                self._sweep(keep_protective=request.keep_protective, not_after_ns=not_after_ns)
            )

    async def _sweep(self, *, keep_protective: bool, not_after_ns: int) -> None:
        try:
            for query in self._queries():
                await self._sweep_kind(query, "Order", not_after_ns)
                if keep_protective:
                    await self._sweep_stops(query, not_after_ns)
                else:
                    await self._sweep_kind(query, "StopOrder", not_after_ns)
        except VenueError as error:
            reason = f"cancel-all did not come to its end: {error}"
            self._sink(ev.Locked(self._account, VenueId(VENUE), reason, self._clock.now_ns()))

    async def _sweep_kind(self, query: str, kind: str, not_after_ns: int) -> None:
        words = dict(part.split("=") for part in query.split("&"))
        category = words["category"]
        body = encode(wire.CancelEverything(category, words.get("settleCoin"), kind))
        for _ in range(ROUNDS_MAX):
            result = await self._must("order.cancel-all", category, body, not_after_ns)
            if category == SPOT or not parse.decoded(CANCELLED, result, "cancel-all").rows:
                return
        raise drifted("/v5/order/cancel-all", f"orders left after {ROUNDS_MAX} rounds")

    async def _sweep_stops(self, query: str, not_after_ns: int) -> None:
        """Cancel stops one by one, but for those that can only close what is held."""
        for row in await self._rest.orders(f"{query}&orderFilter=StopOrder"):
            category = SPOT if query.endswith(SPOT) else LINEAR
            protects = row.reduce_only or (category == SPOT and row.side == "Sell")
            if not protects:
                named = wire.CancelById(category, row.symbol, row.order_id, "StopOrder")
                await self._must("order.cancel", category, encode(named), not_after_ns)

    async def _must(self, op: str, category: str, body: bytes, not_after_ns: int) -> msgspec.Raw:
        await self._rest.pace.turn(f"{op}:{category}")
        answer = await self._rest.order(op, body, not_after_ns)
        if answer.ret_code and remedy(answer.ret_code) is not Remedy.GONE:
            raise failure(answer.ret_code, answer.ret_msg, op)
        return answer.result

    def _queries(self) -> list[str]:
        """Return the queries that together name all orders and positions of the account."""
        found = []
        for category in self._categories or (LINEAR,):
            mine = {each.quote for each in self._rules.values()} & {"USDT", "USDC"}
            found += each_query(category, sorted({"USDT", *mine}))
        return found

    # --- readings ---------------------------------------------------------------------------

    async def read(self, question: ReadAccount) -> ev.AccountReport:
        """Read orders, asked ids, executions, positions and balances; raises VenueError."""
        wait_ns = question.not_before_ns - self._clock.now_ns()
        if wait_ns > 0:
            await asyncio.sleep(wait_ns / NANOS)
        ts_event = self._rest.stamp_ms() * MILLIS
        orders = {
            row.order_id: parse.reported_order(row, category)
            for query in self._queries()
            for category in (SPOT if query.endswith(SPOT) else LINEAR,)
            for row in await self._rest.orders(f"{query}&openOnly=0")
        }
        for order_id in question.ask:
            for row in await self._find(order_id, self._categories):
                reported = parse.reported_order(row, row.category)
                orders[row.order_id] = reported
        fills, cursor = await self._fills(question.cursor)
        positions = await self._positions()
        coins = await self._rest.wallet()
        balances = {Currency(coin.coin): parse.free_balance(coin)[0] for coin in coins}
        return ev.AccountReport(
            account=self._account,
            ts_event=ts_event,
            ts_recv=self._clock.now_ns(),
            orders=tuple(orders.values()),
            fills=tuple(fills),
            positions=(*positions, *self._held(balances)),
            balances=balances,
            asked=question.ask,
            cursor=cursor,
        )

    async def _find(self, order_id: OrderId, categories: Iterable[str]) -> list[wire.OrderRow]:
        """Look an order up on every road: open, lately closed, and history; newest word last."""
        rows: dict[str, wire.OrderRow] = {}
        for category in categories:
            for query in self._queries():
                if not query.startswith(f"category={category}"):
                    continue
                named = f"{query}&orderLinkId={order_id}"
                found = await self._rest.orders(named, history=True)
                found += await self._rest.orders(f"{named}&openOnly=1")
                found += await self._rest.orders(f"{named}&openOnly=0")
                for row in found:
                    known = rows.get(row.order_id)
                    if row.order_link_id == order_id and (
                        known is None or row.updated_time >= known.updated_time
                    ):
                        rows[row.order_id] = msgspec.structs.replace(row, category=category)
        return list(rows.values())

    async def _fills(self, cursor: str) -> tuple[list[Fill], str]:
        now_ms = self._rest.stamp_ms()
        newest_ms = int(cursor) if cursor else now_ms
        fills = []
        since_ms = newest_ms - OVERLAP_MS
        for category in self._categories:
            for row in await self._rest.executions(category, since_ms, now_ms + OVERLAP_MS):
                told = self._execution(row, self._clock.now_ns(), category)
                if told is not None:
                    fills.append(told)
                    newest_ms = max(newest_ms, told.ts_event // MILLIS)
        # A quiet account must not look back further every day.
        return fills, str(max(newest_ms, now_ms - LONGEST_LOOK_MS))

    async def _positions(self) -> list[ev.ReportedPosition]:
        rows = [
            row
            for query in self._queries()
            if query.startswith(f"category={LINEAR}&")
            for row in await self._rest.positions(query.partition("&")[2])
        ]
        self._on_positions(rows, self._clock.now_ns())
        return [told for row in rows if (told := parse.position(row)) is not None]

    def _held(self, balances: Mapping[Currency, Decimal]) -> list[ev.ReportedPosition]:
        """Return spot holdings: what the wallet has of the base coin."""
        return [
            ev.ReportedPosition(rules.id, balances[rules.base])
            for rules in self._rules.values()
            if rules.kind is InstrumentKind.SPOT and balances.get(rules.base)
        ]

    # --- news of the account ----------------------------------------------------------------

    def _on_orders(self, rows: Sequence[wire.OrderRow], recv_ns: int) -> None:
        for row in rows:
            order_id = parse.our_id(row.order_link_id)
            if order_id is not None:
                for event in parse.fold(self._of(order_id), row, self._account, recv_ns):
                    self._sink(event)

    def _on_executions(self, rows: Sequence[wire.ExecutionRow], recv_ns: int) -> None:
        for row in rows:
            fill = self._execution(row, recv_ns)
            if fill is not None:
                self._sink(ev.FillReceived(self._account, fill.ts_event, recv_ns, fill))

    def _execution(self, row: wire.ExecutionRow, recv_ns: int, category: str = "") -> Fill | None:
        """Return a fill; funding goes out as what it is, by whichever road it came."""
        holder = parse.Holder(self._account, self._hedge, self._rules)
        funding = parse.funding_paid(holder, row, recv_ns, category)
        if funding is not None:
            self._sink(funding)
        return parse.fill(holder, row, category)

    def _on_positions(self, rows: Sequence[wire.PositionRow], recv_ns: int) -> None:
        if any(row.size and self._in_other_mode(row) for row in rows):
            reason = "the position mode at Bybit is not the declared one"
            self._sink(ev.Locked(self._account, VenueId(VENUE), reason, recv_ns))

    def _on_wallets(self, rows: Sequence[wire.WalletRow], ts_event: int, recv_ns: int) -> None:
        for row in rows:
            for coin in row.coin:
                head = (self._account, ts_event, recv_ns, Currency(coin.coin))
                self._sink(ev.BalanceReported(*head, *parse.free_balance(coin)))

    def _on_session(self, live: bool, reason: str) -> None:  # noqa: FBT001 - a listener's word
        if live or self._session_live:
            now_ns = self._clock.now_ns()
            self._sink(ev.SessionChanged(self._account, now_ns, now_ns, live, reason))
        self._session_live = live

    # --- connections ------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the connections until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                await self._quietly_sync()
                self._connect()
                tasks.create_task(self._refresh())
                await self._tick()
            finally:
                self._tasks = None

    def _connect(self) -> None:
        for category, public in self._publics.items():
            if public.wanted:
                self._start(category, public, f"public/{category}")
        if self._signer is None or "private" not in self._hosts:
            return
        news = AccountNews(
            self._on_orders,
            self._on_executions,
            self._on_positions,
            self._on_wallets,
            self._on_session,
        )
        login = Login(self._signer, self._rest.stamp_ms, "private")
        self._start("private", PrivateStream(login, news), "private")
        if "trade" in self._hosts:
            login = Login(self._signer, self._rest.stamp_ms, "trade")
            self._trade = TradeStream(
                login, self._rest.stamp_ms, self._on_answer, self._lost_requests
            )
            self._start("trade", self._trade, "trade")

    def _start(self, name: str, listener: Listener, path: str) -> None:
        if self._tasks is None or name in self._lines:
            return
        host, _, rest = path.partition("/")
        url = f"{self._hosts[host]}/{rest}" if rest else self._hosts[host]
        outside = self._outside
        line = Line(
            outside.transport,
            lambda: (url, {}),
            listener,
            msgspec.structs.replace(LINE, name=name),
            outside.clock,
            outside.dice,
        )
        self._lines[name] = line
        self._tasks.create_task(line.run())

    async def _tick(self) -> None:
        """Do what is due by time: pings, counts, and requests that nobody answered."""
        pinged_ns = counted_ns = self._clock.monotonic_ns()
        while True:
            await asyncio.sleep(TICK_S)
            now_ns = self._clock.monotonic_ns()
            for number, pending in list(self._pending.items()):
                if pending.deadline_ns <= now_ns:
                    del self._pending[number]
                    self._no_answer(pending)
            if now_ns - pinged_ns >= PING_EVERY_NS:
                pinged_ns = now_ns
                for line in self._lines.values():
                    if line.up:
                        line.send(PING)
            if now_ns - counted_ns >= NANOS:
                counted_ns = now_ns
                self._count()

    def _count(self) -> None:
        answered, failed, remaining = self._rest.tally.take()
        if answered or failed or remaining is not None:
            now_ns = self._clock.now_ns()
            head = (self._account, now_ns, now_ns)
            self._sink(ev.RequestsCounted(*head, answered, max(failed, 0), remaining))

    async def _quietly_sync(self) -> None:
        """Measure the clock; where that fails the requests are counted, and it is tried again."""
        with contextlib.suppress(VenueError):
            await self._rest.sync_clock()

    async def _refresh(self) -> None:
        """Look at clock, rules and statuses again and again; tell what changed."""
        while True:
            await asyncio.sleep(REFRESH_S)
            await self._quietly_sync()
            try:
                listed = await self._listed()
            except VenueError:
                continue  # counted as failed; what was known stays
            now_ns = self._clock.now_ns()
            for rules, trading in listed:
                if rules != self._rules.get(rules.id):
                    self._sink(ev.InstrumentDefined(rules, now_ns))
                if trading is not self._trading.get(rules.id) and rules.id in self._watched:
                    self._sink(ev.TradingChanged(rules.id, now_ns, now_ns, trading))
                self._rules[rules.id] = rules
                self._trading[rules.id] = trading

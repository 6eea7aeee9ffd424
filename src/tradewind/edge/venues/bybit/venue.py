"""One Bybit account behind the seam `ports.Venue`.

Knows what was asked and not answered yet. Must not decide anything: what is refused, lost or
odd becomes an event. Source: Bybit API documentation v5, read 2026-11-20.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from functools import partial

import msgspec

from tradewind.edge.net.line import Line, Listener
from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.venues.bybit import parse, wire
from tradewind.edge.venues.bybit.auth import Login, Signer
from tradewind.edge.venues.bybit.errors import (
    SAME_ORDER,
    VENUE,
    Remedy,
    remedy,
)
from tradewind.edge.venues.bybit.parse import LINEAR, SPOT
from tradewind.edge.venues.bybit.rest import ANSWER, Reading, Rest, each_query
from tradewind.edge.venues.bybit.stream import (
    LINE,
    PING,
    Memory,
    PrivateStream,
    PublicStream,
    Route,
    TradeStream,
    encode,
    topic_of,
)
from tradewind.edge.venues.bybit.wire import Parcel, Pending, parcels
from tradewind.model import events as ev
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.errors import (
    BadReply,
    ConfigError,
    OutcomeUnknown,
    Unreachable,
    VenueError,
)
from tradewind.model.ids import (
    AccountId,
    Currency,
    InstrumentId,
    OrderId,
    VenueId,
    VenueOrderId,
)
from tradewind.model.instrument import Instrument
from tradewind.model.market import INTERVALS_NS, Trading
from tradewind.model.money import MILLIS, NANOS
from tradewind.ports import Prepared, Wanted

ENVIRONMENTS: dict[str, dict[str, str]] = {
    name: {
        "rest": f"https://api{mark}.bybit.com",
        "public": f"wss://stream{data}.bybit.com/v5/public",
        "private": f"wss://stream{mark}.bybit.com/v5/private",
    }
    # Demo has no public data of its own, and takes orders over REST alone.
    | ({} if name == "demo" else {"trade": f"wss://stream{mark}.bybit.com/v5/trade"})
    for name, mark, data in (
        ("mainnet", "", ""),
        ("testnet", "-testnet", "-testnet"),
        ("demo", "-demo", ""),
    )
}
ANSWER_WITHIN_NS = 5 * NANOS
TICK_S = 0.25
PING_EVERY_NS = 20 * NANOS
REFRESH_S = 60.0


class Ready(msgspec.Struct, frozen=True):
    """The payload of a prepared order: its bytes, and what an answer must be compared with."""

    body: bytes
    order: SubmitOrder


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
        self._clock, self._sink = outside.clock, outside.sink
        self._signer = Signer(seat.keys) if seat.keys is not None else None
        self._rest = Rest(outside, seat.hosts["rest"], self._signer, seat.account.orders_per_s)
        outside.gauges.offset = self._rest.offset
        self._rules: dict[InstrumentId, Instrument] = {}
        self._trading: dict[InstrumentId, Trading] = {}
        self._watched: set[InstrumentId] = set()
        self._memory = Memory()
        self._tasks: asyncio.TaskGroup | None = None
        self._lines: dict[str, Line] = {}
        self._publics = {
            category: PublicStream(self._sink, self._clock.now_ns) for category in (LINEAR, SPOT)
        }
        self._private: PrivateStream | None = None
        self._trade: TradeStream | None = None
        if self._signer is not None:
            self._open_account(self._signer)

    def _open_account(self, signer: Signer) -> None:
        holder = parse.Holder(self._account, self._hedge, self._rules)
        stamp_ms, now_ns = self._rest.stamp_ms, self._clock.now_ns
        login = Login(signer, stamp_ms, "private")
        self._private = PrivateStream(login, holder, self._memory, self._sink, now_ns)
        if "trade" in self._hosts:
            login = Login(signer, stamp_ms, "trade")
            self._trade = TradeStream(login, stamp_ms, self._on_answer, self._on_silence)

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
            rows = await self._rows(category, wanted)
            fees = {row.symbol: row for row in await self._rest.fees(category)}
            for symbol in wanted:
                name = parse.instrument_id(category, symbol)
                if symbol in rows:
                    found.append(self._defined(category, rows[symbol], fees.get(symbol)))
                elif name in self._rules:
                    found.append((self._rules[name], Trading.CLOSED))
                else:
                    raise ConfigError(
                        f"Looked up {symbol} in Bybit's {category} list, found nothing of that "
                        f"name; correct it."
                    )
        return found

    async def _rows(self, category: str, wanted: list[str]) -> dict[str, wire.InstrumentRow]:
        """Return what is listed; what does not trade just now may hold a position all the same."""
        new = {each for each in wanted if parse.instrument_id(category, each) not in self._rules}
        rows: dict[str, wire.InstrumentRow] = {}
        # The first once more: what changed while we asked was in no answer.
        for status in (*parse.TRADING, *list(parse.TRADING)[:1]):
            rows |= {row.symbol: row for row in await self._rest.instruments(category, status)}
            if new <= rows.keys():
                break
        return rows

    def _defined(
        self, category: str, row: wire.InstrumentRow, fee: wire.FeeRow | None
    ) -> tuple[Instrument, Trading]:
        rules = parse.instrument(category, row, fee)
        trading = wire.word(parse.TRADING, row.status, f"status of {row.symbol}")
        return parse.renewed(self._rules.get(rules.id), rules), trading

    async def _check_key(self) -> None:
        fault = parse.unfit(await self._rest.key())
        if fault:
            raise ConfigError(
                f"Looked at the Bybit key of {self._account}, found that {fault}; make one that "
                f"may trade and read, and no more."
            )

    async def _check_mode(self) -> None:
        for category, symbol in self._symbols:
            rows = await self._rest.positions(f"symbol={symbol}") if category == LINEAR else []
            if any(parse.in_other_mode(row, hedge=self._hedge) for row in rows):
                raise ConfigError(
                    f"Looked at {symbol} of {self._account}, found it in "
                    f"{'one-way' if self._hedge else 'hedge'} mode; set hedge_mode of the account "
                    f"as it is at the venue, or change it there."
                )

    async def candles(
        self, instrument: InstrumentId, interval: str, start_ns: int, end_ns: int
    ) -> list[ev.Candle]:
        """Return closed candles that opened in [start, end), oldest first; raises VenueError."""
        rules, word = self._rules.get(instrument), parse.INTERVALS.get(interval)
        if rules is None or word is None:
            raise ConfigError(
                f"Asked Bybit for {interval} candles of {instrument}, found none; choose others."
            )
        category, symbol = parse.listing(instrument)
        step_ns = INTERVALS_NS[interval]
        closed_ns = self._rest.stamp_ms() * MILLIS - step_ns
        span_ms = (start_ns // MILLIS, end_ns // MILLIS, step_ns // MILLIS)
        rows = await self._rest.candles(category, symbol, word, span_ms)
        recv_ns = self._clock.now_ns()
        found: dict[int, ev.Candle] = {}
        for row in rows:
            told = parse.candle_row(row, interval)
            if start_ns <= told.start * MILLIS <= closed_ns:
                candle = parse.candle(rules, interval, told, recv_ns)
                found[candle.ts_event] = candle
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

    def submit(self, orders: Sequence[Prepared], not_after_ns: int) -> None:
        """Send new orders over the trade socket, or by REST where there is none."""
        asked = []
        for prepared in orders:
            ready: Ready = prepared.payload
            self._memory.of(prepared.client_order_id).begin(ready.order.spec)
            asked.append(self._pending(ev.Request.SUBMIT, ready.order, ready.body))
        self._leave(asked, not_after_ns)

    def amend(self, change: AmendOrder, not_after_ns: int) -> None:
        """Send a change of a live order."""
        told = self._memory.of(change.client_order_id)
        told.asked = (change.qty, change.px, change.trigger_px)
        body = encode(parse.change(change))
        self._leave([self._pending(ev.Request.AMEND, change, body)], not_after_ns)

    def cancel(self, requests: Sequence[CancelOrder], not_after_ns: int) -> None:
        """Send cancels; while the trade socket is down, by REST."""
        asked = []
        for request in requests:
            asleep = self._memory.of(request.client_order_id).asleep
            body = encode(parse.cancel(request, asleep=asleep))
            asked.append(self._pending(ev.Request.CANCEL, request, body))
        self._leave(asked, not_after_ns)

    def _pending(
        self, request: ev.Request, asked: SubmitOrder | AmendOrder | CancelOrder, body: bytes
    ) -> Pending:
        order = asked if isinstance(asked, SubmitOrder) else None
        named = asked.spec.instrument if isinstance(asked, SubmitOrder) else asked.instrument
        category, _ = parse.listing(named)
        deadline_ns = self._clock.monotonic_ns() + ANSWER_WITHIN_NS
        # Bybit documents no orderFilter for batches: sleeping orders of spot go by themselves. So
        # does all of spot where there is no trade socket: that is demo, which batches linear alone.
        alone = category == SPOT and (self._trade is None or b'"orderFilter"' in body)
        return Pending(request, asked.client_order_id, category, deadline_ns, body, order, alone)

    def _leave(self, asked: Sequence[Pending], not_after_ns: int) -> None:
        """Let requests of one kind leave; what the rate budget has no room for is not sent."""
        for parcel in parcels(asked):
            reason = self._hindrance(parcel, not_after_ns)
            room = 0 if reason else self._rest.pace.take_each(parcel.key, len(parcel.asked))
            asked = parcel.asked
            if room:
                going = parcel if room == len(asked) else Parcel(asked[:room], parcel.batch)
                reason = self._write(going, not_after_ns)
            for pending in asked[0 if reason else room :]:
                self._not_sent(pending, reason or f"the rate budget of {parcel.key} is spent")

    def _hindrance(self, parcel: Parcel, not_after_ns: int) -> str:
        if self._tasks is None or self._private is None:
            return "the account is not connected"
        if self._rest.held:
            return "Bybit sent this address away"
        if self._clock.monotonic_ns() > not_after_ns:
            return "its deadline passed before the socket"
        return ""

    def _write(self, parcel: Parcel, not_after_ns: int) -> str:
        """Write a message now, or begin to by REST; returns why it could not."""
        trade, tasks = self._trade, self._tasks
        assert tasks is not None
        # A cancel lowers risk: it finds another road while the socket is down.
        cancels = parcel.asked[0].request is ev.Request.CANCEL
        if trade is None or (cancels and not trade.ready):
            tasks.create_task(self._post(parcel, not_after_ns))
            return ""
        try:
            trade.send(parcel)
        except Unreachable as error:
            return str(error)
        self._sent(parcel)
        return ""

    def _sent(self, parcel: Parcel) -> None:
        for pending in parcel.asked:
            if pending.order is not None:
                head = self._head(pending)
                self._sink(ev.OrderSent(*head, head[2] - pending.order.ts))

    def _not_sent(self, pending: Pending, reason: str) -> None:
        self._memory.of(pending.client_order_id).asked = None
        self._sink(ev.NotSent(*self._head(pending), pending.request, reason))

    async def _post(self, parcel: Parcel, not_after_ns: int) -> None:
        """Send a message by REST; whatever happens to it becomes an event of each request."""
        category, sent = parcel.asked[0].category, partial(self._sent, parcel)
        try:
            answer = await self._rest.order(parcel.op, category, parcel.body, not_after_ns, sent)
        except VenueError as error:
            for pending in parcel.asked:
                if isinstance(error, Unreachable):
                    self._not_sent(pending, str(error))
                elif isinstance(error, OutcomeUnknown | BadReply):
                    self._no_answer(pending)
                else:
                    self._refuse(pending, str(error), error.code)
            return
        code = wire.ItemCode(answer.ret_code, answer.ret_msg)
        self._judge(parcel, code, answer.result, answer.ret_ext_info)

    def _on_answer(self, parcel: Parcel, frame: wire.Frame) -> None:
        self._rest.tally.answered += 1
        self._rest.believe(frame.header, parcel.key)
        assert frame.ret_code is not None
        code = wire.ItemCode(frame.ret_code, frame.message)
        self._judge(parcel, code, frame.data, frame.ret_ext_info)

    def _on_silence(self, parcel: Parcel) -> None:
        for pending in parcel.asked:
            self._no_answer(pending)

    def _judge(
        self, parcel: Parcel, code: wire.ItemCode, data: msgspec.Raw, ext: msgspec.Raw
    ) -> None:
        if parcel.batch and code.code == 0:
            names = [pending.client_order_id for pending in parcel.asked]
            told = wire.batch_answers(names, data, ext)
            for pending, item in zip(parcel.asked, told, strict=True):
                if item is None:
                    self._no_answer(pending)
                else:
                    self._take(pending, *item)
        else:
            for pending in parcel.asked:
                self._take(pending, code, data)
        what = remedy(code.code)
        if what is Remedy.LOGIN and "private" in self._lines:
            self._lines["private"].drop(f"Bybit refused our login: {code.msg}")
        if what is Remedy.CLOCK and self._tasks is not None:
            self._tasks.create_task(self._quietly_sync())

    def _take(self, pending: Pending, code: wire.ItemCode, data: msgspec.Raw) -> None:
        """Take what Bybit answered to one request."""
        what = remedy(code.code)
        if code.code == 0:
            if pending.request is ev.Request.SUBMIT:
                self._accepted(pending, data)
        elif pending.request is ev.Request.SUBMIT and code.code in SAME_ORDER:
            assert self._tasks is not None
            self._tasks.create_task(self._compare(pending, code))
        elif what is Remedy.UNKNOWN or what is Remedy.DUPLICATE:
            self._no_answer(pending)
        else:
            self._refuse(pending, code.msg, str(code.code), gone=what is Remedy.GONE)

    def _accepted(self, pending: Pending, data: msgspec.Raw) -> None:
        told = self._memory.of(pending.client_order_id)
        if not told.ended and not told.accepted:
            try:
                answer = wire.decoded(ANSWER, data, "order.create")
            except BadReply:
                self._no_answer(pending)
                return
            told.accepted = True
            self._sink(ev.OrderAccepted(*self._head(pending), VenueOrderId(answer.order_id)))

    def _refuse(self, pending: Pending, reason: str, code: str, *, gone: bool = False) -> None:
        head, told = self._head(pending), self._memory.of(pending.client_order_id)
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

    async def _compare(self, pending: Pending, code: wire.ItemCode) -> None:
        """Another order has our id already: it is ours only if it says the same."""
        assert pending.order is not None
        spec = pending.order.spec
        category, _ = parse.listing(spec.instrument)
        try:
            rows = await self._rest.find(pending.client_order_id, self._queries(category))
        except VenueError:
            rows = []
        if not rows or self._private is None:
            self._no_answer(pending)
            return
        earliest_ns = pending.order.ts - ANSWER_WITHIN_NS
        ours = [row for row in rows if parse.is_of(spec, row, category, earliest_ns)]
        if ours:
            self._private.hear_orders(ours, self._clock.now_ns())
            return
        self._lock(f"the order id {pending.client_order_id} belongs to another order at Bybit")
        self._refuse(pending, code.msg, str(code.code))

    def _head(self, pending: Pending) -> tuple[AccountId, int, int, OrderId]:
        now_ns = self._clock.now_ns()
        return self._account, now_ns, now_ns, pending.client_order_id

    # --- everything at once -----------------------------------------------------------------

    def cancel_all(self, request: CancelAll, not_after_ns: int) -> None:
        """Tell Bybit to cancel everything, strangers' orders too; a failure locks the account."""
        if self._tasks is None:
            self._lock("cancel-all was not sent: the account is not connected")
            return
        self._tasks.create_task(
            self._sweep(keep_protective=request.keep_protective, not_after_ns=not_after_ns)
        )

    async def _sweep(self, *, keep_protective: bool, not_after_ns: int) -> None:
        try:
            for query in self._queries():
                await self._rest.sweep(query, not_after_ns, keep_protective=keep_protective)
        except VenueError as error:
            self._lock(f"cancel-all did not come to its end: {error}")

    def _lock(self, reason: str) -> None:
        self._sink(ev.Locked(self._account, VenueId(VENUE), reason, self._clock.now_ns()))

    def _queries(self, *categories: str) -> list[str]:
        """Return the queries that together name all orders of the categories, or of all."""
        coins = sorted({"USDT", *({each.quote for each in self._rules.values()} & {"USDC"})})
        return [
            query
            for category in categories or self._categories or (LINEAR,)
            for query in each_query(category, coins)
        ]

    # --- readings ---------------------------------------------------------------------------

    async def read(self, question: ReadAccount) -> ev.AccountReport:
        """Read orders, asked ids, executions, positions and balances; raises VenueError."""
        if self._private is None:
            raise ConfigError(f"Read {self._account}, found no keys; add the account's.")
        wait_ns = question.not_before_ns - self._clock.now_ns()
        if wait_ns > 0:
            await asyncio.sleep(wait_ns / NANOS)
        ts_event = self._rest.stamp_ms() * MILLIS
        reading = Reading(self._rest, self._private, self._memory, self._clock.now_ns)
        orders = await reading.orders(self._queries(), question.ask)
        positions = await reading.held(self._queries(LINEAR))
        coins = await self._rest.wallet()
        # Last: a position is never newer than the executions that explain it.
        fills, cursor = await reading.fills(self._categories, question.cursor)
        balances = {Currency(coin.coin): parse.free_balance(coin)[0] for coin in coins}
        return ev.AccountReport(
            account=self._account,
            ts_event=ts_event,
            ts_recv=self._clock.now_ns(),
            orders=tuple(orders),
            fills=tuple(fills),
            positions=(*positions, *parse.holdings(self._rules, balances)),
            balances=balances,
            asked=question.ask,
            cursor=cursor,
        )

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
                self._tasks, self._lines = None, {}

    def _connect(self) -> None:
        for category, public in self._publics.items():
            if public.wanted:
                self._start(category, public, f"public/{category}")
        if self._private is not None:
            self._start("private", self._private, "private")
        if self._trade is not None:
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
        self._lines[name] = outside.gauges.add(line)
        self._tasks.create_task(line.run())

    async def _tick(self) -> None:
        """Do what is due by time: pings, counts, and requests that nobody answered."""
        pinged_ns = counted_ns = self._clock.monotonic_ns()
        while True:
            await asyncio.sleep(TICK_S)
            now_ns = self._clock.monotonic_ns()
            if self._trade is not None:
                self._trade.overdue(now_ns)
            if now_ns - pinged_ns >= PING_EVERY_NS:
                pinged_ns = now_ns
                self._ping()
            if now_ns - counted_ns >= NANOS:
                counted_ns = now_ns
                self._count()

    def _ping(self) -> None:
        for line in self._lines.values():
            with contextlib.suppress(Unreachable):  # a line that is down says so itself
                line.send(PING)

    def _count(self) -> None:
        counts = self._rest.tally.take()
        if counts != (0, 0, None):
            now_ns = self._clock.now_ns()
            self._sink(ev.RequestsCounted(self._account, now_ns, now_ns, *counts))

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
            except (VenueError, ConfigError):
                continue  # what was known stays, and it is tried again
            now_ns = self._clock.now_ns()
            for rules, trading in listed:
                if rules != self._rules.get(rules.id):
                    self._sink(ev.InstrumentDefined(rules, now_ns))
                if trading is not self._trading.get(rules.id) and rules.id in self._watched:
                    self._sink(ev.TradingChanged(rules.id, now_ns, now_ns, trading))
                self._rules[rules.id] = rules
                self._trading[rules.id] = trading

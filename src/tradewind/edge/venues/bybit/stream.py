"""What Bybit says by itself: the public, the private and the trade socket.

Knows topics, logins and what was subscribed. Must not know what an order or a price is for.
A frame that cannot be read ends its connection: everything that came over it is distrusted until
it is fresh again. Source: Bybit API documentation v5, websocket pages, read 2026-11-20.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

import msgspec

from tradewind.edge.net.line import Line, LineSettings
from tradewind.edge.venues.bybit import parse, wire
from tradewind.edge.venues.bybit.auth import RECV_WINDOW_MS, Login
from tradewind.edge.venues.bybit.errors import VENUE, drifted
from tradewind.model import events as ev
from tradewind.model.errors import BadReply, Unreachable
from tradewind.model.fill import Fill
from tradewind.model.ids import Currency, InstrumentId, OrderId, VenueId
from tradewind.model.instrument import Instrument
from tradewind.model.market import Level
from tradewind.model.money import MILLIS, ZERO

Sink = Callable[[ev.Event], None]
BOOK_DEPTH = 50
ARGS_MAX = 10
"""Spot takes no more topics in one request; linear does not mind."""
REMEMBERED = 10_000
RESTARTING = 10_019
"""This node ends soon: what is under way is finished, then the line begins anew elsewhere."""
PRIVATE_TOPICS = ("order", "execution", "position", "wallet")
TOPICS = {
    "book": f"orderbook.{BOOK_DEPTH}",
    "quote": "orderbook.1",
    "trade": "publicTrade",
    "funding": "tickers",
}
PING = b'{"op":"ping"}'
LINE = LineSettings(
    venue=VENUE,
    name="",
    connect_s=10.0,
    greet_s=10.0,
    silence_s=5.0,
    backoff_min_s=0.5,
    backoff_max_s=30.0,
)
encode = msgspec.json.Encoder().encode
FRAME = msgspec.json.Decoder(wire.Frame)
TRADES = msgspec.json.Decoder(tuple[wire.TradeRow, ...])
CANDLES = msgspec.json.Decoder(tuple[wire.CandleRow, ...])
TICKER = msgspec.json.Decoder(wire.TickerRow)
ORDERS = msgspec.json.Decoder(tuple[wire.OrderRow, ...])
EXECUTIONS = msgspec.json.Decoder(tuple[wire.FillRow, ...])
POSITIONS = msgspec.json.Decoder(tuple[wire.PositionRow, ...])
WALLETS = msgspec.json.Decoder(tuple[wire.WalletRow, ...])


def topic_of(feed: str, symbol: str) -> str:
    """Return the topic of a feed, empty for a feed that Bybit does not have."""
    kind, _, interval = feed.partition(":")
    if kind == "candle":
        stem = f"kline.{parse.INTERVALS[interval]}" if interval in parse.INTERVALS else ""
    else:
        stem = TOPICS.get(feed, "")
    return f"{stem}.{symbol}" if stem else ""


class Depth:
    """Which prices of a book are known, so that what falls below the depth is removed as well."""

    __slots__ = ("asks", "bids", "update")

    def __init__(self, book: wire.Book) -> None:
        self.update = book.update
        self.bids = {px for px, qty in book.bids if qty}
        self.asks = {px for px, qty in book.asks if qty}

    def fold(self, book: wire.Book) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Note changed levels; return them with those that fell out of the depth."""
        self.update = book.update
        return _cut(self.bids, book.bids, min), _cut(self.asks, book.asks, max)


def _cut(
    known: set[Decimal], levels: wire.Levels, worst: Callable[[Iterable[Decimal]], Decimal]
) -> tuple[Level, ...]:
    for px, qty in levels:
        if qty:
            known.add(px)
        else:
            known.discard(px)
    if len(known) <= BOOK_DEPTH:
        return levels
    fallen = []
    while len(known) > BOOK_DEPTH:
        px = worst(known)
        known.discard(px)
        fallen.append((px, ZERO))
    return (*levels, *fallen)


class Route(msgspec.Struct, frozen=True):
    """Where the news of a topic belongs."""

    rules: Instrument
    feed: str

    @property
    def booked(self) -> bool:
        """Tell whether the topic is only good after a snapshot."""
        return self.feed in ("book", "quote")


class PublicStream:
    """The market data of one category over one line.

    An instrument's feed is live once all of its topics are confirmed, and its books are whole.
    """

    def __init__(self, sink: Sink, now_ns: Callable[[], int]) -> None:
        self.last_px: dict[InstrumentId, Decimal] = {}
        self._sink = sink
        self._now_ns = now_ns
        self._line: Line | None = None
        self._routes: dict[str, Route] = {}
        self._fine: set[str] = set()
        self._live: set[InstrumentId] = set()
        self._depths: dict[str, Depth] = {}
        self._tickers: dict[str, tuple[str, str]] = {}
        self._asked: dict[str, tuple[str, ...]] = {}
        self._settled = asyncio.Event()
        self._count = 0

    @property
    def wanted(self) -> bool:
        """Tell whether there is anything to listen to."""
        return bool(self._routes)

    def watch(self, routes: dict[str, Route]) -> None:
        """Listen to exactly these topics; what stays the same stays undisturbed."""
        gone = [topic for topic in self._routes if topic not in routes]
        new = [topic for topic in routes if topic not in self._routes]
        self._routes = routes
        names = {route.rules.id for route in routes.values()}
        self._live &= names
        if self._line is not None:
            self._forget(gone)
            self._ask("unsubscribe", gone)
            self._ask("subscribe", new)
            self._look(names)

    # --- the line's listener ----------------------------------------------------------------

    async def greet(self, line: Line) -> None:
        """Subscribe everything and wait until it is answered."""
        self._line = line
        self._asked.clear()
        self._settled.clear()
        self._ask("subscribe", list(self._routes))
        while self._asked:
            self._settled.clear()
            # The line ends the greeting, and so this wait, after its own time.
            await self._settled.wait()

    def text(self, text: bytes, recv_ns: int) -> None:
        """Take a frame; one that cannot be read costs the connection."""
        try:
            frame = wire.decoded(FRAME, text, "a public frame")
            if frame.topic:
                route = self._routes.get(frame.topic)
                if route is not None:
                    self._news(frame, route, recv_ns)
            elif frame.op in ("subscribe", "unsubscribe"):
                self._answered(frame)
            elif not frame.op:
                raise drifted("a public frame", "neither a topic nor an answer")
        except BadReply as error:
            self._drop(str(error))

    def heartbeat(self, recv_ns: int) -> None:
        """The connection lives: what is intact has only been quiet."""
        for name in self._live:
            self._sink(ev.FeedChanged(name, recv_ns, recv_ns, True))

    def lost(self, reason: str) -> None:
        """Everything that came over the line is old from now on."""
        self._line = None
        self._asked.clear()
        self._forget(list(self._routes))

    # --- subscriptions ----------------------------------------------------------------------

    def _ask(self, op: str, topics: Sequence[str]) -> None:
        for start in range(0, len(topics), ARGS_MAX):
            part = tuple(topics[start : start + ARGS_MAX])
            self._count += 1
            number = f"s{self._count}"
            if op == "subscribe":
                self._asked[number] = part
            assert self._line is not None
            try:
                self._line.send(encode(wire.Ask(op=op, req_id=number, args=part)))
            except Unreachable:
                return  # the line says so to all of us in a moment

    def _answered(self, frame: wire.Frame) -> None:
        topics = self._asked.pop(frame.req_id, ())
        if frame.success:
            self._fine.update(
                topic
                for topic in topics
                if topic in self._routes
                and (not self._routes[topic].booked or topic in self._depths)
            )
            self._look({self._routes[topic].rules.id for topic in topics if topic in self._routes})
        elif len(topics) > 1:
            # One bad topic spoils the request: ask for each alone to find it.
            for topic in topics:
                self._ask("subscribe", (topic,))
        if not self._asked:
            self._settled.set()

    def _look(self, names: Iterable[InstrumentId]) -> None:
        """Tell which of the instruments have become live."""
        for name in sorted(set(names) - self._live):
            topics = [topic for topic, route in self._routes.items() if route.rules.id == name]
            if topics and self._fine.issuperset(topics):
                self._live.add(name)
                now_ns = self._now_ns()
                self._sink(ev.FeedChanged(name, now_ns, now_ns, True))

    def _forget(self, topics: Sequence[str]) -> None:
        """Distrust topics, and say so of the instruments that were live by them."""
        now_ns = self._now_ns()
        for topic in topics:
            self._fine.discard(topic)
            self._depths.pop(topic, None)
            self._tickers.pop(topic, None)
            route = self._routes.get(topic)
            if route is not None and route.rules.id in self._live:
                self._live.discard(route.rules.id)
                self._sink(ev.FeedChanged(route.rules.id, now_ns, now_ns, False))

    def _drop(self, reason: str) -> None:
        line = self._line
        self._forget(list(self._routes))
        if line is not None:
            line.drop(reason)

    # --- news -------------------------------------------------------------------------------

    def _news(self, frame: wire.Frame, route: Route, recv_ns: int) -> None:
        if route.feed == "book":
            self._on_book(frame, route, recv_ns)
        elif route.feed == "quote":
            self._on_quote(frame, route, recv_ns)
        elif route.feed == "trade":
            for row in wire.decoded(TRADES, frame.data, frame.topic):
                trade = parse.trade(route.rules.id, row, recv_ns)
                self.last_px[trade.instrument] = trade.px
                self._sink(trade)
        elif route.feed == "funding":
            self._on_ticker(frame, route, recv_ns)
        else:
            interval = route.feed.removeprefix("candle:")
            for candle in wire.decoded(CANDLES, frame.data, frame.topic):
                self._sink(parse.candle(route.rules, interval, candle, recv_ns))

    def _on_book(self, frame: wire.Frame, route: Route, recv_ns: int) -> None:
        book = wire.whole_book(frame.data, frame.topic)
        topic, name = frame.topic, route.rules.id
        ts_event = (frame.cts or frame.ts) * MILLIS
        if frame.type == "snapshot" or book.update == 1:
            self._depths[topic] = Depth(book)
            self._sink(ev.BookSnapshot(name, ts_event, recv_ns, book.bids, book.asks, book.update))
            self._whole(topic, name)
            return
        if frame.type != "delta":
            raise drifted(topic, f"the unknown type {frame.type!r}")
        depth = self._depths.get(topic)
        if depth is None or book.update <= depth.update:
            return
        if book.update > depth.update + 1:
            self._forget([topic])
            self._ask("unsubscribe", [topic])
            self._ask("subscribe", [topic])
            return
        bids, asks = depth.fold(book)
        self._sink(ev.BookDelta(name, ts_event, recv_ns, bids, asks, book.update))

    def _on_quote(self, frame: wire.Frame, route: Route, recv_ns: int) -> None:
        if frame.type != "snapshot":
            raise drifted(frame.topic, f"the type {frame.type!r}, where only snapshots come")
        book = wire.whole_book(frame.data, frame.topic)
        ts_event = (frame.cts or frame.ts) * MILLIS
        quote = parse.quote(route.rules.id, book, ts_event, recv_ns)
        self._depths[frame.topic] = Depth(book)
        self._sink(quote)
        self._whole(frame.topic, route.rules.id)

    def _whole(self, topic: str, name: InstrumentId) -> None:
        waiting = any(topic in topics for topics in self._asked.values())
        if topic not in self._fine and not waiting:
            self._fine.add(topic)
            self._look([name])

    def _on_ticker(self, frame: wire.Frame, route: Route, recv_ns: int) -> None:
        row = wire.decoded(TICKER, frame.data, frame.topic)
        if row.last_price:
            self.last_px[route.rules.id] = wire.number(row.last_price, frame.topic)
        before = self._tickers.get(frame.topic, ("", ""))
        if frame.type == "snapshot" and not (row.funding_rate and row.next_funding_time):
            raise drifted(frame.topic, "a snapshot without a funding rate")
        now = (row.funding_rate or before[0], row.next_funding_time or before[1])
        if now == before or not all(now):
            return
        self._tickers[frame.topic] = now
        due_ns = wire.nanoseconds(now[1], frame.topic)
        rate = wire.number(now[0], frame.topic)
        mark = wire.number(row.mark_price, frame.topic)
        self._sink(ev.FundingRate(route.rules.id, due_ns, recv_ns, rate, mark))


class Memory:
    """What was told of each order, by our id; the oldest are forgotten."""

    def __init__(self) -> None:
        self._told: OrderedDict[OrderId, parse.Told] = OrderedDict()

    def notice(self, rows: Iterable[wire.OrderRow]) -> None:
        """Learn from a reading which of our orders sleep: after a restart nobody has said so."""
        for row in rows:
            order_id = parse.our_id(row.order_link_id)
            if order_id is not None and row.order_status == "Untriggered":
                self.of(order_id).asleep = True

    def of(self, order_id: OrderId) -> parse.Told:
        """Return what was told of an order, nothing at first."""
        told = self._told.get(order_id)
        if told is None:
            told = self._told[order_id] = parse.Told()
            if len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
        return told


class PrivateStream:
    """What happens to the account: the session is live while logged in and subscribed."""

    def __init__(
        self,
        login: Login,
        holder: parse.Holder,
        memory: Memory,
        sink: Sink,
        now_ns: Callable[[], int],
    ) -> None:
        self._login = login
        self._holder = holder
        self._memory = memory
        self._sink = sink
        self._now_ns = now_ns
        self._line: Line | None = None
        self._live = False

    # --- the line's listener ----------------------------------------------------------------

    async def greet(self, line: Line) -> None:
        """Log in, subscribe, and say that the session is live."""
        self._line = line
        await self._login.log_in(line)
        await self._login.subscribe(line, PRIVATE_TOPICS)
        self._session("", live=True)

    def text(self, text: bytes, recv_ns: int) -> None:
        """Take a frame; one that cannot be read costs the connection."""
        try:
            frame = wire.decoded(FRAME, text, "a private frame")
            if frame.topic:
                self._hear(frame, recv_ns)
            elif frame.op in ("auth", "subscribe"):
                self._login.answered(frame)
            elif not frame.op:
                raise drifted("a private frame", "neither a topic nor an answer")
        except BadReply as error:
            self._session(str(error), live=False)
            if self._line is not None:
                self._line.drop(str(error))

    def heartbeat(self, recv_ns: int) -> None:
        """Nothing to tell: the session is live until it is lost."""

    def lost(self, reason: str) -> None:
        """The session is gone with the connection."""
        self._line = None
        self._session(reason, live=False)

    def _session(self, reason: str, *, live: bool) -> None:
        if live or self._live:
            now_ns = self._now_ns()
            self._sink(ev.SessionChanged(self._holder.account, now_ns, now_ns, live, reason))
        self._live = live

    # --- news, also of readings -------------------------------------------------------------

    def _hear(self, frame: wire.Frame, recv_ns: int) -> None:
        topic = frame.topic.partition(".")[0]
        if topic == "order":
            orders = wire.decoded(ORDERS, frame.data, topic)
            self.hear_orders(orders, recv_ns)
        elif topic == "execution":
            for row in wire.decoded(EXECUTIONS, frame.data, topic):
                fill = self.hear_fill(row, recv_ns)
                if fill is not None:
                    self._sink(ev.FillReceived(fill.account, fill.ts_event, recv_ns, fill))
        elif topic == "position":
            positions = wire.decoded(POSITIONS, frame.data, topic)
            self.hear_positions(positions, recv_ns)
        elif topic == "wallet":
            for wallet in wire.decoded(WALLETS, frame.data, topic):
                for coin in wallet.coin:
                    head = (self._holder.account, frame.creation_time * MILLIS, recv_ns)
                    balance = parse.free_balance(coin)
                    self._sink(ev.BalanceReported(*head, Currency(coin.coin), *balance))
        else:
            raise drifted(frame.topic, "a topic that was not asked for")

    def hear_orders(self, rows: Iterable[wire.OrderRow], recv_ns: int) -> None:
        """Tell what is new of our orders; a stranger's show in readings."""
        for row in rows:
            order_id = parse.our_id(row.order_link_id)
            if order_id is not None:
                told = self._memory.of(order_id)
                for event in parse.fold(told, row, self._holder.account, recv_ns):
                    self._sink(event)

    def hear_fill(self, row: wire.FillRow, recv_ns: int, category: str = "") -> Fill | None:
        """Return a fill; funding goes out as what it is, by whichever road it came."""
        funding = parse.funding_paid(self._holder, row, recv_ns, category)
        if funding is not None:
            self._sink(funding)
        return parse.fill(self._holder, row, category)

    def hear_positions(self, rows: Iterable[wire.PositionRow], recv_ns: int) -> None:
        """Lock the account where the venue holds in another mode than declared."""
        if any(row.size and parse.in_other_mode(row, hedge=self._holder.hedge) for row in rows):
            reason = "the position mode at Bybit is not the declared one"
            self._sink(ev.Locked(self._holder.account, VenueId(VENUE), reason, recv_ns))


class TradeStream:
    """Order entry over its own socket: written at once, answered by request id, in any order.

    `answered` takes each answer; `unanswered` each parcel whose answer will not come any more.
    """

    def __init__(
        self,
        login: Login,
        stamp_ms: Callable[[], int],
        answered: Callable[[wire.Parcel, wire.Frame], None],
        unanswered: Callable[[wire.Parcel], None],
    ) -> None:
        self._login = login
        self._stamp_ms = stamp_ms
        self._answered = answered
        self._unanswered = unanswered
        self._line: Line | None = None
        self._pending: dict[str, wire.Parcel] = {}
        self._count = 0
        self._leaving = False
        self.ready = False

    def send(self, parcel: wire.Parcel) -> None:
        """Write a message. Raises Unreachable when down."""
        op = parcel.op
        if self._line is None or not self.ready:
            raise Unreachable(
                "Did not send: the trade line is not logged in; it comes back by itself.",
                venue=VENUE,
                endpoint=op,
            )
        self._count += 1
        number = f"r{self._count}"
        self._line.send(
            b'{"reqId":"%b","header":{"X-BAPI-TIMESTAMP":"%d","X-BAPI-RECV-WINDOW":"%d"},'
            b'"op":"%b","args":[%b]}'
            % (number.encode(), self._stamp_ms(), RECV_WINDOW_MS, op.encode(), parcel.body)
        )
        self._pending[number] = parcel

    def overdue(self, now_ns: int) -> None:
        """Give up waiting for answers whose time has passed on the monotonic clock."""
        for number, parcel in list(self._pending.items()):
            if parcel.asked[0].deadline_ns <= now_ns:
                del self._pending[number]
                self._unanswered(parcel)
        self._leave()

    def _leave(self) -> None:
        if self._leaving:
            self.ready = False
            if self._line is not None and not self._pending:
                self._line.drop("this node of Bybit restarts")

    # --- the line's listener ----------------------------------------------------------------

    async def greet(self, line: Line) -> None:
        """Log in."""
        self._line = line
        self._leaving = False
        await self._login.log_in(line)
        self.ready = True

    def text(self, text: bytes, recv_ns: int) -> None:
        """Take an answer; one that cannot be read costs the connection, and answers nothing."""
        try:
            frame = wire.decoded(FRAME, text, "a trade frame")
            if frame.op == "auth":
                self._login.answered(frame)
            elif frame.op.startswith("order.") or frame.request_id:
                if frame.ret_code is None:
                    raise drifted(frame.op, "an answer without a code")
                parcel = self._pending.pop(frame.request_id, None)
                if parcel is not None:  # else it came too late: a reading decides
                    self._answered(parcel, frame)
                self._leaving = self._leaving or frame.ret_code == RESTARTING
                self._leave()
            elif frame.op not in ("pong", "ping"):
                raise drifted("a trade frame", f"the unknown operation {frame.op!r}")
        except BadReply as error:
            if self._line is not None:
                self._line.drop(str(error))

    def heartbeat(self, recv_ns: int) -> None:
        """Nothing to tell."""

    def lost(self, reason: str) -> None:
        """Whatever was under way may have happened."""
        self._line = None
        self.ready = False
        pending, self._pending = self._pending, {}
        for each in pending.values():
            self._unanswered(each)

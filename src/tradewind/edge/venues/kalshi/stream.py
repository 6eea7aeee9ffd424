"""What Kalshi tells by itself: the public feed, the account's feed, and the fold of order news.

Knows subscriptions, their numbering and what rests at each price. Must not know how a connection
is kept, nor what to ask for by request: it says that it needs it. Numbers count per subscription,
over all its markets; there is no replay, so after a gap every book waits for a snapshot.
Source: Kalshi AsyncAPI 2.0.0 and docs.kalshi.com, read 2026-11-20.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec

from tradewind.edge.net.line import Line, LineSettings
from tradewind.edge.venues.kalshi import parse, wire
from tradewind.edge.venues.kalshi.errors import VENUE, stream_failure, unreadable
from tradewind.model.errors import Unreachable, VenueError
from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    Event,
    FeedChanged,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderClaimed,
    OrderExpired,
    OrderSent,
    SessionChanged,
)
from tradewind.model.ids import AccountId, InstrumentId, OrderId, VenueOrderId
from tradewind.model.instrument import Outcome
from tradewind.model.market import Level
from tradewind.model.money import ZERO

Sink = Callable[[Event], None]
BOOK, QUOTE, TRADE, LIFE = "orderbook_delta", "ticker", "trade", "market_lifecycle_v2"
CHANNELS = {"book": BOOK, "quote": QUOTE, "trade": TRADE}
"""Channel by the feed that it makes."""
ORDERS_KEPT = 20_000
PUBLIC = LineSettings(
    venue=VENUE,
    name="public",
    connect_s=10.0,
    greet_s=10.0,
    silence_s=5.0,
    backoff_min_s=0.5,
    backoff_max_s=30.0,
)
PRIVATE = msgspec.structs.replace(PUBLIC, name="private")
T = TypeVar("T")

_envelope = msgspec.json.Decoder(wire.Envelope).decode
_messages: Mapping[str, msgspec.json.Decoder[object]] = {
    "orderbook_snapshot": msgspec.json.Decoder(wire.SnapshotMsg),
    "orderbook_delta": msgspec.json.Decoder(wire.DeltaMsg),
    "ticker": msgspec.json.Decoder(wire.TickerMsg),
    "trade": msgspec.json.Decoder(wire.TradeMsg),
    "market_lifecycle_v2": msgspec.json.Decoder(wire.LifecycleMsg),
    "event_fee_update": msgspec.json.Decoder(wire.EventFeeMsg),
    "subscribed": msgspec.json.Decoder(wire.SubscribedMsg),
    "error": msgspec.json.Decoder(wire.ErrorMsg),
    "user_order": msgspec.json.Decoder(wire.OrderRow),
    "fill": msgspec.json.Decoder(wire.FillRow),
}


def frame(text: bytes) -> tuple[wire.Envelope, object]:
    """Return a frame and its message, None where the type is not ours to read.

    Raises BadReply for what is no frame, lacks what it must have, or has a number that is none.
    """
    if b'"NaN"' in text or b'Infinity"' in text:
        raise unreadable("stream", "a number that is none")
    try:
        told = _envelope(text)
        decoder = _messages.get(told.type)
        return told, decoder.decode(told.msg) if decoder is not None else None
    except msgspec.DecodeError as error:
        raise unreadable("stream", str(error)) from error


class _Talk:
    """The commands of one connection: which are open, and what came of them."""

    def __init__(self) -> None:
        self.sids: dict[str, int] = {}
        self._asked: dict[int, str] = {}
        self._count = 0
        self._answered = asyncio.Event()

    def begin(self) -> None:
        self.sids, self._asked = {}, {}

    def send(self, line: Line, what: str, cmd: str, params: wire.CommandParameters) -> None:
        self._count += 1
        self._asked[self._count] = what
        line.send(wire.encode(wire.StreamCommand(self._count, cmd, params)))

    def open(self, channel: str) -> bool:
        return channel in self._asked.values()

    def told(self, envelope: wire.Envelope, message: object) -> None:
        """Take note of an answer; raises what an `error` frame means."""
        if isinstance(message, wire.ErrorMsg):
            raise stream_failure(message.code, message.msg)
        if isinstance(message, wire.SubscribedMsg):
            self.sids[message.channel] = message.sid
        if self._asked.pop(envelope.id, None) is not None:
            self._answered.set()

    async def answers(self) -> None:
        """Wait until every command has been answered."""
        while self._asked:
            self._answered.clear()
            await self._answered.wait()


class _Levels:
    """Bids on both outcomes of one market; `live` while every change is known."""

    __slots__ = ("live", "no", "sequence", "yes")

    def __init__(self) -> None:
        self.live = False
        self.sequence = 0
        self.yes: dict[Decimal, Decimal] = {}
        self.no: dict[Decimal, Decimal] = {}


class PublicFeed:
    """Books, prints, quotes and what becomes of markets, for those that somebody watches.

    `news` gets prints and lifecycle messages as they are on the wire, `recheck` is called when
    some of them may have been missed. Books go to the sink, for both outcomes.
    """

    def __init__(
        self,
        sink: Sink,
        now_ns: Callable[[], int],
        news: Callable[[object, int], None],
        recheck: Callable[[], None],
    ) -> None:
        self._sink, self._now_ns, self._news, self._recheck = sink, now_ns, news, recheck
        self._line: Line | None = None
        self._wanted: dict[str, frozenset[str]] = {}
        self._talk = _Talk()
        self._subscribed: dict[str, set[str]] = {}
        self._sequences: dict[int, int] = {}
        self._books: dict[str, _Levels] = {}

    def watch(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """Listen to these channels of these markets, and to nothing else."""
        self._wanted = dict(wanted)
        if self._line is not None:
            try:
                self._subscribe()
            except Unreachable:
                return  # the line is going down: the next greeting asks for all of it

    async def greet(self, line: Line) -> None:
        """Subscribe to everything that is wanted."""
        self._line = line
        self._talk.begin()
        self._subscribed, self._sequences, self._books = {}, {}, {}
        params = wire.CommandParameters(channels=(LIFE,))
        self._talk.send(line, LIFE, "subscribe", params)
        self._subscribe()
        await self._talk.answers()
        self._recheck()

    def heartbeat(self, recv_ns: int) -> None:
        """The other side lives: what is subscribed and whole is as young as this."""
        for ticker in self._wanted:
            if self._intact(ticker):
                self._feed(ticker, recv_ns, live=True)

    def lost(self, reason: str) -> None:
        """Nothing is known any more."""
        self._line = None
        now_ns = self._now_ns()
        for ticker in self._wanted:
            self._feed(ticker, now_ns, live=False)

    def text(self, text: bytes, recv_ns: int) -> None:
        """Take a frame; what cannot be read ends the connection, and all books with it."""
        line = self._line
        if line is None:
            return
        try:
            envelope, message = frame(text)
            if envelope.seq and not self._in_turn(envelope, recv_ns):
                return
            self._take(envelope, message, recv_ns)
        except VenueError as error:
            self._recheck()  # a market that vanished is refused for ever: find out
            line.drop(str(error))

    def _take(self, envelope: wire.Envelope, message: object, recv_ns: int) -> None:
        if isinstance(message, wire.DeltaMsg):
            self._delta(envelope, message, recv_ns)
        elif isinstance(message, wire.SnapshotMsg):
            self._snapshot(envelope, message, recv_ns)
        elif isinstance(message, wire.SubscribedMsg | wire.ErrorMsg) or envelope.id:
            self._talk.told(envelope, message)
            self._subscribe()
        elif message is not None:
            self._news(message, recv_ns)
        elif envelope.sid and envelope.sid == self._talk.sids.get(BOOK):
            raise unreadable("stream", f"{envelope.type!r} among the books")

    # --- subscriptions --------------------------------------------------------------------------

    def _subscribe(self) -> None:
        """Ask for what is missing and give up what is not wanted; one command at a time each."""
        assert self._line is not None
        for channel in (BOOK, QUOTE, TRADE):
            wanted = {ticker for ticker, own in self._wanted.items() if channel in own}
            have = self._subscribed.setdefault(channel, set())
            if wanted != have and not self._talk.open(channel):
                self._change(self._line, channel, wanted, have)

    def _change(self, line: Line, channel: str, wanted: set[str], have: set[str]) -> None:
        sid, more, less = self._talk.sids.get(channel), wanted - have, have - wanted
        initial: bool | msgspec.UnsetType = True if channel == QUOTE else msgspec.UNSET
        if sid is None:
            explicit: bool | msgspec.UnsetType = False if channel == BOOK else msgspec.UNSET
            params = wire.CommandParameters(
                channels=(channel,),
                market_tickers=tuple(sorted(more)),
                use_yes_price=explicit,
                send_initial_snapshot=initial,
            )
            self._talk.send(line, channel, "subscribe", params)
            have |= more
        elif more:
            self._update(line, channel, "add_markets", more)
            have |= more
        else:
            self._update(line, channel, "delete_markets", less)
            have -= less
            for ticker in less if channel == BOOK else ():
                self._books.pop(ticker, None)

    def _update(self, line: Line, channel: str, action: str, tickers: Iterable[str]) -> None:
        params = wire.CommandParameters(
            sids=(self._talk.sids[channel],), action=action, market_tickers=tuple(sorted(tickers))
        )
        self._talk.send(line, channel, "update_subscription", params)

    def _intact(self, ticker: str) -> bool:
        channels = self._wanted[ticker]
        if not channels or any(ticker not in self._subscribed.get(each, ()) for each in channels):
            return False
        book = self._books.get(ticker)
        whole = BOOK not in channels or (book is not None and book.live)
        return whole and all(each in self._talk.sids for each in channels)

    def _feed(self, ticker: str, at_ns: int, *, live: bool) -> None:
        for name in parse.ids(ticker):
            self._sink(FeedChanged(name, at_ns, at_ns, live))

    # --- numbers and books ----------------------------------------------------------------------

    def _in_turn(self, envelope: wire.Envelope, recv_ns: int) -> bool:
        """Count a numbered frame; False for one that came twice or too late."""
        last = self._sequences.get(envelope.sid, 0)
        if envelope.seq <= last:
            return envelope.type == "orderbook_snapshot" and envelope.id > 0
        self._sequences[envelope.sid] = envelope.seq
        if envelope.seq != last + 1:
            self._gap(envelope.sid, recv_ns)
        return True

    def _gap(self, sid: int, recv_ns: int) -> None:
        """Frames are missing: no book of the subscription is known until its snapshot."""
        if sid != self._talk.sids.get(BOOK):
            self._recheck()
            return
        known = [ticker for ticker, book in self._books.items() if book.live]
        for ticker in known:
            self._distrust(ticker, recv_ns)
        self._ask_snapshots(self._books)

    def _distrust(self, ticker: str, recv_ns: int) -> None:
        self._books[ticker].live = False
        self._feed(ticker, recv_ns, live=False)

    def _ask_snapshots(self, tickers: Iterable[str]) -> None:
        asked = sorted(tickers)
        # Without a subscription yet, its own first snapshots are still to come.
        if self._line is not None and asked and BOOK in self._talk.sids:
            params = wire.CommandParameters(
                sids=(self._talk.sids[BOOK],), action="get_snapshot", market_tickers=tuple(asked)
            )
            self._talk.send(self._line, "get_snapshot", "update_subscription", params)

    def _snapshot(self, envelope: wire.Envelope, row: wire.SnapshotMsg, recv_ns: int) -> None:
        if envelope.id:
            self._talk.told(envelope, None)
        ticker = row.market_ticker
        if ticker not in self._subscribed.get(BOOK, ()):
            return
        book = self._books.setdefault(ticker, _Levels())
        book.yes = {px: qty for px, qty in row.yes_dollars_fp if qty > 0}
        book.no = {px: qty for px, qty in row.no_dollars_fp if qty > 0}
        book.sequence, book.live = envelope.seq, True
        yes, no = (tuple(sorted(side.items(), reverse=True)) for side in (book.yes, book.no))
        first, second = parse.ids(ticker)
        self._feed(ticker, recv_ns, live=True)
        for name, bids, against in ((first, yes, no), (second, no, yes)):
            asks = parse.mirrored(against)
            self._sink(BookSnapshot(name, recv_ns, recv_ns, bids, asks, envelope.seq))

    def _delta(self, envelope: wire.Envelope, row: wire.DeltaMsg, recv_ns: int) -> None:
        book = self._books.get(row.market_ticker)
        if book is None or not book.live:
            return
        levels = book.yes if row.side == "yes" else book.no
        px = row.price_dollars
        qty = levels.get(px, ZERO) + row.delta_fp
        if qty < 0:
            self._distrust(row.market_ticker, recv_ns)
            self._ask_snapshots([row.market_ticker])
            return
        if qty:
            levels[px] = qty
        else:
            levels.pop(px, None)
        before, book.sequence = book.sequence, envelope.seq
        ts = parse.millis(row.ts_ms, row.ts, recv_ns)
        names = parse.ids(row.market_ticker)
        own, other = names if row.side == "yes" else names[::-1]
        level: tuple[Level, ...] = ((px, qty),)
        self._sink(BookDelta(own, ts, recv_ns, level, (), envelope.seq, before))
        asks = parse.mirrored(level)
        self._sink(BookDelta(other, ts, recv_ns, (), asks, envelope.seq, before))


class PrivateFeed:
    """Orders and fills of the account. Nothing is sent at the start: whoever hears that the session
    is live reads the account.
    """

    def __init__(
        self,
        account: AccountId,
        sink: Sink,
        now_ns: Callable[[], int],
        on_order: Callable[[wire.OrderRow, int], None],
        on_fill: Callable[[wire.FillRow, int], None],
    ) -> None:
        self._account, self._sink, self._now_ns = account, sink, now_ns
        self._on_order, self._on_fill = on_order, on_fill
        self._talk = _Talk()
        self._line: Line | None = None

    async def greet(self, line: Line) -> None:
        """Subscribe to what happens to orders."""
        self._line = line
        self._talk.begin()
        for channel in ("user_orders", "fill"):
            params = wire.CommandParameters(channels=(channel,))
            self._talk.send(line, channel, "subscribe", params)
        await self._talk.answers()
        self._session(self._now_ns(), live=True)

    def heartbeat(self, recv_ns: int) -> None:
        """The other side lives; the line watches that, and a session is told when it turns."""

    def lost(self, reason: str) -> None:
        """Nothing is known of the account until it is read."""
        self._line = None
        self._session(self._now_ns(), live=False, reason=reason)

    def text(self, text: bytes, recv_ns: int) -> None:
        """Take a frame; what cannot be read ends the session."""
        line = self._line
        if line is None:
            return
        try:
            envelope, message = frame(text)
            if isinstance(message, wire.OrderRow):
                self._on_order(message, recv_ns)
            elif isinstance(message, wire.FillRow):
                self._on_fill(message, recv_ns)
            else:
                self._talk.told(envelope, message)
        except VenueError as error:
            line.drop(str(error))

    def _session(self, at_ns: int, *, live: bool, reason: str = "") -> None:
        self._sink(SessionChanged(self._account, at_ns, at_ns, live, reason))


class Known(msgspec.Struct):
    """One order as far as the adapter has told of it; `client` is our id, None for a stranger's.

    `client_text` is the id as the venue has it; `stamp_ms` the venue's time of the newest news.
    `cause_ns` is when what led to it had reached us, `unsent` its OrderSent as long
    as nothing proves that it left.
    """

    ticker: str
    client: OrderId | None
    client_text: str
    outcome: Outcome
    side: wire.BookSide
    order_id: str = ""
    qty: Decimal = ZERO
    px: Decimal = ZERO
    filled: Decimal = ZERO
    stamp_ms: int = 0
    accepted: bool = False
    done: bool = False
    cause_ns: int = 0
    unsent: OrderSent | None = None

    @property
    def instrument(self) -> InstrumentId:
        """Return the outcome that the order is for."""
        return parse.instrument_id(self.ticker, self.outcome)


class OrderNews:
    """Turns every row about our orders into events, whichever road and order rows come in.

    Each thing is told once; what is older than what was told is not told at all.
    """

    def __init__(self, account: AccountId, sink: Sink) -> None:
        self._account, self._sink = account, sink
        self._by_id: dict[str, Known] = {}
        self._by_client: dict[OrderId, Known] = {}

    def client_text(self, order_id: str) -> str | None:
        """Return the client order id of an order, None while it is not known."""
        known = self._by_id.get(order_id)
        return known.client_text if known is not None else None

    def ours(self, client: OrderId, order_id: str | None = None) -> Known | None:
        """Return what is known of an order of ours."""
        return self._by_client.get(client) or self._by_id.get(order_id or "")

    def sending(self, order: wire.CreateOrder, cause_ns: int, now_ns: int) -> Known:
        """Note an order before it leaves; `cause_ns` is when what led to it had reached us."""
        client, outcome = parse.meant(order.client_order_id, order.side)
        assert client is not None
        known = Known(order.ticker, client, order.client_order_id, outcome, order.side)
        known.qty, known.px, known.cause_ns = order.count, order.price, cause_ns
        known.unsent = OrderSent(self._account, now_ns, now_ns, client, now_ns - cause_ns)
        self._by_client[client] = known
        self._forget_old()
        return known

    def written(self, known: Known, now_ns: Callable[[], int]) -> None:
        """Tell that an order's last byte has left just now."""
        unsent, at_ns = known.unsent, now_ns()
        if unsent is not None:
            took_ns = unsent.latency_ns + at_ns - unsent.ts_event
            known.unsent = msgspec.structs.replace(unsent, ts_event=at_ns, latency_ns=took_ns)
            self.sent(known, at_ns)

    def sent(self, known: Known, recv_ns: int) -> None:
        """Tell once that an order left: its answer proves it, or what the stream says of it."""
        unsent, known.unsent = known.unsent, None
        if unsent is not None:
            self._sink(msgspec.structs.replace(unsent, ts_recv=recv_ns))

    def learn(self, row: wire.OrderRow) -> Known:
        """Note which order a row is of, and tell nobody."""
        known = self._by_id.get(row.order_id)
        if known is not None:
            return known
        client, outcome = parse.meant(row.client_order_id, row.book_side)
        known = self._by_client.get(client) if client is not None else None
        if known is None or known.order_id not in ("", row.order_id):
            known = Known(row.ticker, client, row.client_order_id, outcome, row.book_side)
            known.qty, known.px = parse.total_qty(row), row.yes_price_dollars
        known.order_id = row.order_id
        self._by_id[row.order_id] = known
        if client is not None:
            self._by_client[client] = known
        self._forget_old()
        return known

    def replied(self, known: Known, reply: wire.OrderReply, recv_ns: int) -> None:
        """Take the answer to a new order as the row that it stands for."""
        filled, rest = reply.fill_count or ZERO, reply.remaining_count or ZERO
        status = "resting" if rest else "executed" if filled >= known.qty else "canceled"
        row = wire.OrderRow(
            order_id=reply.order_id,
            ticker=known.ticker,
            status=status,
            book_side=known.side,
            yes_price_dollars=known.px,
            initial_count_fp=known.qty,
            fill_count_fp=filled,
            remaining_count_fp=rest,
            client_order_id=known.client_text,
            last_updated_ts_ms=reply.ts_ms,
            last_update_reason="" if rest else "not traded at once",
        )
        self.take(row, recv_ns)

    def amended(self, known: Known, change: wire.ChangeOrder, stamp_ms: int, recv_ns: int) -> None:
        """Tell the terms that an amendment was answered with, or newer ones."""
        if known.done or known.client is None:
            return
        if stamp_ms >= known.stamp_ms:
            known.stamp_ms, known.qty, known.px = stamp_ms, change.count, change.price
        self._tell_terms(known, stamp_ms * 1_000_000, recv_ns)

    def take(self, row: wire.OrderRow, recv_ns: int) -> None:
        """Tell what is new in a row; raises BadReply for a status unheard of."""
        parse.status_of(row)
        known = self.learn(row)
        stamp_ms = row.last_updated_ts_ms or 0
        old = (stamp_ms, row.fill_count_fp) < (known.stamp_ms, known.filled)
        if known.client is None or known.done:
            return
        ts = stamp_ms * 1_000_000 or recv_ns
        self.sent(known, recv_ns)
        if not known.accepted:
            known.accepted = True
            venue_id = VenueOrderId(row.order_id)
            self._sink(OrderAccepted(self._account, ts, recv_ns, known.client, venue_id))
        if not old:
            known.stamp_ms = stamp_ms
            self._tell_state(known, row, ts, recv_ns)

    def _tell_state(self, known: Known, row: wire.OrderRow, ts: int, recv_ns: int) -> None:
        account, client, filled = self._account, known.client, row.fill_count_fp
        assert client is not None
        newly = filled > known.filled
        known.filled = max(filled, known.filled)
        if row.status == "canceled":
            known.done = True
            reason = row.last_update_reason
            if reason == "ExpiryCancel":
                self._sink(OrderExpired(account, ts, recv_ns, client, filled))
            else:
                self._sink(OrderCancelled(account, ts, recv_ns, client, reason, filled))
            return
        if row.status == "resting":
            terms = (parse.total_qty(row), row.yes_price_dollars)
            if terms != (known.qty, known.px):
                known.qty, known.px = terms
                self._tell_terms(known, ts, recv_ns)
        known.done = row.status == "executed"
        if newly:
            self._sink(OrderClaimed(account, ts, recv_ns, client, known.filled))

    def _tell_terms(self, known: Known, ts: int, recv_ns: int) -> None:
        assert known.client is not None
        px = parse.own_px(known.outcome, known.px)
        self._sink(OrderAmended(self._account, ts, recv_ns, known.client, known.qty, px))

    def _forget_old(self) -> None:
        """Keep the memory bounded: ended orders go first, those of long ago before others."""
        if len(self._by_id) > ORDERS_KEPT:
            for known in [each for each in self._by_id.values() if each.done][: ORDERS_KEPT // 2]:
                del self._by_id[known.order_id]
                if known.client is not None:
                    self._by_client.pop(known.client, None)

"""The public streams: books, tickers, trades and candles, pushed at their intervals.

Knows topics and who subscribed to them. Must not know accounts. Source: Bybit API documentation
v5, public topics and connect page, state of 2026-07-24.
"""

from collections.abc import Mapping

from tradewind.edge.simulators.bybit.agenda import Agenda, Deed
from tradewind.edge.simulators.bybit.books import PUSH_NS, REPEAT_NS, BookStream, ticker
from tradewind.edge.simulators.bybit.candles import INTERVALS, end_of, start_of
from tradewind.edge.simulators.bybit.markets import Market, Print
from tradewind.edge.simulators.bybit.sessions import SPOT, Session
from tradewind.edge.simulators.bybit.settings import true_name
from tradewind.edge.simulators.bybit.words import Row, encode, ms, plain, scaled
from tradewind.edge.simulators.fate import Fate
from tradewind.edge.simulators.wire_faults import Kind
from tradewind.model.ids import InstrumentId
from tradewind.model.money import MILLIS, NANOS

TICKER_NS = {"linear": 100 * MILLIS, "spot": 50 * MILLIS}
KLINE_NS = NANOS
LIMIT_NS = 300 * MILLIS
DEPTHS = frozenset(str(depth) for depth in PUSH_NS)


class Public:
    """All public topics. A topic is worked on only while somebody listens."""

    def __init__(self, agenda: Agenda, markets: Mapping[InstrumentId, Market], fate: Fate) -> None:
        self._agenda = agenda
        self._fate = fate
        self._markets = markets
        self._books: dict[tuple[InstrumentId, int], BookStream] = {}
        self._listeners: dict[tuple[str, str], dict[Session, None]] = {}
        self._tickers: dict[InstrumentId, Row] = {}
        self._beating: set[tuple[str, str]] = set()
        self._closing: dict[tuple[str, str], int] = {}

    def stream(self, market: Market, depth: int) -> BookStream:
        """Return a book stream, begun at first sight."""
        key = (market.symbol.id, depth)
        found = self._books.get(key)
        if found is None:
            found = self._books[key] = BookStream(market, depth)
            found.refresh()
        return found

    def book_now(self, market: Market) -> BookStream:
        """Return the deepest book for a reader: fresh where nobody hears its stream."""
        stream = self.stream(market, 1000)
        if not self._listeners.get((market.symbol.category, stream.topic)):
            stream.refresh()
        return stream

    # --- subscriptions ------------------------------------------------------------------------

    def knows(self, category: str, topic: str) -> bool:
        """Tell whether there is such a topic."""
        parts = topic.split(".")
        market = self._markets.get(InstrumentId(f"{category}:{parts[-1]}"))
        if market is None:
            return False
        match parts[:-1]:
            case ["orderbook", depth]:
                return depth in DEPTHS
            case ["kline", interval]:
                return interval in INTERVALS
            case ["tickers" | "publicTrade"]:
                return True
            case ["allLiquidation" | "priceLimit"]:
                return category != SPOT
        return False

    def join(self, session: Session, topic: str, now_ns: int) -> None:
        """Subscribe; what has a snapshot is told at once."""
        key = (session.kind, topic)
        listeners = self._listeners.setdefault(key, {})
        first = not listeners
        listeners[session] = None
        session.topics[topic] = None
        market = self._market(session.kind, topic)
        name = topic.partition(".")[0]
        if name == "orderbook":
            stream = self.stream(market, int(topic.split(".")[1]))
            if first:
                stream.refresh()
                if stream.depth == 1:
                    self._repeat(stream, now_ns)
            session.send(encode(stream.snapshot(now_ns)), now_ns)
        elif name == "tickers":
            if first:
                self._tickers[market.symbol.id] = ticker(market, now_ns)
            row = self._tickers[market.symbol.id]
            session.send(encode(_ticker(market, topic, "snapshot", row, now_ns)), now_ns)
        if name in ("tickers", "kline", "priceLimit") and key not in self._beating:
            self._beating.add(key)
            if name == "kline":
                interval = topic.split(".")[1]
                self._closing[key] = start_of(interval, now_ns)
                session.send(encode(self._kline(market, topic, now_ns)), now_ns)
            self._agenda.at(now_ns + self._beat_ns(session.kind, name), self._beater(key))

    def leave(self, session: Session, topic: str) -> None:
        """Unsubscribe."""
        session.topics.pop(topic, None)
        self._listeners.get((session.kind, topic), {}).pop(session, None)

    # --- what happens -------------------------------------------------------------------------

    def book(self, market: Market, now_ns: int) -> None:
        """Plan the pushes of a changed book, each no sooner than its interval."""
        for depth, every_ns in PUSH_NS.items():
            stream = self._books.get((market.symbol.id, depth))
            if stream is None or stream.planned or not self._heard(stream):
                continue
            stream.planned = True
            due_ns = max(now_ns, stream.pushed_ns + every_ns)
            self._agenda.at(due_ns, self._pusher(stream))

    def trades(self, market: Market, prints: list[Print], now_ns: int) -> None:
        """Tell trades."""
        symbol = market.symbol
        topic = f"publicTrade.{symbol.name}"
        if not self._listeners.get((symbol.category, topic)):
            return
        data = []
        for each in prints:
            row: Row = {"T": ms(each.at_ns), "s": symbol.name, "S": each.side}
            row |= {"v": scaled(each.qty, symbol.qty_step), "p": scaled(each.px, symbol.tick)}
            if symbol.linear:
                row["L"] = each.tick
            data.append({**row, "i": each.id, "BT": False, "RPI": False, "seq": each.seq})
        frame = {"topic": topic, "type": "snapshot", "ts": ms(now_ns), "data": data}
        self._send(symbol.category, topic, frame, now_ns)

    def restart_books(self, now_ns: int) -> None:
        """Restart the book service: every stream begins anew with u = 1."""
        for stream in self._books.values():
            stream.restart()
            self._push(stream, stream.snapshot(now_ns), now_ns)

    # --- pushes -------------------------------------------------------------------------------

    def _pusher(self, stream: BookStream) -> Deed:
        def push(now_ns: int) -> None:
            stream.planned = False
            if not self._heard(stream):
                return
            name = true_name(stream.market.symbol)
            stream.ghost = self._fate.strikes(Kind.GHOST, (), name) is not None
            changed = stream.refresh()
            if changed is None:
                return
            if self._fate.strikes(Kind.SKIP, (), name):
                # Lost on the way: the number is used up and nobody hears of it.
                return
            if stream.depth == 1:
                self._push(stream, stream.snapshot(now_ns), now_ns)
            else:
                self._push(stream, stream.message("delta", changed, now_ns), now_ns)

        return push

    def _repeat(self, stream: BookStream, now_ns: int) -> None:
        def repeat(at_ns: int) -> None:
            if not self._heard(stream):
                return
            if at_ns - stream.pushed_ns >= REPEAT_NS:
                self._push(stream, stream.snapshot(at_ns), at_ns)
            self._agenda.at(stream.pushed_ns + REPEAT_NS, repeat)

        stream.pushed_ns = now_ns
        self._agenda.at(now_ns + REPEAT_NS, repeat)

    def _push(self, stream: BookStream, frame: Row, now_ns: int) -> None:
        stream.pushed_ns = now_ns
        self._send(stream.market.symbol.category, stream.topic, frame, now_ns)

    def _beater(self, key: tuple[str, str]) -> Deed:
        category, topic = key
        market = self._market(category, topic)
        name = topic.partition(".")[0]

        def beat(now_ns: int) -> None:
            if not self._listeners.get(key):
                self._beating.discard(key)
                return
            if name == "tickers":
                self._tell_ticker(market, topic, now_ns)
            elif name == "kline":
                self._send(category, topic, self._kline(market, topic, now_ns), now_ns)
            else:
                self._send(category, topic, price_limit(market, topic, now_ns), now_ns)
            self._agenda.at(now_ns + self._beat_ns(category, name), beat)

        return beat

    def _tell_ticker(self, market: Market, topic: str, now_ns: int) -> None:
        symbol = market.symbol
        old, new = self._tickers[symbol.id], ticker(market, now_ns)
        self._tickers[symbol.id] = new
        if not symbol.linear:
            self._send(SPOT, topic, _ticker(market, topic, "snapshot", new, now_ns), now_ns)
            return
        changed = {key: value for key, value in new.items() if old.get(key) != value}
        if changed:
            row = {"symbol": symbol.name, **changed}
            frame = _ticker(market, topic, "delta", row, now_ns)
            self._send(symbol.category, topic, frame, now_ns)

    def _kline(self, market: Market, topic: str, now_ns: int) -> Row:
        interval = topic.split(".")[1]
        key = (market.symbol.category, topic)
        start_ns = start_of(interval, now_ns)
        data = []
        before = self._closing.get(key, start_ns)
        if before < start_ns:
            data.append(_kline_row(market, interval, before, now_ns, confirm=True))
        self._closing[key] = start_ns
        data.append(_kline_row(market, interval, start_ns, now_ns, confirm=False))
        return {"topic": topic, "type": "snapshot", "ts": ms(now_ns), "data": data}

    def _market(self, category: str, topic: str) -> Market:
        return self._markets[InstrumentId(f"{category}:{topic.rpartition('.')[2]}")]

    def _beat_ns(self, category: str, name: str) -> int:
        if name == "tickers":
            return TICKER_NS[category]
        return KLINE_NS if name == "kline" else LIMIT_NS

    def _heard(self, stream: BookStream) -> bool:
        return bool(self._listeners.get((stream.market.symbol.category, stream.topic)))

    def _send(self, category: str, topic: str, frame: Row, now_ns: int) -> None:
        text = encode(frame)
        for session in list(self._listeners.get((category, topic), ())):
            session.send(text, now_ns)


def _ticker(market: Market, topic: str, kind: str, row: Row, now_ns: int) -> Row:
    told = {"topic": topic, "type": kind, "data": row, "cs": market.seq}
    return {**told, "ts": ms(now_ns)}


def _kline_row(market: Market, interval: str, start_ns: int, now_ns: int, *, confirm: bool) -> Row:
    bar = market.candles.at(interval, start_ns, now_ns)
    return {
        "start": ms(start_ns),
        "end": ms(end_of(interval, start_ns)) - 1,
        "interval": interval,
        "open": plain(bar.open),
        "close": plain(bar.close),
        "high": plain(bar.high),
        "low": plain(bar.low),
        "volume": plain(bar.volume),
        "turnover": plain(bar.turnover),
        "confirm": confirm,
        "timestamp": ms(now_ns),
    }


def price_limit(market: Market, topic: str, now_ns: int) -> Row:
    """Return a frame of the price band."""
    highest, lowest = market.limits(now_ns)
    tick = market.symbol.tick
    row = {"symbol": market.symbol.name, "buyLmt": scaled(highest, tick)}
    row["sellLmt"] = scaled(lowest, tick)
    return {"topic": topic, "ts": ms(now_ns), "data": row}

"""Who hears what: news of the floor as numbered messages to the subscriptions of all sockets.

Knows channels and their messages. Must not know commands, requests or matching. Source: Kalshi
WebSocket API v2 (AsyncAPI 2.0.0), read 2026-11.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from tradewind.edge.simulators.fate import Fate
from tradewind.edge.simulators.kalshi import messages
from tradewind.edge.simulators.kalshi.accounts import Account, Position
from tradewind.edge.simulators.kalshi.groups import Group
from tradewind.edge.simulators.kalshi.listing import EventTerms
from tradewind.edge.simulators.kalshi.markets import Book, Levels, Market, Trade
from tradewind.edge.simulators.kalshi.numbers import contracts, dollars, millis, rfc3339
from tradewind.edge.simulators.kalshi.orders import Fill, OrderState
from tradewind.edge.simulators.wire import Connection
from tradewind.edge.simulators.wire_faults import Kind
from tradewind.model.money import ONE, ZERO

BOOK, TICKER, TRADE = "orderbook_delta", "ticker", "trade"
FILL, ORDERS, POSITIONS = "fill", "user_orders", "market_positions"
GROUPS, LIFECYCLE = "order_group_updates", "market_lifecycle_v2"
CHANNELS = (BOOK, TICKER, TRADE, FILL, ORDERS, POSITIONS, GROUPS, LIFECYCLE)
NUMBERED = frozenset((BOOK, TRADE, GROUPS, LIFECYCLE))
BY_MARKET = frozenset((BOOK, TICKER, TRADE, FILL, ORDERS, POSITIONS))
Body = Mapping[str, object]


class Cause(msgspec.Struct, frozen=True):
    """Whose order changed the book."""

    user_id: str
    client_id: str


class Subscription:
    """One channel of one socket; no `tickers` means all. `seq` is that of the last message."""

    __slots__ = ("channel", "lost", "seq", "sid", "tickers", "yes_price")

    def __init__(
        self, sid: int, channel: str, tickers: list[str] | None, *, yes_price: bool
    ) -> None:
        self.sid = sid
        self.channel = channel
        self.tickers = None if tickers is None else dict.fromkeys(tickers)
        self.yes_price = yes_price
        self.seq = 0
        self.lost = 0

    @property
    def numbered(self) -> bool:
        """Tell whether its messages carry a sequence number."""
        return self.channel in NUMBERED

    def wants(self, ticker: str) -> bool:
        """Tell whether it is about a market."""
        return self.tickers is None or ticker in self.tickers


class Session:
    """One open socket of an account."""

    __slots__ = ("account", "by_sid", "commands", "connection", "second", "sids")

    def __init__(self, connection: Connection, account: Account) -> None:
        self.connection = connection
        self.account = account
        self.by_sid: dict[int, Subscription] = {}
        self.sids = 0
        self.second = 0
        self.commands = 0

    def say(self, frame: Body) -> None:
        """Send one object; a frame ends with a line end."""
        self.connection.send(msgspec.json.encode(frame) + b"\n")

    def tell(self, subscription: Subscription, kind: str, body: object, number: int = 0) -> None:
        """Send a message of a subscription, numbered where its channel is; `number` answers."""
        frame: dict[str, object] = {"type": kind}
        if number:
            frame["id"] = number
        frame["sid"] = subscription.sid
        if subscription.numbered:
            subscription.seq += 1
            frame["seq"] = subscription.seq
        if body is not None:
            frame["msg"] = body
        if subscription.lost:
            # A planted gap: the number is spent and nobody hears it.
            subscription.lost -= 1
            return
        self.say(frame)

    def of(self, channel: str) -> Subscription | None:
        """Return the subscription of a channel."""
        for subscription in self.by_sid.values():
            if subscription.channel == channel:
                return subscription
        return None

    def end(self, subscription: Subscription, code: int, text: str) -> None:
        """Let a subscription fail for good."""
        self.tell(subscription, "error", {"code": code, "msg": text})
        del self.by_sid[subscription.sid]


class Feeds:
    """All open sockets, and what they are told. `markets` is everybody's register."""

    __slots__ = ("fate", "markets", "sessions")

    def __init__(self, fate: Fate) -> None:
        self.fate = fate
        self.sessions: dict[Connection, Session] = {}
        self.markets: dict[str, Market] = {}

    def _hearers(
        self, channel: str, ticker: str = "", account: Account | None = None
    ) -> Iterator[tuple[Session, Subscription]]:
        for session in list(self.sessions.values()):
            if account is not None and session.account is not account:
                continue
            found = session.of(channel)
            if found is not None and (not ticker or found.wants(ticker)):
                yield session, found

    def book(self, market: Market, before: Book, ts: int, cause: Cause | None) -> None:
        """Tell each level that changed: by how much, on the side of its outcome."""
        hearers = list(self._hearers(BOOK, market.ticker))
        if not hearers:
            return
        changes = [
            *_changed("yes", before.bids, market.book.bids),
            *_changed("no", before.asks, market.book.asks),
        ]
        for session, found in hearers:
            if self.fate.strikes(Kind.SKIP, session.account.key_ids, market.ticker):
                found.lost += 1
            own = cause is not None and session.account.user_id == cause.user_id
            for side, px, change in changes:
                body: dict[str, object] = {
                    "market_ticker": market.ticker,
                    "market_id": market.id,
                    "price_dollars": dollars(px if side == "yes" or found.yes_price else ONE - px),
                    "delta_fp": contracts(change),
                    "side": side,
                    "ts": rfc3339(ts),
                    "ts_ms": millis(ts),
                }
                if own and cause is not None:
                    body["subaccount"] = 0
                    if cause.client_id:
                        body["client_order_id"] = cause.client_id
                session.tell(found, "orderbook_delta", body)

    def snapshot(self, session: Session, found: Subscription, ticker: str, number: int = 0) -> None:
        """Send the whole book of a market."""
        body = messages.snapshot(self.markets[ticker], yes_price=found.yes_price)
        session.tell(found, "orderbook_snapshot", body, number)

    def ticker(self, market: Market, ts: int) -> None:
        """Tell the best prices and the volume."""
        hearers = list(self._hearers(TICKER, market.ticker))
        if hearers:
            body = messages.ticker(market, ts)
            for session, found in hearers:
                session.tell(found, "ticker", body)

    def trade(self, trade: Trade) -> None:
        """Tell a print."""
        for session, found in self._hearers(TRADE, trade.ticker):
            session.tell(found, "trade", messages.trade(trade))

    def fill(self, account: Account, fill: Fill) -> None:
        """Tell the owner of a fill."""
        for session, found in self._hearers(FILL, fill.ticker, account):
            session.tell(found, "fill", messages.fill(fill))

    def order(self, account: Account, state: OrderState) -> None:
        """Tell the owner of a changed order."""
        for session, found in self._hearers(ORDERS, state.ticker, account):
            session.tell(found, "user_order", messages.order(state))

    def position(self, account: Account, position: Position) -> None:
        """Tell the owner of a changed position."""
        for session, found in self._hearers(POSITIONS, position.ticker, account):
            session.tell(found, "market_position", messages.position(position, account.user_id))

    def group(self, account: Account, group: Group, event: str, ts: int) -> None:
        """Tell the owner what became of an order group."""
        for session, found in self._hearers(GROUPS, account=account):
            session.tell(found, "order_group_updates", messages.group(group, event, ts))

    def lifecycle(self, market: Market, event: str, **more: object) -> None:
        """Tell everybody what became of a market."""
        body = {
            "market_ticker": market.ticker,
            "event_type": event,
            "exchange_index": market.series.exchange_index,
            **more,
        }
        for session, found in self._hearers(LIFECYCLE):
            session.tell(found, "market_lifecycle_v2", body)

    def event(self, event: EventTerms, exchange_index: int) -> None:
        """Tell everybody of a new event."""
        for session, found in self._hearers(LIFECYCLE):
            session.tell(found, "event_lifecycle", messages.event(event, exchange_index))


def _changed(side: str, before: Levels, after: Levels) -> Iterable[tuple[str, Decimal, Decimal]]:
    old, new = dict(before), dict(after)
    for px, qty in old.items():
        change = new.get(px, ZERO) - qty
        if change:
            yield side, px, change
    for px, qty in new.items():
        if px not in old:
            yield side, px, qty

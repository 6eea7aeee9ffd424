"""The parts of a follower: orders that news were about, the desk's vitals, and watched markets.

Knows the desk's views; each part remembers what this follower was sent of its kind.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from tradewind.control.day import day_of
from tradewind.control.frames import (
    Message,
    OrderMessage,
    Point,
    VitalsMessage,
    Watched,
)
from tradewind.control.life import NAMES
from tradewind.control.live import LiveViews, doubts, order_view
from tradewind.control.market_rows import BookView, CandleRow, CandlesView, TradesView
from tradewind.control.views import FeedView, OrderView, ScopeView, Wanted
from tradewind.core.engine.desk import Desk
from tradewind.model import events as ev
from tradewind.model.commands import DESK, Kill
from tradewind.model.effects import CancelAll
from tradewind.model.ids import InstrumentId, OrderId
from tradewind.model.market import INTERVALS_NS
from tradewind.model.money import NANOS
from tradewind.ports import Published

VITALS_S = 0.5
MARKET_S = 0.2
CANDLES_S = 0.5
FIRST_CANDLES = 300
MOST_WATCHED = 64
MOST_MARKETS = 6
"""Watched markets that one frame looks at."""
KILLING = "killing"
ALERT_NS = 60 * NANOS
WIDE = frozenset({ev.AccountReport, ev.SessionChanged, ev.DeskStarted, CancelAll})
"""News about all live orders, of an account or of the desk."""


class OrderNews:
    """Which orders the news were about, each with the number of the last step that was.

    What a frame is sent is the order as it stands then; rows that did not change are left out.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._touched: dict[OrderId, int] = {}
        self._sent: dict[OrderId, OrderView] = {}

    def __len__(self) -> int:
        return len(self._touched)

    @property
    def waiting(self) -> Collection[int]:
        """Return the steps of what waits."""
        return self._touched.values()

    def clear(self) -> None:
        """Forget what waits."""
        self._touched.clear()

    def touch(self, name: OrderId, seq: int) -> None:
        """Something happened to an order."""
        self._touched[name] = seq

    def hear(self, news: Published) -> None:
        """Note the orders of a committed step."""
        seq, touched = news.seq, self._touched
        for piece in (news.event, *news.effects):
            kind = type(piece)
            names = NAMES.get(kind)
            if names is not None:
                for name in names(piece):
                    touched[name] = seq
            if kind in WIDE:
                self._touch_wide(piece, seq)

    def _touch_wide(self, piece: Any, seq: int) -> None:
        for name, order in self._desk.orders.live.items():
            if type(piece) is ev.DeskStarted or order.spec.account == piece.account:
                self._touched[name] = seq

    def take(self, most: int) -> list[tuple[OrderId, int]]:
        """Take what waits, the first ones first: names, each with its step."""
        touched = self._touched
        return [(name, touched.pop(name)) for name in list(islice(touched, max(most, 0)))]

    def messages(self, taken: Iterable[tuple[OrderId, int]]) -> Iterator[Message]:
        """Yield the rows of orders that were taken, as they stand now, where they changed."""
        find = self._desk.orders.find
        for name, seq in taken:
            order = find(name)
            if order is None:
                continue
            row = order_view(order)
            if self._sent.get(name) == row:
                continue
            if order.live:
                self._sent[name] = row
            else:
                self._sent.pop(name, None)
            yield OrderMessage(seq, row)


class Pulse:
    """The desk's vitals, twice a second."""

    def __init__(self, views: LiveViews) -> None:
        self._views = views
        self._due_s = -1e9
        self._told_ns: dict[str, int] = {}

    def message(
        self, now_s: float, scopes: Collection[ScopeView], feeds: Collection[FeedView]
    ) -> VitalsMessage | None:
        """Return the vitals when they are due; `scopes` and `feeds` are the rows as last sent."""
        if now_s < self._due_s:
            return None
        self._due_s = now_s + VITALS_S
        views = self._views
        desk, vitals, curves = views.desk, views.vitals, views.curves
        views.sample()
        notes = (*doubts(desk, scopes), *vitals.notes)
        return VitalsMessage(
            now_ns=views.now_ns(),
            seq=desk.world.seq,
            epoch=desk.epoch,
            speed=vitals.speed,
            events=vitals.events,
            events_per_s=vitals.events_per_s,
            live_orders=len(desk.orders.live),
            unknown_orders=len(desk.exposure.unknown),
            fills_count=views.history.fills_count,
            total=views.total(),
            day=day_of(desk),
            open_notional=views.open_notional(),
            curve=self._new("", curves.desk.after(self._told_ns.get("", 0))),
            instance_curves={
                name: points
                for name, curve in curves.instances.items()
                if (points := self._new(name, curve.after(self._told_ns.get(name, 0))))
            },
            latency=vitals.latency,
            links=vitals.links,
            notes=notes,
            ok=not notes,
            kill_state=kill_state(desk),
            stale_feeds=self._stale(feeds),
            unprotected=_unprotected(desk),
        )

    def _stale(self, feeds: Collection[FeedView]) -> int:
        heard = {name for each in self._views.desk.instances.values() for name in each.watching}
        return sum(1 for each in feeds if each.trust and InstrumentId(each.instrument) in heard)

    def _new(self, name: str, points: tuple[Point, ...]) -> tuple[Point, ...]:
        if points:
            self._told_ns[name] = points[-1][0]
        return points


def kill_state(desk: Desk) -> str:
    """Return how the desk's kill stands: its trading state, or killing while one is at work."""
    for pending in desk.pending.values():
        if type(pending.command) is Kill and pending.command.scope == DESK:
            return KILLING
    return desk.desk_scope.state.value


def _unprotected(desk: Desk) -> int:
    """Count the positions whose guard said lately that it could not place its orders."""
    now_ns = desk.world.now_ns
    return sum(
        1
        for guard in desk.guards.values()
        if guard.alerted_ns and now_ns - guard.alerted_ns < ALERT_NS
    )


class _Market:
    """What was sent of one watched market."""

    __slots__ = ("book", "candles", "candles_s", "due_s", "prints", "wanted", "whole")

    def __init__(self, wanted: Watched) -> None:
        self.wanted = wanted
        self.book: BookView | None = None
        self.candles: dict[int, CandleRow] = {}
        self.candles_s = -1e9
        self.whole = False
        self.prints = 0
        self.due_s = -1e9


class Watching:
    """The markets that a follower asked for: books, prints and candles as they change."""

    def __init__(self, views: LiveViews) -> None:
        self._views = views
        self._markets: dict[tuple[str, str], _Market] = {}
        self._kept: tuple[InstrumentId, ...] = ()

    def watch(self, wanted: Sequence[Watched]) -> None:
        """Watch these and no others; one that is there already goes on as it is."""
        known = self._views.desk.feeds
        chosen = {
            (each.instrument, each.interval): each
            for each in wanted
            if InstrumentId(each.instrument) in known and each.interval in INTERVALS_NS
        }
        while len(chosen) > MOST_WATCHED:
            chosen.popitem()
        self._markets = {
            key: self._markets.get(key) or _Market(each) for key, each in chosen.items()
        }
        kept = tuple({InstrumentId(name) for name, _ in chosen})
        self._views.tape.watch(kept)
        self._views.tape.leave(self._kept)
        self._kept = kept

    def messages(self, now_s: float) -> Iterator[Message]:
        """Yield what changed in the markets that are due, those that waited longest first."""
        due = [each for each in self._markets.values() if each.due_s <= now_s]
        due.sort(key=lambda each: each.due_s)
        begun = 0
        for market in due[:MOST_MARKETS]:
            if not market.whole:
                # Many candles at once: one market a frame.
                begun += 1
                if begun > 1:
                    continue
            if market not in self._markets.values():
                continue  # it was let go while this frame was made
            market.due_s = now_s + MARKET_S
            yield from tuple(self._market(market, now_s))

    def _market(self, market: _Market, now_s: float) -> Iterator[Message]:
        wanted = Wanted(
            instrument=market.wanted.instrument,
            interval=market.wanted.interval,
            limit=3 if market.whole else FIRST_CANDLES,
        )
        book = self._views.book(wanted)
        before = market.book
        if before is None or before != msgspec.structs.replace(book, ts=before.ts):
            market.book = book
            yield book
        roll = self._views.tape.rolls[InstrumentId(wanted.instrument)]
        prints = roll.after(market.prints)
        if prints:
            market.prints = roll.count
            yield TradesView(instrument=wanted.instrument, rows=prints)
        if now_s < market.candles_s:
            return
        market.candles_s = now_s + CANDLES_S
        candles = self._new_candles(market, self._views.candles(wanted))
        if candles is not None:
            yield candles

    def _new_candles(self, market: _Market, found: CandlesView) -> CandlesView | None:
        rows = tuple(row for row in found.rows if market.candles.get(row[0]) != row)
        if not rows and market.whole:
            return None
        market.whole = True
        market.candles = {row[0]: row for row in found.rows[-3:]}
        return msgspec.structs.replace(found, rows=rows)

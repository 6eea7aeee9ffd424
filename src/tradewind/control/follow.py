"""What one follower of a running desk is told: rows as they are committed, and what has changed.

Knows the desk's views and what this follower was sent before. It is asked for a frame in the
desk's own thread, so a frame looks at a bounded number of rows: of a big desk the rounds through
its instances, markets and positions just take longer.
"""

from collections.abc import Collection, Hashable, Iterator, Sequence
from heapq import nlargest
from itertools import islice
from typing import Generic, TypeVar

import msgspec

from tradewind.control import scopes
from tradewind.control.following import OrderNews, Pulse, Watching
from tradewind.control.frames import (
    REPLAYED,
    CommandMessage,
    EventMessage,
    FeedsMessage,
    FillMessage,
    Frame,
    Hello,
    InstancesMessage,
    Message,
    OrderMessage,
    PositionKey,
    PositionsMessage,
    ScopesMessage,
    Watched,
)
from tradewind.control.live import LiveViews
from tradewind.control.views import (
    CommandView,
    FeedView,
    FillView,
    InstanceView,
    NewsView,
    PositionView,
    ScopeView,
    Wanted,
)
from tradewind.model.commands import ScopeKind
from tradewind.model.effects import (
    CommandAnswered,
    LifecycleChanged,
    LockChanged,
    ParametersChanged,
    TradingStateChanged,
)
from tradewind.model.ids import InstanceId, InstrumentId, OrderId
from tradewind.ports import Published

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")

MOST_WAITING = 20_000
"""Journaled rows that may wait for a follower; one that lets more pile up is dropped."""
MOST_ROWS = 2_000
"""Journaled rows of one frame."""
HURRY_S = 0.1
AGE_STEP_MS = 1_000
TURNED = frozenset(
    {LifecycleChanged, ParametersChanged, TradingStateChanged, LockChanged, CommandAnswered}
)
"""After one of these, instances and scopes are looked at with the next frame."""


class Round(Generic[Key]):
    """Goes through the rows of one kind again and again, a few at each frame."""

    def __init__(self, every_s: float, most: int) -> None:
        self.every_s = every_s
        self._most = most
        self._left: list[Key] = []
        self._began_s = -1e9
        self._due_s = -1e9

    def hurry(self, now_s: float) -> None:
        """Begin again soon."""
        self._due_s = min(self._due_s, max(now_s, self._began_s + HURRY_S))

    def next(self, now_s: float, keys: Collection[Key]) -> Sequence[Key]:
        """Return the keys to look at now: none while the next round is not due."""
        if not self._left:
            if now_s < self._due_s:
                return ()
            self._began_s, self._due_s = now_s, now_s + self.every_s
            self._left = list(keys)
            self._left.reverse()
        taken = self._left[: -self._most - 1 : -1]
        del self._left[-self._most :]
        return taken


class Follower:
    """One follower's frames. Call `close` when it is gone; `overrun` means that it must go.

    `since` is the last step that it has seen; what it knows of rows is void unless that was the
    last one there is.
    """

    def __init__(self, views: LiveViews, since: int, watched: Sequence[Watched] = ()) -> None:
        self._views = views
        self._desk = views.desk
        self._history = views.history
        self.overrun = False
        self._rows: dict[tuple[str, Hashable], Message] = {}
        self._orders = OrderNews(views.desk)
        self._now_s = 0.0
        self._instances: dict[str, InstanceView] = {}
        self._positions: dict[PositionKey, PositionView] = {}
        self._scopes: dict[tuple[ScopeKind, str], ScopeView] = {}
        self._feeds: dict[str, FeedView] = {}
        self._instance_round: Round[InstanceId] = Round(0.5, 8)
        self._position_round: Round[int] = Round(0.5, 25)
        self._scope_round: Round[tuple[ScopeKind, str]] = Round(1.0, 4)
        self._feed_round: Round[InstrumentId] = Round(0.25, 25)
        self._pulse = Pulse(views)
        self._watching = Watching(views)
        self._first: Hello | None = self._hello(since)
        self._replay(since)
        self._watching.watch(watched)
        self._stop = self._history.listen(self)

    def close(self) -> None:
        """Hear nothing any more; harmless when done twice."""
        self._stop()
        self._watching.watch(())

    def watch(self, watched: Sequence[Watched]) -> None:
        """Send these markets from now on, and no others."""
        self._watching.watch(watched)

    # --- what is heard ---------------------------------------------------------------------------

    def row(self, seq: int, row: FillView | NewsView | CommandView) -> None:
        """A journaled row is new, or another than before."""
        if self.overrun:
            return
        key, message = _message(seq, row)
        self._rows.pop(key, None)
        self._rows[key] = message
        self._see_overrun()

    def step(self, news: Published) -> None:
        """A step was committed."""
        if self.overrun:
            return
        self._orders.hear(news)
        for effect in news.effects:
            if type(effect) in TURNED:
                self._instance_round.hurry(self._now_s)
                self._scope_round.hurry(self._now_s)
        self._see_overrun()

    def _see_overrun(self) -> None:
        if len(self._rows) + len(self._orders.waiting) > MOST_WAITING:
            self.overrun = True
            self._rows.clear()
            self._orders.clear()

    # --- what is sent ----------------------------------------------------------------------------

    def frame(self, now_s: float) -> Frame | None:
        """Return what is new, None when nothing is; `now_s` is any clock that only goes on."""
        *_, frame = self.pieces(now_s)
        return frame

    def pieces(self, now_s: float) -> Iterator[Frame | None]:
        """Make a frame piece by piece: yields None after each, and last the frame, if any.

        Between two pieces the desk may go on; what happens then comes with the next frame.
        """
        self._now_s = now_s
        messages: list[Message] = []
        if self._first is not None:
            messages.append(self._first)
            self._first = None
        rows, orders = self._due_rows()
        for message in self._orders.messages(orders):
            rows.append(message)
            yield None
        rows.sort(key=_seq_of)
        messages += rows
        for state in self._states(now_s):
            if state is not None:
                messages.append(state)
            yield None
        for message in self._watching.messages(now_s):
            messages.append(message)
            yield None
        if not messages or self.overrun:
            # Of an overrun follower rows are gone: no frame may say that they were told.
            yield None
            return
        yield Frame(seq=self._told_seq(), messages=tuple(messages))

    def _told_seq(self) -> int:
        """Return the last step whose rows have all been sent."""
        left = [_seq_of(message) for message in self._rows.values()]
        return min((self._history.last_seq, *(seq - 1 for seq in (*left, *self._orders.waiting))))

    def _due_rows(self) -> tuple[list[Message], list[tuple[OrderId, int]]]:
        """Take all at once what this frame tells: what comes later has a later step."""
        rows = [self._rows.pop(key) for key in list(islice(self._rows, MOST_ROWS))]
        return rows, self._orders.take(MOST_ROWS - len(rows))

    def _states(self, now_s: float) -> Iterator[Message | None]:
        yield self._some_instances(now_s)
        yield self._some_positions(now_s)
        yield self._some_scopes(now_s)
        feeds = self._some_feeds(now_s)
        yield FeedsMessage(tuple(feeds)) if feeds else None
        yield self._pulse.message(now_s, self._scopes.values(), self._feeds.values())

    def _some_scopes(self, now_s: float) -> ScopesMessage | None:
        rows = [
            view
            for kind, name in self._scope_round.next(now_s, scopes.names(self._desk))
            if (kind is not ScopeKind.INSTANCE or name in self._desk.instances)
            and _changed(self._scopes, (kind, name), view := scopes.view(self._desk, kind, name))
        ]
        return ScopesMessage(tuple(rows)) if rows else None

    def _some_instances(self, now_s: float) -> InstancesMessage | None:
        known = self._desk.instances
        rows = [
            view
            for name in self._instance_round.next(now_s, known)
            if name in known
            and _changed(self._instances, name, view := self._views.instance_row(known[name]))
        ]
        gone = tuple(name for name in self._instances if InstanceId(name) not in known)
        for name in gone:
            del self._instances[name]
        return InstancesMessage(tuple(rows), gone) if rows or gone else None

    def _some_positions(self, now_s: float) -> PositionsMessage | None:
        # Positions are only ever added: a flat one stays, and its row says so.
        held = self._desk.ledger.positions()
        rows = []
        for index in self._position_round.next(now_s, range(len(held))):
            each = held[index]
            key = PositionKey(each.account, each.owner, each.instrument, each.bucket)
            view = self._views.position_row(each)
            if _changed(self._positions, key, view):
                rows.append(view)
        return PositionsMessage(tuple(rows)) if rows else None

    def _some_feeds(self, now_s: float) -> list[FeedView]:
        rows = []
        for name in self._feed_round.next(now_s, self._desk.feeds):
            view = self._views.feed_row(self._desk.feeds[name])
            before = self._feeds.get(name)
            if before is None or not _same_feed(before, view):
                self._feeds[name] = view
                rows.append(view)
        return rows

    # --- the beginning ---------------------------------------------------------------------------

    def _hello(self, since: int) -> Hello:
        session = self._views.session()
        return Hello(
            seq=self._history.last_seq,
            desk=session.desk,
            mode=session.mode,
            version=session.version,
            now_ns=session.now_ns,
            resumed=bool(since) and since == self._history.last_seq,
        )

    def _replay(self, since: int) -> None:
        """Take in the newest rows, and of those after `since` as many as may wait."""
        if since and since == self._history.last_seq:
            return
        newest = Wanted(limit=REPLAYED)
        views = self._views
        for view in views.fills(newest):
            self.row(view.seq, view)
        for line in views.events(newest):
            self.row(line.seq, line)
        for command in views.commands(newest):
            self.row(command.seq, command)
        # Names only: their rows are made piece by piece.
        ended = nlargest(REPLAYED, self._desk.orders.ended(), key=lambda order: order.created_ns)
        for order in (*reversed(ended), *self._desk.orders.live.values()):
            self._orders.touch(order.client_order_id, self._history.last_seq)


def _message(
    seq: int, row: FillView | NewsView | CommandView
) -> tuple[tuple[str, Hashable], Message]:
    if isinstance(row, FillView):
        return ("fill", (row.account, row.exec_id)), FillMessage(seq, row)
    if isinstance(row, CommandView):
        return ("command", row.command_id), CommandMessage(seq, row)
    # Lines of the list are never changed: each is a row of its own.
    return ("event", id(row)), EventMessage(seq, row)


def _seq_of(message: Message) -> int:
    assert isinstance(message, OrderMessage | FillMessage | EventMessage | CommandMessage)
    return message.seq


def _changed(sent: dict[Key, Row], key: Key, row: Row) -> bool:
    """Note a row, and tell whether it is another than the one that was sent."""
    if sent.get(key) == row:
        return False
    sent[key] = row
    return True


def _same_feed(before: FeedView, now: FeedView) -> bool:
    """Tell whether nothing worth a message has changed; of the age only whole steps are."""
    if now.age_ms // AGE_STEP_MS != before.age_ms // AGE_STEP_MS:
        return False
    return before == msgspec.structs.replace(now, age_ms=before.age_ms)

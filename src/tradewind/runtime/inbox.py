"""Two lanes into the core: account events and commands first, market data behind them.

Lane 1 is never merged and never dropped. Lane 2, when the desk is behind, keeps only the latest
quote of an instrument, joins the deltas of one book, and leaves prints and candles alone.
"""

from collections import deque

import msgspec

from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    CommandReceived,
    Event,
    MarketEvent,
    Quote,
)
from tradewind.model.ids import InstrumentId
from tradewind.model.market import Level

MERGED = (Quote, BookSnapshot, BookDelta)
Book = Quote | BookSnapshot | BookDelta


class Inbox:
    """The desk's only entrance. `behind` is how many waiting market events make it merge."""

    def __init__(self, behind: int = 512) -> None:
        self.behind = behind
        self.merged = 0
        self._first: deque[Event] = deque()
        self._market: deque[Event] = deque()

    def __len__(self) -> int:
        return len(self._first) + len(self._market)

    def put(self, event: Event) -> None:
        """Add an account event, a command, or anything else that may not be merged."""
        self._first.append(event)

    def put_market(self, event: Event) -> None:
        """Add a market event, or other news from a feed that must keep its place among them."""
        self._market.append(event)

    def take(self, most: int) -> list[Event]:
        """Return up to `most` waiting events: lane 1 in order of arrival, then lane 2."""
        taken: list[Event] = []
        while self._first and len(taken) < most:
            taken.append(self._first.popleft())
        if len(self._market) > self.behind:
            self._merge()
        while self._market and len(taken) < most:
            taken.append(self._market.popleft())
        return taken

    def commands(self) -> int:
        """Return how many commands wait."""
        return sum(1 for event in self._first if type(event) is CommandReceived)

    def _merge(self) -> None:
        before = len(self._market)
        kept: list[Event | None] = []
        last: dict[tuple[InstrumentId, bool], int] = {}
        for event in self._market:
            if not isinstance(event, MERGED):
                # Whatever else happens to an instrument keeps its place between its books.
                if isinstance(event, MarketEvent):
                    last.pop((event.instrument, True), None)
                    last.pop((event.instrument, False), None)
                else:
                    last.clear()
                kept.append(event)
                continue
            key = (event.instrument, type(event) is Quote)
            index = last.get(key)
            if index is not None:
                earlier = kept[index]
                assert isinstance(earlier, MERGED)
                kept[index] = None
                event = join(earlier, event)
            last[key] = len(kept)
            kept.append(event)
        self._market = deque(event for event in kept if event is not None)
        self.merged += before - len(self._market)


def join(earlier: Book, later: Book) -> Book:
    """Return one event that leaves the book as both would, at the later one's time."""
    if type(later) is not BookDelta or not isinstance(earlier, BookSnapshot | BookDelta):
        return later
    bids = _overlay(earlier.bids, later.bids)
    asks = _overlay(earlier.asks, later.asks)
    if isinstance(earlier, BookDelta):
        previous = earlier.previous or earlier.sequence - 1
        return msgspec.structs.replace(later, bids=bids, asks=asks, previous=previous)
    if (later.previous or later.sequence - 1) != earlier.sequence:
        return earlier if later.sequence <= earlier.sequence else later
    return BookSnapshot(
        later.instrument,
        later.ts_event,
        later.ts_recv,
        tuple(sorted((each for each in bids if each[1]), reverse=True)),
        tuple(sorted(each for each in asks if each[1])),
        later.sequence,
    )


def _overlay(earlier: tuple[Level, ...], later: tuple[Level, ...]) -> tuple[Level, ...]:
    levels = dict(earlier)
    levels.update(later)
    return tuple(levels.items())

"""One instrument's book of levels, folded from snapshots and deltas.

Knows levels and sequence numbers. Must not know time, our own orders or the mirrored outcome:
age, crossing and the mirror are judged in `market.py`, own size is handed in by the caller.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from decimal import Decimal

from tradewind.model.events import BookDelta, BookSnapshot
from tradewind.model.market import Level, Trust
from tradewind.model.money import ZERO
from tradewind.model.order import Side

BUY = Side.BUY
TRUSTED = Trust.TRUSTED
EMPTY = Trust.EMPTY
GAP = Trust.GAP


class Book:
    """Levels of both sides; the best prices are plain attributes, None for an empty side.

    `trust` is EMPTY before the first snapshot, TRUSTED after it, GAP when a sequence number is
    missing; in EMPTY and GAP deltas change nothing until the next snapshot, and the levels that
    are left may be looked at, not traded on. `sequence` is the last one folded, 0 for feeds that
    do not count. A changed level costs a hash, a new or removed one a binary search as well.
    """

    __slots__ = (
        "_ask_qty",
        "_asks",
        "_bid_qty",
        "_bids",
        "best_ask",
        "best_bid",
        "sequence",
        "trust",
    )

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget every level and wait for a snapshot, because the rules of the grid changed."""
        self.trust = EMPTY
        self.sequence = 0
        self.best_bid: Decimal | None = None
        self.best_ask: Decimal | None = None
        # Prices ascend on both sides; the sizes stand beside, by price.
        self._bids: list[Decimal] = []
        self._asks: list[Decimal] = []
        self._bid_qty: dict[Decimal, Decimal] = {}
        self._ask_qty: dict[Decimal, Decimal] = {}

    def apply_snapshot(self, snapshot: BookSnapshot) -> None:
        """Replace everything, whatever the sequence: venues count anew after a reconnect."""
        self._bid_qty = {px: qty for px, qty in snapshot.bids if qty}
        self._ask_qty = {px: qty for px, qty in snapshot.asks if qty}
        self._bids = sorted(self._bid_qty)
        self._asks = sorted(self._ask_qty)
        self.best_bid = self._bids[-1] if self._bids else None
        self.best_ask = self._asks[0] if self._asks else None
        self.sequence = snapshot.sequence
        self.trust = TRUSTED

    def apply_delta(self, delta: BookDelta) -> bool:
        """Fold changed levels; return False when the book cannot be trusted afterwards.

        A delta that is wholly older than the book is ignored and does no harm. One that overlaps
        what is known (`previous` < book < `sequence`) is folded: sizes are absolute. One that
        builds on a sequence we never saw, or does not count on a book that does, is a gap.
        Levels that are removed without being known are ignored, because conflation drops them.
        """
        if self.trust is not TRUSTED:
            return False
        sequence = delta.sequence
        known = self.sequence
        if sequence:
            if sequence <= known:
                return True
            if (delta.previous or sequence - 1) > known:
                self.trust = GAP
                return False
            self.sequence = sequence
        elif known:
            self.trust = GAP
            return False
        if delta.bids:
            _fold(delta.bids, self._bids, self._bid_qty)
            self.best_bid = self._bids[-1] if self._bids else None
        if delta.asks:
            _fold(delta.asks, self._asks, self._ask_qty)
            self.best_ask = self._asks[0] if self._asks else None
        return True

    def distrust(self) -> None:
        """Ignore deltas until the next snapshot, because some may have been lost."""
        if self.trust is TRUSTED:
            self.trust = GAP

    def qty_at(self, side: Side, px: Decimal) -> Decimal:
        """Return the size displayed at a price, ours included; zero when there is none."""
        return (self._bid_qty if side is BUY else self._ask_qty).get(px, ZERO)

    def best_qty(self, side: Side) -> Decimal:
        """Return the size of the best level; zero on an empty side."""
        if side is BUY:
            return self._bid_qty[self._bids[-1]] if self._bids else ZERO
        return self._ask_qty[self._asks[0]] if self._asks else ZERO

    def levels(self, side: Side, n: int) -> tuple[Level, ...]:
        """Return the best `n` levels or fewer, best first."""
        if side is BUY:
            return tuple((px, self._bid_qty[px]) for px in self._bids[: -n - 1 : -1])
        return tuple((px, self._ask_qty[px]) for px in self._asks[:n])

    def total_qty(self, side: Side) -> Decimal:
        """Return the size of all levels of a side together; walks the side."""
        return sum((self._bid_qty if side is BUY else self._ask_qty).values(), ZERO)

    def depth(self, side: Side) -> int:
        """Return how many levels a side has."""
        return len(self._bids if side is BUY else self._asks)

    def others_best(self, side: Side, own: Mapping[Decimal, Decimal]) -> Decimal | None:
        """Return the best price on which somebody else has size, or None.

        `own` is our size by price as far as the displayed book contains it; it is taken away
        level by level, never by assuming that the top level is ours.
        """
        if not own:
            return self.best_bid if side is BUY else self.best_ask
        sizes = self._bid_qty if side is BUY else self._ask_qty
        for px in self._best_first(side):
            ours = own.get(px)
            if ours is None or sizes[px] > ours:
                return px
        return None

    def _best_first(self, side: Side) -> Iterator[Decimal]:
        return reversed(self._bids) if side is BUY else iter(self._asks)


def _fold(levels: tuple[Level, ...], prices: list[Decimal], sizes: dict[Decimal, Decimal]) -> None:
    for px, qty in levels:
        if qty:
            before = len(sizes)
            sizes[px] = qty
            if len(sizes) != before:
                insort(prices, px)
        elif sizes.pop(px, None) is not None:
            del prices[bisect_left(prices, px)]

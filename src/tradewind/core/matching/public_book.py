"""Everybody else's orders as the venue shows them: levels by price, best first.

Knows snapshots and deltas. Must not know our own orders: a simulated venue's public book has none.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal

from tradewind.model.events import BookDelta, BookSnapshot
from tradewind.model.market import Level
from tradewind.model.money import ZERO


class PublicBook:
    """Levels of both sides. `best_bid` and `best_ask` are None while a side is empty."""

    __slots__ = ("_asks", "_bids", "_qty_asks", "_qty_bids", "best_ask", "best_bid")

    def __init__(self) -> None:
        # Prices ascend on both sides: the best bid is the last, the best ask the first.
        self._bids: list[Decimal] = []
        self._asks: list[Decimal] = []
        self._qty_bids: dict[Decimal, Decimal] = {}
        self._qty_asks: dict[Decimal, Decimal] = {}
        self.best_bid: Decimal | None = None
        self.best_ask: Decimal | None = None

    def replace(self, event: BookSnapshot) -> None:
        """Become the snapshot."""
        self._qty_bids = {px: qty for px, qty in event.bids if qty}
        self._qty_asks = {px: qty for px, qty in event.asks if qty}
        self._bids = sorted(self._qty_bids)
        self._asks = sorted(self._qty_asks)
        self._rank()

    def change(self, event: BookDelta) -> None:
        """Change the levels that the delta names; a quantity of zero removes one."""
        for px, qty in event.bids:
            _set(self._bids, self._qty_bids, px, qty)
        for px, qty in event.asks:
            _set(self._asks, self._qty_asks, px, qty)
        self._rank()

    def offers(self, *, to_buyer: bool) -> Iterator[Level]:
        """Yield the levels that an arriving buyer (or seller) meets, best first."""
        if to_buyer:
            for px in self._asks:
                yield px, self._qty_asks[px]
        else:
            for px in reversed(self._bids):
                yield px, self._qty_bids[px]

    def displayed(self, px: Decimal, *, buys: bool) -> Decimal:
        """Return what rests at a price on the side of the buyers (or sellers); zero if nothing."""
        return (self._qty_bids if buys else self._qty_asks).get(px, ZERO)

    def _rank(self) -> None:
        self.best_bid = self._bids[-1] if self._bids else None
        self.best_ask = self._asks[0] if self._asks else None


def _set(
    prices: list[Decimal], quantities: dict[Decimal, Decimal], px: Decimal, qty: Decimal
) -> None:
    if qty:
        if px not in quantities:
            insort(prices, px)
        quantities[px] = qty
    elif px in quantities:
        del quantities[px]
        del prices[bisect_left(prices, px)]

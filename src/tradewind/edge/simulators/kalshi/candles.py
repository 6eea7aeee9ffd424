"""Candles of a market by minutes: bid, ask and trades. Longer ones are put together on demand.

Knows prices and minutes. Must not know books or the wire. Source: Kalshi Trade API v2, market
candlesticks, read 2026-08.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from tradewind.model.money import NANOS, ONE, ZERO

MINUTE_S = 60


class Range(msgspec.Struct):
    """Open, high, low and close of one thing."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal

    def see(self, px: Decimal) -> None:
        """Take a price."""
        self.high = max(self.high, px)
        self.low = min(self.low, px)
        self.close = px

    def join(self, later: "Range") -> None:
        """Take the range of the time that follows."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close


class Candle(msgspec.Struct):
    """One period that ends at `end_s`; `price` is None where nothing traded."""

    end_s: int
    bid: Range
    ask: Range
    open_interest: Decimal
    price: Range | None = None
    volume: Decimal = ZERO
    value: Decimal = ZERO


class Candles:
    """A market's candles of a minute, only those in which something moved."""

    __slots__ = ("_ask", "_bid", "_minutes")

    def __init__(self) -> None:
        self._minutes: dict[int, Candle] = {}
        self._bid = ZERO
        self._ask = ONE

    def quote(self, bid: Decimal, ask: Decimal, ts: int) -> None:
        """Take the best prices of the book."""
        candle = self._at(ts)
        self._bid, self._ask = bid, ask
        candle.bid.see(bid)
        candle.ask.see(ask)

    def trade(self, px: Decimal, qty: Decimal, open_interest: Decimal, ts: int) -> None:
        """Take a trade."""
        candle = self._at(ts)
        if candle.price is None:
            candle.price = Range(px, px, px, px)
        else:
            candle.price.see(px)
        candle.volume += qty
        candle.value += qty * px
        candle.open_interest = open_interest

    def between(self, start_s: int, end_s: int, minutes: int) -> list[Candle]:
        """Return candles of so many minutes that end between two times, oldest first."""
        period_s = minutes * MINUTE_S
        found: dict[int, Candle] = {}
        for end, minute in self._minutes.items():
            whole_s = -(-end // period_s) * period_s
            if not start_s <= whole_s <= end_s:
                continue
            if whole_s in found:
                _join(found[whole_s], minute)
            else:
                found[whole_s] = _started(whole_s, minute)
        return list(found.values())

    def before(self, start_s: int) -> Candle | None:
        """Return the last minute that ended before a time."""
        return _last(minute for end, minute in self._minutes.items() if end < start_s)

    def _at(self, ts: int) -> Candle:
        end_s = (ts // NANOS // MINUTE_S + 1) * MINUTE_S
        candle = self._minutes.get(end_s)
        if candle is None:
            bid, ask = self._bid, self._ask
            before = next(reversed(self._minutes.values()), None)
            candle = self._minutes[end_s] = Candle(
                end_s,
                Range(bid, bid, bid, bid),
                Range(ask, ask, ask, ask),
                ZERO if before is None else before.open_interest,
            )
        return candle


def _started(end_s: int, minute: Candle) -> Candle:
    price = None if minute.price is None else msgspec.structs.replace(minute.price)
    bid, ask = msgspec.structs.replace(minute.bid), msgspec.structs.replace(minute.ask)
    return msgspec.structs.replace(minute, end_s=end_s, bid=bid, ask=ask, price=price)


def _join(candle: Candle, minute: Candle) -> None:
    candle.bid.join(minute.bid)
    candle.ask.join(minute.ask)
    candle.volume += minute.volume
    candle.value += minute.value
    candle.open_interest = minute.open_interest
    if minute.price is None:
        return
    if candle.price is None:
        candle.price = msgspec.structs.replace(minute.price)
    else:
        candle.price.join(minute.price)


def _last(minutes: Iterable[Candle]) -> Candle | None:
    last = None
    for minute in minutes:
        last = minute
    return last

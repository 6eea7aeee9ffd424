"""Candles of a symbol: made from its trades while it runs, and from its hidden price before.

Knows intervals. Must not know books or the wire. History is generated when it is asked for, and
the same candle is the same whenever that is.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import msgspec

from tradewind.edge.simulators.bybit.settings import Symbol
from tradewind.edge.simulators.latent import Latent
from tradewind.edge.simulators.noise import MINUTE_NS
from tradewind.model.money import NANOS, ZERO, floor_to

MINUTES = {
    "1": 1,
    "3": 3,
    "5": 5,
    "15": 15,
    "30": 30,
    "60": 60,
    "120": 120,
    "240": 240,
    "360": 360,
    "720": 720,
    "D": 1440,
    "W": 10080,
}
MONTH = "M"
INTERVALS = frozenset(MINUTES) | {MONTH}
WEEK_SHIFT_NS = 4 * 1440 * MINUTE_NS
"""The epoch was a Thursday and weeks begin on Mondays."""
LOOKS = 12
"""Looks at the hidden price in each candle of history."""
KEPT_MINUTES = 3000
KEPT_PAST = 10_000
USUAL_QTY = 40.0


class Candle(msgspec.Struct):
    """One candle; `start_ns` is when it opens. Volume in base, turnover in quote."""

    start_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    turnover: Decimal = ZERO

    def add(self, px: Decimal, qty: Decimal) -> None:
        """Take a trade in."""
        self.high = max(self.high, px)
        self.low = min(self.low, px)
        self.close = px
        self.volume += qty
        self.turnover += px * qty

    def join(self, later: "Candle") -> None:
        """Take a later candle in."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.turnover += later.turnover


def start_of(interval: str, ts: int) -> int:
    """Return when the candle opened that holds a time."""
    if interval == MONTH:
        day = datetime.fromtimestamp(ts // NANOS, UTC)
        return int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) * NANOS
    width = MINUTES[interval] * MINUTE_NS
    shift = WEEK_SHIFT_NS if interval == "W" else 0
    return (ts - shift) // width * width + shift


def end_of(interval: str, start_ns: int) -> int:
    """Return when a candle ends and the next one opens."""
    if interval == MONTH:
        return start_of(MONTH, start_ns + 32 * 1440 * MINUTE_NS)
    return start_ns + MINUTES[interval] * MINUTE_NS


class Candles:
    """All candles of one symbol."""

    def __init__(self, symbol: Symbol, fair: Latent, seed: str, start_ns: int) -> None:
        self._symbol = symbol
        self._fair = fair
        self._seed = seed
        # The minute in which the exchange began is history up to that moment.
        self._live_ns = start_ns // MINUTE_NS * MINUTE_NS
        self._minutes: dict[int, Candle] = {}
        self._past: dict[tuple[int, int], Candle] = {}
        first = self.past(self._live_ns, MINUTE_NS)
        self._minutes[self._live_ns] = Candle(
            self._live_ns, first.open, first.open, first.open, first.open
        )
        self._newest = self._live_ns

    def trade(self, px: Decimal, qty: Decimal, ts: int) -> None:
        """Take a trade in."""
        self._minute(ts).add(px, qty)

    def at(self, interval: str, start_ns: int, now_ns: int) -> Candle:
        """Return one candle as it is now; `start_ns` is on the interval's grid, and not ahead."""
        end_ns = end_of(interval, start_ns)
        if end_ns <= self._live_ns:
            return self.past(start_ns, end_ns - start_ns)
        joined: Candle | None = None
        if start_ns < self._live_ns:
            joined = self.past(start_ns, self._live_ns - start_ns)
        for minute in self._lived(max(start_ns, self._live_ns), min(end_ns, now_ns + 1), now_ns):
            if joined is None:
                joined = msgspec.structs.replace(minute, start_ns=start_ns)
            else:
                joined.join(minute)
        assert joined is not None
        return joined

    def past(self, start_ns: int, width_ns: int) -> Candle:
        """Return a candle of the hidden price; neighbours meet at the same price."""
        known = self._past.get((start_ns, width_ns))
        if known is None:
            if len(self._past) >= KEPT_PAST:
                self._past.clear()
            known = self._past[start_ns, width_ns] = self._generate(start_ns, width_ns)
        return msgspec.structs.replace(known)

    def _generate(self, start_ns: int, width_ns: int) -> Candle:
        looks = [self.px(start_ns + width_ns * number // LOOKS) for number in range(LOOKS)]
        looks.append(self.px(start_ns + width_ns))
        dice = Random(f"{self._seed}/{self._symbol.id}/{start_ns}/{width_ns}")
        minutes = width_ns / MINUTE_NS
        usual = self._symbol.touch_qty * USUAL_QTY * minutes
        qty = floor_to(Decimal(usual * dice.lognormvariate(0.0, 0.4)), self._symbol.qty_step)
        bar = Candle(start_ns, looks[0], max(looks), min(looks), looks[-1], qty)
        bar.turnover = (qty * (bar.high + bar.low) / 2).quantize(Decimal("0.0001"))
        return bar

    def px(self, ts: int) -> Decimal:
        """Return the hidden price on the grid."""
        return floor_to(Decimal(self._fair.at(ts)), self._symbol.tick)

    def _minute(self, ts: int) -> Candle:
        start_ns = ts // MINUTE_NS * MINUTE_NS
        newest = self._newest
        if start_ns > newest:
            px = self._minutes[newest].close
            self._minutes[start_ns] = Candle(start_ns, px, px, px, px)
            self._newest = start_ns
            if len(self._minutes) > KEPT_MINUTES:
                self._minutes.pop(next(iter(self._minutes)))
                self._live_ns = next(iter(self._minutes))
        return self._minutes[self._newest]

    def _lived(self, from_ns: int, until_ns: int, now_ns: int) -> Iterator[Candle]:
        self._minute(now_ns)
        start_ns = from_ns // MINUTE_NS * MINUTE_NS
        px: Decimal | None = None
        while start_ns < until_ns:
            candle = self._minutes.get(start_ns)
            if candle is None:
                px = self._close_before(start_ns) if px is None else px
                candle = Candle(start_ns, px, px, px, px)
            yield candle
            px = candle.close
            start_ns += MINUTE_NS

    def _close_before(self, start_ns: int) -> Decimal:
        """Return what the newest minute before a time closed at."""
        before = [key for key in self._minutes if key < start_ns]
        return self._minutes[before[-1] if before else self._live_ns].close

"""Candles from prints or quotes, and larger candles from smaller ones.

Knows buckets of time and the grace that late messages get. Must not know indicators, nor who
wants the candles; the time is the desk's and comes in with each call.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from math import fsum
from typing import Literal

import msgspec

from tradewind.model.errors import ConfigError
from tradewind.model.events import Candle, Quote, Trade
from tradewind.model.instrument import Instrument
from tradewind.model.market import INTERVALS_NS, CandleStatus
from tradewind.model.money import NANOS, ZERO

PROVISIONAL = CandleStatus.PROVISIONAL
CLOSED = CandleStatus.CLOSED
CORRECTED = CandleStatus.CORRECTED
HALF = Decimal("0.5")
GRACE_NS = 2 * NANOS
KEPT = 16
"""So many intervals back, a late message still corrects a closed candle."""


class _Bucket(msgspec.Struct, gc=False):
    """One candle's prints so far; of prints with one time, the order of arrival counts."""

    start: int
    open_ns: int
    close_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    def add(self, ts: int, px: Decimal, qty: Decimal) -> None:
        if ts >= self.close_ns:
            self.close_ns = ts
            self.close = px
        elif ts < self.open_ns:
            self.open_ns = ts
            self.open = px
        if px > self.high:
            self.high = px
        elif px < self.low:
            self.low = px
        self.volume += qty


class CandleBuilder:
    """Builds the candles of one instrument from its trades, or from the middle of its quotes.

    A bucket is [start, start + interval) of `ts_event`, on a grid that begins `offset_ns` after
    the epoch (for trading days that are not UTC). It closes when the desk's time reaches its end
    plus `grace_ns`. A bucket in which nothing happened makes no candle. A message for a closed
    bucket makes it anew as CORRECTED, up to KEPT intervals back; older ones are counted in
    `dropped`. Volume is the traded quantity, 0 for quotes; a middle finer than the price quantum
    is rounded to it, half to even. Duplicate prints count twice: the feed takes them out.
    A bucket that reaches into a time whose messages were lost (`lose`, `regain`) is wrong: it
    ends PROVISIONAL, never closed, and is not corrected either.
    Raises ConfigError for an interval or a source that it does not know.
    """

    __slots__ = (
        "_closed",
        "_closed_to",
        "_current",
        "_due_ns",
        "_end",
        "_holes",
        "_interval_ns",
        "_lost_ns",
        "_offset_ns",
        "_open",
        "_seen_ns",
        "_trades",
        "dropped",
        "grace_ns",
        "instrument",
        "interval",
    )

    def __init__(
        self,
        instrument: Instrument,
        interval: str,
        source: Literal["trade", "quote"] = "trade",
        grace_ns: int = GRACE_NS,
        offset_ns: int = 0,
    ) -> None:
        if source not in ("trade", "quote"):
            raise ConfigError(
                f'Built candles, found the source {source!r}; use "trade" or "quote".'
            )
        self.instrument = instrument
        self.interval = interval
        self.grace_ns = grace_ns
        self.dropped = 0
        self._interval_ns = interval_ns(interval)
        self._offset_ns = offset_ns
        self._trades = source == "trade"
        self._open: dict[int, _Bucket] = {}
        self._closed: dict[int, _Bucket] = {}
        # The bucket that the last message fell into, and where it ends.
        self._current: _Bucket | None = None
        self._end = 0
        # Everything before this time has been closed; nothing is due before `_due_ns`.
        self._closed_to = 0
        self._due_ns = 0
        self._seen_ns = 0
        # Times of which messages may be missing; since when they are, None while none are.
        self._holes: list[tuple[int, int]] = []
        self._lost_ns: int | None = None

    @property
    def due_ns(self) -> int:
        """Return when `advance` has something to close, 0 while nothing is open."""
        return self._due_ns if self._open else 0

    @property
    def forming(self) -> Candle | None:
        """Return the newest open candle as it stands, PROVISIONAL, or None."""
        if not self._open:
            return None
        return self._candle(self._open[max(self._open)], PROVISIONAL, self._seen_ns)

    def lose(self, since_ns: int) -> None:
        """Note that messages since then may be missing, until `regain`."""
        if self._lost_ns is None:
            self._lost_ns = since_ns

    def regain(self, now_ns: int) -> None:
        """Note that nothing is missed from now on."""
        if self._lost_ns is not None:
            self._holes.append((self._lost_ns, now_ns))
            self._lost_ns = None

    def add(self, event: Trade | Quote) -> tuple[Candle, ...]:
        """Fold one message; return the candles that closed before it or that it corrected."""
        done: tuple[Candle, ...] = ()
        if self._open and event.ts_recv >= self._due_ns:
            done = self.advance(event.ts_recv)
        self._seen_ns = event.ts_recv
        if isinstance(event, Trade):
            if not self._trades:
                return done
            px, qty = event.px, event.qty
        else:
            if self._trades or not event.bid_qty or not event.ask_qty:
                return done
            px, qty = (event.bid + event.ask) * HALF, ZERO
        ts = event.ts_event
        current = self._current
        if current is not None and current.start <= ts < self._end:
            current.add(ts, px, qty)
            return done
        return done + self._elsewhere(event, px, qty)

    def advance(self, now_ns: int) -> tuple[Candle, ...]:
        """Close what is due at the desk's time `now_ns`; return the closed candles in order."""
        if not self._open or now_ns < self._due_ns:
            return ()
        length = self._interval_ns
        limit = now_ns - self.grace_ns
        due = sorted(start for start in self._open if start + length <= limit)
        done = []
        for start in due:
            bucket = self._closed[start] = self._open.pop(start)
            status = CLOSED if self._whole(start) else PROVISIONAL
            done.append(self._candle(bucket, status, now_ns))
        self._closed_to = max(self._closed_to, due[-1] + length)
        self._current = None
        self._forget()
        self._due_ns = min(self._open) + length + self.grace_ns if self._open else 0
        return tuple(done)

    def _elsewhere(self, event: Trade | Quote, px: Decimal, qty: Decimal) -> tuple[Candle, ...]:
        ts = event.ts_event
        start = ts - (ts - self._offset_ns) % self._interval_ns
        if start >= self._closed_to:
            bucket = self._put(self._open, start, ts, px, qty)
            self._current = bucket
            self._end = start + self._interval_ns
            due = self._end + self.grace_ns
            if len(self._open) == 1 or due < self._due_ns:
                self._due_ns = due
            # It may be over already: a first print that came late.
            return self.advance(event.ts_recv)
        if start < self._closed_to - KEPT * self._interval_ns:
            self.dropped += 1
            return ()
        bucket = self._put(self._closed, start, ts, px, qty)
        if not self._whole(start):
            return ()
        return (self._candle(bucket, CORRECTED, event.ts_recv),)

    def _put(
        self, buckets: dict[int, _Bucket], start: int, ts: int, px: Decimal, qty: Decimal
    ) -> _Bucket:
        bucket = buckets.get(start)
        if bucket is None:
            bucket = buckets[start] = _Bucket(start, ts, ts, px, px, px, px, qty)
        else:
            bucket.add(ts, px, qty)
        return bucket

    def _forget(self) -> None:
        oldest = self._closed_to - KEPT * self._interval_ns
        for start in [start for start in self._closed if start < oldest]:
            del self._closed[start]
        if self._holes:
            self._holes = [hole for hole in self._holes if hole[1] >= oldest]

    def _whole(self, start: int) -> bool:
        end = start + self._interval_ns
        if self._lost_ns is not None and end > self._lost_ns:
            return False
        return all(end <= since or start >= until for since, until in self._holes)

    def _candle(self, bucket: _Bucket, status: CandleStatus, ts_recv: int) -> Candle:
        exponent = self.instrument.px_exponent
        quanta = [
            int(px.scaleb(exponent).to_integral_value(ROUND_HALF_EVEN))
            for px in (bucket.open, bucket.high, bucket.low, bucket.close)
        ]
        # Integer by power of ten: the same float that columns of quanta give.
        scale = 10**exponent
        return Candle(
            self.instrument.id,
            bucket.start,
            ts_recv,
            self.interval,
            quanta[0],
            quanta[1],
            quanta[2],
            quanta[3],
            quanta[0] / scale,
            quanta[1] / scale,
            quanta[2] / scale,
            quanta[3] / scale,
            float(bucket.volume),
            status,
        )


class CandleRollup:
    """Makes larger candles of one instrument out of smaller closed ones.

    A whole is emitted CLOSED with its last part, or, where parts are missing, with the first part
    of a later bucket or by `advance`. A part that comes or changes after that makes the whole anew
    as CORRECTED, up to KEPT wholes back; older ones are counted in `dropped`. Provisional parts
    are ignored. Raises ConfigError unless the larger interval is a multiple of the smaller.
    """

    __slots__ = (
        "_closed",
        "_closed_to",
        "_offset_ns",
        "_part_ns",
        "_parts",
        "_start",
        "_whole_ns",
        "dropped",
        "grace_ns",
        "interval",
    )

    def __init__(
        self,
        from_interval: str,
        to_interval: str,
        grace_ns: int = GRACE_NS,
        offset_ns: int = 0,
    ) -> None:
        part_ns, whole_ns = interval_ns(from_interval), interval_ns(to_interval)
        if whole_ns <= part_ns or whole_ns % part_ns:
            raise ConfigError(
                f"Rolled {from_interval} candles up to {to_interval}, found no whole number of "
                f"them in it; choose a larger interval that is a multiple."
            )
        self.interval = to_interval
        self.grace_ns = grace_ns
        self.dropped = 0
        self._part_ns = part_ns
        self._whole_ns = whole_ns
        self._offset_ns = offset_ns
        # The parts of the bucket in the making, in order of time, and of those emitted.
        self._start = 0
        self._parts: dict[int, Candle] = {}
        self._closed: dict[int, dict[int, Candle]] = {}
        self._closed_to = 0

    @property
    def forming(self) -> Candle | None:
        """Return the whole in the making as it stands, PROVISIONAL, or None."""
        if not self._parts:
            return None
        latest = max(part.ts_recv for part in self._parts.values())
        return self._whole(self._start, self._parts, PROVISIONAL, latest)

    def add(self, part: Candle) -> tuple[Candle, ...]:
        """Fold one smaller candle; return the wholes that it completes or corrects."""
        if part.status is PROVISIONAL:
            return ()
        ts = part.ts_event
        start = ts - (ts - self._offset_ns) % self._whole_ns
        done: tuple[Candle, ...] = ()
        if start != self._start or not self._parts:
            if start < self._closed_to or (self._parts and start < self._start):
                return self._late(start, part)
            if self._parts:
                done = (self._close(part.ts_recv),)
            self._start = start
        self._parts[ts] = part
        if ts + self._part_ns == start + self._whole_ns:
            return (*done, self._close(part.ts_recv))
        return done

    def advance(self, now_ns: int) -> tuple[Candle, ...]:
        """Close a whole whose last part never came; feed the parts due at `now_ns` first."""
        if not self._parts or now_ns < self._start + self._whole_ns + self.grace_ns:
            return ()
        return (self._close(now_ns),)

    def _close(self, ts_recv: int) -> Candle:
        start, parts = self._start, self._parts
        self._closed[start] = parts
        self._closed_to = start + self._whole_ns
        self._parts = {}
        oldest = self._closed_to - KEPT * self._whole_ns
        for old in [old for old in self._closed if old < oldest]:
            del self._closed[old]
        return self._whole(start, parts, CLOSED, ts_recv)

    def _late(self, start: int, part: Candle) -> tuple[Candle, ...]:
        if start < (self._closed_to or self._start) - KEPT * self._whole_ns:
            self.dropped += 1
            return ()
        parts = self._closed.setdefault(start, {})
        parts[part.ts_event] = part
        return (self._whole(start, parts, CORRECTED, part.ts_recv),)

    def _whole(
        self, start: int, parts: dict[int, Candle], status: CandleStatus, ts_recv: int
    ) -> Candle:
        ordered = _in_order(parts)
        first, last = ordered[0], ordered[-1]
        high = max(ordered, key=_high)
        low = min(ordered, key=_low)
        return Candle(
            first.instrument,
            start,
            ts_recv,
            self.interval,
            first.open_quanta,
            high.high_quanta,
            low.low_quanta,
            last.close_quanta,
            first.open,
            high.high,
            low.low,
            last.close,
            fsum([part.volume for part in ordered]),
            status,
        )


def interval_ns(interval: str) -> int:
    """Return an interval's length in nanoseconds; raises ConfigError for an unknown name."""
    length = INTERVALS_NS.get(interval)
    if length is None:
        known = ", ".join(INTERVALS_NS)
        raise ConfigError(f"Read the interval {interval!r}, found no such length; use {known}.")
    return length


def _in_order(parts: dict[int, Candle]) -> list[Candle]:
    return [parts[ts] for ts in sorted(parts)]


def _high(candle: Candle) -> int:
    return candle.high_quanta


def _low(candle: Candle) -> int:
    return candle.low_quanta

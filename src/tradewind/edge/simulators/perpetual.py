"""The public of one perpetual: quotes around a hidden price, prints at the touch, candles.

Knows tick, step and intervals. Must not know the other instruments, nor that anybody of ours
trades here.
"""

import math
from random import Random

import msgspec

from tradewind.edge.simulators.latent import Latent
from tradewind.edge.simulators.noise import Noise
from tradewind.model.events import (
    Candle,
    Event,
    FeedChanged,
    FundingRate,
    InstrumentDefined,
    Quote,
    Trade,
)
from tradewind.model.instrument import Instrument, PriceTable
from tradewind.model.market import INTERVALS_NS
from tradewind.model.money import NANOS
from tradewind.model.order import Side

BUY, SELL = Side.BUY, Side.SELL
HEARTBEAT_NS = NANOS
FUNDING_NS = 8 * 3_600 * NANOS
QUIETEST, BUSIEST = -2.0, 1.6
THIN_SPREAD = 0.4
LEAN = 0.35
SAMPLES = 20
"""Looks at the hidden price in each candle of history."""
BUSY_RANGE = 500.0


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How a perpetual's public behaves at its usual pace.

    `half_spread` is a fraction of the price; quantities are medians in steps; rates are per second.
    """

    half_spread: float
    quote_qty: int
    trade_qty: int
    quote_rate: float
    trade_rate: float
    interval: str = "1m"


class PerpetualFlow:
    """The event stream of one perpetual.

    A closed candle is the fold of the trades in it; a minute without a trade repeats the last
    close. It is told at its end, after everything that happened in it.
    """

    __slots__ = (
        "_action_ns",
        "_activity",
        "_ask",
        "_ask_qty",
        "_bid",
        "_bid_qty",
        "_candle",
        "_dice",
        "_end_ns",
        "_funding_ns",
        "_interval_ns",
        "_pace",
        "_price",
        "_px",
        "_qty",
        "_rules",
        "_said_ns",
        "_step",
        "_tick",
        "_tick_px",
        "feed_ns",
        "next_ns",
    )

    def __init__(
        self,
        rules: Instrument,
        pace: Pace,
        price: Latent,
        activity: Noise,
        start: tuple[int, Random],
        feed_ns: int,
    ) -> None:
        self._rules = rules
        self._pace = pace
        self._price = price
        self._activity = activity
        start_ns, self._dice = start
        self.feed_ns = feed_ns
        self._px = PriceTable(rules.px_exponent)
        self._qty = PriceTable(rules.qty_exponent)
        # Quanta in one tick and in one step.
        self._tick = rules.px_quanta(rules.tick)
        self._step = rules.qty_quanta(rules.qty_step)
        self._tick_px = float(rules.tick)
        self._interval_ns = INTERVALS_NS[pace.interval]
        self._end_ns = start_ns - start_ns % self._interval_ns + self._interval_ns
        self._funding_ns = start_ns - start_ns % FUNDING_NS + FUNDING_NS
        self._said_ns = self._action_ns = self.next_ns = start_ns
        self._candle = _Forming(round(price.at(start_ns) / self._tick_px))
        self._bid = self._ask = self._bid_qty = self._ask_qty = 0

    def open(self, out: list[Event]) -> None:
        """Tell the rules and the first quote."""
        out.append(InstrumentDefined(self._rules, self.next_ns + self.feed_ns))
        self._quote(self.next_ns, 0.0, out)
        self._schedule(self.next_ns, 0.0)

    def step(self, out: list[Event]) -> None:
        """Let the next thing happen: a quote, a trade, a candle's end, funding or a heartbeat."""
        ts = self.next_ns
        if ts == self._end_ns:
            self._close(ts, out)
        elif ts == self._funding_ns:
            self._fund(ts, out)
        elif ts < self._action_ns:
            out.append(FeedChanged(self._rules.id, ts, ts + self.feed_ns, True))
            self._said_ns = ts
        else:
            log = min(max(self._activity.at(ts), QUIETEST), BUSIEST)
            pace = self._pace
            if self._dice.random() * (pace.quote_rate + pace.trade_rate) < pace.trade_rate:
                self._trade(ts, out)
            else:
                self._quote(ts, log, out)
            self._schedule(ts, log)
        self._plan()

    def _schedule(self, ts: int, log: float) -> None:
        rate = (self._pace.quote_rate + self._pace.trade_rate) * math.exp(log)
        self._action_ns = ts + 1 + int(self._dice.expovariate(rate) * NANOS)
        self._plan()

    def _plan(self) -> None:
        heartbeat_ns = self._said_ns + HEARTBEAT_NS
        self.next_ns = min(self._action_ns, heartbeat_ns, self._end_ns, self._funding_ns)

    def _size(self, median: int, sigma: float) -> int:
        return max(1, round(median * math.exp(self._dice.gauss(0.0, sigma))))

    def _quote(self, ts: int, log: float, out: list[Event]) -> None:
        """Move the touch around the hidden price: wide when little goes on."""
        middle = self._price.at(ts)
        half = middle * self._pace.half_spread * math.exp(-THIN_SPREAD * log)
        bid = math.floor((middle - half) / self._tick_px + 0.5)
        self._bid = max(bid, 1)
        self._ask = max(math.floor((middle + half) / self._tick_px + 0.5), self._bid + 1)
        self._bid_qty = self._size(self._pace.quote_qty, 0.7)
        self._ask_qty = self._size(self._pace.quote_qty, 0.7)
        self._tell(ts, out)

    def _trade(self, ts: int, out: list[Event]) -> None:
        """Let somebody take from the touch, more likely the side that is cheap."""
        middle = (self._bid + self._ask) / 2.0
        lean = (self._price.at(ts) / self._tick_px - middle) / (self._ask - self._bid)
        buys = self._dice.random() < 0.5 + min(max(lean, -LEAN), LEAN)
        stood = self._ask_qty if buys else self._bid_qty
        qty = min(self._size(self._pace.trade_qty, 1.1), stood)
        tick = self._ask if buys else self._bid
        self._candle.add(tick, qty)
        out.append(
            Trade(
                self._rules.id,
                ts,
                ts + self.feed_ns,
                self._px[tick * self._tick],
                self._qty[qty * self._step],
                BUY if buys else SELL,
                str(ts),
            )
        )
        if buys:
            self._ask_qty = stood - qty
        else:
            self._bid_qty = stood - qty
        if qty == stood:
            self._step_away(buys=buys)
        self._tell(ts, out)

    def _step_away(self, *, buys: bool) -> None:
        """The touch was emptied: the next level is the touch now."""
        fresh = self._size(self._pace.quote_qty, 0.7)
        if buys:
            self._ask += 1
            self._ask_qty = fresh
        else:
            self._bid = max(self._bid - 1, 1)
            self._bid_qty = fresh

    def _tell(self, ts: int, out: list[Event]) -> None:
        self._said_ns = ts
        px, qty = self._px, self._qty
        out.append(
            Quote(
                self._rules.id,
                ts,
                ts + self.feed_ns,
                px[self._bid * self._tick],
                px[self._ask * self._tick],
                qty[self._bid_qty * self._step],
                qty[self._ask_qty * self._step],
            )
        )

    def _close(self, ts: int, out: list[Event]) -> None:
        forming = self._candle
        quanta = (forming.open, forming.high, forming.low, forming.close)
        volume = forming.steps * self._step / 10**self._rules.qty_exponent
        out.append(
            candle(
                self._rules,
                self._pace.interval,
                (ts - self._interval_ns, ts + self.feed_ns),
                tuple(tick * self._tick for tick in quanta),
                volume,
            )
        )
        self._candle = _Forming(forming.close)
        self._end_ns = ts + self._interval_ns

    def _fund(self, ts: int, out: list[Event]) -> None:
        mark = self._px[(self._bid + self._ask) // 2 * self._tick]
        # A hundredth of a percent for eight hours, the usual rate when nobody leans.
        rate = PriceTable(6)[self._dice.randrange(-200, 300)]
        out.append(FundingRate(self._rules.id, ts, ts + self.feed_ns, rate, mark))
        self._funding_ns = ts + FUNDING_NS


class _Forming:
    """The trades of one interval so far, in ticks and steps; before the first, the last close."""

    __slots__ = ("close", "high", "low", "open", "steps")

    def __init__(self, last: int) -> None:
        self.open = self.high = self.low = self.close = last
        self.steps = 0

    def add(self, tick: int, qty: int) -> None:
        if not self.steps:
            self.open = self.high = self.low = tick
        elif tick > self.high:
            self.high = tick
        elif tick < self.low:
            self.low = tick
        self.close = tick
        self.steps += qty


def candle(
    rules: Instrument,
    interval: str,
    times: tuple[int, int],
    quanta: tuple[int, ...],
    volume: float,
) -> Candle:
    """Return a closed candle; `times` are its open time and when it reaches us."""
    scale = 10**rules.px_exponent
    prices = [each / scale for each in quanta]
    return Candle(
        rules.id,
        *times,
        interval,
        quanta[0],
        quanta[1],
        quanta[2],
        quanta[3],
        prices[0],
        prices[1],
        prices[2],
        prices[3],
        volume,
    )


def past_candles(
    rules: Instrument, price: Latent, pace: Pace, end_ns: int, count: int
) -> list[Candle]:
    """Return the last `count` closed candles at `end_ns`, from looks at the hidden price."""
    length = INTERVALS_NS[pace.interval]
    tick, quanta = float(rules.tick), rules.px_quanta(rules.tick)
    last = end_ns // length * length
    done = []
    for start in range(last - count * length, last, length):
        looks = [
            round(price.at(start + part * length // SAMPLES) / tick) for part in range(SAMPLES + 1)
        ]
        low, high = min(looks), max(looks)
        # A wide candle is a busy one.
        trades = pace.trade_rate * length / NANOS * (0.5 + BUSY_RANGE * (high - low) / looks[0])
        volume = round(trades * pace.trade_qty) * float(rules.qty_step)
        done.append(
            candle(
                rules,
                pace.interval,
                (start, start + length),
                tuple(px * quanta for px in (looks[0], high, low, looks[-1])),
                round(volume, rules.qty_exponent),
            )
        )
    return done

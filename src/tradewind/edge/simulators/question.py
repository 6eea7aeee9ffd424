"""The public of one question at one venue: makers around a hidden chance, takers who hit them.

Knows the ladder of both answers and tells it as two mirrored instruments. Must not know when the
question opens, closes or pays, nor that anybody of ours trades here.
"""

import math
from random import Random

import msgspec

from tradewind.edge.simulators.ladder import NO, YES, Ladder, Levels
from tradewind.edge.simulators.latent import Latent
from tradewind.edge.simulators.noise import Noise
from tradewind.model.events import BookDelta, BookSnapshot, Event, FeedChanged, Trade
from tradewind.model.instrument import Instrument, PriceTable
from tradewind.model.market import Level
from tradewind.model.money import NANOS, ONE
from tradewind.model.order import Side

BUY, SELL = Side.BUY, Side.SELL
HEARTBEAT_NS = NANOS
QUIETEST, BUSIEST = -2.0, 1.6
"""Bounds of the logarithm of activity: a seventh of the usual pace, and five times it."""
THIN_SPREAD = 0.3
SWEPT = 0.3
LEAN = 0.35


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How a question's public behaves at its usual pace.

    `half_spread` in price; levels stand `gap_ticks` apart; quantities are medians in contracts;
    rates are actions per second, both sides together.
    """

    half_spread: float
    touch_qty: int
    level_qty: int
    take_qty: int
    maker_rate: float
    taker_rate: float
    levels: int = 8
    gap_ticks: int = 1


class Listing(msgspec.Struct, frozen=True):
    """Both outcomes of a question at one venue, and how much later than there we see it."""

    yes: Instrument
    no: Instrument
    feed_ns: int


class QuestionFlow:
    """The event stream of one open question.

    `next_ns` is the venue's time of the next thing that happens; `step` tells it. Of one taker
    first the trades are told, then the book without what they took.
    """

    __slots__ = (
        "_action_ns",
        "_activity",
        "_chance",
        "_dice",
        "_feed_ns",
        "_ids",
        "_ladder",
        "_px",
        "_qty",
        "_said_ns",
        "_sequence",
        "_style",
        "_tick",
        "next_ns",
    )

    def __init__(
        self,
        listing: Listing,
        style: Style,
        chance: Latent,
        activity: Noise,
        start: tuple[int, Random],
    ) -> None:
        start_ns, self._dice = start
        rules = listing.yes
        self._tick = float(rules.tick)
        top = int(ONE / rules.tick)
        quanta = rules.px_quanta(rules.tick)
        self._px = tuple(rules.px(tick * quanta) for tick in range(top + 1))
        self._qty = PriceTable(0)
        self._ids = (listing.yes.id, listing.no.id)
        self._feed_ns = listing.feed_ns
        self._style = style
        self._chance = chance
        self._activity = activity
        self._ladder = Ladder(top)
        # Larger than that of any earlier run of the same market.
        self._sequence = start_ns // NANOS * 1000
        self._said_ns = self._action_ns = self.next_ns = start_ns

    def open(self, out: list[Event]) -> None:
        """Fill the ladder and tell it whole; the first thing that a flow does."""
        ts = self.next_ns
        log = self._log_activity(ts)
        for side in (YES, NO):
            self._fill_side(side, self._target(side, ts, log))
        self._ladder.drain()
        for side in (YES, NO):
            bids = self._levels(self._ladder.bids[side])
            asks = self._mirrored(self._ladder.bids[1 - side])
            out.append(
                BookSnapshot(self._ids[side], ts, ts + self._feed_ns, bids, asks, self._sequence)
            )
        self._schedule(ts, log)

    def step(self, out: list[Event]) -> None:
        """Let the next thing happen: a maker moves, a taker hits, or a heartbeat."""
        ts = self.next_ns
        if ts < self._action_ns:
            recv_ns = ts + self._feed_ns
            out.extend(FeedChanged(name, ts, recv_ns, True) for name in self._ids)
            self._said_ns = ts
            self.next_ns = min(self._action_ns, ts + HEARTBEAT_NS)
            return
        log = self._log_activity(ts)
        style, dice = self._style, self._dice
        share = style.taker_rate / (style.taker_rate + style.maker_rate)
        if dice.random() < share:
            self._take(ts, log, out)
        else:
            self._make(YES if dice.random() < 0.5 else NO, ts, log, out)
        self._tell(ts, out)
        self._schedule(ts, log)

    def _schedule(self, ts: int, log: float) -> None:
        rate = (self._style.maker_rate + self._style.taker_rate) * math.exp(log)
        self._action_ns = ts + 1 + int(self._dice.expovariate(rate) * NANOS)
        self.next_ns = min(self._action_ns, self._said_ns + HEARTBEAT_NS)

    def _log_activity(self, ts: int) -> float:
        return min(max(self._activity.at(ts), QUIETEST), BUSIEST)

    def _fair(self, side: int, ts: int) -> float:
        """Return the chance of a side in ticks."""
        chance = self._chance.at(ts)
        return (chance if side == YES else 1.0 - chance) / self._tick

    def _half(self, log: float) -> float:
        """Return half the spread in ticks: wide when little goes on."""
        return self._style.half_spread / self._tick * math.exp(-THIN_SPREAD * log)

    def _target(self, side: int, ts: int, log: float) -> int:
        """Return the tick at which makers would bid, 0 where there is no room for a bid."""
        tick = math.floor(self._fair(side, ts) - self._half(log) + 0.5)
        gap = self._style.gap_ticks
        room = self._ladder.room(side)
        tick = min(max(tick, gap), room)
        return tick - tick % gap

    def _size(self, median: int, sigma: float) -> int:
        return max(1, round(median * math.exp(self._dice.gauss(0.0, sigma))))

    # --- makers ------------------------------------------------------------------------------

    def _fill_side(self, side: int, target: int) -> None:
        style = self._style
        median = style.touch_qty
        for tick in range(
            target, max(target - style.levels * style.gap_ticks, 0), -style.gap_ticks
        ):
            self._ladder.put(side, tick, self._size(median, 0.5))
            median = style.level_qty

    def _make(self, side: int, ts: int, log: float, out: list[Event]) -> None:
        ladder, style = self._ladder, self._style
        target = self._target(side, ts, log)
        bids = ladder.bids[side]
        best = ladder.best(side)
        if best > target:
            self._retreat(side, target, ts, out)
        elif best < target:
            ladder.put(side, target, self._size(style.touch_qty, 0.4))
        else:
            self._restack(side, target)
        if not bids:
            self._fill_side(side, target)
        elif len(bids) > style.levels + 3:
            ladder.put(side, min(bids), 0)

    def _retreat(self, side: int, target: int, ts: int, out: list[Event]) -> None:
        """Bids above what makers think are withdrawn, or somebody knew it first and took them."""
        ladder = self._ladder
        dear = [tick for tick in ladder.bids[side] if tick > target]
        if self._dice.random() < SWEPT:
            qty = sum(ladder.bids[side][tick] for tick in dear)
            self._print(side, ladder.hit(side, qty, target + 1), ts, out)
            return
        for tick in dear:
            ladder.put(side, tick, 0)

    def _restack(self, side: int, target: int) -> None:
        """Somebody joins or leaves a queue; the touch never loses its last quarter that way."""
        style, dice = self._style, self._dice
        # The touch gets as many of the moves as a third of all levels.
        number = max(int(dice.random() * 1.5 * style.levels) - style.levels // 2, 0)
        tick = target - number * style.gap_ticks
        if tick <= 0:
            return
        median = style.level_qty if number else style.touch_qty
        stood = self._ladder.bids[side].get(tick, 0)
        part = self._size(median // 3, 0.5)
        if stood < median * (0.5 + dice.random()):
            self._ladder.put(side, tick, stood + part)
        else:
            self._ladder.put(side, tick, max(stood - part, median // 4))

    # --- takers ------------------------------------------------------------------------------

    def _take(self, ts: int, log: float, out: list[Event]) -> None:
        ladder, style, dice = self._ladder, self._style, self._dice
        yes, no = ladder.best(YES), ladder.top - ladder.best(NO)
        middle = (yes + no) / 2.0
        lean = (self._fair(YES, ts) - middle) / (2.0 * self._half(log) + 1.0)
        lean = min(max(lean, -LEAN), LEAN)
        # Who thinks YES is too cheap buys it, and that is a sale to the bids on NO.
        side = NO if dice.random() < 0.5 + lean else YES
        qty = self._size(style.take_qty, 0.9)
        worst = ladder.best(side) - style.gap_ticks
        self._print(side, ladder.hit(side, qty, worst), ts, out)

    def _print(self, side: int, hits: list[tuple[int, int]], ts: int, out: list[Event]) -> None:
        recv_ns = ts + self._feed_ns
        bought, other = self._ids[side], self._ids[1 - side]
        top = self._ladder.top
        for number, (tick, contracts) in enumerate(hits):
            name = f"{ts}.{number}"
            qty = self._qty[contracts]
            out.append(Trade(bought, ts, recv_ns, self._px[tick], qty, SELL, name))
            out.append(Trade(other, ts, recv_ns, self._px[top - tick], qty, BUY, name))

    # --- telling -----------------------------------------------------------------------------

    def _tell(self, ts: int, out: list[Event]) -> None:
        changed = self._ladder.drain()
        if not changed[YES] and not changed[NO]:
            return
        self._sequence += 1
        self._said_ns = ts
        recv_ns = ts + self._feed_ns
        for side in (YES, NO):
            bids = self._levels(changed[side])
            asks = self._mirrored(changed[1 - side])
            out.append(BookDelta(self._ids[side], ts, recv_ns, bids, asks, self._sequence))

    def _levels(self, levels: Levels) -> tuple[Level, ...]:
        px, qty = self._px, self._qty
        return tuple((px[tick], qty[levels[tick]]) for tick in sorted(levels, reverse=True))

    def _mirrored(self, levels: Levels) -> tuple[Level, ...]:
        px, qty, top = self._px, self._qty, self._ladder.top
        return tuple((px[top - tick], qty[levels[tick]]) for tick in sorted(levels, reverse=True))

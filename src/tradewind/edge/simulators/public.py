"""The public of one market that trades on the exchange itself: makers, and takers who hit them.

Knows a hidden fair value and one instrument of an exchange. Must not know any venue's words, nor
whose the other orders in the book are. By one seed and the same orders of others, everything that
it does is the same again.
"""

import math
from decimal import Decimal
from random import Random

import msgspec

from tradewind.core.matching.exchange import Exchange
from tradewind.core.matching.exchange_orders import ExchangeAnswer, NewOrder
from tradewind.core.matching.self_trade import SelfTrade
from tradewind.edge.simulators.latent import Latent
from tradewind.edge.simulators.noise import MINUTE_NS, Noise
from tradewind.model.instrument import Instrument
from tradewind.model.money import NANOS, ONE, ZERO
from tradewind.model.order import Side, TimeInForce

BUY, SELL = Side.BUY, Side.SELL
GTC, IOC = TimeInForce.GTC, TimeInForce.IOC
MAKERS, TAKERS = "public-makers", "public-takers"
"""The accounts of the public; whoever tells of trades or positions leaves these out."""
PUBLIC = frozenset({MAKERS, TAKERS})
QUIETEST, BUSIEST = -2.0, 1.6
"""Bounds of the logarithm of activity: a seventh of the usual pace, and five times it."""
ACTIVITY = ((20 * MINUTE_NS, 0.4), (3 * MINUTE_NS, 0.4), (15 * NANOS, 0.4))
THIN_SPREAD, THIN_SIZE = 0.4, 0.35
LEAN = 0.35
SWEPT = 0.3
PER_LEVEL = 3
FEWEST = 4
"""Makers fill a side anew when fewer than a quarter of its levels are left."""


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How a market's public behaves at its usual pace.

    `half_spread` is a fraction of the price, for an outcome of 1. Levels stand about `gap_ticks`
    apart; quantities are medians in units; rates are actions per second, both sides together.
    `nibble` is the chance that a taker wants only part of the order that stands first, which
    leaves whoever owns it partly filled.
    """

    half_spread: float
    touch_qty: float
    level_qty: float
    take_qty: float
    maker_rate: float = 3.0
    taker_rate: float = 1.0
    levels: int = 12
    gap_ticks: int = 1
    nibble: float = 0.1


class Public:
    """Everybody who trades in one market, except the accounts of the simulated venue.

    For whoever builds a venue around an `Exchange`: define the instrument there (of a binary
    market the YES outcome; the NO side follows), make one `Public` for it, and in `advance`:

        while public.next_ns <= now_ns:
            for answer in public.act(public.next_ns): …publish it…

    `act` does one thing (the first fills the ladder) and returns the exchange's answers: the
    `Match`es are the public trades and fill whoever rested there; the changes are those of the
    public's own orders, whose accounts are in PUBLIC. The book is then `Exchange.depth`. What
    comes next is planned from the time that `act` was given, so a venue that was paused goes on
    without catching up. `leave` takes everything out, for a market that closes.
    """

    def __init__(
        self,
        exchange: Exchange,
        instrument: Instrument,
        fair: Latent,
        style: Style,
        start: tuple[int, Random],
    ) -> None:
        self._exchange = exchange
        self._rules = instrument
        self._fair = fair
        self._style = style
        self.next_ns, self._dice = start
        name = f"{instrument.id}/{self._dice.getrandbits(64)}"
        self._activity = Noise(f"{name}/activity", ACTIVITY)
        self._resting: dict[Side, dict[Decimal, list[str]]] = {BUY: {}, SELL: {}}
        self._count = 0
        self._log = 0.0
        self._ts = self.next_ns
        self._opened = False

    def act(self, now_ns: int) -> list[ExchangeAnswer]:
        """Let a maker move or a taker hit, and plan the next; return what happened, in order."""
        self._ts = now_ns
        self._log = min(max(self._activity.at(now_ns), QUIETEST), BUSIEST)
        self._forget_filled()
        style, out = self._style, list[ExchangeAnswer]()
        if not self._opened:
            self._opened = True
        elif self._dice.random() * (style.maker_rate + style.taker_rate) < style.taker_rate:
            self._take(out)
        else:
            self._make(BUY if self._dice.random() < 0.5 else SELL, out)
        for side in (BUY, SELL):
            if len(self._resting[side]) < style.levels // FEWEST:
                self._fill(side, out)
        rate = (style.maker_rate + style.taker_rate) * math.exp(self._log)
        self.next_ns = now_ns + 1 + int(self._dice.expovariate(rate) * NANOS)
        return out

    def redefine(self, instrument: Instrument) -> None:
        """Take over changed rules; whoever calls lets the public leave before."""
        self._rules = instrument

    def leave(self, now_ns: int) -> list[ExchangeAnswer]:
        """Take every order of the public out of the book; the next `act` fills it anew."""
        self._ts = now_ns
        self._opened = False
        out: list[ExchangeAnswer] = []
        for side in (BUY, SELL):
            for px in list(self._resting[side]):
                self._withdraw(side, px, out)
        return out

    def _forget_filled(self) -> None:
        """Drop from the ladder what others have taken since."""
        for levels in self._resting.values():
            for px in list(levels):
                levels[px] = [each for each in levels[px] if self._exchange.order(each) is not None]
                if not levels[px]:
                    del levels[px]

    # --- prices and sizes --------------------------------------------------------------------

    def _middle(self) -> float:
        return self._fair.at(self._ts)

    def _half(self) -> float:
        """Return half the spread: wide when little goes on."""
        scale = 1.0 if self._rules.outcome is not None else self._middle()
        return self._style.half_spread * scale * math.exp(-THIN_SPREAD * self._log)

    def _target(self, side: Side) -> Decimal | None:
        """Return the price at which makers would quote; None where the grid has no room."""
        half = self._half()
        away = -half if side is BUY else half
        px = Decimal(self._middle() + away)
        return self._room(self._rules.floor_px(px) if side is BUY else self._rules.ceil_px(px))

    def _room(self, px: Decimal) -> Decimal | None:
        if px <= ZERO or (self._rules.outcome is not None and px >= ONE):
            return None
        return px

    def _beside(self, side: Side, px: Decimal, levels: int) -> Decimal | None:
        """Return the price so many levels away from the touch."""
        gap = self._rules.tick_at(px) * self._style.gap_ticks * levels
        rules = self._rules
        return self._room(rules.floor_px(px - gap) if side is BUY else rules.ceil_px(px + gap))

    def _size(self, median: float, sigma: float) -> Decimal:
        drawn = median * math.exp(self._dice.gauss(0.0, sigma) + THIN_SIZE * min(self._log, 0.0))
        step = self._rules.qty_step
        return max(round(drawn / float(step)) * step, step, self._rules.min_qty)

    def _best(self, side: Side) -> tuple[Decimal, Decimal] | None:
        levels = self._exchange.depth(self._rules.id)[0 if side is BUY else 1]
        return levels[0] if levels else None

    # --- makers ------------------------------------------------------------------------------

    def _fill(self, side: Side, out: list[ExchangeAnswer]) -> None:
        target = self._target(side)
        median = self._style.touch_qty
        for level in range(self._style.levels):
            px = None if target is None else self._beside(side, target, level)
            if px is None:
                return
            if px not in self._resting[side]:
                self._rest(side, px, self._size(median, 0.5), out)
            median = self._style.level_qty

    def _make(self, side: Side, out: list[ExchangeAnswer]) -> None:
        """Bring one side of the ladder to where makers think it belongs, or restack a level."""
        target = self._target(side)
        if target is None:
            for px in list(self._resting[side]):
                self._withdraw(side, px, out)
            return
        self._clear_way(side, target, out)
        self._retreat(side, target, out)
        mine = self._resting[side]
        if target not in mine:
            self._rest(side, target, self._size(self._style.touch_qty, 0.4), out)
        else:
            self._restack(side, target, out)
        # More levels than usual: the farthest goes.
        while len(mine) > self._style.levels + 3:
            self._withdraw(side, min(mine) if side is BUY else max(mine), out)

    def _clear_way(self, side: Side, target: Decimal, out: list[ExchangeAnswer]) -> None:
        """Take what others offer at the very price at which makers would quote, or better."""
        other = side.opposite
        for px in [px for px in self._resting[other] if _worse_or_equal(other, px, target)]:
            self._withdraw(other, px, out)
        best = self._best(other)
        if best is not None and _worse_or_equal(other, best[0], target):
            self._hit(side, self._size(self._style.level_qty, 0.5), target, out)

    def _retreat(self, side: Side, target: Decimal, out: list[ExchangeAnswer]) -> None:
        """Quotes better than makers think are withdrawn, or somebody knew first and took them."""
        dear = [px for px in self._resting[side] if px != target and not _worse(side, px, target)]
        if dear and self._dice.random() < SWEPT:
            qty = sum((self._standing(side, px) for px in dear), ZERO)
            worst = min(dear) if side is BUY else max(dear)
            if qty:
                self._hit(side.opposite, qty, worst, out)
        for px in dear:
            self._withdraw(side, px, out)

    def _restack(self, side: Side, target: Decimal, out: list[ExchangeAnswer]) -> None:
        """Somebody joins or leaves a queue; the touch gets a third of the moves."""
        style, dice = self._style, self._dice
        level = max(int(dice.random() * 1.5 * style.levels) - style.levels // 2, 0)
        px = self._beside(side, target, level)
        if px is None:
            return
        median = style.level_qty if level else style.touch_qty
        ids = self._resting[side].get(px, [])
        stood = float(self._standing(side, px))
        if len(ids) < PER_LEVEL and stood < median * (0.5 + dice.random()):
            self._rest(side, px, self._size(median / 2, 0.5), out)
        elif len(ids) > 1:
            # Who came last is the first to lose patience.
            self._cancel(ids.pop(), out)

    def _rest(self, side: Side, px: Decimal, qty: Decimal, out: list[ExchangeAnswer]) -> None:
        order_id = self._submit(MAKERS, side, qty, px, out)
        if self._exchange.order(order_id) is not None:
            self._resting[side].setdefault(px, []).append(order_id)

    def _withdraw(self, side: Side, px: Decimal, out: list[ExchangeAnswer]) -> None:
        for order_id in self._resting[side].pop(px, ()):
            self._cancel(order_id, out)

    def _cancel(self, order_id: str, out: list[ExchangeAnswer]) -> None:
        if self._exchange.order(order_id) is not None:
            out += self._exchange.cancel(order_id, self._ts)

    def _standing(self, side: Side, px: Decimal) -> Decimal:
        orders = (self._exchange.order(each) for each in self._resting[side].get(px, ()))
        return sum((order.leaves for order in orders if order is not None), ZERO)

    # --- takers ------------------------------------------------------------------------------

    def _take(self, out: list[ExchangeAnswer]) -> None:
        """Let somebody take from the touch, more likely the side that is cheap."""
        bid, ask = self._best(BUY), self._best(SELL)
        if bid is None or ask is None:
            return
        middle = float(bid[0] + ask[0]) / 2.0
        lean = (self._middle() - middle) / (2.0 * self._half())
        side = BUY if self._dice.random() < 0.5 + min(max(lean, -LEAN), LEAN) else SELL
        px, stood = ask if side is BUY else bid
        qty = self._size(self._style.take_qty, 0.9)
        if self._dice.random() < self._style.nibble:
            part = stood * self._dice.randrange(1, 10) / 10
            qty = max(self._rules.floor_qty(part), self._rules.qty_step)
        worst = self._beside(side.opposite, px, 1)
        self._hit(side, qty, px if worst is None else worst, out)

    def _hit(self, side: Side, qty: Decimal, px: Decimal, out: list[ExchangeAnswer]) -> None:
        self._submit(TAKERS, side, qty, px, out)

    def _submit(
        self, account: str, side: Side, qty: Decimal, px: Decimal, out: list[ExchangeAnswer]
    ) -> str:
        self._count += 1
        order_id = f"{self._rules.id}/{account}/{self._count}"
        rests = account == MAKERS
        new = NewOrder(
            order_id=order_id,
            account=account,
            instrument=self._rules.id,
            side=side,
            qty=qty,
            px=px,
            tif=GTC if rests else IOC,
            post_only=rests,
            self_trade=SelfTrade.CANCEL_TAKER,
        )
        out += self._exchange.submit(new, self._ts)
        return order_id


def _worse(side: Side, px: Decimal, than: Decimal) -> bool:
    return px < than if side is BUY else px > than


def _worse_or_equal(side: Side, px: Decimal, target: Decimal) -> bool:
    """Tell whether a price of `side` stands in the way of a quote of the other side at `target`."""
    return px >= target if side is BUY else px <= target

"""One symbol in public: last trade, mark and index, the day's figures, funding.

Knows what the public may know. Must not know accounts or connections.
"""

import math
from collections import deque
from decimal import Decimal
from random import Random
from uuid import UUID

import msgspec

from tradewind.core.matching.exchange import Exchange
from tradewind.core.matching.exchange_orders import Match
from tradewind.edge.simulators.bybit.candles import Candle, Candles
from tradewind.edge.simulators.bybit.settings import BybitSettings, Symbol
from tradewind.edge.simulators.latent import Latent
from tradewind.edge.simulators.noise import MINUTE_NS, Noise
from tradewind.edge.simulators.paths import price_path
from tradewind.model.market import Level
from tradewind.model.money import ONE, floor_to
from tradewind.model.order import Side

HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
KEPT_TRADES = 1000
BASIS = ((40 * MINUTE_NS, 0.00015), (6 * MINUTE_NS, 0.0001))
USUAL_FUNDING, FUNDING_SPREAD, FUNDING_CAP = 0.0001, 0.00012, 0.00375


class Print(msgspec.Struct, frozen=True):
    """One public trade; `side` is the taker's."""

    id: str
    px: Decimal
    qty: Decimal
    side: str
    at_ns: int
    seq: int
    tick: str


class Market:
    """What a symbol's public sees, beside the book itself.

    `seq` grows with everything that happens; `touched_ns` is when the book changed last.
    """

    def __init__(self, symbol: Symbol, exchange: Exchange, settings: BybitSettings) -> None:
        self.symbol = symbol
        self.exchange = exchange
        self.rules = symbol.instrument
        exchange.define(self.rules)
        name = f"{settings.seed}/{symbol.base}"
        self.fair: Latent = settings.paths.get(
            symbol.name, price_path(name, symbol.centre, symbol.sigma)
        )
        self._basis = Noise(f"{name}/basis", BASIS)
        self._funding = Noise(f"{name}/funding", ((16 * HOUR_NS, FUNDING_SPREAD),))
        self.candles = Candles(symbol, self.fair, name, settings.start_ns)
        self.last = self.candles.px(settings.start_ns)
        self.trades: deque[Print] = deque(maxlen=KEPT_TRADES)
        self.seq = 7_000_000
        self.touched_ns = settings.start_ns
        self.open = symbol.status == "Trading"
        self._dice = Random(f"{name}/{symbol.category}/prints")
        self._plus = "ZeroPlusTick"
        self._hours: tuple[int, Candle] | None = None

    @property
    def depth(self) -> tuple[list[Level], list[Level]]:
        """Return (bids, asks), best first."""
        return self.exchange.depth(self.symbol.id)

    def touched(self, now_ns: int) -> None:
        """Note that the book changed."""
        self.seq += 1
        self.touched_ns = now_ns

    def print(self, match: Match) -> Print:
        """Take a match in as a public trade."""
        side = "Buy" if match.taker.side is Side.BUY else "Sell"
        if match.yes_px > self.last:
            self._plus = "PlusTick"
        elif match.yes_px < self.last:
            self._plus = "MinusTick"
        else:
            self._plus = "Zero" + self._plus.removeprefix("Zero")
        self.last = match.yes_px
        trade_id = str(UUID(int=self._dice.getrandbits(128), version=4))
        told = Print(trade_id, match.yes_px, match.qty, side, match.ts, self.seq, self._plus)
        self.trades.append(told)
        self.candles.trade(match.yes_px, match.qty, match.ts)
        return told

    # --- prices -------------------------------------------------------------------------------

    def index(self, now_ns: int) -> Decimal:
        """Return the price of the spot markets elsewhere."""
        px = self.fair.at(now_ns) * (1.0 - self._basis.at(now_ns))
        return floor_to(Decimal(px), self.symbol.tick)

    def mark(self, now_ns: int) -> Decimal:
        """Return the price that positions are valued at."""
        return floor_to(Decimal(self.fair.at(now_ns)), self.symbol.tick)

    def trigger_px(self, by: str, now_ns: int) -> Decimal:
        """Return the price that a trigger looks at."""
        if by == "MarkPrice":
            return self.mark(now_ns)
        return self.index(now_ns) if by == "IndexPrice" else self.last

    def limits(self, now_ns: int) -> tuple[Decimal, Decimal]:
        """Return (highest price of a buy, lowest price of a sell)."""
        mark, index = self.mark(now_ns), self.index(now_ns)
        near, far = self.symbol.band
        tick = self.symbol.tick
        highest = min(max(index, mark * (ONE + near)), mark * (ONE + far))
        lowest = max(min(index, mark * (ONE - near)), mark * (ONE - far))
        return floor_to(highest, tick), floor_to(lowest, tick) + tick

    def protection(self, *, buys: bool, now_ns: int) -> Decimal:
        """Return the worst price of a market order."""
        far = self.symbol.band[1]
        px = self.mark(now_ns) * (ONE + far if buys else ONE - far)
        return floor_to(px, self.symbol.tick)

    # --- funding ------------------------------------------------------------------------------

    @property
    def funding_ns(self) -> int:
        """Return the funding interval."""
        return self.symbol.funding_minutes * MINUTE_NS

    def next_funding_ns(self, now_ns: int) -> int:
        """Return the next stamp after a time."""
        return (now_ns // self.funding_ns + 1) * self.funding_ns

    def funding_rate(self, stamp_ns: int) -> Decimal:
        """Return the rate that is paid at a stamp: positive where longs pay."""
        rate = USUAL_FUNDING + self._funding.at(stamp_ns)
        return Decimal(f"{min(max(rate, -FUNDING_CAP), FUNDING_CAP):.8f}")

    def day(self, now_ns: int) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal]:
        """Return (price a day ago, highest, lowest, volume, turnover) of the last 24 hours."""
        hour_ns = now_ns // HOUR_NS * HOUR_NS
        if self._hours is None or self._hours[0] != hour_ns:
            start_ns = hour_ns - DAY_NS
            whole = self.candles.at("60", start_ns, now_ns)
            while (start_ns := start_ns + HOUR_NS) < hour_ns:
                whole.join(self.candles.at("60", start_ns, now_ns))
            self._hours = (hour_ns, whole)
        joined = msgspec.structs.replace(self._hours[1])
        joined.join(self.candles.at("60", hour_ns, now_ns))
        return joined.open, joined.high, joined.low, joined.volume, joined.turnover

    def open_interest(self, now_ns: int) -> Decimal:
        """Return how much is open in all, the crowd's included."""
        swing = 1.0 + 0.05 * math.sin(now_ns / (11 * HOUR_NS))
        return floor_to(Decimal(self.symbol.touch_qty * 25_000 * swing), self.symbol.qty_step)

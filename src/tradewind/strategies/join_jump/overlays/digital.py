"""The digital-option overlay: the chance that a price ends above, below or between strikes.

Knows a reference price, its recent one-minute closes, strikes and expiry. Must not know where
the reference comes from or what is done with the probability. Floats here are estimates; what
leaves is Decimal made from nine printed digits.
"""

import math
from decimal import Decimal

import msgspec

from tradewind.core.strategy.indicators import EWMAVariance, phi
from tradewind.core.strategy.parameters import param
from tradewind.model.events import ReferencePrice
from tradewind.model.instrument import Outcome
from tradewind.model.money import MILLIS, NANOS, ONE
from tradewind.strategies.join_jump.overlays.overlay import (
    LegOpinion,
    Look,
    Opinion,
    Overlay,
    silent,
)

MINUTE_NS = 60 * NANOS
MIN_RETURNS = 20
DIGITS = 9


class DigitalMemory(msgspec.Struct, tag="digital"):
    """One-minute closes, oldest first, None where minutes are missing; the minute of the last.

    `quoted` is the probability of leg A on which the last quotes stand.
    """

    closes: list[float | None] = []
    minute: int = 0
    quoted: float | None = None


class DigitalFairValue(Overlay):
    """Fair value of leg A from a normal distribution of the reference's logarithm at expiry."""

    reference: str = param(doc="the price feed of the underlying")
    strike_kind: str = param(
        "above", choices=("above", "below", "between"), doc="on which side of the strike YES pays"
    )
    strike: Decimal | None = param(
        None, low=0, unit="price", doc="the (lower) strike; none takes the instrument's"
    )
    strike_high: Decimal | None = param(
        None, low=0, unit="price", doc="the upper strike of a between market"
    )
    decay: float = param(0.94, low="0.80", high="0.999", doc="lambda: weight of the past variance")
    vol_window: int = param(
        60, low=20, high=1440, unit="1-minute closes", doc="how far back volatility looks"
    )
    sigma_floor: float = param(
        0.0002, low=0, high="0.01", unit="per square root of a minute", doc="least volatility"
    )
    mu: float = param(0.0, low="-0.001", high="0.001", unit="per minute", doc="expected drift")
    half_spread: Decimal = param(
        "0.02", low="0.0001", high="0.20", unit="price", doc="distance of a quote from fair value"
    )
    overlay_mode: str = param(
        "cap", choices=("cap", "quote"), doc="bound the JOIN price, or replace it"
    )
    requote_threshold: float = param(
        0.01, low="0.0001", high="0.20", unit="probability", doc="change that moves live orders"
    )
    max_ref_conf: float = param(
        0.001, low=0, high="0.05", unit="confidence / price", doc="widest usable reference"
    )
    stale_ref_ms: int = param(
        5000, low=100, high=600_000, unit="ms", doc="age beyond which the reference is unknown"
    )
    settlement_average_s: int = param(
        0, low=0, high=3600, unit="s", doc="length of the average that the market settles on"
    )
    pull_before_expiry_s: int = param(
        120, low=0, high=3600, unit="s", doc="time before expiry without quotes"
    )

    memory: DigitalMemory

    def __init__(self, settings: dict[str, object], memory: DigitalMemory | None = None) -> None:
        super().__init__(settings)
        self.feed = self.reference
        self.memory = memory if memory is not None else DigitalMemory()
        self._last: tuple[int, float] | None = None

    def take(self, reference: ReferencePrice) -> None:
        """Keep the minute's last price; the first price of a later minute closes it."""
        minute = reference.ts_event // MINUTE_NS
        last = self._last
        if last is not None and minute < last[0]:
            return
        if last is not None and minute > last[0]:
            self._close(*last)
        self._last = (minute, reference.px)

    def warm_up(self, closes: list[tuple[int, float]]) -> None:
        """Take history: (open time in nanoseconds, close) of one-minute candles, oldest first."""
        for open_ns, close in closes:
            if open_ns // MINUTE_NS > self.memory.minute:
                self._close(open_ns // MINUTE_NS, close)

    def _close(self, minute: int, px: float) -> None:
        memory = self.memory
        if memory.closes and minute != memory.minute + 1:
            # No return is made across a hole.
            memory.closes.append(None)
        memory.closes.append(px)
        memory.minute = minute
        del memory.closes[: -self.vol_window - 1]

    def judge(self, look: Look) -> Opinion:
        """Quote around the probability, or pull both legs and say why."""
        reference = look.reference
        if reference is None:
            return silent("no_reference", look.now_ns)
        until_ns = reference.ts_recv + self.stale_ref_ms * MILLIS
        if look.now_ns > until_ns:
            return silent("stale_reference", look.now_ns)
        if reference.px <= 0.0 or reference.confidence > self.max_ref_conf * reference.px:
            return silent("wide_reference", until_ns)
        probability = self._leg_a(look, reference.px)
        if isinstance(probability, str):
            return silent(probability, until_ns)
        quoted = self.memory.quoted
        if quoted is None or not look.quoted or abs(probability - quoted) >= self.requote_threshold:
            self.memory.quoted = quoted = probability
        fair = Decimal(str(round(quoted, DIGITS)))
        legs = (self._leg(look, 0, fair), self._leg(look, 1, ONE - fair))
        return Opinion(legs, allow_new_cycle=True, valid_until_ns=until_ns)

    def _leg_a(self, look: Look, spot: float) -> float | str:
        sigma, returns = volatility(self.memory.closes, self.decay, self.sigma_floor)
        if returns < MIN_RETURNS:
            return "few_returns"
        close_ns = look.rules[0].close_ns
        if close_ns is None:
            return "no_expiry"
        left_s = (close_ns - look.now_ns) / NANOS
        if left_s < self.pull_before_expiry_s:
            return "near_expiry"
        minutes = effective_minutes(left_s, self.settlement_average_s)
        if minutes is None:
            return "averaging"
        strike = self.strike if self.strike is not None else look.rules[0].strike
        if strike is None or (self.strike_kind == "between" and self.strike_high is None):
            return "no_strike"
        above = probability_above(spot, float(strike), sigma, minutes, self.mu)
        if self.strike_kind == "below":
            above = 1.0 - above
        elif self.strike_kind == "between" and self.strike_high is not None:
            above -= probability_above(spot, float(self.strike_high), sigma, minutes, self.mu)
        return 1.0 - above if look.rules[0].outcome is Outcome.NO else above

    def _leg(self, look: Look, leg: int, fv: Decimal) -> LegOpinion:
        px = look.rules[leg].floor_px(fv - self.half_spread)
        quote = self.overlay_mode == "quote"
        # A cap above the highest price bounds nothing; a quote there is refused.
        if px < look.price_min or (quote and px > look.price_max):
            return LegOpinion(fv=fv, allow_jump=False, suppress=True, why="price_range")
        if quote:
            return LegOpinion(fv=fv, quote=px, allow_jump=False, why="quoting")
        return LegOpinion(fv=fv, bid_cap=px)


def volatility(closes: list[float | None], decay: float, floor: float) -> tuple[float, int]:
    """Return the deviation of log returns per square root of a minute, and from how many.

    Exponentially weighted around zero, seeded with the first squared return.
    """
    variance = EWMAVariance(decay)
    before: float | None = None
    for close in closes:
        if close is not None and before is not None:
            variance.update(math.log(close / before))
        before = close
    return max(math.sqrt(variance.value or 0.0), floor), variance.count


def effective_minutes(left_s: float, average_s: int) -> float | None:
    """Return the minutes of variance to come: less where an average settles, None inside it."""
    if not average_s:
        return left_s / 60.0
    if left_s <= average_s:
        return None
    return left_s / 60.0 - 2.0 / 3.0 * (average_s / 60.0)


def probability_above(spot: float, strike: float, sigma: float, minutes: float, mu: float) -> float:
    """Return the chance that the price ends above `strike`; `sigma` and `mu` are per minute."""
    if minutes <= 0.0 or sigma <= 0.0:
        return 0.5 if spot == strike else float(spot > strike)
    if strike <= 0.0:
        return 1.0
    drift = (mu - sigma * sigma / 2.0) * minutes
    return 1.0 - phi((math.log(strike / spot) - drift) / (sigma * math.sqrt(minutes)))

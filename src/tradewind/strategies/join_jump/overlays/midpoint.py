"""The rolling-midpoint overlay: fair value is the mean of the market's own recent middle.

Knows the last middles of the pair. Must not know where they are stored or who quotes on them.
"""

import math
from decimal import Decimal

import msgspec

from tradewind.core.strategy.parameters import param
from tradewind.model.money import NANOS, ONE, ZERO
from tradewind.strategies.join_jump.overlays.overlay import LegOpinion, Look, Opinion, Overlay

HALF = Decimal("0.5")
SAMPLE_LIFE_NS = 5 * NANOS


class MidpointMemory(msgspec.Struct, tag="midpoint"):
    """The last middles, oldest first, in the space of leg A, and when the newest was taken."""

    samples: list[Decimal] = []
    sampled_ns: int = 0


class MidpointFairValue(Overlay):
    """Fair value of leg A = mean of the last `window` middles (1 + bid A - bid B) / 2.

    A leg whose bid stands above its fair value by more than `theta` is rich: it is not opened,
    or only up to the band. JUMP needs a full, calm window that does not fall for the leg.
    """

    window: int = param(10, low=3, high=600, unit="samples", doc="how many middles are averaged")
    theta: Decimal = param(
        "0.02", low="0.002", high="0.20", unit="price", doc="half width of the fair band"
    )
    stable_sd: Decimal = param(
        "0.01", low="0.001", high="0.20", unit="price", doc="deviation up to which JUMP is allowed"
    )
    slope_tol: Decimal = param(
        "0.005",
        low=0,
        high="0.20",
        unit="price over the window",
        doc="how far a leg may have fallen for JUMP on it",
    )
    rich_action: str = param(
        "suppress", choices=("suppress", "cap"), doc="leave a rich leg, or cap it at the band"
    )
    jump_min_spread: Decimal = param(
        "0.03", low="0.0001", high="0.50", unit="price", doc="spread from which JUMP is allowed"
    )

    memory: MidpointMemory

    def __init__(self, settings: dict[str, object], memory: MidpointMemory | None = None) -> None:
        super().__init__(settings)
        self.memory = memory if memory is not None else MidpointMemory()

    def sample(self, look: Look) -> None:
        """Add the middle to the window when both bids exist."""
        bid_a, bid_b = look.bids
        if bid_a is None or bid_b is None:
            return
        samples = self.memory.samples
        samples.append((ONE + bid_a - bid_b) * HALF)
        del samples[: -self.window]
        self.memory.sampled_ns = look.now_ns

    def judge(self, look: Look) -> Opinion:
        """Call each leg cheap, fair or rich; during warm-up only JUMP is forbidden."""
        samples = self.memory.samples
        if len(samples) < self.window:
            leg = LegOpinion(allow_jump=False, why="warmup")
            return Opinion((leg, leg), allow_new_cycle=True, valid_until_ns=look.now_ns)
        fv = sum(samples, ZERO) / len(samples)
        slope = samples[-1] - samples[0]
        unstable = deviation(samples) > self.stable_sd
        legs = (
            self._leg(look, look.bids[0], fv, slope, unstable=unstable),
            self._leg(look, look.bids[1], ONE - fv, -slope, unstable=unstable),
        )
        rich = any(self._rich(bid, leg.fv) for bid, leg in zip(look.bids, legs, strict=True))
        life = max(SAMPLE_LIFE_NS, 2 * look.tick_ns)
        return Opinion(legs, allow_new_cycle=not rich, valid_until_ns=self.memory.sampled_ns + life)

    def _leg(
        self, look: Look, bid: Decimal | None, fv: Decimal, slope: Decimal, *, unstable: bool
    ) -> LegOpinion:
        rich = self._rich(bid, fv)
        suppress = rich and self.rich_action == "suppress"
        cap = fv + self.theta if rich and not suppress else None
        why = self._against_jump(look, slope, rich=rich, unstable=unstable)
        if suppress:
            return LegOpinion(fv=fv, allow_jump=False, suppress=True, why="rich")
        return LegOpinion(fv=fv, bid_cap=cap, allow_jump=not why, why=why)

    def _rich(self, bid: Decimal | None, fv: Decimal | None) -> bool:
        return bid is not None and fv is not None and bid > fv + self.theta

    def _against_jump(self, look: Look, slope: Decimal, *, rich: bool, unstable: bool) -> str:
        if unstable:
            return "unstable"
        if look.spread is None or look.spread < self.jump_min_spread:
            return "narrow"
        if rich:
            return "rich"
        return "falling" if slope < -self.slope_tol else ""


def deviation(samples: list[Decimal]) -> float:
    """Return the sample standard deviation (divided by n - 1) of at least two values."""
    mean = sum(samples, ZERO) / len(samples)
    squares = sum(((value - mean) ** 2 for value in samples), ZERO)
    return math.sqrt(squares / (len(samples) - 1))

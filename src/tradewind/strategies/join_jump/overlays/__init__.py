"""Fair-value overlays: a second opinion on the price of each leg.

Knows which overlays there are. Must not know the strategy that asks them.
"""

from typing import Any

import msgspec

from tradewind.core.strategy.parameters import validate
from tradewind.model.errors import ConfigError
from tradewind.strategies.join_jump.overlays.digital import DigitalFairValue, DigitalMemory
from tradewind.strategies.join_jump.overlays.midpoint import MidpointFairValue, MidpointMemory
from tradewind.strategies.join_jump.overlays.overlay import Overlay

OVERLAYS: dict[str, type[Overlay]] = {
    "midpoint_fair_value": MidpointFairValue,
    "digital_fair_value": DigitalFairValue,
}


class FairValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which overlay and its own parameters; what is not given takes its default.

    Raises ConfigError for an unknown overlay and for parameters that it refuses.
    """

    overlay: str
    settings: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if self.overlay not in OVERLAYS:
            raise ConfigError(
                f"Set parameter fair_value, found the overlay {self.overlay!r}; "
                f"use one of {', '.join(OVERLAYS)}."
            )
        validate(OVERLAYS[self.overlay].parameters, self.settings, self.overlay)


def build(chosen: FairValue, memory: MidpointMemory | DigitalMemory | None) -> Overlay:
    """Return the chosen overlay at work on `memory` when that is its own, else on a new one."""
    if chosen.overlay == "midpoint_fair_value":
        mine = memory if isinstance(memory, MidpointMemory) else None
        return MidpointFairValue(chosen.settings, mine)
    other = memory if isinstance(memory, DigitalMemory) else None
    return DigitalFairValue(chosen.settings, other)

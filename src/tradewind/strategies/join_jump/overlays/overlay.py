"""What every fair-value overlay takes and answers (one protocol for all).

Knows bids, rules and reference prices of one moment. Must not know orders, cycles or the gate:
an overlay is a function of its inputs and its own saved memory.
"""

from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from tradewind.core.strategy.parameters import Parameter, collect, validate
from tradewind.model.events import ReferencePrice
from tradewind.model.instrument import Instrument


class Look(msgspec.Struct, frozen=True):
    """What an overlay may see of one moment; leg A stands first everywhere.

    `bids` are the best ones of others, `spread` is 1 less their sum, both None where a bid is
    missing. `quoted` tells that an order of ours rests on a leg. Times in nanoseconds UTC.
    """

    now_ns: int
    tick_ns: int
    bids: tuple[Decimal | None, Decimal | None]
    spread: Decimal | None
    rules: tuple[Instrument, Instrument]
    price_min: Decimal
    price_max: Decimal
    quoted: bool = False
    reference: ReferencePrice | None = None


class LegOpinion(msgspec.Struct, frozen=True):
    """What an overlay says of one leg: `fv` is the probability that the leg pays 1.

    `quote` replaces the JOIN price, `bid_cap` only bounds it; both may lie off the grid.
    `suppress` means that the leg is not to be opened, `why` names the reason for that or for a
    refused JUMP.
    """

    fv: Decimal | None = None
    bid_cap: Decimal | None = None
    quote: Decimal | None = None
    allow_jump: bool = True
    suppress: bool = False
    why: str = ""


class Opinion(msgspec.Struct, frozen=True):
    """What an overlay says of the pair; past `valid_until_ns` it counts as "no quotes"."""

    legs: tuple[LegOpinion, LegOpinion]
    allow_new_cycle: bool
    valid_until_ns: int


def silent(why: str, until_ns: int) -> Opinion:
    """Return the opinion that nothing may be opened, and why."""
    leg = LegOpinion(allow_jump=False, suppress=True, why=why)
    return Opinion((leg, leg), allow_new_cycle=False, valid_until_ns=until_ns)


class Overlay:
    """Base of the overlays. Parameters are declared with `param(...)` as strategies do.

    `memory` is the overlay's saved window; the strategy keeps the same object in its state.
    """

    parameters: ClassVar[dict[str, Parameter]] = {}
    memory: Any
    feed: str = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.parameters = collect(cls)

    def __init__(self, settings: dict[str, Any]) -> None:
        for name, value in validate(self.parameters, settings, f"{type(self).__name__}").items():
            setattr(self, name, value)

    def sample(self, look: Look) -> None:
        """Take one tick's fresh data into the memory."""

    def take(self, reference: ReferencePrice) -> None:
        """Take one price of the reference feed named by `feed`."""

    def judge(self, look: Look) -> Opinion:
        """Say what may be quoted now."""
        raise NotImplementedError

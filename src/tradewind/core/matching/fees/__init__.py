"""What a venue charges for one fill, by its own formula and rounding.

Knows the fee schedules of the venues and nothing of books, orders or ledgers. A fee is positive
when paid and negative when received, in the instrument's settle currency. What a venue remembers
from fill to fill of one order stands in a `FeeMemory` that the caller owns, saves and hands in.

Each class names the venue's page and when it was read.
"""

import inspect
from collections.abc import Callable

from tradewind.core.matching.fees.binary import (
    LIMITLESS_BUY_CURVE,
    LIMITLESS_SELL_CURVE,
    KalshiFees,
    LimitlessFees,
    PolymarketFees,
    PredictFunFees,
)
from tradewind.core.matching.fees.linear import BybitFees, KiteCharges, KiteFees
from tradewind.core.matching.fees.schedule import (
    MEMORY_LIMIT,
    FeeInput,
    FeeMemory,
    FeeModel,
    FlatFee,
    NoFee,
    Number,
    choice,
    forget,
)
from tradewind.model.errors import ConfigError

__all__ = [
    "LIMITLESS_BUY_CURVE",
    "LIMITLESS_SELL_CURVE",
    "MEMORY_LIMIT",
    "BybitFees",
    "FeeInput",
    "FeeMemory",
    "FeeModel",
    "FlatFee",
    "KalshiFees",
    "KiteCharges",
    "KiteFees",
    "LimitlessFees",
    "NoFee",
    "Number",
    "PolymarketFees",
    "PredictFunFees",
    "fee_model",
    "forget",
]

_MODELS: dict[str, Callable[..., FeeModel]] = {
    "none": NoFee,
    "flat": FlatFee,
    "bybit": BybitFees,
    "kalshi": KalshiFees,
    "polymarket": PolymarketFees,
    "limitless": LimitlessFees,
    "predictfun": PredictFunFees,
    "kite": KiteFees,
}


def fee_model(name: str, **parameters: Number) -> FeeModel:
    """Return the fee model of that name with its parameters; numbers may be text.

    Raises ConfigError for an unknown name, and for unknown, missing or unreadable parameters.
    """
    make = choice("fee model", name, _MODELS)
    known = inspect.signature(make).parameters
    for parameter in parameters:
        choice(f"parameter of the fee model {name!r}", parameter, known)
    for parameter, rule in known.items():
        if rule.default is inspect.Parameter.empty and parameter not in parameters:
            raise ConfigError(
                f"Built the fee model {name!r}, found no {parameter}; give it, with "
                f"{', '.join(known)} to choose from."
            )
    return make(**parameters)

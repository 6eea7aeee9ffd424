"""The words every fee schedule shares, and the two schedules that belong to no venue."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol, TypeVar

import msgspec

from tradewind.model.errors import ConfigError
from tradewind.model.money import ONE, ZERO, decimal
from tradewind.model.order import Liquidity, Side

Chosen = TypeVar("Chosen")
Number = Decimal | int | str
FeeMemory = dict[str, Decimal]
"""Per order key, what its fills leave behind; plain data, at most MEMORY_LIMIT orders."""

MEMORY_LIMIT = 16_384
BPS = Decimal("0.0001")


class FeeInput(msgspec.Struct, frozen=True, gc=False):
    """One fill as a fee schedule sees it: `px` in quote currency, `qty` in units, both positive.

    `order_key` names the order, unique in one memory. `multiplier` is the instrument's.
    `product` is the broker's word for the position (Kite: CNC, MIS, NRML), else empty.
    """

    side: Side
    qty: Decimal
    px: Decimal
    liquidity: Liquidity
    order_key: str
    multiplier: Decimal = ONE
    product: str = ""


class FeeModel(Protocol):
    """A fee schedule with its parameters filled in; holds no state of its own."""

    def fee(self, fill: FeeInput, memory: FeeMemory) -> Decimal:
        """Return what the fill costs in settle currency, and note in `memory` what must last.

        For an estimate, hand in an empty memory.
        """
        ...

    def withheld_qty(self, fill: FeeInput) -> Decimal:
        """Return the part of the fee that is taken in the asset traded, in its units.

        Zero where all is paid in settle currency. Where it is not, `fee` is this quantity's
        value at the fill's price: post one of the two, never both. Negative when credited.
        """
        ...


class SettleCurrencyOnly:
    """Common part of the schedules that never touch the asset."""

    __slots__ = ()

    def withheld_qty(self, fill: FeeInput) -> Decimal:
        """Return zero: all is paid in settle currency."""
        return ZERO


class NoFee(SettleCurrencyOnly):
    """A venue, or a market, that charges nothing."""

    __slots__ = ()

    def fee(self, fill: FeeInput, memory: FeeMemory) -> Decimal:
        """Return zero."""
        return ZERO


class FlatFee(SettleCurrencyOnly):
    """The same share of the notional for every fill, in basis points; negative is a rebate."""

    __slots__ = ("_maker", "_taker")

    def __init__(self, *, maker_bps: Number, taker_bps: Number) -> None:
        self._maker = decimal(maker_bps, "maker_bps") * BPS
        self._taker = decimal(taker_bps, "taker_bps") * BPS

    def fee(self, fill: FeeInput, memory: FeeMemory) -> Decimal:
        """Return notional times rate, unrounded."""
        rate = self._maker if fill.liquidity is Liquidity.MAKER else self._taker
        return fill.qty * fill.px * fill.multiplier * rate


def forget(memory: FeeMemory, order_key: str) -> None:
    """Drop what is remembered of an order that can no longer fill."""
    memory.pop(order_key, None)


def remember(memory: FeeMemory, key: str, value: Decimal) -> None:
    """Keep `value` for the order, newest last; zero is not kept.

    Beyond the limit the order that filled longest ago is forgotten.
    """
    memory.pop(key, None)
    if value:
        memory[key] = value
    while len(memory) > MEMORY_LIMIT:
        del memory[next(iter(memory))]


def choice(what: str, word: str, choices: Mapping[str, Chosen]) -> Chosen:
    """Return the choice of that name; raises ConfigError that lists them."""
    if word not in choices:
        raise ConfigError(
            f"Looked up the {what}, found {word!r}; use one of {', '.join(choices) or 'none'}."
        )
    return choices[word]


def whole_number(value: Number, what: str) -> int:
    """Return `value` as an integer of at least 0; raises ConfigError for anything else."""
    number = decimal(value, what)
    if number != int(number) or number < 0:
        raise ConfigError(f"Read {what}, found {value}; give a whole number that is not negative.")
    return int(number)

"""What one contract of a binary venue is expected to cost in fees before it is bought.

Knows the shape of the venues' fee formulas, for expectations only; what was really charged
comes with the fills. Must not know what a venue remembers from fill to fill.
"""

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Final

from tradewind.model.errors import ConfigError
from tradewind.model.instrument import Instrument
from tradewind.model.money import ONE, ZERO, decimal

BPS = Decimal("0.0001")
CENTICENT = Decimal("0.0001")
HALF = Decimal("0.5")
KALSHI = {
    "quadratic": (Decimal("0.07"), ZERO),
    "quadratic_with_maker_fees": (Decimal("0.07"), Decimal("0.0175")),
    "quadratic_with_combo_maker_fees": (Decimal("0.07"), Decimal("0.035")),
}
"""(taker, maker) coefficient by fee type; fee schedule of 2026-02-05."""
LIMITLESS_TAKER = (Decimal("0.03"), Decimal("0.026"), Decimal("0.49"))
"""Share of the value up to a price of one half, and how far it falls over which distance."""

Terms = Mapping[str, str]


def contract_fee(rules: Instrument, px: Decimal, qty: Decimal, *, taker: bool) -> Decimal:
    """Return the expected fee per contract, in quote currency, of buying `qty` at `px`.

    Raises ConfigError for a fee model that no binary venue uses.
    """
    formula = _MODELS.get(rules.fee_model)
    if formula is None:
        raise ConfigError(
            f"Estimated the fees of {rules.id}, found the fee model {rules.fee_model!r}; "
            f"use one of {', '.join(_MODELS)}, or set expected_fees."
        )
    return formula(rules.fee_parameters, px, qty, taker)


def _none(terms: Terms, px: Decimal, qty: Decimal, taker: bool) -> Decimal:  # noqa: FBT001
    return ZERO


def _flat(terms: Terms, px: Decimal, qty: Decimal, taker: bool) -> Decimal:  # noqa: FBT001
    name = "taker_bps" if taker else "maker_bps"
    return px * decimal(terms.get(name, "0"), name) * BPS


def _kalshi(terms: Terms, px: Decimal, qty: Decimal, taker: bool) -> Decimal:  # noqa: FBT001
    # An unknown fee type is met with the dearest one.
    rates = KALSHI.get(terms.get("fee_type", ""), KALSHI["quadratic_with_combo_maker_fees"])
    rate = rates[0 if taker else 1] * decimal(terms.get("fee_multiplier", "1"), "fee_multiplier")
    if not rate or not qty:
        return ZERO
    precision = decimal(terms.get("balance_precision", "0.0001"), "balance_precision")
    exact = rate * qty * px * (ONE - px)
    return exact.quantize(max(CENTICENT, precision), ROUND_CEILING) / qty


def _polymarket(terms: Terms, px: Decimal, qty: Decimal, taker: bool) -> Decimal:  # noqa: FBT001
    builder = "builder_taker_bps" if taker else "builder_maker_bps"
    share = px * decimal(terms.get(builder, "0"), builder) * BPS
    if not taker:
        return share
    exponent = int(decimal(terms.get("exponent", "1"), "exponent"))
    curve = (px * (ONE - px)) ** exponent if exponent else ONE
    return share + decimal(terms.get("rate", "0"), "rate") * curve


def _limitless(terms: Terms, px: Decimal, qty: Decimal, taker: bool) -> Decimal:  # noqa: FBT001
    if not taker:
        return ZERO
    most, fall, distance = LIMITLESS_TAKER
    rate = most if px <= HALF else most - fall * (px - HALF) / distance
    return px * rate


def _predictfun(terms: Terms, px: Decimal, qty: Decimal, taker: bool) -> Decimal:  # noqa: FBT001
    if not taker:
        return ZERO
    rate = decimal(terms.get("fee_rate_bps", "0"), "fee_rate_bps") * BPS
    discount = decimal(terms.get("discount_bps", "0"), "discount_bps") * BPS
    return rate * (ONE - discount) * min(px, ONE - px)


_MODELS: Final[dict[str, Callable[[Terms, Decimal, Decimal, bool], Decimal]]] = {
    "none": _none,
    "flat": _flat,
    "kalshi": _kalshi,
    "polymarket": _polymarket,
    "limitless": _limitless,
    "predictfun": _predictfun,
}

"""Decimal arithmetic with stated rounding. No float becomes money here."""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal

from tradewind.model.errors import ConfigError

ZERO = Decimal(0)
ONE = Decimal(1)
NANOS = 1_000_000_000
MILLIS = 1_000_000
MICROS = 1_000
LARGEST_DIGITS = 18


def decimal(value: Decimal | int | str, what: str) -> Decimal:
    """Return `value` as an exact, finite Decimal; `what` names it in the error.

    Raises ConfigError for floats (their digits are not the ones that were meant), for text that
    is no number or one too large to reckon with, and for infinities.
    """
    if type(value) is Decimal:
        number = value
    elif isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise ConfigError(
            f"Read {what}, found the {type(value).__name__} {value!r}; "
            f'give a Decimal, an integer or text such as "0.42".'
        )
    else:
        try:
            number = Decimal(value)
        except ArithmeticError as error:
            raise ConfigError(f"Read {what}, found {value!r}; give a number.") from error
        # Beyond this, dividing by a tick has more digits than a Decimal carries.
        if number.is_finite() and number.adjusted() >= LARGEST_DIGITS:
            raise ConfigError(
                f"Read {what}, found {value!r}; give a number below 10^{LARGEST_DIGITS}."
            )
    if not number.is_finite():
        raise ConfigError(f"Read {what}, found {value!r}; give a finite number.")
    return number


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the multiple of `step` at or below `value` (towards minus infinity)."""
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the multiple of `step` at or above `value` (towards plus infinity)."""
    return (value / step).to_integral_value(ROUND_CEILING) * step


def truncate_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the multiple of `step` next to `value` towards zero."""
    return (value / step).to_integral_value(ROUND_DOWN) * step

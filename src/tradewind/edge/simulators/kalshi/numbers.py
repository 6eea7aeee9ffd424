"""Numbers and times as Kalshi writes them, and the decimal strings that it reads.

Knows suffixes: `*_dollars` has four or six decimals, `*_fp` two. Source: Kalshi Trade API v2,
fixed-point migration, docs.kalshi.com, read 2026-08-20.
"""

import re
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal

from tradewind.model.money import MILLIS, NANOS

PRICE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")
COUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
CENT = Decimal("0.01")
HUNDRED = Decimal(100)


def dollars(value: Decimal) -> str:
    """Return dollars with four decimals."""
    return f"{value:.4f}"


def dollars6(value: Decimal) -> str:
    """Return a total of costs or fees with six decimals."""
    return f"{value:.6f}"


def contracts(value: Decimal) -> str:
    """Return a number of contracts with two decimals."""
    return f"{value:.2f}"


def cents(value: Decimal) -> int:
    """Return dollars as whole cents, the rest cut off."""
    return int((value * HUNDRED).to_integral_value(ROUND_FLOOR))


def rfc3339(ts: int) -> str:
    """Return nanoseconds UTC as a time to the microsecond, trailing zeros dropped."""
    seconds, rest = divmod(ts, NANOS)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{rest // 1000:06d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def seconds(ts: int) -> int:
    """Return whole Unix seconds."""
    return ts // NANOS


def millis(ts: int) -> int:
    """Return whole Unix milliseconds."""
    return ts // MILLIS


def read_price(text: str) -> Decimal | None:
    """Return the price of a request, None where the text is no price."""
    return Decimal(text) if PRICE.fullmatch(text) else None


def read_count(text: str) -> Decimal | None:
    """Return the contracts of a request, None where the text is no count."""
    return Decimal(text) if COUNT.fullmatch(text) else None

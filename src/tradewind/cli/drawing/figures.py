"""Colours, and figures as words: money, prices, quantities, times, curves and bars.

Knows how one value looks; must not know where it stands.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from rich.text import Text

from tradewind.model.money import NANOS
from tradewind.model.order import Side

BLUE = "#56b4e9"
ORANGE = "#e69f00"
ALARM = "bold #ff7f2a"
SOFT = "#8b95a1"
RULE = "#4a5461"
HEADING = f"bold {SOFT}"
TITLE = "bold"
PLAIN = ""

NONE = "–"
MINUS = "−"
CENT = Decimal("0.01")
SPARKS = "▁▂▃▄▅▆▇█"
WIDE = 130
"""From this width on there is room for the columns that a small screen leaves out."""
NARROW = 96
SLIM = 46
"""Below these widths, of the whole and of one side, even fewer columns are shown."""

Cell = tuple[str, str] | Text
"""(text, style), or a text that has several styles."""


def crop(text: str, width: int) -> str:
    """Return a text of at most `width` signs; of an outcome's name the end is kept."""
    if len(text) <= width:
        return text
    if width < 2:
        return text[:width]
    head, colon, outcome = text.rpartition(":")
    if colon and len(outcome) <= 4 and width > len(outcome) + 4:
        return f"{head[: width - len(outcome) - 2]}…:{outcome}"
    return text[: width - 1] + "…"


def money(value: Decimal | None) -> tuple[str, str]:
    """Return an amount with its sign, blue when gained and orange when lost."""
    if value is None:
        return NONE, SOFT
    rounded = value.quantize(CENT)
    if not rounded:
        return "0.00", SOFT
    text = f"{abs(rounded):,f}"
    return (f"+{text}", BLUE) if rounded > 0 else (f"{MINUS}{text}", ORANGE)


def price(value: Decimal | None, tick: Decimal | None) -> str:
    """Return a price with the digits of its tick, so that columns stand still."""
    if value is None:
        return NONE
    return f"{value.quantize(tick):f}" if tick is not None else f"{round(value, 6).normalize():f}"


def average(value: Decimal | None, tick: Decimal | None) -> str:
    """Return an average price, which falls between ticks, with two digits more."""
    return price(value, None if tick is None else tick.scaleb(-2))


def quantity(value: Decimal) -> str:
    """Return a quantity without trailing zeros, with thousands set off."""
    return f"{value.normalize():,f}" if value else "0"


def holding(value: Decimal) -> str:
    """Return a signed quantity."""
    return f"+{quantity(value)}" if value > 0 else f"{MINUS}{quantity(abs(value))}"


def clock(ts_ns: int) -> str:
    """Return the time of day, UTC."""
    return f"{datetime.fromtimestamp(ts_ns // NANOS, UTC):%H:%M:%S}"


def age(age_ms: int) -> str:
    """Return an age in the unit that fits."""
    for bound, step, unit in ((1_000, 1, "ms"), (60_000, 1_000, "s"), (3_600_000, 60_000, "m")):
        if age_ms < bound:
            return f"{age_ms // step}{unit}"
    return f"{age_ms // 3_600_000}h"


def name(instrument: str) -> str:
    """Return an instrument without its venue."""
    return instrument.partition(":")[2] or instrument


def venue(instrument: str) -> str:
    """Return three letters that tell the venues apart."""
    return instrument.partition(":")[0].removeprefix("SIM-")[:3]


def spark(points: Sequence[float], width: int) -> str:
    """Return a curve as a row of blocks; flat where there is nothing to show."""
    if len(points) < 2:
        return ""
    picked = [points[index * (len(points) - 1) // (width - 1)] for index in range(width)]
    low, high = min(picked), max(picked)
    span = high - low
    if not span:
        return SPARKS[0] * width
    top = len(SPARKS) - 1
    return "".join(SPARKS[round((point - low) / span * top)] for point in picked)


def gauge(used: Decimal, bound: Decimal, width: int) -> tuple[str, str, str]:
    """Return (filled part, empty part, style) of a bar."""
    share = min(max(used / bound, Decimal(0)), Decimal(1)) if bound else Decimal(1)
    full = int((share * width).to_integral_value())
    return "━" * full, "─" * (width - full), ORANGE if share >= Decimal("0.7") else BLUE


def fee(value: Decimal) -> str:
    """Return a fee to four decimals, without trailing zeros."""
    return quantity(round(value, 4))


def side(value: Side) -> Cell:
    """Return which way it trades."""
    return value.value, BLUE if value is Side.BUY else ORANGE


def words(text: str, style: str) -> Text:
    """Return styled words. A style of the whole text would spread to what is appended to it."""
    return Text(no_wrap=True).append(text, style=style)

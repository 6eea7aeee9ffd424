"""The whole screen: which table stands where, and how many lines it gets."""

from collections.abc import Sequence

from rich.text import Text

from tradewind.cli.drawing.figures import SOFT, WIDE, words
from tradewind.cli.drawing.header import header
from tradewind.cli.drawing.layout import Section, beside, rule, stack
from tradewind.cli.drawing.sections import (
    books,
    events,
    fills,
    instances,
    orders,
    positions,
    risk,
)
from tradewind.control.views import ScreenView


def lines_of(view: ScreenView, width: int, height: int | None) -> list[Text]:
    """Return the whole screen, `height` lines high; None: as high as its contents ask."""
    top = header(view, width)
    who = instances(view, width)
    left_width = (width - 3) * (45 if width >= WIDE else 50) // 100
    right_width = width - 3 - left_width
    left = [each for each in (books(view, left_width), risk(view, left_width)) if each.rows]
    right = [orders(view, right_width), fills(view, right_width), events(view, right_width)]
    if height is None:
        height = 4 + len(who.rows) + max(sum(len(each.rows) + 2 for each in left), 24)
    who_height = 1 + min(len(who.rows), max(height // 4, 3))
    foot = [words(HINT[:width], SOFT)] if height >= ROOMY else []
    body = max(height - len(top) - 1 - who_height - len(foot), 6)
    spare = body - sum(len(each.rows) + 2 for each in left)
    shares = _shares(left, body)
    if spare >= MIN_LINES and left:
        held = positions(view, left_width)
        shares = [len(each.rows) + 2 for each in left]
        shares.insert(-1, min(spare, len(held.rows) + 2))
        left.insert(-1, held)
        shares[-1] += body - sum(shares)
    first = stack(left, left_width, shares, body)
    second = stack(right, right_width, _shares(right, body), body)
    lines = [*top, rule(width), *who.lines(width, who_height)]
    return (lines + beside(first, second, left_width, right_width) + foot)[:height]


ROOMY = 32
"""From so many lines on, the last one says what else can be done."""
MIN_LINES = 4
"""A table with fewer lines is not worth its place."""
HINT = "Ctrl-C stops and saves · elsewhere: tradewind instances, pause, resume, flatten, kill, pnl"


def _shares(sections: Sequence[Section], height: int) -> list[int]:
    """Share out lines, a rule above each included: what one does not need, the others get."""
    need = [len(section.rows) + 2 for section in sections]
    given = [min(height // max(len(sections), 1), want) for want in need]
    left = height - sum(given)
    for index, want in enumerate(need):
        more = min(left, want - given[index])
        given[index] += more
        left -= more
    if given:
        given[-1] += left
    return given

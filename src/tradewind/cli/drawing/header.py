"""The two lines on top: where and when, and what it has come to."""

from datetime import UTC, datetime

from rich.text import Text

from tradewind.cli.drawing.figures import ALARM, BLUE, SOFT, TITLE, WIDE, money, spark
from tradewind.control.views import ScreenView
from tradewind.model.commands import TradingState
from tradewind.model.money import NANOS


def header(view: ScreenView, width: int) -> list[Text]:
    """Return the two lines on top: where and when, and what it has come to."""
    pace, counts = _pace(view, width), _counts(view)
    return [
        _apart(_title(view), pace, width),
        _apart(_result(view, width, width - counts.cell_len - 1), counts, width),
    ]


def _apart(left: Text, right: Text, width: int) -> Text:
    # What stands right says whether all is well: where room is short, the left gives way.
    left.truncate(max(width - right.cell_len - 1, 0), pad=True)
    left.append(" ")
    left.append_text(right)
    left.truncate(width)
    return left


def _title(view: ScreenView) -> Text:
    text = Text(no_wrap=True)
    text.append("TRADEWIND", style=f"bold {BLUE}")
    text.append(f"  {view.name}", style=TITLE)
    when = datetime.fromtimestamp(view.now_ns // NANOS, UTC)
    text.append(f"  {when:%Y-%m-%d}", style=SOFT)
    text.append(f" {when:%H:%M:%S}", style=TITLE)
    text.append(" UTC", style=SOFT)
    return text


def _pace(view: ScreenView, width: int) -> Text:
    text = Text(no_wrap=True)
    if view.speed:
        if view.speed != 1:
            text.append(f"×{view.speed:g}  ", style=TITLE)
        text.append(f"{view.events_per_s:,.0f}", style=TITLE)
        text.append(" events/s  ", style=SOFT)
    if view.latency is not None and width >= WIDE:
        text.append(f"{view.latency.p50_us:,}/{view.latency.p99_us:,}", style=TITLE)
        text.append(" µs to the wire  ", style=SOFT)
    text.append("step ", style=SOFT)
    text.append(f"{view.seq:,}", style=TITLE)
    return text


def _result(view: ScreenView, width: int, room: int) -> Text:
    text = Text(no_wrap=True)
    if view.total is None:
        text.append("net –", style=SOFT)
        return text
    net, style = money(view.total.net)
    text.append("net ", style=SOFT)
    text.append(f"{net} {view.total.currency}", style=f"bold {style}")
    curve = spark(view.curve, 32 if width >= WIDE else 12)
    if curve:
        text.append(f"  {curve}", style=style)
    parts = {"realised": view.total.realised, "open": view.total.unrealised}
    if width >= WIDE:
        parts |= {"fees": -view.total.fees, "funding": -view.total.funding}
    for word, value in parts.items():
        shown, part_style = money(value)
        if text.cell_len + len(word) + len(shown) + 3 <= room:
            text.append(f"  {word} ", style=SOFT)
            text.append(shown, style=part_style)
    return text


def _counts(view: ScreenView) -> Text:
    text = Text(no_wrap=True)
    text.append(f"{view.fills_count:,}", style=TITLE)
    text.append(" fills  ", style=SOFT)
    text.append(f"{view.live_orders:,}", style=TITLE)
    text.append(" orders  ", style=SOFT)
    worst = max((scope.state for scope in view.scopes), key=_SEVERITY.index, default=None)
    if worst in (None, TradingState.ACTIVE):
        text.append("● active", style=BLUE)
    else:
        text.append(f"▲ {worst}", style=ALARM)
    return text


_SEVERITY = [TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED]

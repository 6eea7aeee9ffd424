"""The live view in a terminal, and plain lines where there is none.

Knows rich and how often to draw. What is drawn comes as ScreenViews, from the desk in this
process or over its socket.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.text import Text

from tradewind.cli.drawing.figures import clock
from tradewind.cli.drawing.header import header
from tradewind.cli.drawing.page import lines_of
from tradewind.cli.drawing.sections import instances
from tradewind.control.views import NewsView, ScreenView
from tradewind.model.effects import Level

REFRESH_S = 0.25
PLAIN_S = 5.0
"""How often a line is printed where nothing can be drawn."""
SUMMARY_ROWS = 20

Look = Callable[[ScreenView], None]


class Screen:
    """A ScreenView that rich can print: as wide as there is room, `height` lines high.

    `height` None takes the height that rich gives, else what the contents ask for.
    """

    def __init__(self, view: ScreenView, height: int | None) -> None:
        self.view = view
        self.height = height

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines; rich's own protocol."""
        height = self.height if self.height is not None else options.height
        yield Text("\n").join(lines_of(self.view, options.max_width, height))


def render(view: ScreenView, height: int | None = None) -> Screen:
    """Return one look at a desk as something that rich can print."""
    return Screen(view, height)


@contextmanager
def screen(*, drawn: bool, above: str = "") -> Iterator[Look]:
    """Give a function that shows each ScreenView it is given, until the context ends.

    `drawn`: on the alternate screen, and a summary stays behind; else as lines on stdout. `above`
    is a line that stands above it all.
    """
    if above:
        typer.echo(above, err=True)
    if drawn:
        yield from _drawn(above)
    else:
        lines = PlainLines(time.monotonic)
        yield lines.look
        lines.close()


def _drawn(above: str) -> Iterator[Look]:
    console = Console()
    seen: list[ScreenView] = []

    def look(view: ScreenView) -> None:
        seen[:] = [view]
        if above:
            line = Text(above, no_wrap=True, overflow="ellipsis", style="bold")
            live.update(Group(line, render(view, console.height - 1)), refresh=True)
        else:
            live.update(render(view), refresh=True)

    with Live(console=console, screen=True, auto_refresh=False) as live:
        yield look
    for view in seen:
        rows = min(len(view.instances), SUMMARY_ROWS)
        console.print(Summary(view, rows))


class Summary:
    """What stays on the terminal when the live view has gone: the header and the instances."""

    def __init__(self, view: ScreenView, rows: int) -> None:
        self.view = view
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines; rich's own protocol."""
        width = options.max_width
        lines = header(self.view, width)
        lines += instances(self.view, width).lines(width, self.rows + 1)
        yield Text("\n").join(lines)


class PlainLines:
    """One line every few seconds, and one for each alert: fit for a pipe or a log."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._next_s = 0.0
        self._told_seq = -1
        self._last: ScreenView | None = None

    def look(self, view: ScreenView) -> None:
        """Take a view; print what is due."""
        self._last = view
        for news in view.news:
            if news.seq > self._told_seq and news.level is not Level.INFO:
                typer.echo(news_line(news))
        self._told_seq = max([self._told_seq, *(news.seq for news in view.news)])
        now_s = self._now_s()
        if now_s >= self._next_s:
            self._next_s = now_s + PLAIN_S
            typer.echo(state_line(view))

    def close(self) -> None:
        """Print how it ended."""
        if self._last is not None:
            typer.echo(state_line(self._last))


def state_line(view: ScreenView) -> str:
    """Return one look in one line of plain text."""
    net = "unknown" if view.total is None else f"{view.total.net:+,.2f} {view.total.currency}"
    running = sum(1 for each in view.instances if each.state.value == "running")
    doubts = sum(1 for each in view.feeds if each.trust)
    more = f", {doubts} books not trusted" if doubts else ""
    return (
        f"{clock(view.now_ns)} UTC x{view.speed:g} step {view.seq}: net {net}, "
        f"{view.fills_count} fills, {view.live_orders} working orders, "
        f"{running} of {len(view.instances)} instances running{more}"
    )


def news_line(news: NewsView) -> str:
    """Return one alert in one line of plain text."""
    who = f" {news.instance}" if news.instance else ""
    return f"{clock(news.ts)} {news.level.value.upper()}{who} {news.kind}: {news.text}"


def watch_desk(data: Path | None) -> None:
    """Show the running desk until it ends or the user does.

    Raises Unreachable when the desk does not run, or stops.
    """
    from tradewind.cli.asking import client_of
    from tradewind.control.requests import Watch

    with client_of(data) as client, screen(drawn=sys.stdout.isatty()) as look:
        for view in client.watch(Watch(every_s=REFRESH_S)):
            assert isinstance(view, ScreenView)
            look(view)

"""A run as text for a terminal: key figures, the curve in one line, what to doubt, how fast.

Knows rich's tables. Must not know where they are printed.
"""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tradewind.research import figures
from tradewind.research.figures import Figure
from tradewind.research.results import BacktestResult

STYLES = {1: "blue", 0: "", -1: "dark_orange"}
BLOCKS = "▁▂▃▄▅▆▇█"
LINE = 60


def summary(result: BacktestResult) -> RenderableType:
    """Return the run's figures, denials, warnings, speed and decision hash, ready to print."""
    parts: list[RenderableType] = [_title(result), Text(), _figures(result)]
    if len(result.curve.equity) > 1:
        parts += [Text(), _curve(result)]
    for title, counts in (
        ("Denied by our gate", result.denied),
        ("Rejected by the venue", result.rejected),
    ):
        if counts:
            said = ", ".join(f"{reason} {count:,}" for reason, count in counts.items())
            parts += [Text(), Text.assemble((f"{title}  ", "bold"), said)]
    if result.warnings:
        parts += [Text(), *(Text(f"! {text}", style="dark_orange") for text in result.warnings)]
    return Group(*parts, Text(), *_run(result))


def figure_text(figure: Figure) -> Text:
    """Return a figure with its unit, coloured by its sign."""
    has_unit = figure.unit and figure.text != figures.MISSING
    said = f"{figure.text} {figure.unit}" if has_unit else figure.text
    return Text(said, style=STYLES[figure.sign])


def sparkline(values: Sequence[float], width: int) -> str:
    """Return values as one line of blocks, each the last value of an equal part of them."""
    if not values:
        return ""
    count = min(width, len(values))
    picked = [values[(number + 1) * len(values) // count - 1] for number in range(count)]
    low, high = min(picked), max(picked)
    span = (high - low) or 1.0
    return "".join(BLOCKS[int((value - low) / span * (len(BLOCKS) - 1))] for value in picked)


def _title(result: BacktestResult) -> Text:
    clock = figures.zone(result)
    names = ", ".join(instrument.id for instrument in result.instruments[:4])
    more = len(result.instruments) - 4
    period = f"{figures.day(result.start_ns, clock)} to {figures.day(result.end_ns, clock)}"
    said = f"  {names}{f' and {more} more' if more > 0 else ''}  {period} ({clock.name})"
    return Text.assemble((result.strategy, "bold"), said)


def _figures(result: BacktestResult) -> Table:
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "right", "left"):
        table.add_column(justify=justify)
    for number, (_, group) in enumerate(figures.figure_groups(result)):
        if number:
            table.add_row()
        for figure in group:
            table.add_row(figure.label, figure_text(figure), Text(figure.note, style="dim"))
    return table


def _curve(result: BacktestResult) -> Text:
    line = sparkline(result.curve.equity, LINE)
    return Text.assemble(("Equity  ", "bold"), line)


def _run(result: BacktestResult) -> list[RenderableType]:
    s, timing = result.statistics, result.timing
    lines = [
        f"{result.counts.events:,} events; ratios annualised with {s.periods_per_year} days a year "
        f"({s.calendar})"
    ]
    if timing is not None:
        lines.append(
            f"loaded in {timing.load_s:,.2f} s, ran in {timing.run_s:,.2f} s, "
            f"{timing.events_per_s:,.0f} events/s"
        )
    lines.append(f"decision hash {result.decision_hash}")
    return [Text(line, style="dim") for line in lines]

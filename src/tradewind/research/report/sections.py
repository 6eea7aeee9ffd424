"""The parts of the page that need no script: figures, tables, and how the run was made.

Knows which facts are worth showing and how to say that there are none. Must not know charts.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from shlex import join as command_line

from tradewind.research import figures
from tradewind.research.breakdown import Group, by_exit_reason, by_instrument
from tradewind.research.figures import Figure, percent
from tradewind.research.report.markup import Content, Html, element, join
from tradewind.research.results import BacktestResult, DataSource
from tradewind.research.statistics import YearOfReturns

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HEAT = ((0.10, 5), (0.05, 4), (0.02, 3), (0.005, 2), (0.0, 1))
"""From how large a monthly return on (a fraction) a cell gets which of five tints."""
GAPS = 5
CLASSES = {1: "gain", 0: "", -1: "loss"}


def heading(result: BacktestResult) -> Html:
    """Return the name of the run, what it traded, when, and the hash that identifies it."""
    clock = figures.zone(result)
    names = [instrument.id for instrument in result.instruments]
    more = len(names) - 4
    said = ", ".join(names[:4]) + (f" and {more} more" if more > 0 else "")
    period = f"{figures.day(result.start_ns, clock)} to {figures.day(result.end_ns, clock)}"
    return element(
        "header",
        element("p", "Backtest", class_="kicker"),
        element("h1", result.strategy),
        element(
            "dl",
            _pair("Instruments", said or figures.MISSING),
            _pair("Period", f"{period} ({clock.name})"),
            _pair("Events", f"{result.counts.events:,}"),
            _pair("Decision hash", element("code", result.decision_hash[:12])),
            class_="facts",
        ),
        class_="title",
    )


def _pair(name: str, value: Content) -> Html:
    return element("div", element("dt", name), element("dd", value))


def warnings(result: BacktestResult) -> Html:
    """Return what to know before one believes the figures; nothing if there is nothing."""
    if not result.warnings:
        return Html("")
    return element(
        "section",
        element("h2", "Before you believe it"),
        element("ul", (element("li", text) for text in result.warnings)),
        class_="warnings",
    )


def key_figures(result: BacktestResult) -> Html:
    """Return the key figures as tiles, a group at a time."""
    return join(
        element(
            "section",
            element("h3", name, class_="unseen"),
            element("dl", (_tile(figure) for figure in group), class_="tiles"),
            class_="group",
        )
        for name, group in figures.figure_groups(result)
    )


def _tile(figure: Figure) -> Html:
    return element(
        "div",
        element("dt", figure.label),
        element(
            "dd",
            element("span", *_value(figure), class_=f"value {CLASSES[figure.sign]}".strip()),
            element("span", figure.note, class_="note") if figure.note else "",
        ),
        class_="tile",
        data_key=figure.key,
    )


def _value(figure: Figure) -> tuple[Content, ...]:
    if not figure.unit or figure.text == figures.MISSING:
        return (figure.text,)
    return (figure.text, " ", element("small", figure.unit))


def months(result: BacktestResult) -> Html:
    """Return the table of monthly returns as a heat map."""
    years = result.statistics.monthly_returns
    if not years:
        return empty("No month has a return yet.")
    head = element(
        "tr", element("th", "Year", scope="col"), (_column(name) for name in (*MONTHS, "Year"))
    )
    return _scrolling(
        "Monthly returns",
        element(
            "table",
            element("caption", "Return of each month and year in percent", class_="unseen"),
            element("thead", head),
            element("tbody", (_year(row) for row in years)),
            class_="heat",
        ),
    )


def _year(row: YearOfReturns) -> Html:
    return element(
        "tr",
        element("th", str(row.year), scope="row"),
        (_month(value) for value in row.months),
        _month(row.total, "total"),
    )


def _month(value: float | None, more: str = "") -> Html:
    if value is None:
        return element("td", "", class_=more or False)
    tint = next(tint for least, tint in HEAT if abs(value) >= least)
    name = f"{'gain' if value > 0 else 'loss'}-{tint}" if value else ""
    shown = figures.number(value * 100.0, 1, signed=True)
    return element("td", shown, class_=f"{name} {more}".strip() or False)


def _column(name: str) -> Html:
    return element("th", name, scope="col", class_="num")


def groups(result: BacktestResult) -> Html:
    """Return round trips summed up by instrument and by the reason of their exit."""
    if not result.round_trips:
        return empty("There was no round trip to sum up.")
    return join(
        _groups(result, "By instrument", "Instrument", by_instrument(result)),
        _groups(result, "By exit reason", "Reason", by_exit_reason(result)),
    )


def _groups(result: BacktestResult, title: str, first: str, rows: Sequence[Group]) -> Html:
    head = (first, "Net P&L", "Round trips", "Win rate", "Fees", "Mean time held")
    return element(
        "div",
        element("h3", title),
        _table(title, head, (_group(result, row) for row in rows)),
    )


def _group(result: BacktestResult, row: Group) -> tuple[Content, ...]:
    digits = figures.money_digits(result)
    net = figures.number(row.net_pnl, digits, signed=True)
    held = figures.MISSING if row.mean_held_ns is None else figures.duration(row.mean_held_ns)
    return (
        row.name,
        element("span", net, class_=CLASSES[figures.sign_of(row.net_pnl)] or False),
        f"{row.round_trips:,}",
        percent(row.win_rate, 0),
        figures.number(row.fees, digits),
        held,
    )


def drawdowns(result: BacktestResult) -> Html:
    """Return the deepest falls from a peak."""
    if not result.drawdowns:
        return empty("Equity never fell below a peak.")
    clock = figures.zone(result)
    rows = (
        (
            element("span", percent(fall.depth), class_="loss"),
            figures.duration((fall.recovered_ns or result.end_ns) - fall.peak_ns),
            figures.day(fall.peak_ns, clock),
            figures.day(fall.trough_ns, clock),
            "not yet" if fall.recovered_ns is None else figures.day(fall.recovered_ns, clock),
        )
        for fall in result.drawdowns
    )
    return _table("Drawdowns", ("Depth", "Length", "Peak", "Trough", "Recovered"), rows)


def parameters(result: BacktestResult) -> Html:
    """Return the parameters that ran."""
    if not result.parameters:
        return empty("The strategy has no parameters.")
    rows = ((element("code", key), figures.said(value)) for key, value in result.parameters.items())
    return _table("Parameters", ("Parameter", "Value"), rows, words=True)


def data(result: BacktestResult) -> Html:
    """Return the market data that was read, with what was found in it."""
    if not result.sources:
        return empty("The run names no data source.")
    return join(_source(result, source) for source in result.sources)


def _source(result: BacktestResult, source: DataSource) -> Html:
    clock = figures.zone(result)
    span = f"{figures.moment(source.first_ns, clock)} to {figures.moment(source.last_ns, clock)}"
    notes = [
        element("li", element("span", item.severity, class_=f"tag {item.severity}"), " ", item.text)
        for item in source.findings
    ]
    if source.gaps:
        notes.append(_gaps(result, source))
    if not notes:
        notes.append(element("li", "Nothing was found: no gap, no duplicate, no odd price."))
    return element(
        "div",
        element("h4", source.name),
        element("p", f"{source.instrument} · {source.kind} · {source.rows:,} rows · {span}"),
        element("ul", notes),
        class_="source",
    )


def _gaps(result: BacktestResult, source: DataSource) -> Html:
    clock = figures.zone(result)
    missing = sum(gap.missing for gap in source.gaps)
    longest = sorted(source.gaps, key=lambda gap: (-gap.missing, gap.first_ns))[:GAPS]
    return element(
        "li",
        element("span", "gaps", class_="tag note"),
        f" {missing:,} candles are missing and were not filled; the longest of "
        f"{len(source.gaps):,} gaps:",
        element(
            "ul",
            (
                element(
                    "li",
                    f"{figures.moment(gap.first_ns, clock)} to "
                    f"{figures.moment(gap.last_ns, clock)}: {gap.missing:,}",
                )
                for gap in longest
            ),
        ),
    )


def denials(result: BacktestResult) -> Html:
    """Return how often each rule of the gate said no, and each venue with which reason."""
    if not result.denied and not result.rejected:
        return empty("No order was denied or rejected.")
    return join(
        _refusals("Denied by our gate, by rule", result.denied),
        _refusals("Rejected by the venue, by reason", result.rejected),
    )


def _refusals(title: str, counts: dict[str, int]) -> Html:
    if not counts:
        return Html("")
    rows = (
        (element("code", reason), f"{count:,}")
        for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    return _table(title, (title, "Orders"), rows)


def method(result: BacktestResult) -> Html:
    """Return how the figures were made, so that nobody has to guess."""
    s = result.statistics
    step = sample_step_ns(result)
    sampled = "" if step is None else f" It was sampled about every {figures.duration(step)}."
    lines = [
        f"Volatility, Sharpe and Sortino come from daily returns of the {s.calendar} calendar and "
        f"are annualised with {s.periods_per_year} days a year, at a risk-free rate of "
        f"{percent(s.risk_free_rate)}. CAGR goes by elapsed time, 365 days a year.",
        f"Equity counts open positions at the current price.{sampled} Drawdowns between two "
        f"samples are not seen.",
        "A round trip runs from flat to flat. Win rate, profit factor and expectancy are after "
        "fees and funding, of closed round trips.",
        "Net P&L is final less starting equity; gross P&L is before fees and funding.",
    ]
    return element("ul", (element("li", line) for line in lines), class_="method")


def sample_step_ns(result: BacktestResult) -> int | None:
    """Return the usual distance of two equity samples, None where there are not two."""
    times = result.curve.ts_ns
    steps = sorted(after - before for before, after in pairwise(times))
    return steps[len(steps) // 2] if steps and steps[len(steps) // 2] else None


def reproduction(result: BacktestResult) -> Html:
    """Return the command that makes this run again, and the hash it must end with."""
    command = command_line(result.command) if result.command else ""
    timing = result.timing
    speed = (
        (
            _pair("Loading", f"{timing.load_s:,.2f} s"),
            _pair("Running", f"{timing.run_s:,.2f} s, {timing.events_per_s:,.0f} events a second"),
        )
        if timing is not None
        else ()
    )
    return join(
        element("pre", element("code", command), tabindex="0") if command else "",
        element(
            "dl",
            _pair("Decision hash", element("code", result.decision_hash)),
            _pair("Code", element("code", result.code_version)),
            speed,
            class_="facts long",
        ),
        element("p", "The same data, parameters and code end with the same hash.", class_="note"),
    )


def empty(text: str) -> Html:
    """Return a sentence in the place of a table that has no rows."""
    return element("p", text, class_="empty")


def _table(
    name: str, head: Sequence[str], rows: Iterable[Sequence[Content]], *, words: bool = False
) -> Html:
    plain = "" if words else "num"
    first, *others = head
    body = (
        element(
            "tr",
            element("th", row[0], scope="row"),
            (element("td", cell, class_=plain or False) for cell in row[1:]),
        )
        for row in rows
    )
    titles = (element("th", title, scope="col", class_=plain or False) for title in others)
    return _scrolling(
        name,
        element(
            "table",
            element("caption", name, class_="unseen"),
            element("thead", element("tr", element("th", first, scope="col"), titles)),
            element("tbody", body),
        ),
    )


def _scrolling(name: str, table: Html) -> Html:
    return element(
        "div", table, class_="scroll", tabindex="0", role="region", aria_label=f"{name}, table"
    )

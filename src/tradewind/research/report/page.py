"""The page put together: template, styles, script and data in one file without any outside.

Knows where the parts go, and that nothing but they may run or load. Must not know the figures.
"""

import base64
import hashlib
import re
from importlib.resources import files

import msgspec

from tradewind.research import figures
from tradewind.research.report import sections
from tradewind.research.report.chart_data import ROUND_TRIPS, chart_data, shown_trips
from tradewind.research.report.markup import Html, element, join
from tradewind.research.results import BacktestResult

SCRIPT = ("words", "drawing", "chart", "equity", "price", "results", "trips", "page")
"""Parts of the script in their order; together they are one block, and nothing leaves it."""
KEYS = (
    "Drag to move, double-click to see all. Click a chart first to zoom with the wheel, or use the "
    "keys: arrows move, plus and minus zoom, 0 shows all."
)
PLACE = re.compile(r"\{\{(\w+)\}\}")


def render(result: BacktestResult) -> str:
    """Return the report as one HTML file: it loads nothing, and escapes every name it shows."""
    css, script = _file("report.css"), _script()
    parts = {
        "policy": _policy(css, script),
        "title": join(f"{result.strategy}: backtest"),
        "css": css,
        "script": script,
        "data": _data(result),
        "heading": sections.heading(result),
        "warnings": sections.warnings(result),
        "figures": sections.key_figures(result),
        "equity": _equity(result),
        "price": _price(result),
        "months": sections.months(result),
        "distribution": _distribution(result),
        "groups": sections.groups(result),
        "drawdowns": sections.drawdowns(result),
        "trips": _trips(result),
        "parameters": sections.parameters(result),
        "sources": sections.data(result),
        "denials": sections.denials(result),
        "method": sections.method(result),
        "reproduction": sections.reproduction(result),
    }
    return PLACE.sub(lambda place: parts[place[1]], _file("template.html"))


def _file(name: str) -> Html:
    return Html(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _script() -> Html:
    parts = join(_file(f"script/{name}.js") for name in SCRIPT)
    return Html(f'"use strict";\n{{\n{parts}}}\n')


def _policy(css: str, script: str) -> Html:
    # Only these very texts may style and run; connections, images and frames have no source.
    allowed = {
        "default-src": "'none'",
        "style-src": _digest(css),
        "script-src": _digest(script),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return Html("; ".join(f"{name} {source}" for name, source in allowed.items()))


def _digest(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _data(result: BacktestResult) -> Html:
    text = msgspec.json.encode(chart_data(result)).decode()
    # Inside a script element only "<" could end it or open a comment.
    return Html(text.replace("<", "\\u003c"))


def _equity(result: BacktestResult) -> Html:
    if len(result.curve.ts_ns) < 2:
        return sections.empty("Equity was sampled less than twice; there is no curve to draw.")
    s, digits = result.statistics, figures.money_digits(result)
    keys = element("p", KEYS, id="chart-keys", class_="note")
    said = (
        f"Equity from {figures.number(result.starting_equity, digits)} to "
        f"{figures.number(result.final_equity, digits)} {result.currency}; deepest drawdown "
        f"{figures.percent(s.max_drawdown)}."
    )
    return join(_chart("equity", said), keys)


def _price(result: BacktestResult) -> Html:
    if not any(candles.ts_ns for candles in result.prices):
        return sections.empty("The run kept no prices to draw.")
    choice = element(
        "select",
        (
            element("option", candles.instrument, value=str(number))
            for number, candles in enumerate(result.prices)
        ),
        id="price-instrument",
    )
    label = element("label", "Instrument ", choice, class_="choice")
    said = f"Price of {len(result.prices)} instruments with {len(result.fills):,} fills drawn in."
    legend = element(
        "p",
        _key("▲", "buy"),
        _key("▼", "sell"),
        _key("●", "filled: entry"),
        _key("○", "hollow: exit"),
        _key("—", "round trip won", "gain"),
        _key("╌╌", "round trip lost", "loss"),
        class_="legend",
    )
    many = len(result.prices) > 1
    return join(
        label if many else element("p", result.prices[0].instrument, class_="choice"),
        _chart("price", said),
        element("canvas", id="price-overview", class_="overview", aria_hidden="true"),
        legend,
    )


def _key(sign: str, meaning: str, tone: str = "") -> Html:
    return element("span", element("span", sign, class_=tone or False), f" {meaning}", class_="key")


def _chart(name: str, said: str) -> Html:
    buttons = (
        element("button", text, type="button", data_zoom=way, aria_label=label)
        for text, way, label in (
            ("−", "out", "Zoom out"),
            ("+", "in", "Zoom in"),
            ("Fit", "fit", "Show all"),
        )
    )
    return element(
        "figure",
        element(
            "div",
            element(
                "canvas",
                id=f"{name}-chart",
                tabindex="0",
                role="img",
                aria_label=said,
                aria_describedby="chart-keys",
            ),
            element("div", class_="tip", hidden=True),
            class_="plot",
        ),
        element(
            "div", buttons, class_="zoom", role="group", aria_label=f"Zoom of the {name} chart"
        ),
        class_="chart",
        id=name,
    )


def _distribution(result: BacktestResult) -> Html:
    s = result.statistics
    if not s.round_trips:
        return sections.empty("No round trip was closed.")
    said = (
        f"Results of {s.round_trips:,} round trips: win rate {figures.percent(s.win_rate, 1)}, "
        f"average win {figures.number(s.avg_win, 2)}, average loss {figures.number(s.avg_loss, 2)}."
    )
    return element(
        "figure",
        element(
            "div",
            element("canvas", id="results-chart", role="img", aria_label=said),
            element("div", class_="tip", hidden=True),
            class_="plot low",
        ),
        class_="chart",
    )


def _trips(result: BacktestResult) -> Html:
    if not result.round_trips:
        return sections.empty("The strategy never opened a position.")
    shown = len(shown_trips(result))
    note = (
        f"The {ROUND_TRIPS:,} with the largest results of {len(result.round_trips):,}; the JSON "
        f"result has them all."
        if shown < len(result.round_trips)
        else "Choose a number to see the round trip in the price chart."
    )
    which = (
        ("all", "All"),
        ("won", "Won"),
        ("lost", "Lost"),
        ("long", "Long"),
        ("short", "Short"),
        ("open", "Still open"),
    )
    options = (element("option", text, value=value) for value, text in which)
    search = element("input", type="search", id="trip-search", placeholder="instrument or reason")
    return join(
        element("p", note, class_="note"),
        element(
            "div",
            element("label", "Show ", element("select", options, id="trip-filter")),
            element("label", "Find ", search),
            element("p", id="trip-sum", role="status"),
            class_="tools",
        ),
        element(
            "div",
            element("table", id="trip-table"),
            class_="scroll tall",
            tabindex="0",
            role="region",
            aria_label="Round trips, table",
        ),
        element("div", id="trip-pages", class_="pages"),
    )

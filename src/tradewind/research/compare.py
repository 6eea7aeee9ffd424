"""Runs side by side: the same figures of each, which one is best, and what they were given.

Knows results and which way each figure is better. Must not know how a run is made.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from tradewind.model.errors import ConfigError
from tradewind.research import figures
from tradewind.research.results import BacktestResult
from tradewind.research.summary import figure_text

MORE, LESS = 1, -1
BETTER = {
    "net_pnl": MORE,
    "total_return": MORE,
    "cagr": MORE,
    "sharpe": MORE,
    "sortino": MORE,
    "calmar": MORE,
    "max_drawdown": MORE,
    "volatility": LESS,
    "worst_day": MORE,
    "win_rate": MORE,
    "profit_factor": MORE,
    "expectancy": MORE,
    "payoff_ratio": MORE,
    "fees": LESS,
    "funding": LESS,
    "mark_out_1s_bps": MORE,
    "mark_out_10s_bps": MORE,
    "mark_out_60s_bps": MORE,
    "brier_score": LESS,
}
"""Whether more of a figure is better; drawdowns and worst days are negative. Others are facts."""
IN_RESULT = ("net_pnl", "fees", "funding")
MONEY = frozenset({"net_pnl", "expectancy", "fees", "funding"})

Value = Decimal | float | int | None


class Row(msgspec.Struct, frozen=True):
    """One figure of every run. `best` is the place of the best one, None where none is."""

    key: str
    label: str
    values: tuple[Value, ...]
    best: int | None


class Setting(msgspec.Struct, frozen=True):
    """A parameter that the runs do not share, as text; None where a run has none of the name."""

    name: str
    values: tuple[str | None, ...]


class Comparison(msgspec.Struct, frozen=True):
    """Runs by label: figures, settings that differ, and whether all decided the same."""

    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    settings: tuple[Setting, ...]
    decision_hashes: tuple[str, ...]
    same_decisions: bool


def compare(runs: Sequence[tuple[str, BacktestResult]]) -> Comparison:
    """Return runs side by side, by label; raises ConfigError for fewer than two.

    Money has no best where the runs report in different currencies.
    """
    if len(runs) < 2:
        raise ConfigError(f"Compared backtests, found {len(runs)}; give at least two results.")
    results = [result for _, result in runs]
    hashes = tuple(result.decision_hash for result in results)
    return Comparison(
        labels=tuple(label for label, _ in runs),
        rows=_rows(results),
        settings=_settings(results),
        decision_hashes=hashes,
        same_decisions=len(set(hashes)) == 1,
    )


def comparison_json(comparison: Comparison) -> bytes:
    """Return a comparison as JSON with stable key order; decimals are text."""
    return msgspec.json.encode(comparison, order="deterministic")


def comparison_table(runs: Sequence[tuple[str, BacktestResult]]) -> Table:
    """Return runs side by side for a terminal; the best of each figure is bold and has a star."""
    comparison = compare(runs)
    texts = [_texts(result) for _, result in runs]
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    table.add_column("")
    for label in comparison.labels:
        table.add_column(Text(label), justify="right")
    for row in comparison.rows:
        cells = [known.get(row.key, Text(figures.MISSING)) for known in texts]
        if row.best is not None:
            best = cells[row.best]
            best.stylize("bold")
            best.append(" *")
        table.add_row(row.label, *cells)
    for setting in comparison.settings:
        values = (figures.MISSING if value is None else value for value in setting.values)
        table.add_row(Text(setting.name, style="dim"), *(Text(value) for value in values))
    hashes = (Text(digest[:12]) for digest in comparison.decision_hashes)
    table.add_row(Text("decision hash", style="dim"), *hashes)
    return table


def _texts(result: BacktestResult) -> dict[str, Text]:
    groups = figures.figure_groups(result)
    return {figure.key: figure_text(figure) for _, group in groups for figure in group}


def _rows(results: Sequence[BacktestResult]) -> tuple[Row, ...]:
    labels = {
        figure.key: figure.label
        for result in results
        for _, group in figures.figure_groups(result)
        for figure in group
    }
    one_currency = len({result.currency for result in results}) == 1
    rows = []
    for key, label in labels.items():
        values = tuple(_value(result, key) for result in results)
        comparable = one_currency or key not in MONEY
        rows.append(Row(key, label, values, _best(key, values) if comparable else None))
    return tuple(rows)


def _value(result: BacktestResult, key: str) -> Value:
    if key in IN_RESULT:
        value: Value = getattr(result, key)
    elif key in result.counts.__struct_fields__:
        value = getattr(result.counts, key)
    else:
        value = getattr(result.statistics, key)
    return value


def _best(key: str, values: Sequence[Value]) -> int | None:
    known = [value * BETTER[key] for value in values if value is not None] if key in BETTER else []
    if len(known) < 2 or len(set(known)) == 1:
        return None
    best = max(known) * BETTER[key]
    return next(place for place, value in enumerate(values) if value == best)


def _settings(results: Sequence[BacktestResult]) -> tuple[Setting, ...]:
    given: list[tuple[str, list[str | None]]] = [
        ("strategy", [result.strategy for result in results]),
        ("code", [result.code_version for result in results]),
        ("period", [_period(result) for result in results]),
        ("calendar", [result.statistics.calendar for result in results]),
        ("currency", [result.currency for result in results]),
    ]
    names = dict.fromkeys(name for result in results for name in result.parameters)
    given += [(name, [_parameter(result.parameters, name) for result in results]) for name in names]
    return tuple(Setting(name, tuple(values)) for name, values in given if len(set(values)) > 1)


def _period(result: BacktestResult) -> str:
    clock = figures.zone(result)
    return f"{figures.day(result.start_ns, clock)} to {figures.day(result.end_ns, clock)}"


def _parameter(parameters: dict[str, Any], name: str) -> str | None:
    return figures.said(parameters[name]) if name in parameters else None

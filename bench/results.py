"""What was measured, as tables: medians, ratios between neighbours in time, aims, parity.

Knows figures by engine and round. Must not know how they were taken.
"""

import statistics
from decimal import Decimal
from typing import Any

import msgspec

from bench.engines import FLOOR, HFTBACKTEST, NAUTILUS, OURS, Figures

CENT = Decimal("0.01")
OUTCOME = ("orders", "fills")
REFERENCES = (FLOOR, NAUTILUS, HFTBACKTEST)


class Workload(msgspec.Struct, frozen=True):
    """One workload: how the engines are asked for it, and our ratio to the floor to reach."""

    title: str
    case: str
    words: tuple[str, ...]
    aim: float
    moonshot: float | None


# Rates aimed at, over the floor's rate on the machine where the aims were set.
WORKLOADS = (
    Workload("ema 10/20", "ema", ("--fast", "10", "--slow", "20"), 1.2 / 2.34, 2 / 2.34),
    Workload("ema 240/600", "ema", ("--fast", "240", "--slow", "600"), 2 / 3.48, 3 / 3.48),
    Workload("mm quotes", "mmq", (), 0.7 / 1.39, 2.5 / 1.39),
    Workload("noop quotes", "noopq", (), 3.5 / 5.19, 5 / 5.19),
    Workload("multi 50x20k", "multi", ("--fast", "10", "--slow", "20"), 1.2 / 2.86, None),
)


class Taken(msgspec.Struct):
    """Every measurement of one workload: figures by engine and round, and the loop's times."""

    workload: Workload
    runs: dict[str, dict[int, Figures]] = {}
    calibration_ms: list[float] = []

    def add(self, engine: str, number: int, figures: Figures, calibration_ms: float) -> None:
        """Take one measurement of a round."""
        self.runs.setdefault(engine, {})[number] = figures
        self.calibration_ms.append(calibration_ms)

    def ratio(self, engine: str, reference: str) -> float | None:
        """Return the median, over the rounds that have both, of their ratio of rates."""
        ours, theirs = self.runs.get(engine, {}), self.runs.get(reference, {})
        both = [ours[k]["per_s"] / theirs[k]["per_s"] for k in ours if k in theirs]
        return statistics.median(both) if both else None


def speed(taken: list[Taken]) -> list[str]:
    """Return the table of all workloads and engines."""
    present = [name for name in REFERENCES if any(name in each.runs for each in taken)]
    heads = ["workload", "engine", "runs", "n", "events/s", "min..max", "with load", "peak MB"]
    heads += ["orders", "fills", "P&L", *(f"x {name}" for name in present)]
    return table(heads, [_row(each, name, present) for each in taken for name in each.runs])


def _row(taken: Taken, engine: str, present: list[str]) -> list[str]:
    runs = list(taken.runs[engine].values())
    last = runs[-1]
    rates = [each["per_s"] for each in runs]
    return [
        taken.workload.title,
        engine,
        str(len(runs)),
        f"{last['n']:,}",
        f"{statistics.median(rates):,.0f}",
        f"{min(rates):,}..{max(rates):,}",
        f"{statistics.median(each['per_s_total'] for each in runs):,.0f}",
        f"{statistics.median(each['rss_mb'] for each in runs):.0f}",
        *(str(_outcome(last).get(name, "")) for name in ("orders", "fills", "pnl")),
        *(brief(taken.ratio(engine, name)) for name in present),
    ]


def _outcome(figures: Figures) -> dict[str, Any]:
    """Return what must be the same everywhere, as far as an engine tells it."""
    found: dict[str, Any] = {name: figures[name] for name in OUTCOME if name in figures}
    if "orders" not in found and "trades" in figures:
        found["orders"] = figures["trades"]
    if "pnl" in figures:
        found["pnl"] = f"{figures['pnl']:.2f}"
    return found


def differences(taken: list[Taken]) -> list[str]:
    """Return a sentence for every outcome that is not ours, and for rounds of ours that differ."""
    found = []
    for each in taken:
        ours = list(each.runs.get(OURS, {}).values())
        if len({figures["hash"] for figures in ours}) > 1:
            found.append(f"{each.workload.title}: our rounds differ in their decisions.")
        for engine, runs in each.runs.items():
            for number, figures in runs.items():
                mine = _outcome(each.runs.get(OURS, {}).get(number, figures))
                theirs = _outcome(figures)
                wrong = [name for name in theirs if name in mine and _differ(mine, theirs, name)]
                found += [
                    f"{each.workload.title}, round {number + 1}: {engine} has {name} "
                    f"{theirs[name]}, we have {mine[name]}."
                    for name in wrong
                ]
    return found


def _differ(mine: Figures, theirs: Figures, name: str) -> bool:
    if name != "pnl":
        return bool(mine[name] != theirs[name])
    # Money in floats or of a fixed scale may end a fraction of a cent beside the exact sum.
    return abs(Decimal(mine[name]) - Decimal(theirs[name])) > CENT


def noise(taken: list[Taken]) -> list[str]:
    """Return the range of the calibration loop for each workload."""
    rows = [
        [each.workload.title, f"{min(each.calibration_ms):.1f}", f"{max(each.calibration_ms):.1f}"]
        for each in taken
        if each.calibration_ms
    ]
    return table(["workload", "fastest ms", "slowest ms"], rows)


def aims(taken: list[Taken]) -> list[str]:
    """Return our ratio to the floor beside what we aim at; nothing where no floor ran."""
    rows = []
    for each in taken:
        ratio = each.ratio(OURS, FLOOR)
        if ratio is None:
            continue
        work = each.workload
        rows.append([work.title, brief(ratio), *_aim(ratio, work.aim), *_aim(ratio, work.moonshot)])
    return table(["workload", f"x {FLOOR}", "aim", "met", "moonshot", "met"], rows) if rows else []


def _aim(ratio: float, aim: float | None) -> list[str]:
    return ["", ""] if aim is None else [f"{aim:.2f}", "yes" if ratio >= aim else "no"]


def growth(rounds: list[list[Figures]]) -> list[str]:
    """Return medians of the rounds of every growth measurement."""
    rows = []
    for figures in zip(*rounds, strict=True):
        first = figures[0]
        for kind in [name for name, value in first.items() if isinstance(value, dict)]:
            few, many, ratio = (
                statistics.median(each[kind][name] for each in figures)
                for name in ("few_ns", "many_ns", "ratio")
            )
            row = [first["case"], kind, f"{first['few']:,}", f"{first['many']:,}"]
            rows.append([*row, f"{few:,.0f}", f"{many:,.0f}", f"{ratio:.2f}"])
    return table(["what grows", "event", "few", "many", "ns few", "ns many", "ratio"], rows)


def memory(runs: dict[str, list[Figures]]) -> list[str]:
    """Return peak MB by workload and number of quotes, and what each million more adds."""
    rows = []
    for title, (small, large) in runs.items():
        millions = (large["n"] - small["n"]) / 1e6
        row = [title, f"{small['n']:,}", f"{small['rss_mb']:.0f}"]
        row += [f"{large['n']:,}", f"{large['rss_mb']:.0f}", f"{large['orders']:,}"]
        rows.append([*row, f"{(large['rss_mb'] - small['rss_mb']) / millions:+.1f}"])
    heads = ["workload", "quotes", "peak MB", "quotes", "peak MB", "orders", "MB a million more"]
    return table(heads, rows)


def plain(figures: list[Figures]) -> list[str]:
    """Return lines of figures as a table of their own names."""
    heads = list(dict.fromkeys(name for each in figures for name in each))
    return table(heads, [[_cell(each.get(name, "")) for name in heads] for each in figures])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def brief(ratio: float | None) -> str:
    """Return a ratio with as many figures as mean something."""
    if ratio is None:
        return ""
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"


def table(heads: list[str], rows: list[list[str]]) -> list[str]:
    """Return a Markdown table as lines."""
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]

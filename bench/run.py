"""Run the workloads, and peers beside them where they are at hand; print the ratios.

usage: python -m bench.run [--rounds 5] [--n ROWS] [--data DIR] [--peers DIR] [--venvs DIR]
                           [--cases ema,mmq] [--parts speed,growth,memory,extra,wire,pages]
                           [--write]
       python -m bench.run --profile [--n ROWS] [--data DIR] [--cases ema,mmq]

Each measurement is a process of its own; the engines of a workload take turns round by round, so
that a ratio is always between neighbours in time. `--peers` names the folder of the peers'
scripts, `--venvs` one with a virtual environment for each peer (`nautilus`, `hft`). Without
`--data` the arrays are made anew: by the peers' `gen.py` where it is there, else by market.py.
`--write` puts everything into RESULTS.md; `--profile` writes where the time goes to PROFILE.md.
Exits with 1 when engines differ in orders, fills or P&L, or when one failed.
"""

import argparse
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench import pages, results, wire
from bench.engines import ROOT, Engine, Failed, calibration_ms, engines, once, told
from bench.results import WORKLOADS, Taken

HERE = Path(__file__).parent
PARTS = ("speed", "growth", "memory", "extra", "wire", "pages")
DATALESS = {"wire", "pages"}
"""Parts that need no arrays."""
EXTRA = {"Durable fills": "bench.durable"}
"""More sections, by title: a module that prints RESULT lines of figures."""


SAME = "Every engine made the same orders and fills, and the same P&L to the cent."
ALONE = "No peer ran: this run proves no parity, and has no ratios."


class Plan(msgspec.Struct):
    """What was asked for; `faults` are sentences that make the run fail in the end."""

    rounds: int = 5
    n: int | None = None
    data: Path = Path()
    peers: Path | None = None
    venvs: Path | None = None
    cases: tuple[str, ...] = tuple(sorted({each.case for each in WORKLOADS}))
    parts: tuple[str, ...] = PARTS
    write: bool = False
    profile: bool = False
    faults: list[str] = []

    def words(self, n: int | None = None) -> list[str]:
        """Return the words that every measurement takes."""
        rows = self.n if n is None else n
        return ["--data", str(self.data), *([] if rows is None else ["--n", str(rows)])]


def say(line: str) -> None:
    """Show how far the run is."""
    print(line, file=sys.stderr, flush=True)


def speed(plan: Plan) -> list[str]:
    """Measure every engine on every workload, in turns, and return the tables."""
    found, left_out = engines(plan.peers, plan.venvs)
    for line in left_out:
        say(line)
    taken = [Taken(workload) for workload in WORKLOADS if workload.case in plan.cases]
    for number in range(plan.rounds):
        for each in taken:
            for engine in found:
                if each.workload.case in engine.cases:
                    _turn(plan, each, engine, number)
    wrong = results.differences(taken)
    plan.faults += wrong
    parity = wrong or [SAME if len(found) > 1 else ALONE]
    aims = results.aims(taken)
    return [
        *results.speed(taken),
        *("", *parity, *([""] if left_out else []), *left_out),
        *(["", "Ratios to the floor and what we aim at:", "", *aims] if aims else []),
        *("", "A fixed loop of plain Python, timed before each measurement:", ""),
        *results.noise(taken),
    ]


def _turn(plan: Plan, taken: Taken, engine: Engine, number: int) -> None:
    calibration = calibration_ms()
    workload = taken.workload
    name = f"{engine.name}, {workload.title}"
    try:
        command = [*engine.command, workload.case, *workload.words, *plan.words()]
        figures = once(name, command)
    except Failed as failed:
        plan.faults.append(str(failed))
        say(str(failed))
        return
    taken.add(engine.name, number, figures, calibration)
    say(f"round {number + 1}/{plan.rounds} {name}: {figures['per_s']:,} events/s")


def growth(plan: Plan) -> list[str]:
    """Measure what an event costs when much has been, and return the table."""
    rounds = []
    many = [] if plan.n is None else ["--many", str(max(2, plan.n // 50))]
    words = [*plan.words(min(plan.n or 200_000, 200_000)), *many]
    for number in range(plan.rounds):
        rounds.append(
            [
                once(f"growth with {case}", [sys.executable, "-m", "bench.growth", case, *words])
                for case in ("orders", "instances", "instruments")
            ]
        )
        say(f"round {number + 1}/{plan.rounds} growth")
    return [
        "What an event costs when much has been, against when little has; 1.00 is no growth.",
        "`orders` are past ones, `instances` idle ones, `instruments` share the same candles.",
        "`quiet` is a quote that nobody answers, `making` one of a market maker, both while other",
        "orders rest; `candle` one of the 10/20 averages.",
        "",
        *results.growth(rounds),
    ]


def memory(plan: Plan) -> list[str]:
    """Measure peak memory at the quotes there are, and at four times as many."""
    runs = {}
    for workload in WORKLOADS:
        if workload.case in ("mmq", "noopq"):
            command = [sys.executable, "-m", "bench.workloads", workload.case, *plan.words()]
            laps = [
                once(f"memory of {workload.title}", [*command, "--pieces", "--laps", str(count)])
                for count in (1, 4)
            ]
            runs[workload.title] = laps
            say(f"memory of {workload.title}: {[each['rss_mb'] for each in laps]} MB")
    head = "Peak memory of the process, quotes read a few thousand at a time:"
    return [head, "", *results.memory(runs)]


def extra(plan: Plan) -> list[str]:
    """Run the other benches that are there, each a section."""
    lines: list[str] = []
    for title, module in EXTRA.items():
        if importlib.util.find_spec(module) is None:
            continue
        figures = told(title, [sys.executable, "-m", module])
        lines += [f"## {title}", "", *results.plain(figures), ""]
        say(f"{title}: done")
    return lines


def tick_to_order(plan: Plan) -> list[str]:
    """Measure the way from a tick to its order's bytes, by variant and beside floors and peers."""
    found, left_out = wire.theirs(plan.peers, plan.venvs)
    for line in left_out:
        say(line)
    taken = wire.run(plan.rounds, [*found, *wire.ours()], plan.peers, say)
    plan.faults += taken.faults
    return wire.lines(taken, left_out)


def fifty_pages(plan: Plan) -> list[str]:
    """Measure what a gateway and the pages that look at a desk cost its orders."""
    taken = pages.run(plan.rounds, pages.ways(), say)
    plan.faults += taken.faults
    return pages.lines(taken)


def machine() -> str:
    """Return what this ran on, in a line."""
    model = platform.processor() or platform.machine()
    processors = Path("/proc/cpuinfo")
    if processors.is_file():
        lines = processors.read_text(encoding="utf-8").splitlines()
        named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        model = named[0] if named else model
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores of {model}, {memory_gib:.0f} GiB, {platform.system()}, "
        f"CPython {platform.python_version()}"
    )


HOW_TO_READ = """\
Absolute rates belong to this machine and this hour: carry away the ratios. A ratio is the median,
over the rounds, of two measurements that ran one after the other; on shared cores single ones
spread widely, and the range of the fixed loop says how much of that was the machine. The rate is
the run alone, `with load` adds turning the arrays into the engine's own form; imports and
compilation are outside both. `floor-full` is no product but the least that a platform must do for
each order, in 300 lines of plain Python: order states, checks, positions and a log in memory, all
in floats. Below 1.00 is what ours adds to that: exact decimals, reservations, loss limits on every
mark, sub-books, a venue of its own with answers in event time, a hash over every decision. Neither
writes a journal here; what durability costs is measured apart. nautilus_trader runs its whole
platform for each order, as ours does. hftbacktest runs strategies compiled by numba and keeps queue
positions, which ours leaves out here: its column compares two forms of strategy, not two engines.
The data are synthetic: the touch moves with every tenth quote, and nothing fills partly, so a real
feed has other rates. The aims are rates set beforehand, divided by the floor's rate on the machine
of that day; `met` compares with the floor of this run and says nothing about other machines."""


def sections(plan: Plan) -> list[str]:
    """Run every part that was asked for and return the lines of the results."""
    parts: dict[str, tuple[str, Callable[[Plan], list[str]]]] = {
        "speed": ("## Speed", speed),
        "growth": ("## Growth", growth),
        "memory": ("## Memory", memory),
        "extra": ("", extra),
        "wire": ("## Tick to order", tick_to_order),
        "pages": ("## Pages", fifty_pages),
    }
    lines = ["# Results", "", "Made by `./tradewind bench --write`.", ""]
    size = "" if plan.n is None else f" Only the first {plan.n:,} rows of each file."
    lines += [f"{machine()}; medians of {plan.rounds} rounds.{size}", ""]
    lines += ["## How to read this", "", *HOW_TO_READ.splitlines(), ""]
    for part in plan.parts:
        title, measure = parts[part]
        lines += [title, ""] if title else []
        try:
            lines += [*measure(plan), ""]
        except Failed as failed:
            plan.faults.append(str(failed))
            lines += [str(failed), ""]
    return lines


def make_data(plan: Plan, folder: Path) -> None:
    """Make the arrays in a process of its own, whose memory is not our children's."""
    say("making the data")
    generator = plan.peers / "gen.py" if plan.peers else None
    known = generator is not None and generator.is_file()
    command = [str(generator)] if known else ["-m", "bench.market"]
    rows = [] if known or plan.n is None else [str(plan.n * 50)]
    subprocess.run(
        [sys.executable, *command, str(folder), *rows], cwd=ROOT, check=True, stdout=sys.stderr
    )
    plan.data = folder


def asked_for(words: list[str] | None = None) -> Plan:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--n", type=int, help="only the first rows of each file")
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--venvs", type=Path)
    cases = sorted({each.case for each in WORKLOADS})
    parser.add_argument("--cases", default=",".join(cases), help="some of: %(default)s")
    parser.add_argument("--parts", default=",".join(PARTS), help="some of: %(default)s")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--profile", action="store_true")
    told_ = vars(parser.parse_args(words))
    for name, known in (("cases", cases), ("parts", PARTS)):
        told_[name] = tuple(told_[name].split(","))
        wrong = [word for word in told_[name] if word not in known]
        if wrong:
            parser.error(f"--{name} has {wrong[0]!r}, which is not one of {', '.join(known)}")
    return Plan(**told_)


def main() -> int:
    """Run what was asked for and print it; return the exit code."""
    plan = asked_for()
    with tempfile.TemporaryDirectory() as scratch:
        if plan.data == Path() and set(plan.parts) - DATALESS:
            make_data(plan, Path(scratch))
        plan.data = plan.data.absolute()
        if plan.profile:
            words = ["--cases", ",".join(plan.cases), *plan.words()]
            return subprocess.call([sys.executable, "-m", "bench.hotpath", *words], cwd=ROOT)
        text = "\n".join(sections(plan))
    print(text)
    if plan.write:
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    for fault in plan.faults:
        say(fault)
    return 1 if plan.faults else 0


if __name__ == "__main__":
    sys.exit(main())

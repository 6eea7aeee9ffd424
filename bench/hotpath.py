"""Where the time of a run goes: the hot path sampled, by room and by function.

usage: python -m bench.hotpath --data DIR [--n ROWS] [--cases ema,mmq]

Every workload runs twice in one process: plainly, which gives nanoseconds, and under a timer that
looks a thousand times a second at which function is running, which gives shares. Writes
PROFILE.md.
"""

import argparse
import signal
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

from bench.results import WORKLOADS, Workload, table
from bench.workloads import Asked, measure
from tradewind import __file__ as package

HERE = Path(__file__).parent
PACKAGE = Path(package).parent
EVERY_S = 0.001
TOP = 12
ELSEWHERE = "elsewhere"
FIRST_ROOMS = ("core/engine", "core/risk", "core/execution", "core/matching", "runtime")
STRATEGY = "strategy"

CAVEAT = """\
Self time, sampled a thousand times a second. A sample is taken where the interpreter next looks for
signals, which is after a call or at the beginning of a function: short functions are blamed a
little for what ran before them, and what is written in C (msgspec, decimal, numpy, the making of
events) counts for the function that called it. Shares under 1 % are noise. Nanoseconds are a
share of the time of a run without the sampler; `an order` is a room's whole time, market data
included, divided by the orders made."""


class Sampler:
    """Counts, while it is entered, which function runs at each beat of a timer."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, EVERY_S, EVERY_S)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def _look(self, _: int, frame: FrameType | None) -> None:
        if frame is not None:
            self.seen[(frame.f_code.co_filename, frame.f_code.co_qualname)] += 1


class Profile(msgspec.Struct):
    """One workload: its figures without the sampler, and the samples by room and by function."""

    workload: Workload
    figures: dict[str, Any]
    rooms: Counter[str]
    functions: Counter[str]

    @property
    def samples(self) -> int:
        """Return how many samples there are."""
        return self.rooms.total()

    def share_ns(self, samples: int, name: str) -> str:
        """Return the share that samples have of the time of an event ("n") or an order."""
        if not self.figures[name] or not self.samples:
            return ""
        each_ns = self.figures["run_s"] * 1e9 / self.figures[name]
        return f"{each_ns * samples / self.samples:,.0f}"


def room_of(filename: str) -> str:
    """Return the room that a source file belongs to; the bench's own strategies are `strategy`."""
    path = Path(filename)
    if path == HERE / "workloads.py":
        return STRATEGY
    if not path.is_relative_to(PACKAGE):
        return ELSEWHERE
    parts = path.relative_to(PACKAGE).parts
    return "/".join(parts[:2]) if parts[0] == "core" else parts[0].removesuffix(".py")


def profile(workload: Workload, data: Path, n: int | None) -> Profile:
    """Run a workload without and with the sampler."""
    words = dict(zip(workload.words[::2], workload.words[1::2], strict=True))
    fast, slow = int(words.get("--fast", 0)), int(words.get("--slow", 0))
    asked = Asked(workload.case, data, fast, slow, n)
    figures = measure(asked)
    sampler = Sampler()
    measure(asked, sampler)
    rooms: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for (filename, name), count in sampler.seen.items():
        room = room_of(filename)
        rooms[room] += count
        functions[f"{room} · {Path(filename).stem}.{name}"] += count
    return Profile(workload, figures, rooms, functions)


def text_of(profiles: list[Profile]) -> list[str]:
    """Return the rooms of all workloads beside each other, then each workload's functions."""
    lines = ["# Where the time goes", "", "Made by `./tradewind bench --profile`.", ""]
    lines += [*CAVEAT.splitlines(), "", "## Rooms", "", *_rooms(profiles)]
    for each in profiles:
        figures = each.figures
        lines += ["", f"## {each.workload.title}", ""]
        lines += [
            f"{figures['n']:,} events, {figures['orders']:,} orders, {figures['fills']:,} fills; "
            f"{figures['run_s'] * 1e9 / figures['n']:,.0f} ns an event; {each.samples:,} samples.",
            "",
        ]
        rows = [
            [
                name,
                _percent(count, each.samples),
                each.share_ns(count, "n"),
                each.share_ns(count, "orders"),
            ]
            for name, count in each.functions.most_common(TOP)
        ]
        lines += table(["function", "self", "ns an event", "ns an order"], rows)
    return [*lines, ""]


def _rooms(profiles: list[Profile]) -> list[str]:
    lines = []
    names = list(dict.fromkeys([*FIRST_ROOMS, STRATEGY, *(r for p in profiles for r in p.rooms)]))
    for title, name in (("ns an event", "n"), ("ns an order", "orders")):
        rows = []
        for room in names:
            cells = [
                f"{each.share_ns(each.rooms[room], name)} ({share})" if each.figures[name] else ""
                for each in profiles
                for share in [_percent(each.rooms[room], each.samples)]
            ]
            rows.append([room, *cells])
        heads = [f"room, {title} (share)", *(each.workload.title for each in profiles)]
        lines += [*table(heads, rows), ""]
    return lines[:-1]


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else ""


def main() -> None:
    """Profile the workloads that were asked for and write PROFILE.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--n", type=int)
    parser.add_argument("--cases", default=",".join(sorted({each.case for each in WORKLOADS})))
    asked = parser.parse_args()
    chosen = [each for each in WORKLOADS if each.case in asked.cases.split(",")]
    text = "\n".join(text_of([profile(each, asked.data, asked.n) for each in chosen]))
    (HERE / "PROFILE.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

"""What pages cost a desk: tick to order without a gateway, with one, and with fifty pages open.

usage: python -m bench.pages [--rounds 5] [--pages 50] [--ticks 2000] [--hz 250]

Called by bench/run.py as the part `pages`. Every measurement is a process of its own; the ways
take turns round by round, so that a ratio is between neighbours in time.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Sequence

import msgspec

from bench.engines import Failed, Figures, once
from bench.pages_clients import NICE
from bench.pages_desk import ALONE, PAGES, WAYS
from bench.results import brief, table

COUNT, TICKS, HZ = 50, 2000, 250
LEAST_UPDATES = 1_000
"""Updates a second that must have happened on the desk for the measurement to count."""
MOST_FRAMES = 20
SHARES = (10, 50, 90, 99)
AIMS = {50: 1.10, 99: 1.25}
"""By quantile: how much slower orders may leave with the pages open."""


class Way(msgspec.Struct, frozen=True):
    """One way to measure: its name, and what runs it."""

    name: str
    command: tuple[str, ...]


class Taken(msgspec.Struct):
    """Figures by way and round, the machine's load before and after, and what failed."""

    runs: dict[str, dict[int, Figures]] = {}
    loads: list[float] = []
    faults: list[str] = []

    def median(self, way: str, name: str) -> float:
        """Return the median of one figure over the rounds; 0 where no round has it."""
        told = [float(each[name]) for each in self.runs[way].values() if name in each]
        return statistics.median(told) if told else 0.0

    def ratio(self, way: str, name: str) -> float | None:
        """Return the ratio of a figure's medians, with those of the desk alone."""
        if way not in self.runs or ALONE not in self.runs:
            return None
        alone = self.median(ALONE, name)
        return self.median(way, name) / alone if alone else None

    def paired(self, way: str, name: str) -> float | None:
        """Return the median of the ratios of neighbours: of rounds that have both."""
        mine, alone = self.runs.get(way, {}), self.runs.get(ALONE, {})
        both = [mine[k][name] / alone[k][name] for k in mine if k in alone]
        return statistics.median(both) if both else None


def ways(pages: int = COUNT, ticks: int = TICKS, hz: float = HZ) -> list[Way]:
    """Return what is measured, in order of the turns."""
    words = ("--pages", str(pages), "--ticks", str(ticks), "--hz", str(hz))
    return [Way(name, (sys.executable, "-m", "bench.pages_desk", name, *words)) for name in WAYS]


def run(rounds: int, found: Sequence[Way], say: Callable[[str], None]) -> Taken:
    """Measure every way, in turns."""
    taken = Taken(loads=[os.getloadavg()[0]])
    for number in range(rounds):
        for way in found:
            try:
                figures = once(way.name, way.command)
            except Failed as failed:
                taken.faults.append(str(failed))
                say(str(failed))
                continue
            taken.runs.setdefault(way.name, {})[number] = figures
            taken.loads.append(os.getloadavg()[0])
            p50, p99 = figures["wire_p50"], figures["wire_p99"]
            say(f"round {number + 1}/{rounds} {way.name}: {p50:,.0f} / {p99:,.0f} us")
    taken.faults += doubts(taken)
    return taken


def doubts(taken: Taken) -> list[str]:
    """Return a sentence for everything that makes the measurement another than was meant."""
    found = []
    for way in taken.runs:
        updates = taken.median(way, "updates_s")
        if updates < LEAST_UPDATES:
            found.append(f"{way}: {updates:,.0f} updates a second, fewer than {LEAST_UPDATES:,}.")
    if PAGES in taken.runs and taken.median(PAGES, "frames_s") > MOST_FRAMES:
        found.append(f"A page got more than {MOST_FRAMES} frames a second.")
    return found


HOW = f"""\
The desk of `bybit-socket` above: one order for every tick. `alone` has no gateway, `gateway` has
one beside it that nobody looks at, `pages` has one that {COUNT} WebSocket pages look at; they read
everything, in a process of their own. An update is a committed step's news that a page could be
told of: each change of the book (`feed`), each fill, and each change of an order (submitted,
prepared, sent, accepted, ended); the desk counts them itself. A page gets what has changed at most
{MOST_FRAMES} times a second, an order's changes between two frames as one row. Every page reads all
journaled rows: each must come once, in the order of the journal, and each order's end must be
there; a run where one is missing is no run. `wire` is the venue's clock, from the tick's send call
to its order's last byte read; `inside` is the desk's own, from the read that brought the tick, so
it does not see how long a tick waited to be read. Microseconds; medians of the rounds, and ratios
to `alone` of these medians; `paired` is the median of the ratios of neighbours in time. `us/frame`
is the processor time that the desk takes to build and encode a frame for the gateway, mean and p99;
it does so in pieces (`us/piece`), and after about 100 us of them whatever has come goes first.
Venue, desk, gateway and {COUNT} pages share this machine's cores: what the gateway and the pages
take is not there for the desk, which on a machine of its own is not so. So the ratios say what
pages cost a desk on a machine as small as this, not what the desk does for them: that is
`us/frame`, and what `CPU us/tick` grows by. The pages' process yields to others (nice {NICE})."""


def lines(taken: Taken) -> list[str]:
    """Return the section of the results."""
    told = [*HOW.splitlines(), "", load(taken), ""]
    told += [*table(*times(taken)), "", *table(*ratios(taken)), "", *table(*costs(taken))]
    return [*told, *([""] if taken.faults else []), *taken.faults]


def load(taken: Taken) -> str:
    """Return what else the machine did, in a sentence."""
    if not taken.loads:
        return "The machine's load was not noted."
    first, most, last = taken.loads[0], max(taken.loads), taken.loads[-1]
    return (
        f"The machine's load (of one minute, {os.cpu_count()} cores) was {first:.1f} before the "
        f"first run, {last:.1f} after the last one and {most:.1f} at most, these runs included."
    )


def times(taken: Taken) -> tuple[list[str], list[list[str]]]:
    """Return how long orders took, by way."""
    rows = []
    for way, runs in taken.runs.items():
        shown = [
            f"{taken.median(way, f'{kind}_p{share}'):,.0f}"
            for kind in ("inside", "wire")
            for share in SHARES
        ]
        kinds = [f"{taken.median(way, f'{name}_s'):,.0f}" for name in ("order", "fill", "feed")]
        updates = f"{taken.median(way, 'updates_s'):,.0f} ({' + '.join(kinds)})"
        cpu = f"{taken.median(way, 'cpu_us'):,.0f}"
        rows.append([way, str(len(runs)), updates, *shown, cpu])
    heads = ["way", "runs", "updates/s (order + fill + feed)"]
    heads += [f"{kind} p{share}" for kind in ("inside", "wire") for share in SHARES]
    return [*heads, "CPU us/tick"], rows


def ratios(taken: Taken) -> tuple[list[str], list[list[str]]]:
    """Return how much longer they took than alone, and what may be."""
    rows = []
    for way in WAYS[1:]:
        for kind in ("wire", "inside"):
            row = [way, kind]
            for share, aim in AIMS.items():
                ratio = taken.ratio(way, f"{kind}_p{share}")
                paired = taken.paired(way, f"{kind}_p{share}")
                met = "" if ratio is None else "yes" if ratio <= aim else "no"
                row += [brief(ratio), brief(paired), f"{aim:.2f}", met]
            rows.append(row)
    heads = ["way", "clock"]
    for share in AIMS:
        heads += [f"x alone p{share}", f"paired p{share}", "at most", "met"]
    return heads, rows


COSTS = {
    "desk_frames_s": "frames/s of the desk",
    "frame_us": "us/frame",
    "frame_us_p99": "us/frame p99",
    "piece_us_p99": "us/piece p99",
    "piece_us_most": "us/piece most",
    "desk_kb_s": "kB/s of the desk",
    "gateway_cpu_pct": "gateway CPU %",
    "clients_cpu_pct": "pages' CPU %",
    "frames_s": "frames/s of a page",
    "messages_s": "messages/s of a page",
    "page_kb_s": "kB/s of a page",
}


def costs(taken: Taken) -> tuple[list[str], list[list[str]]]:
    """Return what is spent on pages, by way."""
    rows = [
        [way, *(f"{taken.median(way, name):,.4g}" for name in COSTS)]
        for way in taken.runs
        if way != ALONE
    ]
    return ["way", *COSTS.values()], rows


def main() -> int:
    """Measure and print the section; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=COUNT)
    parser.add_argument("--ticks", type=int, default=TICKS)
    parser.add_argument("--hz", type=float, default=HZ)
    asked = parser.parse_args()
    found = ways(asked.pages, asked.ticks, asked.hz)
    taken = run(asked.rounds, found, lambda line: print(line, file=sys.stderr, flush=True))
    print("\n".join(lines(taken)))
    return 1 if taken.faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""From a tick to its order's bytes, over loopback: our live desk by variant, floors and peers.

Called by bench/run.py as the part `wire`. Every measurement is a process of its own beside a
server of its own; the paths take turns round by round. A floor is a hand-written path without a
platform (the peers' live_t2o.py): decode, book, strategy, signature, write.
"""

import socket
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bench.engines import ROOT, Failed, Figures, once
from bench.results import brief, table
from bench.wire_desk import VARIANTS

SCRIPT, SERVER = "live_t2o.py", "live_server.py"
FLOOR = "floor: aiohttp, asyncio, WebSocket"
TICKS, HZ = 1000, 500
BY_REST_HZ = 200
"""So many orders a second one HTTP client and one RSA key keep up with on a small machine."""
SHARES = (50, 90, 99)


class Way(msgspec.Struct, frozen=True):
    """One way from tick to order: how it is called, what runs it, and whether a server must."""

    name: str
    command: tuple[str, ...]
    hz: int
    served: bool = False


class Peer(msgspec.Struct, frozen=True):
    """One client of the peers' script, and the virtual environment that has it ("" for ours)."""

    name: str
    client: str
    venv: str = ""


PEERS = (
    Peer(FLOOR, "aiohttp-ws"),
    Peer("floor: aiohttp, uvloop, WebSocket", "aiohttp-uv-ws"),
    Peer("floor: aiohttp, uvloop, HTTP", "aiohttp-uv-http"),
    Peer("floor: picows, asyncio, WebSocket", "picows-ws", "tools"),
    Peer("nautilus 1.221 WebSocketClient, both ways", "nautilus-ws", "nautilus"),
)


class Aim(msgspec.Struct, frozen=True):
    """What a variant should reach, microseconds on the wire."""

    variant: str
    p50: int
    p99: int


AIMS = (Aim("bybit-socket", 80, 300), Aim("bybit-socket-power", 200, 800))


def ours(ticks: int = TICKS) -> list[Way]:
    """Return every variant of ours."""
    found = []
    for name, variant in VARIANTS.items():
        hz = BY_REST_HZ if variant.by_rest or variant.venue == "kalshi" else HZ
        words = (sys.executable, "-m", "bench.wire_desk", name)
        found.append(Way(name, (*words, "--ticks", str(ticks), "--hz", str(hz)), hz))
    return found


def theirs(
    peers: Path | None, venvs: Path | None, ticks: int = TICKS
) -> tuple[list[Way], list[str]]:
    """Return the floors and peers that can run, and a sentence for each that cannot."""
    if peers is None or not all((peers / name).is_file() for name in (SCRIPT, SERVER)):
        return [], [f"Floors and peers are left out: looked for {SCRIPT}, found none by --peers."]
    found, left_out = [], []
    for peer in PEERS:
        python = Path(sys.executable)
        if peer.venv:
            python = (venvs or Path("venvs")) / peer.venv / "bin" / "python"
        if not python.is_file():
            left_out.append(
                f"{peer.name} is left out: looked for an environment {peer.venv!r} in the folder "
                "named by --venvs, found none."
            )
            continue
        script = str((peers / SCRIPT).absolute())
        command = (str(python.absolute()), script, peer.client, "PORT", str(ticks), str(HZ))
        found.append(Way(peer.name, command, HZ, served=True))
    return found, left_out


def take(path: Way, peers: Path | None) -> Figures:
    """Run one measurement and return its figures under our names; raises Failed."""
    if not path.served:
        return once(path.name, path.command)
    assert peers is not None
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, str((peers / SERVER).absolute()), port],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        words = [port if word == "PORT" else word for word in path.command]
        told = once(path.name, words)
    finally:
        server.kill()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()
    figures = {"orders": told["orders"], "cpu_us": told["cpu_us"]}
    for ours_, name in (("inside", "in"), ("wire", "rtt")):
        figures |= {f"{ours_}_p{share}": told[f"{name}_p{share}"] for share in SHARES}
    return figures


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


class Taken(msgspec.Struct):
    """Figures by path and round, and what failed."""

    runs: dict[str, dict[int, Figures]] = {}
    hz: dict[str, int] = {}
    faults: list[str] = []

    def median(self, path: str, name: str) -> float:
        """Return the median of one figure over the rounds."""
        return statistics.median(float(each[name]) for each in self.runs[path].values())

    def ratio(self, path: str, name: str) -> float | None:
        """Return the median, over the rounds that have both, of a figure over the floor's."""
        mine, floor = self.runs[path], self.runs.get(FLOOR, {})
        both = [mine[k][name] / floor[k][name] for k in mine if k in floor]
        return statistics.median(both) if both else None


def run(
    rounds: int,
    paths: Sequence[Way],
    peers: Path | None,
    say: Callable[[str], None],
) -> Taken:
    """Measure every path, in turns."""
    taken = Taken()
    for number in range(rounds):
        for path in paths:
            try:
                figures = take(path, peers)
            except Failed as failed:
                taken.faults.append(str(failed))
                say(str(failed))
                continue
            taken.runs.setdefault(path.name, {})[number] = figures
            taken.hz[path.name] = path.hz
            p50, p99 = figures["wire_p50"], figures["wire_p99"]
            say(f"round {number + 1}/{rounds} {path.name}: {p50:,.0f} / {p99:,.0f} us")
    return taken


HOW = """\
A strategy sends one order for every tick, and the venue, in a process of its own on this machine,
cancels it at once. `inside` is our own clock, the latency of OrderSent in the journal: from the
read that brought the tick to the return of the write; for a floor, from the frame's callback to
its write, which aiohttp may have put off. `wire` is the venue's clock: from the tick's send call to
its order's last byte read, so with both processes' wake-ups. Microseconds, medians of the rounds;
the first fifth of the ticks is warm-up. The desk is what `tradewind up` runs: gate, order table,
event log, journal in SQLite with the intent committed before the bytes leave, news, recorder.
Its own figures also bear the answers: each order's acceptance and end are folded and committed
between ticks. `no-commit` leaves the journal's commit out and is for this table only; `power`
syncs each commit, `process` does not; `signed-then` signs each Kalshi order when it is sent (RSA
of 2,048 bits), the others have the headers ready. A floor has no gate, no journal and no answers.
Below a floor's time nothing can get; `x floor` is the ratio of wire p50 to it, round by round.
On a machine that others use at the same time the absolute times, and above all p99 and whatever
is synced to a shared disk, are theirs as much as ours: compare with the floor of the same run."""


def lines(taken: Taken, left_out: Sequence[str]) -> list[str]:
    """Return the section of the results."""
    rows = []
    for name, runs in taken.runs.items():
        shown = [
            f"{taken.median(name, f'{kind}_p{share}'):,.0f}"
            for kind in ("inside", "wire")
            for share in SHARES
        ]
        cpu = f"{taken.median(name, 'cpu_us'):,.0f}"
        ratio = brief(taken.ratio(name, "wire_p50"))
        rows.append([name, str(len(runs)), str(taken.hz[name]), *shown, cpu, ratio])
    heads = ["path", "runs", "ticks/s"]
    heads += [f"{kind} p{share}" for kind in ("inside", "wire") for share in SHARES]
    return [
        *HOW.splitlines(),
        "",
        *table([*heads, "CPU us/tick", "x floor"], rows),
        "",
        *aims(taken),
        *([""] if left_out or taken.faults else []),
        *left_out,
        *taken.faults,
    ]


def aims(taken: Taken) -> list[str]:
    """Return what was aimed at and whether this machine, in this hour, reached it."""
    rows = []
    for aim in AIMS:
        if aim.variant in taken.runs:
            p50, p99 = (taken.median(aim.variant, f"wire_p{share}") for share in (50, 99))
            met = "yes" if p50 <= aim.p50 and p99 <= aim.p99 else "no"
            rows.append([aim.variant, f"{aim.p50} / {aim.p99}", f"{p50:,.0f} / {p99:,.0f}", met])
    heads = ["path", "aim, wire p50 / p99", "measured", "met"]
    return table(heads, rows) if rows else []

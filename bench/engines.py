"""Who is measured: ours and its peers, each measurement a process of its own.

A peer is a script that prints the same RESULT line as ours, run by the Python that has the peer
installed. What is not there is left out, with a sentence that says so.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT_S = 1_800
OURS = "tradewind"
FLOOR = "floor-full"
NAUTILUS = "nautilus 1.221"
HFTBACKTEST = "hftbacktest"
EVERYTHING = ("ema", "multi", "mmq", "noopq")

Figures = dict[str, Any]


class Failed(Exception):
    """A measurement ended without figures; says whose, and its last words."""


class Engine(msgspec.Struct, frozen=True):
    """One that is measured: its name, the command before the case, and the cases it can run."""

    name: str
    command: tuple[str, ...]
    cases: tuple[str, ...] = EVERYTHING


class Peer(msgspec.Struct, frozen=True):
    """One that may be there: its script, and the virtual environment that has it ("" for ours)."""

    name: str
    script: str
    venv: str
    cases: tuple[str, ...] = EVERYTHING


# The floor runs beside ours, so that this ratio is between the nearest neighbours in time.
PEERS = (
    Peer(FLOOR, "floor_full.py", ""),
    Peer(HFTBACKTEST, "peer_hftbacktest.py", "hft", ("mmq", "noopq")),
    Peer(NAUTILUS, "peer_nautilus.py", "nautilus"),
)


def engines(peers: Path | None, venvs: Path | None) -> tuple[list[Engine], list[str]]:
    """Return who can be measured, in order of their turns, and a sentence for each who cannot."""
    found = [Engine(OURS, (sys.executable, "-m", "bench.workloads"))]
    left_out = []
    for peer in PEERS:
        if peers is None or not (peers / peer.script).is_file():
            where = "no folder was named by --peers" if peers is None else f"{peers.name} has none"
            left_out.append(f"{peer.name} is left out: looked for {peer.script}, {where}.")
            continue
        python = Path(sys.executable)
        if peer.venv:
            python = (venvs or Path("venvs")) / peer.venv / "bin" / "python"
        if not python.is_file():
            left_out.append(
                f"{peer.name} is left out: looked for an environment {peer.venv!r} in the folder "
                "named by --venvs, found none."
            )
            continue
        script = str((peers / peer.script).absolute())
        found.append(Engine(peer.name, (str(python.absolute()), script), peer.cases))
    return found, left_out


def once(name: str, command: Sequence[str]) -> Figures:
    """Run one measurement and return its figures; raises Failed when it prints none."""
    lines = told(name, command)
    if not lines:
        raise Failed(f"Ran {name}, found no figures in what it printed; run its command by hand.")
    return lines[-1]


def told(name: str, command: Sequence[str]) -> list[Figures]:
    """Run a process and return every line of figures that it printed; raises Failed."""
    try:
        ran = subprocess.run(
            [command[0], "-W", "ignore", *command[1:]],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"Ran {name}, found it still busy after {TIMEOUT_S} s.") from None
    if ran.returncode:
        words = (ran.stderr.strip() or "nothing").splitlines()[-1]
        raise Failed(f"Ran {name}, found that it failed and said: {words}")
    lines = [line for line in ran.stdout.splitlines() if line.startswith("RESULT ")]
    return [msgspec.json.decode(line.removeprefix("RESULT ").encode()) for line in lines]


def calibration_ms() -> float:
    """Return what a fixed loop takes now, the best of three: how its range tells the noise."""
    best = float("inf")
    for _ in range(3):
        clock = time.perf_counter()
        total = 0
        for number in range(400_000):
            total += number & 7
        best = min(best, time.perf_counter() - clock)
    return best * 1e3

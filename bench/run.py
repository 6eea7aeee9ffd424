"""Run the workloads, and peers beside them where their scripts are at hand; print the ratios.

usage: python -m bench.run [--rounds 3] [--data DIR] [--peers DIR] [--write]

Each measurement is a process of its own; engines take turns round by round, so that a ratio is
always between neighbours in time. `--peers` names a folder of scripts that print the same RESULT
line (`floor_full.py` there is run with this Python). `--write` puts the table into RESULTS.md.
"""

import argparse
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from bench import market

HERE = Path(__file__).parent
CASES: list[tuple[str, str, list[str]]] = [
    ("ema 10/20", "ema", []),
    ("ema 240/600", "ema", ["--fast", "240", "--slow", "600"]),
    ("mm quotes", "mmq", []),
    ("noop quotes", "noopq", []),
    ("multi 50x20k", "multi", []),
]


def once(script: Path, words: list[str]) -> dict[str, Any]:
    """Run one measurement and return its figures; raises when it fails."""
    told = subprocess.run(
        [sys.executable, str(script), *words], capture_output=True, text=True, check=True
    ).stdout
    line = next(each for each in told.splitlines() if each.startswith("RESULT "))
    return msgspec.json.decode(line.removeprefix("RESULT ").encode(), type=dict[str, Any])


def engines(peers: Path | None) -> dict[str, Path]:
    """Return the scripts to run, ours first."""
    found = {"tradewind": HERE / "workloads.py"}
    if peers is not None:
        found["floor-full"] = peers / "floor_full.py"
    return found


def measure(rounds: int, data: Path, peers: Path | None) -> list[str]:
    """Return the table's rows."""
    rows = ["| workload | engine | events/s | orders | fills | P&L | peak MB | ratio to floor |"]
    rows.append("|---|---|---|---|---|---|---|---|")
    for title, case, words in CASES:
        taken: dict[str, list[dict[str, Any]]] = {}
        for _ in range(rounds):
            for name, script in engines(peers).items():
                figures = once(script, [case, "--data", str(data), *words])
                taken.setdefault(name, []).append(figures)
        floor = taken.get("floor-full")
        for name, runs in taken.items():
            speed = statistics.median(each["per_s"] for each in runs)
            last = runs[-1]
            ratio = ""
            if floor is not None:
                pairs = zip(runs, floor, strict=True)
                ratio = f"{statistics.median(a['per_s'] / b['per_s'] for a, b in pairs):.2f}"
            rows.append(
                f"| {title} | {name} | {speed:,.0f} | {last.get('orders', '')} "
                f"| {last.get('fills', '')} | {last.get('pnl', '')} | {last['rss_mb']} | {ratio} |"
            )
            sys.stderr.write(rows[-1] + "\n")
    return rows


def machine() -> str:
    """Return what this ran on, in a line."""
    processor = platform.processor() or platform.machine()
    return f"{platform.system()} {processor}, Python {platform.python_version()}"


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = asked.data or Path(scratch)
        if asked.data is None:
            market.make(data)
        rows = measure(asked.rounds, data, asked.peers)
    text = "\n".join([f"{machine()}; medians of {asked.rounds} rounds.", "", *rows, ""])
    sys.stdout.write(text)
    if asked.write:
        head = "# Results\n\nMade by `./tradewind bench --write`; carry the ratios away.\n\n"
        (HERE / "RESULTS.md").write_text(head + text, encoding="utf-8")


if __name__ == "__main__":
    main()

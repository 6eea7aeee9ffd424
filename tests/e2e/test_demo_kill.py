"""`tradewind demo` killed with -9 and started again: nothing lost, nothing doubled, all proved."""

import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ("demo", "--seed", "7", "--speed", "20", "--plain", "--no-web")
START_LIMIT_S = 30
KILL_AFTER_S = 8
SECOND_MINUTES = "0.1"

pytestmark = pytest.mark.timeout(120)


def start(data: Path, *words: str) -> subprocess.Popen[str]:
    """Start a verb as a shell would, with a data folder of its own."""
    environment = {**os.environ, "TRADEWIND_HOME": str(data), "PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tradewind", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ask(data: Path, *words: str) -> Any:
    """Return what a verb answers as JSON; it must succeed."""
    process = start(data, *words, "--json")
    out, err = process.communicate()
    assert process.returncode == 0, f"{' '.join(words)}: {err or out}"
    return msgspec.json.decode(out)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a demo that was killed while it traded, and ran on afterwards."""
    data = tmp_path_factory.mktemp("data")
    first = start(data, *DEMO, "--minutes", "1")
    deadline = time.monotonic() + START_LIMIT_S
    while not list(data.rglob("journal.sqlite")) and time.monotonic() < deadline:
        assert first.poll() is None, first.communicate()
        time.sleep(0.05)
    time.sleep(KILL_AFTER_S)
    assert first.poll() is None, first.communicate()
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert first.returncode == -signal.SIGKILL

    second = start(data, *DEMO, "--minutes", SECOND_MINUTES)
    time.sleep(2)
    told = ask(data, "replay", "last")
    assert second.poll() is None, "it was to be replayed while it ran"
    (data / "running.json").write_bytes(msgspec.json.encode(told))
    out, err = second.communicate()
    assert second.returncode == 0, err or out
    return data


def test_replay_says_identical_over_both_starts(data: Path) -> None:
    told = ask(data, "replay", "last")
    assert told["difference"] is None
    assert told["restarts"] == 2
    assert told["unprovable"] == [], "a killed process loses no event"
    assert told["effects"] > 100


def test_a_desk_that_runs_can_be_replayed(data: Path) -> None:
    told = msgspec.json.decode((data / "running.json").read_bytes())
    assert told["difference"] is None
    assert told["unprovable"] == [], "what it wrote meanwhile is not lost"


def test_every_fill_is_counted_once(data: Path) -> None:
    fills = ask(data, "fills", "--limit", "100000")
    keys = [(fill["account"], fill["exec_id"]) for fill in fills]
    assert len(keys) == len(set(keys))
    assert len(keys) > 20


def test_pnl_is_the_fold_of_the_fills(data: Path) -> None:
    shown = ask(data, "pnl")
    fold = shown["fills_fold"]
    assert fold["whole"]
    assert fold["differences"] == []

    # The fold of `pnl` is the product's own; this one is made here, from what `fills` prints.
    mine: dict[tuple[str, str], tuple[int, Decimal, Decimal]] = {}
    for fill in ask(data, "fills", "--limit", "100000"):
        place = (fill["instance"], fill["account"])
        count, traded, fees = mine.get(place, (0, Decimal(0), Decimal(0)))
        value = Decimal(fill["last_qty"]) * Decimal(fill["last_px"])
        traded += value if fill["side"] == "sell" else -value
        mine[place] = (count + 1, traded, fees + Decimal(fill["fee"]))
    theirs = {
        (row["instance"], row["account"]): (
            row["fills"],
            Decimal(row["traded"]),
            Decimal(row["fees"]),
        )
        for row in fold["rows"]
    }
    assert theirs == mine

    realised = {(row["instance"], row["account"]): Decimal(row["realised"]) for row in fold["rows"]}
    for row in shown["rows"]:
        assert Decimal(row["realised"]) == realised[row["instance"], row["account"]]

"""Processes that are killed: what they told is there afterwards, and nobody waits for them."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from tests.unit.edge.simulators.paper import check_books, open_venue, order_id
from tests.unit.edge.simulators.paper import read as read_account
from tests.unit.edge.store.samples import open_journal
from tests.unit.runtime import recorded
from tests.unit.runtime.recorded import SEGMENT, bids, quote, recorder, write
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.model.errors import Fenced

ROOT = Path(__file__).resolve().parents[2]
STEPS = 200

if sys.platform == "win32":
    pytest.skip("there is no SIGKILL", allow_module_level=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


# --- the journal --------------------------------------------------------------------------------


def _writer(path: Path, durability: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.unit.edge.store.writer", str(path), durability]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _ready(victim: "subprocess.Popen[str]") -> None:
    assert victim.stdout is not None
    assert victim.stdout.readline() == "ready\n"


@pytest.mark.parametrize("durability", ["power", "process"])
def test_a_writer_that_is_killed_in_the_middle_loses_no_committed_row(
    path: Path, durability: str, seed: int
) -> None:
    dice = random.Random(seed)
    told = 0
    for _ in range(4):
        with _writer(path, durability) as victim:
            _ready(victim)
            time.sleep(dice.uniform(0.01, 0.25))
            victim.kill()
            assert victim.stdout is not None
            lines = [line for line in victim.stdout.read().split("\n") if line.isdigit()]
            told = int(lines[-1]) if lines else told
        journal = open_journal(path)
        seqs = [each.seq for each in journal.read() if each.ordinal == 0]
        assert seqs == list(range(1, len(seqs) + 1))
        assert journal.last_seq() == len(seqs) >= told
        # A group is there with both rows of its last step, or not at all.
        assert sum(1 for _ in journal.read()) == 2 * len(seqs)
        journal.close()
    assert told


def test_a_desk_in_another_process_is_named_and_its_lease_is_free_once_it_is_killed(
    path: Path,
) -> None:
    with _writer(path, "process") as victim:
        _ready(victim)
        with pytest.raises(Fenced, match=rf"desk 'victim' \(process {victim.pid} on"):
            open_journal(path).take_lease("beta")
        victim.kill()
        victim.wait()
        assert open_journal(path).take_lease("beta") == 2


def test_a_forked_worker_does_not_keep_a_dead_desks_lease(path: Path) -> None:
    # The desk forks a worker that outlives it, and is killed.
    code = (
        "import os, sys, time; from pathlib import Path;"
        "from tests.unit.edge.store.samples import open_journal;"
        "journal = open_journal(Path(sys.argv[1])); journal.take_lease('desk');"
        "child = os.fork();"
        "print(os.getpid(), flush=True) if not child else None;"
        "time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as desk:
        assert desk.stdout is not None
        # The worker tells its own number: until it runs, it holds what the desk held.
        worker = int(desk.stdout.readline())
        desk.kill()
        desk.wait()
        try:
            assert open_journal(path).take_lease("next") == 2
        finally:
            os.kill(worker, signal.SIGKILL)


# --- the recorder -------------------------------------------------------------------------------


def test_a_kill_between_any_two_steps_loses_and_doubles_nothing(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(11)]
    for folder in folders:
        made = FileEventLog(folder / "events", SEGMENT)
        write(made, 1, STEPS)
        made.close()
    command = [sys.executable, "-m", recorded.__name__, *map(str, folders)]
    subprocess.run(command, cwd=ROOT, check=True)
    progress = []
    for folder in folders:
        log = FileEventLog(folder / "events", SEGMENT)
        progress.append(len(list((folder / "events").glob("*.parquet"))))
        assert list(log.read()) == [(seq, quote(seq)) for seq in range(1, STEPS + 1)]
        known = bids(folder)
        assert known == list(range(1, len(known) + 1))
        log.seal()
        recorder(folder, log).work()
        assert bids(folder) == list(range(1, STEPS + 1))
        assert not list(folder.rglob("*.part")) + list(folder.rglob("*.fresh"))
        log.close()
    assert progress[0] == 0
    assert progress == sorted(progress)
    assert progress[-1] > 1, "the last child comes beyond the first segment"


# --- the paper venue ----------------------------------------------------------------------------

PAPER_VENUE = """
import sys
from pathlib import Path
from random import Random
from tests.unit.edge.simulators.paper import PERP, START_NS, Desk, open_venue
from tradewind.model.events import FillReceived, OrderAccepted

venue = open_venue(Path(sys.argv[1]))
ts = max(venue.last_ns, START_NS)
venue.define(PERP, ts)
desk = Desk(Random(int(sys.argv[2])))
desk.sent = int(sys.argv[3])
said = 0
while True:
    ts += 20_000_000
    desk.live(venue, ts)
    for event in desk.told[said:]:
        if isinstance(event, OrderAccepted):
            print("A", event.client_order_id, flush=True)
        elif isinstance(event, FillReceived):
            print("F", event.fill.key, flush=True)
    said = len(desk.told)
"""


def test_a_killed_process_has_kept_all_that_it_said(tmp_path: Path, seed: int) -> None:
    dice = Random(seed)
    path = tmp_path / "v"
    heard: list[str] = []
    for life in range(4):
        arguments = [str(path), str(dice.randrange(1 << 30)), str(life * 1_000_000)]
        with subprocess.Popen(
            [sys.executable, "-c", PAPER_VENUE, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdout is not None
            first = child.stdout.readline()
            time.sleep(dice.uniform(0.05, 0.3))
            child.send_signal(signal.SIGKILL)
            # A line without its end was cut by the kill.
            heard += [line for line in (first, *child.stdout) if line.endswith("\n")]
        assert child.returncode == -signal.SIGKILL
        venue = open_venue(path)
        accepted = [line.split()[1] for line in heard if line.startswith("A")]
        asked = [order_id(int(each[1:])) for each in accepted]
        report = read_account(venue, venue.last_ns, *asked)
        assert set(accepted) <= {order.client_order_id for order in report.orders}
        assert {line.split()[1] for line in heard if line.startswith("F")} <= {
            fill.key for fill in report.fills
        }
        check_books(report)
        venue._book._file.close()
    assert len(heard) > 20

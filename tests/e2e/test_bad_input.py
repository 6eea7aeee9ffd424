"""What a person may get wrong, and what a disk may do: one sentence, the right exit code, no loss.

Through the program itself. Where a verb takes `--json`, the same call is made with it, and stdout
must be the one error shape with the same sentence.
"""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from tests.e2e.running import Ended, finish, run, sentence, start
from tests.unit.cli.calling import call

pytestmark = pytest.mark.timeout(120)

USAGE, DAMAGED, REFUSED, UNKNOWN = 2, 3, 4, 5
START_S = 1_700_000_000 // 300 * 300
CANDLES = 120
RULES = ("--instrument", "BYBIT:BTCUSDT", "--interval", "5m")
DEMO = ("demo", "--plain", "--no-web", "--seed", "7")


def row(number: int, px: str = "") -> str:
    """Return one candle as a line."""
    close = px or f"{30_000 + number % 7}"
    return f"{START_S + 300 * number},30000,30010,29990,{close},1.5"


HEADER = "timestamp,open,high,low,close,volume"
GOOD = "\n".join([HEADER, *(row(number) for number in range(CANDLES))]) + "\n"
JUNK = bytes(range(128, 256)) * 40


def here(home: Path, *words: str) -> Ended:
    """Call the command line in this process, which is quicker than starting the program."""
    verb, *rest = words
    called = call(verb, "--data", str(home), *rest)
    return Ended(called.code, called.out, called.err)


def told(home: Path, words: list[str], code: int, text: str) -> None:
    """Call with `--json`; the sentence on stderr and the error shape on stdout say the same."""
    ended = run(home, *words, "--json")
    said = sentence(ended, code)
    assert re.search(text, said), said
    shape = ended.json()
    assert shape["message"] == said
    assert {"code", "message", "rule", "retryable"} <= set(shape)


# --- one of each kind; the tables are with the unit tests of the command line ---------------------


FAULTS = {
    "a wrong parameter": (
        "dual_ema_short",
        GOOD,
        ["-p", "ema_fst=3"],
        USAGE,
        r"did you mean ema_fa",
    ),
    "a damaged file": ("dual_ema_short", GOOD[:40], [], DAMAGED, r"x\.csv, found"),
    "a faulty strategy": ("mine.py", GOOD, [], USAGE, r"No module named 'nosuchmodule'"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_backtest_given_what_is_wrong_says_so_once(name: str, tmp_path: Path) -> None:
    strategy, candles, more, code, text = FAULTS[name]
    (tmp_path / "x.csv").write_text(candles)
    (tmp_path / "mine.py").write_text("import nosuchmodule\n")
    which = str(tmp_path / strategy) if strategy.endswith(".py") else strategy
    told(
        tmp_path, ["backtest", which, "--data", str(tmp_path / "x.csv"), *RULES, *more], code, text
    )


def test_a_strategy_that_does_not_load_starts_no_demo(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import sys\n\nsys.exit(0)\n")
    ended = run(tmp_path / "home", *DEMO, "--strategy", str(tmp_path / "mine.py"))
    assert "SystemExit in line 3" in sentence(ended, USAGE)
    assert not (tmp_path / "home").exists(), "nothing was begun"


# --- a desk that runs -----------------------------------------------------------------------------

FAULTY = """
import msgspec
from tradewind import Strategy


class Kept(msgspec.Struct):
    what: object = None


class Fails(Strategy):
    state: Kept

    def on_quote(self, ctx, quote):
        %s
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the home of a demo that runs, with two strategies of one's own that fail in it."""
    home = tmp_path_factory.mktemp("h")
    raises, keeps = home / "raises.py", home / "keeps.py"
    raises.write_text(FAULTY % "raise SystemExit('enough')")
    keeps.write_text(FAULTY % "self.state.what = object()")
    own = ("--strategy", str(raises), "--strategy", str(keeps))
    running = start(home, *DEMO, "--speed", "20", *own)
    wait_until(lambda: (home / "demo" / "desk.sock").exists(), running)
    yield home
    running.send_signal(signal.SIGINT)
    ended = finish(running)
    assert ended.code == 0, ended.err
    assert ended.err.startswith("tradewind: stopped and saved in")


def wait_until(done: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def proved(home: Path) -> Ended:
    """Return a replay of everything; it must agree to the byte."""
    replayed = run(home, "replay", "--json")
    assert replayed.code == 0, replayed.err
    assert replayed.json()["difference"] is None
    return replayed


def test_a_second_desk_on_one_journal_is_kept_out(desk: Path) -> None:
    before = (desk / "demo" / "journal.sqlite").stat().st_ino
    for more in ((), ("--fresh",)):
        said = sentence(run(desk, *DEMO, *more), REFUSED)
        assert re.search(r"found that desk '.*' \(process \d+ on .*\) holds it; stop", said) or (
            "tradewind demo --fresh" not in said
        )
    assert (desk / "demo" / "journal.sqlite").stat().st_ino == before, "it was not forgotten"
    assert run(desk, "status", "--json").code == 0, "the first one runs on"


def test_a_strategy_that_fails_in_a_callback_ends_alone(desk: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        rows = {each["instance"]: each for each in here(desk, "instances", "--json").json()}
        if all(rows[name]["faulted"] for name in ("raises", "keeps")):
            break
        assert time.monotonic() < deadline, rows
    assert "SystemExit in line 14: enough" in rows["raises"]["faulted"]
    assert "keep plain values in the state" in rows["keeps"]["faulted"]
    others = [each for name, each in rows.items() if name not in ("raises", "keeps")]
    assert len(others) == 5
    assert not any(each["faulted"] for each in others)


ORDERS = {
    "off the tick": ("0.01 SIM-BYBIT:BTCUSDT --px 50000.123", REFUSED, "tick", r"50000\.1 or 50"),
    "off the step": ("0.0100001 SIM-BYBIT:BTCUSDT", REFUSED, "qty_step", r"would pass with 0\.010"),
    "nothing": ("0 SIM-BYBIT:BTCUSDT", REFUSED, "qty_positive", "not above zero"),
    "a negative price": ("0.01 SIM-BYBIT:BTCUSDT --px -5", REFUSED, "price_range", "a positive"),
    "a negative quantity": ("-- -0.01 SIM-BYBIT:BTCUSDT", REFUSED, "qty_positive", "above zero"),
}


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_off_the_grid_is_denied_and_told_what_would_pass(name: str, desk: Path) -> None:
    words, code, rule, text = ORDERS[name]
    before, _, after = words.partition("-- ")
    rest = ["--", "buy", *after.split()] if after else ["buy", *before.split()]
    given = ["order", "--account", "bybit", "--json", *rest]
    ended = here(desk, *given)
    assert (ended.code, ended.json()["rule"]) == (code, rule), ended
    assert re.search(text, ended.json()["effect"])
    given.remove("--json")
    assert re.search(text, sentence(here(desk, *given), code))


WRONG_ORDERS = {
    "a quantity that reads as an option": ("-0.01 SIM-BYBIT:BTCUSDT", "found -0.01 where no neg"),
    "a quantity that is no number": ("much SIM-BYBIT:BTCUSDT", "'much'; give a number"),
    "a quantity without end": ("1e30 SIM-BYBIT:BTCUSDT", r"give a number below 10\^18"),
    "an unknown instrument": ("1 SIM-BYBIT:NOSUCH", "no such instrument on this desk"),
}


@pytest.mark.parametrize("name", WRONG_ORDERS)
def test_an_order_that_is_none_is_bad_usage(name: str, desk: Path) -> None:
    words, text = WRONG_ORDERS[name]
    given = ["order", "buy", *words.split(), "--account", "bybit"]
    assert re.search(text, sentence(here(desk, *given), USAGE))


def test_an_instance_that_is_not_there_is_bad_usage(desk: Path) -> None:
    assert "there are: pair-kalshi" in sentence(here(desk, "pause", "nobody"), USAGE)


# --- records --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a demo that has run and ended."""
    home = tmp_path_factory.mktemp("ran")
    ended = run(home, *DEMO, "--speed", "60", "--minutes", "0.03")
    assert ended.code == 0, ended.err
    return home


def edited(statement: str) -> Callable[[Path], None]:
    """Return a damage that runs SQL on the journal."""

    def damage(home: Path) -> None:
        connection = sqlite3.connect(home / "demo" / "journal.sqlite")
        with connection:
            connection.execute(statement)
        connection.close()

    return damage


def overwritten(name: str, start: int) -> Callable[[Path], None]:
    """Return a damage that writes junk into a file."""

    def damage(home: Path) -> None:
        with next(home.glob(f"demo/{name}")).open("r+b") as file:
            file.seek(start)
            file.write(JUNK)

    return damage


def kept(journal: Path) -> str:
    """Return the rows of a journal as one digest, or why there are none."""
    connection = sqlite3.connect(journal)
    try:
        rows = connection.execute("SELECT * FROM trading_journal ORDER BY seq, ordinal").fetchall()
    except sqlite3.DatabaseError as error:
        return str(error) if "no such table" not in str(error) else "[]"
    finally:
        connection.close()
    return sha256(repr(rows).encode()).hexdigest() if rows else "[]"


def emptied(home: Path) -> None:
    (home / "demo" / "journal.sqlite").write_bytes(b"")


REVISION = "UPDATE trading_alembic_version SET version_num = "
RECORDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "of a newer version": (edited(REVISION + "'9999'"), "revision '9999' where this version knows"),
    "of an older version": (edited(REVISION + "'0000'"), "start the version of Tradewind that"),
    "with a row changed": (
        edited("UPDATE trading_journal SET ts = ts + 1 WHERE seq = 1"),
        "row 1/0 is not what was committed; restore the journal",
    ),
    "overwritten": (overwritten("journal.sqlite", 0), "cannot be read as a database"),
    "that is empty": (emptied, r"found no (step|journal) in"),
    "with a damaged event log": (
        overwritten("events/events-*", 9_000),
        "event log segment .*; restore it from a backup",
    ),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_that_cannot_be_trusted_is_left_alone(
    name: str, ran: Path, tmp_path: Path
) -> None:
    damage, text = RECORDS[name]
    shutil.copytree(ran, tmp_path / "h")
    damage(tmp_path / "h")
    journal = tmp_path / "h" / "demo" / "journal.sqlite"
    before = kept(journal)
    replayed = here(tmp_path / "h", "replay", "--json")
    assert re.search(text, replayed.json()["message"])
    assert sentence(replayed, DAMAGED) == replayed.json()["message"]
    assert re.search(text, sentence(here(tmp_path / "h", *DEMO), DAMAGED))
    assert kept(journal) == before, "not a row of it was changed"


def test_a_journal_from_a_backup_counts_more_than_a_newer_snapshot(
    ran: Path, tmp_path: Path
) -> None:
    shutil.copytree(ran, tmp_path / "h")
    edited("DELETE FROM trading_journal WHERE seq > 1500")(tmp_path / "h")
    known = here(tmp_path / "h", "fills", "--limit", "100000", "--json").json()
    ended = run(tmp_path / "h", *DEMO, "--minutes", "0")
    assert ended.code == 0, ended.err
    with sqlite3.connect(tmp_path / "h" / "demo" / "journal.sqlite") as connection:
        [[started]] = connection.execute(
            "SELECT payload FROM trading_journal WHERE kind = 'DeskStarted' "
            "ORDER BY seq DESC LIMIT 1"
        ).fetchall()
    connection.close()
    assert msgspec.json.decode(started)["cold"], "the journal was folded, the snapshot was not read"
    told = here(tmp_path / "h", "fills", "--limit", "100000", "--json").json()
    # What the lost rows told comes back from the venue, each fill once, and from nowhere else.
    keys = [each["exec_id"] for each in told]
    assert len(keys) == len(set(keys))
    assert {each["exec_id"] for each in known} <= set(keys)
    lost = here(tmp_path / "h", "replay", "--json").json()["unprovable"]
    assert lost, "the steps that nothing tells of any more are named"


def test_read_tables_that_are_damaged_are_made_anew(ran: Path, tmp_path: Path) -> None:
    shutil.copytree(ran, tmp_path / "h")
    fills = here(tmp_path / "h", "fills", "--json")
    assert fills.json(), "a demo of some minutes has fills"
    (tmp_path / "h" / "demo" / "read.sqlite").write_bytes(JUNK)
    assert here(tmp_path / "h", "fills", "--json").out == fills.out


# --- a full disk ----------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk with room for a start and for a few seconds of the demo."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() or mount is None:
        pytest.skip("only root may mount a small disk")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", "size=10m", "tmpfs", disk], check=False)
    if made.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_that_fills_up_halts_the_demo_and_loses_nothing(small_disk: Path) -> None:
    ended = run(small_disk, *DEMO, "--speed", "100", "--minutes", "1")
    said = sentence(ended, DAMAGED)
    assert "No space left on device" in said or "is full" in said
    assert "start the desk again" in said
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    steps = proved(small_disk).json()["steps"]
    again = run(small_disk, *DEMO, "--minutes", "0.01")
    assert again.code == 0, again.err
    told_now = proved(small_disk).json()
    assert told_now["steps"] > steps
    assert told_now["restarts"] == 2


def test_a_disk_without_room_starts_no_demo(tmp_path: Path) -> None:
    ended = run(tmp_path, *DEMO, before="ulimit -f 600")
    assert "free some disk space before the desk starts" in sentence(ended, DAMAGED)


def test_a_report_without_room_leaves_the_result(tmp_path: Path) -> None:
    report = tmp_path / "out" / "r.html"
    (tmp_path / "x.csv").write_text(GOOD)
    words = ["backtest", "dual_ema_short", "--data", str(tmp_path / "x.csv"), *RULES]
    given = [*words, "--report", str(report), "--json"]
    ended = run(tmp_path, *given, before="ulimit -f 8")
    assert "Wrote the report" in sentence(ended, USAGE)
    assert ended.json()["decision_hash"]
    assert list(report.parent.iterdir()) == [], "no half of a report stays"

"""`tradewind doctor`: what it sees, what it says about what it cannot see, and what fails."""

import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.unit.cli.calling import Called, call
from tests.unit.cli.test_asking import recorded, traded
from tests.unit.faces.local.serving import running
from tradewind.app.conformance.card import Outcome, Play
from tradewind.app.conformance.examine import VenueReport
from tradewind.cli.doctor import print_report
from tradewind.edge.store.journal_sqlite import SqliteJournal


def found(called: Called) -> dict[str, tuple[str, str]]:
    return {each["name"]: (each["verdict"], each["text"]) for each in called.json()}


def test_an_empty_folder_is_no_fault(folder: Path) -> None:
    called = call("doctor", "--json", data=folder)
    assert called.code == 0
    assert found(called)["desk"][0] == "good"


def test_what_is_not_covered_is_said_in_words(folder: Path) -> None:
    table = call("doctor", data=folder).out
    assert "not covered: if this machine dies" in table


def test_a_recorded_desk_is_checked_row_by_row(folder: Path) -> None:
    stage = traded()
    recorded(folder, stage)
    seen = found(call("doctor", "--json", data=folder))
    verdict, text = seen[f"journal of {folder.name}"]
    assert verdict == "good"
    assert text.endswith(f"rows to step {stage.news[-1].seq}, each as it was committed")
    assert seen[f"desk {folder.name}"] == ("good", "does not run")
    assert "free" in seen[f"lease of {folder.name}"][1]


def test_a_lease_is_seen_without_being_touched(folder: Path) -> None:
    recorded(folder, traded())
    name = f"lease of {folder.name}"
    journal = SqliteJournal(folder / "journal.sqlite", durability="process", ballast_bytes=4096)
    journal.take_lease("ada")
    held = found(call("doctor", "--json", data=folder))[name]
    journal.append([])
    journal.close()
    free = found(call("doctor", "--json", data=folder))[name]
    assert "held by desk 'ada'" in held[1]
    assert "free; last held by desk 'ada'" in free[1]


def test_a_running_desk_is_reached(folder: Path) -> None:
    stage = traded()
    recorded(folder, stage)
    with running(folder / "desk.sock", stage):
        verdict, text = found(call("doctor", "--json", data=folder))[f"desk {folder.name}"]
    assert verdict == "good"
    assert text.startswith("answers: 2 instances, 1 live orders")


def test_a_row_that_was_changed_is_a_fault(folder: Path) -> None:
    recorded(folder, traded())
    with sqlite3.connect(folder / "journal.sqlite") as connection:
        connection.execute("UPDATE trading_journal SET payload = '{}' WHERE seq = 8")
    connection.close()
    called = call("doctor", "--json", data=folder)
    assert called.code == 3
    assert "row 8/" in found(called)[f"journal of {folder.name}"][1]


def test_a_file_that_is_no_journal_is_a_fault(folder: Path) -> None:
    (folder / "journal.sqlite").write_bytes(b"no database at all" * 100)
    called = call("doctor", "--json", data=folder)
    assert called.code == 3
    assert found(called)[f"journal of {folder.name}"][0] == "FAULT"


@pytest.mark.parametrize(
    ("free", "verdict"), [(1 << 20, "FAULT"), (1 << 29, "note"), (1 << 40, "good")]
)
def test_a_disk_that_fills_up_is_seen(
    free: int, verdict: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=free))
    assert found(call("doctor", "--json", data=folder))["disk"][0] == verdict


def test_it_leaves_nothing_behind(folder: Path) -> None:
    call("doctor", data=folder / "not" / "there")
    call("doctor", data=folder)
    assert list(folder.iterdir()) == []


def test_no_word_of_the_environment_is_printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = "canary-5f1c"
    for name in ("TRADEWIND_MASTER_KEY", "BYBIT_API_SECRET", "AWS_SECRET_ACCESS_KEY", "PASSWORD"):
        monkeypatch.setenv(name, canary)
    stage = traded()
    recorded(folder, stage)
    with running(folder / "desk.sock", stage):
        calls = [
            call(*words.split(), data=folder)
            for words in (
                "doctor",
                "instances --json",
                "orders",
                "fills --json",
                "pnl --proof",
                "status --json",
                "pause maker --why lunch",
                "pause nobody",
                "kill --dry-run",
            )
        ]
    calls += [call("strategies"), call("--help"), call("nosuch"), call("init", str(folder / "n"))]
    printed = "".join(each.out + each.err for each in calls)
    assert canary not in printed
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".ballast"]
    assert all(canary.encode() not in path.read_bytes() for path in files)


FILE = """
[accounts.tape]
venue = "bybit"
mode = "paper"
balance = 1000
environment = "custom"
symbols = ["BTCUSDT"]

[accounts.tape.hosts]
rest = "http://127.0.0.1:1"
public = "ws://127.0.0.1:1/v5/public"
private = "ws://127.0.0.1:1/v5/private"
trade = "ws://127.0.0.1:1/v5/trade"
"""


def test_an_account_that_the_file_does_not_have_is_named(folder: Path) -> None:
    file = folder / "desk.toml"
    file.write_text(FILE, encoding="utf-8")
    called = call("doctor", "--venue", "tapr", "--config", str(file), data=folder)
    assert called.code == 2
    assert "found no account tapr; give one of tape" in called.err


def test_a_venue_that_cannot_be_reached_is_one_sentence(folder: Path) -> None:
    file = folder / "desk.toml"
    file.write_text(FILE, encoding="utf-8")
    called = call("doctor", "--venue", "tape", "--config", str(file), data=folder)
    assert called.code == 5
    assert called.err.startswith("tradewind: ")
    assert "127.0.0.1" in called.err


def test_cards_are_told_one_a_row_and_what_protects_orders_in_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcomes = (
        Outcome("O01", "an order rests", Play.UNSAFE),
        Outcome("D01", "rules are sound", Play.PASSED),
        Outcome("D07", "there is a book", Play.FAILED, "waited 20 s for a trusted book"),
    )
    report = VenueReport("tape", "bybit", "demo", False, 2, "not covered: nothing does", outcomes)
    print_report(report)
    said = capsys.readouterr().out
    assert "O01" not in said
    assert "waited 20 s for a trusted book" in said
    assert "there is a book" not in said
    assert "1 cards would trade and were not played" in said
    assert "What protects resting orders: not covered: nothing does" in said
    assert not report.sound

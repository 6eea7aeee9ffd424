"""How verbs find a desk, and what they show of it, running or not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.calling import Called, call
from tests.unit.control.stage import BTC, Stage, hold, stage_with_maker
from tests.unit.faces.local.serving import running, short_folder
from tradewind.app.desks import DeskFolder
from tradewind.cli import asking
from tradewind.cli.asking import find, home
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.model.errors import ConfigError
from tradewind.runtime.codec import encode_rows

JSON = ("--json",)
READS = ["instances", "orders", "fills", "positions", "pnl", "status"]


def traded() -> Stage:
    stage = stage_with_maker()
    hold(stage, "2", "99.9")
    stage.quote(BTC, "99.9", "100.1")
    return stage


def recorded(folder: Path, stage: Stage) -> None:
    """Write a stage's committed steps into the journal of a folder, as its desk would have."""
    journal = SqliteJournal(folder / "journal.sqlite", durability="process", ballast_bytes=4096)
    epoch = journal.take_lease("the test")
    for news in stage.news:
        journal.append(encode_rows(news.seq, epoch, news.ts, news.event, news.effects))
    journal.close()


def test_files_are_called_what_the_desk_calls_them(tmp_path: Path) -> None:
    folder = DeskFolder(tmp_path)
    assert (folder.socket.name, folder.journal.name, folder.reads.name) == (
        asking.SOCKET,
        asking.JOURNAL,
        asking.READS,
    )


def test_the_data_folder_is_the_users_own_unless_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home(None) == tmp_path / ".tradewind"
    assert home(Path("here")) == Path("here")


def test_a_folder_from_the_environment_is_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(folder))
    with running(folder / "desk.sock"):
        assert call("instances", "--json").code == 0


def test_a_running_desk_comes_before_a_record_and_the_demos_is_found(folder: Path) -> None:
    (folder / "demo").mkdir()
    recorded(folder, traded())
    assert find(folder) == asking.Place(folder, running=False)
    with running(folder / "demo" / "desk.sock"):
        assert find(folder) == asking.Place(folder / "demo", running=True)


def test_the_one_desk_that_runs_is_found_and_several_are_named(folder: Path) -> None:
    for name in ("bybit", "kalshi"):
        (folder / name).mkdir()
    recorded(folder / "bybit", traded())
    assert find(folder) == asking.Place(folder / "bybit", running=False)
    with running(folder / "kalshi" / "desk.sock"):
        assert find(folder) == asking.Place(folder / "kalshi", running=True)
        with (
            running(folder / "bybit" / "desk.sock"),
            pytest.raises(ConfigError, match=r"found 2 that run there \(bybit, kalshi\)"),
        ):
            find(folder)
    recorded(folder / "kalshi", traded())
    with pytest.raises(ConfigError, match=f"--data {folder / 'kalshi'}"):
        find(folder)


def test_no_desk_anywhere_is_bad_usage(folder: Path) -> None:
    with pytest.raises(ConfigError, match="tradewind demo"):
        find(folder)
    called = call("instances", data=folder)
    assert (called.code, called.err.count("\n")) == (2, 1)


@pytest.mark.parametrize("verb", ["pause maker", "kill", "reconcile A"])
def test_what_changes_something_needs_a_desk_that_runs(verb: str, folder: Path) -> None:
    recorded(folder, traded())
    called = call(*verb.split(), data=folder)
    assert called.code == 5
    assert "does not run; start it first" in called.err


@pytest.fixture(scope="module")
def read() -> Iterator[dict[str, list[Called]]]:
    """Return what each verb said of one desk: while it ran, so too as JSON, and of its record."""
    stage = traded()
    with short_folder() as live, short_folder() as kept:
        recorded(kept, stage)
        with running(live / "desk.sock", stage):
            yield {
                verb: [call(verb, *words, data=at) for at in (live, kept) for words in ((), JSON)]
                for verb in READS
            }


@pytest.mark.parametrize("verb", READS)
def test_a_desk_is_read_running_or_not(verb: str, read: dict[str, list[Called]]) -> None:
    live, live_json, kept, kept_json = read[verb]
    for called in read[verb]:
        assert called.code == 0, called.err
    assert live.err == ""
    assert "does not run; from its journal" in kept.err
    if verb == "fills":
        assert kept_json.json() == live_json.json()
    for called in (live, kept):
        assert "maker" in called.out


def test_rows_can_be_chosen(folder: Path) -> None:
    with running(folder / "desk.sock", traded()):
        assert len(call("orders", "--json", data=folder).json()) == 2
        assert len(call("orders", "--open", "--json", data=folder).json()) == 1
        assert len(call("orders", "-n", "1", "--json", data=folder).json()) == 1
        assert call("orders", "--instance", "idle", "--json", data=folder).json() == []
        assert call("orders", "--instance", "idle", data=folder).out == "none\n"
        assert len(call("positions", "--json", data=folder).json()) == 1


def test_profit_and_loss_is_proved_or_exits_with_3(folder: Path) -> None:
    stage = traded()
    with running(folder / "desk.sock", stage):
        proved = call("pnl", "--proof", data=folder)
        held = stage.desk.ledger.positions()[0]
        held.realised += 1
        differs = call("pnl", data=folder)
        differs_json = call("pnl", "--json", data=folder)
    assert "Proved: equal to the fold of 1 fills." in proved.out
    assert "PAID OUT" in proved.out
    assert (proved.code, differs.code, differs_json.code) == (0, 3, 3)
    assert "Differs: maker/A/BYBIT:BTCUSDT/net" in differs.err


def test_a_damaged_journal_is_a_failed_check(folder: Path) -> None:
    (folder / "journal.sqlite").write_bytes(b"this is no database" * 100)
    called = call("fills", data=folder)
    assert (called.code, called.err.count("\n")) == (3, 2)
    assert "cannot be read as a database" in called.err


def test_a_desk_that_runs_and_does_not_answer_is_unreachable(folder: Path) -> None:
    recorded(folder, traded())
    journal = SqliteJournal(folder / "journal.sqlite", durability="process", ballast_bytes=4096)
    journal.take_lease("hung")
    called = call("fills", data=folder)
    journal.close()
    assert called.code == 5
    assert "runs and does not answer" in called.err

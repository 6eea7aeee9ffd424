"""Strategies of others: found, told apart, and warm after a restart while they are the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import START, account, perpetual
from tradewind.app.desks import DeskFolder, OpenDesk
from tradewind.app.strategies import Catalogue, Guests
from tradewind.core.engine.step import step
from tradewind.model.commands import Deploy
from tradewind.model.config import DeskConfig, InstanceSpec
from tradewind.model.errors import ConfigError
from tradewind.model.events import CommandReceived, Event, InstrumentDefined
from tradewind.model.ids import InstanceId

ROOT = Path(__file__).parents[3]
BTC = perpetual()
SOURCE = '''
from tradewind import Strategy

class Mine(Strategy):
    """Remembers a word."""

    def on_start(self, ctx):
        self.word = "WORD"
'''


def written(path: Path, word: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SOURCE.replace("WORD", word))
    return path


def test_two_files_of_one_name_are_two_strategies(tmp_path: Path) -> None:
    first, second = (written(tmp_path / word / "mine.py", word) for word in ("a", "b"))
    catalogue = Catalogue()
    classes = [catalogue.find(str(path)) for path in (first, second)]
    assert classes[0].__module__ != classes[1].__module__
    assert [sys.modules[each.__module__].__file__ for each in classes] == [str(first), str(second)]
    found = Guests(catalogue).found([str(first), str(second), "dual_ema_short"])
    assert found.keys() == {str(first), str(second)}
    assert len(set(found.values())) == 2


def test_a_file_is_read_as_it_stands_whatever_its_time_says(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.py", "a")
    first = Guests(Catalogue()).found([str(path)])
    before = path.stat()
    written(path, "b")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    second = Guests(Catalogue()).found([str(path)])
    assert first != second
    assert not list(tmp_path.rglob("*.pyc"))


def run(folder: Path, name: str) -> str:
    """Open a desk, deploy the strategy if it is new, close it; say how it was found."""
    desk = OpenDesk(DeskFolder(folder), Catalogue(), "process")
    again = "warm" if desk.recovered.warm else desk.recovered.why
    why = "; ".join(desk.snapshots.why_ignored)
    now = START + desk.desk.world.seq
    events: list[Event] = [desk.started(DeskConfig(accounts=(account(),)), now)]
    if not desk.desk.instances:
        spec = InstanceSpec(
            id=InstanceId("mine"), strategy=name, accounts=(account().id,), instruments=(BTC.id,)
        )
        events += [InstrumentDefined(BTC, now), CommandReceived(Deploy(spec), "c", "test", now)]
    for event in events:
        desk.keeper.note(event, step(desk.desk, event))
    word = vars(desk.desk.instances[InstanceId("mine")].strategy)["word"]
    desk.close()
    return f"{again} {word} {why}"


def in_a_process_of_its_own(folder: Path, name: str) -> str:
    code = f"import sys; from {__name__} import run; from pathlib import Path; "
    code += "print(run(Path(sys.argv[1]), sys.argv[2]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), name],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_a_desk_with_a_users_file_starts_warm_until_the_file_changes(tmp_path: Path) -> None:
    path = str(written(tmp_path / "mine.py", "first"))
    assert in_a_process_of_its_own(tmp_path / "desk", path) == "warm first"
    assert in_a_process_of_its_own(tmp_path / "desk", path) == "warm first"
    written(Path(path), "other")
    changed = in_a_process_of_its_own(tmp_path / "desk", path)
    assert changed.startswith("no snapshot of this version other")
    assert "mine.py has changed since" in changed


def test_a_file_without_a_strategy_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none.py"
    path.write_text("x = 1")
    with pytest.raises(ConfigError, match="found no such strategy class in it"):
        Catalogue().find(str(path))
    with pytest.raises(ConfigError, match="found no such file"):
        Catalogue().find(str(tmp_path / "nowhere.py"))

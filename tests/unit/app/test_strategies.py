"""Strategies of others: found, told apart, and warm after a restart while they are the same."""

import os
import sys
from pathlib import Path

import pytest

from tests.harness import perpetual
from tradewind.app.strategies import Catalogue, Guests
from tradewind.model.errors import ConfigError

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


def test_a_file_without_a_strategy_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none.py"
    path.write_text("x = 1")
    with pytest.raises(ConfigError, match="found no such strategy class in it"):
        Catalogue().find(str(path))
    with pytest.raises(ConfigError, match="found no such file"):
        Catalogue().find(str(tmp_path / "nowhere.py"))

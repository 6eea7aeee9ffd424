"""`tradewind init`: files to begin with, which are right and are never lost."""

import tomllib
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tradewind.app.config import Settings, load_settings
from tradewind.app.strategies import Catalogue
from tradewind.cli.init import CONFIG, DESK_TOML, STRATEGY
from tradewind.core.strategy.parameters import validate
from tradewind.model.config import DeskConfig


def test_it_writes_both_files_and_touches_nothing_the_second_time(tmp_path: Path) -> None:
    first = call("init", str(tmp_path / "new"))
    assert first.code == 0
    assert first.out.count("written") == 2
    (tmp_path / "new" / CONFIG).write_text("mine")
    second = call("init", str(tmp_path / "new"))
    assert (second.code, second.out.count("kept")) == (0, 2)
    assert (tmp_path / "new" / CONFIG).read_text() == "mine"


def loaded(folder: Path, text: str) -> Settings:
    (folder / "read.toml").write_text(text)
    return load_settings(folder / "read.toml")


def uncommented(text: str) -> str:
    """Return a configuration with every line that only shows something taken for meant."""
    return "\n".join(
        line[2:] if line.startswith("# ") and " = " in line and line[2].islower() else line
        for line in text.splitlines()
    )


def test_the_configuration_is_one_that_the_desk_understands(tmp_path: Path) -> None:
    settings = loaded(tmp_path, DESK_TOML)
    assert [account.id for account in settings.desk.accounts] == ["paper"]
    [spec] = settings.instances
    assert spec.accounts[0] == "paper"
    assert spec.strategy == str(tmp_path / STRATEGY)


def test_every_line_that_is_commented_out_is_right_too(tmp_path: Path) -> None:
    settings = loaded(tmp_path, uncommented(DESK_TOML))
    defaults = DeskConfig()
    assert settings.desk.stale_book_ns == defaults.stale_book_ns
    assert settings.desk.market_buffer_pct == defaults.market_buffer_pct


@pytest.mark.parametrize("name", ["bybit-simulated", "kalshi-simulated"])
def test_an_example_is_written_once_and_is_one_that_a_desk_understands(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "new" / "desk.toml"
    assert call("init", "--example", name, str(path)).code == 0
    assert load_settings(path).name == name
    path.write_text("mine")
    assert "kept" in call("init", "--example", name, str(path)).out
    assert path.read_text() == "mine"
    assert "would write" in call("init", str(tmp_path), "--example", name, "--dry-run").out
    assert not (tmp_path / f"{name}.toml").exists()
    assert call("init", str(tmp_path), "--example", name).code == 0
    assert (tmp_path / f"{name}.toml").is_file()


def test_an_example_that_is_none_is_told_with_those_that_are(tmp_path: Path) -> None:
    called = call("init", "--example", "bibyt", str(tmp_path / "x"))
    assert (called.code, called.err.count("\n")) == (2, 1)
    assert "bybit-simulated, kalshi-simulated" in called.err


def test_the_first_strategy_loads_and_takes_the_parameters_of_the_configuration(
    tmp_path: Path,
) -> None:
    call("init", str(tmp_path))
    cls = Catalogue().find(str(tmp_path / STRATEGY))
    instance = tomllib.loads(DESK_TOML)["instances"]["first"]
    values = validate(cls.parameters, instance["parameters"], "first")
    assert values == {"fast": 10, "slow": 30, "qty": "0.01"}
    assert instance["strategy"] == STRATEGY


def test_a_folder_that_cannot_be_made_is_bad_usage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    called = call("init", str(tmp_path / "file" / "below"))
    assert (called.code, called.err.count("\n")) == (2, 1)

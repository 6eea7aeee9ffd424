"""`tradewind init`: files to begin with, which are right and are never lost."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from tests.unit.cli.calling import call
from tradewind.app.strategies import Catalogue
from tradewind.cli.init import CONFIG, DESK_TOML, STRATEGY
from tradewind.core.strategy.parameters import validate
from tradewind.model.config import DeskConfig, InstanceSpec


def test_it_writes_both_files_and_touches_nothing_the_second_time(tmp_path: Path) -> None:
    first = call("init", str(tmp_path / "new"))
    assert first.code == 0
    assert first.out.count("written") == 2
    (tmp_path / "new" / CONFIG).write_text("mine")
    second = call("init", str(tmp_path / "new"))
    assert (second.code, second.out.count("kept")) == (0, 2)
    assert (tmp_path / "new" / CONFIG).read_text() == "mine"


def test_the_configuration_is_one_that_the_desk_understands() -> None:
    told = tomllib.loads(DESK_TOML)
    instances = told.pop("instances")
    config = msgspec.convert(told, DeskConfig, strict=False)
    assert [account.id for account in config.accounts] == ["paper"]
    [spec] = msgspec.convert(instances, list[InstanceSpec], strict=False)
    assert spec.accounts[0] == config.accounts[0].id


def test_every_line_that_is_commented_out_is_right_too() -> None:
    shown = "\n".join(
        line[2:] if line.startswith("# ") and " = " in line and line[2].islower() else line
        for line in DESK_TOML.splitlines()
    )
    told: dict[str, Any] = tomllib.loads(shown)
    instances = told.pop("instances")
    config = msgspec.convert(told, DeskConfig, strict=False)
    defaults = DeskConfig()
    assert config.stale_book_ns == defaults.stale_book_ns
    assert config.market_buffer_pct == defaults.market_buffer_pct
    assert instances


def test_the_first_strategy_loads_and_takes_the_parameters_of_the_configuration(
    tmp_path: Path,
) -> None:
    call("init", str(tmp_path))
    cls = Catalogue().find(str(tmp_path / STRATEGY))
    [instance] = tomllib.loads(DESK_TOML)["instances"]
    values = validate(cls.parameters, instance["parameters"], "first")
    assert values == {"fast": 10, "slow": 30, "qty": "0.01"}
    assert instance["strategy"] == STRATEGY


def test_a_folder_that_cannot_be_made_is_bad_usage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    called = call("init", str(tmp_path / "file" / "below"))
    assert (called.code, called.err.count("\n")) == (2, 1)

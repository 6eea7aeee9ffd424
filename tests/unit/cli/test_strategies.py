"""`tradewind strategies`: what there is, with parameters, ranges and commands."""

from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tradewind.strategies.catalogue import BUILT_IN


def test_every_built_in_strategy_is_listed_with_what_it_does() -> None:
    rows = call("strategies", "--json").json()
    assert {row["name"] for row in rows} >= set(BUILT_IN)
    assert all(row["doc"] and row["parameters"] and not row["error"] for row in rows)


@pytest.mark.parametrize("name", list(BUILT_IN))
def test_one_strategy_shows_every_parameter_with_its_range(name: str) -> None:
    row = call("strategies", name, "--json").json()
    assert all(each["takes"] for each in row["parameters"])
    shown = call("strategies", name).out
    for each in row["parameters"]:
        assert each["name"] in shown
    for word in row["commands"]:
        assert word in shown


def test_a_file_of_ones_own_is_shown(tmp_path: Path) -> None:
    call("init", str(tmp_path))
    called = call("strategies", str(tmp_path / "first_strategy.py"))
    assert called.code == 0
    assert "int from 2 to 500 candles" in called.out


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("dual_ema_shrt", "did you mean dual_ema_short?"),
        ("nothing/here.py", "no such file"),
    ],
)
def test_a_wrong_name_is_bad_usage(name: str, sentence: str) -> None:
    called = call("strategies", name)
    assert called.code == 2
    assert sentence in called.err


def test_a_file_that_does_not_import_is_bad_usage(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("1/0\n")
    called = call("strategies", str(broken))
    assert called.code == 2
    assert "ZeroDivisionError" in called.err
    assert "Traceback" not in called.err

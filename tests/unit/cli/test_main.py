"""The command line as a whole: version, usage, and errors as sentences with their exit code."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tradewind
from tradewind.cli import main as cli

README = Path(__file__).parents[3] / "README.md"


def test_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(cli.app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"tradewind {tradewind.__version__}\n")


@pytest.mark.parametrize("words", [["nosuch"], ["--nosuch"]])
def test_an_unknown_word_is_bad_usage(words: list[str]) -> None:
    assert CliRunner().invoke(cli.app, words).exit_code == 2


def test_the_readme_lists_every_verb_and_no_other() -> None:
    rows = re.findall(r"^\| ((?:`[a-z-]+` ?)+)\|", README.read_text(encoding="utf-8"), re.MULTILINE)
    told = [verb for row in rows for verb in re.findall(r"`([a-z-]+)`", row)]
    assert sorted(told) == sorted(cli.VERBS)

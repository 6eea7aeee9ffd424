"""The command line as a whole: its verbs, its speed, and errors as sentences with an exit code."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import tradewind
from tests.unit.cli.calling import call
from tradewind.cli import main as cli
from tradewind.model.errors import ConfigError, Refused

README = Path(__file__).parents[3] / "README.md"
HEAVY = ("rich", "sqlalchemy", "alembic", "duckdb", "pyarrow", "numpy", "markdown_it")


def test_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(cli.app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"tradewind {tradewind.__version__}\n")


@pytest.mark.parametrize("words", [["nosuch"], ["--nosuch"], ["pause"], ["pause", "x", "--nosuch"]])
def test_an_unknown_word_is_bad_usage(words: list[str]) -> None:
    assert CliRunner().invoke(cli.app, words).exit_code == 2


def test_a_misspelt_verb_is_answered_with_the_nearest() -> None:
    assert "Did you mean 'flatten'?" in CliRunner().invoke(cli.app, ["flaten"]).output


def test_the_readme_lists_every_verb_and_no_other() -> None:
    rows = re.findall(r"^\| (`.+?) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    verbs = [verb for row in rows for verb in re.findall(r"`([a-z-]+)`", row)]
    assert sorted(verbs) == sorted(cli.VERBS)


@pytest.mark.parametrize("name", list(cli.VERBS))
def test_every_verb_loads_and_says_what_it_does_in_a_line(name: str) -> None:
    assert cli.load(name).get_short_help_str(limit=200), name
    assert CliRunner().invoke(cli.app, [name, "--help"]).exit_code == 0


READS = {
    *("replay", "doctor", "strategies", "status", "backtest"),
    *("instances", "orders", "positions", "fills", "pnl"),
}
NAME_COLUMN = 15
"""Columns that names take in the list of verbs, at most."""


@pytest.mark.parametrize("name", sorted(READS))
def test_every_reading_verb_takes_json(name: str) -> None:
    assert "--json" in {word for each in cli.load(name).params for word in each.opts}


@pytest.mark.parametrize("name", list(cli.VERBS))
def test_help_speaks_with_one_voice_and_fits_a_line_of_eighty(name: str) -> None:
    verb = cli.load(name)
    assert len(verb.get_short_help_str(limit=200)) <= 80 - NAME_COLUMN, "cut short in the list"
    text = (verb.help or "").strip()
    assert text[0].isupper(), text
    assert text.endswith("."), text
    for each in verb.params:
        said = (each.help or "").strip()
        assert said.endswith("."), f"{each.name}: {said!r}"


USAGE = {
    "flaten": "found no verb 'flaten'; did you mean 'flatten'?",
    "pause x --wy z": "found no option --wy of tradewind pause; did you mean --why?",
    "pause": "found no argument 'instance'; see tradewind pause --help.",
    "pause x y": "found more words than it takes (y); see tradewind pause --help.",
    "orders --limit 0": "found an invalid value for '--limit' / '-n': Input should be greater",
    "order buy -1 X --account a": "found -1 where no negative number belongs; see tradewind order",
    "orders --limit": "found that option '--limit' requires an argument; see tradewind orders",
    "data imprt x": "found no verb 'imprt'; did you mean 'import'?",
}


@pytest.mark.parametrize("words", USAGE)
def test_a_slip_on_the_command_line_is_one_sentence_with_the_next_step(words: str) -> None:
    called = call(*words.split())
    assert (called.code, called.out, called.err.count("\n")) == (2, "", 1)
    assert called.err.startswith(f"tradewind: Read the command line, {USAGE[words]}")
    with_json = call(*words.split(), "--json")
    assert with_json.err.startswith(f"tradewind: Read the command line, {USAGE[words]}") or (
        words == "orders --limit"  # takes it for the number
    )
    assert with_json.json()["code"] == "bad_request"
    assert with_json.json()["retryable"] is False


def test_the_program_without_words_shows_its_verbs() -> None:
    called = call()
    assert (called.code, called.out) == (2, "")
    assert called.err.startswith("Usage: tradewind")


def test_help_needs_no_heavy_library() -> None:
    code = (
        "import sys; sys.argv = ['tradewind', '--help']\n"
        "from tradewind.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(("error", "code"), [(ConfigError("One."), 2), (Refused("Two."), 4)])
def test_an_error_is_one_sentence_on_stderr(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verb() -> None:
        """Fail."""
        raise error

    monkeypatch.setattr(cli, "load", lambda name: typer.main.get_command(_app(verb)))
    called = call("doctor")
    assert (called.code, called.out, called.err) == (code, "", f"tradewind: {error}\n")


def _app(verb: object) -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command("doctor")(verb)  # type: ignore[type-var]
    return app


def test_an_interrupted_verb_prints_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def verb() -> None:
        """Be interrupted."""
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "load", lambda name: typer.main.get_command(_app(verb)))
    called = call("doctor")
    assert (called.code, called.out, called.err) == (130, "", "")

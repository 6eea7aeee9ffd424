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
    assert "Did you mean 'pause'?" in CliRunner().invoke(cli.app, ["puase"]).output


def test_the_readme_lists_every_verb_and_no_other() -> None:
    rows = re.findall(r"^\| (`.+?) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    verbs = [verb for row in rows for verb in re.findall(r"`([a-z-]+)`", row)]
    assert sorted(verbs) == sorted(cli.VERBS)


@pytest.mark.parametrize("name", list(cli.VERBS))
def test_every_verb_loads_and_says_what_it_does_in_a_line(name: str) -> None:
    assert cli.load(name).get_short_help_str(limit=200), name
    assert CliRunner().invoke(cli.app, [name, "--help"]).exit_code == 0


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

"""`tradewind test`: find the tests of a source tree and run them. Knows no stage by name."""

import subprocess
import sys
from pathlib import Path

import typer

from tradewind.model.errors import ConfigError


def test(context: typer.Context) -> None:
    """Run the checks and tests in stages.

    All of them, or those named: fast, walks, simulation, e2e. What follows `--` goes to pytest.
    Exits with 1 when a stage failed.
    """
    stages = Path(__file__).parents[3] / "tests" / "stages.py"
    if not stages.is_file():
        raise ConfigError(
            f"Looked for the tests at {stages} and found none, because this is not a source tree; "
            "clone the repository and run ./tradewind test there."
        )
    raise typer.Exit(subprocess.call([sys.executable, str(stages), *context.args]))

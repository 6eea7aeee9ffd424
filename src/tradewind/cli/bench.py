"""`tradewind bench`: measure the whole engine on the workloads of its peers."""

import subprocess
import sys
from pathlib import Path

import typer

from tradewind.model.errors import ConfigError


def bench(context: typer.Context) -> None:
    """Measure the whole engine on the workloads of its peers.

    What follows is passed on: --rounds, --data, --peers, --venvs, --write, --profile ….
    """
    root = Path(__file__).parents[3]
    if not (root / "bench" / "run.py").is_file():
        raise ConfigError(
            f"Looked for the benches in {root} and found none, because this is not a source "
            "tree; clone the repository and run ./tradewind bench there."
        )
    words = [str(Path(word).absolute()) if Path(word).is_dir() else word for word in context.args]
    raise typer.Exit(subprocess.call([sys.executable, "-m", "bench.run", *words], cwd=root))

"""The program as a shell starts it: words in, exit code and texts out, in a data folder given."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from tests.canaries import listen

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-P", "-m", "tradewind")
LIMIT_S = 60


class Ended(msgspec.Struct, frozen=True):
    """What a call gave back."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return what was printed as JSON."""
        return msgspec.json.decode(self.out)


def start(home: Path, *words: str, before: str = "") -> subprocess.Popen[str]:
    """Start `tradewind` with words; `before` is shell that runs in its process first."""
    command = [*PROGRAM, *words]
    if before:
        command = ["/bin/sh", "-c", f'{before}; exec "$@"', "sh", *command]
    return subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def environment(home: Path) -> dict[str, str]:
    """Return what the program finds around it."""
    return {
        **os.environ,
        "TRADEWIND_HOME": str(home),
        "PYTHONPATH": str(ROOT / "src"),
        "COLUMNS": "80",
    }


def finish(process: subprocess.Popen[str]) -> Ended:
    """Wait for a call and return what it gave back."""
    out, err = process.communicate(timeout=LIMIT_S)
    listen("tradewind", out, err)
    return Ended(process.returncode, out, err)


def run(home: Path, *words: str, before: str = "") -> Ended:
    """Call `tradewind` and wait."""
    return finish(start(home, *words, before=before))


def sentence(ended: Ended, code: int) -> str:
    """Return the one sentence that a refused call left on stderr, and see that it is only one.

    Notes on the side (what a file lacks, where a view was read) may come before it.
    """
    shown = f"{ended.code}\n{ended.out}\n{ended.err}"
    assert ended.code == code, shown
    assert "Traceback" not in ended.err + ended.out, shown
    said = [line for line in ended.err.splitlines() if line.startswith("tradewind: ")]
    said = [line for line in said if not line.endswith("from its journal:")]
    assert len(said) == 1, shown
    assert ended.err.endswith(said[0] + "\n"), shown
    return said[0].removeprefix("tradewind: ")

"""The command line called in this process, as a shell would: words in, exit code and texts out."""

import contextlib
import io
import sys
from pathlib import Path
from typing import Any

import msgspec

from tests.canaries import listen
from tradewind.cli.main import main


class Called(msgspec.Struct, frozen=True):
    """What a call gave back."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return what was printed as JSON."""
        return msgspec.json.decode(self.out)


def call(*words: str, data: Path | None = None) -> Called:
    """Call `tradewind` with words; `data` is added where it is given."""
    given = [*words, *(("--data", str(data)) if data is not None else ())]
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["tradewind", *given]
    code: int | str | None = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv = before
    assert isinstance(code, int | None), code
    listen(f"tradewind {' '.join(words[:2])}", out.getvalue(), err.getvalue())
    return Called(code or 0, out.getvalue(), err.getvalue())

"""The program at a terminal of its own, with somebody who answers what it asks."""

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

from tests.canaries import listen

AT_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, '-P', '-m', 'tradewind', *sys.argv[1:]])"
)


def heard_from(terminal: int) -> str:
    """Return what came next, empty at the end."""
    try:
        return os.read(terminal, 4096).decode()
    except OSError:
        return ""  # so Linux says that the other side has closed


def at_terminal(folder: Path, answers: list[tuple[str, str]], *words: str) -> tuple[int, str]:
    """Start the program at a terminal, answer each question that it asks, and return what it said.

    What it said is what a person saw, so an echo would be in it.
    """
    ours, theirs = pty.openpty()
    environment = {
        **os.environ,
        "TRADEWIND_HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-P", "-c", AT_TERMINAL, *words]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        # A question that never comes must not hold the run.
        watch = threading.Timer(30, process.kill)
        watch.start()
        said = ""
        for question, answer in answers:
            while question not in said:
                more = heard_from(ours)
                assert more, said
                said += more
            said = said.replace(question, question.upper(), 1)
            os.write(ours, answer.encode() + b"\n")
        while more := heard_from(ours):
            said += more
        watch.cancel()
    os.close(ours)
    listen("tradewind at a terminal", said)
    return process.returncode, said

"""Secrets asked for on the terminal, without echo; never taken from the words of a command."""

import getpass
import os
import sys
import termios
from typing import TYPE_CHECKING

from tradewind.model.errors import ConfigError

if TYPE_CHECKING:
    from tradewind.app.accounts import KeyField

PEM_ENDS = "-----END"
MOST_LINES = 200
LONGEST_LINE = 4096


def ask_passphrase(what: str, is_new: bool) -> str:
    """Ask for a passphrase, a new one twice; raises ConfigError where there is no terminal."""
    told = _ask(what, "name a file with TRADEWIND_PASSPHRASE_FILE, or a key file with --key-file")
    if is_new and told != _ask("The same once more", "type it once more"):
        raise ConfigError("Read the new passphrase twice, found two different ones; try again.")
    return told


def ask_field(field: "KeyField") -> str:
    """Ask for one field of keys: a line, or all lines of a private key."""
    if not sys.stdin.isatty():
        raise ConfigError(
            f"Asked for the {field.word}, found no terminal; give the fields as JSON with --stdin."
        )
    remedy = "give the fields as JSON with --stdin"
    if not field.pem:
        return _ask(field.prompt, remedy)
    return _ask_lines(f"{field.prompt}, its lines from BEGIN to END", remedy)


def _ask(what: str, remedy: str) -> str:
    try:
        # Without a terminal `getpass` would read stdin, with echo.
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
        return getpass.getpass(f"{what}: " if what else "")
    except OSError:
        raise ConfigError(f"Asked for: {what}, found no terminal; {remedy}.") from None
    except (EOFError, UnicodeDecodeError):
        raise ConfigError(f"Asked for: {what}, found no answer; type it, or {remedy}.") from None


def _ask_lines(what: str, remedy: str) -> str:
    """Ask for lines until one ends a private key."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        raise ConfigError(f"Asked for: {what}, found no terminal; {remedy}.") from None
    before = termios.tcgetattr(terminal)
    # Once for all lines: `getpass` would throw away what was pasted after the first.
    silent = [*before]
    silent[3] &= ~termios.ECHO
    try:
        termios.tcsetattr(terminal, termios.TCSADRAIN, silent)
        os.write(terminal, f"{what}: ".encode())
        text = _until_end(terminal)
        os.write(terminal, b"\n")
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        os.close(terminal)
    return text


def _until_end(terminal: int) -> str:
    lines: list[str] = []
    while len(lines) < MOST_LINES and not (lines and lines[-1].startswith(PEM_ENDS)):
        line = os.read(terminal, LONGEST_LINE)
        if not line:
            break
        lines += line.decode("utf-8", "replace").splitlines()
    return "\n".join(lines)

"""Secrets asked for on the terminal, without echo; never taken from the words of a command."""

import getpass
import os
import sys
import termios
from typing import TYPE_CHECKING

import typer

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


def ask_password(what: str) -> str:
    """Ask for a new password twice; raises ConfigError where there is no terminal."""
    remedy = "give it on the first line of stdin with --stdin"
    told = _ask(what, remedy)
    if told != _ask("The same once more", "type it once more"):
        raise ConfigError("Read the new password twice, found two different ones; try again.")
    return told


def ask_code() -> str:
    """Ask for a code of a second factor; raises ConfigError where there is no terminal."""
    return _ask("Code", "give it on the first line of stdin with --stdin")


def no_more_words(context: typer.Context, what: str) -> None:
    """Raise ConfigError, which repeats none of them, for more words than a verb takes.

    `what` they may have been is told: something secret.
    """
    if context.args:
        raise ConfigError(
            f"Read the command line, found more words than it takes; {what} never stand there, "
            f"see {context.command_path} --help."
        )


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

"""Secrets asked for on the terminal, without echo; never taken from the words of a command."""

import getpass
import os
import sys
from typing import TYPE_CHECKING

from tradewind.model.errors import ConfigError

if TYPE_CHECKING:
    from tradewind.app.accounts import KeyField

PEM_ENDS = "-----END"
MOST_LINES = 200


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
    lines = [_ask(f"{field.prompt}, its lines from BEGIN to END", remedy)]
    while not lines[-1].startswith(PEM_ENDS) and len(lines) < MOST_LINES:
        lines.append(_ask("", remedy))
    return "\n".join(lines)


def _ask(what: str, remedy: str) -> str:
    try:
        # Without a terminal `getpass` would read stdin, with echo.
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
        return getpass.getpass(f"{what}: " if what else "")
    except OSError:
        raise ConfigError(f"Asked for: {what}, found no terminal; {remedy}.") from None
    except (EOFError, UnicodeDecodeError):
        raise ConfigError(f"Asked for: {what}, found no answer; type it, or {remedy}.") from None

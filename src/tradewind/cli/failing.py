"""How a failure is told: one sentence on stderr, its exit code, and the error shape for `--json`.

Knows the errors of Tradewind and those of the command line itself; must not know any verb.
"""

import difflib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import typer

from tradewind.cli.exits import CLOSED, INTERRUPTED, exit_code
from tradewind.model.errors import ConfigError, Fenced, JournalError, TradewindError

STARTS = {
    "No such command": "no verb",
    "Missing": "no",
    "Invalid value": "an invalid value",
    "Got unexpected extra argument(s)": "more words than it takes",
    "Got unexpected extra argument": "more words than it takes",
}
"""How Typer begins a message, and how it goes on after "found"."""


def ended(error: BaseException, words: Sequence[str]) -> int:
    """Tell how a verb ended that did not come through, and return its exit code.

    `words` is the command line. With `--json` among them stdout gets one JSON object
    `{code, message, rule, retryable}`. What is no failure that we know is raised again.
    """
    if isinstance(error, BaseExceptionGroup):
        error = the_one(error)
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _abandon_stdout()
        return CLOSED
    if isinstance(error, typer.TyperException) and error.message.startswith("Usage:"):
        # Not a mistake but a question: a verb of several words was given alone.
        typer.echo(error.message, err=True)
        return error.exit_code
    told = known(error, words)
    if told is None:
        raise error
    if isinstance(error, OSError):
        # Most likely it is stdout that could not be written.
        _abandon_stdout()
    tell(told, as_json="--json" in words)
    return exit_code(told)


def the_one(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error of a group that counts: a fault of the program, else what is ours.

    Tasks that ran side by side end together, and one of them has ended the others.
    """
    leaves = [
        leaf
        for each in group.exceptions
        for leaf in ((the_one(each),) if isinstance(each, BaseExceptionGroup) else (each,))
    ]
    ranks = (Fenced, JournalError, TradewindError)
    strange = [leaf for leaf in leaves if not isinstance(leaf, TradewindError)]
    found = strange or [leaf for rank in ranks for leaf in leaves if isinstance(leaf, rank)]
    return found[0]


def _abandon_stdout() -> None:
    """Send the rest of stdout nowhere: the same error once more, at the very end, helps nobody."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def known(error: BaseException, words: Sequence[str]) -> TradewindError | None:
    """Return an error as one of ours; None for one that only a mistake in the program raises."""
    if isinstance(error, TradewindError):
        return error
    if isinstance(error, typer.TyperException):
        return ConfigError(usage_sentence(error, words))
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        return ConfigError(
            f"Ran {' '.join(['tradewind', *words[:1]])}, found {error.strerror or error}{where}; "
            f"see to that file and its disk, then try again."
        )
    return None


def tell(error: TradewindError, *, as_json: bool) -> None:
    """Print an error: a sentence on stderr, and with `as_json` the error shape on stdout."""
    if as_json:
        import msgspec

        from tradewind.control.requests import failure

        typer.echo(msgspec.json.encode(failure(error)).decode())
    typer.echo(f"tradewind: {' '.join(str(error).split())}", err=True)


def usage_sentence(error: typer.TyperException, words: Sequence[str]) -> str:
    """Return what is wrong with the command line in one sentence, with the nearest right word."""
    path = getattr(getattr(error, "ctx", None), "command_path", " ".join(["tradewind", *words[:1]]))
    see = f"see {path} --help."
    option = getattr(error, "option_name", "")
    if option.startswith("-") and option[1:2].isdigit():
        number = next((word for word in words if word.startswith(option)), option)
        return f"Read the command line, found {number} where no negative number belongs; {see}"
    message = error.format_message().strip()
    if option and message.startswith("No such option"):
        near = difflib.get_close_matches(option, getattr(error, "possibilities", None) or (), n=1)
        hint = f"did you mean {near[0]}?" if near else see
        return f"Read the command line, found no option {option} of {path}; {hint}"
    return f"Read the command line, found {_begun(message, see)}"


def _begun(message: str, see: str) -> str:
    for start, ours in STARTS.items():
        if message.startswith(start):
            message = ours + message.removeprefix(start)
            break
    else:
        message = f"that {message[:1].lower()}{message[1:]}"
    found, _, hint = message.partition(". Did you mean ")
    return f"{found}; did you mean {hint}" if hint else f"{found.rstrip('.')}; {see}"

"""What verbs that change something have in common: the same options, and the same way to the desk.

A verb says in its own words which command it is; `changing` adds the rest, so that no verb can
forget to offer a dry run or to ask for the reason.
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING

from tradewind.cli.options import CommandName, Data, DryRun, Json, Terms, Wait, Why

if TYPE_CHECKING:
    from tradewind.model.commands import Command

WAIT_S = 30.0
POSITION = inspect.Parameter.KEYWORD_ONLY
SHARED = (
    inspect.Parameter("data", POSITION, default=None, annotation=Data),
    inspect.Parameter("dry_run", POSITION, default=False, annotation=DryRun),
    inspect.Parameter("why", POSITION, default="", annotation=Why),
    inspect.Parameter("command_id", POSITION, default="", annotation=CommandName),
    inspect.Parameter("wait_s", POSITION, default=WAIT_S, annotation=Wait),
    inspect.Parameter("as_json", POSITION, default=False, annotation=Json),
)
"""The options of every verb that changes something."""


def changing(verb: Callable[..., "Command"]) -> Callable[..., None]:
    """Turn a function that returns a command into a verb that gives it to the desk."""

    def run(**given: object) -> None:
        from tradewind.cli.asking import carry_out

        shared = {each.name: given.pop(each.name) for each in SHARED}
        carry_out(verb(**given), Terms(**shared))  # type: ignore[arg-type]

    own = inspect.signature(verb).parameters.values()
    parameters = [each.replace(kind=POSITION) for each in own] + list(SHARED)
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__name__, run.__doc__, run.__module__ = verb.__name__, verb.__doc__, verb.__module__
    return run

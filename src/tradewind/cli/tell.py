"""`tradewind tell`: give a strategy a command of its own."""

from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.changing import changing
from tradewind.cli.options import Instance

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def tell(
    instance: Instance,
    action: Annotated[str, typer.Argument(help="A word of the strategy, e.g. toggle_jump.")],
    pairs: Annotated[
        list[str] | None, typer.Argument(help="name=value, as the word needs them.")
    ] = None,
) -> "Command":
    """Give a strategy a command of its own. `strategies NAME` lists its words."""
    from tradewind.cli.options import values
    from tradewind.model.commands import Tell
    from tradewind.model.ids import InstanceId

    return Tell(InstanceId(instance), action, values(pairs or []))

"""`tradewind set`: change parameters of a running instance, all or nothing."""

from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.changing import changing
from tradewind.cli.options import Instance

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def set_(
    instance: Instance,
    pairs: Annotated[list[str], typer.Argument(help="name=value, as many as you like.")],
    version: Annotated[
        int, typer.Option("--version", help="Only if the parameters are at this version.")
    ] = 0,
) -> "Command":
    """Change parameters of an instance, all or nothing.

    `strategies NAME` lists names and ranges.
    """
    from tradewind.cli.options import values
    from tradewind.model.commands import SetParameters
    from tradewind.model.ids import InstanceId

    return SetParameters(InstanceId(instance), values(pairs), version or None)

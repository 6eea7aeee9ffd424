"""`tradewind stop`: finish the cycle, cancel what is left."""

from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.changing import changing
from tradewind.cli.options import Instance

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def stop(
    instance: Instance,
    timeout_s: Annotated[
        int, typer.Option("--timeout", help="Seconds until it stops in any case.", min=0)
    ] = 300,
    flatten: Annotated[
        bool, typer.Option("--flatten", help="Close its positions as well.")
    ] = False,
) -> "Command":
    """Finish the cycle, then cancel what is left. Confirmed when it has stopped."""
    from tradewind.model.commands import Stop
    from tradewind.model.ids import InstanceId

    return Stop(InstanceId(instance), timeout_s, flatten)

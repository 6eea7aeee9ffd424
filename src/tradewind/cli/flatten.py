"""`tradewind flatten`: close an instance's positions, cancel its orders."""

from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.changing import changing
from tradewind.cli.options import Instance

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def flatten(
    instance: Instance,
    max_slippage_pct: Annotated[
        str, typer.Option("--max-slippage", help="Per cent beyond the touch that it may cost.")
    ] = "0.5",
) -> "Command":
    """Close an instance's positions, cancel its orders. Confirmed when it is flat."""
    from tradewind.model.commands import Flatten
    from tradewind.model.ids import InstanceId
    from tradewind.model.money import decimal

    return Flatten(InstanceId(instance), decimal(max_slippage_pct, "--max-slippage"))

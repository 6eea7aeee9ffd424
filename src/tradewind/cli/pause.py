"""`tradewind pause`: no new cycle; live orders stay fresh, exits go on."""

from typing import TYPE_CHECKING

from tradewind.cli.changing import changing
from tradewind.cli.options import Instance

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def pause(instance: Instance) -> "Command":
    """Begin no new cycle; keep live orders fresh and exits running."""
    from tradewind.model.commands import Pause
    from tradewind.model.ids import InstanceId

    return Pause(InstanceId(instance))

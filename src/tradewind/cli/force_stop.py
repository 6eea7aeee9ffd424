"""`tradewind force-stop`: cancel everything now and end the instance."""

from typing import TYPE_CHECKING

from tradewind.cli.changing import changing
from tradewind.cli.options import Instance, Protective

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def force_stop(instance: Instance, protective: Protective = "keep") -> "Command":
    """Cancel an instance's orders now and end it for good.

    Positions stay, and so do the orders that guard them unless asked.
    """
    from tradewind.cli.options import cancels_protective
    from tradewind.model.commands import ForceStop
    from tradewind.model.ids import InstanceId

    return ForceStop(InstanceId(instance), cancels_protective(protective))

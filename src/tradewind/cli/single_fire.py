"""`tradewind single-fire`: one cycle, then pause."""

from typing import TYPE_CHECKING

from tradewind.cli.changing import changing
from tradewind.cli.options import Instance

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def single_fire(instance: Instance) -> "Command":
    """Permit exactly one cycle, then pause. One in progress is the one."""
    from tradewind.model.commands import SingleFire
    from tradewind.model.ids import InstanceId

    return SingleFire(InstanceId(instance))

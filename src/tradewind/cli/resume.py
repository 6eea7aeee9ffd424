"""`tradewind resume`: let an instance run again, also after a fault or a stop."""

from typing import TYPE_CHECKING

from tradewind.cli.changing import changing
from tradewind.cli.options import Instance

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def resume(instance: Instance) -> "Command":
    """Let an instance run again. A faulted or stopped one starts afresh."""
    from tradewind.model.commands import Resume
    from tradewind.model.ids import InstanceId

    return Resume(InstanceId(instance))

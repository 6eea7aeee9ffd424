"""How an instance stands: what the gate, its context and the views read of it."""

import msgspec

from tradewind.model.commands import Lifecycle
from tradewind.model.ids import InstanceId


class Standing(msgspec.Struct):
    """One instance's state. Only `core/engine` writes it.

    `cycles` are the open cycles by name with the time each opened. `single_fire` permits one
    cycle, `fired` says that it has begun. `faulted` is the cause, empty when healthy.
    """

    instance: InstanceId
    lifecycle: Lifecycle = Lifecycle.PENDING
    cause: str = ""
    single_fire: bool = False
    fired: bool = False
    faulted: str = ""
    cycles: dict[str, int] = {}
    version: int = 1
    since_ns: int = 0

    @property
    def may_open(self) -> bool:
        """Tell whether a new cycle or entry may begin now."""
        return (
            self.lifecycle is Lifecycle.RUNNING
            and not self.faulted
            and not (self.single_fire and self.fired)
        )

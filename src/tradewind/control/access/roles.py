"""What each role may do and what each command needs, as two literal tables."""

from tradewind.model import commands
from tradewind.model.access import AccessScope, Role
from tradewind.model.commands import Command

READ, TRADE, REARM, ADMIN = AccessScope

SCOPES: dict[Role, tuple[AccessScope, ...]] = {
    Role.VIEWER: (READ,),
    Role.TRADER: (READ, TRADE, REARM),
    Role.ADMIN: (READ, TRADE, REARM, ADMIN),
}
"""What a person may do. A token may do what it was made for, and no more than its owner now."""

NEEDS: dict[type[Command], AccessScope] = {
    commands.Deploy: TRADE,
    commands.Pause: TRADE,
    commands.Resume: TRADE,
    commands.SingleFire: TRADE,
    commands.Stop: TRADE,
    commands.ForceStop: TRADE,
    commands.Flatten: TRADE,
    commands.Kill: TRADE,
    commands.Rearm: REARM,
    commands.SetParameters: TRADE,
    commands.Tell: TRADE,
    commands.PlaceManual: TRADE,
    commands.CancelOne: TRADE,
    commands.CancelOrders: TRADE,
    commands.Reconcile: TRADE,
    commands.EnableAccount: ADMIN,
    commands.Attest: ADMIN,
    commands.Unlock: ADMIN,
}
"""What whoever gives a command must hold."""


def need_of(command: Command) -> AccessScope:
    """Return the scope that a command needs."""
    return NEEDS[type(command)]

"""`tradewind kill`: refuse new risk and cancel, on the desk or a part of it."""

from typing import TYPE_CHECKING

from tradewind.cli.changing import changing
from tradewind.cli.options import OnAccount, OnInstance, OnVenue, Protective

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def kill(
    venue: OnVenue = "",
    account: OnAccount = "",
    instance: OnInstance = "",
    protective: Protective = "keep",
) -> "Command":
    """Refuse new risk and cancel every order.

    On the whole desk, unless a part of it is named. Confirmed when the accounts were read empty
    twice. Only `rearm` lets them trade again.
    """
    from tradewind.cli.options import cancels_protective, scope_of
    from tradewind.model.commands import Kill

    return Kill(scope_of(venue, account, instance), cancels_protective(protective))

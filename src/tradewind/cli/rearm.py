"""`tradewind rearm`: let what was halted trade again."""

from typing import TYPE_CHECKING

from tradewind.cli.changing import changing
from tradewind.cli.options import OnAccount, OnInstance, OnVenue

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def rearm(venue: OnVenue = "", account: OnAccount = "", instance: OnInstance = "") -> "Command":
    """Release a halt. Of the whole desk, unless a part is named."""
    from tradewind.cli.options import scope_of
    from tradewind.model.commands import Rearm

    return Rearm(scope_of(venue, account, instance))

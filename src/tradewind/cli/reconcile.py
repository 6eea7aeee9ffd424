"""`tradewind reconcile`: read an account at its venue again and compare."""

from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.changing import changing

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def reconcile(account: Annotated[str, typer.Argument(help="The account's name.")]) -> "Command":
    """Read an account at its venue again and compare. Confirmed when it was read."""
    from tradewind.model.commands import Reconcile
    from tradewind.model.ids import AccountId

    return Reconcile(AccountId(account))

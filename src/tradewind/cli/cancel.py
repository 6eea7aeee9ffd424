"""`tradewind cancel`: cancel one order."""

from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.changing import changing

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def cancel(
    order: Annotated[str, typer.Argument(help="The client order id, see `orders`.")],
) -> "Command":
    """Cancel one order. Confirmed when it is gone."""
    from tradewind.model.commands import CancelOne
    from tradewind.model.ids import OrderId

    return CancelOne(OrderId(order))

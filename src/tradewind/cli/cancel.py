"""`tradewind cancel`: cancel one order, or all orders of an instance."""

from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.changing import changing
from tradewind.cli.options import Protective

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def cancel(
    order: Annotated[str, typer.Argument(help="The client order id, see `orders`.")] = "",
    instance: Annotated[
        str, typer.Option(help="All orders of this instance instead; it goes on.")
    ] = "",
    protective: Protective = "keep",
) -> "Command":
    """Cancel one order, or those of an instance. Confirmed when they are gone."""
    from tradewind.cli.options import cancels_protective
    from tradewind.model.commands import CancelOne, CancelOrders
    from tradewind.model.errors import ConfigError
    from tradewind.model.ids import InstanceId, OrderId

    if bool(order) == bool(instance):
        raise ConfigError(
            "Read what to cancel, found an order and an instance, or neither; give one of them."
        )
    if instance:
        return CancelOrders(InstanceId(instance), cancel_protective=cancels_protective(protective))
    return CancelOne(OrderId(order))

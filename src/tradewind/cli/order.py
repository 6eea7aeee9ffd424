"""`tradewind order`: place an order by hand, through the same gate as every other."""

from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.changing import changing

if TYPE_CHECKING:
    from tradewind.model.commands import Command


@changing
def order(
    side: Annotated[str, typer.Argument(help="buy or sell.")],
    qty: Annotated[str, typer.Argument(help="Quantity in units.")],
    instrument: Annotated[str, typer.Argument(help="e.g. BYBIT:BTCUSDT.")],
    account: Annotated[str, typer.Option("--account", help="The account to trade on.")],
    px: Annotated[
        str, typer.Option("--px", help="Limit price; without one, a protected market order.")
    ] = "",
    tif: Annotated[str, typer.Option("--tif", help="day, gtc, ioc or fok.")] = "gtc",
    post_only: Annotated[bool, typer.Option("--post-only", help="Never take.")] = False,
    reduce_only: Annotated[bool, typer.Option("--reduce-only", help="Only close.")] = False,
    trigger_px: Annotated[
        str, typer.Option("--trigger", help="Price that wakes it: a stop order.")
    ] = "",
) -> "Command":
    """Place an order by hand. Confirmed when the venue has it."""
    from tradewind.cli.options import choice
    from tradewind.model.commands import PlaceManual
    from tradewind.model.ids import AccountId, InstrumentId
    from tradewind.model.money import decimal
    from tradewind.model.order import OrderType, PlaceOrder, Side, TimeInForce

    kinds = {
        (True, True): OrderType.STOP_LIMIT,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (False, False): OrderType.MARKET,
    }
    return PlaceManual(
        PlaceOrder(
            account=AccountId(account),
            instrument=InstrumentId(instrument),
            side=choice(Side, side, "the side"),
            qty=decimal(qty, "the quantity"),
            px=decimal(px, "--px") if px else None,
            order_type=kinds[bool(px), bool(trigger_px)],
            tif=choice(TimeInForce, tif, "--tif"),
            post_only=post_only,
            reduce_only=reduce_only,
            trigger_px=decimal(trigger_px, "--trigger") if trigger_px else None,
            reason="manual",
        )
    )

"""`tradewind orders`: the newest orders, or those that still work."""

from typing import Annotated

import typer

from tradewind.cli import options


def orders(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that still work.")] = False,
    instance: options.ForInstance = "",
    account: options.ForAccount = "",
    instrument: options.ForInstrument = "",
    limit: options.Limit = 50,
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """List orders: status, quantity, price, what has filled."""
    from tradewind.cli.asking import print_json, read
    from tradewind.cli.columns import clock, number, print_table
    from tradewind.control.requests import Orders, ViewName
    from tradewind.control.views import OrderView, Wanted

    wanted = Wanted(
        instance=instance, account=account, instrument=instrument, open_only=open_only, limit=limit
    )
    shown = read(ViewName.ORDERS, wanted, data)
    assert isinstance(shown, Orders)
    if as_json:
        print_json(shown.rows)
        return

    def row(each: OrderView) -> tuple[str, ...]:
        return (
            clock(each.created_ns),
            each.client_order_id,
            each.instance,
            each.side.value,
            each.instrument,
            number(each.order_qty),
            number(each.cum_qty),
            number(each.px if each.px is not None else each.stop_px),
            each.ord_status.value,
            f"{each.reason}{': ' if each.text else ''}{each.text}",
        )

    headings = (
        "CREATED",
        "ORDER",
        "INSTANCE",
        "SIDE",
        "INSTRUMENT",
        "QTY",
        "FILLED",
        "PRICE",
        "STATUS",
        "REASON",
    )
    print_table(headings, [row(each) for each in shown.rows], right="QTY FILLED PRICE")

"""`tradewind fills`: executions of our orders, each once."""

from tradewind.cli import options


def fills(
    instance: options.ForInstance = "",
    account: options.ForAccount = "",
    instrument: options.ForInstrument = "",
    limit: options.Limit = 50,
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """List fills: quantity, price, fee, reason."""
    from tradewind.cli.asking import print_json, read
    from tradewind.cli.columns import clock, number, print_table
    from tradewind.control.requests import Fills, ViewName
    from tradewind.control.views import FillView, Wanted

    wanted = Wanted(instance=instance, account=account, instrument=instrument, limit=limit)
    shown = read(ViewName.FILLS, wanted, data)
    assert isinstance(shown, Fills)
    if as_json:
        print_json(shown.rows)
        return

    def row(each: FillView) -> tuple[str, ...]:
        life = "" if each.life.value == "final" else f" ({each.life.value})"
        return (
            clock(each.ts_event),
            each.instance,
            each.side.value,
            number(each.last_qty),
            each.instrument,
            number(each.last_px),
            f"{number(each.fee)} {each.fee_currency}",
            each.liquidity.value + life,
            each.reason,
        )

    headings = (
        "TIME",
        "INSTANCE",
        "SIDE",
        "QTY",
        "INSTRUMENT",
        "PRICE",
        "FEE",
        "LIQUIDITY",
        "REASON",
    )
    print_table(headings, [row(each) for each in shown.rows], right="QTY PRICE FEE")

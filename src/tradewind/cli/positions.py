"""`tradewind positions`: what is held, by venue, account and instance."""

from typing import Annotated

import typer

from tradewind.cli import options


def positions(
    flat: Annotated[bool, typer.Option("--flat", help="Also those that are flat now.")] = False,
    instance: options.ForInstance = "",
    account: options.ForAccount = "",
    instrument: options.ForInstrument = "",
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """List positions: quantity, average price, mark, result."""
    from tradewind.cli.asking import print_json, read
    from tradewind.cli.columns import money, number, print_table, signed
    from tradewind.control.requests import Positions, ViewName
    from tradewind.control.views import PositionView, Wanted

    wanted = Wanted(
        instance=instance,
        account=account,
        instrument=instrument,
        open_only=not flat,
        limit=1_000_000,
    )
    shown = read(ViewName.POSITIONS, wanted, data)
    assert isinstance(shown, Positions)
    if as_json:
        print_json(shown.rows)
        return

    def row(each: PositionView) -> tuple[str, ...]:
        average = None if each.avg_px is None else round(each.avg_px, 8)
        return (
            each.venue,
            each.account,
            each.instance,
            each.instrument,
            signed(each.qty),
            number(average),
            number(each.mark),
            money(each.unrealised),
            money(each.realised),
            money(each.net),
            each.currency,
        )

    headings = (
        "VENUE",
        "ACCOUNT",
        "INSTANCE",
        "INSTRUMENT",
        "QTY",
        "AVERAGE",
        "MARK",
        "UNREALISED",
        "REALISED",
        "NET",
        "CURRENCY",
    )
    rows = [row(each) for each in shown.rows]
    print_table(headings, rows, right="QTY AVERAGE MARK UNREALISED REALISED NET")

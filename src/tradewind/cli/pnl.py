"""`tradewind pnl`: profit and loss, and the proof that it is what the fills say."""

from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli import options

if TYPE_CHECKING:
    from tradewind.control.views import PnlView


def pnl(
    proof: Annotated[bool, typer.Option("--proof", help="Show the fold of the fills.")] = False,
    instance: options.ForInstance = "",
    account: options.ForAccount = "",
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """Show profit and loss, and prove it from the fills.

    By instance, account and currency; exits with 3 where the fold of the fills differs.
    """
    from tradewind.cli.asking import print_json, read
    from tradewind.cli.columns import money, print_table
    from tradewind.cli.exits import DIFFERS
    from tradewind.control.requests import ViewName
    from tradewind.control.views import PnlView, Result, Wanted

    shown = read(ViewName.PNL, Wanted(instance=instance, account=account), data)
    assert isinstance(shown, PnlView)
    fold = shown.fills_fold
    code = DIFFERS if fold.whole and fold.differences else 0
    if as_json:
        print_json(shown)
        raise typer.Exit(code)

    def figures(each: Result) -> tuple[str, ...]:
        return (
            money(each.realised),
            money(each.unrealised),
            money(-each.fees),
            money(-each.funding),
            money(each.net),
            each.currency,
        )

    headings = (
        "INSTANCE",
        "ACCOUNT",
        "REALISED",
        "UNREALISED",
        "FEES",
        "FUNDING",
        "NET",
        "CURRENCY",
    )
    right = "REALISED UNREALISED FEES FUNDING NET"
    rows = [(each.instance, each.account, *figures(each)) for each in shown.rows]
    if shown.total is not None and len(rows) > 1:
        rows.append(("all", "", *figures(shown.total)))
    print_table(headings, rows, right=right)
    if proof:
        _print_fold(shown)
    if fold.proved:
        typer.echo(f"Proved: equal to the fold of {fold.fills} fills.")
    else:
        kind = "Differs" if fold.whole else "Not proved"
        typer.echo(f"{kind}: {'; '.join(fold.differences)}.", err=True)
    raise typer.Exit(code)


def _print_fold(shown: "PnlView") -> None:
    from tradewind.cli.columns import money, print_table

    headings = (
        "INSTANCE",
        "ACCOUNT",
        "FILLS",
        "TRADED",
        "PAID_OUT",
        "HELD_COST",
        "REALISED",
        "FEES",
        "CURRENCY",
    )
    rows = [
        (
            each.instance,
            each.account,
            str(each.fills),
            money(each.traded),
            money(each.paid_out),
            money(each.held_cost),
            money(each.realised),
            money(-each.fees),
            each.currency,
        )
        for each in shown.fills_fold.rows
    ]
    typer.echo("")
    print_table(headings, rows, right="FILLS TRADED PAID_OUT HELD_COST REALISED FEES")

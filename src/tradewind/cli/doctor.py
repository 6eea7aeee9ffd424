"""`tradewind doctor`: see whether this machine and this desk are fit to trade."""

import typer

from tradewind.cli import options


def doctor(data: options.Data = None, as_json: options.Json = False) -> None:
    """Check this machine and its desk.

    Python, folder, disk, clock, journal, lease, and the desk that runs. Exits with 3 on a fault.
    """
    from tradewind.app.doctor import Verdict, examine
    from tradewind.cli.asking import home, print_json
    from tradewind.cli.columns import print_table
    from tradewind.cli.exits import DIFFERS

    findings = examine(home(data))
    code = DIFFERS if any(each.verdict is Verdict.FAULT for each in findings) else 0
    if as_json:
        print_json(findings)
    else:
        rows = [(each.verdict.value, each.name, each.text) for each in findings]
        print_table(("VERDICT", "WHAT", "FOUND"), rows)
    raise typer.Exit(code)

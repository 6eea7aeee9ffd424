"""`tradewind status`: one look at a desk, once or live."""

from typing import Annotated

import typer

from tradewind.cli import options


def status(
    live: Annotated[
        bool, typer.Option("--live", help="Keep looking, four times a second.")
    ] = False,
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """Show the desk at one look, or live.

    Instances, books, orders, fills, result and risk.
    """
    from tradewind.cli.asking import print_json, read
    from tradewind.control.requests import ViewName
    from tradewind.control.views import ScreenView, Wanted

    if live and not as_json:
        from tradewind.cli.terminal import watch_desk

        watch_desk(data)
        return
    shown = read(ViewName.SCREEN, Wanted(), data)
    assert isinstance(shown, ScreenView)
    if as_json:
        print_json(shown)
        return
    from rich.console import Console

    from tradewind.cli.terminal import render

    Console().print(render(shown))

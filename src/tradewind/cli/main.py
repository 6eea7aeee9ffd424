"""The list of verbs, and how an error becomes a sentence and an exit code. Decides nothing else.

A verb is imported when it is asked for, and what is heavy only inside it, so that every start is
quick. Adding a verb is one line in VERBS.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tradewind import __version__
from tradewind.cli.exits import DONE
from tradewind.cli.failing import ended
from tradewind.model.errors import TradewindError

VERBS: dict[str, str] = {
    "demo": "tradewind.cli.demo:demo",
    "up": "tradewind.cli.up:up",
    "data": "tradewind.cli.data:data",
    "replay": "tradewind.cli.replay:replay",
    "backtest": "tradewind.cli.backtest:backtest",
    "init": "tradewind.cli.init:init",
    "accounts": "tradewind.cli.accounts:accounts",
    "user": "tradewind.cli.user:user",
    "simulate": "tradewind.cli.simulate:simulate",
    "drill": "tradewind.cli.drill:drill",
    "doctor": "tradewind.cli.doctor:doctor",
    "strategies": "tradewind.cli.strategies:strategies",
    "status": "tradewind.cli.status:status",
    "instances": "tradewind.cli.instances:instances",
    "pause": "tradewind.cli.pause:pause",
    "resume": "tradewind.cli.resume:resume",
    "single-fire": "tradewind.cli.single_fire:single_fire",
    "stop": "tradewind.cli.stop:stop",
    "force-stop": "tradewind.cli.force_stop:force_stop",
    "flatten": "tradewind.cli.flatten:flatten",
    "kill": "tradewind.cli.kill:kill",
    "rearm": "tradewind.cli.rearm:rearm",
    "set": "tradewind.cli.set_:set_",
    "tell": "tradewind.cli.tell:tell",
    "order": "tradewind.cli.order:order",
    "cancel": "tradewind.cli.cancel:cancel",
    "orders": "tradewind.cli.orders:orders",
    "positions": "tradewind.cli.positions:positions",
    "fills": "tradewind.cli.fills:fills",
    "pnl": "tradewind.cli.pnl:pnl",
    "reconcile": "tradewind.cli.reconcile:reconcile",
    "bench": "tradewind.cli.bench:bench",
    "test": "tradewind.cli.test:test",
}
"""Every verb, in the order of the help, and the function (or Typer of its own) that it is."""

WORDS = {"allow_extra_args": True, "ignore_unknown_options": True}
PASSES_ON = {"test": WORDS, "bench": WORDS}
"""Verbs that hand words on which they do not know."""


class Verbs(TyperGroup):
    """The verbs as Typer sees them, each made when it is first needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in order."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one verb, None for an unknown word."""
        # For an unknown word the nearest known one is suggested.
        for name in [cmd_name] if cmd_name in VERBS else VERBS:
            if name not in self.commands:
                self.add_command(load(name), name)
        return self.commands.get(cmd_name)


def load(name: str) -> Any:
    """Import a verb and return its command."""
    module, _, attribute = VERBS[name].partition(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name, context_settings=PASSES_ON.get(name))(found)
        found = alone
    return typer.main.get_command(found)


app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Rich takes longer to import than everything else together.
    rich_markup_mode=None,
)


def print_version(wanted: bool) -> None:
    """Print the version and stop, when it is wanted."""
    if wanted:
        typer.echo(f"tradewind {__version__}")
        raise typer.Exit


@app.callback()
def tradewind(
    version: Annotated[
        bool,
        typer.Option("--version", callback=print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Trade from one deterministic core: backtest, paper trading and replay."""


def main() -> None:
    """Run the verb on the command line; an error is one sentence on stderr and its exit code."""
    words = sys.argv[1:]
    command = typer.main.get_command(app)
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - somebody closed it: `>&-`
    code = DONE
    try:
        # Not `app()`: Typer has its own words for errors, and exit codes of its own.
        with command.make_context("tradewind", words) as context:
            command.invoke(context)
        sys.stdout.flush()
    except (
        TradewindError,
        OSError,
        KeyboardInterrupt,
        typer.Exit,
        typer.TyperException,
    ) as error:
        code = ended(error, words)
    sys.exit(code)

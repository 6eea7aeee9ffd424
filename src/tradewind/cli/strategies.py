"""`tradewind strategies`: which strategies there are, with parameters, ranges and commands."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from tradewind.cli import options

if TYPE_CHECKING:
    from tradewind.core.strategy.strategy import Strategy


class ParameterRow(msgspec.Struct, frozen=True):
    """One parameter as it is shown: its type, range and unit stand in `takes`."""

    name: str
    takes: str
    default: Any
    required: bool
    fixed: bool
    doc: str


class StrategyRow(msgspec.Struct, frozen=True):
    """One strategy as it is shown; `error` says why it does not load, empty when it does."""

    name: str
    where: str
    doc: str
    parameters: tuple[ParameterRow, ...]
    commands: dict[str, str]
    error: str = ""


def strategies(
    name: Annotated[
        str, typer.Argument(help="A name, or file.py[:Class]; all of them without.")
    ] = "",
    as_json: options.Json = False,
) -> None:
    """List strategies, or one with parameters and commands.

    Built-in ones, those of installed packages, and your own file.
    """
    from tradewind.app.strategies import Catalogue
    from tradewind.cli.asking import print_json
    from tradewind.cli.columns import print_table

    catalogue = Catalogue()
    if name:
        row = describe_class(name, catalogue.names().get(name, name), catalogue.find(name))
        if as_json:
            print_json(row)
        else:
            _print_one(row)
        return
    rows = [_row(catalogue, each, where) for each, where in catalogue.names().items()]
    if as_json:
        print_json(rows)
        return
    lines = [(row.name, str(len(row.parameters)), row.error or row.doc) for row in rows]
    print_table(("STRATEGY", "PARAMETERS", "WHAT IT DOES"), lines, right="PARAMETERS")
    typer.echo("\nParameters of one: tradewind strategies NAME")


def _row(catalogue: Any, name: str, where: str) -> StrategyRow:
    from tradewind.model.errors import ConfigError

    try:
        return describe_class(name, where, catalogue.find(name))
    except ConfigError as error:
        # One package that is broken must not hide the others.
        return StrategyRow(name, where, "", (), {}, str(error))


def describe_class(name: str, where: str, cls: "type[Strategy]") -> StrategyRow:
    """Return what a strategy class says of itself."""
    from tradewind.core.strategy.parameters import describe

    parameters = tuple(
        ParameterRow(each.name, describe(each), each.default, each.required, each.fixed, each.doc)
        for each in cls.parameters.values()
    )
    doc = (cls.__doc__ or "").strip().partition("\n")[0]
    return StrategyRow(name, where, doc, parameters, dict(cls.commands))


def _print_one(row: StrategyRow) -> None:
    from tradewind.cli.columns import print_table

    typer.echo(f"{row.name}  ({row.where})\n{row.doc}\n")
    lines = [
        (
            each.name,
            "required" if each.required else _shown(each.default),
            each.takes + (", only while stopped" if each.fixed else ""),
            each.doc,
        )
        for each in row.parameters
    ]
    print_table(("PARAMETER", "DEFAULT", "TAKES", "MEANS"), lines)
    if row.commands:
        typer.echo("\nCommands: tradewind tell INSTANCE WORD")
        print_table(("WORD", "WHAT IT DOES"), list(row.commands.items()))


def _shown(value: Any) -> str:
    """Return a default as one would write it after `name=`."""
    plain = msgspec.to_builtins(value)
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()

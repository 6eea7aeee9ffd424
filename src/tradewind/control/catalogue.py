"""Strategies as faces show them: what they do, and a schema that a form can be made from.

Knows strategy classes and their parameters. Looking at one imports it, so it is done once.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

import msgspec

from tradewind.control.desk_rows import ParameterView, StrategyView
from tradewind.core.strategy.parameters import Parameter, describe
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.errors import ConfigError

TYPES: dict[Any, str] = {
    bool: "bool",
    int: "int",
    float: "float",
    Decimal: "decimal",
    str: "text",
}
JSON = "json"


def strategy_views(catalogue: Mapping[str, type[Strategy]]) -> dict[str, StrategyView]:
    """Return every strategy by name; one that does not load says why."""
    found = {}
    for name in catalogue:
        try:
            found[name] = strategy_view(name, catalogue[name])
        except ConfigError as error:
            # One package that is broken must not hide the others.
            found[name] = StrategyView(
                name=name,
                title=title_of(name),
                doc="",
                where="",
                parameters=(),
                commands={},
                error=str(error),
            )
    return found


def strategy_view(name: str, cls: type[Strategy]) -> StrategyView:
    """Return what a strategy class says of itself."""
    return StrategyView(
        name=name,
        title=title_of(name),
        doc=(cls.__doc__ or "").strip(),
        where=f"{cls.__module__}:{cls.__qualname__}",
        parameters=tuple(_parameter(each) for each in cls.parameters.values()),
        commands=dict(cls.commands),
    )


def title_of(name: str) -> str:
    """Return a name as a title: `dual_ema_short` is `Dual ema short`."""
    stem = name.rpartition("/")[2].partition(".py")[0]
    return stem.replace("_", " ").replace("-", " ").capitalize()


def _parameter(parameter: Parameter) -> ParameterView:
    return ParameterView(
        name=parameter.name,
        type=type_of(parameter.kind),
        takes=describe(parameter),
        default=msgspec.to_builtins(parameter.default),
        required=parameter.required,
        fixed=parameter.fixed,
        min=parameter.low,
        max=parameter.high,
        choices=parameter.choices or _choices(parameter.kind),
        unit=parameter.unit,
        help=parameter.doc,
    )


def type_of(kind: Any) -> str:
    """Return the word for a parameter's type; one that may be left empty is called by the rest."""
    parts = [each for each in get_args(kind) if each is not type(None)]
    if get_origin(kind) is Literal:
        return "text"
    if type(None) in get_args(kind) and len(parts) == 1:
        return type_of(parts[0])
    return TYPES.get(kind, JSON)


def _choices(kind: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in get_args(kind)) if get_origin(kind) is Literal else ()

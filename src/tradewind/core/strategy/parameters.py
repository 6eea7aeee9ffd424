"""A strategy's parameters: typed, ranged, documented; checked in one place, all or nothing."""

import difflib
from copy import deepcopy
from decimal import Decimal
from typing import Any, get_type_hints

import msgspec

from tradewind.model.errors import ConfigError


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter as pages and commands show it. `low` and `high` are inclusive.

    `fixed` parameters change only while the instance is stopped. For lists and maps the range
    holds for each element.
    """

    name: str
    kind: Any
    default: Any
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""
    doc: str = ""
    choices: tuple[str, ...] = ()
    fixed: bool = False
    required: bool = False


class _Declared:
    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields


def param(  # noqa: PLR0913 - a declaration reads best as one call of keywords
    default: Any = ...,
    *,
    low: Any = None,
    high: Any = None,
    unit: str = "",
    doc: str = "",
    choices: tuple[str, ...] = (),
    fixed: bool = False,
) -> Any:
    """Declare a parameter of a strategy class: `fast: int = param(10, low=2, high=500)`.

    Without a default the operator must give it. Write decimals as text: `param("0.02")`.
    """
    return _Declared(
        {
            "default": default,
            "low": None if low is None else Decimal(str(low)),
            "high": None if high is None else Decimal(str(high)),
            "unit": unit,
            "doc": doc,
            "choices": choices,
            "fixed": fixed,
        }
    )


def collect(cls: type) -> dict[str, Parameter]:
    """Return the parameters that a class and its bases declare, in order of declaration."""
    found: dict[str, Parameter] = {}
    hints = get_type_hints(cls)
    for base in reversed(cls.__mro__):
        inherited = base.__dict__.get("parameters", {})
        found.update(inherited if base is not cls else {})
        for name, value in base.__dict__.items():
            if isinstance(value, _Declared):
                if name not in hints:
                    raise ConfigError(
                        f"Read parameter {name} of strategy {cls.__name__}, found no type; "
                        f"write `{name}: int = param(...)`."
                    )
                found[name] = _make(name, hints[name], value.fields)
    return found


def _make(name: str, kind: Any, fields: dict[str, Any]) -> Parameter:
    required = fields["default"] is ...
    parameter = Parameter(name=name, kind=kind, required=required, **{**fields, "default": None})
    if required:
        return parameter
    return msgspec.structs.replace(parameter, default=_convert(parameter, fields["default"]))


def validate(
    declared: dict[str, Parameter], given: dict[str, Any], strategy: str
) -> dict[str, Any]:
    """Return every parameter with its value: what was given, else the default.

    Raises ConfigError for an unknown name (with the nearest one), a wrong type, or a value out
    of its range (with the range).
    """
    for name in given:
        if name not in declared:
            near = difflib.get_close_matches(name, declared, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(declared)}."
            raise ConfigError(f"Set parameter {name} of {strategy}, found no such name; {hint}")
    values: dict[str, Any] = {}
    for name, parameter in declared.items():
        if name in given:
            values[name] = _convert(parameter, given[name])
        elif parameter.required:
            raise ConfigError(
                f"Started {strategy}, found no value for parameter {name}; "
                f"give one: {parameter.doc or describe(parameter)}."
            )
        else:
            values[name] = deepcopy(parameter.default)  # a list is each instance's own
    return values


def describe(parameter: Parameter) -> str:
    """Return type, range and unit in one phrase, e.g. `int from 2 to 2000 candles`."""
    kind = getattr(parameter.kind, "__name__", None) or str(parameter.kind)
    words = [kind if not hasattr(parameter.kind, "__args__") else str(parameter.kind)]
    if parameter.choices:
        words.append("one of " + ", ".join(parameter.choices))
    if parameter.low is not None:
        words.append(f"from {parameter.low}")
    if parameter.high is not None:
        words.append(f"to {parameter.high}")
    if parameter.unit:
        words.append(parameter.unit)
    return " ".join(words)


def _convert(parameter: Parameter, value: Any) -> Any:
    if isinstance(value, float) and parameter.kind is not float:
        value = str(value)
    try:
        converted = msgspec.convert(value, parameter.kind, strict=False)
    except (msgspec.ValidationError, ArithmeticError) as error:
        raise ConfigError(
            f"Set parameter {parameter.name}, found {value!r}; give {describe(parameter)}."
        ) from error
    for part in _parts(converted):
        _check(parameter, part)
    return converted


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return list(value)
    return [value]


def _check(parameter: Parameter, value: Any) -> None:
    if parameter.choices and value not in parameter.choices:
        near = difflib.get_close_matches(str(value), parameter.choices, n=1)
        hint = f"did you mean {near[0]}?" if near else f"give {describe(parameter)}."
        raise ConfigError(f"Set parameter {parameter.name}, found {value!r}; {hint}")
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return
    number = Decimal(str(value))
    finite = number.is_finite()
    too_low = finite and parameter.low is not None and number < parameter.low
    too_high = finite and parameter.high is not None and number > parameter.high
    if too_low or too_high or not finite:
        raise ConfigError(
            f"Set parameter {parameter.name}, found {value}; give {describe(parameter)}."
        )

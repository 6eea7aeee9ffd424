"""TOML tables read strictly into structs: every fault is a sentence with its file and its key.

Knows types and ranges as fields declare them; must not know what a field is for.
"""

import difflib
import re
import tomllib
import types
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from tradewind.model.errors import ConfigError

Read = TypeVar("Read", bound=msgspec.Struct)

UNITS_NS = {
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}
"""The units of a duration, each in nanoseconds."""
LARGEST = Decimal(10) ** 18
LONGEST_SHOWN = 40
NEVER_SHOWN = re.compile(r"key|secret|passw|token|pem|proxy", re.IGNORECASE)
"""Keys whose value is never repeated: somebody may have put there what belongs in the vault."""


class Span(msgspec.Struct, frozen=True):
    """A field of type int that is written as a duration ("250ms") and read as nanoseconds."""

    low: str = "0s"
    high: str = "1d"

    def __str__(self) -> str:
        return f'a duration in quotes from "{self.low}" to "{self.high}", like "3s"'


class Between(msgspec.Struct, frozen=True):
    """The inclusive range of a number."""

    low: str
    high: str = str(LARGEST)


class Text(msgspec.Struct, frozen=True):
    """A text that a pattern describes whole; `words` say the same to a person."""

    pattern: str
    words: str


class Written(str):
    """A number with a point as it stands in the file: no digit has been through a float."""

    __slots__ = ()


class Place(msgspec.Struct, frozen=True):
    """Where in which file something stands."""

    file: Path
    keys: tuple[str, ...] = ()

    def below(self, key: str) -> "Place":
        """Return the place of a key of this table."""
        return Place(self.file, (*self.keys, key))

    def __str__(self) -> str:
        return ".".join(self.keys)

    def wrong(self, found: str, remedy: str) -> ConfigError:
        """Return the sentence about this place."""
        return ConfigError(f"Read {self.file}, found {found}; {remedy.rstrip('.')}.")

    def misfit(self, value: object, allowed: str) -> ConfigError:
        """Return the sentence about a value that does not fit."""
        return self.wrong(f"{self} = {_shown(self, value)}", f"give {allowed}")


def load_tables(file: Path) -> dict[str, Any]:
    """Return what a TOML file says; raises ConfigError where there is none or it is no TOML."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"Read {file}, found no such file; name another, or make one with: tradewind init."
        ) from error
    except OSError as error:
        raise ConfigError(
            f"Read {file}, found {error.strerror}; make it a file that you may read."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"Read {file}, found that it is no UTF-8; save it as UTF-8.") from error
    try:
        return tomllib.loads(text, parse_float=Written)
    except tomllib.TOMLDecodeError as error:
        # The message may quote the line, and the line may hold what was put there by mistake.
        where = re.search(r"\(at [^()]*\)\s*$", str(error))
        raise ConfigError(
            f"Read {file}, found no TOML {where[0] if where else ''}; mend that line."
        ) from None


def read(kind: type[Read], values: object, place: Place) -> Read:
    """Return a table as a struct; raises ConfigError for unknown, missing and wrong values."""
    given = table(values, place)
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in given:
        if name not in fields:
            raise unknown(name, fields, place)
    hints = get_type_hints(kind, include_extras=True)
    found: dict[str, Any] = {}
    for name, field in fields.items():
        if name in given:
            found[name] = _value(hints[name], given[name], place.below(name))
        elif field.required:
            where = f"[{place}]" if place.keys else "the file"
            raise place.wrong(f"no {name} in {where}", f"give {_allowed(hints[name])}")
    return kind(**found)


def table(values: object, place: Place) -> dict[str, Any]:
    """Return a value that must be a table."""
    if not isinstance(values, dict):
        raise place.wrong(f"{place} as {_kind_of(values)}", f"write it as a table: [{place}]")
    return values


def unknown(name: str, known: Mapping[str, Any], place: Place) -> ConfigError:
    """Return the sentence about a key that is none, with the nearest one that is."""
    near = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
    where = f" in [{place}]" if place.keys else ""
    return ConfigError(f"Read {place.file}, found an unknown key {name}{where}; {remedy}")


def duration_ns(text: str) -> int | None:
    """Return a duration such as "250ms", "1.5s" or "5m" in nanoseconds, None where it is none."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)", text)
    return int(Decimal(match[1]) * UNITS_NS[match[2]]) if match else None


def _value(hint: Any, value: object, place: Place) -> Any:
    kind, rule = _parts(hint)
    origin = get_origin(kind)
    if kind is Any:
        return value
    if origin is dict:
        inner = get_args(kind)[1]
        return {
            key: _value(inner, each, place.below(key)) for key, each in table(value, place).items()
        }
    if origin in (list, tuple):
        return _several(get_args(kind)[0], value, place)
    if issubclass(kind, msgspec.Struct):
        return read(kind, value, place)
    return _scalar(kind, rule, value, place)


def _several(inner: Any, value: object, place: Place) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise place.misfit(value, "a list, for instance " + '["first", "second"]')
    found = tuple(_value(inner, each, place) for each in value)
    if len(set(found)) < len(found):
        twice = next(each for each in found if found.count(each) > 1)
        raise place.wrong(f"{place} with {_shown(place, twice)} twice", "name it once")
    return found


def _scalar(kind: Any, rule: Any, value: object, place: Place) -> Any:
    allowed = _allowed_of(kind, rule)
    if isinstance(rule, Span):
        span = duration_ns(value) if type(value) is str else None
        bounds = duration_ns(rule.low), duration_ns(rule.high)
        if span is None or bounds[0] is None or not bounds[0] <= span <= (bounds[1] or span):
            raise place.misfit(value, allowed)
        return span
    if kind is bool:
        if not isinstance(value, bool):
            raise place.misfit(value, allowed)
        return value
    if kind is int:
        if type(value) is not int or not _within(Decimal(value), rule, above_zero=True):
            raise place.misfit(value, allowed)
        return value
    if kind is Decimal:
        return _decimal(rule, value, place, allowed)
    return _text(kind, rule, value, place, allowed)


def _decimal(rule: Any, value: object, place: Place, allowed: str) -> Decimal:
    if isinstance(value, Written):
        raise place.wrong(
            f"{place} = {_shown(place, value)} without quotes",
            f'write it in quotes, so that no digit is lost: "{value}"',
        )
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise place.misfit(value, allowed)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise place.misfit(value, allowed) from None
    if not number.is_finite() or not _within(number, rule, above_zero=True):
        raise place.misfit(value, allowed)
    return number


def _text(kind: Any, rule: Any, value: object, place: Place, allowed: str) -> Any:
    if type(value) is not str:
        raise place.misfit(value, allowed)
    if issubclass(kind, StrEnum):
        words = [each.value for each in kind]
        if value in words:
            return kind(value)
        near = difflib.get_close_matches(value.lower(), words, n=1)
        raise place.misfit(value, f"{near[0]}, or another of {allowed}" if near else allowed)
    if isinstance(rule, Text) and not re.fullmatch(rule.pattern, value):
        raise place.misfit(value, allowed)
    return value


def _within(number: Decimal, rule: Any, *, above_zero: bool) -> bool:
    if isinstance(rule, Between):
        return Decimal(rule.low) <= number <= Decimal(rule.high)
    return not above_zero or 0 < number <= LARGEST


def _parts(hint: Any) -> tuple[Any, Any]:
    """Return the type and the rule of an annotation; `| None` only says that it may be left out."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is Annotated:
        kind, rule = get_args(hint)[:2]
        return kind, rule
    return hint, None


def _allowed(hint: Any) -> str:
    kind, rule = _parts(hint)
    origin = get_origin(kind)
    if origin in (list, tuple):
        return f"a list of {_allowed(get_args(kind)[0])}"
    if origin is dict or (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return "a table"
    return _allowed_of(kind, rule)


def _allowed_of(kind: Any, rule: Any) -> str:
    if isinstance(rule, Span):
        return str(rule)
    if isinstance(rule, Text):
        return rule.words
    if kind is bool:
        return "true or false"
    if kind in (int, Decimal):
        what = "a whole number" if kind is int else "a decimal in quotes"
        if not isinstance(rule, Between):
            return f"{what} above zero"
        high = f" to {rule.high}" if Decimal(rule.high) < LARGEST else " on"
        return f"{what} from {rule.low}{high}"
    if issubclass(kind, StrEnum):
        return ", ".join(each.value for each in kind)
    return "a text in quotes"


def _kind_of(value: object) -> str:
    if isinstance(value, Written):
        return "a number"
    names = {bool: "true or false", int: "a number", str: "a text", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or a time")


def _shown(place: Place, value: object) -> str:
    """Return a value as the file has it, short; nothing of what may be a secret or has no use."""
    if any(NEVER_SHOWN.search(key) for key in place.keys) or isinstance(value, dict | list):
        return _kind_of(value)
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"

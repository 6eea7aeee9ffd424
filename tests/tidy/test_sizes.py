"""Sizes: a function of 70 lines or a file of 600 is a design waiting to be cut.

`ratchet.json` names those that were too long on the day the limit came. It may only shrink.
"Declared tables" are files that are one long literal table, each with its reason.
"""

import ast
from functools import cache
from pathlib import Path

import msgspec
import pytest

from tests.tidy.source import PYTHON_ROOTS, Function, functions, name_of, python_files, text_of

FUNCTION_LINES = 70
LONG_FUNCTION_LINES = 40
LONG_FUNCTIONS_PER_HUNDRED = 5
FILE_LINES = 600
RATCHET = Path(__file__).parent / "ratchet.json"


class Ratchet(msgspec.Struct, forbid_unknown_fields=True):
    """What was too long already, with its lines, and what is allowed to be, with its reason."""

    functions: dict[str, int] = msgspec.field(name="functions over 70 lines")
    files: dict[str, int] = msgspec.field(name="files over 600 lines")
    tables: dict[str, str] = msgspec.field(name="declared tables")


@pytest.fixture(scope="module")
def ratchet() -> Ratchet:
    return msgspec.json.decode(RATCHET.read_bytes(), type=Ratchet)


def lines_of(function: Function) -> int:
    """Count the lines from `def` to the end, less those of the docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    match function.body[0]:
        case ast.Expr(value=ast.Constant(value=str()), lineno=start, end_lineno=int(end)):
            return lines - (end - start + 1)
        case _:
            return lines


@cache
def function_sizes() -> dict[str, int]:
    return {
        f"{name_of(path)}::{name}": lines_of(function)
        for path in python_files(*PYTHON_ROOTS)
        for name, function in functions(path)
    }


def file_sizes() -> dict[str, int]:
    return {name_of(path): len(text_of(path).splitlines()) for path in python_files(*PYTHON_ROOTS)}


def breaches(sizes: dict[str, int], limit: int, allowed: dict[str, int]) -> list[str]:
    """Say what is over its limit, and what has shrunk without the ratchet having heard of it."""
    grown = [
        f"{name} has {lines} lines, {max(limit, allowed.get(name, 0))} are allowed: cut it"
        for name, lines in sizes.items()
        if lines > max(limit, allowed.get(name, 0))
    ]
    shrunk = [
        f"{name} has {sizes.get(name, 0)} lines now, not {lines}: tighten ratchet.json"
        for name, lines in allowed.items()
        if sizes.get(name, 0) < lines
    ]
    return grown + shrunk


def test_no_function_is_longer_than_seventy_lines(ratchet: Ratchet) -> None:
    assert breaches(function_sizes(), FUNCTION_LINES, ratchet.functions) == []


def test_functions_over_forty_lines_are_rare() -> None:
    sizes = {name: lines for name, lines in function_sizes().items() if name.startswith("src/")}
    long = {name: lines for name, lines in sizes.items() if lines > LONG_FUNCTION_LINES}
    assert len(long) * 100 <= LONG_FUNCTIONS_PER_HUNDRED * len(sizes), sorted(long)


def test_no_file_is_longer_than_six_hundred_lines(ratchet: Ratchet) -> None:
    sizes = {name: lines for name, lines in file_sizes().items() if name not in ratchet.tables}
    assert breaches(sizes, FILE_LINES, ratchet.files) == []


def test_a_declared_table_is_there_and_is_long(ratchet: Ratchet) -> None:
    sizes = file_sizes()
    idle = [name for name in ratchet.tables if sizes.get(name, 0) <= FILE_LINES]
    assert idle == [], "these need no exception any more"


@pytest.mark.parametrize(
    ("name", "sizes", "allowed", "expected"),
    [
        ("within the limit", {"a": 70}, {}, 0),
        ("over the limit", {"a": 71}, {}, 1),
        ("an old offender as it was", {"a": 90}, {"a": 90}, 0),
        ("an old offender that grew", {"a": 91}, {"a": 90}, 1),
        ("an old offender that shrank", {"a": 80}, {"a": 90}, 1),
        ("an old offender that is gone", {}, {"a": 90}, 1),
    ],
)
def test_the_ratchet_only_turns_one_way(
    name: str, sizes: dict[str, int], allowed: dict[str, int], expected: int
) -> None:
    assert len(breaches(sizes, FUNCTION_LINES, allowed)) == expected, name

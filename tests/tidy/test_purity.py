"""The deciding rooms give the same answer on every run and every machine.

The import contracts and ruff forbid modules; this forbids what needs no import: files, the
per-process hash, the order of a set, and waiting.
"""

import ast

import pytest

from tests.tidy.source import name_of, python_files, tree_of

PURE_ROOMS = ("src/tradewind/model", "src/tradewind/core", "src/tradewind/strategies")
REACHES_OUT = {"open", "print", "input", "eval", "exec", "breakpoint", "__import__"}
DIFFERS_BY_PROCESS = {"hash", "id"}
READS_A_CLOCK = {"now", "utcnow", "today", "time_ns", "perf_counter", "monotonic"}
WAITS = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)


def impurity(node: ast.AST) -> str | None:
    """Say what makes a node impure, or None."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in REACHES_OUT | DIFFERS_BY_PROCESS:
            return f"calls {name}()"
        case ast.Attribute(value=ast.Name(id="datetime" | "date" | "time"), attr=name) if (
            name in READS_A_CLOCK
        ):
            return f"reads the clock by {name}()"
        case (
            ast.For(iter=ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set")))
            | ast.comprehension(iter=ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set")))
        ):
            return "walks a set, whose order changes from run to run; sort it"
        case node if isinstance(node, WAITS):
            return "waits"
    return None


def test_the_deciding_rooms_are_pure() -> None:
    found = [
        f"{name_of(path)}:{getattr(node, 'lineno', 0)} {fault}"
        for path in python_files(*PURE_ROOMS)
        for node in ast.walk(tree_of(path))
        if (fault := impurity(node))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "open('x')",
        "hash('x')",
        "datetime.now()",
        "time.monotonic()",
        "for x in {1, 2}: pass",
        "[x for x in set(y)]",
        "async def f(): pass",
    ],
)
def test_a_planted_impurity_is_found(source: str) -> None:
    assert any(impurity(node) for node in ast.walk(ast.parse(source)))


@pytest.mark.parametrize("source", ["ctx.now()", "for x in sorted({1, 2}): pass", "order.id"])
def test_a_pure_line_passes(source: str) -> None:
    assert not any(impurity(node) for node in ast.walk(ast.parse(source)))


def test_only_the_gate_makes_an_approval() -> None:
    makers = {
        name_of(path)
        for path in python_files("src")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Approved"
    }
    assert makers == {"src/tradewind/core/risk/gate.py"}

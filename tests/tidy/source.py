"""The source tree as the tidy tests read it: its files, their text and their syntax trees."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tradewind"
PYTHON_ROOTS = ("src", "tests", "bench")
LEFT_OUT = {"__pycache__", "node_modules", "dist", "build", "htmlcov"}
HIDDEN_BUT_OURS = {".ci", ".editorconfig", ".gitattributes", ".gitignore"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Yield every file of the project below `folder`; hidden folders hold only what tools leave."""
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name not in HIDDEN_BUT_OURS
        if hidden or path.name in LEFT_OUT:
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def python_files(*roots: str) -> list[Path]:
    """Return the Python files below the `roots` that are there."""
    found = [ROOT / root for root in roots if (ROOT / root).is_dir()]
    return [path for root in found for path in files(root) if path.suffix == ".py"]


def text_of(path: Path) -> str:
    """Return the text of a file; empty when it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(text_of(path), filename=str(path))


def name_of(path: Path) -> str:
    """Return the path as the project spells it."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, Function]]:
    """Yield every function of a file with its qualified name."""
    stack: list[tuple[str, ast.AST]] = [("", tree_of(path))]
    while stack:
        prefix, node = stack.pop()
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, Function | ast.ClassDef):
                name = f"{prefix}.{child.name}".lstrip(".")
            if isinstance(child, Function):
                yield name, child
            stack.append((name, child))


def words_of(name: str) -> set[str]:
    """Split a CamelCase or snake_case name into its lower-case words."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}

"""Every port has an embedded backend, and a scaled one or the reason why not yet."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.tidy.source import PACKAGE, files, name_of, tree_of

BACKEND_ROOMS = ("edge", "runtime")
# A line goes when a second backend comes.
NOT_SCALED_YET = {
    "AccessStore": "PostgreSQL comes with the scaled profile",
    "Clock": "every process reads the clock of its own machine; there is nothing to scale",
    "Journal": "PostgreSQL comes with the scaled profile",
    "EventLog": "a file beside the desk serves every profile; only the desk reads it",
    "Snapshots": "a cache beside the desk; a desk that moves starts from its journal",
    "TickStore": "ClickHouse comes with the scaled profile",
    "Bus": "Redis Streams come with the scaled profile",
    "Venue": "one adapter a venue serves every profile",
    "Vault": "the operating system's keyring comes with accounts in the web page",
}
COMING = {"Venue"}


def methods_of(node: ast.ClassDef) -> set[str]:
    return {
        child.name
        for child in node.body
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def classes(path: Path) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef))


def is_protocol(node: ast.ClassDef) -> bool:
    return any(isinstance(parent, ast.Name) and parent.id == "Protocol" for parent in node.bases)


def ports() -> dict[str, set[str]]:
    found = {
        node.name: methods_of(node) for node in classes(PACKAGE / "ports.py") if is_protocol(node)
    }
    assert found, "ports.py has no port; this test reads it wrongly"
    return found


def backends() -> dict[str, list[str]]:
    """Return for each port the classes in the backend rooms that have all its methods."""
    rooms = [PACKAGE / room for room in BACKEND_ROOMS if (PACKAGE / room).is_dir()]
    candidates = [
        (f"{name_of(path)}::{node.name}", methods_of(node))
        for room in rooms
        for path in files(room)
        if path.suffix == ".py"
        for node in classes(path)
        if not is_protocol(node)
    ]
    return {
        port: [name for name, methods in candidates if wanted <= methods]
        for port, wanted in ports().items()
    }


def test_every_port_has_an_embedded_backend() -> None:
    assert [port for port, found in backends().items() if not found and port not in COMING] == []


def test_every_port_has_a_scaled_backend_or_says_why_not() -> None:
    alone = {port for port, found in backends().items() if len(found) < 2}
    assert alone - NOT_SCALED_YET.keys() == set(), "say why in NOT_SCALED_YET"


def test_every_reason_names_a_port() -> None:
    assert NOT_SCALED_YET.keys() - ports().keys() == set()

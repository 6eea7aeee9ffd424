"""Words: names that say nothing, tasks that nobody owns, and places that are not the project's.

The words looked for are spelt in parts here, so that this file does not contain them.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tidy.source import (
    PACKAGE,
    PYTHON_ROOTS,
    files,
    name_of,
    python_files,
    text_of,
    tree_of,
    words_of,
)

# A name made of these says that the thing has no name yet.
SAYS_NOTHING = {"manager", "helper", "helpers", "util", "utils", "misc"}
# In a function these are the field's words (base currency) or a tool's (log.info).
SAYS_NOTHING_IN_A_TYPE = SAYS_NOTHING | {"base", "info"}
# One word per idea: the glossary has candle, fill and trade.
BLURRED = {"bar": "candle", "bars": "candles", "execution": "fill", "executions": "fills"}


def spelt(*parts: str) -> str:
    """Join the parts of a word that this file must not contain."""
    return "".join(parts)


UNOWNED_TASK = re.compile(spelt(r"\b(?:TO", "DO|FIX", "ME|XX", r"X)\b(?!.*#\d+)"))
STRANGE = re.compile(
    "|".join(
        (
            # where packages come from
            spelt("py", r"pi\."),
            spelt("python", r"hosted\."),
            spelt(r"registry\.np", "mjs"),
            spelt(r"deb\.deb", "ian"),
            # folders of one machine
            spelt("/wo", "rk/"),
            spelt("/fa", "rm/"),
            spelt("/tm", "p/[a-z]"),
            spelt("/ro", "ot/"),
            spelt("/ho", "me/[a-z]"),
            # papers that the reader does not have
            spelt(
                r"\b(?:DES", "IGN|SAF", "ETY|strat", "egies|feat", r"ures|requirements)(?:\.md)? §"
            ),
            spelt(r"\b(?:DES", "IGN|SAF", "ETY|BRI", r"EF)\.md\b"),
            spelt(r"\bSAF", r"ETY \d"),
            spelt(r"\.\./sha", r"red\b"),
        )
    )
)


def definitions(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield each name that a file defines, and whether it is the name of a class."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ClassDef):
            yield node.name, True
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, False


def empty_names(path: Path) -> list[str]:
    parts = [part.removesuffix(".py") for part in name_of(path).split("/")]
    named = [(part, True) for part in parts] + list(definitions(path))
    return [
        f"{name_of(path)}: {name}"
        for name, is_type in named
        if words_of(name) & (SAYS_NOTHING_IN_A_TYPE if is_type else SAYS_NOTHING)
    ]


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name_of(path)}:{number}: {line.strip()[:100]}"
        for path in files()
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_every_name_says_what_the_thing_is() -> None:
    assert [found for path in python_files(*PYTHON_ROOTS) for found in empty_names(path)] == []


def test_names_use_the_words_of_the_glossary() -> None:
    blurred = [
        f"{name_of(path)}: {name} (say {BLURRED[word]})"
        for path in python_files("src")
        for name, _ in definitions(path)
        for word in words_of(name) & BLURRED.keys()
    ]
    assert blurred == []


def test_every_open_task_names_its_issue() -> None:
    assert lines_matching(UNOWNED_TASK) == []


def test_no_file_names_a_registry_a_machine_or_a_private_paper() -> None:
    assert lines_matching(STRANGE) == []


@pytest.mark.parametrize(
    "line",
    [
        spelt("https://py", "pi.org/simple"),
        spelt("file:///wo", "rk/main/x"),
        spelt("open('/tm", "p/x')"),
        spelt("see SAF", "ETY 7"),
        spelt("DES", "IGN §2"),
        spelt("as DES", "IGN.md says"),
        spelt("../sha", "red/data"),
    ],
)
def test_the_search_finds_a_planted_word(line: str) -> None:
    assert STRANGE.search(line)


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        (spelt("# TO", "DO: later"), True),
        (spelt("# TO", "DO(#12): later"), False),
        ("all done", False),
    ],
)
def test_the_search_finds_an_unowned_task(line: str, is_found: bool) -> None:
    assert bool(UNOWNED_TASK.search(line)) == is_found


def test_the_search_sees_the_package() -> None:
    assert PACKAGE / "__init__.py" in set(files())

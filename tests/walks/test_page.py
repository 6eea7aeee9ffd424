"""The walks of docs/ARCHITECTURE.md name files and functions that are there."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tradewind"
PAGE = ROOT / "docs" / "ARCHITECTURE.md"
FILE = re.compile(r"[\w/]+\.py")
NAME = re.compile(r"[A-Za-z_.]+")


def named(page: str) -> Iterator[tuple[str, str]]:
    """Yield (file, name) of every step; a name belongs to the file before it in its cell."""
    for line in page.splitlines():
        cells = line.split(" | ")
        if not re.match(r"\| \d", cells[0]):
            continue
        file = ""
        for word in re.findall(r"`([^`]+)`", cells[1]):
            if FILE.fullmatch(word):
                # A file without its room lies beside the one before it.
                file = word if "/" in word else f"{file.rpartition('/')[0]}/{word}"
                yield file, ""
            elif NAME.fullmatch(word):
                yield file, word.rpartition(".")[2]


def test_every_step_names_something_that_is_there() -> None:
    found = list(named(PAGE.read_text()))
    assert len(found) > 60, "the page is read wrongly"
    missing = []
    for file, name in found:
        path = PACKAGE / file
        text = path.read_text() if path.is_file() else ""
        if not text or (name and not re.search(rf"(?m)^\s*(async )?(def |class )?{name}\b", text)):
            missing.append(f"{file} {name}".strip())
    assert missing == []

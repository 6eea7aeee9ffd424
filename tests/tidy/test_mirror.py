"""tests/unit mirrors the package: one can find the tests of a module, and the module of a test."""

from pathlib import Path

from tests.tidy.source import PACKAGE, ROOT, files, name_of

UNIT = ROOT / "tests" / "unit"
BESIDE_THE_PACKAGE = {"bench"}


def has_module(folder: Path, stem: str) -> bool:
    """Tell whether `folder` holds the module of test_<stem>.py; a topic may follow its name."""
    words = stem.split("_")
    names = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    return any((folder / f"{name}.py").is_file() or (folder / name).is_dir() for name in names)


def test_every_unit_test_lies_where_its_module_lies() -> None:
    lost = []
    for path in files(UNIT):
        place = path.parent.relative_to(UNIT)
        folder = (ROOT if set(place.parts[:1]) & BESIDE_THE_PACKAGE else PACKAGE) / place
        stem = path.stem.removeprefix("test_")
        if path.stem.startswith("test_") and not has_module(folder, stem):
            lost.append(f"{name_of(path)}: there is no {name_of(folder)}/{stem}.py")
    assert lost == []


def test_every_test_folder_is_one_of_the_known_kinds() -> None:
    known = {
        "api",
        "unit",
        "walks",
        "conformance",
        "referees",
        "simulation",
        "golden",
        "e2e",
        "tidy",
    }
    found = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert found - known - {"__pycache__"} == set()

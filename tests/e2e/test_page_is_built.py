"""`./tradewind demo` in a clone builds the page when its sources change, and starts without it too.

Node and npm are stand-ins that note what they are asked: what the real ones make of it, the browser
tests see, for `./tradewind test` has built the page that they open.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CARRIED = ("tradewind", "web/package.json", "web/package-lock.json", "web/src", "web/index.html")
NPM = """#!/bin/sh
echo "$@" >>"$NOTES"
[ "$1" = ci ] || [ -n "${BROKEN:-}" ] || {
    while [ "$1" != --outDir ]; do shift; done
    mkdir -p "$2" && echo page >"$2/index.html"
}
[ -z "${BROKEN:-}" ]
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Make a clone whose environment is ready, whose Python only says that it was started."""
    folder = tmp_path / "a clone"
    (folder / "requirements").mkdir(parents=True)
    (folder / "web" / "public").mkdir(parents=True)
    for name in CARRIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, folder / name)
    for name in (".npmrc", "tsconfig.json", "vite.config.ts"):
        (folder / "web" / name).touch()
    for name in ("requirements/core.lock", "requirements/dev.lock", "pyproject.toml"):
        (folder / name).touch()
    tool(folder / ".venv" / "bin" / "python", '#!/bin/sh\necho started "$@"\n')
    path = f"{folder.resolve()}\n"
    summed = subprocess.run(["cksum"], input=path, capture_output=True, text=True, check=True)
    (folder / ".venv" / f"ready-core-{summed.stdout.split()[0]}").touch()
    tool(tmp_path / "bin" / "npm", NPM)
    tool(tmp_path / "bin" / "node", "#!/bin/sh\nexit ${OLD_NODE:-0}\n")
    return folder


def tool(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def started(clone: Path, *words: str, **extra: str) -> tuple[str, str, list[str]]:
    """Start the clone's command; return what it said on both streams and what npm was asked."""
    notes = clone.parent / "notes"
    notes.write_text("")
    path = f"{clone.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        [clone / "tradewind", *words],
        env={"HOME": str(clone.parent), "PATH": path, "NOTES": str(notes), **extra},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout, ended.stderr, notes.read_text().splitlines()


def test_the_page_is_built_once_and_when_its_sources_change(clone: Path) -> None:
    out, err, asked = started(clone, "demo")
    assert out == "started -P -m tradewind demo\n"
    assert "building the page" in err
    assert [words.split()[0] for words in asked] == ["ci", "run"]
    assert (clone / "web" / "dist" / "index.html").is_file()
    assert started(clone, "demo")[1:] == ("", [])
    (clone / "web" / "src" / "main.tsx").write_text("changed")
    assert "building the page" in started(clone, "up")[1]
    assert started(clone, "up")[1:] == ("", [])


def test_only_what_shows_the_page_builds_it(clone: Path) -> None:
    for words in (["status"], ["demo", "--no-web"], ["demo", "--help"], ["up", "--dry-run"]):
        assert started(clone, *words)[1:] == ("", [])


def test_the_desk_starts_when_the_page_cannot_be_built(clone: Path) -> None:
    out, err, _ = started(clone, "demo", BROKEN="yes")
    assert out == "started -P -m tradewind demo\n"
    assert "the desk starts with its api alone" in err.lower()
    assert "install Node 20.19 or newer" in err
    # Neither the lock nor half a page is left behind.
    assert not (clone / ".venv.lock").is_symlink()
    assert not (clone / "web" / "dist").exists()


def test_a_page_that_cannot_be_built_anew_stays_as_it_was(clone: Path) -> None:
    started(clone, "demo")
    (clone / "web" / "src" / "main.tsx").write_text("changed")
    started(clone, "demo", BROKEN="yes")
    assert (clone / "web" / "dist" / "index.html").read_text() == "page\n"


def test_looking_whether_the_page_is_built_costs_no_time(clone: Path) -> None:
    started(clone, "demo")
    took_s: dict[str, list[float]] = {"demo": [], "status": []}
    for _ in range(5):
        for verb, times in took_s.items():
            began = time.monotonic()
            started(clone, verb)
            times.append(time.monotonic() - began)
    assert min(took_s["demo"]) - min(took_s["status"]) < 0.1

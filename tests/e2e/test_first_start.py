"""`./tradewind` in a clone that has no environment yet: made once, mended when broken.

Installs for real, from the lock files, so it needs the network or a filled cache.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

import tradewind

ROOT = Path(__file__).resolve().parents[2]
CARRIED = ("tradewind", "pyproject.toml", "requirements", "src", "README.md", "LICENSE")
SAYS_VERSION = f"tradewind {tradewind.__version__}\n"

pytestmark = pytest.mark.timeout(300)


def start(command: Path, *arguments: str, path: str | None = None) -> subprocess.Popen[str]:
    """Start `command` from another folder, the way a shell would."""
    return subprocess.Popen(
        [command, *arguments],
        cwd=command.parent,
        env={"HOME": os.environ.get("HOME", ""), "PATH": path or os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate()
    return process.returncode, out, err


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a clone")
    for name in CARRIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def link(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    link = tmp_path_factory.mktemp("elsewhere") / "tw"
    link.symlink_to(clone / "tradewind")
    return link


@pytest.fixture(scope="module")
def ready(clone: Path, link: Path) -> Path:
    """Start twice at once for the first time; return the command."""
    for process in [start(link, "--version"), start(link, "--version")]:
        code, out, err = finish(process)
        assert (code, out) == (0, SAYS_VERSION), err
    assert not (clone / ".venv.lock").is_symlink()
    return link


def test_two_first_starts_at_once_make_one_environment(ready: Path, clone: Path) -> None:
    stamps = list((clone / ".venv").glob("ready-*"))
    assert [stamp.name[:10] for stamp in stamps] == ["ready-core"]


def test_a_second_start_costs_less_than_a_second(ready: Path) -> None:
    took_s = []
    for _ in range(3):
        started = time.monotonic()
        code, out, err = finish(start(ready, "--version"))
        took_s.append(time.monotonic() - started)
        assert (code, out, err) == (0, SAYS_VERSION, "")
    assert min(took_s) < 1.0


def test_a_half_made_environment_is_made_anew(ready: Path, clone: Path) -> None:
    (clone / ".venv" / "whole").unlink()
    for stamp in (clone / ".venv").glob("ready-*"):
        stamp.unlink()
    typer = next((clone / ".venv").glob("lib/python*/site-packages/typer"))
    (typer / "main.py").unlink()
    code, out, err = finish(start(ready, "--version"))
    assert (code, out) == (0, SAYS_VERSION), err


def test_a_changed_lock_is_installed(ready: Path, clone: Path) -> None:
    lock = clone / "requirements" / "core.lock"
    lock.write_text(lock.read_text() + "# changed\n")
    code, out, err = finish(start(ready, "--version"))
    assert (code, out) == (0, SAYS_VERSION), err
    assert "requirements/core.lock" in err


def test_the_lock_of_a_start_that_died_is_cleared(ready: Path, clone: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    (clone / ".venv.lock").symlink_to(str(gone.pid))
    for stamp in (clone / ".venv").glob("ready-*"):
        stamp.unlink()
    code, out, err = finish(start(ready, "--version"))
    assert (code, out) == (0, SAYS_VERSION), err
    assert not (clone / ".venv.lock").is_symlink()


def test_a_machine_without_python_gets_one_sentence(clone: Path, tmp_path: Path) -> None:
    copy = tmp_path / "clone"
    shutil.copytree(clone, copy, ignore=shutil.ignore_patterns(".venv"))
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "readlink", "ln", "rm", "mkdir", "sleep"):
        (tools / name).symlink_to(shutil.which(name) or name)
    code, _, err = finish(start(copy / "tradewind", "--version", path=str(tools)))
    assert code == 2
    assert "found no Python 3.11 to 3.14 and no uv" in err
    assert not (copy / ".venv").exists()

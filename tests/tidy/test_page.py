"""The page's sources: what they need is named exactly and by content, and no file is too long."""

import re
from typing import Any

import msgspec
import pytest

from tests.tidy.source import ROOT, files, name_of, text_of

WEB = ROOT / "web"
FILE_LINES = 350
EXACT = re.compile(r"\d+\.\d+\.\d+")
# Who builds on these must find them in the lock, whichever machine wrote it.
PLATFORMS = ("darwin-arm64", "linux-arm64", "linux-x64")
MADE = {"web/src/api/schema.ts"}


@pytest.fixture(scope="module")
def packages() -> dict[str, Any]:
    lock: dict[str, Any] = msgspec.json.decode((WEB / "package-lock.json").read_bytes())
    return {name: each for name, each in lock["packages"].items() if name}


def test_every_version_is_exact() -> None:
    package: dict[str, Any] = msgspec.json.decode((WEB / "package.json").read_bytes())
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in wanted.items() if not EXACT.fullmatch(version)] == []


def test_the_lock_knows_packages_by_content_and_by_no_address(packages: dict[str, Any]) -> None:
    assert [name for name, each in packages.items() if "integrity" not in each] == []
    assert [name for name, each in packages.items() if "resolved" in each] == []


def test_nothing_runs_when_it_is_installed(packages: dict[str, Any]) -> None:
    assert [name for name, each in packages.items() if each.get("hasInstallScript")] == []
    assert "ignore-scripts=true" in text_of(WEB / ".npmrc").splitlines()


@pytest.mark.parametrize("tool", ["@rolldown/binding", "@typescript/typescript", "lightningcss"])
def test_the_lock_names_what_each_machine_needs(packages: dict[str, Any], tool: str) -> None:
    named = [name for name in packages if name.startswith(f"node_modules/{tool}-")]
    missing = [each for each in PLATFORMS if not any(each in name for name in named)]
    assert missing == []


def test_no_file_of_the_page_is_too_long() -> None:
    sources = [path for path in files(WEB / "src") if name_of(path) not in MADE]
    assert sources
    assert {
        name_of(path): lines
        for path in sources
        if path.suffix in (".ts", ".tsx")
        and (lines := len(text_of(path).splitlines())) > FILE_LINES
    } == {}

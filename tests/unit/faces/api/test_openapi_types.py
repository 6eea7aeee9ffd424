"""The page's types are those of the API: made by its script, and made anew when shapes change."""

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from tradewind.faces.api.openapi import document
from tradewind.faces.api.routes import routes

WEB = Path(__file__).resolve().parents[4] / "web"


def checked(folder: Path, described: object) -> tuple[int, str]:
    """Run the script on a description; return its exit code and what it said."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node on PATH, which the script of the types needs")
    path = folder / "openapi.json"
    path.write_bytes(msgspec.json.encode(described))
    words = [node, "scripts/types.mjs", str(path), "--check"]
    ended = subprocess.run(words, cwd=WEB, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr


def test_the_types_are_what_the_api_says(tmp_path: Path) -> None:
    assert checked(tmp_path, document(routes("0"), "0")) == (0, "")


def test_a_changed_shape_is_noticed(tmp_path: Path) -> None:
    described = document(routes("0"), "0")
    described["components"]["schemas"]["OrderView"]["properties"]["colour"] = {"type": "string"}
    code, said = checked(tmp_path, described)
    assert code == 1
    assert "npm run types" in said

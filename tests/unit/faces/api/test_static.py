"""The files of the page: its own and no others."""

from pathlib import Path

import pytest
from starlette.exceptions import HTTPException

from tradewind.faces.api.static import serve_file


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<html>page</html>")
    (folder / "assets" / "app-1a2b.js").write_text("run()")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


def test_the_page_is_asked_for_again_and_its_assets_never(built: Path) -> None:
    page = serve_file(built, "", "")
    assert page.headers["cache-control"] == "no-cache"
    assert page.body == b"<html>page</html>"
    asset = serve_file(built, "assets/app-1a2b.js", "")
    assert "immutable" in asset.headers["cache-control"]
    assert "javascript" in asset.headers["content-type"]
    assert serve_file(built, "", page.headers["etag"]).status_code == 304


def test_an_address_of_the_page_itself_gets_the_page(built: Path) -> None:
    assert serve_file(built, "instances/ema-short", "").body == b"<html>page</html>"


@pytest.mark.parametrize(
    "path", ["../secret.txt", "assets/../../secret.txt", "link.txt", "/etc/passwd.txt", "a\0b.txt"]
)
def test_nothing_beside_the_folder_is_served(built: Path, path: str) -> None:
    with pytest.raises(HTTPException) as caught:
        serve_file(built, path, "")
    assert caught.value.status_code == 404


def test_without_a_build_a_page_says_how_to_make_one(tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        told = serve_file(folder, "", "")
        assert b"not built" in told.body
        with pytest.raises(HTTPException):
            serve_file(folder, "assets/app.js", "")

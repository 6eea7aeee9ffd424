"""Peers are found, left out with a sentence, run as processes, and their last words are kept."""

import sys
from pathlib import Path

import pytest

from bench.engines import FLOOR, HFTBACKTEST, NAUTILUS, OURS, PEERS, Failed, engines, once


@pytest.fixture
def peers(tmp_path: Path) -> Path:
    folder = tmp_path / "peers"
    folder.mkdir()
    for peer in PEERS:
        (folder / peer.script).write_text("", encoding="utf-8")
    return folder


def test_without_peers_ours_runs_alone_and_each_is_named() -> None:
    found, left_out = engines(None, None)
    assert [each.name for each in found] == [OURS]
    assert [line.split(" is left out")[0] for line in left_out] == [FLOOR, HFTBACKTEST, NAUTILUS]


def test_the_floor_needs_no_environment_and_runs_beside_ours(peers: Path, tmp_path: Path) -> None:
    python = tmp_path / "venvs" / "hft" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("", encoding="utf-8")
    found, left_out = engines(peers, tmp_path / "venvs")
    assert [each.name for each in found] == [OURS, FLOOR, HFTBACKTEST]
    assert found[2].command[0] == str(python)
    assert len(left_out) == 1
    assert "'nautilus'" in left_out[0]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("raise SystemExit('no such file')", "said: no such file"),
        ("print('hello')", "found no figures"),
    ],
)
def test_one_that_fails_says_why(script: str, words: str) -> None:
    with pytest.raises(Failed, match=words):
        once("a peer", [sys.executable, "-c", script])


def test_figures_are_the_line_that_begins_with_result() -> None:
    script = "print('warm'); print('RESULT {\"per_s\": 5}')"
    assert once("a peer", [sys.executable, "-c", script]) == {"per_s": 5}

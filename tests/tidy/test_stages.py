"""The stages of `./tradewind test` leave out no test and hide no failure."""

import sys

import pytest

from tests import stages
from tests.tidy.source import ROOT, files, name_of


def test_every_test_file_belongs_to_one_stage() -> None:
    covered = tuple(
        f"{path}/" for steps in stages.STAGES.values() for s in steps for path in s.paths
    )
    tests = [name_of(path) for path in files(ROOT / "tests") if path.name.startswith("test_")]
    pytest_folders = tuple(
        path for path in covered if path.startswith("tests/") and path != "tests/"
    )
    assert [name for name in tests if not name.startswith(pytest_folders)] == []


def test_a_step_without_any_of_its_folders_is_left_out() -> None:
    assert stages.Step("absent", ("-m", "pytest"), ("tests/no such folder",)).words([]) == []


def test_arguments_after_the_dashes_reach_pytest_only() -> None:
    tidy = stages.Step("tidy", ("-m", "pytest"), ("tests/tidy",))
    lint = stages.Step("lint", ("-m", "ruff", "check"), ("tests",))
    assert tidy.words(["-k", "words"])[-2:] == ["-k", "words"]
    assert "-k" not in lint.words(["-k", "words"])


@pytest.mark.parametrize("words", [["one", "--", "-k", "x"], ["one", "-k", "x"]])
def test_the_dashes_may_be_gone_before_they_come_here(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[list[str]] = []

    def run(_stage: str, arguments: list[str]) -> list[stages.Outcome]:
        heard.append(arguments)
        return []

    monkeypatch.setattr(stages, "STAGES", {"one": ()})
    monkeypatch.setattr(stages, "run_stage", run)
    assert stages.main(words) == 0
    assert heard == [["-k", "x"]]


def test_a_wrong_stage_is_bad_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert stages.main(["quick"]) == 2
    assert "choose from: fast, walks, simulation, e2e" in capfd.readouterr().out


def test_what_a_step_compiles_is_kept_for_the_next(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    told = stages.Step("told", ("-c", "import sys; print(f'kept: {not sys.dont_write_bytecode}')"))
    monkeypatch.setattr(stages, "STAGES", {"one": (told,)})
    assert stages.main([]) == 0
    assert "kept: True" in capfd.readouterr().out


def test_the_first_stage_that_fails_is_the_last_to_run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    good = stages.Step("good", ("-c", "print('ran good')"))
    bad = stages.Step("bad", ("-c", "raise SystemExit(3)"))
    monkeypatch.setattr(stages, "STAGES", {"one": (good,), "two": (bad, good), "three": (good,)})
    assert stages.main([]) == 1
    out = capfd.readouterr().out
    assert out.count("ran good") == 2, "the stage in which a step fails runs to its end"
    assert "FAILED (3)" in out
    assert "three" not in out
    assert stages.main(["three"]) == 0, sys.executable

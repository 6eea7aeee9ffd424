"""The runner: what it is asked for, what a failed part does, and where other benches join."""

from pathlib import Path

import pytest

from bench import market, run
from bench.run import PARTS, Plan, asked_for, sections


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arrays")
    market.make(folder, 200)
    return folder


def test_five_rounds_of_everything_are_the_default() -> None:
    plan = asked_for([])
    assert (plan.rounds, plan.n, plan.parts) == (5, None, PARTS)
    assert set(plan.cases) == {"ema", "multi", "mmq", "noopq"}


@pytest.mark.parametrize("words", [["--cases", "emma"], ["--parts", "speed,all"], ["--n", "many"]])
def test_a_word_that_means_nothing_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        asked_for(words)
    assert refused.value.code == 2


def test_a_round_of_ours_alone_says_that_it_proves_no_parity(data: Path) -> None:
    plan = Plan(rounds=1, n=100, data=data, cases=("noopq",), parts=("speed",))
    lines = sections(plan)
    assert run.ALONE in lines
    assert plan.faults == []
    assert [line for line in lines if line.startswith("| noop quotes | tradewind | 1 | 100 |")]


def test_a_part_that_fails_is_a_sentence_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "EXTRA", {})
    plan = Plan(rounds=1, n=100, data=tmp_path, parts=("memory", "extra"))
    lines = sections(plan)
    assert len(plan.faults) == 1
    assert plan.faults[0] in lines
    assert "No such file" in plan.faults[0]


def test_another_bench_is_a_section_of_its_own(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk.py").write_text("print('RESULT {\"fills_per_s\": 20000}')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(run, "EXTRA", {"Disk": "disk", "Absent": "not_here"})
    lines = sections(Plan(data=data, parts=("extra",)))
    at = lines.index("## Disk")
    assert lines[at + 2 : at + 5] == ["| fills_per_s |", "| --- |", "| 20,000 |"]
    assert "## Absent" not in lines

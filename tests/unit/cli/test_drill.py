"""`tradewind drill`: its words, its exit codes, and a life that is written down."""

from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tradewind.app.drill.cast import Case, Transport
from tradewind.app.drill.drill import Outcome
from tradewind.cli.drill import told


def test_one_life_is_green_and_written_down(tmp_path: Path) -> None:
    trace = tmp_path / "life.txt"
    called = call("drill", "--seeds", "1", "--first-seed", "10", "--trace", str(trace))
    assert called.code == 0
    assert "every promise held" in called.out
    lines = trace.read_text().splitlines()
    assert {line.split()[1] for line in lines} >= {"drill", "wire", "event", "effect"}
    times = [float(line.split()[0]) for line in lines]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--transport", "carrier"), "give one of wire, inprocess"),
        (("--strategy", "dual_ema_shrt"), "did you mean dual_ema_short?"),
        (("--strategy", "any", "--config", "desk.toml"), "give one of them"),
    ],
)
def test_a_wrong_word_is_bad_usage(words: tuple[str, ...], sentence: str) -> None:
    called = call("drill", "--seeds", "1", *words)
    assert called.code == 2
    assert sentence in called.err


def test_a_failing_life_says_how_to_see_it_again() -> None:
    outcome = Outcome(7, ("a fill entered twice",), 1, 1, 1, {}, {}, 1, 0.1)
    words = told(outcome, Case(transport=Transport.INPROCESS, strategies=("mine.py",)))
    assert "seed 7 failed:\n  a fill entered twice" in words
    assert "--seeds 1 --first-seed 7 --strategy mine.py --transport inprocess" in words

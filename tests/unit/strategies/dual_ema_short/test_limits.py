"""When losses close the entries, and when they open again."""

import pytest

from tests.harness import D
from tradewind.strategies.dual_ema_short.limits import (
    DAILY_LOSS,
    DRAWDOWN,
    LossRules,
    find_halt,
    note_equity,
    release,
)
from tradewind.strategies.dual_ema_short.slots import ShortState
from tradewind.strategies.dual_ema_short.trend import DAY_NS

RULES = LossRules(D(5), D(20))


@pytest.mark.parametrize(
    ("name", "peak", "day", "equity", "expected"),
    [
        ("all well", "10000", "10000", "9501", ""),
        ("five percent today", "10000", "10000", "9500", DAILY_LOSS),
        ("a fall of 20 % over days", "10000", "8100", "8000", DRAWDOWN),
        ("both: the longer one", "10000", "10000", "8000", DRAWDOWN),
    ],
)
def test_a_halt_is_found_by_its_rule(
    name: str, peak: str, day: str, equity: str, expected: str
) -> None:
    state = ShortState(peak=D(peak), day_equity=D(day))
    assert find_halt(state, D(equity), RULES) == expected, name


def test_a_new_day_ends_a_daily_halt_and_no_drawdown() -> None:
    for halt, left in ((DAILY_LOSS, ""), (DRAWDOWN, DRAWDOWN)):
        state = ShortState(halt=halt)
        note_equity(state, D(9_000), 5 * DAY_NS)
        assert (state.halt, state.day_equity, state.peak) == (left, D(9_000), D(9_000))
        note_equity(state, D(8_000), 5 * DAY_NS + 1)
        assert (state.day_equity, state.peak) == (D(9_000), D(9_000))


def test_a_release_counts_from_the_equity_of_its_moment() -> None:
    state = ShortState(peak=D(10_000), day_equity=D(9_000), halt=DRAWDOWN)
    release(state, D(7_000))
    assert (state.halt, find_halt(state, D(7_000), RULES)) == ("", "")
    assert find_halt(state, D(5_600), RULES) == DRAWDOWN

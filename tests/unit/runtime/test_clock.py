"""A wall clock that jumps: it is noticed, nothing new is begun meanwhile, and people are told."""

from pathlib import Path

import pytest

from tests.harness import D
from tests.walks.paper import BTC, ONE, Paper, at
from tradewind.control.history import History
from tradewind.core.strategy.context import Context
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.effects import Level
from tradewind.model.events import Quote
from tradewind.model.money import MILLIS, NANOS
from tradewind.runtime.clock import ClockCheck, SystemClock

STEPS = {
    "an hour forward": (3600 * NANOS, True),
    "an hour back": (-3600 * NANOS, True),
    "a second": (NANOS, True),
    "a tenth of a second, as time servers do": (100 * MILLIS, False),
    "not at all": (0, False),
}


class Hands(SystemClock):
    """A clock whose hands the test moves; `wall_ns` may jump, `passed_ns` may not."""

    def __init__(self) -> None:
        self.wall_ns, self.passed_ns = at(0), 0

    def now_ns(self) -> int:
        return self.wall_ns

    def monotonic_ns(self) -> int:
        return self.passed_ns

    def go(self, passed_ns: int, jump_ns: int = 0) -> None:
        self.passed_ns += passed_ns
        self.wall_ns += passed_ns + jump_ns


class Buys(Strategy):
    """Asks for one unit at every quote."""

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        ctx.buy(quote.instrument, 1, quote.bid)


def quote(ms: int) -> Quote:
    return Quote(BTC.id, at(ms), at(ms), D(100), D(101), D(3), D(3))


@pytest.mark.parametrize("name", STEPS)
def test_a_jump_of_the_clock_lets_nothing_new_begin_until_it_is_measured_again(
    name: str, tmp_path: Path
) -> None:
    jump_ns, is_doubted = STEPS[name]
    hands, history = Hands(), History()
    check = ClockCheck(hands)
    paper = Paper(tmp_path, Buys)
    paper.bus.subscribe(history)

    def look(jump: int) -> None:
        hands.go(5 * NANOS, jump)
        paper.session.clock_checked(check.step_ns())

    look(jump_ns)
    paper.pump(100, quote(100))
    denied = [each.client_order_id for each in paper.desk.orders.live.values()] == []
    assert denied is is_doubted
    said = [each for each in history.news() if each.kind == "clock"]
    assert bool(said) is is_doubted
    if is_doubted:
        [alert] = said
        assert alert.level is Level.CRITICAL
        assert f"stepped by {jump_ns // MILLIS} ms" in alert.text
        assert "time service" in alert.text, "what to do"
        [refusal] = [each for each in history.news() if each.kind == "denied"]
        assert (refusal.instance, "clock" in refusal.text) == (ONE, True)

    look(0)
    paper.pump(200, quote(200))
    assert paper.desk.orders.live, "measured again and found steady, it trades on"
    paper.close()

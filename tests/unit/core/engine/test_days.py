"""Trading days: what a limit is a part of, and which halts end with the day."""

from decimal import Decimal

import pytest

from tests.harness import SECOND, START, Bench, D, account
from tests.unit.core.engine.venue import A
from tests.unit.core.hand import BTC, BUY, SELL, denial, hold, place, stage
from tradewind.model.commands import DESK, Kill, Rearm, Scope, ScopeKind
from tradewind.model.config import Breaker, Limits
from tradewind.model.effects import DayOpened
from tradewind.model.events import Transferred
from tradewind.model.ids import FillKey, VenueId

DAY_S = 86_400
HOUR_S = 3_600
ACCOUNT = Scope(ScopeKind.ACCOUNT, A)
LOSING = Limits(max_daily_loss_pct=D(2))


def opened(bench: Bench) -> list[tuple[int, Decimal]]:
    return [(each.ts, each.capital) for each in bench.effects if type(each) is DayOpened]


def until(bench: Bench, seconds: int) -> None:
    """Let the day go on to so many seconds after its midnight, and look at the market again."""
    bench.silence(seconds - (bench.now - START) / SECOND)
    bench.quote(BTC, "99.9", "100.1")


def lose(bench: Bench, amount: str) -> None:
    """Buy 10 at 100 and sell them for so much less in all."""
    hold(bench, "10")
    hold(bench, "-10", str(100 - D(amount) / 10), reduce_only=True)


def test_a_day_begins_with_the_first_reading_and_then_at_the_venues_midnight() -> None:
    config = {"day_offset_ns": {VenueId("BYBIT"): 19_800 * SECOND}}  # five hours and a half ahead
    bench = stage(account(), config=config)
    assert [at_ns for at_ns, _ in opened(bench)] == [START]
    until(bench, DAY_S)
    assert [(at_ns - START) // SECOND for at_ns, _ in opened(bench)] == [0, DAY_S - 19_800]


def test_capital_is_what_the_account_is_worth_when_the_day_begins() -> None:
    bench = stage(account())
    hold(bench, "10", "100")
    bench.quote(BTC, "110", "110")
    bench.silence(DAY_S)
    assert [capital for _, capital in opened(bench)] == [10_000, 10_100]


def test_a_fixed_capital_stays_whatever_comes_or_goes() -> None:
    bench = stage(account(capital_base=D(1000), limits=LOSING))
    bench.feed(
        Transferred(A, bench.now, bench.now, FillKey("t"), D(50_000), bench.accounts[0].currency)
    )
    lose(bench, "21")
    assert denial(bench, BUY, 1, 99).rule == "daily_loss"
    until(bench, DAY_S)
    assert [capital for _, capital in opened(bench)] == [1000, 1000]


@pytest.mark.parametrize("rule", ["daily_loss", "losses_in_row", "breaker"])
def test_a_halt_that_was_made_for_the_day_ends_with_it(rule: str) -> None:
    limits = LOSING if rule == "daily_loss" else Limits(max_losses_in_row=2)
    bench = stage(account(limits=limits, breaker=Breaker(failed_orders=2)))
    for _ in range(2):
        if rule == "breaker":
            bench.auto_ack = False
            bench.rejected(place(bench, BUY, 1, 99))
        else:
            lose(bench, "101")
    bench.auto_ack = True
    assert denial(bench, BUY, 1, 99).rule == rule
    until(bench, DAY_S - 1)
    assert denial(bench, BUY, 1, 99).rule == rule
    until(bench, DAY_S)
    place(bench, BUY, 1, 80)
    if rule != "breaker":
        lose(bench, "101")
        place(bench, BUY, 1, 80)  # what was lost yesterday counts no more


def test_a_kill_does_not_end_with_the_day() -> None:
    bench = stage(account())
    bench.command(Kill(DESK), "K")
    until(bench, DAY_S + HOUR_S)
    assert denial(bench, BUY, 1, 99).rule == "kill"


def test_a_rearm_forgives_what_was_lost_and_the_limit_counts_from_there() -> None:
    bench = stage(account(limits=LOSING))
    lose(bench, "201")
    assert denial(bench, BUY, 1, 99).rule == "daily_loss"
    bench.command(Rearm(ACCOUNT))
    lose(bench, "150")
    order = place(bench, SELL, 1, 101)
    lose(bench, "60")
    assert denial(bench, BUY, 1, 99).rule == "daily_loss"
    assert not order.live


def test_money_that_comes_raises_what_may_be_lost_from_then_on() -> None:
    bench = stage(account(limits=LOSING))
    bench.feed(
        Transferred(A, bench.now, bench.now, FillKey("t"), D(10_000), bench.accounts[0].currency)
    )
    lose(bench, "399")
    place(bench, BUY, 1, 99)
    lose(bench, "2")
    assert denial(bench, BUY, 1, 98).rule == "daily_loss"

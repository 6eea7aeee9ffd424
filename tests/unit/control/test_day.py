"""The day's result against what may be lost."""

import pytest

from tests.harness import D, account
from tests.unit.control.stage import BTC, Maker, Stage, hold
from tradewind.control.day import day_of
from tradewind.model.config import Limits
from tradewind.model.events import CurrencyRate
from tradewind.model.ids import Currency


def stage(desk_limits: Limits | None = None) -> Stage:
    """Return a stage whose account may lose 2 % of a day, after a loss of 20.2 USDT."""
    limits = Limits(max_daily_loss_pct=D(2))
    one = account("A", limits=limits, read_lag_ns=0)
    made = Stage(one, desk_limits=desk_limits or Limits())
    made.define(BTC)
    made.feed(CurrencyRate(Currency("USDT"), D("0.5"), made.now))
    made.pass_time(2)
    made.quote(BTC, "99.9", "100.1")
    made.deploy(Maker, BTC, name="maker")
    made.quote(BTC, "99.9", "100.1")
    hold(made, "2", "110")
    made.quote(BTC, "99.9", "100.1")
    return made


def test_the_days_of_accounts_are_added_up_in_the_reporting_currency() -> None:
    made = stage()
    day = day_of(made.desk)
    assert day is not None
    assert (day.currency, day.net) == ("USD", pytest.approx(-10.025))
    capital = made.desk.losses["A"].capital
    assert day.limit == pytest.approx(float(capital) * 0.02 * 0.5)
    assert 0 < day.since_ns <= made.now


def test_a_limit_of_the_desk_itself_counts_alone() -> None:
    made = stage(desk_limits=Limits(max_daily_loss_pct=D(1)))
    day = day_of(made.desk)
    assert day is not None
    assert day.net == pytest.approx(-10.025)
    assert day.limit == pytest.approx(float(made.desk.losses["desk"].limit or 0))


def test_before_a_day_began_there_is_none() -> None:
    assert day_of(Stage(account("A")).desk) is None

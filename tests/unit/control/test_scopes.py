"""The risk view: who may trade, and how much of each limit is used."""

from tests.harness import D, account
from tests.unit.control.stage import BTC, Idle, Maker, Stage, hold
from tradewind.control.views import ScopeView
from tradewind.model.commands import EnableAccount, Kill, Scope, ScopeKind, TradingState
from tradewind.model.config import Limits
from tradewind.model.events import SessionChanged
from tradewind.model.ids import AccountId


def limited() -> Stage:
    """Return a stage whose account, desk and maker have limits; the maker holds 2 of 100."""
    limits = Limits(max_daily_loss_pct=D(2), max_exposure_notional=D(1000), max_open_orders=10)
    stage = Stage(account("A", limits=limits, read_lag_ns=0), desk_limits=Limits(max_open_orders=50))
    stage.define(BTC)
    stage.pass_time(2)
    stage.quote(BTC, "99.9", "100.1")
    stage.deploy(Maker, BTC, name="maker", limits=Limits(max_daily_loss_pct=D(1)))
    stage.deploy(Idle, BTC, name="idle")
    stage.quote(BTC, "99.9", "100.1")
    hold(stage, "2", "110")
    stage.quote(BTC, "99.9", "100.1")
    return stage


def scope(stage: Stage, kind: ScopeKind, name: str = "") -> ScopeView:
    return next(each for each in stage.views.risk() if (each.kind, each.name) == (kind, name))


def used(view: ScopeView) -> dict[str, tuple[object, object]]:
    return {use.limit: (use.used, use.bound) for use in view.uses}


def test_scopes_come_widest_first() -> None:
    kinds = [each.kind.value for each in limited().views.risk()]
    assert kinds == ["desk", "venue", "account", "instance", "instance"]


def test_an_account_shows_orders_exposure_and_the_day() -> None:
    figures = used(scope(limited(), ScopeKind.ACCOUNT, "A"))
    # Held 2, and 2 more bid for: 4 at a mark of 100. Lost 2 x 10 and a fee of 0.05 of 2 % of 10000.
    assert figures == {
        "open_orders": (D(1), D(10)),
        "exposure": (D(400), D(1000)),
        "daily_loss": (D("20.05"), D(200)),
    }


def test_an_instance_shows_its_own_limit_only() -> None:
    assert used(scope(limited(), ScopeKind.INSTANCE, "maker")) == {
        "daily_loss": (D("20.05"), D(100))
    }
    assert used(scope(limited(), ScopeKind.INSTANCE, "idle")) == {}
    assert used(scope(limited(), ScopeKind.DESK)) == {"open_orders": (D(1), D(50))}


def test_a_halt_stands_with_its_cause_and_time() -> None:
    stage = limited()
    stage.command(Kill(Scope(ScopeKind.VENUE, "BYBIT")))
    view = scope(stage, ScopeKind.VENUE, "BYBIT")
    assert (view.state, view.cause, view.since_ns) == (TradingState.HALTED, "killed", stage.now)


def test_an_account_in_doubt_says_why() -> None:
    stage = limited()
    stage.command(EnableAccount(AccountId("A"), enabled=False))
    stage.feed(SessionChanged(AccountId("A"), stage.now, stage.now, live=False, reason="gone"))
    view = scope(stage, ScopeKind.ACCOUNT, "A")
    assert not view.ready
    assert "is disabled" in view.doubts
    assert "has no live session" in view.doubts

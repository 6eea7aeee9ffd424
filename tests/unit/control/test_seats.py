"""Accounts as faces show them."""

from tests.harness import D
from tests.unit.control.stage import stage_with_maker
from tradewind.control.views import LinkView, Seat, Wanted
from tradewind.model.commands import EnableAccount, Kill, Scope, ScopeKind, TradingState
from tradewind.model.events import SessionChanged
from tradewind.model.ids import AccountId

A = AccountId("A")


def test_an_account_shows_where_it_is_and_how_it_stands() -> None:
    stage = stage_with_maker()
    stage.vitals.seats["A"] = Seat(
        environment="testnet", keys="main", proxy="http://***:***@proxy:1", permissions=("read",)
    )
    stage.vitals.links = (
        LinkView(account="A", ages={}, reconnects={"public": 2}, failed_reads=3, clock_ahead_us=7),
    )
    one, other = stage.views.accounts()
    assert (one.account, one.venue, one.currency, one.mode) == ("A", "BYBIT", "USDT", "paper")
    assert (one.environment, one.keys, one.proxy) == ("testnet", "main", "http://***:***@proxy:1")
    assert (one.permissions, one.reconnects, one.clock_ahead_us) == (("read",), {"public": 2}, 7)
    assert (one.ready, one.session, one.open_orders, one.failed_reads) == (True, True, 1, 3)
    assert one.balances == {"USDT": one.balances["USDT"]}
    assert one.balances["USDT"] > D(0)
    assert (other.account, other.environment, other.reconnects) == ("K", "", {})
    assert [each.account for each in stage.views.accounts(Wanted(account="K"))] == ["K"]


def test_an_account_says_why_it_takes_no_risk() -> None:
    stage = stage_with_maker()
    stage.feed(SessionChanged(A, stage.now, stage.now, live=False))
    stage.command(EnableAccount(A, enabled=False))
    stage.command(Kill(Scope(ScopeKind.ACCOUNT, "A")))
    [row] = stage.views.accounts(Wanted(account="A"))
    assert (row.enabled, row.session, row.ready) == (False, False, False)
    assert row.state is TradingState.HALTED
    assert {"is disabled", "has no live session"} <= set(row.doubts)

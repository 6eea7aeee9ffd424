"""ACTIVE, REDUCING, HALTED: what halts a scope, with which cause, and what lets it trade again."""

from typing import Any

import pytest

from tests.harness import Bench, D, account
from tests.unit.core.hand import BTC, BUY, SELL, Hand, denial, hold, place, quote, scene
from tradewind.core.risk.states import AccountState, ScopeState
from tradewind.model.commands import Kill, Rearm, Scope, ScopeKind, TradingState
from tradewind.model.config import Breaker, Limits
from tradewind.model.effects import CancelOrder, Confirmation, TradingStateChanged
from tradewind.model.events import RequestsCounted
from tradewind.model.ids import AccountId, InstanceId, VenueId

A = AccountId("A")
ACCOUNT = Scope(ScopeKind.ACCOUNT, "A")
DAY = 86_400


def rule(bench: Bench, scope: str = "A") -> str:
    found = {each.name: each for each in bench.desk.all_scopes()}[scope]
    assert (found.state is TradingState.ACTIVE) is (not found.rule) is (not found.cause)
    return found.rule


def fail(bench: Bench, gaps_s: list[float], **terms: Any) -> None:
    """Let the venue reject an order after each of these pauses."""
    for gap in gaps_s:
        bench.pass_time(gap)
        bench.rejected(place(bench, BUY, "1", "99", **terms))


# --- failed orders ----------------------------------------------------------------------------

FAILURES = [
    # pauses before each of the rejected orders, does the breaker open
    ([0, 59, 0, 0, 0], True),
    ([0, 14, 15, 15, 15], True),
    ([0, 15, 15, 15, 15], False),
    ([0, 0, 0, 0], False),
    ([0, 0, 0, 0, 60], False),
    ([0, 0, 0, 0, 60, 0, 0, 0, 0], True),
]


@pytest.mark.parametrize(("gaps", "opens"), FAILURES)
def test_gk_4_five_failed_orders_within_a_minute_open_the_breaker(
    gaps: list[float], opens: bool
) -> None:
    bench = scene()
    hold(bench, "1")
    fail(bench, gaps[:-1])
    assert rule(bench) == ""
    fail(bench, gaps[-1:])
    assert rule(bench) == ("breaker" if opens else "")
    if opens:
        sent = len(bench.submitted())
        assert denial(bench, BUY, "1", "99").rule == "breaker"
        assert len(bench.submitted()) == sent
        place(bench, SELL, "1", "99")


def test_what_our_gate_denies_and_what_one_order_is_told_twice_are_no_failures() -> None:
    bench = scene()
    order = place(bench, BUY, "1", "99")
    for _ in range(6):
        denial(bench, BUY, "-1", "99")
        bench.rejected(order)
    assert rule(bench) == ""


def test_the_breaker_is_the_accounts_own_and_a_rearm_forgets_what_led_to_it() -> None:
    bench = Bench(account("A", breaker=Breaker(failed_orders=2)), account("B"))
    bench.define(BTC)
    quote(bench, BTC)
    bench.deploy(Hand, BTC, accounts=("A",))
    bench.deploy(Hand, BTC, accounts=("B",), name="s2")
    resting = place(bench, BUY, "1", "90", reason="resting")
    fail(bench, [0, 0])
    assert (rule(bench, "A"), rule(bench, "B")) == ("breaker", "")
    cancels = [each.client_order_id for each in bench.effects if type(each) is CancelOrder]
    assert cancels == [resting.client_order_id]
    place(bench, BUY, "1", "99", name="s2")
    bench.command(Rearm(ACCOUNT))
    fail(bench, [0])
    assert rule(bench) == ""
    fail(bench, [0])
    assert rule(bench) == "breaker"


# --- error rate -------------------------------------------------------------------------------

RATES = [
    # requests answered and failed, one count after the other, does the breaker open
    ([(90, 9)], False),  # fewer than a hundred say nothing yet
    ([(91, 9)], False),
    ([(90, 10)], True),
    ([(0, 10), (90, 0)], True),
    ([(0, 10), (91, 0)], False),  # the oldest failure is the 101st
    ([(100, 0), (0, 9), (0, 1)], True),
]


@pytest.mark.parametrize(("counts", "opens"), RATES)
def test_ten_percent_errors_among_the_last_hundred_requests_open_the_breaker(
    counts: list[tuple[int, int]], opens: bool
) -> None:
    bench = scene()
    for answered, failed in counts:
        assert rule(bench) == ""
        bench.feed(RequestsCounted(A, bench.now, bench.now, answered, failed))
    assert rule(bench) == ("breaker" if opens else "")
    if opens:
        bench.command(Rearm(ACCOUNT))
        bench.feed(RequestsCounted(A, bench.now, bench.now, 1, 1))
        assert rule(bench) == "", "it counts from the rearm"


# --- losses in a row --------------------------------------------------------------------------


def trip(bench: Bench, px: str, name: str = "s1") -> None:
    """Buy one at 100 and sell it at `px`."""
    hold(bench, "1", name=name)
    bench.fill(place(bench, SELL, "1", px, name=name))


ROUNDS = [
    (["99", "99", "99"], True),
    (["99", "99"], False),
    (["99", "99", "101", "99", "99"], False),
    (["99", "101", "99", "99", "99"], True),
    (["99", "99", "100", "99"], True),  # even is neither a loss nor an end of the row
]


@pytest.mark.parametrize("scope", ["instance s1", "A", "venue BYBIT", "desk"])
@pytest.mark.parametrize(("exits", "halts"), ROUNDS)
def test_so_many_lost_round_trips_in_a_row_halt_the_scope(
    exits: list[str], halts: bool, scope: str
) -> None:
    limits, none = Limits(max_losses_in_row=3), Limits()
    bench = Bench(
        account(limits=limits if scope == "A" else none),
        config={
            "venue_limits": {VenueId("BYBIT"): limits} if scope.startswith("venue") else {},
            "desk_limits": limits if scope == "desk" else none,
        },
    )
    bench.define(BTC)
    quote(bench, BTC)
    bench.deploy(Hand, BTC, limits=limits if scope.startswith("instance") else none)
    for px in exits:
        assert rule(bench, scope) == ""
        trip(bench, px)
    assert rule(bench, scope) == ("losses_in_row" if halts else "")
    if halts:
        assert denial(bench, BUY, "1", "99").rule == "losses_in_row"
        bench.silence(DAY)
        quote(bench, BTC)
        assert rule(bench, scope) == "", "a new day counts anew"
        trip(bench, "99")
        assert rule(bench, scope) == ""


def test_several_fills_of_one_exit_are_one_result() -> None:
    bench = scene(limits=Limits(max_losses_in_row=2))
    hold(bench, "3")
    order = place(bench, SELL, "3", "99")
    for _ in range(2):
        bench.fill(order, "1")
    assert rule(bench) == ""
    bench.fill(order, "1", "105")
    trip(bench, "99")
    assert rule(bench) == "", "the first trip won in sum"
    trip(bench, "99")
    assert rule(bench) == "losses_in_row"


def test_an_account_counts_its_instances_together_and_an_instance_only_itself() -> None:
    bench = Bench(account(limits=Limits(max_losses_in_row=3)))
    bench.define(BTC)
    quote(bench, BTC)
    for name in ("s1", "s2"):
        bench.deploy(Hand, BTC, name=name, limits=Limits(max_losses_in_row=2))
    trip(bench, "99", "s1")
    trip(bench, "99", "s2")
    assert (rule(bench, "instance s1"), rule(bench, "instance s2"), rule(bench)) == ("", "", "")
    trip(bench, "99", "s1")
    assert rule(bench, "instance s1") == rule(bench) == "losses_in_row"
    assert rule(bench, "instance s2") == ""


# --- one halt and another ---------------------------------------------------------------------


def test_every_scope_must_be_active_again_before_new_risk_passes() -> None:
    bench = scene()
    scopes = [bench.desk.instances[InstanceId("s1")].scope, *bench.desk.all_scopes()[:3]]
    for scope in scopes:
        scope.state, scope.cause = TradingState.REDUCING, f"a test of {scope.name}"
    bench.desk.refresh_restriction()
    for kind, scope in (
        (Scope(ScopeKind.INSTANCE, "s1"), scopes[0]),
        (ACCOUNT, scopes[3]),
        (Scope(ScopeKind.VENUE, "BYBIT"), scopes[2]),
        (Scope(ScopeKind.DESK), scopes[1]),
    ):
        found = denial(bench, BUY, "1", "99")
        assert (found.rule, found.passes) == ("reducing", "exits, until it is rearmed")
        assert found.why == f"{scope.name} is reducing: a test of {scope.name}"
        assert bench.command(Rearm(kind)).confirmation is Confirmation.CONFIRMED
    place(bench, BUY, "1", "99")


def test_a_loss_does_not_take_the_place_of_a_kill_which_no_new_day_lifts() -> None:
    bench = scene(limits=Limits(max_daily_loss_pct=D(2)))
    hold(bench, "100")
    bench.command(Kill(ACCOUNT))
    bench.pass_time(10)
    assert rule(bench) == "kill"
    bench.quote(BTC, "89.9", "90.1")
    assert rule(bench) == "kill"
    bench.silence(DAY)
    assert rule(bench) == "kill"
    assert bench.command(Rearm(ACCOUNT)).confirmation is Confirmation.CONFIRMED
    assert rule(bench) == ""
    last = [each for each in bench.effects if type(each) is TradingStateChanged][-1]
    assert last.cause.startswith("rearmed (")


# --- the values themselves --------------------------------------------------------------------


def test_a_scope_knows_from_its_name_what_it_covers() -> None:
    rows = [
        (ScopeState("desk", Limits()), True, True),
        (ScopeState("venue BYBIT", Limits()), True, False),
        (AccountState(account("A")), True, False),
    ]
    for scope, here, elsewhere in rows:
        assert scope.covers(A, VenueId("BYBIT")) is here
        assert scope.covers(AccountId("K"), VenueId("KALSHI")) is elsewhere
    assert AccountState(account("venue X")).venue == ""


@pytest.mark.parametrize("part", ["enabled", "session", "reconciled", "locks"])
def test_an_account_is_ready_only_with_everything(part: str) -> None:
    state = AccountState(account())
    state.reconciled = True
    state.refresh()
    assert state.ready
    if part == "locks":
        state.locks[BTC.id] = "a test"
    else:
        setattr(state, part, False)
    state.refresh()
    assert not state.ready


# --- head-room --------------------------------------------------------------------------------

HEADROOM = [
    # orders a second, seconds that a kill may take, orders that may be open
    (2, "5", 8),
    (2, "2.5", 3),
    (1, "1", 0),
]


@pytest.mark.parametrize(("rate", "max_kill_s", "most"), HEADROOM)
def test_no_more_orders_are_open_than_a_kill_can_cancel_and_read_back_in_time(
    rate: int, max_kill_s: str, most: int
) -> None:
    bench = scene(orders_per_s=D(1000), order_burst=1000)
    hold(bench, "1")
    state = AccountState(account(orders_per_s=D(rate), max_kill_s=D(max_kill_s)))
    bench.desk.accounts[A].most_orders = state.most_orders
    orders = [place(bench, BUY, "1", "99", reason=str(each)) for each in range(most)]
    found = denial(bench, BUY, "1", "99", reason="one more")
    assert (found.rule, found.why.split()[2]) == ("kill_headroom", str(most + 1))
    assert found.passes == f"at most {most} open orders, or a higher orders_per_s"
    exit_ = place(bench, SELL, "1", "101")
    assert exit_.created_ns == bench.now, "an exit passes"
    if orders:
        bench.cancelled(exit_)
        bench.cancelled(orders[0])
        place(bench, BUY, "1", "99", reason="one more")


def test_an_account_with_the_usual_rate_has_room_for_many_orders() -> None:
    assert AccountState(account(orders_per_s=D(10))).most_orders == 48

"""The gate's checks in their order; a denial names its rule and what would pass, and that does."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness import SECOND, Bench, D
from tests.unit.core.hand import (
    BTC,
    BUY,
    SELL,
    Hand,
    denial,
    do,
    hold,
    place,
    scene,
)
from tradewind.core.engine.account import lock, unlock
from tradewind.core.risk.states import ScopeState
from tradewind.core.risk.verdict import Approved, Parked, Refusal, Verdict
from tradewind.model.commands import (
    EnableAccount,
    Lifecycle,
    Pause,
    Resume,
    SingleFire,
    TradingState,
)
from tradewind.model.config import Limits
from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    ClockStepped,
    FeedChanged,
    RequestsCounted,
    SessionChanged,
    TradingChanged,
)
from tradewind.model.ids import NET, AccountId, InstanceId
from tradewind.model.market import Trading
from tradewind.model.order import OrderStatus, PlaceOrder, Side

A = AccountId("A")
S1 = InstanceId("s1")
Act = Callable[[Bench], Any]


def session(bench: Bench, *, live: bool) -> None:
    bench.feed(SessionChanged(A, bench.now, bench.now, live))


def trading(bench: Bench, what: Trading) -> None:
    bench.feed(TradingChanged(BTC.id, bench.now, bench.now, what))


def clock(bench: Bench, step_ns: int) -> None:
    bench.feed(ClockStepped(step_ns, bench.now))


def halt(bench: Bench, scope: ScopeState, state: TradingState) -> None:
    scope.state, scope.cause = state, "a test"
    bench.desk.refresh_restriction()


def gap(bench: Bench) -> None:
    """Feed a book and a delta that does not follow it."""
    book(bench)
    bench.feed(BookDelta(BTC.id, bench.now, bench.now, ((D("99.8"), D(1)),), (), 9, 8))


def book(bench: Bench) -> None:
    bids, asks = ((D("99.9"), D(5)),), ((D("100.1"), D(5)),)
    bench.feed(BookSnapshot(BTC.id, bench.now, bench.now, bids, asks, 1))


def stale(bench: Bench) -> None:
    bench.silence(3.001)


def stale_feed(bench: Bench) -> None:
    bench.feed(FeedChanged(BTC.id, bench.now, bench.now, False))


def fresh(bench: Bench) -> None:
    bench.quote(BTC, "99.9", "100.1")


STATES: list[tuple[str, Act, Act, bool]] = [
    # rule, what brings it about, what lets it pass, does an exit pass meanwhile: in their order
    ("not_running", lambda b: b.command(Pause(S1)), lambda b: b.command(Resume(S1)), True),
    (
        "account_disabled",
        lambda b: b.command(EnableAccount(A, False)),
        lambda b: b.command(EnableAccount(A, True)),
        True,
    ),
    ("session", lambda b: session(b, live=False), lambda b: session(b, live=True), False),
    (
        "locked",
        lambda b: lock(b.desk, A, BTC.id, "a test"),
        lambda b: unlock(b.desk, A, BTC.id),
        True,
    ),
    (
        "market_closed",
        lambda b: trading(b, Trading.PAUSED),
        lambda b: trading(b, Trading.OPEN),
        False,
    ),
    ("stale", stale, fresh, True),
    (
        "stale",
        stale_feed,
        lambda b: b.feed(FeedChanged(BTC.id, b.now, b.now, True)),
        True,
    ),
    ("book_trust", gap, book, True),
    ("clock", lambda b: clock(b, SECOND), lambda b: clock(b, 0), True),
    (
        "halted",
        lambda b: halt(b, b.desk.instances[S1].scope, TradingState.HALTED),
        lambda b: halt(b, b.desk.instances[S1].scope, TradingState.ACTIVE),
        True,
    ),
    (
        "halted",
        lambda b: halt(b, b.desk.venue_scopes[BTC.venue], TradingState.HALTED),
        lambda b: halt(b, b.desk.venue_scopes[BTC.venue], TradingState.ACTIVE),
        True,
    ),
    (
        "reducing",
        lambda b: halt(b, b.desk.desk_scope, TradingState.REDUCING),
        lambda b: halt(b, b.desk.desk_scope, TradingState.ACTIVE),
        True,
    ),
]


@pytest.mark.parametrize(("rule", "bring", "lift", "exit_passes"), STATES)
def test_a_state_denies_new_risk_and_lets_a_proved_exit_pass_where_it_may(
    rule: str, bring: Act, lift: Act, exit_passes: bool
) -> None:
    bench = scene()
    hold(bench, "2")
    bring(bench)
    found = denial(bench, BUY, "1", "99")
    assert found.rule == rule
    assert found.why
    assert found.passes
    if exit_passes:
        # Not labelled reduce-only: the ledger proves it.
        assert place(bench, SELL, "2", "99").status is OrderStatus.NEW
        assert denial(bench, SELL, "0.001", "99").rule == rule, "beyond the position"
    else:
        assert denial(bench, SELL, "2", "99").rule == rule
    lift(bench)
    assert place(bench, BUY, "1", "98").status is OrderStatus.NEW


def checked(bench: Bench, side: Side, qty: str, px: str) -> Verdict:
    """Ask the gate itself, for s1."""
    lane = bench.desk.lane(bench.desk.instances[S1].standing, A, BTC.id, NET)
    return bench.desk.gate.check(lane, PlaceOrder(A, BTC.id, side, D(qty), D(px)), bench.now)


def spend(bench: Bench) -> None:
    bench.feed(RequestsCounted(A, bench.now, bench.now, 0, 0, 0))


IN_ORDER: list[tuple[str, Act | None, dict[str, Any]]] = [
    # rule, what brings it about, what is asked: in the order of the checks
    *[(row[0], row[1], {}) for row in STATES if row[1] is not stale_feed],
    ("qty_positive", None, {"qty": "-1"}),
    ("tick", None, {"px": "99.65"}),
    ("price_collar", None, {"px": "111"}),
    ("order_qty", None, {"qty": "41"}),
    ("self_match", None, {"px": "99.6"}),
    ("rate", spend, {}),
]


def crowded() -> Bench:
    """Return a desk where s2 offers at 99.5 and s1 is limited."""
    bench = Bench()
    bench.define(BTC)
    bench.quote(BTC, "99.9", "100.1")
    bench.deploy(Hand, BTC, limits=Limits(max_order_qty=D(40), price_collar_pct=D(10)))
    bench.deploy(Hand, BTC, name="s2")
    place(bench, SELL, "1", "99.5", name="s2")
    return bench


def named(bench: Bench, *rows: tuple[str, Act | None, dict[str, Any]]) -> str:
    """Bring everything about, the last first, and return the rule that s1 hears."""
    terms: dict[str, Any] = {"qty": "1", "px": "99"}
    for _, bring, change in reversed(rows):
        terms |= change
        if bring is not None:
            bring(bench)
    verdict = checked(bench, BUY, terms["qty"], terms["px"])
    assert isinstance(verdict, Refusal | Parked), verdict
    return verdict.rule


PAIRS = [
    (first, second)
    for at, first in enumerate(IN_ORDER)
    for second in IN_ORDER[at + 1 :]
    if not set(first[2]) & set(second[2])
]


@pytest.mark.parametrize("row", IN_ORDER)
def test_each_check_alone_is_named(row: tuple[str, Act | None, dict[str, Any]]) -> None:
    assert named(crowded(), row) == row[0]


def test_where_two_checks_fail_the_earlier_one_is_named() -> None:
    wrong = {}
    for first, second in PAIRS:
        found = named(crowded(), first, second)
        if found != first[0]:
            wrong[first[0], second[0]] = found
    assert wrong == {}
    assert len(PAIRS) > 100


@pytest.mark.parametrize("first", ["not_running", "stale", "locked", "halted"])
@pytest.mark.parametrize("second", ["session", "market_closed"])
def test_what_an_exit_may_pass_does_not_hide_what_it_may_not(first: str, second: str) -> None:
    bench = scene()
    hold(bench, "2")
    rows = {row[0]: row for row in STATES}
    rows[first][1](bench)
    rows[second][1](bench)
    assert denial(bench, SELL, "2", "99").rule == second
    assert denial(bench, BUY, "2", "99").rule in (first, second)


def test_while_a_kill_is_at_work_not_even_an_exit_passes_whoever_else_is_halted() -> None:
    bench = scene()
    hold(bench, "2")
    halt(bench, bench.desk.instances[S1].scope, TradingState.HALTED)
    halt(bench, bench.desk.desk_scope, TradingState.HALTED)
    bench.desk.desk_scope.rule = "killing"
    assert denial(bench, SELL, "2", "99").rule == "killing"


@pytest.mark.parametrize(
    ("rule", "change"),
    [("faulted", {"faulted": "it raised"}), ("dead", {"lifecycle": Lifecycle.DEAD})],
)
def test_an_instance_that_acts_no_more_may_still_leave_by_the_engines_hand(
    rule: str, change: dict[str, Any]
) -> None:
    bench = scene()
    hold(bench, "2")
    for name, value in change.items():
        setattr(bench.desk.instances[S1].standing, name, value)
    found = checked(bench, BUY, "1", "99")
    assert isinstance(found, Refusal)
    assert found.rule == rule
    assert isinstance(checked(bench, SELL, "2", "99"), Approved)


def test_before_the_account_is_reconciled_only_exits_pass() -> None:
    bench = scene()
    hold(bench, "2")
    bench.desk.accounts[A].reconciled = False
    bench.desk.accounts[A].refresh()
    assert denial(bench, BUY, "1", "99").rule == "not_reconciled"
    place(bench, SELL, "1", "99")


def test_a_market_that_never_spoke_is_stale() -> None:
    bench = Bench()
    bench.define(BTC)
    bench.deploy(Hand, BTC)
    assert denial(bench, BUY, "1", "99").rule == "stale"


def test_a_quiet_market_on_a_healthy_stream_is_fresh() -> None:
    bench = scene()
    bench.pass_time(60)
    place(bench, BUY, "1", "99")


def test_orders_of_an_open_cycle_pass_while_the_instance_is_paused() -> None:
    bench = scene()
    assert do(bench, lambda ctx: ctx.open_cycle("c1"))
    bench.command(Pause(S1))
    place(bench, BUY, "1", "99", group="c1")
    assert denial(bench, BUY, "1", "99", group="c2").rule == "not_running"
    assert denial(bench, BUY, "1", "99").rule == "not_running"


def test_a_single_fire_permits_one_entry_and_no_second() -> None:
    bench = scene()
    bench.command(SingleFire(S1))
    place(bench, BUY, "1", "99")
    assert denial(bench, BUY, "1", "98").rule == "single_fire"


def test_a_group_without_a_cycle_is_no_way_around_a_single_fire() -> None:
    bench = scene()
    bench.command(SingleFire(S1))
    place(bench, BUY, "1", "99", group="a bracket")
    assert denial(bench, BUY, "1", "98", group="a bracket").rule == "single_fire"

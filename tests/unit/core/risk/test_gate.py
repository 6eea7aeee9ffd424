"""The gate's checks in their order; a denial names its rule and what would pass, and that does."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.harness import SECOND, Bench, D, account, binary, perpetual
from tests.unit.core.hand import (
    BTC,
    BUY,
    SELL,
    Hand,
    ask,
    denial,
    do,
    hold,
    place,
    scene,
    stage,
)
from tradewind.core.engine.account import lock
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
from tradewind.model.effects import Denied
from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    ClockStepped,
    FeedChanged,
    NoAnswer,
    Request,
    RequestsCounted,
    SessionChanged,
    TradingChanged,
)
from tradewind.model.ids import NET, AccountId, InstanceId
from tradewind.model.instrument import Instrument
from tradewind.model.market import Trading
from tradewind.model.order import OrderStatus, OrderType, PlaceOrder, Side, TimeInForce

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
        lambda b: b.desk.accounts[A].locks.clear() or b.desk.accounts[A].refresh(),
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
    assert place(bench, SELL, "1", "99")


def test_a_market_that_never_spoke_is_stale() -> None:
    bench = Bench()
    bench.define(BTC)
    bench.deploy(Hand, BTC)
    assert denial(bench, BUY, "1", "99").rule == "stale"


def test_a_quiet_market_on_a_healthy_stream_is_fresh() -> None:
    bench = scene()
    bench.pass_time(60)
    assert place(bench, BUY, "1", "99")


def test_orders_of_an_open_cycle_pass_while_the_instance_is_paused() -> None:
    bench = scene()
    assert do(bench, lambda ctx: ctx.open_cycle("c1"))
    bench.command(Pause(S1))
    assert place(bench, BUY, "1", "99", group="c1")
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


# --- check 6, the grid ------------------------------------------------------------------------

SMALL = perpetual("SMALL", min_qty=D("0.01"), max_qty=D(5), min_notional=D(10))
YES, NO = binary()

GRID: list[tuple[Instrument, dict[str, Any], str, list[dict[str, Any]]]] = [
    # instrument, what is asked, rule, what would pass
    (BTC, {"qty": "1", "px": "99.05"}, "tick", [{"px": "99.0"}, {"px": "99.1"}]),
    (BTC, {"qty": "1", "px": "0.05"}, "tick", [{"px": "0.1"}]),
    (BTC, {"qty": "1", "px": "-5"}, "price_range", [{"px": "5"}]),
    (BTC, {"qty": "1", "px": "0"}, "price_range", [{"px": "5"}]),
    (BTC, {"qty": "1.0005", "px": "99"}, "qty_step", [{"qty": "1.000"}]),
    (BTC, {"qty": "0.0005", "px": "99"}, "qty_step", [{"qty": "0.001"}]),
    (BTC, {"qty": "0", "px": "99"}, "qty_positive", [{"qty": "0.001"}]),
    (BTC, {"qty": "-1", "px": "99"}, "qty_positive", [{"qty": "0.001"}]),
    (SMALL, {"qty": "0.005", "px": "5000"}, "below_minimum", [{"qty": "0.01"}]),
    (SMALL, {"qty": "0.01", "px": "99"}, "below_minimum", [{"qty": "0.11"}]),
    (SMALL, {"qty": "6", "px": "99"}, "above_maximum", [{"qty": "5"}]),
    (YES, {"qty": "1", "px": "1"}, "price_range", [{"px": "0.99"}]),
    (YES, {"qty": "1", "px": "0"}, "price_range", [{"px": "0.01"}]),
    (YES, {"qty": "1", "px": "0.425"}, "tick", [{"px": "0.42"}, {"px": "0.43"}]),
    (YES, {"qty": "1", "px": "0.995"}, "tick", [{"px": "0.99"}]),
    (YES, {"qty": "1.5", "px": "0.42"}, "qty_step", [{"qty": "1"}]),
    (
        BTC,
        {"qty": "1", "trigger_px": "95.05", "order_type": OrderType.STOP},
        "tick",
        [{"trigger_px": D("95.0")}, {"trigger_px": D("95.1")}],
    ),
    (BTC, {"qty": "1", "order_type": OrderType.LIMIT}, "price_missing", [{"px": "99"}]),
    (BTC, {"qty": "1", "order_type": OrderType.STOP}, "trigger_missing", [{"trigger_px": D(95)}]),
    (
        BTC,
        {"qty": "1", "px": "99", "order_type": OrderType.LIMIT, "trigger_px": D(95)},
        "trigger_px",
        [{"order_type": OrderType.STOP_LIMIT}],
    ),
]


@pytest.mark.parametrize(("instrument", "asked", "rule", "passing"), GRID)
def test_what_is_off_the_grid_is_denied_and_what_the_denial_says_passes(
    instrument: Instrument, asked: dict[str, Any], rule: str, passing: list[dict[str, Any]]
) -> None:
    venue = "KALSHI" if instrument.venue == "KALSHI" else "BYBIT"
    bench = stage(account(venue=venue), instruments=(instrument,))
    terms = {"instrument": instrument, **asked}
    if isinstance(terms.get("trigger_px"), str):
        terms["trigger_px"] = D(terms["trigger_px"])
    found = denial(bench, BUY, **terms)
    assert found.rule == rule
    for change in passing:
        value = str(next(iter(change.values())))
        if rule in ("tick", "qty_step", "qty_positive") or "px" not in change:
            words = found.passes.split(" or ") + found.passes.split()
            named = [word for word in words if _same(word, value)]
            assert named or rule in (
                "below_minimum",
                "price_missing",
                "trigger_missing",
                "trigger_px",
            )
        assert place(bench, BUY, **{**terms, **change})


def _same(word: str, value: str) -> bool:
    try:
        return Decimal(word) == Decimal(value)
    except ArithmeticError:
        return False


def test_an_off_tick_price_is_denied_with_its_two_neighbours() -> None:
    found = denial(scene(), BUY, "1", "99.05")
    assert (found.rule, found.passes) == ("tick", "99.0 or 99.1")


def test_a_banded_grid_knows_the_tick_at_each_price() -> None:
    from tradewind.model.instrument import TickBand

    bands = (
        TickBand(D(0), D("0.10"), D("0.001")),
        TickBand(D("0.10"), D("0.90"), D("0.01")),
        TickBand(D("0.90"), D("Infinity"), D("0.001")),
    )
    yes, _ = binary("M9", ticks=bands)
    bench = stage(account(venue="KALSHI"), instruments=(yes,))
    assert place(bench, BUY, "1", "0.095", instrument=yes)
    assert place(bench, BUY, "1", "0.905", instrument=yes, reason="other")
    found = denial(bench, BUY, "1", "0.455", instrument=yes)
    assert found.passes == "0.45 or 0.46"


# --- check 8, market orders -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "limit", "bid", "offer"),
    [(BUY, "251.25", "249.95", "250.00"), (SELL, "248.75", "250.00", "250.05")],
)
def test_gk_1_a_market_order_becomes_a_limit_half_a_percent_beyond_the_last_price(
    side: Side, limit: str, bid: str, offer: str
) -> None:
    stock = perpetual("STOCK", tick="0.05")
    bench = stage(account(), instruments=(stock,))
    bench.quote(stock, bid, offer)
    bench.trade(stock, "250.00")
    order = place(bench, side, "1", instrument=stock)
    assert (order.px, order.spec.order_type, order.spec.tif) == (
        D(limit),
        OrderType.LIMIT,
        TimeInForce.IOC,
    )


MARKETS = [
    # last print, bid, ask, buy limit, sell limit: from the touch where that lies further
    (None, "99.0", "101.0", "101.6", "98.5"),
    ("100", "99.9", "104.0", "104.6", "99.4"),
    ("100", "95.0", "100.1", "100.7", "94.5"),
]


@pytest.mark.parametrize(("last", "bid", "ask_px", "buys", "sells"), MARKETS)
def test_the_limit_of_a_market_order_reaches_the_touch_and_rounds_outwards(
    last: str | None, bid: str, ask_px: str, buys: str, sells: str
) -> None:
    bench = scene()
    if last is not None:
        bench.trade(BTC, last)
    bench.quote(BTC, bid, ask_px)
    for side, px in ((BUY, buys), (SELL, sells)):
        order = place(bench, side, "1")
        assert order.px == D(px)
        bench.cancelled(order)


def test_a_market_order_on_a_binary_stays_between_nothing_and_one() -> None:
    bench = stage(account(venue="KALSHI"), instruments=(YES,))
    bench.quote(YES, "0.01", "0.99")
    for side, px in ((BUY, "0.99"), (SELL, "0.01")):
        order = place(bench, side, "1", instrument=YES)
        assert order.px == D(px)
        bench.cancelled(order)


def test_its_own_slippage_bound_overrides_the_desks() -> None:
    bench = scene()
    bench.quote(BTC, "99.9", "100.0")
    bench.trade(BTC, "100")
    assert place(bench, BUY, "1", max_slippage=D(2)).px == D("102.0")


def test_a_market_order_without_any_price_is_denied() -> None:
    bench = scene()
    bench.quote(BTC, "99", "0", ask_qty="0")
    assert denial(bench, BUY, "1").rule == "no_price"
    bench.trade(BTC, "100")
    assert place(bench, BUY, "1")


# --- amendments -------------------------------------------------------------------------------


def change(bench: Bench, order_id: Any, **terms: Any) -> Denied | None:
    before = len(bench.denied())
    do(bench, lambda ctx: ctx.amend(order_id, **terms))
    return bench.denied()[-1] if len(bench.denied()) > before else None


def test_an_amendment_is_checked_like_an_order_by_what_it_adds() -> None:
    limits = Limits(max_position_qty=D(10), max_order_qty=D(6), max_open_orders=2)
    bench = scene(limits=limits)
    order = place(bench, BUY, "5", "99")
    place(bench, BUY, "4", "98")
    rows = [
        ({"px": D("99.05")}, "tick"),
        ({"qty": D("5.0005")}, "qty_step"),
        ({"qty": D(7)}, "order_qty"),
        ({"qty": D("6.001")}, "order_qty"),
        ({"qty": D(6)}, None),
        ({"qty": D(0)}, "qty_positive"),
    ]
    for terms, rule in rows:
        found = change(bench, order.client_order_id, **terms)
        assert (found.rule if found else None) == rule, terms
    assert order.qty == D(6)
    place_id = ask(bench, BUY, "0.001", "97")
    assert bench.denied()[-1].rule in ("open_orders", "position_qty"), place_id


def test_growing_beyond_the_position_limit_is_denied_and_what_is_said_to_pass_does() -> None:
    bench = scene(limits=Limits(max_position_qty=D(10)))
    order = place(bench, BUY, "5", "99")
    place(bench, BUY, "4", "98")
    found = change(bench, order.client_order_id, qty=D(7))
    assert found is not None
    assert (found.rule, found.passes) == ("position_qty", "a quantity of at most 6")
    assert change(bench, order.client_order_id, qty=D(6)) is None


def test_while_halted_an_order_may_shrink_but_neither_grow_nor_move() -> None:
    bench = scene()
    order = place(bench, BUY, "5", "99")
    halt(bench, bench.desk.desk_scope, TradingState.REDUCING)
    assert change(bench, order.client_order_id, qty=D(6)) is not None
    assert change(bench, order.client_order_id, px=D("99.5")) is not None
    assert change(bench, order.client_order_id, qty=D(4)) is None
    assert order.qty == D(4)


def test_while_halted_an_exit_may_move_and_grow_within_the_position() -> None:
    bench = scene()
    hold(bench, "5")
    order = place(bench, SELL, "3", "101")
    halt(bench, bench.desk.desk_scope, TradingState.REDUCING)
    assert change(bench, order.client_order_id, px=D("100.5")) is None
    assert change(bench, order.client_order_id, qty=D(5)) is None
    assert change(bench, order.client_order_id, qty=D("5.001")) is not None


def test_an_amendment_counts_against_the_rate_and_waits_for_no_token() -> None:
    bench = scene(orders_per_s=D(1), order_burst=1)
    order = place(bench, BUY, "5", "99")
    found = change(bench, order.client_order_id, qty=D(4))
    assert found is not None
    assert found.rule == "rate"
    bench.pass_time(1)
    assert change(bench, order.client_order_id, qty=D(4)) is None


def test_where_the_venue_cannot_amend_the_denial_says_so() -> None:
    fixed = perpetual("FIXED", native_amend=False)
    bench = stage(account(), instruments=(fixed,))
    order = place(bench, BUY, "5", "99", instrument=fixed)
    found = change(bench, order.client_order_id, px=D("98"))
    assert found is not None
    assert found.rule == "no_amend"


def test_an_amendment_of_an_order_that_is_busy_or_over_is_denied() -> None:
    bench = stage(account(), auto_ack=False)
    order = place(bench, BUY, "5", "99")
    found = change(bench, order.client_order_id, qty=D(4))
    assert found is not None
    assert found.rule == "order_busy"
    bench.rejected(order)
    found = change(bench, order.client_order_id, qty=D(4))
    assert found is not None
    assert found.rule == "order_gone"


# --- unknown orders ---------------------------------------------------------------------------


def unknown(bench: Bench, order: Any) -> None:
    now = bench.now
    bench.feed(NoAnswer(A, now, now, order.client_order_id, Request.SUBMIT))
    assert order.status is OrderStatus.UNKNOWN


def test_a_slot_that_holds_an_unknown_takes_no_new_intent_of_the_same_purpose() -> None:
    bench = stage(account(), auto_ack=False)
    unknown(bench, place(bench, BUY, "1", "99", reason="join"))
    assert denial(bench, BUY, "1", "99", reason="join").rule == "slot_unknown"
    assert place(bench, BUY, "1", "99", reason="jump")
    assert place(bench, SELL, "1", "101", reason="join"), "the other side is another slot"


def test_somebody_elses_unknown_does_not_hide_the_own_one() -> None:
    bench = stage(account(), auto_ack=False)
    bench.deploy(Hand, BTC, name="s2")
    unknown(bench, place(bench, BUY, "1", "99", reason="join", name="s2"))
    assert place(bench, BUY, "1", "98", reason="other")
    unknown(bench, place(bench, BUY, "1", "99", reason="join"))
    assert denial(bench, BUY, "1", "99", reason="join").rule == "slot_unknown"


@pytest.mark.parametrize("enforced", [True, False])
def test_beside_an_unknown_exit_a_second_one_needs_a_reduce_only_flag_that_the_venue_enforces(
    enforced: bool,
) -> None:
    bench = stage(account(reduce_only_flag=enforced), auto_ack=False)
    hold(bench, "2")
    unknown(bench, place(bench, SELL, "2", "99", reduce_only=True, reason="target"))
    assert denial(bench, SELL, "1", "99", reason="stop").rule == "exit_unknown"
    if enforced:
        assert place(bench, SELL, "2", "99", reason="stop", reduce_only=True)
    else:
        found = denial(bench, SELL, "1", "99", reason="stop", reduce_only=True)
        assert found.rule == "exit_unknown"

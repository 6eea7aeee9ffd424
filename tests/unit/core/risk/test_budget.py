"""The rate budget: cancels first, then exits, then new orders, then downloads."""

import random
from decimal import Decimal

import pytest

from tests.harness import SECOND, Bench, D, account
from tests.unit.core.hand import BTC, BUY, SELL, Hand, do, hold, place, quote, scene
from tradewind.core.risk.budget import CANCEL, DOWNLOAD, NEW, PROTECTIVE, Budget
from tradewind.model.events import RequestsCounted
from tradewind.model.ids import AccountId
from tradewind.model.order import OrderStatus

PARKED = OrderStatus.PARKED
T0 = 1_000 * SECOND
FIFTH = SECOND // 5
A = AccountId("A")


def sent_at(bench: Bench, since: int) -> list[float]:
    """Return when each order went out, in seconds since then."""
    return [(each.ts - since) / SECOND for each in bench.submitted()]


def test_gk_3_of_seven_orders_at_once_five_go_and_two_follow_at_the_rate() -> None:
    bench = scene(orders_per_s=D(5), order_burst=5)
    start = bench.now
    orders = do(
        bench,
        lambda ctx: [ctx.buy(BTC.id, "1", str(90 + n), reason=str(n)) for n in range(7)],
    )
    assert sent_at(bench, start) == [0, 0, 0, 0, 0]
    assert [bench.desk.orders.find(each).status for each in orders[5:]] == [PARKED, PARKED]  # type: ignore[union-attr]
    bench.pass_time(1)
    assert sent_at(bench, start) == [0, 0, 0, 0, 0, 0.2, 0.4]
    assert [each.client_order_id for each in bench.submitted()] == orders


def test_what_waits_is_checked_again_from_the_start() -> None:
    bench = scene(orders_per_s=D("0.25"), order_burst=1, max_kill_s=D(100))
    place(bench, BUY, "1", "99")
    waiting = place(bench, BUY, "1", "98")
    bench.silence(4)  # meanwhile the market data went stale
    assert (waiting.status, waiting.reject_reason) == (OrderStatus.DENIED, "stale")
    assert bench.denied()[-1].passes == "data of at most 3000 ms"


def test_what_waits_can_be_cancelled_and_then_never_goes() -> None:
    bench = scene(orders_per_s=D(1), order_burst=1)
    place(bench, BUY, "1", "99")
    waiting = place(bench, BUY, "1", "98")
    do(bench, lambda ctx: ctx.cancel(waiting.client_order_id))
    bench.pass_time(5)
    assert waiting.status is OrderStatus.CANCELLED
    assert len(bench.submitted()) == 1


def test_an_exit_that_waits_goes_before_every_new_order_that_came_earlier() -> None:
    bench = scene(orders_per_s=D(1), order_burst=2, max_kill_s=D(100))
    hold(bench, "3")
    place(bench, BUY, "1", "99")
    early = [place(bench, BUY, "1", px, reason=px) for px in ("98", "97")]
    exits = [place(bench, SELL, "1", px, reduce_only=True) for px in ("101", "102")]
    assert [each.status for each in exits] == [PARKED, PARKED]
    bench.pass_time(2)
    assert [each.status for each in exits] == [OrderStatus.NEW, OrderStatus.NEW], "at the rate"
    bench.pass_time(5)
    order = [each.client_order_id for each in bench.submitted()][2:]
    assert order == [each.client_order_id for each in (*exits, *early)]


def test_a_cancel_never_waits_and_takes_a_token_from_what_follows() -> None:
    bench = scene(orders_per_s=D(1), order_burst=2)
    first = place(bench, BUY, "1", "99")
    place(bench, BUY, "1", "98")
    do(bench, lambda ctx: ctx.cancel(first.client_order_id))
    assert first.status is OrderStatus.CANCELLED
    waiting = place(bench, BUY, "1", "97")
    bench.pass_time(1.5)
    assert waiting.status is PARKED, "the token of the first second went to the cancel"
    bench.pass_time(1)
    assert waiting.status is OrderStatus.NEW


def test_one_account_waits_and_another_does_not() -> None:
    bench = Bench(account("A", orders_per_s=D(1), order_burst=1), account("B"))
    bench.define(BTC)
    quote(bench, BTC)
    bench.deploy(Hand, BTC, accounts=("A",))
    bench.deploy(Hand, BTC, accounts=("B",), name="s2")
    place(bench, BUY, "1", "99")
    assert place(bench, BUY, "1", "98").status is PARKED
    assert place(bench, BUY, "1", "98", name="s2").status is OrderStatus.NEW


def test_what_the_venue_says_is_left_is_believed_when_it_is_less() -> None:
    bench = scene(orders_per_s=D(10), order_burst=10)
    budget = bench.desk.accounts[A].budget
    for told, left in ((3, 3), (8, 3), (1, 1)):
        bench.feed(RequestsCounted(A, bench.now, bench.now, 0, 0, told))
        assert budget.remaining(bench.now) == left
    place(bench, BUY, "1", "99")
    assert place(bench, BUY, "1", "98").status is PARKED


# --- the bucket itself ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "most"), [(CANCEL, 99), (PROTECTIVE, 20), (NEW, 20), (DOWNLOAD, 5)]
)
def test_of_a_full_bucket_each_class_may_take_its_part(kind: int, most: int) -> None:
    budget = Budget(D(10), 20)
    taken = 0
    while taken < 99 and not budget.take(T0, kind):
        taken += 1
    assert taken == most


def test_new_orders_leave_a_token_for_each_exit_that_waits() -> None:
    budget = Budget(D(5), 5)
    budget.waiting = 2
    assert [budget.take(T0, NEW) for _ in range(4)] == [0, 0, 0, T0 + FIFTH]
    assert [budget.take(T0, PROTECTIVE) for _ in range(3)] == [0, 0, T0 + FIFTH]


def test_a_refusal_takes_nothing_and_names_the_first_moment_that_serves() -> None:
    budget = Budget(D(5), 5)
    for _ in range(5):
        assert budget.take(T0, NEW) == 0
    for _ in range(3):
        assert budget.take(T0, NEW) == T0 + FIFTH
    assert budget.take(T0 + FIFTH - 1, NEW) == T0 + FIFTH
    assert budget.take(T0 + FIFTH, NEW) == 0
    assert budget.take(T0 + FIFTH, NEW) == T0 + 2 * FIFTH


def test_cancels_beyond_the_bucket_are_a_debt_that_new_orders_wait_for() -> None:
    budget = Budget(D(5), 5)
    for _ in range(10):
        assert budget.take(T0, CANCEL) == 0
    assert budget.remaining(T0) == 0
    assert budget.take(T0, NEW) == T0 + 6 * FIFTH


@pytest.mark.parametrize("seed", range(10), ids=lambda seed: f"seed {seed}")
def test_no_class_that_waits_ever_takes_more_than_burst_and_rate_allow(seed: int) -> None:
    dice = random.Random(seed)
    rate, burst = dice.randint(1, 20), dice.randint(1, 20)
    budget = Budget(Decimal(rate), burst)
    now, taken = T0, []
    for _ in range(300):
        now += dice.choice([0, 0, dice.randint(0, SECOND)])
        kind = dice.choice([PROTECTIVE, NEW, DOWNLOAD])
        later = budget.take(now, kind)
        if not later:
            taken.append(now)
        elif kind != DOWNLOAD or burst >= 4:
            assert later > now
            now = later
            assert budget.take(now, kind) == 0, "the named moment serves"
            taken.append(now)
        for first in range(max(0, len(taken) - 40), len(taken)):
            span = taken[-1] - taken[first]
            assert len(taken) - first <= burst + rate * span // SECOND + 1

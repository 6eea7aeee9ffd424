"""What moves quantity or money: each once, whoever tells it, and heard by all whom it concerns."""

from decimal import Decimal

import pytest

from tests.harness import Bench, D, account, binary
from tests.unit.core.engine.venue import (
    A,
    again,
    booked,
    execution,
    later,
    locks,
    reading,
    reads,
    row,
    stranger,
    stream,
)
from tests.unit.core.hand import BTC, BUY, SELL, denial, hand, hold, place, scene, stage
from tradewind.model.config import Limits
from tradewind.model.effects import PositionCorrected, TradingStateChanged
from tradewind.model.events import (
    BalanceReported,
    FeeAdjusted,
    FillFinalised,
    FundingPaid,
    SettlementPhase,
    SettlementReported,
    Transferred,
)
from tradewind.model.fill import FillLife
from tradewind.model.ids import NET, UNMANAGED, Currency, FillKey, InstrumentId
from tradewind.model.order import Order

USDT, USD = Currency("USDT"), Currency("USD")
YES, NO = binary()
DETERMINED, PAID, AMENDED = SettlementPhase


def cash(bench: Bench, currency: Currency = USDT) -> Decimal:
    return bench.desk.ledger.cash(A, currency)


def bought(bench: Bench, qty: str, life: FillLife = FillLife.MATCHED) -> tuple[Order, FillKey]:
    order = place(bench, BUY, qty, 100)
    fill = execution(bench, order, qty, life=life)
    stream(bench, fill)
    return order, fill.key


def pays(bench: Bench, phase: SettlementPhase, payout: str, number: int = 1) -> None:
    now = bench.now
    bench.feed(SettlementReported(A, now, now, YES.id, phase, D(payout), number))


def market() -> Bench:
    bench = stage(account("A", "KALSHI", "USD"), instruments=(YES, NO))
    hold(bench, "10", "0.60", instrument=YES)
    return bench


# --- provisional fills ------------------------------------------------------------------------


def test_a_fill_that_stays_provisional_locks_until_the_holdings_are_read() -> None:
    bench = scene()
    bench.reads_fail = True
    _, key = bought(bench, "4")
    later(bench, 119)
    assert not locks(bench)
    later(bench, 1)
    assert "not final" in locks(bench)[BTC.id]
    reading(bench)
    assert not locks(bench)  # the venue holds what we believe
    later(bench, 120)
    reading(bench, held={BTC.id: "0"})
    assert "differs" in locks(bench)[BTC.id]
    assert "not final" in locks(bench)[BTC.id]
    reading(bench)
    bench.feed(FillFinalised(A, bench.now, bench.now, key))
    assert not locks(bench)
    later(bench, 300)
    assert not locks(bench)


def test_one_final_fill_does_not_free_what_another_locked() -> None:
    bench = scene()
    bench.reads_fail = True
    _, first = bought(bench, "4")
    _, second = bought(bench, "2")
    later(bench, 121)
    bench.feed(FillFinalised(A, bench.now, bench.now, first))
    assert locks(bench)
    bench.feed(FillFinalised(A, bench.now, bench.now, second))
    assert not locks(bench)


@pytest.mark.parametrize("life", [FillLife.FINAL, FillLife.FAILED])
def test_a_fill_told_again_with_another_life_takes_it_on(life: FillLife) -> None:
    bench = scene()
    bench.reads_fail = True
    order = place(bench, BUY, 4, 100)
    fill = execution(bench, order, "4", life=FillLife.MATCHED)
    stream(bench, fill)
    reading(bench, row(bench, order), fills=(again(fill, life=life),), held={})
    failed = life is FillLife.FAILED
    assert bench.position(BTC) == (0 if failed else 4)
    assert len(bench.alerts("fill_failed")) == failed
    assert order.filled_qty == (0 if failed else 4)


def test_an_exit_is_measured_by_what_is_final() -> None:
    bench = scene()
    bought(bench, "4")
    bench.silence(10)  # stale data: only an exit passes
    assert denial(bench, SELL, 1, 101, reduce_only=True).rule == "stale"
    key = next(iter(bench.desk.provisional.values())).key
    bench.feed(FillFinalised(A, bench.now, bench.now, key))
    place(bench, SELL, 1, 101, reduce_only=True)


# --- fills of nobody --------------------------------------------------------------------------


def test_a_fill_without_an_order_of_ours_goes_to_the_unmanaged_sub_book() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 100)
    stream(bench, execution(bench, order, "3", client_order_id=None))
    assert bench.position(BTC) == 0
    assert bench.desk.ledger.position(A, BTC.id, NET, UNMANAGED).qty == 3  # type: ignore[union-attr]
    assert len(bench.alerts("stranger")) == 1
    assert not [each for each in hand(bench).heard if each[0] == "fill"]


def test_a_fill_of_an_instrument_that_nobody_defined_locks_the_account() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 100)
    odd = execution(bench, order, "1", key=FillKey("odd"))
    stream(bench, again(odd, instrument=InstrumentId("BYBIT:NEW"), client_order_id=None))
    assert "BYBIT:NEW" in locks(bench)[""]
    assert denial(bench, BUY, 1, 99).rule == "locked"


def test_a_correction_is_taken_back_by_the_execution_that_explains_it() -> None:
    bench = scene()
    bench.reads_fail = True
    order = place(bench, BUY, 4, 100)
    lost = execution(bench, order, "3")
    for _ in range(2):
        reading(bench, row(bench, order), held={BTC.id: "3"})
        later(bench, 1)
    assert [each.qty for each in bench.effects if type(each) is PositionCorrected] == [3]
    assert (bench.position(BTC), booked(bench, BTC)) == (0, 3)
    stream(bench, lost)
    assert (bench.position(BTC), booked(bench, BTC)) == (3, 3)
    assert bench.desk.ledger.position(A, BTC.id, NET, UNMANAGED).qty == 0  # type: ignore[union-attr]


# --- fees, funding, transfers -----------------------------------------------------------------


def test_a_late_fee_is_paid_once() -> None:
    bench = scene()
    hold(bench, "2")
    before = cash(bench)
    late = FeeAdjusted(A, bench.now, bench.now, FillKey("fee1"), BTC.id, D("0.7"), USDT)
    bench.feed(late)
    bench.feed(late)
    assert before - cash(bench) == D("0.7")


def test_funding_is_shared_by_those_who_hold_and_paid_once() -> None:
    bench = scene()
    bench.deploy(type(hand(bench)), BTC, name="s2")
    hold(bench, "1")
    hold(bench, "3", name="s2")
    before = cash(bench)
    paid = FundingPaid(A, bench.now, bench.now, FillKey("f1"), BTC.id, D(8), USDT)
    for _ in range(2):
        bench.feed(paid)
    assert before - cash(bench) == 8


@pytest.mark.parametrize("kind", [FeeAdjusted, FundingPaid])
def test_what_comes_again_with_another_amount_is_not_posted_locks_and_is_read(kind: type) -> None:
    bench = scene()
    bench.reads_fail = True
    hold(bench, "2")
    bench.feed(kind(A, bench.now, bench.now, FillKey("k"), BTC.id, D(1), USDT))
    before = cash(bench)
    effects = bench.feed(kind(A, bench.now, bench.now, FillKey("k"), BTC.id, D(2), USDT))
    assert cash(bench) == before
    assert len(bench.alerts("contradiction")) == 1
    assert BTC.id in locks(bench)
    assert reads(effects)


@pytest.mark.parametrize("kind", [FeeAdjusted, FundingPaid])
def test_money_for_an_instrument_that_nobody_defined_locks_the_account(kind: type) -> None:
    bench = scene()
    bench.feed(kind(A, bench.now, bench.now, FillKey("k"), InstrumentId("BYBIT:NEW"), D(1), USDT))
    assert len(bench.alerts("unknown_instrument")) == 1
    assert "BYBIT:NEW" in locks(bench)[""]


def test_a_transfer_moves_cash_and_is_no_profit_in_a_loss_limit() -> None:
    bench = scene(limits=Limits(max_daily_loss_pct=D(2)))
    hold(bench, "1.5")
    out = Transferred(A, bench.now, bench.now, FillKey("t1"), D(-5000), USDT)
    for _ in range(2):
        bench.feed(out)
    assert cash(bench) == 5000
    assert not [each for each in bench.effects if type(each) is TradingStateChanged]
    bench.quote(BTC, "0.1", "0.2")  # 150 lost: over two per cent of what is left
    assert denial(bench, BUY, 1, "0.1").rule == "daily_loss"


def test_the_venues_own_balance_is_shown_and_never_posted() -> None:
    bench = scene()
    bench.feed(BalanceReported(A, bench.now, bench.now, USDT, D(1), D(1)))
    assert cash(bench) == 10_000


# --- settlement -------------------------------------------------------------------------------


def test_news_of_an_outcome_posts_nothing_and_payment_ends_the_position_once() -> None:
    bench = market()
    before = cash(bench, USD)
    pays(bench, DETERMINED, "1")
    assert (cash(bench, USD), bench.position(YES)) == (before, 10)
    for _ in range(2):
        pays(bench, PAID, "1")
    assert (cash(bench, USD) - before, bench.position(YES)) == (10, 0)
    assert len(bench.alerts("settled")) == 1


def test_an_amended_outcome_is_reversed_and_paid_anew() -> None:
    bench = market()
    before = cash(bench, USD)
    pays(bench, PAID, "1")
    pays(bench, AMENDED, "0.5", number=2)
    assert (cash(bench, USD) - before, bench.position(YES)) == (5, 0)


def test_a_second_payment_under_the_same_number_is_a_contradiction() -> None:
    bench = market()
    pays(bench, PAID, "1")
    before = cash(bench, USD)
    pays(bench, PAID, "0")
    assert cash(bench, USD) == before
    assert len(bench.alerts("contradiction")) == 1
    assert YES.id in locks(bench)


# --- losses in a row --------------------------------------------------------------------------


def trip(bench: Bench, exit_px: str, pieces: int = 1) -> None:
    """Buy 2 at 100 and sell them at a price, in so many fills."""
    hold(bench, "2")
    exit_ = place(bench, SELL, 2, exit_px, reduce_only=True)
    for _ in range(pieces):
        bench.fill(exit_, str(D(2) / pieces))


def test_so_many_lost_round_trips_in_a_row_halt_the_scope() -> None:
    bench = scene(limits=Limits(max_losses_in_row=3))
    trip(bench, "100.1")
    trip(bench, "99.9", pieces=2)
    trip(bench, "99.9")
    trip(bench, "100.1")  # a gain begins the count anew
    trip(bench, "99.9")
    trip(bench, "99.9", pieces=2)
    trip(bench, "100")  # neither lost nor won
    trip(bench, "99.9")
    assert denial(bench, BUY, 1, 99).rule == "losses_in_row"


def test_strangers_orders_count_in_the_limits_and_meet_ours() -> None:
    bench = scene(limits=Limits(max_open_orders=2))
    reading(bench, stranger(BTC, SELL, "1", "101"))
    assert denial(bench, BUY, 1, 101).rule == "self_match"
    place(bench, BUY, 1, 99)
    assert denial(bench, BUY, 1, 98).rule == "open_orders"

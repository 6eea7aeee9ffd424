"""The worked examples JJ-1 to JJ-10, through the real engine; each test carries its id."""

from tests.harness import Bench, D, account, binary
from tests.unit.strategies.join_jump.pairs import Pair, kalshi_pair, no, yes
from tradewind.model.commands import ForceStop, Stop
from tradewind.model.events import FeedChanged
from tradewind.model.ids import InstanceId
from tradewind.model.order import TimeInForce
from tradewind.strategies.join_jump.state import Phase

S1 = InstanceId("s1")
MAPPING = {"question": "same", "cut_off": "same", "settlement": "same", "confirmed_by": "me"}


def test_jj_1_joins_both_best_bids_then_opens_the_next_cycle() -> None:
    pair = kalshi_pair()
    pair.tick()
    assert pair.rows() == [yes(3, "0.42"), no(3, "0.55")]
    for order in pair.bench.orders():
        assert (order.reason, order.spec.post_only, order.spec.tif) == (
            "join",
            True,
            TimeInForce.GTC,
        )
    pair.bench.fill(pair.order(pair.a))
    pair.bench.fill(pair.order(pair.b))
    (closed,) = pair.notes("cycle_closed")
    assert (closed["cause"], D(closed["result"])) == ("complete", D("0.09"))
    pair.tick()
    assert pair.rows() == [yes(3, "0.42"), no(3, "0.55")]
    assert pair.maker.state.number == 2


def test_jj_2_falls_back_when_alone_on_top() -> None:
    pair = kalshi_pair(rules={"native_amend": False})
    pair.books({"0.43": 100})
    pair.tick()
    assert pair.rows()[0] == yes(3, "0.43")
    first, other = pair.order(pair.a), pair.order(pair.b)
    pair.books({"0.43": 3, "0.41": 300}, {"0.55": 83, "0.54": 100})
    pair.tick()
    assert pair.rows() == [yes(3, "0.41"), no(3, "0.55")]
    moved = pair.order(pair.a)
    assert moved is not first
    assert moved.reason == "requote"
    assert pair.order(pair.b) is other


def test_jj_2_amends_where_the_venue_keeps_it_atomic() -> None:
    pair = kalshi_pair()
    pair.books({"0.43": 100})
    pair.tick()
    first = pair.order(pair.a)
    pair.books({"0.43": 3, "0.41": 300}, {"0.55": 83, "0.54": 100})
    pair.tick()
    assert pair.order(pair.a) is first
    assert pair.rows() == [yes(3, "0.41"), no(3, "0.55")]


def test_jj_3_jumps_and_switches_itself_off_when_others_follow() -> None:
    pair = kalshi_pair()
    pair.tick()
    assert "armed" in pair.tell("toggle_jump", market_index=0).effect
    pair.books({"0.42": 123, "0.41": 300}, {"0.55": 83, "0.54": 100})
    pair.tick()
    assert pair.rows() == [yes(3, "0.43"), no(3, "0.55")]
    jumped = pair.order(pair.a)
    pair.books({"0.43": 53, "0.42": 120}, {"0.55": 83, "0.54": 100})
    pair.tick()
    assert not pair.maker.state.legs[0].jump
    assert pair.notes("jump_off")
    assert pair.order(pair.a) is jumped
    assert pair.rows() == [yes(3, "0.43"), no(3, "0.55")]


def test_jj_4_refuses_a_jump_that_eats_the_edge() -> None:
    pair = kalshi_pair(rebalance_adverse_ticks=50)
    pair.books({"0.41": 100}, {"0.56": 100})
    pair.tick()
    pair.bench.fill(pair.order(pair.b))
    pair.books({"0.43": 100, "0.41": 3}, {"0.50": 100})
    pair.tell("toggle_jump", market_index="0")
    pair.tick()
    assert pair.rows() == [yes(3, "0.43")]
    assert pair.maker.state.legs[0].jump_target == D("0.44")
    assert pair.notes("jump_refused") == [{"leg": "0", "reason": "edge"}]


def test_jj_4_opens_nothing_below_the_least_spread() -> None:
    pair = kalshi_pair()
    pair.books({"0.43": 100}, {"0.56": 100})
    pair.tick(3)
    assert pair.rows() == []
    assert pair.maker.state.phase is Phase.WAIT_MARKET
    assert pair.notes("waiting") == [{"reason": "spread"}]


def test_jj_5_quotes_the_rest_of_a_partial_fill_higher() -> None:
    pair = kalshi_pair()
    pair.tick()
    pair.bench.fill(pair.order(pair.b))
    pair.bench.fill(pair.order(pair.a), "2")
    assert pair.rows() == [yes(1, "0.42")]
    pair.books({"0.43": 100, "0.42": 121}, {"0.55": 80})
    pair.tick()
    assert pair.rows() == [yes(1, "0.43")]
    order = pair.order(pair.a)
    assert (order.qty, order.filled_qty) == (D(3), D(2))


def _half_filled(yes_bid: str) -> Pair:
    pair = kalshi_pair(rebalance_adverse_ticks=50)
    pair.tick()
    pair.bench.fill(pair.order(pair.a))
    pair.books({yes_bid: 100}, {"0.60": 100, "0.55": 3})
    pair.tick()
    assert pair.rows() == [no(3, "0.57")]
    return pair


def test_jj_6_rebalances_by_buying_the_missing_leg_within_the_loss_limit() -> None:
    pair = _half_filled("0.38")
    pair.tick(58)
    assert pair.rows() == [no(3, "0.57")]
    pair.tick(1)
    (taken,) = pair.bench.orders()
    assert (taken.px, taken.qty, taken.reason) == (D("0.62"), D(3), "rebalance")
    assert taken.spec.tif is TimeInForce.IOC
    pair.bench.fill(taken, maker=False)
    (closed,) = pair.notes("cycle_closed")
    assert D(closed["result"]) == D("-0.12")
    assert closed["cause"] == "complete"


def test_jj_6_blocks_when_every_way_out_costs_too_much() -> None:
    pair = _half_filled("0.36")
    pair.tick(62)
    assert pair.maker.state.phase is Phase.BLOCKED
    assert pair.rows() == [no(3, "0.57")]
    assert len(pair.bench.alerts("imbalance")) == 1
    pair.books({"0.38": 100}, {"0.60": 100, "0.57": 3})
    pair.tick(54)
    assert pair.rows() == [no(3, "0.57")]
    pair.tick(6)
    assert pair.rows() == [no(3, "0.62")]


def test_jj_7_stop_waits_for_the_cycle_to_complete() -> None:
    pair = kalshi_pair()
    pair.tick()
    pair.bench.fill(pair.order(pair.a))
    before = pair.rows()
    assert before == [no(3, "0.55")]
    pair.bench.command(Stop(S1))
    pair.tick(20)
    assert pair.rows() == before
    assert pair.bench.state() == "stopping"
    pair.bench.fill(pair.order(pair.b))
    assert pair.bench.state() == "stopped"
    assert pair.rows() == []


def test_jj_7_force_stop_cancels_and_reports_the_open_leg() -> None:
    pair = kalshi_pair()
    pair.tick()
    pair.bench.fill(pair.order(pair.a))
    pair.tick(5)
    pair.bench.command(ForceStop(S1))
    assert pair.rows() == []
    assert pair.bench.state() == "dead"
    (alert,) = pair.bench.alerts("position_left_open")
    assert "3 contracts of KALSHI:M1:YES" in alert.text
    pair.tick(10)
    assert pair.rows() == []


def test_jj_8_buys_the_dearer_leg_first() -> None:
    pair = kalshi_pair(higher_first=True)
    pair.tick()
    assert pair.rows() == [no(3, "0.55")]
    pair.tick()
    pair.bench.fill(pair.order(pair.b))
    assert pair.rows() == [yes(3, "0.42")]


def _cross_venue() -> Pair:
    bench = Bench(account("K", "KALSHI", "USD"), account("L", "LIMITLESS", "USD"))
    a, _ = binary("X", "KALSHI", mirror=None)
    _, b = binary("Y", "LIMITLESS", mirror=None)
    pair = Pair(bench, a, b, pair_kind="cross_venue", num_markets=2, mapping=MAPPING)
    bench.book(a, {"0.47": 100}, {"0.49": 100})
    bench.book(b, {"0.48": 100}, {"0.50": 100})
    return pair


def test_jj_9_completes_a_cross_venue_pair_by_taking() -> None:
    pair = _cross_venue()
    pair.tick()
    assert pair.rows() == [yes(3, "0.47"), no(3, "0.48")]
    pair.bench.fill(pair.order(pair.a))
    taken = pair.order(pair.b)
    assert (taken.px, taken.qty, taken.reason) == (D("0.50"), D(3), "complete")
    assert taken.spec.tif is TimeInForce.IOC
    assert not taken.spec.post_only
    pair.bench.fill(taken, maker=False)
    assert D(pair.notes("cycle_closed")[0]["result"]) == D("0.09")


def test_jj_10_cancels_on_stale_books_and_comes_back() -> None:
    pair = kalshi_pair()
    pair.tick()
    assert len(pair.rows()) == 2
    pair.bench.silence(4)
    assert len(pair.rows()) == 2
    pair.bench.silence(2)
    assert pair.rows() == []
    assert pair.maker.state.phase is Phase.WAIT_MARKET
    pair.books()
    pair.tick()
    assert pair.rows() == [yes(3, "0.42"), no(3, "0.55")]
    assert {order.reason for order in pair.bench.orders()} == {"join"}


def test_jj_10_cancels_on_a_lost_feed_and_waits_for_a_snapshot() -> None:
    pair = kalshi_pair()
    pair.tick()
    now = pair.bench.now
    pair.bench.feed(FeedChanged(pair.a.id, now, now, False))
    pair.tick(7)
    assert pair.rows() == []
    now = pair.bench.now
    pair.bench.feed(FeedChanged(pair.a.id, now, now, True))
    pair.tick(2)
    assert pair.rows() == []
    pair.books()
    pair.tick()
    assert pair.rows() == [yes(3, "0.42"), no(3, "0.55")]

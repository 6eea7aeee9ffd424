"""What a market is worth, how old it is, and whether it may be traded on."""

import pickle

import msgspec
import pytest

from tests.unit.core.market.samples import (
    NO_ID,
    PERP,
    PERP_ID,
    YES_ID,
    D,
    binary,
    delta,
    quote,
    snapshot,
    trade,
)
from tradewind.core.market.market import MIRROR_GRACE_NS, Market
from tradewind.model.events import Candle, FeedChanged, TradingChanged
from tradewind.model.instrument import Outcome, single_tick
from tradewind.model.market import Trading, Trust

STALE_NS = 3_000
FAR = 2 * MIRROR_GRACE_NS


def candle(close_quanta: int, ts_recv: int) -> Candle:
    """Return a candle that closed at `close_quanta`."""
    close = close_quanta / 100
    prices = (close_quanta,) * 4
    return Candle(PERP_ID, 0, ts_recv, "1m", *prices, close, close, close, close, 1.0)


@pytest.fixture
def market() -> Market:
    """Give a market that nothing is known of."""
    return Market(PERP)


def test_the_mark_is_the_best_that_is_known(market: Market) -> None:
    assert market.mark() is None
    market.apply_candle(candle(10_050, 1))
    assert market.mark() == D("100.50")
    market.apply_trade(trade(2, "100.7"))
    assert market.mark() == D("100.7")
    market.apply_quote(quote("100.0", "", ts=3))
    assert market.mark() == D("100.7")
    market.apply_quote(quote("100.0", "100.1", ts=4))
    assert market.mark() == D("100.05")


def test_age_counts_from_whatever_last_vouched_for_the_data(market: Market) -> None:
    market.apply_quote(quote("100", "101", ts=1_000))
    assert market.age_ns(1_500) == 500
    assert market.fresh(1_000 + STALE_NS, STALE_NS)
    assert not market.fresh(1_001 + STALE_NS, STALE_NS)
    # A quiet market on a healthy feed is fresh.
    market.apply_feed(FeedChanged(PERP_ID, 5_000, 5_000, live=True))
    assert market.fresh(5_000 + STALE_NS, STALE_NS)
    market.apply_feed(FeedChanged(PERP_ID, 5_001, 5_001, live=False))
    assert not market.fresh(5_001, STALE_NS)
    assert market.trust(5_001, STALE_NS) is Trust.STALE


def test_nothing_known_is_no_trust_even_with_a_heartbeat(market: Market) -> None:
    assert market.trust(0, STALE_NS) is Trust.EMPTY
    market.apply_feed(FeedChanged(PERP_ID, 1, 1, live=True))
    assert market.trust(1, STALE_NS) is Trust.EMPTY
    market.apply_trade(trade(2, "100"))
    assert market.trust(2, STALE_NS) is Trust.TRUSTED


@pytest.mark.parametrize(
    ("bid", "ask", "trust"),
    [
        pytest.param("100", "100.1", Trust.TRUSTED, id="a spread"),
        pytest.param("100", "100", Trust.CROSSED, id="locked"),
        pytest.param("100.1", "100", Trust.CROSSED, id="crossed"),
        pytest.param("100", "", Trust.TRUSTED, id="no ask"),
        pytest.param("", "100", Trust.TRUSTED, id="no bid"),
    ],
)
def test_a_crossed_market_is_not_trusted(market: Market, bid: str, ask: str, trust: Trust) -> None:
    market.apply_quote(quote(bid, ask))
    assert market.trust(1, STALE_NS) is trust


def test_the_top_follows_a_trusted_book_and_stands_still_under_a_gap(market: Market) -> None:
    assert not market.apply_book(delta("100x1", "", sequence=1))
    assert market.apply_book(snapshot("100x1 99x2", "101x3", sequence=1))
    assert market.apply_book(delta("100x0", "", sequence=2))
    assert (market.bid, market.bid_qty, market.ask, market.ask_qty) == (D(99), D(2), D(101), D(3))
    assert not market.apply_book(delta("98x1", "", sequence=9, ts=7))
    assert market.trust(7, STALE_NS) is Trust.GAP
    assert (market.bid, market.verified_ns) == (D(99), 7)
    assert market.apply_book(snapshot("97x1", "", sequence=20, ts=8))
    assert market.trust(8, STALE_NS) is Trust.TRUSTED
    assert (market.bid, market.ask_qty) == (D(97), D(0))


def test_after_a_lost_feed_the_book_waits_for_a_snapshot(market: Market) -> None:
    market.apply_book(snapshot("100x1", "101x1"))
    market.apply_feed(FeedChanged(PERP_ID, 2, 2, live=False))
    market.apply_feed(FeedChanged(PERP_ID, 3, 3, live=True))
    assert market.trust(3, STALE_NS) is Trust.GAP
    market.apply_book(snapshot("100x1", "101x1", ts=4))
    assert market.trust(4, STALE_NS) is Trust.TRUSTED


def test_a_new_tick_locks_the_book_until_a_snapshot_and_keeps_the_mark(market: Market) -> None:
    market.apply_book(snapshot("100x1", "101x1", sequence=5))
    finer = msgspec.structs.replace(PERP, ticks=single_tick(D("0.01")), version=2)
    market.redefine(finer)
    assert market.trust(1, STALE_NS) is Trust.EMPTY
    assert not market.apply_book(delta("100x2", "", sequence=6))
    assert market.mark() == D("100.5")
    market.apply_book(snapshot("100.01x1", "100.02x1", sequence=1))
    assert market.trust(2, STALE_NS) is Trust.TRUSTED
    assert market.instrument is finer


def test_a_new_tick_locks_a_market_without_a_book_until_its_next_message(market: Market) -> None:
    market.apply_quote(quote("100", "101"))
    market.redefine(msgspec.structs.replace(PERP, ticks=single_tick(D("0.5")), version=2))
    assert market.trust(1, STALE_NS) is Trust.EMPTY
    market.apply_quote(quote("100", "100.5", ts=2))
    assert market.trust(2, STALE_NS) is Trust.TRUSTED


def test_rules_beside_the_grid_lock_nothing(market: Market) -> None:
    market.apply_book(snapshot("100x1", "101x1"))
    market.redefine(msgspec.structs.replace(PERP, fee_model="linear", version=2))
    assert market.trust(1, STALE_NS) is Trust.TRUSTED


MIRRORS = [
    pytest.param("0.42", "0.45", "0.55", "0.58", True, Trust.TRUSTED, id="mirrored"),
    pytest.param("0.42", "0.45", "0.54", "0.58", True, Trust.MIRROR, id="ask is not 1 - bid"),
    pytest.param("0.42", "0.45", "0.55", "0.59", True, Trust.MIRROR, id="its ask is not ours"),
    pytest.param("0.42", "", "0.55", "0.58", True, Trust.MIRROR, id="a side is missing"),
    pytest.param("0.42", "", "", "0.58", True, Trust.TRUSTED, id="one-sided alike"),
    pytest.param("0.45", "0.48", "0.55", "0.58", False, Trust.MIRROR, id="bids reach one"),
    pytest.param("0.44", "0.48", "0.55", "0.58", False, Trust.TRUSTED, id="two books of their own"),
]


@pytest.mark.parametrize(("bid", "ask", "no_bid", "no_ask", "mirrored", "trust"), MIRRORS)
def test_yes_and_no_must_agree(
    bid: str, ask: str, no_bid: str, no_ask: str, mirrored: bool, trust: Trust
) -> None:
    yes = Market(binary(Outcome.YES, mirrored=mirrored))
    no = Market(binary(Outcome.NO, mirrored=mirrored))
    yes.apply_quote(quote(bid, ask, instrument=YES_ID))
    no.apply_quote(quote(no_bid, no_ask, instrument=NO_ID))
    assert yes.trust(FAR, FAR, no) is trust
    assert yes.trust(FAR, FAR) is Trust.TRUSTED


def test_a_tolerance_lets_the_bids_reach_beyond_one() -> None:
    yes = Market(binary(Outcome.YES, mirrored=False))
    no = Market(binary(Outcome.NO, mirrored=False))
    yes.apply_quote(quote("0.45", "0.48", instrument=YES_ID))
    no.apply_quote(quote("0.55", "0.58", instrument=NO_ID))
    assert yes.trust(FAR, FAR, no, tolerance=D("0.01")) is Trust.TRUSTED


def test_outcomes_may_disagree_while_their_messages_are_under_way() -> None:
    yes, no = Market(binary(Outcome.YES)), Market(binary(Outcome.NO))
    for market, bids, asks, name in (
        (yes, "0.42x1", "0.43x1", YES_ID),
        (no, "0.57x1", "0.58x1", NO_ID),
    ):
        market.apply_book(snapshot(bids, asks, ts=1, instrument=name))
    moved = 10 * MIRROR_GRACE_NS
    yes.apply_book(snapshot("0.45x1", "0.46x1", ts=moved, instrument=YES_ID))
    assert yes.trust(moved, FAR * 9, no) is Trust.TRUSTED
    assert yes.trust(moved + MIRROR_GRACE_NS, FAR * 9, no) is Trust.MIRROR
    no.apply_book(snapshot("0.54x1", "0.55x1", ts=moved + 1, instrument=NO_ID))
    assert yes.trust(moved + FAR, FAR * 9, no) is Trust.TRUSTED


def test_the_venue_says_what_it_permits(market: Market) -> None:
    market.apply_trading(TradingChanged(PERP_ID, 1, 1, Trading.PAUSED))
    assert market.trading is Trading.PAUSED


def test_a_pickled_market_is_the_same(market: Market) -> None:
    market.apply_book(snapshot("100x1", "101x1"))
    twin = pickle.loads(pickle.dumps(market))  # noqa: S301 -- our own bytes
    assert twin.mark() == market.mark()
    assert twin.trust(1, STALE_NS) is Trust.TRUSTED

"""Books against hand-worked merges and against a plain dictionary on random streams."""

import pickle
import random
from decimal import Decimal

import pytest

from tests.unit.core.market.samples import D, delta, levels, snapshot
from tradewind.core.market.book import Book
from tradewind.model.events import BookDelta, BookSnapshot
from tradewind.model.ids import InstrumentId
from tradewind.model.market import Trust
from tradewind.model.order import Side

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def book() -> Book:
    """Give a trusted book at sequence 10."""
    book = Book()
    book.apply_snapshot(snapshot("100.0x1 99.9x2 99.8x3", "100.1x1 100.2x4", sequence=10))
    return book


def test_a_delta_changes_adds_and_removes_levels() -> None:
    # Worked example of the Bybit v5 order-book merge (venue notes, read 2026-09).
    book = Book()
    book.apply_snapshot(snapshot("100.0x1 99.9x2", "100.1x1", sequence=10))
    assert book.apply_delta(delta("99.9x0", "100.2x3", sequence=11))
    assert book.levels(BUY, 5) == levels("100.0x1")
    assert book.levels(SELL, 5) == levels("100.1x1 100.2x3")
    assert book.sequence == 11


def test_the_best_prices_follow_the_levels(book: Book) -> None:
    book.apply_delta(delta("100.0x0 99.9x7", "100.05x2", sequence=11))
    assert (book.best_bid, book.best_ask) == (D("99.9"), D("100.05"))
    assert (book.best_qty(BUY), book.best_qty(SELL)) == (D(7), D(2))
    book.apply_delta(delta("99.9x0 99.8x0", "", sequence=12))
    assert book.best_bid is None
    assert book.best_qty(BUY) == 0
    assert book.levels(BUY, 5) == ()


def test_reads_of_depth(book: Book) -> None:
    assert book.levels(BUY, 2) == levels("100.0x1 99.9x2")
    assert book.levels(SELL, 0) == ()
    assert book.qty_at(BUY, D("99.90")) == 2
    assert book.qty_at(SELL, D("99.9")) == 0
    assert (book.total_qty(BUY), book.total_qty(SELL)) == (D(6), D(5))
    assert (book.depth(BUY), book.depth(SELL)) == (3, 2)


@pytest.mark.parametrize(
    ("known", "sequence", "previous", "folded", "trust"),
    [
        pytest.param(10, 11, 0, True, Trust.TRUSTED, id="the next one"),
        pytest.param(10, 15, 10, True, Trust.TRUSTED, id="a jump that builds on what is known"),
        pytest.param(10, 15, 8, True, Trust.TRUSTED, id="an overlap"),
        pytest.param(10, 10, 0, False, Trust.TRUSTED, id="a duplicate"),
        pytest.param(10, 7, 6, False, Trust.TRUSTED, id="an old one"),
        pytest.param(10, 12, 0, False, Trust.GAP, id="one is missing"),
        pytest.param(10, 15, 11, False, Trust.GAP, id="it builds on an unknown one"),
        pytest.param(10, 0, 0, False, Trust.GAP, id="uncounted on a counted book"),
        pytest.param(0, 0, 0, True, Trust.TRUSTED, id="a feed that does not count"),
        pytest.param(0, 5, 0, False, Trust.GAP, id="counted on an uncounted snapshot"),
    ],
)
def test_sequence_numbers_decide_what_a_delta_may_do(
    known: int, sequence: int, previous: int, folded: bool, trust: Trust
) -> None:
    book = Book()
    book.apply_snapshot(snapshot("100x1", "101x1", sequence=known))
    usable = book.apply_delta(delta("100x5", "", sequence, previous))
    assert book.trust is trust
    assert usable is (trust is Trust.TRUSTED)
    assert book.qty_at(BUY, D(100)) == (5 if folded else 1)


def test_a_gap_lasts_until_the_next_snapshot(book: Book) -> None:
    assert not book.apply_delta(delta("1x1", "", sequence=13))
    assert not book.apply_delta(delta("1x1", "", sequence=11))
    assert book.qty_at(BUY, D(1)) == 0
    # Venues count anew after a reconnect, so a lower number is no objection.
    book.apply_snapshot(snapshot("50x1", "51x1", sequence=1))
    assert book.trust is Trust.TRUSTED
    assert book.apply_delta(delta("50x2", "", sequence=2))
    assert book.levels(BUY, 9) == levels("50x2")


def test_deltas_before_the_first_snapshot_change_nothing() -> None:
    book = Book()
    assert not book.apply_delta(delta("1x1", "", sequence=1))
    assert book.trust is Trust.EMPTY
    assert book.best_bid is None


def test_a_cleared_book_waits_for_a_snapshot(book: Book) -> None:
    book.clear()
    assert (book.trust, book.best_bid, book.levels(SELL, 3)) == (Trust.EMPTY, None, ())


OWN_CASES = [
    # best level b1 of size s1, ours r, next level b2.
    pytest.param("0.43x50 0.42x10", {}, "0.43", id="nothing is ours"),
    pytest.param("0.43x50 0.42x10", {"0.43": 3}, "0.43", id="others stand beside us"),
    pytest.param("0.43x3 0.42x10", {"0.43": 3}, "0.42", id="alone on top"),
    pytest.param("0.43x3 0.42x5 0.41x9", {"0.43": 3, "0.42": 5}, "0.41", id="two levels are ours"),
    pytest.param("0.43x3", {"0.43": 3}, None, id="nobody else bids"),
    pytest.param("0.43x2 0.42x1", {"0.43": 3}, "0.42", id="the feed shows less than we rest"),
    pytest.param("", {}, None, id="an empty side"),
]


@pytest.mark.parametrize(("bids", "own", "best"), OWN_CASES)
def test_others_best_takes_our_size_away_level_by_level(
    bids: str, own: dict[str, int], best: str | None
) -> None:
    book = Book()
    book.apply_snapshot(snapshot(bids, ""))
    ours = {D(px): D(qty) for px, qty in own.items()}
    assert book.others_best(BUY, ours) == (None if best is None else D(best))


def test_others_best_of_the_asks_is_the_lowest(book: Book) -> None:
    assert book.others_best(SELL, {D("100.1"): D(1)}) == D("100.2")


def test_a_snapshot_may_come_in_any_order_and_with_empty_levels() -> None:
    book = Book()
    book.apply_snapshot(snapshot("99x1 100x2 98x0", "103x1 102x2"))
    assert book.levels(BUY, 9) == levels("100x2 99x1")
    assert book.levels(SELL, 9) == levels("102x2 103x1")


@pytest.mark.parametrize("seed", [1, 2, 3], ids=lambda seed: f"seed {seed}")
def test_random_deltas_leave_what_a_dictionary_would_hold(seed: int) -> None:
    dice = random.Random(seed)
    name = InstrumentId("X:Y")
    book = Book()
    sides: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})
    book.apply_snapshot(BookSnapshot(name, 0, 0, (), (), 1))
    for sequence in range(2, 3_000):
        changes = tuple(
            tuple(
                (D(dice.randrange(low, low + 60)) / 10, D(dice.randrange(4)))
                for _ in range(dice.randrange(4))
            )
            for low in (1_000, 1_060)
        )
        for side, change in zip(sides, changes, strict=True):
            side.update(change)
        assert book.apply_delta(BookDelta(name, 0, 0, changes[0], changes[1], sequence))
    bids = sorted(((px, qty) for px, qty in sides[0].items() if qty), reverse=True)
    asks = sorted((px, qty) for px, qty in sides[1].items() if qty)
    assert list(book.levels(BUY, 999)) == bids
    assert list(book.levels(SELL, 999)) == asks
    assert (book.best_bid, book.best_ask) == (bids[0][0], asks[0][0])


def test_a_pickled_book_goes_on_where_it_was(book: Book) -> None:
    twin = pickle.loads(pickle.dumps(book))  # noqa: S301 -- our own bytes
    for one in (book, twin):
        one.apply_delta(delta("100.0x0", "100.1x9", sequence=11))
    assert twin.levels(BUY, 9) == book.levels(BUY, 9)
    assert twin.best_bid == D("99.9")

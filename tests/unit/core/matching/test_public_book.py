"""Levels of the public book."""

from tests.unit.core.matching.driving import PERP, D, decimals
from tradewind.core.matching.public_book import PublicBook
from tradewind.model.events import BookDelta, BookSnapshot


def test_a_snapshot_replaces_and_a_delta_changes() -> None:
    book = PublicBook()
    book.replace(BookSnapshot(PERP, 0, 0, ((D(9), D(1)), (D(10), D(2))), ((D(12), D(3)),)))
    assert (book.best_bid, book.best_ask) == decimals("10 12")
    book.change(BookDelta(PERP, 0, 0, ((D(10), D(0)), (D(8), D(4))), ((D(11), D(5)),)))
    assert (book.best_bid, book.best_ask) == decimals("9 11")
    assert list(book.offers(to_buyer=True)) == [decimals("11 5"), decimals("12 3")]
    assert list(book.offers(to_buyer=False)) == [decimals("9 1"), decimals("8 4")]
    assert (book.displayed(D(8), buys=True), book.displayed(D(8), buys=False)) == decimals("4 0")
    book.change(BookDelta(PERP, 0, 0, ((D(9), D(0)), (D(8), D(0)), (D(7), D(0))), ()))
    assert (book.best_bid, list(book.offers(to_buyer=False))) == (None, [])
    book.replace(BookSnapshot(PERP, 0, 0, (), ((D(12), D(3)), (D(13), D(0)))))
    assert list(book.offers(to_buyer=True)) == [decimals("12 3")]

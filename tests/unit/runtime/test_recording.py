"""What is recorded is told again as it was: events become columns, and `feed` makes them events."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from tests.unit.runtime.instruments import perpetual
from tradewind.core.market.book import Book
from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    Event,
    FundingRate,
    Quote,
    ReferencePrice,
    Trade,
    Woke,
)
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.market import CandleStatus
from tradewind.model.order import Side
from tradewind.ports import Columns
from tradewind.runtime import feed
from tradewind.runtime.recording import Recording

BTC = perpetual()
D = Decimal
TOLD: dict[str, list[Event]] = {
    "quote": [Quote(BTC.id, ts, 12, D("103.5"), D("103.6"), D("1.5"), D(0)) for ts in (5, 5, 9)],
    "trade": [
        Trade(BTC.id, 5, 6, D("103.55"), D("0.25"), Side.SELL, "a"),
        Trade(BTC.id, 5, 7, D("103.5"), D(2), Side.BUY),
    ],
    "book": [
        BookSnapshot(BTC.id, 5, 6, ((D("103.5"), D(1)),), ((D(104), D(2)), (D(105), D(3))), 70),
        BookDelta(BTC.id, 6, 7, (), ((D(104), D(0)),), 75, 70),
    ],
    "candle:1m": [
        Candle(BTC.id, 60, 90, "1m", 10352, 10401, 10301, 10350, 103.52, 104.01, 103.01, 103.5, 1.5,
               CandleStatus.CORRECTED),
    ],
    "funding": [FundingRate(BTC.id, 8, 9, D("-0.00010"), D("103.512345"))],
}  # fmt: skip
FEEDS: dict[str, Any] = {
    "quote": feed.quotes,
    "trade": feed.trades,
    "book": feed.books,
    "candle:1m": lambda rules, columns: feed.candles(rules, "1m", columns),
    "funding": feed.funding,
}


def recorded(*events: Event) -> dict[str, Columns]:
    recording = Recording({BTC.id: BTC}.get)
    for seq, event in enumerate(events, 1):
        recording.add(seq, event)
    return {key.kind: columns for _, key, columns in recording.series()}


def test_every_kind_is_told_again_as_it_was() -> None:
    columns = recorded(*(event for events in TOLD.values() for event in events))
    assert columns.keys() == TOLD.keys()
    for kind, events in TOLD.items():
        assert list(FEEDS[kind](BTC, columns[kind])) == events, kind


def test_a_feed_that_does_not_count_is_told_apart_and_folds_to_the_same_book() -> None:
    level = ((D("103.5"), D(1)),)
    events = [BookSnapshot(BTC.id, 5, 5, level, level)]
    deltas = [BookDelta(BTC.id, 5, 5, ((D(100 + n % 3), D(n)),), ()) for n in range(6)]
    columns = recorded(*events, *deltas)["book"]
    sequence = columns.arrays[columns.names.index("sequence")].tolist()
    assert len(set(sequence)) == 7
    books = Book(), Book()
    tellings: tuple[Iterable[Event], ...] = ([*events, *deltas], feed.books(BTC, columns))
    for book, told in zip(books, tellings, strict=True):
        for each in told:
            if isinstance(each, BookSnapshot):
                book.apply_snapshot(each)
            else:
                assert isinstance(each, BookDelta)
                assert book.apply_delta(each)
    assert books[0].levels(Side.BUY, 9) == books[1].levels(Side.BUY, 9)


def test_references_stand_under_their_feed() -> None:
    recording = Recording(dict[InstrumentId, Instrument]().get)
    recording.add(7, ReferencePrice("chainlink", 5, 6, 0.1 + 0.2, 0.5))
    ((rules, key, columns),) = recording.series()
    assert (rules, key.venue, key.instrument) == (None, "REFERENCE", "chainlink")
    assert [each.tolist() for each in columns.arrays] == [[5], [6], [7], [0.1 + 0.2], [0.5]]


def test_what_cannot_be_told_exactly_is_left_out_and_counted() -> None:
    recording = Recording({BTC.id: BTC}.get)
    finer = D(1).scaleb(-BTC.px_exponent - 1)
    recording.add(1, Quote(BTC.id, 5, 5, finer, D(1), D(1), D(1)))
    recording.add(2, Quote(perpetual("ETHUSDT").id, 5, 5, D(1), D(1), D(1), D(1)))
    recording.add(3, Woke(5))
    assert (recording.left_out, recording.rows, list(recording.series())) == (2, 0, [])


def test_rules_are_given_once_and_again_when_they_change() -> None:
    known = {BTC.id: BTC}
    recording = Recording(known.get)
    given = []
    for version in (1, 1, 2):
        known[BTC.id] = msgspec.structs.replace(BTC, version=version)
        recording.add(1, TOLD["quote"][0])
        given += [rules.version if rules else None for rules, _, _ in recording.series()]
    assert given == [1, None, 2]

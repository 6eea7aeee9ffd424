"""Public frames become market events: whole books or none, and nothing from an unreadable frame."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.edge.venues.bybit.small import Desk, SmallSocket
from tradewind.core.market.book import Book
from tradewind.edge.venues.bybit import stream, wire
from tradewind.model import events as ev
from tradewind.model.ids import InstrumentId
from tradewind.model.market import CandleStatus, Trust
from tradewind.model.order import Side
from tradewind.ports import Wanted

NAME = InstrumentId("BYBIT:BTCUSDT")
TOPIC = "orderbook.50.BTCUSDT"


def book(kind: str, update: int, bids: Any = (), asks: Any = ()) -> dict[str, Any]:
    data = {"s": "BTCUSDT", "b": list(bids), "a": list(asks), "u": update, "seq": update}
    return {"topic": TOPIC, "type": kind, "ts": 5, "data": data, "cts": 4}


SNAPSHOT = book("snapshot", 10, [["100.0", "1"], ["99.9", "2"]], [["100.1", "1"]])
DELTA = book("delta", 11, [["99.9", "0"]], [["100.2", "3"]])


@asynccontextmanager
async def listening(*feeds: str) -> AsyncIterator[tuple[Desk, SmallSocket]]:
    """Watch feeds of a small Bybit without keys, until they are subscribed."""
    desk = Desk(keys=False)
    await desk.venue.discover()
    desk.venue.watch([Wanted(NAME, frozenset(feeds))])
    task = asyncio.ensure_future(desk.venue.run())  # noqa: TID251 - the test is its parent
    try:
        socket = await desk.until(lambda: desk.server.sockets and desk.server.socket("linear"))
        await desk.until(lambda: socket.heard)
        await asyncio.sleep(0.01)
        yield desk, socket
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        raise AssertionError("the account stopped by itself") from task.exception()


async def test_a_book_is_a_snapshot_and_what_changes_it() -> None:
    async with listening("book") as (desk, socket):
        socket.say(SNAPSHOT)
        socket.say(DELTA)
        whole, change = desk.of(ev.BookSnapshot, ev.BookDelta)
        assert (whole.ts_event, whole.sequence) == (4_000_000, 10)
        folded = Book()
        folded.apply_snapshot(whole)
        folded.apply_delta(change)
        assert folded.levels(Side.BUY, 9) == ((Decimal("100.0"), 1),)
        assert folded.levels(Side.SELL, 9) == ((Decimal("100.1"), 1), (Decimal("100.2"), 3))
        assert folded.sequence == 11


async def test_a_gap_distrusts_the_book_until_a_new_snapshot() -> None:
    async with listening("book") as (desk, socket):
        socket.say(SNAPSHOT)
        socket.say(DELTA)
        socket.say(DELTA)  # told twice
        assert len(desk.of(ev.BookDelta)) == 1
        asked = len(socket.heard)
        socket.say(book("delta", 13, [["99", "1"]]))
        socket.say(book("delta", 14, [["99", "2"]]))
        assert [event.live for event in desk.of(ev.FeedChanged)] == [True, False]
        assert len(desk.of(ev.BookDelta)) == 1
        assert [frame["op"] for frame in socket.heard[asked:]] == ["unsubscribe", "subscribe"]
        await asyncio.sleep(0.01)
        assert not desk.of(ev.FeedChanged)[-1].live, "an answer without a book is not enough"
        socket.say(book("snapshot", 20, [["100", "1"]], [["101", "1"]]))
        assert desk.of(ev.FeedChanged)[-1].live
        socket.say(book("delta", 21, [["99", "2"]]))
        assert desk.of(ev.BookDelta)[-1].sequence == 21


@pytest.mark.parametrize(("kind", "update"), [("delta", 1), ("snapshot", 7)])
async def test_a_restart_or_a_second_snapshot_replaces_everything(kind: str, update: int) -> None:
    async with listening("book") as (desk, socket):
        socket.say(SNAPSHOT)
        socket.say(book(kind, update, [["90", "1"]], [["91", "1"]]))
        assert desk.of(ev.BookSnapshot)[-1].bids == ((Decimal(90), Decimal(1)),)
        socket.say(book("delta", update + 1, [["89", "1"]]))
        assert desk.of(ev.BookDelta)[-1].sequence == update + 1


def test_what_falls_below_the_depth_is_removed() -> None:
    bids = tuple((Decimal(100 - n), Decimal(1)) for n in range(50))
    depth = stream.Depth(wire.Book("X", bids, (), 1))
    change = wire.Book("X", ((Decimal(101), Decimal(2)),), (), 2)
    told, _ = depth.fold(change)
    assert told == ((Decimal(101), Decimal(2)), (Decimal(51), Decimal(0)))
    again, _ = depth.fold(wire.Book("X", ((Decimal(51), Decimal(0)),), (), 3))
    assert again == ((Decimal(51), Decimal(0)),), "a level that is not known is no harm"


async def test_quotes_trades_candles_and_funding_have_their_words() -> None:
    async with listening("quote", "trade", "candle:5m", "funding") as (desk, socket):
        touch = book("snapshot", 3, [["100.5", "2"]], []) | {"topic": "orderbook.1.BTCUSDT"}
        socket.say(touch)
        (quote,) = desk.of(ev.Quote)
        assert (quote.bid, quote.bid_qty, quote.ask_qty) == (Decimal("100.5"), 2, 0)
        row = {"T": 7, "s": "BTCUSDT", "S": "Sell", "v": "0.010", "p": "65000.10", "i": "t-1"}
        socket.say({"topic": "publicTrade.BTCUSDT", "data": [row], "ts": 8})
        (trade,) = desk.of(ev.Trade)
        assert (trade.side, trade.px, trade.trade_id) == (Side.SELL, Decimal("65000.10"), "t-1")
        candle = {
            "start": 300_000, "end": 599_999, "interval": "5", "open": "103.52", "close": "104",
            "high": "105", "low": "103", "volume": "2.5", "confirm": False,
        }  # fmt: skip
        socket.say({"topic": "kline.5.BTCUSDT", "data": [candle, candle | {"confirm": True}]})
        moving, closed = desk.of(ev.Candle)
        assert (moving.status, closed.status) == (CandleStatus.PROVISIONAL, CandleStatus.CLOSED)
        assert (closed.open_quanta, closed.open, closed.interval) == (10352, 103.52, "5m")
        assert closed.ts_event == 300 * 10**9
        ticker = {"symbol": "BTCUSDT", "markPrice": "65001", "fundingRate": "0.0001"}
        whole = ticker | {"nextFundingTime": "28800000"}
        socket.say({"topic": "tickers.BTCUSDT", "type": "snapshot", "data": whole})
        unchanged = {"symbol": "BTCUSDT", "markPrice": "65002"}
        socket.say({"topic": "tickers.BTCUSDT", "type": "delta", "data": unchanged})
        changed = {"symbol": "BTCUSDT", "fundingRate": "-0.0002"}
        socket.say({"topic": "tickers.BTCUSDT", "type": "delta", "data": changed})
        rates = desk.of(ev.FundingRate)
        assert [rate.rate for rate in rates] == [Decimal("0.0001"), Decimal("-0.0002")]
        assert [rate.ts_event for rate in rates] == [28_800 * 10**9] * 2


@pytest.mark.parametrize(
    "frame",
    [
        b'{"topic":"orderbook.50.BTCUSDT","type":"delta","data":{"s":"BTC',
        b"\xff\xfe",
        book("delta", 11) | {"data": {"s": "BTCUSDT", "bids": [], "a": [], "u": 11}},
        book("delta", 11, [["100", "one"]]),
        book("delta", 11, [["sNaN", "1"]]),
        book("changes", 11),
        {"topic": "publicTrade.BTCUSDT", "data": [{"T": 1, "s": "BTCUSDT"}]},
        {"neither": 1},
    ],
)
async def test_an_unreadable_frame_costs_the_feed_until_it_is_fresh(frame: Any) -> None:
    async with listening("book", "trade") as (desk, socket):
        socket.say(SNAPSHOT)
        before = len(desk.told)
        socket.say(frame)
        lost, *more = desk.told[before:]
        assert isinstance(lost, ev.FeedChanged)
        assert (lost.live, more) == (False, [])
        assert not socket.open
        again = await desk.until(lambda: len(desk.server.sockets) > 1 and desk.server.sockets[-1])
        await desk.until(lambda: again.heard)
        again.say(SNAPSHOT)
        await desk.until(lambda: desk.of(ev.FeedChanged)[-1].live)


async def test_one_bad_topic_does_not_keep_the_others_from_living() -> None:
    desk = Desk("BTCUSDT", "ETHUSDT", keys=False)
    desk.server.rules.append(desk.server.rules[0] | {"symbol": "ETHUSDT"})
    desk.server.bad_topics = {"publicTrade.ETHUSDT"}
    other = InstrumentId("BYBIT:ETHUSDT")
    await desk.venue.discover()
    desk.venue.watch([Wanted(name, frozenset({"trade"})) for name in (NAME, other)])
    task = asyncio.ensure_future(desk.venue.run())  # noqa: TID251 - the test is its parent
    await desk.until(lambda: len(desk.of(ev.FeedChanged)) > 1, 3)
    assert {(event.instrument, event.live) for event in desk.of(ev.FeedChanged)} == {(NAME, True)}
    task.cancel()
    await asyncio.wait([task])


def test_books_recorded_on_an_older_wire_fold_to_the_same_levels(shared: Path) -> None:
    path = shared / "data" / "cryptofeed" / "BYBIT.ws.25.0"
    if not path.is_file():
        pytest.skip("no recorded Bybit capture")
    plain: dict[str, dict[tuple[str, Decimal], Decimal]] = {}
    depths: dict[str, stream.Depth] = {}
    books: dict[str, Book] = {}
    decoder = msgspec.json.Decoder(float_hook=Decimal)
    folded = 0
    for line in path.read_text().splitlines()[1:]:
        if " <- " in line or '"topic":"orderBookL2_25.' not in line:
            continue
        frame = decoder.decode(line.partition(": ")[2])
        symbol = frame["topic"].partition(".")[2]
        levels = older_levels(frame)
        known = plain.setdefault(symbol, {})
        if frame["type"] == "snapshot":
            known.clear()
        for side, px, qty in levels:
            known[(side, px)] = qty
        plain[symbol] = {key: qty for key, qty in known.items() if qty}
        bids = tuple((px, qty) for side, px, qty in levels if side == "Buy")
        asks = tuple((px, qty) for side, px, qty in levels if side == "Sell")
        ours = books.setdefault(symbol, Book())
        update = ours.sequence + 1
        row = wire.Book(symbol, bids, asks, update)
        if frame["type"] == "snapshot":
            depths[symbol] = stream.Depth(row)
            ours.apply_snapshot(ev.BookSnapshot(InstrumentId(symbol), 0, 0, bids, asks, update))
        else:
            ours.apply_delta(
                ev.BookDelta(InstrumentId(symbol), 0, 0, *depths[symbol].fold(row), update)
            )
        folded += 1
    assert folded == 3260
    for symbol, ours in books.items():
        assert ours.trust is Trust.TRUSTED
        for side, word in ((Side.BUY, "Buy"), (Side.SELL, "Sell")):
            expected = {px: qty for (each, px), qty in plain[symbol].items() if each == word}
            assert dict(ours.levels(side, 99)) == expected, symbol


def older_levels(frame: dict[str, Any]) -> list[tuple[str, Decimal, Decimal]]:
    data = frame["data"]
    if frame["type"] == "snapshot":
        rows = data["order_book"] if isinstance(data, dict) else data
        gone = []
    else:
        rows, gone = [*data["update"], *data["insert"]], data["delete"]
    return [
        *((row["side"], Decimal(row["price"]), Decimal(0)) for row in gone),
        *((row["side"], Decimal(row["price"]), Decimal(row["size"])) for row in rows),
    ]

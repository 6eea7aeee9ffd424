"""The public sockets: books that can be merged, faults of books, tickers, trades, candles."""

import itertools
from decimal import Decimal

import pytest

from tests.unit.edge.simulators.bybit.driving import Ear, Floor, Row
from tradewind.edge.simulators.wire_faults import Kind
from tradewind.model.money import MILLIS

BUSY = {"pace_ns": 50 * MILLIS}
Book = tuple[dict[str, str], dict[str, str]]


def merged(frames: list[Row]) -> tuple[Book, list[int]]:
    """Merge the frames of one book topic by the page's rules."""
    bids: dict[str, str] = {}
    asks: dict[str, str] = {}
    numbers = []
    for frame in frames:
        data = frame["data"]
        numbers.append(data["u"])
        if frame["type"] == "snapshot" or data["u"] == 1:
            bids, asks = {}, {}
        for side, levels in ((bids, data["b"]), (asks, data["a"])):
            for px, qty in levels:
                side.pop(px, None)
                if qty != "0":
                    side[px] = qty
    return (bids, asks), numbers


def book_frames(ear: Ear, topic: str) -> list[Row]:
    return [frame for frame in ear.frames if frame.get("topic") == topic]


def best(book: Book) -> tuple[Decimal, Decimal]:
    return max(map(Decimal, book[0])), min(map(Decimal, book[1]))


@pytest.mark.parametrize("depth", [1, 50, 200, 1000])
def test_merged_differences_are_the_book(depth: int) -> None:
    floor = Floor(**BUSY)
    ear = floor.open("/v5/public/linear")
    topic = f"orderbook.{depth}.BTCUSDT"
    assert floor.say(ear, op="subscribe", args=[topic], req_id="r")["req_id"] == "r"
    floor.wait(20)
    frames = book_frames(ear, topic)
    assert frames[0]["type"] == "snapshot"
    kinds = {frame["type"] for frame in frames[1:]}
    assert kinds == ({"snapshot"} if depth == 1 else {"delta"})
    book, numbers = merged(frames)
    assert numbers == sorted(numbers)
    if depth > 1:
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        floor.wait(0.5)
        book, _ = merged(book_frames(ear, topic))
    assert best(book) == floor.touch()


def test_a_quiet_best_level_is_repeated_with_the_same_number() -> None:
    floor = Floor()
    ear = floor.open("/v5/public/spot")
    said = floor.say(ear, op="subscribe", args=["orderbook.1.BTCUSDT"])
    assert said["ret_msg"] == "subscribe"
    floor.wait(7)
    assert len({frame["data"]["u"] for frame in book_frames(ear, "orderbook.1.BTCUSDT")}) == 1
    assert len(book_frames(ear, "orderbook.1.BTCUSDT")) == 3


def test_a_restart_a_gap_and_a_ghost_are_told_as_the_real_feed_does() -> None:
    floor = Floor(**BUSY)
    ear = floor.open("/v5/public/linear")
    topic = "orderbook.50.BTCUSDT"
    floor.say(ear, op="subscribe", args=[topic])
    floor.wait(1)
    floor.fate.begin(Kind.SKIP, symbol="BTCUSDT", times=1)
    floor.wait(1)
    numbers = merged(book_frames(ear, topic))[1]
    gaps = [later - before for before, later in itertools.pairwise(numbers)]
    assert sorted(set(gaps)) == [1, 2]
    floor.fate.begin(Kind.GHOST, symbol="BTCUSDT", times=1)
    before = merged(book_frames(ear, topic))[0]
    floor.wait(1)
    dropped = [
        px
        for frame in book_frames(ear, topic)
        for px, qty in frame["data"]["b"]
        if qty == "0" and px not in before[0]
    ]
    assert dropped
    floor.fate.begin(Kind.RESTART, floor.now_ns)
    last = book_frames(ear, topic)[-1]
    assert (last["type"], last["data"]["u"]) == ("snapshot", 1)
    floor.wait(1)
    assert best(merged(book_frames(ear, topic))[0]) == floor.touch()


def test_a_ticker_is_a_snapshot_and_then_only_what_changed() -> None:
    floor = Floor(**BUSY)
    ear = floor.open("/v5/public/linear")
    floor.say(ear, op="subscribe", args=["tickers.BTCUSDT"])
    floor.wait(2)
    frames = book_frames(ear, "tickers.BTCUSDT")
    assert [frames[0]["type"], frames[1]["type"]] == ["snapshot", "delta"]
    row: Row = {}
    for frame in frames:
        row |= frame["data"]
    page = floor.get("/v5/market/tickers", "category=linear&symbol=BTCUSDT")["result"]["list"][0]
    assert set(row) == set(page)
    assert "fundingIntervalHour" not in frames[1]["data"]


def test_trades_are_told_once_and_candles_close_once() -> None:
    floor = Floor(**BUSY)
    ear = floor.open("/v5/public/linear")
    floor.say(ear, op="subscribe", args=["publicTrade.BTCUSDT", "kline.1.BTCUSDT"])
    floor.wait(130)
    trades = ear.of("publicTrade.BTCUSDT")
    assert len({row["i"] for row in trades}) == len(trades) > 50
    assert [row["T"] for row in trades] == sorted(row["T"] for row in trades)
    closed = [row for row in ear.of("kline.1.BTCUSDT") if row["confirm"]]
    starts = [row["start"] for row in closed]
    assert len(starts) == len(set(starts)) == 2
    candle = closed[-1]
    inside = [row for row in trades if candle["start"] <= row["T"] <= candle["end"]]
    assert Decimal(candle["volume"]) == sum(Decimal(row["v"]) for row in inside)
    assert Decimal(candle["high"]) >= max(Decimal(row["p"]) for row in inside)
    query = f"category=linear&symbol=BTCUSDT&interval=1&start={candle['start']}&limit=1"
    row = floor.get("/v5/market/kline", query)["result"]["list"][0]
    assert row[1:6] == [candle[key] for key in ("open", "high", "low", "close", "volume")]


@pytest.mark.parametrize("topic", ["orderbook.7.BTCUSDT", "tickers.NONE", "kline.2.BTCUSDT", "x"])
def test_a_wrong_topic_fails_the_whole_request(topic: str) -> None:
    floor = Floor()
    ear = floor.open("/v5/public/linear")
    said = floor.say(ear, op="subscribe", args=["tickers.BTCUSDT", topic])
    assert (said["success"], said["ret_msg"]) == (False, f"Invalid topic: {topic}")
    floor.wait(1)
    assert len(ear.frames) == 1

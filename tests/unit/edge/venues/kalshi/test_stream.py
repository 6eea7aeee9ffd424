"""The feeds and the fold of order news, fed frame by frame."""

import asyncio
import itertools
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest

from tradewind.core.market.market import Market
from tradewind.edge.venues.kalshi import parse, wire
from tradewind.edge.venues.kalshi.stream import BOOK, TRADE, OrderNews, PublicFeed
from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    Event,
    FeedChanged,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderClaimed,
    OrderExpired,
    OrderSent,
)
from tradewind.model.ids import AccountId, OrderId
from tradewind.model.market import Trust
from tradewind.model.money import ONE
from tradewind.model.order import Side

A, B = "KXTEST-A", "KXTEST-B"
D = Decimal


class Wire:
    """A line that keeps what was sent and why it was dropped."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.dropped: list[str] = []

    def send(self, text: bytes) -> None:
        self.sent.append(msgspec.json.decode(text))

    def drop(self, reason: str) -> None:
        self.dropped.append(reason)


class Ear:
    """A public feed on a line, subscribed to the books of two markets."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.news: list[object] = []
        self.rechecks = 0
        self.feed = PublicFeed(self.heard.append, lambda: 9, self._news, self._recheck)
        self.line = Wire()
        self.now = 10

    def _news(self, message: object, recv_ns: int) -> None:
        self.news.append(message)

    def _recheck(self) -> None:
        self.rechecks += 1

    async def begin(self) -> None:
        """Greet, and answer what the greeting asks."""
        self.feed.watch({A: frozenset({BOOK, TRADE}), B: frozenset({BOOK})})
        async with asyncio.TaskGroup() as group:
            group.create_task(self.feed.greet(self.line))  # type: ignore[arg-type]
            await asyncio.sleep(0)
            for sid, command in enumerate(list(self.line.sent), 1):
                channel = command["params"]["channels"][0]
                self.say("subscribed", {"channel": channel, "sid": sid}, id=command["id"])
        self.book_sid = next(
            sid
            for sid, command in enumerate(self.line.sent, 1)
            if command["params"]["channels"] == [BOOK]
        )

    def say(self, kind: str, msg: Any, **more: Any) -> None:
        self.now += 1
        text = msgspec.json.encode({"type": kind, "msg": msg} | more)
        self.feed.text(text, self.now)

    def snapshot(self, ticker: str, seq: int, yes: Any = (), no: Any = (), **more: Any) -> None:
        msg = {"market_ticker": ticker, "yes_dollars_fp": yes, "no_dollars_fp": no}
        self.say("orderbook_snapshot", msg, sid=self.book_sid, seq=seq, **more)

    def delta(self, ticker: str, seq: int, side: str, px: str, change: str) -> None:
        msg = {"market_ticker": ticker, "price_dollars": px, "delta_fp": change, "side": side}
        self.say("orderbook_delta", msg, sid=self.book_sid, seq=seq)

    def both_books(self) -> None:
        self.snapshot(A, 1, [["0.40", "50"], ["0.42", "130"]], [["0.55", "20"], ["0.56", "75.5"]])
        self.snapshot(B, 2)

    def take(self, *kinds: type) -> list[Any]:
        found = [event for event in self.heard if isinstance(event, kinds or object)]
        self.heard.clear()
        return found


@pytest.fixture
async def ear() -> Ear:
    made = Ear()
    await made.begin()
    return made


def ids(ticker: str) -> tuple[str, str]:
    return parse.ids(ticker)


def test_the_greeting_says_which_price_leg_it_wants(ear: Ear) -> None:
    book = next(each for each in ear.line.sent if each["params"].get("channels") == [BOOK])
    assert book["params"]["use_yes_price"] is False
    assert book["params"]["market_tickers"] == [A, B]


def test_a_snapshot_is_two_books_and_no_side_is_lost_when_it_is_empty(ear: Ear) -> None:
    ear.both_books()
    yes, no = (each for each in ear.take(BookSnapshot) if A in each.instrument)
    assert isinstance(yes, BookSnapshot)
    assert isinstance(no, BookSnapshot)
    assert yes.bids == ((D("0.42"), 130), (D("0.40"), 50))
    assert yes.asks == ((D("0.44"), D("75.5")), (D("0.45"), 20))
    assert no.bids == ((D("0.56"), D("75.5")), (D("0.55"), 20))
    assert no.asks == ((D("0.58"), 130), (D("0.60"), 50))


def test_a_change_is_signed_and_is_told_as_what_rests_then(ear: Ear) -> None:
    ear.both_books()
    ear.take()
    ear.delta(A, 3, "yes", "0.42", "-30.00")
    ear.delta(A, 4, "no", "0.55", "-20")
    told = [event for event in ear.take(BookDelta) if isinstance(event, BookDelta)]
    assert [(each.instrument, each.bids, each.asks) for each in told] == [
        (ids(A)[0], ((D("0.42"), 100),), ()),
        (ids(A)[1], (), ((D("0.58"), 100),)),
        (ids(A)[1], ((D("0.55"), 0),), ()),
        (ids(A)[0], (), ((D("0.45"), 0),)),
    ]
    assert [(each.sequence, each.previous) for each in told] == [(3, 1), (3, 1), (4, 3), (4, 3)]


def test_a_missing_number_makes_every_book_of_the_subscription_stale_until_its_snapshot(
    ear: Ear,
) -> None:
    ear.both_books()
    ear.take()
    ear.delta(A, 5, "yes", "0.42", "-30.00")
    lost = [event for event in ear.heard if isinstance(event, FeedChanged) and not event.live]
    assert {event.instrument for event in lost} == {*ids(A), *ids(B)}
    assert not [event for event in ear.heard if isinstance(event, BookDelta)]
    asked = ear.line.sent[-1]
    assert asked["params"]["action"] == "get_snapshot"
    assert asked["params"]["market_tickers"] == [A, B]
    ear.take()
    ear.delta(B, 6, "yes", "0.10", "5")
    assert ear.take(BookDelta) == []
    ear.snapshot(A, 7, [["0.41", "5"]], id=asked["id"])
    ear.delta(A, 8, "yes", "0.41", "1")
    ear.delta(B, 9, "yes", "0.10", "5")
    told = ear.take(BookSnapshot, BookDelta)
    assert [(type(each).__name__, each.instrument) for each in told] == [
        ("BookSnapshot", ids(A)[0]),
        ("BookSnapshot", ids(A)[1]),
        ("BookDelta", ids(A)[0]),
        ("BookDelta", ids(A)[1]),
    ]


def test_a_frame_that_comes_twice_changes_nothing(ear: Ear) -> None:
    ear.both_books()
    ear.delta(A, 3, "yes", "0.42", "-30.00")
    ear.take()
    ear.delta(A, 3, "yes", "0.42", "-30.00")
    assert ear.take() == []
    assert ear.line.dropped == []


def test_a_level_below_nothing_makes_its_book_stale_alone(ear: Ear) -> None:
    ear.both_books()
    ear.take()
    ear.delta(A, 3, "yes", "0.42", "-131")
    assert {event.instrument for event in ear.take(FeedChanged)} == set(ids(A))
    assert ear.line.sent[-1]["params"]["market_tickers"] == [A]


def test_a_pong_vouches_for_what_is_whole_only(ear: Ear) -> None:
    ear.snapshot(A, 1)
    ear.take()
    ear.feed.heartbeat(99)
    told = [event for event in ear.take() if isinstance(event, FeedChanged)]
    assert {event.instrument for event in told} == set(ids(A))
    assert all(event.live and event.ts_recv == 99 for event in told)


def test_a_lost_connection_is_told_for_everything_that_was_watched(ear: Ear) -> None:
    ear.both_books()
    ear.take()
    ear.feed.lost("gone")
    told = [event for event in ear.take() if isinstance(event, FeedChanged)]
    assert {event.instrument for event in told} == {*ids(A), *ids(B)}
    assert not any(event.live for event in told)


@pytest.mark.parametrize(
    "text",
    [
        b'{"type":"orderbook_delta","sid":%d,"seq":3,"msg":{"market_ticker":"KXTEST-A"}}',
        b'{"type":"orderbook_delta","sid":%d,"seq":3,"msg":',
        b"garbage %d",
        b'{"type":"orderbook_delta","sid":%d,"seq":3,"msg":{"market_ticker":"KXTEST-A",'
        b'"price_dollars":"0.42","delta_fp":"NaN","side":"yes"}}',
        b'{"type":"order_book_change","sid":%d,"seq":3,"msg":{}}',
        b'{"type":"orderbook_snapshot","sid":%d,"seq":3,"msg":{"market_ticker":"KXTEST-A",'
        b'"yes_levels":[["0.40","1"]]}}',
        b'{"type":"error","sid":%d,"seq":3,"msg":{"code":25,"msg":"buffer overflow"}}',
    ],
)
def test_what_cannot_be_read_ends_the_connection(ear: Ear, text: bytes) -> None:
    ear.both_books()
    ear.feed.text(text % ear.book_sid, 50)
    assert len(ear.line.dropped) == 1


def test_what_is_wanted_later_is_added_and_what_is_not_is_given_up(ear: Ear) -> None:
    ear.both_books()
    ear.feed.watch({B: frozenset({BOOK}), "KXTEST-C": frozenset({BOOK})})
    added = ear.line.sent[-2:]
    assert {each["params"]["action"] for each in added} == {"add_markets", "delete_markets"}
    ear.say(
        "ok", {"market_tickers": [A, B, "KXTEST-C"]}, sid=ear.book_sid, seq=3, id=added[0]["id"]
    )
    ear.snapshot("KXTEST-C", 4, [["0.40", "1"]])
    assert ear.line.sent[-1]["params"] == {
        "sids": [ear.book_sid],
        "action": "delete_markets",
        "market_tickers": [A],
    }
    ear.take()
    ear.delta(A, 5, "yes", "0.42", "1")
    assert ear.take() == []


def test_a_gap_among_prints_asks_what_became_of_the_markets(ear: Ear) -> None:
    sid = next(
        sid for sid, each in enumerate(ear.line.sent, 1) if each["params"]["channels"] == [TRADE]
    )
    before = ear.rechecks
    ear.say("trade", trade(), sid=sid, seq=1)
    ear.say("trade", trade(), sid=sid, seq=3)
    assert len(ear.news) == 2
    assert ear.rechecks == before + 1


def trade() -> dict[str, Any]:
    return {
        "trade_id": "t",
        "market_ticker": A,
        "yes_price_dollars": "0.43",
        "count_fp": "1.00",
        "taker_book_side": "bid",
        "ts_ms": 1,
    }


def test_the_books_that_the_core_folds_stay_mirrors_whatever_happens(ear: Ear, seed: int) -> None:
    dice = Random(seed)
    ear.both_books()
    yes, no = parse.listing(_market(), _terms()).both
    markets = {each.id: Market(each) for each in (yes, no)}
    truth: dict[str, dict[Decimal, Decimal]] = {
        "yes": {D("0.40"): D(50), D("0.42"): D(130)},
        "no": {D("0.55"): D(20), D("0.56"): D("75.5")},
    }
    for seq in range(3, 400):
        side = dice.choice(["yes", "no"])
        px = D(dice.randint(1, 49 if side == "yes" else 50)) / 100
        rests = truth[side].get(px, D(0))
        change = D(dice.randint(-int(rests * 100), 5_000)) / 100
        truth[side][px] = rests + change
        ear.delta(A, seq, side, str(px), str(change))
    for event in ear.heard:
        if isinstance(event, BookSnapshot | BookDelta) and event.instrument in markets:
            markets[event.instrument].apply_book(event)
    for name, own, other in ((yes.id, "yes", "no"), (no.id, "no", "yes")):
        book = markets[name].book
        assert book is not None
        assert book.trust is Trust.TRUSTED
        bids = {px: qty for px, qty in truth[own].items() if qty}
        asks = {ONE - px: qty for px, qty in truth[other].items() if qty}
        assert dict(book.levels(Side.BUY, 999)) == bids
        assert dict(book.levels(Side.SELL, 999)) == asks


def _terms() -> parse.Terms:
    return parse.Terms(wire.EventRow("E", "S"), wire.SeriesRow("S", "quadratic", D(1)))


def _market() -> wire.MarketRow:
    body = (
        b'{"ticker":"KXTEST-A","event_ticker":"E","status":"active",'
        b'"close_time":"2027-01-01T00:00:00Z",'
        b'"price_ranges":[{"start":"0","end":"1","step":"0.01"}]}'
    )
    return msgspec.json.decode(body, type=wire.MarketRow)


# --- order news ---------------------------------------------------------------------------------

OURS = "TWAAAAAAAAAAAAAAAAAA"


def row(stamp_ms: int, status: str, filled: str, rest: str, **more: Any) -> wire.OrderRow:
    given: dict[str, Any] = {
        "order_id": "v-1",
        "ticker": A,
        "status": status,
        "book_side": "bid",
        "yes_price_dollars": D("0.42"),
        "initial_count_fp": D(10),
        "fill_count_fp": D(filled),
        "remaining_count_fp": D(rest),
        "client_order_id": f"{OURS}-YES",
        "last_updated_ts_ms": stamp_ms,
    }
    return wire.OrderRow(**(given | more))


LIFE = (
    row(100, "resting", "0", "10"),
    row(200, "resting", "4", "6", last_update_reason="Trade"),
    row(300, "resting", "4", "2", last_update_reason="Amend", yes_price_dollars=D("0.43")),
    row(400, "canceled", "5", "0", last_update_reason="ExpiryCancel"),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_rows_of_an_order_in_any_order_end_with_the_same(order: tuple[int, ...]) -> None:
    heard: list[Event] = []
    news = OrderNews(AccountId("a"), heard.append)
    for place in order:
        news.take(LIFE[place], place)
    assert isinstance(heard[0], OrderAccepted)
    assert len([each for each in heard if isinstance(each, OrderAccepted)]) == 1
    expired = [each for each in heard if isinstance(each, OrderExpired)]
    assert [each.filled_qty for each in expired] == [D(5)]
    assert heard[-1] == expired[0]
    claims = [each.cumulative_qty for each in heard if isinstance(each, OrderClaimed)]
    assert claims == sorted(set(claims))


def test_each_thing_is_told_once() -> None:
    heard: list[Event] = []
    news = OrderNews(AccountId("a"), heard.append)
    for each in (*LIFE, *LIFE):
        news.take(each, 1)
    kinds = [type(each) for each in heard]
    assert kinds == [OrderAccepted, OrderClaimed, OrderAmended, OrderExpired]
    amended = heard[2]
    assert isinstance(amended, OrderAmended)
    assert (amended.qty, amended.px) == (D(6), D("0.43"))


def test_an_amendment_that_was_answered_is_not_undone_by_an_older_frame() -> None:
    heard: list[Event] = []
    news = OrderNews(AccountId("a"), heard.append)
    news.take(LIFE[0], 1)
    known = news.ours(OrderId(OURS))
    assert known is not None
    news.amended(known, wire.ChangeOrder(A, "bid", D("0.45"), D(8)), 300, 5)
    news.take(row(200, "resting", "0", "10"), 6)
    told = [each for each in heard if isinstance(each, OrderAmended)]
    assert [(each.qty, each.px) for each in told] == [(D(8), D("0.45"))]


@pytest.mark.parametrize(
    ("filled", "rest", "kinds"),
    [
        ("0.00", "10.00", [OrderAccepted]),
        ("4.00", "6.00", [OrderAccepted, OrderClaimed]),
        ("10.00", "0.00", [OrderAccepted, OrderClaimed]),
        ("4.00", "0.00", [OrderAccepted, OrderCancelled]),
        ("0.00", "0.00", [OrderAccepted, OrderCancelled]),
        ("0.00", "7.00", [OrderAccepted, OrderAmended]),
    ],
)
def test_the_answer_to_a_new_order_says_all_that_became_of_it(
    filled: str, rest: str, kinds: list[type]
) -> None:
    heard: list[Event] = []
    news = OrderNews(AccountId("a"), heard.append)
    body = wire.CreateOrder(A, f"{OURS}-NO", "bid", D(10), D("0.42"), "good_till_canceled", "maker")
    known = news.sending(body, 3, 5)
    reply = wire.OrderReply(
        "v-1", f"{OURS}-NO", fill_count=D(filled), remaining_count=D(rest), ts_ms=100
    )
    news.replied(known, reply, 7)
    assert [type(each) for each in heard] == [OrderSent, *kinds]
    assert heard[0] == OrderSent(AccountId("a"), 5, 7, OrderId(OURS), 2)
    news.take(row(90, "resting", "0", "10", client_order_id=f"{OURS}-NO"), 8)
    assert len(heard) == 1 + len(kinds)


def test_a_strangers_order_is_remembered_and_told_to_nobody() -> None:
    heard: list[Event] = []
    news = OrderNews(AccountId("a"), heard.append)
    news.take(row(100, "resting", "0", "10", client_order_id="c-1"), 1)
    assert heard == []
    assert news.client_text("v-1") == "c-1"

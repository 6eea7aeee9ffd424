"""The WebSocket: commands and their errors, numbers, both price legs, and what is told."""

from typing import Any

import pytest

from tests.unit.edge.simulators.hand import Hand
from tests.unit.edge.simulators.kalshi.desk import (
    ORDERS,
    OTHER,
    START_NS,
    TICKER,
    Client,
    Socket,
    exchange,
    levels,
    signed,
)
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.edge.simulators.wire_faults import Kind
from tradewind.model.money import NANOS


def two(**settings: Any) -> tuple[KalshiExchange, Client, Client, Socket]:
    venue = exchange(**settings)
    ann = Client(venue, "ann")
    return venue, ann, Client(venue, "bob"), ann.socket()


def test_a_bad_signature_is_refused_on_the_upgrade() -> None:
    venue = exchange()
    asked = signed("bob", "GET", "/trade-api/v2/portfolio/balance", START_NS)
    refused = venue.opened(Socket(), asked, START_NS)
    assert refused is not None
    assert refused.status == 404
    wrong = signed("nobody", "GET", "/trade-api/ws/v2", START_NS)
    refused = venue.opened(Socket(), wrong, START_NS)
    assert refused is not None
    assert refused.status == 401


def test_one_account_has_no_more_than_so_many_sockets() -> None:
    venue = exchange(connections_per_account=1)
    ann = Client(venue)
    first = ann.socket()
    request = signed("ann", "GET", "/trade-api/ws/v2", START_NS)
    refused = venue.opened(Socket(), request, START_NS)
    assert refused is not None
    assert refused.status == 429
    venue.closed(first)
    ann.socket()


def test_the_venue_pings_every_ten_seconds() -> None:
    venue, _, _, socket = two()
    assert venue.next_due_ns <= START_NS + 10 * NANOS
    venue.advance(START_NS + 25 * NANOS)
    assert socket.pings == [b"heartbeat", b"heartbeat"]
    venue.closed(socket)
    venue.advance(START_NS + 45 * NANOS)
    assert len(socket.pings) == 2


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"cmd": "dance", "params": {"a": 1}}, 5),
        ({"cmd": "subscribe"}, 2),
        ({"cmd": "subscribe", "params": {"market_ticker": TICKER}}, 3),
        ({"cmd": "subscribe", "params": {"channels": ["nothing"]}}, 8),
        ({"cmd": "subscribe", "params": {"channels": ["orderbook_delta"]}}, 14),
        ({"cmd": "subscribe", "params": {"channels": ["trade"], "market_ticker": "KXNONE"}}, 11),
        ({"cmd": "unsubscribe", "params": {"sids": []}}, 4),
        ({"cmd": "unsubscribe", "params": {"sids": [9]}}, 7),
        ({"cmd": "update_subscription", "params": {"sids": [1, 2]}}, 12),
        ({"cmd": "update_subscription", "params": {"action": "add_markets"}}, 12),
        ({"cmd": "update_subscription", "params": {"sid": 9}}, 7),
        ({"cmd": "update_subscription", "params": {"sid": 1}}, 15),
        ({"cmd": "update_subscription", "params": {"sid": 1, "action": "x"}}, 13),
        ({"cmd": "update_subscription", "params": {"sid": 1, "action": "add_markets"}}, 14),
    ],
)
def test_a_wrong_command_is_answered_by_its_code(command: dict[str, Any], code: int) -> None:
    _, ann, _, socket = two()
    ann.subscribe(socket, "trade", market_tickers=[TICKER])
    socket.take()
    ann.say(socket, id=5, **command)
    (frame,) = socket.take()
    assert (frame["type"], frame["id"], frame["msg"]["code"]) == ("error", 5, code)


def test_what_is_no_json_is_answered_without_an_id() -> None:
    venue, _, _, socket = two()
    venue.frame(socket, b"{", START_NS)
    assert socket.take() == [
        {"type": "error", "msg": {"code": 1, "msg": "Unable to process message"}}
    ]


def test_too_many_commands_in_a_second_are_refused() -> None:
    _, ann, _, socket = two(commands_per_second=2)
    for _ in range(3):
        ann.say(socket, id=1, cmd="list_subscriptions")
    assert [frame["type"] for frame in socket.take()] == ["ok", "ok", "error"]


def test_each_channel_has_a_subscription_and_is_acknowledged_alone() -> None:
    _, ann, _, socket = two()
    ann.subscribe(socket, "orderbook_delta", "nothing", "trade", market_ticker=TICKER)
    frames = socket.take()
    assert [frame["type"] for frame in frames] == [
        "subscribed",
        "orderbook_snapshot",
        "error",
        "subscribed",
    ]
    ann.say(socket, id=4, cmd="list_subscriptions")
    assert socket.take() == [
        {
            "id": 4,
            "type": "ok",
            "msg": [{"channel": "orderbook_delta", "sid": 1}, {"channel": "trade", "sid": 2}],
        }
    ]


def test_a_snapshot_leaves_out_a_side_without_levels() -> None:
    _, ann, _, socket = two()
    ann.made("bid", "1.00", "0.4000")
    ann.made("bid", "2.00", "0.3900")
    ann.subscribe(socket, "orderbook_delta", market_ticker=TICKER)
    (snapshot,) = socket.of("orderbook_snapshot")
    assert snapshot["yes_dollars_fp"] == [["0.3900", "2.00"], ["0.4000", "1.00"]]
    assert "no_dollars_fp" not in snapshot


@pytest.mark.parametrize(
    ("yes_price", "rows", "delta"),
    [
        (False, [["0.5500", "2.00"], ["0.5600", "1.00"]], "0.5700"),
        (True, [["0.4400", "1.00"], ["0.4500", "2.00"]], "0.4300"),
    ],
)
def test_the_no_side_is_told_at_either_price(
    yes_price: bool, rows: list[list[str]], delta: str
) -> None:
    _, ann, bob, socket = two()
    bob.made("ask", "1.00", "0.4400")
    bob.made("ask", "2.00", "0.4500")
    ann.subscribe(socket, "orderbook_delta", market_ticker=TICKER, use_yes_price=yes_price)
    assert socket.of("orderbook_snapshot")[0]["no_dollars_fp"] == rows
    bob.made("ask", "3.00", "0.4300")
    (told,) = socket.of("orderbook_delta")
    assert (told["price_dollars"], told["side"], told["delta_fp"]) == (delta, "no", "3.00")


def test_only_ones_own_deltas_carry_a_client_id() -> None:
    _, ann, bob, socket = two()
    ann.subscribe(socket, "orderbook_delta", market_ticker=TICKER)
    ann.made("bid", "1.00", "0.4000", client_order_id="mine")
    bob.made("bid", "1.00", "0.4000", client_order_id="his")
    assert [told.get("client_order_id") for told in socket.of("orderbook_delta")] == ["mine", None]


def test_numbers_count_every_message_of_a_subscription_over_all_markets() -> None:
    _, ann, bob, socket = two()
    ann.subscribe(socket, "orderbook_delta", market_tickers=[TICKER])
    ann.made("bid", "1.00", "0.4000")
    ann.say(
        socket,
        id=3,
        cmd="update_subscription",
        params={"sid": 1, "action": "add_markets", "market_tickers": [OTHER]},
    )
    bob.made("bid", "1.00", "0.4000", ticker=OTHER)
    ann.say(
        socket,
        id=4,
        cmd="update_subscription",
        params={"sids": [1], "action": "get_snapshot", "market_ticker": TICKER},
    )
    ann.say(
        socket,
        id=5,
        cmd="update_subscription",
        params={"sid": 1, "action": "delete_markets", "market_tickers": [OTHER]},
    )
    bob.made("bid", "1.00", "0.4000", ticker=OTHER)
    ann.say(socket, id=6, cmd="unsubscribe", params={"sids": [1]})
    ann.made("bid", "1.00", "0.4100")
    frames = [frame for frame in socket.take() if frame["type"] != "subscribed"]
    assert [(frame["type"], frame["seq"], frame.get("id")) for frame in frames] == [
        ("orderbook_snapshot", 1, None),
        ("orderbook_delta", 2, None),
        ("ok", 3, 3),
        ("orderbook_snapshot", 4, None),
        ("orderbook_delta", 5, None),
        ("orderbook_snapshot", 6, 4),
        ("ok", 7, 5),
        ("unsubscribed", 8, 6),
    ]
    assert frames[2]["msg"] == {"market_tickers": [TICKER, OTHER]}
    assert frames[6]["msg"] == {"market_tickers": [TICKER]}


def test_deltas_lead_to_the_book_that_rest_shows() -> None:
    _, ann, bob, socket = two()
    ann.subscribe(socket, "orderbook_delta", market_ticker=TICKER)
    ann.made("bid", "5.00", "0.4000")
    made = ann.made("bid", "2.00", "0.4100")
    bob.made("ask", "6.00", "0.4000")
    bob.made("ask", "3.00", "0.4400")
    ann.ask("DELETE", f"{ORDERS}/{made['order_id']}")
    frames = socket.take()
    rest = ann.get(f"/markets/{TICKER}/orderbook")["orderbook_fp"]
    for side in ("yes", "no"):
        rows = {px: float(qty) for px, qty in rest[f"{side}_dollars"]}
        assert levels(frames, side) == rows


def test_a_fill_is_told_to_both_sides_and_a_trade_to_everybody() -> None:
    _, ann, bob, socket = two()
    other = bob.socket()
    for client, its in ((ann, socket), (bob, other)):
        client.subscribe(its, "fill", "user_orders", "market_positions", "trade")
    ann.made("bid", "5.00", "0.4000", client_order_id="a")
    bob.made("ask", "2.00", "0.4000", client_order_id="b")
    (fill,), (his,) = socket.of("fill"), other.of("fill")
    assert fill["trade_id"] == his["trade_id"]
    assert (fill["is_taker"], fill["book_side"], fill["post_position_fp"]) == (False, "bid", "2.00")
    assert (his["is_taker"], his["book_side"], his["post_position_fp"]) == (True, "ask", "-2.00")
    assert (fill["client_order_id"], his["client_order_id"]) == ("a", "b")
    (trade,) = socket.of("trade")
    assert (trade["taker_book_side"], trade["count_fp"]) == ("ask", "2.00")
    assert [one["status"] for one in socket.of("user_order")] == ["resting", "resting"]
    assert [one["status"] for one in other.of("user_order")] == ["executed"]
    assert socket.of("market_position")[0]["position_fp"] == "2.00"
    unnumbered = {"fill", "user_order", "market_position"}
    assert all("seq" not in one for one in socket.frames if one["type"] in unnumbered)


def test_a_ticker_may_begin_with_what_is() -> None:
    _, ann, bob, socket = two()
    bob.made("ask", "2.00", "0.4400")
    ann.subscribe(socket, "ticker", market_ticker=TICKER, send_initial_snapshot=True)
    (told,) = socket.of("ticker")
    assert (told["yes_bid_dollars"], told["yes_ask_dollars"]) == ("0.0000", "0.4400")


def test_a_planted_gap_spends_a_number() -> None:
    venue, ann, _, socket = two()
    ann.subscribe(socket, "orderbook_delta", market_ticker=TICKER)
    Hand(venue).begin(Kind.SKIP, symbol=TICKER, times=1)
    for px in ("0.4000", "0.4100"):
        ann.made("bid", "1.00", px)
    assert [frame["seq"] for frame in socket.frames if "seq" in frame] == [1, 3]


def test_a_planted_failure_ends_the_subscription() -> None:
    venue, ann, _, socket = two()
    ann.subscribe(socket, "orderbook_delta", "trade", market_ticker=TICKER)
    Hand(venue).begin(Kind.RESTART)
    error = socket.of("error")
    assert [one["code"] for one in error] == [25]
    ann.made("bid", "1.00", "0.4000")
    assert socket.of("orderbook_delta") == []
    ann.subscribe(socket, "orderbook_delta", market_ticker=TICKER)
    assert socket.of("orderbook_snapshot")[-1]["yes_dollars_fp"] == [["0.4000", "1.00"]]

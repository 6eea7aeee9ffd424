"""The exchange as a whole: scopes, tokens, late reads, races, lists, and the shipped markets."""

from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest

from tests.unit.edge.simulators.hand import Hand
from tests.unit.edge.simulators.kalshi.desk import (
    HOUR_NS,
    ORDERS,
    PREFIX,
    START_NS,
    TICKER,
    Client,
    account,
    code_of,
    exchange,
    levels,
    market,
    programme,
    signed,
)
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.edge.simulators.kalshi.settings import KalshiSettings
from tradewind.edge.simulators.kalshi.shipped import OPEN
from tradewind.edge.simulators.topics import open_question
from tradewind.edge.simulators.wire import WireRequest
from tradewind.edge.simulators.wire_faults import Kind
from tradewind.model.errors import ConfigError
from tradewind.model.money import MILLIS, NANOS, ZERO

CREATE_BODY = {
    "ticker": TICKER,
    "side": "bid",
    "count": "1.00",
    "price": "0.1000",
    "time_in_force": "good_till_canceled",
    "self_trade_prevention_type": "taker_at_cross",
}


@pytest.mark.parametrize(
    ("scopes", "reads", "balance", "writes"),
    [
        (("read", "write"), 200, 200, 201),
        (("read",), 200, 200, 403),
        (("read", "write::trade"), 200, 200, 201),
        (("read", "write::transfer"), 200, 200, 403),
        (("read::portfolio_balance",), 403, 200, 403),
    ],
)
def test_a_key_may_do_what_its_scopes_say(
    scopes: tuple[str, ...], reads: int, balance: int, writes: int
) -> None:
    ann = Client(exchange(accounts=(account("ann", scopes=scopes),)))
    assert ann.ask("GET", "/portfolio/orders").status == reads
    assert ann.ask("GET", "/portfolio/balance").status == balance
    assert ann.create("bid", "1.00", "0.4000").status == writes


def test_an_account_shows_its_keys_and_what_they_may_do() -> None:
    scopes = ("read", "write::trade", "write::transfer")
    ann = Client(exchange(accounts=(account("ann", scopes=scopes),)))
    assert ann.get("/api_keys") == {
        "api_keys": [{"api_key_id": "key-ann", "name": "key", "scopes": list(scopes)}]
    }


def test_markets_are_public() -> None:
    venue = exchange()
    for path in ("/exchange/status", "/markets", f"/markets/{TICKER}/orderbook", "/events"):
        answer = venue.request(WireRequest("GET", PREFIX + path, {}), START_NS)
        assert answer.status == 200, path
    private = venue.request(WireRequest("GET", PREFIX + "/portfolio/orders", {}), START_NS)
    assert private.status == 401


def test_tokens_run_out_and_come_back() -> None:
    venue = exchange(accounts=(account("ann", tier="basic"),))
    ann = Client(venue)
    statuses = [ann.create("bid", "1.00", "0.1000").status for _ in range(11)]
    assert statuses == [201] * 10 + [429]
    refused = ann.create("bid", "1.00", "0.1000")
    assert msgspec.json.decode(refused.body) == {"error": "too many requests"}
    assert set(refused.headers) == {"content-type", "date"}
    # Reading has a bucket of its own.
    assert ann.ask("GET", "/portfolio/orders").status == 200
    venue.advance(START_NS + 100 * MILLIS)
    assert [ann.create("bid", "1.00", "0.1000").status for _ in range(2)] == [201, 429]


def test_a_batch_pays_for_each_of_its_orders_and_a_cancel_costs_less() -> None:
    venue = exchange(accounts=(account("ann", tier="basic"),))
    ann = Client(venue)
    too_many = ann.ask("POST", f"{ORDERS}/batched", {"orders": [CREATE_BODY] * 11})
    assert code_of(too_many) == (429, "too many requests")
    full = ann.ask("POST", f"{ORDERS}/batched", {"orders": [CREATE_BODY] * 9})
    made = msgspec.json.decode(full.body)["orders"]
    assert full.status == 201
    gone = [ann.ask("DELETE", f"{ORDERS}/{each['order_id']}").status for each in made[:6]]
    assert gone == [200] * 5 + [429]
    assert ann.get("/account/limits")["write"] == {"refill_rate": 100, "bucket_capacity": 100}
    costs = ann.get("/account/endpoint_costs")["endpoint_costs"]
    assert {"method": "DELETE", "path": f"{PREFIX}{ORDERS}/:order_id", "cost": 2} in costs


def test_each_item_of_a_batch_has_its_own_fate() -> None:
    ann = Client(exchange())
    orders = [CREATE_BODY | {"client_order_id": "a"}, CREATE_BODY | {"price": "0.1010"}]
    answer = ann.ask("POST", f"{ORDERS}/batched", {"orders": [*orders, orders[0]]})
    first, second, third = msgspec.json.decode(answer.body)["orders"]
    assert first["remaining_count"] == "1.00"
    assert second["error"]["code"] == "invalid_price"
    assert third == {
        "client_order_id": "a",
        "error": {"code": "order_already_exists", "message": "order already exists"},
    }
    body = {"orders": [{"order_id": first["order_id"]}, {"order_id": "none"}]}
    told = msgspec.json.decode(ann.ask("DELETE", f"{ORDERS}/batched", body).body)["orders"]
    assert told[0]["reduced_by"] == "1.00"
    assert told[1]["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/portfolio/orders"),
        ("POST", "/portfolio/orders/batched"),
        ("DELETE", "/portfolio/orders/x"),
        ("POST", "/portfolio/orders/x/amend"),
    ],
)
def test_the_legacy_endpoints_are_gone(method: str, path: str) -> None:
    answer = Client(exchange()).ask(method, path, {})
    assert code_of(answer) == (410, "deprecated_v1_order_endpoint")


def test_a_read_may_be_late_and_says_how_late_at_most() -> None:
    venue = exchange(read_lag_ns=400 * MILLIS)
    ann, bob = Client(venue), Client(venue, "bob")
    bob.made("ask", "1.00", "0.4000")
    made = ann.made("bid", "3.00", "0.4000")
    path = f"/portfolio/orders/{made['order_id']}"
    assert ann.ask("GET", path).status == 404
    assert ann.get("/portfolio/fills")["fills"] == []
    venue.advance(START_NS + 400 * MILLIS)
    assert ann.order(made["order_id"])["remaining_count_fp"] == "2.00"
    assert len(ann.get("/portfolio/fills")["fills"]) == 1
    ann.ask("DELETE", f"{ORDERS}/{made['order_id']}")
    venue.advance(START_NS + 760 * MILLIS)
    assert ann.order(made["order_id"])["status"] == "resting"
    assert ann.ask("DELETE", f"{ORDERS}/{made['order_id']}").status == 404
    assert ann.get("/exchange/user_data_timestamp") == {"as_of_time": "2026-11-20T12:00:00.36Z"}
    venue.advance(START_NS + 800 * MILLIS)
    assert ann.order(made["order_id"])["status"] == "canceled"


def test_readings_may_be_late_for_a_while_and_never_older_than_was_promised() -> None:
    venue = exchange()
    ann = Client(venue)
    fate = Hand(venue)
    ann.made("bid", "3.00", "0.4000")
    assert ann.get("/exchange/user_data_timestamp") == {"as_of_time": "2026-11-20T12:00:00Z"}
    fate.begin(Kind.LAG, START_NS, length_ns=400 * MILLIS)
    assert len(ann.get("/portfolio/orders")["orders"]) == 1
    venue.advance(START_NS + 100 * MILLIS)
    ann.made("bid", "3.00", "0.3900")
    assert len(ann.get("/portfolio/orders")["orders"]) == 1
    fate.end(Kind.LAG, START_NS)
    assert len(ann.get("/portfolio/orders")["orders"]) == 2
    assert ann.get("/exchange/user_data_timestamp") == {"as_of_time": "2026-11-20T12:00:00.1Z"}


def test_some_reads_are_late_by_the_seed() -> None:
    venue = exchange(read_lag_ns=400 * MILLIS, read_lag_chance=0.5)
    ann = Client(venue)
    ann.made("bid", "3.00", "0.4000")
    seen = [len(ann.get("/portfolio/orders")["orders"]) for _ in range(40)]
    assert set(seen) == {0, 1}


def test_a_fill_may_cross_with_a_cancel_and_take_all_or_a_part() -> None:
    ends = set()
    for seed in range(8):
        venue = exchange(seed=seed)
        ann, bob = Client(venue), Client(venue, "bob")
        other = ann.made("bid", "1.00", "0.4100")
        made = ann.made("bid", "3.00", "0.4000")
        Hand(venue).begin(Kind.RACE, account="key-ann", symbol=TICKER, times=1)
        spared = bob.made("bid", "1.00", "0.3900")
        assert bob.ask("DELETE", f"{ORDERS}/{spared['order_id']}").status == 200
        answer = ann.ask("DELETE", f"{ORDERS}/{made['order_id']}")
        row = ann.order(made["order_id"])
        ends.add((answer.status, row["status"], row["fill_count_fp"]))
        if answer.status == 200:
            assert msgspec.json.decode(answer.body)["reduced_by"] == "1.50"
        else:
            assert code_of(answer) == (404, "not_found")
        assert ann.order(other["order_id"])["status"] == "executed"
        assert Decimal(ann.held()) == 1 + Decimal(row["fill_count_fp"])
        last = ann.made("bid", "3.00", "0.4000")
        assert ann.ask("DELETE", f"{ORDERS}/{last['order_id']}").status == 200
    assert ends == {(404, "executed", "3.00"), (200, "canceled", "1.50")}


def test_a_new_order_may_get_only_a_part_of_what_it_could() -> None:
    venue = exchange()
    ann, bob = Client(venue), Client(venue, "bob")
    bob.made("ask", "20.00", "0.4000")
    Hand(venue).begin(Kind.PARTIAL, account="key-ann")
    taken = ann.made("bid", "6.00", "0.4000", time_in_force="immediate_or_cancel")
    row = ann.order(taken["order_id"])
    assert (row["status"], row["fill_count_fp"]) == ("canceled", "3.00")
    assert ann.get("/markets/" + TICKER)["market"]["yes_ask_size_fp"] == "0.00"
    rests = ann.made("bid", "5.00", "0.3000")
    row = ann.order(rests["order_id"])
    assert (row["status"], row["fill_count_fp"]) == ("resting", "2.50")
    assert ann.held() == "5.50"


@pytest.mark.parametrize(("fault", "happened"), [(Kind.FAILING, 0), (Kind.BLIND, 1)])
def test_a_server_error_may_hide_that_the_order_was_taken(fault: Kind, happened: int) -> None:
    venue = exchange()
    ann = Client(venue)
    Hand(venue).begin(fault, times=1)
    assert code_of(ann.create("bid", "1.00", "0.4000")) == (500, "internal_server_error")
    assert len(ann.get("/portfolio/orders")["orders"]) == happened
    assert ann.create("bid", "1.00", "0.4000").status == 201


def test_too_many_requests_may_be_said_to_one_account() -> None:
    venue = exchange()
    ann, bob = Client(venue), Client(venue, "bob")
    Hand(venue).begin(Kind.TOO_MANY, account="key-ann", times=1)
    assert bob.ask("GET", "/portfolio/balance").status == 200
    assert ann.ask("GET", "/portfolio/balance").status == 429
    assert ann.ask("GET", "/portfolio/balance").status == 200


def test_a_market_may_close_before_its_time() -> None:
    venue = exchange()
    ann = Client(venue)
    fate = Hand(venue)
    fate.begin(Kind.CLOSE, START_NS, symbol=TICKER)
    fate.begin(Kind.CLOSE, START_NS, symbol="NOWHERE")
    venue.advance(START_NS)
    assert code_of(ann.create("bid", "1.00", "0.4000")) == (409, "market_closed")


def test_a_group_that_fills_too_much_is_cancelled_and_blocked_until_it_is_reset() -> None:
    venue = exchange()
    ann, bob = Client(venue), Client(venue, "bob")
    socket = ann.socket()
    ann.subscribe(socket, "order_group_updates")
    made = ann.ask("POST", "/portfolio/order_groups/create", {"contracts_limit": 5})
    group = msgspec.json.decode(made.body)["order_group_id"]
    path = f"/portfolio/order_groups/{group}"
    orders = [ann.made("bid", "4.00", px, order_group_id=group) for px in ("0.4000", "0.3900")]
    bob.made("ask", "4.00", "0.4000")
    venue.advance(START_NS + 16 * NANOS)
    bob.made("ask", "2.00", "0.3900")
    assert ann.get(path)["orders"] == [orders[1]["order_id"]]
    third = ann.made("bid", "6.00", "0.4000", order_group_id=group)
    bob.made("ask", "5.00", "0.4000")
    assert [ann.order(each["order_id"])["status"] for each in (orders[1], third)] == [
        "canceled",
        "canceled",
    ]
    assert code_of(ann.create("bid", "1.00", "0.1000", order_group_id=group)) == (
        400,
        "invalid_order",
    )
    assert ann.ask("PUT", f"{path}/reset", {}).status == 200
    assert ann.create("bid", "1.00", "0.1000", order_group_id=group).status == 201
    assert ann.ask("PUT", f"{path}/limit", {"contracts_limit": 9}).status == 200
    assert ann.ask("DELETE", path).status == 200
    assert ann.ask("GET", path).status == 404
    told = [one["event_type"] for one in socket.of("order_group_updates")]
    assert told == ["created", "triggered", "reset", "limit_updated", "deleted"]
    assert ann.get("/portfolio/orders?status=resting")["orders"] == []


@pytest.mark.parametrize("body", [{"contracts_limit": 0}, {"contracts_limit_fp": "1.50"}, {}])
def test_a_group_counts_whole_contracts(body: dict[str, Any]) -> None:
    answer = Client(exchange()).ask("POST", "/portfolio/order_groups/create", body)
    assert code_of(answer) == (400, "invalid_parameters")


def test_a_list_ends_with_an_empty_cursor_and_misses_nothing() -> None:
    venue = exchange()
    ann = Client(venue)
    made = [ann.made("bid", "1.00", "0.1000")["order_id"] for _ in range(5)]
    first = ann.get("/portfolio/orders?status=resting&limit=2")
    # What has gone meanwhile does not move the next page.
    ann.ask("DELETE", f"{ORDERS}/{first['orders'][0]['order_id']}")
    cursor = first["cursor"]
    second = ann.get(f"/portfolio/orders?status=resting&limit=2&cursor={cursor}")
    third = ann.get(f"/portfolio/orders?status=resting&limit=2&cursor={second['cursor']}")
    rows = [*first["orders"], *second["orders"], *third["orders"]]
    assert [row["order_id"] for row in rows] == made[::-1]
    assert third["cursor"] == ""
    assert len(ann.get("/portfolio/orders?cursor=garbage")["orders"]) == 5


def test_a_limit_beyond_its_bound_is_refused_in_the_validators_words() -> None:
    answer = Client(exchange()).ask("GET", "/markets?limit=1001")
    assert answer.status == 400
    assert msgspec.json.decode(answer.body) == {
        "msg": "Parameter validation failed for GetMarkets: Key: 'GetMarketsParams.Limit' "
        "Error:Field validation for 'Limit' failed on the 'lte' tag"
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("?status=open", 1),
        ("?status=unopened", 1),
        ("?status=settled", 0),
        (f"?tickers={TICKER},KXNONE", 1),
        ("?series_ticker=KXTEST", 2),
        ("?event_ticker=KXOTHER", 0),
        ("?mve_filter=only", 0),
        (f"?min_close_ts={(START_NS + HOUR_NS) // NANOS + 1}", 0),
    ],
)
def test_markets_are_filtered(query: str, count: int) -> None:
    later = market("KXTEST-26NOV21-L", open_ns=START_NS + NANOS)
    ann = Client(exchange(market(), later))
    assert len(ann.get(f"/markets{query}")["markets"]) == count


@pytest.mark.parametrize("query", ["status=active", "min_close_ts=1&min_created_ts=1"])
def test_filters_that_do_not_fit_are_refused(query: str) -> None:
    assert Client(exchange()).ask("GET", f"/markets?{query}").status == 400


def test_candles_hold_what_traded() -> None:
    venue = exchange()
    ann, bob = Client(venue), Client(venue, "bob")
    ann.made("bid", "9.00", "0.4000")
    bob.made("ask", "2.00", "0.4000")
    venue.advance(START_NS + 61 * NANOS)
    bob.made("ask", "1.00", "0.3900")
    start_s = START_NS // NANOS
    path = (
        f"/series/KXTEST/markets/{TICKER}/candlesticks?start_ts={start_s}&end_ts={start_s + 3600}"
    )
    minutes = ann.get(f"{path}&period_interval=1")["candlesticks"]
    (hour,) = ann.get(f"{path}&period_interval=60")["candlesticks"]
    assert [row["volume_fp"] for row in minutes] == ["2.00", "1.00"]
    assert minutes[1]["price"]["previous_dollars"] == "0.4000"
    assert (hour["volume_fp"], hour["end_period_ts"]) == ("3.00", start_s + 3600)
    assert hour["yes_bid"]["high_dollars"] == "0.4000"
    assert ann.ask("GET", f"{path}&period_interval=5").status == 400


def test_an_order_keeps_its_limit_and_its_true_cost() -> None:
    venue = exchange()
    ann, bob = Client(venue), Client(venue, "bob")
    ann.made("ask", "2.00", "0.5200")
    made = bob.made("bid", "2.00", "0.9900", time_in_force="immediate_or_cancel")
    order = bob.order(made["order_id"])
    assert (order["yes_price_dollars"], order["no_price_dollars"]) == ("0.9900", "0.0100")
    assert order["taker_fill_cost_dollars"] == "1.040000"


def test_an_unknown_path_is_not_found_and_an_unknown_key_has_no_truth() -> None:
    venue = exchange()
    assert Client(venue).ask("GET", "/nothing").status == 404
    with pytest.raises(ConfigError, match="name one of the keys"):
        venue.truth("who")


def shipped_venue(seed: int) -> KalshiExchange:
    settings = KalshiSettings(accounts=(account("ann"),), start_ns=START_NS, seed=seed)
    return KalshiExchange(settings)


def test_the_shipped_markets_trade_and_follow_each_other() -> None:
    venue = shipped_venue(1)
    ann = Client(venue)
    venue.advance(START_NS + 60 * NANOS)
    markets = ann.get("/markets?status=open")["markets"]
    structures = {one["price_level_structure"] for one in markets}
    assert structures == {"linear_cent", "deci_cent", "tapered_deci_cent"}
    for one in markets:
        assert 0 < float(one["yes_bid_dollars"]) < float(one["yes_ask_dollars"]) < 1
    favourites = [one for one in markets if float(one["yes_bid_dollars"]) > 0.8]
    assert len(favourites) >= 3
    assert len(ann.get("/markets/trades?limit=1000")["trades"]) > 20
    taken = ann.made(
        "bid", "5.00", "0.9900", ticker=markets[0]["ticker"], time_in_force="fill_or_kill"
    )
    assert taken["fill_count"] == "5.00"


def test_the_same_seed_trades_the_same() -> None:
    books = []
    for seed in (3, 3, 4):
        venue = shipped_venue(seed)
        venue.advance(START_NS + 20 * NANOS)
        books.append({key: one.book for key, one in venue.floor.markets.items()})
    assert books[0] == books[1]
    assert books[0] != books[2]


def test_an_hour_is_followed_by_the_next() -> None:
    settings = KalshiSettings(accounts=(account("ann"),), start_ns=START_NS, crowd=False)
    venue = KalshiExchange(settings)
    ann = Client(venue)

    def hourly(status: str) -> list[str]:
        rows = ann.get(f"/markets?series_ticker=KXBTCD&status={status}")["markets"]
        return [row["ticker"] for row in rows]

    before = hourly("open")
    assert len(before) == 3
    venue.advance(START_NS + HOUR_NS - 9 * 60 * NANOS)
    coming = hourly("unopened")
    assert len(coming) == 3
    venue.advance(START_NS + HOUR_NS)
    assert hourly("open") == coming
    assert hourly("closed") == before
    venue.advance(START_NS + HOUR_NS + 40 * NANOS)
    assert hourly("settled") == before
    results = ann.get("/markets?series_ticker=KXBTCD&status=settled")["markets"]
    assert {row["result"] for row in results} <= {"yes", "no"}


def test_frames_of_a_closed_socket_are_not_answered() -> None:
    venue = exchange()
    ann = Client(venue)
    socket = ann.socket()
    venue.closed(socket)
    ann.subscribe(socket, "trade")
    assert socket.frames == []
    other = ann.socket()
    Hand(venue).begin(Kind.CUT)
    assert (socket.closed_with, other.closed_with) == (0, 1008)


def test_a_signature_may_be_used_again() -> None:
    venue = exchange()
    asked = signed("ann", "GET", f"{PREFIX}/portfolio/balance", START_NS)
    assert [venue.request(asked, START_NS).status for _ in range(2)] == [200, 200]


def test_among_the_public_every_account_of_things_agrees(seed: int) -> None:
    dice = Random(seed)
    wanders = open_question(seed, "Q", 0.5, 0.5).ask(0, START_NS, START_NS + 24 * HOUR_NS).chance
    crowded = market(chance=wanders, style=OPEN)
    settings = KalshiSettings(accounts=(account("ann"),), start_ns=START_NS, seed=seed)
    venue = KalshiExchange(settings, programme(crowded))
    ann = Client(venue)
    socket = ann.socket()
    ann.subscribe(socket, "orderbook_delta", "fill", market_ticker=TICKER)
    for _ in range(250):
        venue.advance(venue.floor.now_ns + dice.randrange(900) * MILLIS)
        side, px = dice.choice(("bid", "ask")), f"0.{dice.randrange(40, 60)}00"
        tif = dice.choice(("good_till_canceled", "immediate_or_cancel"))
        ann.create(side, f"{dice.randrange(1, 4000) / 100:.2f}", px, time_in_force=tif)
        live = ann.get("/portfolio/orders?status=resting")["orders"]
        if live and dice.random() < 0.5:
            ann.ask("DELETE", f"{ORDERS}/{dice.choice(live)['order_id']}")
    member, truth = venue.floor.accounts["ann"], venue.truth("key-ann")
    assert len(truth.fills) > 20
    held, cash = ZERO, Decimal(1000)
    for fill in member.fills:
        # A dollar of every pair is what makes buying NO at 1 - p the same as selling YES at p.
        cash += (
            -fill.qty * fill.yes_px - fill.fee if fill.bid else fill.qty * fill.yes_px - fill.fee
        )
        held += fill.qty if fill.bid else -fill.qty
    assert truth.positions.get(TICKER, ZERO) == held
    assert truth.cash["USD"] == cash - max(-held, ZERO)
    assert member.free >= ZERO
    told = socket.of("fill")
    assert [one["trade_id"] for one in told] == [fill.trade_id for fill in member.fills]
    assert [f["seq"] for f in socket.frames if f["type"].startswith("orderbook")] == list(
        range(1, 1 + sum(f["type"].startswith("orderbook") for f in socket.frames))
    )
    book = ann.get(f"/markets/{TICKER}/orderbook")["orderbook_fp"]
    for leg in ("yes", "no"):
        rows = {px: float(qty) for px, qty in book[f"{leg}_dollars"]}
        assert levels(socket.frames, leg) == rows

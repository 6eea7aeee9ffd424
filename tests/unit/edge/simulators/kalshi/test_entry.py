"""Orders as they are asked for: what is taken, what is refused, and with which words."""

from typing import Any

import msgspec
import pytest

from tests.unit.edge.simulators.kalshi.desk import (
    ORDERS,
    TICKER,
    Client,
    account,
    code_of,
    exchange,
    market,
)
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.model.money import NANOS

IOC, FOK = "immediate_or_cancel", "fill_or_kill"


def two(**settings: Any) -> tuple[KalshiExchange, Client, Client]:
    venue = exchange(**settings)
    return venue, Client(venue, "ann"), Client(venue, "bob")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"ticker": "KXNONE"}, (404, "market_not_found")),
        ({"exchange_index": 3}, (404, "market_not_found")),
        ({"price": "0.4250"}, (400, "invalid_price")),
        ({"price": "1.0000"}, (400, "invalid_price")),
        ({"price": "0.0000"}, (400, "invalid_price")),
        ({"price": "0.42000"}, (400, "invalid_price")),
        ({"count": "0.00"}, (400, "invalid_parameters")),
        ({"count": "1.001"}, (400, "invalid_parameters")),
        ({"count": 10}, (400, "bad_request")),
        ({"price": 0.42}, (400, "bad_request")),
        ({"expiration_time": "soon"}, (400, "bad_request")),
        ({"side": "yes"}, (400, "invalid_parameters")),
        ({"time_in_force": "gtt"}, (400, "invalid_parameters")),
        ({"time_in_force": IOC, "post_only": True}, (400, "invalid_parameters")),
        ({"time_in_force": IOC, "expiration_time": 2_000_000_000}, (400, "invalid_parameters")),
        ({"expiration_time": 1}, (400, "invalid_parameters")),
        ({"client_order_id": "a.b"}, (400, "invalid_parameters")),
        ({"self_trade_prevention_type": ""}, (400, "invalid_parameters")),
        ({"reduce_only": True}, (400, "invalid_order")),
        ({"order_group_id": "none"}, (404, "not_found")),
        ({"subaccount": 3}, (403, "subaccount_not_permitted")),
        ({"count": "5000.00"}, (400, "insufficient_balance")),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_by_name(
    change: dict[str, Any], refusal: tuple[int, str]
) -> None:
    _, ann, _ = two()
    answer = ann.create("bid", "10.00", "0.4200", **change)
    assert code_of(answer) == refusal
    assert ann.get("/portfolio/orders")["orders"] == []


def test_a_number_for_a_count_is_refused_in_the_decoders_words() -> None:
    _, ann, _ = two()
    body = msgspec.json.decode(ann.create("bid", "1", "0.42", count=10).body)
    assert body["details"] == (
        "json: cannot unmarshal number into Go struct field CreateOrderV2Request.count"
        " of type string"
    )


def test_a_client_id_is_spent_for_ever() -> None:
    venue, ann, bob = two()
    made = ann.made("bid", "1.00", "0.4200", client_order_id="c-1")
    ann.ask("DELETE", f"{ORDERS}/{made['order_id']}")
    assert code_of(ann.create("bid", "1.00", "0.4200", client_order_id="c-1")) == (
        409,
        "order_already_exists",
    )
    assert bob.create("bid", "1.00", "0.4200", client_order_id="c-1").status == 201
    assert [order.attempts for order in venue.truth("key-ann").orders] == [2]


def test_a_taker_gets_the_makers_price_and_what_is_left_of_an_ioc_is_cancelled() -> None:
    _, ann, bob = two()
    ann.made("ask", "3.00", "0.5000")
    ann.made("ask", "3.00", "0.5200")
    made = bob.made("bid", "10.00", "0.5100", time_in_force=IOC)
    assert made["fill_count"] == "3.00"
    assert made["remaining_count"] == "0.00"
    assert made["average_fill_price"] == "0.5000"
    assert made["average_fee_paid"] == "0.0175"
    order = bob.order(made["order_id"])
    assert (order["status"], order["fill_count_fp"], order["remaining_count_fp"]) == (
        "canceled",
        "3.00",
        "0.00",
    )


def test_an_ask_without_yes_buys_no() -> None:
    _, ann, bob = two()
    ann.made("bid", "2.00", "0.4400")
    made = bob.made("ask", "2.00", "0.4400")
    assert made["average_fill_price"] == "0.4400"
    assert bob.held() == "-2.00"
    assert bob.order(made["order_id"])["taker_fill_cost_dollars"] == "1.120000"


def test_a_killed_order_spends_its_client_id() -> None:
    _, ann, bob = two()
    ann.made("ask", "3.00", "0.5000")
    kill = bob.create("bid", "4.00", "0.5000", time_in_force=FOK, client_order_id="k")
    assert code_of(kill) == (409, "fill_or_kill_insufficient_resting_volume")
    assert bob.held() == "0.00"
    again = bob.create("bid", "3.00", "0.5000", time_in_force=FOK, client_order_id="k")
    assert code_of(again) == (409, "order_already_exists")
    filled = bob.made("bid", "3.00", "0.5000", time_in_force=FOK)
    assert filled["fill_count"] == "3.00"


def test_a_post_only_order_that_would_take_is_refused() -> None:
    _, ann, bob = two()
    ann.made("ask", "3.00", "0.5000")
    answer = bob.create("bid", "3.00", "0.5000", post_only=True)
    error = msgspec.json.decode(answer.body)["error"]
    assert answer.status == 400
    assert error == {
        "code": "invalid_order",
        "message": "invalid order",
        "details": "post only cross",
    }


def test_a_post_only_order_may_be_taken_and_cancelled_where_that_is_planted() -> None:
    _, ann, bob = two(post_only_cross_cancels=True)
    ann.made("ask", "3.00", "0.5000")
    socket = bob.socket()
    bob.subscribe(socket, "user_orders")
    made = bob.made("bid", "3.00", "0.5000", post_only=True)
    assert bob.order(made["order_id"])["status"] == "canceled"
    assert [told["last_update_reason"] for told in socket.of("user_order")] == [
        "PostOnlyCrossCancel"
    ]


@pytest.mark.parametrize(
    ("rule", "resting", "arriving"),
    [("taker_at_cross", "resting", "canceled"), ("maker", "canceled", "resting")],
)
def test_nobody_trades_with_himself(rule: str, resting: str, arriving: str) -> None:
    _, ann, _ = two()
    first = ann.made("ask", "3.00", "0.5000")
    second = ann.made("bid", "2.00", "0.5000", self_trade_prevention_type=rule)
    assert second["fill_count"] == "0.00"
    assert ann.order(first["order_id"])["status"] == resting
    assert ann.order(second["order_id"])["status"] == arriving


def test_fills_before_the_own_order_stand() -> None:
    _, ann, bob = two()
    bob.made("ask", "1.00", "0.4900")
    ann.made("ask", "3.00", "0.5000")
    made = ann.made("bid", "3.00", "0.5000")
    assert (made["fill_count"], made["remaining_count"]) == ("1.00", "0.00")


def test_a_reduce_only_order_is_capped_by_the_position() -> None:
    _, ann, bob = two()
    ann.made("ask", "2.00", "0.5000")
    bob.made("bid", "2.00", "0.5000")
    made = bob.made("ask", "5.00", "0.6000", reduce_only=True)
    assert made["remaining_count"] == "2.00"
    ann.made("bid", "5.00", "0.6000")
    assert bob.held() == "0.00"


def test_a_cancel_says_by_how_much_and_a_second_one_finds_nothing() -> None:
    _, ann, bob = two()
    made = ann.made("bid", "10.00", "0.4200")
    bob.made("ask", "4.00", "0.4200")
    path = f"{ORDERS}/{made['order_id']}"
    assert msgspec.json.decode(ann.ask("DELETE", path).body)["reduced_by"] == "6.00"
    second, never = ann.ask("DELETE", path), ann.ask("DELETE", f"{ORDERS}/nothing")
    assert code_of(second) == (404, "not_found")
    assert second.body == never.body
    assert code_of(bob.ask("DELETE", path)) == (404, "not_found")


def test_cancelling_all_leaves_nothing_and_answers_without_a_body() -> None:
    _, ann, _ = two()
    for px in ("0.4000", "0.4100"):
        ann.made("bid", "1.00", px)
    answer = ann.ask("DELETE", ORDERS)
    assert (answer.status, answer.body) == (204, b"")
    assert ann.get("/portfolio/orders?status=resting")["orders"] == []


def test_what_is_made_right_after_cancelling_all_may_go_with_it() -> None:
    venue, ann, _ = two(cancel_all_tail_ns=60 * NANOS)
    ann.ask("DELETE", ORDERS)
    made = ann.made("bid", "1.00", "0.4000")
    venue.advance(venue.floor.now_ns + 1)
    assert ann.order(made["order_id"])["status"] == "canceled"


def test_an_amended_order_keeps_its_id_and_counts_its_fills() -> None:
    _, ann, bob = two()
    made = ann.made("bid", "10.00", "0.4200")
    bob.made("ask", "4.00", "0.4200")
    body = {"ticker": TICKER, "side": "bid", "price": "0.4300", "count": "6.00"}
    answer = ann.ask("POST", f"{ORDERS}/{made['order_id']}/amend", body)
    told = msgspec.json.decode(answer.body)
    assert (told["remaining_count"], told["fill_count"]) == ("2.00", "4.00")
    order = ann.order(made["order_id"])
    assert (order["yes_price_dollars"], order["remaining_count_fp"]) == ("0.4300", "2.00")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"side": "ask"}, (400, "invalid_parameters")),
        ({"price": "0.4301"}, (400, "invalid_price")),
        ({"count": "4000.00"}, (400, "insufficient_balance")),
        ({"client_order_id": "other"}, (400, "invalid_parameters")),
        ({"count": 3}, (400, "bad_request")),
    ],
)
def test_an_amendment_that_breaks_a_rule_leaves_the_order_alone(
    body: dict[str, Any], refusal: tuple[int, str]
) -> None:
    _, ann, _ = two()
    made = ann.made("bid", "10.00", "0.4200")
    full = {"ticker": TICKER, "side": "bid", "price": "0.4300", "count": "6.00"} | body
    assert code_of(ann.ask("POST", f"{ORDERS}/{made['order_id']}/amend", full)) == refusal
    order = ann.order(made["order_id"])
    assert (order["yes_price_dollars"], order["initial_count_fp"]) == ("0.4200", "10.00")


def test_an_amended_price_may_trade() -> None:
    _, ann, bob = two()
    bob.made("ask", "4.00", "0.5000")
    made = ann.made("bid", "10.00", "0.4200")
    body = {"ticker": TICKER, "side": "bid", "price": "0.5000", "count": "10.00"}
    told = msgspec.json.decode(ann.ask("POST", f"{ORDERS}/{made['order_id']}/amend", body).body)
    assert (told["fill_count"], told["remaining_count"]) == ("4.00", "6.00")
    assert told["average_fill_price"] == "0.5000"


def test_a_decrease_keeps_the_place_in_the_queue_and_more_loses_it() -> None:
    _, ann, bob = two()
    first = ann.made("bid", "5.00", "0.4200")
    second = bob.made("bid", "5.00", "0.4200")
    path = f"{ORDERS}/{first['order_id']}/decrease"
    told = msgspec.json.decode(ann.ask("POST", path, {"reduce_by": "2.00"}).body)
    assert told["remaining_count"] == "3.00"
    queue = f"/portfolio/orders/{second['order_id']}/queue_position"
    assert bob.get(queue)["queue_position_fp"] == "3.00"
    body = {"ticker": TICKER, "side": "bid", "price": "0.4200", "count": "9.00"}
    ann.ask("POST", f"{ORDERS}/{first['order_id']}/amend", body)
    assert bob.get(queue)["queue_position_fp"] == "0.00"


@pytest.mark.parametrize(
    ("body", "status", "remaining"),
    [
        ({"reduce_to": "2.00"}, 200, "2.00"),
        ({"reduce_to": "0.00"}, 200, "0.00"),
        ({"reduce_by": "9.00"}, 400, "5.00"),
        ({"reduce_to": "6.00"}, 400, "5.00"),
        ({"reduce_by": "1.00", "reduce_to": "1.00"}, 400, "5.00"),
        ({}, 400, "5.00"),
    ],
)
def test_a_decrease_takes_one_of_two_words(
    body: dict[str, Any], status: int, remaining: str
) -> None:
    _, ann, _ = two()
    made = ann.made("bid", "5.00", "0.4200")
    answer = ann.ask("POST", f"{ORDERS}/{made['order_id']}/decrease", body)
    assert answer.status == status
    assert ann.order(made["order_id"])["remaining_count_fp"] == remaining


def test_an_order_expires_at_its_second() -> None:
    venue, ann, _ = two()
    expires_s = venue.floor.now_ns // NANOS + 5
    made = ann.made("bid", "5.00", "0.4200", expiration_time=expires_s)
    venue.advance(expires_s * NANOS - 1)
    assert ann.order(made["order_id"])["status"] == "resting"
    venue.advance(expires_s * NANOS)
    assert ann.order(made["order_id"])["status"] == "canceled"


@pytest.mark.parametrize(
    ("structure", "px", "accepted"),
    [
        ("linear_cent", "0.4210", False),
        ("deci_cent", "0.4210", True),
        ("tapered_deci_cent", "0.4210", False),
        ("tapered_deci_cent", "0.0210", True),
        ("tapered_deci_cent", "0.9210", True),
    ],
)
def test_a_price_fits_the_markets_own_ticks(structure: str, px: str, accepted: bool) -> None:
    ann = Client(exchange(market(structure=structure)))
    assert ann.create("bid", "1.00", px).status == (201 if accepted else 400)


def test_sizes_go_down_to_a_hundredth_of_a_contract() -> None:
    _, ann, bob = two()
    ann.made("bid", "0.03", "0.4200")
    assert bob.made("ask", "0.01", "0.4200")["fill_count"] == "0.01"
    assert ann.held() == "0.01"


def test_accounts_do_not_see_each_others_orders() -> None:
    _, ann, bob = two(accounts=(account("ann"), account("bob")))
    made = ann.made("bid", "1.00", "0.4200")
    assert code_of(bob.ask("GET", f"/portfolio/orders/{made['order_id']}")) == (404, "not_found")
    assert bob.get("/portfolio/orders")["orders"] == []


def test_the_truth_counts_every_request_that_came_with_an_id() -> None:
    venue, ann, _ = two()
    assert code_of(ann.create("bid", "5000.00", "0.4200", client_order_id="c"))[0] == 400
    ann.made("bid", "1.00", "0.4200", client_order_id="c")
    ann.create("bid", "1.00", "0.4200", client_order_id="c")
    assert [order.attempts for order in venue.truth("key-ann").orders] == [3]


def test_an_account_has_no_more_than_so_many_open_orders() -> None:
    _, ann, _ = two(largest_open_orders=2)
    made = [ann.made("bid", "1.00", "0.4200") for _ in range(2)]
    assert code_of(ann.create("bid", "1.00", "0.4200")) == (400, "invalid_order")
    ann.ask("DELETE", f"{ORDERS}/{made[0]['order_id']}")
    assert ann.create("bid", "1.00", "0.4200").status == 201

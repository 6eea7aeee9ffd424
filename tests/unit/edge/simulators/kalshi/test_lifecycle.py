"""The calendar: markets open, close, are determined and pay; pauses; what is told of it."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tests.unit.edge.simulators.hand import Hand
from tests.unit.edge.simulators.kalshi.desk import (
    HOUR_NS,
    ORDERS,
    START_NS,
    TICKER,
    Client,
    account,
    code_of,
    exchange,
    market,
)
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.edge.simulators.kalshi.listing import (
    EventTerms,
    FixedProgramme,
    Listed,
    SeriesTerms,
)
from tradewind.edge.simulators.kalshi.settings import KalshiSettings
from tradewind.edge.simulators.wire_faults import Kind
from tradewind.model.money import NANOS, ONE, ZERO

CLOSE_NS = START_NS + HOUR_NS
NO_FEES = {"fee_multiplier": Decimal(0)}


def two(**terms: Any) -> tuple[KalshiExchange, Client, Client]:
    members = (account("ann", "100"), account("bob", "100"))
    venue = exchange(market(**terms), series=NO_FEES, accounts=members)
    return venue, Client(venue, "ann"), Client(venue, "bob")


def status(client: Client) -> str:
    return str(client.get(f"/markets/{TICKER}")["market"]["status"])


def test_a_market_goes_through_its_life_by_the_clock() -> None:
    venue, ann, _ = two(open_ns=START_NS + NANOS)
    seen = [status(ann)]
    for at_ns in (START_NS + NANOS, CLOSE_NS, CLOSE_NS + 20 * NANOS, CLOSE_NS + 30 * NANOS):
        venue.advance(at_ns - 1)
        assert status(ann) == seen[-1]
        venue.advance(at_ns)
        seen.append(status(ann))
    assert seen == ["initialized", "active", "closed", "determined", "finalized"]


def test_opening_and_closing_are_not_told_but_the_rest_is() -> None:
    venue, ann, _ = two(open_ns=START_NS + NANOS)
    socket = ann.socket()
    ann.subscribe(socket, "market_lifecycle_v2")
    venue.advance(CLOSE_NS + 40 * NANOS)
    told = socket.of("market_lifecycle_v2")
    assert [one["event_type"] for one in told] == ["determined", "settled"]
    assert told[0]["result"] == "yes"
    assert told[0]["settlement_value"] == "1.0000"
    assert told[1]["settled_ts"] == (CLOSE_NS + 30 * NANOS) // NANOS
    assert [frame["seq"] for frame in socket.frames if "seq" in frame] == [1, 2]


def test_a_new_market_and_a_changed_close_are_told() -> None:
    later = market("KXTEST-26NOV21-C", event_ticker="KXTEST-26NOV22", created_ns=START_NS + NANOS)
    event = EventTerms(event_ticker="KXTEST-26NOV22", series_ticker="KXTEST", title="Again")
    series = SeriesTerms(ticker="KXTEST", title="Tests", category="Science")
    settings = KalshiSettings(accounts=(account("ann"),), start_ns=START_NS, crowd=False)
    venue = KalshiExchange(settings, FixedProgramme((series,), (Listed(event, (later,)),)))
    ann = Client(venue)
    socket = ann.socket()
    ann.subscribe(socket, "market_lifecycle_v2")
    venue.advance(START_NS + NANOS)
    venue.lifecycle.close_at(later.ticker, CLOSE_NS + NANOS)
    created, moved = socket.of("market_lifecycle_v2")
    assert created["event_type"] == "created"
    assert created["price_ranges"] == [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}]
    assert created["additional_metadata"]["event_ticker"] == "KXTEST-26NOV22"
    assert (moved["event_type"], moved["close_ts"]) == (
        "close_date_updated",
        (CLOSE_NS + NANOS) // NANOS,
    )
    assert socket.of("event_lifecycle")[0]["series_ticker"] == "KXTEST"


def test_after_the_close_nothing_works_and_then_orders_are_gone() -> None:
    venue, ann, _ = two()
    made = ann.made("bid", "1.00", "0.4000")
    path = f"{ORDERS}/{made['order_id']}"
    socket = ann.socket()
    ann.subscribe(socket, "user_orders")
    venue.advance(CLOSE_NS)
    body = {"ticker": TICKER, "side": "bid", "price": "0.3000", "count": "1.00"}
    refused = [
        ann.create("bid", "1.00", "0.4000"),
        ann.ask("DELETE", path),
        ann.ask("POST", f"{path}/amend", body),
        ann.ask("POST", f"{path}/decrease", {"reduce_to": "0.50"}),
    ]
    assert [code_of(answer) for answer in refused] == [(409, "market_closed")] * 4
    assert ann.order(made["order_id"])["status"] == "resting"
    venue.advance(CLOSE_NS + 2 * NANOS)
    assert ann.order(made["order_id"])["status"] == "canceled"
    assert [one["last_update_reason"] for one in socket.of("user_order")] == ["CloseCancel"]
    assert ann.cash() == "100.0000"


@pytest.mark.parametrize(
    ("value", "result", "yes_cash", "no_cash"),
    [
        (ONE, "yes", "102.4000", "97.6000"),
        (ZERO, "no", "98.4000", "101.6000"),
        (Decimal("0.2500"), "scalar", "99.4000", "100.6000"),
    ],
)
def test_a_settlement_pays_each_side(
    value: Decimal, result: str, yes_cash: str, no_cash: str
) -> None:
    venue, ann, bob = two(yes_value=value)
    ann.made("bid", "4.00", "0.4000")
    bob.made("ask", "4.00", "0.4000")
    venue.advance(CLOSE_NS + 29 * NANOS)
    assert ann.cash() == "98.4000"
    venue.advance(CLOSE_NS + 30 * NANOS)
    assert (ann.cash(), bob.cash()) == (yes_cash, no_cash)
    (row,) = ann.get("/portfolio/settlements")["settlements"]
    assert row["market_result"] == result
    assert (row["yes_count_fp"], row["no_count_fp"]) == ("4.00", "0.00")
    assert row["yes_total_cost_dollars"] == "1.600000"
    assert (row["revenue"], row["value"]) == (int(400 * value), int(100 * value))
    (other,) = bob.get("/portfolio/settlements")["settlements"]
    assert (other["yes_count_fp"], other["no_count_fp"]) == ("0.00", "4.00")
    assert (ann.held(), bob.held()) == ("0.00", "0.00")
    told = ann.get(f"/markets/{TICKER}")["market"]
    assert (told["result"], told["settlement_value_dollars"]) == (result, f"{value:.4f}")


def test_a_question_may_be_answered_early() -> None:
    venue, ann, _ = two()
    made = ann.made("bid", "1.00", "0.4000")
    venue.lifecycle.determine(TICKER, Decimal("0.5"))
    assert status(ann) == "determined"
    assert ann.order(made["order_id"])["status"] == "canceled"
    venue.advance(START_NS + 10 * NANOS)
    assert status(ann) == "finalized"


def test_a_paused_market_takes_cancels_only_and_resumes_empty() -> None:
    venue, ann, _ = two()
    kept = ann.made("bid", "1.00", "0.4000")
    gone = ann.made("bid", "1.00", "0.4100", cancel_order_on_pause=True)
    other = ann.made("bid", "1.00", "0.4200")
    socket = ann.socket()
    ann.subscribe(socket, "market_lifecycle_v2", "user_orders")
    fate = Hand(venue)
    fate.begin(Kind.HALT, START_NS, symbol=TICKER)
    assert status(ann) == "inactive"
    assert code_of(ann.create("bid", "1.00", "0.4000")) == (409, "trading_is_paused")
    assert ann.order(gone["order_id"])["status"] == "canceled"
    assert ann.ask("DELETE", f"{ORDERS}/{other['order_id']}").status == 200
    fate.end(Kind.HALT, START_NS, symbol=TICKER)
    assert ann.order(kept["order_id"])["status"] == "canceled"
    told = [one["event_type"] for one in socket.of("market_lifecycle_v2")]
    assert told == ["deactivated", "activated"]
    reasons = [one.get("last_update_reason", "") for one in socket.of("user_order")]
    assert reasons == ["HaltCancel", "", "HaltCancel"]


def test_in_a_trading_pause_cancels_work_and_resting_orders_stay() -> None:
    venue, ann, _ = two()
    kept = ann.made("bid", "1.00", "0.4000")
    gone = ann.made("bid", "1.00", "0.4100", cancel_order_on_pause=True)
    fate = Hand(venue)
    fate.begin(Kind.MAINTENANCE, START_NS)
    assert ann.get("/exchange/status")["trading_active"] is False
    assert ann.order(gone["order_id"])["status"] == "canceled"
    assert code_of(ann.create("bid", "1.00", "0.4000")) == (409, "trading_is_paused")
    body = {"ticker": TICKER, "side": "bid", "price": "0.3000", "count": "1.00"}
    path = f"{ORDERS}/{kept['order_id']}"
    assert code_of(ann.ask("POST", f"{path}/amend", body)) == (409, "trading_is_paused")
    assert ann.ask("DELETE", path).status == 200
    fate.end(Kind.MAINTENANCE, START_NS)
    assert ann.create("bid", "1.00", "0.4000").status == 201


def test_while_the_exchange_is_shut_not_even_cancels_work() -> None:
    venue, ann, _ = two()
    made = ann.made("bid", "1.00", "0.4000")
    Hand(venue).begin(Kind.SHUT, START_NS)
    path = f"{ORDERS}/{made['order_id']}"
    assert code_of(ann.ask("DELETE", path)) == (409, "exchange_is_paused")
    assert code_of(ann.ask("DELETE", ORDERS)) == (409, "exchange_is_paused")
    answer = ann.ask("GET", "/exchange/status")
    assert answer.status == 503
    assert msgspec.json.decode(answer.body)["exchange_active"] is False


def test_a_market_that_has_paid_keeps_its_trades_for_an_hour() -> None:
    venue, ann, bob = two()
    ann.made("bid", "4.00", "0.4000")
    bob.made("ask", "4.00", "0.4000")
    paid_ns = CLOSE_NS + 30 * NANOS
    seen = []
    for at_ns in (paid_ns + HOUR_NS - 1, paid_ns + HOUR_NS):
        venue.advance(at_ns)
        seen.append(len(ann.get(f"/markets/trades?ticker={TICKER}")["trades"]))
    assert seen == [1, 0]


def test_ticks_may_change_under_orders_and_change_back() -> None:
    venue, ann, _ = two()
    fate = Hand(venue)
    socket = ann.socket()
    ann.subscribe(socket, "market_lifecycle_v2")
    assert code_of(ann.create("bid", "1.00", "0.4050")) == (400, "invalid_price")
    fate.begin(Kind.TICK, START_NS, symbol=TICKER, to="deci_cent")
    made = ann.made("bid", "3.00", "0.4050")
    fate.end(Kind.TICK, START_NS, symbol=TICKER)
    told = socket.of("market_lifecycle_v2")
    assert [one["event_type"] for one in told] == ["price_level_structure_updated"] * 2
    assert [one["price_level_structure"] for one in told] == ["deci_cent", "linear_cent"]
    assert told[1]["price_ranges"] == [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}]
    assert code_of(ann.create("bid", "1.00", "0.4050")) == (400, "invalid_price")
    path = f"{ORDERS}/{made['order_id']}"
    assert code_of(ann.ask("POST", f"{path}/decrease", {"reduce_by": "1.00"}))[0] == 400
    assert ann.order(made["order_id"])["status"] == "resting"
    assert ann.ask("DELETE", path).status == 200
    fate.begin(Kind.TICK, START_NS, symbol=TICKER, to="no such table")
    assert ann.get(f"/markets/{TICKER}")["market"]["price_level_structure"] == "linear_cent"

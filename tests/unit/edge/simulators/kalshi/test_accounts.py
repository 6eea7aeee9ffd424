"""Money: locks of resting orders, netting, and what a position has cost and brought."""

from decimal import Decimal
from random import Random

import pytest

from tests.unit.edge.simulators.kalshi.desk import (
    ORDERS,
    OTHER,
    Client,
    account,
    code_of,
    exchange,
)
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.model.money import ONE, ZERO

NO_FEES = {"fee_multiplier": Decimal(0)}


def two() -> tuple[KalshiExchange, Client, Client]:
    venue = exchange(series=NO_FEES, accounts=(account("ann", "100"), account("bob", "100")))
    return venue, Client(venue, "ann"), Client(venue, "bob")


def test_a_resting_bid_locks_its_price_and_an_ask_that_opens_no_the_rest_of_a_dollar() -> None:
    _, ann, bob = two()
    bid = ann.made("bid", "10.00", "0.4000")
    bob.made("ask", "10.00", "0.4500")
    assert (ann.cash(), bob.cash()) == ("96.0000", "94.5000")
    ann.ask("DELETE", f"{ORDERS}/{bid['order_id']}")
    assert ann.cash() == "100.0000"


def test_an_ask_against_held_yes_locks_nothing() -> None:
    _, ann, bob = two()
    bob.made("ask", "10.00", "0.4000")
    ann.made("bid", "10.00", "0.4000")
    ann.made("ask", "10.00", "0.9000")
    assert ann.cash() == "96.0000"
    ann.made("ask", "2.00", "0.9500")
    assert ann.cash() == "95.9000"


def test_opposite_fills_net_at_once() -> None:
    _, ann, bob = two()
    bob.made("ask", "4.00", "0.4000")
    ann.made("bid", "4.00", "0.4000")
    bob.made("bid", "4.00", "0.4500")
    ann.made("ask", "4.00", "0.4500")
    # Four YES at 0.40 and four NO at 0.55: four dollars for 3.80.
    assert (ann.held(), ann.cash()) == ("0.00", "100.2000")
    assert (bob.held(), bob.cash()) == ("0.00", "99.8000")
    (row,) = ann.get("/portfolio/positions")["market_positions"]
    assert row["realized_pnl_dollars"] == "0.200000"
    assert row["market_exposure_dollars"] == "0.000000"
    assert row["total_traded_dollars"] == "3.800000"
    assert ann.get("/portfolio/positions?count_filter=position")["market_positions"] == []


def test_a_position_that_turns_over_is_closed_and_opened() -> None:
    _, ann, bob = two()
    bob.made("ask", "4.00", "0.4000")
    ann.made("bid", "4.00", "0.4000")
    bob.made("bid", "10.00", "0.5000")
    ann.made("ask", "10.00", "0.5000")
    (row,) = ann.get("/portfolio/positions")["market_positions"]
    assert row["position_fp"] == "-6.00"
    assert row["realized_pnl_dollars"] == "0.400000"
    assert row["market_exposure_dollars"] == "3.000000"
    assert ann.cash() == "97.4000"


def test_the_fee_counts_against_the_balance() -> None:
    venue = exchange(accounts=(account("ann", "5.00"), account("bob")))
    ann = Client(venue)
    assert code_of(ann.create("bid", "10.00", "0.5000")) == (400, "insufficient_balance")
    assert ann.create("bid", "10.00", "0.5000", post_only=True).status == 201
    assert ann.cash() == "0.0000"


def test_what_is_no_longer_covered_is_cancelled() -> None:
    venue = exchange(series=NO_FEES, accounts=(account("ann", "4"), account("bob", "100")))
    ann, bob = Client(venue), Client(venue, "bob")
    bob.made("ask", "10.00", "0.4000")
    ann.made("bid", "10.00", "0.4000")
    covered = ann.made("ask", "10.00", "0.9000")
    bob.made("bid", "10.00", "0.0100")
    # With the position sold, the resting ask would open NO for a dollar that is not there.
    ann.made("ask", "10.00", "0.0100", reduce_only=True)
    assert ann.held() == "0.00"
    assert ann.order(covered["order_id"])["status"] == "canceled"


def test_balance_is_cut_to_cents_and_exact_beside_it() -> None:
    venue = exchange(accounts=(account("ann", "10.0099"),))
    told = Client(venue).get("/portfolio/balance")
    assert (told["balance"], told["balance_dollars"]) == (1000, "10.0099")
    assert told["balance_breakdown"] == [{"exchange_index": 0, "balance": "10.0099"}]


def test_money_is_neither_made_nor_lost(seed: int) -> None:
    venue, *clients = two()
    dice = Random(seed)
    for _ in range(300):
        client = dice.choice(clients)
        side, px = dice.choice(("bid", "ask")), f"0.{dice.randrange(30, 70)}00"
        ticker = dice.choice((None, OTHER))
        more = {} if ticker is None else {"ticker": ticker}
        stp = dice.choice(("taker_at_cross", "maker"))
        client.create(
            side, f"{dice.randrange(1, 900) / 100:.2f}", px, **more, self_trade_prevention_type=stp
        )
        live = client.get("/portfolio/orders?status=resting")["orders"]
        if live and dice.random() < 0.4:
            client.ask("DELETE", f"{ORDERS}/{dice.choice(live)['order_id']}")
    members = list(venue.floor.accounts.values())
    held = [one.position(ticker).qty for one in members for ticker in venue.floor.markets]
    open_interest = sum((qty for qty in held if qty > ZERO), ZERO)
    assert sum(held, ZERO) == ZERO
    assert sum((one.cash for one in members), ZERO) + open_interest * ONE == 200
    assert all(one.free >= ZERO for one in members)
    assert open_interest == sum(m.open_interest for m in venue.floor.markets.values())


@pytest.mark.parametrize("name", ["ann", "bob"])
def test_what_the_statement_says_is_the_truth(name: str) -> None:
    venue, ann, bob = two()
    ann.made("bid", "4.00", "0.4000")
    bob.made("ask", "3.00", "0.4000")
    truth = venue.truth(f"key-{name}")
    client = {"ann": ann, "bob": bob}[name]
    fills = client.get("/portfolio/fills")["fills"]
    assert [str(fill.qty) for fill in truth.fills] == [row["count_fp"] for row in fills]
    assert str(next(iter(truth.positions.values()))) == client.held()
    assert [order.open for order in truth.orders] == [name == "ann"]

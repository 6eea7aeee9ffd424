"""The venue's money: margin, full payment, holdings, pairs; fees, funding and settlement."""

from typing import Any

import pytest

from tests.unit.core.matching.driving import (
    ACCOUNT,
    BUY,
    NO,
    PERP,
    RAIN,
    SELL,
    SPOT,
    YES,
    D,
    Desk,
    account,
    binaries,
    decimals,
    instrument,
)
from tradewind.core.matching.settlement import HALF, NO_WINS, VOID, YES_WINS, Resolution
from tradewind.model.events import (
    FundingPaid,
    FundingRate,
    SettlementPhase,
    SettlementReported,
    TradingChanged,
)
from tradewind.model.ids import BucketId, Currency
from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.model.market import Trading
from tradewind.model.order import Side


def fees(maker_bps: str, taker_bps: str) -> dict[str, Any]:
    return {"fee_model": "flat", "fee_parameters": {"maker_bps": maker_bps, "taker_bps": taker_bps}}


def spot(**rules: object) -> Instrument:
    return instrument(SPOT, InstrumentKind.SPOT, base=Currency("COIN"), **rules)


def test_maker_and_taker_pay_their_own_fee() -> None:
    desk = Desk([instrument(**fees("-1", "5"))])
    desk.quote("100.0", "100.1")
    desk.order(BUY, 10)
    desk.order(SELL, 10, "100.5")
    desk.quote("100.6", "100.7")
    taker, maker = desk.fills
    assert (taker.fee, maker.fee) == (D("0.5005"), D("-0.1005"))
    assert desk.cash() == 100_000 + D("4.0") - D("0.5005") + D("0.1005")


def test_a_multiplier_scales_profit_margin_and_fee() -> None:
    desk = Desk([instrument(multiplier=D(25), **fees("0", "10"))])
    desk.quote("100.0", "100.0")
    desk.order(BUY, 2)
    assert desk.used() == D("500")
    desk.listen()
    assert desk.fills[0].fee == D("5")
    desk.quote("101.0", "101.1")
    desk.order(SELL, 2)
    assert desk.cash() == 100_000 + 50 - 5 - D("5.05")
    assert desk.used() == 0


@pytest.mark.parametrize(
    ("name", "steps", "used"),
    [
        ("an order reserves its margin", [(BUY, 10, "99.0")], "99.0"),
        ("a position uses its cost", [(BUY, 10, "100.1")], "100.1"),
        ("what closes needs nothing", [(BUY, 10, "100.1"), (SELL, 10, "101.0")], "100.1"),
        ("what flips needs the rest", [(BUY, 10, "100.1"), (SELL, 30, "101.0")], "302.1"),
        ("both sides of a flat book", [(BUY, 10, "99.0"), (SELL, 10, "101.0")], "200.0"),
    ],
)
def test_margin_follows_positions_and_orders(
    name: str, steps: list[tuple[Side, int, str]], used: str
) -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    for side, qty, px in steps:
        desk.order(side, qty, px)
    assert desk.used() == D(used), name
    desk.cancel_all()
    held = desk.position() * D("100.1") / 10
    assert desk.used() == held, name


def test_a_partial_fill_gives_back_its_part_of_the_reservation() -> None:
    desk = Desk()
    desk.book({"99.0": 5}, {"100.0": 4})
    desk.order(BUY, 10, "100.0")
    assert desk.used() == D("100.0"), "40 for what is held, 60 for the rest"
    desk.cancel("o1")
    assert desk.used() == D("40.0")


def test_profit_is_realised_by_average_cost_and_a_flip_starts_anew() -> None:
    desk = Desk()
    for px, side, qty in (("100.0", BUY, 2), ("103.0", BUY, 1), ("105.0", SELL, 5)):
        desk.quote(px, px)
        desk.order(side, qty)
    # Three long at 101 on average, sold at 105; two short at 105 remain.
    assert desk.cash() == 100_012
    assert desk.position() == -2
    assert desk.used() == D("21.0")
    desk.quote("101.0", "101.0")
    desk.order(BUY, 2)
    assert (desk.cash(), desk.used()) == decimals("100020 0")


def test_buckets_are_positions_of_their_own() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 3, bucket=BucketId("long"))
    desk.order(SELL, 2, bucket=BucketId("short"))
    desk.order(SELL, 5, bucket=BucketId("long"), reduce_only=True)
    report = desk.venue.report(ACCOUNT, (), 0)
    assert [(one.bucket, one.qty) for one in report.positions] == [(BucketId("short"), D(-2))]
    assert desk.listen()[-1] == "o3 cancelled reduce_only"
    assert [fill.bucket for fill in desk.fills] == ["long", "short", "long"]


def test_spot_buys_pay_in_full_and_sales_need_the_coin() -> None:
    desk = Desk([spot()], accounts=[account(balance="1000")])
    desk.quote("100.0", "100.1", on=SPOT)
    desk.order(SELL, 1, on=SPOT)
    desk.order(BUY, 9, on=SPOT)
    desk.order(BUY, 1, "100.0", on=SPOT)
    desk.order(SELL, 6, "101.0", on=SPOT)
    desk.order(SELL, 4, "101.0", on=SPOT)
    assert desk.listen() == [
        "o1 rejected insufficient_balance",
        "o2 accepted",
        "o2 taker 9@100.1",
        "o3 rejected insufficient_balance",
        "o4 accepted",
        "o5 rejected insufficient_balance",
    ]
    desk.cancel("o4")
    desk.order(SELL, 9, on=SPOT)
    report = desk.venue.report(ACCOUNT, (), 0)
    assert report.balances == {"USD": D("999.1")}
    assert desk.position(SPOT) == 0


def test_spot_balances_name_the_coin() -> None:
    desk = Desk([spot()])
    desk.quote("100.0", "100.1", on=SPOT)
    desk.order(BUY, 3, on=SPOT)
    assert desk.venue.report(ACCOUNT, (), 0).balances == {"USD": D("99699.7"), "COIN": 3}


def test_a_fee_taken_in_the_coin_leaves_less_of_it() -> None:
    rules: dict[str, Any] = {
        "fee_model": "bybit",
        "fee_parameters": {"category": "spot", "maker_rate": "0.001", "taker_rate": "0.001"},
    }
    desk = Desk([spot(qty_step=D("0.001"), **rules)])
    desk.quote("100.0", "100.0", on=SPOT)
    desk.order(BUY, 2, on=SPOT)
    desk.listen()
    (fill,) = desk.fills
    assert (fill.fee, fill.fee_currency) == (D("0.002"), "COIN")
    assert (desk.position(SPOT), desk.cash()) == decimals("1.998 99800")
    desk.order(SELL, 2, on=SPOT)
    desk.order(SELL, "1.998", on=SPOT)
    assert desk.listen() == [
        "o2 rejected insufficient_balance",
        "o3 accepted",
        "o3 taker 1.998@100.0",
    ]
    assert desk.fills[1].fee_currency == "USD"


def test_other_currencies_can_be_funded() -> None:
    desk = Desk([instrument(quote=Currency("EUR"))])
    desk.quote("100.0", "100.1")
    desk.order(BUY, 1, "99.0")
    desk.venue.fund(ACCOUNT, Currency("EUR"), D(100))
    desk.order(BUY, 1, "99.0")
    assert desk.listen() == ["o1 rejected insufficient_balance", "o2 accepted"]


def test_outcome_tokens_are_bought_in_full_and_sold_from_stock() -> None:
    desk = Desk(binaries(), accounts=[account(balance="10")])
    desk.quote("0.40", "0.42", on=YES)
    desk.order(BUY, 20, on=YES)
    desk.order(BUY, 5, "0.40", on=YES)
    desk.order(SELL, 21, "0.60", on=YES)
    desk.order(SELL, 20, "0.60", on=YES)
    assert desk.listen()[2:] == [
        "o2 rejected insufficient_balance",
        "o3 rejected insufficient_balance",
        "o4 accepted",
    ]


def test_where_outcomes_net_a_sale_without_stock_locks_the_rest_of_the_payout() -> None:
    desk = Desk(binaries(netting=True), accounts=[account(balance="10")])
    desk.quote("0.40", "0.42", on=YES)
    desk.order(SELL, 15, "0.41", on=YES)
    assert desk.used() == D("8.85")
    desk.order(SELL, 3, "0.43", on=YES)
    assert desk.listen() == ["o1 accepted", "o2 rejected insufficient_balance"]
    desk.quote("0.41", "0.42", on=YES)
    assert (desk.cash(), desk.used(), desk.position(YES)) == decimals("16.15 15 -15")


def test_complete_pairs_net_to_cash_at_once() -> None:
    desk = Desk(binaries(netting=True), accounts=[account(balance="10")])
    desk.quote("0.40", "0.42", on=YES)
    desk.quote("0.55", "0.57", on=NO)
    desk.order(BUY, 10, on=YES)
    desk.order(BUY, 10, "0.57", on=NO)
    assert desk.listen()[-1] == "o2 taker 10@0.57", "the pair pays for itself"
    assert (desk.position(YES), desk.position(NO)) == decimals("0 0")
    assert (desk.cash(), desk.used()) == decimals("10.1 0")


def test_reduce_only_orders_of_an_outcome_end_when_netting_uses_it_up() -> None:
    desk = Desk(binaries(netting=True))
    desk.quote("0.40", "0.42", on=YES)
    desk.quote("0.55", "0.57", on=NO)
    desk.order(BUY, 10, on=YES)
    desk.order(SELL, 10, "0.60", on=YES, reduce_only=True)
    desk.order(BUY, 10, on=NO)
    assert desk.listen()[-2:] == ["o3 taker 10@0.57", "o2 cancelled reduce_only"]


def test_without_netting_a_pair_stays_two_tokens() -> None:
    desk = Desk(binaries())
    desk.quote("0.40", "0.42", on=YES)
    desk.quote("0.55", "0.57", on=NO)
    desk.order(BUY, 10, on=YES)
    desk.order(BUY, 10, on=NO)
    assert (desk.position(YES), desk.position(NO)) == decimals("10 10")


@pytest.mark.parametrize(
    ("side", "rate", "paid"), [(BUY, "0.0001", "3.00"), (SELL, "0.0001", "-3.00"), (BUY, "0", None)]
)
def test_funding_moves_cash_once_per_funding_time(side: Side, rate: str, paid: str | None) -> None:
    desk = Desk()
    desk.quote("100.0", "100.0")
    desk.order(side, 300)
    for _ in range(2):
        desk.see(FundingRate(PERP, 8, 9, D(rate), D(100)))
    news = [event for event in desk.heard if isinstance(event, FundingPaid)]
    expected = [] if paid is None else [D(paid)]
    assert [event.amount for event in news] == expected
    assert desk.cash() == 100_000 - sum(expected)
    assert len({event.key for event in news}) == len(news)


@pytest.mark.parametrize(
    ("name", "resolution", "payout_yes", "payout_no"),
    [
        ("yes", YES_WINS, "1", "0"),
        ("no", NO_WINS, "0", "1"),
        ("50/50", HALF, "0.5", "0.5"),
        ("scalar", Resolution(D("0.3")), "0.3", "0.7"),
        ("void gives back what it cost", VOID, "0.42", "0.57"),
    ],
)
def test_settlement_is_determined_then_paid(
    name: str, resolution: Resolution, payout_yes: str, payout_no: str
) -> None:
    desk = Desk(binaries(), accounts=[account(balance="100")])
    desk.quote("0.40", "0.42", on=YES)
    desk.quote("0.55", "0.57", on=NO)
    desk.order(BUY, 10, on=YES)
    desk.order(BUY, 5, on=NO)
    desk.order(BUY, 1, "0.10", on=YES)
    desk.listen()
    before = desk.cash()
    desk.venue.settle(RAIN, resolution, 50)
    desk.venue.settle(RAIN, resolution, 60)
    assert desk.listen(100)[0] == "o3 cancelled market_settled", name
    news = [event for event in desk.heard if isinstance(event, SettlementReported)]
    phases = (SettlementPhase.DETERMINED, SettlementPhase.PAID)
    assert [(one.instrument, one.phase, one.payout) for one in news] == [
        (on, phase, D(payout))
        for on, payout in ((YES, payout_yes), (NO, payout_no))
        for phase in phases
    ], name
    assert desk.cash() - before == 10 * D(payout_yes) + 5 * D(payout_no), name
    assert (desk.position(YES), desk.position(NO), desk.used()) == decimals("0 0 0")
    desk.order(BUY, 1, "0.10", on=YES)
    assert desk.listen() == ["o4 rejected market_closed"]


@pytest.mark.parametrize(("sold", "left"), [(4, 6), (10, 0), (12, 2)])
def test_reduce_only_orders_work_against_what_the_account_holds_by_whatever_name(
    sold: int, left: int
) -> None:
    desk = Desk(binaries(netting=True))
    desk.quote("0.40", "0.42", on=YES)
    desk.quote("0.58", "0.60", on=NO)
    desk.order(SELL, 10, on=YES)
    desk.order(SELL, sold, "0.58", on=NO, reduce_only=True)
    filled = min(sold, 10)
    assert f"o2 taker {filled}@0.58" in desk.listen(), "ten YES sold short are ten NO held"
    desk.order(SELL, 1, "0.58", on=NO, reduce_only=True)
    heard = desk.listen()
    assert ("o3 rejected reduce_only" in heard) == (sold >= 10)
    if sold >= 10:
        assert (desk.position(YES), desk.position(NO), desk.used()) == decimals("0 0 0")


@pytest.mark.parametrize(
    ("resolution", "payouts"),
    [(YES_WINS, "1 0"), (VOID, "0.5 0.5")],
    ids=["answered", "void"],
)
def test_an_account_that_netted_everything_is_told_what_both_outcomes_pay(
    resolution: Resolution, payouts: str
) -> None:
    desk = Desk(binaries(netting=True))
    desk.quote("0.40", "0.42", on=YES)
    desk.quote("0.55", "0.57", on=NO)
    desk.order(BUY, 10, on=YES)
    desk.order(BUY, 10, on=NO)
    desk.listen()
    before = desk.cash()
    desk.venue.settle(RAIN, resolution, 50)
    desk.venue.settle(RAIN, resolution, 60)
    desk.listen(100)
    paid = [one for one in desk.heard if isinstance(one, SettlementReported)]
    assert [(one.instrument, one.payout) for one in paid if one.phase is SettlementPhase.PAID] == [
        (on, payout) for on, payout in zip((YES, NO), decimals(payouts), strict=True)
    ]
    assert desk.cash() == before


def test_a_void_question_gives_back_what_the_net_position_cost() -> None:
    desk = Desk(binaries(netting=True))
    desk.quote("0.40", "0.42", on=YES)
    desk.quote("0.55", "0.57", on=NO)
    desk.order(SELL, 6, on=YES)
    desk.order(BUY, 4, on=NO)
    desk.venue.settle(RAIN, VOID, 50)
    assert desk.cash() == 100_000
    desk.listen(100)
    payouts = [one.payout for one in desk.heard if isinstance(one, SettlementReported)]
    assert payouts == [*decimals("0.412 0.412 0.588 0.588")]


def test_a_settled_market_pays_by_its_definition() -> None:
    desk = Desk(binaries(netting=True))
    desk.quote("0.40", "0.42", on=YES)
    desk.order(BUY, 10, on=YES)
    desk.see(TradingChanged(YES, 5, 5, Trading.SETTLED))
    assert desk.position(YES) == 10, "nobody has said how it was answered"
    for rules in binaries(netting=True, statistics={"resolution": "1"}, version=2):
        desk.venue.define(rules, 6)
    for on in (YES, NO):
        desk.see(TradingChanged(on, 7, 7, Trading.SETTLED))
    assert desk.cash() == D("100005.8")


def test_a_short_outcome_pays_the_payout() -> None:
    desk = Desk(binaries(netting=True), accounts=[account(balance="100")])
    desk.quote("0.40", "0.42", on=YES)
    desk.order(SELL, 10, on=YES)
    desk.venue.settle(RAIN, YES_WINS, 50)
    assert (desk.cash(), desk.used()) == decimals("94 0")


def test_several_accounts_hold_their_own() -> None:
    desk = Desk(accounts=[account("one"), account("two", leverage="1")])
    desk.quote("100.0", "100.1")
    desk.order(BUY, 2, by="one")
    desk.order(SELL, 3, by="two")
    assert (desk.position(by="one"), desk.position(by="two")) == decimals("2 -3")
    assert (desk.used("one"), desk.used("two")) == decimals("20.02 300.0")

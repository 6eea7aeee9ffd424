"""The proof that profit and loss is the fold of the fills: it holds, and it can fail."""

import random

import pytest

from tests.harness import D, account, perpetual
from tests.unit.control.stage import BTC, NO, YES, Idle, Stage, stage_with_maker
from tradewind.control.views import FillsFold
from tradewind.model.commands import PlaceManual
from tradewind.model.events import FeeAdjusted, FundingPaid, SettlementPhase, SettlementReported
from tradewind.model.ids import AccountId, Currency, FillKey, InstanceId
from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.model.order import PlaceOrder, Side


def trade(
    stage: Stage, instrument: Instrument, side: Side, qty: str, px: str, fee: str = "0"
) -> None:
    """Fill an order of the operator's at once."""
    owner = AccountId("A" if instrument.venue == "BYBIT" else "K")
    spec = PlaceOrder(owner, instrument.id, side, D(qty), D(px))
    answer = stage.command(PlaceManual(spec))
    assert answer.confirmation.value == "confirmed", answer.effect
    order = next(each for each in stage.orders(instrument) if each.instance == "operator")
    stage.fill(order, qty, px, fee=fee)


def fold(stage: Stage) -> FillsFold:
    return stage.views.pnl().fills_fold


def ready(*more: Instrument) -> Stage:
    stage = Stage(account("A"), account("K", "KALSHI", "USD"))
    stage.define(BTC, YES, NO, *more)
    stage.pass_time(2)
    stage.deploy(Idle, BTC, name="idle")
    stage.quote(BTC, "99.9", "100.1")
    for outcome in (YES, NO):
        stage.quote(outcome, "0.40", "0.60")
    return stage


def test_the_fold_of_a_round_trip_is_its_profit() -> None:
    stage = ready()
    trade(stage, BTC, Side.BUY, "2", "100", fee="0.1")
    trade(stage, BTC, Side.SELL, "2", "101", fee="0.1")
    [row] = fold(stage).rows
    assert (row.fills, row.traded, row.held_cost, row.fees) == (2, D(2), D(0), D("0.2"))
    assert row.realised == stage.views.pnl().rows[0].realised == D(2)
    assert fold(stage).proved


def test_what_is_open_stands_at_its_cost() -> None:
    stage = ready()
    trade(stage, BTC, Side.BUY, "3", "100")
    trade(stage, BTC, Side.SELL, "1", "103")
    [row] = fold(stage).rows
    assert (row.traded, row.held_cost, row.realised) == (D("-197"), D(200), D(3))
    assert fold(stage).proved


def test_complete_pairs_that_netted_are_paid_one_each() -> None:
    stage = ready()
    trade(stage, YES, Side.BUY, "10", "0.45", fee="0.02")
    trade(stage, NO, Side.BUY, "7", "0.50")
    assert fold(stage).proved
    [row] = fold(stage).rows
    assert (row.paid_out, row.realised) == (D(7), D("0.35"))


def test_a_settlement_is_part_of_the_fold() -> None:
    stage = ready()
    trade(stage, YES, Side.BUY, "10", "0.45")
    paid = SettlementReported(
        AccountId("K"), stage.now, stage.now, YES.id, SettlementPhase.PAID, D(1)
    )
    stage.feed(paid)
    stage.feed(paid)
    [row] = fold(stage).rows
    assert (row.paid_out, row.held_cost, row.realised) == (D(10), D(0), D("5.5"))
    assert fold(stage).proved


def test_late_fees_and_funding_are_no_difference() -> None:
    stage = ready()
    trade(stage, BTC, Side.BUY, "1", "100")
    where = (AccountId("A"), stage.now, stage.now)
    stage.feed(FeeAdjusted(*where, FillKey("fee"), BTC.id, D("0.3"), Currency("USDT")))
    stage.feed(FundingPaid(*where, FillKey("fund"), BTC.id, D("0.7"), Currency("USDT")))
    [row] = stage.views.pnl().rows
    assert (row.fees, row.funding) == (D("0.3"), D("0.7"))
    assert fold(stage).proved


def test_a_fee_in_the_asset_leaves_the_position() -> None:
    spot = perpetual("ETHUSDT", kind=InstrumentKind.SPOT, base=Currency("ETH"))
    stage = ready(spot)
    stage.quote(spot, "99.9", "100.1")
    trade(stage, spot, Side.BUY, "2", "100")
    assert fold(stage).proved


@pytest.mark.parametrize("change", ["qty", "realised", "fees"])
def test_a_ledger_that_says_something_else_is_found_out(change: str) -> None:
    stage = ready()
    trade(stage, BTC, Side.BUY, "2", "100", fee="0.1")
    trade(stage, BTC, Side.SELL, "1", "101", fee="0.1")
    [held] = stage.desk.ledger.owner_positions(InstanceId("operator"))
    setattr(held, change, getattr(held, change) + D("0.01"))
    found = fold(stage)
    assert not found.proved
    assert found.differences[0].startswith("operator/A/BYBIT:BTCUSDT/net")


def test_a_fill_that_the_ledger_lost_is_found_out() -> None:
    stage = ready()
    trade(stage, BTC, Side.BUY, "2", "100")
    stage.desk.ledger._subs.clear()
    assert fold(stage).differences == ("operator/A/BYBIT:BTCUSDT/net has fills and no position",)


def test_the_fold_holds_for_any_session(seed: int) -> None:
    dice = random.Random(seed)
    stage = ready()
    for _ in range(120):
        instrument = dice.choice([BTC, YES, NO])
        side = dice.choice([Side.BUY, Side.SELL]) if instrument is BTC else Side.BUY
        px = f"{dice.randint(995, 1005) / 10}" if instrument is BTC else "0.4"
        trade(stage, instrument, side, str(dice.randint(1, 9)), px, fee="0.013")
    assert fold(stage).proved, fold(stage).differences


def test_a_stage_without_fills_proves_nothing_and_differs_in_nothing() -> None:
    stage = stage_with_maker()
    assert fold(stage).proved
    assert fold(stage).rows == ()

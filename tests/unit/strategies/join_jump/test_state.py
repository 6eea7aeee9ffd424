"""How fills add up to a cycle, and that it survives being saved."""

from typing import Any

import msgspec
import pytest

from tests.harness import D
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import AccountId, Currency, FillKey, InstrumentId, OrderId
from tradewind.model.order import Liquidity, Side
from tradewind.strategies.join_jump.overlays.digital import DigitalMemory
from tradewind.strategies.join_jump.overlays.midpoint import MidpointMemory
from tradewind.strategies.join_jump.state import PairState


def _fill(qty: str, px: str, side: Side = Side.BUY, **more: Any) -> Fill:
    return Fill(
        FillKey("F"),
        AccountId("K"),
        InstrumentId("KALSHI:M1:YES"),
        side,
        D(qty),
        D(px),
        D(more.pop("fee", "0")),
        Currency(more.pop("currency", "USD")),
        Liquidity.MAKER,
        1,
        **more,
    )


def test_a_pair_earns_one_less_both_costs_and_fees() -> None:
    state = PairState()
    state.begin(D(3))
    state.fold(0, _fill("2", "0.42", fee="0.01"), "USD")
    state.fold(0, _fill("1", "0.45"), "USD")
    state.fold(1, _fill("3", "0.55", fee="0.02"), "USD")
    assert state.legs[0].avg_cost == D("0.43")
    assert state.result() == 3 * D("0.02") - D("0.03")


def test_contracts_sold_again_book_their_loss() -> None:
    state = PairState()
    state.begin(D(3))
    state.fold(0, _fill("3", "0.42"), "USD")
    state.fold(0, _fill("3", "0.38", Side.SELL), "USD")
    assert state.difference == 0
    assert state.result() == D("-0.12")


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_failed_fill_leaves_the_result_as_if_it_never_was(side: Side) -> None:
    state = PairState()
    state.begin(D(3))
    state.fold(0, _fill("3", "0.42"), "USD")
    state.fold(1, _fill("3", "0.55"), "USD")
    before = (state.legs[0].filled, state.result())
    state.fold(0, _fill("2", "0.40", side, fee="0.01"), "USD")
    state.fold(0, _fill("2", "0.40", side, fee="0.01", life=FillLife.FAILED), "USD")
    assert (state.legs[0].filled, state.result()) == before


def test_a_claim_counts_until_its_keyed_fill_is_here() -> None:
    state = PairState()
    state.begin(D(3))
    order = OrderId("ONE")
    state.legs[0].claims[order] = D(2)
    assert state.open_qty(0) == 1
    assert not state.untouched
    state.fold(0, _fill("2", "0.42", client_order_id=order), "USD")
    assert state.open_qty(0) == 1
    assert state.legs[0].claims == {}


def test_fees_in_another_asset_are_not_added_to_money() -> None:
    state = PairState()
    state.begin(D(3))
    state.fold(0, _fill("3", "0.42", fee="0.1", currency="SHARES"), "USD")
    assert state.legs[0].fees == 0


def test_the_end_keeps_an_armed_jump_and_drops_an_automatic_one() -> None:
    state = PairState()
    state.begin(D(3))
    state.legs[0].jump, state.legs[0].jump_target = True, D("0.43")
    state.legs[1].jump = state.legs[1].jump_auto = True
    state.end()
    assert [(leg.jump, leg.jump_target) for leg in state.legs] == [(True, None), (False, None)]
    assert state.begin(D(1)) == "pair-2"


@pytest.mark.parametrize(
    "memory", [None, MidpointMemory([D("0.435")], 5), DigitalMemory([1.0, None, 2.0], 7, 0.5)]
)
def test_the_state_is_the_same_after_it_was_saved(memory: Any) -> None:
    state = PairState(memory=memory)
    state.begin(D(3))
    state.fold(0, _fill("3", "0.42", fee="0.01"), "USD")
    state.legs[1].claims[OrderId("ONE")] = D(1)
    state.half_mid = D("0.43")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=PairState) == state

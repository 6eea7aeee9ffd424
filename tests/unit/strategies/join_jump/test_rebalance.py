"""The way out of half a pair: which one, at what result, and when."""

from typing import Any

import pytest

from tests.harness import SECOND, D, binary
from tradewind.model.order import Side
from tradewind.strategies.join_jump.parameters import Terms
from tradewind.strategies.join_jump.rebalance import Patience, trigger, ways_out
from tradewind.strategies.join_jump.state import LegState, PairState
from tradewind.strategies.join_jump.views import LegView, PairView

TERMS = Terms(
    surplus=D("0.01"), price_fees=True, price_min=D("0.03"), price_max=D("0.97"), jump_ticks=1
)
PATIENCE = Patience(60 * SECOND, 3, D(6))


def _view(
    a: tuple[str | None, str | None], b: tuple[str | None, str | None], **rules: Any
) -> PairView:
    legs = [
        LegView(each, others=None if bid is None else D(bid), ask=None if ask is None else D(ask))
        for each, (bid, ask) in zip(binary(**rules), (a, b), strict=True)
    ]
    return PairView((legs[0], legs[1]), True, 0, True, False, False, None)


def _filled(a: str, b: str, cost: str = "0.42") -> PairState:
    legs = (LegState(D(a), D(a) * D(cost)), LegState(D(b), D(b) * D(cost)))
    return PairState(legs=legs, qty=D(3))


def test_equal_results_buy_where_yes_nets_against_no_and_sell_elsewhere() -> None:
    books: tuple[Any, Any] = (("0.38", "0.40"), ("0.60", "0.62"))
    way = ways_out(_filled("3", "0"), _view(*books, netting=True), TERMS)
    assert way is not None
    assert (way.leg, way.side, way.px, way.qty, way.result) == (
        1,
        Side.BUY,
        D("0.62"),
        D(3),
        D("-0.04"),
    )
    way = ways_out(_filled("3", "0"), _view(*books, netting=False), TERMS)
    assert way is not None
    assert (way.leg, way.side, way.px, way.result) == (0, Side.SELL, D("0.38"), D("-0.04"))


def test_the_larger_result_after_fees_wins() -> None:
    fees: dict[str, Any] = {"fee_model": "predictfun", "fee_parameters": {"fee_rate_bps": "200"}}
    books: tuple[Any, Any] = (("0.38", "0.40"), ("0.60", "0.61"))
    way = ways_out(_filled("2", "0"), _view(*books, **fees), TERMS)
    assert way is not None
    assert (way.side, way.qty, way.result) == (Side.BUY, D(2), D("-0.0378"))


def test_without_a_partner_book_only_selling_is_left() -> None:
    way = ways_out(_filled("0", "3"), _view((None, None), ("0.40", "0.44")), TERMS)
    assert way is not None
    assert (way.leg, way.side) == (1, Side.SELL)
    assert ways_out(_filled("0", "3"), _view((None, None), (None, None)), TERMS) is None


def test_a_difference_below_the_venue_minimum_has_no_way_out() -> None:
    books: tuple[Any, Any] = (("0.38", "0.40"), ("0.60", "0.62"))
    assert ways_out(_filled("3", "2"), _view(*books, min_qty=D(2)), TERMS) is None


@pytest.mark.parametrize(
    ("waited_s", "mid", "unpaired", "why"),
    [
        (59, "0.43", 3, ""),
        (60, "0.43", 3, "time"),
        (1, "0.41", 3, ""),
        (1, "0.40", 3, "adverse"),
        (1, "0.43", 7, "unpaired"),
        (1, "0.43", -7, "unpaired"),
    ],
)
def test_patience_ends_by_time_by_the_market_and_by_size(
    waited_s: int, mid: str, unpaired: int, why: str
) -> None:
    state = _filled("3", "0")
    state.half_ns, state.half_mid = SECOND, D("0.43")
    bid = D(mid) - D("0.01")
    view = _view((str(bid), str(bid + D("0.02"))), ("0.55", "0.57"))
    assert trigger(state, view, PATIENCE, D(unpaired), SECOND + waited_s * SECOND) == why


def test_nothing_is_triggered_before_a_pair_is_half_filled() -> None:
    view = _view(("0.42", "0.44"), ("0.55", "0.57"))
    assert trigger(_filled("1", "0"), view, PATIENCE, D(1), 10**15) == ""

"""JOIN, JUMP and the guards as pure functions of two legs' views."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tests.harness import D, binary
from tradewind.model.instrument import TickBand
from tradewind.strategies.join_jump import quotes
from tradewind.strategies.join_jump.overlays.overlay import LegOpinion, Opinion
from tradewind.strategies.join_jump.parameters import Terms
from tradewind.strategies.join_jump.quotes import Plan, RefusedPx, Situation
from tradewind.strategies.join_jump.state import LegState, PairState
from tradewind.strategies.join_jump.views import LegView, PairView

TERMS = Terms(
    surplus=D("0.01"), price_fees=True, price_min=D("0.03"), price_max=D("0.97"), jump_ticks=1
)
EDGY = msgspec.structs.replace(TERMS, surplus=D("0.012"))
YES, NO = binary()


def _view(a: str | None, b: str | None, **more: Any) -> PairView:
    legs = []
    for rules, bid, other in ((YES, a, b), (NO, b, a)):
        legs.append(
            LegView(
                rules,
                others=None if bid is None else D(bid),
                best=None if bid is None else D(bid),
                ask=None if other is None else 1 - D(other),
            )
        )
    fields = {"mirrored": True, "doubt_ns": 0, "trading": True, "closed": False, "settled": False}
    return PairView((legs[0], legs[1]), **{**fields, "close_ns": None, **more})


def _state(
    a: tuple[str, str] = ("0", "0"), b: tuple[str, str] = ("0", "0"), qty: int = 3
) -> PairState:
    """Return a cycle with (filled, average cost) per leg."""
    legs = tuple(LegState(filled=D(filled), cost=D(filled) * D(cost)) for filled, cost in (a, b))
    return PairState(legs=(legs[0], legs[1]), qty=D(qty), cycle="pair-1")


def _plan(view: PairView, state: PairState, **more: Any) -> tuple[Plan, Plan]:
    return quotes.plan_pair(Situation(view, state, more.pop("terms", TERMS), **more))


def _prices(plans: tuple[Plan, Plan]) -> list[str]:
    return [plan.why if plan.px is None else str(plan.px) for plan in plans]


@pytest.mark.parametrize(
    ("others", "best", "px"),
    [("0.42", "0.43", "0.42"), (None, "0.43", "0.43"), (None, None, None)],
    ids=["others", "only our level", "empty"],
)
def test_join_takes_the_level_of_others(
    others: str | None, best: str | None, px: str | None
) -> None:
    view = LegView(YES, others=_number(others), best=_number(best))
    assert quotes.join_px(view) == _number(px)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else D(text)


@pytest.mark.parametrize(
    ("bids", "state", "planned"),
    [
        (("0.42", "0.55"), _state(), ["0.42", "0.55"]),
        (("0.43", "0.56"), _state(), ["0.43", "0.56"]),
        (("0.44", "0.56"), _state(), ["edge", "edge"]),
        ((None, "0.55"), _state(), ["empty", "empty"]),
        (("0.02", "0.90"), _state(), ["price_range", "price_range"]),
        (("0.43", "0.50"), _state(b=("3", "0.56")), ["0.43", "full"]),
        (("0.45", "0.50"), _state(b=("3", "0.56")), ["0.43", "full"]),
        (("0.42", "0.60"), _state(a=("3", "0.42")), ["full", "0.57"]),
        (("0.43", "0.55"), _state(a=("2", "0.42"), b=("3", "0.55")), ["0.43", "full"]),
        (("0.45", "0.54"), _state(a=("2", "0.42")), ["0.45", "0.54"]),
        (("0.45", "0.57"), _state(a=("2", "0.42")), ["0.42", "0.57"]),
        (("0.46", "0.54"), _state(a=("1", "0.42"), b=("1", "0.55")), ["0.44", "0.54"]),
        (("0.42", "0.60"), _state(a=("3", "0.995")), ["full", "edge"]),
    ],
)
def test_prices_by_what_is_bid_and_what_has_filled(
    bids: tuple[str | None, str | None], state: PairState, planned: list[str]
) -> None:
    view = _view(*bids)
    # The asks of the mirror would bind before G2 does; they have a test of their own.
    for leg in view.legs:
        leg.ask = None
    assert _prices(_plan(view, state)) == planned


def test_g1_keeps_one_tick_below_the_offer() -> None:
    view = _view("0.42", "0.50")
    view.legs[0].ask = D("0.42")
    assert _prices(_plan(view, _state())) == ["0.41", "0.50"]


def test_fees_of_both_legs_count_against_the_edge() -> None:
    dear = {"fee_type": "quadratic_with_maker_fees", "fee_multiplier": "1"}
    view = _view("0.44", "0.55")
    for leg, rules in zip(view.legs, binary(fee_model="kalshi", fee_parameters=dear), strict=True):
        leg.rules = rules
        leg.ask = None
    assert _prices(_plan(view, _state())) == ["edge", "edge"]
    free = msgspec.structs.replace(TERMS, price_fees=False)
    assert _prices(_plan(view, _state(), terms=free)) == ["0.44", "0.55"]
    # 1 - 0.55 - 0.01 leaves 0.44 for price and fee together.
    assert _prices(_plan(view, _state(b=("3", "0.55")))) == ["0.43", "full"]


def _jumping(target: str = "0.43") -> PairState:
    state = _state()
    state.legs[0].jump = True
    state.legs[0].jump_target = D(target)
    return state


def _says(**leg: Any) -> Opinion:
    return Opinion((LegOpinion(**leg), LegOpinion()), allow_new_cycle=True, valid_until_ns=9)


@pytest.mark.parametrize(
    ("target", "bids", "more", "refused"),
    [
        ("0.43", ("0.42", "0.55"), {}, ""),
        ("0.98", ("0.42", "0.55"), {}, "price_max"),
        ("0.45", ("0.42", "0.55"), {}, "cross"),
        ("0.44", ("0.43", "0.55"), {}, ""),
        ("0.44", ("0.43", "0.55"), {"terms": EDGY}, "edge"),
        (
            "0.43",
            ("0.42", "0.55"),
            {"opinion": _says(allow_jump=False, why="falling")},
            "overlay:falling",
        ),
        ("0.43", ("0.42", "0.55"), {"opinion": _says(bid_cap=D("0.425"))}, "overlay:bid_cap"),
        (
            "0.43",
            ("0.42", "0.55"),
            {"barred": (RefusedPx(D("0.43"), "self_match", 0), None)},
            "self_match",
        ),
    ],
)
def test_jump_is_refused_by_the_first_guard_that_fails(
    target: str, bids: tuple[str, str], more: dict[str, Any], refused: str
) -> None:
    first = _plan(_view(*bids), _jumping(target), **more)[0]
    assert first.refused == refused
    assert first.px == (D(bids[0]) if refused else D(target))
    assert first.why == ("join" if refused else "jump")


def test_jump_sees_our_own_opposite_order_as_an_offer() -> None:
    view = _view("0.42", "0.50")
    view.legs[0].wall = D("0.43")
    assert _plan(view, _jumping())[0].refused == "cross"


def test_jump_is_latched_once_and_switched_off_when_reached() -> None:
    leg = LegState(jump=True)
    view = _view("0.42", "0.55").legs[0]
    assert quotes.latch(leg, view, 2) == ""
    view.others = D("0.40")
    assert quotes.latch(leg, view, 2) == ""
    assert leg.jump_target == D("0.44")
    view.others = D("0.44")
    assert quotes.latch(leg, view, 2) == "jump_off"
    assert not leg.jump
    assert not leg.jump_target


def test_a_suppressed_leg_is_not_opened_but_completes() -> None:
    says = _says(suppress=True, allow_jump=False, why="rich")
    assert _prices(_plan(_view("0.42", "0.55"), _state(), opinion=says)) == ["suppressed", "0.55"]
    touched = _state(b=("3", "0.55"))
    assert _prices(_plan(_view("0.42", "0.55"), touched, opinion=says)) == ["0.42", "full"]


def test_only_the_first_leg_is_planned_until_it_is_full() -> None:
    state = _state()
    state.first_leg = 1
    assert _prices(_plan(_view("0.42", "0.55"), state)) == ["higher_first", "0.55"]
    state.legs[1].filled, state.legs[1].cost = D(3), D("1.65")
    assert _prices(_plan(_view("0.42", "0.55"), state)) == ["0.42", "full"]


def test_the_cap_lies_on_the_finer_tick_of_its_band() -> None:
    bands = (
        TickBand(D(0), D("0.1"), D("0.001")),
        TickBand(D("0.1"), D(1), D("0.01")),
    )
    rules = msgspec.structs.replace(YES, ticks=bands)
    assert quotes.cap_px(TERMS, rules, D("0.0456"), D(3)) == D("0.045")
    assert quotes.cap_px(TERMS, rules, D("0.4567"), D(3)) == D("0.45")
    assert quotes.cap_px(TERMS, rules, D("0.0004"), D(3)) is None
    assert quotes.cap_px(TERMS, rules, D("-0.2"), D(3)) is None

"""The rolling-midpoint overlay: MP-1 to MP-5 through the real engine, and its pure parts."""

from decimal import Decimal
from typing import Any

import pytest

from tests.harness import D, binary
from tests.unit.strategies.join_jump.pairs import Pair, kalshi_pair, no, yes
from tradewind.model.effects import Confirmation
from tradewind.model.errors import ConfigError
from tradewind.strategies.join_jump.overlays import FairValue
from tradewind.strategies.join_jump.overlays.midpoint import MidpointFairValue, deviation
from tradewind.strategies.join_jump.overlays.overlay import Look, Opinion

OVERLAY = "midpoint_fair_value"


def _pair(**settings: Any) -> Pair:
    """Return a pair after MP-1: five samples of the first middle, five of the second."""
    pair = kalshi_pair(
        fair_value={"overlay": OVERLAY, "settings": settings}, rebalance_adverse_ticks=50
    )
    for bids in (("0.42", "0.55"), ("0.44", "0.53")):
        pair.books({bids[0]: 100}, {bids[1]: 100})
        pair.tick(5)
    return pair


def _rich(pair: Pair) -> None:
    pair.books({"0.50": 100, "0.44": 3}, {"0.47": 100})
    pair.tick()


def _opinion(pair: Pair) -> Opinion:
    assert pair.maker.opinion is not None
    return pair.maker.opinion


def test_mp_1_calls_one_leg_fair_and_the_other_cheap_and_joins_both() -> None:
    pair = _pair()
    legs = _opinion(pair).legs
    assert [leg.fv for leg in legs] == [D("0.445"), D("0.555")]
    assert not any(leg.suppress for leg in legs)
    assert pair.rows() == [yes(3, "0.44"), no(3, "0.53")]


def test_mp_2_suppresses_a_rich_leg_and_opens_no_cycle() -> None:
    pair = _pair()
    _rich(pair)
    assert _opinion(pair).legs[0].fv == D("0.453")
    assert pair.rows() == [no(3, "0.47")]
    assert not _opinion(pair).allow_new_cycle


def test_mp_2_caps_a_rich_leg_where_asked_to() -> None:
    pair = _pair(rich_action="cap")
    _rich(pair)
    assert pair.rows() == [yes(3, "0.47"), no(3, "0.47")]
    assert not _opinion(pair).allow_new_cycle


def test_mp_3_denies_jump_while_unstable_and_then_for_rich_and_falling_legs() -> None:
    pair = _pair()
    _rich(pair)
    samples = pair.maker.state.memory.samples  # type: ignore[union-attr]
    assert deviation(samples) == pytest.approx(0.0239, abs=5e-5)
    assert not any(leg.allow_jump for leg in _opinion(pair).legs)
    assert _opinion(pair).legs[1].why == "unstable"
    calm = _pair(stable_sd="0.05")
    _rich(calm)
    rich, falling = _opinion(calm).legs
    assert (rich.allow_jump, rich.why) == (False, "rich")
    assert (falling.allow_jump, falling.why) == (False, "falling")


def test_mp_4_joins_during_warm_up_and_refuses_jump() -> None:
    pair = kalshi_pair(fair_value={"overlay": OVERLAY})
    pair.tick(4)
    assert pair.rows() == [yes(3, "0.42"), no(3, "0.55")]
    answer = pair.tell("toggle_jump", market_index=0)
    assert answer.confirmation is Confirmation.REFUSED
    assert "warmup" in answer.effect


def test_mp_5_off_quotes_the_rich_leg_again() -> None:
    pair = _pair()
    _rich(pair)
    assert pair.tell("toggle_fair_value").effect == "overlay off"
    pair.tick()
    assert pair.rows() == [yes(3, "0.50"), no(3, "0.47")]
    assert pair.tell("toggle_fair_value").effect == "overlay on"
    pair.tick()
    assert pair.rows() == [no(3, "0.47")]


def test_a_rich_leg_still_completes_a_half_filled_cycle() -> None:
    pair = _pair()
    pair.bench.fill(pair.order(pair.b))
    _rich(pair)
    # The cap of the pair binds, not the overlay: 1 - 0.53 - 0.01.
    assert pair.rows() == [yes(3, "0.46")]


def _look(bids: tuple[str | None, str | None], now_ns: int = 1) -> Look:
    values = tuple(None if bid is None else D(bid) for bid in bids)
    return Look(
        now_ns=now_ns,
        tick_ns=1_000_000_000,
        bids=(values[0], values[1]),
        spread=None if None in values else 1 - sum((bid for bid in values if bid), D(0)),
        rules=binary(),
        price_min=D("0.03"),
        price_max=D("0.97"),
    )


def test_a_missing_bid_makes_no_sample() -> None:
    overlay = MidpointFairValue({})
    overlay.sample(_look(("0.42", None)))
    assert overlay.memory.samples == []


def test_the_window_forgets_the_oldest_sample() -> None:
    overlay = MidpointFairValue({"window": 3})
    for bid in ("0.40", "0.42", "0.44", "0.46"):
        overlay.sample(_look((bid, "0.50")))
    assert overlay.memory.samples == [Decimal(f"0.4{n}") for n in (6, 7, 8)]


def test_an_old_window_is_no_opinion() -> None:
    overlay = MidpointFairValue({"window": 3})
    for _ in range(3):
        overlay.sample(_look(("0.42", "0.55")))
    opinion = overlay.judge(_look(("0.42", "0.55"), now_ns=2))
    assert opinion.valid_until_ns == 5_000_000_001


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"overlay": "midpont"}, "use one of midpoint_fair_value"),
        ({"overlay": OVERLAY, "settings": {"windw": 5}}, "did you mean window?"),
        ({"overlay": OVERLAY, "settings": {"window": 2}}, "from 3 to 600 samples"),
        ({"overlay": OVERLAY, "settings": {"rich_action": "ignore"}}, "one of suppress, cap"),
    ],
)
def test_a_wrong_overlay_setting_is_refused_with_what_would_pass(
    chosen: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        FairValue(**chosen)
    assert words in str(refused.value)

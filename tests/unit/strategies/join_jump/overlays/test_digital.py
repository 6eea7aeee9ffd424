"""The digital-option overlay: CDF-1 to CDF-7, and its pure parts."""

import math
from decimal import Decimal
from typing import Any

import pytest

from tests.harness import SECOND, START, D, binary
from tests.unit.strategies.join_jump.pairs import Pair, kalshi_pair, no, yes
from tradewind.model.events import ReferencePrice
from tradewind.strategies.join_jump.overlays.digital import (
    DigitalFairValue,
    DigitalMemory,
    effective_minutes,
    probability_above,
    volatility,
)
from tradewind.strategies.join_jump.overlays.overlay import Look, Opinion

MINUTE = 60 * SECOND
FEED = "BTC/USD"


def _calm(sigma: float, px: float = 100_000.0, n: int = 30) -> list[float | None]:
    """Return closes whose returns alternate in sign and are all `sigma` in size."""
    return [px * math.exp(sigma * (index % 2)) for index in range(n)]


def _pair(minutes: float, settings: dict[str, Any], **parameters: Any) -> Pair:
    """Return a pair whose overlay knows a volatility of 0.0005 and whose market ends then."""
    pair = kalshi_pair(
        fair_value={"overlay": "digital_fair_value", "settings": {"reference": FEED, **settings}},
        rules={
            # The first look comes after one second.
            "close_ns": START + int(minutes * MINUTE) + SECOND,
            "strike": D(settings.pop("instrument_strike", "99800")),
        },
        **parameters,
    )
    memory = pair.maker.state.memory
    assert isinstance(memory, DigitalMemory)
    memory.closes = _calm(0.0005)
    _spot(pair)
    return pair


def _spot(pair: Pair, px: float = 100_000.0, confidence: float = 0.0) -> None:
    now = pair.bench.now
    pair.bench.feed(ReferencePrice(FEED, now, now, px, confidence))


def test_cdf_1_quotes_both_sides_of_the_probability() -> None:
    assert probability_above(1e5, 99_800.0, 0.0005, 15.0, 0.0) == pytest.approx(0.849166, abs=5e-7)
    pair = _pair(15, {"overlay_mode": "quote"})
    pair.books({"0.80": 100}, {"0.10": 100})
    pair.tick()
    assert pair.maker.opinion is not None
    assert pair.maker.opinion.legs[0].fv == pytest.approx(Decimal("0.849166"), abs=Decimal("1e-6"))
    assert pair.rows() == [yes(3, "0.82"), no(3, "0.13")]


@pytest.mark.parametrize(("one_sided", "rows"), [(False, []), (True, [no(3, "0.94")])])
def test_cdf_2_leaves_the_leg_below_the_least_price(one_sided: bool, rows: list[Any]) -> None:
    assert probability_above(1e5, 100_500.0, 0.0005, 30.0, 0.0) == pytest.approx(0.034185, abs=5e-7)
    settings = {"overlay_mode": "quote", "strike": "100500"}
    pair = _pair(30, settings, one_sided=one_sided)
    pair.books({"0.02": 100}, {"0.93": 100})
    pair.tick()
    assert pair.maker.opinion is not None
    assert pair.maker.opinion.legs[0].suppress
    assert pair.rows() == rows


def test_cdf_3_seeds_the_variance_with_the_first_squared_return() -> None:
    sigma, returns = volatility([100.0, 100.1, 100.05, 100.2, 100.15], 0.94, 0.0002)
    assert sigma == pytest.approx(0.000992229, abs=5e-10)
    assert returns == 4


def test_cdf_4_prices_a_range_as_a_difference() -> None:
    low = probability_above(1e5, 99_750.0, 0.0005, 30.0, 0.0)
    high = probability_above(1e5, 100_250.0, 0.0005, 30.0, 0.0)
    assert low == pytest.approx(0.819285, abs=5e-7)
    assert high == pytest.approx(0.180595, abs=5e-7)
    overlay = _overlay(strike_kind="between", strike="99750", strike_high="100250")
    fv = overlay.judge(_look(minutes=30)).legs[0].fv
    assert fv == pytest.approx(Decimal("0.638691"), abs=Decimal("1e-6"))


@pytest.mark.parametrize(
    ("bids", "rows"),
    [
        (("0.85", "0.10"), [yes(3, "0.82"), no(3, "0.10")]),
        (("0.80", "0.12"), [yes(3, "0.80"), no(3, "0.12")]),
    ],
    ids=["join above the cap", "join below the cap"],
)
def test_cdf_5_caps_the_join_price(bids: tuple[str, str], rows: list[Any]) -> None:
    pair = _pair(15, {"overlay_mode": "cap"})
    pair.books({bids[0]: 100}, {bids[1]: 100})
    pair.tick()
    assert pair.rows() == rows


def test_cdf_6_pulls_opening_orders_on_a_stale_reference_and_keeps_completing_ones() -> None:
    pair = _pair(60, {"overlay_mode": "cap", "strike": "100000"})
    pair.books({"0.44": 100}, {"0.46": 100})
    pair.tick()
    assert len(pair.rows()) == 2
    pair.tick(6)
    assert pair.rows() == []
    pair.tick(3)
    assert pair.rows() == []
    _spot(pair)
    pair.tick()
    assert len(pair.rows()) == 2
    pair.bench.fill(pair.order(pair.a))
    pair.tick(7)
    assert pair.rows() == [no(3, "0.46")]


def test_cdf_7_shortens_the_time_where_an_average_settles() -> None:
    assert effective_minutes(900.0, 60) == pytest.approx(14.3333, abs=5e-5)
    assert effective_minutes(60.0, 60) is None
    overlay = _overlay(strike="99800", settlement_average_s=60, overlay_mode="quote")
    legs = overlay.judge(_look(minutes=15)).legs
    assert legs[0].fv == pytest.approx(Decimal("0.854665"), abs=Decimal("1e-6"))
    assert [leg.quote for leg in legs] == [D("0.83"), D("0.12")]


def _overlay(**settings: Any) -> DigitalFairValue:
    memory = DigitalMemory(closes=_calm(0.0005))
    return DigitalFairValue({"reference": FEED, **settings}, memory)


def _look(minutes: float = 15.0, age_s: int = 0, *, quoted: bool = False, **more: Any) -> Look:
    rules = binary(close_ns=START + int(minutes * MINUTE), strike=D("99800"))
    reference = ReferencePrice(
        FEED, START, START - age_s * SECOND, more.get("px", 1e5), more.get("confidence", 0.0)
    )
    return Look(
        now_ns=START,
        tick_ns=SECOND,
        bids=(D("0.80"), D("0.10")),
        spread=D("0.10"),
        rules=rules if not more.get("swap") else (rules[1], rules[0]),
        price_min=D("0.03"),
        price_max=D("0.97"),
        quoted=quoted,
        reference=None if more.get("silent") else reference,
    )


@pytest.mark.parametrize(
    ("overlay", "seen", "why"),
    [
        (_overlay(), _look(silent=True), "no_reference"),
        (_overlay(), _look(age_s=6), "stale_reference"),
        (_overlay(), _look(confidence=101.0), "wide_reference"),
        (_overlay(), _look(minutes=1.9), "near_expiry"),
        (_overlay(settlement_average_s=200), _look(minutes=3), "averaging"),
        (_overlay(strike_kind="between"), _look(), "no_strike"),
    ],
)
def test_quotes_are_pulled_when_the_input_is_not_good_enough(
    overlay: DigitalFairValue, seen: Look, why: str
) -> None:
    opinion = overlay.judge(seen)
    assert {leg.why for leg in opinion.legs} == {why}
    assert all(leg.suppress for leg in opinion.legs)
    assert not opinion.allow_new_cycle


def test_twenty_returns_are_needed() -> None:
    overlay = _overlay()
    overlay.memory.closes = _calm(0.0005, n=20)
    assert overlay.judge(_look()).legs[0].why == "few_returns"
    overlay.memory.closes = _calm(0.0005, n=21)
    assert not overlay.judge(_look()).legs[0].suppress


def _fair(opinion: Opinion) -> Decimal:
    fv = opinion.legs[0].fv
    assert fv is not None
    return fv


def test_small_changes_do_not_move_live_orders() -> None:
    overlay = _overlay()
    first = _fair(overlay.judge(_look()))
    assert _fair(overlay.judge(_look(px=100_003.0, quoted=True))) == first
    assert _fair(overlay.judge(_look(px=100_060.0, quoted=True))) > first
    assert _fair(overlay.judge(_look(px=100_003.0))) != first


def test_the_no_leg_and_a_below_market_take_the_other_side() -> None:
    above = _fair(_overlay().judge(_look()))
    assert _fair(_overlay().judge(_look(swap=True))) == 1 - above
    assert _fair(_overlay(strike_kind="below").judge(_look())) == 1 - above


@pytest.mark.parametrize(
    ("spot", "chance"), [(101.0, 1.0), (99.0, 0.0), (100.0, 0.5)], ids=["above", "below", "equal"]
)
def test_at_expiry_the_outcome_is_known(spot: float, chance: float) -> None:
    assert probability_above(spot, 100.0, 0.0005, 0.0, 0.0) == chance


def test_a_minute_closes_with_the_first_price_of_a_later_one() -> None:
    overlay = _overlay()
    overlay.memory.closes = []
    for minute, px in ((0, 1.0), (0, 2.0), (1, 3.0), (1, 4.0), (3, 5.0), (4, 6.0)):
        ts = START + minute * MINUTE
        overlay.take(ReferencePrice(FEED, ts, ts, px))
    # Minute 2 is missing, so no return is made from 4 to 5.
    assert overlay.memory.closes == [2.0, 4.0, None, 5.0]
    assert volatility(overlay.memory.closes, 0.94, 0.0)[1] == 1


def test_history_warms_up_only_what_is_newer() -> None:
    overlay = _overlay()
    overlay.memory.closes = []
    overlay.warm_up([(START, 1.0), (START + MINUTE, 2.0)])
    overlay.warm_up([(START, 9.0), (START + 2 * MINUTE, 3.0)])
    assert overlay.memory.closes == [1.0, 2.0, 3.0]

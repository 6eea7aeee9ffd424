"""Size, guard prices and exposure against the worked numbers and against the grid."""

import random

import pytest

from tests.harness import D, perpetual
from tradewind.model.intents import Protection
from tradewind.strategies.dual_ema_short.risk import (
    GuardRules,
    exposure_allows,
    for_asset,
    guard_short,
    size_short,
)


@pytest.mark.parametrize(
    ("name", "tick", "step", "entry", "rules", "expected"),
    [
        ("the worked entry", "0.01", "0.01", "102.5", "1 3 1 2", "103.52 99.43 1.02 100.45"),
        ("bitcoin", "0.1", "0.001", "60000", "1 3 1 2", "60600 58200 600 58800"),
        ("a stop rounds down, a target up", "1", "1", "99", "1.5 5 2 3", "100 95 1 97"),
    ],
)
def test_guards_round_towards_the_entry(
    name: str, tick: str, step: str, entry: str, rules: str, expected: str
) -> None:
    stop, target, trailing, activation = (D(text) for text in expected.split())
    found = guard_short(
        perpetual("X", tick, step), D(entry), GuardRules(*(D(text) for text in rules.split()))
    )
    assert found == Protection(stop, target, trailing, activation), name


def test_no_trailing_distance_is_no_trailing_and_no_activation_starts_at_once() -> None:
    coin = perpetual()
    found = guard_short(coin, D(100), GuardRules(D(1), D(3), D(0), D(2)))
    assert (found.trailing, found.trailing_activation) == (None, None)
    found = guard_short(coin, D(100), GuardRules(D(1), D(3), D(1), D(0)))
    assert (found.trailing, found.trailing_activation) == (D(1), None)


@pytest.mark.parametrize(
    ("name", "px", "step", "terms", "expected"),
    [
        ("the worked entry", "102.5", "0.01", {}, "48.78"),
        ("bitcoin", "60000", "0.001", {}, "0.083"),
        ("below the venue's least", "60000", "0.001", {"min_qty": D("0.084")}, "0"),
        ("below the venue's notional", "60000", "0.001", {"min_notional": D(4981)}, "0"),
        ("above the venue's most", "60000", "0.001", {"max_qty": D("0.05")}, "0.05"),
        ("a contract of ten coins", "102.5", "0.01", {"multiplier": D(10)}, "4.87"),
    ],
)
def test_the_size_is_the_allocation_times_leverage_rounded_down(
    name: str, px: str, step: str, terms: dict[str, object], expected: str
) -> None:
    coin = perpetual("X", "0.01", step, **terms)
    found = size_short(coin, D(px), balance=D(10_000), allocation_pct=D(5), leverage=D(10))
    assert found == D(expected), name


def test_exposure_may_reach_its_limit() -> None:
    for held, allowed in (("16000", True), ("16000.01", False)):
        found = exposure_allows(
            held=D(held), notional=D(5_000), equity=D(10_000), max_exposure_pct=D(210)
        )
        assert found is allowed


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"BTC": D(1), "*": D(2)}, 1),
        ({"BTCUSDT": D(3), "BTC": D(1)}, 3),
        ({"BYBIT:BTCUSDT": D(4), "BTCUSDT": D(3)}, 4),
        ({"ETH": D(1), "*": D(2)}, 2),
        ({"ETH": D(1)}, 9),
    ],
)
def test_a_map_is_read_by_id_symbol_base_and_star(told: dict[str, object], expected: int) -> None:
    assert for_asset(told, perpetual("BTCUSDT"), D(9)) == expected  # type: ignore[arg-type]


def test_guards_always_stand_around_the_entry(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(500):
        coin = perpetual("X", dice.choice(["0.1", "0.01", "0.0001"]), "0.001")
        entry = D(dice.randint(1_000, 10_000_000)) / 1000 + 1
        rules = GuardRules(*(D(dice.randint(5, 200)) / 10 for _ in range(4)))
        found = guard_short(coin, entry, rules)
        assert found.stop is not None
        assert found.target is not None
        assert coin.on_grid(found.stop)
        assert coin.on_grid(found.target)
        assert found.stop - entry <= entry * rules.stop_loss_pct / 100
        assert entry - found.target <= entry * rules.take_profit_pct / 100
        assert found.target < entry

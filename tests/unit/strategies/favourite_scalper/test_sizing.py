"""The number of contracts against the worked numbers, and the caps that it never passes."""

import random
from decimal import Decimal

import msgspec
import pytest

from tests.harness import D
from tests.unit.strategies.favourite_scalper.test_prices import yes
from tradewind.strategies.favourite_scalper.filters import Plan
from tradewind.strategies.favourite_scalper.parameters import ScalperParameters
from tradewind.strategies.favourite_scalper.sizing import SizeRules, size_entry

RULES = SizeRules(
    **{name: ScalperParameters.parameters[name].default for name in SizeRules.__struct_fields__}
)
PLAN = Plan(D("0.92"), D("0.94"), D("0.90"))


@pytest.mark.parametrize(
    ("name", "exposure", "changes", "qty", "reject"),
    [
        ("the worked entry is floored below its cap", "0", {}, "1086", ""),
        ("what three positions leave", "2997.36", {}, "0", "exposure"),
        ("what the total leaves", "2900", {}, "108", ""),
        ("what the stop may cost", "0", {"risk_per_trade_pct": D("0.1")}, "500", ""),
        ("a share of the balance", "0", {"max_position_pct": D(5)}, "543", ""),
        ("too small to be worth it", "0", {"max_position_usd": D(49)}, "0", "size"),
        ("exactly the least", "0", {"min_position_usd": D("999.12")}, "1086", ""),
    ],
)
def test_the_size_is_the_smallest_of_risk_caps_and_room(
    name: str, exposure: str, changes: dict[str, Decimal], qty: str, reject: str
) -> None:
    rules = msgspec.structs.replace(RULES, **changes)
    found = size_entry(yes(), PLAN, balance=D(10_000), exposure=D(exposure), rules=rules)
    assert (found.qty, found.reject) == (D(qty), reject), name


def test_a_venue_minimum_is_never_rounded_up_to() -> None:
    least = msgspec.structs.replace(yes(), min_qty=D(2000))
    found = size_entry(least, PLAN, balance=D(10_000), exposure=D(0), rules=RULES)
    assert (found.qty, found.reject) == (D(0), "below_minimum")


def test_no_size_passes_a_cap(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(500):
        entry = D(dice.randint(50, 97)) / 100
        plan = Plan(entry, entry + D("0.02"), entry - D(dice.randint(1, 9)) / 100)
        balance = D(dice.randint(0, 50_000))
        exposure = D(dice.randint(0, 15_000))
        found = size_entry(yes(), plan, balance=balance, exposure=exposure, rules=RULES)
        cost = found.qty * entry
        assert found.qty >= 0
        assert bool(found.qty) is not bool(found.reject)
        assert cost <= min(balance / 10, D(1000))
        assert not found.qty or cost + exposure <= balance * 3 / 10
        assert found.qty * (entry - plan.stop) <= balance / 100

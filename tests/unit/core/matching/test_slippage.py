"""Slippage in ticks and basis points."""

import pytest

from tests.unit.core.matching.driving import YES, D, instrument
from tradewind.core.matching.slippage import Slippage
from tradewind.model.instrument import InstrumentKind


@pytest.mark.parametrize(
    ("name", "slippage", "buy", "sell"),
    [
        ("none", Slippage(), "100.04", "100.04"),
        ("ticks, off-grid prices go outwards", Slippage(ticks=1), "100.2", "99.9"),
        ("basis points", Slippage(bps=D(10)), "100.2", "99.9"),
        ("both", Slippage(ticks=1, bps=D(10)), "100.3", "99.8"),
    ],
)
def test_prices_get_worse_and_stay_on_the_grid(
    name: str, slippage: Slippage, buy: str, sell: str
) -> None:
    rules = instrument()
    assert slippage.worsen(rules, D("100.04"), buys=True) == D(buy), name
    assert slippage.worsen(rules, D("100.04"), buys=False) == D(sell), name


def test_binary_prices_stay_between_zero_and_one() -> None:
    rules = instrument(YES, InstrumentKind.BINARY)
    assert Slippage(ticks=5).worsen(rules, D("0.98"), buys=True) == 1
    assert Slippage(ticks=5).worsen(rules, D("0.02"), buys=False) == 0

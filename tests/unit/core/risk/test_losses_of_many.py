"""Among many open positions a look at one does not pay for all of them."""

import random
from decimal import Decimal
from typing import Any

import pytest

from tests.harness import perpetual
from tradewind.core.ledger.currency import Rates
from tradewind.core.market.market import Market
from tradewind.core.risk.losses import Breach, Key, LossScope, band, today
from tradewind.model.events import Quote
from tradewind.model.ids import NET, AccountId, Currency, InstanceId, InstrumentId
from tradewind.model.position import Position

A, S1, USDT = AccountId("A"), InstanceId("s1"), Currency("USDT")
ONE = Decimal(1)
RATES = Rates(USDT)


class Counted(dict[Key, Position]):
    """The positions of a scope; counts how often all of them were looked at."""

    whole = 0

    def items(self) -> Any:
        self.whole += 1
        return super().items()


def many(count: int) -> tuple[LossScope, dict[InstrumentId, Market]]:
    """Return a scope that holds ten units of so many instruments, each worth 100."""
    scope = LossScope("A", USDT, Decimal(2))
    scope.positions = Counted()
    markets = {}
    for number in range(count):
        rules = perpetual(f"C{number}USDT")
        market = markets[rules.id] = Market(rules)
        quote(market, Decimal(100))
        held = Position(A, rules.id, NET, S1, USDT, ONE, qty=Decimal(10), cost=Decimal(1000))
        scope.positions[(A, rules.id, NET, S1)] = held
    scope.open_day(Decimal(100 * count))
    return scope, markets


def quote(market: Market, px: Decimal) -> None:
    market.apply_quote(Quote(market.instrument.id, 0, 0, px, px, ONE, ONE))


@pytest.mark.parametrize("count", [10, 100, 1000])
def test_a_thousand_looks_rarely_add_everything_up_and_miss_no_breach(count: int) -> None:
    scope, markets = many(count)
    assert scope.limit is not None
    dice = random.Random(count)
    keys = list(scope.positions)
    bands = dict.fromkeys(keys, (Decimal("Infinity"), Decimal("-Infinity")))
    breached = False
    for _ in range(1000):
        key = dice.choice(keys)
        market = markets[InstrumentId(key[1])]
        px = market.top.bid + Decimal(dice.randint(-11, 10)) / 100
        quote(market, px)
        if bands[key][0] < px < bands[key][1]:
            continue
        found = band(scope, key, px, markets, RATES)
        if isinstance(found, Breach):
            breached = True
            break
        bands[key] = found
        if scope.shrunk:
            scope.shrunk = False
            bands = dict.fromkeys(keys, (Decimal("Infinity"), Decimal("-Infinity")))
    result = today(scope, markets, RATES)
    assert result is not None
    assert breached is (result < -scope.limit)
    assert isinstance(scope.positions, Counted)
    assert scope.positions.whole <= 20, "all positions were added up again and again"

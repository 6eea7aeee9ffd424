"""Fees of a market, by the published vectors, and as its body shows them."""

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.edge.simulators.kalshi.desk import START_NS, market
from tradewind.core.matching.fees import FeeInput
from tradewind.edge.simulators.kalshi.listing import EventTerms, SeriesTerms
from tradewind.edge.simulators.kalshi.markets import Market
from tradewind.model.order import Liquidity, Side

TAKER, MAKER = Liquidity.TAKER, Liquidity.MAKER
QUADRATIC, WITH_MAKER = "quadratic", "quadratic_with_maker_fees"
COMBO = "quadratic_with_combo_maker_fees"
DIRECT = Decimal("0.0001")


def made(fee_type: str, multiplier: str = "1", **more: Any) -> Market:
    series = SeriesTerms(
        ticker="KX", title="", category="", fee_type=fee_type, fee_multiplier=Decimal(multiplier)
    )
    event = EventTerms(event_ticker="KX-1", series_ticker="KX", title="")
    return Market(market(**more), event, series, "id")


@pytest.mark.parametrize(
    ("fee_type", "multiplier", "qty", "px", "liquidity", "fee"),
    [
        (QUADRATIC, "1", "1", "0.52", TAKER, "0.0175"),
        (QUADRATIC, "1", "1", "0.99", TAKER, "0.0007"),
        (QUADRATIC, "1", "100", "0.50", TAKER, "1.7500"),
        (QUADRATIC, "1", "100", "0.25", TAKER, "1.3125"),
        (QUADRATIC, "1", "7.77", "0.03", TAKER, "0.0159"),
        (QUADRATIC, "1", "12.5", "0.415", TAKER, "0.2125"),
        (QUADRATIC, "1", "100", "0.50", MAKER, "0"),
        (WITH_MAKER, "1", "100", "0.50", MAKER, "0.4375"),
        (COMBO, "1", "100", "0.50", MAKER, "0.8750"),
        (QUADRATIC, "0.5", "10", "0.42", TAKER, "0.0853"),
    ],
)
def test_a_fill_costs_what_the_schedule_says(
    fee_type: str, multiplier: str, qty: str, px: str, liquidity: Liquidity, fee: str
) -> None:
    model = made(fee_type, multiplier).fees(DIRECT, START_NS)
    paid = model.fee(FeeInput(Side.BUY, Decimal(qty), Decimal(px), liquidity, "o"), {})
    assert paid == Decimal(fee)


def test_a_waived_market_costs_nothing_until_the_waiver_ends() -> None:
    found = made(QUADRATIC, fee_waiver_ns=START_NS + 1)
    fill = FeeInput(Side.BUY, Decimal(1), Decimal("0.5"), TAKER, "o")
    assert found.fees(DIRECT, START_NS).fee(fill, {}) == 0
    assert found.fees(DIRECT, START_NS + 1).fee(fill, {}) > 0

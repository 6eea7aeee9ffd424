"""Expected fees per contract, beside the fee models that charge them."""

from decimal import Decimal

import pytest

from tests.harness import D, binary
from tradewind.core.matching.fees import FeeInput, fee_model
from tradewind.model.errors import ConfigError
from tradewind.model.order import Liquidity, Side
from tradewind.strategies.join_jump.fees import contract_fee

KALSHI = {"fee_type": "quadratic_with_maker_fees", "fee_multiplier": "1"}
MODELS: list[tuple[str, dict[str, str]]] = [
    ("none", {}),
    ("flat", {"maker_bps": "10", "taker_bps": "25"}),
    ("kalshi", KALSHI),
    ("kalshi", {**KALSHI, "fee_type": "quadratic", "fee_multiplier": "0.5"}),
    ("polymarket", {"rate": "0.072", "exponent": "1"}),
    ("polymarket", {"rate": "0.25", "exponent": "2", "builder_maker_bps": "5"}),
    ("limitless", {}),
    ("predictfun", {"fee_rate_bps": "200", "discount_bps": "1000"}),
]


@pytest.mark.parametrize(("name", "terms"), MODELS)
@pytest.mark.parametrize("taker", [False, True], ids=["maker", "taker"])
def test_the_expectation_is_what_the_fee_model_charges(
    name: str, terms: dict[str, str], taker: bool
) -> None:
    rules = binary(fee_model=name, fee_parameters=terms)[0]
    model = fee_model(name, **terms)
    side = Liquidity.TAKER if taker else Liquidity.MAKER
    for px in (D("0.03"), D("0.42"), D("0.50"), D("0.75"), D("0.97")):
        charged = model.fee(FeeInput(Side.BUY, D(300), px, side, "one"), {}) / 300
        expected = contract_fee(rules, px, D(300), taker=taker)
        assert abs(expected - charged) <= Decimal("0.000002")


def test_kalshi_rounds_small_orders_up() -> None:
    rules = binary(fee_model="kalshi", fee_parameters=KALSHI)[0]
    assert contract_fee(rules, D("0.52"), D(1), taker=True) == D("0.0175")


def test_an_unknown_fee_model_is_refused_with_a_way_out() -> None:
    with pytest.raises(ConfigError, match="set expected_fees"):
        contract_fee(binary(fee_model="bybit")[0], D("0.5"), D(1), taker=False)

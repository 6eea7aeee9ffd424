"""Rates: known, unknown, refused."""

import pytest

from tests.unit.core.ledger.samples import D
from tradewind.core.ledger.currency import Rates
from tradewind.model.errors import DataError
from tradewind.model.events import CurrencyRate
from tradewind.model.ids import Currency

USD, USDT, INR = Currency("USD"), Currency("USDT"), Currency("INR")


def test_the_reporting_currency_is_worth_one_and_nothing_else_is_known() -> None:
    rates = Rates(USD)
    assert rates.convert(D("12.5"), USD) == D("12.5")
    # No parity is assumed, not even for a stablecoin.
    assert rates.convert(D("12.5"), USDT) is None
    assert rates.rate(INR) is None


def test_the_last_rate_counts() -> None:
    rates = Rates(USD)
    rates.apply(CurrencyRate(USDT, D("0.9998"), 1))
    rates.apply(CurrencyRate(USDT, D("1.0002"), 2))
    assert rates.convert(D(100), USDT) == D("100.02")
    assert rates.rate(USDT) == D("1.0002")


@pytest.mark.parametrize(
    ("currency", "rate"),
    [
        pytest.param(INR, "0", id="zero"),
        pytest.param(INR, "-1", id="negative"),
        pytest.param(INR, "Infinity", id="infinite"),
        pytest.param(INR, "NaN", id="no number"),
        pytest.param(USD, "1.1", id="the reporting currency against itself"),
    ],
)
def test_a_senseless_rate_is_refused_and_changes_nothing(currency: Currency, rate: str) -> None:
    rates = Rates(USD)
    with pytest.raises(DataError, match="give a positive rate"):
        rates.apply(CurrencyRate(currency, D(rate), 1))
    assert rates.rate(USD) == 1
    assert rates.rate(INR) is None

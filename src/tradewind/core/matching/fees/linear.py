"""What Bybit and Zerodha charge: shares of the turnover."""

from decimal import Decimal

import msgspec

from tradewind.core.matching.fees.schedule import (
    FeeInput,
    FeeMemory,
    Number,
    SettleCurrencyOnly,
    choice,
    remember,
)
from tradewind.model.money import ONE, ZERO, decimal
from tradewind.model.order import Liquidity, Side


class BybitFees:
    """Bybit linear and spot: executed value times the account's rate (a fraction, 0.00055).

    Spot buys pay in the base asset and sells in quote; under a negative maker rate maker buys
    are credited in quote and maker sells in base. `gst_rate` is what Indian accounts pay on top,
    as a fraction of a positive fee. Nothing is rounded. Source: Bybit API
    documentation v5, execution stream and fee rate, state of 2026-07-24.
    """

    __slots__ = ("_gst", "_maker", "_spot", "_taker")

    def __init__(
        self, *, category: str, maker_rate: Number, taker_rate: Number, gst_rate: Number = 0
    ) -> None:
        self._spot = choice("Bybit category", category, {"linear": False, "spot": True})
        self._maker = decimal(maker_rate, "maker_rate")
        self._taker = decimal(taker_rate, "taker_rate")
        self._gst = ONE + decimal(gst_rate, "gst_rate")

    def fee(self, fill: FeeInput, memory: FeeMemory) -> Decimal:
        """Return the execution fee with its tax."""
        return fill.qty * fill.px * fill.multiplier * self._rate(fill)

    def withheld_qty(self, fill: FeeInput) -> Decimal:
        """Return the fee in base units where spot takes or credits it there."""
        if not self._spot:
            return ZERO
        rate = self._rate(fill)
        in_base = Side.SELL if rate < 0 else Side.BUY
        return fill.qty * rate if fill.side is in_base else ZERO

    def _rate(self, fill: FeeInput) -> Decimal:
        rate = self._maker if fill.liquidity is Liquidity.MAKER else self._taker
        return rate * self._gst if rate > 0 else rate


class KiteCharges(msgspec.Struct, frozen=True, gc=False):
    """The legs of one fill's charges in INR, by the words of the venue's contract note."""

    brokerage: Decimal
    transaction_tax: Decimal
    exchange_turnover_charge: Decimal
    sebi_turnover_charge: Decimal
    stamp_duty: Decimal
    gst: Decimal

    @property
    def total(self) -> Decimal:
        """Return the sum of the legs."""
        return (
            self.brokerage
            + self.transaction_tax
            + self.exchange_turnover_charge
            + self.sebi_turnover_charge
            + self.stamp_duty
            + self.gst
        )


class _KiteRates(msgspec.Struct, frozen=True):
    """Fractions of turnover; brokerage stops at a cap per order, and None charges the cap."""

    brokerage: Decimal | None
    brokerage_cap: Decimal
    tax_buy: Decimal
    tax_sell: Decimal
    exchange: Decimal
    stamp_buy: Decimal


_SEBI = Decimal("0.000001")
_GST = Decimal("0.18")
_KITE_SEGMENTS = {
    segment: _KiteRates(
        brokerage=None if brokerage is None else Decimal(brokerage),
        brokerage_cap=Decimal(cap),
        tax_buy=Decimal(tax_buy),
        tax_sell=Decimal(tax_sell),
        exchange=Decimal(exchange),
        stamp_buy=Decimal(stamp_buy),
    )
    for segment, brokerage, cap, tax_buy, tax_sell, exchange, stamp_buy in (
        ("delivery", "0", "0", "0.001", "0.001", "0.0000307", "0.00015"),
        ("intraday", "0.0003", "20", "0", "0.00025", "0.0000307", "0.00003"),
        ("futures", "0.0003", "20", "0", "0.0005", "0.0000183", "0.00002"),
        ("options", None, "20", "0", "0.0015", "0.0003553", "0.00003"),
    )
}
_KITE_PRODUCTS = {"CNC": "delivery", "MIS": "intraday"}


class KiteFees(SettleCurrencyOnly):
    """Zerodha on NSE, financial year 2026-27: brokerage, STT, exchange, SEBI, stamp duty, GST.

    `segment` is `delivery`, `intraday`, `futures` or `options`; `equity` takes the first two from
    each fill's product (CNC, MIS). Brokerage is owed per order, so partial fills share its cap.
    The page states no rounding and none is done; contract notes round a day's taxes. The tax on
    exercised options is no part of a fill. Source: Zerodha's list of charges for the financial
    year from 2026-04-01, read 2026-11-20.
    """

    __slots__ = ("_rates",)

    def __init__(self, *, segment: str) -> None:
        choices = {**_KITE_SEGMENTS, "equity": None}
        self._rates = choice("Kite segment", segment, choices)

    def fee(self, fill: FeeInput, memory: FeeMemory) -> Decimal:
        """Return the sum of all charges in INR."""
        return self.charges(fill, memory).total

    def charges(self, fill: FeeInput, memory: FeeMemory) -> KiteCharges:
        """Return the charges leg by leg; raises ConfigError for an equity product not known."""
        rates = self._rates
        if rates is None:
            rates = _KITE_SEGMENTS[choice("Kite product", fill.product, _KITE_PRODUCTS)]
        buy = fill.side is Side.BUY
        turnover = fill.qty * fill.px * fill.multiplier
        brokerage = _order_brokerage(rates, turnover, fill.order_key, memory)
        exchange, sebi = turnover * rates.exchange, turnover * _SEBI
        return KiteCharges(
            brokerage=brokerage,
            transaction_tax=turnover * (rates.tax_buy if buy else rates.tax_sell),
            exchange_turnover_charge=exchange,
            sebi_turnover_charge=sebi,
            stamp_duty=turnover * rates.stamp_buy if buy else ZERO,
            gst=(brokerage + exchange + sebi) * _GST,
        )


def _order_brokerage(rates: _KiteRates, turnover: Decimal, key: str, memory: FeeMemory) -> Decimal:
    charged = memory.get(key, ZERO)
    left = rates.brokerage_cap - charged
    brokerage = left if rates.brokerage is None else min(turnover * rates.brokerage, left)
    remember(memory, key, charged + brokerage)
    return brokerage

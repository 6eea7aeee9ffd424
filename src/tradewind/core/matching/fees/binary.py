"""What the prediction markets charge: curves over a price between 0 and 1."""

import itertools
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from tradewind.core.matching.fees.schedule import (
    BPS,
    FeeInput,
    FeeMemory,
    Number,
    SettleCurrencyOnly,
    choice,
    remember,
    whole_number,
)
from tradewind.model.errors import ConfigError
from tradewind.model.money import ONE, ZERO, decimal
from tradewind.model.order import Liquidity, Side

_CENT = Decimal("0.01")
_CENTICENT = Decimal("0.0001")
_KALSHI_TYPES = {
    "quadratic": (Decimal("0.07"), ZERO),
    "quadratic_with_maker_fees": (Decimal("0.07"), Decimal("0.0175")),
    "quadratic_with_combo_maker_fees": (Decimal("0.07"), Decimal("0.035")),
}
"""(taker, maker) coefficient by `fee_type`; `flat` follows a table that no formula gives."""


class KalshiFees(SettleCurrencyOnly):
    """Kalshi: coefficient x contracts x P x (1 - P) in dollars, then two roundings and a rebate.

    The trade fee is rounded up to 0.0001. The balance is rounded down to `balance_precision`
    (0.0001 for direct members, 0.01 through an intermediary); what that costs adds up per order,
    taker and maker fills alike, and beyond one cent a cent comes back. A rebate that would make
    a fill's fee negative waits for the next fill. `fee_multiplier` is the series', or the
    event's where it overrides. Source: fee schedule of 2026-02-05 and the page
    on fee rounding, docs.kalshi.com, read 2026-08.
    """

    __slots__ = ("_maker", "_precision", "_taker")

    def __init__(
        self, *, fee_type: str, fee_multiplier: Number, balance_precision: Number = "0.0001"
    ) -> None:
        taker, maker = choice("Kalshi fee_type", fee_type, _KALSHI_TYPES)
        multiplier = decimal(fee_multiplier, "fee_multiplier")
        self._taker = taker * multiplier
        self._maker = maker * multiplier
        self._precision = decimal(balance_precision, "balance_precision")
        if self._precision not in (_CENT, _CENTICENT):
            raise ConfigError(
                f"Built the Kalshi fees, found balance_precision {balance_precision}; "
                f"use 0.0001 or 0.01."
            )

    def fee(self, fill: FeeInput, memory: FeeMemory) -> Decimal:
        """Return trade fee plus rounding fee less rebate; never negative."""
        coefficient = self._maker if fill.liquidity is Liquidity.MAKER else self._taker
        exact = coefficient * fill.qty * fill.px * (ONE - fill.px)
        trade_fee = exact.quantize(_CENTICENT, ROUND_CEILING)
        # The cash of a NO fill differs from its YES mirror's by whole hundredths of a dollar
        # (contracts come in hundredths), so what is rounded away is the same.
        change = -fill.side.sign * fill.qty * fill.px - trade_fee
        rounding = change - change.quantize(self._precision, ROUND_FLOOR)
        return self._rebated(trade_fee + rounding, rounding, fill.order_key, memory)

    def _rebated(self, fee: Decimal, rounding: Decimal, key: str, memory: FeeMemory) -> Decimal:
        overpaid = memory.get(key, ZERO) + rounding
        if overpaid > _CENT and fee >= _CENT:
            overpaid -= _CENT
            fee -= _CENT
        remember(memory, key, overpaid)
        return fee


_PUSD = Decimal("0.00001")


class PolymarketFees(SettleCurrencyOnly):
    """Polymarket: the taker pays shares x rate x (p x (1 - p))**exponent in pUSD.

    Rounded to 5 decimals, half up; less than 0.00001 is nothing. `rate` and `exponent` are the
    market's own fee details. A builder code adds a flat share of the notional, rounded alike.
    Makers' daily rebates are no part of a fill. Source:
    docs.polymarket.com, trading fees, read 2026-08.
    """

    __slots__ = ("_builder_maker", "_builder_taker", "_exponent", "_rate")

    def __init__(
        self,
        *,
        rate: Number,
        exponent: Number = 1,
        builder_maker_bps: Number = 0,
        builder_taker_bps: Number = 0,
    ) -> None:
        self._rate = decimal(rate, "rate")
        self._exponent = whole_number(exponent, "exponent")
        self._builder_maker = decimal(builder_maker_bps, "builder_maker_bps") * BPS
        self._builder_taker = decimal(builder_taker_bps, "builder_taker_bps") * BPS

    def fee(self, fill: FeeInput, memory: FeeMemory) -> Decimal:
        """Return the taker's fee plus the builder's."""
        notional = fill.qty * fill.px
        if fill.liquidity is Liquidity.MAKER:
            return _pusd(notional * self._builder_maker)
        curve = (fill.px * (ONE - fill.px)) ** self._exponent
        return _pusd(fill.qty * self._rate * curve) + _pusd(notional * self._builder_taker)


def _pusd(amount: Decimal) -> Decimal:
    return amount.quantize(_PUSD, ROUND_HALF_UP) if amount >= _PUSD else ZERO


LIMITLESS_BUY_CURVE = "0:300 0.5:300 0.99:40"
LIMITLESS_SELL_CURVE = "0:42 0.5:150 1:42"
_Knot = tuple[Decimal, Decimal]


class LimitlessFees:
    """Limitless: the taker pays a share of what it receives, shares on BUY and USDC on SELL.

    The venue publishes bounds, not the formula. The default curves are our model of them:
    `price:basis_points` knots, straight lines between, the last line continued. Amounts are in
    raw units of 1e-6, rounded down. Each fill is charged at its own price, where the venue takes
    the size-weighted price of the taker's order. Source: docs.limitless.exchange,
    fees, with the changelog to 2026-10-02.
    """

    __slots__ = ("_buy", "_sell")

    def __init__(
        self, *, buy_curve: str = LIMITLESS_BUY_CURVE, sell_curve: str = LIMITLESS_SELL_CURVE
    ) -> None:
        self._buy = _curve("buy_curve", buy_curve)
        self._sell = _curve("sell_curve", sell_curve)

    def fee(self, fill: FeeInput, memory: FeeMemory) -> Decimal:
        """Return the USDC charged, or the value of the shares withheld."""
        if fill.liquidity is Liquidity.MAKER:
            return ZERO
        if fill.side is Side.BUY:
            return self.withheld_qty(fill) * fill.px
        return _curve_share(fill.qty * fill.px, fill.px, self._sell)

    def withheld_qty(self, fill: FeeInput) -> Decimal:
        """Return the shares that a buying taker does not get."""
        if fill.liquidity is Liquidity.MAKER or fill.side is Side.SELL:
            return ZERO
        return _curve_share(fill.qty, fill.px, self._buy)


def _curve(what: str, text: str) -> tuple[_Knot, ...]:
    knots = []
    for knot in text.split():
        price, _, bps = knot.partition(":")
        knots.append((decimal(price, what), decimal(bps, what)))
    if len(knots) < 2 or any(a[0] >= b[0] for a, b in itertools.pairwise(knots)):
        raise ConfigError(
            f"Read the Limitless {what}, found {text!r}; "
            f'give two or more rising knots such as "0:300 0.5:300 0.99:40".'
        )
    return tuple(knots)


def _curve_share(amount: Decimal, px: Decimal, curve: tuple[_Knot, ...]) -> Decimal:
    line = 1
    while line < len(curve) - 1 and px > curve[line][0]:
        line += 1
    (start, from_bps), (end, to_bps) = curve[line - 1], curve[line]
    run = end - start
    raw = amount.scaleb(6).to_integral_value(ROUND_FLOOR)
    # One division, at the end: the basis points themselves are not rounded.
    share = raw * (from_bps * run + (to_bps - from_bps) * (px - start)) // (run * 10_000)
    return share.scaleb(-6)


_WEI = 10**18


class PredictFunFees:
    """Predict.fun: the taker pays shares x rate x min(p, 1 - p), from what it receives.

    BUY in shares (the value divided by p), SELL in USDT; integers of 1e-18, rounded down.
    `fee_rate_bps` is the market's, `discount_bps` the wallet's (a 10 % referral is 1000).
    Source: dev.predict.fun, fees, read 2026-11.
    """

    __slots__ = ("_rate",)

    def __init__(self, *, fee_rate_bps: Number, discount_bps: Number = 0) -> None:
        discount = whole_number(discount_bps, "discount_bps")
        self._rate = whole_number(fee_rate_bps, "fee_rate_bps") * (10_000 - discount)

    def fee(self, fill: FeeInput, memory: FeeMemory) -> Decimal:
        """Return the USDT charged, or the value of the shares withheld."""
        if fill.liquidity is Liquidity.MAKER:
            return ZERO
        if fill.side is Side.BUY:
            return self.withheld_qty(fill) * fill.px
        return self._share(fill, _WEI)

    def withheld_qty(self, fill: FeeInput) -> Decimal:
        """Return the shares that a buying taker does not get."""
        if fill.liquidity is Liquidity.MAKER or fill.side is Side.SELL:
            return ZERO
        return self._share(fill, int(fill.px.scaleb(18)))

    def _share(self, fill: FeeInput, per: int) -> Decimal:
        px = int(fill.px.scaleb(18))
        wei = int(fill.qty.scaleb(18)) * self._rate * min(px, _WEI - px) // (per * 10**8)
        return Decimal(wei).scaleb(-18)

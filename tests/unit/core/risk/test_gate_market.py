"""Market orders become protected limits before anything else is checked."""

import pytest

from tests.harness import D, account, binary, perpetual
from tests.unit.core.hand import (
    BTC,
    BUY,
    SELL,
    denial,
    place,
    scene,
    stage,
)
from tradewind.model.order import OrderType, Side, TimeInForce

YES, NO = binary()


@pytest.mark.parametrize(
    ("side", "limit", "bid", "offer"),
    [(BUY, "251.25", "249.95", "250.00"), (SELL, "248.75", "250.00", "250.05")],
)
def test_gk_1_a_market_order_becomes_a_limit_half_a_percent_beyond_the_last_price(
    side: Side, limit: str, bid: str, offer: str
) -> None:
    stock = perpetual("STOCK", tick="0.05")
    bench = stage(account(), instruments=(stock,))
    bench.quote(stock, bid, offer)
    bench.trade(stock, "250.00")
    order = place(bench, side, "1", instrument=stock)
    assert (order.px, order.spec.order_type, order.spec.tif) == (
        D(limit),
        OrderType.LIMIT,
        TimeInForce.IOC,
    )


MARKETS = [
    # last print, bid, ask, buy limit, sell limit: from the touch where that lies further
    (None, "99.0", "101.0", "101.6", "98.5"),
    ("100", "99.9", "104.0", "104.6", "99.4"),
    ("100", "95.0", "100.1", "100.7", "94.5"),
]


@pytest.mark.parametrize(("last", "bid", "ask_px", "buys", "sells"), MARKETS)
def test_the_limit_of_a_market_order_reaches_the_touch_and_rounds_outwards(
    last: str | None, bid: str, ask_px: str, buys: str, sells: str
) -> None:
    bench = scene()
    if last is not None:
        bench.trade(BTC, last)
    bench.quote(BTC, bid, ask_px)
    for side, px in ((BUY, buys), (SELL, sells)):
        order = place(bench, side, "1")
        assert order.px == D(px)
        bench.cancelled(order)


def test_a_market_order_on_a_binary_stays_between_nothing_and_one() -> None:
    bench = stage(account(venue="KALSHI"), instruments=(YES,))
    bench.quote(YES, "0.01", "0.99")
    for side, px in ((BUY, "0.99"), (SELL, "0.01")):
        order = place(bench, side, "1", instrument=YES)
        assert order.px == D(px)
        bench.cancelled(order)


def test_its_own_slippage_bound_overrides_the_desks() -> None:
    bench = scene()
    bench.quote(BTC, "99.9", "100.0")
    bench.trade(BTC, "100")
    assert place(bench, BUY, "1", max_slippage=D(2)).px == D("102.0")


def test_a_market_order_without_any_price_is_denied() -> None:
    bench = scene()
    bench.quote(BTC, "99", "0", ask_qty="0")
    assert denial(bench, BUY, "1").rule == "no_price"
    bench.trade(BTC, "100")
    place(bench, BUY, "1")

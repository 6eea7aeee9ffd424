"""What no venue could take: prices off the tick, quantities off the step, too small, too big."""

from decimal import Decimal
from typing import Any

import pytest

from tests.harness import D, account, binary, perpetual
from tests.unit.core.hand import (
    BTC,
    BUY,
    denial,
    place,
    scene,
    stage,
)
from tradewind.model.instrument import Instrument
from tradewind.model.order import OrderType

SMALL = perpetual("SMALL", min_qty=D("0.01"), max_qty=D(5), min_notional=D(10))
YES, NO = binary()

GRID: list[tuple[Instrument, dict[str, Any], str, list[dict[str, Any]]]] = [
    # instrument, what is asked, rule, what would pass
    (BTC, {"qty": "1", "px": "99.05"}, "tick", [{"px": "99.0"}, {"px": "99.1"}]),
    (BTC, {"qty": "1", "px": "0.05"}, "tick", [{"px": "0.1"}]),
    (BTC, {"qty": "1", "px": "-5"}, "price_range", [{"px": "5"}]),
    (BTC, {"qty": "1", "px": "0"}, "price_range", [{"px": "5"}]),
    (BTC, {"qty": "1.0005", "px": "99"}, "qty_step", [{"qty": "1.000"}]),
    (BTC, {"qty": "0.0005", "px": "99"}, "qty_step", [{"qty": "0.001"}]),
    (BTC, {"qty": "0", "px": "99"}, "qty_positive", [{"qty": "0.001"}]),
    (BTC, {"qty": "-1", "px": "99"}, "qty_positive", [{"qty": "0.001"}]),
    (SMALL, {"qty": "0.005", "px": "5000"}, "below_minimum", [{"qty": "0.01"}]),
    (SMALL, {"qty": "0.01", "px": "99"}, "below_minimum", [{"qty": "0.11"}]),
    (SMALL, {"qty": "6", "px": "99"}, "above_maximum", [{"qty": "5"}]),
    (YES, {"qty": "1", "px": "1"}, "price_range", [{"px": "0.99"}]),
    (YES, {"qty": "1", "px": "0"}, "price_range", [{"px": "0.01"}]),
    (YES, {"qty": "1", "px": "0.425"}, "tick", [{"px": "0.42"}, {"px": "0.43"}]),
    (YES, {"qty": "1", "px": "0.995"}, "tick", [{"px": "0.99"}]),
    (YES, {"qty": "1.5", "px": "0.42"}, "qty_step", [{"qty": "1"}]),
    (
        BTC,
        {"qty": "1", "trigger_px": "95.05", "order_type": OrderType.STOP},
        "tick",
        [{"trigger_px": D("95.0")}, {"trigger_px": D("95.1")}],
    ),
    (BTC, {"qty": "1", "order_type": OrderType.LIMIT}, "price_missing", [{"px": "99"}]),
    (BTC, {"qty": "1", "order_type": OrderType.STOP}, "trigger_missing", [{"trigger_px": D(95)}]),
    (
        BTC,
        {"qty": "1", "px": "99", "order_type": OrderType.LIMIT, "trigger_px": D(95)},
        "trigger_px",
        [{"order_type": OrderType.STOP_LIMIT}],
    ),
]


@pytest.mark.parametrize(("instrument", "asked", "rule", "passing"), GRID)
def test_what_is_off_the_grid_is_denied_and_what_the_denial_says_passes(
    instrument: Instrument, asked: dict[str, Any], rule: str, passing: list[dict[str, Any]]
) -> None:
    venue = "KALSHI" if instrument.venue == "KALSHI" else "BYBIT"
    bench = stage(account(venue=venue), instruments=(instrument,))
    terms = {"instrument": instrument, **asked}
    if isinstance(terms.get("trigger_px"), str):
        terms["trigger_px"] = D(terms["trigger_px"])
    found = denial(bench, BUY, **terms)
    assert found.rule == rule
    for change in passing:
        value = str(next(iter(change.values())))
        if rule in ("tick", "qty_step", "qty_positive") or "px" not in change:
            words = found.passes.split(" or ") + found.passes.split()
            named = [word for word in words if _same(word, value)]
            assert named or rule in (
                "below_minimum",
                "price_missing",
                "trigger_missing",
                "trigger_px",
            )
        place(bench, BUY, **{**terms, **change})


def _same(word: str, value: str) -> bool:
    try:
        return Decimal(word) == Decimal(value)
    except ArithmeticError:
        return False


def test_an_off_tick_price_is_denied_with_its_two_neighbours() -> None:
    found = denial(scene(), BUY, "1", "99.05")
    assert (found.rule, found.passes) == ("tick", "99.0 or 99.1")


def test_a_banded_grid_knows_the_tick_at_each_price() -> None:
    from tradewind.model.instrument import TickBand

    bands = (
        TickBand(D(0), D("0.10"), D("0.001")),
        TickBand(D("0.10"), D("0.90"), D("0.01")),
        TickBand(D("0.90"), D("Infinity"), D("0.001")),
    )
    yes, _ = binary("M9", ticks=bands)
    bench = stage(account(venue="KALSHI"), instruments=(yes,))
    place(bench, BUY, "1", "0.095", instrument=yes)
    place(bench, BUY, "1", "0.905", instrument=yes, reason="other")
    found = denial(bench, BUY, "1", "0.455", instrument=yes)
    assert found.passes == "0.45 or 0.46"

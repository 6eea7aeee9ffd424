"""Prices of entry, target, stop and exit against the worked numbers and against the grid."""

import random

import pytest

from tests.harness import D, binary
from tradewind.model.instrument import Instrument, TickBand, single_tick
from tradewind.strategies.favourite_scalper.prices import (
    break_even_win_rate,
    entry_px,
    exit_px,
    net_profit,
    quadratic_fee,
    stop_px,
    target_px,
)


def yes(ticks: tuple[TickBand, ...] = single_tick(D("0.01"))) -> Instrument:
    return binary("RAIN", ticks=ticks)[0]


FINE_AT_THE_ENDS = (
    TickBand(low=D(0), high=D("0.10"), tick=D("0.001")),
    TickBand(low=D("0.10"), high=D("0.90"), tick=D("0.01")),
    TickBand(low=D("0.90"), high=D(1), tick=D("0.001")),
)


@pytest.mark.parametrize(
    ("name", "ask", "improve", "over", "expected"),
    [
        ("at the ask", "0.92", 0, "2", "0.92"),
        ("one tick above it", "0.92", 1, "2", "0.93"),
        ("capped two percent above, rounded down", "0.92", 2, "2", "0.93"),
        ("a cap of nothing leaves the ask", "0.92", 2, "0", "0.92"),
    ],
)
def test_the_entry_stands_at_the_ask_or_so_many_ticks_above(
    name: str, ask: str, improve: int, over: str, expected: str
) -> None:
    found = entry_px(yes(), D(ask), improve_ticks=improve, max_over_ask_pct=D(over))
    assert found == D(expected), name


@pytest.mark.parametrize(
    ("entry", "target", "stop"),
    [
        ("0.92", "0.94", "0.90"),
        ("0.85", "0.87", "0.83"),
        ("0.50", "0.51", "0.48"),
        ("0.915", "0.94", "0.89"),
    ],
)
def test_target_and_stop_round_away_from_chance(entry: str, target: str, stop: str) -> None:
    assert target_px(yes(), D(entry), D(2)) == D(target)
    assert stop_px(yes(), D(entry), stop_loss_pct=D(1), min_ticks=2) == D(stop)


def test_a_target_never_reaches_the_payout() -> None:
    assert target_px(yes(), D("0.98"), D(20)) == D("0.99")
    assert target_px(yes(FINE_AT_THE_ENDS), D("0.98"), D(20)) == D("0.999")


@pytest.mark.parametrize(
    ("bid", "expected"), [("0.90", "0.85"), ("0.93", "0.88"), ("0.01", "0.01"), ("0.02", "0.01")]
)
def test_a_forced_sell_stands_below_the_bid_but_at_least_a_tick(bid: str, expected: str) -> None:
    assert exit_px(yes(), D(bid), D(5)) == D(expected)


def test_fees_are_quadratic_and_the_net_is_that_of_the_worked_example() -> None:
    assert quadratic_fee(D("0.92")) == D("0.005152")
    assert quadratic_fee(D("0.92"), D(0)) == 0
    assert quadratic_fee(D("0.50")) == max(quadratic_fee(D(n) / 100) for n in range(1, 100))
    net = net_profit(D("0.92"), D("0.94"), taker_coefficient=D("0.07"), maker_coefficient=D(0))
    assert net == D("0.014848")


def test_the_break_even_win_rate_is_that_of_the_worked_example() -> None:
    assert round(break_even_win_rate(D("16.12"), D("34.17")), 2) == D("0.68")


def test_every_price_lies_on_the_grid_and_on_its_side(seed: int) -> None:
    dice = random.Random(seed)
    for ticks in (single_tick(D("0.01")), single_tick(D("0.001")), FINE_AT_THE_ENDS):
        instrument = yes(ticks)
        for _ in range(300):
            average = D(dice.randint(500, 970)) / 1000 + D(dice.randint(0, 99)) / 100_000
            profit = D(dice.randint(1, 200)) / 10
            target = target_px(instrument, average, profit)
            stop = stop_px(instrument, average, stop_loss_pct=profit, min_ticks=2)
            leave = exit_px(instrument, stop, D(5))
            assert all(instrument.on_grid(px) for px in (target, stop, leave))
            assert 0 < leave <= stop < average < target < 1

"""How one value looks."""

from decimal import Decimal

import pytest

from tradewind.cli.drawing.figures import (
    BLUE,
    ORANGE,
    age,
    average,
    crop,
    gauge,
    holding,
    money,
    name,
    price,
    quantity,
    spark,
    venue,
)

D = Decimal


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("short", 10, "short"),
        ("exactly", 7, "exactly"),
        ("a long text", 6, "a lon…"),
        ("RAINTOMORROW-0001:YES", 14, "RAINTOMOR…:YES"),
        ("RAINTOMORROW-0001:NO", 10, "RAINTO…:NO"),
        ("anything", 1, "a"),
        ("anything", 0, ""),
    ],
)
def test_a_text_is_cut_where_it_says_least(text: str, width: int, shown: str) -> None:
    assert len(crop(text, width)) <= width
    assert crop(text, width) == shown


@pytest.mark.parametrize(
    ("value", "shown", "style"),
    [
        (D("1234.567"), "+1,234.57", BLUE),
        (D("-0.5"), "−0.50", ORANGE),
    ],
)
def test_money_says_by_sign_what_it_says_by_colour(value: Decimal, shown: str, style: str) -> None:
    assert money(value) == (shown, style)


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (money(D("0.001"))[0], "0.00"),
        (money(None)[0], "–"),
        (price(D("64000"), D("0.1")), "64000.0"),
        (price(D("0.5"), None), "0.5"),
        (price(None, D("0.1")), "–"),
        (average(D("0.123456"), D("0.01")), "0.1235"),
        (quantity(D("1000.50")), "1,000.5"),
        (quantity(D(0)), "0"),
        (holding(D("-3")), "−3"),
        (holding(D("3.10")), "+3.1"),
        (age(999), "999ms"),
        (age(59_000), "59s"),
        (age(3_599_000), "59m"),
        (age(7_200_000), "2h"),
        (name("BYBIT:BTCUSDT"), "BTCUSDT"),
        (name("KALSHI:M1:YES"), "M1:YES"),
        (venue("SIM-KALSHI:M1:YES"), "KAL"),
    ],
)
def test_a_figure_reads_well(made: str, shown: str) -> None:
    assert made == shown


def test_a_curve_goes_from_lowest_to_highest() -> None:
    assert spark([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 8) == "▁▂▃▄▅▆▇█"
    assert spark([5.0, 5.0], 4) == "▁▁▁▁"
    assert spark([], 8) == spark([1.0], 8) == ""


@pytest.mark.parametrize(
    ("used", "bound", "full", "style"),
    [
        (0, 10, 0, BLUE),
        (5, 10, 5, BLUE),
        (7, 10, 7, ORANGE),
        (99, 10, 10, ORANGE),
        (0, 0, 10, ORANGE),
    ],
)
def test_a_gauge_turns_orange_before_it_is_full(
    used: int, bound: int, full: int, style: str
) -> None:
    filled, empty, colour = gauge(D(used), D(bound), 10)
    assert (len(filled), len(filled) + len(empty), colour) == (full, 10, style)

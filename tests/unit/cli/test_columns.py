"""Plain tables and figures."""

from decimal import Decimal

import pytest

from tradewind.cli.columns import clock, money, number, print_table, signed


@pytest.mark.parametrize(
    ("call", "value", "text"),
    [
        (number, Decimal("1.500"), "1.5"),
        (number, Decimal("1E+3"), "1000"),
        (number, Decimal("0E-8"), "0"),
        (number, None, "–"),
        (signed, Decimal("2.0"), "+2"),
        (signed, Decimal("-0.10"), "-0.1"),
        (signed, Decimal(0), "0"),
        (money, Decimal("1234.567"), "+1,234.57"),
        (money, Decimal("-0.004"), "-0.00"),
        (money, Decimal(0), "0.00"),
        (money, None, "–"),
        (clock, 0, "–"),
        (clock, 1_767_225_600_123_456_789, "2026-01-01 00:00:00.123"),
    ],
)
def test_a_figure_reads_well(call: object, value: object, text: str) -> None:
    assert call(value) == text  # type: ignore[operator]


def test_columns_are_aligned_and_numbers_stand_right(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME", "PAID_OUT"), [("a", "1"), ("long", "10000000")], right="PAID_OUT")
    assert capsys.readouterr().out == "NAME  PAID OUT\na            1\nlong  10000000\n"


def test_no_rows_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME",), [])
    assert capsys.readouterr().out == "none\n"

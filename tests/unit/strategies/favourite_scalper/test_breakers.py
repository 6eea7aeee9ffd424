"""When the day closes the entries, what it warns of, and when it begins anew."""

from decimal import Decimal

import pytest

from tests.harness import D
from tradewind.strategies.favourite_scalper.breakers import (
    DAY_NS,
    BreakerRules,
    Outlook,
    book_entry,
    book_result,
    find_breach,
    find_warnings,
    open_day,
    reset,
)
from tradewind.strategies.favourite_scalper.slots import Record

RULES = BreakerRules(max_daily_loss_pct=D(5), max_losses_in_row=5)
BALANCE = D(10_000)


def day_with(*results: str) -> Record:
    record = Record()
    open_day(record, 20_000 * DAY_NS, BALANCE)
    for result in results:
        book_result(record, D(result))
    return record


@pytest.mark.parametrize(
    ("name", "results", "unrealised", "expected"),
    [
        ("a good day", ("10", "20"), "0", ""),
        ("four losses", ("-1",) * 4, "0", ""),
        ("five losses in a row", ("-1",) * 5, "0", "losses_in_row"),
        ("a win between", ("-1", "-1", "-1", "-1", "1", "-1"), "0", ""),
        ("breaking even ends no series", ("-1", "-1", "-1", "-1", "0", "-1"), "0", "losses_in_row"),
        ("just under five percent", ("-499.99",), "0", ""),
        ("five percent", ("-500",), "0", "daily_loss"),
        ("open losses count", ("-300",), "-200", "daily_loss"),
        ("open profits count", ("-600",), "200", ""),
    ],
)
def test_a_breaker_opens_by_its_rule(
    name: str, results: tuple[str, ...], unrealised: str, expected: str
) -> None:
    assert find_breach(day_with(*results), D(unrealised), RULES) == expected, name


def test_a_new_utc_day_starts_from_the_balance_of_its_first_look() -> None:
    record = day_with(*("-1",) * 5)
    record.breaker = "losses_in_row"
    assert not open_day(record, 20_000 * DAY_NS + DAY_NS - 1, BALANCE)
    assert record.breaker
    assert open_day(record, 20_001 * DAY_NS, D(9_000))
    assert (record.breaker, record.losses_in_row) == ("", 0)
    assert (record.realised, record.start_balance) == (D(0), D(9_000))


def test_a_reset_by_hand_lets_losses_count_from_there() -> None:
    record = day_with("-600")
    assert find_breach(record, D(0), RULES)
    reset(record, D(9_400))
    assert find_breach(record, D(0), RULES) == ""
    assert find_breach(record, D(-470), RULES) == "daily_loss"


@pytest.mark.parametrize(
    ("name", "results", "outlook", "expected"),
    [
        ("nothing to say", (), {}, []),
        ("a position over 8 %", (), {"position": D(801)}, ["position"]),
        ("8 % is not over", (), {"position": D(800)}, []),
        ("exposure over 25 %", (), {"exposure": D(2501)}, ["exposure"]),
        ("a loss over 3 %", ("-200",), {"unrealised": D(-101)}, ["daily_loss"]),
        ("three losses", ("-1",) * 3, {}, ["losses_in_row"]),
    ],
)
def test_warnings_come_before_the_breakers(
    name: str, results: tuple[str, ...], outlook: dict[str, Decimal], expected: list[str]
) -> None:
    assert find_warnings(day_with(*results), Outlook(balance=BALANCE, **outlook)) == expected, name


def test_a_warning_is_not_found_again_once_noted() -> None:
    record = day_with("-1", "-1", "-1")
    record.warned.append("losses_in_row")
    assert find_warnings(record, Outlook(balance=BALANCE)) == []


def test_the_fill_rate_speaks_of_a_full_hundred_and_forgets_older_orders() -> None:
    record = day_with()
    for number in range(99):
        book_entry(record, filled=number % 2 == 0)
    assert find_warnings(record, Outlook(balance=BALANCE)) == []
    book_entry(record, filled=False)
    assert find_warnings(record, Outlook(balance=BALANCE)) == ["fill_rate"]
    for _ in range(100):
        book_entry(record, filled=True)
    assert len(record.outcomes) == 100
    assert find_warnings(record, Outlook(balance=BALANCE)) == []

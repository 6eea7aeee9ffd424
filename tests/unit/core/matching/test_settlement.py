"""Payouts of outcomes and of pairs."""

import pytest

from tests.unit.core.matching.driving import D, binaries
from tradewind.core.matching.settlement import (
    HALF,
    NO_WINS,
    VOID,
    YES_WINS,
    PairLeg,
    Resolution,
    pair_table,
    resolution_of,
    worst,
)
from tradewind.model.errors import DataError
from tradewind.model.instrument import Outcome

YES, NO = Outcome.YES, Outcome.NO


@pytest.mark.parametrize(
    ("resolution", "yes", "no"),
    [
        (YES_WINS, "1", "0"),
        (NO_WINS, "0", "1"),
        (HALF, "0.5", "0.5"),
        (Resolution(D("0.37")), "0.37", "0.63"),
        (VOID, "0.42", "0.42"),
    ],
)
def test_a_unit_pays_by_its_outcome(resolution: Resolution, yes: str, no: str) -> None:
    assert resolution.payout(YES, D("0.42")) == D(yes)
    assert resolution.payout(NO, D("0.42")) == D(no)


def test_a_pair_in_one_market_pays_one_unless_it_is_void() -> None:
    table = pair_table(PairLeg(YES, D("0.46")), PairLeg(NO, D("0.51")), one_market=True)
    assert [(row.payout, row.profit) for row in table] == [
        (D(1), D("0.03")),
        (D(1), D("0.03")),
        (D(1), D("0.03")),
        (D("0.97"), D(0)),
    ]


@pytest.mark.parametrize(
    ("first", "second", "payout"),
    [
        (YES_WINS, YES_WINS, "1"),
        (NO_WINS, NO_WINS, "1"),
        (YES_WINS, NO_WINS, "2"),
        (NO_WINS, YES_WINS, "0"),
        (VOID, YES_WINS, "0.46"),
        (VOID, NO_WINS, "1.46"),
        (YES_WINS, VOID, "1.51"),
        (HALF, YES_WINS, "0.5"),
        (HALF, HALF, "1.0"),
        (VOID, VOID, "0.97"),
    ],
)
def test_a_pair_across_venues_may_end_in_any_combination(
    first: Resolution, second: Resolution, payout: str
) -> None:
    table = pair_table(PairLeg(YES, D("0.46")), PairLeg(NO, D("0.51")), one_market=False)
    (row,) = [row for row in table if (row.first, row.second) == (first, second)]
    assert (row.payout, row.profit) == (D(payout), D(payout) - D("0.97"))
    assert len(table) == 16


def test_the_worst_ending_is_both_legs_losing() -> None:
    row = worst(pair_table(PairLeg(YES, D("0.46")), PairLeg(NO, D("0.51")), one_market=False))
    assert (row.first, row.second, row.profit) == (NO_WINS, YES_WINS, D("-0.97"))


@pytest.mark.parametrize(
    ("statistics", "expected"),
    [
        ({}, None),
        ({"resolution": "1"}, YES_WINS),
        ({"resolution": "0"}, NO_WINS),
        ({"resolution": "0.5"}, HALF),
        ({"resolution": "void"}, VOID),
    ],
)
def test_a_resolution_is_read_from_the_definition(
    statistics: dict[str, str], expected: Resolution | None
) -> None:
    for rules in binaries(statistics=statistics):
        assert resolution_of(rules) == expected


def test_a_resolution_that_is_none_is_refused() -> None:
    with pytest.raises(DataError, match="found the resolution 'maybe'"):
        resolution_of(binaries(statistics={"resolution": "maybe"})[0])

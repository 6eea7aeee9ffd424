"""Times of every look become the same nanoseconds."""

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from tradewind.research.history.formats import EST_S, IST_S
from tradewind.research.history.times import joined, nanoseconds

NINE_FIFTEEN_IST = 1_704_080_700_000_000_000  # 2024-01-01 03:45:00 UTC
DAY = datetime(2024, 1, 1, 3, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "column", "zone_s"),
    [
        ("seconds", pa.array(["1704080700"]), 0),
        ("milliseconds", pa.array([1_704_080_700_000]), 0),
        ("microseconds", pa.array(["1704080700000000"]), 0),
        ("nanoseconds", pa.array([NINE_FIFTEEN_IST]), 0),
        ("seconds with a fraction", pa.array(["1704080700.0000"]), 0),
        ("float seconds", pa.array([1_704_080_700.0]), 0),
        ("float milliseconds", pa.array([1_704_080_700_000.0]), 0),
        ("ISO with Z", pa.array(["2024-01-01T03:45:00Z"]), IST_S),
        ("ISO with offset", pa.array(["2024-01-01 09:15:00+05:30"]), 0),
        ("ISO with offset and fraction", pa.array(["2024-01-01 03:45:00.000000+00:00"]), 0),
        ("naive UTC", pa.array(["2024-01-01 03:45:00"]), 0),
        ("naive IST", pa.array(["2024-01-01 09:15"]), IST_S),
        ("Eastern without daylight saving", pa.array(["20231231 224500000"]), EST_S),
        ("dots", pa.array(["2024.01.01 03:45"]), 0),
        ("a day and a clock", joined(pa.array(["20240101"]), pa.array(["09:15"])), IST_S),
        ("whole-number days", joined(pa.array([20_240_101]), pa.array(["09:15"])), IST_S),
        ("an aware timestamp", pa.array([DAY], pa.timestamp("ms", "UTC")), IST_S),
        ("a naive timestamp", pa.array([DAY.replace(tzinfo=None)], pa.timestamp("us")), 0),
    ],
)
def test_looks_of_one_moment(name: str, column: Any, zone_s: int) -> None:
    times = nanoseconds(column, zone_s)
    assert times.parsed.values.tolist() == [NINE_FIFTEEN_IST], name
    assert not times.parsed.bad.any()
    assert times.naive == (name.startswith(("naive", "dots", "a day", "whole", "a naive", "East")))


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["2024-01-01"]),
        pa.array(["20240101"]),
        pa.array([20_240_101]),
        pa.array(["01-JAN-2024"]),
        pa.array([" 1-Jan-2024"]),
        pa.array([date(2024, 1, 1)]),
    ],
    ids=str,
)
def test_looks_of_one_day(column: Any) -> None:
    midnight = NINE_FIFTEEN_IST - (9 * 60 + 15) * 60 * 10**9
    assert nanoseconds(column, IST_S).parsed.values.tolist() == [midnight]


def test_fractions_keep_nine_digits() -> None:
    column = pa.array(["2024-01-01 03:45:00.123456789Z", "2024-01-01 03:45:00Z"])
    assert nanoseconds(column, 0).parsed.values.tolist() == [
        NINE_FIFTEEN_IST + 123_456_789,
        NINE_FIFTEEN_IST,
    ]
    assert nanoseconds(pa.array(["1704080700.0647"]), 0).parsed.values.tolist() == [
        NINE_FIFTEEN_IST + 64_700_000
    ]


def test_a_file_may_change_its_unit() -> None:
    times = nanoseconds(pa.array(["1704080700000", "1704080700000000"]), 0)
    assert times.parsed.values.tolist() == [NINE_FIFTEEN_IST] * 2
    assert times.units == ("milliseconds", "microseconds")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("yesterday", "'yesterday': no time"),
        ("", "a field is empty"),
        ("2024-13-01 00:00:00", "no time"),
        ("1889-01-01 00:00:00", "outside 1990 to 2100"),
        ("32-JAN-2024", "no time"),
        ("01-XYZ-2024", "no time"),
    ],
)
def test_a_bad_time_is_marked_and_the_others_are_kept(value: str, why: str) -> None:
    parsed = nanoseconds(pa.array(["2024-01-01 03:45:00", value]), 0).parsed
    assert parsed.values.tolist()[0] == NINE_FIFTEEN_IST
    assert parsed.bad.tolist() == [False, True]
    assert why in parsed.why

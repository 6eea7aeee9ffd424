"""Times of day, and when the next report is due."""

import pytest

from tradewind.model.errors import ConfigError
from tradewind.strategies.dual_ema_short.reports import MINUTE_NS, next_report, time_of_day
from tradewind.strategies.dual_ema_short.trend import DAY_NS


def test_a_time_of_day_is_counted_from_midnight() -> None:
    assert time_of_day("00:00") == 0
    assert time_of_day("14:30") == 870 * MINUTE_NS


@pytest.mark.parametrize("text", ["8:00", "24:00", "08:60", "noon", "08-00", ""])
def test_anything_else_is_refused_with_what_to_give(text: str) -> None:
    with pytest.raises(ConfigError, match="give times such as"):
        time_of_day(text)


@pytest.mark.parametrize(
    ("now", "due"), [("00:00", "08:00"), ("07:59", "08:00"), ("08:00", "14:30"), ("14:30", "")]
)
def test_the_next_report_is_the_next_time_strictly_after_now(now: str, due: str) -> None:
    times = [time_of_day(text) for text in ("00:00", "08:00", "14:30")]
    midnight_ns = 1000 * DAY_NS
    expected = midnight_ns + (time_of_day(due) if due else DAY_NS)
    assert next_report(times, midnight_ns + time_of_day(now)) == expected
    assert next_report([], midnight_ns) is None

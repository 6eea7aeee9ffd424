"""The bench of a day keeps what it says: hours are counted, books are equal, nothing is left."""

from pathlib import Path

from bench.day import Day


def test_a_few_minutes_of_the_day_leave_no_task_and_equal_books(tmp_path: Path) -> None:
    day = Day(tmp_path, every_s=60)
    day.run(0.05)
    first, *_, last = day.hours
    assert last.hours == 0.05
    assert last.steps > first.steps
    assert last.sockets == first.sockets
    # A reading may be under way at one look and not at the other.
    assert abs(last.tasks - first.tasks) <= 2
    assert day.differences() == []

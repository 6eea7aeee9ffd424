"""What is wrong with history is repaired in the open, or refuses the import; nothing is filled."""

from pathlib import Path

import pytest

from tests.unit.research.history.samples import (
    BTC,
    MINUTE,
    START,
    by_name,
    candle_lines,
    rules,
    written,
)
from tradewind.model.errors import DataError
from tradewind.research.history import Findings, check, load, recognise
from tradewind.research.history.validate import Limits

HEAD = "timestamp,open,high,low,close,volume"
S = START // 10**9


def found(path: Path, name: str = BTC, interval: str | None = None) -> Findings:
    return check(recognise(path, name, interval))


def candle(minute: int, values: str = "100,101,99,100,1") -> str:
    return f"{S + minute * 60},{values}"


def test_a_clean_file_has_nothing_to_report(tmp_path: Path) -> None:
    report = found(written(tmp_path, "x.csv", *candle_lines("100", "101", "100.5")))
    assert (report.rows_read, report.rows, report.items, report.gaps) == (3, 3, [], [])
    assert (report.first_ns, report.last_ns) == (START, START + 2 * MINUTE)
    assert "nothing to report" in report.text()


def test_holes_are_listed_and_not_filled(tmp_path: Path) -> None:
    minutes = [*range(3), *range(10, 13), *range(14, 16)]
    report = found(written(tmp_path, "x.csv", HEAD, *map(candle, minutes)))
    assert report.rows == 8
    assert [(gap.first_ns, gap.last_ns, gap.missing) for gap in report.gaps] == [
        (START + 3 * MINUTE, START + 9 * MINUTE, 7),
        (START + 13 * MINUTE, START + 13 * MINUTE, 1),
    ]
    assert (report.gap_count, report.missing) == (2, 8)
    assert not report.refused


def test_of_very_many_holes_the_longest_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    minutes = [minute for minute in range(1_000) if minute % 3 or minute > 900]
    report = found(written(tmp_path, "x.csv", HEAD, *map(candle, minutes)), interval="1m")
    assert len(report.gaps) == 100
    assert report.gap_count == 300
    assert report.gaps == sorted(report.gaps, key=lambda gap: gap.first_ns)


@pytest.mark.parametrize(
    ("name", "minutes", "text"),
    [
        ("two swapped", [0, 2, 1, 3], "1 rows came before an earlier one and were sorted"),
        ("newest first", [3, 2, 1, 0], "rows came newest first and were turned round"),
    ],
)
def test_another_order_is_sorted(name: str, minutes: list[int], text: str, tmp_path: Path) -> None:
    path = written(tmp_path, "x.csv", HEAD, *[candle(m, f"{m + 1}," * 4 + "1") for m in minutes])
    columns, report = load(recognise(path, BTC))
    assert [item.text for item in report.items] == [text], name
    assert by_name(columns)["open"] == [100, 200, 300, 400]


def test_exact_duplicates_are_dropped_once(tmp_path: Path) -> None:
    report = found(written(tmp_path, "x.csv", HEAD, *map(candle, [0, 1, 1, 1, 2])))
    assert rules(report) == {"duplicate": ("repaired", 2)}
    assert report.rows == 3


def test_conflicting_duplicates_refuse_the_import(tmp_path: Path) -> None:
    lines = [candle(0), candle(1), candle(1, "100,101,99,100.5,1"), candle(2)]
    path = written(tmp_path, "x.csv", HEAD, *lines)
    with pytest.raises(DataError, match="1 rows repeat a time with other values, the first at"):
        load(recognise(path, BTC))
    assert rules(found(path))["conflict"] == ("refused", 1)


@pytest.mark.parametrize("price", ["0", "-5"])
def test_prices_that_are_not_positive_refuse_the_import(price: str, tmp_path: Path) -> None:
    lines = [*map(candle, range(20)), candle(20, f"100,101,{price},100,1")]
    path = written(tmp_path, "x.csv", HEAD, *lines)
    with pytest.raises(DataError, match="1 prices are zero or negative, the first at 2024"):
        load(recognise(path, BTC))


@pytest.mark.parametrize(
    ("name", "line", "why"),
    [
        ("letters in a price", candle(50, "100,abc,99,100,1"), "high 'abc' is no number"),
        ("an empty field", candle(50, "100,,99,100,1"), "high a field is empty"),
        ("a price finer than a quantum", candle(50, "100,101.005,99,100,1"), "finer than 1e-2"),
        ("a high below its low", candle(50, "100,99,101,100,1"), "a high is below its low"),
        ("an open far outside", candle(50, "150,101,99,100,1"), "lies far outside high and low"),
        ("no time", "later,100,101,99,100,1", "ts_event 'later' is no number"),
        ("too few fields", "1704080700,100", "2 fields, not 6"),
        ("a volume below zero", candle(50, "100,101,99,100,-1"), "is no volume"),
    ],
)
def test_one_bad_row_is_dropped_and_told(name: str, line: str, why: str, tmp_path: Path) -> None:
    lines = [*map(candle, range(50)), line, *map(candle, range(51, 60))]
    report = found(written(tmp_path, "x.csv", HEAD, *lines))
    assert rules(report)["bad rows"] == ("repaired", 1), name
    assert why in report.items[0].text
    assert (report.rows_read, report.rows, report.missing) == (60, 59, 1)


def test_too_many_bad_rows_refuse_the_import(tmp_path: Path) -> None:
    lines = [candle(minute, "x,101,99,100,1" if minute % 9 == 5 else "100,101,99,100,1")
             for minute in range(200)]  # fmt: skip
    path = written(tmp_path, "x.csv", HEAD, *lines)
    with pytest.raises(DataError, match="22 of 200 rows are unusable, the first at 2024"):
        load(recognise(path, BTC))
    columns, _ = load(recognise(path, BTC), Limits(max_bad_rows=30, max_bad_share=0.2))
    assert len(columns) == 178


def test_a_small_file_may_not_lose_a_tenth(tmp_path: Path) -> None:
    path = written(tmp_path, "x.csv", HEAD, candle(0), candle(1, "x,1,1,1,1"), candle(2))
    assert rules(found(path))["bad rows"] == ("refused", 1)


def test_an_open_a_little_outside_widens_the_range(tmp_path: Path) -> None:
    path = written(tmp_path, "x.csv", HEAD, candle(0), candle(1, "101.05,101,99,98.9,1"))
    columns, report = load(recognise(path, BTC))
    assert rules(report) == {"range": ("repaired", 1)}
    assert by_name(columns)["high"] == [10_100, 10_105]
    assert by_name(columns)["low"] == [9_900, 9_890]


def test_candles_closer_than_their_interval_refuse_the_import(tmp_path: Path) -> None:
    odd = [f"{S + second},1,1,1,1,1" for second in (0, 300, 420, 600, 900, 1_200)]
    report = found(written(tmp_path, "x.csv", HEAD, *odd), interval="5m")
    assert rules(report)["interval"] == ("refused", 2)
    assert rules(report)["grid"] == ("note", 2)


def test_indian_times_read_as_utc_are_noticed(tmp_path: Path) -> None:
    clock = [f"2024-01-01 {9 + m // 60:02d}:{m % 60:02d}:00,1,1,1,1,0" for m in range(15, 375)]
    path = written(tmp_path, "x.csv", HEAD, *clock)
    with pytest.raises(DataError, match="only if they are Indian Standard Time"):
        load(recognise(path, "NSE:NIFTY"))
    right = [line.replace(":00,", ":00+05:30,") for line in clock]
    assert not found(written(tmp_path, "y.csv", HEAD, *right), "NSE:NIFTY").refused


@pytest.mark.parametrize(
    ("name", "instrument", "last", "after", "gaps"),
    [
        ("a night is a gap round the clock", BTC, "03 09:59", "04 03:45", 1),
        ("a night is none at the NSE", "NSE:NIFTY", "03 09:59", "04 03:45", 0),
        ("an afternoon is one at the NSE", "NSE:NIFTY", "03 06:00", "03 09:45", 1),
        ("a weekend is none in FX", "FX:EURUSD", "05 21:59", "07 22:00", 0),
        ("a Wednesday is one in FX", "FX:EURUSD", "03 09:59", "04 03:45", 1),
    ],
)
def test_a_calendar_explains_its_own_gaps(
    name: str, instrument: str, last: str, after: str, gaps: int, tmp_path: Path
) -> None:
    lines = [f"2024-01-{time}:00Z,1,1,1,1,1" for time in (last, after)]
    path = written(tmp_path, "x.csv", HEAD, *lines)
    assert found(path, instrument, "1m").gap_count == gaps, name


def test_quotes_and_trades_of_one_time_are_kept_apart(tmp_path: Path) -> None:
    path = written(tmp_path, "q.csv", "timestamp,bid,ask", f"{S},1.1,1.2", f"{S},1.1,1.2",
                   f"{S + 1},1.3,1.2")  # fmt: skip
    columns, report = load(recognise(path, BTC))
    assert by_name(columns)["sequence"] == [0, 1, 0]
    assert rules(report) == {"sizes": ("note", 3), "crossed": ("note", 1)}


def test_prints_with_an_id_are_kept_once(tmp_path: Path) -> None:
    head = "timestamp,price,size,side,trade_id"
    text_ids = [f"{S},100,1,buy,a", f"{S},100,1,buy,b", f"{S},100,1,buy,a"]
    columns, report = load(recognise(written(tmp_path, "t.csv", head, *text_ids), BTC))
    assert by_name(columns)["trade_id"] == ["a", "b"]
    assert rules(report) == {"duplicate": ("repaired", 1)}
    numbers = [f"{S},100,1,buy,8", f"{S},100,1,sell,7", f"{S},100,1,buy,8"]
    columns, report = load(recognise(written(tmp_path, "n.csv", head, *numbers), BTC))
    assert by_name(columns)["sequence"] == [7, 8]
    assert rules(report) == {"duplicate": ("repaired", 1)}
    torn = [*numbers, f"{S},100.5,1,buy,8"]
    assert found(written(tmp_path, "c.csv", head, *torn)).refused


def test_a_print_needs_a_side_and_a_quantity(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="prints without a side"):
        load(recognise(written(tmp_path, "t.csv", "time,price,size", f"{S},100,1"), BTC))
    lines = [f"{S + k},100,{0 if k == 3 else 1},{'hold' if k == 5 else 'buy'}" for k in range(40)]
    report = found(written(tmp_path, "u.csv", "time,price,size,side", *lines))
    assert rules(report) == {"bad rows": ("repaired", 2)}


def test_the_report_is_text_and_json(tmp_path: Path) -> None:
    report = found(written(tmp_path, "x.csv", HEAD, *map(candle, [0, 1, 5, 5])))
    lines = report.text().splitlines()
    assert lines[0].endswith("x.csv: candles, candle:1m of BYBIT:BTCUSDT")
    assert lines[1] == "  3 rows of 4 read, 2024-01-01 03:45:00Z to 2024-01-01 03:50:00Z"
    assert lines[2] == "  repaired: 1 exact duplicates were dropped"
    assert lines[3] == "  1 gaps, 3 candles missing; not filled"
    assert b'"severity":"repaired"' in report.json()
    assert b'"missing":3' in report.json()

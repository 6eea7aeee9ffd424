"""Recorded prices as a path: candles, trade frames, and files that are neither."""

from pathlib import Path

import pytest

from tradewind.app.recorded_paths import recorded_path
from tradewind.model.errors import DataError
from tradewind.model.money import NANOS

CANDLES = """timestamp,open,high,low,close,volume
2025-04-03 17:05:00+00:00,10,14,8,12,1
2025-04-03 17:10:00+00:00,12,13,7,9,1
"""
FIRST_NS = 1_743_699_900 * NANOS


def test_a_candle_becomes_a_walk_through_its_prices(tmp_path: Path) -> None:
    file = tmp_path / "candles.csv"
    file.write_text(CANDLES)
    points = recorded_path(file)
    assert [px for _, px in points] == [10, 8, 14, 12, 12, 13, 7, 9]
    assert points[0][0] == FIRST_NS
    assert points[3][0] == FIRST_NS + 225 * NANOS
    assert [ts for ts, _ in points] == sorted(ts for ts, _ in points)


def test_recorded_candles_and_frames_are_read(shared: Path) -> None:
    candles = recorded_path(shared / "data" / "bybit" / "BTCUSDT_5m.csv")
    assert len(candles) > 50_000
    trades = recorded_path(shared / "data" / "cryptofeed" / "BYBIT.ws.25.0", "BCHUSDT")
    assert len(trades) > 10
    assert all(1000 < px < 1100 for _, px in trades)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "time,px\n1,2\n", "no column timestamp"),
        ("a.csv", CANDLES + "2025-04-03 17:15:00+00:00,x,1,1,1,1\n", "in line 4"),
        ("a.csv", "timestamp,open,high,low,close\n", "no two"),
        ("a.txt", "nothing of the kind\n", "no two"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=words):
        recorded_path(tmp_path / name, "X")
    with pytest.raises(DataError, match="unreadable"):
        recorded_path(tmp_path / "nowhere.csv")

"""The parts of a day: what comes behind rewrites little, late rows are merged, a kill is told."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradewind.edge.store import ticks_day
from tradewind.edge.store.ticks_day import parts, stage

KEYS = ("ts_event", "sequence")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks_day, "PART_ROWS", 100)


def put(day: Path, first: int, last: int, px: int = 0) -> int:
    ts = np.arange(first, last, dtype=np.int64)
    staged = stage(day, pa.table({"ts_event": ts, "sequence": ts * 0, "px": ts * 0 + px}), KEYS)
    staged.publish()
    return staged.new


def spans(day: Path) -> list[tuple[int, int]]:
    return [(part.first, part.last) for part in parts(day)]


def rows(day: Path) -> list[tuple[int, int]]:
    table = pa.concat_tables([pq.read_table(part.path) for part in parts(day)])
    return list(zip(table["ts_event"].to_pylist(), table["px"].to_pylist(), strict=True))


def test_rows_behind_all_others_touch_only_a_small_last_part(tmp_path: Path) -> None:
    put(tmp_path, 0, 80)
    first = (tmp_path / "rows.parquet").read_bytes()
    assert [put(tmp_path, 80, 120), put(tmp_path, 120, 170), put(tmp_path, 170, 200)] == [
        40,
        50,
        30,
    ]
    assert (tmp_path / "rows.parquet").read_bytes() == first
    assert spans(tmp_path) == [(0, 79), (80, 169), (170, 199)]


def test_late_rows_are_merged_with_the_parts_that_they_touch(tmp_path: Path) -> None:
    for start in range(0, 400, 100):
        put(tmp_path, start, start + 100)
    assert put(tmp_path, 150, 350, px=1) == 0
    assert spans(tmp_path) == [(0, 99), (100, 399)]
    assert rows(tmp_path) == [(ts, int(150 <= ts < 350)) for ts in range(400)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows-0001.parquet", "rows.parquet"]


@pytest.mark.parametrize("removed", [0, 1], ids=["before any removal", "after the first removal"])
def test_a_kill_in_the_middle_of_a_merge_doubles_nothing(tmp_path: Path, removed: int) -> None:
    for start in range(0, 400, 100):
        put(tmp_path, start, start + 100)
    before = {path: path.read_bytes() for path in sorted(tmp_path.glob("rows-*.parquet"))}
    put(tmp_path, 150, 350, px=1)
    for path, data in list(before.items())[1 + removed :]:
        path.write_bytes(data)
    wanted = [(ts, int(150 <= ts < 350)) for ts in range(400)]
    assert rows(tmp_path) == wanted
    assert put(tmp_path, 400, 500) == 100
    assert rows(tmp_path) == [*wanted, *((ts, 0) for ts in range(400, 500))]
    assert len(list(tmp_path.iterdir())) == 3

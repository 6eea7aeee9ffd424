"""Rows of a saved array: whole, in pieces, and several times over."""

from pathlib import Path

import numpy as np
import pytest

from bench import arrays
from bench.arrays import SECOND_NS, Cut, pieces, whole


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(arrays, "PIECE", 4)
    rows = np.zeros(10, [("ts", "i8"), ("px", "f8")])
    rows["ts"], rows["px"] = 100 + 7 * np.arange(10), np.arange(10)
    np.save(tmp_path / "rows.npy", rows)
    return tmp_path / "rows.npy"


@pytest.mark.parametrize(
    ("n", "laps", "sizes"),
    [(None, 1, [4, 4, 2]), (8, 1, [4, 4]), (3, 1, [3]), (99, 1, [4, 4, 2]), (5, 2, [4, 1, 4, 1])],
)
def test_pieces_are_the_rows_cut_small(
    path: Path, n: int | None, laps: int, sizes: list[int]
) -> None:
    cut = Cut(path, n, laps)
    parts = list(pieces(cut))
    assert [len(part) for part in parts] == sizes
    assert np.concatenate(parts).tolist() == whole(cut).tolist()
    assert cut.count() == sum(sizes)


def test_a_lap_has_the_same_rows_a_second_after_the_last_of_the_one_before(path: Path) -> None:
    rows = whole(Cut(path, 3, 2))
    assert rows["px"].tolist() == [0, 1, 2, 0, 1, 2]
    first, second = rows["ts"][:3], rows["ts"][3:]
    assert second[0] == first[-1] + SECOND_NS
    assert (second - first == second[0] - first[0]).all()

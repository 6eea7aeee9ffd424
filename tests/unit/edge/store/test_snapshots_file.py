"""Snapshots: the newest readable one or none, and always the reason."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from tradewind.edge.store.snapshots_file import FileSnapshots
from tradewind.model.errors import JournalError

DESK = {"orders": ["A", "B"], "cash": 12}


def test_the_newest_of_two_is_read_and_older_ones_go(tmp_path: Path) -> None:
    snapshots = FileSnapshots(tmp_path / "snapshots", "1.0")
    assert (snapshots.latest(), snapshots.why_ignored) == (None, [])
    for seq in (5, 70, 900):
        snapshots.save(seq, {**DESK, "cash": seq})
    assert snapshots.latest() == (900, {**DESK, "cash": 900})
    assert [each.name for each in sorted((tmp_path / "snapshots").iterdir())] == [
        f"desk-{70:020d}.snapshot", f"desk-{900:020d}.snapshot",
    ]  # fmt: skip
    assert FileSnapshots(tmp_path / "snapshots", "1.0").latest() == (900, {**DESK, "cash": 900})


def test_a_snapshot_of_another_version_is_passed_over_with_the_reason(tmp_path: Path) -> None:
    FileSnapshots(tmp_path, "1.0").save(5, DESK)
    FileSnapshots(tmp_path, "1.1").save(9, DESK)
    snapshots = FileSnapshots(tmp_path, "1.0")
    assert snapshots.latest() == (5, DESK)
    assert snapshots.why_ignored == [
        f"desk-{9:020d}.snapshot: it is of code version '1.1', this is '1.0'"
    ]
    assert FileSnapshots(tmp_path, "2.0").latest() is None


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda data: b"", "it is no snapshot"),
    "cut in the header": (lambda data: data[:40], "it is no snapshot"),
    "cut in the body": (lambda data: data[:-3], "its bytes are not what was written"),
    "a flipped bit": (
        lambda data: data[:-5] + bytes([data[-5] ^ 8]) + data[-4:],
        "its bytes are not what was written",
    ),
    "a header that is no JSON": (
        lambda data: data.replace(b'{"seq"', b'{seq"'),
        "it cannot be read",
    ),
    "something else": (lambda data: os.urandom(500), "it is no snapshot"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_snapshot_is_passed_over_with_the_reason(tmp_path: Path, name: str) -> None:
    damage, reason = DAMAGES[name]
    snapshots = FileSnapshots(tmp_path, "1.0")
    snapshots.save(5, DESK)
    snapshots.save(9, DESK)
    newest = max(tmp_path.iterdir())
    newest.write_bytes(damage(newest.read_bytes()))
    assert snapshots.latest() == (5, DESK)
    assert len(snapshots.why_ignored) == 1
    assert f"{newest.name}: {reason}" in snapshots.why_ignored[0]


class Vanishing:
    """A class that cannot be made again from its pickle."""

    def __reduce__(self) -> tuple[type[int], tuple[str]]:
        return int, ("not a number",)


def test_classes_that_have_changed_since_are_a_reason_and_no_exception(tmp_path: Path) -> None:
    snapshots = FileSnapshots(tmp_path, "1.0")
    snapshots.save(5, Vanishing())
    assert snapshots.latest() is None
    assert "it cannot be read (ValueError: invalid literal" in snapshots.why_ignored[0]


def test_a_save_that_fails_leaves_the_older_ones(tmp_path: Path) -> None:
    snapshots = FileSnapshots(tmp_path, "1.0")
    snapshots.save(5, DESK)
    (tmp_path / f"desk-{9:020d}.part").mkdir()
    with pytest.raises(JournalError, match="Saved a snapshot in"):
        snapshots.save(9, DESK)
    assert snapshots.latest() == (5, DESK)


def test_a_desk_that_cannot_be_pickled_is_the_authors_fault(tmp_path: Path) -> None:
    with pytest.raises((pickle.PicklingError, AttributeError)):
        FileSnapshots(tmp_path, "1.0").save(5, lambda: None)
    assert list(tmp_path.iterdir()) == []

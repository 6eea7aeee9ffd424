"""The digest chain: one changed bit anywhere shows."""

from typing import Any

import msgspec
import pytest

from tests.unit.edge.store.samples import row
from tradewind.edge.store.chain import GENESIS, link
from tradewind.ports import JournalRow

ROW = row(7, 2, 3)
CHANGES: dict[str, dict[str, Any]] = {
    "seq": {"seq": 8},
    "ordinal": {"ordinal": 3},
    "epoch": {"epoch": 4},
    "time": {"ts": 71},
    "kind": {"kind": "Denied"},
    "payload": {"payload": b'{"n":2}'},
    "letters moved from kind to payload": {"kind": "Not", "payload": b'ed{"n":1}'},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_field_changes_the_digest(name: str) -> None:
    changed: JournalRow = msgspec.structs.replace(ROW, **CHANGES[name])
    assert link(GENESIS, changed) != link(GENESIS, ROW)


def test_the_same_row_behind_another_has_another_digest() -> None:
    assert link(link(GENESIS, ROW), ROW) != link(GENESIS, ROW)


def test_the_digest_of_a_row_never_changes() -> None:
    # A journal that was written years ago must still prove itself.
    known = "4eb56b57e93940fa47dc7aa68c251e67"
    assert link(GENESIS, ROW).hex().startswith(known)

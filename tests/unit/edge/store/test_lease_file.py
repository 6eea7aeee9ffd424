"""The lease file; two desks, kills and forks are tested with the journal that it guards."""

from pathlib import Path

import pytest

from tradewind.edge.store.lease_file import FileLease
from tradewind.model.errors import Fenced, JournalError


def test_a_lease_is_held_once_even_within_one_process(tmp_path: Path) -> None:
    first, second = FileLease(tmp_path / "lock"), FileLease(tmp_path / "lock")
    first.take("alpha")
    with pytest.raises(Fenced, match="desk 'alpha'"):
        second.take("beta")
    assert (first.held, second.held) == (True, False)
    first.release()
    first.release()
    second.take("beta")
    assert (first.held, second.held) == (False, True)
    second.release()


def test_the_holder_may_change_its_name(tmp_path: Path) -> None:
    lease = FileLease(tmp_path / "lock")
    lease.take("a very long name of a desk that is being migrated")
    lease.take("demo")
    with pytest.raises(Fenced, match="desk 'demo'"):
        FileLease(tmp_path / "lock").take("other")
    lease.release()


def test_a_holder_that_wrote_nothing_is_another_process(tmp_path: Path) -> None:
    lease = FileLease(tmp_path / "lock")
    lease.take("demo")
    lease.path.write_bytes(b"")
    with pytest.raises(Fenced, match="another process holds it"):
        FileLease(tmp_path / "lock").take("other")
    lease.release()


def test_a_lock_file_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="make the folder writable"):
        FileLease(tmp_path / "nowhere" / "lock").take("demo")


def test_who_holds_it_is_seen_without_taking_it(tmp_path: Path) -> None:
    lease, look = FileLease(tmp_path / "lock"), FileLease(tmp_path / "lock")
    assert (look.holder(), look.last()) == (None, None)
    holder = lease.take("demo")
    assert look.holder() == holder
    lease.release()
    assert (look.holder(), look.last()) == (None, holder)

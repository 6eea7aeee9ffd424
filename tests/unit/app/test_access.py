"""The people of a desk's folder, opened as the program opens them."""

from pathlib import Path

import pytest

from tests.canaries import SingingDice, canary
from tradewind.app import access as of_folder
from tradewind.app.access import access_copy, open_access
from tradewind.model.access import Role


@pytest.fixture(autouse=True)
def _singing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_folder, "DICE", SingingDice())


def test_who_is_added_is_there_the_next_time(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    word = canary()
    access = open_access(folder)
    access.add_user("ada", word, Role.ADMIN)
    value = access.sign_in("ada", word, None, "here").value
    access.close()
    again = open_access(folder)
    who = again.session(value)
    again.close()
    assert who is not None
    assert who.by == "web:ada"


def test_what_is_done_to_a_copy_is_done_to_nobody(tmp_path: Path) -> None:
    with access_copy(tmp_path / "none") as copy:
        copy.add_user("ada", canary(), Role.ADMIN)
    assert not (tmp_path / "none").exists()
    access = open_access(tmp_path)
    access.add_user("ada", canary(), Role.ADMIN)
    with access_copy(tmp_path) as copy:
        copy.enrol_totp("ada")
        copy.add_user("tom", canary(), Role.VIEWER)
    assert [each.name for each in access.users()] == ["ada"]
    access.close()


def test_a_password_costs_what_the_standard_asks(tmp_path: Path) -> None:
    access = open_access(tmp_path)
    access.add_user("ada", canary(), Role.ADMIN)
    user = access._store.user("ada")
    access.close()
    assert user is not None
    assert user.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")

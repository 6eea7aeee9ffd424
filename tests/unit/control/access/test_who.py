"""Who asks, and what of them may be shown."""

import pickle

import msgspec
import pytest

from tests.canaries import canary, heard
from tradewind.control.access.roles import SCOPES
from tradewind.control.access.who import Session, Who
from tradewind.model.access import AccessScope, Role
from tradewind.model.errors import Forbidden


def who(role: Role) -> Who:
    return Who("vera", role, SCOPES[role], "web:vera")


def test_a_scope_that_is_not_held_is_forbidden_in_a_sentence() -> None:
    who(Role.TRADER).require(AccessScope.TRADE)
    assert not who(Role.TRADER).may(AccessScope.ADMIN)
    with pytest.raises(Forbidden) as told:
        who(Role.VIEWER).require(AccessScope.TRADE)
    assert str(told.value) == (
        "Asked as web:vera, found that it needs the scope trade and they hold read; ask somebody "
        "whose role allows it."
    )


def test_a_session_neither_prints_nor_encodes_its_values() -> None:
    session = Session(canary(), canary(), who(Role.ADMIN))
    assert f"{session} {session!r}" == "Session(web:vera) Session(web:vera)"
    for write in (msgspec.json.encode, msgspec.to_builtins, pickle.dumps):
        with pytest.raises(TypeError) as told:
            write(session)
        assert not heard(str(told.value).encode())


def test_who_asks_is_plain_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(who(Role.TRADER))) == {
        "name": "vera",
        "role": "trader",
        "scopes": ["read", "trade", "rearm"],
        "by": "web:vera",
    }

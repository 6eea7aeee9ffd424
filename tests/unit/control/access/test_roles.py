"""The tables of roles and needs, whole and as the project promises them."""

from typing import get_args

import pytest

from tradewind.control.access.roles import NEEDS, SCOPES, need_of
from tradewind.model.access import AccessScope, Role
from tradewind.model.commands import Command, Kill, Rearm


def test_every_role_has_scopes_and_each_holds_what_the_one_below_holds() -> None:
    assert list(SCOPES) == list(Role)
    held = [set(SCOPES[role]) for role in Role]
    assert held[0] < held[1] < held[2] == set(AccessScope)


def test_every_command_has_a_need() -> None:
    assert set(NEEDS) == set(get_args(Command))


@pytest.mark.parametrize("command", get_args(Command))
def test_a_viewer_may_give_no_command(command: type) -> None:
    assert NEEDS[command] not in SCOPES[Role.VIEWER]


def test_whoever_may_kill_need_not_be_allowed_to_rearm() -> None:
    assert (need_of(Kill()), need_of(Rearm())) == ("trade", "rearm")

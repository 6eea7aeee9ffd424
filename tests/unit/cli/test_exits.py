"""Exit codes in their one place."""

import pytest

from tradewind.cli.exits import OUTCOMES, exit_code
from tradewind.model import errors
from tradewind.model.effects import Confirmation
from tradewind.model.errors import TradewindError, VenueError


def made(name: str) -> TradewindError:
    kind: type[TradewindError] = getattr(errors, name)
    if kind is errors.RateLimited:
        return errors.RateLimited("x", venue="", endpoint="", retry_after_s=1.0)
    if issubclass(kind, VenueError):
        return kind("x", venue="", endpoint="")
    return kind("x")


TABLE = {
    "ConfigError": 2,
    "DataError": 3,
    "JournalError": 3,
    "ReplayDiffers": 3,
    "Outdated": 4,
    "Refused": 4,
    "AuthFailed": 4,
    "NotSignedIn": 4,
    "Forbidden": 4,
    "LockedOut": 4,
    "Fenced": 4,
    "Unreachable": 5,
    "RateLimited": 5,
    "BadReply": 5,
    "OutcomeUnknown": 5,
    "VenueError": 5,
    "TradewindError": 5,
}


@pytest.mark.parametrize(("name", "code"), TABLE.items())
def test_an_error_has_the_exit_code_of_its_remedy(name: str, code: int) -> None:
    assert exit_code(made(name)) == code


def test_every_error_of_the_tree_is_in_the_table() -> None:
    tree = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, TradewindError)
    }
    assert tree == set(TABLE)


def test_only_what_is_confirmed_is_done() -> None:
    assert {each: code for each, code in OUTCOMES.items() if code == 0} == {
        Confirmation.CONFIRMED: 0
    }
    assert set(OUTCOMES) == set(Confirmation)

"""Passwords: what one must be, and that nothing but the same one fits."""

import pytest
from argon2 import PasswordHasher

from tests.canaries import canary, heard
from tests.unit.control.access.people import CHEAP
from tradewind.control.access.passwords import Passwords, check_password
from tradewind.model.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    """Return passwords that cost nothing."""
    return Passwords(CHEAP)


def test_only_the_same_password_fits(passwords: Passwords) -> None:
    word = canary()
    kept = passwords.hash(word)
    assert kept.startswith("$argon2id$")
    assert kept != passwords.hash(word)
    assert passwords.fits(kept, word)
    assert not any(passwords.fits(kept, each) for each in ("", word[:-1], word + " ", word.lower()))


def test_the_same_signs_fit_however_a_keyboard_made_them(passwords: Passwords) -> None:
    assert passwords.fits(passwords.hash("cafe\u0301 au lait"), "caf\u00e9 au lait")


def test_what_no_person_has_never_fits_and_costs_the_same(passwords: Passwords) -> None:
    made = passwords._made_up()
    assert not passwords.fits(None, "a long password")
    assert not CHEAP.check_needs_rehash(made)
    assert Passwords(PasswordHasher())._made_up().startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_damaged_hash_is_told_and_not_taken_for_a_wrong_password(passwords: Passwords) -> None:
    for kept in ("", "$argon2id$v=19$m=8,t=1,p=1$x", passwords.hash(canary())[:-9] + "!"):
        with pytest.raises(DataError, match="set it anew with: tradewind user password NAME"):
            passwords.fits(kept, "a long password")


def test_a_hash_of_another_cost_is_dated(passwords: Passwords) -> None:
    dearer = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    kept = passwords.hash(canary())
    assert dearer.is_dated(kept)
    assert not passwords.is_dated(kept)


TEN = "ten signs."
WRONG = {
    "": "fewer than 10 signs",
    TEN[:-1]: "fewer than 10 signs",
    "x" * 1001: "more than 1000 signs",
    "Adalovelace": "the name itself",
    " adalovelace ": "the name itself",
}


@pytest.mark.parametrize("word", WRONG)
def test_a_password_that_cannot_be_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match=WRONG[word]):
        check_password("adalovelace", word)


@pytest.mark.parametrize("word", [TEN, "x" * 10, "x" * 1000, "          ", "ééééééééééé"])
def test_any_other_is_taken(word: str) -> None:
    check_password("ada", word)


def test_no_sentence_repeats_a_password(passwords: Passwords) -> None:
    for word in (canary() * 99, canary()):
        with pytest.raises((ConfigError, DataError)) as told:
            passwords.fits("damaged", word) if len(word) < 99 else check_password("a", word)
        assert not heard(str(told.value).encode())

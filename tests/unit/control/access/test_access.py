"""Signing in and the people who may, on a real file: what opens, what does not, and what ends."""

import threading
from collections.abc import Callable

import msgspec
import pytest
from argon2 import PasswordHasher

from tests.canaries import canary, heard, learnt
from tests.unit.control.access.people import (
    HOUR,
    MINUTE,
    PEER,
    Meanwhile,
    People,
    app_of,
)
from tradewind.model.access import Role
from tradewind.model.errors import (
    ConfigError,
    LockedOut,
    NotSignedIn,
    Refused,
    TradewindError,
)

# --- the first start ------------------------------------------------------------------------------


def test_a_code_makes_the_first_admin_and_signs_them_in_once(nobody: People) -> None:
    access = nobody.access
    assert access.needs_setup()
    code = learnt(access.new_setup_code())
    session = access.set_up(f" {code.lower()} ", " Ada ", canary())
    assert (session.who.name, session.who.role, session.who.by) == ("ada", "admin", "web:ada")
    assert access.session(session.value) == session.who
    assert not access.needs_setup()
    for call in (access.new_setup_code, lambda: access.set_up(code, "eve", canary())):
        with pytest.raises(Refused, match="people already"):
            call()


def test_only_the_newest_code_counts_for_half_an_hour(nobody: People) -> None:
    access = nobody.access
    first, second = access.new_setup_code(), access.new_setup_code()
    with pytest.raises(NotSignedIn, match="wrong, used or older than 30 minutes"):
        access.set_up(first, "ada", canary())
    nobody.clock.pass_(30 * MINUTE - 1)
    nobody.again().set_up(second, "ada", canary())


def test_a_code_is_over_after_half_an_hour(nobody: People) -> None:
    code = nobody.access.new_setup_code()
    nobody.clock.pass_(30 * MINUTE)
    with pytest.raises(NotSignedIn):
        nobody.access.set_up(code, "ada", canary())
    assert nobody.access.needs_setup()


def test_codes_cannot_be_tried_out(nobody: People) -> None:
    code = nobody.access.new_setup_code()
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            nobody.access.set_up("0000-0000-0000", "ada", canary())
    with pytest.raises(LockedOut):
        nobody.access.set_up(code, "ada", canary())


def test_what_cannot_be_leaves_the_code_good(nobody: People) -> None:
    code = nobody.access.new_setup_code()
    for name, password, told in (
        ("a/b", canary(), "person's name"),
        ("ada", "short", "10 signs"),
        ("adalovelace", "AdaLovelace", "the name itself"),
    ):
        with pytest.raises(ConfigError, match=told):
            nobody.access.set_up(code, name, password)
    nobody.access.set_up(code, "ada", canary())


COMES_FIRST: dict[str, Callable[[People, str], object]] = {
    "by the same code": lambda people, code: people.access.set_up(code, "ada", canary()),
    "by the command line": lambda people, _: people.access.add_user("ada", canary(), Role.ADMIN),
}


@pytest.mark.parametrize("name", COMES_FIRST)
def test_of_two_who_set_up_at_once_the_later_is_refused(nobody: People, name: str) -> None:
    code = nobody.access.new_setup_code()
    slow = nobody.again(Meanwhile(lambda: COMES_FIRST[name](nobody, code)))
    with pytest.raises(NotSignedIn, match="wrong, used or older"):
        slow.set_up(code, "eve", canary())
    assert [each.name for each in slow.users()] == ["ada"]


# --- signing in -----------------------------------------------------------------------------------


def test_a_name_and_its_password_open_a_session(people: People) -> None:
    session = people.access.sign_in(" Tom ", people.passwords["tom"], None, PEER)
    assert (session.who.name, session.who.role) == ("tom", "trader")
    assert people.access.session(session.value) == session.who
    assert people.access.csrf_of(session.value) == session.csrf
    assert people.access.csrf_holds(session.value, session.csrf)
    other = people.sign_in("tom")
    assert other != session.value
    assert not people.access.csrf_holds(other, session.csrf)
    assert not people.access.csrf_holds(session.value, "")


def told_by(call: Callable[[], object]) -> str:
    with pytest.raises(NotSignedIn) as told:
        call()
    assert not heard(str(told.value).encode())
    return str(told.value)


def test_whatever_is_wrong_the_sentence_is_the_same(people: People) -> None:
    sign_in = people.access.sign_in
    app = people.with_totp("vera")
    word = people.passwords["vera"]
    people.access.disable("tom")
    told = {
        told_by(lambda: sign_in("ada", canary(), None, "1")),
        told_by(lambda: sign_in("nobody", canary(), None, "2")),
        told_by(lambda: sign_in("", "", None, "3")),
        told_by(lambda: sign_in("\ud800", "\ud800" * 12, None, "3")),
        told_by(lambda: sign_in("tom", people.passwords["tom"], None, "4")),
        told_by(lambda: sign_in("vera", word, None, "5")),
        told_by(lambda: sign_in("vera", word, "", "6")),
        told_by(lambda: sign_in("vera", word, people.code(app, 5), "7")),
        told_by(lambda: sign_in("vera", canary(), people.code(app), "8")),
    }
    assert told == {"Tried to sign in, found no such name, password and code together; try again."}


def test_failures_shut_a_name_out_even_with_the_right_password(people: People) -> None:
    for _ in range(5):
        told_by(lambda: people.access.sign_in("ada", canary(), None, PEER))
    with pytest.raises(LockedOut) as told:
        people.sign_in("ada")
    assert told.value.retry_after_s == 60
    people.sign_in("tom")
    people.clock.pass_(MINUTE)
    people.sign_in("ada")
    people.sign_in("ada")


def test_tries_at_once_are_no_way_around_the_lock_out(people: People) -> None:
    ended: list[type] = []

    def sign_in() -> None:
        try:
            people.access.sign_in("ada", "a wrong password", None, PEER)
        except TradewindError as error:
            ended.append(type(error))

    threads = [threading.Thread(target=sign_in) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (ended.count(NotSignedIn), ended.count(LockedOut)) == (5, 7)


def test_a_password_is_hashed_anew_when_the_cost_has_changed(people: People) -> None:
    before = people.store.user("ada")
    dearer = people.again(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    dearer.sign_in("ada", people.passwords["ada"], None, PEER)
    after = people.store.user("ada")
    assert before is not None
    assert after is not None
    assert "t=1" in before.password_hash
    assert "t=2" in after.password_hash
    people.sign_in("ada")


CHANGES: dict[str, Callable[[People], object]] = {
    "disabled": lambda people: people.access.disable("tom"),
    "removed": lambda people: people.access.remove_user("tom"),
    "given a new password": lambda people: people.access.set_password("tom", canary()),
    "given a second factor": lambda people: people.with_totp("tom"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_who_is_changed_while_their_password_is_compared_is_not_let_in(
    people: People, name: str
) -> None:
    slow = people.again(Meanwhile(lambda: CHANGES[name](people)))
    told_by(lambda: slow.sign_in("tom", people.passwords["tom"], None, PEER))
    mine = people.sign_in("ada")
    slow = people.again(Meanwhile(lambda: people.access.set_password("ada", canary())))
    word = people.passwords["ada"]
    told_by(lambda: slow.change_password(mine, word, canary(), PEER))


# --- sessions -------------------------------------------------------------------------------------


def test_a_session_ends_after_twelve_idle_hours(people: People) -> None:
    value = people.sign_in("ada")
    for _ in range(3):
        people.clock.pass_(12 * HOUR - MINUTE - 1)
        assert people.access.session(value)
    people.clock.pass_(12 * HOUR)
    assert people.access.session(value) is None


def test_a_session_ends_after_seven_days_however_busy(people: People) -> None:
    value = people.sign_in("ada")
    for _ in range(27):
        people.clock.pass_(6 * HOUR)
        assert people.access.session(value)
    people.clock.pass_(6 * HOUR)
    assert people.access.session(value) is None


def test_a_session_outlives_a_start_and_ends_with_a_sign_out(people: People) -> None:
    value = people.sign_in("ada")
    assert people.again().session(value)
    people.access.end_session(value)
    people.access.end_session(value)
    assert people.access.session(value) is None


@pytest.mark.parametrize("value", ["", "x" * 43, "\ud800", "twd_" + "x" * 43])
def test_what_is_no_session_opens_nothing(people: People, value: str) -> None:
    people.sign_in("ada")
    assert people.access.session(value) is None
    people.access.end_session(value)


def test_the_oldest_of_too_many_sessions_gives_way(people: People) -> None:
    values = []
    for _ in range(22):
        people.clock.pass_(MINUTE)
        values.append(people.sign_in("ada"))
    open_ = [people.access.session(value) is not None for value in values]
    assert open_ == [False, False] + [True] * 20


def test_a_role_changes_in_open_sessions(people: People) -> None:
    value = people.sign_in("vera")
    people.access.set_role("vera", Role.TRADER)
    who = people.access.session(value)
    assert who is not None
    assert (who.role, "trade" in who.scopes) == ("trader", True)


# --- people ---------------------------------------------------------------------------------------


def test_people_are_listed_without_their_secrets(people: People) -> None:
    people.with_totp("tom")
    people.access.disable("vera")
    rows = [(each.name, each.role, each.disabled, each.totp) for each in people.access.users()]
    assert rows == [
        ("ada", "admin", False, False),
        ("tom", "trader", False, True),
        ("vera", "viewer", True, False),
    ]
    user = people.store.user("ada")
    assert f"{user} {user!r}" == "User('ada', 'admin') User('ada', 'admin')"


ENDS: dict[str, Callable[[People], object]] = {
    "disabled": lambda people: people.access.disable("tom"),
    "removed": lambda people: people.access.remove_user("tom"),
    "a new password": lambda people: people.access.set_password("tom", canary()),
}


@pytest.mark.parametrize("name", ENDS)
def test_sessions_end_when_their_person_is(people: People, name: str) -> None:
    value, other = people.sign_in("tom"), people.sign_in("ada")
    ENDS[name](people)
    assert people.access.session(value) is None
    assert people.access.session(other)
    told_by(lambda: people.sign_in("tom"))


def test_a_session_opens_nothing_for_somebody_disabled_by_other_hands(people: People) -> None:
    value = people.sign_in("tom")
    tom = people.store.user("tom")
    assert tom is not None
    people.store.keep_user(msgspec.structs.replace(tom, disabled_ns=1))
    assert people.access.session(value) is None


def test_a_person_let_in_again_signs_in_anew(people: People) -> None:
    value = people.sign_in("tom")
    people.access.disable("tom")
    assert not people.access.enable("tom").disabled
    assert people.access.session(value) is None
    people.sign_in("tom")


def test_somebody_removed_and_added_again_has_nothing_of_the_one_before(people: People) -> None:
    people.with_totp("tom")
    value = people.access.make_token("tom", "bot", ["read"], 60)[1]
    people.access.remove_user("tom")
    assert people.access.token(value) is None
    people.access.add_user("tom", people.passwords["tom"], Role.VIEWER)
    assert people.access.token(value) is None
    people.sign_in("tom")


def test_the_own_password_is_changed_with_the_old_one_and_the_session_stays(
    people: People,
) -> None:
    mine, elsewhere = people.sign_in("tom"), people.sign_in("tom")
    new = canary()
    told_by(lambda: people.access.change_password(mine, canary(), new, PEER))
    told_by(lambda: people.access.change_password("x", people.passwords["tom"], new, PEER))
    people.access.change_password(mine, people.passwords["tom"], new, PEER)
    assert people.access.session(mine)
    assert people.access.session(elsewhere) is None
    people.access.sign_in("tom", new, None, PEER)
    told_by(lambda: people.sign_in("tom"))


def test_trying_out_the_old_password_in_a_session_is_locked_out_too(people: People) -> None:
    mine = people.sign_in("tom")
    for _ in range(5):
        told_by(lambda: people.access.change_password(mine, canary(), canary(), PEER))
    with pytest.raises(LockedOut):
        people.access.change_password(mine, people.passwords["tom"], canary(), PEER)


LAST: dict[str, Callable[[People], object]] = {
    "removed": lambda people: people.access.remove_user("Ada"),
    "disabled": lambda people: people.access.disable("ada"),
    "made a trader": lambda people: people.access.set_role("ADA", Role.TRADER),
}


@pytest.mark.parametrize("name", LAST)
def test_the_last_admin_stays_one(people: People, name: str) -> None:
    with pytest.raises(Refused, match="no other admin can sign in; make another person admin"):
        LAST[name](people)
    people.access.set_role("tom", Role.ADMIN)
    people.access.disable("tom")
    with pytest.raises(Refused, match="no other admin"):
        LAST[name](people)
    people.access.enable("tom")
    LAST[name](people)
    with pytest.raises(Refused, match="no other admin"):
        people.access.disable("tom")


WRONG: dict[str, tuple[type[TradewindError], str, Callable[[People], object]]] = {
    "a name with a slash": (
        ConfigError,
        "at most 32 letters",
        lambda people: people.access.add_user("a/b", canary(), Role.VIEWER),
    ),
    "a name too long": (
        ConfigError,
        "at most 32 letters",
        lambda people: people.access.add_user("a" * 33, canary(), Role.VIEWER),
    ),
    "a name that is taken": (
        Refused,
        "somebody of that name",
        lambda people: people.access.add_user("TOM", canary(), Role.VIEWER),
    ),
    "a short password": (
        ConfigError,
        "10 signs",
        lambda people: people.access.add_user("new", "short", Role.VIEWER),
    ),
    "a short new password": (
        ConfigError,
        "10 signs",
        lambda people: people.access.set_password("tom", "short"),
    ),
    "a name of half a letter": (
        ConfigError,
        "none of that name",
        lambda people: people.access.disable("\ud800"),
    ),
    "nobody": (
        ConfigError,
        "none of that name; see: tradewind user list",
        lambda people: people.access.set_role("eve", Role.ADMIN),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_a_sentence_and_changes_nothing(people: People, name: str) -> None:
    kind, told, call = WRONG[name]
    before = people.access.users()
    with pytest.raises(kind, match=told):
        call(people)
    assert people.access.users() == before


def test_the_first_person_is_an_admin_and_ends_the_set_up_code(nobody: People) -> None:
    code = nobody.access.new_setup_code()
    with pytest.raises(Refused, match="make the first person an admin"):
        nobody.access.add_user("vera", canary(), Role.VIEWER)
    nobody.access.add_user("ada", canary(), Role.ADMIN)
    assert nobody.store.setup_code() is None
    with pytest.raises(Refused):
        nobody.access.set_up(code, "eve", canary())


# --- the second factor ----------------------------------------------------------------------------


def test_a_second_factor_counts_once_it_is_confirmed(people: People) -> None:
    app = app_of(people.access.enrol_totp("tom"))
    people.sign_in("tom")
    with pytest.raises(Refused, match="type the newest one"):
        people.access.confirm_totp("tom", people.code(app, 3))
    assert people.access.confirm_totp("tom", people.code(app)).totp
    told_by(lambda: people.sign_in("tom"))
    people.clock.pass_(MINUTE)
    people.sign_in("tom", people.code(app))


def test_a_code_counts_once_and_no_older_one_after_it(people: People) -> None:
    app = people.with_totp("tom")
    code, before = people.code(app), people.code(app, -1)
    people.sign_in("tom", code)
    told_by(lambda: people.sign_in("tom", code))
    told_by(lambda: people.sign_in("tom", before))
    people.sign_in("tom", people.code(app, 1))


def test_of_two_who_bring_the_same_code_at_once_one_comes_in(people: People) -> None:
    app = people.with_totp("tom")
    code = people.code(app)
    ended: list[bool] = []

    def sign_in() -> None:
        try:
            people.sign_in("tom", code)
            ended.append(True)
        except NotSignedIn:
            ended.append(False)

    threads = [threading.Thread(target=sign_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == [False, False, False, True]


def test_a_code_that_proved_the_factor_does_not_sign_in(people: People) -> None:
    app = app_of(people.access.enrol_totp("tom"))
    code = people.code(app)
    people.access.confirm_totp("tom", code)
    told_by(lambda: people.sign_in("tom", code))


def test_a_factor_in_use_is_not_replaced_only_dropped(people: People) -> None:
    app = people.with_totp("tom")
    with pytest.raises(Refused, match="drop that first"):
        people.access.enrol_totp("tom")
    with pytest.raises(Refused, match="none that waits"):
        people.access.confirm_totp("tom", people.code(app))
    for code in ("", people.code(app, 4)):
        with pytest.raises(Refused, match="type the newest one"):
            people.access.drop_totp("tom", code)
    assert not people.access.drop_totp("tom", people.code(app)).totp
    people.sign_in("tom")
    with pytest.raises(Refused, match="none that waits"):
        people.access.confirm_totp("tom", people.code(app))


def test_codes_cannot_be_tried_out_in_a_session(people: People) -> None:
    app = people.with_totp("tom")
    for _ in range(5):
        with pytest.raises(Refused):
            people.access.drop_totp("tom", "000000")
    with pytest.raises(LockedOut):
        people.access.drop_totp("tom", people.code(app))
    people.sign_in("ada")
    assert not people.access.drop_totp("tom").totp


def test_an_admin_drops_a_factor_without_a_code(people: People) -> None:
    people.with_totp("tom")
    people.access.drop_totp("tom")
    people.sign_in("tom")
    app = people.with_totp("tom")
    people.sign_in("tom", people.code(app))

"""Tokens of the API: what they may do, and what ends them."""

from collections.abc import Callable

import pytest

from tests.canaries import canary
from tests.unit.control.access.people import DAY, MINUTE, SECOND, People
from tradewind.model.access import Role
from tradewind.model.errors import ConfigError, Forbidden, Refused, TradewindError

DAY_S = 24 * 3600


def test_a_token_asks_as_its_owner_within_its_scopes(people: People) -> None:
    made, value = people.access.make_token("Tom", "bot", ["trade", "read"], DAY_S)
    assert value.startswith("twd_")
    assert len(value) == 47
    assert made not in value
    who = people.access.token(value)
    assert who is not None
    assert (who.name, who.role, who.scopes, who.by) == (
        *("tom", "trader", ("read", "trade")),
        "token:tom/bot",
    )


def test_only_a_token_made_for_it_may_rearm(people: People) -> None:
    value = people.access.make_token("tom", "bot", ["rearm"], DAY_S)[1]
    who = people.access.token(value)
    assert who is not None
    assert who.scopes == ("rearm",)


def test_a_token_may_never_do_more_than_its_owner_now(people: People) -> None:
    people.access.set_role("vera", Role.ADMIN)
    value = people.access.make_token("vera", "bot", ["read", "admin"], DAY_S)[1]
    people.access.set_role("vera", Role.VIEWER)
    who = people.access.token(value)
    assert who is not None
    assert (who.role, who.scopes) == ("viewer", ("read",))


ENDS: dict[str, Callable[[People, str], object]] = {
    "revoked": lambda people, made: people.access.revoke_token(made),
    "revoked by its owner": lambda people, made: people.access.revoke_token(made, "tom"),
    "over": lambda people, made: people.clock.pass_(DAY),
    "its owner disabled": lambda people, made: people.access.disable("tom"),
    "its owner removed": lambda people, made: people.access.remove_user("tom"),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_token_ends(people: People, name: str) -> None:
    made, value = people.access.make_token("tom", "bot", ["read"], DAY_S)
    people.clock.pass_(DAY - 1)
    assert people.access.token(value)
    people.clock.pass_(-DAY + 1)
    ENDS[name](people, made)
    assert people.access.token(value) is None


@pytest.mark.parametrize("value", ["", "twd_", "x", "\ud800", "twd_\ud800"])
def test_what_is_no_token_opens_nothing(people: People, value: str) -> None:
    made, real = people.access.make_token("tom", "bot", ["read"], DAY_S)
    assert people.access.token(value) is None
    assert people.access.token(made) is None
    assert people.access.token(real.removeprefix("twd_")) is None


WRONG: dict[str, tuple[type[TradewindError], str, str, str, list[str], float]] = {
    "nobody": (ConfigError, "none of that name", "eve", "bot", ["read"], 1),
    "no scope": (ConfigError, "found none; give some of read, trade", "tom", "bot", [], 1),
    "an unknown scope": (ConfigError, "found all; give", "tom", "bot", ["read", "all"], 1),
    "more than the owner": (Forbidden, "not hold admin", "tom", "bot", ["read", "admin"], 1),
    "no label": (ConfigError, "token's label", "tom", "", ["read"], 1),
    "a label with a slash": (ConfigError, "token's label", "tom", "a/b", ["read"], 1),
    "a label in use": (Refused, "called taken already", "tom", "taken", ["read"], 1),
    "no life": (ConfigError, "at most 366 days", "tom", "bot", ["read"], 0),
    "no number": (ConfigError, "at most 366 days", "tom", "bot", ["read"], float("nan")),
    "a life too long": (ConfigError, "366 days", "tom", "bot", ["read"], 366 * DAY_S + 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_a_sentence_and_makes_nothing(people: People, name: str) -> None:
    kind, told, owner, label, scopes, expires_s = WRONG[name]
    people.access.make_token("tom", "taken", ["read"], DAY_S)
    with pytest.raises(kind, match=told):
        people.access.make_token(owner, label, scopes, expires_s)
    assert len(people.access.tokens()) == 1


def test_tokens_are_listed_by_owner_with_when_they_were_used(people: People) -> None:
    access = people.access
    first, value = access.make_token("tom", "one", ["read"], DAY_S)
    people.clock.pass_(SECOND)
    second, _ = access.make_token("ada", "two", ["read", "admin"], 366 * DAY_S)
    start = people.clock.ns
    for _ in range(3):
        access.token(value)
        people.clock.pass_(MINUTE // 2)
    assert [each.id for each in access.tokens()] == [first, second]
    (one,) = access.tokens("tom")
    assert (one.label, one.scopes, one.used_ns) == ("one", ("read",), start + MINUTE)
    access.revoke_token(first)
    people.clock.pass_(2 * DAY)
    (one,) = access.tokens("tom")
    assert (one.revoked, one.expired) == (True, True)
    assert access.tokens("eve") == access.tokens("\ud800") == access.tokens("") == []


def test_a_label_is_free_again_when_its_token_has_ended(people: People) -> None:
    made, _ = people.access.make_token("tom", "bot", ["read"], DAY_S)
    people.access.revoke_token(made)
    people.access.make_token("tom", "bot", ["read"], DAY_S)
    people.clock.pass_(DAY)
    people.access.make_token("tom", "bot", ["read"], DAY_S)
    assert len(people.access.tokens("tom")) == 1, "those that are over are forgotten"


def test_nobody_revokes_what_is_not_theirs(people: People) -> None:
    made, value = people.access.make_token("ada", "bot", ["read"], DAY_S)
    for token_id, owner in ((made, "tom"), ("x", None), ("", None), (made, "")):
        with pytest.raises(Refused, match="none in use of that id"):
            people.access.revoke_token(token_id, owner)
    people.access.revoke_token(made)
    with pytest.raises(Refused, match="none in use of that id"):
        people.access.revoke_token(made)
    assert people.access.token(value) is None


def test_a_person_has_a_hundred_tokens_at_most(people: People) -> None:
    for number in range(100):
        people.access.make_token("tom", f"bot-{number}", ["read"], DAY_S)
    with pytest.raises(Refused, match="found 100 already"):
        people.access.make_token("tom", "one-more", ["read"], DAY_S)


def test_the_desks_own_token_may_everything_until_the_next_start(nobody: People) -> None:
    first = nobody.access.make_local_token()
    second = nobody.access.make_local_token()
    who = nobody.access.token(second)
    assert who is not None
    assert (who.name, who.role, who.by) == ("local", "admin", "local")
    assert who.scopes == ("read", "trade", "rearm", "admin")
    assert nobody.access.token(first) is None
    (kept,) = nobody.store.tokens()
    for owner in (None, ""):
        with pytest.raises(Refused, match="none in use"):
            nobody.access.revoke_token(kept.id, owner)
    assert nobody.access.tokens() == [], "it is nobody's to see"
    assert nobody.access.needs_setup()
    nobody.access.revoke_local_token()
    nobody.access.revoke_local_token()
    assert nobody.access.token(second) is None


def test_a_person_may_be_called_local_and_is_not_the_desk(people: People) -> None:
    people.access.add_user("local", canary(), Role.VIEWER)
    value = people.access.make_token("local", "local", ["read"], DAY_S)[1]
    people.access.make_local_token()
    who = people.access.token(value)
    assert who is not None
    assert (who.scopes, who.by) == (("read",), "token:local/local")

"""`tradewind user`: people are changed in the desk's folder, and no secret is said but once."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.canaries import canary, heard
from tests.unit.cli.calling import Called, call
from tests.unit.cli.terminal import at_terminal
from tests.unit.control.access.people import SECOND, app_of
from tradewind.app import access as of_folder
from tradewind.cli.exits import REFUSED, USAGE
from tradewind.control.access.access import Access
from tradewind.edge.store.access_sqlite import SqliteAccess
from tradewind.model.access import Role
from tradewind.runtime.clock import SystemClock

Run = Callable[..., Called]
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def cheap(folder: Path) -> Access:
    """Open the people of a folder as the program does, with passwords that cost nothing."""
    return Access(SqliteAccess(folder / "access.sqlite"), SystemClock(), of_folder.DICE, CHEAP)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a desk that does not run."""
    monkeypatch.setattr(of_folder, "open_access", cheap)
    (tmp_path / "journal.sqlite").touch()
    return tmp_path


@pytest.fixture
def run(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs `tradewind user` with a line on stdin."""

    def called(*words: str, line: str | bytes = b"") -> Called:
        data = line.encode() if isinstance(line, str) else line
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return call("user", *words, data=desk)

    return called


@pytest.fixture
def words(run: Run) -> dict[str, str]:
    """Add ada, an admin, and tom, a trader; return their passwords."""
    made = {"ada": canary(), "tom": canary()}
    for (name, word), role in zip(made.items(), ("admin", "trader"), strict=True):
        assert run("add", name, "--role", role, "--stdin", line=word + "\n").code == 0
    return made


def signs_in(desk: Path, name: str, password: str, totp: str | None = None) -> bool:
    access = cheap(desk)
    try:
        return bool(access.sign_in(name, password, totp, "here").value)
    finally:
        access.close()


def sentence(called: Called, code: int = USAGE) -> str:
    assert called.code == code, called
    assert called.err.startswith("tradewind: "), called
    assert called.err.count("\n") == 1, called
    assert not heard((called.out + called.err).encode())
    return called.err


def test_people_are_added_and_listed(run: Run, desk: Path, words: dict[str, str]) -> None:
    rows = run("list", "--json").json()
    assert [(row["name"], row["role"], row["totp"], row["disabled"]) for row in rows] == [
        ("ada", "admin", False, False),
        ("tom", "trader", False, False),
    ]
    assert not any("hash" in key or "secret" in key for row in rows for key in row)
    table = run("list").out
    assert table.splitlines()[0].split() == [
        "NAME",
        "ROLE",
        "SECOND",
        "FACTOR",
        "SINCE",
        "DISABLED",
    ]
    assert signs_in(desk, "tom", words["tom"])


def test_a_list_of_nobody_says_what_to_do_and_makes_no_file(run: Run, desk: Path) -> None:
    assert "Nobody yet; add an admin with: tradewind user add" in run("list").out
    assert run("list", "--json").json() == []
    assert [path.name for path in desk.iterdir()] == ["journal.sqlite"]


def test_roles_passwords_and_doors_change(run: Run, desk: Path, words: dict[str, str]) -> None:
    assert run("role", "tom", "viewer").out == "changed: tom, viewer\n"
    new = canary()
    assert run("password", "tom", "--stdin", line=new).out.startswith("new password, sessions")
    assert signs_in(desk, "tom", new)
    assert run("disable", "tom").out == "disabled: tom, viewer, disabled\n"
    assert run("list", "--json").json()[1]["disabled"]
    assert run("disable", "tom", "--undo", "--json").json()["disabled"] is False
    assert signs_in(desk, "tom", new)


def test_a_second_factor_is_made_confirmed_and_dropped(
    run: Run, desk: Path, words: dict[str, str]
) -> None:
    made = run("totp", "tom")
    assert "then confirm it with: tradewind user totp tom --confirm" in made.err
    app = app_of(made.out.strip())
    assert signs_in(desk, "tom", words["tom"]), "it does not count yet"
    said = sentence(run("totp", "tom", "--confirm", "--stdin", line="000 000"), REFUSED)
    assert "type the newest one" in said
    code = app.generate_otp(SystemClock().now_ns() // (30 * SECOND))
    done = run("totp", "tom", "--confirm", "--stdin", line=code)
    assert done.out == "second factor in use: tom, trader\n"
    assert "drop that first" in sentence(run("totp", "tom"), REFUSED)
    assert run("totp", "tom", "--drop").out == "second factor dropped: tom, trader\n"
    assert signs_in(desk, "tom", words["tom"])
    assert app_of(run("totp", "tom", "--json").json()["uri"]).name == "tom"


def test_a_token_is_said_once_listed_and_revoked(
    run: Run, desk: Path, words: dict[str, str]
) -> None:
    made = run("token", "tom", "--label", "bot", "--scope", "read", "--scope", "trade")
    value = made.out.strip()
    access = cheap(desk)
    who = access.token(value)
    access.close()
    assert who is not None
    assert (who.by, who.scopes) == ("token:tom/bot", ("read", "trade"))
    (row,) = run("token", "tom", "--list", "--json").json()
    assert row["id"] in made.err
    assert row["id"] in (table := run("token", "tom", "--list").out)
    assert "good" in table
    assert value not in table
    assert run("token", "tom", "--revoke", row["id"]).out == "revoked: bot of tom\n"
    assert "revoked" in run("token", "tom", "--list").out
    assert "none in use" in sentence(run("token", "tom", "--revoke", row["id"]), REFUSED)
    told = run("token", "tom", "--label", "bot", "--json").json()
    assert set(told) == {"id", "value"}


DRY: dict[str, tuple[str, str]] = {
    "add": ("add eve --role viewer --stdin", "would add: eve, viewer"),
    "role": ("role tom admin", "would change: tom, admin"),
    "password": ("password tom --stdin", "would give a new password to: tom, trader"),
    "disable": ("disable tom", "would disable: tom, trader, disabled"),
    "enable": ("disable tom --undo", "would enable: tom, trader"),
    "totp": ("totp tom", "would make a second factor for: tom, trader"),
    "totp drop": ("totp tom --drop", "second factor would be dropped: tom, trader"),
    "token": ("token tom --label b", "would make the token b for: tom, trader"),
}


@pytest.mark.parametrize("name", DRY)
def test_a_dry_run_says_what_it_would_do_and_does_nothing(
    name: str, run: Run, desk: Path, words: dict[str, str]
) -> None:
    verb, told = DRY[name]

    def now() -> object:
        access = cheap(desk)
        try:
            return access.users(), access.tokens(), [access._store.user(each) for each in words]
        finally:
            access.close()

    before = now()
    called = run(*verb.split(), "--dry-run", line=canary())
    assert (called.code, called.out) == (0, told + "\n"), called
    assert now() == before
    assert run(*verb.split(), "--dry-run", "--json", line=canary()).code == 0


def test_a_dry_run_refuses_what_would_be_refused(run: Run, words: dict[str, str]) -> None:
    assert "no other admin" in sentence(run("disable", "ada", "--dry-run"), REFUSED)


WRONG: dict[str, tuple[str, int, str]] = {
    "nobody": ("role eve viewer", USAGE, "none of that name; see: tradewind user list"),
    "an unknown role": ("role tom boss", USAGE, "give one of viewer, trader, admin"),
    "no role": ("add eve", USAGE, "--role"),
    "the last admin": ("role ada trader", REFUSED, "make another person admin first"),
    "a name in use": ("add tom --role viewer --stdin", REFUSED, "somebody of that name already"),
    "a bad name": ("add e/e --role viewer --stdin", USAGE, "at most 32 letters"),
    "nothing on stdin": ("add eve --role viewer --stdin", USAGE, "found no line of text"),
    "no terminal": ("password tom", USAGE, "no terminal; give it on the first line of stdin"),
    "no terminal for a code": ("totp tom --confirm", USAGE, "no terminal; give it on the first"),
    "two wishes": ("totp tom --drop --confirm", USAGE, "--confirm and --drop; give one"),
    "no wish": ("token tom", USAGE, "found no --label, --list or --revoke"),
    "a scope beyond the role": ("token tom --label b --scope admin", REFUSED, "not hold admin"),
    "too many days": ("token tom --label b --days 367", USAGE, "at most 366 days"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_one_sentence(name: str, run: Run, words: dict[str, str]) -> None:
    line, code, told = WRONG[name]
    assert told in sentence(run(*line.split()), code)


@pytest.mark.parametrize("password", ["short", "x" * 1001, b"\xff\xfe" * 9])
def test_a_password_that_cannot_be_is_not_repeated(
    password: str | bytes, run: Run, words: dict[str, str]
) -> None:
    said = sentence(run("password", "tom", "--stdin", line=password))
    assert str(password)[:5] not in said


@pytest.mark.parametrize(
    "verb",
    ["add eve --role viewer", "password tom", "totp tom", "list", "disable tom", "role tom admin"],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(
    verb: str, run: Run, words: dict[str, str]
) -> None:
    said = sentence(run(*verb.split(), canary()))
    assert "passwords never stand there" in said


def test_a_folder_without_a_desk_is_a_sentence(tmp_path: Path) -> None:
    said = sentence(call("user", "list", data=tmp_path))
    assert "start one with: tradewind demo" in said
    assert list(tmp_path.iterdir()) == []


def test_at_a_terminal_a_password_is_asked_for_twice_without_echo(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").touch()
    word = canary()
    answers = [("New password of ada: ", word), ("The same once more: ", word)]
    code, said = at_terminal(tmp_path, answers, "user", "add", "ada", "--role", "admin")
    assert (code, heard(said.encode())) == (0, ""), said
    access = of_folder.open_access(tmp_path)
    assert access.sign_in("ada", word, None, "here").who.role is Role.ADMIN
    access.close()
    answers[1] = ("The same once more: ", canary())
    code, said = at_terminal(tmp_path, answers, "user", "password", "ada")
    assert (code, heard(said.encode())) == (USAGE, ""), said
    assert "found two different ones" in said

"""The store of people: what every one must do, and what the SQLite file does besides."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.canaries import canary, heard_in
from tradewind.edge.store.access_sqlite import SqliteAccess, copy_access
from tradewind.edge.store.private_file import write_private
from tradewind.model.access import (
    AccessScope,
    KeptSession,
    KeptToken,
    Role,
    SetupCode,
    User,
)
from tradewind.model.errors import ConfigError, JournalError
from tradewind.ports import AccessStore

STORES: dict[str, Callable[[Path], AccessStore]] = {
    "sqlite": lambda folder: SqliteAccess(folder / "access.sqlite"),
}
"""How each store is opened on a folder; a second one is opened on what the first has kept."""
ADA = User(name="ada", password_hash="h1", role=Role.ADMIN, created_ns=1)
TOM = User(
    name="tom",
    password_hash="h2",
    role=Role.TRADER,
    created_ns=2,
    disabled_ns=3,
    totp_since_ns=4,
    totp_step=5,
)
SESSION = KeptSession(digest="s1", name="ada", created_ns=10, seen_ns=10)
TOKEN = KeptToken(
    digest="t1" * 32,
    owner="ada",
    label="bot",
    scopes=(AccessScope.READ, AccessScope.REARM),
    created_ns=20,
    expires_ns=30,
)


@pytest.fixture(params=list(STORES))
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], AccessStore]]:
    """Return what opens one kind of store, again and again on the same rows."""
    made: list[AccessStore] = []

    def open_() -> AccessStore:
        made.append(STORES[request.param](tmp_path))
        return made[-1]

    yield open_
    for each in made:
        each.close()


# --- what every store must do ---------------------------------------------------------------------


def test_a_new_store_is_empty(opened: Callable[[], AccessStore]) -> None:
    store = opened()
    assert store.users() == store.tokens() == store.sessions("ada") == []
    assert store.user("ada") is store.session("x") is store.token("x") is None
    assert store.setup_code() is store.totp_secret("ada") is None


def test_what_is_kept_is_there_for_the_next_and_changes_whole(
    opened: Callable[[], AccessStore],
) -> None:
    store, other = opened(), opened()
    for user in (TOM, ADA):
        store.keep_user(user)
    store.keep_session(SESSION)
    store.keep_token(TOKEN)
    store.keep_setup_code(SetupCode("c1", 40))
    assert other.users() == [ADA, TOM]
    assert other.user("tom") == TOM
    assert other.session("s1") == SESSION
    assert other.token(TOKEN.digest) == TOKEN
    assert other.setup_code() == SetupCode("c1", 40)
    later = msgspec.structs.replace(TOM, password_hash="h3", role=Role.VIEWER, disabled_ns=None)
    seen = msgspec.structs.replace(SESSION, seen_ns=11)
    used = msgspec.structs.replace(TOKEN, used_ns=21, revoked_ns=22)
    other.keep_user(later)
    other.keep_session(seen)
    other.keep_token(used)
    other.keep_setup_code(SetupCode("c2", 41))
    assert (store.user("tom"), store.session("s1"), store.token(TOKEN.digest)) == (
        *(later, seen),
        used,
    )
    assert store.setup_code() == SetupCode("c2", 41)


def test_sessions_and_tokens_come_the_oldest_first_and_by_owner(
    opened: Callable[[], AccessStore],
) -> None:
    store = opened()
    times = {"a": 3, "b": 1, "c": 2}
    for digest, ns in times.items():
        store.keep_session(KeptSession(digest=digest, name="ada", created_ns=ns, seen_ns=9))
        store.keep_token(msgspec.structs.replace(TOKEN, digest=digest, created_ns=ns))
    store.keep_session(KeptSession(digest="d", name="tom", created_ns=0, seen_ns=9))
    store.keep_token(msgspec.structs.replace(TOKEN, digest="d", owner="", created_ns=0))
    assert [each.digest for each in store.sessions("ada")] == ["b", "c", "a"]
    assert [each.digest for each in store.tokens("ada")] == ["b", "c", "a"]
    assert [each.digest for each in store.tokens()] == ["d", "b", "c", "a"]
    assert [each.digest for each in store.tokens("")] == ["d"]


def test_what_is_dropped_is_gone_and_nothing_else(opened: Callable[[], AccessStore]) -> None:
    store = opened()
    for user in (ADA, TOM):
        store.keep_user(user)
        store.keep_totp_secret(user.name, canary(32))
        for number in (1, 2):
            digest = f"{user.name}{number}"
            store.keep_session(KeptSession(digest=digest, name=user.name, created_ns=1, seen_ns=1))
            store.keep_token(msgspec.structs.replace(TOKEN, digest=digest, owner=user.name))
    for _ in range(2):
        store.drop_session("ada1")
        store.drop_token("ada1")
        store.drop_user("tom")
        store.keep_setup_code(None)
    assert store.users() == [ADA]
    assert [each.digest for each in store.sessions("ada")] == ["ada2"]
    assert [each.digest for each in store.tokens()] == ["ada2"]
    assert store.sessions("tom") == []
    store.keep_user(TOM)
    assert store.totp_secret("tom") is None


def test_the_secret_of_a_second_factor_comes_back_whoever_else_changes(
    opened: Callable[[], AccessStore],
) -> None:
    store = opened()
    secrets = {"ada": canary(32), "tom": canary(32)}
    for user in (ADA, TOM):
        store.keep_user(user)
        store.keep_totp_secret(user.name, secrets[user.name])
        store.keep_user(msgspec.structs.replace(user, totp_step=9))
    again = opened()
    assert {name: again.totp_secret(name) for name in secrets} == secrets
    again.keep_totp_secret("ada", None)
    assert (store.totp_secret("ada"), store.totp_secret("tom")) == (None, secrets["tom"])


def test_alone_all_or_nothing_happens(opened: Callable[[], AccessStore]) -> None:
    store, other = opened(), opened()

    def half() -> None:
        with store.alone():
            store.keep_user(ADA)
            with store.alone():
                store.keep_session(SESSION)
            store.keep_totp_secret("ada", canary(32))
            assert other.users() == [], "nobody sees the half of it"
            raise KeyError("in the middle")

    with pytest.raises(KeyError):
        half()
    assert (store.users(), store.session("s1")) == ([], None)
    with store.alone():
        store.keep_user(ADA)
        store.keep_session(SESSION)
    assert (other.users(), other.session("s1")) == ([ADA], SESSION)


def test_alone_nobody_writes_in_between(opened: Callable[[], AccessStore]) -> None:
    opened().keep_user(msgspec.structs.replace(ADA, totp_step=0))

    def count(store: AccessStore) -> None:
        for _ in range(25):
            with store.alone():
                user = store.user("ada")
                assert user is not None
                store.keep_user(msgspec.structs.replace(user, totp_step=user.totp_step + 1))

    stores = [opened(), opened()]
    threads = [threading.Thread(target=count, args=(store,)) for store in stores * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    user = stores[0].user("ada")
    assert user is not None
    assert user.totp_step == 100


# --- what the file does besides -------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteAccess]:
    """Return a store in which ada has a second factor."""
    made = SqliteAccess(tmp_path / "access.sqlite")
    made.keep_user(ADA)
    made.keep_totp_secret("ada", canary(32))
    yield made
    made.close()


def test_every_file_is_its_owners_alone(store: SqliteAccess) -> None:
    files = list(store.path.parent.iterdir())
    assert {path.name for path in files} >= {"access.sqlite", "access.sqlite-wal", "access.key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_secret_stands_in_no_file(store: SqliteAccess) -> None:
    assert [heard_in(path) for path in store.path.parent.iterdir() if heard_in(path)] == []


@pytest.mark.parametrize("name", ["access.sqlite", "access.key"])
def test_a_file_that_others_may_read_is_refused_with_the_remedy(
    name: str, store: SqliteAccess
) -> None:
    (store.path.parent / name).chmod(0o644)
    with pytest.raises(ConfigError, match=f"others may read or write it.*chmod 600 .*{name}"):
        SqliteAccess(store.path).totp_secret("ada")


def damaged(path: Path) -> None:
    path.write_bytes(b"no database at all" * 99)


def swapped(path: Path) -> None:
    key = path.with_suffix(".key")
    key.unlink()
    write_private(key, b"0" * 64 + b"\n", replace=False)


BROKEN: dict[str, tuple[type[Exception], str, Callable[[Path], object]]] = {
    "no key file": (
        ConfigError,
        "found no key file .*restore that file, or drop .*user totp ada --drop",
        lambda path: path.with_suffix(".key").unlink(),
    ),
    "another key": (ConfigError, "not sealed by the key.*--drop", swapped),
    "no key in it": (
        ConfigError,
        "found no key in it; restore it",
        lambda path: path.with_suffix(".key").write_text("abc"),
    ),
    "no database": (JournalError, "cannot be read as a database", damaged),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_one_sentence(name: str, store: SqliteAccess) -> None:
    kind, told, break_ = BROKEN[name]
    store.close()
    break_(store.path)
    with pytest.raises(kind, match=told) as caught:
        _opened_and_read(store.path)
    assert "\n" not in str(caught.value)


def _opened_and_read(path: Path) -> None:
    store = SqliteAccess(path)
    try:
        store.totp_secret("ada")
    finally:
        store.close()


def test_a_factor_whose_key_is_lost_can_still_be_dropped(store: SqliteAccess) -> None:
    store.path.with_suffix(".key").unlink()
    assert store.user("ada") == ADA
    store.keep_totp_secret("ada", None)
    assert store.totp_secret("ada") is None


def test_a_secret_put_into_anothers_row_does_not_open(store: SqliteAccess) -> None:
    store.keep_user(TOM)
    with sqlite3.connect(store.path) as other:
        other.execute(
            "UPDATE trading_users SET totp_secret = "
            "(SELECT totp_secret FROM trading_users WHERE user_id = 'ada')"
        )
    other.close()
    assert store.totp_secret("ada")
    with pytest.raises(ConfigError, match="second factor of tom"):
        store.totp_secret("tom")


def test_a_folder_that_is_not_writable_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="see to that folder and its disk"):
        SqliteAccess(tmp_path / "file" / "access.sqlite")


def test_a_failed_write_is_a_sentence_and_the_store_goes_on(store: SqliteAccess) -> None:
    with store.alone(), pytest.raises(JournalError, match=r"found .*constraint failed"):
        store.keep_user(msgspec.structs.replace(ADA, name="tom", password_hash=None))
    store.keep_user(TOM)
    assert store.users() == [ADA, TOM]


def test_a_commit_that_fails_leaves_nothing_and_the_store_goes_on(tmp_path: Path) -> None:
    store = SqliteAccess(tmp_path / "access.sqlite")
    connection = store._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        with store.alone():
            for number in range(99):
                store.keep_user(msgspec.structs.replace(ADA, name=f"x{number}" * 99))

    with pytest.raises(JournalError, match="full; see to that file and its disk"):
        fill()
    assert store.users() == []
    connection.execute("PRAGMA max_page_count = 99999")
    with store.alone():
        store.keep_user(ADA)
    assert store.users() == [ADA]
    store.close()


def test_a_copy_has_everything_and_changes_nothing(store: SqliteAccess, tmp_path: Path) -> None:
    place = tmp_path / "copy"
    place.mkdir()
    copy_access(store.path, place / "access.sqlite")
    copy = SqliteAccess(place / "access.sqlite")
    assert (copy.users(), copy.totp_secret("ada")) == ([ADA], store.totp_secret("ada"))
    copy.keep_user(TOM)
    copy.close()
    assert store.users() == [ADA]
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()} == {0o600}


def test_an_older_file_is_brought_up(tmp_path: Path) -> None:
    from tradewind.edge.store.schema import migrate

    path = tmp_path / "access.sqlite"
    os.close(os.open(path, os.O_CREAT, 0o600))
    migrate(path, "0002")
    store = SqliteAccess(path)
    store.keep_user(TOM)
    assert store.users() == [TOM]
    store.close()


def test_it_opens_without_what_is_slow_to_import(store: SqliteAccess) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from tradewind.edge.store.access_sqlite import SqliteAccess;"
        "SqliteAccess(Path(sys.argv[1])).close();"
        "print(sorted({'alembic', 'sqlalchemy', 'duckdb', 'pyarrow'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", code, str(store.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

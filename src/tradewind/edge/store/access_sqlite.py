"""People, sessions and tokens in a SQLite file of their own, which its owner alone may read.

Knows rows and one seal; must not know what a role may do. The secret of a second factor must come
back, so it is sealed (AES-256-GCM) by a key in a file beside: a copy of the table alone opens
nothing.
"""

import os
import secrets
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tradewind.edge.store.private_file import (
    FOR_OTHERS,
    PRIVATE,
    cannot,
    read_private,
    write_private,
)
from tradewind.edge.store.schema import open_read_tables
from tradewind.model.access import AccessScope, KeptSession, KeptToken, Role, SetupCode, User
from tradewind.model.errors import ConfigError, JournalError

BUSY_S = 5.0
KEY_BYTES = 32
NONCE_BYTES = 12
KEY_SUFFIX = ".key"
SETUP = "code"

_USER = (
    "SELECT user_id, password_hash, role, created_ns, disabled_ns, totp_since_ns, totp_step "
    "FROM trading_users "
)
_KEEP_USER = (
    "INSERT INTO trading_users (user_id, name, password_hash, role, created_ns, disabled_ns, "
    "totp_since_ns, totp_step) VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7) "
    "ON CONFLICT (user_id) DO UPDATE SET password_hash = ?2, role = ?3, created_ns = ?4, "
    "disabled_ns = ?5, totp_since_ns = ?6, totp_step = ?7"
)
_SESSION = "SELECT session_hash, user_id, created_ns, seen_ns FROM trading_sessions "
_KEEP_SESSION = (
    "INSERT INTO trading_sessions (session_hash, user_id, created_ns, seen_ns) "
    "VALUES (?, ?, ?, ?) ON CONFLICT (session_hash) DO UPDATE SET seen_ns = excluded.seen_ns"
)
_TOKEN = (
    "SELECT token_hash, user_id, name, scopes, created_ns, expires_ns, last_used_ns, "
    "revoked_ns FROM trading_api_tokens "
)
_KEEP_TOKEN = (
    "INSERT INTO trading_api_tokens (token_hash, user_id, name, scopes, created_ns, expires_ns, "
    "last_used_ns, revoked_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (token_hash) "
    "DO UPDATE SET last_used_ns = excluded.last_used_ns, revoked_ns = excluded.revoked_ns"
)


class SqliteAccess:
    """The file and, where somebody has a second factor, a key file beside it; both mode 0600.

    Opening makes the file, or brings its tables up. Raises ConfigError for one that others may
    read, JournalError for one that cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._key_path = path.with_suffix(KEY_SUFFIX)
        self._lock = threading.RLock()
        self._depth = 0
        _make_private(path)
        open_read_tables(path)
        self._connection = self._open()

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Do what is inside wholly or not at all, while nobody else writes; may be nested."""
        with self._lock:
            if not self._depth:
                self._ask("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._ask("COMMIT")
            finally:
                self._depth -= 1
                # What failed may have ended the transaction already: a full disk does.
                if not self._depth and self._connection.in_transaction:
                    self._ask("ROLLBACK")

    def users(self) -> list[User]:
        """Return everybody, by name."""
        return [_user(row) for row in self._ask(_USER + "ORDER BY user_id")]

    def user(self, name: str) -> User | None:
        """Return one person, None where there is none of that name."""
        rows = self._ask(_USER + "WHERE user_id = ?", name)
        return _user(rows[0]) if rows else None

    def keep_user(self, user: User) -> None:
        """Keep a person as given, new or changed."""
        self._ask(
            _KEEP_USER,
            user.name,
            user.password_hash,
            user.role.value,
            user.created_ns,
            user.disabled_ns,
            user.totp_since_ns,
            user.totp_step,
        )

    def drop_user(self, name: str) -> None:
        """Forget a person with every session, token and secret; harmless where there is none."""
        with self.alone():
            self._ask("DELETE FROM trading_sessions WHERE user_id = ?", name)
            self._ask("DELETE FROM trading_api_tokens WHERE user_id = ?", name)
            self._ask("DELETE FROM trading_users WHERE user_id = ?", name)

    def totp_secret(self, name: str) -> str | None:
        """Return the secret of a person's second factor; raises ConfigError where it stays shut."""
        rows = self._ask("SELECT totp_secret FROM trading_users WHERE user_id = ?", name)
        sealed = rows[0][0] if rows else None
        return None if sealed is None else self._unsealed(name, sealed)

    def keep_totp_secret(self, name: str, secret: str | None) -> None:
        """Keep the secret of a second factor, sealed; None forgets it."""
        with self.alone():
            sealed = None if secret is None else self._sealed(name, secret)
            self._ask("UPDATE trading_users SET totp_secret = ? WHERE user_id = ?", sealed, name)

    def session(self, digest: str) -> KeptSession | None:
        """Return the session of a digest."""
        rows = self._ask(_SESSION + "WHERE session_hash = ?", digest)
        return _session(rows[0]) if rows else None

    def sessions(self, name: str) -> list[KeptSession]:
        """Return the sessions of a person, the oldest first."""
        where = "WHERE user_id = ? ORDER BY created_ns, session_hash"
        return [_session(row) for row in self._ask(_SESSION + where, name)]

    def keep_session(self, session: KeptSession) -> None:
        """Keep a session as given, new or seen again."""
        self._ask(_KEEP_SESSION, session.digest, session.name, session.created_ns, session.seen_ns)

    def drop_session(self, digest: str) -> None:
        """Forget a session; harmless where there is none."""
        self._ask("DELETE FROM trading_sessions WHERE session_hash = ?", digest)

    def token(self, digest: str) -> KeptToken | None:
        """Return the token of a digest."""
        rows = self._ask(_TOKEN + "WHERE token_hash = ?", digest)
        return _token(rows[0]) if rows else None

    def tokens(self, owner: str | None = None) -> list[KeptToken]:
        """Return the tokens of a person, or of all, the oldest first."""
        where = "WHERE ?1 IS NULL OR user_id = ?1 ORDER BY created_ns, token_hash"
        return [_token(row) for row in self._ask(_TOKEN + where, owner)]

    def keep_token(self, token: KeptToken) -> None:
        """Keep a token as given, new, used again or revoked."""
        self._ask(
            _KEEP_TOKEN,
            token.digest,
            token.owner,
            token.label,
            " ".join(token.scopes),
            token.created_ns,
            token.expires_ns,
            token.used_ns,
            token.revoked_ns,
        )

    def drop_token(self, digest: str) -> None:
        """Forget a token; harmless where there is none."""
        self._ask("DELETE FROM trading_api_tokens WHERE token_hash = ?", digest)

    def setup_code(self) -> SetupCode | None:
        """Return the code of the first start, None where there is none."""
        rows = self._ask("SELECT code_hash, expires_ns FROM trading_setup WHERE name = ?", SETUP)
        return SetupCode(*rows[0]) if rows else None

    def keep_setup_code(self, code: SetupCode | None) -> None:
        """Keep the one code of the first start; None forgets it."""
        with self.alone():
            self._ask("DELETE FROM trading_setup")
            if code is not None:
                self._ask(
                    "INSERT INTO trading_setup (name, code_hash, expires_ns) VALUES (?, ?, ?)",
                    SETUP,
                    code.digest,
                    code.expires_ns,
                )

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        # FULL: who was shut out must not be back after a power cut.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _ask(self, statement: str, *values: Any) -> list[Any]:
        with self._lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise JournalError(
                    f"Asked {self.path}, found {error}; see to that file and its disk, then try "
                    f"again."
                ) from error

    def _sealed(self, name: str, secret: str) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        key = self._key()
        if key is None:
            key = secrets.token_bytes(KEY_BYTES)
            write_private(self._key_path, key.hex().encode() + b"\n", replace=False)
        return (nonce + AESGCM(key).encrypt(nonce, secret.encode(), name.encode())).hex()

    def _unsealed(self, name: str, sealed: str) -> str:
        key = self._key()
        if key is not None:
            try:
                data = bytes.fromhex(sealed)
                made = AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], name.encode())
                return made.decode()
            except (InvalidTag, ValueError):
                pass
        found = "no key file" if key is None else "that it is not sealed by the key"
        raise ConfigError(
            f"Opened the second factor of {name}, found {found} {self._key_path}; restore that "
            f"file, or drop the factor with: tradewind user totp {name} --drop"
        )

    def _key(self) -> bytes | None:
        text = read_private(self._key_path, "key file")
        if text is None:
            return None
        try:
            key = bytes.fromhex(text.decode("ascii"))
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise ConfigError(
                f"Read the key file {self._key_path}, found no key in it; restore it from a backup."
            )
        return key


def copy_access(source: Path, target: Path) -> None:
    """Copy the file and its key to another place, mode 0600 too; the source may be in use.

    Raises ConfigError for a source that others may read, JournalError for one that is damaged.
    """
    _make_private(source)
    _make_private(target)
    try:
        with (
            closing(sqlite3.connect(source, timeout=BUSY_S)) as from_,
            closing(sqlite3.connect(target)) as to,
        ):
            from_.backup(to)
    except sqlite3.Error as error:
        raise JournalError(
            f"Copied {source}, found {error}; see to that file and its disk, then try again."
        ) from error
    key = read_private(source.with_suffix(KEY_SUFFIX), "key file")
    if key is not None:
        write_private(target.with_suffix(KEY_SUFFIX), key, replace=True)


def _make_private(path: Path) -> None:
    """Make the file with mode 0600 before SQLite does; raises ConfigError for one of others."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        try:
            status = os.fstat(file)
        finally:
            os.close(file)
    except OSError as error:
        raise cannot("Opened", path, error) from error
    if stat.S_IMODE(status.st_mode) & FOR_OTHERS:
        raise ConfigError(
            f"Opened {path}, found that others may read or write it; shut them out with: chmod "
            f"600 {path}"
        )


def _user(row: Any) -> User:
    return User(
        name=row[0],
        password_hash=row[1],
        role=Role(row[2]),
        created_ns=row[3],
        disabled_ns=row[4],
        totp_since_ns=row[5],
        totp_step=-1 if row[6] is None else row[6],
    )


def _session(row: Any) -> KeptSession:
    return KeptSession(digest=row[0], name=row[1], created_ns=row[2], seen_ns=row[3])


def _token(row: Any) -> KeptToken:
    return KeptToken(
        digest=row[0],
        owner=row[1],
        label=row[2],
        scopes=tuple(AccessScope(word) for word in row[3].split()),
        created_ns=row[4],
        expires_ns=row[5],
        used_ns=row[6],
        revoked_ns=row[7],
    )

"""Sealed keys as one file: AES-256-GCM, a data key for each entry, wrapped by a master key.

Knows ciphers, files and their modes. Must not know what a venue is, and has no road by which keys
leave in the clear but `open`. What is clear in the file: the names, their versions and labels.

The file is a line that says its format, and JSON. The header has a digest, which finds damage, and
a seal, which proves the master key; so a wrong passphrase is told apart from a damaged header. The
entries are sealed together too, so one that was swapped, put back to an older version or taken out
is found. An older copy of the whole file cannot be told from the present one.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tradewind.edge.store.private_file import PRIVATE, cannot, read_private, write_private
from tradewind.edge.store.vault_lock import KEY_BYTES, SALT_BYTES, ByKeyFile, Lock, Opener
from tradewind.model.errors import ConfigError
from tradewind.ports import Keys

FORMAT = 1
MAGIC = b"tradewind vault "
NONCE_BYTES = 12
SEAL_BYTES = NONCE_BYTES + 16

_DAMAGED = "restore it from a backup, or move it away and add the keys again"


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all entries of a vault share. `digest` is of id and lock; `proof` is a seal on them."""

    id: bytes
    lock: Lock
    digest: bytes
    proof: bytes


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One set of keys: a data key wrapped by the master key, and the keys sealed with it.

    Each of the two is a nonce, then the sealed bytes. `labels` are clear, and vouched for.
    """

    version: int
    labels: dict[str, str]
    wrapped: bytes
    sealed: bytes


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; `seal` is on all entries together."""

    header: Header
    entries: dict[str, Entry]
    seal: bytes


class FileVault:
    """The vault in a file of mode 0600, which is replaced whole at every change.

    Every fault is a ConfigError that names what to do; none of them shows a key.
    """

    def __init__(self, path: Path, opener: Opener) -> None:
        self.path = path
        self._opener = opener

    def __repr__(self) -> str:
        return f"FileVault({str(self.path)!r})"

    def names(self) -> list[str]:
        """Return the names, in order; needs no master key and proves nothing."""
        return sorted(self.labels())

    def labels(self) -> dict[str, dict[str, str]]:
        """Return each entry's labels by its name; needs no master key and proves nothing."""
        content = self._read()
        return {} if content is None else {n: e.labels for n, e in content.entries.items()}

    def seal(self, name: str, keys: Keys, labels: Mapping[str, str] | None = None) -> None:
        """Keep the keys under a name, replacing those that it had; makes the vault if need be."""
        before = self._read()
        header, master = self._begin() if before is None else self._unlock(before)
        with self._alone():
            entries = self._entries(header, master)
            old = entries.get(name)
            version = 1 if old is None else old.version + 1
            entries[name] = _seal_entry(header, master, name, version, keys, dict(labels or {}))
            self._write(header, master, entries)

    def open(self, name: str) -> Keys:
        """Return the keys; raises ConfigError where there are none or the vault stays shut."""
        content = self._read()
        if content is None or name not in content.entries:
            raise self._unknown(name, content)
        header, master = self._unlock(content)
        return self._open_entry(header, master, name, content.entries[name])

    def remove(self, name: str) -> None:
        """Forget the keys; raises ConfigError where there are none."""
        content = self._read()
        if content is None or name not in content.entries:
            raise self._unknown(name, content)
        header, master = self._unlock(content)
        with self._alone():
            entries = self._entries(header, master)
            entries.pop(name, None)
            self._write(header, master, entries)

    def _unknown(self, name: str, content: Content | None) -> ConfigError:
        known = ", ".join(sorted(content.entries)) if content is not None else ""
        return ConfigError(
            f"Looked in the vault {self.path} for {name}, found "
            f"{f'only {known}' if known else 'nothing'}; add it with: tradewind accounts add {name}"
        )

    def _begin(self) -> tuple[Header, bytes]:
        lock = self._opener.new_lock()
        master = self._opener.master(lock, self.path)
        unproved = Header(secrets.token_bytes(SALT_BYTES), lock, b"", b"")
        said = _said_header(unproved)
        proof = _seal(master, b"", said)
        return Header(unproved.id, lock, sha256(said).digest(), proof), master

    def _unlock(self, content: Content) -> tuple[Header, bytes]:
        """Return header and master key; raises ConfigError for a wrong key and for damage."""
        header = content.header
        if sha256(_said_header(header)).digest() != header.digest:
            raise _damaged(self.path, "its header damaged")
        master = self._opener.master(header.lock, self.path)
        try:
            _unseal(master, header.proof, _said_header(header))
        except InvalidTag:
            what = "key file" if isinstance(header.lock, ByKeyFile) else "passphrase"
            raise ConfigError(
                f"Opened the vault {self.path}, found that the {what} is not the one it was made "
                f"with; give the right one."
            ) from None
        try:
            _unseal(master, content.seal, _said_entries(header, content.entries))
        except InvalidTag:
            raise _damaged(self.path, "entries swapped, taken out or changed") from None
        return header, master

    def _entries(self, header: Header, master: bytes) -> dict[str, Entry]:
        """Return the entries as they are now: another command may have been here meanwhile."""
        content = self._read()
        if content is None:
            return {}
        if content.header != header:
            raise ConfigError(
                f"Changed the vault {self.path}, found that another command has just made it anew; "
                f"try again."
            )
        try:
            _unseal(master, content.seal, _said_entries(header, content.entries))
        except InvalidTag:
            raise _damaged(self.path, "entries swapped, taken out or changed") from None
        return dict(content.entries)

    def _open_entry(self, header: Header, master: bytes, name: str, entry: Entry) -> Keys:
        said = _said_entry(header, name, entry.version, entry.labels)
        try:
            key = _unseal(master, entry.wrapped, b"key" + said)
            plain = _unseal(key, entry.sealed, b"keys" + said)
            return Keys(msgspec.json.decode(plain, type=dict[str, str]))
        except (InvalidTag, ValueError, msgspec.DecodeError):
            raise _damaged(self.path, f"the entry {name} damaged") from None

    def _read(self) -> Content | None:
        """Return the file as it is, None where there is none; raises ConfigError for damage."""
        data = read_private(self.path, "vault")
        if data is None:
            return None
        line, _, body = data.partition(b"\n")
        if not line.startswith(MAGIC):
            raise _damaged(self.path, "no vault in it")
        number = line.removeprefix(MAGIC)
        if number != str(FORMAT).encode():
            if number.isdigit() and int(number) > FORMAT:
                raise ConfigError(
                    f"Opened the vault {self.path}, found format {int(number)} where this version "
                    f"reads {FORMAT}; use the newer version of Tradewind that wrote it."
                )
            raise _damaged(self.path, "its first line damaged")
        try:
            return msgspec.json.decode(body, type=Content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _damaged(self.path, "it cut off or damaged") from None

    def _write(self, header: Header, master: bytes, entries: dict[str, Entry]) -> None:
        entries = dict(sorted(entries.items()))
        seal = _seal(master, b"", _said_entries(header, entries))
        body = msgspec.json.encode(Content(header, entries, seal))
        write_private(self.path, MAGIC + str(FORMAT).encode() + b"\n" + body, replace=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other commands from changing the vault: the later of two would undo the other."""
        path = self.path.with_name(self.path.name + ".lock")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
        except OSError as error:
            raise cannot("Wrote", path, error) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(file)
            raise ConfigError(
                f"Changed the vault {self.path}, found another command changing it; try again "
                f"when that one is done."
            ) from error
        try:
            yield
        finally:
            os.close(file)


def _seal_entry(
    header: Header,
    master: bytes,
    name: str,
    version: int,
    keys: Keys,
    labels: dict[str, str],
) -> Entry:
    said = _said_entry(header, name, version, labels)
    key = AESGCM.generate_key(8 * KEY_BYTES)
    plain = msgspec.json.encode(dict(keys.values))
    return Entry(
        version, labels, _seal(master, key, b"key" + said), _seal(key, plain, b"keys" + said)
    )


def _said_header(header: Header) -> bytes:
    return b"header" + msgspec.json.encode((FORMAT, header.id, header.lock))


def _said_entry(header: Header, name: str, version: int, labels: dict[str, str]) -> bytes:
    return b"entry" + msgspec.json.encode(
        (FORMAT, header.id, name, version, labels), order="sorted"
    )


def _said_entries(header: Header, entries: Mapping[str, Entry]) -> bytes:
    return b"entries" + msgspec.json.encode((FORMAT, header.id, dict(entries)), order="sorted")


def _seal(key: bytes, plain: bytes, said: bytes) -> bytes:
    """Return a fresh nonce and the sealed bytes, with `said` vouched for."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, said)


def _unseal(key: bytes, sealed: bytes, said: bytes) -> bytes:
    if len(sealed) < SEAL_BYTES:
        raise InvalidTag
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], said)


def _damaged(path: Path, found: str) -> ConfigError:
    return ConfigError(f"Opened the vault {path}, found {found}; {_DAMAGED}.")

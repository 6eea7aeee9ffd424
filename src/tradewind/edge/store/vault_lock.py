"""Where a vault's master key comes from: a key file, or a passphrase.

Knows how each is made and what it costs to guess; must not know what the key opens.
"""

import secrets
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tradewind.edge.store.private_file import read_private, write_private
from tradewind.model.errors import ConfigError

KEY_MAGIC = b"tradewind vault key 1\n"
KEY_BYTES = 32
SALT_BYTES = 16
LEAST_PASSPHRASE = 12
MOST_MEMORY = 1 << 30


class Cost(msgspec.Struct, frozen=True):
    """What one guess at a passphrase costs: scrypt's n, r and p; it needs 128·n·r bytes."""

    n: int = 1 << 17
    r: int = 8
    p: int = 1

    @property
    def is_sane(self) -> bool:
        """Tell whether this machine should try: a file from elsewhere may ask for too much."""
        power_of_two = self.n > 1 and self.n & (self.n - 1) == 0
        bounded = 0 < self.r <= 64 and 0 < self.p <= 16
        return power_of_two and bounded and 128 * self.n * self.r <= MOST_MEMORY


class ByKeyFile(msgspec.Struct, frozen=True, tag="key_file", forbid_unknown_fields=True):
    """The master key is in a file of its own."""


class ByPassphrase(msgspec.Struct, frozen=True, tag="passphrase", forbid_unknown_fields=True):
    """The master key is made from a passphrase by scrypt."""

    salt: bytes
    cost: Cost


Lock = ByKeyFile | ByPassphrase


class Opener(Protocol):
    """Where the master key comes from."""

    def new_lock(self) -> Lock:
        """Return how a new vault is locked; makes what is needed for it."""
        ...

    def master(self, lock: Lock, vault: Path) -> bytes:
        """Return the master key; raises ConfigError where this cannot open such a lock."""
        ...


class KeyFile:
    """A master key in a file that only its owner may read; a new vault gets a new file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def new_lock(self) -> Lock:
        """Make the key file unless it is there; raises ConfigError where that fails."""
        if not self.path.exists():
            key = secrets.token_bytes(KEY_BYTES)
            write_private(self.path, KEY_MAGIC + key.hex().encode() + b"\n", replace=False)
        return ByKeyFile()

    def master(self, lock: Lock, vault: Path) -> bytes:
        """Return the key in the file; raises ConfigError for any other lock or a wrong file."""
        if not isinstance(lock, ByKeyFile):
            raise ConfigError(
                f"Opened {vault} with the key file {self.path}, found that a passphrase locks it; "
                f"leave the key file out and give the passphrase."
            )
        text = read_private(self.path, "key file")
        if text is None:
            raise ConfigError(
                f"Opened {vault}, found no key file {self.path}; name the one it was made with by "
                f"--key-file, or restore it from a backup."
            )
        found = text.removeprefix(KEY_MAGIC).strip()
        if not text.startswith(KEY_MAGIC) or len(found) != 2 * KEY_BYTES:
            raise self._no_key()
        try:
            return bytes.fromhex(found.decode("ascii"))
        except ValueError:
            raise self._no_key() from None

    def _no_key(self) -> ConfigError:
        return ConfigError(
            f"Read the key file {self.path}, found no key in it; name the right file, or restore "
            f"it from a backup."
        )


class Passphrase:
    """A master key made from a passphrase, which is asked for once, when it is first needed.

    `ask` gets what it is asked for, and whether the passphrase is a new one.
    """

    def __init__(self, ask: Callable[[str, bool], str], cost: Cost | None = None) -> None:
        self._ask = ask
        self._cost = Cost() if cost is None else cost
        self._told: str | None = None

    def __reduce__(self) -> str:
        raise TypeError("a passphrase is never pickled")

    def new_lock(self) -> Lock:
        """Ask for a new passphrase; raises ConfigError for one that is too short."""
        told = self._ask("New passphrase of the vault", True)
        if len(told) < LEAST_PASSPHRASE:
            raise ConfigError(
                f"Read the new passphrase, found fewer than {LEAST_PASSPHRASE} characters; "
                f"choose a longer one."
            )
        self._told = told
        return ByPassphrase(secrets.token_bytes(SALT_BYTES), self._cost)

    def master(self, lock: Lock, vault: Path) -> bytes:
        """Return the key; raises ConfigError for a vault that a key file locks."""
        if not isinstance(lock, ByPassphrase):
            raise ConfigError(
                f"Opened {vault} with a passphrase, found that a key file locks it; name that "
                f"file with --key-file."
            )
        if not lock.cost.is_sane or not lock.salt:
            raise ConfigError(
                f"Opened the vault {vault}, found a passphrase cost that no vault of ours has; "
                f"restore it from a backup."
            )
        if self._told is None:
            self._told = self._ask(f"Passphrase of {vault}", False)
        # The same keys typed on another system may come as other code points.
        told = unicodedata.normalize("NFC", self._told).encode("utf-8", "surrogatepass")
        cost = lock.cost
        try:
            made = Scrypt(salt=lock.salt, length=KEY_BYTES, n=cost.n, r=cost.r, p=cost.p)
            return made.derive(told)
        except MemoryError:
            raise ConfigError(
                f"Opened {vault}, found too little memory for its passphrase "
                f"({128 * cost.n * cost.r >> 20} MiB); free some and try again."
            ) from None


def read_passphrase(path: Path) -> str:
    """Return the first line of a file that only its owner may read; raises ConfigError."""
    data = read_private(path, "passphrase file")
    if data is None:
        raise ConfigError(f"Read the passphrase file {path}, found none; name the right file.")
    lines = data.splitlines()
    try:
        told = lines[0].decode() if lines else ""
    except UnicodeDecodeError:
        told = ""
    if not told:
        raise ConfigError(
            f"Read the passphrase file {path}, found no passphrase; write it on the first line."
        )
    return told

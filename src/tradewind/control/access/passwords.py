"""Passwords: what one must be, how it is kept (argon2id), and whether another is the same.

Knows argon2; must not know users. A password is never in a sentence of ours.
"""

import base64
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from tradewind.model.errors import ConfigError, DataError

LEAST_SIGNS = 10
MOST_SIGNS = 1000


class Passwords:
    """Hashes passwords and compares them, which takes long on purpose: 64 MiB and three passes.

    `hasher` says what it costs. Source: argon2-cffi 25.1, whose own choice is RFC 9106's second.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher if hasher is not None else PasswordHasher()
        self._nobody = self._made_up()

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        return self._hasher.hash(_said(password))

    def fits(self, kept: str | None, password: str) -> bool:
        """Tell whether a password is the one; None, for nobody, takes as long and never fits."""
        try:
            self._hasher.verify(self._nobody if kept is None else kept, _said(password))
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError):
            raise DataError(
                "Compared a password, found what is kept of it damaged; set it anew with: "
                "tradewind user password NAME"
            ) from None
        return kept is not None

    def is_dated(self, kept: str) -> bool:
        """Tell whether a password was hashed at another cost than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _made_up(self) -> str:
        """Return a hash that costs what every other costs, and that no password has."""
        hasher = self._hasher
        salt, digest = (
            base64.b64encode(bytes(length)).rstrip(b"=").decode()
            for length in (hasher.salt_len, hasher.hash_len)
        )
        cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
        return f"$argon2id$v=19${cost}${salt}${digest}"


def check_password(name: str, password: str) -> None:
    """Raise ConfigError for a password that cannot be: too short, or the name."""
    told = unicodedata.normalize("NFKC", password)
    if len(told) < LEAST_SIGNS:
        raise ConfigError(
            f"Read the new password, found fewer than {LEAST_SIGNS} signs; choose a longer one."
        )
    if len(told) > MOST_SIGNS:
        raise ConfigError(
            f"Read the new password, found more than {MOST_SIGNS} signs; choose a shorter one."
        )
    if told.strip().casefold() == name.casefold():
        raise ConfigError("Read the new password, found the name itself; choose another one.")


def _said(password: str) -> bytes:
    # The same keys typed on another system may come as other code points.
    return unicodedata.normalize("NFKC", password[:MOST_SIGNS]).encode("utf-8", "surrogatepass")

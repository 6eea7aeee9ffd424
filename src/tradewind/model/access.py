"""People who use a desk: what they may do, and what is kept of their sessions and tokens.

Knows values only. No secret is in any of them: a value that opens something is kept as a digest.
"""

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What a person is at a desk."""

    VIEWER = "viewer"
    TRADER = "trader"
    ADMIN = "admin"


class AccessScope(StrEnum):
    """What a request needs. `rearm` is apart from `trade`: releasing a halt is for people."""

    READ = "read"
    TRADE = "trade"
    REARM = "rearm"
    ADMIN = "admin"


class User(msgspec.Struct, frozen=True, kw_only=True):
    """One person. `totp_since_ns` is None until a code has proved the second factor.

    `totp_step` is the number of the newest step whose code was used, -1 before the first.
    """

    name: str
    password_hash: str
    role: Role
    created_ns: int
    disabled_ns: int | None = None
    totp_since_ns: int | None = None
    totp_step: int = -1

    def __repr__(self) -> str:
        return f"User({self.name!r}, {self.role.value!r})"


class KeptSession(msgspec.Struct, frozen=True, kw_only=True):
    """A person signed in; `digest` is the SHA-256 of the value in the cookie, in hex."""

    digest: str
    name: str
    created_ns: int
    seen_ns: int


class KeptToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token of the API; `digest` as in KeptSession. An empty owner is the desk itself."""

    digest: str
    owner: str
    label: str
    scopes: tuple[AccessScope, ...]
    created_ns: int
    expires_ns: int
    used_ns: int | None = None
    revoked_ns: int | None = None

    @property
    def id(self) -> str:
        """Return the name by which the token is listed and revoked; it opens nothing."""
        return self.digest[:12]


class SetupCode(msgspec.Struct, frozen=True):
    """The code of the first start; `digest` as in KeptSession."""

    digest: str
    expires_ns: int

"""Who asks, and what may be shown of people and tokens. A session is shown to its owner alone."""

from typing import NoReturn

import msgspec

from tradewind.control.access.roles import SCOPES
from tradewind.model.access import AccessScope, KeptToken, Role, User
from tradewind.model.errors import Forbidden

LOCAL = "local"
"""How the audit names whoever holds the token that the desk itself wrote beside its socket."""


class Who(msgspec.Struct, frozen=True):
    """Who asks. `by` goes to the audit: `web:alice`, or `token:alice/label`."""

    name: str
    role: Role
    scopes: tuple[AccessScope, ...]
    by: str

    def may(self, scope: AccessScope) -> bool:
        """Tell whether a scope is held."""
        return scope in self.scopes

    def require(self, scope: AccessScope) -> None:
        """Raise Forbidden where a scope is not held."""
        if scope not in self.scopes:
            raise Forbidden(
                f"Asked as {self.by}, found that it needs the scope {scope.value} and they hold "
                f"{', '.join(self.scopes) or 'none'}; ask somebody whose role allows it."
            )


class Session:
    """A person who has just signed in: the value for the cookie, and what a page must repeat.

    It is no struct, so nothing encodes it by accident, and it prints without its values.
    """

    __slots__ = ("csrf", "value", "who")

    def __init__(self, value: str, csrf: str, who: Who) -> None:
        self.value = value
        self.csrf = csrf
        self.who = who

    def __repr__(self) -> str:
        return f"Session({self.who.by})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Pickled a session, found that it may leave in no form; hand it over.")


class UserView(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a person."""

    name: str
    role: Role
    disabled: bool
    totp: bool
    created_ns: int
    disabled_ns: int | None


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a token; `id` opens nothing."""

    id: str
    owner: str
    label: str
    scopes: tuple[AccessScope, ...]
    created_ns: int
    expires_ns: int
    used_ns: int | None
    expired: bool
    revoked: bool


def view_of_user(user: User) -> UserView:
    """Return what may be shown of a person."""
    return UserView(
        name=user.name,
        role=user.role,
        disabled=user.disabled_ns is not None,
        totp=user.totp_since_ns is not None,
        created_ns=user.created_ns,
        disabled_ns=user.disabled_ns,
    )


def view_of_token(token: KeptToken, now_ns: int) -> TokenView:
    """Return what may be shown of a token."""
    return TokenView(
        id=token.id,
        owner=token.owner,
        label=token.label,
        scopes=token.scopes,
        created_ns=token.created_ns,
        expires_ns=token.expires_ns,
        used_ns=token.used_ns,
        expired=token.expires_ns <= now_ns,
        revoked=token.revoked_ns is not None,
    )


def who_signed_in(user: User) -> Who:
    """Return a person as they ask by a session."""
    return Who(user.name, user.role, SCOPES[user.role], f"web:{user.name}")


def who_brings(token: KeptToken, user: User) -> Who:
    """Return a person as they ask by a token: no more than the token, nor than their role."""
    scopes = tuple(each for each in SCOPES[user.role] if each in token.scopes)
    return Who(user.name, user.role, scopes, f"token:{user.name}/{token.label}")

"""Tokens of the API: made once and shown once, for a person, with scopes and an end.

Knows tokens and whose they are; must not know passwords or sessions.
"""

import re
from collections.abc import Iterable
from random import Random

import msgspec

from tradewind.control.access import values
from tradewind.control.access.roles import SCOPES
from tradewind.control.access.who import LOCAL, TokenView, Who, view_of_token, who_brings
from tradewind.model.access import AccessScope, KeptToken, Role, User
from tradewind.model.errors import ConfigError, Forbidden, Refused
from tradewind.ports import AccessStore, Clock

SECOND = 1_000_000_000
MOST_DAYS = 366
MOST_S = MOST_DAYS * 24 * 3600
MOST_TOKENS = 100
SEEN_EVERY_NS = 60 * SECOND
"""How often the last use is written down: not with every request."""
LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
DESK = ""
"""The owner of the local token; no person has this name."""
LOCAL_LIFE_NS = 3660 * 24 * 3600 * SECOND


class Tokens:
    """Makes, knows and revokes tokens."""

    def __init__(self, store: AccessStore, clock: Clock, dice: Random) -> None:
        self._store = store
        self._clock = clock
        self._dice = dice

    def who(self, value: str) -> Who | None:
        """Return whose token this is, None for one that is none, is over, or whose owner is."""
        if not value.startswith(values.TOKEN_BEGINS):
            return None
        kept = self._store.token(values.digest(value))
        now_ns = self._clock.now_ns()
        if kept is None or kept.expires_ns <= now_ns or kept.revoked_ns is not None:
            return None
        if kept.owner == DESK:
            return Who(LOCAL, Role.ADMIN, SCOPES[Role.ADMIN], LOCAL)
        user = self._store.user(kept.owner)
        if user is None or user.disabled_ns is not None:
            return None
        if kept.used_ns is None or now_ns - kept.used_ns >= SEEN_EVERY_NS:
            self._see(kept.digest, now_ns)
        return who_brings(kept, user)

    def make(
        self, owner: User, label: str, scopes: Iterable[str], expires_s: float
    ) -> tuple[str, str]:
        """Return (id, value) of a new token; the value can never be had again."""
        wanted = _checked_scopes(owner, scopes)
        if not LABEL.fullmatch(label):
            raise ConfigError(
                f"Read the token's label, found {label[:40]!r}; give at most 32 letters, digits, "
                f"., - and _, beginning with a letter or digit."
            )
        if not 0 < expires_s <= MOST_S:
            raise ConfigError(
                f"Read when the token ends, found {expires_s:g} s; give more than none and at "
                f"most {MOST_DAYS} days."
            )
        with self._store.alone():
            self._see_free(owner.name, label)
            return self._kept(owner.name, label, wanted, int(expires_s * SECOND))

    def make_local(self) -> str:
        """Return the desk's own token, which may do everything; the one before ends."""
        with self._store.alone():
            self.revoke_local()
            return self._kept(DESK, LOCAL, SCOPES[Role.ADMIN], LOCAL_LIFE_NS)[1]

    def revoke_local(self) -> None:
        """End the desk's own token; harmless where there is none."""
        for each in self._store.tokens(DESK):
            self._store.drop_token(each.digest)

    def views(self, owner: str | None) -> list[TokenView]:
        """Return what may be shown of a person's tokens, or of everybody's."""
        now_ns = self._clock.now_ns()
        kept = [each for each in self._store.tokens(owner) if each.owner != DESK]
        return [view_of_token(each, now_ns) for each in kept]

    def revoke(self, token_id: str, owner: str | None) -> TokenView:
        """End a token; raises Refused where there is none, or it is another's than `owner`'s."""
        now_ns = self._clock.now_ns()
        with self._store.alone():
            for each in self._store.tokens(owner):
                if each.id == token_id and each.owner != DESK and each.revoked_ns is None:
                    ended = msgspec.structs.replace(each, revoked_ns=now_ns)
                    self._store.keep_token(ended)
                    return view_of_token(ended, now_ns)
        raise Refused(
            f"Looked for the token {token_id[:40]!r}, found none in use of that id; see: "
            f"tradewind user token NAME --list"
        )

    def _kept(
        self, owner: str, label: str, scopes: tuple[AccessScope, ...], life_ns: int
    ) -> tuple[str, str]:
        value = values.TOKEN_BEGINS + values.new_value(self._dice)
        now_ns = self._clock.now_ns()
        token = KeptToken(
            digest=values.digest(value),
            owner=owner,
            label=label,
            scopes=scopes,
            created_ns=now_ns,
            expires_ns=now_ns + life_ns,
        )
        self._store.keep_token(token)
        return token.id, value

    def _see_free(self, owner: str, label: str) -> None:
        now_ns = self._clock.now_ns()
        for each in (kept := self._store.tokens(owner)):
            if each.expires_ns <= now_ns:
                self._store.drop_token(each.digest)
            elif each.label == label and each.revoked_ns is None:
                raise Refused(
                    f"Made a token for {owner}, found one called {label} already; choose another "
                    f"label, or revoke {each.id} first."
                )
        if len(kept) >= MOST_TOKENS:
            raise Refused(
                f"Made a token for {owner}, found {len(kept)} already; revoke some that are no "
                f"longer used."
            )

    def _see(self, digest: str, now_ns: int) -> None:
        with self._store.alone():
            kept = self._store.token(digest)
            if kept is not None:
                self._store.keep_token(msgspec.structs.replace(kept, used_ns=now_ns))


def _checked_scopes(owner: User, scopes: Iterable[str]) -> tuple[AccessScope, ...]:
    words = set(scopes)
    known = {each.value for each in AccessScope}
    if not words or not words <= known:
        raise ConfigError(
            f"Read the token's scopes, found {', '.join(sorted(words - known)) or 'none'}; give "
            f"some of {', '.join(AccessScope)}."
        )
    beyond = words - set(SCOPES[owner.role])
    if beyond:
        raise Forbidden(
            f"Made a token for {owner.name}, found that a {owner.role.value} does not hold "
            f"{', '.join(sorted(beyond))}; leave it out, or change the role."
        )
    return tuple(each for each in AccessScope if each in words)

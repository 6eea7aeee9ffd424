"""Signing in, and the people who may: the one door of every face that asks who somebody is.

Knows people, passwords, second factors and sessions; must not know HTTP, cookies or files. Clock
and dice are handed in. Everything that hashes a password takes long: see `aside`.
"""

import re
from collections.abc import Iterable
from random import Random

import msgspec
from argon2 import PasswordHasher

from tradewind.control.access import values
from tradewind.control.access.lockout import Lockout
from tradewind.control.access.passwords import Passwords, check_password
from tradewind.control.access.tokens import Tokens
from tradewind.control.access.who import (
    Session,
    TokenView,
    UserView,
    Who,
    view_of_user,
    who_signed_in,
)
from tradewind.model.access import KeptSession, Role, SetupCode, User
from tradewind.model.errors import ConfigError, NotSignedIn, Refused
from tradewind.ports import AccessStore, Clock

SECOND = 1_000_000_000
IDLE_NS = 12 * 3600 * SECOND
LIFE_NS = 7 * 24 * 3600 * SECOND
SEEN_EVERY_NS = 60 * SECOND
"""How often it is written down that a session is used: not with every request."""
CODE_LIFE_NS = 30 * 60 * SECOND
MOST_SESSIONS = 20
"""Sessions that a person may have at once; the oldest gives way."""
SETUP = "(set-up)"
"""What tries of set-up codes count under; no person has this name."""
FACTOR = "(second factor)"
"""What tries of codes outside signing in count under, as a peer."""
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


class Access:
    """People and what they may do. Usable from any thread.

    What hashes a password (`set_up`, `sign_in`, `add_user`, `set_password`, `change_password`)
    takes a second: an event loop calls it through `Aside`.
    """

    def __init__(
        self,
        store: AccessStore,
        clock: Clock,
        dice: Random,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._dice = dice
        self._passwords = Passwords(hasher)
        self._lockout = Lockout(clock)
        self._tokens = Tokens(store, clock, dice)

    # --- the first start ---

    def needs_setup(self) -> bool:
        """Tell whether there is nobody yet."""
        return not self._store.users()

    def new_setup_code(self) -> str:
        """Return a code that makes the first admin, once, in the next 30 minutes.

        Any code before it ends. Raises Refused where there are people already.
        """
        code = values.new_code(self._dice)
        kept = SetupCode(
            values.digest(values.code_as_typed(code)), self._clock.now_ns() + CODE_LIFE_NS
        )
        with self._store.alone():
            self._see_nobody()
            self._store.keep_setup_code(kept)
        return code

    def set_up(self, code: str, name: str, password: str) -> Session:
        """Make the first admin and sign them in.

        Raises NotSignedIn for a wrong or old code, LockedOut after too many, Refused where there
        are people already, ConfigError for a name or password that cannot be.
        """
        self._see_nobody()
        name = checked_name(name)
        check_password(name, password)
        self._lockout.begin(SETUP, SETUP)
        self._see_code(code)
        user = self._new_user(name, password, Role.ADMIN)
        with self._store.alone():
            # Another may have come first: whoever is added ends the code.
            self._see_code(code)
            self._store.keep_setup_code(None)
            self._store.keep_user(user)
            session = self._begin_session(user)
        self._lockout.forgive(SETUP, SETUP)
        return session

    # --- signing in ---

    def sign_in(self, name: str, password: str, totp: str | None, peer: str) -> Session:
        """Return a new session; `peer` is where the asker sits, for counting tries.

        Raises NotSignedIn, in the same words and after the same time whatever was wrong, and
        LockedOut after 5 failures of a name or 20 of a peer in 15 minutes.
        """
        name = _as_kept(name)
        self._lockout.begin(name, peer)
        user = self._proved(name, password)
        with self._store.alone():
            # Another process may have changed them while the password was compared.
            if user is None or self._store.user(name) != user or not self._second(user, totp):
                raise _not_signed_in()
            session = self._begin_session(user)
        self._lockout.forgive(name, peer)
        return session

    def session(self, cookie_value: str) -> Who | None:
        """Return who is signed in, None where nobody is: unknown, over, or disabled since."""
        kept = self._store.session(values.digest(cookie_value))
        if kept is None:
            return None
        now_ns = self._clock.now_ns()
        user = self._store.user(kept.name)
        if user is None or user.disabled_ns is not None or _is_over(kept, now_ns):
            self._store.drop_session(kept.digest)
            return None
        if now_ns - kept.seen_ns >= SEEN_EVERY_NS:
            with self._store.alone():
                # Not one that has just been ended.
                if self._store.session(kept.digest) is not None:
                    self._store.keep_session(msgspec.structs.replace(kept, seen_ns=now_ns))
        return who_signed_in(user)

    def end_session(self, cookie_value: str) -> None:
        """Sign out; harmless where nobody is signed in."""
        self._store.drop_session(values.digest(cookie_value))

    def csrf_of(self, cookie_value: str) -> str:
        """Return what a page must repeat with every change in this session."""
        return values.csrf_of(cookie_value)

    def csrf_holds(self, cookie_value: str, given: str) -> bool:
        """Tell whether what a page repeats belongs to its session."""
        return values.same(values.csrf_of(cookie_value), given)

    # --- tokens of the API ---

    def token(self, value: str) -> Who | None:
        """Return whose token this is, None for one that is none or over."""
        return self._tokens.who(value)

    def make_token(
        self, owner: str, label: str, scopes: Iterable[str], expires_s: float
    ) -> tuple[str, str]:
        """Return (id, value) of a new token; the value `twd_…` can never be had again.

        Raises Forbidden for scopes that the owner does not hold, Refused for a label that a token
        has already, ConfigError for more than 366 days and for what cannot be.
        """
        return self._tokens.make(self._known(owner), label, scopes, expires_s)

    def tokens(self, owner: str | None = None) -> list[TokenView]:
        """Return what may be shown of a person's tokens, or of everybody's; the oldest first."""
        return self._tokens.views(None if owner is None else _as_kept(owner))

    def revoke_token(self, token_id: str, owner: str | None = None) -> TokenView:
        """End a token, with `owner` only one of theirs; raises Refused where there is none."""
        return self._tokens.revoke(token_id, None if owner is None else _as_kept(owner))

    def make_local_token(self) -> str:
        """Return a new token for whoever may read the desk's folder; the one before ends."""
        return self._tokens.make_local()

    def revoke_local_token(self) -> None:
        """End the token of `make_local_token`."""
        self._tokens.revoke_local()

    # --- people ---

    def users(self) -> list[UserView]:
        """Return everybody, by name."""
        return [view_of_user(each) for each in self._store.users()]

    def user(self, name: str) -> UserView:
        """Return one person; raises ConfigError where there is none of that name."""
        return view_of_user(self._known(name))

    def see_can_add(self, name: str, role: Role) -> None:
        """Raise what `add_user` would, but for the password."""
        name = checked_name(name)
        if self._store.user(name) is not None:
            raise Refused(f"Added {name}, found somebody of that name already; choose another.")
        if role is not Role.ADMIN and self.needs_setup():
            raise Refused(
                f"Added {name} as {role.value}, found nobody else; make the first person an admin."
            )

    def add_user(self, name: str, password: str, role: Role) -> UserView:
        """Add a person; raises Refused for a name that is taken, and ConfigError.

        The first person must be an admin; a set-up code that waits then ends.
        """
        name = checked_name(name)
        check_password(name, password)
        self.see_can_add(name, role)
        user = self._new_user(name, password, role)
        with self._store.alone():
            self.see_can_add(name, role)
            self._store.keep_user(user)
            self._store.keep_setup_code(None)
        return view_of_user(user)

    def set_role(self, name: str, role: Role) -> UserView:
        """Change a role, of open sessions too; raises Refused for the last admin's."""
        with self._store.alone():
            user = self._known(name)
            if role is not Role.ADMIN:
                self.see_not_last(user.name)
            return self._kept(msgspec.structs.replace(user, role=role))

    def set_password(self, name: str, new: str) -> UserView:
        """Give a person a new password, and end their sessions."""
        name = self._known(name).name
        check_password(name, new)
        hashed = self._passwords.hash(new)
        with self._store.alone():
            self._end_sessions(name)
            return self._kept(msgspec.structs.replace(self._known(name), password_hash=hashed))

    def change_password(self, cookie_value: str, old: str, new: str, peer: str) -> UserView:
        """Change the own password in a session, which stays; every other session ends.

        Raises NotSignedIn for a wrong old one, LockedOut as `sign_in`.
        """
        kept = self._store.session(values.digest(cookie_value))
        if kept is None:
            raise _not_signed_in()
        check_password(kept.name, new)
        self._lockout.begin(kept.name, peer)
        user = self._proved(kept.name, old)
        hashed = self._passwords.hash(new)
        with self._store.alone():
            if user is None or self._store.user(kept.name) != user:
                raise _not_signed_in()
            self._end_sessions(kept.name, but=kept.digest)
            changed = self._kept(msgspec.structs.replace(user, password_hash=hashed))
        self._lockout.forgive(kept.name, peer)
        return changed

    def disable(self, name: str) -> UserView:
        """Shut a person out, tokens too, until `enable`; raises Refused for the last admin."""
        with self._store.alone():
            user = self._known(name)
            self.see_not_last(user.name)
            self._end_sessions(user.name)
            return self._kept(msgspec.structs.replace(user, disabled_ns=self._clock.now_ns()))

    def enable(self, name: str) -> UserView:
        """Let a person in again."""
        with self._store.alone():
            return self._kept(msgspec.structs.replace(self._known(name), disabled_ns=None))

    def remove_user(self, name: str) -> UserView:
        """Forget a person with their sessions and tokens; raises Refused for the last admin."""
        with self._store.alone():
            user = self._known(name)
            self.see_not_last(user.name)
            self._store.drop_user(user.name)
        return view_of_user(user)

    def see_not_last(self, name: str) -> None:
        """Raise Refused for the only admin who can sign in: nobody could let others in again."""
        admins = [
            each.name
            for each in self._store.users()
            if each.role is Role.ADMIN and each.disabled_ns is None
        ]
        if admins == [_as_kept(name)]:
            raise Refused(
                f"Changed {name}, found that no other admin can sign in; make another person "
                f"admin first."
            )

    # --- the second factor ---

    def enrol_totp(self, name: str) -> str:
        """Return the otpauth address of a new second factor, which counts once it is confirmed.

        Raises Refused while a confirmed one is there.
        """
        secret = values.new_totp_secret(self._dice)
        with self._store.alone():
            user = self._known(name)
            if user.totp_since_ns is not None:
                raise Refused(
                    f"Made a second factor for {user.name}, found one that is in use; drop that "
                    f"first."
                )
            self._store.keep_totp_secret(user.name, secret)
        return values.totp_uri(secret, user.name)

    def confirm_totp(self, name: str, code: str) -> UserView:
        """Take a code of the new second factor as proof: from now on signing in needs one.

        Raises Refused for a wrong code, and where nothing waits to be confirmed.
        """
        with self._store.alone():
            user = self._known(name)
            secret = self._store.totp_secret(user.name)
            if user.totp_since_ns is not None or secret is None:
                raise Refused(
                    f"Confirmed a second factor of {user.name}, found none that waits for it; "
                    f"begin with a new one."
                )
            now_ns = self._clock.now_ns()
            step = values.totp_step(secret, code, now_ns)
            if step is None:
                raise _wrong_code(user.name)
            return self._kept(msgspec.structs.replace(user, totp_since_ns=now_ns, totp_step=step))

    def drop_totp(self, name: str, code: str | None = None) -> UserView:
        """Let a person sign in without a second factor again, an unconfirmed one included.

        With `code` only where it is right, raises Refused else, and LockedOut as `sign_in`: so a
        person drops their own. An admin needs none.
        """
        known = self._known(name).name
        if code is not None:
            self._lockout.begin(known, f"{FACTOR} {known}")
        with self._store.alone():
            user = self._known(known)
            if code is not None and not self._second(user, code):
                raise _wrong_code(known)
            self._store.keep_totp_secret(known, None)
            # The newest step stays: a code of the same secret could be restored with it.
            kept = self._kept(msgspec.structs.replace(self._known(known), totp_since_ns=None))
        if code is not None:
            self._lockout.forgive(known, f"{FACTOR} {known}")
        return kept

    def close(self) -> None:
        """Release the store."""
        self._store.close()

    # --- within ---

    def _known(self, name: str) -> User:
        user = self._store.user(_as_kept(name))
        if user is None:
            raise ConfigError(
                f"Looked for the person {name[:40]!r}, found none of that name; see: tradewind "
                f"user list"
            )
        return user

    def _kept(self, user: User) -> UserView:
        self._store.keep_user(user)
        return view_of_user(user)

    def _new_user(self, name: str, password: str, role: Role) -> User:
        return User(
            name=name,
            password_hash=self._passwords.hash(password),
            role=role,
            created_ns=self._clock.now_ns(),
        )

    def _proved(self, name: str, password: str) -> User | None:
        """Return the person whose password this is; takes as long for nobody's."""
        user = self._store.user(name)
        if user is not None and user.disabled_ns is not None:
            user = None
        fits = self._passwords.fits(None if user is None else user.password_hash, password)
        if user is None or not fits:
            return None
        if self._passwords.is_dated(user.password_hash):
            newer = msgspec.structs.replace(user, password_hash=self._passwords.hash(password))
            with self._store.alone():
                if self._store.user(name) == user:
                    self._store.keep_user(newer)
                    user = newer
        return user

    def _second(self, user: User, code: str | None) -> bool:
        """Tell whether the second factor is right, or none is needed; a code counts once."""
        if user.totp_since_ns is None:
            return True
        secret = self._store.totp_secret(user.name)
        if secret is None or not code:
            return False
        step = values.totp_step(secret, code, self._clock.now_ns())
        if step is None or step <= user.totp_step:
            return False
        self._store.keep_user(msgspec.structs.replace(user, totp_step=step))
        return True

    def _begin_session(self, user: User) -> Session:
        now_ns = self._clock.now_ns()
        for number, each in enumerate(reversed(self._store.sessions(user.name)), start=1):
            if number >= MOST_SESSIONS or _is_over(each, now_ns):
                self._store.drop_session(each.digest)
        value = values.new_value(self._dice)
        self._store.keep_session(
            KeptSession(
                digest=values.digest(value), name=user.name, created_ns=now_ns, seen_ns=now_ns
            )
        )
        return Session(value, values.csrf_of(value), who_signed_in(user))

    def _end_sessions(self, name: str, but: str = "") -> None:
        for each in self._store.sessions(name):
            if each.digest != but:
                self._store.drop_session(each.digest)

    def _see_nobody(self) -> None:
        if not self.needs_setup():
            raise Refused(
                "Set up the desk, found that there are people already; sign in, or ask an admin."
            )

    def _see_code(self, code: str) -> None:
        kept = self._store.setup_code()
        told = values.digest(values.code_as_typed(code))
        if (
            kept is None
            or kept.expires_ns <= self._clock.now_ns()
            or not values.same(kept.digest, told)
        ):
            raise NotSignedIn(
                "Set up the desk, found a code that is wrong, used or older than 30 minutes; "
                "start the desk again for a new one."
            )


def checked_name(name: str) -> str:
    """Return a name in small letters; raises ConfigError for one that cannot be."""
    told = _as_kept(name)
    if not told:
        raise ConfigError(
            "Read the person's name, found one that cannot be; give at most 32 letters, digits, "
            "., - and _, beginning with a letter or digit."
        )
    return told


def _as_kept(name: str) -> str:
    """Return a name in small letters, empty for one that nobody can have."""
    told = name.strip().lower()
    return told if NAME.fullmatch(told) else ""


def _is_over(session: KeptSession, now_ns: int) -> bool:
    return now_ns - session.seen_ns >= IDLE_NS or now_ns - session.created_ns >= LIFE_NS


def _not_signed_in() -> NotSignedIn:
    return NotSignedIn(
        "Tried to sign in, found no such name, password and code together; try again."
    )


def _wrong_code(name: str) -> Refused:
    return Refused(
        f"Compared a code of {name}'s second factor, found another; type the newest one that the "
        f"app shows."
    )

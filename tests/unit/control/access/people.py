"""Access on a real file, with a clock that stands still and passwords that cost nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp
from argon2 import PasswordHasher

from tests.canaries import SingingDice, canary
from tradewind.control.access.access import Access
from tradewind.edge.store.access_sqlite import SqliteAccess
from tradewind.model.access import Role

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START_NS = 1_780_000_000 * SECOND
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PEER = "127.0.0.1"


class StillClock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.ns = START_NS

    def now_ns(self) -> int:
        return self.ns

    def monotonic_ns(self) -> int:
        return self.ns

    def pass_(self, ns: int) -> None:
        self.ns += ns


class Meanwhile(PasswordHasher):
    """Takes its time over the first password: something else happens before it is done."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self._happens: Callable[[], object] | None = happens

    def hash(self, *args: Any, **words: Any) -> str:
        self._let_happen()
        return super().hash(*args, **words)

    def verify(self, *args: Any, **words: Any) -> Any:
        self._let_happen()
        return super().verify(*args, **words)

    def _let_happen(self) -> None:
        happens, self._happens = self._happens, None
        if happens is not None:
            happens()


class People:
    """Access with an admin, ada, a trader, tom, and a viewer, vera; each has a password."""

    def __init__(self, folder: Path, *, empty: bool = False) -> None:
        self.clock = StillClock()
        self.path = folder / "access.sqlite"
        self.store = SqliteAccess(self.path)
        self.access = self.again()
        self.passwords = {name: canary() for name in ("ada", "tom", "vera")}
        if not empty:
            roles = (Role.ADMIN, Role.TRADER, Role.VIEWER)
            for (name, password), role in zip(self.passwords.items(), roles, strict=True):
                self.access.add_user(name, password, role)

    def again(self, hasher: PasswordHasher = CHEAP) -> Access:
        """Return Access as another start on the same file makes it."""
        return Access(self.store, self.clock, SingingDice(), hasher)

    def sign_in(self, name: str, totp: str | None = None) -> str:
        """Return the cookie value of a new session."""
        return self.access.sign_in(name, self.passwords[name], totp, PEER).value

    def with_totp(self, name: str) -> pyotp.TOTP:
        """Give a person a confirmed second factor; a minute passes, so its first code is over."""
        app = app_of(self.access.enrol_totp(name))
        self.access.confirm_totp(name, self.code(app))
        self.clock.pass_(MINUTE)
        return app

    def code(self, app: pyotp.TOTP, steps: int = 0) -> str:
        """Return what an app shows now, or some steps away."""
        return app.generate_otp(self.clock.ns // (30 * SECOND) + steps)


def app_of(uri: str) -> pyotp.TOTP:
    """Return an authenticator app that has read an address."""
    made = pyotp.parse_uri(uri)
    assert isinstance(made, pyotp.TOTP)
    return made

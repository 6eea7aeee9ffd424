"""The calls of Access that take a second, off the event loop: two at once, and few that wait."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from tradewind.control.access.access import Access
from tradewind.control.access.who import Session, UserView
from tradewind.model.access import Role
from tradewind.model.errors import LockedOut

AT_ONCE = 2
MOST_WAITING = 32

Given = ParamSpec("Given")
Made = TypeVar("Made")


class Aside:
    """Access for an event loop; as a context it ends its threads.

    What does not hash a password is quick and is called on `access` itself. Each call raises what
    the same call of Access raises, and LockedOut while too many wait.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._waiting = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    async def set_up(self, code: str, name: str, password: str) -> Session:
        """Make the first admin and sign them in."""
        return await self._call(self.access.set_up, code, name, password)

    async def sign_in(self, name: str, password: str, totp: str | None, peer: str) -> Session:
        """Return a new session."""
        return await self._call(self.access.sign_in, name, password, totp, peer)

    async def add_user(self, name: str, password: str, role: Role) -> UserView:
        """Add a person."""
        return await self._call(self.access.add_user, name, password, role)

    async def set_password(self, name: str, new: str) -> UserView:
        """Give a person a new password."""
        return await self._call(self.access.set_password, name, new)

    async def change_password(self, cookie_value: str, old: str, new: str, peer: str) -> UserView:
        """Change the own password."""
        return await self._call(self.access.change_password, cookie_value, old, new, peer)

    async def _call(
        self, call: Callable[Given, Made], *args: Given.args, **words: Given.kwargs
    ) -> Made:
        if self._waiting >= MOST_WAITING:
            raise LockedOut(
                f"Tried to sign in, found {self._waiting} others waiting; try again in a while.",
                retry_after_s=5.0,
            )
        self._waiting += 1
        try:
            return await asyncio.wrap_future(self._threads.submit(call, *args, **words))
        finally:
            self._waiting -= 1

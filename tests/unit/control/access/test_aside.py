"""Passwords are compared beside the event loop: two at once, and few that wait."""

import asyncio
import threading
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.canaries import canary
from tests.unit.control.access.people import PEER, People
from tradewind.control.access.aside import MOST_WAITING, Aside
from tradewind.model.access import Role
from tradewind.model.errors import LockedOut, NotSignedIn


class Gated(PasswordHasher):
    """Compares only when a test lets it, and counts how many do at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.open = threading.Event()
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.two = threading.Event()

    def verify(self, hash: Any, password: Any) -> Any:  # noqa: A002 - argon2's own name
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            if self.now == 2:
                self.two.set()
        assert self.open.wait(10)
        with self.lock:
            self.now -= 1
        return super().verify(hash, password)


async def test_each_call_is_the_same_as_on_access(nobody: People) -> None:
    with Aside(nobody.access) as aside:
        word, new = canary(), canary()
        session = await aside.set_up(nobody.access.new_setup_code(), "ada", word)
        assert nobody.access.session(session.value) == session.who
        assert (await aside.add_user("tom", canary(), Role.TRADER)).role is Role.TRADER
        await aside.set_password("tom", new)
        assert (await aside.sign_in("tom", new, None, PEER)).who.name == "tom"
        await aside.change_password(session.value, word, new, PEER)
        with pytest.raises(NotSignedIn):
            await aside.sign_in("ada", word, None, PEER)


async def test_two_are_compared_at_once_and_the_loop_goes_on(people: People) -> None:
    hasher = Gated()
    with Aside(people.again(hasher)) as aside:
        async with asyncio.TaskGroup() as group:
            signing = [
                group.create_task(aside.sign_in(name, word, None, name))
                for name, word in people.passwords.items()
            ]
            assert await asyncio.to_thread(hasher.two.wait, 10)
            hasher.open.set()
        assert {each.result().who.name for each in signing} == {"ada", "tom", "vera"}
    assert hasher.most == 2


async def test_more_than_may_wait_are_sent_away(people: People) -> None:
    hasher = Gated()
    with Aside(people.again(hasher)) as aside:
        async with asyncio.TaskGroup() as group:
            waiting = [
                group.create_task(told(aside, f"eve-{number}")) for number in range(MOST_WAITING)
            ]
            await asyncio.sleep(0)
            with pytest.raises(LockedOut, match="found 32 others waiting") as late:
                await aside.sign_in("ada", people.passwords["ada"], None, PEER)
            hasher.open.set()
        assert late.value.retry_after_s > 0
        assert {each.result() for each in waiting} == {NotSignedIn}
        await aside.sign_in("ada", people.passwords["ada"], None, PEER)


async def told(aside: Aside, name: str) -> type[Exception]:
    try:
        await aside.sign_in(name, "a wrong password", None, name)
    except NotSignedIn as error:
        return type(error)
    raise AssertionError(name)


async def test_who_goes_away_frees_their_place(people: People) -> None:
    hasher = Gated()
    with Aside(people.again(hasher)) as aside:
        for _ in range(MOST_WAITING + 5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await aside.sign_in("ada", people.passwords["ada"], None, PEER)
        hasher.open.set()

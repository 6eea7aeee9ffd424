"""Time that passes only when nobody has anything else to do, and a clock that shows it."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")
START_NS = 1_700_000_000_000_000_000


class _Jumping(selectors.SelectSelector):
    now_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everybody waits for something that nobody will do"
            self.now_s += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s


class VirtualClock:
    """Shows the time of the running loop; the wall clock began at `START_NS`."""

    def now_ns(self) -> int:
        return START_NS + self.monotonic_ns()

    def monotonic_ns(self) -> int:
        return round(asyncio.get_running_loop().time() * 1e9)


class HandClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at_ns = 1_000

    def now_ns(self) -> int:
        return START_NS + self.at_ns

    def monotonic_ns(self) -> int:
        return self.at_ns


def quickly(play: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine function under virtual time and return what it returned."""

    async def root() -> T:
        return await play()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(root())

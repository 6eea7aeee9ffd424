"""An asyncio loop whose time jumps to the next timer, and the clock that goes with it.

Knows callbacks, timers and tasks. Has no selector: whatever would wait for the world outside is an
error in words. The same program gives the same order of callbacks on every run.
"""

import asyncio
import math
from asyncio import events
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from heapq import heapify, heappop, heappush
from typing import Any, NoReturn, TypeVar, TypeVarTuple, Unpack, cast

from tradewind.model.money import NANOS

Result = TypeVar("Result")
Words = TypeVarTuple("Words")
Timer = tuple[int, int, asyncio.TimerHandle]
BUSY = 2_000_000
"""So many callbacks without time moving on are a program that never waits."""
FEW_TIMERS = 200


def _outside(name: str) -> Callable[..., Any]:
    def refuse(self: object, *words: object, **more: object) -> NoReturn:
        raise RuntimeError(
            f"Called {name} of a loop in virtual time, which has no world outside; "
            f"hand in something that lives in memory instead."
        )

    return refuse


class VirtualLoop(asyncio.AbstractEventLoop):
    """Runs what is ready, in order; when nothing is, time is at once that of the next timer.

    `now_ns` counts nanoseconds from the start, `time()` the same in seconds; timers of one instant
    fire in the order in which they were set. A callback that raises ends the run with its error.
    Functions meant for a thread run in place.
    """

    def __init__(self) -> None:
        self.now_ns = 0
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[Timer] = []
        self._set = 0
        self._cancelled = 0
        self._running = self._stopping = self._closed = False
        self._failure: BaseException | None = None
        self._tasks: list[asyncio.Task[Any]] = []

    # --- running -----------------------------------------------------------------------------

    def run(self, main: Coroutine[Any, Any, Result]) -> Result:
        """Run to the end of `main` and return its result; a task that is left is an error."""
        result = self.run_until_complete(main)
        left = sorted(task.get_name() for task in asyncio.all_tasks(self))
        if left:
            raise RuntimeError(
                f"Ran a program in virtual time, found tasks left at its end: {', '.join(left)}; "
                f"give each a parent that ends it."
            )
        return result

    def run_until_complete(
        self, future: Generator[Any, None, Result] | Awaitable[Result]
    ) -> Result:
        """Run until the future is done. Raises RuntimeError when nothing can happen before."""
        wanted = asyncio.ensure_future(cast(Awaitable[Result], future), loop=self)  # noqa: TID251 - this is the loop itself
        wanted.add_done_callback(self._done)
        self.run_forever()
        if not wanted.done():
            raise RuntimeError("Stopped a loop in virtual time before its program was done.")
        result: Result = wanted.result()
        return result

    def run_forever(self) -> None:
        """Run until `stop`, until a callback raises, or until nothing can happen any more."""
        if self._running or self._closed:
            raise RuntimeError("Ran a loop in virtual time that runs already or is closed.")
        self._running, self._stopping = True, False
        before = events._get_running_loop()
        events._set_running_loop(self)
        try:
            while not self._stopping:
                self._instant()
        finally:
            self._running = False
            events._set_running_loop(before)

    def stop(self) -> None:
        """End the run after the callback that runs now."""
        self._stopping = True

    def close(self) -> None:
        """Forget all that was planned."""
        self._closed = True
        self._ready.clear()
        self._timers.clear()

    def is_running(self) -> bool:
        """Tell whether callbacks run now."""
        return self._running

    def is_closed(self) -> bool:
        """Tell whether the loop has been closed."""
        return self._closed

    def _done(self, future: object) -> None:
        self.stop()

    def _instant(self) -> None:
        """Run everything of this instant, and go to the next."""
        count = 0
        while self._ready and not self._stopping:
            handle = self._ready.popleft()
            if not handle.cancelled():
                handle._run()
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            count += 1
            if count > BUSY:
                raise RuntimeError(
                    f"Ran {BUSY} callbacks at {self.now_ns / NANOS:.6f} s of virtual time, found "
                    f"that it never waits; the last was {handle!r}."
                )
        if not self._stopping:
            self._jump()

    def _jump(self) -> None:
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heappop(timers)
            self._cancelled -= 1
        if not timers:
            waiting = sorted(task.get_name() for task in asyncio.all_tasks(self))
            raise RuntimeError(
                f"Waited at {self.now_ns / NANOS:.6f} s of virtual time, found that nothing can "
                f"happen any more; these tasks wait for the world outside or for each other: "
                f"{', '.join(waiting)}."
            )
        self.now_ns = max(self.now_ns, timers[0][0])
        while timers and timers[0][0] <= self.now_ns:
            handle = heappop(timers)[2]
            if handle.cancelled():
                self._cancelled -= 1
            else:
                self._ready.append(handle)

    # --- callbacks and timers ----------------------------------------------------------------

    def time(self) -> float:
        """Return seconds since the start."""
        return self.now_ns / NANOS

    def call_soon(
        self,
        callback: Callable[[Unpack[Words]], object],
        *args: *Words,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Have the function called in this instant, after what is ready already."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Words]], object],
        *args: *Words,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Have the function called in so many seconds."""
        at_ns = self.now_ns + math.ceil(delay * NANOS)
        return self.call_at_ns(at_ns, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Words]], object],
        *args: *Words,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Have the function called at a `time()`."""
        # A deadline never strikes before its double says so, and 0.1 is a tenth for all that.
        return self.call_at_ns(math.ceil(when * NANOS - 0.01), callback, *args, context=context)

    def call_at_ns(
        self,
        at_ns: int,
        callback: Callable[[Unpack[Words]], object],
        *args: *Words,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Have the function called at a `now_ns`; one that has passed is now."""
        handle = asyncio.TimerHandle(at_ns / NANOS, callback, args, self, context)
        self._set += 1
        heappush(self._timers, (max(at_ns, self.now_ns), self._set, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Forget cancelled timers when they are most of all; most time-outs are never reached."""
        self._cancelled += 1
        if self._cancelled > FEW_TIMERS and self._cancelled * 2 > len(self._timers):
            self._timers = [each for each in self._timers if not each[2].cancelled()]
            heapify(self._timers)
            self._cancelled = 0

    # --- tasks -------------------------------------------------------------------------------

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Generator[Any, None, Result] | Coroutine[Any, Any, Result],
        *,
        name: object = None,
        context: Context | None = None,
    ) -> asyncio.Task[Result]:
        """Start a task."""
        self._set += 1
        # Names of asyncio's own count over all loops of the process: no two runs would agree.
        told = f"task-{self._set}" if name is None else str(name)
        return asyncio.Task(coro, loop=self, name=told, context=context)

    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., Result], *args: Any
    ) -> asyncio.Future[Result]:
        """Call the function in place: threads have no order that a seed repeats."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits, as a thread would
            future.set_exception(error)
        return future

    async def shutdown_asyncgens(self) -> None:
        """Nothing is kept that would have to be shut down."""

    async def shutdown_default_executor(self) -> None:
        """Nothing is kept that would have to be shut down."""

    def get_task_factory(self) -> None:
        """Return None: tasks are asyncio's own."""
        return

    # --- failures ----------------------------------------------------------------------------

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """End the run with the error of a callback, or of a task whose result nobody took."""
        error = context.get("exception")
        if not isinstance(error, BaseException):
            error = RuntimeError(str(context.get("message")))
        self._failure = self._failure or error

    default_exception_handler = call_exception_handler

    def get_debug(self) -> bool:
        """Return False: debugging reads the real clock."""
        return False

    add_reader = _outside("add_reader")  # type: ignore[assignment]
    add_writer = _outside("add_writer")  # type: ignore[assignment]
    add_signal_handler = _outside("add_signal_handler")  # type: ignore[assignment]
    connect_accepted_socket = _outside("connect_accepted_socket")
    connect_read_pipe = _outside("connect_read_pipe")
    connect_write_pipe = _outside("connect_write_pipe")
    create_connection = _outside("create_connection")
    create_datagram_endpoint = _outside("create_datagram_endpoint")
    create_server = _outside("create_server")
    create_unix_connection = _outside("create_unix_connection")
    create_unix_server = _outside("create_unix_server")
    getaddrinfo = _outside("getaddrinfo")
    getnameinfo = _outside("getnameinfo")
    sock_accept = _outside("sock_accept")
    sock_connect = _outside("sock_connect")
    sock_recv = _outside("sock_recv")
    sock_sendall = _outside("sock_sendall")
    get_exception_handler = _outside("get_exception_handler")
    remove_reader = _outside("remove_reader")
    remove_signal_handler = _outside("remove_signal_handler")
    remove_writer = _outside("remove_writer")
    sendfile = _outside("sendfile")
    set_debug = _outside("set_debug")
    set_default_executor = _outside("set_default_executor")
    set_exception_handler = _outside("set_exception_handler")
    set_task_factory = _outside("set_task_factory")
    sock_recv_into = _outside("sock_recv_into")
    sock_recvfrom = _outside("sock_recvfrom")
    sock_recvfrom_into = _outside("sock_recvfrom_into")
    sock_sendfile = _outside("sock_sendfile")
    sock_sendto = _outside("sock_sendto")
    start_tls = _outside("start_tls")
    subprocess_exec = _outside("subprocess_exec")
    subprocess_shell = _outside("subprocess_shell")


class VirtualClock:
    """ports.Clock on a virtual loop: wall time is `start_ns` and what has passed since.

    `stepped_ns` is by how much the wall clock was set since then; the monotonic one never is.
    """

    def __init__(self, loop: VirtualLoop, start_ns: int) -> None:
        self.start_ns = start_ns
        self.stepped_ns = 0
        self._loop = loop

    def now_ns(self) -> int:
        """Return nanoseconds UTC."""
        return self.start_ns + self.stepped_ns + self._loop.now_ns

    def monotonic_ns(self) -> int:
        """Return nanoseconds that never step."""
        return self._loop.now_ns

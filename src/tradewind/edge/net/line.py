"""A WebSocket that comes back: greeted anew each time, and never silent for long."""

import asyncio
from collections.abc import Callable, Mapping
from random import Random
from typing import Protocol

import msgspec

from tradewind.edge.net.transport import Heard, Socket, Transport
from tradewind.model.errors import RateLimited, Unreachable, VenueError
from tradewind.ports import Clock

Address = Callable[[], tuple[str, Mapping[str, str]]]
"""Returns URL and headers of the next connection, freshly signed where the venue asks for it."""


class LineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How patient a line is, in seconds. `name` says in texts which line it is.

    The pause after the first loss is about `backoff_min_s` and doubles up to `backoff_max_s`;
    a connection that was up for `steady_s` begins at the shortest again.
    """

    venue: str
    name: str
    connect_s: float
    greet_s: float
    silence_s: float
    backoff_min_s: float
    backoff_max_s: float
    ping_s: float = 1.0
    steady_s: float = 60.0


class Listener(Protocol):
    """Whoever a line speaks for."""

    async def greet(self, line: "Line") -> None:
        """Log in and subscribe on a fresh connection; texts are heard meanwhile.

        A VenueError or a time-out ends this connection; any other exception ends `Line.run`.
        """
        ...

    def text(self, text: bytes, recv_ns: int) -> None:
        """Take one text frame, in the stack in which its bytes arrived.

        It may send. Whatever it raises ends `Line.run` with that exception.
        """
        ...

    def heartbeat(self, recv_ns: int) -> None:
        """Take note that the other side lives: a pong or a ping came, nanoseconds UTC."""
        ...

    def lost(self, reason: str) -> None:
        """Take note that there is no connection; after each attempt, also one that never stood."""
        ...


class Line:
    """One WebSocket connection after another, for as long as `run` is awaited.

    `up` is true once the listener has greeted; `send` works from the greeting on. `connections`
    counts how often it was. `trouble` is the error that ended the last connection, None where it
    was none.
    """

    def __init__(
        self,
        transport: Transport,
        address: Address,
        listener: Listener,
        settings: LineSettings,
        clock: Clock,
        dice: Random,
    ) -> None:
        self.settings = settings
        self.up = False
        self.connections = 0
        self.trouble: VenueError | None = None
        self._transport = transport
        self._address = address
        self._listener = listener
        self._clock = clock
        self._dice = dice
        self._live: _Connection | None = None
        self._failures = 0

    async def run(self) -> None:
        """Keep the connection for ever. Cancelling closes it, without a word to the listener."""
        while True:
            began_ns = self._clock.monotonic_ns()
            reason = await self._one_connection()
            self._listener.lost(reason)
            lasted_ns = self._clock.monotonic_ns() - began_ns
            await asyncio.sleep(self._pause_s(lasted_ns))

    def send(self, text: bytes) -> None:
        """Write a text frame at once; raises Unreachable while there is no connection."""
        live = self._live
        if live is None or live.socket is None or live.reason:
            raise self._down()
        live.socket.send(text)

    def drop(self, reason: str) -> None:
        """End this connection, if there is one, and begin anew after a pause."""
        if self._live is not None:
            self._live.end(reason)

    async def _one_connection(self) -> str:
        live = _Connection(self._listener, self._clock)
        self._live = live
        self.trouble = None
        try:
            url, headers = self._address()
            heard = Heard(live.on_text, live.on_pong, live.on_close)
            live.socket = await self._transport.connect(
                url, headers, heard, timeout_s=self.settings.connect_s
            )
            await self._greet(live)
            if not live.reason:
                self.up = True
                self.connections += 1
                await self._watch(live)
        except VenueError as error:
            self.trouble = error
            live.end(str(error))
        finally:
            self.up = False
            self._live = None
            live.end("we closed it")
            if live.socket is not None:
                live.socket.close()
        if live.failure is not None:
            raise live.failure
        return live.reason

    async def _greet(self, live: "_Connection") -> None:
        live.heard_ns = self._clock.monotonic_ns()
        try:
            async with asyncio.timeout(self.settings.greet_s) as live.patience:
                if not live.reason:
                    await self._listener.greet(self)
        except TimeoutError:
            live.end(
                f"greeted {self.settings.venue} on the {self.settings.name} line and was not "
                f"answered within {self.settings.greet_s:g} s"
            )
        finally:
            live.patience = None

    async def _watch(self, live: "_Connection") -> None:
        silence_ns = round(self.settings.silence_s * 1e9)
        while not live.reason:
            assert live.socket is not None
            live.socket.ping()
            try:
                async with asyncio.timeout(self.settings.ping_s):
                    await live.ended.wait()
            except TimeoutError:
                if self._clock.monotonic_ns() - live.heard_ns >= silence_ns:
                    live.end(
                        f"heard nothing of {self.settings.venue} on the {self.settings.name} "
                        f"line for {self.settings.silence_s:g} s"
                    )

    def _pause_s(self, lasted_ns: int) -> float:
        if lasted_ns >= self.settings.steady_s * 1e9:
            self._failures = 0
        shortest_s, longest_s = self.settings.backoff_min_s, self.settings.backoff_max_s
        # The exponent is held down, or a night without a network would overflow a float.
        pause_s = min(longest_s, shortest_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        pause_s *= self._dice.uniform(0.5, 1.0)
        if isinstance(self.trouble, RateLimited):
            return max(pause_s, self.trouble.retry_after_s)
        return pause_s

    def _down(self) -> Unreachable:
        return Unreachable(
            f"did not send: the {self.settings.name} line to {self.settings.venue} is down; "
            "it comes back by itself",
            venue=self.settings.venue,
            endpoint=self.settings.name,
        )


class _Connection:
    """One connection of a line, and how it ended: `reason` is empty while it has not."""

    def __init__(self, listener: Listener, clock: Clock) -> None:
        self.socket: Socket | None = None
        self.heard_ns = 0
        self.reason = ""
        self.failure: Exception | None = None
        self.ended = asyncio.Event()
        self.patience: asyncio.Timeout | None = None
        self._listener = listener
        self._clock = clock

    def on_text(self, text: bytes, recv_ns: int) -> None:
        if self.reason:
            return
        self.heard_ns = self._clock.monotonic_ns()
        try:
            self._listener.text(text, recv_ns)
        except Exception as error:  # noqa: BLE001 - raised by run(), the root of this callback
            self._fail(error)

    def on_pong(self, recv_ns: int) -> None:
        if self.reason:
            return
        self.heard_ns = self._clock.monotonic_ns()
        try:
            self._listener.heartbeat(recv_ns)
        except Exception as error:  # noqa: BLE001 - raised by run(), the root of this callback
            self._fail(error)

    def on_close(self, reason: str) -> None:
        self.end(reason or "the connection ended")

    def end(self, reason: str) -> None:
        if self.reason:
            return  # the first reason stays
        self.reason = reason
        self.ended.set()
        if self.patience is not None and not self.patience.expired():
            # Whatever the greeting waits for will not come over this connection.
            self.patience.reschedule(asyncio.get_running_loop().time())
        if self.socket is not None:
            self.socket.close()

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self.end(f"the listener failed: {type(error).__name__}")

"""The way to the desk: its socket, asked from many requests at once, and followed by one.

Knows the lines of the socket. What went wrong before a request left is Unreachable and can be
tried again; what went wrong after a command left may have happened, and is OutcomeUnknown.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from tradewind.control.frames import Frame
from tradewind.control.requests import (
    WAIT_S,
    Answer,
    Do,
    Failure,
    Preview,
    Receipt,
    Request,
    Show,
    Shown,
    error_of,
)
from tradewind.model.commands import Kill
from tradewind.model.errors import BadReply, OutcomeUnknown, Unreachable

CONNECT_S = 2.0
ANSWER_S = 10.0
MAX_LINE = 64 << 20
IDLE_KEPT = 4
"""Connections that are kept open for the next reading."""
READING = 8
CARRYING = 12
"""How many readings and commands may be under way; the desk has places for 32 clients."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Answer).decode


class DeskLink:
    """One desk's socket file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[Streams] = []
        self._reading = asyncio.Semaphore(READING)
        self._carrying = asyncio.Semaphore(CARRYING)

    async def show(self, request: Show) -> Shown:
        """Return a view; raises what the desk says, and Unreachable while it is away."""
        told = await self.ask(request)
        if isinstance(told, Failure):
            raise error_of(told, str(self.path))
        assert not isinstance(told, Receipt | Preview | Frame)
        return told

    async def ask(self, request: Request) -> Answer:
        """Return the desk's answer, a Failure as a value; raises Unreachable, OutcomeUnknown."""
        line = await self.line(request)
        try:
            answer: Answer = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadReply(
                f"Read the desk's answer, found that {error}; use one version for both.",
                venue="",
                endpoint=str(self.path),
            ) from error
        return answer

    async def line(self, request: Request) -> bytes:
        """Return the desk's answer as it came, one line of JSON."""
        if not isinstance(request, Do):
            async with self._reading:
                return await self._read(request)
        if isinstance(request.command, Kill):
            # Nothing may stand in its way.
            return await self._carry(request)
        async with self._carrying:
            return await self._carry(request)

    def close(self) -> None:
        """Let the connections go."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()

    async def _read(self, request: Request) -> bytes:
        while self._idle:
            streams = self._idle.pop()
            if streams[0].at_eof():
                streams[1].close()
                continue
            try:
                return await self._over(streams, request, ANSWER_S)
            except Unreachable:
                continue  # the desk let it go while nobody asked
        return await self._over(await self.connect(), request, ANSWER_S)

    async def _carry(self, request: Do) -> bytes:
        wait_s = ANSWER_S
        if not request.dry_run:
            wait_s += WAIT_S if request.wait_s is None else request.wait_s
        streams = await self.connect()
        try:
            return await self._over(streams, request, wait_s)
        except Unreachable as error:
            if request.dry_run:
                raise
            name = type(request.command).__name__
            raise OutcomeUnknown(
                f"Asked the desk for {name}, found no answer; it may have happened: look at the "
                f"desk, or ask again with the same Idempotency-Key.",
                venue="",
                endpoint=str(self.path),
            ) from error

    async def _over(self, streams: Streams, request: Request, wait_s: float) -> bytes:
        reader, writer = streams
        kept = False
        try:
            writer.write(_encode(request) + b"\n")
            async with asyncio.timeout(wait_s):
                await writer.drain()
                line = await reader.readline()
            if not line.endswith(b"\n"):
                raise ConnectionResetError("the connection closed")
            kept = len(self._idle) < IDLE_KEPT
            return line
        except (OSError, TimeoutError, ValueError) as error:
            raise self._away("no answer") from error
        finally:
            if kept:
                self._idle.append(streams)
            else:
                writer.close()

    async def connect(self) -> Streams:
        """Return a new connection; raises Unreachable."""
        try:
            async with asyncio.timeout(CONNECT_S):
                return await asyncio.open_unix_connection(str(self.path), limit=MAX_LINE)
        except (OSError, TimeoutError) as error:
            raise self._away("nobody there") from error

    def _away(self, found: str) -> Unreachable:
        return Unreachable(
            f"Called the desk, found {found}; it may be starting again, try in a moment.",
            venue="",
            endpoint=str(self.path),
        )


class Follower:
    """The one connection on which the desk tells its news, made again whenever it is lost."""

    def __init__(self, link: DeskLink) -> None:
        self._link = link
        self._writer: asyncio.StreamWriter | None = None

    def say(self, request: Request) -> None:
        """Send a request on the connection; nothing while there is none."""
        if self._writer is not None:
            self._writer.write(_encode(request) + b"\n")

    async def run(
        self,
        opening: Callable[[], list[Request]],
        heard: Callable[[bytes], None],
        lost: Callable[[str], None],
    ) -> None:
        """Follow the desk until cancelled: `opening` is said first, `heard` gets each line.

        `lost` hears why nobody tells anything; after it, everything begins with `opening` again.
        """
        pause_s = FIRST_PAUSE_S
        while True:
            why = "the desk closed the connection"
            try:
                async with self._connected() as reader:
                    for request in opening():
                        self.say(request)
                    while (line := await reader.readline()).endswith(b"\n"):
                        heard(line)
                        pause_s = FIRST_PAUSE_S
            except (OSError, ValueError, Unreachable) as error:
                why = str(error)
            lost(why)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncio.StreamReader]:
        reader, writer = await self._link.connect()
        self._writer = writer
        try:
            yield reader
        finally:
            self._writer = None
            writer.close()

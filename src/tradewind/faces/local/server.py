"""The desk's side of the socket: requests in, receipts and views out.

Runs in the desk's event loop and must never make it wait: a client that does not read is dropped,
and so is one that sends more than a line may hold. Requests of one connection are answered in
their order; another connection waits for nobody.
"""

import asyncio
import os
import pwd
import socket
import stat
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tradewind.control.follow import Follower
from tradewind.control.frames import FRAME_S
from tradewind.control.live import LiveViews
from tradewind.control.plane import Asked, Plane
from tradewind.control.requests import (
    WAIT_S,
    Answer,
    Do,
    Failure,
    Follow,
    Show,
    Watch,
    WatchMarket,
    failure,
)
from tradewind.control.showing import show
from tradewind.faces.local.wire import MAX_REQUEST, frame_line, line_of, pieces_of, read_request
from tradewind.model.errors import ConfigError, Fenced, TradewindError

MODE = 0o600
MAX_PATH = 100
"""Bytes of a socket's path that every system takes (Linux 107, macOS 103)."""
MAX_CLIENTS = 32
MAX_FOLLOWERS = 4
SLOW_S = 5.0
"""A client that has not taken an answer after so long is dropped."""
IDLE_S = 600.0
"""A client that has asked nothing for so long is dropped."""
LOOK_S = 1.0
"""How often it is seen whether a waiting client is still there."""
BREATH_S = 0.0001
"""A frame is made in pieces of about so long; between them the desk goes on."""
PATIENT_S = 0.02
"""A frame that has taken so long is finished at once: where each turn of a desk is long, as a
demo's are, hundreds of pieces would take seconds."""
FASTEST_S = 0.05
SLOWEST_S = 60.0
BACKLOG = 64
LAST_TURNS = 5
"""Turns of the loop in which whoever was just being let in is let go again."""


@asynccontextmanager
async def serve(
    path: Path, plane: Plane, views: LiveViews, on_fault: Callable[[Exception], None]
) -> AsyncIterator[None]:
    """Answer on the socket file `path` while the context lasts; the file goes with it.

    A file that a dead desk left is replaced. Raises Fenced when a living desk answers on it,
    ConfigError for a path that is too long or something else than a socket. `on_fault` hears of
    what went wrong with a client beyond what it could be told.
    """
    listener = open_socket(path)
    try:
        async with asyncio.TaskGroup() as group:
            face = LocalFace(plane, views, on_fault, group)
            server = await asyncio.start_unix_server(
                face.connected, sock=listener, limit=MAX_REQUEST, backlog=BACKLOG
            )
            try:
                yield
            finally:
                # A connection that is just being made must not meet a closed server.
                await _turns()
                server.close()
                face.close()
    except BaseExceptionGroup as error:
        # Clients keep their faults to themselves: what is in the group came from inside the `with`.
        raise error.exceptions[0] from None
    finally:
        await _turns()
        _remove(path)


def open_socket(path: Path) -> socket.socket:
    """Return a socket that is bound to `path`, for nobody but its owner; see `serve`."""
    if len(os.fsencode(path)) > MAX_PATH:
        raise ConfigError(
            f"Opened the socket {path}, found its path longer than {MAX_PATH} bytes; "
            f"choose a data folder with a shorter one."
        )
    _clear(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Between bind and chmod nobody else may slip in.
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
        path.chmod(MODE)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"Opened the socket {path}, found {error.strerror}; make the folder writable."
        ) from error
    finally:
        os.umask(before)
    return listener


async def _turns() -> None:
    for _ in range(LAST_TURNS):
        await asyncio.sleep(0)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _clear(path: Path) -> None:
    """Remove the socket of a desk that is gone."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ConfigError(
            f"Opened the socket {path}, found another file of that name; move it away."
        )
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    probe.settimeout(1.0)
    try:
        probe.connect(str(path))
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            f"Opened the socket {path}, found {error.strerror or error}; see who holds it."
        ) from error
    else:
        raise Fenced(
            f"Opened the socket {path}, found a living desk that answers on it; stop that one "
            f"first, or give this one a folder of its own."
        )
    finally:
        probe.close()


class LocalFace:
    """Translates between the lines of many clients and one plane with its views."""

    def __init__(
        self,
        plane: Plane,
        views: LiveViews,
        on_fault: Callable[[Exception], None],
        group: asyncio.TaskGroup,
    ) -> None:
        self._plane = plane
        self._views = views
        self._on_fault = on_fault
        self._group = group
        self._clients: set[asyncio.Task[None]] = set()
        self._followers = 0
        self._closed = False

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a new client; the group is the parent of its task."""
        if self._closed:
            writer.transport.abort()
            return
        task = self._group.create_task(self._serve(reader, writer))
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)
        # Not in the task itself: one that is cancelled before it began runs none of its lines.
        task.add_done_callback(lambda _: writer.transport.abort())

    def close(self) -> None:
        """Let every client go, and let no more in."""
        self._closed = True
        for task in self._clients:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Whatever happens to a client, the desk goes on; only a cancellation passes.
        try:
            if len(self._clients) > MAX_CLIENTS:
                await _send(writer, _too_many(MAX_CLIENTS))
            else:
                await self._converse(reader, writer, f"local:{_peer(writer)}")
        except (OSError, TimeoutError):
            pass  # it went away, or did not read: it is dropped
        except Exception as error:  # noqa: BLE001 - a task's root; the desk must not end with it
            self._on_fault(error)

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, by: str
    ) -> None:
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    line = await reader.readline()
            except ValueError:
                told = ConfigError(
                    f"Read a request, found it longer than {MAX_REQUEST} bytes; ask for less."
                )
                await _send(writer, failure(told))
                return
            if not line.endswith(b"\n"):
                return
            try:
                request = read_request(line)
            except ConfigError as error:
                await _send(writer, failure(error))
                continue
            if isinstance(request, Watch):
                await self._watch(request, writer)
                return
            if isinstance(request, Follow):
                await self._follow(request, reader, writer)
                return
            if isinstance(request, WatchMarket):
                told = ConfigError("Asked for markets, found no follower here; follow first.")
                await _send(writer, failure(told))
                continue
            task = self._group.create_task(self._answer(request, by))
            try:
                while not task.done():
                    # A command goes on without its asker, but its place here is free again.
                    await asyncio.wait({task}, timeout=LOOK_S)
                    if reader.at_eof():
                        return
            finally:
                task.cancel()
            await _send(writer, task.result())

    async def _answer(self, request: Do | Show, by: str) -> Answer:
        try:
            if isinstance(request, Do):
                return await self._do(request, by)
            return show(self._views, request.view, request.wanted)
        except TradewindError as error:
            return failure(error)
        except Exception as error:  # noqa: BLE001 - a task's root; the desk must not end with it
            self._on_fault(error)
            return Failure(
                code="internal",
                message=f"Answered the request, found a fault of the desk's own "
                f"({type(error).__name__}: {error}); nothing else is known, look at the desk.",
            )

    async def _do(self, request: Do, by: str) -> Answer:
        if request.dry_run:
            return self._plane.preview(request.command)
        asked = Asked(
            by=request.by or by,
            why=request.why,
            command_id=request.command_id,
            wait_s=WAIT_S if request.wait_s is None else request.wait_s,
            preview_hash=request.preview_hash,
        )
        return await self._plane.carry_out(asked, request.command)

    async def _follow(
        self, request: Follow, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Send frames until the follower goes away; one that does not take them is dropped."""
        if self._followers >= MAX_FOLLOWERS:
            await _send(writer, _too_many(MAX_FOLLOWERS))
            return
        follower = Follower(self._views, request.since, request.instruments)
        self._followers += 1
        hearing = self._group.create_task(self._hear(reader, follower))
        loop = asyncio.get_running_loop()
        try:
            while not hearing.done() and not follower.overrun:
                begun_s = loop.time()
                line = await _frame_line(follower, loop)
                if line:
                    await _send_line(writer, line)
                await asyncio.sleep(max(begun_s + FRAME_S - loop.time(), 0))
        finally:
            hearing.cancel()
            follower.close()
            self._followers -= 1

    async def _hear(self, reader: asyncio.StreamReader, follower: Follower) -> None:
        """Take in what a follower says; returns when it goes away or says what it may not."""
        try:
            while (line := await reader.readline()).endswith(b"\n"):
                request = read_request(line)
                if not isinstance(request, WatchMarket):
                    return
                follower.watch(request.instruments)
        except (OSError, ValueError, ConfigError):
            return  # it went away, or speaks another language: it is dropped
        except Exception as error:  # noqa: BLE001 - a task's root; the desk must not end with it
            self._on_fault(error)

    async def _watch(self, request: Watch, writer: asyncio.StreamWriter) -> None:
        """Send the view until the client goes away; one that reads slowly is dropped."""
        every_s = min(max(request.every_s, FASTEST_S), SLOWEST_S)
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        while True:
            await _send(writer, show(self._views, request.view, request.wanted))
            next_s = max(next_s + every_s, loop.time())
            await asyncio.sleep(next_s - loop.time())


async def _frame_line(follower: Follower, loop: asyncio.AbstractEventLoop) -> bytes:
    """Return a follower's next frame as a line, empty when nothing is new.

    No order waits for it: after each short while whatever has come meanwhile goes first.
    """
    pieces: list[bytes] = []
    frame = None
    breath_s = loop.time()
    patient_s = breath_s + PATIENT_S
    for made in follower.pieces(breath_s):
        frame = made
        if breath_s + BREATH_S < loop.time() < patient_s:
            await asyncio.sleep(0)
            breath_s = loop.time()
    if frame is None:
        return b""
    for piece in pieces_of(frame):
        pieces.append(piece)
        if breath_s + BREATH_S < loop.time() < patient_s:
            await asyncio.sleep(0)
            breath_s = loop.time()
    return frame_line(frame.seq, pieces)


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    """Send one answer; TimeoutError when the client does not take it."""
    await _send_line(writer, line_of(answer))


async def _send_line(writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(line)
    async with asyncio.timeout(SLOW_S):
        await writer.drain()


def _too_many(others: int) -> Failure:
    return Failure(
        code="too_many",
        message=f"Connected to the desk, found {others} others; close one of them first.",
        retryable=True,
    )


def _peer(writer: asyncio.StreamWriter) -> str:
    """Return the name of the user at the other end, as the system vouches for it."""
    uid = os.getuid()
    peer = getattr(socket, "SO_PEERCRED", None)
    if peer is not None:
        found = writer.get_extra_info("socket").getsockopt(
            socket.SOL_SOCKET, peer, struct.calcsize("3i")
        )
        uid = struct.unpack("3i", found)[1]
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

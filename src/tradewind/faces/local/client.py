"""The asker's side of the socket, for programs that just wait: every wait has an end.

Knows one desk's socket file. What went wrong before the request left can be tried again; what
went wrong after it may have happened, and is asked about again under the same command id.
"""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from tradewind.control.frames import Frame
from tradewind.control.requests import (
    WAIT_S,
    Do,
    Failure,
    Follow,
    Preview,
    Receipt,
    Request,
    Show,
    Shown,
    Watch,
    error_of,
)
from tradewind.faces.local.wire import MAX_ANSWER, line_of, read_answer
from tradewind.model.errors import BadReply, OutcomeUnknown, Unreachable

Told = Receipt | Preview | Shown
"""An answer that is no failure."""

CONNECT_S = 2.0
ANSWER_S = 10.0


def answers(path: Path) -> bool:
    """Tell whether somebody listens on a socket file; a dead desk's file does not count."""
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    probe.settimeout(CONNECT_S)
    try:
        probe.connect(str(path))
    except OSError:
        return False
    finally:
        probe.close()
    return True


class LocalClient:
    """One connection to a desk, opened by `with`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket: socket.socket | None = None
        self._rest = b""

    def __enter__(self) -> Self:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(CONNECT_S)
        try:
            made.connect(str(self.path))
        except OSError as error:
            made.close()
            raise Unreachable(
                f"Called the desk at {self.path}, found nobody there; start it first.",
                venue="",
                endpoint=str(self.path),
            ) from error
        self._socket = made
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, request: Do | Show) -> Told:
        """Return the desk's answer. Raises what the desk raised, and OutcomeUnknown for silence."""
        wait_s = ANSWER_S
        if isinstance(request, Do) and not request.dry_run:
            wait_s += WAIT_S if request.wait_s is None else request.wait_s
        self._send(request, wait_s)
        return self._receive(request)

    def watch(self, request: Watch) -> Iterator[Told]:
        """Yield a view again and again until the caller stops; raises as `ask` does."""
        self._send(request, max(ANSWER_S, 3 * request.every_s))
        while True:
            yield self._receive(request)

    def follow(self, request: Follow) -> Iterator[Frame]:
        """Yield what is new until the caller stops; raises as `ask` does."""
        self._send(request, ANSWER_S)
        while True:
            told = self._read(request)
            assert isinstance(told, Frame), "a follower is told frames"
            yield told

    def _send(self, request: Request, wait_s: float) -> None:
        assert self._socket is not None, "a client is opened by `with`"
        self._socket.settimeout(wait_s)
        try:
            self._socket.sendall(line_of(request))
        except OSError as error:
            raise self._silence(request, error) from error

    def _receive(self, request: Request) -> Told:
        answer = self._read(request)
        if isinstance(answer, Frame):
            raise BadReply(
                "Read the desk's answer, found a frame that nobody follows; connect again.",
                venue="",
                endpoint=str(self.path),
            )
        return answer

    def _read(self, request: Request) -> Told | Frame:
        answer = read_answer(self._line(request), str(self.path))
        if isinstance(answer, Failure):
            raise error_of(answer, str(self.path))
        return answer

    def _line(self, request: Request) -> bytes:
        assert self._socket is not None, "a client is opened by `with`"
        parts = [self._rest]
        size = len(self._rest)
        while b"\n" not in parts[-1]:
            try:
                part = self._socket.recv(1 << 16)
            except OSError as error:
                raise self._silence(request, error) from error
            if not part:
                raise self._silence(request, None)
            size += len(part)
            if size > MAX_ANSWER:
                raise BadReply(
                    f"Read the desk's answer, found it longer than {MAX_ANSWER} bytes; ask for "
                    f"fewer rows.",
                    venue="",
                    endpoint=str(self.path),
                )
            parts.append(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def _silence(self, request: Request, error: OSError | None) -> Unreachable | OutcomeUnknown:
        found = "the connection closed" if not isinstance(error, TimeoutError) else "no answer"
        if isinstance(request, Do) and not request.dry_run:
            name = type(request.command).__name__
            again = f" with --id {request.command_id}" if request.command_id else ""
            return OutcomeUnknown(
                f"Asked the desk for {name}, found {found}; it may have happened: look at the "
                f"desk, or ask again{again}.",
                venue="",
                endpoint=str(self.path),
            )
        return Unreachable(
            f"Asked the desk at {self.path}, found {found}; see whether it still runs, then ask "
            f"again.",
            venue="",
            endpoint=str(self.path),
        )

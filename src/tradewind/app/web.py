"""The gateway as its desk sees it: a child that is started, watched, and started again.

The desk never waits for it. The desk holds the port itself, so that a gateway that is started
again is found where the one before was, and whoever calls meanwhile waits instead of failing.
"""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.app.access import open_access
from tradewind.app.addresses import open_listener, see_safe, see_tls
from tradewind.app.desks import DeskFolder
from tradewind.edge.store.private_file import write_private

if TYPE_CHECKING:
    from tradewind.app.config import Settings

PORT = 7400
NEXT_PORTS = 100
"""How many ports a demo tries."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
"""A child that ran so long begins with the first pause again."""
PATIENCE_S = 4.0
LOG_BYTES = 16 << 20


class WebSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the page is served. `next_port` True: the first free one from `port` on."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = PORT
    next_port: bool = False
    names: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    insecure_bind: bool = False


class Web:
    """The gateway of one desk, from the open port to the last child.

    Raises ConfigError for an address that cannot be had, or not safely. `address` is what to
    open; `code` is the one-time set-up code while the desk has no user, else empty.
    """

    def __init__(self, settings: WebSettings, folder: DeskFolder, data: Path) -> None:
        tls = settings.tls_cert is not None
        see_tls(settings.tls_cert, settings.tls_key)
        see_safe(settings.host, tls=tls, insecure=settings.insecure_bind)
        tries = NEXT_PORTS if settings.next_port else 1
        self._settings = settings
        self._folder = folder
        self._data = data
        self._listener = open_listener(settings.host, settings.port, tries)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"{'https' if tls else 'http'}://{_shown(settings.host)}:{self.port}"
        self._access = open_access(folder.root)
        self.code = self._access.new_setup_code() if self._access.needs_setup() else ""
        told = {"url": self.address, "token": self._access.make_local_token()}
        write_private(folder.gateway, msgspec.json.encode(told), replace=True)

    @property
    def line(self) -> str:
        """Return where the page is, in one line."""
        code = f"  set-up code: {self.code} (once, for 30 minutes)" if self.code else ""
        return f"page: {self.address}{code}"

    @asynccontextmanager
    async def serving(self, trouble: Callable[[str], None]) -> AsyncIterator[None]:
        """Keep a gateway running while the context lasts; `trouble` hears of those that ended."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._watch(trouble), name="gateway")
            try:
                yield
            finally:
                task.cancel()

    def close(self) -> None:
        """Let the port go, and the token end."""
        self._folder.gateway.unlink(missing_ok=True)
        self._access.revoke_local_token()
        self._access.close()
        self._listener.close()

    async def _watch(self, trouble: Callable[[str], None]) -> None:
        loop = asyncio.get_running_loop()
        pause_s = FIRST_PAUSE_S
        while True:
            began_s = loop.time()
            code = await self._child()
            if loop.time() - began_s > STEADY_S:
                pause_s = FIRST_PAUSE_S
            trouble(
                f"the gateway ended with {code} and is started again in {pause_s:g} s; see "
                f"{self._folder.gateway_log}"
            )
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _child(self) -> int:
        log = self._open_log()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words(),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(self._listener.fileno(),),
                # Ctrl-C is for the desk, which then ends its child.
                start_new_session=True,
            )
        finally:
            os.close(log)
        try:
            return await process.wait()
        finally:
            await _end(process)

    def _words(self) -> list[str]:
        settings = self._settings
        words = [sys.executable, "-P", "-m", "tradewind", "gateway"]
        words += ["--desk", str(self._folder.root), "--data", str(self._data)]
        words += ["--host", settings.host, "--fd", str(self._listener.fileno()), "--watch-stdin"]
        for name in settings.names:
            words += ["--name", name]
        if settings.tls_cert is not None and settings.tls_key is not None:
            words += ["--tls-cert", str(settings.tls_cert), "--tls-key", str(settings.tls_key)]
        return [*words, "--insecure-bind"] if settings.insecure_bind else words

    def _open_log(self) -> int:
        path = self._folder.gateway_log
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        if path.is_file() and path.stat().st_size > LOG_BYTES:
            flags |= os.O_TRUNC
        return os.open(path, flags, 0o600)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a child: it is asked, and then made to."""
    if process.returncode is not None:
        return
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
    except ProcessLookupError:
        await process.wait()


def web_beside(settings: WebSettings | None, folder: DeskFolder, data: Path) -> Web | None:
    """Return the gateway of a desk, None where none is wanted."""
    return Web(settings, folder, data) if settings is not None and settings.enabled else None


@asynccontextmanager
async def serving(web: Web | None, trouble: Callable[[str], None]) -> AsyncIterator[None]:
    """Keep a desk's gateway running while the context lasts, where there is one."""
    if web is None:
        yield
        return
    async with web.serving(trouble):
        yield


def web_of(
    settings: "Settings", *, enabled: bool, insecure_bind: bool, given: Mapping[str, Any]
) -> WebSettings:
    """Return where a desk's page is served: as its file says, but for what is `given`."""
    told = {name: value for name, value in given.items() if value is not None}
    found = msgspec.structs.replace(settings.web, insecure_bind=insecure_bind, **told)
    return msgspec.structs.replace(found, enabled=enabled and found.enabled)


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host

"""Two small proxies that ask for user and password, and remember where they were sent."""

import asyncio
import base64
from collections.abc import Awaitable, Callable

from tests.unit.edge.net.raw_server import Peer

USER, PASSWORD = "desk", "canary-hunter2"


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


class Tunnels:
    """Carries connections, as SOCKS5 or HTTP CONNECT. `before` is awaited before each begins."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, int]] = []
        self.before: Callable[[], Awaitable[None]] | None = None

    async def socks5(self, peer: Peer) -> None:
        """Speak RFC 1928 with the user and password of RFC 1929."""
        _, count = await peer.reader.readexactly(2)
        if 2 not in await peer.reader.readexactly(count):
            await peer.say(b"\x05\xff")
            return
        await peer.say(b"\x05\x02")
        _, size = await peer.reader.readexactly(2)
        user = await peer.reader.readexactly(size)
        (size,) = await peer.reader.readexactly(1)
        password = await peer.reader.readexactly(size)
        if (user, password) != (USER.encode(), PASSWORD.encode()):
            await peer.say(b"\x01\x01")
            return
        await peer.say(b"\x01\x00")
        kind = (await peer.reader.readexactly(4))[3]
        if kind == 3:
            (size,) = await peer.reader.readexactly(1)
            host = (await peer.reader.readexactly(size)).decode()
        else:
            host = ".".join(str(byte) for byte in await peer.reader.readexactly(4))
        port = int.from_bytes(await peer.reader.readexactly(2), "big")
        await self._carry(peer, host, port, b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")

    async def http(self, peer: Peer) -> None:
        """Speak CONNECT with Basic credentials."""
        request = await peer.request()
        wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode())
        if b"Basic " + wanted not in request:
            await peer.say(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return
        method, target, _ = request.split(b"\r\n")[0].split(b" ")
        assert method == b"CONNECT"
        host, port = target.decode().rsplit(":", 1)
        await self._carry(peer, host, int(port), b"HTTP/1.1 200 Connected\r\n\r\n")

    async def _carry(self, peer: Peer, host: str, port: int, welcome: bytes) -> None:
        self.opened.append((host, port))
        if self.before is not None:
            await self.before()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await peer.say(welcome)
            async with asyncio.TaskGroup() as group:
                group.create_task(pump(reader, peer.writer))
                group.create_task(pump(peer.reader, writer))
        finally:
            writer.close()

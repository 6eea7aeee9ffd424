"""The other side of bench/pages.py: pages without a browser, all in this one process.

usage: python -m bench.pages_clients FOLDER PAGES

Signs in with the token in a desk's folder, opens so many sockets, prints `ready` once each has had
its greeting, and reads until stdin ends. Then prints what each page got; frames, messages and bytes
are counted between two lines on stdin. Of every frame it reads the numbers and names of journaled
rows: each must come once, in order, and the end of each order must.
"""

import asyncio
import gc
import os
import sys
import time
from pathlib import Path

import aiohttp
import msgspec

from tradewind.model.order import TERMINAL

READY_S = 30.0
JOURNALED = frozenset({"order", "fill", "event", "command"})
ENDED = frozenset(each.value for each in TERMINAL)
NICE = 15
"""Pages are on other machines: here they must not take the processor from who is measured."""


class Row(msgspec.Struct, frozen=True):
    """What names a journaled row."""

    client_order_id: str = ""
    ord_status: str = ""
    exec_id: str = ""
    command_id: str = ""
    text: str = ""


class Message(msgspec.Struct, frozen=True):
    """What is read of a message."""

    type: str
    seq: int = 0
    row: Row | None = None


_decode = msgspec.json.Decoder(list[Message]).decode


class Page(msgspec.Struct):
    """What one page got. `back` counts rows that came after a later one, `twice` repeated ones."""

    frames: int = 0
    messages: int = 0
    bytes: int = 0
    ended: int = 0
    back: int = 0
    twice: int = 0


class Reader:
    """Reads one page's frames."""

    def __init__(self) -> None:
        self.page = Page()
        self.greeted = asyncio.Event()
        self.counts = False
        self._last_seq = 0
        self._seen: set[tuple[str, str, int]] = set()
        self._ended: set[str] = set()

    def hear(self, text: str) -> None:
        """Take a frame."""
        page = self.page
        messages = _decode(text)
        if self.counts:
            page.frames += 1
            page.messages += len(messages)
            page.bytes += len(text)
        for message in messages:
            if message.type == "hello":
                self.greeted.set()
                # What follows in this frame is what was; each kind in its own order.
                self._replay(messages)
                return
        for message in messages:
            if message.type in JOURNALED:
                self._row(message)

    def _replay(self, messages: list[Message]) -> None:
        for message in messages:
            if message.type in JOURNALED:
                self._last_seq = 0
                self._row(message)

    def _row(self, message: Message) -> None:
        page, row = self.page, message.row
        assert row is not None
        name = row.client_order_id + row.exec_id + row.command_id + row.text
        key = (message.type, name, message.seq)
        page.twice += key in self._seen
        self._seen.add(key)
        page.back += message.seq < self._last_seq
        self._last_seq = message.seq
        if message.type == "order" and row.ord_status in ENDED:
            self._ended.add(row.client_order_id)
            page.ended = len(self._ended)

    def begin(self) -> None:
        """Count from now on; what is checked goes on."""
        self.page.frames = self.page.messages = self.page.bytes = 0
        self.counts = True

    def end(self) -> None:
        """Count no longer."""
        self.counts = False


async def look(folder: Path, count: int) -> list[Page]:
    """Open the pages and read them until stdin ends."""
    told = msgspec.json.decode((folder / "gateway.json").read_bytes())
    headers = {"Authorization": f"Bearer {told['token']}"}
    readers = [Reader() for _ in range(count)]
    async with (
        aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as session,
        asyncio.TaskGroup() as group,
    ):
        async with asyncio.timeout(READY_S):
            await _healthy(session, told["url"])
            tasks = [group.create_task(_read(session, told["url"], each)) for each in readers]
            for each in readers:
                await each.greeted.wait()
        gc.collect()
        gc.freeze()
        print("ready", flush=True)
        await _line()
        for each in readers:
            each.begin()
        await _line()
        for each in readers:
            each.end()
        await _line()
        for task in tasks:
            task.cancel()
    return [each.page for each in readers]


async def _healthy(session: aiohttp.ClientSession, url: str) -> None:
    while True:
        try:
            async with session.get(f"{url}/api/health") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.1)


async def _read(session: aiohttp.ClientSession, url: str, reader: Reader) -> None:
    async with session.ws_connect(f"{url}/ws", max_msg_size=0) as socket:
        async for message in socket:
            reader.hear(message.data)
    raise RuntimeError(f"Read a page, found it closed with {socket.close_code}.")


async def _line() -> None:
    """Wait for a line on stdin, or its end."""
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.readline)


def main() -> None:
    """Read pages and print what each got."""
    folder, count = sys.argv[1:]
    os.nice(NICE)
    pages = asyncio.run(look(Path(folder), int(count)))
    told = {"pages": pages, "cpu_s": time.process_time()}
    print(msgspec.json.encode(told).decode(), flush=True)


if __name__ == "__main__":
    main()

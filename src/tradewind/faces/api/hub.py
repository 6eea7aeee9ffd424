"""The hub of /ws: what the desk tells, told on to every page, encoded once for all of them.

Knows frames, pages, and how far each page is. A page that does not keep up is let go and comes
back with the number it has seen; nobody waits for it, least of all the desk.
"""

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from tradewind.control.frames import Watched
from tradewind.control.requests import Follow, Request, WatchMarket
from tradewind.faces.api.link import Follower
from tradewind.faces.api.memory import WATCHED, Memory, Told, read_frame
from tradewind.faces.api.told import MAX_MARKETS, DeskMessage

FRAME_S = 0.05
"""A page gets at most one frame in so long."""
MAX_PAGES = 200
MAX_FRAMES = 400
"""Frames that may wait for one page; more, and it is let go."""

Market = tuple[str, str]
"""(instrument, candle interval)."""
_encode = msgspec.json.encode


class Page:
    """One page: what it watches, and the frames that wait for it."""

    def __init__(self) -> None:
        self.watching: frozenset[Market] = frozenset()
        self.slow = False
        self._frames: list[str] = []
        self._there = asyncio.Event()

    def put(self, frame: str) -> None:
        """Give it a frame; too many that wait make it slow, and it gets no more."""
        if len(self._frames) >= MAX_FRAMES:
            self.slow = True
        if not self.slow:
            self._frames.append(frame)
        self._there.set()

    async def take(self) -> list[str]:
        """Wait for frames and return them."""
        await self._there.wait()
        self._there.clear()
        frames, self._frames = self._frames, []
        return frames


class Hub:
    """All pages of one desk."""

    def __init__(self, follower: Follower, now_ns: Callable[[], int]) -> None:
        self.memory = Memory()
        self.connected = False
        self.frames = 0
        self.messages = 0
        self._why = "the desk has not answered yet"
        self._follower = follower
        self._now_ns = now_ns
        self._pages: set[Page] = set()
        self._waiting: list[Told] = []
        self._due = asyncio.Event()

    @property
    def pages(self) -> int:
        """Return how many pages look."""
        return len(self._pages)

    async def run(self) -> None:
        """Follow the desk and feed the pages until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follower.run(self._opening, self.hear, self._lost))
            group.create_task(self._beat())

    def join(self, page: Page, since: int) -> bool:
        """Take a page on: it gets what it needs to begin, or to go on; False when it is full."""
        if len(self._pages) >= MAX_PAGES:
            return False
        self.flush()
        page.put(_list([*self._beginning(since), *self._away()]))
        self._pages.add(page)
        return True

    def leave(self, page: Page) -> None:
        """Let a page go."""
        self._pages.discard(page)
        if page.watching:
            page.watching = frozenset()
            self._watch()

    def watch(self, page: Page, markets: Iterable[Market]) -> None:
        """Send a page these markets from now on, and no others."""
        wanted = frozenset(list(markets)[:MAX_MARKETS])
        new = wanted - page.watching
        if wanted == page.watching:
            return
        self.flush()
        page.watching = wanted
        known = [raw for name, interval in new for raw in self.memory.market(name, interval)]
        if known:
            page.put(_list(known))
        self._watch()

    # --- the desk's side -------------------------------------------------------------------------

    def hear(self, line: bytes) -> None:
        """Take one line of the desk; one that is no frame ends the connection."""
        try:
            seq, messages = read_frame(line)
        except msgspec.DecodeError as error:
            raise ValueError(f"the desk's frame cannot be read: {error}") from error
        memory = self.memory
        for told in messages:
            self.messages += 1
            if told.kind == "hello":
                self.flush()
                memory.begin(told)
                self.connected = True
                self._waiting.append(_told(DeskMessage(connected=True, why="")))
            else:
                memory.take(told)
            self._waiting.append(told)
        memory.reached(seq)
        self._due.set()

    def flush(self) -> None:
        """Send what waits to every page, one frame each."""
        waiting, self._waiting = self._waiting, []
        if not waiting or not self._pages:
            return
        self.frames += 1
        common = [told.raw for told in waiting if told.kind not in WATCHED]
        markets = [told for told in waiting if told.kind in WATCHED]
        made: dict[frozenset[Market], str] = {}
        for page in self._pages:
            watching = page.watching if markets else frozenset()
            if watching not in made:
                made[watching] = _frame_for(common, markets, watching)
            if made[watching]:
                page.put(made[watching])

    async def _beat(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            self.flush()
            await asyncio.sleep(FRAME_S)

    def _opening(self) -> list[Request]:
        return [Follow(since=self.memory.seq, instruments=self._watched())]

    def _lost(self, why: str) -> None:
        if self.connected:
            self.connected = False
            self._waiting.append(_told(DeskMessage(connected=False, why=why)))
            self._due.set()
        self._why = why

    def _watch(self) -> None:
        union = self._watched()
        self.memory.forget_markets((each.instrument, each.interval) for each in union)
        self._follower.say(WatchMarket(instruments=union))

    def _watched(self) -> tuple[Watched, ...]:
        union = sorted({market for page in self._pages for market in page.watching})
        return tuple(Watched(name, interval) for name, interval in union)

    # --- a page's side ---------------------------------------------------------------------------

    def _beginning(self, since: int) -> list[bytes]:
        memory = self.memory
        if not memory.hello:
            return []
        resumed = memory.can_resume(since)
        hello = {**memory.hello, "seq": memory.seq, "resumed": resumed, "now_ns": self._now_ns()}
        rows = memory.missed(since) if resumed else memory.newest()
        return [_encode(hello), *rows, *memory.states()]

    def _away(self) -> list[bytes]:
        if self.connected:
            return []
        return [_encode(DeskMessage(connected=False, why=self._why))]


def _told(message: DeskMessage) -> Told:
    return Told("desk", 0, "", "", _encode(message))


def _list(messages: list[bytes]) -> str:
    return (b"[" + b",".join(messages) + b"]").decode()


def _frame_for(common: list[bytes], markets: list[Told], watching: frozenset[Market]) -> str:
    names = {name for name, _ in watching}
    own = [
        told.raw
        for told in markets
        if told.instrument in names
        and (not told.interval or (told.instrument, told.interval) in watching)
    ]
    return _list(common + own) if common or own else ""

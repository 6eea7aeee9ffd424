"""One measurement of bench/pages.py: a live desk beside a ticking venue, and who looks at it.

usage: python -m bench.pages_desk alone|gateway|pages [--pages 50] [--ticks 2000] [--hz 250]
                                  [--folder DIR] [--profile]

The desk of bench/wire_desk.py (Bybit, orders by the trade socket). `gateway` puts its gateway
beside it, `pages` also lets pages look at it from a process of their own. Prints a RESULT line.
`--profile` prints where the time of this process went instead.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bench.engines import ROOT, Failed
from bench.pages_clients import Page
from bench.wire_desk import (
    READY_S,
    VARIANTS,
    WARM_UP,
    Inside,
    Lap,
    Server,
    barred,
    opened_desk,
    quantiles,
)
from tradewind.app.live import LiveDesk
from tradewind.app.web import WebSettings
from tradewind.control.follow import Follower
from tradewind.control.frames import Frame
from tradewind.control.life import NAMES
from tradewind.faces.local import server as local
from tradewind.faces.local.wire import pieces_of
from tradewind.model.effects import SubmitOrder
from tradewind.model.events import FillReceived, MarketEvent
from tradewind.ports import Published

Piece = TypeVar("Piece")

ALONE, GATEWAY, PAGES = WAYS = ("alone", "gateway", "pages")
VARIANT = "bybit-socket"
FIRST_PORT = 17_400
LAST_FRAMES_S = 0.5
"""After the last tick: until the last order's end has been told."""
SETTLED_S = 1.0
"""Between the last page's greeting and the first tick."""
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Updates:
    """Counts what happens on a desk that a page could be told of, by kind."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.orders = 0
        """All orders, also those from before the ticks."""

    def __call__(self, news: Published) -> None:
        """Count one committed step: a feed's change, a fill, and each change of an order."""
        found = self.found
        heard = news.event or news.heard
        if isinstance(heard, MarketEvent):
            found["feed"] += 1
        elif type(heard) is FillReceived:
            found["fill"] += 1
        for piece in (news.event, *news.effects):
            found["order"] += type(piece) in NAMES
            self.orders += type(piece) is SubmitOrder


class Cost:
    """What the desk spends on its follower: nanoseconds of each frame, built and encoded."""

    def __init__(self) -> None:
        self.cpu_ns: list[int] = []
        self.piece_ns: list[int] = []
        self.bytes = 0
        build, encode, cost = Follower.pieces, pieces_of, self

        def built(follower: Follower, now_s: float) -> Iterator[Frame | None]:
            cost.cpu_ns.append(0)
            return cost.timed(build(follower, now_s))

        def encoded(frame: Frame) -> Iterator[bytes]:
            for piece in cost.timed(encode(frame)):
                cost.bytes += len(piece)
                yield piece

        Follower.pieces = built  # type: ignore[assignment, method-assign]
        vars(local)["pieces_of"] = encoded

    def begin(self) -> None:
        """Forget what was before the ticks."""
        self.cpu_ns, self.piece_ns, self.bytes = [0], [], 0

    def timed(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """Yield pieces of the newest frame and time each."""
        begun_ns = time.thread_time_ns()
        for piece in pieces:
            self._spent(begun_ns)
            yield piece
            begun_ns = time.thread_time_ns()
        self._spent(begun_ns)

    def _spent(self, begun_ns: int) -> None:
        took_ns = time.thread_time_ns() - begun_ns
        self.cpu_ns[-1] += took_ns
        self.piece_ns.append(took_ns)

    def figures(self, lasted_s: float) -> dict[str, Any]:
        """Return the figures of the time that was measured."""
        if not self.piece_ns:
            return {}
        taken, pieces = sorted(self.cpu_ns), sorted(self.piece_ns)
        return {
            "desk_frames_s": round(len(taken) / lasted_s, 1),
            "frame_us": round(statistics.fmean(taken) / 1e3),
            "frame_us_p99": round(taken[len(taken) * 99 // 100] / 1e3),
            "piece_us_p99": round(pieces[len(pieces) * 99 // 100] / 1e3),
            "piece_us_most": round(pieces[-1] / 1e3),
            "desk_kb_s": round(self.bytes / lasted_s / 1e3),
        }


class Watchers:
    """The process of the pages."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def _answer(self) -> bytes:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise Failed("Asked the pages, found that they had ended; see their words above.")
        return line

    async def ready(self) -> None:
        """Wait until each page has been greeted."""
        await self._answer()

    async def say(self) -> None:
        """Let them count from now on, or no longer."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        await self._process.stdin.drain()

    async def end(self) -> tuple[list[Page], float]:
        """Let them go; return what each got, and the processor seconds of all."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        told = msgspec.json.decode(await self._answer())
        await self._process.wait()
        return msgspec.convert(told["pages"], list[Page]), told["cpu_s"]


@asynccontextmanager
async def watchers(folder: Path, count: int) -> AsyncIterator[Watchers]:
    """Start the process of the pages, and see that it ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", "bench.pages_clients", str(folder), str(count)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    try:
        yield Watchers(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Look(msgspec.Struct, frozen=True):
    """Who looks at the desk, and at how many ticks."""

    way: str
    pages: int
    lap: Lap


class Measured(msgspec.Struct):
    """What one lap gave beside the laps of the server."""

    busy_s: float = 0.0
    lasted_s: float = 0.0
    gateway_s: float = 0.0
    clients_s: float = 0.0
    follower: dict[str, Any] = {}
    pages: list[Page] = []


class Bench:
    """A desk and what is counted on it."""

    def __init__(self, look: Look, desk: LiveDesk, server: Server) -> None:
        self.look = look
        self.desk = desk
        self.server = server
        self.inside = Inside()
        self.updates = Updates()
        self.cost = Cost()
        self.measured = Measured()
        self.profile: cProfile.Profile | None = None
        desk.session.hear = self.inside.hearing(desk.session.hear)  # type: ignore[assignment, method-assign]
        desk.open.bus.subscribe(self.updates)

    async def run(self) -> list[int]:
        """Run the desk, the pages and the ticks; return the laps at the server."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.desk.run(), name="desk")
            async with asyncio.timeout(READY_S):
                while barred(self.desk):  # noqa: ASYNC110 - no bell rings when the desk may trade
                    await asyncio.sleep(0.05)
            if self.look.way == ALONE:
                await asyncio.sleep(SETTLED_S)
                await self._tick()
            else:
                count = self.look.pages if self.look.way == PAGES else 0
                async with watchers(self.desk.folder.root, count) as watching:
                    await watching.ready()
                    await asyncio.sleep(SETTLED_S)
                    await self._watched(watching)
            self.desk.stopping.set()
        return self.server.laps()

    async def _watched(self, watching: Watchers) -> None:
        await watching.say()
        gateway = _gateway_pid(self.desk.folder.gateway_log)
        begun_s = cpu_s(gateway)
        await self._tick()
        self.measured.gateway_s = cpu_s(gateway) - begun_s
        await watching.say()
        await asyncio.sleep(LAST_FRAMES_S)
        self.measured.pages, self.measured.clients_s = await watching.end()

    async def _tick(self) -> None:
        lap = self.look.lap
        self.updates.found.clear()
        self.cost.begin()
        if self.profile is not None:
            self.profile.enable()
        began_s, busy_s = time.monotonic(), time.process_time()
        self.server.begin(lap.ticks, lap.hz)
        await asyncio.sleep(lap.ticks / lap.hz + 0.2)
        self.measured.busy_s = time.process_time() - busy_s
        lasted_s = self.measured.lasted_s = time.monotonic() - began_s
        self.measured.follower = self.cost.figures(lasted_s)
        if self.profile is not None:
            self.profile.disable()

    def figures(self, laps: list[int]) -> dict[str, Any]:
        """Return everything; raises Failed where orders or rows are missing."""
        lap, measured = self.look.lap, self.measured
        if len(laps) < lap.ticks * 0.98 or len(self.inside.laps) < len(laps):
            raise Failed(
                f"Measured {self.look.way}, found {len(laps)} orders at {lap.ticks} ticks."
            )
        skip, lasted_s = lap.ticks // WARM_UP, measured.lasted_s
        counted = self.updates.found
        return {
            "case": self.look.way,
            "orders": len(laps) - skip,
            "cpu_us": round(measured.busy_s / lap.ticks * 1e6),
            **quantiles("inside", self.inside.laps[skip:]),
            **quantiles("wire", laps[skip:]),
            "updates_s": round(counted.total() / lasted_s),
            **{f"{name}_s": round(counted[name] / lasted_s) for name in ("order", "fill", "feed")},
            **measured.follower,
            "gateway_cpu_pct": round(100 * measured.gateway_s / lasted_s, 1),
            **self._pages(),
        }

    def _pages(self) -> dict[str, Any]:
        pages, lasted_s = self.measured.pages, self.measured.lasted_s
        if not pages:
            return {}
        sent = self.updates.orders
        for number, each in enumerate(pages):
            if each.back or each.twice or each.ended != sent:
                raise Failed(
                    f"Read page {number}, found {each.ended} of {sent} orders ended, {each.twice} "
                    f"rows twice and {each.back} out of order."
                )
        return {
            "pages": len(pages),
            "clients_cpu_pct": round(100 * self.measured.clients_s / lasted_s, 1),
            "frames_s": round(_mean(pages, "frames") / lasted_s, 1),
            "messages_s": round(_mean(pages, "messages") / lasted_s),
            "page_kb_s": round(_mean(pages, "bytes") / lasted_s / 1e3),
        }


def _mean(pages: list[Page], name: str) -> float:
    return statistics.fmean(getattr(each, name) for each in pages)


def _gateway_pid(log: Path) -> int:
    lines = (msgspec.json.decode(line) for line in log.read_text(encoding="utf-8").splitlines())
    return int([line["pid"] for line in lines if line["event"] == "serving"][-1])


def cpu_s(process: int) -> float:
    """Return the processor seconds of a process so far; 0 where the system does not tell."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.is_file():
        return 0.0
    fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def measure(look: Look, folder: Path, profile: cProfile.Profile | None = None) -> dict[str, Any]:
    """Measure one way and return its figures; raises Failed where orders or rows are missing."""
    server = Server("bybit")
    web = None if look.way == ALONE else WebSettings(port=FIRST_PORT, next_port=True)
    try:
        desk = opened_desk(VARIANTS[VARIANT], server.start, folder, web)
        bench = Bench(look, desk, server)
        bench.profile = profile
        try:
            laps = asyncio.run(bench.run())
        finally:
            desk.close()
    finally:
        server.close()
    return bench.figures(laps)


def main() -> None:
    """Measure one way and print its figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--ticks", type=int, default=2000)
    parser.add_argument("--hz", type=float, default=250.0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    profile = cProfile.Profile() if asked.profile else None
    look = Look(asked.way, asked.pages, Lap(asked.ticks, asked.hz))
    with tempfile.TemporaryDirectory(dir=asked.folder) as scratch:
        figures = measure(look, Path(scratch), profile)
    if profile is not None:
        pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(45)
    print("RESULT " + msgspec.json.encode(figures).decode())


if __name__ == "__main__":
    main()

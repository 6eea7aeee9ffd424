"""One variant of bench/wire.py: a live desk of ours beside a ticking venue, measured.

usage: python -m bench.wire_desk VARIANT [--ticks 2000] [--hz 500] [--folder DIR] [--profile]

What `tradewind up` runs, with its own journal, event log, bus and adapter over real sockets; a
strategy sends one order for every tick. Prints a RESULT line. `--profile` prints where the
time of this process went instead.
"""

import argparse
import asyncio
import cProfile
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Literal

import msgspec

from bench.engines import ROOT, Failed
from bench.wire_venues import Start
from tradewind import Strategy
from tradewind.app import seats
from tradewind.app.config import AccountSettings, Environment, Settings, VenueWord
from tradewind.app.desks import RECORD, DeskFolder, OpenDesk
from tradewind.app.live import LiveDesk
from tradewind.app.seats import Ground
from tradewind.app.web import WebSettings, web_beside
from tradewind.edge.net.transport_aiohttp import AioTransport
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.edge.venues.kalshi.venue import KalshiVenue
from tradewind.model.config import Account, AccountMode, Breaker, DeskConfig, InstanceSpec, Limits
from tradewind.model.events import Event, OrderSent
from tradewind.model.ids import AccountId, Currency, InstanceId, InstrumentId, VenueId
from tradewind.model.order import TimeInForce
from tradewind.ports import JournalRow, Keys
from tradewind.runtime.clock import SystemClock

READY_S = 30.0
WARM_UP = 5
"""One part in so many of the ticks comes before those that count."""
PLENTY = Decimal(100_000)
LIMITS = Limits(max_daily_loss_pct=Decimal(50))


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured: the venue and its road, what a commit is, and which loop turns."""

    venue: Literal["bybit", "kalshi"]
    durability: Literal["process", "power"] = "process"
    commits: bool = True
    by_rest: bool = False
    signed_ahead: bool = True
    uvloop: bool = False


VARIANTS: dict[str, Variant] = {
    "bybit-socket": Variant(venue="bybit"),
    "bybit-socket-uvloop": Variant(venue="bybit", uvloop=True),
    "bybit-socket-no-commit": Variant(venue="bybit", commits=False),
    "bybit-socket-power": Variant(venue="bybit", durability="power"),
    "bybit-rest": Variant(venue="bybit", by_rest=True),
    "kalshi-rest": Variant(venue="kalshi"),
    "kalshi-rest-uvloop": Variant(venue="kalshi", uvloop=True),
    "kalshi-rest-no-commit": Variant(venue="kalshi", commits=False),
    "kalshi-rest-power": Variant(venue="kalshi", durability="power"),
    "kalshi-rest-signed-then": Variant(venue="kalshi", signed_ahead=False),
}


class EveryTick(Strategy):
    """Bids at the touch for as much as rests there, at every tick; nothing of it stays."""

    def on_start(self, ctx: Any) -> None:
        self.ctx = ctx

    def on_book(self, ctx: Any, book: Any) -> None:
        if ctx.may_open:
            market = ctx.market(book.instrument)
            ctx.buy(book.instrument, market.bid_qty, market.bid, tif=TimeInForce.IOC)


class Unwritten(SqliteJournal):
    """A journal that forgets: what an order's way costs without its commit. For this bench only."""

    def append(self, rows: Sequence[JournalRow]) -> None:
        """Write nothing."""


class Server:
    """The venue in a process of its own."""

    def __init__(self, venue: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.wire_server", venue],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.start = msgspec.json.decode(self._line(), type=Start)

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Failed("Asked the ticking venue, found that it had ended; see its words above.")
        return line

    def begin(self, ticks: int, hz: float) -> None:
        """Let it tick."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{ticks} {hz}\n".encode())
        self._process.stdin.flush()

    def laps(self) -> list[int]:
        """Return the nanoseconds from each tick to its order; waits for them."""
        return msgspec.json.decode(self._line(), type=list[int])

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Inside:
    """What our own clock says of each order: from its cause's arrival to its last byte written."""

    def __init__(self) -> None:
        self.laps: list[int] = []

    def hearing(self, hear: Callable[[Event], None]) -> Callable[[Event], None]:
        """Return the session's ear with this one before it."""

        def heard(event: Event) -> None:
            if type(event) is OrderSent:
                self.laps.append(event.latency_ns)
            hear(event)

        return heard


def settings_of(variant: Variant, start: Start, folder: Path) -> Settings:
    """Return the desk of a variant."""
    at = f"127.0.0.1:{start.port}"
    word = VenueWord(variant.venue)
    if word is VenueWord.BYBIT:
        hosts = {"rest": f"http://{at}"} | {
            name: f"ws://{at}/v5/{name}" for name in ("public", "private", "trade")
        }
        if variant.by_rest:
            del hosts["trade"]
    else:
        hosts = {"rest": f"http://{at}", "ws": f"ws://{at}"}
    account = Account(
        id=AccountId("bench"),
        venue=VenueId(word.value.upper()),
        currency=Currency("USDT" if word is VenueWord.BYBIT else "USD"),
        mode=AccountMode.SANDBOX,
        leverage=Decimal(10 if word is VenueWord.BYBIT else 1),
        limits=LIMITS,
        orders_per_s=PLENTY,
        order_burst=int(PLENTY),
        breaker=Breaker(failed_orders=10_000, error_rate_pct=Decimal(100)),
    )
    seat = AccountSettings(
        account=account,
        venue=word,
        environment=Environment.CUSTOM,
        hosts=hosts,
        keys="bench",
        proxy="",
        proxy_keys="",
        symbols=(start.symbol,),
    )
    spec = InstanceSpec(
        id=InstanceId("tick"),
        strategy="every_tick",
        accounts=(account.id,),
        instruments=(InstrumentId(start.instrument),),
    )
    return Settings(
        file=folder / "desk.toml",
        name="bench",
        folder=folder,
        durability=variant.durability,
        snapshot_every_ns=3600 * 10**9,
        desk=DeskConfig(accounts=(account,), reporting_currency=account.currency),
        accounts=(seat,),
        instances=[spec],
    )


def _keys(start: Start, variant: Variant) -> Keys:
    keys = start.keys
    if variant.venue == "bybit":
        return Keys({"key": keys["api_key"], "secret": keys["api_secret"]})
    return Keys(keys)


class Lap(msgspec.Struct, frozen=True):
    """How many ticks, and how many in a second."""

    ticks: int
    hz: float


async def drive(desk: LiveDesk, server: Server, lap: Lap, profile: cProfile.Profile | None) -> Any:
    """Run the desk and the ticks; return the laps at the server and the CPU seconds."""
    async with asyncio.TaskGroup() as group:
        group.create_task(desk.run(), name="desk")
        async with asyncio.timeout(READY_S):
            while barred(desk):  # noqa: ASYNC110 - no bell rings when the desk may trade
                await asyncio.sleep(0.05)
        if profile is not None:
            profile.enable()
        busy_s = time.process_time()
        server.begin(lap.ticks, lap.hz)
        await asyncio.sleep(lap.ticks / lap.hz + 0.2)
        busy_s = time.process_time() - busy_s
        if profile is not None:
            profile.disable()
        await asyncio.sleep(0.5)
        desk.stopping.set()
    return server.laps(), busy_s


def barred(desk: LiveDesk) -> str:
    """Return why the strategy may not trade yet, empty once it may."""
    instance = desk.open.desk.instances.get(InstanceId("tick"))
    if instance is None:
        return "not there yet"
    strategy = instance.strategy
    assert isinstance(strategy, EveryTick)
    (name,) = instance.spec.instruments
    barred: str = strategy.ctx.barred(name)
    return barred


def measure(
    name: str, lap: Lap, folder: Path, profile: cProfile.Profile | None = None
) -> dict[str, Any]:
    """Measure one variant and return its figures; raises Failed where orders are missing."""
    variant = VARIANTS[name]
    server = Server(variant.venue)
    inside = Inside()
    if not variant.signed_ahead:
        seats.ADAPTERS = {
            VenueWord.KALSHI: (partial(KalshiVenue, sign_ahead=False), {})  # type: ignore[dict-item]
        }
    try:
        desk = opened_desk(variant, server.start, folder)
        desk.session.hear = inside.hearing(desk.session.hear)  # type: ignore[assignment, method-assign]
        with asyncio.Runner(loop_factory=_loops(variant)) as runner:
            laps, busy_s = runner.run(drive(desk, server, lap, profile))
        desk.close()
    finally:
        server.close()
    skip = lap.ticks // WARM_UP
    if len(laps) < lap.ticks * 0.98 or len(inside.laps) < len(laps):
        raise Failed(f"Measured {name}, found {len(laps)} orders for {lap.ticks} ticks.")
    return {
        "case": name,
        "orders": len(laps) - skip,
        "cpu_us": round(busy_s / lap.ticks * 1e6),
        **quantiles("inside", inside.laps[skip:]),
        **quantiles("wire", laps[skip:]),
    }


def opened_desk(
    variant: Variant, start: Start, folder: Path, web: WebSettings | None = None
) -> LiveDesk:
    """Open the desk of a variant, with a gateway beside it where one is wanted."""
    settings = settings_of(variant, start, folder)
    catalogue = {"every_tick": EveryTick}
    journal = SqliteJournal if variant.commits else Unwritten
    opened = OpenDesk(DeskFolder(folder), catalogue, variant.durability, RECORD, journal)
    clock = SystemClock()
    ground = Ground(
        clock=clock,
        dice=Random(1),
        connect=lambda account: AioTransport(clock, after_read=desk.settle),
        keys=lambda account: _keys(start, variant),
        folder=folder,
        leases=folder / "leases",
    )
    beside = web_beside(web, opened.folder, folder)
    desk = LiveDesk(settings, opened, ground, web=beside)
    return desk


def _loops(variant: Variant) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if not variant.uvloop:
        return None
    import uvloop

    return uvloop.new_event_loop


def quantiles(name: str, laps: list[int]) -> dict[str, int]:
    """Return quantiles of nanoseconds, in microseconds."""
    ordered = sorted(laps)
    return {
        f"{name}_p{share}": round(ordered[len(ordered) * share // 100] / 1e3)
        for share in (10, 50, 90, 99)
    }


def main() -> None:
    """Measure one variant and print its figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("variant", choices=VARIANTS)
    parser.add_argument("--ticks", type=int, default=2000)
    parser.add_argument("--hz", type=float, default=500.0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    profile = cProfile.Profile() if asked.profile else None
    with tempfile.TemporaryDirectory(dir=asked.folder) as scratch:
        figures = measure(asked.variant, Lap(asked.ticks, asked.hz), Path(scratch), profile)
    if profile is not None:
        pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(45)
    print("RESULT " + msgspec.json.encode(figures).decode())


if __name__ == "__main__":
    main()

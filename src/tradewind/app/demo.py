"""The demo: simulated venues, real strategies, one desk, at a chosen speed, in one process."""

import asyncio
import shutil
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from tradewind.app.desks import RECORD, DeskFolder, OpenDesk
from tradewind.app.facing import HANG_S, Facing, hung_before, start_again
from tradewind.app.strategies import Catalogue
from tradewind.app.web import WebSettings, serving, web_beside
from tradewind.control.views import ScreenView, Seat, Vitals
from tradewind.edge.simulators.inprocess import InProcessVenue
from tradewind.edge.simulators.scenarios import world as find_world
from tradewind.edge.simulators.world import World
from tradewind.edge.store.journal_sqlite import lease_path
from tradewind.edge.store.lease_file import FileLease
from tradewind.faces.local.server import serve
from tradewind.model.commands import Deploy, Lifecycle
from tradewind.model.config import DeskConfig, InstanceSpec, Limits
from tradewind.model.effects import Confirmation
from tradewind.model.errors import ConfigError, JournalError
from tradewind.model.ids import AccountId, InstanceId, InstrumentId, OrderId, VenueId
from tradewind.model.money import NANOS
from tradewind.runtime.clock import ClockCheck, ScaledClock, SystemClock
from tradewind.runtime.paper import PaperSession
from tradewind.runtime.venues import VenueSet
from tradewind.runtime.watchdog import Stopwatch, Watchdog

SNAPSHOT_S = 30.0
PAUSE_S = 0.02
CLOCK_CHECK_S = 5.0
LOOK_S = 0.25
HISTORY_CANDLES = 300
FOREVER_MIN = 1e9
WORLD = "world.json"
DEFAULT_SEED = 7
STALE_NS = 5 * NANOS


class DemoSettings(msgspec.Struct, kw_only=True):
    """How to run the demo. `minutes` None runs until it is told to stop; `own` are own strategies.

    `seed` and `origin_ns` make the world; they are kept in the data folder, so that a restart
    goes on in the same world. `record` keeps the market data as history, within bounds. `home` is
    the data folder around it, None for its own.
    """

    data: Path
    seed: int | None = None
    speed: float = 1.0
    minutes: float | None = None
    own: tuple[str, ...] = ()
    fresh: bool = False
    record: bool = True
    home: Path | None = None
    web: WebSettings = WebSettings(enabled=False)


class Origin(msgspec.Struct, frozen=True):
    """What a demo folder remembers of its world."""

    world: str
    seed: int
    origin_ns: int


def forecast(settings: DemoSettings) -> str:
    """Return what a demo with these settings would do; raises as its start would."""
    catalogue = Catalogue()
    for name in settings.own:
        catalogue.find(name)
    folder = DeskFolder(settings.data)
    there = (folder.root / WORLD).is_file()
    if there and not settings.fresh:
        kept = _kept(folder, settings.seed)
        return f"would go on in {folder.root}, in the world of seed {kept.seed}"
    seed = DEFAULT_SEED if settings.seed is None else settings.seed
    forgets = f"would forget everything in {folder.root} and " if there else "would "
    return f"{forgets}begin in {folder.root}, in a new world of seed {seed}"


class Demo:
    """One running demo: what the terminal view and the control plane look at."""

    def __init__(self, settings: DemoSettings) -> None:
        self.settings = settings
        self.catalogue = Catalogue()
        # A restart from another folder must find the files again.
        self.own = [_absolute(name) for name in settings.own]
        for name in self.own:
            # Before anything is made or forgotten: it may not load.
            self.catalogue.find(name)
        folder = DeskFolder(settings.data)
        if settings.fresh:
            _clear(folder)
        self.origin = _origin(folder, settings.seed)
        self.world: World = find_world(self.origin.world, self.origin.seed, self.origin.origin_ns)
        self.open = OpenDesk(folder, self.catalogue, "process", RECORD if settings.record else None)
        self.desk = self.open.desk
        self.folder = folder
        self.config = _config(self.world)
        self.venues = _venues(folder, self.world)
        last_ns = max(self.desk.world.now_ns, *(each.last_ns for each in self.venues.values()))
        self.start_ns = max(last_ns + 1, self.origin.origin_ns)
        self.restarted = bool(self.desk.world.seq)
        source = self.world.flow(self.start_ns, last_ns if self.restarted else None)
        self.session = PaperSession(
            self.desk,
            VenueSet(self.venues, self.world.accounts),
            self.open.keeper,
            source,
            self.open.snapshots,
        )
        self.clock = ScaledClock(self.start_ns, settings.speed)
        seats = {str(each.id): Seat(environment="simulated") for each in self.world.accounts}
        vitals = Vitals(name="demo", speed=settings.speed, mode="demo", seats=seats)
        self.facing = Facing(self.open, self.session.ask, vitals, self._ahead)
        self.stopping = asyncio.Event()
        self.web = web_beside(settings.web, folder, settings.home or settings.data)

    @property
    def line(self) -> str:
        """Return where the page is, empty where there is none."""
        return self.web.line if self.web is not None else ""

    def _ahead(self, instrument: InstrumentId, client_order_id: OrderId) -> Decimal | None:
        return self.venues[self.desk.instrument(instrument).venue].ahead(client_order_id)

    def begin(self) -> None:
        """Start the desk, its history and its instances; a restart finds them as they were."""
        started = self.open.started(self.config, self.start_ns)
        self.session.start(started, list(self.world.instruments(self.start_ns)))
        if self.open.recovered.lost is not None:
            self.session.lost(*self.open.recovered.lost)
        if not self.restarted:
            for event in self.world.history(self.start_ns, "1m", HISTORY_CANDLES):
                self.session.inbox.put_market(event)
        self.session.pump(self.start_ns)
        self._hung_before()
        known = self.desk.instances
        asked: list[str] = []
        for spec in [*demo_instances(self.world), *self._own()]:
            if spec.id not in known or known[spec.id].standing.lifecycle is Lifecycle.DEAD:
                asked.append(f"demo-{self.open.epoch}-{len(asked)}-{spec.id}")
                self.session.ask(Deploy(spec), asked[-1], "demo", "demo")
        self.session.pump(self.start_ns)
        for name in asked:
            answer = self.desk.receipts[name]
            if answer.confirmation is Confirmation.REFUSED:
                raise ConfigError(answer.effect)

    def _own(self) -> list[InstanceSpec]:
        return [
            InstanceSpec(
                id=InstanceId(Path(name.partition(":")[0]).stem.replace("_", "-")),
                strategy=name,
                accounts=tuple(account.id for account in self.world.accounts),
                instruments=self.world.roles["perpetuals"],
                auto_resume=True,
            )
            for name in self.own
        ]

    def _hung_before(self) -> None:
        hung = hung_before(self.folder)
        if hung is not None and hung[0] in self.desk.instances:
            self.session.fault(*hung, int(HANG_S * NANOS))

    async def run(self, look: Callable[[ScreenView], None] = lambda _: None) -> None:
        """Run until the time is over or `stopping` is set, and answer on the desk's socket.

        `look` sees the desk a few times a second.
        """
        facing = self.facing
        async with (
            serve(self.folder.socket, facing.plane, facing.views, facing.client_fault),
            serving(self.web, facing.trouble),
        ):
            await self._run(look)

    async def _run(self, look: Callable[[ScreenView], None]) -> None:
        stopwatch = Stopwatch(self.config.callback_budget_ns)
        self.session.watch(stopwatch)
        minutes = self.settings.minutes
        end = time.monotonic() + (FOREVER_MIN if minutes is None else minutes) * 60
        next_snapshot = time.monotonic() + SNAPSHOT_S / 3
        check = ClockCheck(SystemClock())
        next_check = time.monotonic() + CLOCK_CHECK_S
        next_look = 0.0
        with Watchdog(stopwatch, HANG_S, partial(start_again, self.folder)), self.open.recorder:
            while time.monotonic() < end and not self.stopping.is_set():
                self.session.pump(self.clock.now_ns())
                now = time.monotonic()
                if now >= next_look:
                    self.facing.measure(self.session.drive.events, self.clock.now_ns())
                    self.facing.hear_recorder()
                    look(self.facing.views.screen())
                    next_look = now + LOOK_S
                if now >= next_snapshot:
                    self.session.snapshot()
                    next_snapshot = now + SNAPSHOT_S
                if now >= next_check:
                    self.session.clock_checked(check.step_ns())
                    next_check = now + CLOCK_CHECK_S
                await asyncio.sleep(PAUSE_S)

    def close(self) -> None:
        """Commit, keep a snapshot, close the venues' files and let the lease go."""
        self.desk.probe = None
        if self.web is not None:
            self.web.close()
        self.facing.plane.close()
        self.open.close()
        for venue in self.venues.values():
            venue.close()


def _absolute(name: str) -> str:
    path, colon, cls = name.partition(":")
    return f"{Path(path).absolute()}{colon}{cls}"


def _venues(folder: DeskFolder, world: World) -> dict[VenueId, InProcessVenue]:
    try:
        return {
            venue: InProcessVenue(
                folder.venues.with_stem(f"venue-{venue.lower()}"),
                [each for each in world.accounts if each.venue == venue],
                world.models[venue],
            )
            for venue in world.models
        }
    except JournalError as error:
        raise ConfigError(f"{error} Or begin anew: tradewind demo --fresh") from error


def demo_instances(world: World) -> list[InstanceSpec]:
    """Return what the demo runs: pair makers, a favourite scalper and an EMA short seller."""
    kalshi, limitless, bybit = (account.id for account in world.accounts)
    roles = world.roles
    return [
        _pair("pair-kalshi", (kalshi,), roles["pair"], "yes_no"),
        _pair("pair-limitless", (limitless,), roles["pair_limitless"], "yes_no"),
        _pair("pair-cross", (kalshi, limitless), roles["cross"], "cross_venue"),
        _spec(
            "favourites",
            "favourite_scalper",
            (kalshi,),
            roles["favourites"],
            {
                "min_hours": "0.1",
                "cooldown_after_stop_min": 5,
                "max_hold_min": 20,
                "max_position_usd": 300,
            },
        ),
        _spec(
            "ema-short",
            "dual_ema_short",
            (bybit,),
            roles["perpetuals"],
            {
                "interval": "1m",
                "ema_fast": 5,
                "ema_slow": 12,
                "cooldown_min": 2,
                "max_crosses_per_day": 500,
                "cross_window_min": 5,
            },
        ),
    ]


def _pair(
    name: str, accounts: tuple[AccountId, ...], legs: tuple[InstrumentId, ...], kind: str
) -> InstanceSpec:
    parameters: dict[str, Any] = {
        "pair_kind": kind,
        "contract_increment": 10,
        # Where outcomes do not net, pairs tie their cost up until the question is answered.
        "max_market_cost": 4000,
    }
    if kind == "cross_venue":
        parameters["mapping"] = {
            "question": "the same question on both venues",
            "cut_off": "same",
            "settlement": "same",
            "confirmed_by": "the demo",
        }
    return _spec(name, "join_jump_pair_maker", accounts, legs, parameters)


def _spec(
    name: str,
    strategy: str,
    accounts: tuple[AccountId, ...],
    instruments: tuple[InstrumentId, ...],
    parameters: dict[str, Any],
) -> InstanceSpec:
    return InstanceSpec(
        id=InstanceId(name),
        strategy=strategy,
        accounts=accounts,
        instruments=instruments,
        parameters=parameters,
        limits=Limits(max_order_notional=Decimal(20_000), max_open_orders=40),
        auto_resume=True,
    )


def _config(world: World) -> DeskConfig:
    # Play money: a demo that halts for the day after two per cent would be a short one.
    limits = Limits(max_daily_loss_pct=Decimal(20))
    accounts = tuple(msgspec.structs.replace(each, limits=limits) for each in world.accounts)
    return DeskConfig(
        tag="DM",
        accounts=accounts,
        stale_book_ns=STALE_NS,
        candle_memory=1000,
        reconcile_every_ns=30 * NANOS,
    )


def _origin(folder: DeskFolder, seed: int | None) -> Origin:
    path = folder.root / WORLD
    if path.is_file():
        return _kept(folder, seed)
    begins_ns = SystemClock().now_ns() // NANOS * NANOS
    origin = Origin("demo", DEFAULT_SEED if seed is None else seed, begins_ns)
    try:
        folder.root.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(origin))
    except OSError as error:
        raise ConfigError(
            f"Made the demo's folder {folder.root}, found {error.strerror}; name another with "
            f"--data."
        ) from error
    return origin


def _kept(folder: DeskFolder, seed: int | None) -> Origin:
    """Return the world that a folder remembers; ConfigError where another seed is asked for."""
    path = folder.root / WORLD
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Origin)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"Read {path}, found it damaged ({error}); begin anew: tradewind demo --fresh"
        ) from error
    if seed is not None and seed != kept.seed:
        raise ConfigError(
            f"Started the demo in {folder.root} with seed {seed}, found a world of seed "
            f"{kept.seed} there; leave the seed out to go on, or add --fresh to begin anew."
        )
    return kept


def _clear(folder: DeskFolder) -> None:
    """Remove an earlier demo, and only what a demo made; Fenced while it runs."""
    if not (folder.root / WORLD).is_file():
        return
    lease = FileLease(lease_path(folder.journal))
    lease.take("tradewind demo --fresh")
    try:
        for path in folder.root.iterdir():
            # A lock on a file that is gone would keep nobody out.
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path != lease.path:
                path.unlink()
    finally:
        lease.release()

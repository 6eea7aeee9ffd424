"""A desk on configured venues: `tradewind up`. Opens, connects, recovers, runs, and closes."""

import asyncio
import gc
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Any
from urllib.parse import quote

from tradewind.app.accounts import PROXY, open_keys
from tradewind.app.config import AccountSettings, Settings
from tradewind.app.conformance.examine import VenueReport, examine_venue
from tradewind.app.desks import RECORD, DeskFolder, OpenDesk
from tradewind.app.facing import HANG_S, Facing, hung_before, start_again
from tradewind.app.meant import is_over, is_pattern, meant
from tradewind.app.notices import channels_of, enter
from tradewind.app.seats import Ground, SeatedAccount, Sink, seat
from tradewind.app.strategies import Catalogue
from tradewind.app.territory import Territory
from tradewind.app.web import Web, WebSettings, serving, web_beside
from tradewind.control.notices import Notices
from tradewind.control.posting import Post
from tradewind.control.views import ScreenView, Seat, Vitals
from tradewind.core.strategy.strategy import Strategy
from tradewind.edge.net.transport_aiohttp import AioTransport
from tradewind.edge.store.checkpoints import Checkpoints
from tradewind.edge.store.vault_file import FileVault
from tradewind.faces.local.server import serve
from tradewind.model.commands import Command, Deploy, ForceStop, Lifecycle
from tradewind.model.config import AccountMode, InstanceSpec
from tradewind.model.effects import Confirmation
from tradewind.model.errors import ConfigError, RateLimited, Unreachable
from tradewind.model.events import Candle, Event, InstrumentDefined
from tradewind.model.ids import AccountId, InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.market import INTERVALS_NS
from tradewind.model.money import NANOS
from tradewind.ports import Keys, NoticeChannel
from tradewind.runtime.clock import ClockCheck, SystemClock
from tradewind.runtime.live import LiveSession
from tradewind.runtime.watchdog import Stopwatch, Watchdog

Look = Callable[[ScreenView], None]

LOOK_S = 0.25
CLOCK_CHECK_S = 5.0
RETRIES = 3
RETRY_S = 2.0


class LiveDesk:
    """One desk on its venues, from the lease to the last snapshot.

    `ground` is what its adapters stand on; real time and real sockets, or those of a drill.
    `channels` are the ways out for notices.
    """

    def __init__(
        self,
        settings: Settings,
        opened: OpenDesk,
        ground: Ground,
        channels: dict[str, NoticeChannel] | None = None,
        web: Web | None = None,
    ) -> None:
        self.settings = settings
        self.folder = opened.folder
        self.ground = ground
        self.open = opened
        self.web = web
        self.session = LiveSession(
            self.open.desk, self.open.keeper, ground.clock, self.open.snapshots
        )
        self.facing = Facing(self.open, self.session.ask, _vitals(settings))
        self.stopping = asyncio.Event()
        self._channels = channels or {}
        notices = Notices(self.facing.views, settings.notices.kinds)
        if self._channels:
            opened.bus.subscribe(notices)
        self.post = Post(notices, self._channels, ground.clock.now_ns, self.facing.not_posted)
        self._seated: dict[AccountId, SeatedAccount] = {}
        self._listed: dict[AccountId, frozenset[InstrumentId]] = {}
        self._meant: list[InstanceSpec] = []
        self._starting: asyncio.Task[None] | None = None

    def settle(self) -> None:
        """Fold what has just been read from the network, without a way through the loop."""
        self.session.settle()

    async def run(self, look: Look | None = None) -> None:
        """Run until `stopping` is set; orders that rest at a venue then go on resting there.

        Raises ConfigError and VenueError where the desk cannot start, JournalError where it
        cannot go on. `look` sees the desk a few times a second.
        """
        async with AsyncExitStack() as stack:
            if not await self._prepared(stack):
                return
            facing = self.facing
            await enter(self._channels, stack)
            await stack.enter_async_context(
                serve(self.folder.socket, facing.plane, facing.views, facing.client_fault)
            )
            await stack.enter_async_context(serving(self.web, facing.trouble))
            stopwatch = Stopwatch(self.settings.desk.callback_budget_ns)
            self.session.watch(stopwatch)
            stack.enter_context(Watchdog(stopwatch, HANG_S, partial(start_again, self.folder)))
            stack.enter_context(self.open.recorder)
            stack.enter_context(Checkpoints(self.open.journal))
            # What a desk starts with stays: a collection that looks through all of it would
            # hold an order up for a tenth of a second.
            gc.collect()
            gc.freeze()
            stack.callback(gc.unfreeze)
            await self.work(look)

    @property
    def line(self) -> str:
        """Return where the page is, empty where there is none."""
        return self.web.line if self.web is not None else ""

    def stop(self) -> None:
        """End the desk soon, even while it still waits for a venue to begin."""
        self.stopping.set()
        if self._starting is not None:
            self._starting.cancel()

    async def _prepared(self, stack: AsyncExitStack) -> bool:
        task = self._starting = asyncio.current_task()
        assert task is not None
        try:
            await self.prepare(stack)
        except asyncio.CancelledError:
            if not self.stopping.is_set():
                raise
            task.uncancel()
        finally:
            self._starting = None
        return not self.stopping.is_set()

    async def prepare(self, stack: AsyncExitStack) -> None:
        """Seat the accounts, learn the instruments, and bring the desk to where it may work."""
        for each in self.settings.accounts:
            seated = seat(each, self.ground, self._ear(each.id))
            stack.push_async_callback(seated.close)
            self._seated[each.id] = seated
        territory = Territory(self.ground.leases, f"{self.settings.name} in {self.folder.root}")
        stack.callback(territory.release)
        found = await self._discover(territory)
        self._mean(found)
        self._begin(list(found.values()))
        await self._warm_up()
        self._deploy()

    def _ear(self, account: AccountId) -> Sink:
        """Return what hears an adapter; it is the source of what it is the first to define."""
        hear = self.session.hear

        def heard(event: Event) -> None:
            if type(event) is InstrumentDefined:
                self._take_on(account, event.instrument.id)
            hear(event)

        return heard

    def _take_on(self, account: AccountId, name: InstrumentId) -> None:
        if not any(name in own for own in self._listed.values()):
            self._listed[account] = self._listed.get(account, frozenset()) | {name}

    async def _discover(self, territory: Territory) -> dict[InstrumentId, Instrument]:
        """Ask every venue for its instruments; the first account of a venue is its ear."""
        found: dict[InstrumentId, Instrument] = {}
        for name, seated in self._seated.items():
            rows = await _patiently(seated)
            if seated.settings.account.mode is not AccountMode.PAPER:
                territory.take(seated.settings, rows)
            mine = frozenset(each.id for each in rows) - found.keys()
            self._listed[name] = mine
            found.update((each.id, each) for each in rows if each.id in mine)
        return found

    def _begin(self, instruments: list[Instrument]) -> None:
        desk = self.open.desk
        ground = self.ground
        started = self.open.started(self.settings.desk, ground.clock.now_ns(), ground.dice)
        venues = {name: seated.venue for name, seated in self._seated.items()}
        self.session.begin(started, venues, instruments, self.open.recovered.lost)
        self.session.catch_up()
        hung = hung_before(self.folder)
        if hung is not None and hung[0] in desk.instances:
            self.session.fault(*hung, int(HANG_S * NANOS))

    async def _warm_up(self) -> None:
        """Feed the candles that strategies look back on, as far as the desk does not have them.

        No account is reconciled yet, so what a strategy asks for on old candles is denied.
        """
        memory = self.settings.desk.candle_memory
        now_ns = self.ground.clock.now_ns()
        if not memory:
            return
        candles: list[Candle] = []
        for instrument, interval in sorted(self._looks_back()):
            length_ns = INTERVALS_NS[interval]
            known = self.open.desk.world.candles.get((instrument, interval), [])
            start_ns = known[-1].ts_event + length_ns if known else now_ns - memory * length_ns
            source = next(name for name, own in self._listed.items() if instrument in own)
            venue = self._seated[source].venue
            candles += await venue.candles(instrument, interval, start_ns, now_ns)
        for candle in sorted(candles, key=lambda each: (each.ts_event, each.instrument)):
            self.session.hear(candle)
        self.session.catch_up()

    def _looks_back(self) -> set[tuple[InstrumentId, str]]:
        found = set()
        known = self.open.desk.feeds
        listed = frozenset().union(*self._listed.values())
        for spec in self._meant:
            cls = self.open.desk.catalogue[spec.strategy]
            if cls.on_candle is Strategy.on_candle:
                continue
            interval = interval_of(cls, spec.parameters)
            for name in listed.intersection(spec.instruments):
                feed = known.get(name)
                if feed is not None and feed.market.instrument.candles_from(interval) == "venue":
                    found.add((name, interval))
        return found

    def _deploy(self) -> None:
        """Create the instances of the file that the desk does not have; the others go on."""
        known = self.open.desk.instances
        asked: list[str] = []

        def ask(command: Command) -> None:
            asked.append(f"up-{self.open.epoch}-{len(asked)}")
            self.session.ask(command, asked[-1], "up", str(self.settings.file))

        for spec in self._meant:
            alive = spec.id in known and known[spec.id].standing.lifecycle is not Lifecycle.DEAD
            if alive and known[spec.id].spec.instruments != spec.instruments:
                # Its markets are over: whoever follows a series goes on with the next one.
                ask(ForceStop(spec.id))
                alive = False
            if not alive:
                ask(Deploy(spec))
        self.session.catch_up()
        for name in asked:
            answer = self.open.desk.receipts[name]
            if answer.confirmation is Confirmation.REFUSED:
                raise ConfigError(answer.effect)

    def _mean(self, found: Mapping[InstrumentId, Instrument]) -> None:
        """Find what the file's instances trade; one that runs keeps its markets to their end."""
        now_ns = self.ground.clock.now_ns()
        known = self.open.desk.instances
        for spec in self.settings.instances:
            instance = known.get(spec.id)
            alive = instance is not None and instance.standing.lifecycle is not Lifecycle.DEAD
            goes_on = instance is not None and alive
            if instance is not None and any(is_pattern(name) for name in spec.instruments):
                goes_on = alive and not is_over(instance.spec, found, now_ns)
            if instance is not None and goes_on:
                self._meant.append(instance.spec)
            else:
                self._meant.append(meant(spec, found, now_ns))

    async def work(self, look: Look | None = None) -> None:
        """Keep the session and its house until `stopping` is set."""
        self._watch_markets()
        async with asyncio.TaskGroup() as group:
            ends = (
                group.create_task(self.session.run(), name="session"),
                group.create_task(self.post.run(), name="notices"),
            )
            group.create_task(self._keep_house(look, ends), name="housekeeping")

    def _watch_markets(self) -> None:
        self.session.watch_markets(self._listed, self.facing.views.tape.watched)

    async def _keep_house(self, look: Look | None, ends: tuple[asyncio.Task[None], ...]) -> None:
        loop = asyncio.get_running_loop()
        check = ClockCheck(self.ground.clock)
        next_check = loop.time() + CLOCK_CHECK_S
        every_s = self.settings.snapshot_every_ns / NANOS
        next_snapshot = loop.time() + every_s
        while not self.stopping.is_set():
            now = loop.time()
            self._watch_markets()
            self.facing.measure(self.session.events, self.ground.clock.now_ns())
            self.facing.time_orders(self.session.latencies)
            gauges = {name: each.gauges for name, each in self._seated.items()}
            self.facing.see_links(gauges, self.session.failed_reads)
            self.facing.hear_recorder()
            if look is not None:
                look(self.facing.views.screen())
            if now >= next_snapshot:
                self.session.snapshot()
                next_snapshot = now + every_s
            if now >= next_check:
                self.session.clock_checked(check.step_ns())
                next_check = now + CLOCK_CHECK_S
            try:
                async with asyncio.timeout(LOOK_S):
                    await self.stopping.wait()
            except TimeoutError:
                continue
        for task in ends:
            task.cancel()

    def close(self) -> None:
        """Commit, keep a snapshot and let the lease go."""
        self.open.desk.probe = None
        if self.web is not None:
            self.web.close()
        self.facing.plane.close()
        self.open.close()


def _vitals(settings: Settings) -> Vitals:
    """Return what faces are told of a desk's accounts; no secret is in it."""
    modes = {each.account.mode for each in settings.accounts}
    serious = (AccountMode.LIVE, AccountMode.SANDBOX, AccountMode.PAPER)
    return Vitals(
        name=settings.name,
        mode=next(mode.value for mode in serious if mode in modes),
        seats={each.id: _seat(each) for each in settings.accounts},
    )


def _seat(account: AccountSettings) -> Seat:
    scheme, _, rest = account.proxy.partition("://")
    stars = "***:***@" if account.proxy_keys else ""
    return Seat(
        environment=account.environment.value,
        keys=account.keys,
        proxy=f"{scheme}://{stars}{rest}" if account.proxy else "",
        hosts=account.hosts,
    )


async def _patiently(seated: SeatedAccount) -> list[Instrument]:
    """Ask for the instruments, again where the venue does not answer."""
    for attempt in range(RETRIES):
        try:
            return await seated.venue.discover()
        except (Unreachable, RateLimited):
            if attempt == RETRIES - 1:
                raise
            await asyncio.sleep(RETRY_S)
    raise AssertionError("unreachable")


def interval_of(cls: type[Strategy], parameters: Mapping[str, Any]) -> str:
    """Return the candle interval that an instance of the class would hear."""
    if "interval" in cls.parameters:
        return str(parameters.get("interval", cls.parameters["interval"].default))
    return cls.interval


def open_live(
    settings: Settings, data: Path, vault: FileVault, web: WebSettings | None = None
) -> LiveDesk:
    """Open the desk that the settings describe, on real time and real sockets.

    Raises ConfigError, Fenced, and JournalError.
    """
    catalogue = Catalogue()
    for spec in settings.instances:
        catalogue.find(spec.strategy)
    channels = channels_of(settings.notices, vault)
    folder = folder_of(settings, data)
    opened = OpenDesk(folder, catalogue, settings.durability, RECORD)
    clock = SystemClock()
    ground = Ground(
        clock=clock,
        dice=SystemRandom(),
        connect=lambda each: AioTransport(clock, proxy_of(vault, each), after_read=desk.settle),
        keys=partial(keys_of, vault),
        folder=folder.root,
        leases=data / "leases",
    )
    desk = LiveDesk(settings, opened, ground, channels, web_beside(web, folder, data))
    return desk


async def examine_account(account: AccountSettings, vault: FileVault) -> VenueReport:
    """Play the safe cards on an account over real sockets; raises ConfigError and VenueError."""
    clock = SystemClock()
    transport = AioTransport(clock, proxy_of(vault, account))
    try:
        return await examine_venue(account, keys_of(vault, account), transport, clock)
    finally:
        await transport.close()


def keys_of(vault: FileVault, account: AccountSettings) -> Keys | None:
    """Return what opens an account, None where it names nothing; raises ConfigError."""
    return open_keys(vault, account.keys, account.venue.value) if account.keys else None


def proxy_of(vault: FileVault, account: AccountSettings) -> str:
    """Return an account's proxy with user and password in it; never show it."""
    if not account.proxy_keys:
        return account.proxy
    values = open_keys(vault, account.proxy_keys, PROXY).values
    scheme, _, rest = account.proxy.partition("://")
    user, password = (quote(values[word], safe="") for word in ("user", "password"))
    return f"{scheme}://{user}:{password}@{rest}"


def folder_of(settings: Settings, data: Path) -> DeskFolder:
    """Return where the desk of these settings lives: its own folder, or one in the data folder."""
    return DeskFolder(settings.folder if settings.folder is not None else data / settings.name)

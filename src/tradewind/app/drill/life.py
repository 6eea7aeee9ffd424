"""One seeded life of a desk on simulated venues: faults, kills, restarts warm and cold.

The engine, the journal, the session and the adapters are the real ones, and so are the bytes that
pass. Only time, the network and the moments of death are in the hand of the seed.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from tradewind.app.config import AccountSettings, Settings
from tradewind.app.desks import DeskFolder, OpenDesk
from tradewind.app.drill.loop import VirtualClock, VirtualLoop
from tradewind.app.drill.mortal import Killed, MortalJournal
from tradewind.app.drill.network import Network
from tradewind.app.drill.stale import WitnessedKeeper
from tradewind.app.drill.trader import AnyTrader
from tradewind.app.drill.transport import MemoryTransport
from tradewind.app.drill.world import START_NS, Member, members
from tradewind.app.live import LiveDesk
from tradewind.app.seats import Ground
from tradewind.core.engine.desk import Desk
from tradewind.edge.simulators.wire_faults import Fault, Faults
from tradewind.model.commands import DESK, Kill, Pause
from tradewind.model.config import DeskConfig, InstanceSpec, Limits
from tradewind.model.effects import Confirmation
from tradewind.model.errors import VenueError
from tradewind.model.ids import AccountId, CommandId, InstanceId, InstrumentId
from tradewind.model.money import NANOS
from tradewind.ports import Keys

FAILED_START_S = 1.0


class Death(msgspec.Struct, frozen=True):
    """When a process ends: at its n-th commit, before it or right after; 0: not at all."""

    commit: int = 0
    before: bool = False


class Life:
    """One desk over several processes, in one virtual world that goes on without it."""

    def __init__(self, seed: int, folder: Path, faults: Sequence[Fault] = ()) -> None:
        self.seed = seed
        self.dice = Random(seed)
        self.folder = DeskFolder(folder)
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop, START_NS)
        self.network = Network(self.loop, self.clock)
        self.members = members(seed)
        self.faults = {
            each.host: Faults(Random(f"{seed}/{each.host}"), faults) for each in self.members
        }
        for each in self.members:
            self.network.put((each.host,), each.exchange, self.faults[each.host])
        self.desk: LiveDesk
        self.deaths = self.failed_starts = 0
        self._transports: list[MemoryTransport] = []

    @property
    def core(self) -> Desk:
        """Return the desk of the process that runs, or of the last one."""
        return self.desk.open.desk

    # --- processes ------------------------------------------------------------------------------

    async def process(self, death: Death, until_s: float, wrong: list[str]) -> bool:
        """Run one process until then, or until its death; returns whether it died.

        What it sent on stale data is added to `wrong`.
        """
        self._transports = []
        opened = OpenDesk(self.folder, CATALOGUE, "process", None, MortalJournal)
        journal = opened.journal
        assert isinstance(journal, MortalJournal)
        journal.dies_at, journal.dies_before = death.commit, death.before
        journal.cut = self._cut
        keeper = WitnessedKeeper(opened.desk, opened.epoch, journal, opened.eventlog, opened.bus)
        keeper.stale = wrong
        opened.keeper = keeper
        self.desk = LiveDesk(self._settings(), opened, self._ground())
        run = self.loop.create_task(self._run(), name=f"process {opened.epoch}")
        self.loop.call_at(until_s, self.desk.stopping.set)
        died = await run
        if died:
            self.deaths += 1
            opened.eventlog.abandon()
            journal.close()
            self.desk.facing.plane.close()
        else:
            self.desk.close()
        return died

    async def _run(self) -> bool:
        try:
            async with AsyncExitStack() as stack:
                await self.desk.prepare(stack)
                await self.desk.work()
        except Killed:
            return True
        except VenueError:
            # It could not learn what is traded there, and ended; somebody starts it again.
            self.failed_starts += 1
            await self.wait(FAILED_START_S)
        except BaseExceptionGroup as group:
            if group.subgroup(Killed) is None:
                raise
            return True
        return False

    def _cut(self) -> None:
        for transport in self._transports:
            transport.crash()

    # --- what a process is given ----------------------------------------------------------------

    def _ground(self) -> Ground:
        return Ground(
            clock=self.clock,
            dice=Random(f"{self.seed}/{self.deaths}/adapters"),
            connect=self._connect,
            keys=self._keys,
            folder=self.folder.root,
            leases=self.folder.root / "leases",
        )

    def _connect(self, account: AccountSettings) -> MemoryTransport:
        transport = MemoryTransport(self.network, str(account.id))
        self._transports.append(transport)
        return transport

    def _keys(self, account: AccountSettings) -> Keys | None:
        return self.member(account.id).keys

    def member(self, account: AccountId) -> Member:
        """Return the account of that name."""
        return next(each for each in self.members if each.settings.id == account)

    def _settings(self) -> Settings:
        accounts = tuple(each.settings for each in self.members)
        return Settings(
            file=self.folder.root / "drill.toml",
            name="drill",
            folder=self.folder.root,
            durability="process",
            snapshot_every_ns=7 * NANOS,
            desk=DeskConfig(
                tag="DR",
                accounts=tuple(each.account for each in accounts),
                reconcile_every_ns=5 * NANOS,
                claim_patience_ns=NANOS,
                stale_book_ns=3 * NANOS,
                candle_memory=50,
            ),
            accounts=accounts,
            instances=self._specs(),
        )

    def _specs(self) -> list[InstanceSpec]:
        day = "KALSHI:KXRAINNYC-26JAN0600-RAIN"
        bybit, kalshi = (each.settings.id for each in self.members)
        btc = "BYBIT:BTCUSDT"
        rows: list[tuple[str, str, AccountId, tuple[str, ...], dict[str, Any]]] = [
            ("any-1", "any", bybit, (btc,), {"seed": self.seed % 1000 + 1, "size": "0.01"}),
            ("any-2", "any", bybit, (btc,), {"seed": self.seed % 1000 + 2, "size": "0.01"}),
            ("yes", "any", kalshi, (f"{day}:YES",), {"seed": self.seed % 1000 + 3}),
            ("no", "any", kalshi, (f"{day}:NO",), {"seed": self.seed % 1000 + 4}),
        ]
        return [
            InstanceSpec(
                id=InstanceId(name),
                strategy=strategy,
                accounts=(account,),
                instruments=tuple(InstrumentId(each) for each in instruments),
                parameters=parameters,
                limits=Limits(max_open_orders=10),
                auto_resume=True,
            )
            for name, strategy, account, instruments, parameters in rows
        ]

    # --- what a drill does to it ------------------------------------------------------------------

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(max(seconds, 0.0))

    def pause(self) -> None:
        """Ask every instance to begin nothing new, and every order to be cancelled but exits."""
        for name in self.core.instances:
            self.desk.session.ask(Pause(name), f"drill-pause-{name}", "drill", "the dust settles")

    async def kill(self, limit_s: float) -> str:
        """Ask the running desk to kill everything; returns what is wrong, empty when it is done."""
        self.desk.session.ask(Kill(DESK, True), "drill-kill", "drill", "the drill ends")
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    await asyncio.sleep(0.1)
                    answer = self.core.receipts.get(CommandId("drill-kill"))
                    if answer is not None and answer.confirmation is Confirmation.CONFIRMED:
                        return ""
        except TimeoutError:
            told = self.core.receipts.get(CommandId("drill-kill"))
            return f"the kill was not confirmed in {limit_s:g} s: {told}"


CATALOGUE: dict[str, Any] = {"any": AnyTrader}

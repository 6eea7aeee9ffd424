"""One seeded life of a desk on simulated venues: faults, kills, restarts warm and cold.

The engine, the journal, the session and the adapters are the real ones, and so are the bytes that
pass. Only time, the network and the moments of death are in the hand of the seed.
"""

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

from tradewind.app.config import AccountSettings
from tradewind.app.desks import DeskFolder, OpenDesk
from tradewind.app.drill.cast import Case, Transport, catalogue_of, settings_of
from tradewind.app.drill.loop import VirtualClock, VirtualLoop
from tradewind.app.drill.mortal import Killed, MortalJournal
from tradewind.app.drill.network import Network
from tradewind.app.drill.paper import paper_truth
from tradewind.app.drill.plan import Cut, Plan, Stop
from tradewind.app.drill.tape import Tape
from tradewind.app.drill.transport import MemoryTransport
from tradewind.app.drill.witness import WitnessedKeeper
from tradewind.app.drill.world import START_NS, Member, members
from tradewind.app.live import LiveDesk
from tradewind.app.seats import PAPER, Ground
from tradewind.core.engine.desk import Desk
from tradewind.edge.simulators.inprocess import InProcessVenue
from tradewind.edge.simulators.wire import Truth
from tradewind.edge.simulators.wire_faults import Faults
from tradewind.model.errors import JournalError, VenueError
from tradewind.model.ids import AccountId
from tradewind.model.instrument import Outcome
from tradewind.ports import Keys

FAILED_START_S = 1.0


class Life:
    """One desk over several processes, in one virtual world that goes on without it.

    `wrong` collects sentences of what must not happen.
    """

    def __init__(self, case: Case, seed: int, folder: Path, plan: Plan, tape: Tape) -> None:
        self.case = case
        self.seed = seed
        self.plan = plan
        self.tape = tape
        self.wrong = tape.wrong
        self.folder = DeskFolder(folder)
        self.settings = settings_of(case, seed, folder)
        self.catalogue = catalogue_of(case)
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop, START_NS)
        tape.now_ns = self.clock.monotonic_ns
        self.network = Network(self.loop, self.clock, tape.carry)
        self.members = members(self.settings.accounts, seed)
        self.faults: dict[str, Faults] = {}
        for each in self.members:
            if each.host not in self.faults:
                self.faults[each.host] = Faults(Random(f"{seed}/{each.host}"), plan.faults)
                self.network.put((each.host,), each.exchange, self.faults[each.host])
        self.desk: LiveDesk
        self.deaths = self.failed_starts = self.commits = 0
        self._transports: list[MemoryTransport] = []
        self._books: dict[AccountId, InProcessVenue] = {}

    @property
    def core(self) -> Desk:
        """Return the desk of the process that runs, or of the last one."""
        return self.desk.open.desk

    @property
    def begun(self) -> bool:
        """Tell whether the process that runs has fed its desk the beginning of its epoch."""
        return self.core.epoch == self.desk.open.epoch

    def truth(self, member: Member) -> Truth:
        """Return what is the case at an account's venue."""
        if self.case.transport is Transport.WIRE:
            return member.exchange.truth(member.key_id)
        rules = (feed.market.instrument for feed in self.core.feeds.values())
        no = frozenset(each.id for each in rules if each.outcome is Outcome.NO)
        name = member.settings.id
        return paper_truth(self._books[name], name, no, self.clock.now_ns())

    # --- what is done to it ---------------------------------------------------------------------

    def begin(self) -> None:
        """Set what happens at its time, whoever runs then."""
        for cut in self.plan.cuts:
            self.loop.call_at(cut.at_s, self._unplug, cut)
        for at_s, step_ns in self.plan.steps:
            self.loop.call_at(at_s, self._step_clock, step_ns)

    def calm(self) -> None:
        """End all faults."""
        for each in self.faults.values():
            each.clear()

    def _unplug(self, cut: Cut) -> None:
        host = sorted(self.faults)[cut.venue % len(self.faults)]
        self.tape.tell(self.clock.now_ns(), "drill", f"{host} is killed for {cut.for_s:.1f} s")
        self.network.unplug(host)
        self.loop.call_later(cut.for_s, self.network.plug, host)

    def _step_clock(self, step_ns: int) -> None:
        self.tape.tell(self.clock.now_ns(), "drill", f"our clock steps by {step_ns} ns")
        self.clock.stepped_ns += step_ns

    # --- processes ------------------------------------------------------------------------------

    async def process(self, stop: Stop | None, until_s: float) -> bool:
        """Run one process until then, or until its death; returns whether it died."""
        before = asyncio.all_tasks()
        self._transports = []
        opened = OpenDesk(self.folder, self.catalogue, "process", None, MortalJournal)
        journal = opened.journal
        assert isinstance(journal, MortalJournal)
        journal.cut = self._cut
        journal.fenced = self.tape.fence
        self.tape.fenced = False
        opened.keeper = WitnessedKeeper(opened, self.tape, self.wrong)
        self.desk = self.made(opened)
        self.tape.tell(self.clock.now_ns(), "drill", f"process {opened.epoch} starts")
        timers = [self.loop.call_at(until_s, self.desk.stopping.set)]
        if stop is not None:
            timers.append(self.loop.call_at(stop.at_s, journal.doom, stop))
        died = await self.loop.create_task(self._run(), name=f"process {opened.epoch}")
        for timer in timers:
            timer.cancel()
        self.commits += journal.commits
        self._end(opened, died=died)
        left = sorted(task.get_name() for task in asyncio.all_tasks() - before)
        if left:
            self.wrong.append(f"process {opened.epoch} left tasks: {', '.join(left)}")
        return died

    def made(self, opened: OpenDesk) -> LiveDesk:
        """Return the desk of one process."""
        return LiveDesk(self.settings, opened, self._ground())

    def _end(self, opened: OpenDesk, *, died: bool) -> None:
        if not died:
            self.desk.close()
            return
        self.deaths += 1
        self.tape.tell(self.clock.now_ns(), "drill", f"process {opened.epoch} is killed")
        opened.eventlog.abandon()
        opened.journal.close()
        self.desk.facing.plane.close()

    async def _run(self) -> bool:
        try:
            async with AsyncExitStack() as stack:
                await self.desk.prepare(stack)
                await self.desk.work()
        except (Killed, JournalError):
            return True
        except VenueError as error:
            # It could not learn what is traded there, and ended; somebody starts it again.
            self.failed_starts += 1
            self.tape.tell(self.clock.now_ns(), "drill", f"the start failed: {error}")
            await asyncio.sleep(FAILED_START_S)
        except BaseExceptionGroup as group:
            if group.subgroup((Killed, JournalError)) is None:
                raise
            return True
        return False

    def _cut(self) -> None:
        for transport in self._transports:
            transport.crash()
        for book in self._books.values():
            book.abandon()

    def forget(self) -> None:
        """Take the snapshots away, so that the next start is cold."""
        shutil.rmtree(self.folder.snapshots, ignore_errors=True)

    # --- what a process is given ----------------------------------------------------------------

    def _ground(self) -> Ground:
        return Ground(
            clock=self.clock,
            dice=Random(f"{self.seed}/{self.deaths}/adapters"),
            connect=self._connect,
            keys=self._keys,
            folder=self.folder.root,
            leases=self.folder.root / "leases",
            book=self._book,
        )

    def _connect(self, account: AccountSettings) -> MemoryTransport:
        transport = MemoryTransport(self.network, str(account.id))
        self._transports.append(transport)
        return transport

    def _keys(self, account: AccountSettings) -> Keys | None:
        return next(each.keys for each in self.members if each.settings.id == account.id)

    def _book(self, file: Path, account: AccountSettings) -> InProcessVenue:
        calm = self.loop.time() >= self.plan.life_s
        faults = None if calm else self.plan.paper
        book = InProcessVenue(file, [account.account], PAPER, faults=faults)
        self._books[account.id] = book
        return book

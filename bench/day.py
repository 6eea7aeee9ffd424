"""A day of a live desk in minutes: does it keep memory, tasks or connections that it should not?

One desk, three strategies, both simulated exchanges, real adapters and journal, virtual time. The
exchanges live in the same process and never forget an order, so memory grows with what was traded
and must be flat where nothing is.

usage: python -m bench.day [--hours 24]
"""

import argparse
import asyncio
import gc
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import msgspec

from tradewind.app.desks import OpenDesk
from tradewind.app.drill.cast import Case, settings_of
from tradewind.app.drill.loop import VirtualClock, VirtualLoop
from tradewind.app.drill.network import Network
from tradewind.app.drill.transport import MemoryTransport
from tradewind.app.drill.world import START_NS, members
from tradewind.app.live import LiveDesk, folder_of
from tradewind.app.seats import Ground
from tradewind.app.strategies import Catalogue
from tradewind.edge.simulators.wire_faults import Faults
from tradewind.model.money import NANOS

HOUR_S = 3600.0
SEED = 5
STRATEGIES = ("dual_ema_short", "favourite_scalper", "join_jump_pair_maker")


class Hour(msgspec.Struct, frozen=True):
    """What was there after so many hours."""

    hours: float
    rss_mb: int
    objects: int
    tasks: int
    sockets: int
    steps: int
    orders: int
    fills: int


class Day:
    """One desk for as long as it is let; `hours` is written every hour."""

    def __init__(self, folder: Path, every_s: float = HOUR_S) -> None:
        self.loop = VirtualLoop()
        self.hours: list[Hour] = []
        self._every_s = every_s
        clock = VirtualClock(self.loop, START_NS)
        self._network = Network(self.loop, clock)
        plain = settings_of(Case(strategies=STRATEGIES), SEED, folder)
        settings = msgspec.structs.replace(plain, snapshot_every_ns=600 * NANOS)
        self._members = members(settings.accounts, SEED)
        for each in self._members:
            self._network.put((each.host,), each.exchange, Faults(Random(SEED)))
        keys = {each.settings.id: each.keys for each in self._members}
        opened = OpenDesk(folder_of(settings, folder), Catalogue(), "process")
        ground = Ground(
            clock=clock,
            dice=Random(SEED),
            connect=lambda account: MemoryTransport(self._network, str(account.id)),
            keys=lambda account: keys[account.id],
            folder=folder,
            leases=folder / "leases",
        )
        self.desk = LiveDesk(settings, opened, ground)

    def run(self, hours: float) -> None:
        """Live so long, and close."""
        try:
            self.loop.run(self._live(hours))
        finally:
            self.desk.close()

    def differences(self) -> list[str]:
        """Return where the desk's cash and positions are not the exchanges'."""
        core = self.desk.open.desk
        found = []
        for each in self._members:
            account = each.settings.account
            truth = each.exchange.truth(each.key_id)
            ours, theirs = core.ledger.cash(account.id, account.currency), truth.cash
            if ours != theirs.get(account.currency):
                found.append(f"{account.id}: {ours} by the ledger, {theirs} by the venue")
        return found

    async def _live(self, hours: float) -> None:
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self._look(), name="looking")
            self.loop.call_later(hours * HOUR_S, self.desk.stopping.set)
            async with AsyncExitStack() as stack:
                await self.desk.prepare(stack)
                await self.desk.work()
            looking.cancel()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            gc.collect()
            truths = [each.exchange.truth(each.key_id) for each in self._members]
            places = [self._network.place(each.host) for each in self._members]
            self.hours.append(
                Hour(
                    round(self.loop.time() / HOUR_S, 2),
                    resident_mb(),
                    len(gc.get_objects()),
                    len(asyncio.all_tasks()),
                    sum(len(place.road.links) for place in places if place is not None),
                    self.desk.open.desk.world.seq,
                    sum(len(each.orders) for each in truths),
                    sum(len(each.fills) for each in truths),
                )
            )


def resident_mb() -> int:
    """Return what the process holds in memory now."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) // 1024


def main() -> None:
    """Live a day and print its hours."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=24.0)
    hours = parser.parse_args().hours
    began_s = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="tradewind-day-") as folder:
        day = Day(Path(folder))
        day.run(hours)
        print(" | ".join(Hour.__struct_fields__))
        for row in day.hours:
            print(" | ".join(f"{value:,}" for value in msgspec.structs.astuple(row)))
        print("\n".join(day.differences()) or "cash is equal to that of the exchanges")
    print(f"{hours:g} hours in {time.perf_counter() - began_s:.0f} s")


if __name__ == "__main__":
    main()

"""One seeded life of a desk: faults, kills at journal boundaries, restarts warm and cold.

Everything is real: engine, journal, event log, snapshots, in-process venues. Only time and the
moment of death are in the hand of the seed.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from tests.harness import START, account, binary, perpetual
from tradewind.app.drill.trader import AnyTrader
from tradewind.core.engine.desk import Desk
from tradewind.core.matching.settlement import RESOLUTION
from tradewind.core.matching.state import VenueModel
from tradewind.edge.simulators.faults import Faults
from tradewind.edge.simulators.inprocess import InProcessVenue
from tradewind.edge.store.bus_local import LocalBus
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.edge.store.snapshots_file import FileSnapshots
from tradewind.model.commands import Deploy, Pause, Resume
from tradewind.model.config import DeskConfig, InstanceSpec, Limits
from tradewind.model.events import (
    BookSnapshot,
    DeskStarted,
    Event,
    FeedChanged,
    InstrumentDefined,
    Quote,
    Trade,
    TradingChanged,
)
from tradewind.model.ids import AccountId, InstanceId, VenueId
from tradewind.model.instrument import Instrument
from tradewind.model.market import Trading
from tradewind.model.order import Side
from tradewind.ports import JournalRow
from tradewind.runtime.keeper import JournalKeeper
from tradewind.runtime.paper import PaperSession
from tradewind.runtime.recovery import Recovered, cold, recover
from tradewind.runtime.venues import VenueSet
from tradewind.strategies.join_jump.strategy import JoinJumpPairMaker

MS = 1_000_000
SECOND = 1_000_000_000
CATALOGUE = {"any": AnyTrader, "join_jump_pair_maker": JoinJumpPairMaker}
BYBIT, KALSHI = VenueId("BYBIT"), VenueId("KALSHI")


class Killed(BaseException):
    """The process is gone; nothing after this line ran."""


class MortalJournal(SqliteJournal):
    """A journal whose process dies at its n-th commit: before it, or right after it."""

    dies_at = 0
    dies_before = False
    commits = 0

    def append(self, rows: Sequence[JournalRow]) -> None:
        """Commit, unless death comes first."""
        self.commits += 1
        if self.commits == self.dies_at and self.dies_before:
            raise Killed
        super().append(rows)
        if self.commits == self.dies_at:
            raise Killed


class Tape:
    """Pre-drawn market data of the test's instruments, read once, forwards."""

    def __init__(self, random: Random, instruments: tuple[Instrument, ...], steps: int) -> None:
        self.events: list[Event] = list(_draw(random, instruments, steps))
        if random.randrange(2):
            self.events += _answer(random, instruments, self.events[-1].ts_recv + SECOND)
        self.at = 0

    @property
    def next_due_ns(self) -> int:
        """Return when the next event comes."""
        return self.events[self.at].ts_recv if self.at < len(self.events) else 1 << 62

    def due(self, until_ns: int) -> list[Event]:
        """Return the events up to then."""
        first = self.at
        while self.at < len(self.events) and self.events[self.at].ts_recv <= until_ns:
            self.at += 1
        return list(self.events[first : self.at])

    def skip_to(self, ts: int) -> None:
        """Miss what happened while nobody listened."""
        while self.at < len(self.events) and self.events[self.at].ts_recv < ts:
            self.at += 1


def _draw(random: Random, instruments: tuple[Instrument, ...], steps: int) -> Iterator[Event]:
    perp, yes, no = instruments
    mid, cents, ts = 1000, 45, START + SECOND
    for _ in range(steps):
        ts += random.randrange(20, 200) * MS
        what = random.randrange(10)
        if what < 4:
            mid += random.randrange(-3, 4)
            bid, ask = Decimal(mid) / 10, Decimal(mid + random.randrange(1, 4)) / 10
            qty = Decimal(random.randrange(1, 50))
            yield Quote(perp.id, ts, ts, bid, ask, qty, qty)
        elif what < 6:
            side = random.choice([Side.BUY, Side.SELL])
            px = Decimal(mid + random.randrange(-1, 3)) / 10
            yield Trade(perp.id, ts, ts, px, Decimal(random.randrange(1, 9)), side)
        elif what < 9:
            cents = min(90, max(10, cents + random.randrange(-2, 3)))
            spread = random.randrange(2, 6)
            yield from _books(random, yes, no, (cents, spread, ts))
        else:
            side = random.choice([Side.BUY, Side.SELL])
            px = Decimal(cents + random.randrange(0, 4)) / 100
            outcome = random.choice([yes, no])
            if outcome is no:
                px = 1 - px
            yield Trade(outcome.id, ts, ts, px, Decimal(random.randrange(1, 9)), side)


def _answer(random: Random, instruments: tuple[Instrument, ...], ts: int) -> Iterator[Event]:
    """The question is answered at the end, in one of the ways in which venues do."""
    told = {RESOLUTION: random.choice(["0", "1", "0.5", "void"])}
    for each in instruments[1:]:
        yield InstrumentDefined(msgspec.structs.replace(each, statistics=told, version=2), ts)
    for each in instruments[1:]:
        yield TradingChanged(each.id, ts, ts, Trading.SETTLED)


def _books(
    random: Random, yes: Instrument, no: Instrument, terms: tuple[int, int, int]
) -> Iterator[Event]:
    cents, spread, ts = terms
    yes_bids = [(Decimal(cents - k) / 100, Decimal(random.randrange(5, 90))) for k in range(3)]
    no_bids = [
        (Decimal(100 - cents - spread - k) / 100, Decimal(random.randrange(5, 90)))
        for k in range(3)
    ]
    for name, bids, others in ((yes.id, yes_bids, no_bids), (no.id, no_bids, yes_bids)):
        asks = tuple((1 - px, qty) for px, qty in others)
        yield BookSnapshot(name, ts, ts, tuple(bids), asks)


class Life:
    """One desk over several processes."""

    def __init__(self, seed: int, folder: Path, steps: int = 260) -> None:
        self.random = Random(seed)
        self.seed = seed
        self.folder = folder
        self.perp = perpetual(px_exponent=2, qty_exponent=3, step_="1")
        yes, no = binary(netting=True, book_shows_own=False, fee_model="none")
        self.instruments = (self.perp, yes, no)
        limits = Limits(max_position_qty=Decimal(40))
        terms: dict[str, Any] = {
            "limits": limits,
            "proof_window_ns": 3 * SECOND,
            "read_lag_ns": 300 * MS,
            "balance": Decimal(100_000),
        }
        self.accounts = (
            account("perp", "BYBIT", "USDT", leverage=Decimal(10), **terms),
            account("bin", "KALSHI", "USD", **terms),
        )
        self.tape = Tape(self.random, self.instruments, steps)
        self.epoch = 0
        self.deaths = 0
        self.now = START
        self.session: PaperSession
        self.journal: MortalJournal
        self.desk: Desk
        self.warm = True

    # --- processes ----------------------------------------------------------------------------

    def rise(self, *, faults: Faults | None, dies_at: int = 0, before: bool = False) -> Recovered:
        """Start a process on what the last one left."""
        self.journal = MortalJournal(
            self.folder / "journal.sqlite", durability="process", ballast_bytes=4096
        )
        self.epoch = self.journal.take_lease("simulation")
        self.eventlog = FileEventLog(self.folder / "events")
        snapshots = FileSnapshots(self.folder / "snapshots", "simulation")
        found = recover(CATALOGUE, self.journal, self.eventlog, snapshots)
        self.desk = found.desk
        self.warm = found.warm
        self.venues = {
            venue: InProcessVenue(
                self.folder / f"{venue}.sqlite",
                [each for each in self.accounts if each.venue == venue],
                VenueModel(),
                faults=faults,
            )
            for venue in (BYBIT, KALSHI)
        }
        keeper = JournalKeeper(
            self.desk, self.epoch, self.journal, self.eventlog, LocalBus(_no_fault)
        )
        self.session = PaperSession(
            self.desk, VenueSet(self.venues, self.accounts), keeper, self.tape, snapshots
        )
        self.journal.dies_at, self.journal.dies_before = dies_at, before
        last = max(self.desk.world.now_ns, *(each.last_ns for each in self.venues.values()))
        self.now = max(self.now, last + 1)
        self.tape.skip_to(self.now)
        return found

    def start(self) -> None:
        """Feed the event that begins the epoch; deploy on the first start, go on afterwards."""
        config = DeskConfig(
            accounts=self.accounts,
            reconcile_every_ns=5 * SECOND,
            claim_patience_ns=SECOND,
            stale_book_ns=10 * SECOND,
        )
        started = DeskStarted(
            self.epoch,
            self.random.getrandbits(64),
            config,
            self.now,
            "simulation",
            not self.warm,
        )
        self.session.start(started, list(self.instruments))
        for spec in self._specs():
            if spec.id not in self.desk.instances:
                self.session.ask(Deploy(spec), f"deploy-{spec.id}", "test", "")

    def _specs(self) -> list[InstanceSpec]:
        _, yes, no = self.instruments
        perp, bin_ = (each.id for each in self.accounts)
        return [
            self._spec("any-1", "any", (perp,), (self.perp.id,), {"seed": self.seed % 1000 + 1}),
            self._spec("any-2", "any", (perp,), (self.perp.id,), {"seed": self.seed % 1000 + 2}),
            # Whatever these two do, somebody often holds YES while the other holds NO.
            self._spec("yes", "any", (bin_,), (yes.id,), {"seed": self.seed % 1000 + 3}),
            self._spec("no", "any", (bin_,), (no.id,), {"seed": self.seed % 1000 + 4}),
            self._spec(
                "pair",
                "join_jump_pair_maker",
                (bin_,),
                (yes.id, no.id),
                {"contract_increment": 5, "tick_interval_ms": 250, "rebalance_after_s": 5},
            ),
        ]

    def _spec(
        self, name: str, strategy: str, accounts: Any, instruments: Any, parameters: dict[str, Any]
    ) -> InstanceSpec:
        return InstanceSpec(
            id=InstanceId(name),
            strategy=strategy,
            accounts=tuple(AccountId(each) for each in accounts),
            instruments=instruments,
            parameters=parameters,
            auto_resume=True,
        )

    def live(self, until_ns: int) -> None:
        """Go on until then, or until death."""
        while self.now < until_ns:
            self.now = min(until_ns, self.now + 100 * MS)
            self.session.pump(self.now)
            if self.random.random() < 0.02:
                self.session.snapshot()
            if self.random.random() < 0.02:
                self._command()

    def _command(self) -> None:
        name = InstanceId(self.random.choice(["any-1", "any-2", "yes", "no", "pair"]))
        pausing = self.random.randrange(3) == 0
        command = Pause(name) if pausing else Resume(name)
        self.session.ask(command, f"c{self.random.getrandbits(40)}", "test", "")

    def die(self) -> None:
        """Drop everything that was not on disk."""
        self.deaths += 1
        self.eventlog._pending.clear()
        self.eventlog.close()
        self.journal.close()
        for venue in self.venues.values():
            venue._book._file.close()

    def calm(self, seconds: int) -> None:
        """Let time pass with heartbeats and no news, so that every doubt can be resolved."""
        for _ in range(seconds * 2):
            self.now += 500 * MS
            for instrument in self.instruments:
                self.session.inbox.put_market(FeedChanged(instrument.id, self.now, self.now, True))
            self.session.pump(self.now)

    def differences(self) -> list[str]:
        """Return where a warm and a cold start disagree, before either asks the venue."""
        warm, cold_ = self.both_ways()
        return [
            f"{topic} {key}: warm {warm[topic].get(key)}, cold {cold_[topic].get(key)}"
            for topic in warm
            for key in sorted({*warm[topic], *cold_[topic]}, key=str)
            if warm[topic].get(key) != cold_[topic].get(key)
        ]

    def both_ways(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what a warm and a cold start know."""
        snapshots = FileSnapshots(self.folder / "snapshots", "simulation")
        journal = SqliteJournal(self.folder / "journal.sqlite", durability="process")
        eventlog = FileEventLog(self.folder / "events")
        try:
            journal.take_lease("compare")
            warm = recover(CATALOGUE, journal, eventlog, snapshots)
            rows = journal.read()
            return known(warm.desk), known(cold(CATALOGUE, rows))
        finally:
            eventlog.close()
            journal.close()


def known(desk: Desk) -> dict[str, Any]:
    """Return what a start must not disagree about: orders, positions, cash, lifecycle."""
    return {
        "orders": {
            order.client_order_id: (order.status, order.qty, order.px, order.filled_qty)
            for order in desk.orders.live.values()
            if order.status != "parked"
        },
        "positions": {
            (held.account, held.instrument, held.bucket, held.owner): (held.qty, held.cost)
            for held in desk.ledger.positions()
            if held.qty
        },
        "cash": {
            each: desk.ledger.cash(each, state.account.currency)
            for each, state in desk.accounts.items()
        },
        "lifecycle": {
            name: (instance.standing.lifecycle, bool(instance.standing.faulted))
            for name, instance in desk.instances.items()
        },
        "guards": {
            key: (guard.protection, guard.stop, guard.triggered)
            for key, guard in desk.guards.items()
        },
        "states": {scope.name: scope.state for scope in desk.all_scopes()},
    }


def _no_fault(reader: object, error: Exception) -> None:
    raise error

"""A paper session with everything real in it, and witnesses who say in which order things happened.

Knows how the parts are put together. `road` fills with words while the session runs; the walks
read it. Only time and the market data are in the hand of the test.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.harness import START, account, perpetual
from tradewind.core.engine.desk import Desk
from tradewind.core.matching.latency import ConstantLatency
from tradewind.core.matching.state import VenueModel
from tradewind.core.strategy.strategy import Strategy
from tradewind.edge.simulators.inprocess import InProcessVenue
from tradewind.edge.store.bus_local import LocalBus, Mailbox
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.edge.store.snapshots_file import FileSnapshots
from tradewind.model.commands import Command, Deploy
from tradewind.model.config import DeskConfig, InstanceSpec, Limits
from tradewind.model.effects import SubmitOrder
from tradewind.model.events import DeskStarted, Event, Market
from tradewind.model.ids import InstanceId
from tradewind.model.money import MILLIS
from tradewind.ports import JournalRow, Published
from tradewind.runtime.keeper import JournalKeeper
from tradewind.runtime.paper import PaperSession

SALT = 0x1122334455
FEES = {"category": "linear", "maker_rate": "0.0002", "taker_rate": "0.00055"}
BTC = perpetual(fee_model="bybit", fee_parameters=FEES)
ACCOUNT = account("paper")
ONE = InstanceId("walker")
ENTRY_MS, RESPONSE_MS = 10, 30
MODEL = VenueModel(
    latency=ConstantLatency(entry_ns=ENTRY_MS * MILLIS, response_ns=RESPONSE_MS * MILLIS)
)


def at(ms: int) -> int:
    """Return the time so many milliseconds after the start."""
    return START + ms * MILLIS


class Tape:
    """Market data that the test has written down, told when its time comes."""

    def __init__(self, road: list[str]) -> None:
        self.events: list[Event] = []
        self._road = road

    @property
    def next_due_ns(self) -> int:
        """Return when the next event reaches us."""
        return self.events[0].ts_recv if self.events else 1 << 62

    def due(self, until_ns: int) -> list[Event]:
        """Return the events up to then."""
        told = [event for event in self.events if event.ts_recv <= until_ns]
        self.events = self.events[len(told) :]
        self._road += [f"the feed tells {type(event).__name__}" for event in told]
        return told


class WitnessedVenue(InProcessVenue):
    """The paper venue, and what it saw of market and orders."""

    road: list[str]

    def on_market(self, event: Market) -> None:
        """See a market event."""
        self.road.append(f"the venue sees {type(event).__name__}")
        super().on_market(event)

    def submit(self, effect: SubmitOrder, now_ns: int) -> None:
        """Take a new order."""
        self.road.append(f"the venue is sent {effect.client_order_id}")
        super().submit(effect, now_ns)


class WitnessedLog(FileEventLog):
    """The event log, and when it was handed to the operating system."""

    road: list[str]

    def flush(self) -> None:
        """Hand over what waits."""
        if self._pending:
            self.road.append("the event log is written")
        super().flush()


class WitnessedJournal(SqliteJournal):
    """The journal, and the rows of each transaction."""

    road: list[str]
    transactions: list[list[JournalRow]]

    def append(self, rows: Sequence[JournalRow]) -> None:
        """Commit rows."""
        super().append(rows)
        self.transactions.append(list(rows))
        self.road.append("the journal commits " + ", ".join(row.kind for row in rows))


class Paper:
    """One desk, one instance of `strategy`, one venue, all in a folder."""

    def __init__(self, folder: Path, strategy: type[Strategy], **limits: Any) -> None:
        self.road: list[str] = []
        self.strategy_class, self.limits = strategy, Limits(**limits)
        self.desk = Desk({"walker": strategy})
        self.desk.ledger.entries = []
        self.tape = Tape(self.road)
        self.venue = WitnessedVenue(folder / "venue.sqlite", [ACCOUNT], MODEL)
        self.journal = WitnessedJournal(
            folder / "journal.sqlite", durability="process", ballast_bytes=4096
        )
        self.eventlog = WitnessedLog(folder / "events")
        self.journal.transactions = []
        self.venue.road = self.eventlog.road = self.journal.road = self.road
        self.bus = LocalBus(_raise)
        self.mailbox = Mailbox(1000)
        self.bus.subscribe(self.mailbox)
        self.bus.subscribe(self._hear)
        epoch = self.journal.take_lease("the walk")
        keeper = JournalKeeper(self.desk, epoch, self.journal, self.eventlog, self.bus)
        snapshots = FileSnapshots(folder / "snapshots", "walks")
        self.session = PaperSession(self.desk, self.venue, keeper, self.tape, snapshots)
        config = DeskConfig(tag="WK", accounts=(ACCOUNT,), reporting_currency=ACCOUNT.currency)
        self.session.start(DeskStarted(epoch, SALT, config, START, "walks"), [BTC])
        spec = InstanceSpec(
            id=ONE,
            strategy="walker",
            accounts=(ACCOUNT.id,),
            instruments=(BTC.id,),
            limits=self.limits,
        )
        self.ask(Deploy(spec), "deploy")
        self.pump(0)
        self.forget()

    def _hear(self, news: Published) -> None:
        event = type(news.event).__name__ if news.event is not None else "a step"
        self.road.append(f"the bus tells of {event}")

    def ask(self, command: Command, command_id: str) -> None:
        """Put a command into the priority lane."""
        self.session.ask(command, command_id, "the walk", "")

    def pump(self, ms: int, *events: Event) -> None:
        """Let the market tell `events`, and everything happen up to `ms`."""
        self.tape.events += events
        self.session.pump(at(ms))

    def forget(self) -> None:
        """Begin a new page: what happened so far is not of interest."""
        self.road.clear()
        self.journal.transactions.clear()

    @property
    def strategy(self) -> Any:
        """Return the strategy's object."""
        return self.desk.instances[ONE].strategy

    def close(self) -> None:
        """Close every file."""
        self.eventlog.close()
        self.journal.close()
        self.venue.close()


def _raise(reader: object, error: Exception) -> None:
    raise error

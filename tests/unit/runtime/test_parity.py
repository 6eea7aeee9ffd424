"""Deriving a session again: what cannot be derived, what counts as the same, what is told first."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import START, D, account, perpetual
from tradewind.core.matching.simulated import SimulatedVenue
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.model.config import DeskConfig
from tradewind.model.effects import CancelOrder, Denied, Effect, SubmitOrder
from tradewind.model.errors import ConfigError
from tradewind.model.events import (
    AccountReport,
    DeskStarted,
    Event,
    FillReceived,
    InstrumentDefined,
    OrderCancelled,
    Quote,
)
from tradewind.model.fill import Fill
from tradewind.model.ids import FillKey, InstanceId, OrderId
from tradewind.model.intents import Cancel
from tradewind.model.order import Liquidity, PlaceOrder, Side
from tradewind.runtime.codec import JOURNALED_TYPES, encode_rows
from tradewind.runtime.parity import Parity, Trail, compare, rederive

BTC = perpetual()
MAIN = account("main")
ONE = InstanceId("one")
STARTED = DeskStarted(1, 99, DeskConfig(accounts=(MAIN,)), START, "unit")
DEFINED = InstrumentDefined(BTC, START)


class Record:
    """A journal and an event log that a test writes by hand."""

    def __init__(self, folder: Path) -> None:
        self.journal = SqliteJournal(
            folder / "journal.sqlite", durability="process", ballast_bytes=4096
        )
        self.journal.take_lease("unit")
        self.eventlog = FileEventLog(folder / "events")

    def write(self, seq: int, event: Event) -> None:
        """Record one step that asked for nothing."""
        if type(event) in JOURNALED_TYPES:
            self.journal.append(encode_rows(seq, 1, event.ts_recv, event, []))
        else:
            self.eventlog.append(seq, event)

    def derive(self) -> Parity:
        """Derive it again at a venue without latency."""
        return rederive({}, self.journal, self.eventlog, SimulatedVenue)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    """Return an empty record."""
    record = Record(tmp_path)
    yield record
    record.eventlog.close()
    record.journal.close()


def quote(ms: int) -> Quote:
    """Return a quote of that time."""
    ts = START + ms * 1_000_000
    return Quote(BTC.id, ts, ts, D(100), D(101), D(1), D(1))


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ({}, "an empty record"),
        ({1: DEFINED}, "begins with InstrumentDefined"),
        ({1: STARTED, 2: DEFINED, 3: STARTED}, "started anew in epoch 1"),
        ({1: STARTED, 2: DEFINED, 4: quote(1)}, "lost step 3"),
    ],
)
def test_a_record_that_cannot_be_derived_is_refused(
    record: Record, events: dict[int, Event], found: str
) -> None:
    for seq, event in events.items():
        record.write(seq, event)
    with pytest.raises(ConfigError, match=found):
        record.derive()


def test_a_session_without_strategies_is_the_same(record: Record) -> None:
    # The readings that the start asks for are made anew, although this record has none.
    session: tuple[Event, ...] = (STARTED, DEFINED, quote(1), quote(2))
    for seq, event in enumerate(session, 1):
        record.write(seq, event)
    parity = record.derive()
    assert parity.same
    assert (parity.intents, parity.orders, parity.fills, parity.payments) == (0, 0, 0, 0)


# --- trails ---------------------------------------------------------------------------------------

SPEC = PlaceOrder(MAIN.id, BTC.id, Side.BUY, D(2), D(100))


def submit(order: str, ts: int = 1, spec: PlaceOrder = SPEC, owner: str = ONE) -> SubmitOrder:
    """Return an order that was sent."""
    return SubmitOrder(OrderId(order), InstanceId(owner), spec, ts, 1)


def fill(order: str, number: int, px: str = "100") -> FillReceived:
    """Return a fill as the stream tells it."""
    terms = (Side.BUY, D(1), D(px), D("0.01"), MAIN.currency, Liquidity.MAKER, 5 + number)
    key = FillKey(f"{order}.{number}")
    one = Fill(key, MAIN.id, BTC.id, *terms, OrderId(order))
    return FillReceived(MAIN.id, 5 + number, 6 + number, one)


def reading(*fills: FillReceived) -> AccountReport:
    """Return a reading that holds these fills."""
    return AccountReport(MAIN.id, 20, 20, (), tuple(each.fill for each in fills), (), {})


def trail(*steps: Event | Effect) -> Trail:
    """Return the trail of a session in which each of these was a step of its own."""
    made = Trail()
    for each in steps:
        if isinstance(each, Effect):
            made.take(quote(0), [each])
        else:
            made.take(each, [])
    return made


def test_order_ids_do_not_count() -> None:
    def session(first: str, second: str) -> Trail:
        gone = OrderCancelled(MAIN.id, 9, 9, OrderId(second))
        cancel = CancelOrder(OrderId(second), MAIN.id, BTC.id, None, 8)
        denied = Denied(ONE, Cancel(OrderId(first)), "order_gone", "it is over", "a new order", 10)
        return trail(submit(first), submit(second), fill(first, 0), cancel, gone, denied)

    assert session("AAA", "BBB").digest() == session("CCC", "DDD").digest()
    assert session("AAA", "BBB").digest() != session("AAA", "AAA").digest()


def test_a_fill_counts_once_by_whichever_road() -> None:
    stream = trail(submit("A"), fill("A", 0), reading(fill("A", 0)))
    read = trail(submit("A"), reading(fill("A", 0)), fill("A", 0))
    assert stream.digest() == read.digest()
    assert stream.count("fills") == 1


@pytest.mark.parametrize(
    ("name", "derived", "topic", "number"),
    [
        ("another price", (submit("A"), fill("A", 0, "99")), "fills", 1),
        ("a fill less", (submit("A"),), "fills", 1),
        ("a fill more", (submit("A"), fill("A", 0), fill("A", 1)), "fills", 2),
        ("another time", (submit("A", ts=2), fill("A", 0)), "intents of one", 1),
        ("another owner", (submit("A", owner="two"), fill("A", 0)), "intents of one", 1),
        ("an order more", (submit("A"), submit("B", ts=9), fill("A", 0)), "intents of one", 2),
    ],
)
def test_the_first_difference_is_told(
    name: str, derived: tuple[Event | Effect, ...], topic: str, number: int
) -> None:
    parity = compare(trail(submit("A"), fill("A", 0)), trail(*derived))
    assert not parity.same
    assert parity.hash != parity.recorded_hash
    first = parity.first_difference
    assert first is not None
    assert (first.topic, first.number) == (topic, number)
    assert first.recorded != first.derived


def test_of_several_differences_the_earliest_is_told() -> None:
    parity = compare(
        trail(submit("A"), fill("A", 0), submit("B", ts=40)),
        trail(submit("A"), fill("A", 0, "99"), submit("B", ts=30)),
    )
    assert parity.first_difference is not None
    assert parity.first_difference.topic == "fills"

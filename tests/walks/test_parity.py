"""A recorded paper session is replayed, which must be identical, and derived anew from its market.

The demo's world and instances run in virtual time, so that the whole takes seconds; nothing reads
a clock, and the random bits of the order ids come from the seed.
"""

from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from tests.harness import START
from tradewind.app.demo import demo_instances
from tradewind.app.desks import DeskFolder, OpenDesk, replay_folder
from tradewind.app.strategies import Catalogue
from tradewind.core.matching.latency import ConstantLatency
from tradewind.core.matching.queue_position import FrontOfQueue
from tradewind.core.matching.simulated import SimulatedVenue
from tradewind.core.matching.state import VenueModel
from tradewind.core.strategy.context import Context
from tradewind.core.strategy.strategy import Strategy
from tradewind.edge.simulators.inprocess import InProcessVenue
from tradewind.edge.simulators.scenarios import demo
from tradewind.edge.simulators.world import World
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.model.commands import (
    Command,
    Deploy,
    Flatten,
    Kill,
    Pause,
    Rearm,
    Resume,
    SingleFire,
)
from tradewind.model.config import Account, DeskConfig, InstanceSpec
from tradewind.model.events import BookDelta, BookSnapshot, DeskStarted
from tradewind.model.ids import InstanceId, VenueId
from tradewind.model.money import MILLIS, NANOS
from tradewind.runtime.drive import SimulatedVenues
from tradewind.runtime.paper import PaperSession
from tradewind.runtime.parity import Parity, VenueFactory, rederive
from tradewind.runtime.venues import VenueSet

SEED = 12
"""A seed with which every instance of the demo trades within two minutes."""
MINUTES = 2
WARM_UP = 300


class Recording:
    """A session of the demo's world in a folder, driven by hand; `start_s` after its beginning."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        start_s: int = 0,
        catalogue: Mapping[str, type[Strategy]] | None = None,
    ) -> None:
        self.world: World = demo(seed, START)
        self.folder = DeskFolder(folder)
        self.catalogue = Catalogue() if catalogue is None else catalogue
        self.now_ns = START + start_s * NANOS
        self.open = OpenDesk(self.folder, self.catalogue, "process")
        self.venues = {
            venue: InProcessVenue(
                folder / f"{venue}.sqlite",
                [each for each in self.world.accounts if each.venue == venue],
                model,
            )
            for venue, model in self.world.models.items()
        }
        self.session = PaperSession(
            self.open.desk,
            VenueSet(self.venues, self.world.accounts),
            self.open.keeper,
            self.world.flow(self.now_ns),
            self.open.snapshots,
        )
        self._begin(seed)

    def _begin(self, seed: int) -> None:
        config = DeskConfig(
            accounts=self.world.accounts,
            stale_book_ns=5 * NANOS,
            candle_memory=1000,
            reconcile_every_ns=30 * NANOS,
        )
        salt = Random(seed).getrandbits(64)
        started = DeskStarted(self.open.epoch, salt, config, self.now_ns, "parity")
        self.session.start(started, list(self.world.instruments(self.now_ns)))
        for event in self.world.history(self.now_ns, "1m", WARM_UP):
            self.session.inbox.put_market(event)
        self.turn(0)

    def deploy(self, *specs: InstanceSpec) -> None:
        """Deploy instances, all in one turn."""
        for spec in specs:
            self.session.ask(Deploy(spec), f"deploy-{spec.id}", "the test", "")
        self.turn(0)

    def turn(self, ms: int) -> None:
        """Let so much time pass, as one turn of the loop."""
        self.now_ns += ms * MILLIS
        self.session.pump(self.now_ns)

    def close(self) -> None:
        """End the session in order."""
        self.open.close()
        for venue in self.venues.values():
            venue.close()


def record(folder: Path, turn_ms: int = 400) -> Recording:
    """Record the seeded session, in turns of `turn_ms`."""
    recording = Recording(folder, SEED)
    recording.deploy(*demo_instances(recording.world))
    while recording.now_ns < START + MINUTES * 60 * NANOS:
        recording.turn(turn_ms)
    recording.close()
    return recording


def venues(accounts: tuple[Account, ...], models: Mapping[VenueId, VenueModel]) -> SimulatedVenues:
    """Return fresh venues in memory for those accounts."""
    made = {
        venue: SimulatedVenue([each for each in accounts if each.venue == venue], (), model)
        for venue, model in models.items()
    }
    return VenueSet(made, accounts)


def derive(recording: Recording, factory: VenueFactory | None = None) -> Parity:
    """Derive a recorded session again, on the venues that its world has or on others."""
    world = recording.world

    def same_venues(accounts: tuple[Account, ...]) -> SimulatedVenues:
        return venues(accounts, world.models)

    journal = SqliteJournal(recording.folder.journal, durability="process", create=False)
    eventlog = FileEventLog(recording.folder.events, read_only=True)
    try:
        return rederive(recording.catalogue, journal, eventlog, factory or same_venues)
    finally:
        eventlog.close()
        journal.close()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Return the seeded session, recorded once."""
    return record(tmp_path_factory.mktemp("recorded"))


def test_a_recorded_session_replays_byte_for_byte(recorded: Recording) -> None:
    replayed = replay_folder(recorded.folder, Catalogue())
    assert replayed.difference is None
    assert replayed.unprovable == ()
    assert replayed.decision_hash == recorded.open.desk.decisions.digest()


def test_a_recorded_session_is_derived_again_from_its_market(recorded: Recording) -> None:
    parity = derive(recorded)
    assert parity.first_difference is None
    assert parity.same
    assert parity.hash == parity.recorded_hash
    # Every instance of the demo must have had its say, or this proves little.
    traded = {entry.owner for entry in recorded.open.desk.ledger.positions()}
    assert traded == {spec.id for spec in demo_instances(recorded.world)}
    assert min(parity.intents, parity.orders, parity.fills) > 30


@pytest.mark.parametrize("turn_ms", [20, 5_000, 30_000])
def test_how_the_session_is_cut_into_turns_changes_nothing(
    recorded: Recording, tmp_path: Path, turn_ms: int
) -> None:
    other = record(tmp_path, turn_ms)
    parity = derive(other)
    assert parity.same
    # A desk that falls behind sees merged books: another session, which is derived all the same.
    behind = other.session.inbox.merged > 0
    assert behind == (turn_ms == 30_000)
    assert behind or parity.hash == derive(recorded).hash


@pytest.mark.parametrize(
    "model",
    [
        VenueModel(latency=ConstantLatency(entry_ns=45 * MILLIS, response_ns=45 * MILLIS)),
        VenueModel(queue=FrontOfQueue()),
    ],
    ids=["another latency", "another queue"],
)
def test_a_planted_change_is_detected(recorded: Recording, model: VenueModel) -> None:
    def other_venues(accounts: tuple[Account, ...]) -> SimulatedVenues:
        return venues(accounts, dict.fromkeys(recorded.world.models, model))

    parity = derive(recorded, other_venues)
    assert not parity.same
    assert parity.hash != parity.recorded_hash
    assert parity.first_difference is not None
    assert parity.first_difference.recorded != parity.first_difference.derived


def test_a_session_with_commands_and_doubts_is_derived_again(tmp_path: Path, seed: int) -> None:
    dice = Random(seed)
    recording = Recording(tmp_path, seed)
    recording.deploy(*demo_instances(recording.world))
    names = [spec.id for spec in demo_instances(recording.world)]
    for number in range(150):
        if dice.random() < 0.15:
            name = dice.choice(names)
            verbs: list[Command] = [Pause(name), Resume(name), SingleFire(name), Flatten(name)]
            verbs += [Resume(name), Kill(), Rearm(), Rearm()]
            recording.session.ask(dice.choice(verbs), f"c{number}", "the test", "")
        if dice.random() < 0.05:
            recording.session.clock_checked(dice.choice([0, 0, 900 * MILLIS]))
        if dice.random() < 0.05:
            recording.session.snapshot()
        recording.turn(dice.choice([1, 20, 400, 3_000]))
    recording.close()
    assert replay_folder(recording.folder, Catalogue()).difference is None
    assert derive(recording).first_difference is None


class Holds(Strategy):
    """Buys a few of each outcome once, and waits for the answer."""

    def on_book(self, ctx: Context, book: BookSnapshot | BookDelta) -> None:
        """Buy at the touch."""
        market = ctx.market(book.instrument)
        bought = ctx.orders(book.instrument) or ctx.position(book.instrument).qty
        if market.ask_qty and not bought:
            ctx.buy(book.instrument, 3, market.ask)


def test_a_settlement_is_derived_again(tmp_path: Path) -> None:
    recording = Recording(tmp_path, SEED, start_s=3_550, catalogue={"holds": Holds})
    spec = InstanceSpec(
        id=InstanceId("holder"),
        strategy="holds",
        accounts=(recording.world.accounts[0].id,),
        instruments=recording.world.roles["digital"][:1],
    )
    recording.deploy(spec)
    while recording.now_ns < START + 3_640 * NANOS:
        recording.turn(400)
    recording.close()
    (held,) = recording.open.desk.ledger.owner_positions(spec.id)
    assert not held.qty, "an answered question leaves no position"
    parity = derive(recording)
    assert parity.first_difference is None
    assert parity.payments == 4, "determined and paid, of both outcomes"

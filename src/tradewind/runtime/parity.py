"""Parity: what a paper session traded must come out again from the market events alone.

Replay feeds everything that was recorded. Here acknowledgements, fills and readings are left out
and made anew by the matching core, with its latency in event time; then what strategies asked,
what became of their orders, what filled and what was paid is compared. It opens no file and knows
no venue.

Why a recorded session and its derivation may be compared at all: conflation happens in the inbox,
before the record; timers live in the desk, so they fall due again by themselves; commands carry
the time at which they entered, and whatever was due before them is due before them again.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from itertools import zip_longest
from typing import Any

import msgspec

from tradewind.core.engine.desk import Desk
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.config import Account
from tradewind.model.effects import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    Denied,
    Effect,
    OrderResolved,
    ProtectionChanged,
    SubmitOrder,
)
from tradewind.model.errors import ConfigError
from tradewind.model.events import (
    AccountEvent,
    AccountReport,
    DeskStarted,
    Event,
    FillReceived,
    FundingPaid,
    MarketEvent,
    NotSent,
    OrderAmended,
    OrderCancelled,
    OrderExpired,
    OrderRejected,
    SettlementReported,
    Woke,
)
from tradewind.model.fill import Fill
from tradewind.model.ids import AccountId, FillKey, OrderId
from tradewind.model.intents import Amend, Cancel, Intent
from tradewind.ports import EventLog, Journal
from tradewind.runtime.drive import Drive, SimulatedVenues
from tradewind.runtime.recovery import Step, steps

VenueFactory = Callable[[tuple[Account, ...]], SimulatedVenues]
MADE_ANEW = (AccountEvent, Woke)
"""What the derivation does not take from the record: the venue's answers, and due timers."""
ENDS = (OrderAmended, OrderRejected, OrderCancelled, OrderExpired, NotSent)
"""News that changes what an order asks for, or ends it; a filled one ends by its fills."""
PAYMENTS = (FundingPaid, SettlementReported)


class Unlike(msgspec.Struct, frozen=True):
    """Where record and derivation part.

    `topic` is `intents of <instance>`, `orders`, `fills` or `payments`; `number` counts within it
    from 1. The texts are a time and JSON, empty where there is nothing.
    """

    topic: str
    number: int
    recorded: str
    derived: str


class Parity(msgspec.Struct, frozen=True):
    """The outcome: two hashes over intents, orders, fills and payments, and what differs first.

    `hash` is the derivation's. The counts are the record's; parity of nothing proves nothing.
    """

    same: bool
    hash: str
    first_difference: Unlike | None
    recorded_hash: str
    intents: int
    orders: int
    fills: int
    payments: int


def rederive(
    catalogue: Mapping[str, type[Strategy]],
    journal: Journal,
    eventlog: EventLog,
    venue_factory: VenueFactory,
) -> Parity:
    """Derive one uninterrupted session again from its market events and commands, and compare.

    `venue_factory` makes fresh venues for the accounts of the record, with the same model that
    the session's had. Raises ConfigError for a record with restarts or holes, JournalError for
    one that cannot be read.
    """
    recorded, derived = Trail(), Trail()
    drive: Derivation | None = None
    last_ns = 0
    for number, each in enumerate(steps(journal, eventlog), 1):
        event = _whole(each, number)
        recorded.take(event, each.effects)
        last_ns = max(last_ns, each.ts)
        if drive is None:
            started = _first(event)
            drive = Derivation(Desk(catalogue), venue_factory(started.config.accounts), derived)
            drive.begin(started)
        else:
            _feed(drive, event)
    if drive is None:
        raise ConfigError("Derived a session again, found an empty record; name one that ran.")
    drive.advance(last_ns)
    return compare(recorded, derived)


def _whole(recorded: Step, number: int) -> Event:
    if recorded.event is None or recorded.seq != number:
        raise ConfigError(
            f"Derived a session again, found that its event log lost step {number}; "
            f"name a session whose record is whole."
        )
    return recorded.event


def _first(event: Event) -> DeskStarted:
    if type(event) is not DeskStarted:
        raise ConfigError(
            f"Derived a session again, found that it begins with {type(event).__name__} instead "
            f"of its start; name a session whose record is whole."
        )
    return event


def _feed(drive: Drive, event: Event) -> None:
    """Feed what came from outside; the rest happens by itself, when it is due."""
    if isinstance(event, MADE_ANEW):
        return
    if type(event) is DeskStarted:
        raise ConfigError(
            f"Derived a session again, found that it was started anew in epoch {event.epoch}; "
            f"answers under way were lost then: name an uninterrupted session, or replay this one."
        )
    if isinstance(event, MarketEvent):
        drive.market(event)
    else:
        drive.feed(event)


class Derivation(Drive):
    """A drive that keeps nothing and leaves a trail."""

    def __init__(self, desk: Desk, venue: SimulatedVenues, trail: "Trail") -> None:
        super().__init__(desk, venue, None)
        self.trail = trail

    def _step(self, event: Event) -> list[Effect]:
        effects = super()._step(event)
        self.trail.take(event, effects)
        return effects


class Line(msgspec.Struct, frozen=True):
    """One thing that happened, in words that do not depend on ids."""

    ts: int
    text: bytes


class Trail:
    """Intents, orders, fills and payments of a session as lines, with every order id replaced.

    An order is called by its instance and a count, so that two sessions with other random bits
    can be compared. Intents are taken from what the gate made of them: sent, changed, cancelled,
    guarded or denied; one that waited at the gate counts when it leaves.
    """

    def __init__(self) -> None:
        self.topics: dict[str, list[Line]] = {}
        self._names: dict[OrderId, str] = {}
        self._counts: dict[str, int] = {}
        self._known: set[tuple[AccountId, FillKey]] = set()

    def take(self, event: Event, effects: Iterable[Effect]) -> None:
        """Add one step."""
        if isinstance(event, FillReceived):
            self._fill(event.fill)
        elif isinstance(event, AccountReport):
            for fill in event.fills:
                self._fill(fill)
        elif isinstance(event, ENDS):
            name = self._name(event.client_order_id)
            self._add("orders", event.ts_recv, name, _told(event))
        elif isinstance(event, PAYMENTS):
            self._add("payments", event.ts_recv, event.account, _told(event))
        for effect in effects:
            take = _TAKE.get(type(effect))
            if take is not None:
                take(self, effect)

    def digest(self) -> str:
        """Return one hash over all lines, by topic, as 64 hexadecimal digits."""
        digest = blake2b(digest_size=32)
        for topic, lines in sorted(self.topics.items()):
            digest.update(_encode([topic, [[line.ts, line.text.decode()] for line in lines]]))
        return digest.hexdigest()

    def count(self, topic: str) -> int:
        """Return how many lines there are in the topics that begin like this."""
        return sum(len(lines) for name, lines in self.topics.items() if name.startswith(topic))

    def _add(self, topic: str, ts: int, *words: Any) -> None:
        self.topics.setdefault(topic, []).append(Line(ts, _encode(words)))

    def _name(self, order: OrderId | None) -> str:
        return "" if order is None else self._names.get(order, "an order of another session")

    def _fill(self, fill: Fill) -> None:
        # Told by the stream and by readings; the first telling counts, as in the ledger.
        key = (fill.account, fill.key)
        if key in self._known:
            return
        self._known.add(key)
        order = self._name(fill.client_order_id)
        terms = (fill.instrument, fill.side, fill.qty, fill.px, fill.fee, fill.fee_currency)
        self._add("fills", fill.ts_event, order, *terms, fill.life)

    def _submitted(self, effect: SubmitOrder) -> None:
        owner = effect.instance
        count = self._counts[owner] = self._counts.get(owner, 0) + 1
        name = self._names[effect.client_order_id] = f"{owner}#{count}"
        self._add(f"intents of {owner}", effect.ts, "place", name, effect.spec)
        self._add("orders", effect.ts, name, effect.spec)

    def _amended(self, effect: AmendOrder) -> None:
        terms = (effect.qty, effect.px, effect.trigger_px)
        name = self._name(effect.client_order_id)
        self._add(f"intents of {_owner(name)}", effect.ts, "amend", name, *terms)

    def _cancelled(self, effect: CancelOrder) -> None:
        name = self._name(effect.client_order_id)
        self._add(f"intents of {_owner(name)}", effect.ts, "cancel", name)

    def _cancelled_all(self, effect: CancelAll) -> None:
        self._add(
            "intents of the desk", effect.ts, "cancel all", effect.account, effect.keep_protective
        )

    def _denied(self, effect: Denied) -> None:
        intent: Intent = effect.intent
        if isinstance(intent, Amend | Cancel):
            name = OrderId(self._name(intent.client_order_id))
            intent = msgspec.structs.replace(intent, client_order_id=name)
        self._add(f"intents of {effect.instance}", effect.ts, "denied", effect.rule, intent)

    def _guarded(self, effect: ProtectionChanged) -> None:
        where = (effect.account, effect.instrument, effect.bucket)
        terms = (effect.protection, effect.qty, effect.stop, effect.armed)
        self._add(f"intents of {effect.instance}", effect.ts, "protect", *where, *terms)

    def _resolved(self, effect: OrderResolved) -> None:
        self._add("orders", effect.ts, self._name(effect.client_order_id), effect.how)


_encode = msgspec.json.Encoder(enc_hook=str).encode
_TAKE: dict[type, Callable[[Trail, Any], None]] = {
    SubmitOrder: Trail._submitted,
    AmendOrder: Trail._amended,
    CancelOrder: Trail._cancelled,
    CancelAll: Trail._cancelled_all,
    Denied: Trail._denied,
    ProtectionChanged: Trail._guarded,
    OrderResolved: Trail._resolved,
}


def _told(event: AccountEvent) -> dict[str, Any]:
    """Return what an event says, without ids that differ from session to session."""
    told: dict[str, Any] = msgspec.to_builtins(event)
    return {name: value for name, value in told.items() if name not in ("client_order_id", "key")}


def _owner(name: str) -> str:
    return name.rpartition("#")[0]


def compare(recorded: Trail, derived: Trail) -> Parity:
    """Compare two trails line by line; of several differences the earliest is told."""
    found: list[tuple[int, Unlike]] = []
    for topic in sorted({*recorded.topics, *derived.topics}):
        pairs = zip_longest(recorded.topics.get(topic, []), derived.topics.get(topic, []))
        for number, (left, right) in enumerate(pairs, 1):
            if left != right:
                ts = min(line.ts for line in (left, right) if line is not None)
                found.append((ts, Unlike(topic, number, _shown(left), _shown(right))))
                break
    first = min(found, key=_time)[1] if found else None
    return Parity(
        first is None,
        derived.digest(),
        first,
        recorded.digest(),
        recorded.count("intents"),
        recorded.count("orders"),
        recorded.count("fills"),
        recorded.count("payments"),
    )


def _time(found: tuple[int, Unlike]) -> int:
    return found[0]


def _shown(line: Line | None) -> str:
    return "" if line is None else f"{line.ts} {line.text.decode()}"

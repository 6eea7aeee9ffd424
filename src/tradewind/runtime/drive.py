"""One desk against simulated venues, in event time: the loop that backtest, paper and parity share.

It feeds events and carries effects; it decides nothing. What is due first happens first: answers
of the venue, then the desk's own timers, then the next event from outside.
"""

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Protocol

from tradewind.core.engine.desk import NEVER, Desk
from tradewind.core.engine.step import step
from tradewind.model.effects import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    Effect,
    ReadAccount,
    SubmitOrder,
)
from tradewind.model.events import (
    AccountReport,
    Event,
    InstrumentDefined,
    Market,
    Woke,
)
from tradewind.model.ids import AccountId, OrderId
from tradewind.model.instrument import Instrument


class SimulatedVenues(Protocol):
    """What the loop needs of the other side; the matching core and the paper venue provide it."""

    @property
    def next_due_ns(self) -> int:
        """Return when the first answer is due."""
        ...

    @property
    def busy(self) -> int:
        """Return how much makes market events matter; 0: they may be skipped."""
        ...

    def define(self, instrument: Instrument, now_ns: int) -> None:
        """Take an instrument's rules."""
        ...

    def submit(self, effect: SubmitOrder, now_ns: int) -> None:
        """Take a new order."""
        ...

    def amend(self, effect: AmendOrder, now_ns: int) -> None:
        """Take a change."""
        ...

    def cancel(self, effect: CancelOrder, now_ns: int) -> None:
        """Take a cancel."""
        ...

    def cancel_all(self, effect: CancelAll, now_ns: int) -> None:
        """Take a cancel of everything."""
        ...

    def due(self, until_ns: int) -> list[Event]:
        """Return the answers of the first instant that has any, at most `until_ns`."""
        ...

    def report(
        self, account: AccountId, asked: tuple[OrderId, ...], ts: int
    ) -> AccountReport | None:
        """Return one complete reading, or None when it fails."""
        ...

    def on_market(self, event: Market) -> None:
        """See a market event."""
        ...


class Keeper(Protocol):
    """Who makes steps durable before their effects leave."""

    def note(self, event: Event, effects: list[Effect]) -> None:
        """Take one step into the group."""
        ...

    def commit(self) -> None:
        """Make the group durable; raises JournalError."""
        ...


class Drive:
    """Feeds one desk. `keeper` None: nothing is kept (a backtest that was not asked to record).

    Effects for the venue are carried only after the commit of the step that made them; a group
    therefore ends where a step asks for something to be sent.
    """

    def __init__(self, desk: Desk, venue: SimulatedVenues, keeper: Keeper | None) -> None:
        self.desk = desk
        self.venue = venue
        self.keeper = keeper
        self.events = 0
        self._reads: list[tuple[int, int, ReadAccount]] = []
        self._count = 0
        self.read_ns = NEVER

    def feed(self, event: Event) -> list[Effect]:
        """Fold one event from outside, after everything that is due before it."""
        self.advance(event.ts_recv)
        if type(event) is InstrumentDefined:
            self.venue.define(event.instrument, event.ts_recv)
        effects = self._step(event)
        self.advance(event.ts_recv)
        return effects

    def begin(self, event: Event) -> list[Effect]:
        """Fold the event that begins an epoch, before anything that has been due since."""
        return self._step(event)

    def market(self, event: Market) -> None:
        """Fold one market event: the venue sees it first, then the desk."""
        ts = event.ts_recv
        if self._next_ns() <= ts:
            self.advance(ts)
        self.venue.on_market(event)
        if self.venue.next_due_ns <= ts:
            self.advance(ts)
        self._step(event)
        if self._next_ns() <= ts:
            self.advance(ts)

    def _next_ns(self) -> int:
        return min(self.venue.next_due_ns, self.desk.next_wake_ns, self.read_ns)

    def next_ns(self) -> int:
        """Return when something is due by itself."""
        return self._next_ns()

    def advance(self, until_ns: int) -> None:
        """Let everything happen that is due until then, in order of time."""
        venue, desk = self.venue, self.desk
        while True:
            due_ns = venue.next_due_ns
            first = self.read_ns
            if desk.next_wake_ns < first:
                first = desk.next_wake_ns
            if due_ns <= first:
                if due_ns > until_ns:
                    return
                for answer in venue.due(due_ns):
                    self._step(answer)
            elif first > until_ns:
                return
            elif self.read_ns == first:
                self._read(max(first, desk.world.now_ns))
            else:
                self._step(Woke(max(first, desk.world.now_ns)))

    def _read(self, now_ns: int) -> None:
        _, _, request = heappop(self._reads)
        self.read_ns = self._reads[0][0] if self._reads else NEVER
        report = self.venue.report(request.account, request.ask, now_ns)
        if report is None:
            # A failed reading is no reading: the same question again, later.
            self._ask(request, now_ns + RETRY_READ_NS)
            return
        self._step(report)

    def _ask(self, request: ReadAccount, at_ns: int) -> None:
        self._count += 1
        heappush(self._reads, (at_ns, self._count, request))
        self.read_ns = self._reads[0][0]

    def _step(self, event: Event) -> list[Effect]:
        self.events += 1
        effects = step(self.desk, event)
        if self.keeper is not None:
            self.keeper.note(event, effects)
            if effects and any(type(effect) in LEAVING for effect in effects):
                self.keeper.commit()
        if effects:
            self.carry(effects)
        return effects

    def carry(self, effects: Iterable[Effect]) -> None:
        """Hand committed effects to the venue."""
        venue = self.venue
        for effect in effects:
            kind = type(effect)
            if kind is SubmitOrder:
                venue.submit(effect, effect.ts)  # type: ignore[arg-type]
            elif kind is CancelOrder:
                venue.cancel(effect, effect.ts)  # type: ignore[arg-type]
            elif kind in LEAVING:
                self.carry_rarer(effect)

    def carry_rarer(self, effect: Effect) -> None:
        """Hand over what is neither a new order nor a cancel."""
        if isinstance(effect, AmendOrder):
            self.venue.amend(effect, effect.ts)
        elif isinstance(effect, CancelAll):
            self.venue.cancel_all(effect, effect.ts)
        elif isinstance(effect, ReadAccount):
            self._ask(effect, max(effect.not_before_ns, effect.ts))


RETRY_READ_NS = 1_000_000_000
LEAVING = frozenset({SubmitOrder, AmendOrder, CancelOrder, CancelAll, ReadAccount})

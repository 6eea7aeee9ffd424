"""The paper venue: it matches in this process and remembers in its own file, like a stranger.

Knows matching, its file, and what a venue tells after its client was away. Must not know the desk,
its journal, nor whether the client that asks is the one that asked before.
"""

from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from tradewind.core.matching.simulated import NOTHING, SimulatedVenue
from tradewind.core.matching.state import NOTHING_DUE, REQUESTS, VenueModel
from tradewind.edge.simulators.faults import Faults, Wire
from tradewind.edge.simulators.venue_file import Input, Polled, Reopened, Request, VenueFile
from tradewind.edge.simulators.venue_shape import OtherShape
from tradewind.edge.simulators.venue_statement import Statement, statement_of, venue_of
from tradewind.model.config import Account
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, SubmitOrder
from tradewind.model.errors import ConfigError
from tradewind.model.events import (
    AccountReport,
    Event,
    FundingPaid,
    InstrumentDefined,
    Market,
    SessionChanged,
    SettlementReported,
)
from tradewind.model.ids import AccountId, OrderId
from tradewind.model.instrument import Instrument
from tradewind.model.money import NANOS
from tradewind.model.order import TERMINAL

PAYMENTS = (SettlementReported, FundingPaid)
TOLD_AGAIN_NS = 60 * NANOS
KEPT_PAYMENTS = 256
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Statement).decode


class InProcessVenue:
    """One paper venue with its accounts; the loop's interface of a simulated venue.

    Whatever it says has been committed to `path` before, so a process that opens the file after a
    kill finds all that anybody was told: orders, positions, balances, fills by key, spent order
    ids. Requests that were under way still arrive. Answers that were under way are lost, as with
    any connection; payments of the last minute are told again, as their history would show them.

    A fresh file begins with `accounts` and `model`; a file that is there goes on with its own. An
    upgrade that changed what the state is made of finds the accounts as they stood at the last
    `close`, and orders that lived then cancelled; after a kill it asks for the old version.
    `faults` disturb what passes between desk and venue, never the venue's own books. Raises
    ConfigError where the file has other accounts, JournalError where it cannot be used.
    """

    def __init__(
        self,
        path: Path,
        accounts: Sequence[Account],
        model: VenueModel,
        *,
        faults: Faults | None = None,
    ) -> None:
        self._book = _Book(VenueFile(path), accounts, model)
        self._way: _Book | Wire = self._book
        if faults is not None:
            self._way = Wire(faults, self._book, tuple(self._book.venue.accounts))

    @property
    def last_ns(self) -> int:
        """Return the latest time that the venue has seen; go on from there, not before."""
        return self._book.last_ns

    @property
    def next_due_ns(self) -> int:
        """Return when the first answer is due."""
        return NOTHING_DUE if self._book.closed else self._way.next_due_ns

    @property
    def busy(self) -> int:
        """Return 1: every market event matters, because the file keeps them in order."""
        return 1

    @property
    def live_orders(self) -> int:
        """Return how many orders live at the venue."""
        return self._book.venue.live_orders

    def define(self, instrument: Instrument, now_ns: int) -> None:
        """Take an instrument's rules."""
        self._book.define(instrument, now_ns)

    def submit(self, effect: SubmitOrder, now_ns: int) -> None:
        """Take a new order."""
        self._way.submit(effect, now_ns)

    def amend(self, effect: AmendOrder, now_ns: int) -> None:
        """Take a change of a live order."""
        self._way.amend(effect, now_ns)

    def cancel(self, effect: CancelOrder, now_ns: int) -> None:
        """Take a cancel."""
        self._way.cancel(effect, now_ns)

    def cancel_all(self, effect: CancelAll, now_ns: int) -> None:
        """Take a cancel of everything that the account has."""
        self._way.cancel_all(effect, now_ns)

    def due(self, until_ns: int) -> list[Event]:
        """Return the answers of the first instant that has any, at most `until_ns`, in order."""
        return self._way.due(until_ns)

    def report(
        self, account: AccountId, asked: tuple[OrderId, ...], ts: int, cursor: str = ""
    ) -> AccountReport | None:
        """Return one complete reading of an account; None when the reading failed.

        `cursor` of an earlier report leaves the fills before it out.
        """
        return self._way.report(account, asked, ts, cursor)

    def on_market(self, event: Market) -> None:
        """See a market event; a settled question pays by the resolution in its definition."""
        self._way.on_market(event)

    def close(self) -> None:
        """Keep the whole state and close the file; nothing is due any more."""
        if not self._book.closed:
            self._book.close()

    def abandon(self) -> None:
        """Close the file as a killed process leaves it: what was not committed is gone."""
        if not self._book.closed:
            self._book.abandon()

    def ahead(self, client_order_id: OrderId) -> Decimal | None:
        """Return what stands before an order in its queue, None where none such rests."""
        order = self._book.venue.find(client_order_id)
        return None if order is None or order.status in TERMINAL else order.ahead

    def truth(self, account: AccountId, ts: int) -> AccountReport:
        """Return what the venue itself knows of an account, past every fault."""
        return self._book.venue.report(account, (), ts, "")


class _State(msgspec.Struct):
    """What the file keeps: the venue, its latest time, and what it paid lately."""

    venue: SimulatedVenue
    last_ns: int
    paid: deque[Event]


class _Book:
    """The matching venue and its file: inputs are applied, answers wait for the commit."""

    def __init__(self, file: VenueFile, accounts: Sequence[Account], model: VenueModel) -> None:
        self._file = file
        self.closed = False
        self._again: list[Event] = []
        kept = self._load(accounts, model)
        self.venue: SimulatedVenue = kept.venue
        self.last_ns: int = kept.last_ns
        self._paid: deque[Event] = kept.paid
        self._check(accounts)
        for at_ns, item in file.inputs():
            self._apply(at_ns, item)
        if self.last_ns:
            self._put(self.last_ns, Reopened())
            file.commit()
            recent_ns = self.last_ns - TOLD_AGAIN_NS
            self._again = [event for event in self._paid if event.ts_recv >= recent_ns]
            self._again += [
                SessionChanged(name, self.last_ns, self.last_ns, live=True)
                for name in self.venue.accounts
            ]

    def _load(self, accounts: Sequence[Account], model: VenueModel) -> _State:
        file = self._file
        try:
            kept: _State | None = file.load()
        except OtherShape:
            told = _decode(file.statement())
            paid = deque(told.paid, maxlen=KEPT_PAYMENTS)
            kept = _State(venue_of(told, accounts, model), told.last_ns, paid)
            self._keep(kept)
        if kept is None:
            kept = _State(SimulatedVenue(accounts, (), model), 0, deque(maxlen=KEPT_PAYMENTS))
            self._keep(kept)
        return kept

    def _keep(self, state: _State) -> None:
        told = statement_of(state.venue, state.last_ns, state.paid)
        self._file.keep(state, _encode(told))

    def _check(self, accounts: Sequence[Account]) -> None:
        mine, given = set(self.venue.accounts), {account.id for account in accounts}
        if mine != given:
            self._file.close()
            raise ConfigError(
                f"Opened the paper venue {self._file.path}, found the accounts "
                f"{', '.join(sorted(mine))} instead of {', '.join(sorted(given))}; "
                f"name another file, or these accounts."
            )

    @property
    def next_due_ns(self) -> int:
        return self.last_ns if self._again else self.venue.next_due_ns

    def define(self, instrument: Instrument, now_ns: int) -> None:
        self._put(now_ns, InstrumentDefined(instrument, now_ns))

    def submit(self, effect: SubmitOrder, now_ns: int) -> None:
        self._put(now_ns, effect)

    def amend(self, effect: AmendOrder, now_ns: int) -> None:
        self._put(now_ns, effect)

    def cancel(self, effect: CancelOrder, now_ns: int) -> None:
        self._put(now_ns, effect)

    def cancel_all(self, effect: CancelAll, now_ns: int) -> None:
        self._put(now_ns, effect)

    def on_market(self, event: Market) -> None:
        if event.instrument in self.venue.markets:
            self._put(event.ts_recv, event)

    def due(self, until_ns: int) -> list[Event]:
        if self._again:
            return self._tell_again(until_ns)
        if self.venue.next_due_ns > until_ns:
            return NOTHING
        answers = self._put(until_ns, Polled())
        if answers:
            self._save()
        return answers

    def report(
        self, account: AccountId, asked: tuple[OrderId, ...], ts: int, cursor: str
    ) -> AccountReport:
        self._save()
        return self.venue.report(account, asked, ts, cursor)

    def close(self) -> None:
        self._keep(_State(self.venue, self.last_ns, self._paid))
        self.abandon()

    def abandon(self) -> None:
        self._file.close()
        self.closed = True

    def _put(self, at_ns: int, item: Input) -> list[Event]:
        self._file.note(at_ns, item)
        return self._apply(at_ns, item)

    def _save(self) -> None:
        if self._file.full:
            self._keep(_State(self.venue, self.last_ns, self._paid))
        else:
            self._file.commit()

    def _apply(self, at_ns: int, item: Input) -> list[Event]:
        """Let one input happen; return what it makes the venue say."""
        if at_ns > self.last_ns:
            self.last_ns = at_ns
        match item:
            case Polled():
                answers = self.venue.due(at_ns)
                self._paid.extend(event for event in answers if isinstance(event, PAYMENTS))
                return answers
            case SubmitOrder() | CancelOrder() | AmendOrder() | CancelAll():
                _send(self.venue, item, at_ns)
            case InstrumentDefined():
                self.venue.define(item.instrument, at_ns)
            case Reopened():
                lost = lose_answers(self.venue)
                self._paid.extend(event for event in lost if isinstance(event, PAYMENTS))
            case _:
                self.venue.on_market(item)
        return NOTHING

    def _tell_again(self, until_ns: int) -> list[Event]:
        again, self._again = self._again, []
        ts = max(until_ns, self.last_ns)
        return [msgspec.structs.replace(event, ts_recv=ts) for event in again]


def lose_answers(venue: SimulatedVenue) -> list[Event]:
    """Take away every answer under way and return them; requests under way still arrive."""
    lost: list[Event] = venue.take_ready() if venue.instant else []
    requests = []
    while venue.next_due_ns != NOTHING_DUE:
        at_ns, thing = venue.take_next()
        if isinstance(thing, REQUESTS):
            requests.append((at_ns, thing))
        else:
            lost.append(thing)
    for at_ns, request in requests:
        key = request.account if isinstance(request, CancelAll) else request.client_order_id
        venue.send(request, key, at_ns - venue.feed_ns - venue.latency.to_venue_ns(key))
    return lost


def _send(venue: SimulatedVenue, request: Request, now_ns: int) -> None:
    if isinstance(request, SubmitOrder):
        venue.submit(request, now_ns)
    elif isinstance(request, CancelOrder):
        venue.cancel(request, now_ns)
    elif isinstance(request, AmendOrder):
        venue.amend(request, now_ns)
    else:
        venue.cancel_all(request, now_ns)

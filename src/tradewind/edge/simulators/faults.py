"""What goes wrong between a desk and its venue, by a seed. The venue's own books stay right.

Knows requests, answers and readings as they pass. Must not know how the venue decides, nor what
the desk makes of it. It speaks for the adapter too: a request without an answer becomes NoAnswer.
"""

from collections import deque
from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from heapq import heappop, heappush
from random import Random
from typing import Protocol

import msgspec

from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, SubmitOrder
from tradewind.model.events import (
    AccountEvent,
    AccountReport,
    AmendRejected,
    CancelRejected,
    Event,
    FillReceived,
    FundingPaid,
    Market,
    NoAnswer,
    NotSent,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderClaimed,
    OrderEvent,
    OrderExpired,
    OrderRejected,
    ReportedOrder,
    Request,
    SessionChanged,
    SettlementReported,
    Trade,
    Transferred,
)
from tradewind.model.ids import AccountId, OrderId
from tradewind.model.money import MILLIS, NANOS, ZERO

NEVER = 1 << 62
LOOKS_BACK = 64
SUBMIT, AMEND, CANCEL = Request.SUBMIT, Request.AMEND, Request.CANCEL
REPLIES: dict[type, Request] = {
    OrderAccepted: SUBMIT,
    OrderRejected: SUBMIT,
    OrderAmended: AMEND,
    AmendRejected: AMEND,
    CancelRejected: CANCEL,
    OrderCancelled: CANCEL,
    OrderExpired: CANCEL,
}
"""Which request an answer is a reply to; all other answers come by the private stream alone."""
BY_REQUEST = (OrderAccepted, OrderRejected, OrderAmended, AmendRejected, CancelRejected)
"""Answers that come on the request's own connection."""
NEVER_LOST = (SettlementReported, FundingPaid, Transferred)
"""Payments have a history of their own, which an adapter reads until it has them."""
UNSENT_NS = 100 * MILLIS
"""When it is told that a request could not leave: whoever asks again at once gets on in time."""
Sent = SubmitOrder | AmendOrder | CancelOrder


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """How often what goes wrong, as chances between 0 and 1; nothing by default.

    On the way there: `not_sent` provably never leaves; `lose_request` does not arrive and is not
    answered; `refuse_cancel` is turned away while the order lives on; `cancel_not_found` is carried
    out and yet answered "not found". On the way back: `lose_reply` (accepted, never answered);
    `lose_fill` (the order's frames claim it, only a reading has its key); `duplicate`; `delay` by
    up to `delay_ns`, so that later news overtakes; `reorder` within one instant; `outage`, the
    chance with each answer that the private stream is lost for `outage_ns`. Readings: `fail_read`;
    `stale_read` is as of up to `stale_ns` ago and claims to be of now. `split_trade` lets a public
    trade come in two parts, so that our orders fill in parts. A reply that is not there after
    `timeout_ns` is NoAnswer.
    """

    seed: int
    not_sent: float = 0.0
    lose_request: float = 0.0
    refuse_cancel: float = 0.0
    cancel_not_found: float = 0.0
    lose_reply: float = 0.0
    lose_fill: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    reorder: float = 0.0
    outage: float = 0.0
    fail_read: float = 0.0
    stale_read: float = 0.0
    split_trade: float = 0.0
    delay_ns: int = 3 * NANOS
    outage_ns: int = 5 * NANOS
    stale_ns: int = 400 * MILLIS
    timeout_ns: int = NANOS


class Venue(Protocol):
    """The venue behind the wire."""

    @property
    def next_due_ns(self) -> int: ...
    def submit(self, effect: SubmitOrder, now_ns: int) -> None: ...
    def amend(self, effect: AmendOrder, now_ns: int) -> None: ...
    def cancel(self, effect: CancelOrder, now_ns: int) -> None: ...
    def cancel_all(self, effect: CancelAll, now_ns: int) -> None: ...
    def on_market(self, event: Market) -> None: ...
    def due(self, until_ns: int) -> list[Event]: ...
    def report(
        self, account: AccountId, asked: tuple[OrderId, ...], ts: int, cursor: str
    ) -> AccountReport: ...


class _Deadline(msgspec.Struct, frozen=True):
    """A request that must have been answered by now."""

    account: AccountId
    order: OrderId
    request: Request
    number: int


class Wire:
    """The way to a venue and back, with faults. Nothing of it survives the process."""

    def __init__(self, faults: Faults, venue: Venue, accounts: Sequence[AccountId]) -> None:
        self._faults = faults
        self._venue = venue
        self._dice = Random(faults.seed)
        self._under_way: list[tuple[int, int, Event | _Deadline]] = []
        self._count = 0
        self._waiting: dict[tuple[OrderId, Request], int] = {}
        self._not_found: set[OrderId] = set()
        self._dead_until: dict[AccountId, int] = {}
        self._filled: dict[OrderId, Decimal] = {}
        self._before: dict[AccountId, deque[AccountReport]] = {
            account: deque(maxlen=LOOKS_BACK) for account in accounts
        }

    @property
    def next_due_ns(self) -> int:
        """Return when the first answer is due, or the first reply overdue."""
        mine = self._under_way[0][0] if self._under_way else NEVER
        return min(mine, self._venue.next_due_ns)

    # --- there -------------------------------------------------------------------------------

    def submit(self, effect: SubmitOrder, now_ns: int) -> None:
        """Send a new order, unless it is lost."""
        if self._leaves(effect, SUBMIT, now_ns):
            self._venue.submit(effect, now_ns)

    def amend(self, effect: AmendOrder, now_ns: int) -> None:
        """Send a change, unless it is lost."""
        if self._leaves(effect, AMEND, now_ns):
            self._venue.amend(effect, now_ns)

    def cancel(self, effect: CancelOrder, now_ns: int) -> None:
        """Send a cancel, unless it is lost or turned away."""
        faults, key = self._faults, effect.client_order_id
        if self._happens(faults.refuse_cancel):
            refused = CancelRejected(effect.account, now_ns, now_ns, key, "try_again", "busy")
            self._post(refused, now_ns + self._some(faults.timeout_ns))
            return
        if not self._leaves(effect, CANCEL, now_ns):
            return
        self._venue.cancel(effect, now_ns)
        if self._happens(faults.cancel_not_found):
            # The first transmission did it; the repeated one finds nothing.
            self._not_found.add(key)
            news = CancelRejected(
                effect.account, now_ns, now_ns, key, "not_found", "not_found", not_found=True
            )
            self._post(news, now_ns + self._some(faults.timeout_ns))

    def cancel_all(self, effect: CancelAll, now_ns: int) -> None:
        """Send a cancel of everything, unless it is lost."""
        if not self._happens(self._faults.lose_request):
            self._venue.cancel_all(effect, now_ns)

    def on_market(self, event: Market) -> None:
        """Show the venue a market event; a trade may come in two parts."""
        if type(event) is Trade and self._happens(self._faults.split_trade):
            part = event.qty * self._dice.randrange(1, 10) / 10
            part = part.quantize(event.qty, ROUND_DOWN)
            if part:
                self._venue.on_market(msgspec.structs.replace(event, qty=part))
                event = msgspec.structs.replace(event, qty=event.qty - part)
        self._venue.on_market(event)

    def _leaves(self, effect: Sent, request: Request, now_ns: int) -> bool:
        faults = self._faults
        key = effect.client_order_id
        account = effect.spec.account if isinstance(effect, SubmitOrder) else effect.account
        if self._happens(faults.not_sent):
            unsent = NotSent(account, now_ns, now_ns, key, request, "unreachable")
            self._post(unsent, now_ns + UNSENT_NS)
            return False
        self._count += 1
        self._waiting[(key, request)] = self._count
        deadline = _Deadline(account, key, request, self._count)
        heappush(self._under_way, (now_ns + faults.timeout_ns, self._count, deadline))
        return not self._happens(faults.lose_request)

    # --- and back ----------------------------------------------------------------------------

    def due(self, until_ns: int) -> list[Event]:
        """Return what reaches the desk in the first instant that has any, at most `until_ns`."""
        out: list[Event] = []
        while not out and self.next_due_ns <= until_ns:
            at_ns = self.next_due_ns
            if self._venue.next_due_ns == at_ns:
                self._look_back(at_ns)
                for event in self._venue.due(at_ns):
                    self._pass(event, at_ns, out)
            while self._under_way and self._under_way[0][0] <= at_ns:
                out.extend(self._arrive(heappop(self._under_way)[2], at_ns))
            if len(out) > 1 and self._happens(self._faults.reorder):
                self._dice.shuffle(out)
        return out

    def _arrive(self, thing: Event | _Deadline, at_ns: int) -> list[Event]:
        if not isinstance(thing, _Deadline):
            self._answered(thing)
            return [thing]
        key = (thing.order, thing.request)
        if self._waiting.get(key) != thing.number:
            return []
        del self._waiting[key]
        return [NoAnswer(thing.account, at_ns, at_ns, thing.order, thing.request)]

    def _pass(self, event: Event, at_ns: int, out: list[Event]) -> None:
        """Let an answer through, or late, or twice, or not at all."""
        faults = self._faults
        if not isinstance(event, AccountEvent):
            out.append(event)
            return
        if self._lost(event, at_ns):
            return
        if self._happens(faults.duplicate):
            self._post(event, at_ns + self._some(faults.delay_ns))
        if self._happens(faults.delay):
            # A reply that is late counts when it comes; until then the clock runs.
            self._post(event, at_ns + self._some(faults.delay_ns))
            return
        self._answered(event)
        out.append(event)

    def _lost(self, event: AccountEvent, at_ns: int) -> bool:
        if isinstance(event, NEVER_LOST):
            return False
        account = event.account
        if self._dead_until.get(account, 0) <= at_ns and self._happens(self._faults.outage):
            self._fall_silent(account, at_ns)
        silent = self._dead_until.get(account, 0) > at_ns
        if silent and not isinstance(event, BY_REQUEST):
            return True
        if isinstance(event, FillReceived):
            return self._unkeyed(event, at_ns)
        if not isinstance(event, OrderEvent):
            return False
        key = event.client_order_id
        if isinstance(event, OrderCancelled) and key in self._not_found:
            self._not_found.discard(key)
            return self._happens(0.5)
        waiting = (key, REPLIES.get(type(event))) in self._waiting
        return waiting and self._happens(self._faults.lose_reply)

    def _unkeyed(self, event: FillReceived, at_ns: int) -> bool:
        """Tell whether a fill is lost; what the order's own frames say of it is then a claim."""
        faults, key = self._faults, event.fill.client_order_id
        if not faults.lose_fill or key is None:
            return False
        total = self._filled[key] = self._filled.get(key, ZERO) + event.fill.qty
        if not self._happens(faults.lose_fill):
            return False
        claim = OrderClaimed(event.account, event.ts_event, at_ns, key, total)
        self._post(claim, at_ns + self._some(faults.delay_ns))
        return True

    def _fall_silent(self, account: AccountId, at_ns: int) -> None:
        until_ns = at_ns + self._faults.outage_ns
        self._dead_until[account] = until_ns
        self._post(SessionChanged(account, at_ns, at_ns, False, "connection lost"), at_ns)
        self._post(SessionChanged(account, until_ns, until_ns, True), until_ns)

    def _answered(self, event: Event) -> None:
        request = REPLIES.get(type(event))
        if request is not None and isinstance(event, OrderEvent):
            self._waiting.pop((event.client_order_id, request), None)

    def _post(self, event: AccountEvent, at_ns: int) -> None:
        self._count += 1
        later = msgspec.structs.replace(event, ts_recv=at_ns)
        heappush(self._under_way, (at_ns, self._count, later))  # type: ignore[misc]

    # --- readings ----------------------------------------------------------------------------

    def report(
        self, account: AccountId, asked: tuple[OrderId, ...], ts: int, cursor: str
    ) -> AccountReport | None:
        """Return a reading; None when it fails; possibly an old one that claims to be new."""
        if self._happens(self._faults.fail_read):
            return None
        fresh = self._venue.report(account, asked, ts, cursor)
        if not self._happens(self._faults.stale_read):
            return fresh
        oldest_ns = ts - self._faults.stale_ns
        for before in self._before[account]:
            if before.ts_recv >= oldest_ns:
                return _aged(fresh, before)
        return fresh

    def _look_back(self, at_ns: int) -> None:
        """Remember how each account stood just before the venue's next news."""
        if not self._faults.stale_read:
            return
        for account, looks in self._before.items():
            cursor = looks[-1].cursor if looks else ""
            looks.append(self._venue.report(account, (), at_ns, cursor))

    # --- dice --------------------------------------------------------------------------------

    def _happens(self, chance: float) -> bool:
        return chance > 0.0 and self._dice.random() < chance

    def _some(self, most_ns: int) -> int:
        return self._dice.randrange(1, most_ns + 1)


def _aged(fresh: AccountReport, before: AccountReport) -> AccountReport:
    """Return the earlier reading with the later one's stamps.

    Orders that were over or not yet there at the time are as the later reading has them,
    unless they are younger than the earlier one.
    """
    known: dict[OrderId | None, ReportedOrder] = {
        order.client_order_id: order for order in before.orders
    }
    for order in fresh.orders:
        if order.created_ns < before.ts_event and order.client_order_id not in known:
            known[order.client_order_id] = order
    missing = int(fresh.cursor) - int(before.cursor)
    kept = max(len(fresh.fills) - missing, 0)
    return msgspec.structs.replace(
        fresh,
        orders=tuple(known.values()),
        fills=fresh.fills[:kept],
        positions=before.positions,
        balances=before.balances,
        cursor=before.cursor,
    )

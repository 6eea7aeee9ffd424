"""What an adapter tells, broken on purpose: each stands between an adapter and its sink."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from tests.conformance.memory import Ear
from tests.conformance.playing import Deafen
from tradewind.model import events as ev
from tradewind.model.events import Event
from tradewind.model.ids import InstrumentId

replace = msgspec.structs.replace
D = Decimal


def drops(*kinds: type[Any], **fields: object) -> Deafen:
    """Return what lets events of some kinds, with these values, never arrive."""

    def deafen(ear: Ear) -> Ear:
        def hear(event: Event) -> None:
            struck = isinstance(event, kinds) and all(
                getattr(event, name) == value for name, value in fields.items()
            )
            if not struck:
                ear(event)

        return hear

    return deafen


def twice(kind: type[Any], change: Callable[[Any], Any] = lambda event: event) -> Deafen:
    """Return what tells every event of a kind again, maybe otherwise."""

    def deafen(ear: Ear) -> Ear:
        def hear(event: Event) -> None:
            ear(event)
            if isinstance(event, kind):
                ear(change(event))

        return hear

    return deafen


def all_refused(ear: Ear) -> Ear:
    """Tell of every order that was sent, accepted or not, that it was refused with the other."""
    sent: dict[object, ev.OrderSent] = {}

    def hear(event: Event) -> None:
        ear(event)
        if isinstance(event, ev.OrderSent):
            sent[event.client_order_id] = event
        elif isinstance(event, ev.OrderRejected):
            for name, other in sent.items():
                if name != event.client_order_id:
                    ear(replace(event, client_order_id=other.client_order_id))

    return hear


def changes(kind: type[Any] | tuple[type[Any], ...], change: Callable[[Any], Any]) -> Deafen:
    """Return what changes every event of a kind."""

    def deafen(ear: Ear) -> Ear:
        return lambda event: ear(change(event) if isinstance(event, kind) else event)

    return deafen


def fills(**values: Callable[[Any], Any]) -> Deafen:
    """Return what changes every fill."""

    def change(event: ev.FillReceived) -> ev.FillReceived:
        changed = {name: value(event.fill) for name, value in values.items()}
        return replace(event, fill=replace(event.fill, **changed))

    return changes(ev.FillReceived, change)


def hides_gaps(ear: Ear) -> Ear:
    """Never let a feed be told as lost, nor a second snapshot pass."""
    seen: set[InstrumentId] = set()

    def hear(event: Event) -> None:
        if isinstance(event, ev.FeedChanged) and not event.live:
            return
        if isinstance(event, ev.BookSnapshot):
            if event.instrument in seen:
                return
            seen.add(event.instrument)
        ear(event)

    return hear


def guesses(ear: Ear) -> Ear:
    """Take every request without an answer for one that was refused."""

    def hear(event: Event) -> None:
        if isinstance(event, ev.NoAnswer) and event.request is ev.Request.SUBMIT:
            head = (event.account, event.ts_event, event.ts_recv, event.client_order_id)
            ear(ev.OrderRejected(*head, "no answer"))
        else:
            ear(event)

    return hear


def hopes(ear: Ear) -> Ear:
    """Take every order that was not sent for one without an answer."""

    def hear(event: Event) -> None:
        if isinstance(event, ev.NotSent):
            head = (event.account, event.ts_event, event.ts_recv, event.client_order_id)
            ear(ev.NoAnswer(*head, event.request))
        else:
            ear(event)

    return hear


def takes_cancels_for_granted(ear: Ear) -> Ear:
    """Take every refused cancel for an order that is gone."""

    def hear(event: Event) -> None:
        if isinstance(event, ev.CancelRejected | ev.AmendRejected) or (
            isinstance(event, ev.NotSent) and event.request is not ev.Request.SUBMIT
        ):
            head = (event.account, event.ts_event, event.ts_recv, event.client_order_id)
            ear(ev.OrderCancelled(*head))
        ear(event)

    return hear


def mixes(ear: Ear) -> Ear:
    """Let every change of a book be one of the first instrument's book."""
    first: list[InstrumentId] = []

    def hear(event: Event) -> None:
        if isinstance(event, ev.BookSnapshot | ev.BookDelta | ev.Trade):
            first.append(event.instrument)
            event = replace(event, instrument=first[0])
        ear(event)

    return hear


def backwards(ear: Ear) -> Ear:
    """Tell OrderSent only when the order has been accepted."""
    held: list[Event] = []

    def hear(event: Event) -> None:
        if isinstance(event, ev.OrderSent):
            held.append(event)
            return
        ear(event)
        while held:
            ear(held.pop())

    return hear


def mixes_up_ends(ear: Ear) -> Ear:
    """Tell an end of the first order when the second one rests, and no other end."""
    resting: list[ev.OrderAccepted] = []

    def hear(event: Event) -> None:
        if isinstance(event, ev.OrderCancelled):
            return
        ear(event)
        if isinstance(event, ev.OrderAccepted):
            resting.append(event)
            if len(resting) == 2:
                first = resting[0]
                head = (first.account, event.ts_event, event.ts_recv, first.client_order_id)
                ear(ev.OrderCancelled(*head))

    return hear

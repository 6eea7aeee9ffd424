"""What happened to each order, step by step, and what led to it.

Knows committed steps and the words for them. It keeps the pieces as they were published and makes
words only when somebody asks.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from tradewind.control.desk_rows import Cause, LifeStep
from tradewind.model import effects as fx
from tradewind.model import events as ev
from tradewind.model.commands import Attest, CancelOne
from tradewind.model.fill import Fill
from tradewind.model.ids import OrderId
from tradewind.model.money import NANOS
from tradewind.ports import Published

KEPT_ORDERS = 5_000
KEPT_STEPS = 200
FIRST_STEPS = 20
"""Of an order with very many steps the first ones stay, and the newest."""
LONGEST_CHAIN = 8
AFTERWARDS_NS = 60 * NANOS
"""So long after an order's end late news of it are looked for in a record."""
MARKET = "market"
BIG = frozenset({ev.BookSnapshot, ev.BookDelta, ev.AccountReport})
"""Events that are too big to be kept for the sake of one order."""

Named = tuple[int, int, Any]
"""(sequence number, time, event or effect)."""


class Sent(msgspec.Struct, frozen=True):
    """The step that sent an order: what it began with, and what else was decided.

    `signal` is the event, or words where it is a whole book or a whole account.
    """

    seq: int
    ts: int
    kind: str
    signal: Any
    before: OrderId | None
    effects: tuple[fx.Effect, ...]


class Lives:
    """The steps of the newest orders, and the step in which each one was sent."""

    def __init__(self) -> None:
        self._steps: dict[OrderId, list[Named | LifeStep]] = {}
        self._sent: dict[OrderId, Sent] = {}

    def __contains__(self, client_order_id: OrderId) -> bool:
        return client_order_id in self._sent

    def hear(self, news: Published, piece: Any) -> None:
        """Take in an event or effect of a committed step."""
        names = NAMES.get(type(piece))
        if names is None:
            return
        if type(piece) is fx.SubmitOrder:
            self._begin(piece.client_order_id, news)
        for name in names(piece):
            self.add(name, news, piece)

    def _begin(self, name: OrderId, news: Published) -> None:
        event = news.heard or news.event
        self._sent[name] = Sent(
            news.seq,
            news.ts,
            type(event).__name__ if event is not None else MARKET,
            _signal(event, news.seq) if type(event) in BIG else event,
            _order_of(event),
            news.effects,
        )
        if len(self._sent) > KEPT_ORDERS:
            oldest = next(iter(self._sent))
            del self._sent[oldest]
            self._steps.pop(oldest, None)

    def add(self, name: OrderId, news: Published, piece: Any) -> None:
        """Add a step to an order that is kept."""
        if name not in self._sent:
            return
        steps = self._steps.setdefault(name, [])
        if type(piece) is ev.AccountReport:
            steps.append(_step((news.seq, news.ts, piece), name))
        else:
            steps.append((news.seq, news.ts, piece))
        if len(steps) > KEPT_STEPS:
            del steps[FIRST_STEPS]

    def steps(self, name: OrderId) -> tuple[LifeStep, ...]:
        """Return what happened to an order, in words."""
        kept = self._steps.get(name, ())
        return tuple(each if isinstance(each, LifeStep) else _step(each, name) for each in kept)

    def chain(self, name: OrderId) -> tuple[Cause, ...]:
        """Return the causes of an order, the nearest first, as far back as they are kept."""
        found: list[Cause] = []
        asked: OrderId | None = name
        while asked is not None and len(found) < LONGEST_CHAIN:
            sent = self._sent.get(asked)
            if sent is None or any(each.seq == sent.seq for each in found):
                break
            found.append(_cause(sent, asked))
            asked = sent.before
        return tuple(found)


def _step(named: Named, name: OrderId) -> LifeStep:
    seq, ts, piece = named
    return LifeStep(seq=seq, ts=ts, kind=type(piece).__name__, text=words_of(piece, name))


def told_in(record: Iterable[Published], name: OrderId, closed_ns: int) -> Lives:
    """Return the life of one order as a record tells it; reads no further than it must.

    `closed_ns` is when the order ended, 0 while it lives. Orders that its causes are news of are
    only found if they are in the record, too.
    """
    lives = Lives()
    for news in record:
        if closed_ns and news.ts > closed_ns + AFTERWARDS_NS:
            break
        for piece in (news.event, *news.effects):
            lives.hear(news, piece)
    return lives


def _cause(news: Sent, name: OrderId) -> Cause:
    sent = next(
        each
        for each in news.effects
        if type(each) is fx.SubmitOrder and each.client_order_id == name
    )
    also = [
        words_of(each, name)
        for each in news.effects
        if each is not sent and getattr(each, "instance", sent.instance) == sent.instance
        if type(each) in WORDS
    ]
    return Cause(
        seq=news.seq,
        ts=news.ts,
        kind=news.kind,
        text=news.signal if isinstance(news.signal, str) else _signal(news.signal, news.seq),
        instance=sent.instance,
        client_order_id=news.before or "",
        also=tuple(also),
    )


def _order_of(event: Any) -> OrderId | None:
    """Return the order whose news an event is; of a reading or a command, none."""
    if isinstance(event, ev.OrderEvent):
        return event.client_order_id
    return event.fill.client_order_id if type(event) is ev.FillReceived else None


# --- which orders a piece names -------------------------------------------------------------------


def _one(piece: Any) -> tuple[OrderId, ...]:
    return (piece.client_order_id,)


def _filled(fill: Fill) -> tuple[OrderId, ...]:
    return () if fill.client_order_id is None else (fill.client_order_id,)


def _read(report: ev.AccountReport) -> Iterator[OrderId]:
    for fill in report.fills:
        yield from _filled(fill)
    yield from report.asked


def _asked(event: ev.CommandReceived) -> tuple[OrderId, ...]:
    command = event.command
    return (command.client_order_id,) if isinstance(command, CancelOne | Attest) else ()


def _answered(effect: fx.CommandAnswered) -> tuple[OrderId, ...]:
    one = effect.details.get("client_order_id")
    many = effect.details.get("client_order_ids", ())
    return tuple(OrderId(name) for name in (*((one,) if one else ()), *many))


NAMES: dict[type, Callable[[Any], Any]] = {
    **dict.fromkeys((fx.SubmitOrder, fx.AmendOrder, fx.CancelOrder, fx.OrderResolved), _one),
    **dict.fromkeys(ev.OrderEvent.__subclasses__(), _one),
    ev.FillReceived: lambda event: _filled(event.fill),
    ev.AccountReport: _read,
    ev.CommandReceived: _asked,
    fx.CommandAnswered: _answered,
    fx.ProtectionChanged: lambda effect: effect.orders,
}
"""Which orders a committed piece is about; what is not here names none."""


# --- words ----------------------------------------------------------------------------------------


def words_of(piece: Any, name: OrderId) -> str:
    """Return a committed piece in words, as it concerns an order."""
    if type(piece) is ev.AccountReport:
        return _reading(piece, name)
    words = WORDS.get(type(piece))
    return words(piece) if words is not None else type(piece).__name__


def _reading(report: ev.AccountReport, name: OrderId) -> str:
    mine = [fill for fill in report.fills if fill.client_order_id == name]
    told = [each for each in report.orders if each.client_order_id == name]
    words = [f"the account was read as of {report.ts_event}"]
    words += [_fill(fill) for fill in mine]
    words += [f"listed as {each.status.value}, {each.filled_qty} filled" for each in told]
    if name in report.asked and not told:
        words.append("asked about, and not listed")
    return "; ".join(words)


def _submit(effect: fx.SubmitOrder) -> str:
    spec = effect.spec
    at = "" if spec.px is None else f" at {spec.px}"
    stop = "" if spec.trigger_px is None else f", awake from {spec.trigger_px}"
    how = f"{spec.order_type.value} {spec.tif.value}"
    return f"{spec.side.value} {spec.qty} {spec.instrument}{at}{stop} ({how}) for {spec.reason}"


def _amend(effect: fx.AmendOrder) -> str:
    stop = "" if effect.trigger_px is None else f", awake from {effect.trigger_px}"
    return f"asked to become {effect.qty} in all at {effect.px}{stop}"


def _fill(fill: Fill) -> str:
    took = "as maker" if fill.liquidity.value == "maker" else "as taker"
    return f"{fill.qty} filled at {fill.px} {took}, fee {fill.fee} {fill.fee_currency}"


def _why(word: str, reason: str, code: str = "") -> str:
    more = " ".join(part for part in (reason, f"({code})" if code else "") if part)
    return f"{word}: {more}" if more else word


def _final(word: str, qty: Any) -> str:
    return word if qty is None else f"{word}, {qty} filled in all"


def _guard(effect: fx.ProtectionChanged) -> str:
    if effect.protection is None:
        return "its guard ended"
    return f"guards {effect.qty or 'the position'} with a stop at {effect.stop}"


def _command(event: ev.CommandReceived) -> str:
    what = type(event.command).__name__
    return f"{event.by} asked for {what}" + (f": {event.why}" if event.why else "")


WORDS: dict[type, Callable[[Any], str]] = {
    fx.SubmitOrder: _submit,
    fx.AmendOrder: _amend,
    fx.CancelOrder: lambda effect: "asked to be cancelled",
    fx.OrderResolved: lambda effect: f"ended by proof: {effect.how}",
    fx.ProtectionChanged: _guard,
    fx.CommandAnswered: lambda effect: f"{effect.confirmation.value}: {effect.effect}",
    fx.Alert: lambda effect: f"{effect.kind}: {effect.text}",
    fx.Noted: lambda effect: ", ".join(
        (effect.kind, *(f"{name} {value}" for name, value in effect.fields.items()))
    ),
    fx.Denied: lambda effect: f"denied by {effect.rule}: {effect.why}",
    fx.CycleChanged: lambda effect: f"cycle {effect.cycle} {'began' if effect.open else 'ended'}",
    ev.OrderPrepared: lambda event: f"signed as {event.wire_id}",
    ev.OrderSent: lambda event: f"left {event.latency_ns // 1000} us after its cause came",
    ev.OrderAccepted: lambda event: f"taken by the venue as {event.venue_order_id}",
    ev.OrderRejected: lambda event: _why("rejected by the venue", event.reason, event.code),
    ev.OrderCancelled: lambda event: _final(_why("cancelled", event.reason), event.filled_qty),
    ev.OrderExpired: lambda event: _final("expired", event.filled_qty),
    ev.OrderAmended: lambda event: f"became {event.qty} in all at {event.px}",
    ev.AmendRejected: lambda event: _why("not changed by the venue", event.reason, event.code),
    ev.CancelRejected: lambda event: _why("not cancelled by the venue", event.reason, event.code),
    ev.OrderTriggered: lambda event: "woke up at the venue",
    ev.OrderClaimed: lambda event: f"the venue says {event.cumulative_qty} filled",
    ev.NoAnswer: lambda event: f"no answer to {event.request.value}: it may have happened",
    ev.NotSent: lambda event: _why(f"{event.request.value} never left", event.reason),
    ev.FillReceived: lambda event: _fill(event.fill),
    ev.FillFinalised: lambda event: f"fill {event.key} is final",
    ev.FillFailed: lambda event: _why(f"fill {event.key} was undone", event.reason),
    ev.CommandReceived: _command,
}
"""What a piece says of an order."""


def _signal(event: Any, seq: int) -> str:
    """Return in words what a strategy or the engine acted on."""
    words = SIGNALS.get(type(event)) or WORDS.get(type(event))
    if words is not None:
        return words(event)
    if event is None:
        return f"market data or time; step {seq} of the event log has it"
    return f"{type(event).__name__} {msgspec.json.encode(event).decode()}"[:300]


SIGNALS: dict[type, Callable[[Any], str]] = {
    ev.Quote: lambda quote: (
        f"{quote.instrument} bid {quote.bid} for {quote.bid_qty}, ask {quote.ask} "
        f"for {quote.ask_qty}"
    ),
    ev.Trade: lambda trade: f"{trade.instrument} {trade.side.value} {trade.qty} at {trade.px}",
    ev.BookSnapshot: lambda book: f"a whole book of {book.instrument}",
    ev.BookDelta: lambda book: (
        f"{len(book.bids)} bids and {len(book.asks)} asks of {book.instrument} changed"
    ),
    ev.Candle: lambda candle: (
        f"{candle.instrument} {candle.interval} candle closed at {candle.close:g}"
    ),
    ev.ReferencePrice: lambda price: f"{price.feed} at {price.px:g}",
    ev.Woke: lambda event: "a time had come that was waited for",
    ev.AccountReport: lambda report: f"{report.account} was read",
    ev.SessionChanged: lambda event: (
        f"the session of {event.account} is {'live' if event.live else 'lost'}"
    ),
    ev.DeskStarted: lambda event: f"the desk began epoch {event.epoch}",
    ev.CallbackOverran: lambda event: f"{event.callback} of {event.instance} took too long",
}
"""What a step began with, where it is no order's own news."""

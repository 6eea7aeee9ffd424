"""What the desk has done lately, kept from its committed news: fills, commands, alerts, notes.

Knows committed steps only, so it never shows what is not in the journal. It keeps a bounded
number of rows; the sums over fills are complete from the first step it was shown.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import Any, Protocol

import msgspec

from tradewind.control.life import Lives
from tradewind.control.tally import Tally
from tradewind.control.views import CommandView, FillView, NewsView
from tradewind.model import effects as fx
from tradewind.model import events as ev
from tradewind.model.effects import Confirmation, Level
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import UNMANAGED, AccountId, FillKey, InstanceId, OrderId
from tradewind.ports import Published

KEPT_FILLS = 50_000
KEPT_NEWS = 1_000
KEPT_COMMANDS = 5_000
KEPT_OWNERS = 65_536
"""How many orders are remembered by their owner and reason; fills of older ones are unmanaged."""
INFO = Level.INFO
WARNING = Level.WARNING
CRITICAL = Level.CRITICAL


class Ear(Protocol):
    """Who hears of every step and of every row that is new or changed; it must never raise."""

    def step(self, news: Published) -> None:
        """A step was committed; its rows have been told."""
        ...

    def row(self, seq: int, row: FillView | NewsView | CommandView) -> None:
        """Step `seq` made or changed a row."""
        ...


class History:
    """Reads committed news as they are published; call `load` first with what went before.

    `whole` tells that the first step it saw was the desk's first.
    """

    def __init__(self) -> None:
        self.first_seq = 0
        self.last_seq = 0
        self.tally = Tally()
        self.fills_count = 0
        self.lives = Lives()
        self._ears: list[Ear] = []
        self._fills: dict[tuple[AccountId, FillKey], FillView] = {}
        self._seen: dict[tuple[AccountId, FillKey], FillLife] = {}
        self._early: dict[tuple[AccountId, FillKey], FillLife] = {}
        self._owners: dict[OrderId, tuple[InstanceId, str]] = {}
        self._news: deque[NewsView] = deque(maxlen=KEPT_NEWS)
        self._commands: dict[str, CommandView] = {}
        self._handlers: dict[type, Callable[[Any, Published], None]] = {
            ev.InstrumentDefined: lambda event, news: self.tally.define(event.instrument),
            ev.FillReceived: lambda event, news: self._fill(event.fill, news),
            ev.AccountReport: self._report,
            ev.FillFinalised: lambda event, news: self._told(event, FillLife.FINAL, news),
            ev.FillFailed: lambda event, news: self._told(event, FillLife.FAILED, news),
            ev.FeeAdjusted: lambda event, news: self._charge(event),
            ev.CommandReceived: self._command,
            fx.SubmitOrder: self._submitted,
            fx.CommandAnswered: self._answered,
        }

    @property
    def whole(self) -> bool:
        """Tell whether nothing came before the first step it saw."""
        return self.first_seq == 1

    def load(self, past: Iterable[Published]) -> None:
        """Take in what was committed before this process began, oldest first."""
        for news in past:
            self(news)

    def __call__(self, news: Published) -> None:
        """Take in one committed step; steps that it knows are skipped."""
        if news.seq <= self.last_seq:
            return
        self.first_seq = self.first_seq or news.seq
        self.last_seq = news.seq
        for piece in (news.event, *news.effects):
            self.lives.hear(news, piece)
            handler = self._handlers.get(type(piece))
            if handler is not None:
                handler(piece, news)
            words = WORDS.get(type(piece))
            if words is not None:
                level, kind, instance, text = words(piece)
                if text:
                    line = NewsView(
                        seq=news.seq,
                        ts=news.ts,
                        level=level,
                        kind=kind,
                        instance=instance,
                        text=text,
                    )
                    self._news.append(line)
                    self._tell(news.seq, line)
        for ear in self._ears:
            ear.step(news)

    def listen(self, ear: Ear) -> Callable[[], None]:
        """Tell an ear from now on; returns the function that ends it, which may be called twice."""
        self._ears.append(ear)
        return lambda: self._ears.remove(ear) if ear in self._ears else None

    def _tell(self, seq: int, row: FillView | NewsView | CommandView) -> None:
        for ear in self._ears:
            ear.row(seq, row)

    def remark(self, kind: str, text: str, ts: int) -> None:
        """Add a warning of the runtime itself to the event list; no step is behind it."""
        line = NewsView(
            seq=self.last_seq, ts=ts, level=fx.Level.WARNING, kind=kind, instance="", text=text
        )
        self._news.append(line)
        self._tell(self.last_seq, line)

    def fills(self) -> Iterator[FillView]:
        """Yield the fills that are kept, newest first."""
        return reversed(self._fills.values())

    def fills_of(self, client_order_id: OrderId, since_seq: int) -> tuple[FillView, ...]:
        """Return the kept fills of one order, oldest first; none is older than its cause."""
        later = takewhile(lambda fill: fill.seq >= since_seq, self.fills())
        found = [each for each in later if each.client_order_id == client_order_id]
        return tuple(reversed(found))

    def news(self) -> Iterator[NewsView]:
        """Yield the event list, newest first."""
        return reversed(self._news)

    def commands(self) -> Iterator[CommandView]:
        """Yield the commands that are kept, newest first."""
        return reversed(self._commands.values())

    # --- orders and fills ------------------------------------------------------------------------

    def _submitted(self, effect: fx.SubmitOrder, news: Published) -> None:
        owners = self._owners
        owners[effect.client_order_id] = (effect.instance, effect.spec.reason)
        if len(owners) > KEPT_OWNERS:
            del owners[next(iter(owners))]

    def _report(self, event: ev.AccountReport, news: Published) -> None:
        for fill in event.fills:
            self._fill(fill, news)

    def _fill(self, fill: Fill, news: Published) -> None:
        where = (fill.account, fill.key)
        known = self._seen.get(where)
        if known is not None:
            if fill.life is not FillLife.MATCHED:
                self._become(where, fill.life, news.seq)
            return
        if where in self._early:
            fill = msgspec.structs.replace(fill, life=self._early.pop(where))
        owner, reason = UNMANAGED, ""
        if fill.client_order_id is not None:
            owner, reason = self._owners.get(fill.client_order_id, (UNMANAGED, ""))
        self._seen[where] = fill.life
        shown = self._fills[where] = _fill_view(fill, owner, reason, news.seq)
        self._tell(news.seq, shown)
        if len(self._fills) > KEPT_FILLS:
            del self._fills[next(iter(self._fills))]
        if fill.life is not FillLife.FAILED:
            self.fills_count += 1
            self.tally.add(fill, owner)

    def _told(
        self, event: ev.FillFinalised | ev.FillFailed, life: FillLife, news: Published
    ) -> None:
        where = (event.account, event.key)
        shown = self._fills.get(where)
        if shown is not None:
            self.lives.add(OrderId(shown.client_order_id), news, event)
        self._become(where, life, news.seq)

    def _become(self, where: tuple[AccountId, FillKey], life: FillLife, seq: int) -> None:
        known = self._seen.get(where)
        if known is not FillLife.MATCHED:
            if known is None:
                # It was said before the fill itself came.
                self._early.setdefault(where, life)
            return
        self._seen[where] = life
        shown = self._fills.get(where)
        if shown is not None:
            changed = self._fills[where] = msgspec.structs.replace(shown, life=life)
            self._tell(seq, changed)
        if life is FillLife.FAILED:
            self.fills_count -= 1
            self.tally.take_back(where)
        else:
            self.tally.settle(where)

    def _charge(self, event: ev.FeeAdjusted) -> None:
        where = (event.account, event.key)
        if where not in self._seen:
            self._seen[where] = FillLife.FINAL
            self.tally.charge(event)

    # --- commands --------------------------------------------------------------------------------

    def _command(self, event: ev.CommandReceived, news: Published) -> None:
        if event.command_id in self._commands:
            return
        asked = self._commands[event.command_id] = CommandView(
            seq=news.seq,
            command_id=event.command_id,
            name=type(event.command).__name__,
            body=msgspec.json.encode(event.command).decode(),
            by=event.by,
            why=event.why,
            confirmation=None,
            effect="",
            rule="",
            received_ns=event.ts_recv,
            answered_ns=0,
        )
        self._tell(news.seq, asked)
        if len(self._commands) > KEPT_COMMANDS:
            del self._commands[next(iter(self._commands))]

    def _answered(self, effect: fx.CommandAnswered, news: Published) -> None:
        known = self._commands.get(effect.command_id)
        if known is not None:
            told = self._commands[effect.command_id] = msgspec.structs.replace(
                known,
                confirmation=effect.confirmation,
                effect=effect.effect,
                rule=effect.rule,
                answered_ns=effect.ts,
            )
            self._tell(news.seq, told)


def _fill_view(fill: Fill, owner: InstanceId, reason: str, seq: int) -> FillView:
    return FillView(
        seq=seq,
        exec_id=fill.key,
        instance=owner,
        account=fill.account,
        instrument=fill.instrument,
        bucket=fill.bucket,
        side=fill.side,
        last_qty=fill.qty,
        last_px=fill.px,
        fee=fill.fee,
        fee_currency=fill.fee_currency,
        liquidity=fill.liquidity,
        life=fill.life,
        reason=reason,
        client_order_id=fill.client_order_id or "",
        venue_order_id=fill.venue_order_id or "",
        ts_event=fill.ts_event,
    )


# --- the event list -------------------------------------------------------------------------------

Words = tuple[Level, str, str, str]
"""(level, kind, instance, text); an empty text leaves the piece out."""


def _alert(effect: fx.Alert) -> Words:
    return effect.level, effect.kind, effect.instance or "", effect.text


def _denied(effect: fx.Denied) -> Words:
    what = type(effect.intent).__name__
    often = f" ({effect.unsaid} more since the one before)" if effect.unsaid else ""
    text = f"{what} denied by {effect.rule}: {effect.why}{often}"
    return WARNING, "denied", effect.instance, text


def _noted(effect: fx.Noted) -> Words:
    fields = ", ".join(f"{name} {value}" for name, value in effect.fields.items())
    return INFO, effect.kind, effect.instance, fields or effect.kind


def _lifecycle(effect: fx.LifecycleChanged) -> Words:
    # A fault raises an alert of its own.
    text = "" if effect.faulted else f"{effect.state.value}: {effect.cause}"
    return INFO, "lifecycle", effect.instance, text


def _trading(effect: fx.TradingStateChanged) -> Words:
    scope = f"{effect.scope.kind.value} {effect.scope.name}".rstrip()
    level = INFO if effect.state.value == "active" else CRITICAL
    return level, "trading", "", f"{scope} is {effect.state.value}: {effect.cause}"


def _lock(effect: fx.LockChanged) -> Words:
    subject = f"{effect.instrument or 'everything'} on {effect.account}"
    text = f"{subject} is locked: {effect.cause}" if effect.cause else f"{subject} is free"
    return (WARNING if effect.cause else INFO), "lock", "", text


def _command_answered(effect: fx.CommandAnswered) -> Words:
    level = WARNING if effect.confirmation is Confirmation.REFUSED else INFO
    text = f"{effect.confirmation.value} ({effect.command_id}): {effect.effect}"
    return level, "command", "", text


WORDS: dict[type, Callable[[Any], Words]] = {
    fx.Alert: _alert,
    fx.Denied: _denied,
    fx.Noted: _noted,
    fx.LifecycleChanged: _lifecycle,
    fx.TradingStateChanged: _trading,
    fx.LockChanged: _lock,
    fx.ParametersChanged: lambda effect: (
        INFO,
        "parameters",
        effect.instance,
        f"parameters are at version {effect.version}",
    ),
    fx.CommandAnswered: _command_answered,
}
"""What the event list says of each kind of news; all others are no part of it."""

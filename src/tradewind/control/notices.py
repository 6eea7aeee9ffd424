"""Which news are worth a person's attention away from the desk, and how often of each kind.

Knows committed steps. Must not know how a notice travels; whoever posts them asks for what is
due.
"""

from collections import deque
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from tradewind.control.live import LiveViews
from tradewind.control.worth import CENT
from tradewind.model import effects as fx
from tradewind.model import events as ev
from tradewind.model.commands import TradingState
from tradewind.model.effects import Level
from tradewind.model.money import NANOS
from tradewind.model.notice import Notice, NoticeKind
from tradewind.ports import Published

GAP_NS = 60 * NANOS
"""Of one kind about one subject, at most one notice in so long; what is held back is counted."""
MOST_WAITING = 200
MOST_SUBJECTS = 1_000


ALERTS = {
    "unconfirmed": NoticeKind.KILL,
    "faulted": NoticeKind.FAULT,
    "unknown_order": NoticeKind.UNKNOWN_ORDER,
    "unprotected": NoticeKind.UNPROTECTED_POSITION,
    "position_left_open": NoticeKind.UNPROTECTED_POSITION,
    "feed_lost": NoticeKind.STALE_FEED,
}
"""Alerts of the desk that are worth a notice, by their kind."""


class _Held(msgspec.Struct):
    """What of one kind and subject was held back since `last_ns`, and the newest of it."""

    last_ns: int
    more: int = 0
    newest: Notice | None = None


class Notices:
    """Hears a desk's news and keeps what is to be posted, a bounded number of it.

    `kinds` are those that anybody wants. Subscribe it to the desk's bus; it never raises for a
    step. `lost` counts the notices that nobody took in time.
    """

    def __init__(self, views: LiveViews, kinds: Collection[NoticeKind] = tuple(NoticeKind)) -> None:
        self._views = views
        self._kinds = frozenset(kinds)
        self._waiting: deque[Notice] = deque()
        self._held: dict[tuple[str, str], _Held] = {}
        self._day: int | None = None
        self._begun = (0.0, 0)
        self.lost = 0
        self.on_notice: Callable[[], None] = lambda: None

    def __call__(self, news: Published) -> None:
        """Take in one committed step."""
        event = news.event
        if (
            type(event) is ev.NoAnswer
            and event.client_order_id in self._views.desk.exposure.unknown
        ):
            text = (
                f"The {event.request.value} of order {event.client_order_id} on {event.account} "
                f"has no answer: it may or may not exist; the venue is being asked."
            )
            kind = NoticeKind.UNKNOWN_ORDER
            self._tell(self._notice(kind, Level.WARNING, event.account, text, news.ts))
        for effect in news.effects:
            words = _WORDS.get(type(effect))
            found = words(effect) if words is not None else None
            if found is not None:
                kind, level, subject, text = found
                self._tell(self._notice(kind, level, subject, text, news.ts))
            if type(effect) is fx.DayOpened:
                self._day_opened(effect, news.ts)

    def due(self, now_ns: int) -> list[Notice]:
        """Take what is to be posted; of what was held back, the newest once its gap is over."""
        for held in self._held.values():
            if held.newest is not None and now_ns - held.last_ns >= GAP_NS:
                notice, more = held.newest, held.more - 1
                held.last_ns, held.more, held.newest = now_ns, 0, None
                self._put(msgspec.structs.replace(notice, more=more))
        found = list(self._waiting)
        self._waiting.clear()
        return found

    def _notice(self, kind: NoticeKind, level: Level, subject: str, text: str, ts: int) -> Notice:
        return Notice(
            kind=kind,
            level=level.value,
            desk=self._views.vitals.name,
            subject=subject,
            text=text,
            ts=ts,
        )

    def _tell(self, notice: Notice) -> None:
        if notice.kind not in self._kinds:
            return
        held = self._held.get((notice.kind, notice.subject))
        if held is not None and notice.ts - held.last_ns < GAP_NS:
            held.more += 1
            held.newest = notice
            return
        more = held.more if held is not None else 0
        self._held[notice.kind, notice.subject] = _Held(notice.ts)
        if len(self._held) > MOST_SUBJECTS:
            del self._held[next(iter(self._held))]
        self._put(msgspec.structs.replace(notice, more=more))

    def _put(self, notice: Notice) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.lost += 1
        self._waiting.append(notice)
        self.on_notice()

    def _day_opened(self, effect: fx.DayOpened, ts: int) -> None:
        """Sum up the day that is over, once for all accounts that begin the new one."""
        if self._day is not None and effect.day > self._day:
            text = self._summary()
            kind = NoticeKind.DAILY_SUMMARY
            self._tell(self._notice(kind, Level.INFO, f"day {effect.day}", text, ts))
        if self._day is None or effect.day > self._day:
            worth = self._views.total()
            net = float(worth.net) if worth is not None else 0.0
            self._begun = (net, self._views.history.fills_count)
            self._day = effect.day

    def _summary(self) -> str:
        views = self._views
        worth = views.total()
        fills = views.history.fills_count - self._begun[1]
        words = [f"{fills} fills"]
        if worth is not None:
            made = float(worth.net) - self._begun[0]
            words.insert(0, f"{made:+.2f} {worth.currency} in the day")
            words.append(f"{worth.net.quantize(CENT)} {worth.currency} in all")
        faulted = sum(1 for each in views.desk.instances.values() if each.standing.faulted)
        words.append(f"{len(views.desk.orders.live)} orders live")
        words += [f"{faulted} instances faulted"] if faulted else []
        return ", ".join(words)


Words = tuple[NoticeKind, Level, str, str]


def _alert(effect: fx.Alert) -> Words | None:
    kind = ALERTS.get(effect.kind)
    return None if kind is None else (kind, effect.level, effect.instance or "", effect.text)


def _trading(effect: fx.TradingStateChanged) -> Words | None:
    if effect.state is not TradingState.HALTED:
        return None
    subject = f"{effect.scope.kind.value} {effect.scope.name}".rstrip()
    text = f"{subject} is halted: {effect.cause}"
    return NoticeKind.KILL, Level.CRITICAL, subject, text


_WORDS: dict[type, Callable[[Any], Words | None]] = {
    fx.Alert: _alert,
    fx.TradingStateChanged: _trading,
}
"""What of a step is worth a notice, and in which words."""

"""The newest public prints of the markets that somebody watches; of all others none.

Knows folded market data as it is handed on, and nothing of a desk. Whoever folds events asks
`hears` before each hand-over, so that a desk without watchers pays one look at an attribute.
"""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable

from tradewind.control.market_rows import KEPT_PRINTS, Print
from tradewind.model.events import Event, Trade
from tradewind.model.ids import InstrumentId


class Roll:
    """The prints of one market; `count` is how many there have been since it is kept."""

    __slots__ = ("count", "prints")

    def __init__(self) -> None:
        self.count = 0
        self.prints: deque[Print] = deque(maxlen=KEPT_PRINTS)

    def after(self, count: int) -> tuple[Print, ...]:
        """Return the prints after the first `count`, as far as they are kept, oldest first."""
        new = min(self.count - count, len(self.prints))
        return tuple(self.prints)[-new:] if new > 0 else ()


class Tape:
    """Keeps prints by instrument while at least one watcher wants them.

    `on_change` is told when the first watcher comes or the last one goes, with what to call for
    every folded event, None for nothing.
    """

    def __init__(self) -> None:
        self.rolls: dict[InstrumentId, Roll] = {}
        self.on_change: Callable[[Callable[[Event], None] | None], None] = lambda listener: None
        self._watchers: Counter[InstrumentId] = Counter()

    def watch(self, instruments: Iterable[InstrumentId]) -> None:
        """Keep these for one watcher more."""
        before = bool(self.rolls)
        for name in instruments:
            self._watchers[name] += 1
            if name not in self.rolls:
                self.rolls[name] = Roll()
        if self.rolls and not before:
            self.on_change(self.hear)

    def leave(self, instruments: Iterable[InstrumentId]) -> None:
        """One watcher less wants these."""
        for name in instruments:
            self._watchers[name] -= 1
            if self._watchers[name] <= 0:
                del self._watchers[name]
                self.rolls.pop(name, None)
        if not self.rolls:
            self.on_change(None)

    @property
    def watched(self) -> Collection[InstrumentId]:
        """Return what somebody watches."""
        return self.rolls.keys()

    def hear(self, event: Event) -> None:
        """Take in a folded event."""
        if type(event) is Trade:
            roll = self.rolls.get(event.instrument)
            if roll is not None:
                roll.count += 1
                roll.prints.append(Print(event.ts_event, event.px, event.qty, event.side))

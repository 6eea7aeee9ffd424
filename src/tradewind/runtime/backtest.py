"""The backtest loop: history into the same step, as fast as it goes, with nothing kept.

The order of things is that of `drive`: what is due first, then the venue's view of the event, then
the desk's. While no order rests, the venue is only told the last event when one is sent.
"""

from collections.abc import Callable, Iterable
from typing import Any

from tradewind.core.engine.desk import Desk
from tradewind.core.engine.step import step
from tradewind.core.matching.simulated import SimulatedVenue
from tradewind.model.effects import Effect
from tradewind.model.events import Candle, DeskStarted, Event, InstrumentDefined, Quote, Trade
from tradewind.model.instrument import Instrument
from tradewind.runtime.drive import Drive

Observer = Callable[[Event, list[Effect]], None]
HOUR_NS = 3_600_000_000_000
LAST_WORD_NS = 60_000_000_000
"""So long after the last event the venue may still answer: to orders, and what a question paid."""
QUIET = frozenset({Quote, Trade, Candle})
"""What an idle venue need not see."""


class Watched(Drive):
    """A drive that shows an observer every step that is not plain market data."""

    def __init__(self, desk: Desk, venue: SimulatedVenue, observe: Observer) -> None:
        super().__init__(desk, venue, None)
        self.observe = observe
        self.simulated = venue

    def _step(self, event: Event) -> list[Effect]:
        self.events += 1
        effects = step(self.desk, event)
        self.observe(event, effects)
        if effects:
            self.carry(effects)
        return effects

    def carry(self, effects: Iterable[Effect]) -> None:
        """Hand effects to the venue, which may not have seen the market while it was idle."""
        if not self.simulated.busy:
            self.show_markets(effects)
        super().carry(effects)

    def show_markets(self, effects: Iterable[Any]) -> None:
        """Let the idle venue see the last event of every instrument that an order is for."""
        for effect in effects:
            spec = getattr(effect, "spec", None)
            if spec is None:
                continue
            feed = self.desk.feeds[spec.instrument]
            market = self.simulated.markets[spec.instrument]
            now = feed.market
            if now.quote is not None:
                market.quote = now.quote
            if now.candle is not None:
                market.candle = now.candle
            if feed.last_trade is not None:
                market.trade = feed.last_trade


def begin(
    desk: Desk,
    venue: SimulatedVenue,
    started: DeskStarted,
    instruments: Iterable[Instrument],
    observe: Observer,
) -> Watched:
    """Start a desk on simulated venues: instruments first, then accounts, reconciled."""
    drive = Watched(desk, venue, observe)
    drive.begin(started)
    for instrument in instruments:
        drive.feed(InstrumentDefined(instrument, started.ts_recv))
    return drive


def run(  # noqa: C901 - the loop that every event of a backtest passes
    drive: Watched,
    events: Iterable[Any],
    sample: Callable[[int], None],
    sample_ns: int = HOUR_NS,
) -> int:
    """Feed every event; returns how many. `sample(ts)` is called on a grid of `sample_ns`."""
    desk, venue = drive.desk, drive.simulated
    count = 0
    ts = next_sample_ns = 0
    advance, carry, observe = drive.advance, drive.carry, drive.observe
    # When the venue or a reading is due next; changes only where something was sent or answered.
    due_ns = min(venue.next_due_ns, drive.read_ns)
    for event in events:
        ts = event.ts_recv
        count += 1
        if due_ns <= ts or desk.next_wake_ns <= ts:
            advance(ts)
            due_ns = min(venue.next_due_ns, drive.read_ns)
        if venue.busy or type(event) not in QUIET:
            if type(event) is InstrumentDefined:
                venue.define(event.instrument, ts)
            else:
                venue.on_market(event)
            if venue.next_due_ns < due_ns:
                due_ns = venue.next_due_ns
                if due_ns <= ts:
                    advance(ts)
                    due_ns = min(venue.next_due_ns, drive.read_ns)
        effects = step(desk, event)
        if effects:
            observe(event, effects)
            carry(effects)
            if venue.next_due_ns <= ts or drive.read_ns <= ts:
                advance(ts)
            due_ns = min(venue.next_due_ns, drive.read_ns)
        if ts >= next_sample_ns:
            sample(ts)
            next_sample_ns = ts - ts % sample_ns + sample_ns
    drive.events += count
    while venue.next_due_ns <= ts + LAST_WORD_NS:
        advance(venue.next_due_ns)
    return count

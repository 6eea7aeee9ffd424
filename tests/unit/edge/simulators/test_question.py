"""A question's public: books that never cross, mirror each other, and explain their trades."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest

from tradewind.core.market.book import Book
from tradewind.edge.simulators.latent import Chance
from tradewind.edge.simulators.noise import MINUTE_NS, Jumps, Noise
from tradewind.edge.simulators.question import Listing, QuestionFlow, Style
from tradewind.edge.simulators.scenarios import FAVOURITE, ON_CHAIN, OPEN_QUESTION
from tradewind.model.events import BookDelta, BookSnapshot, Event, FeedChanged, MarketEvent, Trade
from tradewind.model.ids import Currency, InstrumentId, VenueId
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome, single_tick
from tradewind.model.money import NANOS, ONE
from tradewind.model.order import Side

BUY, SELL = Side.BUY, Side.SELL
START_NS = 1_790_000_000 * NANOS
YES_ID, NO_ID = InstrumentId("SIM:Q:YES"), InstrumentId("SIM:Q:NO")
STYLES = [
    pytest.param(OPEN_QUESTION, "0.01", 0.45, id="open question"),
    pytest.param(FAVOURITE, "0.01", 0.92, id="favourite"),
    pytest.param(ON_CHAIN, "0.001", 0.55, id="fine ticks"),
    pytest.param(OPEN_QUESTION, "0.01", 0.985, id="nearly sure"),
]


def instrument(name: InstrumentId, mirror: InstrumentId, outcome: Outcome, tick: str) -> Instrument:
    return Instrument(
        id=name,
        venue=VenueId("SIM"),
        symbol="Q",
        kind=InstrumentKind.BINARY,
        quote=Currency("USD"),
        ticks=single_tick(Decimal(tick)),
        qty_step=Decimal(1),
        px_exponent=4,
        qty_exponent=0,
        outcome=outcome,
        mirror=mirror,
    )


def flow(style: Style, tick: str, chance: float, seed: int, feed_ns: int = 0) -> QuestionFlow:
    yes = instrument(YES_ID, NO_ID, Outcome.YES, tick)
    no = instrument(NO_ID, YES_ID, Outcome.NO, tick)
    jumps = Jumps(
        f"{seed}/j", every_ns=5 * MINUTE_NS, chance=0.7, mean=0.0, spread=0.8, fade_ns=MINUTE_NS
    )
    waves = Noise(f"{seed}/w", ((10 * MINUTE_NS, 0.4), (MINUTE_NS, 0.1), (5 * NANOS, 0.03)))
    activity = Noise(f"{seed}/a", ((5 * MINUTE_NS, 0.6), (20 * NANOS, 0.5)))
    return QuestionFlow(
        Listing(yes, no, feed_ns),
        style,
        Chance(chance, waves, jumps),
        activity,
        (START_NS, Random(seed)),
    )


def told(made: QuestionFlow, minutes: int) -> Iterator[list[Event]]:
    """Yield what each thing that happened said."""
    out: list[Event] = []
    made.open(out)
    yield out
    while made.next_ns < START_NS + minutes * MINUTE_NS:
        out = []
        made.step(out)
        yield out


@pytest.mark.parametrize(("style", "tick", "chance"), STYLES)
def test_books_never_cross_and_always_mirror(
    style: Style, tick: str, chance: float, seed: int
) -> None:
    books = {YES_ID: Book(), NO_ID: Book()}
    for events in told(flow(style, tick, chance, seed), 30):
        for event in events:
            if isinstance(event, BookSnapshot):
                books[event.instrument].apply_snapshot(event)
            elif isinstance(event, BookDelta):
                assert books[event.instrument].apply_delta(event), "a gap in the sequence"
        yes, no = books[YES_ID], books[NO_ID]
        for book, mirror in ((yes, no), (no, yes)):
            bids = book.levels(BUY, 99)
            asks = tuple((ONE - px, qty) for px, qty in mirror.levels(SELL, 99))
            assert bids == asks
            assert all(qty > 0 and not px % Decimal(tick) and 0 < px < 1 for px, qty in bids)
        if yes.best_bid is not None and yes.best_ask is not None:
            assert yes.best_bid < yes.best_ask


@pytest.mark.parametrize(("style", "tick", "chance"), STYLES)
def test_trades_take_what_stood_at_the_touch(
    style: Style, tick: str, chance: float, seed: int
) -> None:
    books = {YES_ID: Book(), NO_ID: Book()}
    prints = 0
    for events in told(flow(style, tick, chance, seed), 30):
        taken: dict[InstrumentId, dict[Decimal, Decimal]] = defaultdict(dict)
        for event in events:
            if isinstance(event, Trade) and event.side is SELL:
                prints += 1
                book = books[event.instrument]
                reached = [px for px in taken[event.instrument] if px <= event.px]
                assert not reached, "the taker went back up"
                assert event.qty <= book.qty_at(BUY, event.px)
                better = [px for px, _ in book.levels(BUY, 99) if px > event.px]
                assert set(better) <= set(taken[event.instrument]), "a better bid was passed over"
                taken[event.instrument][event.px] = event.qty
        for event in events:
            if isinstance(event, BookSnapshot):
                books[event.instrument].apply_snapshot(event)
            elif isinstance(event, BookDelta):
                before = {
                    px: books[event.instrument].qty_at(BUY, px) for px in taken[event.instrument]
                }
                books[event.instrument].apply_delta(event)
                for px, qty in taken[event.instrument].items():
                    assert books[event.instrument].qty_at(BUY, px) == before[px] - qty
    assert prints > 20


def test_each_trade_is_told_on_both_outcomes(seed: int) -> None:
    for events in told(flow(OPEN_QUESTION, "0.01", 0.45, seed), 20):
        trades = [event for event in events if isinstance(event, Trade)]
        for one, other in zip(trades[::2], trades[1::2], strict=True):
            assert {one.instrument, other.instrument} == {YES_ID, NO_ID}
            assert (one.px + other.px, one.qty) == (ONE, other.qty)
            assert {one.side, other.side} == {BUY, SELL}


def test_something_is_heard_every_second(seed: int) -> None:
    last = {YES_ID: START_NS, NO_ID: START_NS}
    beats = 0
    for events in told(flow(FAVOURITE, "0.01", 0.9, seed, feed_ns=7), 20):
        for event in events:
            assert isinstance(event, MarketEvent)
            assert not isinstance(event, FeedChanged) or event.live
            beats += isinstance(event, FeedChanged)
            assert event.ts_recv - event.ts_event == 7
            assert event.ts_recv - last[event.instrument] <= NANOS + 7
            last[event.instrument] = event.ts_recv
    assert beats


def test_the_middle_follows_the_hidden_chance(seed: int) -> None:
    made = flow(OPEN_QUESTION, "0.01", 0.45, seed)
    hidden = flow(OPEN_QUESTION, "0.01", 0.45, seed)._chance
    book = Book()
    away = []
    for events in told(made, 60):
        for event in events:
            if isinstance(event, BookSnapshot) and event.instrument == YES_ID:
                book.apply_snapshot(event)
            elif isinstance(event, BookDelta) and event.instrument == YES_ID:
                book.apply_delta(event)
                if book.best_bid is not None and book.best_ask is not None:
                    middle = float(book.best_bid + book.best_ask) / 2
                    away.append(abs(middle - hidden.at(event.ts_event)))
    away.sort()
    assert away[len(away) // 2] < 0.02

"""A perpetual's public: quotes on the grid, trades at the touch, candles that add up."""

from itertools import pairwise
from random import Random

import pytest

from tradewind.edge.simulators.noise import MINUTE_NS, Noise
from tradewind.edge.simulators.perpetual import PerpetualFlow, past_candles
from tradewind.edge.simulators.scenarios import demo
from tradewind.edge.simulators.world import PerpetualTerms
from tradewind.model.events import (
    Candle,
    Event,
    FeedChanged,
    FundingRate,
    InstrumentDefined,
    Quote,
    Trade,
)
from tradewind.model.money import NANOS
from tradewind.model.order import Side

START_NS = 1_790_000_000 * NANOS + 12_345
FEED_NS = 9


def terms(seed: int, place: int) -> PerpetualTerms:
    return demo(seed, START_NS).perpetuals[place]


def events(seed: int, place: int, minutes: int, log_activity: float = 0.0) -> list[Event]:
    one = terms(seed, place)
    waves = ((10 * MINUTE_NS, log_activity), (30 * NANOS, log_activity))
    made = PerpetualFlow(
        one.rules,
        one.pace,
        one.price,
        Noise(f"{seed}/a", waves),
        (START_NS, Random(seed)),
        FEED_NS,
    )
    out: list[Event] = []
    made.open(out)
    while made.next_ns <= START_NS + minutes * MINUTE_NS:
        made.step(out)
    return out


@pytest.mark.parametrize("place", [0, 1, 2])
def test_quotes_and_trades_are_on_the_grid_and_agree(place: int, seed: int) -> None:
    rules = terms(seed, place).rules
    quote: Quote | None = None
    seen = 0
    for event in events(seed, place, 20, 0.8):
        if isinstance(event, Quote):
            assert event.bid < event.ask
            assert rules.on_grid(event.bid)
            assert rules.on_grid(event.ask)
            assert event.bid_qty > 0
            assert event.ask_qty > 0
            assert not event.bid_qty % rules.qty_step
            quote = event
        elif isinstance(event, Trade):
            assert quote is not None
            buys = event.side is Side.BUY
            assert event.px == (quote.ask if buys else quote.bid)
            assert 0 < event.qty <= (quote.ask_qty if buys else quote.bid_qty)
            assert not event.qty % rules.qty_step
            seen += 1
    assert seen > 100


@pytest.mark.parametrize("log_activity", [0.0, 3.0], ids=["steady", "with empty minutes"])
def test_a_candle_is_the_fold_of_its_trades(log_activity: float, seed: int) -> None:
    rules = terms(seed, 0).rules
    trades: list[Trade] = []
    candles: list[Candle] = []
    for event in events(seed, 0, 30, log_activity):
        if isinstance(event, Trade):
            trades.append(event)
        elif isinstance(event, Candle):
            end_ns = event.ts_event + MINUTE_NS
            assert event.ts_recv == end_ns + FEED_NS
            assert not any(trade.ts_event >= end_ns for trade in trades)
            made = [trade for trade in trades if trade.ts_event >= event.ts_event]
            prices = [rules.px_quanta(trade.px) for trade in made]
            if not prices:
                prices = [event.open_quanta]
                assert event.volume == 0.0
            assert event.open_quanta == prices[0]
            assert event.high_quanta == max(prices)
            assert event.low_quanta == min(prices)
            assert event.close_quanta == prices[-1]
            assert event.volume == pytest.approx(float(sum(trade.qty for trade in made)))
            assert event.close == float(rules.px(event.close_quanta))
            candles.append(event)
    starts = [candle.ts_event for candle in candles]
    assert starts == list(range(starts[0], starts[0] + len(starts) * MINUTE_NS, MINUTE_NS))
    assert len(starts) >= 29


def test_the_first_word_is_the_definition_and_silence_never_lasts(seed: int) -> None:
    told = events(seed, 2, 10, 1.5)
    assert isinstance(told[0], InstrumentDefined)
    times = [event.ts_recv for event in told]
    assert times == sorted(times)
    assert max(b - a for a, b in pairwise(times)) <= NANOS
    assert all(event.live for event in told if isinstance(event, FeedChanged))


def test_funding_comes_every_eight_hours_at_the_hour() -> None:
    one = terms(3, 0)
    quiet = Noise("a", ((MINUTE_NS, 0.0),))
    # Two seconds before eight o'clock.
    eight_ns = 8 * 3_600 * NANOS
    start_ns = START_NS // eight_ns * eight_ns + eight_ns - 2 * NANOS
    made = PerpetualFlow(one.rules, one.pace, one.price, quiet, (start_ns, Random(3)), FEED_NS)
    out: list[Event] = []
    made.open(out)
    while made.next_ns < start_ns + 10 * NANOS:
        made.step(out)
    rates = [event for event in out if isinstance(event, FundingRate)]
    assert [event.ts_event for event in rates] == [start_ns + 2 * NANOS]
    assert abs(rates[0].rate) < 1
    assert one.rules.on_grid(rates[0].mark)


def test_history_ends_before_the_start_and_near_its_price(seed: int) -> None:
    one = terms(seed, 1)
    history = past_candles(one.rules, one.price, one.pace, START_NS, 300)
    assert len(history) == 300
    assert all(candle.ts_recv == candle.ts_event + MINUTE_NS <= START_NS for candle in history)
    for before, after in pairwise(history):
        assert after.ts_event == before.ts_event + MINUTE_NS
        assert after.open_quanta == before.close_quanta
        assert after.low_quanta <= min(after.open_quanta, after.close_quanta)
        assert after.high_quanta >= max(after.open_quanta, after.close_quanta)
        assert after.volume > 0.0
    quote = next(event for event in events(seed, 1, 1) if isinstance(event, Quote))
    assert float(quote.bid) == pytest.approx(history[-1].close, rel=0.01)

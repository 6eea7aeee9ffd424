"""A world goes on after a stop near where it was, and has a past that fits."""

import pickle
from collections.abc import Iterable

import pytest

from tradewind.edge.simulators.scenarios import SIM_BYBIT, demo
from tradewind.model.errors import ConfigError
from tradewind.model.events import BookSnapshot, Candle, Event, Quote, ReferencePrice
from tradewind.model.instrument import InstrumentKind
from tradewind.model.money import NANOS

ORIGIN_NS = 1_790_000_000 * NANOS
MINUTE_NS = 60 * NANOS


def tops(events: Iterable[Event]) -> dict[str, float]:
    """Return the last known bid of every instrument that tells whole books or quotes."""
    found: dict[str, float] = {}
    for event in events:
        if isinstance(event, BookSnapshot) and event.bids:
            found[event.instrument] = float(event.bids[0][0])
        elif isinstance(event, Quote):
            found[event.instrument] = float(event.bid)
    return found


def test_a_world_that_resumes_goes_on_near_its_last_prices(seed: int) -> None:
    stop_ns = ORIGIN_NS + 7 * MINUTE_NS + 123
    world = demo(seed, ORIGIN_NS)
    one_run = tops(world.flow(ORIGIN_NS).due(stop_ns))
    fresh = demo(seed, ORIGIN_NS)
    crowd = fresh.flow(stop_ns, since_ns=stop_ns)
    again = crowd.due(stop_ns + NANOS)
    assert all(event.ts_recv >= stop_ns for event in again)
    prices = tops(again)
    assert prices.keys() == one_run.keys()
    for rules in world.instruments(stop_ns):
        if rules.kind is InstrumentKind.PERPETUAL:
            assert prices[rules.id] == pytest.approx(one_run[rules.id], rel=0.002)


def test_the_same_restart_gives_the_same_stream(seed: int) -> None:
    start_ns = ORIGIN_NS + 61 * MINUTE_NS
    first = demo(seed, ORIGIN_NS).flow(start_ns).due(start_ns + 20 * NANOS)
    kept = pickle.loads(pickle.dumps(demo(seed, ORIGIN_NS)))  # noqa: S301 - made on this line
    assert kept.flow(start_ns).due(start_ns + 20 * NANOS) == first


def test_instruments_carry_the_number_of_their_question(seed: int) -> None:
    world = demo(seed, ORIGIN_NS)
    hourly = [
        {rules.id for rules in world.instruments(ORIGIN_NS + hour * 60 * MINUTE_NS)}
        for hour in range(3)
    ]
    assert "SIM-KALSHI:BTCHOUR-0001:YES" in hourly[0]
    assert "SIM-KALSHI:BTCHOUR-0001:YES" not in hourly[1]
    assert "SIM-KALSHI:BTCHOUR-0003:NO" in hourly[2]
    assert len(hourly[0] & hourly[2]) == len(hourly[0]) - 2


def test_history_comes_before_the_start_and_fits_the_reference(seed: int) -> None:
    world = demo(seed, ORIGIN_NS)
    told = world.history(ORIGIN_NS, "1m", 120)
    candles = [event for event in told if isinstance(event, Candle)]
    prices = [event for event in told if isinstance(event, ReferencePrice)]
    assert len(candles) == 3 * 120
    assert len(prices) >= 119
    times = [event.ts_recv for event in told]
    assert times == sorted(times)
    assert times[-1] <= ORIGIN_NS
    closes = {
        candle.ts_event // MINUTE_NS: candle.close
        for candle in candles
        if candle.instrument == f"{SIM_BYBIT}:BTCUSDT"
    }
    for price in prices:
        minute = price.ts_event // MINUTE_NS
        if minute in closes:
            assert price.px == pytest.approx(closes[minute], rel=1e-5)


def test_longer_candles_have_a_history_too() -> None:
    told = demo(1, ORIGIN_NS).history(ORIGIN_NS, "5m", 40)
    candles = [event for event in told if isinstance(event, Candle)]
    assert {candle.interval for candle in candles} == {"5m"}
    assert len(candles) == 3 * 40


def test_a_world_does_not_begin_before_its_beginning() -> None:
    with pytest.raises(ConfigError, match="start later"):
        demo(1, ORIGIN_NS).flow(ORIGIN_NS - 1)


def test_a_world_makes_its_venues_with_their_accounts() -> None:
    world = demo(1, ORIGIN_NS)
    for name in world.models:
        venue = world.venue(name)
        assert list(venue.accounts) == [a.id for a in world.accounts if a.venue == name]

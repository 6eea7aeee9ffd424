"""What the account hears without asking: candles, what the venue permits, changed rules."""

from decimal import Decimal

import pytest

from tests.unit.edge.venues.bybit.small import BTC, Desk, page, running
from tradewind.model import events as ev
from tradewind.model.ids import InstrumentId
from tradewind.model.market import CandleStatus, Trading
from tradewind.model.money import NANOS

NAME = InstrumentId("BYBIT:BTCUSDT")
BOOK = {"s": "BTCUSDT", "b": [["65000", "1"]], "a": [["65000.1", "2"]], "u": 10, "seq": 1}


async def test_closed_candles_come_oldest_first_and_the_open_one_is_left_out() -> None:
    desk = Desk(keys=False)
    step = 60_000
    now_ms = desk.server.clock.now_ns() // 1_000_000 // step * step
    rows = [[str(now_ms - step * back), "1.5", "2", "1", "1.75", "3", "4"] for back in range(4)]
    desk.server.tables["/v5/market/kline"] = lambda *_: page(*rows)
    await desk.venue.discover()
    start_ns = (now_ms - 10 * step) * 1_000_000
    candles = await desk.venue.candles(NAME, "1m", start_ns, start_ns + 20 * 60 * NANOS)
    assert [candle.ts_event // 1_000_000 for candle in candles] == [
        now_ms - step * back for back in (3, 2, 1)
    ]
    first = candles[0]
    assert (first.open_quanta, first.open, first.volume) == (150, 1.5, 3.0)
    assert first.status is CandleStatus.CLOSED


async def test_a_watched_instrument_says_what_the_venue_permits_and_lives_with_its_book() -> None:
    desk = Desk()
    async with running(desk, "book", "trade"):
        (trading,) = desk.of(ev.TradingChanged)
        assert trading.trading is Trading.OPEN
        assert not desk.of(ev.FeedChanged)
        public = desk.server.socket("linear")
        public.say({"topic": "orderbook.50.BTCUSDT", "type": "snapshot", "ts": 1, "data": BOOK})
        assert [event.live for event in desk.of(ev.FeedChanged)] == [True]
        await desk.until(lambda: len(desk.of(ev.FeedChanged)) > 1, 3)
        assert all(event.live for event in desk.of(ev.FeedChanged)), "heartbeats renew the age"
        desk.venue.watch([])
        assert public.heard[-1] == {
            "op": "unsubscribe",
            "req_id": public.heard[-1]["req_id"],
            "args": ["orderbook.50.BTCUSDT", "publicTrade.BTCUSDT"],
        }


async def test_changed_rules_and_a_market_that_vanished_are_news(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tradewind.edge.venues.bybit.venue.REFRESH_S", 0.01)
    desk = Desk()
    async with running(desk, "trade"):
        coarser = {"priceFilter": {"tickSize": "0.50"}, "status": "PreLaunch"}
        desk.server.rules = [BTC | coarser]
        (defined,) = await desk.until(lambda: desk.of(ev.InstrumentDefined))
        assert (defined.instrument.tick, defined.instrument.version) == (Decimal("0.50"), 2)
        desk.server.rules = []
        await desk.until(lambda: desk.of(ev.TradingChanged)[-1].trading is Trading.CLOSED)
        assert [event.trading for event in desk.of(ev.TradingChanged)] == [
            Trading.OPEN,
            Trading.PAUSED,
            Trading.CLOSED,
        ]


async def test_a_symbol_that_is_halted_when_we_start_is_found_and_closed() -> None:
    desk = Desk()
    desk.server.rules = [BTC | {"status": "Closed"}]
    async with running(desk, "trade"):
        (told,) = await desk.until(lambda: desk.of(ev.TradingChanged))
        assert told.trading is Trading.CLOSED
        desk.server.rules = [BTC]

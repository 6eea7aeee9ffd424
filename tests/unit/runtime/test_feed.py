"""Columns become the events that they say, in order of time, however they are cut into chunks."""

import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.unit.runtime.instruments import perpetual
from tradewind.model.errors import DataError
from tradewind.model.events import BookDelta, BookSnapshot, Candle, FundingRate, Quote, Trade
from tradewind.model.instrument import Instrument
from tradewind.model.market import CandleStatus
from tradewind.model.order import Side
from tradewind.ports import Columns
from tradewind.runtime import feed
from tradewind.runtime.columns import EXACT, candle_columns

MINUTE = 60_000_000_000
BTC = perpetual()


def columns(**arrays: Any) -> Columns:
    return Columns(tuple(arrays), tuple(np.array(each) for each in arrays.values()))


def minutes(
    count: int, instrument: Instrument = BTC, start: int = 0, step: int = MINUTE
) -> Columns:
    close = 100 + np.arange(count) % 7 / 100
    ts = start + np.arange(count) * step
    prices = [close, close + 1, close - 1, close]
    return candle_columns(instrument, step, ts, prices, np.ones(count))


def cut(whole: Columns, rows: int) -> Iterator[Columns]:
    for start in range(0, len(whole), rows):
        part = slice(start, start + rows)
        yield Columns(whole.names, tuple(array[part] for array in whole.arrays))


def test_a_candle_carries_quanta_and_the_nearest_floats() -> None:
    source = columns(
        ts_event=[0, MINUTE],
        ts_recv=[MINUTE, 2 * MINUTE],
        open=[10_352, 10_350],
        high=[10_401, 10_351],
        low=[10_301, 10_299],
        close=[10_350, 10_300],
        volume=[1.5, 0.0],
        status=np.array([1, 2], np.int8),
    )
    first, second = feed.candles(BTC, "1m", source, latency_ns=5)
    assert first == Candle(
        BTC.id, 0, MINUTE + 5, "1m", 10_352, 10_401, 10_301, 10_350,
        103.52, 104.01, 103.01, 103.5, 1.5,
    )  # fmt: skip
    assert second.status is CandleStatus.CORRECTED
    assert type(first.open_quanta) is int
    assert type(first.open) is float


def test_a_candle_without_a_receive_time_comes_at_its_end() -> None:
    whole = minutes(1)
    bare = Columns(
        *zip(*[pair for pair in zip(whole.names, whole.arrays, strict=True)
               if pair[0] not in ("ts_recv", "status")], strict=True)
    )  # fmt: skip
    (candle,) = feed.candles(BTC, "1m", bare)
    assert candle.ts_recv == MINUTE
    assert candle.status is CandleStatus.CLOSED


def test_quotes_and_trades_carry_exact_decimals() -> None:
    (quote,) = feed.quotes(
        BTC,
        columns(ts_event=[9], ts_recv=[10], sequence=[0], bid=[10_351], ask=[10_352],
                bid_qty=[1], ask_qty=[2_500]),
        latency_ns=1,
    )  # fmt: skip
    assert quote == Quote(
        BTC.id, 9, 11, Decimal("103.51"), Decimal("103.52"), Decimal("0.001"), Decimal("2.5")
    )
    bought, sold = feed.trades(
        BTC,
        columns(ts_event=[1, 2], ts_recv=[1, 2], px=[10_351, 10_352], qty=[1, 2],
                side=[1, -1], trade_id=["a", "b"]),
    )  # fmt: skip
    assert bought == Trade(BTC.id, 1, 1, Decimal("103.51"), Decimal("0.001"), Side.BUY, "a")
    assert (sold.side, sold.trade_id) == (Side.SELL, "b")


def test_books_come_as_snapshots_and_deltas() -> None:
    def levels(*rows: list[int]) -> Any:
        held = np.empty(len(rows), object)
        for place, row in enumerate(rows):
            held[place] = np.array(row, np.int64)
        return held

    source = Columns(
        ("ts_event", "ts_recv", "sequence", "previous", "snapshot",
         "bid_px", "bid_qty", "ask_px", "ask_qty"),
        (np.array([1, 2, 3]), np.array([1, 2, 3]), np.array([7, 9, 12]), np.array([0, 7, 9]),
         np.array([1, 0, 0], np.int8), levels([10_000, 9_999], [], []),
         levels([1_000, 2_000], [], []), levels([10_001], [10_002], []), levels([500], [0], [])),
    )  # fmt: skip
    first, second, third = feed.books(BTC, source)
    assert first == BookSnapshot(
        BTC.id, 1, 1,
        ((Decimal("100.00"), Decimal(1)), (Decimal("99.99"), Decimal(2))),
        ((Decimal("100.01"), Decimal("0.5")),), 7,
    )  # fmt: skip
    assert second == BookDelta(BTC.id, 2, 2, (), ((Decimal("100.02"), Decimal(0)),), 9, 7)
    assert third == BookDelta(BTC.id, 3, 3, (), (), 12, 9)


def test_an_unknown_mark_of_a_funding_rate_is_zero() -> None:
    source = columns(ts_event=[8], ts_recv=[8], rate=["-0.0001"], mark=[""])
    assert list(feed.funding(BTC, source)) == [
        FundingRate(BTC.id, 8, 8, Decimal("-0.0001"), Decimal(0))
    ]


@pytest.mark.parametrize("rows", [1, 7, 2_048, 5_000])
def test_chunks_do_not_show_in_the_events(rows: int) -> None:
    whole = minutes(5_000)
    assert list(feed.candles(BTC, "1m", cut(whole, rows))) == list(feed.candles(BTC, "1m", whole))


def test_times_received_never_step_back_within_a_feed() -> None:
    source = columns(
        ts_event=[1, 2, 3, 4], ts_recv=[10, 30, 20, 40],
        sequence=[0] * 4, bid=[1] * 4, ask=[2] * 4, bid_qty=[1] * 4, ask_qty=[1] * 4,
    )  # fmt: skip
    for chunk_rows in (1, 2, 4):
        quotes = feed.quotes(BTC, cut(source, chunk_rows))
        assert [quote.ts_recv for quote in quotes] == [10, 30, 30, 40]


def test_a_missing_column_is_named() -> None:
    broken = columns(ts_event=[1], ts_recv=[1], bid=[1])
    with pytest.raises(DataError, match="quotes of BYBIT:BTCUSDT, found no column 'ask'"):
        list(feed.quotes(BTC, broken))


def test_a_price_beyond_exact_floats_is_refused() -> None:
    source = minutes(1)
    source.arrays[3][0] = EXACT
    with pytest.raises(DataError, match="floats are no longer exact"):
        list(feed.candles(BTC, "1m", source))


def sorted_by_hand(streams: list[list[Any]]) -> list[Any]:
    tagged = [
        (event.ts_recv, place, row, event)
        for place, events in enumerate(streams)
        for row, event in enumerate(events)
    ]
    return [event for *_, event in sorted(tagged, key=lambda each: each[:3])]


def test_a_merge_keeps_the_order_of_time_and_of_streams(seed: int) -> None:
    dice = np.random.default_rng(seed)
    for _ in range(20):
        named = [perpetual(f"C{k}", int(dice.integers(1, 5))) for k in range(dice.integers(1, 6))]
        sources = []
        for instrument in named:
            count = int(dice.integers(0, 3_000))
            ts = np.sort(dice.integers(0, 2_000, count)) * 1_000
            price = dice.integers(10, 1_000, count).astype(float)
            sources.append(
                candle_columns(instrument, 0, ts, [price, price + 1, price - 1, price], price)
            )
        rows = int(dice.integers(1, 4_000))
        pairs = list(zip(named, sources, strict=True))
        merged = feed.merge(*[feed.candles(one, "1m", cut(source, rows)) for one, source in pairs])
        alone = [list(feed.candles(one, "1m", source)) for one, source in pairs]
        assert list(merged) == sorted_by_hand(alone)


def test_different_kinds_merge_and_merge_again() -> None:
    ts = [1, 3, 3, 5]
    quotes = columns(ts_event=ts, ts_recv=ts, sequence=[0, 0, 1, 0], bid=[1] * 4, ask=[2] * 4,
                     bid_qty=[1] * 4, ask_qty=[1] * 4)  # fmt: skip
    trades = columns(ts_event=[2, 3, 9], ts_recv=[2, 3, 9], px=[1] * 3, qty=[1] * 3, side=[1] * 3)
    made: list[list[Any]] = [
        list(feed.quotes(BTC, quotes)),
        list(feed.trades(BTC, trades)),
        list(feed.candles(BTC, "1m", minutes(3, start=-MINUTE, step=2))),
    ]
    inner = feed.merge(feed.quotes(BTC, quotes), feed.trades(BTC, trades))
    outer = feed.merge(inner, feed.candles(BTC, "1m", minutes(3, start=-MINUTE, step=2)))
    assert list(outer) == sorted_by_hand(made)


def test_candles_of_two_intervals_merge_with_their_own_names() -> None:
    small = feed.candles(BTC, "1m", minutes(10))
    large = feed.candles(BTC, "5m", minutes(2, step=5 * MINUTE))
    merged = [(candle.interval, candle.ts_recv // MINUTE) for candle in feed.merge(small, large)]
    assert merged[3:7] == [("1m", 4), ("1m", 5), ("5m", 5), ("1m", 6)]


def test_a_provisional_candle_keeps_its_status_in_a_merge() -> None:
    young = minutes(3)
    young.arrays[-1][1] = 0
    other = perpetual("ETHUSDT")
    merged = feed.merge(
        feed.candles(BTC, "1m", young), feed.candles(other, "1m", minutes(3, other))
    )
    provisional = [c for c in merged if c.status is CandleStatus.PROVISIONAL]
    assert [(candle.instrument, candle.ts_event) for candle in provisional] == [(BTC.id, MINUTE)]


def test_memory_does_not_grow_with_the_number_of_rows() -> None:
    def peak(count: int) -> int:
        chunks = cut(minutes(1_024), 1_024)
        whole = next(chunks)
        many = (
            Columns(whole.names, (whole.arrays[0] + k * 1_024 * MINUTE, *whole.arrays[1:]))
            for k in range(count)
        )
        tracemalloc.start()
        for _ in feed.candles(BTC, "1m", many):
            pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(20) < 1.2 * peak(4)

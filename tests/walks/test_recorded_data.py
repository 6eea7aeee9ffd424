"""Recorded data loads to the rows that its own notes count, and to the values that stand in it."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.unit.research.history.samples import MINUTE, by_name, rules
from tradewind.core.market.book import Book
from tradewind.model.events import BookSnapshot
from tradewind.model.market import Trust
from tradewind.research.history import load, recognise, sources
from tradewind.runtime import feed


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp()) * 10**9


@pytest.mark.parametrize(
    ("path", "rows", "first", "last"),
    [
        ("bitfinex/BTCUSD_1m_2014.csv.gz", 283_787, "2014-01-01 00:02", "2014-11-21 23:03"),
        ("bitfinex/BTCUSD_1m_2015.csv.gz", 366_710, "2015-01-01 00:00", "2015-12-31 23:59"),
        ("bitfinex/BTCUSD_1m_2016.csv.gz", 293_230, "2016-01-01 00:00", "2016-12-31 23:58"),
        ("bitfinex", 943_727, "2014-01-01 00:02", "2016-12-31 23:58"),
        ("bybit/BTCUSDT_5m.csv", 25_920, "2025-04-03 17:05", "2025-07-02 17:00"),
        ("freqtrade/UNITTEST_BTC-1m.feather", 13_681, "2017-11-04 23:02", "2017-11-14 22:59"),
        ("freqtrade/ETH_BTC-5m.feather", 5_760, "2018-01-10 04:55", "2018-01-30 04:50"),
        ("freqtrade/XMR_BTC-5m.feather", 5_758, "2018-01-10 04:55", "2018-01-30 04:50"),
        ("freqtrade/XRP_USDT_USDT-5m-futures.feather", 1_999, "2021-11-15", "2021-11-21 22:30"),
        ("nautilus/btc-perp-20211231-20220201_1m.csv", 45_031, "2021-12-31 23:01",
         "2022-02-01 05:31"),
        ("nautilus/fxcm_usdjpy-m1-bid-2013.csv", 28_761, "2013-02-01", "2013-03-01"),
        ("nautilus/fxcm_usdjpy-m1-ask-2013.csv", 28_761, "2013-02-01", "2013-03-01"),
        # 09:15 and 15:29 in India
        ("nse/NIFTY_1m_2024.csv", 58_127, "2024-01-01 03:45", "2024-08-23 09:59"),
        ("nse/NIFTY_1m_2009.csv", 76_897, "2009-01-01 04:25", "2009-12-31 10:00"),
        ("nse/BANKNIFTY_15m_2018_2023.csv", 34_300, "2018-01-01 03:45", "2023-08-04 09:45"),
    ],
)  # fmt: skip
def test_candles(path: str, rows: int, first: str, last: str, shared: Path) -> None:
    columns, findings = load(recognise(shared / "data" / path))
    assert (len(columns), findings.rows, findings.rows_read) == (rows, rows, rows)
    assert (findings.first_ns, findings.last_ns) == (at(first), at(last))


@pytest.mark.parametrize(
    ("path", "kind", "rows"),
    [
        ("freqtrade/XRP_ETH-trades.parquet", "trade", 12_477),
        ("freqtrade/XRP_USDT_USDT-8h-funding_rate.feather", "funding", 91),
        ("hftbacktest/usdm_btcusdt_20240808.gz", "quote", 66_089),
        ("hftbacktest/usdm_btcusdt_20240808.gz", "trade", 21_313),
        # 6,551 changes less 4 that the whole book already had, and that book
        ("hftbacktest/usdm_btcusdt_20240808.gz", "book", 6_548),
        ("nautilus/bybit_xrpusdt-ob500.data.zip", "book", 50),
        ("nautilus/quote_tick_data.csv", "quote", 9_500),
        ("nautilus/truefx_usdjpy-ticks.csv", "quote", 1_000),
        ("nautilus/binance_btcusdt-trades.parquet", "trade", 2_001),
        ("nautilus/binance_btcusdt-quotes.parquet", "quote", 451),
    ],
)
def test_ticks(path: str, kind: str, rows: int, shared: Path) -> None:
    assert len(load(recognise(shared / "data" / path, kind=kind))[0]) == rows


def test_bitfinex_has_its_close_before_high_and_low(shared: Path) -> None:
    # 1388534700000,730.51,730.89,730.89,730.24,1.5987922
    rows = by_name(load(recognise(shared / "data" / "bitfinex" / "BTCUSD_1m_2014.csv.gz"))[0])
    second = {name: values[1] for name, values in rows.items()}
    assert second == {
        "ts_event": 1_388_534_700 * 10**9, "ts_recv": 1_388_534_760 * 10**9,
        "open": 73_051_000_000, "high": 73_089_000_000, "low": 73_024_000_000,
        "close": 73_089_000_000, "volume": 1.5987922, "status": 1,
    }  # fmt: skip


def test_bitfinex_gaps_are_real_and_listed(shared: Path) -> None:
    findings = load(recognise(shared / "data" / "bitfinex"))[1]
    minutes = (findings.last_ns - findings.first_ns) // MINUTE + 1
    assert findings.missing == minutes - findings.rows
    assert max(gap.missing for gap in findings.gaps) == 87_839


def test_a_bybit_candle(shared: Path) -> None:
    # 2025-04-03 17:05:00+00:00,81794.8,81998.1,81785.2,81804.9,317.956
    columns, findings = load(recognise(shared / "data" / "bybit"))
    first = [array[0].item() for array in columns.arrays]
    assert first[2:] == [8_179_480, 8_199_810, 8_178_520, 8_180_490, 317.956, 1]
    assert (findings.items, findings.gap_count) == ([], 0)


def test_larger_candles_of_a_file(shared: Path) -> None:
    path = shared / "data" / "nautilus" / "btc-perp-20211231-20220201_1m.csv"
    columns, findings = load(recognise(path, interval="5m"))
    rows = by_name(columns)
    assert len(columns) == 9_007
    assert rows["ts_event"][0] == at("2021-12-31 23:00"), "made of the four minutes from 23:01"
    assert rows["open"][0] == 463_190_000
    assert (findings.kind, findings.rows) == ("candle:1m", 45_031)


def test_an_indian_day_is_one_candle(shared: Path) -> None:
    columns, _ = load(recognise(shared / "data" / "nse" / "NIFTY_1m_2024.csv", interval="1d"))
    rows = by_name(columns)
    assert rows["ts_event"][0] == at("2023-12-31 18:30"), "midnight in India"
    assert rows["open"][0] == 2_172_775
    assert len(columns) == 156


def test_opens_outside_the_range_are_widened_and_counted(shared: Path) -> None:
    columns, findings = load(recognise(shared / "data" / "nse" / "BANKNIFTY_15m_2018_2023.csv"))
    assert rules(findings) == {"range": ("repaired", 696)}
    # 1514788200,25540.7,25540.65,25515.3,25524.6
    place = by_name(columns)["ts_event"].index(1_514_788_200 * 10**9)
    assert [array[place].item() for array in columns.arrays][2:6] == [
        2_554_070, 2_554_070, 2_551_530, 2_552_460
    ]  # fmt: skip


def test_a_funding_rate_stands_in_open(shared: Path) -> None:
    path = shared / "data" / "freqtrade" / "XRP_USDT_USDT-8h-funding_rate.feather"
    columns, findings = load(recognise(path))
    first = {name: values[0] for name, values in by_name(columns).items()}
    assert first["ts_event"] == at("2021-11-18 00:00") + 17_000_000
    assert (first["rate"], first["mark"]) == ("0.0001", "")
    assert rules(findings) == {"mark": ("note", 91)}


def test_prints_of_a_parquet_file(shared: Path) -> None:
    path = shared / "data" / "nautilus" / "binance_btcusdt-trades.parquet"
    rows = by_name(load(recognise(path))[0])
    assert rows["px"][:2] == [3_943_248_000_000, 3_943_944_000_000]
    assert rows["qty"][2] == 31_100, "0.00031099999999999997 is 0.000311 with float noise"
    assert rows["side"][:2] == [-1, 1]
    assert rows["sequence"][0] == 553_287_559


def test_fx_quotes_are_eastern_time_and_have_assumed_sizes(shared: Path) -> None:
    columns, findings = load(recognise(shared / "data" / "nautilus" / "quote_tick_data.csv"))
    first = {name: values[0] for name, values in by_name(columns).items()}
    assert first["ts_event"] == at("2020-01-01 22:00:00") + 65_000_000
    assert (first["bid"], first["ask"], first["bid_qty"]) == (112_120, 112_172, 1_000_000)
    assert set(rules(findings)) == {"zone", "sizes"}


def test_polymarket_events_hold_every_level_of_the_file(shared: Path) -> None:
    for game, rows, whole in (
        ("mlb-bos-laa-2025-06-24", 22_172, 5_540),
        ("mlb-sd-lad-2025-06-17", 20_136, 8_852),
    ):
        path = shared / "data" / "polymarket_recorded" / f"{game}_market-events.csv"
        levels = in_snapshots = 0
        for source in sources(path):
            columns = by_name(load(source)[0])
            for place, snapshot in enumerate(columns["snapshot"]):
                count = len(columns["bid_px"][place]) + len(columns["ask_px"][place])
                levels += count
                in_snapshots += count * snapshot
        assert (levels, in_snapshots) == (rows, whole)


@pytest.mark.parametrize(
    "path",
    [
        "polymarket_recorded/mlb-bos-laa-2025-06-24_market-events.csv",
        "polymarket_recorded/mlb-sd-lad-2025-06-17_market-events.csv",
        "cryptofeed/BYBIT.ws.25.0",
        "nautilus/bybit_xrpusdt-ob500.data.zip",
        "kalshi_recorded/kalshi_ws_frames.jsonl",
        "hftbacktest/usdm_btcusdt_20240808.gz",
    ],
)
def test_recorded_books_fold_without_a_gap(path: str, shared: Path) -> None:
    held = [source for source in sources(shared / "data" / path) if source.kind == "book"]
    assert held
    for source in held:
        book = Book()
        for event in feed.books(source.instrument, load(source)[0]):
            if isinstance(event, BookSnapshot):
                book.apply_snapshot(event)
            else:
                assert book.apply_delta(event), source.instrument.id
        assert book.trust is Trust.TRUSTED
        assert book.best_bid is not None
        assert book.best_ask is not None
        assert book.best_bid < book.best_ask


def test_our_slow_clock_is_moved_alike_in_all_kinds_of_a_capture(shared: Path) -> None:
    path = shared / "data" / "hftbacktest" / "usdm_btcusdt_20240808.gz"
    least = []
    for kind in ("quote", "trade", "book"):
        columns, findings = load(recognise(path, kind=kind))
        rows = by_name(columns)
        assert rules(findings) == {"clock": ("repaired", 1)}
        delays = [b - a for a, b in zip(rows["ts_event"], rows["ts_recv"], strict=True)]
        assert min(delays) >= 0
        least.append(min(delays))
    assert min(least) == 0, "the quickest message of all took no time, and no other less"

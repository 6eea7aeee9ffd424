"""A path is recognised by what it says; where it says too little, the error says what to add."""

import shutil
from pathlib import Path

import pytest

from tests.unit.research.history.samples import BTC, START, candle_lines, instrument, written
from tradewind.core.matching.fees import fee_model
from tradewind.model.errors import ConfigError, DataError
from tradewind.research.history import Catalogue, load, recognise, sources


def test_every_shipped_instrument_is_whole() -> None:
    shipped = Catalogue.shipped()
    assert len(shipped.instruments) > 40
    for one in shipped.instruments.values():
        assert one.id.startswith(f"{one.venue}:")
        assert one.tick.scaleb(one.px_exponent) % 1 == 0, f"{one.id}: tick finer than a quantum"
        assert one.qty_step.scaleb(one.qty_exponent) % 1 == 0, one.id
        assert one.mirror is None or shipped.instruments[one.mirror].mirror == one.id
        fee_model(one.fee_model, **one.fee_parameters)


def test_the_rules_of_a_well_known_instrument() -> None:
    bybit = instrument()
    assert (str(bybit.tick), str(bybit.qty_step), bybit.px_exponent) == ("0.1", "0.001", 2)
    assert bybit.fee_parameters["maker_rate"] == "0.0002"
    assert bybit.fee_parameters["taker_rate"] == "0.00055"
    bitfinex = instrument("BITFINEX:BTCUSD")
    assert bitfinex.fee_parameters == {"maker_bps": "10", "taker_bps": "20"}


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("bitfinex", "BITFINEX:BTCUSD", "candle:1m"),
        ("bitfinex/BTCUSD_1m_2014.csv.gz", "BITFINEX:BTCUSD", "candle:1m"),
        ("bybit", BTC, "candle:5m"),
        ("bybit/BTCUSDT_5m.csv", BTC, "candle:5m"),
        ("freqtrade/ETH_BTC-5m.feather", "FREQTRADE:ETH_BTC", "candle:5m"),
        ("freqtrade/UNITTEST_BTC-1m.feather", "FREQTRADE:UNITTEST_BTC", "candle:1m"),
        ("freqtrade/XRP_USDT_USDT-5m-futures.feather", "BINANCE_FUTURES:XRPUSDT", "candle:5m"),
        ("freqtrade/XRP_USDT_USDT-8h-funding_rate.feather", "BINANCE_FUTURES:XRPUSDT", "funding"),
        ("freqtrade/XRP_ETH-trades.parquet", "FREQTRADE:XRP_ETH", "trade"),
        ("hftbacktest/usdm_btcusdt_20240808.gz", "BINANCE_FUTURES:BTCUSDT", "quote"),
        ("nautilus/btc-perp-20211231-20220201_1m.csv", "FTX:BTC-PERP", "candle:1m"),
        ("nautilus/bybit_xrpusdt-ob500.data.zip", "BYBIT:XRPUSDT", "book"),
        ("nautilus/quote_tick_data.csv", "FX:EURUSD", "quote"),
        ("nautilus/truefx_usdjpy-ticks.csv", "FX:USDJPY", "quote"),
        ("nautilus/fxcm_usdjpy-m1-bid-2013.csv", "FX:USDJPY", "candle:1m"),
        ("nautilus/fxcm_usdjpy-m1-ask-2013.csv", "FX:USDJPY-ASK", "candle:1m"),
        ("nautilus/binance_btcusdt-trades.parquet", "BINANCE:BTCUSDT", "trade"),
        ("nautilus/binance_btcusdt-quotes.parquet", "BINANCE:BTCUSDT", "quote"),
        ("nautilus/binance_btcusdt-depth-snap.csv", "BINANCE_FUTURES:BTCUSDT", "book"),
        ("nautilus/binance_btcusdt-depth-update.csv", "BINANCE_FUTURES:BTCUSDT", "book"),
        ("nse/NIFTY_1m_2009.csv", "NSE:NIFTY", "candle:1m"),
        ("nse/BANKNIFTY_15m_2018_2023.csv", "NSE:BANKNIFTY", "candle:15m"),
    ],
)
def test_recorded_data_is_recognised_without_an_option(
    path: str, name: str, kind: str, shared: Path
) -> None:
    source = recognise(shared / "data" / path)
    assert (source.instrument.id, source.kind) == (name, kind)


def test_a_folder_is_one_source_in_order(shared: Path) -> None:
    source = recognise(shared / "data" / "bitfinex")
    assert [path.name[10:14] for path in source.paths] == ["2014", "2015", "2016"]
    assert source.label.endswith("bitfinex (3 files)")


def test_an_unknown_file_asks_for_its_instrument(tmp_path: Path) -> None:
    path = written(tmp_path, "BTCUSDT_1m.csv", *candle_lines("100", "101", "102"))
    with pytest.raises(
        ConfigError, match=r"name them with --instrument, for instance BYBIT:BTCUSDT"
    ):
        recognise(path)
    assert recognise(path, BTC).kind == "candle:1m", "its interval is told by its rows"
    assert sources(path.parent) == []


def test_an_unknown_instrument_lists_near_names(tmp_path: Path) -> None:
    path = written(tmp_path, "x.csv", *candle_lines("100", "101"))
    with pytest.raises(
        ConfigError, match="'BYBIT:BTCUST', found none of that id; use BYBIT:BTCUSDT"
    ):
        recognise(path, "BYBIT:BTCUST")


def test_one_may_bring_an_instrument(tmp_path: Path) -> None:
    path = written(tmp_path, "x.csv", *candle_lines("100", "101"))
    assert load(recognise(path, instrument("FX:EURUSD")))[1].instrument == "FX:EURUSD"


def test_what_was_asked_for_takes_only_its_own_files_of_a_folder(shared: Path) -> None:
    source = recognise(shared / "data" / "freqtrade", "FREQTRADE:ETH_BTC")
    assert [path.name for path in source.paths] == ["ETH_BTC-5m.feather"]
    futures = recognise(shared / "data" / "freqtrade", "BINANCE_FUTURES:XRPUSDT")
    assert futures.kind == "candle:5m", "candles come before funding rates"
    funding = recognise(shared / "data" / "freqtrade", "BINANCE_FUTURES:XRPUSDT", kind="funding")
    assert funding.kind == "funding"


def test_several_instruments_ask_for_one(shared: Path) -> None:
    with pytest.raises(ConfigError, match=r"8 instruments \(.*\); name one with --instrument"):
        recognise(shared / "data" / "cryptofeed" / "BYBIT.ws.25.0")


@pytest.mark.parametrize(
    ("step_s", "interval", "kind", "own"),
    [
        (60, None, "candle:1m", "1m"),
        (60, "1m", "candle:1m", "1m"),
        (60, "15m", "candle:15m", "1m"),
        (300, "1h", "candle:1h", "5m"),
        (77, "5m", "candle:5m", "5m"),
    ],
)
def test_an_interval_is_the_one_wanted(
    step_s: int, interval: str | None, kind: str, own: str, tmp_path: Path
) -> None:
    lines = candle_lines(*["100"] * 40, step_s=step_s)
    source = recognise(written(tmp_path, "x.csv", *lines), BTC, interval)
    assert (source.kind, source.file_interval) == (kind, own)


@pytest.mark.parametrize(
    ("step_s", "interval", "fault"),
    [
        (300, "1m", "of which '1m' cannot be made"),
        (60, "7m", "of which '7m' cannot be made"),
        (77, None, "whose interval cannot be told"),
    ],
)
def test_an_interval_that_cannot_be_made_is_refused(
    step_s: int, interval: str | None, fault: str, tmp_path: Path
) -> None:
    lines = candle_lines(*["100"] * 40, step_s=step_s)
    with pytest.raises(ConfigError, match=fault):
        recognise(written(tmp_path, "x.csv", *lines), BTC, interval)


def test_another_kind_than_there_is_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "x.csv", *candle_lines("100", "101"))
    with pytest.raises(ConfigError, match="found only candle:1m; choose another kind"):
        recognise(path, BTC, kind="book")


def test_a_file_with_the_wrong_instrument_is_refused(shared: Path) -> None:
    source = recognise(shared / "data" / "freqtrade" / "ETH_BTC-5m.feather", BTC)
    with pytest.raises(DataError, match=r"name the right --instrument|rows are unusable"):
        load(source)


def test_a_copy_elsewhere_is_recognised_by_its_content_alone(shared: Path, tmp_path: Path) -> None:
    shutil.copy(shared / "data" / "hftbacktest" / "usdm_btcusdt_20240808.gz", tmp_path / "x.gz")
    assert recognise(tmp_path / "x.gz").instrument.id == "BINANCE_FUTURES:BTCUSDT"


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        '[[instruments]]\nid = "X:Y"',
        '[[instruments]]\nid="X:Y"\nkind="spot"\nquote="USD"\ntick="1"\nqty_step="1"\n'
        'px_exponent=0\nqty_exponent=0\nfee="free"',
        '[[instruments]]\nid="X:Y"\ncolour="red"',
    ],
)
def test_a_catalogue_that_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="Read the catalogue of instruments, found"):
        Catalogue(text)


def test_the_first_candle_of_a_sample_is_where_it_says(tmp_path: Path) -> None:
    columns, findings = load(recognise(written(tmp_path, "x.csv", *candle_lines("1", "2")), BTC))
    assert (len(columns), findings.first_ns) == (2, START)

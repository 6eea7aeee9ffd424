"""Every published format that is described reads to the values that stand in it."""

import gzip
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from tests.unit.research.history.samples import BTC, MINUTE, START, by_name, read, written
from tradewind.model.errors import ConfigError
from tradewind.research.history import load, recognise, sources

MS = START // 10**6
US = START // 10**3


def test_bybit_trading_dump(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "BTCUSDT2024-01-01.csv",
        "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,"
        "foreignNotional",
        "1704080700.0647,BTCUSDT,Sell,0.003,42257.6,ZeroMinusTick,5c3a,1.2e+10,0.003,126.8",
        "1704080700.0647,BTCUSDT,Buy,1,42257.7,PlusTick,9f11,4.2e+12,1,42257.7",
    )
    rows = read(path)
    assert rows["ts_event"] == [START + 64_700_000] * 2
    assert rows["sequence"] == [0, 1]
    assert rows["px"] == [4_225_760, 4_225_770]
    assert rows["qty"] == [3, 1_000]
    assert rows["side"] == [-1, 1]
    assert rows["trade_id"] == ["5c3a", "9f11"]
    assert recognise(path).instrument.id == BTC, "the format names the venue, the rows the symbol"


def test_bybit_kline_dump(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "dump.csv",
        "start_at,symbol,period,open,high,low,close",
        f"{START // 10**9},BTCUSDT,5,42257.6,42300,42200.5,42250",
        f"{START // 10**9 + 300},BTCUSDT,5,42250,42260,42240,42255.5",
    )
    source = recognise(path)
    assert (source.instrument.id, source.kind) == (BTC, "candle:5m")
    assert by_name(load(source)[0])["close"] == [4_225_000, 4_225_550]


BINANCE_KLINES = [
    f"{MS},42257.60,42300.00,42200.50,42250.00,12.5,{MS + 59_999},528000.1,120,6.1,257000.2,0",
    f"{MS + 60_000},42250.00,42260.00,42240.00,42255.50,2,{MS + 119_999},84000.1,20,1.1,42000.2,0",
]
HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore"
)


@pytest.mark.parametrize("head", [[], [HEADER]], ids=["without header", "with header"])
def test_binance_kline_dump(head: list[str], tmp_path: Path) -> None:
    path = written(tmp_path, "data/futures/um/daily/klines/x/BTCUSDT-1m-2024-01-01.csv",
                   *head, *BINANCE_KLINES)  # fmt: skip
    source = recognise(path)
    assert (source.instrument.id, source.kind) == ("BINANCE_FUTURES:BTCUSDT", "candle:1m")
    rows = by_name(load(source)[0])
    assert rows["ts_event"] == [START, START + MINUTE]
    assert rows["ts_recv"] == [START + MINUTE, START + 2 * MINUTE]
    assert rows["high"] == [4_230_000, 4_226_000]
    assert rows["volume"] == [12.5, 2.0]


def test_binance_spot_dump_in_microseconds_and_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "data/spot/monthly/klines/BTCUSDT-1m-2025-01.zip"
    path.parent.mkdir(parents=True)
    lines = [line.replace(str(MS)[:-5], str(US)[:-8]) for line in BINANCE_KLINES]
    text = "\n".join(
        ",".join([cell + "000" if place in (0, 6) else cell
                  for place, cell in enumerate(line.split(","))])
        for line in lines
    )  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("BTCUSDT-1m-2025-01.csv", text)
    source = recognise(path)
    assert source.instrument.id == "BINANCE:BTCUSDT"
    assert by_name(load(source)[0])["ts_event"] == [START, START + MINUTE]


@pytest.mark.parametrize(
    ("name", "lines", "instrument"),
    [
        ("aggregate trades with a header",
         ["agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
          f"7,42257.60,0.003,10,12,{MS},true", f"8,42257.70,1.000,13,13,{MS},false"],
         "BINANCE_FUTURES:BTCUSDT"),
        ("aggregate trades of the spot market",
         [f"7,42257.60,0.003,10,12,{MS},True,True", f"8,42257.70,1.000,13,13,{MS},False,True"],
         "BINANCE_FUTURES:BTCUSDT"),
        ("single trades",
         [f"7,42257.60,0.003,126.77,{MS},true", f"8,42257.70,1.000,42257.70,{MS},false"],
         "BINANCE_FUTURES:BTCUSDT"),
    ],
)  # fmt: skip
def test_binance_trade_dumps(name: str, lines: list[str], instrument: str, tmp_path: Path) -> None:
    rows = read(written(tmp_path, "x.csv", *lines), instrument)
    assert rows["sequence"] == [7, 8], name
    assert rows["px"] == [4_225_760, 4_225_770]
    assert rows["qty"] == [3, 1_000]
    assert rows["side"] == [-1, 1], "where the buyer was the maker, a seller aggressed"


def test_binance_book_ticker_dump(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "x.csv",
        "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,"
        "event_time",
        f"90,42257.60,1.5,42257.70,0.004,{MS},{MS + 3}",
    )
    rows = read(path, "BINANCE_FUTURES:BTCUSDT")
    assert {name: value[0] for name, value in rows.items()} == {
        "ts_event": START, "ts_recv": START + 3_000_000, "sequence": 90,
        "bid": 4_225_760, "ask": 4_225_770, "bid_qty": 1_500, "ask_qty": 4,
    }  # fmt: skip


def test_funding_dumps(tmp_path: Path) -> None:
    binance = written(
        tmp_path, "f.csv", "calc_time,funding_interval_hours,last_funding_rate",
        f"{MS},8,-0.00010000", f"{MS + 28_800_000},8,0.0003",
    )  # fmt: skip
    rows = read(binance, "BINANCE_FUTURES:BTCUSDT")
    assert rows["rate"] == ["-0.00010000", "0.0003"]
    assert rows["mark"] == ["", ""]
    bybit = written(tmp_path, "g.csv", "symbol,fundingRate,fundingRateTimestamp",
                    f"BTCUSDT,0.0001,{MS}")  # fmt: skip
    assert read(bybit)["rate"] == ["0.0001"]


IST_MIDNIGHT = START - (9 * 60 + 15) * MINUTE


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("until 2024",
         ["SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,"
          "TOTALTRADES,ISIN,",
          "RELIANCE,EQ,2580.05,2606,2573.15,2590.25,2590,2584.95,1953061,1,01-JAN-2024,1,X,",
          "RELIANCE,BL,1,1,1,1,1,1,1,1,01-JAN-2024,1,X,",
          "TCS,EQ,3790,3799.9,3766,3783.35,3784,3793.4,817585,1,01-JAN-2024,1,Y,"]),
        ("with deliveries",
         ["SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE,"
          " CLOSE_PRICE, AVG_PRICE, TTL_TRD_QNTY, TURNOVER_LACS, NO_OF_TRADES",
          "RELIANCE, EQ, 01-Jan-2024, 2584.95, 2580.05, 2606, 2573.15, 2590, 2590.25, 1, 1953061,"
          " 1, 1",
          "TCS, EQ, 01-Jan-2024, 3793.4, 3790, 3799.9, 3766, 3784, 3783.35, 1, 817585, 1, 1"]),
        ("since 2024",
         ["TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,OpnPric,HghPric,"
          "LwPric,ClsPric,LastPric,PrvsClsgPric,TtlTradgVol,TtlTrfVal",
          "2024-01-01,2024-01-01,CM,NSE,STK,1,X,RELIANCE,EQ,2580.05,2606,2573.15,2590.25,2590,"
          "2584.95,1953061,1",
          "2024-01-01,2024-01-01,CM,NSE,STK,2,Y,TCS,EQ,3790,3799.9,3766,3783.35,3784,3793.4,"
          "817585,1"]),
    ],
)  # fmt: skip
def test_bhavcopies_of_the_nse(name: str, lines: list[str], tmp_path: Path) -> None:
    path = written(tmp_path, "bhav.csv", *lines)
    known = sorted(source.instrument.id for source in sources(path))
    assert known == ["NSE:RELIANCE", "NSE:TCS"], name
    rows = read(path, "NSE:RELIANCE")
    assert {column: value[0] for column, value in rows.items()} == {
        "ts_event": IST_MIDNIGHT, "ts_recv": IST_MIDNIGHT + 1_440 * MINUTE,
        "open": 258_005, "high": 260_600, "low": 257_315, "close": 259_025,
        "volume": 1_953_061.0, "status": 1,
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"2 instruments \(NSE:RELIANCE, NSE:TCS\)"):
        recognise(path)


def test_candles_of_metatrader(tmp_path: Path) -> None:
    path = written(
        tmp_path, "m.csv", "2024.01.01 03:45,1.5,2,1,1.75,0", "2024.01.01 03:46,1,1,1,1,3"
    )
    assert read(path)["ts_event"] == [START, START + MINUTE]


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "zip", "feather", "parquet"])
def test_one_table_in_every_container(ending: str, tmp_path: Path) -> None:
    stamps = [START // 10**6, START // 10**6 + 60_000]
    text = "Time;Open;High;Low;Close;Volume\n" + "".join(
        f"{ts};100.1;101.25;99.5;100.2;7\n" for ts in stamps
    )
    path = tmp_path / f"x.{ending}"
    table = pa.table(
        {"Time": stamps, "Open": [100.1] * 2, "High": [101.25] * 2, "Low": [99.5] * 2,
         "Close": [100.2] * 2, "Volume": [7.0] * 2}
    )  # fmt: skip
    if ending == "csv":
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    elif ending == "csv.gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif ending == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.csv", text)
    elif ending == "feather":
        feather.write_feather(table, path)
    else:
        pq.write_table(table, path)
    rows = read(path)
    assert rows["ts_event"] == [START, START + MINUTE]
    assert rows["open"] == [10_010] * 2
    assert rows["high"] == [10_125] * 2

"""Recorded messages become events with exact levels and sequences that join."""

from pathlib import Path

import pytest

from tests.unit.research.history.samples import by_name, rules, written
from tradewind.model.errors import DataError
from tradewind.research.history import load, recognise, sources

PERP = "BINANCE_FUTURES:BTCUSDT"
MS = 1_723_161_256_313
RECV = MS * 10**6 + 5_000_000


def binance(event: str, fields: str, recv: int = RECV) -> str:
    return (
        f'{recv} {{"stream":"btcusdt@x","data":{{"e":"{event}","E":{MS},"s":"BTCUSDT",{fields}}}}}'
    )


def depth(first: int, last: int, previous: int, recv: int = RECV) -> str:
    levels = f'"b":[["61800.20","{last}.5"]],"a":[]'
    return binance("depthUpdate", f'"T":{MS},"U":{first},"u":{last},"pu":{previous},{levels}', recv)


def test_binance_quotes_and_prints(tmp_path: Path) -> None:
    path = written(
        tmp_path, "x.txt",
        binance("bookTicker", f'"u":9,"b":"61800.20","B":"2.507","a":"61800.30","A":"0","T":{MS}'),
        binance("trade", f'"T":{MS},"t":5,"p":"61800.30","q":"0.006","X":"MARKET","m":false'),
        binance("trade", f'"T":{MS},"t":6,"p":"0","q":"0","X":"INSURANCE_FUND","m":true'),
        binance("trade", f'"T":{MS},"t":7,"p":"61800.20","q":"1","X":"MARKET","m":true'),
    )  # fmt: skip
    assert [source.kind for source in sources(path)] == ["quote", "trade"]
    quotes = by_name(load(recognise(path))[0])
    assert {name: values[0] for name, values in quotes.items()} == {
        "ts_event": MS * 10**6, "ts_recv": RECV, "sequence": 9,
        "bid": 6_180_020, "ask": 6_180_030, "bid_qty": 2_507, "ask_qty": 0,
    }  # fmt: skip
    prints = by_name(load(recognise(path, kind="trade"))[0])
    assert prints["sequence"] == [5, 7], "what the insurance fund did crossed no book"
    assert prints["side"] == [1, -1]


def test_a_binance_book_begins_with_its_snapshot(tmp_path: Path) -> None:
    whole = (
        f'{RECV + 9} {{"lastUpdateId":20,"E":{MS},"T":{MS},'
        f'"bids":[["61800.10","1"]],"asks":[["61800.40","2"]]}}'
    )
    lines = [depth(10, 15, 9), depth(16, 22, 15), whole, depth(23, 30, 22)]
    rows = by_name(load(recognise(written(tmp_path, "x.txt", *lines)))[0])
    assert rows["snapshot"] == [1, 0, 0]
    assert rows["sequence"] == [20, 22, 30]
    assert rows["previous"] == [0, 15, 22], "the first change overlaps the snapshot"
    assert [px.tolist() for px in rows["bid_px"]] == [[6_180_010], [6_180_020], [6_180_020]]
    assert rows["ts_recv"] == [RECV + 9, RECV + 9, RECV + 9], "early changes wait for the snapshot"


def test_changes_without_a_snapshot_are_no_book(tmp_path: Path) -> None:
    path = written(tmp_path, "x.txt", depth(10, 15, 9), depth(16, 22, 15))
    with pytest.raises(DataError, match="no book with a snapshot to begin from"):
        recognise(path)


def test_a_missing_change_is_noticed(tmp_path: Path) -> None:
    line = (
        '{{"topic":"orderbook.500.XRPUSDT","type":"{}","ts":1733011200691,"data":'
        '{{"s":"XRPUSDT","b":[["1.9531","6203"]],"a":[],"u":{}}},"cts":1733011200589}}'
    )
    frames = [line.format("snapshot", 7), line.format("delta", 8), line.format("delta", 10)]
    path = written(tmp_path, "2024-12-01_XRPUSDT_ob500.data", *frames)
    columns, findings = load(recognise(path))
    assert rules(findings) == {"sequence": ("note", 1)}
    assert by_name(columns)["ts_event"] == [1_733_011_200_589 * 10**6] * 3


def test_kalshis_differences_become_sizes_and_no_bids_become_asks(shared: Path) -> None:
    path = shared / "data" / "kalshi_recorded" / "kalshi_ws_frames.jsonl"
    columns, _ = load(recognise(path, "KALSHI:KXBTC-26APR1817-B76875:YES"))
    rows = by_name(columns)
    assert rows["sequence"][:3] == [4, 9, 10]
    assert rows["previous"][:3] == [0, 4, 9], "messages of other markets lie between"
    # a NO bid of 5000 at 0.81 goes: an ask on YES at 0.19 has size zero
    assert rows["ask_px"][1].tolist() == [1_900]
    assert rows["ask_qty"][1].tolist() == [0]
    assert rows["bid_px"][1].tolist() == []


def test_sizes_of_bybit_2021_are_rounded_to_what_they_stand_for(shared: Path) -> None:
    columns, findings = load(
        recognise(shared / "data" / "cryptofeed" / "BYBIT.ws.25.0", "BYBIT:BCHUSDT")
    )
    rows = by_name(columns)
    assert rules(findings)["float noise"] == ("repaired", 335)
    # {"price":"1054.30", … "size":13.329999} in the third change
    place = rows["sequence"].index(864_131_821)
    levels = dict(zip(rows["bid_px"][place].tolist(), rows["bid_qty"][place].tolist(), strict=True))
    assert levels[105_430] == 1_333
    assert rows["snapshot"][0] == 1
    assert rows["previous"][1] == rows["sequence"][0]

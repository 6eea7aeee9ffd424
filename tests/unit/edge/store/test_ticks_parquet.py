"""The tick store keeps what it was given, replaces what was given again, and loses nothing."""

import os
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.unit.edge.store.samples import perpetual
from tradewind.edge.store import ticks_day
from tradewind.edge.store.ticks_parquet import DAY_NS, ParquetTicks
from tradewind.model.errors import DataError
from tradewind.model.history import columns_of
from tradewind.model.ids import InstrumentId, VenueId
from tradewind.model.instrument import Outcome
from tradewind.ports import Columns, TickKind

EVER = 2**62
MINUTE = 60_000_000_000
CANDLES = TickKind(VenueId("BYBIT"), InstrumentId("BYBIT:BTCUSDT"), "candle:1m")
QUOTES = TickKind(VenueId("BYBIT"), InstrumentId("BYBIT:BTCUSDT"), "quote")


def candles(ts: list[int], close: list[int] | int = 100) -> Columns:
    times = np.array(ts, np.int64)
    last = np.broadcast_to(np.array(close, np.int64), len(ts))
    return Columns(
        tuple(columns_of("candle:1m")),
        (times, times + MINUTE, last, last, last, last, last / 2, np.ones(len(ts), np.int8)),
    )


def quotes(keys: list[tuple[int, int]], bids: list[int]) -> Columns:
    ts, sequence = (np.array(each, np.int64) for each in zip(*keys, strict=True))
    bid = np.array(bids, np.int64)
    return Columns(tuple(columns_of("quote")), (ts, ts, sequence, bid, bid + 1, bid, bid))


def read(store: ParquetTicks, key: TickKind, start: int = 0, end: int = EVER) -> dict[str, Any]:
    chunks = list(store.read(key, start, end, 1_000))
    if not chunks:
        return {}
    whole = [np.concatenate(arrays) for arrays in zip(*[c.arrays for c in chunks], strict=True)]
    return {name: each.tolist() for name, each in zip(chunks[0].names, whole, strict=True)}


def files_of(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.parquet"))


def test_rows_lie_by_venue_instrument_kind_and_day(tmp_path: Path) -> None:
    ParquetTicks(tmp_path).write(CANDLES, candles([0, DAY_NS - MINUTE, DAY_NS]))
    folder = "venue=BYBIT/instrument=BYBIT%3ABTCUSDT/kind=candle%3A1m"
    assert files_of(tmp_path) == [
        f"{folder}/day=1970-01-01/rows.parquet",
        f"{folder}/day=1970-01-02/rows.parquet",
    ]
    assert pq.read_schema(tmp_path / files_of(tmp_path)[0]).names == list(columns_of("candle:1m"))


@pytest.mark.parametrize(
    "name", ["KALSHI:KX-26:YES", "FX:USD/JPY", "NSE:NIFTY 50", "X:..", "X:a=b%3A", "P:" + "9" * 78]
)
def test_any_id_is_a_file_name(name: str, tmp_path: Path) -> None:
    key = TickKind(VenueId("V/W"), InstrumentId(name), "quote")
    store = ParquetTicks(tmp_path)
    store.write(key, quotes([(5, 0)], [7]))
    assert store.kinds() == [(key, 1, 5, 5)]
    assert read(store, key)["bid"] == [7]


def test_a_row_with_the_same_key_replaces_the_old_one(tmp_path: Path) -> None:
    store = ParquetTicks(tmp_path)
    assert store.write(CANDLES, candles([0, MINUTE], 100)) == 2
    assert store.write(CANDLES, candles([MINUTE, 2 * MINUTE], 200)) == 1
    assert read(store, CANDLES)["close"] == [100, 200, 200]


def test_the_sequence_tells_rows_of_one_time_apart(tmp_path: Path) -> None:
    store = ParquetTicks(tmp_path)
    assert store.write(QUOTES, quotes([(1, 5), (1, 4), (1, 5)], [50, 40, 51])) == 2
    assert store.write(QUOTES, quotes([(1, 4), (1, 6)], [41, 60])) == 1
    assert read(store, QUOTES)["bid"] == [41, 51, 60]


def test_a_read_takes_its_start_and_leaves_its_end(tmp_path: Path) -> None:
    store = ParquetTicks(tmp_path)
    store.write(CANDLES, candles([k * MINUTE for k in range(4_000)]))
    got = read(store, CANDLES, DAY_NS - MINUTE, DAY_NS + MINUTE)
    assert got["ts_event"] == [DAY_NS - MINUTE, DAY_NS]
    assert read(store, CANDLES, 5, 5) == {}
    assert read(store, QUOTES) == {}


def test_chunks_are_no_larger_than_asked(tmp_path: Path) -> None:
    store = ParquetTicks(tmp_path)
    store.write(CANDLES, candles([k * MINUTE for k in range(5_000)]))
    chunks = list(store.read(CANDLES, 0, EVER, 700))
    assert max(len(chunk) for chunk in chunks) <= 700
    assert sum(len(chunk) for chunk in chunks) == 5_000


@pytest.mark.parametrize("part_rows", [1 << 18, 20])
def test_writes_and_reads_agree_with_a_dict(
    tmp_path: Path, seed: int, part_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticks_day, "PART_ROWS", part_rows)
    dice = random.Random(seed)
    store = ParquetTicks(tmp_path)
    model: dict[tuple[int, int], int] = {}
    for _ in range(12):
        keys = [
            (dice.randrange(3) * DAY_NS + dice.randrange(40), dice.randrange(3))
            for _ in range(dice.randrange(1, 60))
        ]
        bids = [dice.randrange(1, 10**12) for _ in keys]
        before = len(model)
        model.update(zip(keys, bids, strict=True))
        assert store.write(QUOTES, quotes(keys, bids)) == len(model) - before
    got = read(store, QUOTES)
    rows = zip(got["ts_event"], got["sequence"], got["bid"], strict=True)
    assert list(rows) == [(ts, sequence, bid) for (ts, sequence), bid in sorted(model.items())]
    assert store.kinds() == [(QUOTES, len(model), min(model)[0], max(model)[0])]


def test_books_keep_their_levels_and_trades_their_ids(tmp_path: Path) -> None:
    store = ParquetTicks(tmp_path)
    book = TickKind(CANDLES.venue, CANDLES.instrument, "book")
    levels = np.empty(3, object)
    levels[0], levels[1], levels[2] = [3, 2], [], [9, 8]
    one = np.array([1, 2, 3])
    flat = (one, one, one, one, one.astype(np.int8), levels, levels, levels, levels)
    store.write(book, Columns(tuple(columns_of("book")), flat))
    assert [each.tolist() for each in read(store, book)["ask_px"]] == [[3, 2], [], [9, 8]]

    trade = TickKind(CANDLES.venue, CANDLES.instrument, "trade")
    side = np.array([1, -1, 1], np.int8)
    bare = Columns(tuple(columns_of("trade"))[:-1], (one, one, one, one, one, side))
    store.write(trade, bare)
    named = Columns(tuple(columns_of("trade")), (*bare.arrays, np.array(["a", "b", "c"])))
    assert read(store, trade)["trade_id"] == ["", "", ""]
    store.write(trade, named)
    assert read(store, trade)["trade_id"] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        ("an unknown column", lambda c: Columns((*c.names, "vwap"), (*c.arrays, c.arrays[0])),
         "unknown column 'vwap'"),
        ("a missing column", lambda c: Columns(c.names[:-1], c.arrays[:-1]), "no column 'status'"),
        ("floats for quanta", lambda c: Columns(c.names, (*c.arrays[:2], c.arrays[2] / 2,
                                                          *c.arrays[3:])), "float64 values in"),
        ("unequal lengths", lambda c: Columns(c.names, (*c.arrays[:-1], c.arrays[-1][:0])),
         "different lengths"),
    ],
)  # fmt: skip
def test_wrong_columns_are_refused(name: str, change: Any, fault: str, tmp_path: Path) -> None:
    store = ParquetTicks(tmp_path)
    with pytest.raises(DataError, match=fault):
        store.write(CANDLES, change(candles([0, MINUTE])))
    assert files_of(tmp_path) == [], name


@pytest.mark.parametrize("kind", ["candle", "candle:7m", "quote:1m", "bars"])
def test_an_unknown_kind_is_refused(kind: str, tmp_path: Path) -> None:
    key = TickKind(CANDLES.venue, CANDLES.instrument, kind)
    with pytest.raises(DataError, match="Looked up the history kind"):
        ParquetTicks(tmp_path).write(key, candles([0]))


def test_a_damaged_file_is_named_and_spoils_no_write(tmp_path: Path) -> None:
    store = ParquetTicks(tmp_path)
    store.write(CANDLES, candles([0, DAY_NS]))
    broken = tmp_path / files_of(tmp_path)[1]
    broken.write_bytes(broken.read_bytes()[:100])
    with pytest.raises(DataError, match="Read candle:1m of BYBIT:BTCUSDT"):
        read(store, CANDLES)
    with pytest.raises(DataError, match=r"Read rows\.parquet of day=1970-01-02"):
        store.kinds()
    with pytest.raises(DataError, match="nothing was changed"):
        store.write(CANDLES, candles([MINUTE, DAY_NS + MINUTE]))
    assert read(store, CANDLES, 0, DAY_NS)["ts_event"] == [0]


def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ParquetTicks(tmp_path)
    store.write(CANDLES, candles([0]))
    write_table = pq.write_table
    calls: list[Any] = []

    def full_at_the_second(*given: Any, **options: Any) -> None:
        calls.append(given)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        write_table(*given, **options)

    monkeypatch.setattr(pq, "write_table", full_at_the_second)
    with pytest.raises(DataError, match="No space left on device"):
        store.write(CANDLES, candles([MINUTE, DAY_NS, 2 * DAY_NS]))
    monkeypatch.undo()
    assert read(store, CANDLES)["ts_event"] == [0]
    assert [name for name in os.listdir(tmp_path) if "fresh" in name] == []
    assert not list(tmp_path.rglob("*.fresh"))


def test_what_a_killed_writer_left_is_no_history(tmp_path: Path) -> None:
    store = ParquetTicks(tmp_path)
    store.write(CANDLES, candles([0]))
    torn = tmp_path / files_of(tmp_path)[0]
    torn.with_name(".rows.parquet.fresh").write_bytes(b"PAR1")
    assert read(store, CANDLES)["ts_event"] == [0]
    assert store.write(CANDLES, candles([MINUTE])) == 1
    assert not list(tmp_path.rglob("*.fresh"))


def test_instruments_are_kept_with_every_version(tmp_path: Path) -> None:
    store = ParquetTicks(tmp_path)
    assert store.instruments() == {}
    first = msgspec.structs.replace(perpetual(), outcome=Outcome.YES)
    store.define(first)
    store.define(first)
    finer = msgspec.structs.replace(first, qty_step=Decimal("0.0001"))
    store.define(finer)
    expected = msgspec.structs.replace(finer, version=2)
    assert ParquetTicks(tmp_path).instruments() == {first.id: expected}
    kept = msgspec.json.decode((tmp_path / "instruments.json").read_bytes())
    assert [each["version"] for each in kept] == [1, 2]


def test_quanta_never_change(tmp_path: Path) -> None:
    store = ParquetTicks(tmp_path)
    store.define(perpetual())
    with pytest.raises(DataError, match="exponents"):
        store.define(msgspec.structs.replace(perpetual(), px_exponent=7))


def test_unreadable_instruments_are_named(tmp_path: Path) -> None:
    (tmp_path / "instruments.json").write_text('[{"id": ')
    with pytest.raises(DataError, match=r"instruments\.json unreadable"):
        ParquetTicks(tmp_path).instruments()


def test_the_oldest_days_go_first_and_the_newest_stays(tmp_path: Path) -> None:
    store = ParquetTicks(tmp_path)
    for day in range(4):
        store.write(CANDLES, candles([day * DAY_NS, day * DAY_NS + MINUTE]))
        store.write(QUOTES, quotes([(day * DAY_NS, 1)], [7]))
    whole = store.trim(1 << 40)
    assert store.trim(whole * 5 // 8) <= whole * 5 // 8
    assert read(store, CANDLES)["ts_event"][0] == read(store, QUOTES)["ts_event"][0] == 2 * DAY_NS
    assert store.trim(0) > 0
    assert [first for _, _, first, _ in store.kinds()] == [3 * DAY_NS, 3 * DAY_NS]
    assert len(list(tmp_path.rglob("day=*"))) == 2

"""A file that cannot be read, or is of no known format, is named with what was found in it."""

import gzip
import zipfile
from pathlib import Path

import pytest

from tests.unit.research.history.samples import BTC, candle_lines, written
from tradewind.model.errors import DataError
from tradewind.research.history import check, load, recognise

TEXT = "\n".join(candle_lines(*["100.1", "100.2"] * 20_000)).encode()


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Looked for .*none\.csv, found no such file or folder"):
        recognise(tmp_path / "none.csv", BTC)


def test_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "x.csv").symlink_to(tmp_path / "x.csv")
    with pytest.raises(DataError, match=r"unreadable|no such file"):
        recognise(tmp_path / "x.csv", BTC)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found 0 files and none with history"):
        recognise(tmp_path, BTC)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("empty", b"", "nothing in it"),
        ("blank", b"\n\n  \n", "nothing in it"),
        ("binary", bytes(range(256)) * 9, "bytes that are no text"),
        ("zeros", b"a,b\0\0\0\0", "bytes that are no text"),
        ("a picture's magic", b"\x89PNG\r\n\x1a\n" + bytes(99), "bytes that are no text"),
        ("a torn gzip", gzip.compress(TEXT)[:200], "unreadable or cut short"),
        ("a gzip's head alone", b"\x1f\x8b", "unreadable or cut short"),
        ("a torn zip", b"PK\x03\x04" + bytes(40), "unreadable or cut short"),
        ("a torn Parquet", b"PAR1" + bytes(99), "unreadable or cut short"),
        ("a torn Feather", b"ARROW1" + bytes(99), "unreadable or cut short"),
        ("other columns", b"colour,weight\nred,5\n", "the columns colour, weight"),
        ("no columns of ours", b"1,2\n3,4\n", "2 columns without a header, the first row '1,2'"),
        ("another stream", b'wss://www.deribit.com/ws <-> 1.0\n1.0: {"a": 1}\n', "lines such as"),
        ("prose", b"Dear Sir or Madam\n", "the columns dear sir or madam"),
    ],
)
def test_what_is_no_history_is_told(name: str, content: bytes, found: str, tmp_path: Path) -> None:
    (tmp_path / "x.dat").write_bytes(content)
    with pytest.raises(DataError, match=found):
        recognise(tmp_path / "x.dat", BTC)


def test_an_unknown_table_is_told_how_to_become_known(tmp_path: Path) -> None:
    path = written(tmp_path, "x.csv", "when,o,h,l,c", "1704080700,1,1,1,1")
    with pytest.raises(DataError) as error:
        recognise(path, BTC)
    assert "found the columns when, o, h, l, c, which is no format" in str(error.value)
    assert "give it a header with timestamp, open, high, low, close" in str(error.value)


@pytest.mark.parametrize("ending", ["gz", "zip"])
def test_a_file_cut_short_after_its_beginning(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{ending}"
    if ending == "gz":
        path.write_bytes(gzip.compress(TEXT)[:-2_000])
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.csv", TEXT)
        content = bytearray(path.read_bytes())
        content[len(TEXT) // 2] ^= 0xFF
        path.write_bytes(content)
    source = recognise(path, BTC, "1m")
    with pytest.raises(DataError, match=r"found it unreadable or cut short"):
        load(source)


def test_bytes_that_are_no_text_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(TEXT[:300_000] + b"\xff\xfe" + TEXT[300_002:])
    with pytest.raises(DataError, match="unreadable or cut short"):
        load(recognise(path, BTC))


def test_a_last_line_cut_short_is_one_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(TEXT[:-20])
    findings = check(recognise(path, BTC))
    assert [(item.rule, item.count) for item in findings.items] == [("bad rows", 1)]
    assert findings.rows == 39_999


def test_a_message_that_is_not_as_the_venue_has_it(tmp_path: Path) -> None:
    good = (
        '{"topic":"orderbook.500.BTCUSDT","type":"snapshot","ts":1733011200691,'
        '"data":{"s":"BTCUSDT","b":[["1.9","5"]],"a":[],"u":7,"seq":1},"cts":1733011200589}'
    )
    for name, line in (
        ("torn", good[:90]),
        ("changed", good.replace('"u":7', '"u":"seven"')),
        ("moved", good.replace('"b":[["1.9","5"]]', '"bids":[]')),
    ):
        path = written(tmp_path, "2024-12-01_BTCUSDT_ob500.data", good, line)
        with pytest.raises(DataError, match="found a message that is not as"):
            load(recognise(path))
        assert name

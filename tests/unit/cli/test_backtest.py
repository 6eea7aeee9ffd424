"""`tradewind backtest` given what is wrong: one sentence, the exit code, and the error shape."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest

from tests.unit.cli.calling import Called, call
from tradewind.cli.exits import DIFFERS, USAGE

START_S = 1_700_000_000 // 300 * 300
CANDLES = 120
RULES = ("--instrument", "BYBIT:BTCUSDT", "--interval", "5m")


def row(number: int, px: str = "") -> str:
    """Return one candle as a line."""
    close = px or f"{30_000 + number % 7}"
    return f"{START_S + 300 * number},30000,30010,29990,{close},1.5"


HEADER = "timestamp,open,high,low,close,volume"
GOOD = "\n".join([HEADER, *(row(number) for number in range(CANDLES))]) + "\n"
JUNK = bytes(range(128, 256)) * 40


def half(data: bytes) -> bytes:
    """Return the first half, as a download that broke off."""
    return data[: len(data) // 2]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the same sound candles in every format."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "x.csv").write_text(GOOD)
    table = pyarrow.csv.read_csv(folder / "x.csv")
    pyarrow.parquet.write_table(table, folder / "x.parquet")
    pyarrow.feather.write_feather(table, str(folder / "x.feather"))
    (folder / "x.csv.gz").write_bytes(gzip.compress(GOOD.encode()))
    return folder


def sentence(called: Called, code: int) -> str:
    """Return the one sentence on stderr that ends a refused call."""
    assert called.code == code, called
    *notes, said = called.err.splitlines()
    assert said.startswith("tradewind: "), called
    assert not any(each.startswith("tradewind: ") for each in notes), called
    return said.removeprefix("tradewind: ")


def told(words: list[str], code: int, text: str) -> None:
    """Call with `--json`; the sentence on stderr and the error shape on stdout say the same."""
    called = call(*words, "--json")
    said = sentence(called, code)
    assert re.search(text, said), said
    shape = called.json()
    assert shape["message"] == said
    assert {"code", "message", "rule", "retryable"} <= set(shape)


# --- parameters -----------------------------------------------------------------------------------

WRONG_WORDS = {
    "a misspelt parameter": ("-p ema_fst=3", USAGE, r"ema_fst of dual_ema_short.* ema_fast\?"),
    "a parameter of a wrong type": ("-p ema_fast=three", USAGE, r"'three'; give int from 2 to"),
    "a parameter out of range": ("-p ema_fast=99999", USAGE, r"found 99999; give int from 2 to"),
    "a parameter without a value": ("-p ema_fast", USAGE, r"'ema_fast', found no new name=value"),
    "a parameter twice": ("-p ema_fast=3 -p ema_fast=4", USAGE, r"once each"),
    "a balance that is no number": ("--balance much", USAGE, r"--balance, found 'much'; give a"),
    "a negative balance": ("--balance -5", USAGE, r"found -5; give a number above zero"),
    "no leverage": ("--leverage 0", USAGE, r"found 0; give a number above zero"),
    "a balance too large": ("--balance 1e30", USAGE, r"'1e30'; give a number below 10\^18"),
    "a negative latency": ("--latency-ms -1", USAGE, r"--latency-ms.*greater than or equal to 0"),
    "a misspelt option": ("--reprot x.html", USAGE, r"no option --reprot.*did you mean --report"),
    "a report in a folder's place": ("--report /", USAGE, r"Wrote the report /.*--report"),
}


@pytest.mark.parametrize("name", WRONG_WORDS)
def test_wrong_words_are_refused_before_any_work(name: str, tmp_path: Path) -> None:
    words, code, text = WRONG_WORDS[name]
    # A file that is not there: the words are wrong before it is looked for.
    data = ["--data", str(tmp_path / "nowhere.csv"), *RULES]
    told(["backtest", "dual_ema_short", *data, *words.split()], code, text)


# --- data files -----------------------------------------------------------------------------------

DAMAGED_FILES: dict[str, tuple[str, Callable[[bytes], bytes], int, str]] = {
    "gzip cut short": ("x.csv.gz", half, DIFFERS, "cut short .*fetch the file again"),
    "parquet cut short": ("x.parquet", half, DIFFERS, "cut short .*fetch the file again"),
    "feather cut short": ("x.feather", half, DIFFERS, "cut short .*fetch the file again"),
    "junk in a csv": ("x.csv", lambda _: JUNK, DIFFERS, "no text; give CSV"),
    "junk in a parquet": ("x.parquet", lambda _: JUNK, DIFFERS, "no text; give CSV"),
    "junk in a gzip": ("x.csv.gz", lambda _: JUNK, DIFFERS, "no text; give CSV"),
    "an empty csv": ("x.csv", lambda _: b"", DIFFERS, "found nothing in it"),
    "an empty parquet": ("x.parquet", lambda _: b"", DIFFERS, "found nothing in it"),
    "a header alone": ("x.csv", lambda _: HEADER.encode(), DIFFERS, "found no rows|too short"),
    "other columns": ("x.csv", lambda _: b"a,b\n1,2\n", DIFFERS, "columns a, b, which is no"),
    "a column that is missing": (
        "x.csv",
        lambda data: data.replace(b"close", b"last"),
        DIFFERS,
        "give it a header with timestamp, open, high, low, close",
    ),
    "prices that are words": (
        "x.csv",
        lambda data: data.replace(b",30000,", b",dear,"),
        DIFFERS,
        "'dear' is no number.; correct the file",
    ),
    "negative prices": (
        "x.csv",
        lambda data: data.replace(b",30000,", b",-30000,", 1),
        DIFFERS,
        "zero or negative.*tradewind data check",
    ),
}


@pytest.mark.parametrize("name", DAMAGED_FILES)
def test_a_damaged_file_is_refused(name: str, good: Path, tmp_path: Path) -> None:
    file, damage, code, text = DAMAGED_FILES[name]
    path = tmp_path / file
    path.write_bytes(damage((good / file).read_bytes()))
    told(["backtest", "dual_ema_short", "--data", str(path), *RULES], code, text)


def test_a_file_that_is_not_there_or_tells_no_rules_is_bad_usage(
    good: Path, tmp_path: Path
) -> None:
    nowhere = ["backtest", "dual_ema_short", "--data", str(tmp_path / "no.csv")]
    told(nowhere, USAGE, r"no\.csv, found no such file or folder; check the path")
    told(["data", "check", str(good / "x.csv")], USAGE, "name them with --instrument")


def holes(text: str) -> str:
    """Return the candles without some, with one twice and one torn."""
    lines = text.splitlines()
    return "\n".join([*lines[:20], *lines[30:60], lines[59], "torn,1", *lines[60:]]) + "\n"


def test_a_file_with_holes_is_read_and_the_holes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(holes(GOOD))
    words = ["backtest", "dual_ema_short", "--data", str(path), *RULES]
    ended = call(*words)
    assert ended.code == 0, ended.err
    assert "1 gaps, 10 candles missing; not filled" in ended.err
    assert "1 exact duplicates were dropped" in ended.err
    assert "1 unusable row was dropped" in ended.err
    as_json = call(*words, "--json")
    assert as_json.err == ""
    [source] = as_json.json()["sources"]
    assert [gap["missing"] for gap in source["gaps"]] == [10]
    assert {each["rule"] for each in source["findings"]} >= {"duplicate", "bad rows"}


# --- strategy files -------------------------------------------------------------------------------

HEAD = "from tradewind import Strategy\n\n\nclass Mine(Strategy):\n"
STRATEGIES = {
    "no Python": ("def f(:\n", r"SyntaxError: .*line 1.*mend the file"),
    "a missing module": ("import nosuchmodule\n", r"in line 1: No module named 'nosuchmodule'"),
    "a program's end": ("import sys\n\nsys.exit(0)\n", r"SystemExit in line 3"),
    "no strategy": ("x = 1\n", r"no such strategy class in it; write class Mine\(Strategy\)"),
    "two strategies": (HEAD + "    pass\n\n\nclass B(Mine):\n    pass\n", r"Mine and B where one"),
    "a misspelt callback": (HEAD + "    def on_candl(self, ctx, candle): ...\n", r"on_candle\?"),
    "an error when it is made": (HEAD + "    def __init__(self): 1 / 0\n", r"cannot be made"),
    "an error at the start": (HEAD + "    def on_start(self, ctx): 1 / 0\n", r"on_start.*line 5"),
}
IN_A_CALLBACK = {
    "an error in a callback": (
        HEAD + "    def on_candle(self, ctx, candle):\n        raise ValueError('two\\nlines')\n",
        r"on_candle raised ValueError in line 6: two lines; mend it",
    ),
    "a program's end in a callback": (
        HEAD + "    def on_candle(self, ctx, candle): raise SystemExit\n",
        r"on_candle raised SystemExit in line 5",
    ),
    "a float as a quantity": (
        HEAD + "    def on_candle(self, ctx, candle): ctx.buy(candle.instrument, 0.1)\n",
        r"the float 0\.1; give a Decimal",
    ),
}


FAULTY = STRATEGIES | IN_A_CALLBACK


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_strategy_ends_the_backtest(name: str, good: Path, tmp_path: Path) -> None:
    text, says = FAULTY[name]
    path = tmp_path / "mine.py"
    path.write_text(text)
    told(["backtest", str(path), "--data", str(good / "x.csv"), *RULES], USAGE, says)

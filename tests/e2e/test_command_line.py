"""The program among others: pipes that close, disks that are full, Ctrl-C, small windows."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.running import PROGRAM, Ended, finish, run, sentence, start

pytestmark = pytest.mark.timeout(120)

SLOW = """
from tradewind import Strategy


class Slow(Strategy):
    def on_candle(self, ctx, candle):
        if candle.open == 30001:
            open(%r, "w").close()
        for _ in range(500_000):
            pass
"""


def candles(path: Path) -> Path:
    """Write two thousand candles."""
    rows = [f"{1_700_000_100 + 300 * n},{30_001 if n == 3 else 30_000}" for n in range(2000)]
    lines = [f"{row},30010,29990,30005,1" for row in rows]
    path.write_text("timestamp,open,high,low,close,volume\n" + "\n".join(lines) + "\n")
    return path


def in_shell(home: Path, text: str) -> Ended:
    """Run a line of shell in which `tw` is the program."""
    program = " ".join(PROGRAM)
    return finish(start(home, before=f'tw() {{ {program} "$@"; }}; {text}; exit $?'))


def test_a_reader_that_leaves_ends_the_program_quietly(tmp_path: Path) -> None:
    ended = in_shell(tmp_path, "{ tw backtest --help; echo $? >&2; } | true")
    assert ended.err in ("141\n", "0\n"), "0 where the text was gone before the reader was"
    ended = in_shell(tmp_path, "tw --help | head -1")
    assert ended.out.startswith("Usage: tradewind")
    assert ended.err == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_stdout_is_said_once(tmp_path: Path) -> None:
    for words in ("strategies", "strategies --json"):
        said = sentence(in_shell(tmp_path, f"tw {words} > /dev/full"), 2)
        assert "No space left on device" in said


def test_ctrl_c_ends_a_backtest_without_half_a_result(tmp_path: Path) -> None:
    began = tmp_path / "began"
    (tmp_path / "slow.py").write_text(SLOW % str(began))
    data = candles(tmp_path / "x.csv")
    report = tmp_path / "r.html"
    rules = ("--instrument", "BYBIT:BTCUSDT")
    words = ("backtest", str(tmp_path / "slow.py"), "--data", str(data), *rules)
    process = start(tmp_path, *words, "--report", str(report))
    wait_for(began, process)
    process.send_signal(signal.SIGINT)
    ended = finish(process)
    assert (ended.code, ended.out) == (130, "")
    assert "Traceback" not in ended.err
    assert not report.exists()


def test_ctrl_c_saves_the_demo_and_it_goes_on(tmp_path: Path) -> None:
    process = start(tmp_path, "demo", "--plain", "--speed", "20", "--port", "0")
    wait_for(tmp_path / "demo" / "desk.sock", process)
    process.send_signal(signal.SIGINT)
    ended = finish(process)
    assert ended.code == 0, ended
    assert "\ntradewind: stopped and saved in" in ended.err
    assert ended.err.startswith("page: ")
    assert ended.err.count("\n") == 2
    assert run(tmp_path, "replay", "--json").json()["difference"] is None


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_neither_pipes_nor_no_color_get_escapes_and_small_windows_get_whole_words(
    tmp_path: Path,
) -> None:
    ended = in_shell(tmp_path, "NO_COLOR=1 tw strategies; COLUMNS=40 tw demo --help")
    assert ended.code == 0, ended
    assert not re.search("\x1b", ended.out)
    help_lines = ended.out[ended.out.index("Usage: tradewind demo") :].splitlines()
    assert max(map(len, help_lines)) <= 50

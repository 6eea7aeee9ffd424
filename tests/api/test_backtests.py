"""Backtests over HTTP: asked, run as a program of their own, reported, forgotten."""

import math
from pathlib import Path
from typing import Any

import pytest

from tests.api.serving import Served, until
from tests.e2e.running import run

DONE_S = 60.0


@pytest.fixture(scope="module")
def history(desk: Served) -> dict[str, Any]:
    """Import two days of candles into the desk's data folder, and return their series."""
    file = desk.home / "BTCUSDT-1m.csv"
    lines = ["ts,open,high,low,close,volume"]
    for minute in range(2880):
        px = 60_000 + 2_000 * math.sin(minute / 90)
        ts = 1_760_000_000_000 + minute * 60_000
        lines.append(f"{ts},{px:.1f},{px + 5:.1f},{px - 5:.1f},{px + 1:.1f},10")
    file.write_text("\n".join(lines) + "\n")
    words = ("data", "import", str(file), "--instrument", "BYBIT:BTCUSDT", "--interval", "1m")
    told = run(desk.home, *words)
    assert told.code == 0, told.err
    rows = desk.get("/api/data")["rows"]
    return next(row for row in rows if row["kind"] == "candle:1m" and row["rows"] == 2880)


def order(history: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "strategy": "dual_ema_short",
        "data": [history["folder"]],
        "instrument": history["instrument"],
        "interval": "1m",
        "parameters": {"interval": "1m"},
        **more,
    }


def ended(desk: Served, name: str) -> Any:
    def is_over() -> bool:
        return desk.get(f"/api/backtests/{name}")["state"] in ("done", "failed")

    until(is_over, DONE_S, lambda: desk.get(f"/api/backtests/{name}"))
    return desk.get(f"/api/backtests/{name}")


def test_a_backtest_runs_and_is_reported(desk: Served, history: dict[str, Any]) -> None:
    told = desk.bearer("POST", "/api/backtests", order(history), Idempotency_Key="run-1")
    assert (told.status, told.json["id"]) == (202, "run-1"), told
    again = desk.bearer("POST", "/api/backtests", order(history), Idempotency_Key="run-1")
    assert again.json["id"] == "run-1"
    found = ended(desk, "run-1")
    assert found["state"] == "done", found["error"]
    assert found["progress"] == 1.0
    assert found["result"]["decision_hash"]
    listed = desk.get("/api/backtests")["rows"]
    assert [row["id"] for row in listed].count("run-1") == 1
    assert listed[0]["result"] is None
    report = desk.bearer("GET", "/api/backtests/run-1/report")
    assert report.status == 200
    assert b"<html" in report.raw[:500]
    assert "sandbox" in report.headers["content-security-policy"]
    kept = desk.bearer("GET", "/api/backtests/run-1/report", If_None_Match=report.headers["etag"])
    assert kept.status == 304


def test_the_same_order_gives_the_same_result(desk: Served, history: dict[str, Any]) -> None:
    for name in ("same-1", "same-2"):
        desk.bearer("POST", "/api/backtests", order(history), Idempotency_Key=name)
    one, other = (ended(desk, name)["result"] for name in ("same-1", "same-2"))
    assert one["decision_hash"] == other["decision_hash"]


def test_what_fails_says_why_and_can_be_forgotten(desk: Served, history: dict[str, Any]) -> None:
    wrong = order(history, parameters={"nothing": 1})
    desk.bearer("POST", "/api/backtests", wrong, Idempotency_Key="wrong-1")
    found = ended(desk, "wrong-1")
    assert found["state"] == "failed"
    assert "nothing" in found["error"]
    assert desk.bearer("DELETE", "/api/backtests/wrong-1").status == 200
    assert desk.bearer("GET", "/api/backtests/wrong-1").code == "not_found"
    assert not (desk.home / "backtests" / "wrong-1").exists()


def test_only_what_is_in_the_history_is_read(desk: Served, history: dict[str, Any]) -> None:
    for path in ("/etc", str(Path.cwd()), "../..", history["folder"] + "/.."):
        told = desk.bearer("POST", "/api/backtests", order(history, data=[path]))
        assert (told.status, told.code) == (400, "bad_request"), path


def test_a_word_that_looks_like_an_option_is_none(desk: Served, history: dict[str, Any]) -> None:
    told = desk.bearer("POST", "/api/backtests", order(history, instrument="--help"))
    assert ended(desk, told.json["id"])["state"] == "failed"


def test_no_file_is_run_that_a_caller_names(desk: Served, history: dict[str, Any]) -> None:
    for name in ("--help", "own.py", "/etc/passwd"):
        told = desk.bearer("POST", "/api/backtests", order(history, strategy=name))
        assert (told.status, told.code) == (400, "bad_request"), name

"""`tradewind simulate` as a shell starts it: addresses, keys, faults, and a clean end."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import msgspec
import pytest

from tests.e2e.running import finish, run, sentence, start
from tradewind.edge.simulators.wire_faults import Kind

TIMES = {"bybit": "/v5/market/time", "kalshi": "/trade-api/v2/exchange/status"}
BOOKS = {
    "bybit": "/v5/market/orderbook?category=linear&symbol=BTCUSDT",
    "kalshi": "/trade-api/v2/markets?limit=5&status=open",
}


@contextmanager
def simulated(home: Path, *words: str) -> Iterator[dict[str, Any]]:
    """Run a simulated venue; it must end by SIGTERM with code 0."""
    process = start(home, "simulate", *words, "--json")
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()
        yield msgspec.json.decode(line)
    finally:
        process.send_signal(signal.SIGTERM)
        ended = finish(process)
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err


def asked(url: str, body: object = None) -> tuple[int, Any]:
    data = None if body is None else msgspec.json.encode(body)
    try:
        with urlopen(Request(url, data), timeout=10) as answer:
            return answer.status, msgspec.json.decode(answer.read())
    except HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.parametrize("venue", ["bybit", "kalshi"])
def test_a_simulated_venue_answers_until_it_is_told_to_stop(tmp_path: Path, venue: str) -> None:
    with simulated(tmp_path, venue, "--seed", "7", "--accounts", "2") as told:
        rest = told["hosts"]["rest"]
        assert asked(rest + TIMES[venue])[0] == 200
        assert asked(rest + BOOKS[venue])[0] == 200
        first, second = told["accounts"]
        assert first["keys"] != second["keys"]
        key = first["keys"].get("api_key") or first["keys"]["key_id"]
        status, truth = asked(f"{told['admin']}/truth/{key}")
        assert status == 200
        assert truth["cash"]
        fault = {"kind": "status", "of": "market", "status": 429, "times": 1}
        assert asked(f"{told['admin']}/fault", fault)[0] == 200
        assert asked(rest + BOOKS[venue])[0] == 429
        assert asked(rest + BOOKS[venue])[0] == 200
        kinds = asked(f"{told['admin']}/faults")[1]["kinds"]
        assert {"race", "partial", "skip", "maintenance", "halt", "lag", "skew"} <= set(kinds)
    with simulated(tmp_path, venue, "--seed", "7", "--fault", "status:status=503") as again:
        assert again["accounts"][0] == first
        assert asked(again["hosts"]["rest"] + TIMES[venue])[0] == 503


def test_a_simulated_bybit_follows_recorded_prices(tmp_path: Path, shared: Path) -> None:
    file = shared / "data" / "bybit" / "BTCUSDT_5m.csv"
    with simulated(tmp_path, "bybit", "--replay", str(file)) as told:
        book = asked(told["hosts"]["rest"] + BOOKS["bybit"])[1]["result"]
    # The recording begins at 81,794.8; the hidden path of no seed is near it.
    assert 81_000 < float(book["b"][0][0]) < float(book["a"][0][0]) < 82_500


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("okx",), 2, "bybit, kalshi"),
        (("bybit", "--fault", "hangafter"), 2, "did you mean hang_after?"),
        (("bybit", "--fault", "hang:of=moon"), 2, "orders"),
        (("bybit", "--fault", "shut"), 2, "this venue has none"),
        (("kalshi", "--fault", "halt"), 2, "name the market"),
        (("kalshi", "--replay", "nowhere.csv"), 3, "nowhere.csv"),
    ],
)
def test_a_wrong_word_is_a_sentence(
    tmp_path: Path, words: tuple[str, ...], code: int, text: str
) -> None:
    assert text in sentence(run(tmp_path, "simulate", *words), code)


def test_the_help_names_every_kind_of_fault(tmp_path: Path) -> None:
    words = set(re.findall(r"[a-z_]+", run(tmp_path, "simulate", "--help").out))
    assert {each.value for each in Kind} - words == set()


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(tmp_path, "simulate", "bybit", "--port", str(port))
    assert str(port) in sentence(ended, 2)


def test_a_person_gets_it_as_text_and_ends_it_by_hand(tmp_path: Path) -> None:
    process: subprocess.Popen[str] = start(tmp_path, "simulate", "bybit")
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while not lines[-1].startswith("api_secret"):
        lines.append(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    ended = finish(process)
    assert ended.code == 0
    assert 'rest = "http://127.0.0.1:' in "".join(lines)
    assert "has stopped" in ended.err

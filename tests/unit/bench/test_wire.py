"""Tick to order: the venue's words, real measurements in small, and what the section says."""

import sys
from pathlib import Path

import msgspec
import pytest

from bench import wire
from bench.engines import Failed, once
from bench.wire import FLOOR, HZ, PEERS, SCRIPT, SERVER, Taken, Way
from bench.wire_desk import VARIANTS
from bench.wire_venues import SIZES, BybitSpeech, KalshiSpeech
from tradewind.app.simulated import KINDS, Simulation
from tradewind.edge.venues.bybit import stream as bybit_stream
from tradewind.edge.venues.bybit import wire as bybit_wire

pytestmark = pytest.mark.sockets

NOW_NS = 1_795_000_000_000_000_000


def figures(wire_p50: float, wire_p99: float = 900.0) -> dict[str, float]:
    told = {f"{kind}_p{share}": 100.0 for kind in ("inside", "wire") for share in (50, 90, 99)}
    return {**told, "orders": 80, "cpu_us": 50, "wire_p50": wire_p50, "wire_p99": wire_p99}


@pytest.mark.parametrize("variant", ["bybit-socket", "kalshi-rest"])
def test_every_tick_is_answered_by_one_order(variant: str) -> None:
    words = [sys.executable, "-m", "bench.wire_desk", variant, "--ticks", "50", "--hz", "100"]
    told = once(variant, words)
    # All but the fifth that warms up.
    assert told["orders"] == 40
    for kind in ("inside", "wire"):
        p10, p50, p90, p99 = (told[f"{kind}_p{share}"] for share in (10, 50, 90, 99))
        assert 0 < p10 <= p50 <= p90 <= p99


def test_bybits_ticks_are_what_its_adapter_reads_and_are_numbered_by_size() -> None:
    speech = BybitSpeech(KINDS["bybit"].make(Simulation(venue="bybit"), (), NOW_NS), NOW_NS)
    first = bybit_stream.FRAME.decode(speech.begin(NOW_NS))
    book = bybit_wire.whole_book(first.data, "the book")
    assert (first.type, len(book.bids), len(book.asks)) == ("snapshot", 50, 50)
    for _ in range(3):
        number, text = speech.tick(NOW_NS)
        frame = bybit_stream.FRAME.decode(text)
        change = bybit_wire.whole_book(frame.data, "the book")
        assert (frame.type, change.update) == ("delta", book.update + 1)
        assert change.bids[0][1] * 1000 == number
        assert change.bids[0][0] < change.asks[0][0]
        book = change


def test_an_order_by_socket_is_accepted_and_its_end_is_news() -> None:
    speech = BybitSpeech(KINDS["bybit"].make(Simulation(venue="bybit"), (), NOW_NS), NOW_NS)
    order = (
        b'{"reqId":"r7","op":"order.create","args":[{"symbol":"BTCUSDT","qty":"0.123",'
        b'"price":"60000.0","orderLinkId":"TWAABJIRGLMPVAAAAAGD"}]}'
    )
    assert speech.is_order(order)
    reply = speech.reply(order, NOW_NS)
    assert reply.tick == 123
    answer = bybit_stream.FRAME.decode(reply.answer)
    assert (answer.request_id, answer.ret_code) == ("r7", 0)
    (row,) = bybit_stream.ORDERS.decode(bybit_stream.FRAME.decode(reply.news).data)
    assert (row.order_link_id, row.order_status) == ("TWAABJIRGLMPVAAAAAGD", "Cancelled")


def test_kalshis_ticks_go_on_where_the_exchange_left_off() -> None:
    exchange = KINDS["kalshi"].make(Simulation(venue="kalshi"), (), NOW_NS)
    speech = KalshiSpeech(exchange, NOW_NS)
    assert not speech.overheard(b'{"type":"orderbook_snapshot","sid":3,"seq":9,"msg":{}}')
    told = msgspec.json.decode(speech.begin(NOW_NS))
    assert (told["sid"], told["seq"]) == (3, 10)
    size = SIZES
    for _ in range(3):
        number, text = speech.tick(NOW_NS)
        told = msgspec.json.decode(text)
        size += round(float(told["msg"]["delta_fp"]))
        assert size == number
    # From here on the exchange's own books would contradict ours.
    assert speech.overheard(b'{"type":"orderbook_delta","sid":3,"seq":10,"msg":{}}')


def test_without_the_peers_folder_only_ours_run_and_a_sentence_says_so() -> None:
    found, left_out = wire.theirs(None, None)
    assert not found
    assert "left out" in left_out[0]
    assert [way.name for way in wire.ours()] == list(VARIANTS)


def test_floors_need_no_environment_and_a_missing_one_is_named(tmp_path: Path) -> None:
    for name in (SCRIPT, SERVER):
        (tmp_path / name).write_text("", encoding="utf-8")
    found, left_out = wire.theirs(tmp_path, tmp_path / "venvs")
    assert [way.name for way in found] == [peer.name for peer in PEERS if not peer.venv]
    assert len(left_out) == len([peer for peer in PEERS if peer.venv])
    assert "'nautilus'" in left_out[-1]


def test_a_ratio_is_the_median_of_the_rounds_that_both_ran() -> None:
    taken = Taken(hz={FLOOR: HZ, "bybit-socket": HZ})
    taken.runs = {
        FLOOR: {0: figures(100), 1: figures(200)},
        "bybit-socket": {0: figures(150), 1: figures(500), 2: figures(9_000)},
    }
    assert taken.ratio("bybit-socket", "wire_p50") == 2.0
    text = "\n".join(wire.lines(taken, []))
    assert "| bybit-socket | 3 | 500 |" in text
    assert "| 50 | 2.00 |" in text


@pytest.mark.parametrize(("p50", "p99", "met"), [(79, 299, "yes"), (79, 301, "no"), (81, 1, "no")])
def test_an_aim_is_met_by_both_figures_or_not_at_all(p50: float, p99: float, met: str) -> None:
    taken = Taken(runs={"bybit-socket": {0: figures(p50, p99)}}, hz={"bybit-socket": HZ})
    assert wire.aims(taken)[-1].endswith(f"| {met} |")


def test_one_that_fails_is_a_sentence_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def take(way: Way, peers: Path | None) -> dict[str, float]:
        if way.name == "broken":
            raise Failed("Ran broken, found no figures.")
        return figures(100)

    monkeypatch.setattr(wire, "take", take)
    ways = [Way("broken", (), HZ), Way("whole", (), HZ)]
    taken = wire.run(2, ways, None, lambda line: None)
    assert list(taken.runs) == ["whole"]
    assert len(taken.faults) == 2
    assert taken.faults[0] in wire.lines(taken, [])

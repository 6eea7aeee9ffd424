"""Faults in words: what is meant, and what is wrong with a word."""

import pytest

from tradewind.edge.simulators.fault_words import MEANING, planned, spoken, written
from tradewind.edge.simulators.wire_faults import NEVER, Carried, Fault, Kind, Scope, Way
from tradewind.model.errors import ConfigError
from tradewind.model.money import MILLIS, NANOS

NOW_NS = 1_700_000_000 * NANOS
PLACES = {"orders": Scope(path="/v5/order", method="POST")}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("hang", Fault(kind=Kind.HANG, start_ns=NOW_NS)),
        (
            "hang_after:of=orders,chance=0.1",
            Fault(kind=Kind.HANG_AFTER, scope=PLACES["orders"], chance=0.1, start_ns=NOW_NS),
        ),
        (
            "silence:after_s=20,length_s=30",
            Fault(kind=Kind.SILENCE, times=1, start_ns=NOW_NS + 20 * NANOS, length_ns=30 * NANOS),
        ),
        (
            "status:status=429,retry_after_s=3,for_s=5,body=slow",
            Fault(
                kind=Kind.STATUS,
                status=429,
                retry_after_s=3,
                body="slow",
                start_ns=NOW_NS,
                end_ns=NOW_NS + 5 * NANOS,
            ),
        ),
        (
            "delay:way=back,carried=socket,text=orderbook,length_s=0.25",
            Fault(
                kind=Kind.DELAY,
                scope=Scope(way=Way.BACK, carried=Carried.SOCKET, text="orderbook"),
                start_ns=NOW_NS,
                length_ns=250 * MILLIS,
            ),
        ),
        (
            "skew:length_s=-3.5",
            Fault(kind=Kind.SKEW, start_ns=NOW_NS, length_ns=-3500 * MILLIS, end_ns=NEVER),
        ),
        (
            "race:account=KEY,symbol=BTCUSDT,times=1",
            Fault(
                kind=Kind.RACE,
                scope=Scope(account="KEY", symbol="BTCUSDT"),
                times=1,
                start_ns=NOW_NS,
            ),
        ),
        (
            "lag:chance=0.5",
            Fault(kind=Kind.LAG, chance=0.5, start_ns=NOW_NS, length_ns=400 * MILLIS),
        ),
    ],
)
def test_words_say_a_fault(text: str, fault: Fault) -> None:
    assert planned(spoken(text), NOW_NS, PLACES) == fault


def test_json_says_the_same() -> None:
    body = b'{"kind": "hang_after", "of": "orders", "chance": 0.1}'
    said = spoken("hang_after:of=orders,chance=0.1")
    assert planned(written(body), NOW_NS, PLACES) == planned(said, NOW_NS, PLACES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hangafter", "did you mean hang_after"),
        ("hang:orders", "without a value"),
        ("hang:of=moon", "use one of orders"),
        ("hang:chanse=1", "chanse"),
        ("hang:chance=often", "chance"),
        ("delay", "length_s"),
        ("omit", "field"),
        ("rename:field=px", "other name"),
        ("halt", "name the market"),
        ("race:of=orders", "narrow it down by account, symbol"),
        ("hang:symbol=BTCUSDT", "narrow it down by of, path"),
        ("restart:times=2", "by after_s"),
        ("rase", "did you mean race"),
    ],
)
def test_a_wrong_word_is_named(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        planned(spoken(text), NOW_NS, PLACES)


def test_a_kind_that_a_venue_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(ConfigError, match="this venue has none; use drop, race"):
        planned(spoken("shut"), NOW_NS, able={Kind.RACE, Kind.DROP})


def test_every_kind_has_its_sentence() -> None:
    assert set(MEANING) == set(Kind)

"""The crowd: one seed and one time, one stream, however it is read."""

import pickle
from collections import Counter
from random import Random

import msgspec

from tradewind.edge.simulators.scenarios import demo
from tradewind.model.events import CurrencyRate, Event, InstrumentDefined, ReferencePrice
from tradewind.model.money import NANOS

ORIGIN_NS = 1_790_000_000 * NANOS
MINUTES = 2
END_NS = ORIGIN_NS + MINUTES * 60 * NANOS
encode = msgspec.json.Encoder().encode


def straight(seed: int) -> list[bytes]:
    return [encode(event) for event in demo(seed, ORIGIN_NS).flow(ORIGIN_NS).due(END_NS)]


def test_a_seed_gives_one_stream_however_it_is_cut_or_pickled(seed: int) -> None:
    dice = Random(seed)
    crowd = demo(seed, ORIGIN_NS).flow(ORIGIN_NS)
    told: list[Event] = []
    until_ns = ORIGIN_NS
    while until_ns < END_NS:
        until_ns = min(until_ns + dice.randrange(1, 10 * NANOS), END_NS)
        told += crowd.due(until_ns)
        assert crowd.next_due_ns > until_ns
        if dice.random() < 0.1:
            crowd = pickle.loads(pickle.dumps(crowd))  # noqa: S301 - made one line above
    assert [encode(event) for event in told] == straight(seed)


def test_another_seed_gives_another_stream(seed: int) -> None:
    assert straight(seed) != straight(seed + 1)


def test_events_come_in_the_order_in_which_we_see_them(seed: int) -> None:
    told = demo(seed, ORIGIN_NS).flow(ORIGIN_NS).due(END_NS)
    times = [event.ts_recv for event in told]
    assert times == sorted(times)
    assert isinstance(told[0], CurrencyRate)
    known: set[str] = set()
    for event in told:
        if isinstance(event, InstrumentDefined):
            known.add(event.instrument.id)
        elif not isinstance(event, CurrencyRate | ReferencePrice):
            assert event.instrument in known  # type: ignore[union-attr]


def test_the_reference_is_told_every_second(seed: int) -> None:
    told = demo(seed, ORIGIN_NS).flow(ORIGIN_NS).due(END_NS)
    prices = [event for event in told if isinstance(event, ReferencePrice)]
    assert Counter(event.feed for event in prices) == {"SIM:BTC": MINUTES * 60 + 1}
    assert all(0.0 < event.confidence < 0.001 * event.px for event in prices)

"""A series: one question closes, pays, and the next one is open at once."""

from decimal import Decimal

import pytest

from tradewind.core.matching.settlement import Resolution, resolution_of
from tradewind.edge.simulators.scenarios import demo
from tradewind.edge.simulators.series import (
    SETTLE_AFTER_NS,
    Series,
    SeriesTerms,
)
from tradewind.model.events import (
    BookSnapshot,
    Event,
    InstrumentDefined,
    Trade,
    TradingChanged,
)
from tradewind.model.market import Trading
from tradewind.model.money import NANOS

ORIGIN_NS = 1_790_000_000 * NANOS
HOUR_NS = 3_600 * NANOS


def hourly(seed: int) -> SeriesTerms:
    return next(terms for terms in demo(seed, ORIGIN_NS).series if terms.topic.name == "BTCHOUR")


def run(made: Series, until_ns: int) -> list[Event]:
    out: list[Event] = []
    made.open(out)
    while made.next_ns <= until_ns:
        made.step(out)
    return out


def word(event: Event) -> str | None:
    """Name the events of a question's life."""
    match event:
        case InstrumentDefined(instrument=rules):
            return f"define {rules.symbol} {rules.version}"
        case TradingChanged(instrument=name, trading=trading):
            return f"{trading} {name.split(':')[1]}"
        case BookSnapshot(instrument=name):
            return f"book {name.split(':')[1]}"
    return None


def test_a_question_closes_pays_and_is_followed(seed: int) -> None:
    made = Series(hourly(seed), ORIGIN_NS + 59 * 60 * NANOS, ORIGIN_NS)
    told = run(made, ORIGIN_NS + HOUR_NS + 2 * SETTLE_AFTER_NS)
    words = [found for event in told if (found := word(event))]
    assert words == [
        *["define BTCHOUR-0001 1"] * 2,
        *["book BTCHOUR-0001"] * 2,
        *["closed BTCHOUR-0001"] * 2,
        *["define BTCHOUR-0002 1"] * 2,
        *["book BTCHOUR-0002"] * 2,
        *["define BTCHOUR-0001 2"] * 2,
        *["settled BTCHOUR-0001"] * 2,
    ]
    closed_ns = next(e.ts_event for e in told if isinstance(e, TradingChanged))
    assert closed_ns == ORIGIN_NS + HOUR_NS == hourly(seed).listing_at(ORIGIN_NS).yes.close_ns
    late = [e for e in told if isinstance(e, Trade) and e.ts_event >= closed_ns]
    assert {e.instrument.split(":")[1] for e in late} == {"BTCHOUR-0002"}


@pytest.mark.parametrize("number", range(6))
def test_the_answer_is_where_the_reference_ended(number: int) -> None:
    world = demo(number, ORIGIN_NS)
    terms = hourly(number)
    asked = terms.ask(1)
    assert asked.strike is not None
    price = world.references["SIM:BTC"].at(ORIGIN_NS + HOUR_NS)
    assert asked.yes == (price >= asked.strike)
    made = Series(terms, ORIGIN_NS + HOUR_NS - NANOS, ORIGIN_NS + HOUR_NS - NANOS)
    told = run(made, ORIGIN_NS + HOUR_NS + 2 * SETTLE_AFTER_NS)
    answered = [
        e.instrument for e in told if isinstance(e, InstrumentDefined) and e.instrument.version == 2
    ]
    assert [resolution_of(each) for each in answered] == [
        Resolution(Decimal(1 if asked.yes else 0))
    ] * 2
    assert resolution_of(terms.listing_at(ORIGIN_NS).yes) is None


def test_the_same_question_has_one_answer_everywhere(seed: int) -> None:
    twins = [terms for terms in demo(seed, ORIGIN_NS).series if terms.topic.name == "RATECUT"]
    assert len({terms.venue.id for terms in twins}) == 2
    for serial in range(1, 8):
        assert len({terms.ask(serial).yes for terms in twins}) == 1


def test_what_closed_while_nobody_ran_is_settled_at_once(seed: int) -> None:
    since_ns = ORIGIN_NS + HOUR_NS - 10 * NANOS
    start_ns = ORIGIN_NS + 3 * HOUR_NS + 5 * NANOS
    told = run(Series(hourly(seed), start_ns, since_ns), start_ns + SETTLE_AFTER_NS)
    settled = [
        (e.instrument.split(":")[1], e.ts_event)
        for e in told
        if isinstance(e, TradingChanged) and e.trading is Trading.SETTLED
    ]
    # The third closed five seconds ago; its time to pay comes as usual.
    assert settled == [
        *[("BTCHOUR-0001", start_ns)] * 2,
        *[("BTCHOUR-0002", start_ns)] * 2,
        *[("BTCHOUR-0003", ORIGIN_NS + 3 * HOUR_NS + SETTLE_AFTER_NS)] * 2,
    ]
    defined: set[str] = set()
    for event in told:
        if isinstance(event, InstrumentDefined):
            defined.add(event.instrument.id)
        else:
            assert event.instrument in defined, "news of an instrument that nobody knows"  # type: ignore[union-attr]

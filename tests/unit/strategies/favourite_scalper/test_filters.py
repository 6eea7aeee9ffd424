"""Each entry rule by name, in its order, and what counts as moving together."""

from decimal import Decimal

import msgspec
import pytest

from tests.harness import D
from tests.unit.strategies.favourite_scalper.test_prices import yes
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.strategies.favourite_scalper.filters import (
    DAY_NS,
    HOUR_NS,
    EntryRules,
    Reading,
    correlated,
    plan_entry,
    read_statistics,
    reject_book,
    reject_market,
)
from tradewind.strategies.favourite_scalper.parameters import ScalperParameters

NOW_NS = 1_800_000_000_000_000_000
RULES = EntryRules(
    **{name: ScalperParameters.parameters[name].default for name in EntryRules.__struct_fields__}
)


def market(**changes: object) -> Instrument:
    told = {"volume_24h": "25000", "category": "weather"}
    told.update(changes.pop("statistics", {}))  # type: ignore[call-overload]
    terms = {"close_ns": NOW_NS + 6 * HOUR_NS, "statistics": told, **changes}
    return msgspec.structs.replace(yes(), **terms)


def reading(bid: str, ask: str, qty: str = "2000") -> Reading:
    return Reading(D(bid), D(qty), D(ask), D(qty))


@pytest.mark.parametrize(
    ("name", "bid", "ask", "qty", "expected"),
    [
        ("the worked entry", "0.91", "0.92", "2000", ""),
        ("not likely enough", "0.84", "0.85", "2000", "probability"),
        ("exactly likely enough", "0.85", "0.86", "2000", ""),
        ("too little on the bid", "0.91", "0.92", "549", "depth"),
        ("a wide spread", "0.86", "0.88", "2000", "spread"),
        ("too dear", "0.95", "0.96", "2000", "entry_price"),
        ("the dearest permitted", "0.94", "0.95", "2000", ""),
    ],
)
def test_the_book_is_rejected_by_the_first_rule_it_breaks(
    name: str, bid: str, ask: str, qty: str, expected: str
) -> None:
    book = reading(bid, ask, qty)
    assert reject_book(book, plan_entry(market(), book.ask, RULES), RULES) == expected, name


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        ("target_price", {"max_target_price": D("0.93")}),
        ("net_profit", {"min_net_profit": D("0.0149")}),
        ("net_profit", {"maker_fee_coefficient": D("0.2")}),
        ("", {"min_net_profit": D("0.014848")}),
    ],
)
def test_target_and_net_are_checked_after_the_entry(
    expected: str, changes: dict[str, Decimal]
) -> None:
    rules = msgspec.structs.replace(RULES, **changes)
    book = reading("0.91", "0.92")
    assert reject_book(book, plan_entry(market(), book.ask, rules), rules) == expected


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("all well", {}, ""),
        ("little traded", {"statistics": {"volume_24h": "9999.99"}}, "volume"),
        ("an unknown volume is no permission", {"statistics": {"volume_24h": ""}}, "volume"),
        ("an unreadable volume is unknown", {"statistics": {"volume_24h": "lots"}}, "volume"),
        ("closing too soon", {"close_ns": NOW_NS + HOUR_NS - 1}, "hours"),
        ("closing in one hour", {"close_ns": NOW_NS + HOUR_NS}, ""),
        ("closing too late", {"close_ns": NOW_NS + 24 * HOUR_NS + 1}, "hours"),
        ("closing at an unknown time", {"close_ns": None}, "hours"),
        ("a wide day", {"statistics": {"range_24h": "0.11"}}, "event_risk"),
        ("a day at the limit", {"statistics": {"range_24h": "0.10"}}, ""),
        ("a busy hour", {"statistics": {"volume_1h": "3126"}}, "event_risk"),
        ("three times the average hour", {"statistics": {"volume_1h": "3125"}}, ""),
        ("an event soon", {"statistics": {"event_ns": str(NOW_NS + DAY_NS // 96)}}, "event_risk"),
        ("an event later", {"statistics": {"event_ns": str(NOW_NS + DAY_NS // 95)}}, ""),
    ],
)
def test_the_market_is_rejected_whatever_its_book_says(
    name: str, changes: dict[str, object], expected: str
) -> None:
    instrument = market(**changes)
    found = reject_market(instrument, read_statistics(instrument), NOW_NS, RULES)
    assert found == expected, name


def test_a_market_about_to_be_left_for_its_close_is_not_entered() -> None:
    rules = msgspec.structs.replace(RULES, min_hours=D(0), exit_before_close_min=30)
    for minutes, expected in ((30, "hours"), (31, "")):
        instrument = market(close_ns=NOW_NS + minutes * HOUR_NS // 60)
        found = reject_market(instrument, read_statistics(instrument), NOW_NS, rules)
        assert found == expected


def test_only_wanted_categories_are_entered() -> None:
    for wanted, expected in (([], ""), (["weather"], ""), (["sports"], "category")):
        rules = msgspec.structs.replace(RULES, categories=wanted)
        assert reject_market(market(), read_statistics(market()), NOW_NS, rules) == expected


@pytest.mark.parametrize(
    ("name", "one", "other", "expected"),
    [
        ("strangers", {}, {}, False),
        ("one event", {"event": "E"}, {"event": "E"}, True),
        ("two events", {"event": "E"}, {"event": "F"}, False),
        ("one series, a day apart", {"series": "S"}, {"series": "S", "close_ns": DAY_NS}, True),
        ("one series, later", {"series": "S"}, {"series": "S", "close_ns": DAY_NS + 1}, False),
        ("one series, unknown end", {"series": "S"}, {"series": "S", "close_ns": None}, True),
    ],
)
def test_markets_of_one_event_or_series_move_together(
    name: str, one: dict[str, object], other: dict[str, object], expected: bool
) -> None:
    first = msgspec.structs.replace(yes(), **{"close_ns": 0, **one})
    second = msgspec.structs.replace(
        yes(), id=InstrumentId("KALSHI:SNOW:NO"), **{"close_ns": 0, **other}
    )
    assert correlated(first, second) is correlated(second, first) is expected, name

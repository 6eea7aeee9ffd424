"""The demo's world gives every demo strategy something to do, whatever the seed."""

from decimal import Decimal
from itertools import pairwise

import pytest

from tests.unit.edge.simulators.sightings import ORIGIN_NS, check_entries
from tradewind.core.matching.fees import fee_model
from tradewind.edge.simulators.scenarios import FAVOURITE, demo, world
from tradewind.model.config import AccountMode
from tradewind.model.errors import ConfigError
from tradewind.model.instrument import InstrumentKind
from tradewind.model.money import NANOS


def test_every_strategy_finds_its_entry_within_a_minute_of_the_demo() -> None:
    check_entries(0)


def test_some_favourites_fall_so_that_stops_are_used() -> None:
    fallen = 0
    for number in range(20):
        for terms in demo(number, ORIGIN_NS).series:
            if terms.style is FAVOURITE:
                chance = terms.ask(1).chance
                chances = [chance.at(ORIGIN_NS + ten * 10 * NANOS) for ten in range(120)]
                drops = [before - after for before, after in pairwise(chances)]
                fallen += max(drops) > 0.03
    assert 10 <= fallen <= 70, "of 80"


def test_the_demos_rules_are_complete() -> None:
    seen = demo(1, ORIGIN_NS)
    listed = {rules.id: rules for rules in seen.instruments(ORIGIN_NS)}
    assert {leg for legs in seen.roles.values() for leg in legs} <= listed.keys()
    venues = {account.venue for account in seen.accounts}
    for rules in listed.values():
        fee_model(rules.fee_model, **rules.fee_parameters)
        assert rules.venue in venues
        assert not rules.book_shows_own
        if rules.kind is InstrumentKind.BINARY:
            assert rules.mirror is not None
            assert listed[rules.mirror].mirror == rules.id
            assert listed[rules.mirror].canonical_market == rules.canonical_market
            assert rules.close_ns is not None
    assert {account.mode for account in seen.accounts} == {AccountMode.PAPER}
    favourites = [listed[leg] for leg in seen.roles["favourites"]]
    assert all(Decimal(each.statistics["volume_24h"]) >= 10_000 for each in favourites)
    assert all(Decimal(each.statistics["range_24h"]) <= Decimal("0.10") for each in favourites)
    assert len({each.series for each in favourites}) == len(favourites)
    cross = [listed[leg] for leg in seen.roles["cross"]]
    assert len({each.venue for each in cross}) == 2
    assert len({each.outcome for each in cross}) == 2


def test_an_unknown_world_is_refused_with_the_names() -> None:
    with pytest.raises(ConfigError, match="use one of demo"):
        world("mars", 1, ORIGIN_NS)
    assert world("demo", 1, ORIGIN_NS).name == "demo"

"""Which public data a desk listens to."""

from tests.unit.control.stage import BTC, NO, YES, Stage, stage_with_maker
from tradewind.model.ids import InstrumentId
from tradewind.runtime.listening import wanted


def test_what_people_look_at_comes_with_book_and_prints_and_takes_nothing_away() -> None:
    stage = stage_with_maker()
    before = {each.instrument: each.feeds for each in wanted(stage.desk)}
    after = {each.instrument: each.feeds for each in wanted(stage.desk, (BTC.id, YES.id))}
    assert after.keys() == before.keys()
    assert after[BTC.id] == before[BTC.id] | {"trade"}
    assert after[NO.id] == before[NO.id]


def test_a_market_that_only_a_person_looks_at_is_listened_to_and_an_unknown_one_is_not() -> None:
    stage = Stage()
    stage.define(BTC, YES)
    assert wanted(stage.desk) == []
    [only] = wanted(stage.desk, (YES.id, InstrumentId("NOWHERE:X")))
    assert (only.instrument, only.feeds) == (YES.id, {"book", "trade"})

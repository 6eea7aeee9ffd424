"""Public prints of watched markets."""

from typing import Any

from tests.harness import D
from tests.unit.control.stage import BTC, YES
from tradewind.control.market_rows import KEPT_PRINTS
from tradewind.control.tape import Tape
from tradewind.model.events import Quote, Trade
from tradewind.model.order import Side


def trade(number: int, instrument: Any = BTC) -> Trade:
    return Trade(instrument.id, number, number, D(number), D(1), Side.SELL)


def test_prints_are_kept_only_while_somebody_watches() -> None:
    tape = Tape()
    told: list[Any] = []
    tape.on_change = told.append
    tape.watch([BTC.id])
    tape.watch([BTC.id])
    assert told == [tape.hear], "the desk is asked to hand events on once"
    tape.hear(trade(1))
    tape.hear(trade(2, YES))
    tape.hear(Quote(BTC.id, 3, 3, D(1), D(2), D(1), D(1)))
    assert [each.px for each in tape.rolls[BTC.id].after(0)] == [D(1)]
    tape.leave([BTC.id])
    assert set(tape.watched) == {BTC.id}
    tape.leave([BTC.id])
    assert told == [tape.hear, None]
    assert not tape.rolls


def test_a_reader_gets_what_it_has_not_seen_as_far_as_it_is_kept() -> None:
    tape = Tape()
    tape.watch([BTC.id])
    for number in range(KEPT_PRINTS + 50):
        tape.hear(trade(number))
    roll = tape.rolls[BTC.id]
    assert len(roll.after(0)) == KEPT_PRINTS
    assert [each.ts for each in roll.after(roll.count - 2)] == [248, 249]
    assert roll.after(roll.count) == ()

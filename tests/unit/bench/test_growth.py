"""What growth compares is the same work: rates are not tested, they belong to the bench."""

import gc
from typing import Any

import pytest

from bench import growth, market
from bench.growth import SLICE, Clock, Makers, Tape, Timed
from bench.workloads import instrument


@pytest.fixture(scope="module")
def quotes() -> Any:
    return market.quotes(2, SLICE)


def test_a_tape_begins_anew_later(quotes: Any) -> None:
    clock = Clock(5_000)
    tape = Tape(instrument("S00", "0.1"), quotes[:10], clock)
    first, second = list(tape.lap()), list(tape.lap())
    assert first[0].ts_recv == 5_000
    assert second[0].ts_recv > first[-1].ts_recv
    assert [quote.bid for quote in first] == [quote.bid for quote in second]
    assert clock.now_ns > second[-1].ts_recv


def test_tapes_of_one_clock_take_turns(quotes: Any) -> None:
    clock = Clock(0)
    tapes = [Tape(instrument(name, "0.1"), quotes[:5], clock) for name in ("S00", "S01")]
    times = [quote.ts_recv for _ in range(2) for tape in tapes for quote in tape.lap()]
    assert times == sorted(times)


def test_a_sample_hears_and_makes(quotes: Any) -> None:
    desk = Makers(quotes)
    hearing, making = Timed(), Timed()
    desk.sample(hearing, making)
    assert (hearing.events, making.events) == (SLICE, SLICE)
    assert desk.count.orders > SLICE // 20
    assert hearing.ns > 0


def test_past_orders_are_made_before_the_samples(
    quotes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "SLICES", 1)
    found = growth.orders(quotes, 300)
    assert found["few"] == 0
    assert 300 <= found["many"] < 600
    assert found["quiet"]["ratio"] > 0
    assert gc.isenabled()


def test_idle_instances_are_deployed_and_hear_nothing(quotes: Any) -> None:
    desk = Makers(quotes, idle=3)
    names = [name for name in desk.drive.desk.instances if name.startswith("idle")]
    assert len(names) == 3
    lone = Makers(quotes)
    for each in (desk, lone):
        each.sample(Timed(), Timed())
    assert desk.count.orders == lone.count.orders


def test_one_and_many_instruments_have_as_many_candles(monkeypatch: pytest.MonkeyPatch) -> None:
    timed: list[Timed] = []

    class Kept(Timed):
        def __post_init__(self) -> None:
            timed.append(self)

    monkeypatch.setattr(growth, "Timed", Kept)
    monkeypatch.setattr(growth, "SLICE", 64)
    found = growth.instruments(market.candles(1, 200), 4)
    assert (found["few"], found["many"]) == (1, 4)
    assert [each.events for each in timed] == [120, 120]

"""Samples become shares of rooms, and shares become nanoseconds."""

import time
from collections import Counter
from pathlib import Path

import pytest

from bench.hotpath import HERE, PACKAGE, Profile, Sampler, room_of, text_of
from bench.results import WORKLOADS


@pytest.mark.parametrize(
    ("path", "room"),
    [
        (PACKAGE / "core" / "engine" / "step.py", "core/engine"),
        (PACKAGE / "core" / "matching" / "fees" / "flat.py", "core/matching"),
        (PACKAGE / "runtime" / "backtest.py", "runtime"),
        (PACKAGE / "ports.py", "ports"),
        (HERE / "workloads.py", "strategy"),
        (Path("/usr/lib/python3/heapq.py"), "elsewhere"),
    ],
)
def test_a_file_belongs_to_its_room(path: Path, room: str) -> None:
    assert room_of(str(path)) == room


@pytest.mark.timeout(0)  # the sampler takes the timer that a test's own limit uses
def test_the_sampler_sees_the_function_that_runs() -> None:
    def busy() -> None:
        end = time.perf_counter() + 0.05
        while time.perf_counter() < end:
            pass

    sampler = Sampler()
    with sampler:
        busy()
    seen = {name: count for (_, name), count in sampler.seen.items()}
    assert max(seen, key=lambda name: seen[name]).endswith("busy")
    before = sampler.seen.total()
    busy()
    assert sampler.seen.total() == before


def test_shares_become_nanoseconds_of_an_event_and_of_an_order() -> None:
    figures = {"n": 1_000, "run_s": 0.001, "orders": 10, "fills": 10}
    rooms = Counter({"core/risk": 30, "runtime": 70})
    profile = Profile(WORKLOADS[0], figures, rooms, Counter({"core/risk · gate.check": 30}))
    lines = text_of([profile])
    assert "| core/risk | 300 (30.0 %) |" in lines
    assert "| core/risk | 30,000 (30.0 %) |" in lines
    assert "| core/risk · gate.check | 30.0 % | 300 | 30,000 |" in lines


def test_a_workload_without_orders_has_no_cost_of_one() -> None:
    figures = {"n": 1_000, "run_s": 0.001, "orders": 0, "fills": 0}
    profile = Profile(WORKLOADS[3], figures, Counter({"runtime": 5}), Counter())
    assert "| runtime |  |" in text_of([profile])

"""Ratios are between neighbours in time; what differs between engines is said."""

from typing import Any

import pytest

from bench import results
from bench.engines import FLOOR, NAUTILUS, OURS
from bench.results import WORKLOADS, Taken


def figures(per_s: int, **more: Any) -> dict[str, Any]:
    return {"per_s": per_s, "per_s_total": per_s, "rss_mb": 100.0, "n": 1000, "hash": "a", **more}


def taken(**runs: list[dict[str, Any]]) -> Taken:
    names = {"ours": OURS, "floor": FLOOR, "nautilus": NAUTILUS}
    made = Taken(WORKLOADS[0])
    for name, rounds in runs.items():
        for number, each in enumerate(rounds):
            made.add(names[name], number, each, 10.0 + number)
    return made


def test_a_ratio_is_the_median_of_neighbours_not_of_all() -> None:
    # The machine was four times as fast in the second round; the medians of all say 0.6.
    ours = [figures(50), figures(200), figures(60)]
    floor = [figures(100), figures(400), figures(100)]
    each = taken(ours=ours, floor=floor)
    assert each.ratio(OURS, FLOOR) == 0.5
    assert each.ratio(OURS, NAUTILUS) is None


def test_a_round_that_failed_has_no_ratio() -> None:
    each = taken(ours=[figures(50), figures(60)], floor=[figures(100)])
    assert each.ratio(OURS, FLOOR) == 0.5


@pytest.mark.parametrize(
    ("name", "theirs", "said"),
    [
        ("the same", {"orders": 5, "fills": 4, "pnl": -1.5}, ""),
        ("a peer that tells no fills", {"trades": 5, "pnl": -1.5}, ""),
        ("a cent of rounding", {"orders": 5, "fills": 4, "pnl": -1.51}, ""),
        ("two cents", {"orders": 5, "fills": 4, "pnl": -1.52}, "pnl -1.52, we have -1.50"),
        ("an order more", {"orders": 6, "fills": 4, "pnl": -1.5}, "orders 6, we have 5"),
        ("orders under another name", {"trades": 6, "pnl": -1.5}, "orders 6, we have 5"),
        ("a fill less", {"orders": 5, "fills": 3, "pnl": -1.5}, "fills 3, we have 4"),
    ],
)
def test_what_differs_is_said(name: str, theirs: dict[str, Any], said: str) -> None:
    ours = figures(50, orders=5, fills=4, pnl=-1.5)
    found = results.differences([taken(ours=[ours], nautilus=[figures(10, **theirs)])])
    assert len(found) == bool(said), name
    assert said in "".join(found)


def test_rounds_of_ours_that_decide_otherwise_are_said() -> None:
    rounds = [figures(50, hash="a"), figures(50, hash="b")]
    assert "differ in their decisions" in results.differences([taken(ours=rounds)])[0]


def test_aims_are_compared_with_the_floor_of_the_run() -> None:
    aim = WORKLOADS[0].aim
    for ratio, met in ((aim + 0.01, "yes"), (aim - 0.01, "no")):
        each = taken(ours=[figures(round(1e6 * ratio))], floor=[figures(1_000_000)])
        assert f"| {aim:.2f} | {met} |" in results.aims([each])[-1]
    assert results.aims([taken(ours=[figures(1)])]) == []


def test_the_table_has_a_column_for_each_reference_that_ran() -> None:
    each = taken(ours=[figures(50, orders=1)], nautilus=[figures(4, trades=1)])
    head, _, ours, theirs = results.speed([each])
    assert f"x {NAUTILUS}" in head
    assert f"x {FLOOR}" not in head
    assert ours.endswith("| 1 |  |  | 12 |")
    assert theirs.endswith("| 1 |  |  | 1.00 |")


def test_growth_is_the_median_of_the_rounds() -> None:
    rounds = [
        [{"case": "orders", "few": 1, "many": 2, "quiet": {"few_ns": 1, "many_ns": 1, "ratio": r}}]
        for r in (0.9, 1.0, 9.0)
    ]
    assert results.growth(rounds)[-1].endswith("| 1.00 |")


def test_memory_is_told_for_each_million_more() -> None:
    small = {"n": 1_000_000, "rss_mb": 60.0, "orders": 5}
    large = {"n": 4_000_000, "rss_mb": 90.0, "orders": 20}
    assert results.memory({"mm": [small, large]})[-1].endswith("| 20 | +10.0 |")

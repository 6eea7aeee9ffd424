"""Seeded lives with faults and kills. A failing seed is its test's name: run that one again with

./tradewind test simulation -- --first-seed SEED --seeds 1
"""

from pathlib import Path
from random import Random

import msgspec

from tests.harness import START
from tests.simulation.invariants import always, settled
from tests.simulation.world import CATALOGUE, SECOND, Killed, Life
from tradewind.edge.simulators.faults import Faults
from tradewind.runtime.replay import replay


def some_faults(random: Random) -> Faults:
    """Draw which faults this life has, and how often."""
    names = [
        "lose_request",
        "refuse_cancel",
        "cancel_not_found",
        "lose_reply",
        "lose_fill",
        "duplicate",
        "delay",
        "reorder",
        "fail_read",
        "split_trade",
        "not_sent",
        "stale_read",
    ]
    chosen = random.sample(names, random.randrange(0, 6))
    chances = {name: random.choice([0.02, 0.1, 0.3]) for name in chosen}
    return msgspec.convert({"seed": random.getrandbits(32), **chances}, Faults)


def test_nothing_is_lost_doubled_or_forgotten(life_seed: int, tmp_path: Path) -> None:
    random = Random(life_seed ^ 0x5EED)
    life = Life(life_seed, tmp_path)
    faults = some_faults(random)
    deaths = random.randrange(1, 6)
    end = life.tape.events[-1].ts_recv
    for _ in range(deaths):
        dies_at = random.randrange(1, 60)
        life.rise(faults=faults, dies_at=dies_at, before=bool(random.randrange(2)))
        try:
            life.start()
            life.live(START + (end - START) * 9 // 10)
        except Killed:
            pass
        always(life)
        life.die()
        assert not life.differences(), "a warm and a cold start know different things"
        if random.randrange(2):
            for old in (tmp_path / "snapshots").glob("*"):
                old.unlink()
        life.now += random.randrange(0, 3 * SECOND)
    life.rise(faults=None)
    life.start()
    life.live(end)
    life.calm(30)
    always(life)
    settled(life)
    proved = replay(CATALOGUE, life.journal, life.eventlog)
    assert proved.difference is None, proved.difference
    life.die()

"""The drill: many seeded lives, each with its faults and deaths, and what was wrong in any.

One seed is one life, and tells it again exactly. Knows how a life is put together and judged;
must not know what bytes pass.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from random import Random

import msgspec

from tradewind.app.drill.invariants import always, emptied, settled
from tradewind.app.drill.life import Death, Life
from tradewind.app.drill.world import START_NS
from tradewind.edge.simulators.wire_faults import Carried, Fault, Kind, Scope, Way
from tradewind.model.money import MILLIS, NANOS

LIFE_S = 40.0
CALM_S = 50.0
KILL_S = 25.0
MOST_COMMITS = 400
MOST_DOWN_S = 20.0

BACK, THERE = Scope(way=Way.BACK), Scope(way=Way.THERE)
SOCKETS = Scope(carried=Carried.SOCKET, way=Way.BACK)
REQUESTS = Scope(carried=Carried.HTTP, way=Way.THERE)
DRAWN: tuple[tuple[Kind, Scope], ...] = (
    (Kind.DROP, Scope()),
    (Kind.DROP_AFTER, THERE),
    (Kind.SILENCE, Scope()),
    (Kind.DELAY, Scope()),
    (Kind.STATUS, THERE),
    (Kind.STATUS_AFTER, THERE),
    (Kind.HANG, THERE),
    (Kind.HANG_AFTER, THERE),
    (Kind.DUPLICATE, SOCKETS),
    (Kind.REORDER, SOCKETS),
    (Kind.GAP, SOCKETS),
    (Kind.TRUNCATE, BACK),
    (Kind.GARBAGE, BACK),
    (Kind.SKEW, Scope()),
    (Kind.MAINTENANCE, Scope()),
)
RARE = frozenset({Kind.DROP, Kind.DROP_AFTER, Kind.SILENCE, Kind.TRUNCATE, Kind.GARBAGE})
STATUSES = (429, 500, 502, 503)


class Outcome(msgspec.Struct, frozen=True):
    """What became of one seed: sentences of what was wrong, none when all held."""

    seed: int
    wrong: tuple[str, ...]
    deaths: int
    orders: int
    fills: int
    faults: int
    took_s: float


def faults_of(dice: Random) -> list[Fault]:
    """Draw which faults a life has, how often each, and when."""
    found = []
    for kind, scope in dice.sample(DRAWN, dice.randrange(0, 8)):
        chance = dice.choice((0.003, 0.01)) if kind in RARE else dice.choice((0.02, 0.1, 0.3))
        begin_ns = START_NS + dice.randrange(int(LIFE_S / 2)) * NANOS
        end_ns = START_NS + int(LIFE_S) * NANOS
        if kind in (Kind.SKEW, Kind.MAINTENANCE):
            end_ns = begin_ns + dice.randrange(1, 12) * NANOS
        found.append(
            Fault(
                kind=kind,
                scope=scope,
                chance=chance,
                start_ns=begin_ns,
                end_ns=end_ns,
                length_ns=_length_ns(kind, dice),
                status=dice.choice(STATUSES),
            )
        )
    return found


def _length_ns(kind: Kind, dice: Random) -> int:
    if kind is Kind.SILENCE:
        return dice.randrange(1, 15) * NANOS
    if kind is Kind.SKEW:
        return dice.choice((-8, -2, 2, 8)) * NANOS
    return dice.randrange(10, 2500) * MILLIS


def live(seed: int, folder: Path) -> Outcome:
    """Live one life and judge it; the folder is the desk's, and must be empty."""
    began_s = time.perf_counter()
    dice = Random(f"{seed}/life")
    life = Life(seed, folder, faults_of(dice))
    wrong = life.loop.run(_lived(life, dice))
    truths = [each.exchange.truth(each.key_id) for each in life.members]
    return Outcome(
        seed,
        tuple(wrong),
        life.deaths,
        sum(len(each.orders) for each in truths),
        sum(len(each.fills) for each in truths),
        sum(sum(each.counts.values()) for each in life.faults.values()),
        round(time.perf_counter() - began_s, 2),
    )


async def _lived(life: Life, dice: Random) -> list[str]:
    wrong: list[str] = []
    for _ in range(dice.randrange(1, 6)):
        if life.loop.time() >= LIFE_S:
            break
        death = Death(dice.randrange(1, MOST_COMMITS), bool(dice.randrange(2)))
        await life.process(death, LIFE_S, wrong)
        wrong += always(life)
        if dice.randrange(2):
            shutil.rmtree(life.folder.snapshots, ignore_errors=True)
        await life.wait(dice.random() * MOST_DOWN_S)
    for each in life.faults.values():
        each.clear()
    calm_s = life.loop.time() + CALM_S
    judge = life.loop.create_task(_judged(life, calm_s), name="judge")
    await life.process(Death(), calm_s + KILL_S, wrong)
    return [*wrong, *await judge, *always(life), *emptied(life)]


async def _judged(life: Life, at_s: float) -> list[str]:
    """Pause everybody, let the dust settle, compare, kill, and see that nothing is left."""
    await life.wait(at_s - life.loop.time() - QUIET_S)
    life.pause()
    await life.wait(QUIET_S)
    wrong = settled(life)
    found = await life.kill(KILL_S - 1)
    return [*wrong, *([found] if found else [])]


QUIET_S = 5.0


def drill(
    seeds: range, workers: int, told: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Live every seed, several at a time; `told` hears of each as it ends."""
    outcomes = []
    for outcome in _lives(seeds, workers):
        told(outcome)
        outcomes.append(outcome)
    return sorted(outcomes, key=lambda each: each.seed)


def _lives(seeds: range, workers: int) -> Iterator[Outcome]:
    if workers <= 1:
        yield from map(one, seeds)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(one, seeds)


def one(seed: int) -> Outcome:
    """Live one seed in a folder of its own, which goes with it."""
    with tempfile.TemporaryDirectory(prefix="tradewind-drill-") as folder:
        return live(seed, Path(folder))

"""The drill: many seeded lives, each with its faults and deaths, and what was wrong in any.

One seed is one life, and tells it again exactly. Knows how a life is put together and judged;
must not know what bytes pass.
"""

import asyncio
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import msgspec

from tradewind.app.drill.cast import Case, Transport
from tradewind.app.drill.differences import differences, unproved
from tradewind.app.drill.invariants import always, emptied
from tradewind.app.drill.judging import judged
from tradewind.app.drill.life import Life
from tradewind.app.drill.plan import drawn
from tradewind.app.drill.tape import Tape
from tradewind.app.drill.world import START_NS
from tradewind.model.errors import ConfigError

END_S = 150.0
"""Seconds after the last fault at which a life ends in any case."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one seed: sentences of what was wrong, none when all held.

    `met` counts the faults that took place, by kind, and `batches` by where they went how often
    several new orders left in one message.
    """

    seed: int
    wrong: tuple[str, ...]
    deaths: int
    orders: int
    fills: int
    met: dict[str, int]
    batches: dict[str, int]
    commits: int
    took_s: float


def live(case: Case, seed: int, folder: Path, trace: Path | None = None) -> Outcome:
    """Live the life of a seed and judge it; the folder is the desk's, and must be empty.

    Raises ConfigError where the case itself does not fit; `trace` is written in any case.
    """
    plan = drawn(seed, case.life_s, paper=case.transport is Transport.INPROCESS)
    tape = Tape(whole=trace is not None)
    life = Life(case, seed, folder, plan, tape)
    began_s = time.process_time()
    try:
        lived(life)
    except Exception as error:  # whatever ends a life is what a drill is to find
        if isinstance(error, ConfigError) and not life.commits:
            raise  # it never began
        where = traceback.extract_tb(error.__traceback__)[-1]
        life.wrong.append(f"{type(error).__name__} in {where.name}: {error}")
    if trace is not None:
        _collect(life)
        tape.write(trace, START_NS)
    return _outcome(life, time.process_time() - began_s)


def lived(life: Life) -> None:
    """Live a life to its end; what is wrong is in its `wrong`."""
    life.begin()
    life.loop.run(_lived(life))
    life.wrong += unproved(life.folder, life.catalogue)


async def _lived(life: Life) -> None:
    plan = life.plan
    for stop in plan.stops:
        while life.loop.time() < plan.life_s:
            if await life.process(stop, plan.life_s):
                life.wrong += always(life)
                life.wrong += differences(life.folder, life.catalogue)
                if stop.cold:
                    life.forget()
                await asyncio.sleep(max(0.0, min(stop.down_s, plan.life_s - life.loop.time())))
                break
    end_s = plan.life_s + END_S
    judge = life.loop.create_task(judged(life), name="judge")
    while not judge.done() and life.loop.time() < end_s:
        await life.process(None, end_s)
    life.wrong += await judge
    life.wrong += always(life)
    life.wrong += emptied(life)


def _outcome(life: Life, took_s: float) -> Outcome:
    met: Counter[str] = Counter()
    for faults in life.faults.values():
        met.update({kind.value: count for kind, count in faults.counts.items()})
    truths = [life.truth(each) for each in life.members] if hasattr(life, "desk") else []
    return Outcome(
        seed=life.seed,
        wrong=tuple(dict.fromkeys(life.wrong)),
        deaths=life.deaths,
        orders=sum(len(each.orders) for each in truths),
        fills=sum(len(each.fills) for each in truths),
        met=dict(met),
        batches=dict(life.tape.batches),
        commits=life.commits,
        took_s=round(took_s, 2),
    )


def _collect(life: Life) -> None:
    for host, faults in life.faults.items():
        for each in faults.happened:
            life.tape.tell(each.ts, "fault", f"{host} {each.kind}: {each.what}")
    for words in life.wrong:
        life.tape.tell(life.clock.now_ns(), "WRONG", words)


# --- many -----------------------------------------------------------------------------------------


def drill(
    case: Case, seeds: range, workers: int, told: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Live every seed, several at a time; `told` hears of each as it ends."""
    outcomes = []
    for outcome in _lives(case, seeds, workers):
        told(outcome)
        outcomes.append(outcome)
    return sorted(outcomes, key=lambda each: each.seed)


def _lives(case: Case, seeds: range, workers: int) -> Iterator[Outcome]:
    if workers <= 1 or len(seeds) <= 1:
        yield from map(partial(one, case), seeds)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(partial(one, case), seeds)


def one(case: Case, seed: int, trace: Path | None = None) -> Outcome:
    """Live one seed in a folder of its own, which goes with it; raises ConfigError."""
    with tempfile.TemporaryDirectory(prefix="tradewind-drill-") as folder:
        return live(case, seed, Path(folder), trace)

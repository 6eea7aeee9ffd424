"""Virtual time: it jumps, it keeps order, and what waits for the world outside is told so."""

import asyncio
import time
from collections.abc import Coroutine
from random import Random
from typing import Any

import pytest

from tradewind.app.drill.loop import VirtualClock, VirtualLoop
from tradewind.model.money import NANOS

HOUR_S = 3600


def ran(main: Coroutine[Any, Any, object], loop: VirtualLoop | None = None) -> VirtualLoop:
    loop = loop or VirtualLoop()
    loop.run(main)
    return loop


def test_an_hour_takes_milliseconds() -> None:
    began_s = time.perf_counter()

    async def main() -> None:
        for _ in range(HOUR_S):
            await asyncio.sleep(1)

    loop = ran(main())
    assert loop.now_ns == HOUR_S * NANOS
    assert time.perf_counter() - began_s < 1.0


def program(seed: int) -> list[tuple[float, int]]:
    """Let fifty workers sleep, time out and wait for each other; return who did what when."""
    loop, told = VirtualLoop(), list[tuple[float, int]]()

    async def worker(number: int, queue: asyncio.Queue[int]) -> None:
        dice = Random(f"{seed}/{number}")
        for _ in range(20):
            await asyncio.sleep(dice.choice((0, 0.1, 0.1, 0.25)))
            queue.put_nowait(number)
            try:
                async with asyncio.timeout(dice.random()):
                    told.append((loop.time(), await queue.get()))
                    await asyncio.sleep(0.5)
            except TimeoutError:
                told.append((loop.time(), -number))

    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            for number in range(50):
                tasks.create_task(worker(number, queue))

    ran(main(), loop)
    return told


def test_two_runs_of_one_program_are_the_same(seed: int) -> None:
    assert program(seed) == program(seed)
    assert program(seed) != program(seed + 1)


def test_timers_of_one_instant_fire_in_the_order_in_which_they_were_set() -> None:
    loop, told = VirtualLoop(), list[int]()

    async def main() -> None:
        for number in range(100):
            loop.call_later(1.0, told.append, number)
        loop.call_later(0.5, told.append, -1)
        loop.call_later(0.7, told.append, -2).cancel()
        await asyncio.sleep(1.0)
        await asyncio.sleep(0)

    ran(main(), loop)
    assert told == [-1, *range(100)]


def test_a_deadline_strikes_at_its_nanosecond() -> None:
    async def main() -> None:
        for _ in range(1000):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await asyncio.Event().wait()

    loop = ran(main())
    assert abs(loop.now_ns - 100 * NANOS) < 2000


def test_the_clock_goes_with_the_loop_and_only_the_wall_is_stepped() -> None:
    loop = VirtualLoop()
    clock = VirtualClock(loop, 10**18)

    async def main() -> None:
        await asyncio.sleep(1.5)

    ran(main(), loop)
    clock.stepped_ns = -NANOS
    assert clock.now_ns() == 10**18 + NANOS // 2
    assert clock.monotonic_ns() == 1_500_000_000


async def waits_for_ever() -> None:
    await asyncio.Event().wait()


async def opens_a_socket() -> None:
    await asyncio.open_connection("127.0.0.1", 9)


async def starts_a_program() -> None:
    await asyncio.create_subprocess_exec("true")


async def never_waits() -> None:
    while True:  # noqa: ASYNC110 - the mistake that is meant
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("main", "words"),
    [
        (waits_for_ever, "nothing can happen any more"),
        (opens_a_socket, "no world outside"),
        (starts_a_program, "no world outside"),
        (never_waits, "never waits"),
    ],
)
def test_what_has_no_end_in_virtual_time_is_an_error_in_words(
    main: Any, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradewind.app.drill.loop.BUSY", 1000)
    loop = VirtualLoop()
    with pytest.raises(RuntimeError, match=words):
        loop.run(main())
    drop(loop)


def drop(loop: VirtualLoop) -> None:
    """Let what was left waiting end, so that nothing of it outlives its test."""

    async def end() -> None:
        for task in asyncio.all_tasks(loop):
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.sleep(0)

    loop.run(end())


def test_a_task_that_is_left_is_named() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        left.append(loop.create_task(asyncio.sleep(5), name="forgotten"))
        await asyncio.sleep(0)

    left: list[asyncio.Task[None]] = []
    with pytest.raises(RuntimeError, match="forgotten"):
        loop.run(main())
    drop(loop)


def test_a_callback_that_raises_ends_the_run() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        loop.call_later(1, lambda: 1 / 0)
        await asyncio.sleep(2)

    with pytest.raises(ZeroDivisionError):
        loop.run(main())
    drop(loop)


def test_a_function_for_a_thread_runs_in_place() -> None:
    async def main() -> None:
        assert await asyncio.to_thread(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 // 0)

    ran(main())


def test_cancelled_time_outs_do_not_pile_up() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        for _ in range(20_000):
            async with asyncio.timeout(3600):
                await asyncio.sleep(0.001)

    ran(main(), loop)
    assert len(loop._timers) < 1000

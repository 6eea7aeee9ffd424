"""How a life is judged when its faults are over: let the dust settle, compare, close, kill.

Knows which commands a person would give, and in which order. Decides by what the invariants say.
"""

import asyncio

from tradewind.app.drill.invariants import KILL, arrived, emptied, landed, paid, settled
from tradewind.app.drill.life import Life
from tradewind.app.drill.plan import DISORDER_S
from tradewind.model.commands import DESK, Command, Flatten, Kill, Pause
from tradewind.model.effects import Confirmation
from tradewind.model.money import ZERO

TRADE_S = 4.0
LOOK_S = 2.5
SETTLE_S = 75.0
FLAT_S = 15.0
KILL_S = 25.0
LONG_KILL_S = 130.0
LATE_S = 3.0
LOOKS = 2
"""So many looks in a row must find nothing wrong."""


async def judged(life: Life) -> list[str]:
    """Wait until the life has been lived; return what is wrong with its desk, and end it."""
    await asyncio.sleep(max(0.0, life.plan.life_s - life.loop.time()))
    wrong = await (_abruptly if life.plan.abrupt else _calmly)(life)
    life.desk.stopping.set()
    return wrong


async def _calmly(life: Life) -> list[str]:
    """End the faults, let the desk trade a little, pause, compare, flatten, kill."""
    life.calm()
    await asyncio.sleep(TRADE_S)
    wrong = await _settled(life)
    if not wrong:
        await _flatten(life)
        wrong += paid(life)
    return wrong + await _kill(life, KILL_S)


async def _abruptly(life: Life) -> list[str]:
    """Kill in the middle of everything; what had left must have been waited for."""
    life.loop.call_later(DISORDER_S, life.calm)
    wrong = await _kill(life, LONG_KILL_S)
    wrong += emptied(life)
    before = arrived(life)
    await asyncio.sleep(LATE_S)
    return wrong + landed(life, before) + emptied(life) + await _settled(life)


async def _settled(life: Life) -> list[str]:
    until_s = life.loop.time() + SETTLE_S
    good = 0
    wrong = ["the desk did not come up"]
    paused = None
    while good < LOOKS and life.loop.time() < until_s:
        if paused is not life.desk and life.begun:
            paused = life.desk
            for name in life.core.instances:
                _ask(life, Pause(name), f"drill-pause-{name}-{life.desk.open.epoch}")
        await asyncio.sleep(LOOK_S)
        wrong = settled(life)
        good = 0 if wrong else good + 1
    return wrong


async def _flatten(life: Life) -> None:
    """Close what is held, as far as the market takes it."""
    for name in life.core.instances:
        _ask(life, Flatten(name), f"drill-flatten-{name}")
    until_s = life.loop.time() + FLAT_S
    while life.loop.time() < until_s and _holds(life):  # noqa: ASYNC110 - virtual time
        await asyncio.sleep(1.0)
    await asyncio.sleep(1.0)


def _holds(life: Life) -> bool:
    return any(holding.qty != ZERO for holding in life.core.ledger.holdings())


async def _kill(life: Life, limit_s: float) -> list[str]:
    """Kill everything; return what is wrong, nothing when it is confirmed in time."""
    asked = None
    until_s = life.loop.time() + limit_s
    while life.loop.time() < until_s:
        if asked is not life.desk and life.begun:
            asked = life.desk
            _ask(life, Kill(DESK, True), KILL)
        await asyncio.sleep(0.1)
        if _confirmed(life):
            return []
    return [f"the kill was not confirmed in {limit_s:g} s: {life.core.receipts.get(KILL)}"]


def _confirmed(life: Life) -> bool:
    answer = life.core.receipts.get(KILL)
    return answer is not None and answer.confirmation is Confirmation.CONFIRMED


def _ask(life: Life, command: Command, name: str) -> None:
    life.desk.session.ask(command, name, "drill", "")

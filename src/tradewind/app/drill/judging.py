"""How a life is judged when its faults are over: let the dust settle, compare, close, kill.

Knows which commands a person would give, and in which order. Decides by what the invariants say.
"""

import asyncio

from tradewind.app.drill.invariants import paid, settled
from tradewind.app.drill.life import Life
from tradewind.model.commands import DESK, Command, Flatten, Kill, Pause
from tradewind.model.effects import Confirmation
from tradewind.model.ids import CommandId
from tradewind.model.money import ZERO

TRADE_S = 4.0
LOOK_S = 2.5
SETTLE_S = 75.0
FLAT_S = 15.0
KILL_S = 25.0
LOOKS = 2
"""So many looks in a row must find nothing wrong."""


async def judged(life: Life) -> list[str]:
    """Return what is wrong with the desk that runs now, and end it."""
    await asyncio.sleep(TRADE_S)
    wrong = await _settled(life)
    if not wrong:
        await _flatten(life)
        wrong += paid(life)
    wrong += await _kill(life)
    life.desk.stopping.set()
    return wrong


async def _settled(life: Life) -> list[str]:
    until_s = life.loop.time() + SETTLE_S
    good = 0
    wrong = ["the desk did not come up"]
    paused = None
    while good < LOOKS and life.loop.time() < until_s:
        if paused is not life.desk:
            paused = life.desk
            for name in life.core.instances:
                _ask(life, Pause(name), f"drill-pause-{name}")
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


async def _kill(life: Life) -> list[str]:
    """Kill everything; return what is wrong, nothing when it is confirmed in time."""
    _ask(life, Kill(DESK, True), "drill-kill")
    try:
        async with asyncio.timeout(KILL_S):
            while not _confirmed(life):  # noqa: ASYNC110 - virtual time
                await asyncio.sleep(0.1)
    except TimeoutError:
        told = life.core.receipts.get(CommandId("drill-kill"))
        return [f"the kill was not confirmed in {KILL_S:g} s: {told}"]
    return []


def _confirmed(life: Life) -> bool:
    answer = life.core.receipts.get(CommandId("drill-kill"))
    return answer is not None and answer.confirmation is Confirmation.CONFIRMED


def _ask(life: Life, command: Command, name: str) -> None:
    epoch = life.desk.open.epoch
    life.desk.session.ask(command, f"{name}-{epoch}" if "kill" not in name else name, "drill", "")

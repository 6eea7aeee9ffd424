"""Faults that are planted to see whether the drill catches them: each one a small broken piece.

Each function breaks one thing for the length of a test, as somebody's mistake would.
"""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tradewind.core.engine import intents, kill, reconcile
from tradewind.core.execution.transitions import Happening
from tradewind.core.risk import gate, selfmatch
from tradewind.core.strategy.world import World
from tradewind.edge.venues.kalshi import parse
from tradewind.edge.venues.kalshi.rest import Rest
from tradewind.model.errors import Fenced, JournalError, OutcomeUnknown
from tradewind.model.ids import FillKey
from tradewind.model.money import NANOS
from tradewind.runtime.keeper import JournalKeeper
from tradewind.runtime.live import LiveSession

Patch = pytest.MonkeyPatch


def resend_on_time_out(patch: Patch) -> None:
    """The adapter sends a new order again when nothing has answered."""
    create = Rest.create

    async def again(self: Rest, bodies: Any, names: Any, not_after_ns: int, sent: Any) -> Any:
        try:
            return await create(self, bodies, names, not_after_ns, sent)
        except OutcomeUnknown:
            return await create(self, bodies, names, not_after_ns + 60 * NANOS, sent)

    patch.setattr(Rest, "create", again)


def late_send(patch: Patch) -> None:
    """The adapter sends one order after the other, and forgets the deadline of those that wait."""
    create = Rest.create
    turns: dict[int, asyncio.Lock] = {}

    async def queued(self: Rest, bodies: Any, names: Any, not_after_ns: int, sent: Any) -> Any:
        async with turns.setdefault(id(self), asyncio.Lock()):
            return await create(self, bodies, names, not_after_ns + 3600 * NANOS, sent)

    patch.setattr(Rest, "create", queued)


def absent_after_one_look(patch: Patch) -> None:
    """An order that one reading does not list is taken for absent."""

    def hasty(desk: Any, state: Any, report: Any, seen: set[str]) -> None:
        for name in report.asked:
            order = desk.orders.live.get(name)
            if order is None or name in seen or order.status is intents.PARKED:
                continue
            desk.orders.apply(order, Happening.NO_ANSWER, report.ts_recv)
            reconcile.resolve(desk, order, "absent: one reading did not find it")

    patch.setattr(reconcile, "fold_missing", hasty)


def posted_in_between(patch: Patch) -> None:
    """A difference is posted at the first reading, without waiting for a fill under way."""
    positions = reconcile._positions

    def hasty(desk: Any, state: Any, reading: Any, report: Any) -> bool:
        positions(desk, state, reading, report)
        reading.differences = {
            key: (difference, mine, ts - 10 * NANOS)
            for key, (difference, mine, ts) in reading.differences.items()
        }
        return positions(desk, state, reading, report)

    patch.setattr(reconcile, "_moving", lambda *_: False)
    patch.setattr(reconcile, "_positions", hasty)


def own_makers_meet(patch: Patch) -> None:
    """The gate does not look for orders of ours in the way."""
    patch.setattr(selfmatch, "conflicts", lambda *_: [])


def kill_says_done_early(patch: Patch) -> None:
    """The kill does not wait for what is under way or Unknown, nor for a second empty reading."""
    left = kill._left
    resting = ("new", "partially_filled")

    def seen(desk: Any, pending: Any) -> Any:
        return [order for order in left(desk, pending) if order.status in resting]

    patch.setattr(kill, "_left", seen)


def carries_on_without_a_journal(patch: Patch) -> None:
    """The disk is full, the commit fails, and the session sends all the same."""
    make_durable = JournalKeeper.make_durable

    def deaf(self: JournalKeeper) -> None:
        try:
            make_durable(self)
        except Fenced:
            raise
        except JournalError:
            self.failed = False

    patch.setattr(JournalKeeper, "make_durable", deaf)


def cancels_after_the_lease(patch: Patch) -> None:
    """The lease is gone, and the session still tidies up at the venue."""

    pump = LiveSession._pump

    async def tidy(self: LiveSession) -> None:
        try:
            await pump(self)
        except Fenced:
            await self._leave_the_field()
            raise

    patch.setattr(LiveSession, "_pump", tidy)


def wire_ids_come_again(patch: Patch) -> None:
    """Order ids are counted from one in each process, without the epoch and the salt in them."""
    start = World.start_epoch

    def forgetful(self: World, tag: str, epoch: int, salt: int) -> None:
        start(self, tag, 1, 1)

    patch.setattr(World, "start_epoch", forgetful)


def back_fill_of_another_shape(patch: Patch) -> None:
    """A fill that a reading finds has another key than the one that the stream told."""
    report = parse.report

    def shaped(*words: Any, **more: Any) -> Any:
        made = report(*words, **more)
        fills = tuple(
            fill.__class__(**{**_fields(fill), "key": FillKey(fill.key.partition(":")[0])})
            for fill in made.fills
        )
        return made.__class__(**{**_fields(made), "fills": fills})

    patch.setattr(parse, "report", shaped)


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}


def everything_is_an_exit(patch: Patch) -> None:
    """The gate believes the side alone: what works against a position is an exit of any size."""

    def believed(ledger: Any, lane: Any, spec: Any, *_: Any) -> bool:
        held = ledger.net_qty(spec.account, spec.instrument, spec.bucket)
        return bool(held * spec.side.sign < Decimal(0))

    patch.setattr(gate, "is_exit", believed)


PLANTED = {
    plant.__name__: plant
    for plant in (
        resend_on_time_out,
        late_send,
        cancels_after_the_lease,
        absent_after_one_look,
        posted_in_between,
        own_makers_meet,
        kill_says_done_early,
        carries_on_without_a_journal,
        wire_ids_come_again,
        back_fill_of_another_shape,
        everything_is_an_exit,
    )
}

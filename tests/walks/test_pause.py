"""Walk 2 of docs/ARCHITECTURE.md: "pause" reaches its effect. The comments are the page's steps.

The command line asks over a real socket from a thread of its own; the desk, its plane and its
views live in the test's loop, and the test says when the desk's loop turns.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.harness import D
from tests.unit.cli.calling import Called, call
from tests.unit.faces.local.serving import short_folder
from tests.walks.paper import BTC, ONE, Paper, at
from tradewind.control.history import History
from tradewind.control.live import LiveViews
from tradewind.control.plane import Plane
from tradewind.control.views import Vitals, Wanted
from tradewind.core.engine.lifecycle import ALLOWED
from tradewind.core.strategy.context import Context
from tradewind.core.strategy.strategy import Strategy
from tradewind.faces.local.server import serve
from tradewind.model.commands import Command, Lifecycle, Pause
from tradewind.model.effects import CommandAnswered, Confirmation, Denied, LifecycleChanged
from tradewind.model.events import CommandReceived, Quote
from tradewind.model.order import OrderStatus
from tradewind.runtime.codec import decode, steps

WHY = "the news"


class Joins(Strategy):
    """Keeps a bid of its one cycle at the touch; asks for something new whenever it hears."""

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        orders = ctx.orders()
        if ctx.open_cycle("one"):
            ctx.buy(quote.instrument, 1, quote.bid, group="one", reason="join")
        for order in orders:
            if order.px != quote.bid and order.status is OrderStatus.NEW:
                ctx.amend(order.client_order_id, px=quote.bid)
        if not ctx.may_open:
            ctx.buy(quote.instrument, 1, quote.bid - 1, reason="new_cycle")


def quote(ms: int, bid: str) -> Quote:
    """Return a quote around `bid`."""
    return Quote(BTC.id, at(ms), at(ms), D(bid), D(bid) + 1, D(3), D(3))


class Walk:
    """A paper desk with its plane, its views and its socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paper = Paper(folder, Joins)
        self.history = History()
        self.history.load(steps(self.paper.journal.read()))
        self.paper.bus.subscribe(self.history)
        self.views = LiveViews(self.paper.desk, self.history, Vitals())
        self.plane = Plane(self.paper.desk, self._ask, self.paper.bus)
        self._asked = asyncio.Event()

    async def call(self, *words: str) -> Called:
        """Call the command line as another process would."""
        return await asyncio.to_thread(call, *words, data=self.folder)

    def _ask(self, command: Command, command_id: str, by: str, why: str) -> None:
        self.paper.session.ask(command, command_id, by, why)
        self._asked.set()

    async def asked(self) -> None:
        """Wait until a command stands in the inbox."""
        async with asyncio.timeout(10):
            await self._asked.wait()


@asynccontextmanager
async def walk() -> AsyncIterator[Walk]:
    """Give a desk whose instance has one bid at 100.0, and which waits for what is asked."""
    with short_folder() as folder:
        made = Walk(folder)
        made.paper.pump(5, quote(5, "100.0"))
        made.paper.pump(100)
        made.paper.forget()
        async with serve(folder / "desk.sock", made.plane, made.views, _raise):
            yield made
        made.plane.close()
        made.paper.close()


def _raise(error: Exception) -> None:
    raise error


async def test_pause_reaches_its_effect() -> None:
    async with walk() as here, asyncio.TaskGroup() as group:
        paper, desk = here.paper, here.paper.desk

        def state() -> Lifecycle:
            return desk.instances[ONE].standing.lifecycle

        # 1. Words become a value. The effect is shown before anything happens.
        dry = await here.call("pause", ONE, "--dry-run")
        assert dry.out.startswith("would: begins no new cycle; keeps 1 order fresh, no position")
        assert state() is Lifecycle.RUNNING
        assert not paper.session.inbox.commands()
        calling = group.create_task(here.call("pause", ONE, "--why", WHY, "--id", "walk-2"))

        # 2. The plane asks, once for each id, in the name that the system vouches for.
        await here.asked()
        assert not calling.done(), "nobody is told of a wish"

        # 3. It stands in the priority lane: market data that came before it waits behind it.
        seq = desk.world.seq
        paper.session.inbox.put_market(quote(101, "101.0"))
        paper.session.inbox.put_market(quote(102, "101.0"))
        assert paper.session.inbox.commands() == 1
        paper.pump(200)
        received = decode(paper.journal.transactions[0][0])
        assert isinstance(received, CommandReceived)
        assert paper.journal.transactions[0][0].seq == seq + 1, "it overtook both quotes"
        assert (received.command, received.command_id, received.why) == (Pause(ONE), "walk-2", WHY)
        assert received.by.startswith("local:")

        # 4. The step moved the instance by the lifecycle table and kept the answer for this id.
        assert Lifecycle.PAUSED in ALLOWED[Lifecycle.RUNNING]
        assert state() is Lifecycle.PAUSED
        assert desk.receipts["walk-2"].confirmation is Confirmation.CONFIRMED

        # 5. From this number on nothing new begins: the gate denies it by its rule. The order of
        #    the open cycle stays, and follows the market.
        facts = [decode(row) for part in paper.journal.transactions for row in part]
        denied = [each for each in facts if isinstance(each, Denied)]
        assert {each.rule for each in denied} == {"not_running"}
        (order,) = desk.orders.live.values()
        assert (order.group, order.px) == ("one", D("101.0"))

        # 6. Command, change and answer are one transaction: those rows are the audit.
        first = [decode(row) for row in paper.journal.transactions[0]]
        kinds = [type(each) for each in first[:3]]
        assert kinds == [CommandReceived, LifecycleChanged, CommandAnswered]

        # 7. The bus told of it after the commit; the receipt says the effect, and so do the views.
        committed = next(word for word in paper.road if "CommandReceived" in word)
        assert committed.startswith("the journal commits")
        assert paper.road.index(committed) < paper.road.index("the bus tells of CommandReceived")
        called = await calling
        assert called.code == 0, called.err
        assert called.out.splitlines()[-1].endswith("s: paused; 1 orders kept, no position")
        [shown] = here.views.instances()
        assert (shown.state, shown.cause) == (Lifecycle.PAUSED, "pause walk-2")
        audit = here.views.commands(Wanted(limit=1))[0]
        assert (audit.by, audit.why, audit.effect) == (
            received.by,
            WHY,
            "paused; 1 orders kept, no position",
        )


async def test_asked_again_it_is_not_done_again() -> None:
    async with walk() as here, asyncio.TaskGroup() as group:
        first = group.create_task(here.call("pause", ONE, "--id", "twice", "--json"))
        await here.asked()
        here.paper.pump(200)
        told = await first
        commits = len(here.paper.journal.transactions)
        again = await here.call("pause", ONE, "--id", "twice", "--json")
        assert again.json() == told.json()
        assert len(here.paper.journal.transactions) == commits
        other = await here.call("resume", ONE, "--id", "twice")
        assert (other.code, "another Pause under it" in other.err) == (4, True)


@pytest.mark.parametrize("scope", [(), ("--instance", ONE)])
async def test_a_kill_walks_the_same_way_and_cancels(scope: tuple[str, ...]) -> None:
    async with walk() as here, asyncio.TaskGroup() as group:
        calling = group.create_task(here.call("kill", *scope, "--wait", "10"))
        await here.asked()
        here.paper.pump(200)
        await asyncio.sleep(0.05)
        assert not calling.done(), "accepted is not confirmed"
        for ms in range(300, 6_000, 100):
            here.paper.pump(ms)
            await asyncio.sleep(0)
        called = await calling
        assert called.code == 0, called.err
        assert "1 orders cancelled, book read empty twice" in called.out
        assert not here.paper.desk.orders.live

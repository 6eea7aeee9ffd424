"""Walk 1 of docs/ARCHITECTURE.md, live: a frame becomes an order's bytes, and a fill comes back.

The desk, the adapter and the exchange are real; the network is in memory and the time virtual, so
that the road can be read from its first byte to its last.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tradewind import Strategy
from tradewind.app.config import Settings
from tradewind.app.desks import DeskFolder, OpenDesk
from tradewind.app.drill.cast import Case, settings_of
from tradewind.app.drill.loop import VirtualClock, VirtualLoop
from tradewind.app.drill.network import Carriage, Network
from tradewind.app.drill.transport import MemoryTransport
from tradewind.app.drill.world import START_NS, Member, members
from tradewind.app.live import LiveDesk
from tradewind.app.seats import Ground
from tradewind.edge.simulators.wire_faults import Faults
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.model.config import DeskConfig, InstanceSpec
from tradewind.model.events import FillReceived, OrderPrepared
from tradewind.model.ids import InstanceId, InstrumentId
from tradewind.model.order import OrderStatus
from tradewind.ports import JournalRow
from tradewind.runtime.codec import decode

BTC = InstrumentId("BYBIT:BTCUSDT")


class Takes(Strategy):
    """Buys at the first book that it may trade on, and remembers what it heard."""

    def on_start(self, ctx: Any) -> None:
        self.asked = ""
        self.heard: list[str] = []

    def on_book(self, ctx: Any, book: Any) -> None:
        if not self.asked:
            self.asked = str(ctx.buy(BTC, Decimal("0.01"), max_slippage=Decimal("0.002")))

    def on_order(self, ctx: Any, order: Any) -> None:
        if order.status is OrderStatus.DENIED:
            self.asked = ""

    def on_fill(self, ctx: Any, fill: Any) -> None:
        self.heard.append(f"{fill.qty} at {fill.px}")


class Road:
    """What crossed, in order: frames and requests by the network's tape, rows by the journal."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.bytes_of: dict[str, bytes] = {}
        self.rows: list[JournalRow] = []

    def carried(self, carriage: Carriage) -> None:
        text = carriage.text.decode(errors="replace")
        for word in ("order.create", "orderbook.50", '"topic":"execution"'):
            if word in text:
                name = f"{carriage.way} {word}"
                self.steps.append(name)
                self.bytes_of[name] = carriage.text

    def kept(self, rows: Sequence[JournalRow]) -> None:
        self.rows += rows
        self.steps += [f"kept {row.kind}" for row in rows]


def journal_of(road: Road) -> type[SqliteJournal]:
    class Witnessed(SqliteJournal):
        def append(self, rows: Sequence[JournalRow]) -> None:
            super().append(rows)
            road.kept(rows)

    return Witnessed


async def traded(desk: LiveDesk, until: Callable[[], bool], loop: VirtualLoop) -> None:
    async with AsyncExitStack() as stack:
        await desk.prepare(stack)

        def look() -> None:
            if until():
                desk.stopping.set()
            else:
                loop.call_later(0.01, look)

        look()
        loop.call_later(30, desk.stopping.set)
        await desk.work()


@pytest.fixture
def road(tmp_path: Path) -> tuple[Road, LiveDesk]:
    road = Road()
    loop = VirtualLoop()
    clock = VirtualClock(loop, START_NS)
    network = Network(loop, clock, road.carried)
    bybit = members(settings_of(Case(), 3, tmp_path).accounts, 3)[0]
    network.put((bybit.host,), bybit.exchange, Faults(Random(3)))
    opened = OpenDesk(DeskFolder(tmp_path), {"takes": Takes}, "process", None, journal_of(road))
    ground = Ground(
        clock=clock,
        dice=Random(3),
        connect=lambda account: MemoryTransport(network, str(account.id)),
        keys=lambda _: bybit.keys,
        folder=tmp_path,
        leases=tmp_path / "leases",
    )
    desk = LiveDesk(settings(bybit, tmp_path), opened, ground)
    try:
        loop.run(traded(desk, lambda: bool(_strategy(desk).heard), loop))
    finally:
        desk.close()
    return road, desk


def settings(bybit: Member, folder: Path) -> Settings:
    spec = InstanceSpec(
        id=InstanceId("t"), strategy="takes", accounts=(bybit.settings.id,), instruments=(BTC,)
    )
    return Settings(
        file=folder / "desk.toml",
        name="walk",
        folder=folder,
        durability="process",
        snapshot_every_ns=1 << 60,
        desk=DeskConfig(accounts=(bybit.settings.account,)),
        accounts=(bybit.settings,),
        instances=[spec],
    )


def _strategy(desk: LiveDesk) -> Takes:
    strategy = desk.open.desk.instances[InstanceId("t")].strategy
    assert isinstance(strategy, Takes)
    return strategy


def test_a_frame_becomes_an_order_and_a_fill_comes_back(road: tuple[Road, LiveDesk]) -> None:
    told, desk = road
    core = desk.open.desk
    steps = told.steps
    strategy = _strategy(desk)

    # 1, 2. Frames arrive and are folded; nothing is risked before the account has been read.
    assert steps.index("< orderbook.50") < steps.index("kept SubmitOrder")
    assert steps.index("kept AccountReport") < steps.index("kept SubmitOrder")

    # 7. The intent, the wire id and the digest of the bytes are kept before a byte leaves.
    assert (
        steps.index("kept SubmitOrder")
        < steps.index("kept OrderPrepared")
        < steps.index("> order.create")
    )
    (prepared,) = [decode(row) for row in told.rows if row.kind == "OrderPrepared"]
    assert isinstance(prepared, OrderPrepared)
    assert prepared.wire_id == strategy.asked

    # 8. The very bytes that were committed are inside the frame that left, and left once.
    frame = told.bytes_of["> order.create"]
    body = frame[frame.index(b'"args":[') + 8 : frame.rindex(b"]")]
    assert hashlib.sha256(body).hexdigest() == prepared.digest
    assert steps.count("> order.create") == 1

    # The answer, the execution and the latency came back as events, each kept once.
    assert steps.count("kept OrderSent") == steps.count("kept OrderAccepted") == 1
    fills = [decode(row) for row in told.rows if row.kind == "FillReceived"]
    qty = sum((each.fill.qty for each in fills if isinstance(each, FillReceived)), Decimal(0))
    assert steps.index('< "topic":"execution"') < steps.index("kept FillReceived")
    assert strategy.heard
    order = core.orders.find(prepared.client_order_id)
    assert order is not None
    assert qty == order.filled_qty == Decimal("0.01")
    assert order.status is OrderStatus.FILLED

"""Fills made durable by the whole embedded engine: orders, ledger, audit, journal, synced commit.

usage: python -m bench.durable [--fills 100000] [--group 256] [--folder DIR] [--profile]

Fills arrive in the desk's inbox as a venue's stream brings them, are stepped as one group and
committed once, with `durability = power`: every commit is synced before anybody hears of it. The
news goes to a reader on the bus. `--folder` names the disk to measure; a memory disk measures
nothing but the engine.
"""

import argparse
import cProfile
import gc
import json
import pstats
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from tradewind import Strategy
from tradewind.core.engine.desk import Desk
from tradewind.edge.store.bus_local import LocalBus
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.model.commands import Deploy
from tradewind.model.config import Account, DeskConfig, InstanceSpec
from tradewind.model.effects import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    SubmitOrder,
)
from tradewind.model.events import (
    AccountReport,
    CommandReceived,
    DeskStarted,
    Event,
    FillReceived,
    InstrumentDefined,
    Market,
    OrderAccepted,
    Quote,
)
from tradewind.model.fill import Fill
from tradewind.model.ids import (
    AccountId,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
    OrderId,
    VenueId,
    VenueOrderId,
)
from tradewind.model.instrument import Instrument, InstrumentKind, single_tick
from tradewind.model.order import Liquidity, Side
from tradewind.ports import Published
from tradewind.runtime.drive import Drive
from tradewind.runtime.inbox import Inbox
from tradewind.runtime.keeper import JournalKeeper

START_NS = 1_767_225_600_000_000_000
NEVER = 1 << 62
VENUE = VenueId("BENCH")
ACCOUNT = AccountId("bench")
USD = Currency("USD")
ORDERS = 100
"""Orders a side; each is filled a unit at a time, and the sides take turns."""
QTY = Decimal(1_000_000)
ONE = Decimal(1)
RULES = Instrument(
    id=InstrumentId("BENCH:PERP"),
    venue=VENUE,
    symbol="PERP",
    kind=InstrumentKind.PERPETUAL,
    quote=USD,
    ticks=single_tick(Decimal("0.1")),
    qty_step=ONE,
    px_exponent=1,
    qty_exponent=0,
)


class Rester(Strategy):
    """Keeps orders on both sides, and hears of every fill."""

    def on_start(self, ctx: Any) -> None:
        self.heard = 0
        self.placed = False

    def on_quote(self, ctx: Any, quote: Any) -> None:
        if self.placed:
            return
        self.placed = True
        for number in range(ORDERS):
            step = Decimal(number) / 10
            ctx.buy(quote.instrument, QTY, quote.bid - step - 1)
            ctx.sell(quote.instrument, QTY, quote.ask + step + 1)

    def on_fill(self, ctx: Any, fill: Any) -> None:
        self.heard += 1


class Stream:
    """The other side: takes every order, and later fills them one unit at a time."""

    next_due_ns = NEVER
    busy = 0

    def __init__(self) -> None:
        self.orders: dict[Side, list[SubmitOrder]] = {Side.BUY: [], Side.SELL: []}

    def define(self, instrument: Instrument, now_ns: int) -> None:
        """Know every instrument."""

    def submit(self, effect: SubmitOrder, now_ns: int) -> None:
        """Take an order."""
        self.orders[effect.spec.side].append(effect)

    def amend(self, effect: AmendOrder, now_ns: int) -> None:
        """Hear nothing."""

    def cancel(self, effect: CancelOrder, now_ns: int) -> None:
        """Hear nothing."""

    def cancel_all(self, effect: CancelAll, now_ns: int) -> None:
        """Hear nothing."""

    def due(self, until_ns: int) -> list[Event]:
        """Say nothing by itself."""
        return []

    def report(
        self, account: AccountId, asked: tuple[OrderId, ...], ts: int
    ) -> AccountReport | None:
        """Return a flat account."""
        return AccountReport(account, ts, ts, (), (), (), {USD: Decimal(10) ** 12}, asked)

    def on_market(self, event: Market) -> None:
        """See nothing."""

    def fills(self, count: int, ts: int) -> list[FillReceived]:
        """Return so many fills, a microsecond apart."""
        made = []
        sides = (Side.BUY, Side.SELL)
        for number in range(count):
            side = sides[number % 2]
            order = self.orders[side][number // 2 % ORDERS]
            at_ns = ts + number * 1000
            px = order.spec.px
            assert px is not None
            fill = Fill(
                FillKey(f"exec-{number:09d}"),
                ACCOUNT,
                RULES.id,
                side,
                ONE,
                px,
                Decimal("0.055"),
                USD,
                Liquidity.MAKER,
                at_ns,
                order.client_order_id,
                VenueOrderId(f"V-{order.client_order_id}"),
            )
            made.append(FillReceived(ACCOUNT, at_ns, at_ns, fill))
        return made


class Embedded:
    """A desk with its journal, event log and bus in a folder, and orders resting at the venue."""

    def __init__(self, folder: Path) -> None:
        self.journal = SqliteJournal(folder / "journal.sqlite", durability="power")
        self.epoch = self.journal.take_lease("bench")
        self.eventlog = FileEventLog(folder / "events")
        self.bus = LocalBus(_fault)
        self.told = 0
        self.bus.subscribe(self._hear)
        self.desk = Desk({"rester": Rester})
        self.keeper = JournalKeeper(self.desk, self.epoch, self.journal, self.eventlog, self.bus)
        self.venue = Stream()
        self.drive = Drive(self.desk, self.venue, self.keeper)
        self.inbox = Inbox()
        self._rest()

    def _hear(self, news: Published) -> None:
        if type(news.event) is FillReceived:
            self.told += 1

    def _rest(self) -> None:
        account = Account(
            id=ACCOUNT, venue=VENUE, currency=USD, balance=Decimal(10) ** 12, leverage=Decimal(10),
            orders_per_s=Decimal(100_000), order_burst=100_000,
        )  # fmt: skip
        spec = InstanceSpec(
            id=InstanceId("rester"), strategy="rester", accounts=(ACCOUNT,), instruments=(RULES.id,)
        )
        now, feed = START_NS, self.drive.feed
        config = DeskConfig(accounts=(account,), reporting_currency=USD)
        self.drive.begin(DeskStarted(self.epoch, 7, config, now))
        feed(InstrumentDefined(RULES, now))
        feed(CommandReceived(Deploy(spec), "deploy", "bench", now))
        feed(Quote(RULES.id, now, now, Decimal(100), Decimal(101), ONE, ONE))
        for order in [*self.venue.orders[Side.BUY], *self.venue.orders[Side.SELL]]:
            name = order.client_order_id
            feed(OrderAccepted(ACCOUNT, now, now, name, VenueOrderId(f"V-{name}")))
        self.keeper.commit()
        assert len(self.desk.orders.live) == 2 * ORDERS, "every order rests"

    def run(self, fills: list[FillReceived], group: int) -> tuple[float, float]:
        """Bring the fills in groups; return the seconds until the last one was durable and told.

        The second figure is what of them this process had the processor.
        """
        inbox, drive, keeper = self.inbox, self.drive, self.keeper
        clock, busy = time.perf_counter(), time.process_time()
        for start in range(0, len(fills), group):
            for event in fills[start : start + group]:
                inbox.put(event)
            while len(inbox):
                for taken in inbox.take(group):
                    drive.feed(taken)
                keeper.commit()
        return time.perf_counter() - clock, time.process_time() - busy

    def close(self) -> None:
        """Close the files."""
        self.eventlog.close()
        self.journal.close()


def _fault(reader: object, error: Exception) -> None:
    raise AssertionError(f"{reader} failed") from error


def once(folder: Path, count: int, group: int, profile: cProfile.Profile | None) -> dict[str, Any]:
    """Run one measurement and return its figures; raises where not every fill is on disk."""
    desk = Embedded(folder)
    fills = desk.venue.fills(count, START_NS + 1_000_000_000)
    commits = desk.keeper.commits
    gc.collect()
    if profile is not None:
        profile.enable()
    run_s, cpu_s = desk.run(fills, group)
    if profile is not None:
        profile.disable()
    commits = desk.keeper.commits - commits
    rows = sum(1 for row in desk.journal.read() if row.kind == "FillReceived")
    rester = desk.desk.instances[InstanceId("rester")].strategy
    assert isinstance(rester, Rester)
    assert rows == desk.told == rester.heard == count, (rows, desk.told, rester.heard)
    desk.close()
    return {
        "case": "durable fills",
        "group": group,
        "fills": count,
        "run_s": round(run_s, 3),
        "cpu_s": round(cpu_s, 3),
        "per_s": round(count / run_s),
        "commits": commits,
        "commit_ms": round(run_s / max(commits, 1) * 1000, 2),
    }


def measure(
    fills: int = 100_000, groups: tuple[int, ...] = (1, 16, 256, 1024), folder: Path | None = None
) -> list[dict[str, Any]]:
    """Return one row of figures for each size of group; small groups get fewer fills.

    `per_s` is what the table of results shows. `folder` is on the disk that is measured, the
    system's temporary folder by default.
    """
    rows = []
    for group in groups:
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            rows.append(once(Path(scratch), min(fills, 2000 * group), group, None))
    return rows


def main() -> None:
    """Measure, and print a line of JSON for each size of group."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fills", type=int, default=100_000)
    parser.add_argument("--group", type=int, action="append")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    groups = tuple(asked.group or (1, 16, 256, 1024))
    if asked.profile:
        profile = cProfile.Profile()
        with tempfile.TemporaryDirectory(dir=asked.folder) as scratch:
            once(Path(scratch), asked.fills, groups[-1], profile)
        pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(30)
        return
    for row in measure(asked.fills, groups, asked.folder):
        print("RESULT " + json.dumps(row))


if __name__ == "__main__":
    main()

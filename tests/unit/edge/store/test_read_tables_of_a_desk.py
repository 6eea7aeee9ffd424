"""A whole desk beside its read tables: what the engine holds is what the tables show."""

import random
import sqlite3
from decimal import Decimal
from pathlib import Path

import msgspec

from tests.harness import Bench, account, perpetual
from tests.unit.edge.store.reads import open_projector
from tests.unit.edge.store.samples import open_journal
from tradewind.core.engine.step import step
from tradewind.core.strategy.context import Context
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.commands import Pause
from tradewind.model.config import DeskConfig
from tradewind.model.effects import AmendOrder, CancelOrder, Effect, ReadAccount, SubmitOrder
from tradewind.model.events import (
    AmendRejected,
    CancelRejected,
    DeskStarted,
    Event,
    NoAnswer,
    NotSent,
    OrderAmended,
    OrderCancelled,
    OrderExpired,
    OrderRejected,
    Quote,
    ReportedOrder,
    Request,
)
from tradewind.model.ids import InstanceId, OrderId, VenueOrderId
from tradewind.model.order import Order, OrderStatus
from tradewind.runtime.codec import encode_rows, steps

BTC = perpetual()


class Restless(Strategy):
    """Does something at random with every quote."""

    def on_start(self, ctx: Context) -> None:
        self.dice = random.Random(f"{ctx.instance}")

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        dice, orders = self.dice, ctx.orders(quote.instrument)
        qty, px = Decimal(dice.randrange(1, 9)), Decimal(dice.randrange(950, 1050)) / 10
        match dice.randrange(4):
            case 0 | 1 if len(orders) < 4:
                place = ctx.buy if dice.random() < 0.5 else ctx.sell
                place(quote.instrument, qty, px, reason=dice.choice(("entry", "exit")))
            case 2 if orders:
                ctx.amend(dice.choice(orders).client_order_id, qty=qty, px=px)
            case 3 if orders:
                ctx.cancel(dice.choice(orders).client_order_id)


class Session(Bench):
    """A bench that journals every step, and whose venue answers as the dice fall."""

    def __init__(self, seed: int, path: Path) -> None:
        self.dice = random.Random(seed)
        self.journal = open_journal(path)
        self.journal.take_lease("desk")
        self.seq = 0
        self.reads: list[ReadAccount] = []
        super().__init__(account())

    def _step(self, event: Event) -> list[Effect]:
        effects = list(step(self.desk, event))
        self.seq += 1
        self.journal.append(encode_rows(self.seq, 1, event.ts_recv, event, effects))
        produced = list(effects)
        for effect in effects:
            for answer in self.answer(effect):
                produced += self._step(answer)
        return produced

    def answer(self, effect: Effect) -> list[Event]:
        name, now = account().id, self.now
        if isinstance(effect, SubmitOrder):
            order = effect.client_order_id
            return [
                self.accepted(order),
                *self._one_of(
                    OrderRejected(name, now, now, order, "no", "10001"),
                    NoAnswer(name, now, now, order, Request.SUBMIT),
                    NotSent(name, now, now, order, Request.SUBMIT, "too late"),
                ),
            ][self.dice.choice((0, 0, 0, 1)) :][:1]
        if isinstance(effect, AmendOrder):
            order, qty = effect.client_order_id, effect.qty
            return self._one_of(
                OrderAmended(name, now, now, order, qty, effect.px),
                AmendRejected(name, now, now, order, "no"),
                NotSent(name, now, now, order, Request.AMEND),
            )
        if isinstance(effect, CancelOrder):
            order = effect.client_order_id
            return self._one_of(
                OrderCancelled(name, now, now, order, "asked"),
                OrderExpired(name, now, now, order),
                CancelRejected(name, now, now, order, "no"),
                NoAnswer(name, now, now, order, Request.CANCEL),
            )
        if isinstance(effect, ReadAccount):
            self.reads.append(effect)
        return []

    def read(self) -> None:
        """Answer the readings that are due: half of the orders in doubt are found working."""
        due = [effect for effect in self.reads if effect.not_before_ns <= self.now]
        self.reads = [effect for effect in self.reads if effect not in due]
        for effect in due:
            report = self.report(effect.account)
            found = [self._reported(each) for each in effect.ask if self.dice.random() < 0.5]
            orders = tuple(row for row in found if row is not None)
            self.feed(msgspec.structs.replace(report, orders=orders, asked=effect.ask))

    def _reported(self, name: OrderId) -> ReportedOrder | None:
        order = self.desk.orders.live.get(name)
        if order is None:
            return None
        venue_id = VenueOrderId(f"V-{name}")
        terms = (order.side, order.qty, order.px, order.filled_qty)
        return ReportedOrder(
            venue_id, name, order.instrument, *terms, OrderStatus.NEW, order.created_ns
        )

    def _one_of(self, *answers: Event) -> list[Event]:
        return [self.dice.choice(answers)]


def _run(seed: int, path: Path) -> Session:
    session = Session(seed, path)
    session.define(BTC)
    session.deploy(Restless, BTC)
    seen: dict[str, Order] = {}
    for turn in range(200):
        session.pass_time(0.1)
        session.read()
        session.quote(BTC, "100", "100.1")
        seen |= {order.client_order_id: order for order in session.orders()}
        if seen and session.dice.random() < 0.4:
            order = session.dice.choice(list(seen.values()))
            if order.filled_qty < order.qty and order.venue_order_id:
                session.fill(order, order.qty if order.filled_qty == 0 else None, fee="0.01")
        if turn == 120:
            config = DeskConfig(accounts=session.accounts)
            session.feed(DeskStarted(2, 99, config, session.now))
    session.command(Pause(InstanceId("s1")))
    return session


def _orders(session: Session) -> dict[str, tuple[str, Decimal, Decimal, Decimal | None]]:
    orders = session.desk.orders
    return {
        name: (order.status.value, order.qty, order.filled_qty, order.px)
        for name, order in (orders.finished | orders.live).items()
        if order.status not in (OrderStatus.PARKED, OrderStatus.DENIED)
    }


def test_the_tables_show_what_the_desk_holds(tmp_path: Path, seed: int) -> None:
    session = _run(seed, tmp_path / "journal.sqlite")
    path = tmp_path / "read.sqlite"
    projector = open_projector(path)
    projector.rebuild(steps(session.journal.read()))
    projector.close()
    connection = sqlite3.connect(path)
    shown = connection.execute(
        "SELECT client_order_id, status, qty, filled_qty, px FROM trading_orders"
    ).fetchall()
    table = {row[0]: (row[1], *map(Decimal, row[2:])) for row in shown}
    held = _orders(session)
    assert len(held) > 10
    assert {name: (table.get(name), held[name]) for name in held if table[name] != held[name]} == {}
    assert table.keys() == held.keys()
    positions = connection.execute("SELECT bot_id, symbol, qty, realised FROM trading_positions")
    assert {(row[0], row[1]): (Decimal(row[2]), Decimal(row[3])) for row in positions} == {
        (str(each.owner), str(each.instrument)): (each.qty, each.realised)
        for each in session.desk.ledger.positions()
    }
    standing = session.desk.instances[InstanceId("s1")].standing
    assert connection.execute("SELECT state, faulted FROM trading_instances").fetchall() == [
        (standing.lifecycle.value, standing.faulted)
    ]
    connection.close()
    session.journal.close()

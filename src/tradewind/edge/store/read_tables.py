"""The read tables: what the journal says, folded into rows that can be looked at with SQL.

Knows which news goes to which fold. It decides nothing: a projection that is lost or in doubt is
made anew from the journal.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from tradewind.edge.store import read_rows as rows
from tradewind.edge.store.engine import found, sqlite_engine
from tradewind.edge.store.read_audit import Audit, refused
from tradewind.edge.store.read_cache import Rows, Shape
from tradewind.edge.store.read_ledger import Ledger
from tradewind.edge.store.read_orders import Orders
from tradewind.edge.store.read_positions import Positions
from tradewind.edge.store.read_settlements import Settlements
from tradewind.edge.store.read_standing import Standing
from tradewind.edge.store.schema import open_read_tables
from tradewind.edge.store.tables import READ_TABLES
from tradewind.model import effects as fx
from tradewind.model import events as ev
from tradewind.model.commands import Deploy, EnableAccount
from tradewind.model.errors import JournalError
from tradewind.model.fill import Fill
from tradewind.ports import Published

CURSOR = "read tables"
CHUNK_STEPS = 2000


class Projector:
    """Folds committed steps into the read tables, each step once.

    It works on its own connection and may be called from any thread, one call at a time. In
    SQLite it needs a file of its own: a file has one writer, and the journal must never wait.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._connection: sa.Connection | None = None
        self._tables: list[Rows[Any]] = []
        metadata = sa.MetaData()

        def make(name: str, shape: type[Shape]) -> Rows[Shape]:
            table = Rows(name, shape, engine.dialect.name, metadata, self._connected)
            self._tables.append(table)
            return table

        self._cursors = make("cursors", rows.CursorRow)
        self._standing = Standing(
            make("accounts", rows.AccountRow),
            make("instruments", rows.InstrumentRow),
            make("strategies", rows.StrategyRow),
            make("bots", rows.BotRow),
            make("instances", rows.InstanceRow),
        )
        self._orders = Orders(make("orders", rows.OrderRow))
        self._positions = Positions(
            make("positions", rows.PositionRow),
            make("trades", rows.TradeRow),
            make("fills", rows.FillRow),
            make("postings", rows.PostingRow),
            self._standing.result,
        )
        self._settlements = Settlements(make("settlements", rows.SettlementRow), self._positions)
        self._ledger = Ledger(
            self._orders, self._positions, self._standing.rules, self._settlements.pay_rest
        )
        self._audit = Audit(make("commands", rows.CommandRow), make("audit_log", rows.AuditRow))
        assert len(self._tables) == len(READ_TABLES)
        self._loaded = False
        self._handlers = self._make_handlers()

    @classmethod
    def in_file(cls, path: Path) -> "Projector":
        """Open the read tables in a SQLite file, made or upgraded as needed.

        Raises JournalError for a file that is not ours or of another version.
        """
        open_read_tables(path)
        return cls(sqlite_engine(path))

    def apply(self, batch: list[Published]) -> int:
        """Fold the steps behind the cursor, in one transaction; return how many those were.

        Raises JournalError when the database fails; nothing of the batch counts then.
        """
        return self._in_transaction(lambda: self._fold(batch))

    def catch_up(self, steps: Iterable[Published]) -> int:
        """Fold steps in portions, skipping what is known; return how many were new."""
        remaining, count = iter(steps), 0
        while portion := list(islice(remaining, CHUNK_STEPS)):
            count += self.apply(portion)
        return count

    def rebuild(self, steps: Iterable[Published]) -> int:
        """Empty the read tables and fold every step of the journal, in one transaction.

        Readers see the old rows until the new ones are complete.
        """

        def run() -> int:
            for table in self._tables:
                table.delete()
            self._forget()
            remaining, count = iter(steps), 0
            while portion := list(islice(remaining, CHUNK_STEPS)):
                count += self._fold(portion)
                self._flush()
            return count

        return self._in_transaction(run)

    def cursor(self) -> int:
        """Return the last step folded, 0 when none was."""
        return self._in_transaction(lambda: self._cursor().seq)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _in_transaction(self, run: Callable[[], int]) -> int:
        kept = False
        try:
            with self._engine.begin() as self._connection:
                result = run()
                self._flush()
            kept = True
        except SQLAlchemyError as error:
            raise JournalError(
                f"Folded news into the read tables of {self._engine.url}, found {found(error)}; "
                f"the journal is not touched: free some disk space, then rebuild the read tables."
            ) from error
        finally:
            self._connection = None
            if not kept:
                self._forget()
        return result

    def _connected(self) -> sa.Connection:
        assert self._connection is not None, "rows are read within a batch"
        return self._connection

    def _fold(self, batch: list[Published]) -> int:
        cursor = self._cursor()
        if not self._loaded:
            self._orders.epoch = cursor.epoch
            self._ledger.load()
            self._settlements.load()
            self._loaded = True
        fresh = [news for news in batch if news.seq > cursor.seq]
        self._prefetch(fresh)
        for news in fresh:
            self._step(news)
            cursor.seq, cursor.epoch, cursor.changed_ns = news.seq, self._orders.epoch, news.ts
        if fresh:
            self._cursors.put(cursor)
        return len(fresh)

    def _step(self, news: Published) -> None:
        handlers = self._handlers
        if news.event is not None:
            handler = handlers.get(type(news.event))
            if handler is not None:
                handler(news.event, news)
        for effect in news.effects:
            handler = handlers.get(type(effect))
            if handler is not None:
                handler(effect, news)
        self._audit.note(news)

    def _prefetch(self, batch: list[Published]) -> None:
        orders: list[str] = []
        fills: list[tuple[str, str]] = []
        for news in batch:
            event = news.event
            if isinstance(event, ev.OrderEvent):
                orders.append(event.client_order_id)
            elif isinstance(event, ev.FillReceived):
                fills.append((event.fill.account, event.fill.key))
                orders.append(event.fill.client_order_id or "")
        self._orders.prefetch(orders)
        self._positions.fills.prefetch(fills)

    def _cursor(self) -> rows.CursorRow:
        return self._cursors.get(CURSOR) or rows.CursorRow(name=CURSOR)

    def _flush(self) -> None:
        for table in self._tables:
            table.flush()
            table.trim()

    def _forget(self) -> None:
        for table in self._tables:
            table.forget()
        self._standing.forget()
        self._loaded = False

    def _make_handlers(self) -> dict[type, Callable[[Any, Published], None]]:
        orders, ledger, standing = self._orders, self._ledger, self._standing
        handlers: dict[type, Callable[[Any, Published], None]] = {
            ev.InstrumentDefined: lambda event, news: standing.define(event.instrument, news.ts),
            ev.DeskStarted: self._started,
            ev.CommandReceived: self._command,
            ev.BalanceReported: lambda event, news: standing.balance(event),
            ev.SessionChanged: lambda event, news: standing.session(event),
            ev.AccountReport: self._report,
            ev.FillReceived: lambda event, news: self._fill(event.fill, news),
            ev.FillFinalised: lambda event, news: ledger.finalise(
                event.account, event.key, news.seq
            ),
            ev.FillFailed: lambda event, news: ledger.fail(
                event.account, event.key, event.ts_event, news.seq
            ),
            ev.FeeAdjusted: lambda event, news: ledger.adjust_fee(event, news.seq),
            ev.FundingPaid: lambda event, news: ledger.pay_funding(event, news.seq),
            ev.Transferred: lambda event, news: ledger.transfer(event, news.seq),
            ev.SettlementReported: self._settled,
            fx.SubmitOrder: self._submitted,
            fx.AmendOrder: lambda effect, news: orders.ask(effect, news.seq),
            fx.CancelOrder: lambda effect, news: orders.ask(effect, news.seq),
            fx.OrderResolved: lambda effect, news: orders.resolve(effect, news.seq),
            fx.PositionCorrected: lambda effect, news: ledger.correct(effect, news.seq),
            fx.CommandAnswered: lambda effect, news: self._audit.answer(effect),
            fx.LifecycleChanged: lambda effect, news: standing.lifecycle(effect),
            fx.CycleChanged: lambda effect, news: standing.cycle(effect),
            fx.ParametersChanged: lambda effect, news: standing.parameters(effect),
            fx.TradingStateChanged: lambda effect, news: standing.trading(effect),
            fx.LockChanged: lambda effect, news: standing.lock(effect),
        }
        for kind in ev.OrderEvent.__subclasses__():
            handlers[kind] = lambda event, news: orders.hear(event, news.seq)
        return handlers

    def _started(self, event: ev.DeskStarted, news: Published) -> None:
        self._standing.start(event.config, event.ts_recv)
        self._orders.restarted(event.epoch, event.ts_recv, news.seq)

    def _command(self, event: ev.CommandReceived, news: Published) -> None:
        if not self._audit.receive(event, news.seq) or refused(news, event.command_id):
            return
        if isinstance(event.command, Deploy):
            self._standing.deploy(event.command, event.ts_recv)
        elif isinstance(event.command, EnableAccount):
            self._standing.enable(event.command, event.ts_recv)

    def _report(self, event: ev.AccountReport, news: Published) -> None:
        for fill in event.fills:
            self._fill(fill, news)
        self._orders.report(event, news.seq)
        totals: dict[str, Any] = {name: (total, total) for name, total in event.balances.items()}
        self._standing.balances(event.account, totals, event.ts_recv)

    def _fill(self, fill: Fill, news: Published) -> None:
        self._ledger.take_fill(fill, news.ts, news.seq)
        order = self._orders.find(fill.client_order_id)
        if order is not None:
            self._standing.alive(order.bot_id, news.ts)

    def _settled(self, event: ev.SettlementReported, news: Published) -> None:
        rules = self._standing.rules(event.instrument)
        if rules is not None:
            self._settlements.settle(event, rules, news.seq)

    def _submitted(self, effect: fx.SubmitOrder, news: Published) -> None:
        self._orders.submit(effect, news.seq)
        self._standing.alive(effect.instance, effect.ts)

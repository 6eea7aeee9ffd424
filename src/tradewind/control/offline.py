"""The views of a desk that does not run, read from the tables that its journal was folded into.

Knows the columns of the read tables by name, and whoever hands in an `Archive` knows how to get
at them. There is no market here: marks and unrealised profit are unknown, and said to be.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

import msgspec

from tradewind.control.desk_rows import AccountView, OrderLife, SessionView, StrategyView
from tradewind.control.life import told_in
from tradewind.control.live import ALL, add
from tradewind.control.market_rows import BookView, CandlesView, TradesView
from tradewind.control.markets import market_view, matches
from tradewind.control.refold import prove
from tradewind.control.requests import Markets
from tradewind.control.table_rows import (
    AccountLine,
    AuditLine,
    CommandLine,
    CursorLine,
    FillLine,
    InstanceLine,
    InstrumentLine,
    OrderLine,
    PositionLine,
    PostingLine,
)
from tradewind.control.views import (
    CommandView,
    FeedView,
    FillsFold,
    FillView,
    HealthView,
    Holding,
    InstanceView,
    NewsView,
    OrderView,
    PnlRow,
    PnlView,
    PositionView,
    Result,
    ScopeView,
    ScreenView,
    Wanted,
)
from tradewind.model.commands import ScopeKind, TradingState
from tradewind.model.effects import Confirmation, Level
from tradewind.model.errors import ConfigError, Refused
from tradewind.model.fill import FillLife
from tradewind.model.ids import OrderId
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL
from tradewind.ports import Published

Row = TypeVar("Row", bound=msgspec.Struct)
NEWS = ("Alert", "LifecycleChanged", "TradingStateChanged", "LockChanged", "CommandAnswered")
SCREEN_ROWS = 60


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of a table: those that equal the words, below a number, the newest ones.

    `order` is the column that sorts them; the answer is oldest first. `newest` 0: all of them.
    """

    order: str = "seq"
    equal: Mapping[str, str] = {}
    below: int = 0
    newest: int = 0


class Archive(Protocol):
    """The read tables of one desk, up to date with its journal."""

    def rows(self, table: str, shape: type[Row], question: Question) -> list[Row]:
        """Return rows of a table, as many columns as `shape` has fields; see Question."""
        ...


Record = Callable[[int], Iterable[Published]]
"""The committed steps after a sequence number, oldest first."""


def no_record(after_seq: int) -> Iterable[Published]:
    """Return no steps: only the tables are at hand."""
    return ()


class OfflineViews:
    """All views of one desk from its tables; `name` is what to call it.

    `record` tells what the tables have no room for: each step in an order's life.
    """

    def __init__(self, archive: Archive, name: str, record: Record = no_record) -> None:
        self._archive = archive
        self._name = name
        self._record = record

    def instances(self, wanted: Wanted = ALL) -> tuple[InstanceView, ...]:
        """Return the instances in order of deployment."""
        lines = self._archive.rows("instances", InstanceLine, Question(order="created_ns"))
        positions = self.positions(Wanted(limit=ALL.limit))
        open_orders = self.orders(Wanted(open_only=True, limit=ALL.limit))
        return tuple(
            _instance(
                line,
                [each for each in positions if each.instance == line.bot_id],
                sum(1 for each in open_orders if each.instance == line.bot_id),
            )
            for line in lines
            if wanted.instance in ("", line.bot_id)
        )

    def orders(self, wanted: Wanted = ALL) -> tuple[OrderView, ...]:
        """Return orders by time of creation; the whole past is at hand."""
        newest = 0 if wanted.open_only else wanted.limit
        question = Question(
            order="created_ns", equal=_names(wanted), below=wanted.before, newest=newest
        )
        lines = self._archive.rows("orders", OrderLine, question)
        if wanted.open_only:
            lines = [line for line in lines if line.status not in TERMINAL][-wanted.limit :]
        return tuple(_order(line) for line in lines)

    def fills(self, wanted: Wanted = ALL) -> tuple[FillView, ...]:
        """Return fills in the order in which they were posted; the whole past is at hand."""
        question = Question(equal=_names(wanted), below=wanted.before, newest=wanted.limit)
        return tuple(_fill(line) for line in self._archive.rows("fills", FillLine, question))

    def positions(self, wanted: Wanted = ALL) -> tuple[PositionView, ...]:
        """Return positions, oldest first; with `open_only` those that are not flat."""
        lines = self._archive.rows(
            "positions", PositionLine, Question(order="first_seq", equal=_names(wanted))
        )
        kept = [line for line in lines if line.qty or not wanted.open_only]
        venues = self._venues()
        return tuple(_position(line, venues) for line in kept[-wanted.limit :])

    def pnl(self, wanted: Wanted = ALL) -> PnlView:
        """Return profit and loss, and its proof by the fold of the fills."""
        rows: dict[tuple[str, str, str], Result] = {}
        for view in self.positions(msgspec.structs.replace(wanted, limit=ALL.limit)):
            place = (view.instance, view.account, view.currency)
            rows[place] = add(rows.get(place), _result(view))
        return PnlView(
            rows=tuple(_pnl_row(place, rows[place]) for place in sorted(rows)),
            total=_total(rows.values()),
            fills_fold=self._prove(),
        )

    def risk(self) -> tuple[ScopeView, ...]:
        """Return the scopes of accounts and instances, as the journal left them."""
        accounts = self._archive.rows("accounts", AccountLine, Question(order="account_id"))
        return (
            *(_account_scope(line) for line in accounts),
            *(
                ScopeView(
                    kind=ScopeKind.INSTANCE,
                    name=view.instance,
                    state=view.trading,
                    cause=view.trading_cause,
                    rule="",
                    since_ns=0,
                )
                for view in self.instances()
            ),
        )

    def feeds(self, wanted: Wanted = ALL) -> tuple[FeedView, ...]:
        """Return nothing: a desk that does not run hears no market."""
        return ()

    def events(self, wanted: Wanted = ALL) -> tuple[NewsView, ...]:
        """Return the newest alerts and changes of state."""
        question = Question(below=wanted.before, newest=wanted.limit * 4)
        lines = self._archive.rows("audit_log", AuditLine, question)
        found = [
            _news(line)
            for line in lines
            if line.what in NEWS and wanted.instance in ("", line.who, line.subject)
        ]
        return tuple(found[-wanted.limit :])

    def commands(self, wanted: Wanted = ALL) -> tuple[CommandView, ...]:
        """Return the audit: who asked for what, why, and what came of it."""
        question = Question(below=wanted.before, newest=wanted.limit)
        lines = self._archive.rows("commands", CommandLine, question)
        return tuple(_command(line) for line in lines)

    def health(self) -> HealthView:
        """Return how the desk was when it stopped."""
        cursor = self._cursor()
        instances = self.instances()
        orders = self.orders(Wanted(open_only=True, limit=ALL.limit))
        return HealthView(
            running=False,
            name=self._name,
            now_ns=cursor.changed_ns,
            seq=cursor.seq,
            epoch=cursor.epoch,
            speed=0.0,
            instances=len(instances),
            faulted=sum(1 for each in instances if each.faulted),
            live_orders=len(orders),
            unknown_orders=sum(1 for each in orders if each.ord_status.value == "unknown"),
            pending=(),
            untrusted_feeds=0,
            notes=("the desk does not run; this is what its journal says",),
        )

    def screen(self) -> ScreenView:
        """Return one look at what the journal left."""
        health = self.health()
        pnl = self.pnl()
        return ScreenView(
            name=f"{self._name} (not running)",
            now_ns=health.now_ns,
            speed=0.0,
            events=0,
            events_per_s=0.0,
            seq=health.seq,
            epoch=health.epoch,
            live_orders=health.live_orders,
            fills_count=pnl.fills_fold.fills,
            total=pnl.total,
            curve=(),
            instances=self.instances(),
            feeds=(),
            positions=self.positions(Wanted(open_only=True, limit=SCREEN_ROWS)),
            orders=self.orders(Wanted(open_only=True, limit=SCREEN_ROWS)),
            fills=self.fills(Wanted(limit=SCREEN_ROWS)),
            news=self.events(Wanted(limit=SCREEN_ROWS)),
            scopes=self.risk(),
        )

    def markets(self, wanted: Wanted = ALL) -> Markets:
        """Return the instruments that were ever defined, in order of their names; no prices."""
        lines = self._archive.rows("instruments", InstrumentLine, Question(order="symbol"))
        found = [
            rules
            for rules in (msgspec.json.decode(line.rules, type=Instrument) for line in lines)
            if wanted.instrument in ("", rules.id) and matches(rules, wanted)
        ]
        shown = found[wanted.offset : wanted.offset + wanted.limit]
        rows = tuple(market_view(rules, None, listened=False) for rules in shown)
        return Markets(rows, len(found))

    def book(self, wanted: Wanted) -> BookView:
        """Raise Refused: a desk that does not run hears no market."""
        raise _deaf(wanted)

    def candles(self, wanted: Wanted) -> CandlesView:
        """Raise Refused: a desk that does not run hears no market."""
        raise _deaf(wanted)

    def trades(self, wanted: Wanted) -> TradesView:
        """Raise Refused: a desk that does not run hears no market."""
        raise _deaf(wanted)

    def order_life(self, wanted: Wanted) -> OrderLife:
        """Return an order's whole life; ConfigError where there is none of that id."""
        equal = {"client_order_id": wanted.order}
        lines = self._archive.rows(
            "orders", OrderLine, Question(order="created_ns", equal=equal, newest=1)
        )
        if not lines:
            raise ConfigError(
                f"Looked up order {wanted.order or 'without an id'}, found none of that id in "
                f"the desk's record."
            )
        order = _order(lines[0])
        name = OrderId(order.client_order_id)
        lives = told_in(self._record(max(order.cause_seq - 1, 0)), name, order.closed_ns)
        fills = self._archive.rows("fills", FillLine, Question(equal=equal))
        group = {"group_id": order.group, "bot_id": order.instance}
        others = (
            self._archive.rows("orders", OrderLine, Question(order="created_ns", equal=group))
            if order.group
            else ()
        )
        known = [each.strategy for each in self.instances(Wanted(instance=order.instance))]
        return OrderLife(
            order=order,
            strategy=known[0] if known else "",
            steps=lives.steps(name),
            chain=lives.chain(name),
            fills=tuple(_fill(line) for line in fills),
            group=tuple(each.client_order_id for each in others if each.client_order_id != name),
            whole=name in lives,
        )

    def strategies(self, wanted: Wanted = ALL) -> tuple[StrategyView, ...]:
        """Return nothing: the catalogue is that of a desk that runs."""
        return ()

    def accounts(self, wanted: Wanted = ALL) -> tuple[AccountView, ...]:
        """Return the accounts as the journal left them."""
        lines = self._archive.rows("accounts", AccountLine, Question(order="account_id"))
        return tuple(
            _account_view(line) for line in lines if wanted.account in ("", line.account_id)
        )

    def session(self) -> SessionView:
        """Return which desk it was; how serious it was, the tables do not say."""
        cursor = self._cursor()
        return SessionView(
            desk=self._name, mode="", version="", epoch=cursor.epoch, now_ns=cursor.changed_ns
        )

    def _cursor(self) -> CursorLine:
        found = self._archive.rows("cursors", CursorLine, Question())
        return found[0] if found else CursorLine()

    def _venues(self) -> dict[str, str]:
        lines = self._archive.rows("instruments", InstrumentLine, Question(order="symbol"))
        return {line.symbol: line.venue for line in lines}

    def _prove(self) -> FillsFold:
        positions = self._archive.rows("positions", PositionLine, Question(order="first_seq"))
        fills = self._archive.rows("fills", FillLine, Question())
        counted = [line for line in fills if line.life != FillLife.FAILED]
        postings = self._archive.rows("postings", PostingLine, Question())
        return prove(positions, counted, postings)


# --- rows -----------------------------------------------------------------------------------------


def _names(wanted: Wanted) -> dict[str, str]:
    names = {
        "bot_id": wanted.instance,
        "account_id": wanted.account,
        "symbol": wanted.instrument,
    }
    return {column: word for column, word in names.items() if word}


def _instance(line: InstanceLine, positions: list[PositionView], orders: int) -> InstanceView:
    results: dict[str, Result] = {}
    for view in positions:
        results[view.currency] = add(results.get(view.currency), _result(view))
    return InstanceView(
        instance=line.bot_id,
        strategy=line.strategy_name,
        state=line.state,
        cause=line.cause,
        faulted=line.faulted,
        single_fire=line.single_fire,
        trading=line.trading_state,
        trading_cause=line.trading_cause,
        since_ns=line.changed_ns,
        accounts=_words(line.accounts),
        instruments=_words(line.instruments),
        cycles=tuple(msgspec.json.decode(line.open_cycles, type=dict[str, int])),
        open_orders=orders,
        positions=tuple(
            Holding(account=each.account, instrument=each.instrument, qty=each.qty)
            for each in positions
            if each.qty
        ),
        results=tuple(results[currency] for currency in sorted(results)),
        total=_total(results.values()),
        parameters=msgspec.json.decode(line.parameters),
        version=line.parameters_version,
        auto_resume=line.auto_resume,
    )


def _words(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])


def _order(line: OrderLine) -> OrderView:
    over = line.status in TERMINAL
    seen = max(line.filled_qty, line.claimed_qty)
    return OrderView(
        client_order_id=line.client_order_id,
        venue_order_id=line.order_id or "",
        wire_id=line.wire_id,
        instance=line.bot_id,
        account=line.account_id,
        instrument=line.symbol,
        bucket=line.bucket,
        side=line.side,
        ord_type=line.order_type,
        time_in_force=line.tif,
        ord_status=line.status,
        order_qty=line.qty,
        px=line.px,
        stop_px=line.trigger_px,
        cum_qty=line.filled_qty,
        leaves_qty=ZERO if over else line.qty - seen,
        claimed_qty=line.claimed_qty,
        avg_px=line.avg_price,
        fees=line.commission,
        post_only=line.post_only,
        reduce_only=line.reduce_only,
        reason=line.reason,
        group=line.group_id,
        text=line.end_reason,
        created_ns=line.created_ns,
        acknowledged_ns=line.acknowledged_ns or 0,
        closed_ns=line.closed_ns or 0,
        cause_seq=line.cause_seq,
        epoch=line.epoch,
        sent_latency_ns=line.sent_latency_ns or 0,
    )


def _fill(line: FillLine) -> FillView:
    return FillView(
        seq=line.seq,
        exec_id=line.fill_key,
        instance=line.bot_id,
        account=line.account_id,
        instrument=line.symbol,
        bucket=line.bucket,
        side=line.side,
        last_qty=line.exec_qty,
        last_px=line.exec_price,
        fee=line.commission,
        fee_currency=line.commission_currency,
        liquidity=line.liquidity,
        life=line.life,
        reason=line.reason,
        client_order_id=line.client_order_id or "",
        venue_order_id=line.order_id or "",
        ts_event=line.exec_time,
    )


def _position(line: PositionLine, venues: dict[str, str]) -> PositionView:
    return PositionView(
        venue=venues.get(line.symbol, ""),
        account=line.account_id,
        instance=line.bot_id,
        instrument=line.symbol,
        bucket=line.bucket,
        qty=line.qty,
        provisional_qty=line.provisional_qty,
        avg_px=line.avg_price,
        mark=None,
        notional=None,
        currency=line.currency,
        realised=line.realised,
        unrealised=None if line.qty else ZERO,
        fees=line.fees,
        funding=line.funding,
        net=line.realised - line.fees - line.funding,
        opened_ns=line.opened_ns,
    )


def _result(view: PositionView) -> Result:
    return Result(
        currency=view.currency,
        realised=view.realised,
        unrealised=view.unrealised,
        fees=view.fees,
        funding=view.funding,
        net=view.net,
    )


def _pnl_row(place: tuple[str, str, str], result: Result) -> PnlRow:
    return PnlRow(instance=place[0], account=place[1], **msgspec.structs.asdict(result))


def _total(results: Iterable[Result]) -> Result | None:
    """Return the sum where all is in one currency; rates are not in the tables."""
    found: Result | None = None
    for each in results:
        if found is not None and found.currency != each.currency:
            return None
        found = add(found, each)
    return found


def _account_scope(line: AccountLine) -> ScopeView:
    locks = msgspec.json.decode(line.locks, type=dict[str, str])
    doubts = [] if line.enabled else ["is disabled"]
    if not line.session_live:
        doubts.append("has no live session")
    return ScopeView(
        kind=ScopeKind.ACCOUNT,
        name=line.account_id,
        state=line.trading_state,
        cause=line.trading_cause,
        rule="",
        since_ns=line.changed_ns,
        locks={instrument or "everything": cause for instrument, cause in locks.items()},
        ready=line.trading_state is TradingState.ACTIVE and not doubts and not locks,
        doubts=tuple(doubts),
    )


def _account_view(line: AccountLine) -> AccountView:
    scope = _account_scope(line)
    return AccountView(
        account=line.account_id,
        venue=line.venue,
        environment="",
        mode="",
        currency="",
        enabled=line.enabled,
        session=False,
        reconciled=False,
        ready=False,
        state=line.trading_state,
        cause=line.trading_cause,
        doubts=("the desk does not run",),
        locks=scope.locks,
        requests_left=None,
        unknown_orders=0,
        open_orders=0,
        balances={},
        permissions=(),
        keys="",
        proxy="",
        hosts={},
        ages={},
        reconnects={},
        clock_ahead_us=None,
        failed_reads=0,
    )


def _deaf(wanted: Wanted) -> Refused:
    return Refused(
        f"Looked at the market of {wanted.instrument}, found a desk that does not run; start it."
    )


def _news(line: AuditLine) -> NewsView:
    if line.what == "Alert":
        instance = "" if line.who == "desk" else line.who
        return NewsView(
            seq=line.seq,
            ts=line.ts,
            level=Level(line.why),
            kind=line.subject,
            instance=instance,
            text=line.effect,
        )
    instance = line.subject if line.what == "LifecycleChanged" else ""
    why = f": {line.why}" if line.why else ""
    return NewsView(
        seq=line.seq,
        ts=line.ts,
        level=Level.INFO,
        kind=line.what,
        instance=instance,
        text=f"{line.subject} {line.effect}{why}",
    )


def _command(line: CommandLine) -> CommandView:
    known = line.confirmation in tuple(Confirmation)
    return CommandView(
        seq=line.seq,
        command_id=line.command_id,
        name=line.name,
        body=line.body,
        by=line.by,
        why=line.why,
        confirmation=Confirmation(line.confirmation) if known else None,
        effect=line.effect,
        rule=line.rule,
        received_ns=line.received_ns,
        answered_ns=line.answered_ns or 0,
    )

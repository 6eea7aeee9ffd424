"""The views of a running desk, read from the desk itself.

Knows the desk's state and only reads it, between two steps; it must not change or keep any of it.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import TypeVar

import msgspec

from tradewind.control import scopes
from tradewind.control.catalogue import strategy_view, strategy_views
from tradewind.control.curves import Curves
from tradewind.control.desk_rows import AccountView, OrderLife, SessionView, StrategyView
from tradewind.control.history import History
from tradewind.control.market_rows import BookView, CandlesView, TradesView
from tradewind.control.markets import (
    Ahead,
    book_view,
    candles_view,
    feed_of,
    market_view,
    matching,
    nobody_knows,
    trust_of,
    watched,
)
from tradewind.control.requests import Markets
from tradewind.control.seats import account_view
from tradewind.control.tape import Tape
from tradewind.control.views import (
    CommandView,
    FeedView,
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
    Vitals,
    Wanted,
)
from tradewind.core.engine.desk import Desk, Feed, Instance
from tradewind.core.ledger.currency import Rates
from tradewind.model.commands import Lifecycle
from tradewind.model.errors import ConfigError
from tradewind.model.ids import InstrumentId, OrderId
from tradewind.model.money import MILLIS, ZERO
from tradewind.model.order import Order, OrderStatus
from tradewind.model.position import Position

Row = TypeVar("Row")
ALL = Wanted(limit=1_000_000)
SCREEN_ROWS = 60


class LiveViews:
    """All views of one desk. `history` must hear the desk's bus; `vitals` is the runtime's own.

    `sample` remembers net results for the curves; `tape` keeps the prints of markets that
    somebody watches. `ahead` knows where our orders stand in a queue, if anybody does.
    """

    def __init__(
        self, desk: Desk, history: History, vitals: Vitals, ahead: Ahead = nobody_knows
    ) -> None:
        self.desk = self._desk = desk
        self.history = self._history = history
        self.vitals = self._vitals = vitals
        self.tape = Tape()
        self.curves = Curves()
        self._ahead = ahead
        self._strategies: dict[str, StrategyView] = {}

    def instances(self, wanted: Wanted = ALL) -> tuple[InstanceView, ...]:
        """Return the instances in order of deployment."""
        return tuple(
            self.instance_row(instance)
            for name, instance in self._desk.instances.items()
            if wanted.instance in ("", name)
        )

    def orders(self, wanted: Wanted = ALL) -> tuple[OrderView, ...]:
        """Return orders by time of creation: live ones, and those that ended lately."""
        table = self._desk.orders
        found = list(table.live.values())
        if not wanted.open_only:
            found += table.ended()
        found.sort(key=lambda order: (order.created_ns, order.client_order_id))
        rows = (
            order
            for order in reversed(found)
            if wanted.matches(order.instance, order.account, order.instrument)
            and (not wanted.before or order.created_ns < wanted.before)
        )
        return _newest([order_view(order) for order in islice(rows, wanted.limit)])

    def fills(self, wanted: Wanted = ALL) -> tuple[FillView, ...]:
        """Return fills in the order in which they were posted."""
        rows = (
            fill
            for fill in self._history.fills()
            if wanted.matches(fill.instance, fill.account, fill.instrument)
            and (not wanted.before or fill.seq < wanted.before)
        )
        return _newest(list(islice(rows, wanted.limit)))

    def positions(self, wanted: Wanted = ALL) -> tuple[PositionView, ...]:
        """Return positions, oldest first; with `open_only` those that are not flat."""
        rows = [
            self.position_row(held)
            for held in self._desk.ledger.positions()
            if wanted.matches(held.owner, held.account, held.instrument)
            and (held.qty or not wanted.open_only)
        ]
        return tuple(rows[-wanted.limit :])

    def pnl(self, wanted: Wanted = ALL) -> PnlView:
        """Return profit and loss, and its proof by the fold of the fills."""
        rows: dict[tuple[str, str, str], Result] = {}
        for held in self._desk.ledger.positions():
            if wanted.matches(held.owner, held.account, held.instrument):
                place = (held.owner, held.account, held.currency)
                rows[place] = add(rows.get(place), self._result(held))
        fold = self._history.tally.prove(
            self._desk.ledger, fills=self._history.fills_count, whole=self._history.whole
        )
        return PnlView(
            rows=tuple(_pnl_row(place, rows[place]) for place in sorted(rows)),
            total=total(rows.values(), self._desk.rates),
            fills_fold=fold,
        )

    def risk(self) -> tuple[ScopeView, ...]:
        """Return every scope, widest first."""
        return scopes.views(self._desk)

    def feeds(self, wanted: Wanted = ALL) -> tuple[FeedView, ...]:
        """Return the public markets in order of their definition."""
        return tuple(
            self.feed_row(feed)
            for name, feed in self._desk.feeds.items()
            if wanted.instrument in ("", name)
        )

    def events(self, wanted: Wanted = ALL) -> tuple[NewsView, ...]:
        """Return the newest alerts, denials, notes and changes of state."""
        rows = (
            news
            for news in self._history.news()
            if wanted.instance in ("", news.instance)
            and (not wanted.before or news.seq < wanted.before)
        )
        return _newest(list(islice(rows, wanted.limit)))

    def commands(self, wanted: Wanted = ALL) -> tuple[CommandView, ...]:
        """Return the audit: who asked for what, why, and what came of it."""
        rows = (
            command
            for command in self._history.commands()
            if not wanted.before or command.seq < wanted.before
        )
        return _newest(list(islice(rows, wanted.limit)))

    def health(self) -> HealthView:
        """Return how the desk is, with what needs a person in words."""
        desk = self._desk
        standings = [instance.standing for instance in desk.instances.values()]
        return HealthView(
            running=True,
            name=self._vitals.name,
            now_ns=self.now_ns(),
            seq=desk.world.seq,
            epoch=desk.epoch,
            speed=self._vitals.speed,
            instances=len(standings),
            faulted=sum(1 for standing in standings if standing.faulted),
            live_orders=len(desk.orders.live),
            unknown_orders=len(desk.exposure.unknown),
            pending=tuple(
                f"{type(each.command).__name__} {name}: {each.phase}"
                for name, each in desk.pending.items()
            ),
            untrusted_feeds=sum(1 for row in self.feeds() if row.trust),
            notes=(*doubts(desk, scopes.views(desk)), *self._vitals.notes),
            latency=self._vitals.latency,
            links=self._vitals.links,
        )

    def screen(self) -> ScreenView:
        """Return one look at everything; the books are those that somebody watches."""
        desk, vitals = self._desk, self._vitals
        few = Wanted(limit=SCREEN_ROWS)
        worth = self.total()
        self.sample(worth)
        return ScreenView(
            name=vitals.name,
            now_ns=self.now_ns(),
            speed=vitals.speed,
            events=vitals.events,
            events_per_s=vitals.events_per_s,
            seq=desk.world.seq,
            epoch=desk.epoch,
            live_orders=len(desk.orders.live),
            fills_count=self._history.fills_count,
            total=worth,
            curve=tuple(net for _, net in self.curves.desk.points),
            instances=self.instances(),
            feeds=tuple(self.feed_row(desk.feeds[name]) for name in self._watched()),
            positions=self.positions(Wanted(open_only=True, limit=SCREEN_ROWS)),
            orders=self.orders(Wanted(open_only=True, limit=SCREEN_ROWS)),
            fills=self.fills(few),
            news=self.events(few),
            scopes=self.risk(),
            latency=vitals.latency,
            links=vitals.links,
        )

    # --- markets, accounts, strategies -----------------------------------------------------------

    def markets(self, wanted: Wanted = ALL) -> Markets:
        """Return instruments with their rules, in order of their definition."""
        found = matching(self._desk, wanted)
        shown = found[wanted.offset : wanted.offset + wanted.limit]
        listened = watched(self._desk)
        rows = tuple(
            market_view(
                rules, self.feed_row(self._desk.feeds[rules.id]), listened=rules.id in listened
            )
            for rules in shown
        )
        return Markets(rows, len(found))

    def book(self, wanted: Wanted) -> BookView:
        """Return the ladder of an instrument; ConfigError when there is none of that name."""
        feed = feed_of(self._desk, wanted.instrument)
        return book_view(self._desk, feed, self.now_ns(), self._ahead)

    def candles(self, wanted: Wanted) -> CandlesView:
        """Return candles of an instrument; ConfigError as for `book`."""
        return candles_view(self._desk, feed_of(self._desk, wanted.instrument), wanted)

    def trades(self, wanted: Wanted) -> TradesView:
        """Return the newest prints of an instrument that is watched; ConfigError as for `book`."""
        name = feed_of(self._desk, wanted.instrument).market.instrument.id
        roll = self.tape.rolls.get(name)
        rows = roll.after(roll.count - wanted.limit) if roll is not None else ()
        return TradesView(instrument=name, rows=rows)

    def strategies(self, wanted: Wanted = ALL) -> tuple[StrategyView, ...]:
        """Return the catalogue; classes are looked at once, those of instances as they come."""
        known = self._strategies
        if not known:
            known.update(strategy_views(self._desk.catalogue))
        for instance in self._desk.instances.values():
            name = instance.spec.strategy
            if name not in known:
                known[name] = strategy_view(name, type(instance.strategy))
        return tuple(each for name, each in known.items() if wanted.strategy in ("", name))

    def accounts(self, wanted: Wanted = ALL) -> tuple[AccountView, ...]:
        """Return the accounts."""
        return tuple(
            account_view(self._desk, name, self._vitals)
            for name in self._desk.accounts
            if wanted.account in ("", name)
        )

    def session(self) -> SessionView:
        """Return which desk this is."""
        vitals = self._vitals
        return SessionView(
            desk=vitals.name,
            mode=vitals.mode,
            version=vitals.version,
            epoch=self._desk.epoch,
            now_ns=self.now_ns(),
        )

    def order_life(self, wanted: Wanted) -> OrderLife:
        """Return the whole life of an order; ConfigError when it is not at hand any more."""
        order = self._desk.orders.find(OrderId(wanted.order))
        if order is None:
            raise ConfigError(
                f"Looked up order {wanted.order or 'without an id'}, found none of that id among "
                f"those at hand; older ones are in the desk's journal."
            )
        instance = self._desk.instances.get(order.instance)
        return OrderLife(
            order=order_view(order),
            strategy=instance.spec.strategy if instance is not None else "",
            steps=self._history.lives.steps(order.client_order_id),
            chain=self._history.lives.chain(order.client_order_id),
            fills=self._history.fills_of(order.client_order_id, order.cause_seq),
            group=tuple(
                each.client_order_id
                for each in (*self._desk.orders.live.values(), *self._desk.orders.ended())
                if order.group and each.group == order.group and each is not order
                if each.instance == order.instance
            ),
            whole=order.client_order_id in self._history.lives,
        )

    # --- figures over time -----------------------------------------------------------------------

    def total(self) -> Result | None:
        """Return the desk's result in the reporting currency, None while a rate is unknown."""
        return total((self._result(held) for held in self._desk.ledger.positions()), self._rates)

    def open_notional(self) -> Decimal | None:
        """Return what is held, at its marks and in the reporting currency; None if unknown."""
        found = ZERO
        for held in self._desk.ledger.positions():
            if not held.qty:
                continue
            mark = self._mark(held)
            rate = self._rates.rate(held.currency)
            if mark is None or rate is None:
                return None
            found += abs(held.qty) * mark * held.multiplier * rate
        return found

    @property
    def _rates(self) -> Rates:
        return self._desk.rates

    def sample(self, worth: Result | None = None) -> None:
        """Remember the net results of this moment for the curves, where the last are old enough."""
        now_ns = self._desk.world.now_ns
        if not self.curves.due(now_ns):
            return
        worth = worth if worth is not None else self.total()
        if worth is None:
            return
        own: dict[str, float] = {}
        for name in self._desk.instances:
            held = self._desk.ledger.owner_positions(name)
            made = total((self._result(each) for each in held), self._rates) if held else None
            if made is not None:
                own[name] = float(made.net)
        self.curves.add(now_ns, float(worth.net), own)

    # --- rows ------------------------------------------------------------------------------------

    def instance_row(self, instance: Instance) -> InstanceView:
        """Return an instance as faces show it."""
        desk, spec, standing = self._desk, instance.spec, instance.standing
        held = desk.ledger.owner_positions(spec.id)
        results: dict[str, Result] = {}
        for position in held:
            results[position.currency] = add(results.get(position.currency), self._result(position))
        return InstanceView(
            instance=spec.id,
            strategy=spec.strategy,
            state=standing.lifecycle,
            cause=standing.cause,
            faulted=standing.faulted,
            single_fire=standing.single_fire,
            trading=instance.scope.state,
            trading_cause=instance.scope.cause,
            since_ns=standing.since_ns,
            accounts=spec.accounts,
            instruments=tuple(sorted(instance.watching or spec.instruments)),
            cycles=tuple(standing.cycles),
            open_orders=len(desk.world.live_orders.get(spec.id, ())),
            positions=tuple(
                Holding(account=each.account, instrument=each.instrument, qty=each.qty)
                for each in held
                if each.qty
            ),
            results=tuple(results[currency] for currency in sorted(results)),
            total=total(results.values(), desk.rates),
            parameters=msgspec.to_builtins(instance.parameters),
            version=standing.version,
            auto_resume=spec.auto_resume,
        )

    def position_row(self, held: Position) -> PositionView:
        """Return a position as faces show it."""
        mark = self._mark(held)
        result = self._result(held)
        return PositionView(
            venue=self._desk.instrument(held.instrument).venue,
            account=held.account,
            instance=held.owner,
            instrument=held.instrument,
            bucket=held.bucket,
            qty=held.qty,
            provisional_qty=held.provisional_qty,
            avg_px=held.avg_px,
            mark=mark,
            notional=None if mark is None else abs(held.qty) * mark * held.multiplier,
            currency=held.currency,
            realised=result.realised,
            unrealised=result.unrealised,
            fees=result.fees,
            funding=result.funding,
            net=result.net,
            opened_ns=held.opened_ns,
        )

    def _mark(self, held: Position) -> Decimal | None:
        feed = self._desk.feeds.get(held.instrument)
        return feed.market.mark() if feed is not None else None

    def _result(self, held: Position) -> Result:
        unrealised: Decimal | None = ZERO
        if held.qty:
            mark = self._mark(held)
            unrealised = held.unrealised(mark) if mark is not None else None
        return Result(
            currency=held.currency,
            realised=held.realised,
            unrealised=unrealised,
            fees=held.fees,
            funding=held.funding,
            net=held.net + (unrealised or ZERO),
        )

    def feed_row(self, feed: Feed) -> FeedView:
        """Return a public market as faces show it."""
        market, now_ns = feed.market, self.now_ns()
        rules = market.instrument
        return FeedView(
            instrument=rules.id,
            venue=rules.venue,
            tick=rules.tick,
            bid=market.bid if market.bid_qty else None,
            ask=market.ask if market.ask_qty else None,
            bid_qty=market.bid_qty,
            ask_qty=market.ask_qty,
            last_px=market.last_px,
            mark=market.mark(),
            age_ms=market.age_ns(now_ns) // MILLIS if market.verified_ns else 0,
            live=market.live,
            trading=market.trading,
            trust=trust_of(self._desk, feed, now_ns),
        )

    def now_ns(self) -> int:
        """Return the session's time, nanoseconds UTC."""
        return max(self._desk.world.now_ns, self._vitals.now_ns)

    def _watched(self) -> list[InstrumentId]:
        listened = watched(self._desk)
        return [name for name in self._desk.feeds if not listened or name in listened]


def order_view(order: Order) -> OrderView:
    """Return an order as faces show it."""
    spec = order.spec
    return OrderView(
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id or "",
        wire_id=order.wire_id,
        instance=order.instance,
        account=spec.account,
        instrument=order.instrument,
        bucket=spec.bucket,
        side=order.side,
        ord_type=spec.order_type,
        time_in_force=spec.tif,
        ord_status=order.status,
        order_qty=order.qty,
        px=order.px,
        stop_px=order.trigger_px,
        cum_qty=order.filled_qty,
        leaves_qty=order.leaves_qty,
        claimed_qty=order.claimed_qty,
        avg_px=order.avg_px,
        fees=order.fees,
        post_only=spec.post_only,
        reduce_only=spec.reduce_only,
        reason=spec.reason,
        group=spec.group,
        text=order.reject_reason,
        created_ns=order.created_ns,
        acknowledged_ns=order.acknowledged_ns,
        closed_ns=order.closed_ns,
        cause_seq=order.cause_seq,
        epoch=order.epoch,
        sent_latency_ns=order.sent_latency_ns,
    )


def add(known: Result | None, more: Result) -> Result:
    """Return the sum of two results in one currency."""
    if known is None:
        return more
    both = known.unrealised is not None and more.unrealised is not None
    return Result(
        currency=known.currency,
        realised=known.realised + more.realised,
        unrealised=(known.unrealised or ZERO) + (more.unrealised or ZERO) if both else None,
        fees=known.fees + more.fees,
        funding=known.funding + more.funding,
        net=known.net + more.net,
    )


def total(results: Iterable[Result], rates: Rates) -> Result | None:
    """Return the sum in the reporting currency, None while the rate of one is unknown."""
    found = Result(
        currency=rates.reporting,
        realised=ZERO,
        unrealised=ZERO,
        fees=ZERO,
        funding=ZERO,
        net=ZERO,
    )
    for each in results:
        rate = rates.rate(each.currency)
        if rate is None:
            return None
        worth = Result(
            currency=rates.reporting,
            realised=each.realised * rate,
            unrealised=None if each.unrealised is None else each.unrealised * rate,
            fees=each.fees * rate,
            funding=each.funding * rate,
            net=each.net * rate,
        )
        found = add(found, worth)
    return found


def _pnl_row(place: tuple[str, str, str], result: Result) -> PnlRow:
    return PnlRow(
        instance=place[0],
        account=place[1],
        currency=result.currency,
        realised=result.realised,
        unrealised=result.unrealised,
        fees=result.fees,
        funding=result.funding,
        net=result.net,
    )


def _newest(rows: list[Row]) -> tuple[Row, ...]:
    rows.reverse()
    return tuple(rows)


def doubts(desk: Desk, scope_rows: Iterable[ScopeView]) -> Iterator[str]:
    """Yield in words what of a desk needs a person; `scope_rows` are its scopes as they stand."""
    for name, instance in desk.instances.items():
        standing = instance.standing
        if standing.faulted:
            yield f"{name} is faulted: {standing.faulted}"
        elif standing.lifecycle is Lifecycle.STOPPING and standing.cycles:
            yield f"{name} is stopping and waits for its cycle to end"
    if desk.exposure.unknown:
        ids = ", ".join(list(desk.exposure.unknown)[:5])
        yield f"{len(desk.exposure.unknown)} orders may or may not exist at their venue: {ids}"
    for scope in scope_rows:
        where = f"{scope.kind.value} {scope.name}".rstrip()
        if scope.state.value != "active":
            yield f"{where} is {scope.state.value}: {scope.cause}"
        for doubt in scope.doubts:
            yield f"{where} {doubt}"
    if desk.gate.clock_doubt:
        yield desk.gate.clock_doubt
    parked = sum(1 for o in desk.orders.live.values() if o.status is OrderStatus.PARKED)
    if parked:
        yield f"{parked} orders wait at the gate"

"""The views of a running desk, read from the desk itself.

Knows the desk's state and only reads it, between two steps; it must not change or keep any of it.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import TypeVar

import msgspec

from tradewind.control import scopes
from tradewind.control.history import History
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
from tradewind.model.ids import InstrumentId
from tradewind.model.market import Trust
from tradewind.model.money import MILLIS, NANOS, ZERO
from tradewind.model.order import Order, OrderStatus
from tradewind.model.position import Position

Row = TypeVar("Row")
ALL = Wanted(limit=1_000_000)
SCREEN_ROWS = 60
CURVE_POINTS = 240


class LiveViews:
    """All views of one desk. `history` must hear the desk's bus; `vitals` is the runtime's own.

    `screen` remembers the net result of its last looks, for the curve that it shows.
    """

    def __init__(self, desk: Desk, history: History, vitals: Vitals) -> None:
        self._desk = desk
        self._history = history
        self._vitals = vitals
        self._curve: list[tuple[int, float]] = []
        self._curve_gap_ns = NANOS

    def instances(self, wanted: Wanted = ALL) -> tuple[InstanceView, ...]:
        """Return the instances in order of deployment."""
        return tuple(
            self._instance(instance)
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
            self._position(held)
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
            self._feed(feed)
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
            now_ns=self._now_ns(),
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
            notes=(*_doubts(desk), *self._vitals.notes),
            latency=self._vitals.latency,
            links=self._vitals.links,
        )

    def screen(self) -> ScreenView:
        """Return one look at everything; the books are those that somebody watches."""
        desk, vitals = self._desk, self._vitals
        few = Wanted(limit=SCREEN_ROWS)
        worth = total([self._result(held) for held in desk.ledger.positions()], desk.rates)
        self._extend_curve(worth)
        return ScreenView(
            name=vitals.name,
            now_ns=self._now_ns(),
            speed=vitals.speed,
            events=vitals.events,
            events_per_s=vitals.events_per_s,
            seq=desk.world.seq,
            epoch=desk.epoch,
            live_orders=len(desk.orders.live),
            fills_count=self._history.fills_count,
            total=worth,
            curve=tuple(point for _, point in self._curve),
            instances=self.instances(),
            feeds=tuple(self._feed(desk.feeds[name]) for name in self._watched()),
            positions=self.positions(Wanted(open_only=True, limit=SCREEN_ROWS)),
            orders=self.orders(Wanted(open_only=True, limit=SCREEN_ROWS)),
            fills=self.fills(few),
            news=self.events(few),
            scopes=self.risk(),
            latency=vitals.latency,
            links=vitals.links,
        )

    # --- rows ------------------------------------------------------------------------------------

    def _instance(self, instance: Instance) -> InstanceView:
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

    def _position(self, held: Position) -> PositionView:
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

    def _feed(self, feed: Feed) -> FeedView:
        desk, market, now_ns = self._desk, feed.market, self._now_ns()
        rules = market.instrument
        mirror = desk.feeds.get(rules.mirror) if rules.mirror is not None else None
        trust = market.trust(
            now_ns,
            desk.config.stale_book_ns,
            mirror.market if mirror is not None else None,
        )
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
            trust="" if trust is Trust.TRUSTED else trust.value,
        )

    def _now_ns(self) -> int:
        return max(self._desk.world.now_ns, self._vitals.now_ns)

    def _watched(self) -> list[InstrumentId]:
        watched = {name for each in self._desk.instances.values() for name in each.watching}
        return [name for name in self._desk.feeds if not watched or name in watched]

    def _extend_curve(self, worth: Result | None) -> None:
        now_ns = self._desk.world.now_ns
        if worth is None or (self._curve and now_ns < self._curve[-1][0] + self._curve_gap_ns):
            return
        self._curve.append((now_ns, float(worth.net)))
        if len(self._curve) > CURVE_POINTS:
            # Half as many points, twice as far apart: the curve always spans the whole session.
            self._curve = self._curve[::2]
            self._curve_gap_ns *= 2


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


def _doubts(desk: Desk) -> Iterator[str]:
    for name, instance in desk.instances.items():
        standing = instance.standing
        if standing.faulted:
            yield f"{name} is faulted: {standing.faulted}"
        elif standing.lifecycle is Lifecycle.STOPPING and standing.cycles:
            yield f"{name} is stopping and waits for its cycle to end"
    if desk.exposure.unknown:
        ids = ", ".join(list(desk.exposure.unknown)[:5])
        yield f"{len(desk.exposure.unknown)} orders may or may not exist at their venue: {ids}"
    for scope in scopes.views(desk):
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

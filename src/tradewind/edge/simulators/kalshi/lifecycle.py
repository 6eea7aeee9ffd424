"""What happens by itself: markets come, open, close, are determined and pay; orders expire.

Knows the calendar, pauses and the public's turns. Must not know requests or sockets. Opening and
closing send no message: one has to watch the clock. Source: Kalshi Trade API v2, market lifecycle,
maintenance and pauses, docs.kalshi.com, read 2026-09.
"""

from decimal import Decimal
from random import Random

from tradewind.edge.simulators.kalshi import bodies
from tradewind.edge.simulators.kalshi.accounts import Account, Position
from tradewind.edge.simulators.kalshi.agenda import Due
from tradewind.edge.simulators.kalshi.floor import Floor
from tradewind.edge.simulators.kalshi.listing import EventTerms, Listed, Programme, SeriesTerms
from tradewind.edge.simulators.kalshi.markets import (
    ACTIVE,
    CLOSED,
    DETERMINED,
    FINALIZED,
    INACTIVE,
    INITIALIZED,
    Market,
)
from tradewind.edge.simulators.kalshi.numbers import dollars, seconds
from tradewind.edge.simulators.kalshi.orders import Settled
from tradewind.edge.simulators.kalshi.structures import price_ranges
from tradewind.edge.simulators.public import Public
from tradewind.model.errors import ConfigError
from tradewind.model.money import NANOS, ONE, ZERO

LIST, OPEN, CLOSE, SWEEP_CLOSED = "list", "open", "close", "sweep_closed"
DETERMINE, SETTLE, EXPIRE, SWEEP, ACT = "determine", "settle", "expire", "sweep", "act"
FORGET = "forget"
KEPT_NS = 3600 * NANOS
"""So long after it has paid, a market still shows its trades and candles."""
PAUSED_NS = NANOS


class Lifecycle:
    """The calendar of one exchange: what is listed, and what becomes of it."""

    def __init__(self, floor: Floor, programme: Programme) -> None:
        self.floor = floor
        self.programme = programme
        self.series: dict[str, SeriesTerms] = {each.ticker: each for each in programme.series}
        self.events: dict[str, EventTerms] = {}
        self.listed: dict[str, list[Market]] = {}
        self._public: dict[str, Public] = {}
        self._plan_listing()

    def happen(self, due: Due) -> None:
        """Let one planned thing happen; the floor's clock stands at its time."""
        if due.what == LIST:
            for listed in self.programme.due(due.at_ns):
                self._list(listed)
            self._plan_listing()
        elif due.what == EXPIRE:
            self.floor.cancel(due.key, "ExpiryCancel")
        elif due.what == SWEEP:
            self.floor.cancel(due.key)
        else:
            self._of_market(due, self.floor.markets[due.key])

    def _of_market(self, due: Due, market: Market) -> None:
        if due.what == ACT:
            self._act(market)
        elif due.what == OPEN and market.status == INITIALIZED:
            self._open(market)
        elif due.what == CLOSE and market.status in (ACTIVE, INACTIVE):
            if due.at_ns >= market.close_ns:
                self._close(market)
        elif due.what == SWEEP_CLOSED:
            self._cancel_resting(market, "CloseCancel")
        elif due.what == DETERMINE and market.status == CLOSED:
            self._determine(market, market.terms.yes_value)
        elif due.what == SETTLE and market.status == DETERMINED:
            self._settle(market)
        elif due.what == FORGET:
            market.forget()

    # --- what a test or a fault may do ---------------------------------------------------------

    def market(self, ticker: str) -> Market:
        """Return a market; raises ConfigError for an unknown ticker."""
        if ticker not in self.floor.markets:
            raise ConfigError(f"Looked up the market {ticker!r}, found none; list it first.")
        return self.floor.markets[ticker]

    def pause_market(self, ticker: str, *, paused: bool) -> None:
        """Halt one market, or resume it; on resuming, all resting orders have been cancelled."""
        market = self.market(ticker)
        if market.status not in (ACTIVE, INACTIVE) or paused == (market.status == INACTIVE):
            return
        if paused:
            market.status = INACTIVE
            self._halt_orders(market)
        else:
            self._leave(market)
            self._cancel_resting(market, "HaltCancel")
            market.status = ACTIVE
        market.updated_ns = self.floor.now_ns
        event = "deactivated" if paused else "activated"
        self.floor.feeds.lifecycle(market, event, is_deactivated=paused)

    def pause_trading(self, *, paused: bool) -> None:
        """Begin or end a trading pause: cancels work, creates and amends do not."""
        self.floor.trading_paused = paused
        if paused:
            for market in self.floor.markets.values():
                self._halt_orders(market)

    def close_at(self, ticker: str, close_ns: int) -> None:
        """Change when a market closes."""
        market = self.market(ticker)
        market.close_ns = close_ns
        market.determined_ns = close_ns + market.terms.determined_ns - market.terms.close_ns
        market.updated_ns = self.floor.now_ns
        self.floor.agenda.plan(close_ns, CLOSE, ticker)
        self.floor.feeds.lifecycle(market, "close_date_updated", close_ts=seconds(close_ns))

    def retick(self, ticker: str, structure: str) -> None:
        """Change a market's ticks; what rests between the new ones stays. Raises ConfigError."""
        market = self.market(ticker)
        self._leave(market)
        market.retick(structure)
        market.updated_ns = self.floor.now_ns
        self.floor.exchange.define(market.instrument)
        if ticker in self._public:
            self._public[ticker].redefine(market.instrument)
        self.floor.feeds.lifecycle(
            market,
            "price_level_structure_updated",
            price_level_structure=structure,
            price_ranges=price_ranges(structure),
        )

    def determine(self, ticker: str, yes_value: Decimal) -> None:
        """Close a market if it is open, and set its result: 1, 0, or a fair price between."""
        market = self.market(ticker)
        if market.status in (INITIALIZED, ACTIVE, INACTIVE):
            self._close(market)
            self._cancel_resting(market, "CloseCancel")
        if market.status == CLOSED:
            self._determine(market, yes_value)

    # --- the calendar --------------------------------------------------------------------------

    def _plan_listing(self) -> None:
        next_ns = self.programme.next_ns
        self.floor.agenda.plan(max(next_ns, self.floor.now_ns), LIST)

    def _list(self, listed: Listed) -> None:
        event = listed.event
        series = self.series[event.series_ticker]
        self.events[event.event_ticker] = event
        floor = self.floor
        floor.feeds.event(event, series.exchange_index)
        for terms in listed.markets:
            market = Market(terms, event, series, floor.new_id())
            floor.list_market(market)
            self.listed.setdefault(event.event_ticker, []).append(market)
            floor.agenda.plan(terms.open_ns, OPEN, terms.ticker)
            floor.agenda.plan(terms.close_ns, CLOSE, terms.ticker)
            floor.feeds.lifecycle(market, "created", **bodies.created(market))

    def _open(self, market: Market) -> None:
        market.status = ACTIVE
        market.updated_ns = self.floor.now_ns
        terms, floor = market.terms, self.floor
        if floor.settings.crowd and terms.chance is not None and terms.style is not None:
            start = (floor.now_ns, Random(f"{floor.settings.seed}/{terms.ticker}"))
            self._public[terms.ticker] = Public(
                floor.exchange, market.instrument, terms.chance, terms.style, start
            )
            self._act(market)

    def _act(self, market: Market) -> None:
        public, floor = self._public.get(market.ticker), self.floor
        if public is None:
            return
        if floor.trading_paused or floor.exchange_paused or market.status == INACTIVE:
            floor.agenda.plan(floor.now_ns + PAUSED_NS, ACT, market.ticker)
            return
        floor.publish(market, public.act(floor.now_ns))
        floor.agenda.plan(public.next_ns, ACT, market.ticker)

    def _leave(self, market: Market) -> None:
        public = self._public.get(market.ticker)
        if public is not None:
            self.floor.publish(market, public.leave(self.floor.now_ns))

    def _close(self, market: Market) -> None:
        floor = self.floor
        market.status = CLOSED
        market.updated_ns = floor.now_ns
        self._leave(market)
        self._public.pop(market.ticker, None)
        floor.agenda.plan(
            floor.now_ns + floor.settings.close_cancel_ns, SWEEP_CLOSED, market.ticker
        )
        floor.agenda.plan(max(market.determined_ns, floor.now_ns), DETERMINE, market.ticker)

    def _cancel_resting(self, market: Market, reason: str) -> None:
        for account in self.floor.accounts.values():
            for order in list(account.live(market.ticker)):
                self.floor.cancel(order.now.id, reason)

    def _halt_orders(self, market: Market) -> None:
        for account in self.floor.accounts.values():
            for order in list(account.live(market.ticker)):
                if order.now.cancel_on_pause:
                    self.floor.cancel(order.now.id, "HaltCancel")

    def _determine(self, market: Market, yes_value: Decimal) -> None:
        floor = self.floor
        self._cancel_resting(market, "CloseCancel")
        market.status = DETERMINED
        market.value = yes_value
        market.determined_ns = market.updated_ns = floor.now_ns
        floor.agenda.plan(floor.now_ns + market.terms.timer_s * NANOS, SETTLE, market.ticker)
        floor.feeds.lifecycle(
            market,
            "determined",
            result=market.result,
            determination_ts=seconds(floor.now_ns),
            settlement_value=dollars(yes_value),
        )

    def _settle(self, market: Market) -> None:
        floor = self.floor
        market.status = FINALIZED
        market.settled_ns = market.updated_ns = floor.now_ns
        floor.agenda.plan(floor.now_ns + KEPT_NS, FORGET, market.ticker)
        for account in floor.accounts.values():
            position = account.position(market.ticker)
            if position.qty:
                self._pay(account, market, position)
        floor.feeds.lifecycle(market, "settled", settled_ts=seconds(floor.now_ns))

    def _pay(self, account: Account, market: Market, position: Position) -> None:
        assert market.value is not None
        now_ns = self.floor.now_ns
        unit = market.value if position.qty > ZERO else ONE - market.value
        revenue = abs(position.qty) * unit
        account.pay(revenue, now_ns)
        account.settled.append(
            Settled(
                ticker=market.ticker,
                event_ticker=market.terms.event_ticker,
                result=market.result,
                position=position.qty,
                cost=position.cost,
                revenue=revenue,
                fees=position.fees,
                value=market.value,
                ts=now_ns,
            )
        )
        flat = position.settled(revenue, now_ns)
        account.put_position(flat, now_ns)
        self.floor.relock(account, market)
        self.floor.feeds.position(account, flat)

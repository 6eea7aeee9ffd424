"""A venue in this process: market events meet our orders, and its answers come when they are due.

Knows the public methods that a loop calls, and nothing of the desk on the other side. Backtest
and paper run this same code, so a recorded paper session can be derived again.

How a loop uses it, per market event e, in order:
1. while `next_due_ns` <= e.ts_recv: step the desk with each of `due(e.ts_recv)`, and carry its
   new effects here before asking again (`due` returns one instant at a time);
2. `on_market(e)`;
3. the same as 1, which brings the fills of this event where latency allows;
4. step the desk with e and carry its effects here.

While `busy` is 0 a Quote, Trade or Candle needs no call: storing it in
`markets[instrument].quote` (or `.trade`, `.candle`) is all that `on_market` would do. Give the
venue candles of one interval an instrument, the finest; where quotes, trades or books come too,
candles fill nothing.
"""

from collections.abc import Sequence
from decimal import Decimal

from tradewind.core.matching import candles, makers, triggers
from tradewind.core.matching.amend import amend
from tradewind.core.matching.entry import cancel_all, cancel_one, submit
from tradewind.core.matching.fills import cancel, live_orders
from tradewind.core.matching.lifecycle import funding, settle, trading_changed
from tradewind.core.matching.markets import SimulatedMarket
from tradewind.core.matching.reading import report
from tradewind.core.matching.rules import on_grid
from tradewind.core.matching.settlement import Resolution
from tradewind.core.matching.state import REQUESTS, Request, VenueModel, VenueState
from tradewind.model.config import Account
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, SubmitOrder
from tradewind.model.events import (
    AccountReport,
    BookDelta,
    BookSnapshot,
    Candle,
    Event,
    FundingRate,
    Market,
    Quote,
    Trade,
    TradingChanged,
)
from tradewind.model.ids import AccountId, Currency, MarketId, OrderId
from tradewind.model.instrument import Instrument
from tradewind.model.market import INTERVALS_NS, CandleStatus

CLOSED_CANDLE = CandleStatus.CLOSED
NOTHING: list[Event] = []


class SimulatedVenue(VenueState):
    """Matches orders of several accounts against the public market of many instruments.

    All times are nanoseconds UTC on the desk's clock; answers carry `ts_recv` = when they are
    due and `ts_event` = venue time. Deterministic: the same calls give the same answers.
    """

    __slots__ = ()

    def __init__(
        self,
        accounts: Sequence[Account],
        instruments: Sequence[Instrument] = (),
        model: VenueModel = VenueModel(),  # noqa: B008  # frozen
    ) -> None:
        super().__init__(accounts, model)
        for instrument in instruments:
            self.define(instrument, 0)

    def define(self, instrument: Instrument, now_ns: int) -> None:
        """Take an instrument's rules; where they changed, orders off the new grid are cancelled."""
        self.turn_to(now_ns)
        market = self.markets.get(instrument.id)
        if market is not None:
            market.define(instrument)
            for order in live_orders(market):
                limit, trigger = order.limit, order.trigger_px
                if (limit is not None and not on_grid(market, limit)) or (
                    trigger is not None and not on_grid(market, trigger)
                ):
                    cancel(self, market, order, "off_tick")
            return
        market = self.markets[instrument.id] = SimulatedMarket(instrument)
        other = self.markets.get(instrument.mirror) if instrument.mirror is not None else None
        if other is not None:
            market.stand_beside(other)

    def fund(self, account: AccountId, currency: Currency, amount: Decimal) -> None:
        """Put money into an account, silently; for currencies beside the account's own."""
        self.accounts[account].wallet(currency).cash += amount

    # --- requests -----------------------------------------------------------------------------

    def submit(self, effect: SubmitOrder, now_ns: int) -> None:
        """Send a new order; the answers come by `due`."""
        if self.instant:
            self.now_ns = self.at_ns = now_ns
            submit(self, effect)
        else:
            self.send(effect, effect.client_order_id, now_ns)

    def amend(self, effect: AmendOrder, now_ns: int) -> None:
        """Send a change of a live order."""
        if self.instant:
            self.now_ns = self.at_ns = now_ns
            amend(self, effect)
        else:
            self.send(effect, effect.client_order_id, now_ns)

    def cancel(self, effect: CancelOrder, now_ns: int) -> None:
        """Send a cancel."""
        if self.instant:
            self.now_ns = self.at_ns = now_ns
            cancel_one(self, effect)
        else:
            self.send(effect, effect.client_order_id, now_ns)

    def cancel_all(self, effect: CancelAll, now_ns: int) -> None:
        """Send a cancel of everything that the account has."""
        if self.instant:
            self.now_ns = self.at_ns = now_ns
            cancel_all(self, effect)
        else:
            self.send(effect, effect.account, now_ns)

    # --- answers ------------------------------------------------------------------------------

    def due(self, until_ns: int) -> list[Event]:
        """Return the answers of the first instant that has any, at most `until_ns`, in order.

        Requests that arrive by then are carried out on the way. Ask again until `next_due_ns` is
        later: what the desk does about these answers may come before the next ones.
        """
        if self.next_due_ns > until_ns:
            return NOTHING
        if self.instant:
            return self.take_ready()
        answers: list[Event] = []
        instant_ns = until_ns
        while self.next_due_ns <= instant_ns:
            at_ns, thing = self.take_next()
            if isinstance(thing, REQUESTS):
                self.turn_to(at_ns)
                _arrive(self, thing)
            else:
                answers.append(thing)
                instant_ns = at_ns
        return answers

    @property
    def live_orders(self) -> int:
        """Return how many orders live at the venue."""
        return sum(len(live_orders(market)) for market in self.markets.values())

    def report(
        self, account: AccountId, asked: tuple[OrderId, ...], ts: int, cursor: str = ""
    ) -> AccountReport:
        """Read an account whole: open orders and those asked for, fills, positions, balances.

        `cursor` of an earlier report leaves the fills before it out. Requests under way have not
        been heard of here. Raises KeyError for an account that the venue does not have.
        """
        return report(self, self.accounts[account], asked, ts, cursor)

    # --- the market ---------------------------------------------------------------------------

    def on_market(self, event: Market) -> None:
        """Let the venue see a market event at its `ts_recv`; strange instruments are ignored.

        A question that is told SETTLED pays by the resolution in its definition.
        """
        market = self.markets.get(event.instrument)
        if market is None:
            return
        if type(event) is Quote:
            market.quote = event
            if (
                (event.bid <= market.best_buy or event.ask >= market.best_sell)
                if self.watches_levels
                else (event.ask <= market.best_buy or event.bid >= market.best_sell)
            ):
                self.turn_to(event.ts_recv)
                makers.on_quote(self, market, event)
            if market.stops and (event.ask >= market.wake_high or event.bid <= market.wake_low):
                self.turn_to(event.ts_recv)
                triggers.wake_reached(self, market)
        elif type(event) is Trade:
            market.trade = event
            if event.px <= market.best_buy or event.px >= market.best_sell:
                self.turn_to(event.ts_recv)
                makers.on_trade(self, market, event)
            if market.stops and (event.px >= market.wake_high or event.px <= market.wake_low):
                self.turn_to(event.ts_recv)
                triggers.wake_reached(self, market)
        else:
            self.turn_to(event.ts_recv)
            self._rarer(market, event)

    def settle(self, market: MarketId, resolution: Resolution, now_ns: int) -> None:
        """Answer a question: cancel its orders, then report and pay every position in it.

        `market` is the canonical market; both outcomes settle. A second call for the same market
        finds nothing to pay.
        """
        self.turn_to(now_ns)
        settle(self, market, resolution)

    def _rarer(self, market: SimulatedMarket, event: Market) -> None:
        if isinstance(event, BookDelta):
            if market.book is not None:
                makers.on_delta(self, market, event)
                triggers.wake_reached(self, market)
        elif isinstance(event, BookSnapshot):
            if market.book is None:
                market.keep_book()
                self.busy += 1
            makers.on_snapshot(self, market, event)
            triggers.wake_reached(self, market)
        elif isinstance(event, Candle):
            self._candle(market, event)
        elif isinstance(event, FundingRate):
            funding(self, market, event)
        elif isinstance(event, TradingChanged):
            trading_changed(self, market, event)

    def _candle(self, market: SimulatedMarket, event: Candle) -> None:
        interval_ns = INTERVALS_NS[event.interval]
        if event.status is not CLOSED_CANDLE or interval_ns > market.candle_ns:
            return
        market.candle_ns = interval_ns
        market.candle = event
        if market.open and market.by_candles:
            candles.on_candle(self, market, event)


def _arrive(venue: SimulatedVenue, request: Request) -> None:
    if isinstance(request, SubmitOrder):
        submit(venue, request)
    elif isinstance(request, CancelOrder):
        cancel_one(venue, request)
    elif isinstance(request, AmendOrder):
        amend(venue, request)
    else:
        cancel_all(venue, request)

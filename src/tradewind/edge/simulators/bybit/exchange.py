"""A simulated Bybit v5 behind its own wire protocol.

Puts the parts together: markets with a public that trades, accounts, REST pages and sockets. It
does no I/O and reads no clock: whoever hosts it hands in requests and frames with the time.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from random import Random

from tradewind.core.matching.exchange import Exchange
from tradewind.edge.simulators.bybit.account_pages import AccountPages
from tradewind.edge.simulators.bybit.accounts import Account
from tradewind.edge.simulators.bybit.agenda import Agenda
from tradewind.edge.simulators.bybit.engine import Engine
from tradewind.edge.simulators.bybit.entry import Entry
from tradewind.edge.simulators.bybit.funding import charge
from tradewind.edge.simulators.bybit.limits import Windows
from tradewind.edge.simulators.bybit.market_pages import MarketPages
from tradewind.edge.simulators.bybit.markets import Market
from tradewind.edge.simulators.bybit.orders_api import OrdersApi
from tradewind.edge.simulators.bybit.private import Private
from tradewind.edge.simulators.bybit.public import Public as PublicStreams
from tradewind.edge.simulators.bybit.rest import Rest
from tradewind.edge.simulators.bybit.settings import BybitSettings, Symbol, true_name
from tradewind.edge.simulators.bybit.sockets import Sockets
from tradewind.edge.simulators.bybit.status import Status
from tradewind.edge.simulators.fate import Befall, Fate, Turn
from tradewind.edge.simulators.public import Public, Style
from tradewind.edge.simulators.wire import (
    Connection,
    TrueFill,
    TrueOrder,
    Truth,
    WireAnswer,
    WireRequest,
)
from tradewind.edge.simulators.wire_faults import OCCASIONS, Fault, Kind
from tradewind.model.ids import InstrumentId
from tradewind.model.money import NANOS, ONE, ZERO

FIRST_UID = 24_600_001
STABLE = frozenset({"USDT", "USDC", "USD"})


class BybitExchange:
    """Implements `WireExchange`."""

    def __init__(self, settings: BybitSettings) -> None:
        self.settings = settings
        self._fate = Fate()
        self._agenda = Agenda()
        self._dice = Random(f"{settings.seed}/{settings.start_ns}/exchange")
        self._core = Exchange()
        self.markets: dict[InstrumentId, Market] = {
            symbol.id: Market(symbol, self._core, settings) for symbol in settings.symbols
        }
        self._status = Status(settings.start_ns)
        self._streams = PublicStreams(self._agenda, self.markets, self._fate)
        self._private = Private(
            self._agenda,
            settings.topic_delay_ns,
            Random(f"{settings.seed}/private"),
        )
        told = (self._streams, self._private)
        self._engine = Engine(self.markets, self._core, told, self._fate, self._dice)
        self._accounts = self._open_accounts()
        self._windows = Windows()
        self._build_doors()
        self._publics = {
            symbol.id: Public(
                self._core,
                self.markets[symbol.id].rules,
                self.markets[symbol.id].fair,
                style(symbol, settings.pace_ns),
                (settings.start_ns, Random(f"{settings.seed}/{symbol.id}/public")),
            )
            for symbol in settings.symbols
        }
        for symbol in settings.symbols:
            self._start(symbol)
        self._agenda.run(settings.start_ns)

    # --- the seam -----------------------------------------------------------------------------

    @property
    def next_due_ns(self) -> int:
        """Return when something happens by itself next."""
        return self._agenda.next_ns

    def advance(self, now_ns: int) -> None:
        """Let everything happen that is due until then."""
        self._agenda.run(now_ns)

    def request(self, request: WireRequest, now_ns: int) -> WireAnswer:
        """Answer one HTTP request."""
        self._agenda.run(now_ns)
        return self._rest.request(request, now_ns)

    def opened(
        self, connection: Connection, request: WireRequest, now_ns: int
    ) -> WireAnswer | None:
        """Take a new socket; an answer refuses the upgrade."""
        self._agenda.run(now_ns)
        return self._sockets.opened(connection, request, now_ns)

    def frame(self, connection: Connection, text: bytes, now_ns: int) -> None:
        """Take a text frame of a client."""
        self._agenda.run(now_ns)
        self._sockets.frame(connection, text, now_ns)

    def closed(self, connection: Connection) -> None:
        """Forget a client's socket."""
        self._sockets.closed(connection)

    def truth(self, account: str) -> Truth:
        """Return what is the case of the account with that key id; KeyError for no account.

        Spot symbols are `spot/NAME`; a perpetual's position is the sum of its indices.
        """
        mine = self._accounts[account]
        positions: dict[str, Decimal] = {}
        for position in mine.positions.values():
            if position.qty:
                name = position.symbol.name
                positions[name] = positions.get(name, ZERO) + position.qty
        return Truth(
            orders=tuple(
                TrueOrder(
                    order.id,
                    order.link,
                    true_name(order.symbol),
                    order.buys,
                    order.base_qty,
                    order.filled,
                    order.open,
                    mine.attempts.get(order.link, 1),
                )
                for order in mine.orders.values()
            ),
            fills=tuple(
                TrueFill(
                    each.id,
                    each.order.id,
                    true_name(each.order.symbol),
                    each.qty,
                    each.px,
                    each.fee,
                )
                for each in mine.executions
                if each.order is not None
            ),
            positions=positions,
            cash={coin: amount for coin, amount in mine.cash.items() if amount},
        )

    # --- faults -------------------------------------------------------------------------------

    def own_faults(self, befall: Befall) -> Mapping[Kind, Turn]:
        """Say what it can do wrong by itself, and what begins and ends each."""
        self._fate.befall = befall
        return dict.fromkeys(OCCASIONS, Turn()) | {
            Kind.MAINTENANCE: Turn(self._go_down, self._come_back),
            Kind.HALT: Turn(partial(self._trade, opened=False), partial(self._trade, opened=True)),
            Kind.LAG: Turn(self._lag, self._lag_no_more),
            Kind.RESTART: Turn(self._restart_books),
            Kind.CUT: Turn(self._cut_all),
        }

    def _go_down(self, fault: Fault, now_ns: int) -> None:
        """Announce maintenance, cut the sockets and answer requests with 10016."""
        self._agenda.run(now_ns)
        self._status.begin(now_ns)
        self._sockets.cut_all()
        self._sockets.tell_status(now_ns)

    def _come_back(self, fault: Fault, now_ns: int) -> None:
        """End maintenance. Orders and positions have stayed.

        Books begin anew with u = 1, and what closed before is no longer among the recently closed
        orders.
        """
        self._agenda.run(now_ns)
        self._status.end(now_ns)
        self._streams.restart_books(now_ns)
        self._sockets.tell_status(now_ns)

    def _trade(self, fault: Fault, now_ns: int, *, opened: bool) -> None:
        """Take a symbol out of trading, or back in; orders stay."""
        self._agenda.run(now_ns)
        for market in self.markets.values():
            if true_name(market.symbol) == fault.scope.symbol:
                market.open = opened

    def _lag(self, fault: Fault, now_ns: int) -> None:
        """Let what closed and filled be read late."""
        self._rest.lag_ns = fault.length_ns

    def _lag_no_more(self, fault: Fault, now_ns: int) -> None:
        self._rest.lag_ns = 0

    def _restart_books(self, fault: Fault, now_ns: int) -> None:
        """Let the book service restart: all streams begin anew with u = 1."""
        self._agenda.run(now_ns)
        self._streams.restart_books(now_ns)

    def _cut_all(self, fault: Fault, now_ns: int) -> None:
        """Close all sockets, as an unannounced restart does."""
        self._sockets.cut_all()

    # --- inside -------------------------------------------------------------------------------

    def _open_accounts(self) -> dict[str, Account]:
        accounts: dict[str, Account] = {}
        for number, own in enumerate(self.settings.accounts):
            account = Account(own, own.uid or FIRST_UID + number)
            accounts[own.key] = self._engine.accounts[account.uid] = account
        return accounts

    def _build_doors(self) -> None:
        entry = Entry(self._engine, lambda now_ns: lambda coin: self._worth(coin, now_ns))
        market_pages = MarketPages(self.markets, self._streams)
        account_pages = AccountPages(self._engine, self._worth, market_pages)
        self._private.wallet_row = account_pages.wallet
        orders = OrdersApi(entry, self._windows, self._fate)
        self._rest = Rest(
            self.settings,
            self._accounts,
            (market_pages, account_pages, orders),
            self._windows,
            self._status,
        )
        self._sockets = Sockets(
            (self._streams, self._private, orders),
            self._accounts,
            self._status,
            self._agenda,
            (self.settings.idle_s, self.settings.socket_delay_ns),
        )

    def _start(self, symbol: Symbol) -> None:
        market, public = self.markets[symbol.id], self._publics[symbol.id]

        def act(now_ns: int) -> None:
            if self._status.down or not market.open:
                self._agenda.at(now_ns + NANOS, act)
                return
            self._engine.apply(public.act(now_ns), now_ns)
            self._agenda.at(public.next_ns, act)

        def fund(now_ns: int) -> None:
            charge(self._engine, market, now_ns)
            self._agenda.at(market.next_funding_ns(now_ns), fund)

        if self.settings.crowd:
            self._agenda.at(public.next_ns, act)
        if symbol.linear:
            self._agenda.at(market.next_funding_ns(self.settings.start_ns), fund)

    def _worth(self, coin: str, now_ns: int) -> Decimal:
        if coin in STABLE:
            return ONE
        for market in self.markets.values():
            if market.symbol.base == coin:
                return market.index(now_ns)
        return ZERO


def style(symbol: Symbol, pace_ns: int) -> Style:
    """Return how a symbol's public behaves."""
    rate = NANOS / pace_ns
    return Style(
        half_spread=max(float(symbol.tick) / symbol.centre, 0.00002),
        touch_qty=symbol.touch_qty,
        level_qty=symbol.touch_qty * 1.6,
        take_qty=symbol.touch_qty / 12,
        maker_rate=rate * 0.75,
        taker_rate=rate * 0.25,
        levels=25,
        gap_ticks=max(round(symbol.centre * 0.00003 / float(symbol.tick)), 1),
    )

"""The simulated Kalshi behind its own protocol: requests and frames in, bytes out.

Knows the order of checks: signature, scope, tokens, handler. Has no clock, no task, no socket;
the time comes with each call. Source: Kalshi Trade API v2 and WebSocket v2, see README.
"""

from collections.abc import Mapping
from decimal import Decimal
from email.utils import formatdate
from functools import partial

import msgspec

from tradewind.edge.simulators.fate import Befall, Fate, Turn
from tradewind.edge.simulators.kalshi import (
    group_routes,
    member_routes,
    order_routes,
    public_routes,
)
from tradewind.edge.simulators.kalshi.accounts import Account
from tradewind.edge.simulators.kalshi.answers import FAILED, TOO_MANY, not_found, refusal
from tradewind.edge.simulators.kalshi.feeds import BOOK, Feeds, Session
from tradewind.edge.simulators.kalshi.floor import Floor
from tradewind.edge.simulators.kalshi.lifecycle import Lifecycle
from tradewind.edge.simulators.kalshi.listing import Programme
from tradewind.edge.simulators.kalshi.markets import USD
from tradewind.edge.simulators.kalshi.orders import LONGEST_LAG_NS
from tradewind.edge.simulators.kalshi.paging import Query
from tradewind.edge.simulators.kalshi.routing import PREFIX, Asking, Route, Routes
from tradewind.edge.simulators.kalshi.settings import KalshiSettings
from tradewind.edge.simulators.kalshi.shipped import shipped
from tradewind.edge.simulators.kalshi.signing import Signatory, signatory
from tradewind.edge.simulators.kalshi.sockets import ERRORS, Commands
from tradewind.edge.simulators.kalshi.structures import STRUCTURES
from tradewind.edge.simulators.wire import (
    Connection,
    TrueFill,
    TrueOrder,
    Truth,
    WireAnswer,
    WireRequest,
)
from tradewind.edge.simulators.wire_faults import OCCASIONS, Fault, Kind
from tradewind.model.errors import ConfigError, Refused
from tradewind.model.money import NANOS, ZERO

SOCKET_PATH = "/trade-api/ws/v2"
HEARTBEAT = b"heartbeat"
POLICY_VIOLATION = 1008
OVERFLOW = 25
ASKED = OCCASIONS - {Kind.GHOST, Kind.QUIET, Kind.RESTARTING}
"""Faults that this exchange asks for; the others are not its way."""


class KalshiExchange:
    """A `WireExchange` that speaks Kalshi. Without a programme it lists the shipped one.

    `lifecycle` and `floor` are open to tests; every other way in is the wire.
    """

    def __init__(self, settings: KalshiSettings, programme: Programme | None = None) -> None:
        self.settings = settings
        self._fate = Fate()
        self.feeds = Feeds(self._fate)
        self.floor = Floor(settings, self.feeds, self._fate)
        self.lifecycle = Lifecycle(
            self.floor, programme or shipped(settings.seed, settings.start_ns)
        )
        self._commands = Commands(self.feeds, settings)
        self._routes = Routes(
            [
                *public_routes.ROUTES,
                *order_routes.ROUTES,
                *group_routes.ROUTES,
                *member_routes.ROUTES,
            ]
        )
        self._keys: Mapping[str, Signatory] = {
            key.id: Signatory(key, terms.user_id)
            for terms in settings.accounts
            for key in terms.keys
        }
        self._structures: dict[str, str] = {}
        self._next_ping: dict[Connection, int] = {}

    # --- time --------------------------------------------------------------------------------

    @property
    def next_due_ns(self) -> int:
        """Return when something happens by itself next."""
        first_ns = self.floor.agenda.next_ns
        return min(first_ns, min(self._next_ping.values(), default=first_ns))

    def advance(self, now_ns: int) -> None:
        """Let everything happen that is due until then, in its order."""
        floor = self.floor
        while True:
            ping_ns = min(self._next_ping.values(), default=now_ns + 1)
            due_ns = min(floor.agenda.next_ns, ping_ns)
            if due_ns > now_ns:
                break
            floor.now_ns = max(due_ns, floor.now_ns)
            if ping_ns < floor.agenda.next_ns:
                self._ping(ping_ns)
            else:
                self.lifecycle.happen(floor.agenda.take())
        floor.now_ns = max(now_ns, floor.now_ns)

    def _ping(self, due_ns: int) -> None:
        for connection, ping_ns in list(self._next_ping.items()):
            if ping_ns <= due_ns:
                self._next_ping[connection] = ping_ns + self.settings.ping_every_ns
                connection.ping(HEARTBEAT)

    # --- requests ----------------------------------------------------------------------------

    def request(self, request: WireRequest, now_ns: int) -> WireAnswer:
        """Answer one HTTP request, dated by the exchange's clock as every server's answer is."""
        self.advance(now_ns)
        try:
            answer = self._answered(request)
        except Refused as error:
            answer = refusal(error)
        dated = {**answer.headers, "date": formatdate(now_ns / NANOS, usegmt=True)}
        return msgspec.structs.replace(answer, headers=dated)

    def _answered(self, request: WireRequest) -> WireAnswer:
        target, _, query = request.target.partition("?")
        path = target.removeprefix(PREFIX)
        found = self._routes.find(request.method, path) if path != target else None
        if found is None:
            raise not_found()
        route, parameters = found
        key = self._signed_by(request, route)
        account = None if key is None else self.floor.accounts[key.account]
        asking = Asking(
            self.floor,
            self.lifecycle,
            Query(query, route.name),
            parameters,
            request.body,
            account,
            key,
            self.floor.lag.as_of_ns(self.floor.now_ns, self.floor.dice),
        )
        if route.scope and asking.query.number("subaccount"):
            raise Refused("", rule="subaccount_not_permitted")
        if account is None:
            return route.handler(asking)
        self._charge(account, route, asking)
        orders = path.startswith(order_routes.V2) and route.method != "GET"
        if orders and self.floor.strikes(Kind.FAILING, account):
            raise Refused("", rule=FAILED)
        answer = route.handler(asking)
        if orders and self.floor.strikes(Kind.BLIND, account):
            raise Refused("", rule=FAILED)
        return answer

    def _signed_by(self, request: WireRequest, route: Route) -> Signatory | None:
        try:
            key = signatory(request, self._keys, self.settings, self.floor.now_ns)
        except Refused:
            if route.scope:
                raise
            return None
        if route.scope and not key.may(route.scope):
            raise Refused(f"requires {route.scope}", rule="insufficient_scope")
        return key

    def _charge(self, account: Account, route: Route, asking: Asking) -> None:
        bucket = account.read if route.method == "GET" else account.write
        items = len(asking.items()) if route.per_item else 1
        granted = bucket.take(route.cost * items, self.floor.now_ns)
        if not granted or self.floor.strikes(Kind.TOO_MANY, account):
            raise Refused("", rule=TOO_MANY)

    # --- sockets -----------------------------------------------------------------------------

    def opened(
        self, connection: Connection, request: WireRequest, now_ns: int
    ) -> WireAnswer | None:
        """Take a new socket; an answer refuses the upgrade."""
        self.advance(now_ns)
        try:
            if request.target.partition("?")[0] != SOCKET_PATH:
                raise not_found()
            key = signatory(request, self._keys, self.settings, now_ns)
            account = self.floor.accounts[key.account]
            if account.connections >= self.settings.connections_per_account:
                raise Refused("", rule=TOO_MANY)
        except Refused as error:
            return refusal(error)
        account.connections += 1
        self.feeds.sessions[connection] = Session(connection, account)
        self._next_ping[connection] = now_ns + self.settings.ping_every_ns
        return None

    def frame(self, connection: Connection, text: bytes, now_ns: int) -> None:
        """Take a text frame of a client."""
        self.advance(now_ns)
        session = self.feeds.sessions.get(connection)
        if session is not None:
            self._commands.frame(session, text, now_ns)

    def closed(self, connection: Connection) -> None:
        """A client's socket is gone."""
        session = self.feeds.sessions.pop(connection, None)
        self._next_ping.pop(connection, None)
        if session is not None:
            session.account.connections -= 1

    # --- faults ------------------------------------------------------------------------------

    def own_faults(self, befall: Befall) -> Mapping[Kind, Turn]:
        """Say what it can do wrong by itself, and what begins and ends each."""
        self._fate.befall = befall
        return dict.fromkeys(ASKED, Turn()) | {
            Kind.MAINTENANCE: Turn(
                partial(self._pause, paused=True), partial(self._pause, paused=False)
            ),
            Kind.SHUT: Turn(partial(self._shut, shut=True), partial(self._shut, shut=False)),
            Kind.HALT: Turn(partial(self._halt, halted=True), partial(self._halt, halted=False)),
            Kind.LAG: Turn(self._lag, self._lag_no_more),
            Kind.RESTART: Turn(self._fail_books),
            Kind.CUT: Turn(self._cut_all),
            Kind.CLOSE: Turn(self._close),
            Kind.TICK: Turn(self._retick, self._retick_back),
        }

    def _pause(self, fault: Fault, now_ns: int, *, paused: bool) -> None:
        """Begin or end a trading pause: cancels work, creates and amends do not."""
        self.advance(now_ns)
        self.lifecycle.pause_trading(paused=paused)

    def _shut(self, fault: Fault, now_ns: int, *, shut: bool) -> None:
        """Shut the whole exchange, or open it: while shut, no order request works at all."""
        self.advance(now_ns)
        self.floor.exchange_paused = shut

    def _halt(self, fault: Fault, now_ns: int, *, halted: bool) -> None:
        """Pause a market, or resume it, with its resting orders cancelled."""
        self.advance(now_ns)
        if fault.scope.symbol in self.floor.markets:
            self.lifecycle.pause_market(fault.scope.symbol, paused=halted)

    def _lag(self, fault: Fault, now_ns: int) -> None:
        """Let reads of orders, fills, positions and balance be old, with the fault's chance."""
        self.floor.lag.lag_ns = min(fault.length_ns, LONGEST_LAG_NS)
        self.floor.lag.chance = fault.chance

    def _lag_no_more(self, fault: Fault, now_ns: int) -> None:
        self.floor.lag.lag_ns = self.settings.read_lag_ns
        self.floor.lag.chance = self.settings.read_lag_chance

    def _fail_books(self, fault: Fault, now_ns: int) -> None:
        """End every subscription of books with an error, as an overflow does."""
        for session in list(self.feeds.sessions.values()):
            found = session.of(BOOK)
            if found is not None:
                session.end(found, OVERFLOW, ERRORS[OVERFLOW])

    def _cut_all(self, fault: Fault, now_ns: int) -> None:
        """Close every socket."""
        for session in list(self.feeds.sessions.values()):
            session.connection.close(POLICY_VIOLATION)

    def _close(self, fault: Fault, now_ns: int) -> None:
        """Let a market close now."""
        self.advance(now_ns)
        if fault.scope.symbol in self.floor.markets:
            self.lifecycle.close_at(fault.scope.symbol, now_ns)

    def _retick(self, fault: Fault, now_ns: int) -> None:
        """Change a market's ticks to the structure that the fault names, if there is one."""
        self.advance(now_ns)
        ticker = fault.scope.symbol
        if ticker in self.floor.markets and fault.to in STRUCTURES:
            self._structures.setdefault(ticker, self.floor.markets[ticker].terms.structure)
            self.lifecycle.retick(ticker, fault.to)

    def _retick_back(self, fault: Fault, now_ns: int) -> None:
        self.advance(now_ns)
        before = self._structures.pop(fault.scope.symbol, "")
        if before:
            self.lifecycle.retick(fault.scope.symbol, before)

    # --- truth -------------------------------------------------------------------------------

    def truth(self, account: str) -> Truth:
        """Return what is the case; `account` is the key id that its client signs with.

        Positions by market ticker, YES positive and NO negative. Cash is what the account owns,
        what its resting orders lock included; fill prices are on the YES book. Raises ConfigError
        for an unknown key.
        """
        if account not in self._keys:
            raise ConfigError(f"Looked up the key {account!r}, found none; name one of the keys.")
        member = self.floor.accounts[self._keys[account].account]
        orders = tuple(
            TrueOrder(
                order.now.id,
                order.now.client_id,
                order.now.ticker,
                order.now.bid,
                order.now.filled_qty + order.now.remaining_qty
                if order.now.open
                else order.now.initial_qty,
                order.now.filled_qty,
                order.now.open,
                member.attempts.get(order.now.client_id, 1),
            )
            for order in member.orders.values()
        )
        fills = tuple(
            TrueFill(
                f"{fill.trade_id}/{fill.order_id}",
                fill.order_id,
                fill.ticker,
                fill.qty,
                fill.yes_px,
                fill.fee,
            )
            for fill in member.fills
        )
        held = {ticker: member.position(ticker).qty for ticker in member.positions}
        positions: dict[str, Decimal] = {key: qty for key, qty in held.items() if qty != ZERO}
        return Truth(orders, fills, positions, {USD: member.cash})

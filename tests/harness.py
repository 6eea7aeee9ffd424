"""A desk under test: real engine, time by hand, and a venue that answers as the test says."""

from decimal import Decimal
from typing import Any

from tradewind.core.engine.desk import Desk
from tradewind.core.engine.step import step
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.commands import Command, Deploy
from tradewind.model.config import Account, DeskConfig, InstanceSpec, Limits
from tradewind.model.effects import (
    Alert,
    AmendOrder,
    CancelOrder,
    CommandAnswered,
    Denied,
    Effect,
    ReadAccount,
    SubmitOrder,
)
from tradewind.model.events import (
    AccountReport,
    BookSnapshot,
    Candle,
    CommandReceived,
    DeskStarted,
    Event,
    FeedChanged,
    FillReceived,
    InstrumentDefined,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    Quote,
    ReportedOrder,
    ReportedPosition,
    Trade,
    Woke,
)
from tradewind.model.fill import Fill
from tradewind.model.ids import (
    NET,
    AccountId,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
    MarketId,
    OrderId,
    VenueId,
    VenueOrderId,
)
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome, single_tick
from tradewind.model.market import INTERVALS_NS
from tradewind.model.order import Liquidity, Order, OrderStatus, Side

SECOND = 1_000_000_000
START = 1_767_225_600 * SECOND  # 2026-01-01 00:00 UTC


def D(text: str | int) -> Decimal:  # noqa: N802 - reads like a literal
    """Return a Decimal literal."""
    return Decimal(text)


def perpetual(
    symbol: str = "BTCUSDT", tick: str = "0.1", step_: str = "0.001", **more: Any
) -> Instrument:
    """Return a linear perpetual at the test venue BYBIT."""
    fields: dict[str, Any] = {
        "id": InstrumentId(f"BYBIT:{symbol}"),
        "venue": VenueId("BYBIT"),
        "symbol": symbol,
        "kind": InstrumentKind.PERPETUAL,
        "quote": Currency("USDT"),
        "ticks": single_tick(D(tick)),
        "qty_step": D(step_),
        "px_exponent": 6,
        "qty_exponent": 8,
    }
    return Instrument(**{**fields, **more})


def binary(
    market: str = "M1",
    venue: str = "KALSHI",
    tick: str = "0.01",
    **more: Any,
) -> tuple[Instrument, Instrument]:
    """Return the YES and NO instruments of one binary market."""
    made = []
    for outcome in (Outcome.YES, Outcome.NO):
        other = Outcome.NO if outcome is Outcome.YES else Outcome.YES
        fields: dict[str, Any] = {
            "id": InstrumentId(f"{venue}:{market}:{outcome.value.upper()}"),
            "venue": VenueId(venue),
            "symbol": market,
            "kind": InstrumentKind.BINARY,
            "quote": Currency("USD"),
            "ticks": single_tick(D(tick)),
            "qty_step": D(1),
            "px_exponent": 4,
            "qty_exponent": 2,
            "market": MarketId(f"{venue}:{market}"),
            "outcome": outcome,
            "mirror": InstrumentId(f"{venue}:{market}:{other.value.upper()}"),
            "native_stops": False,
            "book_shows_own": True,
        }
        made.append(Instrument(**{**fields, **more}))
    return made[0], made[1]


class Bench:
    """One desk with a clock in the hand of the test.

    `effects` are all effects so far; with `auto_ack` every SubmitOrder is accepted, every
    CancelOrder confirmed and every AmendOrder carried out at once (fills never come by themselves).
    Accounts are read when the desk wants them read, unless `reads_fail`; a reading finds
    `positions` (kept by `fill`) and `open_orders` (None: every order that was accepted and is not
    over), and looks up what the desk asked for.
    """

    def __init__(
        self,
        *accounts: Account,
        auto_ack: bool = True,
        config: dict[str, Any] | None = None,
        catalogue: dict[str, type[Strategy]] | None = None,
    ) -> None:
        self.now = START
        self.auto_ack = auto_ack
        self.effects: list[Effect] = []
        self.events: list[Event] = []
        self.fills = 0
        self.venue_orders = 0
        self.positions: dict[tuple[AccountId, InstrumentId], Decimal] = {}
        self.open_orders: list[ReportedOrder] | None = None
        self.reads: list[ReadAccount] = []
        self.reads_fail = False
        self.catalogue = dict(catalogue or {})
        self.desk = Desk(self.catalogue)
        self.accounts = accounts or (account(),)
        settings = DeskConfig(accounts=self.accounts, **(config or {}))
        self.feed(DeskStarted(1, 0x123456789A, settings, self.now))

    # --- time and events ---------------------------------------------------------------------

    def feed(self, event: Event) -> list[Effect]:
        """Fold one event (after the timers that are due before it) and answer its effects."""
        self._wake(event.ts_recv)
        return self._step(event)

    def _step(self, event: Event) -> list[Effect]:
        self.events.append(event)
        effects = list(step(self.desk, event))
        self.effects += effects
        produced = list(effects)
        for effect in effects:
            for answer in self.answer(effect):
                produced += self._step(answer)
        return produced

    def _wake(self, until: int) -> list[Effect]:
        produced: list[Effect] = []
        while True:
            read_at = min((each.not_before_ns for each in self.reads), default=until + 1)
            at = min(self.desk.next_wake_ns, read_at)
            if at > until:
                break
            self.now = max(self.now, at)
            produced += self._read() if read_at == at else self._step(Woke(self.now))
        self.now = max(self.now, until)
        return produced

    def _read(self) -> list[Effect]:
        """Answer the reading that is due first."""
        due = min(self.reads, key=lambda each: each.not_before_ns)
        self.reads.remove(due)
        return self._step(self.report(due.account, due.ask))

    def pass_time(self, seconds: float) -> list[Effect]:
        """Let time pass; timers fire. Market data stays verified by heartbeats."""
        produced: list[Effect] = []
        end = self.now + int(seconds * SECOND)
        while self.now < end:
            produced += self._wake(min(end, self.now + SECOND))
            for name, feed in self.desk.feeds.items():
                if feed.market.live and feed.market.verified_ns:
                    produced += self._step(FeedChanged(name, self.now, self.now, True))
        return produced

    def silence(self, seconds: float) -> list[Effect]:
        """Let time pass without any market data or heartbeat."""
        return self._wake(self.now + int(seconds * SECOND))

    def answer(self, effect: Effect) -> list[Event]:
        """Return what the venue says to an effect."""
        now = self.now
        if type(effect) is ReadAccount:
            if self.reads_fail:
                return []
            if effect.not_before_ns > now:
                self.reads.append(effect)
                return []
            return [self.report(effect.account, effect.ask)]
        if not self.auto_ack:
            return []
        if type(effect) is SubmitOrder:
            return [self.accepted(effect.client_order_id)]
        if type(effect) is CancelOrder:
            return [OrderCancelled(effect.account, now, now, effect.client_order_id)]
        if type(effect) is AmendOrder:
            return [
                OrderAmended(
                    effect.account, now, now, effect.client_order_id, effect.qty, effect.px
                )
            ]
        return []

    def report(self, name: AccountId, ask: tuple[OrderId, ...] = ()) -> AccountReport:
        """Return what a reading of the account finds: `positions` and `open_orders`."""
        rows = tuple(
            ReportedPosition(instrument, qty)
            for (owner, instrument), qty in self.positions.items()
            if owner == name and qty
        )
        settings = next(each for each in self.accounts if each.id == name)
        balances = {settings.currency: settings.balance}
        orders = tuple(self._resting(name) if self.open_orders is None else self.open_orders)
        return AccountReport(name, self.now, self.now, orders, (), rows, balances, ask)

    def _resting(self, name: AccountId) -> list[ReportedOrder]:
        return [
            ReportedOrder(
                order.venue_order_id,
                order.client_order_id,
                order.instrument,
                order.side,
                order.qty,
                order.px,
                order.filled_qty,
                OrderStatus.NEW,
                order.created_ns,
            )
            for order in self.orders()
            if order.account == name and order.venue_order_id
        ]

    # --- set-up ------------------------------------------------------------------------------

    def define(self, *instruments: Instrument) -> None:
        """Define instruments."""
        for instrument in instruments:
            self.feed(InstrumentDefined(instrument, self.now))

    def deploy(
        self,
        cls: type[Strategy],
        *instruments: Instrument | InstrumentId,
        name: str = "s1",
        accounts: tuple[str, ...] | None = None,
        limits: Limits | None = None,
        auto_resume: bool = False,
        start: bool = True,
        **parameters: Any,
    ) -> Any:
        """Deploy a strategy and return its object; raises AssertionError when refused."""
        self.catalogue[cls.__name__] = cls
        ids = tuple(each.id if isinstance(each, Instrument) else each for each in instruments)
        spec = InstanceSpec(
            id=InstanceId(name),
            strategy=cls.__name__,
            accounts=tuple(AccountId(each) for each in accounts)
            if accounts
            else tuple(each.id for each in self.accounts),
            instruments=ids,
            parameters=parameters,
            limits=limits or Limits(),
            auto_resume=auto_resume,
        )
        answer = self.command(Deploy(spec, start), f"deploy-{name}")
        assert answer.confirmation.value == "confirmed", answer.effect
        return self.desk.instances[spec.id].strategy

    def command(self, command: Command, command_id: str | None = None) -> CommandAnswered:
        """Give a command and return its first answer."""
        command_id = command_id or f"c{len(self.events)}"
        effects = self.feed(CommandReceived(command, command_id, "test", self.now))
        return next(
            each
            for each in effects
            if type(each) is CommandAnswered and each.command_id == command_id
        )

    # --- market data -------------------------------------------------------------------------

    def quote(
        self,
        instrument: Instrument | InstrumentId,
        bid: str,
        ask: str,
        bid_qty: str = "1000",
        ask_qty: str = "1000",
    ) -> list[Effect]:
        """Feed a quote."""
        name = instrument.id if isinstance(instrument, Instrument) else instrument
        return self.feed(Quote(name, self.now, self.now, D(bid), D(ask), D(bid_qty), D(ask_qty)))

    def trade(
        self, instrument: Instrument, px: str, qty: str = "1", side: Side = Side.BUY
    ) -> list[Effect]:
        """Feed a public print."""
        return self.feed(Trade(instrument.id, self.now, self.now, D(px), D(qty), side))

    def book(
        self,
        instrument: Instrument,
        bids: dict[str, str | int],
        asks: dict[str, str | int],
    ) -> list[Effect]:
        """Feed a book snapshot; prices to quantities, best first."""
        return self.feed(
            BookSnapshot(
                instrument.id,
                self.now,
                self.now,
                tuple((D(px), D(str(qty))) for px, qty in bids.items()),
                tuple((D(px), D(str(qty))) for px, qty in asks.items()),
            )
        )

    def books(
        self,
        yes: Instrument,
        no: Instrument,
        yes_bids: dict[str, str | int],
        no_bids: dict[str, str | int],
    ) -> list[Effect]:
        """Feed both mirrored books of a binary market from the two sides' bids."""
        produced = self.book(yes, yes_bids, {str(1 - D(px)): qty for px, qty in no_bids.items()})
        return produced + self.book(
            no, no_bids, {str(1 - D(px)): qty for px, qty in yes_bids.items()}
        )

    def candle(
        self,
        instrument: Instrument,
        close: str,
        interval: str = "5m",
        *,
        open_: str | None = None,
        high: str | None = None,
        low: str | None = None,
        volume: float = 1.0,
    ) -> list[Effect]:
        """Feed a closed candle whose interval ends one interval after the previous `now`."""
        start = self.now
        o, c = open_ or close, close
        h = high or str(max(D(o), D(c)))
        low_ = low or str(min(D(o), D(c)))
        open_q, high_q, low_q, close_q = (instrument.px_quanta(D(each)) for each in (o, h, low_, c))
        end = start + INTERVALS_NS[interval]
        return self.feed(
            Candle(
                instrument.id,
                start,
                end,
                interval,
                open_q,
                high_q,
                low_q,
                close_q,
                float(o),
                float(h),
                float(low_),
                float(c),
                volume,
            )
        )

    # --- the venue's answers -----------------------------------------------------------------

    def accepted(self, client_order_id: OrderId) -> OrderAccepted:
        """Return an acknowledgement."""
        self.venue_orders += 1
        order = self.desk.orders.find(client_order_id)
        assert order is not None
        return OrderAccepted(
            order.account,
            self.now,
            self.now,
            client_order_id,
            VenueOrderId(f"V{self.venue_orders}"),
        )

    def fill(
        self,
        order: Order | OrderId,
        qty: str | Decimal | None = None,
        px: str | Decimal | None = None,
        *,
        fee: str = "0",
        key: str | None = None,
        maker: bool = True,
    ) -> list[Effect]:
        """Fill an order: wholly at its price unless said otherwise."""
        found = self.desk.orders.find(order) if isinstance(order, str) else order
        assert found is not None
        self.fills += 1
        size = found.qty - found.filled_qty if qty is None else Decimal(qty)
        price = found.px if px is None else Decimal(px)
        assert price is not None
        fill = Fill(
            FillKey(key or f"F{self.fills}"),
            found.account,
            found.instrument,
            found.side,
            size,
            price,
            D(fee),
            self.desk.instrument(found.instrument).quote,
            Liquidity.MAKER if maker else Liquidity.TAKER,
            self.now,
            found.client_order_id,
            found.venue_order_id,
        )
        where = (found.account, found.instrument)
        self.positions[where] = self.positions.get(where, D(0)) + size * found.side.sign
        return self.feed(FillReceived(found.account, self.now, self.now, fill))

    def cancelled(self, order: Order, filled: str | None = None) -> list[Effect]:
        """Confirm that an order is gone."""
        total = None if filled is None else D(filled)
        return self.feed(
            OrderCancelled(order.account, self.now, self.now, order.client_order_id, "", total)
        )

    def rejected(self, order: Order, reason: str = "no") -> list[Effect]:
        """Refuse an order as the venue."""
        return self.feed(
            OrderRejected(order.account, self.now, self.now, order.client_order_id, reason)
        )

    # --- what there is -----------------------------------------------------------------------

    def orders(self, instrument: Instrument | None = None, name: str | None = None) -> list[Order]:
        """Return live orders, oldest first."""
        return [
            order
            for order in self.desk.orders.live.values()
            if (instrument is None or order.instrument == instrument.id)
            and (name is None or order.instance == name)
        ]

    def position(
        self, instrument: Instrument, name: str = "s1", where: str | None = None
    ) -> Decimal:
        """Return an instance's signed quantity."""
        owner = AccountId(where) if where else self.accounts[0].id
        held = self.desk.ledger.position(owner, instrument.id, NET, InstanceId(name))
        return held.qty if held is not None else D(0)

    def submitted(self, effects: list[Effect] | None = None) -> list[SubmitOrder]:
        """Return the orders sent among some effects (all so far)."""
        return [each for each in _among(effects, self.effects) if type(each) is SubmitOrder]

    def denied(self, effects: list[Effect] | None = None) -> list[Denied]:
        """Return the denials among some effects (all so far)."""
        return [each for each in _among(effects, self.effects) if type(each) is Denied]

    def alerts(self, kind: str | None = None) -> list[Alert]:
        """Return the alerts so far, of one kind."""
        return [
            each
            for each in self.effects
            if type(each) is Alert and (kind is None or each.kind == kind)
        ]

    def state(self, name: str = "s1") -> str:
        """Return an instance's lifecycle word."""
        return self.desk.instances[InstanceId(name)].standing.lifecycle.value


def _among(effects: list[Effect] | None, every: list[Effect]) -> list[Effect]:
    return every if effects is None else effects


def account(name: str = "A", venue: str = "BYBIT", currency: str = "USDT", **more: Any) -> Account:
    """Return an account with plenty of money and head-room; `more` overrides."""
    fields: dict[str, Any] = {
        "id": AccountId(name),
        "venue": VenueId(venue),
        "currency": Currency(currency),
        "balance": D(10_000),
        "orders_per_s": D(1000),
        "order_burst": 1000,
        "limits": Limits(),
    }
    return Account(**{**fields, **more})

"""Drives a simulated venue as a loop would, and tells what it answered in short words."""

from collections.abc import Sequence
from decimal import Decimal

from tradewind.core.matching.simulated import SimulatedVenue
from tradewind.core.matching.state import VenueModel
from tradewind.model.config import Account
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, SubmitOrder
from tradewind.model.events import (
    AmendRejected,
    BookDelta,
    BookSnapshot,
    CancelRejected,
    Candle,
    Event,
    FillReceived,
    Market,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    OrderTriggered,
    Quote,
    Trade,
)
from tradewind.model.fill import Fill
from tradewind.model.ids import (
    AccountId,
    Currency,
    InstanceId,
    InstrumentId,
    MarketId,
    OrderId,
    VenueId,
)
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome, single_tick
from tradewind.model.order import OrderType, PlaceOrder, Side, TimeInForce

BUY, SELL = Side.BUY, Side.SELL
LIMIT, MARKET = OrderType.LIMIT, OrderType.MARKET
STOP, STOP_LIMIT = OrderType.STOP, OrderType.STOP_LIMIT
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK
ACCOUNT = AccountId("one")
PERP = InstrumentId("SIM:PERP")
SPOT = InstrumentId("SIM:SPOT")
YES = InstrumentId("SIM:RAIN:YES")
NO = InstrumentId("SIM:RAIN:NO")
RAIN = MarketId("SIM:RAIN")
MINUTE_NS = 60_000_000_000
D = Decimal


def decimals(text: str) -> tuple[Decimal, ...]:
    """Return the numbers of a text that separates them by blanks."""
    return tuple(D(word) for word in text.split())


def account(name: str = "one", *, balance: str = "100000", leverage: str = "10") -> Account:
    """Return an account in USD."""
    return Account(
        id=AccountId(name),
        venue=VenueId("SIM"),
        currency=Currency("USD"),
        balance=D(balance),
        leverage=D(leverage),
    )


def instrument(
    name: str = PERP, kind: InstrumentKind = InstrumentKind.PERPETUAL, **rules: object
) -> Instrument:
    """Return an instrument with tick 0.1 and step 1 (binaries: 0.01) unless `rules` differ."""
    tick = D("0.01") if kind is InstrumentKind.BINARY else D("0.1")
    given: dict[str, object] = {
        "id": InstrumentId(name),
        "venue": VenueId("SIM"),
        "symbol": name.removeprefix("SIM:"),
        "kind": kind,
        "quote": Currency("USD"),
        "ticks": single_tick(tick),
        "qty_step": D(1),
        "px_exponent": 2,
        "qty_exponent": 0,
    }
    return Instrument(**(given | rules))  # type: ignore[arg-type]


def binaries(**rules: object) -> list[Instrument]:
    """Return the YES and the NO instrument of one question."""
    kind = InstrumentKind.BINARY
    return [
        instrument(YES, kind, outcome=Outcome.YES, mirror=NO, market=RAIN, **rules),
        instrument(NO, kind, outcome=Outcome.NO, mirror=YES, market=RAIN, **rules),
    ]


class Desk:
    """The other side of a venue: sends, hears, remembers."""

    def __init__(
        self,
        instruments: Sequence[Instrument] = (),
        model: VenueModel = VenueModel(),  # noqa: B008  # frozen
        accounts: Sequence[Account] = (),
    ) -> None:
        self.venue = SimulatedVenue(accounts or [account()], instruments or [instrument()], model)
        self.heard: list[Event] = []
        self.now_ns = 0
        self.count = 0

    def order(
        self,
        side: Side,
        qty: str | int,
        px: str | None = None,
        *,
        at_ns: int | None = None,
        order_id: str = "",
        on: InstrumentId = PERP,
        by: str = "one",
        **terms: object,
    ) -> OrderId:
        """Send an order; a market order where it has neither price nor trigger."""
        kind = LIMIT if px is not None else MARKET
        if "trigger_px" in terms:
            kind = STOP if px is None else STOP_LIMIT
            terms["trigger_px"] = D(str(terms["trigger_px"]))
        self.count += 1
        key = OrderId(order_id or f"o{self.count}")
        spec = PlaceOrder(
            AccountId(by),
            on,
            side,
            D(qty),
            None if px is None else D(px),
            terms.pop("order_type", kind),  # type: ignore[arg-type]
            **terms,  # type: ignore[arg-type]
        )
        now_ns = self._at(at_ns)
        self.venue.submit(SubmitOrder(key, InstanceId("i"), spec, now_ns, 0), now_ns)
        return key

    def amend(
        self,
        key: str,
        qty: str | int,
        px: str | None = None,
        *,
        trigger_px: str | None = None,
        at_ns: int | None = None,
        on: InstrumentId = PERP,
    ) -> None:
        """Send a change of an order."""
        now_ns = self._at(at_ns)
        price = None if px is None else D(px)
        trigger = None if trigger_px is None else D(trigger_px)
        effect = AmendOrder(OrderId(key), ACCOUNT, on, None, D(qty), price, now_ns, trigger)
        self.venue.amend(effect, now_ns)

    def cancel(self, key: str, *, at_ns: int | None = None, on: InstrumentId = PERP) -> None:
        """Send a cancel."""
        now_ns = self._at(at_ns)
        self.venue.cancel(CancelOrder(OrderId(key), ACCOUNT, on, None, now_ns), now_ns)

    def cancel_all(self, *, keep_protective: bool = False) -> None:
        """Send a cancel of everything."""
        self.venue.cancel_all(CancelAll(ACCOUNT, keep_protective, self.now_ns), self.now_ns)

    def see(self, event: Market) -> list[str]:
        """Let the venue see a market event in its time; return what was heard by then."""
        before = len(self.heard)
        self.listen(event.ts_recv)
        self.now_ns = event.ts_recv
        self.venue.on_market(event)
        self.listen(event.ts_recv)
        return [word(one) for one in self.heard[before:]]

    def quote(
        self,
        bid: str,
        ask: str,
        *,
        sizes: tuple[int, int] = (10, 10),
        at_ns: int | None = None,
        on: InstrumentId = PERP,
    ) -> list[str]:
        """Show a touch."""
        ts = self._at(at_ns)
        return self.see(Quote(on, ts, ts, D(bid), D(ask), D(sizes[0]), D(sizes[1])))

    def trade(
        self,
        px: str,
        qty: str | int,
        side: Side,
        *,
        at_ns: int | None = None,
        on: InstrumentId = PERP,
    ) -> list[str]:
        """Print a trade; `side` is the aggressor's."""
        ts = self._at(at_ns)
        return self.see(Trade(on, ts, ts, D(px), D(qty), side))

    def book(self, bids: dict[str, int], asks: dict[str, int]) -> list[str]:
        """Show a whole book."""
        ts = self.now_ns
        return self.see(BookSnapshot(PERP, ts, ts, _levels(bids), _levels(asks)))

    def delta(
        self, bids: dict[str, int] | None = None, asks: dict[str, int] | None = None
    ) -> list[str]:
        """Change levels."""
        ts = self.now_ns
        return self.see(BookDelta(PERP, ts, ts, _levels(bids or {}), _levels(asks or {})))

    def candle(self, number: int, prices: str, *, late_ns: int = 0) -> list[str]:
        """Close the one-minute candle of that number; `prices` are open high low close."""
        open_, high, low, close = (D(word) for word in prices.split())
        start = number * MINUTE_NS
        return self.see(
            Candle(
                PERP,
                start,
                start + MINUTE_NS + late_ns,
                "1m",
                int(open_ * 100),
                int(high * 100),
                int(low * 100),
                int(close * 100),
                float(open_),
                float(high),
                float(low),
                float(close),
                0.0,
            )
        )

    def listen(self, until_ns: int | None = None) -> list[str]:
        """Hear all that is due, one instant after the other; return it in words."""
        until_ns = self._at(until_ns)
        before = len(self.heard)
        while self.venue.next_due_ns <= until_ns:
            self.heard.extend(self.venue.due(until_ns))
        return [word(one) for one in self.heard[before:]]

    @property
    def fills(self) -> list[Fill]:
        """Return all fills heard of."""
        return [event.fill for event in self.heard if isinstance(event, FillReceived)]

    def position(self, on: InstrumentId = PERP, by: str = "one") -> Decimal:
        """Return what the venue says is held."""
        report = self.venue.report(AccountId(by), (), self.now_ns)
        return sum((one.qty for one in report.positions if one.instrument == on), D(0))

    def cash(self, by: str = "one") -> Decimal:
        """Return the venue's cash in USD."""
        return self.venue.accounts[AccountId(by)].wallet(Currency("USD")).cash

    def used(self, by: str = "one") -> Decimal:
        """Return what positions and orders keep in use."""
        return self.venue.accounts[AccountId(by)].wallet(Currency("USD")).used

    def _at(self, at_ns: int | None) -> int:
        if at_ns is not None:
            self.now_ns = at_ns
        return self.now_ns


def word(event: Event) -> str:
    """Say an answer in short: the order, what happened, how much at which price."""
    if isinstance(event, FillReceived):
        fill = event.fill
        return f"{fill.client_order_id} {fill.liquidity.value} {fill.qty}@{fill.px}"
    if isinstance(event, OrderAccepted):
        return f"{event.client_order_id} accepted"
    if isinstance(event, OrderRejected):
        return f"{event.client_order_id} rejected {event.reason}"
    if isinstance(event, OrderCancelled):
        return f"{event.client_order_id} cancelled {event.reason}".rstrip()
    if isinstance(event, OrderAmended):
        return f"{event.client_order_id} amended {event.qty}@{event.px}"
    if isinstance(event, AmendRejected):
        return f"{event.client_order_id} amend rejected {event.reason}"
    if isinstance(event, CancelRejected):
        return f"{event.client_order_id} cancel rejected {event.reason}"
    if isinstance(event, OrderTriggered):
        return f"{event.client_order_id} triggered"
    return type(event).__name__


def _levels(levels: dict[str, int]) -> tuple[tuple[Decimal, Decimal], ...]:
    return tuple((D(px), D(qty)) for px, qty in levels.items())

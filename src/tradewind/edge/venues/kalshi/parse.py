"""Kalshi's words as ours and back: pure functions, without a clock.

Knows the mirror, and keeps it in one place: on the wire there is one book per market, of YES, and
every order is a bid or an ask on it at a YES price. A NO instrument is that book seen from the
other side: its price is 1 - p, its bids are the asks. Must not know connections.
Source: Kalshi OpenAPI 3.30, AsyncAPI 2.0.0 and docs.kalshi.com, read 2026-11-20.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec import UNSET, Struct

from tradewind.edge.venues.kalshi import wire
from tradewind.edge.venues.kalshi.errors import UNKNOWN_HERE, VENUE, unreadable
from tradewind.model.effects import ReadAccount, SubmitOrder
from tradewind.model.errors import (
    BadReply,
    ConfigError,
    OutcomeUnknown,
    Unreachable,
    VenueError,
)
from tradewind.model.events import (
    AccountReport,
    AmendRejected,
    CancelRejected,
    Candle,
    Event,
    NoAnswer,
    NotSent,
    OrderRejected,
    Quote,
    ReportedOrder,
    ReportedPosition,
    Request,
    Trade,
)
from tradewind.model.fill import Fill
from tradewind.model.ids import (
    AccountId,
    Currency,
    FillKey,
    InstrumentId,
    MarketId,
    OrderId,
    VenueId,
    VenueOrderId,
)
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome, TickBand
from tradewind.model.market import INTERVALS_NS, Level, Trading
from tradewind.model.money import MILLIS, NANOS, ONE, ZERO
from tradewind.model.order import Liquidity, OrderStatus, OrderType, PlaceOrder, Side, TimeInForce

USD = Currency("USD")
PX_STEP = Decimal("0.0001")
QTY_STEP = Decimal("0.01")
CENT = Decimal("0.01")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MINUTES = {"1m": 1, "1h": 60, "1d": 1440}
"""Minutes of the candles that Kalshi keeps."""
YES_MARK, NO_MARK = "-YES", "-NO"
"""What follows our id in the client order id: the wire does not say which outcome we meant."""

TRADING = {
    "initialized": Trading.CLOSED,
    "active": Trading.OPEN,
    "inactive": Trading.PAUSED,
    "closed": Trading.CLOSED,
    "determined": Trading.CLOSED,
    "disputed": Trading.CLOSED,
    "amended": Trading.CLOSED,
    "finalized": Trading.SETTLED,
}
"""What a market's status permits."""
RESOLVED = frozenset({"determined", "disputed", "amended", "finalized"})
FORCES = {
    TimeInForce.GTC: "good_till_canceled",
    TimeInForce.GTD: "good_till_canceled",
    TimeInForce.IOC: "immediate_or_cancel",
    TimeInForce.FOK: "fill_or_kill",
}


# --- time and the mirror ------------------------------------------------------------------------


def nanos(moment: datetime) -> int:
    """Return nanoseconds UTC."""
    return (moment - EPOCH) // MICROSECOND * 1_000


def millis(ts_ms: int | None, moment: datetime | None, other_ns: int) -> int:
    """Return nanoseconds of whole milliseconds: frames have no more, so rows are cut to them."""
    if ts_ms is not None:
        return ts_ms * MILLIS
    return nanos(moment) // MILLIS * MILLIS if moment is not None else other_ns


def own_px(outcome: Outcome | None, yes_px: Decimal) -> Decimal:
    """Return a YES price as the outcome's own, and its own price as that of YES."""
    return ONE - yes_px if outcome is Outcome.NO else yes_px


def own_side(outcome: Outcome | None, book_side: wire.BookSide) -> Side:
    """Return what a bid or an ask on the YES book is to the outcome."""
    return Side.BUY if (book_side == "bid") is (outcome is not Outcome.NO) else Side.SELL


def book_side(outcome: Outcome | None, side: Side) -> wire.BookSide:
    """Return where on the YES book an outcome's order stands."""
    return "bid" if (side is Side.BUY) is (outcome is not Outcome.NO) else "ask"


def mirrored(levels: Iterable[Level]) -> tuple[Level, ...]:
    """Return the levels of one outcome as they stand, on the other side, in the other's book."""
    return tuple((ONE - px, qty) for px, qty in levels)


# --- instruments --------------------------------------------------------------------------------


class Terms(Struct, frozen=True):
    """What a market inherits: its event, and the fees of its series unless the event has own."""

    event: wire.EventRow
    series: wire.SeriesRow

    @property
    def fees(self) -> dict[str, str]:
        """Return the parameters of the fee model `kalshi`."""
        multiplier = self.event.fee_multiplier_override
        if multiplier is None:
            multiplier = self.series.fee_multiplier
        kind = self.event.fee_type_override or self.series.fee_type
        # A flat fee follows a table that no formula gives: the usual curve is what we expect.
        known = "quadratic" if kind == "flat" else kind
        return {"fee_type": known, "fee_multiplier": str(multiplier)}


class Listing(Struct, frozen=True):
    """A market as its two outcomes; `trading` is what was last said of it."""

    yes: Instrument
    no: Instrument
    trading: Trading

    @property
    def both(self) -> tuple[Instrument, Instrument]:
        """Return YES and NO."""
        return self.yes, self.no


def instrument_id(ticker: str, outcome: Outcome) -> InstrumentId:
    """Return `KALSHI:<ticker>:YES` or `:NO`."""
    return InstrumentId(f"{VENUE}:{ticker}:{outcome.name}")


def ids(ticker: str) -> tuple[InstrumentId, InstrumentId]:
    """Return the ids of YES and NO."""
    return instrument_id(ticker, Outcome.YES), instrument_id(ticker, Outcome.NO)


def ticker_of(instrument: InstrumentId) -> str:
    """Return the market of an instrument; raises ConfigError where it is none of Kalshi's."""
    venue, _, rest = instrument.partition(":")
    ticker, _, outcome = rest.rpartition(":")
    if venue != VENUE or outcome not in ("YES", "NO") or not ticker:
        raise ConfigError(
            f"Read the instrument {instrument}, found no market of Kalshi; "
            f"write KALSHI:<ticker>:YES or KALSHI:<ticker>:NO."
        )
    return ticker


def outcome_of(instrument: InstrumentId) -> Outcome:
    """Return the outcome that the id names."""
    return Outcome.NO if instrument.endswith(":NO") else Outcome.YES


def listing(row: wire.MarketRow, terms: Terms, version: int = 1) -> Listing:
    """Return both outcomes of a market; raises BadReply for a status or a grid unheard of."""
    if row.status not in TRADING:
        raise unreadable("markets", f"the status {row.status!r} of {row.ticker}")
    if not row.price_ranges or any(each.step <= 0 for each in row.price_ranges):
        raise unreadable("markets", f"no ticks for {row.ticker}")
    yes = _instrument(row, terms, Outcome.YES, version)
    no = _instrument(row, terms, Outcome.NO, version)
    return Listing(yes, no, TRADING[row.status])


def bands(ranges: Iterable[wire.PriceRange], outcome: Outcome) -> tuple[TickBand, ...]:
    """Return the ticks of an outcome, lowest price first."""
    rising = [TickBand(each.start, each.end, each.step) for each in ranges]
    if outcome is Outcome.NO:
        rising = [TickBand(ONE - each.high, ONE - each.low, each.tick) for each in rising]
    return tuple(sorted(rising, key=lambda band: band.low))


def resolution(row: wire.MarketRow) -> Decimal | None:
    """Return what YES pays, or None while that is open."""
    if row.status not in RESOLVED:
        return None
    return yes_payout(row.result, row.settlement_value_dollars)


def yes_payout(result: str | None, value: Decimal | None) -> Decimal | None:
    """Return what YES pays by a result, or by the exact `value` in dollars where it is told."""
    if value is not None:
        return value
    return {"yes": ONE, "no": ZERO}.get(result or "")


def _instrument(row: wire.MarketRow, terms: Terms, outcome: Outcome, version: int) -> Instrument:
    mirror = Outcome.NO if outcome is Outcome.YES else Outcome.YES
    return Instrument(
        id=instrument_id(row.ticker, outcome),
        venue=VenueId(VENUE),
        symbol=row.ticker,
        kind=InstrumentKind.BINARY,
        quote=USD,
        ticks=bands(row.price_ranges, outcome),
        qty_step=QTY_STEP,
        min_qty=QTY_STEP,
        px_exponent=4,
        qty_exponent=2,
        fee_model="kalshi",
        least_candle_ns=INTERVALS_NS["1m"],
        fee_parameters=terms.fees,
        market=MarketId(f"{VENUE}:{row.ticker}"),
        outcome=outcome,
        mirror=instrument_id(row.ticker, mirror),
        event=row.event_ticker,
        series=terms.event.series_ticker,
        netting=True,
        native_stops=False,
        book_shows_own=True,
        close_ns=nanos(row.close_time),
        strike=row.floor_strike if row.floor_strike is not None else row.cap_strike,
        statistics=_statistics(row, terms),
        version=version,
    )


def _statistics(row: wire.MarketRow, terms: Terms) -> dict[str, str]:
    told = {
        "category": (terms.event.category or terms.series.category or "").lower(),
        "volume_24h": row.volume_24h_fp,
        "open_interest": row.open_interest_fp,
        "name": row.yes_sub_title,
        "resolution": resolution(row),
    }
    return {name: str(value) for name, value in told.items() if value not in (None, "")}


# --- public data --------------------------------------------------------------------------------


def trades(row: wire.TradeMsg, recv_ns: int) -> tuple[Trade, Trade]:
    """Return a print as both outcomes saw it."""
    made = []
    for name, outcome in zip(ids(row.market_ticker), Outcome, strict=True):
        px, side = own_px(outcome, row.yes_price_dollars), own_side(outcome, row.taker_book_side)
        ts = row.ts_ms * MILLIS
        made.append(Trade(name, ts, recv_ns, px, row.count_fp, side, row.trade_id))
    return made[0], made[1]


def quotes(row: wire.TickerMsg, recv_ns: int) -> tuple[Quote, Quote]:
    """Return the best prices of both outcomes; an empty side has no quantity."""
    yes, no = ids(row.market_ticker)
    ts = row.ts_ms * MILLIS
    bid, ask = row.yes_bid_dollars, row.yes_ask_dollars
    bid_qty, ask_qty = row.yes_bid_size_fp, row.yes_ask_size_fp
    return (
        Quote(yes, ts, recv_ns, bid, ask, bid_qty, ask_qty),
        Quote(no, ts, recv_ns, ONE - ask, ONE - bid, ask_qty, bid_qty),
    )


def candle(
    row: wire.CandleRow, instrument: Instrument, interval: str, now_ns: int
) -> Candle | None:
    """Return a closed candle, or None where neither trade nor book gave it a price.

    Without trades it stands still: at the last price before it, else half-way between the closing
    bid and ask.
    """
    prices = _prices(row)
    if prices is None:
        return None
    outcome = instrument.outcome
    first, high, low, last = (own_px(outcome, px) for px in prices)
    high, low = max(high, low), min(high, low)
    end_ns = row.end_period_ts * NANOS
    return Candle(
        instrument=instrument.id,
        ts_event=end_ns - INTERVALS_NS[interval],
        ts_recv=max(now_ns, end_ns),
        interval=interval,
        open_quanta=instrument.px_quanta(first),
        high_quanta=instrument.px_quanta(high),
        low_quanta=instrument.px_quanta(low),
        close_quanta=instrument.px_quanta(last),
        open=float(first),
        high=float(high),
        low=float(low),
        close=float(last),
        volume=float(row.volume_fp),
    )


def _prices(row: wire.CandleRow) -> tuple[Decimal, Decimal, Decimal, Decimal] | None:
    told = row.price
    if told.open_dollars is not None and told.close_dollars is not None:
        high = told.high_dollars if told.high_dollars is not None else told.open_dollars
        low = told.low_dollars if told.low_dollars is not None else told.open_dollars
        return told.open_dollars, high, low, told.close_dollars
    still = told.previous_dollars
    if still is None:
        bid, ask = row.yes_bid.close_dollars, row.yes_ask.close_dollars
        if not bid or ask is None or ask >= ONE:
            return None
        still = ((bid + ask) / 2).quantize(PX_STEP)
    return still, still, still, still


# --- orders, fills, positions -------------------------------------------------------------------


def wire_id(client_order_id: OrderId, instrument: InstrumentId) -> str:
    """Return our id as Kalshi gets it: with the outcome that it is for."""
    return client_order_id + (NO_MARK if instrument.endswith(":NO") else YES_MARK)


def meant(
    client_order_id: str | None, side: wire.BookSide = "bid"
) -> tuple[OrderId | None, Outcome]:
    """Return our id and the outcome that it was for.

    An order without our mark is a stranger's: a bid is taken as YES bought, an ask as NO bought.
    """
    text = client_order_id or ""
    if text.endswith(NO_MARK):
        return OrderId(text.removesuffix(NO_MARK)), Outcome.NO
    if text.endswith(YES_MARK):
        return OrderId(text.removesuffix(YES_MARK)), Outcome.YES
    return None, Outcome.YES if side == "bid" else Outcome.NO


def creation(effect: SubmitOrder) -> wire.CreateOrder:
    """Return the body of a new order; raises ConfigError for what Kalshi cannot express."""
    spec = effect.spec
    if spec.order_type not in (OrderType.LIMIT, OrderType.MARKET) or spec.px is None:
        raise _inexpressible(spec, f"a {spec.order_type.value} order at {spec.px}", "send a limit")
    if spec.tif not in FORCES:
        raise _inexpressible(spec, f"the time in force {spec.tif.value}", "use gtc with a ttl")
    rests = FORCES[spec.tif] == "good_till_canceled"
    if spec.tif is TimeInForce.GTD and not spec.ttl_ns:
        raise _inexpressible(spec, "GTD without a time to live", "give ttl_ns")
    outcome = outcome_of(spec.instrument)
    return wire.CreateOrder(
        ticker=ticker_of(spec.instrument),
        client_order_id=wire_id(effect.client_order_id, spec.instrument),
        side=book_side(outcome, spec.side),
        count=_fixed(spec, spec.qty, QTY_STEP),
        price=_fixed(spec, own_px(outcome, spec.px), PX_STEP),
        time_in_force=FORCES[spec.tif],
        self_trade_prevention_type="taker_at_cross",
        cancel_order_on_pause=True if rests else UNSET,
        # Whole seconds, and never before the time that was meant.
        expiration_time=-(-(effect.ts + spec.ttl_ns) // NANOS) if rests and spec.ttl_ns else UNSET,
        post_only=True if spec.post_only else UNSET,
        reduce_only=True if spec.reduce_only else UNSET,
    )


def failed(request: Request, error: VenueError, head: tuple[AccountId, int, int, OrderId]) -> Event:
    """Return what a request without success means: never left, unknown, or refused."""
    if isinstance(error, Unreachable):
        return NotSent(*head, request, str(error))
    if isinstance(error, OutcomeUnknown) or (isinstance(error, BadReply) and not error.code):
        return NoAnswer(*head, request)
    if request is Request.CANCEL:
        return CancelRejected(*head, str(error), error.code, error.code in UNKNOWN_HERE)
    refused = OrderRejected if request is Request.SUBMIT else AmendRejected
    return refused(*head, str(error), error.code)


def _fixed(spec: PlaceOrder, value: Decimal, step: Decimal) -> Decimal:
    fixed = value.quantize(step)
    if fixed != value:
        raise _inexpressible(spec, f"{value} finer than {step}", "use the instrument's grid")
    return fixed


def _inexpressible(spec: PlaceOrder, found: str, remedy: str) -> ConfigError:
    return ConfigError(f"Prepared an order for {spec.instrument}, found {found}; {remedy}.")


def status_of(row: wire.OrderRow) -> OrderStatus:
    """Return what an order's row says; raises BadReply for a status unheard of."""
    match row.status:
        case "resting":
            return OrderStatus.PARTIALLY_FILLED if row.fill_count_fp else OrderStatus.NEW
        case "executed":
            return OrderStatus.FILLED
        case "canceled":
            expired = row.last_update_reason == "ExpiryCancel"
            return OrderStatus.EXPIRED if expired else OrderStatus.CANCELLED
        case _:
            raise unreadable("orders", f"the status {row.status!r} of {row.order_id}")


def total_qty(row: wire.OrderRow) -> Decimal:
    """Return what the order wants in all; a cancelled one has nothing remaining to tell."""
    if row.status == "resting":
        return row.fill_count_fp + row.remaining_count_fp
    return max(row.initial_count_fp, row.fill_count_fp)


def reported(row: wire.OrderRow) -> ReportedOrder:
    """Return an order as the account's reading lists it."""
    ours, outcome = meant(row.client_order_id, row.book_side)
    return ReportedOrder(
        VenueOrderId(row.order_id),
        ours,
        instrument_id(row.ticker, outcome),
        own_side(outcome, row.book_side),
        total_qty(row),
        own_px(outcome, row.yes_price_dollars),
        row.fill_count_fp,
        status_of(row),
        nanos(row.created_time) if row.created_time is not None else 0,
    )


def fill(row: wire.FillRow, account: AccountId, client_order_id: str | None) -> Fill:
    """Return an execution; stream and history give the same value for the same one.

    `client_order_id` is the order's, which rows of the history do not carry.
    """
    ours, outcome = meant(client_order_id, row.book_side)
    return Fill(
        key=FillKey(f"{row.trade_id}:{row.order_id}"),
        account=account,
        instrument=instrument_id(row.market_ticker, outcome),
        side=own_side(outcome, row.book_side),
        qty=row.count_fp,
        px=own_px(outcome, row.yes_price_dollars),
        fee=row.fee_cost,
        fee_currency=USD,
        liquidity=Liquidity.TAKER if row.is_taker else Liquidity.MAKER,
        ts_event=millis(row.ts_ms, row.created_time, row.ts * NANOS),
        client_order_id=ours,
        venue_order_id=VenueOrderId(row.order_id),
    )


def position(row: wire.PositionRow) -> ReportedPosition:
    """Return a holding: YES contracts, or as many of NO where the number is negative."""
    outcome = Outcome.YES if row.position_fp >= 0 else Outcome.NO
    return ReportedPosition(instrument_id(row.ticker, outcome), abs(row.position_fp))


def settled_yes(row: wire.SettlementRow) -> Decimal:
    """Return what YES paid; raises BadReply where the row does not say."""
    told = {"yes": ONE, "no": ZERO}.get(row.market_result)
    if told is None and row.value is not None:
        told = row.value * CENT
    if told is None:
        raise unreadable("settlements", f"no payout of {row.ticker}")
    return told


def numbered(rows: Iterable[wire.SettlementRow]) -> list[tuple[wire.SettlementRow, int]]:
    """Return payouts in their order, each with its number among those of its market."""
    numbers: dict[str, int] = {}
    made = []
    for row in sorted(rows, key=lambda row: row.settled_time):
        numbers[row.ticker] = numbers.get(row.ticker, 0) + 1
        made.append((row, numbers[row.ticker]))
    return made


class AccountRows(Struct):
    """All rows of one reading, and whose each order is: client order ids by order id."""

    orders: dict[str, wire.OrderRow] = {}
    fills: list[wire.FillRow] = []
    names: dict[str, str | None] = {}
    positions: list[wire.PositionRow] = []
    settled: list[wire.SettlementRow] = []
    cash: Decimal = ZERO

    @property
    def tickers(self) -> set[str]:
        """Return every market that was met."""
        named = {row.ticker for row in self.orders.values()} | {row.ticker for row in self.settled}
        held = {row.ticker for row in self.positions}
        return named | held | {row.market_ticker for row in self.fills}


def report(
    rows: AccountRows, question: ReadAccount, asked_ns: int, recv_ns: int, venue_ns: int
) -> AccountReport:
    """Return a reading that was asked for at `asked_ns`; the cursor is that moment at the venue."""
    fills = [
        fill(row, question.account, rows.names.get(row.order_id))
        for row in sorted(rows.fills, key=lambda row: row.ts)
    ]
    return AccountReport(
        account=question.account,
        ts_event=asked_ns,
        ts_recv=recv_ns,
        orders=tuple(reported(row) for row in rows.orders.values()),
        fills=tuple(fills),
        positions=tuple(position(row) for row in rows.positions if row.position_fp),
        balances={USD: rows.cash},
        asked=question.ask,
        cursor=str(venue_ns // NANOS),
    )

"""Everything that enters the step, in the past tense. Times are nanoseconds UTC:
`ts_event` is the venue's, `ts_recv` ours; the desk's clock is `ts_recv` of the event it folds."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from tradewind.model.commands import Command
from tradewind.model.config import DeskConfig
from tradewind.model.fill import Fill
from tradewind.model.ids import (
    AccountId,
    BucketId,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
    OrderId,
    VenueId,
    VenueOrderId,
)
from tradewind.model.instrument import Instrument
from tradewind.model.market import CandleStatus, Level, Trading
from tradewind.model.order import OrderStatus, Side


class MarketEvent(msgspec.Struct, frozen=True, gc=False, tag=True):
    """News about one instrument from a public feed."""

    instrument: InstrumentId
    ts_event: int
    ts_recv: int


class Quote(MarketEvent, frozen=True, gc=False, tag=True):
    """The best bid and ask; a side without orders has quantity zero."""

    bid: Decimal
    ask: Decimal
    bid_qty: Decimal
    ask_qty: Decimal


class Trade(MarketEvent, frozen=True, gc=False, tag=True):
    """One public print; `side` is the aggressor's."""

    px: Decimal
    qty: Decimal
    side: Side
    trade_id: str = ""


class BookSnapshot(MarketEvent, frozen=True, gc=False, tag=True):
    """A whole book, best level first; `sequence` is the venue's."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    sequence: int = 0


class BookDelta(MarketEvent, frozen=True, gc=False, tag=True):
    """Changed levels; `previous` is the sequence it builds on (0: one less than `sequence`)."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    sequence: int = 0
    previous: int = 0


class Candle(MarketEvent, frozen=True, gc=False, tag=True):
    """One candle; `ts_event` is its open time, `ts_recv` when it reached us (not before its end).

    Prices twice: integer quanta for matching and stops, floats for indicators and charts.
    """

    interval: str
    open_quanta: int
    high_quanta: int
    low_quanta: int
    close_quanta: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    status: CandleStatus = CandleStatus.CLOSED


class FundingRate(MarketEvent, frozen=True, gc=False, tag=True):
    """The rate that a perpetual charges at `ts_event`: longs pay when it is positive."""

    rate: Decimal
    mark: Decimal


class TradingChanged(MarketEvent, frozen=True, gc=False, tag=True):
    """The venue opened, paused, closed or settled the instrument."""

    trading: Trading


class FeedChanged(MarketEvent, frozen=True, gc=False, tag=True):
    """The public feed of the instrument was lost (`live` False) or verified again (True).

    A heartbeat, or a REST snapshot that agrees, is `live` True as well: it renews the data's age.
    """

    live: bool


class InstrumentDefined(msgspec.Struct, frozen=True, tag=True):
    """An instrument became known, or its rules changed (`version` grows)."""

    instrument: Instrument
    ts_recv: int


class ReferencePrice(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A price from a reference feed that is not an instrument; `confidence` in price units."""

    feed: str
    ts_event: int
    ts_recv: int
    px: float
    confidence: float = 0.0


class CurrencyRate(msgspec.Struct, frozen=True, gc=False, tag=True):
    """One unit of `currency` is worth `rate` of the reporting currency."""

    currency: Currency
    rate: Decimal
    ts_recv: int


class AccountEvent(msgspec.Struct, frozen=True, gc=False, tag=True):
    """News about one of our accounts."""

    account: AccountId
    ts_event: int
    ts_recv: int


class OrderEvent(AccountEvent, frozen=True, gc=False, tag=True):
    """News about one of our orders."""

    client_order_id: OrderId


class OrderPrepared(OrderEvent, frozen=True, gc=False, tag=True):
    """The order was signed; `wire_id` is what the venue will know it by."""

    wire_id: str
    digest: str


class OrderSent(OrderEvent, frozen=True, gc=False, tag=True):
    """The order's bytes were written; `latency_ns` after what led to it had reached us."""

    latency_ns: int


class OrderAccepted(OrderEvent, frozen=True, gc=False, tag=True):
    """The venue took the order; a stop may rest untriggered."""

    venue_order_id: VenueOrderId


class OrderRejected(OrderEvent, frozen=True, gc=False, tag=True):
    """The venue definitely refused the order; `code` is its own."""

    reason: str
    code: str = ""


class OrderCancelled(OrderEvent, frozen=True, gc=False, tag=True):
    """A terminal row or frame: the order is gone. `filled_qty` is its final total, None untold."""

    reason: str = ""
    filled_qty: Decimal | None = None


class OrderExpired(OrderEvent, frozen=True, gc=False, tag=True):
    """The order's time ran out at the venue. `filled_qty` is its final total, None untold."""

    filled_qty: Decimal | None = None


class OrderAmended(OrderEvent, frozen=True, gc=False, tag=True):
    """The venue changed the order; `qty` is the total wanted, fills included."""

    qty: Decimal
    px: Decimal | None


class AmendRejected(OrderEvent, frozen=True, gc=False, tag=True):
    """The venue definitely refused to change the order."""

    reason: str
    code: str = ""


class CancelRejected(OrderEvent, frozen=True, gc=False, tag=True):
    """The venue refused to cancel; "not found" is no proof that the order is gone."""

    reason: str
    code: str = ""
    not_found: bool = False


class OrderTriggered(OrderEvent, frozen=True, gc=False, tag=True):
    """A stop order woke up at the venue."""


class OrderClaimed(OrderEvent, frozen=True, gc=False, tag=True):
    """The venue says that so much has filled; not yet a keyed fill."""

    cumulative_qty: Decimal


class Request(StrEnum):
    """Which of our requests an answer belongs to."""

    SUBMIT = "submit"
    AMEND = "amend"
    CANCEL = "cancel"


class NoAnswer(OrderEvent, frozen=True, gc=False, tag=True):
    """A request left and nothing came back in time: it may have happened."""

    request: Request


class NotSent(OrderEvent, frozen=True, gc=False, tag=True):
    """A request provably never left (deadline passed before the socket, or unreachable)."""

    request: Request
    reason: str = ""


class FillReceived(AccountEvent, frozen=True, gc=False, tag=True):
    """One execution arrived, by whichever road."""

    fill: Fill


class FillFinalised(AccountEvent, frozen=True, gc=False, tag=True):
    """A matched fill can no longer be undone."""

    key: FillKey


class FillFailed(AccountEvent, frozen=True, gc=False, tag=True):
    """A matched fill was undone by chain or broker."""

    key: FillKey
    reason: str


class FeeAdjusted(AccountEvent, frozen=True, gc=False, tag=True):
    """A late or corrected fee; `amount` is positive when paid. `key` names the adjustment."""

    key: FillKey
    instrument: InstrumentId
    amount: Decimal
    currency: Currency
    bucket: BucketId = BucketId("net")


class FundingPaid(AccountEvent, frozen=True, gc=False, tag=True):
    """Funding on a position; `amount` is positive when paid, negative when received."""

    key: FillKey
    instrument: InstrumentId
    amount: Decimal
    currency: Currency
    bucket: BucketId = BucketId("net")


class SettlementPhase(StrEnum):
    """`determined` is news, `paid` moves money, `amended` reverses and pays again."""

    DETERMINED = "determined"
    PAID = "paid"
    AMENDED = "amended"


class SettlementReported(AccountEvent, frozen=True, gc=False, tag=True):
    """A market's payout for one instrument: `payout` per unit in quote currency.

    Keyed by venue, account, market and payout number (`number`). Where outcomes net it is told
    for both, to every account that traded the question: its instances may hold what it does not.
    """

    instrument: InstrumentId
    phase: SettlementPhase
    payout: Decimal
    number: int = 1


class Transferred(AccountEvent, frozen=True, gc=False, tag=True):
    """Money came in (positive) or went out; never profit or loss."""

    key: FillKey
    amount: Decimal
    currency: Currency


class BalanceReported(AccountEvent, frozen=True, gc=False, tag=True):
    """The venue's own cash figure; information beside the ledger, never a posting."""

    currency: Currency
    total: Decimal
    available: Decimal


class SessionChanged(AccountEvent, frozen=True, gc=False, tag=True):
    """The account's private stream or login went away (`live` False) or is verified again."""

    live: bool
    reason: str = ""


class ReportedOrder(msgspec.Struct, frozen=True, gc=False):
    """One order as the venue lists it."""

    venue_order_id: VenueOrderId
    client_order_id: OrderId | None
    instrument: InstrumentId
    side: Side
    qty: Decimal
    px: Decimal | None
    filled_qty: Decimal
    status: OrderStatus
    created_ns: int


class ReportedPosition(msgspec.Struct, frozen=True, gc=False):
    """One position as the venue lists it; `qty` signed."""

    instrument: InstrumentId
    qty: Decimal
    bucket: BucketId = BucketId("net")


class AccountReport(AccountEvent, frozen=True, tag=True):
    """One complete, successful reading of an account: nothing in it is older than `ts_event`.

    `orders` holds every open order and those that were asked for by id; `fills` everything since
    the cursor; a part that could not be read makes the report not exist at all.
    `asked` are the client ids that were looked up on every road the venue has.
    """

    orders: tuple[ReportedOrder, ...]
    fills: tuple[Fill, ...]
    positions: tuple[ReportedPosition, ...]
    balances: dict[Currency, Decimal]
    asked: tuple[OrderId, ...] = ()
    cursor: str = ""
    final_read: bool = True


class RequestsCounted(AccountEvent, frozen=True, gc=False, tag=True):
    """The outcome of requests, for the error-rate breaker, and the budget the venue told."""

    answered: int
    failed: int
    remaining: int | None = None


class DeskStarted(msgspec.Struct, frozen=True, tag=True):
    """A desk took the lease. `salt` holds at least 40 random bits that the runtime drew.

    `cold` says that the desk was folded from the journal alone, without its event log.
    """

    epoch: int
    salt: int
    config: DeskConfig
    ts_recv: int
    code_version: str = ""
    cold: bool = False


class Woke(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The time that the desk had asked to be woken at has come."""

    ts_recv: int


class CallbackOverran(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A strategy's callback took longer than its budget; `took_ns` by our clock.

    `fatal`: the instance cannot go on, because the callback never returned, or for `why`.
    """

    instance: InstanceId
    callback: str
    took_ns: int
    ts_recv: int
    fatal: bool = False
    why: str = ""


class ClockStepped(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Wall and monotonic clock disagree by `step_ns`; None of `step_ns` = 0: measured again."""

    step_ns: int
    ts_recv: int


class TicksLost(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Sequence numbers `first` to `last` never reached the event log (power cut)."""

    first: int
    last: int
    ts_recv: int


class CommandReceived(msgspec.Struct, frozen=True, tag=True):
    """Somebody asked for something; `by` and `why` go to the audit as they are."""

    command: Command
    command_id: str
    by: str
    ts_recv: int
    why: str = ""


class WorkReported(msgspec.Struct, frozen=True, tag=True):
    """A worker process answered a strategy's heavy computation."""

    instance: InstanceId
    key: str
    result: Any
    ts_recv: int


class Locked(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The runtime asks that nothing new be risked on a venue's account until it is reconciled."""

    account: AccountId
    venue: VenueId
    reason: str
    ts_recv: int


Market = (
    Quote | Trade | BookSnapshot | BookDelta | Candle | FundingRate | TradingChanged | FeedChanged
)
"""Lane 2: conflated when the desk is behind."""

AccountNews = (
    OrderPrepared
    | OrderSent
    | OrderAccepted
    | OrderRejected
    | OrderCancelled
    | OrderExpired
    | OrderAmended
    | AmendRejected
    | CancelRejected
    | OrderTriggered
    | OrderClaimed
    | NoAnswer
    | NotSent
    | FillReceived
    | FillFinalised
    | FillFailed
    | FeeAdjusted
    | FundingPaid
    | SettlementReported
    | Transferred
    | BalanceReported
    | SessionChanged
    | AccountReport
    | RequestsCounted
)
"""Lane 1: never conflated, never dropped."""

Event = (
    Market
    | AccountNews
    | InstrumentDefined
    | ReferencePrice
    | CurrencyRate
    | DeskStarted
    | Woke
    | CallbackOverran
    | ClockStepped
    | TicksLost
    | CommandReceived
    | WorkReported
    | Locked
)
"""Everything that `step` folds."""

JOURNALED = (
    AccountEvent,
    InstrumentDefined,
    CurrencyRate,
    DeskStarted,
    CallbackOverran,
    TicksLost,
    CommandReceived,
    Locked,
)
"""Events that concern orders, money or decisions of people; all others go to the event log."""

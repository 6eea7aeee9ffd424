"""Our requests to a venue: what an order says, and what has become of it."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from tradewind.model.ids import (
    NET,
    AccountId,
    BucketId,
    InstanceId,
    InstrumentId,
    OrderId,
    VenueOrderId,
)
from tradewind.model.money import ZERO


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        """Return the other side."""
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """Return +1 for BUY and -1 for SELL."""
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    """FIX OrdType words that the desk knows."""

    LIMIT = "limit"
    MARKET = "market"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class TimeInForce(StrEnum):
    """FIX TimeInForce words."""

    DAY = "day"
    GTC = "gtc"
    GTD = "gtd"
    IOC = "ioc"
    FOK = "fok"


class Liquidity(StrEnum):
    """Whether a fill added or took liquidity."""

    MAKER = "maker"
    TAKER = "taker"


class OrderStatus(StrEnum):
    """FIX OrdStatus words, and four of ours.

    UNKNOWN may or may not exist at the venue; NOT_SENT provably never left; PARKED waits at our
    gate; DENIED was refused by it.
    """

    PARKED = "parked"
    PENDING_NEW = "pending_new"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    UNKNOWN = "unknown"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    NOT_SENT = "not_sent"
    DENIED = "denied"


TERMINAL = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
        OrderStatus.NOT_SENT,
        OrderStatus.DENIED,
    }
)
"""Statuses in which an order can no longer fill (a late fill is then a row of its own)."""


class SelfMatchPolicy(StrEnum):
    """What the gate does when an order would meet one of our own."""

    REJECT = "reject"
    REPRICE = "reprice"
    CANCEL_RESTING = "cancel_resting_then_send"


class TriggerBy(StrEnum):
    """Which price wakes a stop order."""

    LAST = "last"
    MARK = "mark"
    BID_ASK = "bid_ask"


class PlaceOrder(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The intent to place one order; prices in quote currency, quantities in units.

    `px` is the limit; a market order has none until the gate compiles it to a protected limit.
    `trigger_px` wakes STOP and STOP_LIMIT orders. `ttl_ns` counts from the step that approved it.
    `reason` is a word of the strategy page and gives no privilege at the gate; `group` ties the
    orders of one cycle, pair or bracket together.
    """

    account: AccountId
    instrument: InstrumentId
    side: Side
    qty: Decimal
    px: Decimal | None = None
    order_type: OrderType = OrderType.LIMIT
    tif: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    trigger_px: Decimal | None = None
    trigger_by: TriggerBy = TriggerBy.LAST
    reason: str = "entry"
    group: str = ""
    ttl_ns: int = 0
    max_slippage: Decimal | None = None
    self_match: SelfMatchPolicy = SelfMatchPolicy.REJECT
    bucket: BucketId = NET


class Order(msgspec.Struct, gc=False):
    """The life of one order. Only `core/execution` writes it; everybody else reads.

    `qty` is the total wanted after amendments; `filled_qty` counts keyed fills, `claimed_qty` is
    the highest cumulative quantity that the venue has merely said. `filled_cost` is the sum of
    qty x px over fills. `asleep` is a stop that has not triggered, `trigger_px` where it does.
    `amend_*` are the terms of an amendment under way, `asked_ns` when we last asked to change it.
    `cause_seq` is the event that led to the order, `epoch` the lease that it was made under,
    `sent_latency_ns` the time from that event's arrival to the order's last byte, 0 untold.
    """

    client_order_id: OrderId
    instance: InstanceId
    spec: PlaceOrder
    instrument: InstrumentId
    side: Side
    qty: Decimal
    px: Decimal | None
    created_ns: int
    cause_seq: int = 0
    epoch: int = 0
    status: OrderStatus = OrderStatus.PENDING_NEW
    filled_qty: Decimal = ZERO
    filled_cost: Decimal = ZERO
    claimed_qty: Decimal = ZERO
    fees: Decimal = ZERO
    venue_order_id: VenueOrderId | None = None
    wire_id: str = ""
    acknowledged_ns: int = 0
    asked_ns: int = 0
    closed_ns: int = 0
    expire_ns: int = 0
    amend_qty: Decimal | None = None
    amend_px: Decimal | None = None
    amend_trigger_px: Decimal | None = None
    reject_reason: str = ""
    reserved: Decimal = ZERO
    asleep: bool = False
    trigger_px: Decimal | None = None
    absent_reads: int = 0
    absent_since_ns: int = 0
    sent_latency_ns: int = 0

    @property
    def leaves_qty(self) -> Decimal:
        """Return what may still fill: zero once terminal."""
        if self.status in TERMINAL:
            return ZERO
        seen = max(self.filled_qty, self.claimed_qty)
        return self.qty - seen

    @property
    def avg_px(self) -> Decimal | None:
        """Return the average fill price, or None before the first fill."""
        return self.filled_cost / self.filled_qty if self.filled_qty else None

    @property
    def live(self) -> bool:
        """Tell whether the order may still fill at the venue."""
        return self.status not in TERMINAL

    @property
    def reason(self) -> str:
        """Return the reason that the intent stated."""
        return self.spec.reason

    @property
    def account(self) -> AccountId:
        """Return the account that the order belongs to."""
        return self.spec.account

    @property
    def group(self) -> str:
        """Return the cycle, pair or bracket that the order belongs to."""
        return self.spec.group

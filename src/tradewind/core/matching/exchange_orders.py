"""What goes into the exchange and what comes out, as plain values.

Knows orders, matches and changes of state. Must not know how they come about.
"""

from decimal import Decimal
from enum import Enum

import msgspec

from tradewind.core.matching.mirror import in_yes_space
from tradewind.core.matching.self_trade import SelfTrade
from tradewind.model.ids import InstrumentId, MarketId
from tradewind.model.instrument import Outcome
from tradewind.model.money import ZERO
from tradewind.model.order import Side, TimeInForce


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order for the exchange; `px` None is a market order. Ids are whatever the caller likes.

    `owner` is who must not trade with himself; empty stands for the account. GTD orders end at
    `expire_ns`.
    """

    order_id: str
    account: str
    instrument: InstrumentId
    side: Side
    qty: Decimal
    px: Decimal | None = None
    tif: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    expire_ns: int = 0
    owner: str = ""
    self_trade: SelfTrade = SelfTrade.CANCEL_TAKER


class BookOrder(msgspec.Struct, gc=False, eq=False):
    """A live order. `bid` and `yes_px` place it on its market's one book, in YES space.

    `yes_px` is infinitely far away for a market order. `qty` is the total wanted.
    """

    new: NewOrder
    outcome: Outcome | None
    owner: str
    bid: bool
    yes_px: Decimal
    qty: Decimal
    leaves: Decimal
    created_ns: int

    @property
    def filled_qty(self) -> Decimal:
        """Return what has traded so far."""
        return self.qty - self.leaves

    @property
    def px(self) -> Decimal | None:
        """Return the limit in the space of the order's own instrument."""
        return self.own_px(self.yes_px) if self.yes_px.is_finite() else None

    def own_px(self, yes_px: Decimal) -> Decimal:
        """Return a price of the book as the order's own instrument has it."""
        return in_yes_space(self.new.side, yes_px, self.outcome)[1]


class Part(msgspec.Struct, frozen=True, gc=False):
    """One order's part in a match, in the space of its own instrument."""

    order_id: str
    account: str
    instrument: InstrumentId
    side: Side
    px: Decimal
    filled_qty: Decimal
    leaves_qty: Decimal


class Match(msgspec.Struct, frozen=True, gc=False):
    """Two orders traded; `number` counts the exchange's matches from 1, `yes_px` is the maker's."""

    number: int
    market: MarketId
    qty: Decimal
    yes_px: Decimal
    taker: Part
    maker: Part
    ts: int


class Change(Enum):
    """What became of an order or of a request about it."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    AMENDED = "amended"
    AMEND_REJECTED = "amend_rejected"
    CANCELLED = "cancelled"
    CANCEL_REJECTED = "cancel_rejected"
    EXPIRED = "expired"
    REDUCED = "reduced"


class OrderChange(msgspec.Struct, frozen=True, gc=False):
    """The order as it stands after the change; `account` is empty for an order nobody knows.

    REDUCED is a reduce-only order cut down to what its position still holds.
    """

    order_id: str
    account: str
    change: Change
    reason: str = ""
    qty: Decimal = ZERO
    px: Decimal | None = None
    filled_qty: Decimal = ZERO
    leaves_qty: Decimal = ZERO
    ts: int = 0


ExchangeAnswer = Match | OrderChange
"""In the order in which things happened."""

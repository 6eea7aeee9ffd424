"""An order as Kalshi remembers it, for ever, and the fills that it had.

Knows quantities, costs and words of one order. Must not know how it is matched or shown.
"""

from decimal import Decimal

import msgspec

from tradewind.edge.simulators.kalshi.lagged import Lagged
from tradewind.model.money import ONE, ZERO

RESTING, CANCELED, EXECUTED = "resting", "canceled", "executed"
LONGEST_LAG_NS = 10_000_000_000


class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an order; prices on the YES book, costs and fees in dollars.

    `number` counts the exchange's orders. `reason` is the venue's word for the last change, empty
    where it has none.
    """

    id: str
    number: int
    user_id: str
    client_id: str
    ticker: str
    bid: bool
    px: Decimal
    initial_qty: Decimal
    remaining_qty: Decimal
    created_ns: int
    updated_ns: int
    status: str = RESTING
    filled_qty: Decimal = ZERO
    taker_cost: Decimal = ZERO
    maker_cost: Decimal = ZERO
    taker_fees: Decimal = ZERO
    maker_fees: Decimal = ZERO
    self_trade: str = "taker_at_cross"
    expire_s: int = 0
    group: str = ""
    post_only: bool = False
    reduce_only: bool = False
    cancel_on_pause: bool = False
    reason: str = ""

    @property
    def open(self) -> bool:
        """Tell whether it rests in the book."""
        return self.status == RESTING

    @property
    def average_px(self) -> Decimal:
        """Return the average price of its fills on the YES book."""
        cost = (self.taker_cost + self.maker_cost) / self.filled_qty
        return cost if self.bid else ONE - cost

    @property
    def average_fee(self) -> Decimal:
        """Return the fee per filled contract."""
        return (self.taker_fees + self.maker_fees) / self.filled_qty


class Order:
    """An order with its past, as late reads may see it."""

    __slots__ = ("versions",)

    def __init__(self, state: OrderState) -> None:
        self.versions: Lagged[OrderState] = Lagged(LONGEST_LAG_NS)
        self.versions.put(state, state.created_ns)

    @property
    def now(self) -> OrderState:
        """Return the order as it is."""
        return self.versions.newest

    def change(self, now_ns: int, **changes: object) -> OrderState:
        """Put a new version of the order."""
        state = msgspec.structs.replace(self.now, updated_ns=now_ns, **changes)
        self.versions.put(state, now_ns)
        return state


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One order's part in a match; `position` is the account's after it."""

    trade_id: str
    order_id: str
    client_id: str
    ticker: str
    bid: bool
    qty: Decimal
    yes_px: Decimal
    taker: bool
    fee: Decimal
    position: Decimal
    ts: int


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a market paid an account; `position` is signed, `value` per YES contract."""

    ticker: str
    event_ticker: str
    result: str
    position: Decimal
    cost: Decimal
    revenue: Decimal
    fees: Decimal
    value: Decimal
    ts: int

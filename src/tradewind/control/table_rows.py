"""The columns of the read tables that the views show, table by table, under the tables' own names.

Knows shapes only. `bot_id` is the instance, `symbol` the instrument, `order_id` the venue's id.
"""

from decimal import Decimal

import msgspec

from tradewind.model.commands import Lifecycle, TradingState
from tradewind.model.fill import FillLife
from tradewind.model.order import Liquidity, OrderStatus, OrderType, Side, TimeInForce


class CursorLine(msgspec.Struct, kw_only=True):
    """`cursors`: how far the tables have come."""

    name: str = ""
    seq: int = 0
    epoch: int = 0
    changed_ns: int = 0


class InstanceLine(msgspec.Struct, kw_only=True):
    """`instances`."""

    bot_id: str
    strategy_name: str
    accounts: str
    instruments: str
    parameters: str
    parameters_version: int
    auto_resume: bool
    state: Lifecycle
    cause: str
    single_fire: bool
    faulted: str
    open_cycles: str
    trading_state: TradingState
    trading_cause: str
    created_ns: int
    changed_ns: int


class AccountLine(msgspec.Struct, kw_only=True):
    """`accounts`."""

    account_id: str
    venue: str
    enabled: bool
    session_live: bool
    locks: str
    trading_state: TradingState
    trading_cause: str
    changed_ns: int


class InstrumentLine(msgspec.Struct, kw_only=True):
    """`instruments`; `rules` is the whole definition as JSON."""

    symbol: str
    venue: str
    rules: str


class OrderLine(msgspec.Struct, kw_only=True):
    """`orders`."""

    client_order_id: str
    order_id: str | None
    bot_id: str
    account_id: str
    symbol: str
    bucket: str
    side: Side
    order_type: OrderType
    tif: TimeInForce
    qty: Decimal
    px: Decimal | None
    trigger_px: Decimal | None
    post_only: bool
    reduce_only: bool
    reason: str
    group_id: str
    status: OrderStatus
    filled_qty: Decimal
    avg_price: Decimal | None
    claimed_qty: Decimal
    commission: Decimal
    wire_id: str
    epoch: int
    cause_seq: int
    created_ns: int
    acknowledged_ns: int | None
    closed_ns: int | None
    end_reason: str
    sent_latency_ns: int | None


class FillLine(msgspec.Struct, kw_only=True):
    """`fills`."""

    account_id: str
    fill_key: str
    bot_id: str
    symbol: str
    bucket: str
    order_id: str | None
    client_order_id: str | None
    side: Side
    exec_price: Decimal
    exec_qty: Decimal
    exec_time: int
    commission: Decimal
    commission_currency: str
    reason: str
    liquidity: Liquidity
    life: FillLife
    seq: int

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return the position that the fill belongs to."""
        return self.bot_id, self.account_id, self.symbol, self.bucket


class PositionLine(msgspec.Struct, kw_only=True):
    """`positions`."""

    bot_id: str
    account_id: str
    symbol: str
    bucket: str
    currency: str
    multiplier: Decimal
    qty: Decimal
    provisional_qty: Decimal
    cost: Decimal
    avg_price: Decimal | None
    realised: Decimal
    fees: Decimal
    funding: Decimal
    opened_ns: int
    first_seq: int

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return which position it is."""
        return self.bot_id, self.account_id, self.symbol, self.bucket


class PostingLine(msgspec.Struct, kw_only=True):
    """`postings`: what moved a position besides fills."""

    account_id: str
    bot_id: str
    symbol: str
    bucket: str
    kind: str
    qty: Decimal
    value: Decimal
    fee: Decimal
    funding: Decimal
    currency: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return the position that it moved."""
        return self.bot_id, self.account_id, self.symbol, self.bucket


class CommandLine(msgspec.Struct, kw_only=True):
    """`commands`."""

    command_id: str
    name: str
    by: str
    why: str
    body: str
    confirmation: str
    effect: str
    rule: str
    received_ns: int
    answered_ns: int | None
    seq: int


class AuditLine(msgspec.Struct, kw_only=True):
    """`audit_log`."""

    seq: int
    ts: int
    who: str
    what: str
    subject: str
    why: str
    effect: str

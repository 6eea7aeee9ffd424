"""The rows of the read tables, column for column. Money is exact, times are nanoseconds UTC, nested
things are JSON text. Knows shapes only.

`bot_id` is the instance (or `operator`, `unmanaged`), `symbol` the instrument, `order_id` the
venue's id of an order.
"""

from decimal import Decimal

import msgspec

from tradewind.model.money import ZERO


class CursorRow(msgspec.Struct, kw_only=True):
    """How far a projection has come: the last step folded, and the epoch it ran under."""

    name: str
    seq: int = 0
    epoch: int = 0
    changed_ns: int = 0


class StrategyRow(msgspec.Struct, kw_only=True):
    """A strategy that was ever deployed."""

    strategy_name: str
    first_used_ns: int
    last_used_ns: int


class BotRow(msgspec.Struct, kw_only=True):
    """A bot in the words of the systems before: `status` active, paused or stopped."""

    bot_id: str
    bot_name: str
    bot_type: str
    strategy_name: str
    status: str
    mode: str
    initial_capital: Decimal | None
    registered_ns: int
    last_heartbeat_ns: int


class InstanceRow(msgspec.Struct, kw_only=True):
    """An instance: what it was given, how it stands, what it made (`pnl`: net by currency)."""

    bot_id: str
    strategy_name: str
    accounts: str
    instruments: str
    parameters: str
    parameters_version: int
    limits: str
    auto_resume: bool
    state: str
    cause: str
    single_fire: bool
    faulted: str
    open_cycles: str
    trading_state: str
    trading_cause: str
    pnl: str
    created_ns: int
    changed_ns: int


class AccountRow(msgspec.Struct, kw_only=True):
    """An account: its settings, what its venue last said, and why it may not trade."""

    account_id: str
    venue: str
    currency: str
    mode: str
    enabled: bool
    leverage: Decimal
    hedge_mode: bool
    limits: str
    start_balance: Decimal
    balances: str = "{}"
    balances_ns: int = 0
    session_live: bool = True
    locks: str = "{}"
    trading_state: str = "active"
    trading_cause: str = ""
    changed_ns: int = 0


class InstrumentRow(msgspec.Struct, kw_only=True):
    """An instrument in its newest version; `rules` holds all of them."""

    symbol: str
    venue: str
    kind: str
    quote: str
    multiplier: Decimal
    market: str
    version: int
    rules: str
    changed_ns: int


class OrderRow(msgspec.Struct, kw_only=True):
    """The whole life of an order, under the status words of the model."""

    client_order_id: str
    order_id: str | None = None
    bot_id: str
    account_id: str
    symbol: str
    bucket: str
    side: str
    order_type: str
    tif: str
    qty: Decimal
    px: Decimal | None
    trigger_px: Decimal | None
    post_only: bool
    reduce_only: bool
    reason: str
    group_id: str
    status: str
    filled_qty: Decimal = ZERO
    filled_cost: Decimal = ZERO
    avg_price: Decimal | None = None
    claimed_qty: Decimal = ZERO
    commission: Decimal = ZERO
    wire_id: str = ""
    digest: str = ""
    epoch: int
    cause_seq: int
    amendments: int = 0
    created_ns: int
    acknowledged_ns: int | None = None
    triggered_ns: int | None = None
    first_fill_ns: int | None = None
    last_fill_ns: int | None = None
    closed_ns: int | None = None
    end_reason: str = ""
    end_code: str = ""
    sent_latency_ns: int | None = None
    changed_ns: int
    seq: int


class FillRow(msgspec.Struct, kw_only=True):
    """One execution. `close_reason` is the order's where the fill made a position smaller."""

    account_id: str
    fill_key: str
    bot_id: str
    symbol: str
    bucket: str
    order_id: str | None
    client_order_id: str | None
    side: str
    exec_price: Decimal
    exec_qty: Decimal
    exec_time: int
    commission: Decimal
    commission_currency: str
    close_reason: str | None = None
    closed_pnl: Decimal = ZERO
    reason: str
    liquidity: str
    life: str
    recv_ns: int
    seq: int


class PositionRow(msgspec.Struct, kw_only=True):
    """A sub-book's position; signed `qty`, average cost. `other_fees` are in other currencies.

    `provisional_qty` is the part of matched fills that are not final, `pending_bought` what of it
    was bought.
    """

    bot_id: str
    account_id: str
    symbol: str
    bucket: str
    currency: str
    multiplier: Decimal
    qty: Decimal = ZERO
    provisional_qty: Decimal = ZERO
    pending_bought: Decimal = ZERO
    cost: Decimal = ZERO
    avg_price: Decimal | None = None
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    other_fees: str = "{}"
    funding: Decimal = ZERO
    opened_ns: int = 0
    last_ns: int = -1
    last_key: str = ""
    round_trips: int = 0
    first_seq: int = 0
    seq: int = 0


class TradeRow(msgspec.Struct, kw_only=True):
    """One round trip, from the first entry until the position is flat; `side` long or short.

    Values are quantity x price x multiplier, without sign. From flat to flat, first-in-first-out
    and average cost give the same profit, so no lots are kept.
    """

    bot_id: str
    account_id: str
    symbol: str
    bucket: str
    number: int
    side: str
    status: str = "open"
    currency: str
    entry_qty: Decimal = ZERO
    entry_value: Decimal = ZERO
    entry_price: Decimal = ZERO
    exit_qty: Decimal = ZERO
    exit_value: Decimal = ZERO
    exit_price: Decimal | None = None
    gross_pnl: Decimal = ZERO
    commission: Decimal = ZERO
    funding: Decimal = ZERO
    net_pnl: Decimal = ZERO
    entry_fills: int = 0
    exit_fills: int = 0
    entry_key: str
    entry_reason: str
    exit_reason: str | None = None
    entry_ns: int
    exit_ns: int | None = None
    holding_ns: int | None = None


class PostingRow(msgspec.Struct, kw_only=True):
    """What moved a position or its result besides fills: `value` has the sign of `qty`.

    `told_ns` is when it happened; `ts` may be later, so that it comes behind what it follows.
    """

    account_id: str
    entry_key: str
    bot_id: str
    symbol: str
    bucket: str
    kind: str
    qty: Decimal = ZERO
    value: Decimal = ZERO
    fee: Decimal = ZERO
    funding: Decimal = ZERO
    currency: str
    cause: str = ""
    ts: int
    told_ns: int
    seq: int


class SettlementRow(msgspec.Struct, kw_only=True):
    """What a resolved market paid an account: `amount` = `qty` x `payout` x multiplier."""

    account_id: str
    symbol: str
    number: int
    phase: str
    payout: Decimal
    qty: Decimal = ZERO
    amount: Decimal = ZERO
    currency: str
    ts: int
    seq: int


class CommandRow(msgspec.Struct, kw_only=True):
    """A command and what became of it; `confirmation` is `received` until it is answered."""

    command_id: str
    name: str
    by: str
    why: str
    body: str
    confirmation: str = "received"
    effect: str = ""
    rule: str = ""
    details: str = "{}"
    received_ns: int
    answered_ns: int | None = None
    seq: int


class AuditRow(msgspec.Struct, kw_only=True):
    """Who did what to whom, why, and what came of it."""

    seq: int
    ordinal: int
    ts: int
    who: str
    what: str
    subject: str
    why: str
    effect: str


Row = (
    CursorRow
    | StrategyRow
    | BotRow
    | InstanceRow
    | AccountRow
    | InstrumentRow
    | OrderRow
    | FillRow
    | PositionRow
    | TradeRow
    | PostingRow
    | SettlementRow
    | CommandRow
    | AuditRow
)
"""Every kind of row that the projection writes."""

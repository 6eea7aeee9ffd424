"""What an operator has settled before the desk starts; it enters the core with DeskStarted."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from tradewind.model.ids import AccountId, Currency, InstanceId, InstrumentId, VenueId
from tradewind.model.money import ZERO


class AccountMode(StrEnum):
    """Where an account's orders go."""

    PAPER = "paper"
    SANDBOX = "sandbox"
    LIVE = "live"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one scope; None means that the scope does not limit it.

    Quantities in units, notionals in the scope's currency, percentages as written (2 = 2 %).
    """

    max_order_qty: Decimal | None = None
    max_order_notional: Decimal | None = None
    max_position_qty: Decimal | None = None
    max_position_notional: Decimal | None = None
    max_exposure_notional: Decimal | None = None
    max_exposure_pct: Decimal | None = None
    max_open_orders: int | None = None
    max_daily_loss_pct: Decimal | None = None
    max_losses_in_row: int | None = None
    price_collar_pct: Decimal | None = None


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """Circuit breakers of an account: failed orders in a window, errors among the last requests."""

    failed_orders: int = 5
    failed_window_ns: int = 60_000_000_000
    error_rate_pct: Decimal = Decimal(10)
    error_window: int = 100


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account at one venue. Money in `currency`; rates per second.

    `capital_base` is the start-of-day capital for loss limits; None takes the balance at the
    start of each trading day. `hedge_mode` keeps long and short positions apart.
    An unanswered order counts as absent no earlier than `proof_window_ns` after it was made, and
    after two readings at least `read_lag_ns` apart; `reduce_only_flag` says that the venue
    enforces reduce-only itself. No more orders may be open than a kill can cancel in `max_kill_s`.
    """

    id: AccountId
    venue: VenueId
    currency: Currency
    mode: AccountMode = AccountMode.PAPER
    balance: Decimal = ZERO
    capital_base: Decimal | None = None
    leverage: Decimal = Decimal(1)
    hedge_mode: bool = False
    enabled: bool = True
    orders_per_s: Decimal = Decimal(10)
    order_burst: int = 10
    limits: Limits = Limits(max_daily_loss_pct=Decimal(2))
    breaker: Breaker = Breaker()
    proof_window_ns: int = 15_000_000_000
    read_lag_ns: int = 1_000_000_000
    reduce_only_flag: bool = True
    max_kill_s: Decimal = Decimal(5)


class DeskConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The desk-wide settings. `tag` is two characters of A-Z and 2-7 that mark this installation.

    `stale_*_ns` bound the age of data on which the gate lets an order pass; `market_buffer_pct`
    is how far a market order's protecting limit stands from the touch; `claim_patience_ns` is
    how long a venue's claim of a fill may wait for the keyed fill before the instrument locks.
    `candle_memory` is how many closed candles of each instrument strategies can look back on.
    """

    tag: str = "TW"
    reporting_currency: Currency = Currency("USD")
    accounts: tuple[Account, ...] = ()
    desk_limits: Limits = Limits()
    venue_limits: dict[VenueId, Limits] = {}
    stale_book_ns: int = 3_000_000_000
    stale_ref_ns: int = 5_000_000_000
    market_buffer_pct: Decimal = Decimal("0.5")
    claim_patience_ns: int = 5_000_000_000
    callback_budget_ns: int = 50_000_000
    day_offset_ns: dict[VenueId, int] = {}
    candle_memory: int = 0
    reconcile_every_ns: int = 0


class InstanceSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy to run: which class, with what, on which accounts and instruments.

    `accounts[0]` is the default account; an instrument trades on the first account of its venue.
    `parameters` are the strategy's own, validated by it. `capital` is the wall around the
    instance: its exposure limit, None for the account's balance.
    """

    id: InstanceId
    strategy: str
    accounts: tuple[AccountId, ...]
    instruments: tuple[InstrumentId, ...]
    parameters: dict[str, Any] = {}
    limits: Limits = Limits()
    auto_resume: bool = False

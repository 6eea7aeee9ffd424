"""What a simulated Kalshi is started with: accounts and keys, windows, delays, sizes.

Knows numbers only. Durations in nanoseconds. Source of the defaults: Kalshi Trade API v2,
authentication, rate limits and tiers, docs.kalshi.com, read 2026-08 to 2026-11.
"""

from decimal import Decimal

import msgspec

from tradewind.model.money import NANOS


class KeyTerms(msgspec.Struct, frozen=True, kw_only=True):
    """An API key: its id, its public key as PEM (RSA or Ed25519) and what it may do."""

    id: str
    public_key: str
    scopes: tuple[str, ...] = ("read", "write")
    name: str = "key"


class AccountTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the exchange; several keys sign for the same account.

    `balance_precision` is 0.0001 for direct members and 0.01 through an intermediary.
    """

    user_id: str
    keys: tuple[KeyTerms, ...]
    cash: Decimal = Decimal(25_000)
    tier: str = "basic"
    balance_precision: Decimal = Decimal("0.0001")


class Tier(msgspec.Struct, frozen=True):
    """Tokens per second and bucket sizes of a usage tier."""

    read_rate: int
    read_capacity: int
    write_rate: int
    write_capacity: int


TIERS = {
    "basic": Tier(200, 200, 100, 100),
    "advanced": Tier(300, 900, 300, 600),
    "expert": Tier(600, 600, 600, 1200),
    "premier": Tier(1000, 1000, 1000, 2000),
    "paragon": Tier(2000, 2000, 2000, 4000),
    "prime": Tier(4000, 4000, 4000, 8000),
    "prestige": Tier(10_000, 10_000, 8000, 16_000),
}


class KalshiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All numbers of one simulated exchange.

    A signature's time may be `skew_behind_ns` older and `skew_ahead_ns` newer than the venue's.
    With `read_lag_chance`, a read of orders, fills, positions or balance is `read_lag_ns` old.
    Resting orders of a closed market are cancelled `close_cancel_ns` after the close, and orders
    made within `cancel_all_tail_ns` of a cancel-all go with it. `post_only_cross_cancels` takes a
    crossing post-only order and cancels it, instead of refusing it.
    """

    accounts: tuple[AccountTerms, ...]
    start_ns: int
    seed: int = 1
    crowd: bool = True
    skew_behind_ns: int = 15 * NANOS
    skew_ahead_ns: int = 30 * NANOS
    read_lag_ns: int = 0
    read_lag_chance: float = 1.0
    close_cancel_ns: int = 2 * NANOS
    cancel_all_tail_ns: int = 0
    post_only_cross_cancels: bool = False
    ping_every_ns: int = 10 * NANOS
    connections_per_account: int = 200
    markets_per_session: int = 500_000
    commands_per_second: int = 10_000
    largest_groups: int = 100_000
    largest_open_orders: int = 200_000


GROUP_WINDOW_NS = 15 * NANOS

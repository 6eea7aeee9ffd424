"""`desk.toml` as it is written: every table, every key with its type and range, and what the file
need not say about a venue. Which values belong together is `config`'s to know.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from tradewind.app.strict import Between, Span, Text
from tradewind.edge.notices.email import Security
from tradewind.model.config import Account, AccountMode, Breaker, DeskConfig, Limits
from tradewind.model.ids import AccountId, Currency, VenueId
from tradewind.model.money import NANOS
from tradewind.model.notice import NoticeKind

_DESK = DeskConfig()
_ACCOUNT = Account(id=AccountId(""), venue=VenueId(""), currency=Currency(""))
_BREAKER = Breaker()

NAME = Text(
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}",
    "a name of at most 32 letters, digits, - and _ that begins with a letter or digit",
)
_Tag = Annotated[str, Text(r"[A-Z2-7]{2}", "two characters out of A-Z and 2-7")]
Name = Annotated[str, NAME]
_Currency = Annotated[str, Text(r"[A-Z][A-Z0-9]{1,9}", "a currency in capitals")]
_Address = Annotated[str, Text(r"\S{1,300}", 'an address, for instance "http://127.0.0.1:7001"')]
_Mailbox = Annotated[
    str, Text(r"[^\s@<>,]{1,64}@[^\s@<>,]{1,255}", 'a mail address, for instance "ada@example.org"')
]
_Symbol = Annotated[str, Text(r"\S{1,100}", "the venue's own names, without spaces")]
_Instrument = Annotated[
    str, Text(r"[A-Z0-9-]+:\S{1,100}", 'instruments as VENUE:name, for instance "BYBIT:BTCUSDT"')
]
_Word = Annotated[str, Text(r"\S(?:.*\S)?", "a text in quotes that is not empty")]
_Percent = Annotated[Decimal, Between("0", "100")]
_Money = Annotated[Decimal, Between("0")]
_Age = Annotated[int, Span("50ms", "10m")]


class VenueWord(StrEnum):
    """The venues that an account may be at."""

    BYBIT = "bybit"
    KALSHI = "kalshi"


class Environment(StrEnum):
    """Which of a venue's worlds an account is in; `custom` has addresses of its own."""

    MAINNET = "mainnet"
    TESTNET = "testnet"
    DEMO = "demo"
    PRODUCTION = "production"
    CUSTOM = "custom"


class Durability(StrEnum):
    """What a commit survives: the end of the process, or the end of the power too."""

    PROCESS = "process"
    POWER = "power"


class VenueFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the file need not say about a venue: its worlds, its addresses by name, its money.

    `real` is the world of real money. An unanswered order cannot be proved absent sooner than
    `proof_window_ns`, nor by readings closer together than `read_lag_ns`.
    """

    real: Environment
    play: tuple[Environment, ...]
    hosts: Mapping[str, str]
    currency: str
    domains: tuple[str, ...]
    proof_window_ns: int
    read_lag_ns: int


VENUES: dict[VenueWord, VenueFacts] = {
    # Bybit docs, integration guidance (hosts, recv_window), read 2026-11-20.
    VenueWord.BYBIT: VenueFacts(
        real=Environment.MAINNET,
        play=(Environment.TESTNET, Environment.DEMO, Environment.CUSTOM),
        hosts={"rest": "http", "public": "ws", "private": "ws", "trade": "ws"},
        currency="USDT",
        domains=("bybit", "bytick"),
        proof_window_ns=15 * NANOS,
        read_lag_ns=NANOS,
    ),
    # Kalshi docs, environments, and orders (timestamps live 30 s), read 2026-11-20.
    VenueWord.KALSHI: VenueFacts(
        real=Environment.PRODUCTION,
        play=(Environment.DEMO, Environment.CUSTOM),
        hosts={"rest": "http", "ws": "ws"},
        currency="USD",
        domains=("kalshi",),
        proof_window_ns=35 * NANOS,
        read_lag_ns=NANOS,
    ),
}


class DeskTable(msgspec.Struct, frozen=True, kw_only=True):
    """[desk]"""

    name: Name = "desk"
    folder: _Word | None = None
    reporting_currency: _Currency = _DESK.reporting_currency
    tag: _Tag = _DESK.tag
    durability: Durability | None = None
    stale_book: _Age = _DESK.stale_book_ns
    stale_reference: _Age = _DESK.stale_ref_ns
    market_buffer_pct: _Percent = _DESK.market_buffer_pct
    claim_patience: Annotated[int, Span("100ms", "10m")] = _DESK.claim_patience_ns
    callback_budget: Annotated[int, Span("1ms", "10s")] = _DESK.callback_budget_ns
    reconcile_every: Annotated[int, Span("1s", "1d")] = 30 * NANOS
    candle_memory: Annotated[int, Between("0", "100000")] = 1000
    snapshot_every: Annotated[int, Span("1s", "1d")] = 30 * NANOS


class WebTable(msgspec.Struct, frozen=True, kw_only=True):
    """[web]"""

    enabled: bool = True
    host: _Address = "127.0.0.1"
    port: Annotated[int, Between("0", "65535")] = 7400
    names: tuple[_Address, ...] = ()
    tls_cert: _Word | None = None
    tls_key: _Word | None = None


class VenueTable(msgspec.Struct, frozen=True, kw_only=True):
    """[venues.NAME]"""

    limits: Limits = Limits()
    day_offset: Annotated[int, Span("0s", "1d")] = 0


class BreakerTable(msgspec.Struct, frozen=True, kw_only=True):
    """[accounts.NAME.breaker]"""

    failed_orders: Annotated[int, Between("1", "1000")] = _BREAKER.failed_orders
    failed_window: Annotated[int, Span("1s", "1d")] = _BREAKER.failed_window_ns
    error_rate_pct: _Percent = _BREAKER.error_rate_pct
    error_window: Annotated[int, Between("1", "10000")] = _BREAKER.error_window


class AccountTable(msgspec.Struct, frozen=True, kw_only=True):
    """[accounts.NAME]"""

    venue: VenueWord
    mode: AccountMode
    environment: Environment
    hosts: dict[str, _Address] = {}
    keys: Name | None = None
    proxy: _Address | None = None
    proxy_keys: Name | None = None
    symbols: tuple[_Symbol, ...]
    currency: _Currency | None = None
    balance: _Money | None = None
    capital_base: Decimal | None = None
    leverage: Annotated[Decimal, Between("1", "200")] = _ACCOUNT.leverage
    hedge_mode: bool = _ACCOUNT.hedge_mode
    enabled: bool = _ACCOUNT.enabled
    orders_per_s: Annotated[Decimal, Between("0.1", "1000")] = _ACCOUNT.orders_per_s
    order_burst: Annotated[int, Between("1", "1000")] = _ACCOUNT.order_burst
    max_kill_s: Annotated[Decimal, Between("1", "600")] = _ACCOUNT.max_kill_s
    proof_window: Annotated[int, Span("1s", "1h")] | None = None
    read_lag: Annotated[int, Span("100ms", "1m")] | None = None
    limits: Limits = Limits()
    breaker: BreakerTable = BreakerTable()


class InstanceTable(msgspec.Struct, frozen=True, kw_only=True):
    """[instances.NAME]"""

    strategy: _Word
    accounts: tuple[Name, ...]
    instruments: tuple[_Instrument, ...]
    auto_resume: bool = False
    parameters: dict[str, Any] = {}
    limits: Limits = Limits()


class WebhookTable(msgspec.Struct, frozen=True, kw_only=True):
    """[notices.webhook]"""

    address: _Address
    keys: Name | None = None


class EmailTable(msgspec.Struct, frozen=True, kw_only=True):
    """[notices.email]"""

    host: _Word
    port: Annotated[int, Between("1", "65535")] = 587
    security: Security = Security.STARTTLS
    sender: _Mailbox
    to: tuple[_Mailbox, ...]
    keys: Name | None = None


class NoticesTable(msgspec.Struct, frozen=True, kw_only=True):
    """[notices]"""

    kinds: tuple[NoticeKind, ...] = tuple(NoticeKind)
    webhook: WebhookTable | None = None
    email: EmailTable | None = None


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    desk: DeskTable = DeskTable()
    web: WebTable = WebTable()
    limits: Limits = Limits()
    venues: dict[str, VenueTable] = {}
    accounts: dict[str, AccountTable]
    instances: dict[str, InstanceTable] = {}
    notices: NoticesTable = NoticesTable()

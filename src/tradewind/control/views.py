"""What faces show: read models as plain values, the same from a running desk as from its tables.

Knows shapes only; must not know where the values come from. Prices, quantities and money are
exact; times are nanoseconds UTC by the desk's clock; 0 means that it has not happened. Order
words are FIX's (OrdStatus, CumQty, LeavesQty, LastPx), ids are the glossary's.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from tradewind.model.commands import Lifecycle, ScopeKind, TradingState
from tradewind.model.effects import Confirmation, Level
from tradewind.model.fill import FillLife
from tradewind.model.market import Trading
from tradewind.model.order import Liquidity, OrderStatus, OrderType, Side, TimeInForce


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows to show; empty words match everything. The newest `limit` rows, oldest first.

    `before` asks for rows whose sequence number (orders: creation time) is lower, for paging.
    """

    instance: str = ""
    account: str = ""
    instrument: str = ""
    open_only: bool = False
    limit: int = 100
    before: int = 0

    def matches(self, instance: str, account: str, instrument: str) -> bool:
        """Tell whether a row of these names is wanted."""
        return (
            self.instance in ("", instance)
            and self.account in ("", account)
            and self.instrument in ("", instrument)
        )


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Profit and loss in one currency; `unrealised` is None while a mark is missing.

    `net` is realised plus what is known of unrealised, less fees and funding.
    """

    currency: str
    realised: Decimal
    unrealised: Decimal | None
    fees: Decimal
    funding: Decimal
    net: Decimal


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """How much of an instrument is held."""

    account: str
    instrument: str
    qty: Decimal


class InstanceView(msgspec.Struct, frozen=True, kw_only=True):
    """One instance: what it is, how it stands, and what it made.

    `faulted` is the cause, empty when healthy; `instruments` are those whose data it hears.
    `results` are by currency, `total` in the reporting one, None while a rate is unknown.
    """

    instance: str
    strategy: str
    state: Lifecycle
    cause: str
    faulted: str
    single_fire: bool
    trading: TradingState
    trading_cause: str
    since_ns: int
    accounts: tuple[str, ...]
    instruments: tuple[str, ...]
    cycles: tuple[str, ...]
    open_orders: int
    positions: tuple[Holding, ...]
    results: tuple[Result, ...]
    total: Result | None
    parameters: Mapping[str, Any]
    version: int
    auto_resume: bool


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """One order's whole life. `text` says why it was refused or ended.

    `sent_latency_ns` is the time from the arrival of its cause to its last byte, 0 untold.
    """

    client_order_id: str
    venue_order_id: str
    wire_id: str
    instance: str
    account: str
    instrument: str
    bucket: str
    side: Side
    ord_type: OrderType
    time_in_force: TimeInForce
    ord_status: OrderStatus
    order_qty: Decimal
    px: Decimal | None
    stop_px: Decimal | None
    cum_qty: Decimal
    leaves_qty: Decimal
    claimed_qty: Decimal
    avg_px: Decimal | None
    fees: Decimal
    post_only: bool
    reduce_only: bool
    reason: str
    group: str
    text: str
    created_ns: int
    acknowledged_ns: int
    closed_ns: int
    cause_seq: int
    epoch: int
    sent_latency_ns: int = 0


class FillView(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of one of our orders; `fee` is positive when paid."""

    seq: int
    exec_id: str
    instance: str
    account: str
    instrument: str
    bucket: str
    side: Side
    last_qty: Decimal
    last_px: Decimal
    fee: Decimal
    fee_currency: str
    liquidity: Liquidity
    life: FillLife
    reason: str
    client_order_id: str
    venue_order_id: str
    ts_event: int


class PositionView(msgspec.Struct, frozen=True, kw_only=True):
    """One sub-book's position: `qty` signed; `notional` is its worth at the mark, unsigned."""

    venue: str
    account: str
    instance: str
    instrument: str
    bucket: str
    qty: Decimal
    provisional_qty: Decimal
    avg_px: Decimal | None
    mark: Decimal | None
    notional: Decimal | None
    currency: str
    realised: Decimal
    unrealised: Decimal | None
    fees: Decimal
    funding: Decimal
    net: Decimal
    opened_ns: int


class PnlRow(Result, frozen=True, kw_only=True):
    """The result of one instance on one account in one currency."""

    instance: str
    account: str


class FoldRow(msgspec.Struct, frozen=True, kw_only=True):
    """Fills added up anew: `traded` is what they brought in (sales less purchases).

    `paid_out` came from settlements, complete pairs and corrections; `held_cost` is what the
    open position cost. `realised` is the sum of the three.
    """

    instance: str
    account: str
    currency: str
    fills: int
    traded: Decimal
    paid_out: Decimal
    held_cost: Decimal
    realised: Decimal
    fees: Decimal


class FillsFold(msgspec.Struct, frozen=True, kw_only=True):
    """The proof that the profit is what the fills say; `differences` are sentences.

    `whole` is False when the record at hand does not begin with the first step, so that nothing
    can be proved.
    """

    fills: int
    whole: bool
    differences: tuple[str, ...]
    rows: tuple[FoldRow, ...]

    @property
    def proved(self) -> bool:
        """Tell whether every figure equals the fold of the fills."""
        return self.whole and not self.differences


class PnlView(msgspec.Struct, frozen=True, kw_only=True, tag="pnl"):
    """Profit and loss by instance, account and currency, and its proof.

    `total` is in the reporting currency, None while the rate of some currency is unknown.
    """

    rows: tuple[PnlRow, ...]
    total: Result | None
    fills_fold: FillsFold


class UseView(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one limit is used; `unit` is a currency, or empty for counts."""

    limit: str
    used: Decimal
    bound: Decimal
    unit: str = ""


class ScopeView(msgspec.Struct, frozen=True, kw_only=True):
    """One scope: may it trade, and how much of what bounds it is used.

    `locks` are the instruments of an account that take no new risk, with the cause. `ready` is
    False while an account is disabled, without session, not reconciled or locked.
    `unknown_orders` are those of an account whose outcome is open.
    """

    kind: ScopeKind
    name: str
    state: TradingState
    cause: str
    rule: str
    since_ns: int
    uses: tuple[UseView, ...] = ()
    locks: Mapping[str, str] = {}
    ready: bool = True
    doubts: tuple[str, ...] = ()
    requests_left: int | None = None
    unknown_orders: int = 0


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument's public market; `trust` is empty when it may be traded on, else why not.

    `tick` is the finest step of its prices.
    """

    instrument: str
    venue: str
    tick: Decimal
    bid: Decimal | None
    ask: Decimal | None
    bid_qty: Decimal
    ask_qty: Decimal
    last_px: Decimal | None
    mark: Decimal | None
    age_ms: int
    live: bool
    trading: Trading
    trust: str


class NewsView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the event list: an alert, a denial, a strategy's note, a changed state."""

    seq: int
    ts: int
    level: Level
    kind: str
    instance: str
    text: str


class CommandView(msgspec.Struct, frozen=True, kw_only=True):
    """One audit entry: who asked for what, why, and what came of it."""

    seq: int
    command_id: str
    name: str
    body: str
    by: str
    why: str
    confirmation: Confirmation | None
    effect: str
    rule: str
    received_ns: int
    answered_ns: int


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How long orders took from the arrival of their cause to their last byte, microseconds."""

    orders: int
    p50_us: int
    p99_us: int
    worst_us: int


class AgeView(msgspec.Struct, frozen=True, kw_only=True):
    """How old the news of one stream were when they came, by the venue's clock, microseconds."""

    count: int
    p50_us: int
    p99_us: int
    worst_us: int


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """How an account's connections are: `ages` by stream, `reconnects` by line.

    `failed_reads` counts the readings of the account that came to nothing since the desk began.

    `clock_ahead_us` is how far the venue's clock is ahead of ours, None while nobody has asked it.
    What the rate limits still allow is with the account's scope.
    """

    account: str
    ages: Mapping[str, AgeView]
    reconnects: Mapping[str, int]
    failed_reads: int
    clock_ahead_us: int | None


class HealthView(msgspec.Struct, frozen=True, kw_only=True, tag="health"):
    """How a desk is: counts, what is in doubt, and `notes` in words; `running` is False offline."""

    running: bool
    name: str
    now_ns: int
    seq: int
    epoch: int
    speed: float
    instances: int
    faulted: int
    live_orders: int
    unknown_orders: int
    pending: tuple[str, ...]
    untrusted_feeds: int
    notes: tuple[str, ...]
    latency: Latency | None = None
    links: tuple[LinkView, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether nothing needs a person."""
        return self.running and not self.notes


class ScreenView(msgspec.Struct, frozen=True, kw_only=True, tag="screen"):
    """Everything that one look at a desk needs. `curve` is the net result over the last while.

    `total` is in the reporting currency; `orders`, `fills` and `news` are the newest few.
    """

    name: str
    now_ns: int
    speed: float
    events: int
    events_per_s: float
    seq: int
    epoch: int
    live_orders: int
    fills_count: int
    total: Result | None
    curve: tuple[float, ...]
    instances: tuple[InstanceView, ...]
    feeds: tuple[FeedView, ...]
    positions: tuple[PositionView, ...]
    orders: tuple[OrderView, ...]
    fills: tuple[FillView, ...]
    news: tuple[NewsView, ...]
    scopes: tuple[ScopeView, ...]
    latency: Latency | None = None
    links: tuple[LinkView, ...] = ()


class Vitals(msgspec.Struct):
    """What only the runtime knows of itself; whoever runs the desk keeps it up to date.

    `now_ns` is the session's clock: a desk that nothing reaches does not see time pass. `notes`
    say in words what of the runtime needs a person.
    """

    name: str = "desk"
    speed: float = 1.0
    now_ns: int = 0
    events: int = 0
    events_per_s: float = 0.0
    notes: tuple[str, ...] = ()
    latency: Latency | None = None
    links: tuple[LinkView, ...] = ()


class Views(Protocol):
    """The read models of one desk, whoever provides them."""

    def instances(self, wanted: Wanted) -> tuple[InstanceView, ...]:
        """Return the instances."""
        ...

    def orders(self, wanted: Wanted) -> tuple[OrderView, ...]:
        """Return orders by time of creation."""
        ...

    def fills(self, wanted: Wanted) -> tuple[FillView, ...]:
        """Return fills in the order in which they were posted."""
        ...

    def positions(self, wanted: Wanted) -> tuple[PositionView, ...]:
        """Return positions, with `open_only` those that are not flat."""
        ...

    def pnl(self, wanted: Wanted) -> PnlView:
        """Return profit and loss, and its proof."""
        ...

    def risk(self) -> tuple[ScopeView, ...]:
        """Return every scope, widest first."""
        ...

    def feeds(self, wanted: Wanted) -> tuple[FeedView, ...]:
        """Return the public markets."""
        ...

    def events(self, wanted: Wanted) -> tuple[NewsView, ...]:
        """Return the newest alerts, denials, notes and changes of state."""
        ...

    def commands(self, wanted: Wanted) -> tuple[CommandView, ...]:
        """Return the audit: commands and what became of them."""
        ...

    def health(self) -> HealthView:
        """Return how the desk is."""
        ...

    def screen(self) -> ScreenView:
        """Return one look at everything."""
        ...

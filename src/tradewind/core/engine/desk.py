"""The desk: all state of one core. Values and sums only; the functions beside it change them."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from heapq import heappop, heappush
from typing import Any, Protocol

from tradewind.core.engine.decisions import Decisions
from tradewind.core.execution.orders import OrderTable
from tradewind.core.execution.protection import Guard
from tradewind.core.ledger.currency import Rates
from tradewind.core.ledger.ledger import Ledger
from tradewind.core.market.candles import CandleBuilder
from tradewind.core.market.market import Market
from tradewind.core.risk.exposure import Exposure
from tradewind.core.risk.gate import Gate
from tradewind.core.risk.lane import Lane
from tradewind.core.risk.losses import ANYTHING, Key, LossScope
from tradewind.core.risk.states import AccountState, ScopeState
from tradewind.core.risk.verdict import Parked, Refusal
from tradewind.core.strategy.context import Context
from tradewind.core.strategy.strategy import HANDLERS, Strategy, listens
from tradewind.core.strategy.world import World
from tradewind.model.commands import Lifecycle
from tradewind.model.config import DeskConfig, InstanceSpec, Limits
from tradewind.model.effects import CommandAnswered, Effect
from tradewind.model.errors import ConfigError
from tradewind.model.events import Trade
from tradewind.model.fill import Fill
from tradewind.model.ids import (
    NET,
    OPERATOR,
    AccountId,
    BucketId,
    InstanceId,
    InstrumentId,
    OrderId,
    VenueId,
)
from tradewind.model.instance import Standing
from tradewind.model.instrument import Instrument
from tradewind.model.intents import Intent
from tradewind.model.order import Order

NEVER = 1 << 62
LOWEST, HIGHEST = ANYTHING
Call = tuple["Instance", Context, Callable[[Context, Any], None]]
"""Who listens: the instance, its context and the callback."""


class Probe(Protocol):
    """The runtime's stopwatch around callbacks; a backtest has none."""

    def begin(self, instance: InstanceId, callback: str) -> None:
        """A callback is about to run."""
        ...

    def end(self) -> None:
        """It has returned or raised."""
        ...


class Instance:
    """One strategy at work: its object, its context and how it stands.

    `lanes` are those that its orders took last, by instrument.
    """

    __slots__ = (
        "calls",
        "ctx",
        "lanes",
        "listening",
        "parameters",
        "saved_state",
        "scope",
        "spec",
        "standing",
        "stop_at_ns",
        "stopping_command",
        "strategy",
        "touched",
        "watching",
    )

    def __init__(
        self, spec: InstanceSpec, strategy: Strategy, ctx: Context, scope: ScopeState
    ) -> None:
        self.spec = spec
        self.strategy = strategy
        self.ctx = ctx
        self.standing: Standing = ctx.standing
        self.scope = scope
        self.parameters: dict[str, Any] = {}
        self.lanes: dict[InstrumentId, Lane] = {}
        self.watching: set[InstrumentId] = set()
        self.listening = {name: listens(type(strategy), name) for name in HANDLERS}
        self.calls: dict[str, Callable[[Context, Any], None]] = {
            name: getattr(strategy, name) for name in HANDLERS if self.listening[name]
        }
        self.saved_state = b""
        self.touched = False
        self.stop_at_ns = 0
        self.stopping_command = ""


class Feed:
    """One instrument's way into the core: its market and who listens to what.

    `low` and `high` are the band of prices inside which no loss limit can be passed and no guard
    can act; `watched` is False while nothing needs to look at prices at all.
    """

    __slots__ = (
        "books",
        "builders",
        "candles",
        "exposed",
        "guards",
        "high",
        "high_quanta",
        "last_trade",
        "low",
        "low_quanta",
        "market",
        "memory",
        "quotes",
        "scale",
        "trades",
        "watched",
    )

    def __init__(self, market: Market) -> None:
        self.market = market
        self.scale = 10**market.instrument.px_exponent
        self.quotes: list[Call] = []
        self.trades: list[Call] = []
        self.books: list[Call] = []
        self.candles: dict[str, list[Call]] = {}
        self.builders: dict[str, CandleBuilder] = {}
        self.guards: list[Guard] = []
        self.exposed: dict[Key, tuple[LossScope, ...]] = {}
        self.low, self.high = LOWEST, HIGHEST
        self.low_quanta, self.high_quanta = -NEVER, NEVER
        self.watched = False
        self.memory = 0
        self.last_trade: Trade | None = None

    def set_band(self, low: Decimal, high: Decimal) -> None:
        """Narrow or widen the band; also in quanta, rounded so that no price slips through."""
        self.low, self.high = low, high
        scale = self.scale
        if low == LOWEST:
            self.low_quanta = -NEVER
        else:
            self.low_quanta = int(low * scale) + 1 if low < HIGHEST else NEVER
        if high == HIGHEST:
            self.high_quanta = NEVER
        else:
            self.high_quanta = int(high * scale) if high > LOWEST else -NEVER
        self.watched = low != LOWEST or high != HIGHEST


class Pending:
    """A command whose confirmed effect is still to come."""

    __slots__ = ("command", "command_id", "details", "phase", "since_ns")

    def __init__(self, command_id: str, command: Any, now_ns: int) -> None:
        self.command_id = command_id
        self.command = command
        self.phase = ""
        self.since_ns = now_ns
        self.details: dict[str, Any] = {}


class Reading:
    """How far the reconciliation of one account has come.

    What was read before `since_ns` proves nothing of a session that began then.
    """

    __slots__ = ("differences", "outstanding", "reads", "since_ns")

    def __init__(self) -> None:
        self.outstanding = False
        self.reads = 0
        self.since_ns = 0
        self.differences: dict[tuple[InstrumentId, BucketId], tuple[Decimal, Decimal, int]] = {}


class Desk:
    """One core: the world that strategies see, and everything around it that they do not.

    `catalogue` maps strategy names to classes; it is handed in and not part of the state that a
    snapshot keeps. `effects` collects what the step under way asks for. `quiet` is True while the
    journal is folded: what was decided then is in it, and nobody decides again.
    """

    __slots__ = (
        "accounts",
        "amends_denied",
        "balances",
        "catalogue",
        "claims",
        "config",
        "cursors",
        "day",
        "decisions",
        "delivering",
        "denials",
        "denied",
        "desk_scope",
        "effects",
        "epoch",
        "exposure",
        "feeds",
        "gate",
        "guards",
        "half_read",
        "instances",
        "lanes",
        "ledger",
        "losses",
        "next_wake_ns",
        "opened",
        "operator",
        "orders",
        "parked",
        "pending",
        "posted",
        "probe",
        "provisional",
        "quiet",
        "rates",
        "readings",
        "receipts",
        "references",
        "refusal",
        "risen",
        "signals",
        "strangers",
        "timer_at",
        "timer_count",
        "timers",
        "touched",
        "venue_scopes",
        "wide_days",
        "world",
    )

    def __init__(self, catalogue: Mapping[str, type[Strategy]]) -> None:
        self.catalogue = catalogue
        self.config = DeskConfig()
        self.epoch = 0
        self.ledger = Ledger()
        self.rates = Rates(self.config.reporting_currency)
        self.world = World(self.ledger, self.rates)
        self.exposure = Exposure()
        self.gate = Gate(self.ledger, self.exposure, self.world.markets, self.rates)
        self.orders = OrderTable(self.exposure, self.world.orders, self.world.live_orders)
        self.feeds: dict[InstrumentId, Feed] = {}
        self.instances: dict[InstanceId, Instance] = {}
        self.desk_scope = ScopeState("desk", Limits())
        self.venue_scopes: dict[VenueId, ScopeState] = {}
        self.accounts: dict[AccountId, AccountState] = {}
        self.losses: dict[str, LossScope] = {}
        self.lanes: dict[tuple[InstanceId, AccountId, InstrumentId, BucketId], Lane] = {}
        self.references: dict[str, list[Call]] = {}
        self.guards: dict[tuple[str, ...], Guard] = {}
        self.timers: list[tuple[int, int, str, str]] = []
        self.timer_at: dict[tuple[str, str], int] = {}
        self.timer_count = 0
        self.next_wake_ns = NEVER
        self.parked: dict[OrderId, tuple[Lane, Parked]] = {}
        self.receipts: dict[str, CommandAnswered] = {}
        self.pending: dict[str, Pending] = {}
        self.readings: dict[AccountId, Reading] = {}
        self.cursors: dict[AccountId, str] = {}
        # A reading is being folded: what it says of positions is not known yet.
        self.half_read = False
        self.strangers: dict[AccountId, dict[str, Any]] = {}
        self.effects: list[Effect] = []
        self.signals: list[Any] = []
        self.delivering = False
        self.posted: list[Feed] = []
        self.denials: list[tuple[Instance, Order]] = []
        self.denied: dict[tuple[InstanceId, Intent, str], tuple[int, int]] = {}
        self.refusal: Refusal | None = None
        self.amends_denied: dict[OrderId, int] = {}
        self.decisions = Decisions()
        self.touched: list[Instance] = []
        self.day: dict[AccountId, int] = {}
        self.wide_days: dict[str, int] = {}
        self.risen: dict[OrderId, int] = {}
        self.opened: set[AccountId] = set()
        self.balances: dict[tuple[AccountId, str], Any] = {}
        self.claims: dict[OrderId, int] = {}
        self.provisional: dict[str, Fill] = {}
        self.operator = Standing(OPERATOR, Lifecycle.RUNNING)
        self.quiet = False
        self.probe: Probe | None = None
        self.world.forbids = self.forbids

    def __getstate__(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in self.__slots__}
        state["catalogue"] = {}
        state["probe"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    # --- timers ------------------------------------------------------------------------------

    def set_timer(self, owner: str, key: str, at_ns: int) -> None:
        """Wake `owner` at `at_ns`; 0 forgets the timer. The same owner and key is one timer."""
        name = (owner, key)
        if not at_ns:
            self.timer_at.pop(name, None)
            return
        self.timer_at[name] = at_ns
        self.timer_count += 1
        heappush(self.timers, (at_ns, self.timer_count, owner, key))
        if at_ns < self.next_wake_ns:
            self.next_wake_ns = at_ns

    def due_timers(self, now_ns: int) -> list[tuple[str, str]]:
        """Take the timers that are due, in order of time."""
        due = []
        timers = self.timers
        while timers and timers[0][0] <= now_ns:
            at_ns, _, owner, key = heappop(timers)
            if self.timer_at.get((owner, key)) == at_ns:
                del self.timer_at[(owner, key)]
                due.append((owner, key))
        self.next_wake_ns = timers[0][0] if timers else NEVER
        return due

    # --- look-ups ----------------------------------------------------------------------------

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """Return an instrument's rules; ConfigError when it is not defined on this desk."""
        feed = self.feeds.get(instrument)
        if feed is None:
            raise ConfigError(
                f"Looked up {instrument}, found no such instrument on this desk; define it first."
            )
        return feed.market.instrument

    def lane(
        self, standing: Standing, account: AccountId, instrument: InstrumentId, bucket: BucketId
    ) -> Lane:
        """Return the path of an owner's orders on an instrument, made on first use."""
        key = (standing.instance, account, instrument, bucket)
        lane = self.lanes.get(key)
        if lane is not None and lane.standing is standing:
            return lane
        state = self.accounts.get(account)
        if state is None:
            raise ConfigError(
                f"Placed an order on account {account}, found none of that name; "
                f"use one of {', '.join(self.accounts) or 'none'}."
            )
        rules = self.instrument(instrument)
        if rules.venue != state.account.venue:
            raise ConfigError(
                f"Placed an order on {instrument}, found account {account} at "
                f"{state.account.venue}; use an account at {rules.venue}."
            )
        scopes: list[ScopeState] = []
        instance = self.instances.get(standing.instance)
        if instance is not None:
            scopes.append(instance.scope)
        scopes += [state, self.venue_scope(rules.venue), self.desk_scope]
        lane = Lane(
            standing,
            self.feeds[instrument].market,
            tuple(scopes),
            self.exposure.bucket(account, rules, bucket),
            self.exposure.resting(rules),
        )
        lane.bucket_id = bucket
        self.lanes[key] = lane
        return lane

    def forbids(
        self, owner: InstanceId, account: AccountId, instrument: InstrumentId, group: str
    ) -> str:
        """Return the rule that denies an instance every new risk on an instrument, or nothing."""
        lane = self.lane(self.instances[owner].standing, account, instrument, NET)
        refusal = self.gate.standing_refusal(lane, group, self.world.now_ns)
        return refusal.rule if refusal is not None else ""

    def venue_scope(self, venue: VenueId) -> ScopeState:
        """Return a venue's scope, made on first use."""
        scope = self.venue_scopes.get(venue)
        if scope is None:
            limits = self.config.venue_limits.get(venue, Limits())
            scope = self.venue_scopes[venue] = ScopeState(f"venue {venue}", limits)
        return scope

    def all_scopes(self) -> list[ScopeState]:
        """Return every scope, widest first."""
        instances = [instance.scope for instance in self.instances.values()]
        return [self.desk_scope, *self.venue_scopes.values(), *self.accounts.values(), *instances]

    def refresh_restriction(self) -> None:
        """Recompute whether the gate must look at the trading states one by one."""
        doubt = bool(self.gate.clock_doubt or self.gate.hindsight)
        self.gate.restricted = doubt or any(
            scope.state.value != "active" for scope in self.all_scopes()
        )

"""Who is there and how they stand: accounts, instruments, strategies, bots and instances.

Knows the facts that change a standing; it must not know orders or money.
"""

from decimal import Decimal

import msgspec

from tradewind.edge.store.read_cache import Rows
from tradewind.edge.store.read_rows import (
    AccountRow,
    BotRow,
    InstanceRow,
    InstrumentRow,
    StrategyRow,
)
from tradewind.model.commands import Deploy, EnableAccount, Lifecycle, ScopeKind
from tradewind.model.config import Account, DeskConfig, InstanceSpec
from tradewind.model.effects import (
    CycleChanged,
    LifecycleChanged,
    LockChanged,
    ParametersChanged,
    TradingStateChanged,
)
from tradewind.model.events import BalanceReported, SessionChanged
from tradewind.model.ids import OPERATOR, UNMANAGED, AccountId, InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO

STATUS = {
    Lifecycle.PENDING: "paused",
    Lifecycle.RUNNING: "active",
    Lifecycle.PAUSED: "paused",
    Lifecycle.STOPPING: "active",
    Lifecycle.STOPPED: "stopped",
    Lifecycle.DEAD: "stopped",
}
"""A bot's status by its instance's lifecycle."""


class Standing:
    """The fold of `accounts`, `instruments`, `strategies`, `bots` and `instances`."""

    def __init__(
        self,
        accounts: Rows[AccountRow],
        instruments: Rows[InstrumentRow],
        strategies: Rows[StrategyRow],
        bots: Rows[BotRow],
        instances: Rows[InstanceRow],
    ) -> None:
        self._accounts = accounts
        self._instruments = instruments
        self._strategies = strategies
        self._bots = bots
        self._instances = instances
        self._rules: dict[InstrumentId, Instrument] = {}

    def forget(self) -> None:
        """Forget what was decoded: the rows may have been rolled back."""
        self._rules.clear()

    def rules(self, symbol: InstrumentId) -> Instrument | None:
        """Return an instrument's rules, None while it is not defined."""
        known = self._rules.get(symbol)
        if known is None:
            row = self._instruments.get(symbol)
            if row is None:
                return None
            known = self._rules[symbol] = msgspec.json.decode(row.rules, type=Instrument)
        return known

    def define(self, instrument: Instrument, ts: int) -> None:
        """An instrument became known, or its rules changed."""
        self._rules[instrument.id] = instrument
        self._instruments.put(
            InstrumentRow(
                symbol=instrument.id,
                venue=instrument.venue,
                kind=instrument.kind.value,
                quote=instrument.quote,
                multiplier=instrument.multiplier,
                market=instrument.canonical_market,
                version=instrument.version,
                rules=_json(instrument),
                changed_ns=ts,
            )
        )

    def start(self, config: DeskConfig, ts: int) -> None:
        """A desk started with these accounts; what their venues said before stays."""
        for account in config.accounts:
            row = self._accounts.get(account.id)
            self._accounts.put(_account_row(account, row, ts))
        for bot_id in (OPERATOR, UNMANAGED):
            if self._bots.get(bot_id) is None:
                self._bots.put(_bot_row(bot_id, bot_id, "", ts))

    def deploy(self, command: Deploy, ts: int) -> None:
        """An instance was made, or made anew."""
        spec = command.spec
        strategy = self._strategies.get(spec.strategy)
        first_ns = ts if strategy is None else strategy.first_used_ns
        self._strategies.put(
            StrategyRow(strategy_name=spec.strategy, first_used_ns=first_ns, last_used_ns=ts)
        )
        account = self._accounts.get(spec.accounts[0]) if spec.accounts else None
        bot = _bot_row(spec.id, "strategy", spec.strategy, ts)
        if account is not None:
            bot.mode = account.mode
            bot.initial_capital = spec.limits.max_exposure_notional or account.start_balance
        self._bots.put(bot)
        old = self._instances.get(spec.id)
        self._instances.put(_instance_row(spec, old.pnl if old is not None else "{}", ts))

    def enable(self, command: EnableAccount, ts: int) -> None:
        """An account may take new risk, or no longer."""
        row = self._accounts.get(command.account)
        if row is not None:
            row.enabled, row.changed_ns = command.enabled, ts
            self._accounts.put(row)

    def balance(self, event: BalanceReported) -> None:
        """The venue's own cash figure."""
        self.balances(
            event.account, {event.currency: (event.total, event.available)}, event.ts_recv
        )

    def balances(
        self, account: AccountId, found: dict[str, tuple[Decimal, Decimal]], ts: int
    ) -> None:
        """The venue's own cash figures (total, available) by currency."""
        row = self._accounts.get(account)
        if row is not None and found:
            known = msgspec.json.decode(row.balances, type=dict[str, tuple[Decimal, Decimal]])
            row.balances, row.balances_ns = _json(known | found), ts
            self._accounts.put(row)

    def session(self, event: SessionChanged) -> None:
        """An account's private stream went away or is back."""
        row = self._accounts.get(event.account)
        if row is not None:
            row.session_live, row.changed_ns = event.live, event.ts_recv
            self._accounts.put(row)

    def lock(self, effect: LockChanged) -> None:
        """An instrument of an account was locked for new risk, or set free."""
        row = self._accounts.get(effect.account)
        if row is None:
            return
        locks = msgspec.json.decode(row.locks, type=dict[str, str])
        locks[effect.instrument or ""] = effect.cause
        row.locks = _json({name: cause for name, cause in locks.items() if cause})
        row.changed_ns = effect.ts
        self._accounts.put(row)

    def trading(self, effect: TradingStateChanged) -> None:
        """A scope may trade more or less; desk and venue stand in the audit alone."""
        row: AccountRow | InstanceRow | None = None
        if effect.scope.kind is ScopeKind.ACCOUNT:
            row = self._accounts.get(effect.scope.name)
        elif effect.scope.kind is ScopeKind.INSTANCE:
            row = self._instances.get(effect.scope.name)
        if row is None:
            return
        row.trading_state, row.trading_cause = effect.state.value, effect.cause
        row.changed_ns = effect.ts
        if isinstance(row, AccountRow):
            self._accounts.put(row)
        else:
            self._instances.put(row)

    def lifecycle(self, effect: LifecycleChanged) -> None:
        """An instance went to another state, or its flags changed."""
        row = self._instances.get(effect.instance)
        if row is None:
            return
        row.state, row.cause = effect.state.value, effect.cause
        row.single_fire, row.faulted = effect.single_fire, effect.faulted
        row.changed_ns = effect.ts
        self._instances.put(row)
        bot = self._bots.get(effect.instance)
        if bot is not None:
            bot.status, bot.last_heartbeat_ns = STATUS[effect.state], effect.ts
            self._bots.put(bot)

    def cycle(self, effect: CycleChanged) -> None:
        """A cycle of an instance opened or closed."""
        row = self._instances.get(effect.instance)
        if row is None:
            return
        cycles = msgspec.json.decode(row.open_cycles, type=dict[str, int])
        if effect.open:
            cycles[effect.cycle] = effect.ts
        else:
            cycles.pop(effect.cycle, None)
        row.open_cycles, row.changed_ns = _json(cycles), effect.ts
        self._instances.put(row)

    def parameters(self, effect: ParametersChanged) -> None:
        """An instance runs with other parameters."""
        row = self._instances.get(effect.instance)
        if row is not None:
            row.parameters, row.parameters_version = _json(effect.parameters), effect.version
            row.changed_ns = effect.ts
            self._instances.put(row)

    def result(self, bot_id: str, currency: str, change: Decimal) -> None:
        """An instance's net result changed."""
        row = self._instances.get(bot_id)
        if row is not None:
            pnl = msgspec.json.decode(row.pnl, type=dict[str, Decimal])
            pnl[currency] = pnl.get(currency, ZERO) + change
            row.pnl = _json(pnl)
            self._instances.put(row)

    def alive(self, bot_id: str, ts: int) -> None:
        """A bot gave a sign of life: it traded."""
        bot = self._bots.get(bot_id)
        if bot is not None:
            bot.last_heartbeat_ns = ts
            self._bots.put(bot)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _account_row(account: Account, known: AccountRow | None, ts: int) -> AccountRow:
    row = AccountRow(
        account_id=account.id,
        venue=account.venue,
        currency=account.currency,
        mode=account.mode.value,
        enabled=account.enabled,
        leverage=account.leverage,
        hedge_mode=account.hedge_mode,
        limits=_json(account.limits),
        start_balance=account.balance,
        changed_ns=ts,
    )
    if known is not None:
        row.balances, row.balances_ns = known.balances, known.balances_ns
        row.locks = known.locks
        row.trading_state, row.trading_cause = known.trading_state, known.trading_cause
    return row


def _bot_row(bot_id: str, bot_type: str, strategy: str, ts: int) -> BotRow:
    return BotRow(
        bot_id=bot_id,
        bot_name=bot_id,
        bot_type=bot_type,
        strategy_name=strategy,
        status=STATUS[Lifecycle.PENDING] if strategy else "active",
        mode="",
        initial_capital=None,
        registered_ns=ts,
        last_heartbeat_ns=ts,
    )


def _instance_row(spec: InstanceSpec, pnl: str, ts: int) -> InstanceRow:
    return InstanceRow(
        bot_id=spec.id,
        strategy_name=spec.strategy,
        accounts=_json(spec.accounts),
        instruments=_json(spec.instruments),
        parameters=_json(spec.parameters),
        parameters_version=1,
        limits=_json(spec.limits),
        auto_resume=spec.auto_resume,
        state=Lifecycle.PENDING.value,
        cause="deployed",
        single_fire=False,
        faulted="",
        open_cycles="{}",
        trading_state="active",
        trading_cause="",
        pnl=pnl,
        created_ns=ts,
        changed_ns=ts,
    )

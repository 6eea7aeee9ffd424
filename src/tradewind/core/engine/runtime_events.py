"""What the runtime tells the core: a start, a due timer, an overrun callback, a stepped clock."""

from tradewind.core.engine import account, guards, kill, lifecycle, reconcile
from tradewind.core.engine.commands import start
from tradewind.core.engine.desk import Desk, Instance, Reading
from tradewind.core.engine.intents import alert, cancel
from tradewind.core.engine.market import close_candles
from tradewind.core.engine.progress import progress, recheck
from tradewind.core.engine.react import tell
from tradewind.core.execution.transitions import Happening
from tradewind.core.risk.losses import LossScope
from tradewind.core.risk.states import AccountState
from tradewind.core.strategy.strategy import Signal
from tradewind.model.commands import Lifecycle, TradingState
from tradewind.model.effects import Level, TradingStateChanged
from tradewind.model.events import (
    CallbackOverran,
    ClockStepped,
    DeskStarted,
    Locked,
    TicksLost,
    Woke,
    WorkReported,
)
from tradewind.model.ids import AccountId, InstanceId, OrderId
from tradewind.model.order import OrderStatus

CLOCK_STEP_NS = 500_000_000
STOP_PATIENCE_NS = 300_000_000_000
RESTING = (Lifecycle.RUNNING, Lifecycle.PAUSED, Lifecycle.STOPPING)


def on_started(desk: Desk, event: DeskStarted) -> None:
    """A desk took the lease: doubt what was under way, and read every account."""
    configure(desk, event)
    for order in list(desk.orders.live.values()):
        desk.orders.apply(order, Happening.RESTARTED, event.ts_recv)
    desk.parked.clear()
    for state in desk.accounts.values():
        state.reconciled = False
        state.refresh()
        desk.readings[state.account.id] = Reading()
        account.read(desk, state.account.id)
    for instance in list(desk.instances.values()):
        _restart(desk, instance)
    if desk.config.reconcile_every_ns:
        desk.set_timer("reconcile", "all", event.ts_recv + desk.config.reconcile_every_ns)
    _wind_timers(desk, event.ts_recv)


def _wind_timers(desk: Desk, now_ns: int) -> None:
    """Set the desk's own timers anew: a cold start knows what they are for, not when they ring."""
    for name in desk.day:
        reconcile.set_day_timer(desk, desk.accounts[name])
    for order in desk.orders.live.values():
        if order.expire_ns:
            desk.set_timer("order", order.client_order_id, max(order.expire_ns, now_ns))
        if order.claimed_qty > order.filled_qty:
            desk.claims.setdefault(order.client_order_id, now_ns)
            due_ns = now_ns + desk.config.claim_patience_ns
            desk.set_timer("claim", order.client_order_id, due_ns)
    for fill in desk.provisional.values():
        due_ns = max(fill.ts_event, now_ns) + account.PROVISIONAL_PATIENCE_NS
        desk.set_timer("final", fill.key, due_ns)
    for instance in desk.instances.values():
        if instance.standing.lifecycle is Lifecycle.STOPPING:
            if not instance.stop_at_ns:
                instance.stop_at_ns = now_ns + STOP_PATIENCE_NS
            desk.set_timer("stop", instance.spec.id, max(instance.stop_at_ns, now_ns))


def configure(desk: Desk, event: DeskStarted) -> None:
    """Take over the configuration and begin a new series of order ids."""
    config = desk.config = event.config
    desk.epoch = event.epoch
    desk.rates.report_in(config.reporting_currency)
    desk.world.start_epoch(config.tag, event.epoch, event.salt)
    desk.world.stale_book_ns = desk.gate.stale_book_ns = config.stale_book_ns
    desk.gate.buffer = config.market_buffer_pct / 100
    desk.desk_scope.limits = config.desk_limits
    for feed in desk.feeds.values():
        feed.memory = config.candle_memory
    for account_ in config.accounts:
        state = desk.accounts.get(account_.id)
        if state is None:
            state = desk.accounts[account_.id] = AccountState(account_)
        else:
            state.account, state.limits = account_, account_.limits
        desk.world.accounts[account_.id] = account_
        desk.venue_scope(account_.venue).limits = config.venue_limits.get(
            account_.venue, desk.venue_scope(account_.venue).limits
        )
        loss = account_.limits.max_daily_loss_pct
        if loss is not None and account_.id not in desk.losses:
            desk.losses[account_.id] = LossScope(account_.id, account_.currency, loss)
    loss = config.desk_limits.max_daily_loss_pct
    if loss is not None and "desk" not in desk.losses:
        desk.losses["desk"] = LossScope("desk", config.reporting_currency, loss)


def _restart(desk: Desk, instance: Instance) -> None:
    """After a restart an instance runs on only if it may; otherwise it waits for a person."""
    standing = instance.standing
    if standing.lifecycle not in RESTING:
        return
    if standing.lifecycle is Lifecycle.RUNNING and not instance.spec.auto_resume:
        lifecycle.change(desk, instance, Lifecycle.PAUSED, "restarted")
    if not instance.watching and not standing.faulted:
        start(desk, instance)


def on_woke(desk: Desk, event: Woke) -> None:
    """Timers are due."""
    for owner, key in desk.due_timers(desk.world.now_ns):
        if owner.startswith("instance "):
            instance = desk.instances.get(InstanceId(owner.removeprefix("instance ")))
            if instance is not None:
                tell(desk, instance, "on_timer", key)
        else:
            _TIMERS[owner](desk, key)


def _gate(desk: Desk, key: str) -> None:
    recheck(desk, OrderId(key))


def _order_expired(desk: Desk, key: str) -> None:
    order = desk.orders.live.get(OrderId(key))
    if order is not None and order.status is not OrderStatus.PENDING_CANCEL:
        cancel(desk, order)


def _guard(desk: Desk, key: str) -> None:
    guard = desk.guards.get(tuple(key.split("|")))
    if guard is not None:
        guards.run(desk, guard)


def _stop(desk: Desk, key: str) -> None:
    instance = desk.instances.get(InstanceId(key))
    if instance is not None:
        progress(desk, instance)


def _day(desk: Desk, key: str) -> None:
    state = desk.accounts[AccountId(key)]
    reconcile.open_day(desk, state)
    for scope in (state, *(instance.scope for instance in desk.instances.values())):
        lifted = scope.rule in ("daily_loss", "breaker", "losses_in_row")
        if scope.state is TradingState.HALTED and lifted:
            scope.state, scope.cause, scope.rule = TradingState.ACTIVE, "", ""
            name = guards.scope_of(desk, scope)
            desk.effects.append(
                TradingStateChanged(
                    name, TradingState.ACTIVE, "a new trading day", desk.world.now_ns
                )
            )
    desk.refresh_restriction()


def _reconcile(desk: Desk, key: str) -> None:
    for name in desk.accounts:
        account.read(desk, name)
    desk.set_timer("reconcile", "all", desk.world.now_ns + desk.config.reconcile_every_ns)


_TIMERS = {
    "gate": _gate,
    "order": _order_expired,
    "guard": _guard,
    "stop": _stop,
    "day": _day,
    "pending": kill.repeat,
    "claim": account.claim_overdue,
    "final": account.not_final,
    "candles": close_candles,
    "reconcile": _reconcile,
}


def on_overran(desk: Desk, event: CallbackOverran) -> None:
    """A callback took too long; one that did not return at all faults its instance."""
    instance = desk.instances.get(event.instance)
    if instance is None:
        return
    took_ms = event.took_ns // 1_000_000
    if event.fatal:
        error = TimeoutError(f"no return after {took_ms} ms")
        lifecycle.fault(desk, instance, event.callback, error)
        return
    alert(
        desk,
        Level.WARNING,
        "callback_overran",
        f"{event.instance} spent {took_ms} ms in {event.callback}; move heavy work out of it.",
        event.instance,
    )


def on_clock(desk: Desk, event: ClockStepped) -> None:
    """Wall and monotonic clock part: no new risk until they are measured again."""
    if abs(event.step_ns) > CLOCK_STEP_NS:
        step_ms = event.step_ns // 1_000_000
        desk.gate.clock_doubt = f"the clock stepped by {step_ms} ms"
        alert(desk, Level.CRITICAL, "clock", f"The clock stepped by {step_ms} ms; no new risk.")
    else:
        desk.gate.clock_doubt = ""
    desk.refresh_restriction()


def on_ticks_lost(desk: Desk, event: TicksLost) -> None:
    """Events between two numbers never reached the disk."""
    alert(
        desk,
        Level.WARNING,
        "ticks_lost",
        f"Events {event.first} to {event.last} are lost; decisions in between cannot be replayed.",
    )


def on_work(desk: Desk, event: WorkReported) -> None:
    """A heavy computation is done."""
    instance = desk.instances.get(event.instance)
    if instance is not None:
        tell(desk, instance, "on_signal", Signal("worker", f"work:{event.key}", event.result))


def on_locked(desk: Desk, event: Locked) -> None:
    """The runtime distrusts an account: no new risk there until it has been read."""
    state = desk.accounts[event.account]
    state.reconciled = False
    state.refresh()
    alert(desk, Level.WARNING, "locked", f"{event.account} is locked: {event.reason}.")
    account.read(desk, event.account)

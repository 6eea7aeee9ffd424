"""What the runtime tells the core: a start, a due timer, an overrun callback, a stepped clock."""

from tradewind.core.engine import account, days, guards, kill, lifecycle, postings
from tradewind.core.engine.commands import start
from tradewind.core.engine.desk import Desk, Instance, Reading
from tradewind.core.engine.intents import ORDER, alert, cancel_until_gone
from tradewind.core.engine.market import close_candles
from tradewind.core.engine.progress import progress, recheck
from tradewind.core.engine.react import call, tell
from tradewind.core.execution.transitions import Happening
from tradewind.core.risk.states import AccountState
from tradewind.core.strategy.strategy import Signal
from tradewind.core.strategy.world import late_after
from tradewind.model.commands import Kill, Lifecycle
from tradewind.model.config import Limits
from tradewind.model.effects import Level
from tradewind.model.errors import TradewindError
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
    for feed in desk.feeds.values():
        for builder in feed.builders.values():
            builder.lose(feed.market.verified_ns)
            builder.regain(event.ts_recv)
    denied = []
    for order in list(desk.orders.live.values()):
        desk.orders.apply(order, Happening.RESTARTED, event.ts_recv)
        if order.status is OrderStatus.DENIED:
            order.reject_reason = "restarted"
            denied.append(order)
    desk.parked.clear()
    for state in desk.accounts.values():
        state.reconciled = False
        state.budget.waiting = 0
        state.refresh()
        desk.readings[state.account.id] = Reading()
        account.read(desk, state.account.id)
    _set_timers(desk)
    for instance in list(desk.instances.values()):
        _restart(desk, instance)
    for order in denied:
        owner = desk.instances.get(order.instance)
        guards.on_order(desk, order)
        if owner is not None:
            tell(desk, owner, "on_order", order)
    if desk.config.reconcile_every_ns:
        desk.set_timer("reconcile", "all", event.ts_recv + desk.config.reconcile_every_ns)


def configure(desk: Desk, event: DeskStarted) -> None:
    """Take over the configuration and begin a new series of order ids."""
    config = desk.config = event.config
    desk.epoch = desk.orders.epoch = event.epoch
    desk.rates.report_in(config.reporting_currency)
    desk.world.start_epoch(config.tag, event.epoch, event.salt)
    desk.world.stale_book_ns = desk.gate.stale_book_ns = config.stale_book_ns
    desk.world.late_ns = late_after(config.stale_book_ns)
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
        desk.venue_scope(account_.venue)
    for venue, scope in desk.venue_scopes.items():
        scope.limits = config.venue_limits.get(venue, Limits())
    for lane in desk.lanes.values():
        lane.find_limits()
    days.watch_losses(desk)


def _set_timers(desk: Desk) -> None:
    """Wake for everything that has a time: a start from the journal alone has no timers."""
    config = desk.config
    for order in desk.orders.live.values():
        if not guards.may_rest(desk, order):
            _wake_at(desk, ORDER, order.client_order_id, desk.world.now_ns)
        elif order.expire_ns:
            _wake_at(desk, ORDER, order.client_order_id, order.expire_ns)
    for client_order_id, since_ns in desk.claims.items():
        _wake_at(desk, "claim", client_order_id, since_ns + config.claim_patience_ns)
    for name, fill in desk.provisional.items():
        _wake_at(desk, "final", name, fill.ts_event + postings.PROVISIONAL_PATIENCE_NS)
    for name_, pending in desk.pending.items():
        _wake_at(desk, "pending", name_, pending.since_ns + kill.REPEAT_NS)
        if isinstance(pending.command, Kill):
            kill.set_rule(desk, pending.command.scope, kill.KILLING)
    for instance in desk.instances.values():
        _await_end(desk, instance)
    for account_id in desk.day:
        days.await_next(desk, account_id)


def _await_end(desk: Desk, instance: Instance) -> None:
    """Look again after an instance that stops, or that pauses after its one cycle."""
    now_ns = desk.world.now_ns
    if instance.standing.lifecycle is Lifecycle.STOPPING:
        instance.stop_at_ns = instance.stop_at_ns or now_ns + STOP_PATIENCE_NS
        _wake_at(desk, "stop", instance.spec.id, instance.stop_at_ns)
    elif instance.standing.single_fire:
        _wake_at(desk, "cycle", instance.spec.id, now_ns)


def _wake_at(desk: Desk, owner: str, key: str, at_ns: int) -> None:
    if (owner, key) not in desk.timer_at:
        desk.set_timer(owner, key, max(at_ns, 1))


def _restart(desk: Desk, instance: Instance) -> None:
    """After a restart an instance runs on only if it may; otherwise it waits for a person."""
    standing = instance.standing
    if standing.lifecycle not in RESTING:
        return
    halted = standing.lifecycle is Lifecycle.RUNNING and not instance.spec.auto_resume
    if halted:
        lifecycle.change(desk, instance, Lifecycle.PAUSED, "restarted")
    if not instance.watching and not standing.faulted:
        try:
            start(desk, instance)
        except TradewindError as error:
            lifecycle.fault(desk, instance, "on_start", error)
    if halted and not standing.faulted:
        call(desk, instance, "on_pause")


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


def _must_go(desk: Desk, key: str) -> None:
    order = desk.orders.live.get(OrderId(key))
    if order is not None:
        cancel_until_gone(desk, order)


def _guard(desk: Desk, key: str) -> None:
    guard = desk.guards.get(tuple(key.split("|")))
    if guard is not None:
        guards.run(desk, guard)


def _progress(desk: Desk, key: str) -> None:
    instance = desk.instances.get(InstanceId(key))
    if instance is not None:
        progress(desk, instance)


def _day(desk: Desk, key: str) -> None:
    state = desk.accounts.get(AccountId(key))
    if state is not None:
        days.open_day(desk, state)


def _reconcile(desk: Desk, key: str) -> None:
    for name in desk.accounts:
        account.read(desk, name)
    desk.set_timer("reconcile", "all", desk.world.now_ns + desk.config.reconcile_every_ns)


_TIMERS = {
    "gate": _gate,
    ORDER: _must_go,
    "guard": _guard,
    "stop": _progress,
    "cycle": _progress,
    "day": _day,
    "pending": kill.repeat,
    "claim": account.claim_overdue,
    "final": postings.not_final,
    "candles": close_candles,
    "reconcile": _reconcile,
}


def on_overran(desk: Desk, event: CallbackOverran) -> None:
    """A callback took too long; one that cannot go on at all faults its instance."""
    instance = desk.instances.get(event.instance)
    if instance is None:
        return
    took_ms = event.took_ns // 1_000_000
    if event.fatal:
        late = TimeoutError(f"no return after {took_ms} ms")
        error = TypeError(event.why) if event.why else late
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
        text = (
            f"The clock stepped by {step_ms} ms; nothing new is begun until it is measured again: "
            f"see that the time service of this machine runs."
        )
        alert(desk, Level.CRITICAL, "clock", text)
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

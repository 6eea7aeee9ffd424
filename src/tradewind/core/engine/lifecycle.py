"""The first table: PENDING → RUNNING ⇄ PAUSED → STOPPING → STOPPED → DEAD; FAULTED is a flag."""

from tradewind.core.engine import intents
from tradewind.core.engine.desk import Call, Desk, Instance
from tradewind.core.market.candles import CandleBuilder
from tradewind.model.commands import Lifecycle
from tradewind.model.effects import CycleChanged, Level, LifecycleChanged

LONGEST = 300
"""Characters of an error's text that are told."""

ALLOWED: dict[Lifecycle, frozenset[Lifecycle]] = {
    Lifecycle.PENDING: frozenset({Lifecycle.RUNNING, Lifecycle.DEAD}),
    Lifecycle.RUNNING: frozenset({Lifecycle.PAUSED, Lifecycle.STOPPING, Lifecycle.DEAD}),
    Lifecycle.PAUSED: frozenset({Lifecycle.RUNNING, Lifecycle.STOPPING, Lifecycle.DEAD}),
    Lifecycle.STOPPING: frozenset({Lifecycle.STOPPED, Lifecycle.DEAD}),
    Lifecycle.STOPPED: frozenset({Lifecycle.RUNNING, Lifecycle.DEAD}),
    Lifecycle.DEAD: frozenset(),
}
"""STOPPED → RUNNING is a fresh start by `resume`; DEAD is final."""


def change(desk: Desk, instance: Instance, state: Lifecycle, cause: str) -> None:
    """Move an instance and record it; the caller has checked `ALLOWED`."""
    standing = instance.standing
    standing.lifecycle = state
    standing.cause = cause
    standing.since_ns = desk.world.now_ns
    desk.effects.append(
        LifecycleChanged(
            standing.instance,
            state,
            cause,
            desk.world.now_ns,
            standing.single_fire,
            standing.faulted,
        )
    )


def fault(desk: Desk, instance: Instance, callback: str, error: BaseException) -> None:
    """A strategy raised: flag it, cancel its opening orders, keep its exits and guards."""
    standing = instance.standing
    if standing.faulted:
        return
    text = f"{callback} raised {_told(instance, error)}"
    standing.faulted = text
    instance.ctx.outbox.clear()
    unsubscribe(desk, instance)
    change(desk, instance, standing.lifecycle, f"faulted: {text}")
    intents.alert(
        desk,
        Level.CRITICAL,
        "faulted",
        f"{standing.instance} is faulted ({text}); its opening orders are cancelled and its "
        f"exits go on; mend the strategy, then resume it.",
        standing.instance,
    )
    for order in list(desk.world.live_orders.get(standing.instance, {}).values()):
        if not order.spec.reduce_only:
            intents.cancel_until_gone(desk, order)


def _told(instance: Instance, error: BaseException) -> str:
    """Return an error in one line, with the line of the strategy's own file that it came from."""
    own, line = type(instance.strategy).__module__, 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == own:
            line = trace.tb_lineno
        trace = trace.tb_next
    said = " ".join(str(error).split())[:LONGEST] or "no reason given"
    return f"{type(error).__name__}{f' in line {line}' if line else ''}: {said.rstrip('.')}"


def cycle(desk: Desk, instance: Instance, name: str, *, opened: bool) -> None:
    """Note that a cycle opened or closed."""
    cycles = instance.standing.cycles
    if opened == (name in cycles):
        return
    if opened:
        cycles[name] = desk.world.now_ns
        if instance.standing.single_fire:
            instance.standing.fired = True
    else:
        del cycles[name]
    desk.effects.append(CycleChanged(instance.spec.id, name, opened, desk.world.now_ns))


def subscribe(desk: Desk, instance: Instance, instrument: str) -> None:
    """Let an instance hear an instrument's market data."""
    feed = desk.feeds.get(instrument)  # type: ignore[call-overload]
    if feed is None or instrument in instance.watching:
        return
    instance.watching.add(feed.market.instrument.id)
    lists = {"on_quote": feed.quotes, "on_trade": feed.trades, "on_book": feed.books}
    for name, callback in instance.calls.items():
        if name in lists:
            lists[name].append((instance, instance.ctx, callback))
    if "on_candle" in instance.calls:
        interval = instance.strategy.interval
        listener = (instance, instance.ctx, instance.calls["on_candle"])
        feed.candles.setdefault(interval, []).append(listener)
        _build_candles(desk, instrument, interval)


def unsubscribe(desk: Desk, instance: Instance, instrument: str | None = None) -> None:
    """Stop an instance's market data, of one instrument or of all."""
    watched = set(instance.watching) if instrument is None else {instrument}
    for name in sorted(watched):
        # New lists: whoever goes through one of them now must not miss its next listener.
        feed = desk.feeds[name]  # type: ignore[index]
        feed.quotes = _without(instance, feed.quotes)
        feed.trades = _without(instance, feed.trades)
        feed.books = _without(instance, feed.books)
        for interval, calls in feed.candles.items():
            feed.candles[interval] = _without(instance, calls)
        instance.watching.discard(name)
    if instrument is None:
        for source, calls in desk.references.items():
            desk.references[source] = _without(instance, calls)


def _without(instance: Instance, calls: list[Call]) -> list[Call]:
    return [call for call in calls if call[0] is not instance]


def _build_candles(desk: Desk, instrument: str, interval: str) -> None:
    feed = desk.feeds[instrument]  # type: ignore[index]
    rules = feed.market.instrument
    if interval in feed.builders:
        return
    source = rules.candles_from(interval)
    if source == "trade":
        builder = CandleBuilder(rules, interval, "trade")
    elif source == "quote":
        builder = CandleBuilder(rules, interval, "quote")
    else:
        return
    feed.builders[interval] = builder
    if not feed.market.live:
        builder.lose(feed.market.verified_ns)

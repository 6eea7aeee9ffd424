"""What the short seller says: alerts about one instrument, and the report at set times.

Turns numbers that others have found into sentences and asks only for alerts, never for orders.
"""

from collections.abc import Iterable

from tradewind.core.strategy.context import Context
from tradewind.model.effects import Level
from tradewind.model.errors import ConfigError
from tradewind.model.money import NANOS
from tradewind.strategies.dual_ema_short.alerts import HIGH_MOVE, HIGH_SURGE
from tradewind.strategies.dual_ema_short.assets import Asset
from tradewind.strategies.dual_ema_short.slots import Phase, ShortState
from tradewind.strategies.dual_ema_short.trend import DAY_NS

MINUTE_NS = 60 * NANOS


def speak(ctx: Context, asset: Asset, *, regime_changed: bool) -> None:
    """Raise the alerts that the last candle is worth and that have been quiet long enough."""
    pulse, trend = asset.pulse, asset.trend
    name, now_ns = asset.instrument.symbol, trend.close_ns
    if regime_changed and pulse.may_speak("regime_change", now_ns):
        regime = "active" if trend.active else "inactive"
        ctx.alert("regime_change", f"{name}: the regime is {regime} at {trend.close}.", Level.INFO)
    if pulse.move and pulse.may_speak("price_move", now_ns):
        level = Level.WARNING if abs(pulse.move) > HIGH_MOVE else Level.INFO
        text = f"{name} moved {pulse.move:+.2%} over three candles, to {trend.close}."
        ctx.alert("price_move", text, level)
    if pulse.surge and pulse.may_speak("volume_surge", now_ns):
        level = Level.WARNING if pulse.surge > HIGH_SURGE else Level.INFO
        text = f"{name} traded {pulse.surge:.1f} times the mean of the four candles before."
        ctx.alert("volume_surge", text, level)
    if pulse.near and pulse.may_speak("means_near", now_ns):
        text = f"{name}: the means have come within half a percent of each other at {trend.close}."
        ctx.alert("means_near", text, Level.INFO)


def describe(ctx: Context, assets: Iterable[Asset], state: ShortState) -> str:
    """Return the report: equity, halt, and how each instrument stands."""
    lines = [describe_one(ctx, asset) for asset in assets]
    halt = f", entries halted: {state.halt}" if state.halt else ""
    return f"equity {ctx.equity():.2f}{halt}; " + "; ".join(lines)


def describe_one(ctx: Context, asset: Asset) -> str:
    """Return one instrument's line: phase, regime, the day's crosses, position and open result."""
    slot, trend = asset.slot, asset.trend
    phase = slot.phase
    if phase is Phase.FLAT and ctx.now_ns < slot.cooldown_ns:
        phase = Phase.COOLDOWN
    words = [f"{asset.instrument.symbol} {phase.value}"]
    if not trend.ready:
        words.append(f"warming up, {trend.candles} candles")
    else:
        words.append("regime active" if trend.active else "regime inactive")
    words.append(f"{trend.crosses_on(ctx.now_ns)} crosses today")
    held = ctx.position(asset.instrument.id)
    mark = ctx.market(asset.instrument.id).mark()
    if held.qty and mark is not None:
        words.append(f"{held.qty} at {held.avg_px:.2f}, open result {held.unrealised(mark):.2f}")
    return ", ".join(words)


def time_of_day(text: str) -> int:
    """Return HH:MM as nanoseconds since midnight; raises ConfigError for anything else."""
    hours, _, minutes = text.partition(":")
    if len(text) == 5 and hours.isdigit() and minutes.isdigit():
        total = int(hours) * 60 + int(minutes)
        if int(hours) < 24 and int(minutes) < 60:
            return total * MINUTE_NS
    raise ConfigError(f'Read status_times_utc, found {text!r}; give times such as "08:00".')


def next_report(times_ns: list[int], now_ns: int) -> int | None:
    """Return when the next of the sorted times of day comes; None when there is none."""
    if not times_ns:
        return None
    midnight_ns = now_ns - now_ns % DAY_NS
    for time_ns in times_ns:
        if midnight_ns + time_ns > now_ns:
            return midnight_ns + time_ns
    return midnight_ns + DAY_NS + times_ns[0]

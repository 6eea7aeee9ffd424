"""The short seller itself: parameters, what a closed candle leads to, and what it reports.

It knows all its instruments and the account's equity. Means and crosses are in `trend`, sizes
and guard prices in `risk`, what one position needs in `holding`.
"""

from decimal import Decimal
from typing import Any, ClassVar

from tradewind.core.strategy.context import Context
from tradewind.model.effects import Level
from tradewind.model.errors import ConfigError, Refused
from tradewind.model.events import Candle
from tradewind.model.fill import Fill
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.model.market import INTERVALS_NS, CandleStatus
from tradewind.model.money import NANOS, ZERO
from tradewind.model.order import Order, Side
from tradewind.strategies.dual_ema_short import holding
from tradewind.strategies.dual_ema_short.assets import Asset
from tradewind.strategies.dual_ema_short.holding import EXIT, GUARD
from tradewind.strategies.dual_ema_short.limits import LossRules, find_halt, note_equity, release
from tradewind.strategies.dual_ema_short.parameters import ShortParameters
from tradewind.strategies.dual_ema_short.reports import describe, next_report, speak, time_of_day
from tradewind.strategies.dual_ema_short.risk import (
    GuardRules,
    exposure_allows,
    for_asset,
    size_short,
)
from tradewind.strategies.dual_ema_short.slots import NO_ORDER, Phase, ShortState, Slot
from tradewind.strategies.dual_ema_short.trend import Trend

BUY = Side.BUY
FLAT = Phase.FLAT
ENTERING = Phase.ENTERING
SHORT = Phase.SHORT
EXITING = Phase.EXITING
CORRECTED = CandleStatus.CORRECTED
MINUTE_NS = 60 * NANOS
HOUR_NS = 60 * MINUTE_NS
QUICK_NS = HOUR_NS
STATUS = "status"
_PER_ASSET = ("stop_loss_pct", "take_profit_pct", "trailing_pct", "trailing_activation_pct")


class DualEmaShort(ShortParameters):
    """Short what falls through its long means while it is below both; stop, target and trail it."""

    commands: ClassVar[dict[str, str]] = {
        "close": "buy one position back now (instrument)",
        "reset_halt": "permit entries again; losses and drawdown count from here",
        "status": "say what is held and how each instrument stands",
    }
    state: ShortState

    # --- start and change --------------------------------------------------------------------

    def on_start(self, ctx: Context) -> None:
        """Warm the means up from remembered candles and pick up what is held."""
        if getattr(self, "state", None) is None:
            self.state = ShortState()
        self._read_rules()
        shape = (self.ema_fast, self.ema_slow, self.regime_mode, self.interval)
        same = getattr(self, "_shape", None) == shape
        self._shape = shape
        kept: dict[InstrumentId, Asset] = self._assets if same else {}
        self._assets: dict[InstrumentId, Asset] = {}
        for instrument in ctx.instruments:
            if ctx.known(instrument):
                self._begin(ctx, instrument, kept.get(instrument))
        self._set_status_timer(ctx)

    def on_parameters(self, ctx: Context, changed: tuple[str, ...]) -> None:
        """Use the new parameters from the next candle on; guards move to their new distances."""
        self._read_rules()
        for asset in self._assets.values():
            asset.guard_rules = self._guard_rules(asset.instrument)
            if asset.slot.phase is SHORT:
                holding.guard_position(ctx, asset.instrument, asset.slot, asset.guard_rules)
        self._set_status_timer(ctx)

    def _read_rules(self) -> None:
        if self.ema_fast >= self.ema_slow:
            raise ConfigError(
                f"Read ema_fast {self.ema_fast} and ema_slow {self.ema_slow}, found that the "
                f"fast one is not faster; give a smaller ema_fast."
            )
        self._interval_ns = INTERVALS_NS[self.interval]
        self._window_ns = self.cross_window_min * MINUTE_NS
        self._hold_ns = int(self.max_hold_h * HOUR_NS)
        self._least = self.min_candles or self.ema_slow
        self._status_ns = sorted(time_of_day(text) for text in self.status_times_utc)

    def _guard_rules(self, instrument: Instrument) -> GuardRules:
        values = []
        for name in _PER_ASSET:
            otherwise = for_asset(type(self).parameters[name].default, instrument, ZERO)
            values.append(for_asset(getattr(self, name), instrument, otherwise))
        return GuardRules(*values)

    def _begin(self, ctx: Context, instrument: InstrumentId, kept: Asset | None = None) -> Asset:
        rules = ctx.instrument(instrument)
        slot = self.state.slots.get(instrument)
        if slot is None:
            slot = self.state.slots[instrument] = Slot()
        trend = self._trend(ctx, instrument, kept.trend if kept is not None else None)
        trend.resume_count(slot.day, slot.crosses, slot.cross_ns)
        if rules.kind is InstrumentKind.SPOT:
            text = f"{instrument} is spot, which cannot be sold short; its entries will be refused."
            ctx.alert("not_shortable", text, Level.WARNING)
        asset = Asset(rules, trend, self._guard_rules(rules), slot)
        self._assets[instrument] = asset
        self._sync(ctx, asset)
        if slot.phase is EXITING:
            holding.push_exit(ctx, instrument, slot)
        return asset

    def _trend(self, ctx: Context, instrument: InstrumentId, kept: Trend | None) -> Trend:
        """Return the means as an uninterrupted run would have them, as far as candles reach.

        Means that are still in memory go on where no candle is missing, because means seeded
        anew differ from those that have run for long.
        """
        history = ctx.candles(instrument, self.interval)
        trend = kept
        if trend is None or (history and history[0].ts_event > trend.close_ns):
            trend = Trend(self.ema_fast, self.ema_slow, stacked=self.regime_mode == "stacked")
        for candle in history:
            close_ns = candle.ts_event + self._interval_ns
            if close_ns > trend.close_ns:
                trend.update(candle.close, close_ns)
        return trend

    # --- candles -----------------------------------------------------------------------------

    def on_candle(self, ctx: Context, candle: Candle) -> None:
        """Update the means; then tend the position, or see whether to open one."""
        asset = self._assets.get(candle.instrument) or self._begin(ctx, candle.instrument)
        trend = asset.trend
        close_ns = candle.ts_event + self._interval_ns
        if close_ns <= trend.close_ns:
            if candle.status is CORRECTED:
                self._correct(ctx, asset)
            return
        was = trend.active
        slot = asset.slot
        if trend.update(candle.close, close_ns):
            slot.day, slot.crosses, slot.cross_ns = trend.day, trend.crosses, close_ns
        if self.alerts:
            news = asset.pulse.update(candle.close, candle.volume, trend.fast, trend.slow)
            if news or was is not trend.active:
                speak(ctx, asset, regime_changed=was is not trend.active)
        if slot.phase is not FLAT:
            self._tend(ctx, asset, candle)
        elif trend.active and close_ns - trend.cross_ns <= self._window_ns:
            self._consider(ctx, asset, candle)

    def _correct(self, ctx: Context, asset: Asset) -> None:
        """Compute the means again from the remembered candles, the corrected one among them."""
        history = ctx.candles(asset.instrument.id, self.interval)
        if len(history) >= self._least:
            asset.trend = self._trend(ctx, asset.instrument.id, None)
            slot = asset.slot
            asset.trend.resume_count(slot.day, slot.crosses, slot.cross_ns)

    def _consider(self, ctx: Context, asset: Asset, candle: Candle) -> None:
        trend, slot = asset.trend, asset.slot
        if not ctx.may_open or trend.candles < self._least:
            return
        if trend.crosses_on(trend.close_ns) >= self.max_crosses_per_day:
            return
        if trend.close_ns < slot.cooldown_ns or self._halted(ctx):
            return
        instrument = asset.instrument = ctx.instrument(candle.instrument)
        account = ctx.account_for(instrument.id)
        if ctx.barred(instrument.id, account):
            return
        px = instrument.px(candle.close_quanta)
        balance = ctx.cash(account)
        qty = size_short(
            instrument,
            px,
            balance=balance,
            allocation_pct=self.allocation_pct,
            leverage=self.leverage,
        )
        if not qty:
            ctx.note("reject", instrument=instrument.id, rule="below_minimum")
        elif not exposure_allows(
            held=sum((each.exposure(ctx) for each in self._assets.values()), ZERO),
            notional=instrument.notional(qty, px),
            equity=ctx.equity(account),
            max_exposure_pct=self.max_exposure_pct,
        ):
            ctx.note("reject", instrument=instrument.id, rule="exposure")
        else:
            self._enter(ctx, asset, qty)

    def _enter(self, ctx: Context, asset: Asset, qty: Decimal) -> None:
        slot, instrument = asset.slot, asset.instrument.id
        cycle = f"{instrument}#{self.state.cycles + 1}"
        if not ctx.open_cycle(cycle):
            return
        self.state.cycles += 1
        slot.phase = ENTERING
        slot.cycle = cycle
        slot.net_before = ctx.position(instrument).net
        slot.entry_id = ctx.sell(instrument, qty, reason="entry", group=cycle)

    def _tend(self, ctx: Context, asset: Asset, candle: Candle) -> None:
        slot = asset.slot
        if slot.phase is EXITING:
            holding.push_exit(ctx, candle.instrument, slot)
        if slot.phase is not SHORT:
            return
        note_equity(self.state, ctx.equity(), ctx.now_ns)
        reason = holding.reached(slot.guard, asset.instrument.px(candle.close_quanta))
        if not reason and asset.trend.close_ns - slot.entered_ns >= self._hold_ns:
            reason = "time_exit"
        if not reason and self.regime_exit and not asset.trend.active:
            cooling = asset.trend.close_ns < slot.cooldown_ns
            if not (cooling and self.cooldown_blocks_regime_exit):
                reason = "regime_exit"
        if reason:
            holding.leave(ctx, candle.instrument, slot, reason)

    # --- orders and fills --------------------------------------------------------------------

    def on_fill(self, ctx: Context, fill: Fill) -> None:
        """Guard what was sold at once, for its quantity; see whether the position is gone."""
        asset = self._assets.get(fill.instrument)
        if asset is not None:
            self._sync(ctx, asset)

    def on_order(self, ctx: Context, order: Order) -> None:
        """Go on where an order has ended: nothing filled, or an exit that left something."""
        asset = self._assets.get(order.instrument)
        if asset is None:
            return
        slot = asset.slot
        holding.see_stop(ctx, slot, order)
        if order.live:
            return
        if order.client_order_id == slot.entry_id and order.status in holding.FAILED:
            ctx.note("entry_failed", instrument=order.instrument, rule=order.reject_reason)
        if order.side is BUY and order.filled_qty:
            slot.left_by = order.reason
        if (
            order.client_order_id == slot.exit_id
            and order.status in holding.FAILED
            and not slot.bare
        ):
            holding.take_guard(ctx, order.instrument, slot)
        self._sync(ctx, asset)
        if asset.slot.phase is EXITING:
            holding.push_exit(ctx, order.instrument, asset.slot)

    def on_timer(self, ctx: Context, key: str) -> None:
        """Report at the set times; look again at a guard or an exit."""
        if key == STATUS:
            ctx.alert(STATUS, describe(ctx, self._assets.values(), self.state), Level.INFO)
            self._set_status_timer(ctx)
            return
        name = key.removeprefix(GUARD).removeprefix(EXIT)
        asset = self._assets.get(InstrumentId(name))
        if asset is None:
            return
        if key.startswith(GUARD):
            holding.check_guard(ctx, asset.instrument, asset.slot)
        elif asset.slot.phase is EXITING:
            holding.push_exit(ctx, asset.instrument.id, asset.slot)

    def _sync(self, ctx: Context, asset: Asset) -> None:
        slot = asset.slot
        asset.instrument = ctx.instrument(asset.instrument.id)
        held = ctx.position(asset.instrument.id)
        entry = ctx.order(slot.entry_id)
        if held.qty < ZERO:
            if slot.phase is FLAT or slot.phase is ENTERING:
                self._note_entry(ctx, slot, held.opened_ns)
            holding.guard_position(ctx, asset.instrument, slot, asset.guard_rules)
        elif entry is None and slot.phase is not FLAT:
            self._close(ctx, asset)
        elif entry is not None and slot.guard is not None:
            # Closed before the entry was done: what it still fills needs a guard of its own.
            slot.guard = None
            ctx.cancel(slot.entry_id)

    def _note_entry(self, ctx: Context, slot: Slot, opened_ns: int) -> None:
        slot.phase = SHORT
        slot.entered_ns = opened_ns or ctx.now_ns
        if self.cooldown_on == "after_entry":
            slot.cooldown_ns = slot.entered_ns + self.cooldown_min * MINUTE_NS

    def _close(self, ctx: Context, asset: Asset) -> None:
        slot, instrument = asset.slot, asset.instrument.id
        if slot.entered_ns:
            result = ctx.position(instrument).net - slot.net_before
            reason = slot.exit_reason or slot.left_by or "reconcile"
            ctx.note("closed", instrument=instrument, reason=reason, result=result)
            lived_ns = ctx.now_ns - slot.entered_ns
            if self.cooldown_on == "quick_exit" and lived_ns < QUICK_NS:
                slot.cooldown_ns = ctx.now_ns + self.cooldown_min * MINUTE_NS
        if slot.guard is not None and not slot.bare:
            ctx.protect(instrument, None)
        if slot.exit_id != NO_ORDER and ctx.order(slot.exit_id) is not None:
            ctx.cancel(slot.exit_id)
        if slot.cycle:
            ctx.close_cycle(slot.cycle)
        fresh = Slot(
            cooldown_ns=slot.cooldown_ns, day=slot.day, crosses=slot.crosses, cross_ns=slot.cross_ns
        )
        asset.slot = self.state.slots[instrument] = fresh
        note_equity(self.state, ctx.equity(), ctx.now_ns)

    def _halted(self, ctx: Context) -> bool:
        state = self.state
        equity = ctx.equity()
        note_equity(state, equity, ctx.now_ns)
        if not state.halt:
            rules = LossRules(self.max_daily_loss_pct, self.max_drawdown_pct)
            state.halt = find_halt(state, equity, rules)
            if state.halt:
                text = f"No entries ({state.halt}): equity {equity:.2f}, peak {state.peak:.2f}."
                ctx.alert("halted", text, Level.CRITICAL)
        return bool(state.halt)

    # --- commands ----------------------------------------------------------------------------

    def on_stop(self, ctx: Context, mode: str) -> None:
        """Leave a flattening to the engine; else positions run to their exits, stops stay."""
        if mode == "flatten":
            for asset in self._assets.values():
                if ctx.position(asset.instrument.id).qty:
                    holding.hand_over(asset.slot, "manual")

    def on_command(self, ctx: Context, action: str, arguments: dict[str, Any]) -> str:
        """Answer `close`, `reset_halt` and `status`."""
        if action == "close":
            return self._close_one(ctx, InstrumentId(str(arguments.get("instrument", ""))))
        if action == "reset_halt":
            was = self.state.halt or "none"
            release(self.state, ctx.equity())
            return f"halt reset (was: {was})"
        if action == STATUS:
            return describe(ctx, self._assets.values(), self.state)
        return super().on_command(ctx, action, arguments)

    def _close_one(self, ctx: Context, instrument: InstrumentId) -> str:
        asset = self._assets.get(instrument)
        if asset is None or asset.slot.phase is not SHORT:
            held = [name for name, each in self._assets.items() if each.slot.phase is SHORT]
            raise Refused(
                f"Closed {instrument or 'nothing'}, found {', '.join(held) or 'nothing'} held; "
                f"name one of these."
            )
        holding.leave(ctx, instrument, asset.slot, "manual")
        return f"leaving {instrument}"

    def _set_status_timer(self, ctx: Context) -> None:
        at_ns = next_report(self._status_ns, ctx.now_ns)
        if at_ns is None:
            ctx.cancel_timer(STATUS)
        else:
            ctx.timer(STATUS, at_ns=at_ns)

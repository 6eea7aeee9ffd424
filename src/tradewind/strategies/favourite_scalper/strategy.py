"""The scalper itself: parameters, which market to enter, and what each callback leads to.

It knows all its positions and the day's result. The rules themselves are pure functions beside
it; what one position needs is in `holding`.
"""

from typing import Any, ClassVar, TypeVar

import msgspec

from tradewind.core.strategy.context import Context
from tradewind.model.commands import Lifecycle
from tradewind.model.effects import Level
from tradewind.model.errors import Refused
from tradewind.model.events import BookDelta, BookSnapshot, Quote, Trade
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.model.money import NANOS, ZERO
from tradewind.model.order import Order, OrderStatus, Side
from tradewind.strategies.favourite_scalper import breakers, holding
from tradewind.strategies.favourite_scalper.breakers import BreakerRules
from tradewind.strategies.favourite_scalper.entering import (
    Candidate,
    find_candidate,
    reject_holding,
)
from tradewind.strategies.favourite_scalper.filters import MINUTE_NS, EntryRules
from tradewind.strategies.favourite_scalper.holding import HoldRules
from tradewind.strategies.favourite_scalper.outlook import (
    balance_of,
    exposure,
    longest_quiet_s,
    look_out,
    quiet_s,
    unrealised,
)
from tradewind.strategies.favourite_scalper.parameters import ScalperParameters
from tradewind.strategies.favourite_scalper.sizing import SizeRules, size_entry
from tradewind.strategies.favourite_scalper.slots import Phase, ScalperState, Slot

SELL = Side.SELL
OVER = (Lifecycle.STOPPED, Lifecycle.DEAD)
"""Where nothing is tended: what is held is the operator's, and the alert has said so."""
NEVER_THERE = (OrderStatus.DENIED, OrderStatus.NOT_SENT)
FAILED = (*NEVER_THERE, OrderStatus.REJECTED)
FAILED_NS = 60 * NANOS
"""A market whose entry was refused is left alone so long; what refused it seldom ends sooner."""
NOTE_GAP_NS = 60 * NANOS
"""The same rule on the same instrument is noted once a minute, however often it rejects."""
AWAY_NS = 5 * NANOS
"""Beats come each second; a gap of this length means that the desk was not running."""
Rules = TypeVar("Rules", bound=msgspec.Struct)


class FavouriteScalper(ScalperParameters):
    """Buy outcomes that the market holds for likely, for about +2 % against about -1 %.

    With both legs paying taker fees at these prices about two trades in three must win to break
    even; a target that rests as maker is what makes the difference.
    """

    commands: ClassVar[dict[str, str]] = {
        "close": "leave the position in one instrument now (instrument)",
        "reset_breaker": "permit entries again; losses count from here",
        "status": "say what is held and how the day stands",
    }
    state: ScalperState

    # --- start and change --------------------------------------------------------------------

    def on_start(self, ctx: Context) -> None:
        """Arm the stops of what is held before anything else, then look at the markets."""
        self._read_rules()
        self._awake_ns = self._beat_ns = ctx.now_ns
        self._candidates: dict[InstrumentId, None] = {}
        self._noted: dict[tuple[InstrumentId, str], int] = {}
        if getattr(self, "state", None) is None:
            self.state = ScalperState()
        for slot in self.state.slots.values():
            slot.hits = 0
            slot.printed = False
        for instrument in ctx.instruments:
            self._adopt(ctx, instrument)
        self._tend_all(ctx)

    def on_parameters(self, ctx: Context, changed: tuple[str, ...]) -> None:
        """Use the new parameters from the next look on; armed stops stay where they are."""
        self._read_rules()

    def wants(self, instrument: Any) -> bool:
        """Watch the binary outcomes of `discover_venue` in the wanted categories."""
        if instrument.kind is not InstrumentKind.BINARY or instrument.venue != self.discover_venue:
            return False
        return not self.categories or instrument.statistics.get("category") in self.categories

    def _read_rules(self) -> None:
        self._entry = self._rules(EntryRules)
        self._size = self._rules(SizeRules)
        self._hold = self._rules(HoldRules)
        self._breakers = self._rules(BreakerRules)

    def _rules(self, kind: type[Rules]) -> Rules:
        return kind(**{name: getattr(self, name) for name in kind.__struct_fields__})

    # --- news --------------------------------------------------------------------------------

    def on_book(self, ctx: Context, book: BookSnapshot | BookDelta) -> None:
        """Look at the stop of what is held there, else whether to enter."""
        self._look(ctx, book.instrument)

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        """Look at the stop of what is held there, else whether to enter."""
        self._look(ctx, quote.instrument)

    def on_trade(self, ctx: Context, trade: Trade) -> None:
        """Let a print at or below the stop confirm it."""
        slot = self.state.slots.get(trade.instrument)
        if slot is not None and holding.see_print(slot, trade.px):
            self._tend(ctx, slot)

    def on_fill(self, ctx: Context, fill: Fill) -> None:
        """Guard what was bought; count what a forced sell brought."""
        slot = self.state.slots.get(fill.instrument)
        if slot is None:
            self._adopt(ctx, fill.instrument)
            return
        forced = slot.phase is Phase.EXITING and fill.client_order_id != slot.target_id
        if fill.side is SELL and forced:
            sign = -1 if fill.life is FillLife.FAILED else 1
            slot.sold_qty += sign * fill.qty
            slot.sold_cost += sign * fill.qty * fill.px
        self._tend(ctx, slot)

    def on_order(self, ctx: Context, order: Order) -> None:
        """Go on where an order has been answered or has ended."""
        slot = self.state.slots.get(order.instrument)
        if slot is None:
            return
        if not order.live:
            self._note_end(ctx, slot, order)
        self._tend(ctx, slot)

    def on_timer(self, ctx: Context, key: str) -> None:
        """Look at the clock of a position once a second, as long as there is one."""
        slot = self.state.slots.get(InstrumentId(key.removeprefix(holding.BEAT)))
        if slot is None or ctx.standing.lifecycle in OVER:
            return
        if self._breaker(ctx) and self.breaker_flattens:
            self._leave_all(ctx, "kill_switch")
        self._warn(ctx)
        self._watch_silence(ctx, slot)
        holding.beat(ctx, slot)
        self._tend(ctx, slot)

    def on_pause(self, ctx: Context) -> None:
        """Cancel entries under way; exits go on."""
        self._tend_all(ctx)

    def on_stop(self, ctx: Context, mode: str) -> None:
        """Cancel entries; leave a flattening to the engine; refuse to drop stops unasked.

        Raises Refused for a force-stop that would leave positions without their stops.
        """
        held = [each for each in self.state.slots.values() if ctx.position(each.instrument).qty]
        if mode == "force_stop" and held:
            raise Refused(
                f"Force-stopped {ctx.instance}, found {len(held)} positions whose stops only it "
                f"keeps; flatten it first, or force-stop with cancel_protective."
            )
        if mode == "flatten":
            for slot in held:
                holding.hand_over(slot, "manual")
        self._tend_all(ctx)

    def on_command(self, ctx: Context, action: str, arguments: dict[str, Any]) -> str:
        """Answer `close`, `reset_breaker` and `status`."""
        if action == "close":
            slot = self.state.slots.get(InstrumentId(str(arguments.get("instrument", ""))))
            if slot is None:
                held = ", ".join(self.state.slots) or "nothing"
                raise Refused(f"Closed {arguments.get('instrument')}, found {held} held; name one.")
            holding.leave(ctx, slot, "manual")
            self._tend(ctx, slot)
            return f"leaving {slot.instrument}"
        if action == "reset_breaker":
            was = self.state.record.breaker or "none"
            breakers.reset(self.state.record, balance_of(ctx, self.state))
            return f"breaker reset (was: {was})"
        if action == "status":
            return self._describe(ctx)
        return super().on_command(ctx, action, arguments)

    # --- entering ----------------------------------------------------------------------------

    def _look(self, ctx: Context, instrument: InstrumentId) -> None:
        slot = self.state.slots.get(instrument)
        market = ctx.market(instrument)
        bid = market.bid if market.bid_qty else None
        if slot is not None:
            holding.see_book(slot, bid)
            self._tend(ctx, slot)
        elif bid is None or bid < self.entry_threshold:
            self._candidates.pop(instrument, None)
            self._note_reject(ctx, instrument, "probability")
        else:
            self._candidates[instrument] = None
            self._consider(ctx, instrument)

    def _consider(self, ctx: Context, instrument: InstrumentId) -> None:
        if not ctx.may_open:
            return
        first = self._candidate(ctx, instrument)
        if first is None:
            return
        if self._breaker(ctx):
            self._note_reject(ctx, instrument, "breaker")
            return
        others = [self._candidate(ctx, each) for each in self._candidates if each != instrument]
        found = [first, *(each for each in others if each is not None)]
        found.sort(key=lambda each: (-each.points, each.instrument.id))
        for candidate in found:
            reject = self._reject(ctx, candidate.instrument) or self._enter(ctx, candidate)
            self._note_reject(ctx, candidate.instrument.id, reject)
            if not reject and ctx.standing.single_fire:
                return

    def _candidate(self, ctx: Context, instrument: InstrumentId) -> Candidate | None:
        found = find_candidate(ctx, instrument, self._entry)
        reject = found if isinstance(found, str) else self._reject(ctx, found.instrument)
        self._note_reject(ctx, instrument, reject)
        return None if reject or isinstance(found, str) else found

    def _reject(self, ctx: Context, instrument: Instrument) -> str:
        return reject_holding(
            ctx,
            self.state,
            instrument,
            max_positions=self.max_positions,
            max_correlated=self.max_correlated,
        )

    def _enter(self, ctx: Context, candidate: Candidate) -> str:
        instrument = candidate.instrument
        account = ctx.account_for(instrument.id)
        barred = ctx.barred(instrument.id, account)
        if barred:
            return barred
        size = size_entry(
            instrument,
            candidate.plan,
            balance=balance_of(ctx, self.state, account),
            exposure=exposure(ctx, self.state),
            rules=self._size,
        )
        if size.reject:
            return size.reject
        cycle = f"{instrument.id}#{self.state.cycles + 1}"
        if not ctx.open_cycle(cycle):
            return "not_running"
        self.state.cycles += 1
        entry_id = ctx.buy(
            instrument.id,
            size.qty,
            candidate.plan.entry,
            ttl_ns=self.entry_timeout_s * NANOS,
            reason="entry",
            group=cycle,
        )
        slot = self.state.slots[instrument.id] = Slot(
            instrument=instrument.id,
            market=instrument.canonical_market,
            cycle=cycle,
            entry_id=entry_id,
            asked_ns=ctx.now_ns,
            net_before=ctx.position(instrument.id).net,
        )
        self._candidates.pop(instrument.id, None)
        holding.beat(ctx, slot)
        return ""

    def _adopt(self, ctx: Context, instrument: InstrumentId) -> None:
        """Guard a position that no slot explains, such as a fill told after its order ended."""
        held = ctx.position(instrument)
        if held.qty <= ZERO or instrument in self.state.slots:
            return
        slot = Slot(
            instrument=instrument,
            market=ctx.instrument(instrument).canonical_market,
            cycle="",
            phase=Phase.MONITORING,
            asked_ns=ctx.now_ns,
            net_before=held.net,
        )
        self.state.slots[instrument] = slot
        ctx.note("adopted", instrument=instrument, qty=held.qty)
        holding.beat(ctx, slot)
        self._tend(ctx, slot)

    # --- holding -----------------------------------------------------------------------------

    def _tend(self, ctx: Context, slot: Slot) -> None:
        if ctx.standing.lifecycle not in OVER and holding.tend(ctx, slot, self._hold):
            self._close(ctx, slot)

    def _tend_all(self, ctx: Context) -> None:
        for slot in list(self.state.slots.values()):
            holding.beat(ctx, slot)
            self._tend(ctx, slot)

    def _leave_all(self, ctx: Context, reason: str) -> None:
        for slot in self.state.slots.values():
            if ctx.position(slot.instrument).qty > ZERO:
                holding.leave(ctx, slot, reason)

    def _note_end(self, ctx: Context, slot: Slot, order: Order) -> None:
        if order.client_order_id == slot.entry_id:
            if order.status not in NEVER_THERE:
                breakers.book_entry(self.state.record, filled=order.filled_qty > ZERO)
            if order.status in FAILED:
                ctx.note("entry_failed", instrument=slot.instrument, rule=order.reject_reason)
                self.state.cooldowns[slot.market] = ctx.now_ns + FAILED_NS
        elif order.client_order_id == slot.target_id and order.status is OrderStatus.CANCELLED:
            holding.rest_target(ctx, slot, order)

    def _close(self, ctx: Context, slot: Slot) -> None:
        slot.phase = Phase.CLOSED
        del self.state.slots[slot.instrument]
        if slot.cycle:
            ctx.close_cycle(slot.cycle)
        if not slot.opened_ns:
            return
        result = ctx.position(slot.instrument).net - slot.net_before
        breakers.book_result(self.state.record, result)
        reason = slot.exit_reason or "take_profit"
        slipped = holding.slippage_pct(slot)
        ctx.note("closed", instrument=slot.instrument, reason=reason, result=result, slip=slipped)
        if slipped is not None and slipped > holding.SLIPPAGE_WARN_PCT:
            ctx.alert("slippage", f"{slot.instrument} sold {slipped:.2f} % below its stop.")
        if reason == "stop_loss" and self.cooldown_after_stop_min:
            until_ns = ctx.now_ns + self.cooldown_after_stop_min * MINUTE_NS
            self.state.cooldowns[slot.market] = until_ns
        self._breaker(ctx)

    # --- the day -----------------------------------------------------------------------------

    def _breaker(self, ctx: Context) -> str:
        record = self.state.record
        if breakers.open_day(record, ctx.now_ns, balance_of(ctx, self.state)):
            cooling = self.state.cooldowns.items()
            self.state.cooldowns = {name: ns for name, ns in cooling if ns > ctx.now_ns}
        if not record.breaker:
            record.breaker = breakers.find_breach(
                record, unrealised(ctx, self.state), self._breakers
            )
            if record.breaker:
                lost = f"{record.realised:.2f} today"
                text = f"No entries until the next day: {record.breaker} ({lost})."
                ctx.alert("breaker", text, Level.CRITICAL)
        bound_s = self.silence_break_s
        if bound_s and longest_quiet_s(ctx, self.state, self._awake_ns) >= bound_s:
            return record.breaker or "silence"
        return record.breaker

    def _watch_silence(self, ctx: Context, slot: Slot) -> None:
        if ctx.now_ns - self._beat_ns > AWAY_NS:
            # Nobody listened in between: silence counts from here, not from before.
            self._awake_ns = ctx.now_ns
        self._beat_ns = ctx.now_ns
        quiet = quiet_s(ctx, slot.instrument, self._awake_ns)
        if self.silence_warn_s and quiet >= self.silence_warn_s:
            text = f"{slot.instrument}: nothing heard for {quiet} s while it is held."
            holding.tell_once(ctx, slot, "silence", text, Level.WARNING)
        held = ctx.position(slot.instrument).qty > ZERO
        if held and self.silence_exit_s and quiet >= self.silence_exit_s:
            holding.leave(ctx, slot, "square_off")

    def _warn(self, ctx: Context) -> None:
        record = self.state.record
        outlook = look_out(ctx, self.state)
        for kind in breakers.find_warnings(record, outlook):
            record.warned.append(kind)
            ctx.alert(f"near_{kind}", f"Close to a limit: {kind}; {self._describe(ctx)}.")

    # --- words -------------------------------------------------------------------------------

    def _note_reject(self, ctx: Context, instrument: InstrumentId, reject: str) -> None:
        if not reject:
            return
        noted_ns = self._noted.get((instrument, reject))
        if noted_ns is None or ctx.now_ns - noted_ns >= NOTE_GAP_NS:
            self._noted[(instrument, reject)] = ctx.now_ns
            ctx.note("reject", instrument=instrument, rule=reject)

    def _describe(self, ctx: Context) -> str:
        record = self.state.record
        held = ", ".join(
            f"{slot.instrument} {slot.phase.value}" for slot in self.state.slots.values()
        )
        return (
            f"{held or 'flat'}; today {record.realised:.2f}, "
            f"{record.losses_in_row} losses in a row, breaker {record.breaker or 'none'}"
        )

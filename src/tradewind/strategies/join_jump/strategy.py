"""`join_jump_pair_maker`: rests one buy on each of two legs that together pay exactly 1.

Callbacks and commands only; prices stand in `quotes`, the cycle in `conduct`. It looks at the
market on its own timer and when its orders change, never on every book message.
"""

from decimal import Decimal
from typing import Any, ClassVar

from tradewind.core.strategy.context import Context
from tradewind.model.commands import Lifecycle
from tradewind.model.effects import Level
from tradewind.model.errors import Refused
from tradewind.model.events import ReferencePrice
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import InstrumentId
from tradewind.model.money import MILLIS, NANOS, ONE
from tradewind.model.order import TERMINAL, Order, OrderStatus, Side
from tradewind.strategies.join_jump import slots
from tradewind.strategies.join_jump.conduct import PairConduct
from tradewind.strategies.join_jump.fees import contract_fee
from tradewind.strategies.join_jump.overlays import build
from tradewind.strategies.join_jump.overlays.digital import DigitalFairValue
from tradewind.strategies.join_jump.pairing import find_legs
from tradewind.strategies.join_jump.quotes import RefusedPx
from tradewind.strategies.join_jump.state import PairState, Phase
from tradewind.strategies.join_jump.views import Ghost

TICK = "tick"
HALF = Decimal("0.5")
WIND_DOWN_NS = 5 * NANOS
"""Kept back from the stop's patience, so that the last way out is tried before it is over."""
AT_REST = (Lifecycle.STOPPED, Lifecycle.DEAD)
REFUSED = (OrderStatus.DENIED, OrderStatus.REJECTED, OrderStatus.NOT_SENT, OrderStatus.EXPIRED)
DENIED = OrderStatus.DENIED
BUY = Side.BUY
FAILED = FillLife.FAILED


class JoinJumpPairMaker(PairConduct):
    """Queue-join paired market maker with JUMP, rebalancing and fair-value overlays."""

    state: PairState
    commands: ClassVar[dict[str, str]] = {
        "toggle_jump": "market_index 0 or 1: arm JUMP on leg A or B, or switch it off",
        "toggle_fair_value": "switch the fair-value overlay on or off",
    }

    # --- life --------------------------------------------------------------------------------

    def on_start(self, ctx: Context) -> None:
        """Find the legs, take up the saved cycle and start the clockwork."""
        self.check_fixed()
        self.legs = find_legs(ctx, self.pair_kind, self.markets)
        for leg in self.legs:
            if leg not in ctx.instruments:
                ctx.watch(leg)
        self._settle_parameters(ctx)
        self._check_fees(ctx)
        self._build_overlay(ctx)
        self.state.stop_at_ns = 0
        ctx.timer(TICK, at_ns=ctx.now_ns + self.tick_ns)

    def on_parameters(self, ctx: Context, changed: tuple[str, ...]) -> None:
        """Use the new values from the next look on."""
        self._settle_parameters(ctx)
        if "fair_value" in changed:
            self._build_overlay(ctx)
        if "tick_interval_ms" in changed:
            ctx.timer(TICK, at_ns=ctx.now_ns + self.tick_ns)
        if "contract_increment" in changed and self.state.cycle:
            self._shrink(Decimal(self.contract_increment))

    def on_stop(self, ctx: Context, mode: str) -> None:
        """Wait for the cycle (`stop`), or leave at once (`force_stop`, `flatten`)."""
        state = self.state
        if mode == "stop":
            if state.cycle:
                patience_ns = max(self.stop_timeout_s * NANOS - WIND_DOWN_NS, 0)
                state.stop_at_ns = ctx.now_ns + patience_ns
                self.decide(ctx, ticked=False)
            return
        if mode.startswith("force_stop"):
            self._alert_left(ctx)
        if state.cycle:
            name = state.cycle
            ctx.note("cycle_closed", cycle=name, cause=mode, result=state.result())
            state.end()
            ctx.close_cycle(name)

    def busy(self, ctx: Context) -> bool:
        """Say whether a cycle is under way; what it left unpaired is a position, not work."""
        return bool(self.state.cycle)

    # --- events ------------------------------------------------------------------------------

    def on_timer(self, ctx: Context, key: str) -> None:
        """Look at the market."""
        if key != TICK or ctx.standing.lifecycle in AT_REST:
            return
        ctx.timer(TICK, at_ns=ctx.now_ns + self.tick_ns)
        self._note_late_answers(ctx)
        self.decide(ctx, ticked=True)

    def on_reference(self, ctx: Context, reference: ReferencePrice) -> None:
        """Hand the overlay its reference."""
        if self.overlay is not None and reference.feed == self.overlay.feed:
            self.overlay.take(reference)

    def on_fill(self, ctx: Context, fill: Fill) -> None:
        """Count a fill of the cycle and react to it at once."""
        leg = self._leg_of(ctx, fill.instrument)
        if leg < 0:
            return
        order = ctx.order(fill.client_order_id) if fill.client_order_id is not None else None
        foreign = order is not None and order.group != self.state.cycle
        if not self.state.cycle or foreign:
            if fill.side is BUY or fill.life is FAILED:
                self._alert_late(ctx, fill)
            return
        self.state.fold(leg, fill, ctx.instrument(fill.instrument).quote)
        if ctx.standing.lifecycle not in AT_REST:
            self.decide(ctx, ticked=False)

    def on_order(self, ctx: Context, order: Order) -> None:
        """Go on when an awaited answer has come; a refusal waits for the next tick."""
        leg = self._leg_of(ctx, order.instrument)
        state = self.state
        if leg < 0 or not state.cycle or order.group != state.cycle:
            return
        if order.status in TERMINAL:
            self._note_claim(leg, order)
            if order.px is not None and order.side is BUY and order.acknowledged_ns:
                self.ghosts[leg] = Ghost(order.px, order.qty, ctx.now_ns)
        if order.status in REFUSED:
            self._refused(ctx, leg, order)
        elif self.waiting and ctx.standing.lifecycle not in AT_REST:
            self.decide(ctx, ticked=False)

    # --- commands ----------------------------------------------------------------------------

    def on_command(self, ctx: Context, action: str, arguments: dict[str, Any]) -> str:
        """Answer `toggle_jump` and `toggle_fair_value`; both act at the next look."""
        if action == "toggle_jump":
            return self._toggle_jump(_index(arguments.get("market_index")))
        if action == "toggle_fair_value":
            return self._toggle_fair_value()
        raise Refused(f"Asked for {action}, found no such command; use {', '.join(self.commands)}.")

    def _toggle_jump(self, leg: int) -> str:
        mine = self.state.legs[leg]
        if mine.jump:
            mine.disarm()
            return f"JUMP off on {self.legs[leg]}"
        opinion = self.opinion.legs[leg] if self.opinion is not None else None
        if opinion is not None and not opinion.allow_jump and opinion.why == "warmup":
            raise Refused(
                f"Armed JUMP on {self.legs[leg]}, found the overlay in warmup; try again later."
            )
        mine.jump = True
        return f"JUMP armed on {self.legs[leg]}"

    def _toggle_fair_value(self) -> str:
        if self.overlay is None:
            raise Refused("Toggled the overlay, found none chosen; set fair_value first.")
        self.state.overlay_on = not self.state.overlay_on
        if not self.state.overlay_on:
            self.opinion = None
        return f"overlay {'on' if self.state.overlay_on else 'off'}"

    # --- helpers -----------------------------------------------------------------------------

    def _settle_parameters(self, ctx: Context) -> None:
        self.terms = self.make_terms()
        wrong = self.contradiction()
        if wrong:
            ctx.alert("parameters", f"Set parameters, found {wrong}; no cycle opens until mended.")

    def _check_fees(self, ctx: Context) -> None:
        if self.terms.price_fees:
            for leg in self.legs:
                contract_fee(ctx.instrument(leg), HALF, ONE, taker=True)

    def _build_overlay(self, ctx: Context) -> None:
        self.opinion = None
        if self.fair_value is None:
            self.overlay = None
            return
        self.overlay = build(self.fair_value, self.state.memory)
        self.state.memory = self.overlay.memory
        feed = InstrumentId(self.overlay.feed)
        if isinstance(self.overlay, DigitalFairValue) and ctx.known(feed):
            candles = ctx.candles(feed, "1m")
            self.overlay.warm_up([(candle.ts_event, candle.close) for candle in candles])

    def _shrink(self, wanted: Decimal) -> None:
        """Lower the running cycle's quantity where nothing beyond it has filled; never raise it."""
        state = self.state
        if max(leg.counted for leg in state.legs) <= wanted < state.qty:
            state.qty = wanted

    def _leg_of(self, ctx: Context, instrument: InstrumentId) -> int:
        if not self.legs[0]:
            # A fill found while recovering, before the start.
            self.legs = find_legs(ctx, self.pair_kind, self.markets)
        return self.legs.index(instrument) if instrument in self.legs else -1

    def _note_claim(self, leg: int, order: Order) -> None:
        """Keep counting what the venue says has filled until its keyed fills are here."""
        mine = self.state.legs[leg]
        claims = mine.claims
        missing = order.claimed_qty - order.filled_qty
        if missing > 0:
            claims[order.client_order_id] = missing
            mine.claim_px = max(mine.claim_px, order.px or ONE)
        else:
            claims.pop(order.client_order_id, None)

    def _refused(self, ctx: Context, leg: int, order: Order) -> None:
        if order.reason == "rebalance" and self.state.phase is Phase.REBALANCING:
            self.block(ctx, f"the order refused ({order.reject_reason})")
        if order.status is not DENIED or not order.reject_reason.startswith("self_match"):
            return
        if order.px is not None:
            self.barred[leg] = RefusedPx(order.px, "self_match", ctx.now_ns)
        if order.reason == "jump" or self.state.legs[leg].jump_target == order.px:
            self.tell_once(ctx, "jump_refused", "self_match", leg)

    def _note_late_answers(self, ctx: Context) -> None:
        for leg, mine in enumerate(self.state.legs):
            order = slots.unanswered(ctx.orders(self.legs[leg]))
            late = ctx.now_ns - mine.quoted_ns > self.request_timeout_ms * MILLIS
            name = order.client_order_id if order is not None and late else ""
            self.tell_once(ctx, "answer_late", name, leg)

    def _alert_left(self, ctx: Context) -> None:
        unpaired = self.unpaired(ctx)
        if unpaired:
            ahead = self.legs[0] if unpaired > 0 else self.legs[1]
            ctx.alert(
                "position_left_open",
                f"Force-stopped, found {abs(unpaired)} contracts of {ahead} without a partner; "
                f"close them or leave them to settlement.",
                Level.CRITICAL,
            )

    def _alert_late(self, ctx: Context, fill: Fill) -> None:
        what = "undone" if fill.life is FAILED else "filled"
        ctx.alert(
            "late_fill",
            f"Found {fill.qty} of {fill.instrument} {what} outside the running cycle; "
            f"they count as unpaired, check the position.",
        )


def _index(value: Any) -> int:
    if str(value) not in ("0", "1"):
        raise Refused(
            f"Toggled JUMP, found market_index {value!r}; use 0 for leg A or 1 for leg B."
        )
    return int(value)

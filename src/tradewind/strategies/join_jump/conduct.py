"""How a cycle is conducted: begin, complete, rebalance, wind down; one decision at a time.

Each decision starts from what is there now (fills, live orders, books), so it may be made again
at any moment and after a restart. Must not know how commands and timers reach it.
"""

from decimal import Decimal

from tradewind.core.strategy.context import Context
from tradewind.model.commands import Lifecycle
from tradewind.model.money import NANOS, ZERO
from tradewind.strategies.join_jump import quotes, rebalance, slots
from tradewind.strategies.join_jump.quotes import Plan
from tradewind.strategies.join_jump.quoting import PairQuoting
from tradewind.strategies.join_jump.slots import Pace, Want
from tradewind.strategies.join_jump.state import Phase
from tradewind.strategies.join_jump.views import Ghosts, PairView, closing_in_s, look

BLOCKED_RETRY_NS = 60 * NANOS
Plans = tuple[Plan, Plan]


class PairConduct(PairQuoting):
    """The decisions of `join_jump_pair_maker`; its callbacks stand in `strategy`."""

    # --- one decision ------------------------------------------------------------------------

    def decide(self, ctx: Context, *, ticked: bool) -> None:
        """Look at both legs and take the next step; `ticked` marks the timer's regular look."""
        state = self.state
        view = look(ctx, self.legs, self._ghosts(ctx))
        if not view.doubt_ns:
            state.doubt_ns = 0
        elif not state.doubt_ns:
            state.doubt_ns = view.doubt_ns
        if ticked or self.opinion is None:
            self.ask_overlay(ctx, view, ticked=ticked)
        self.waiting = False
        if state.cycle:
            self._run(ctx, view, ticked=ticked)
        elif ticked:
            self._open(ctx, view)

    def _ghosts(self, ctx: Context) -> Ghosts:
        for leg, ghost in enumerate(self.ghosts):
            if ghost is not None and ctx.now_ns - ghost.gone_ns >= self.tick_ns:
                self.ghosts[leg] = None
        return self.ghosts[0], self.ghosts[1]

    def _run(self, ctx: Context, view: PairView, *, ticked: bool) -> None:
        if self._finished(ctx) or self._wound_down(ctx, view) or self._blind(ctx):
            return
        if not view.trading:
            return
        self._grade(ctx, view)
        if self._rebalanced(ctx, view):
            return
        if self.state.untouched and self.state.phase is Phase.WAIT_MARKET:
            self._reenter(ctx, view)
            return
        self.quote(ctx, view, ticked=ticked)

    def unpaired(self, ctx: Context) -> Decimal:
        """Return leg A's position less leg B's, in contracts."""
        return ctx.position(self.legs[0]).qty - ctx.position(self.legs[1]).qty

    # --- beginning ---------------------------------------------------------------------------

    def _open(self, ctx: Context, view: PairView) -> None:
        state = self.state
        if any(ctx.orders(leg) for leg in self.legs):
            return
        if not self._may_begin(ctx):
            state.phase = Phase.IDLE
            return
        state.qty = view.legs[0].rules.floor_qty(Decimal(self.contract_increment))
        plans = quotes.plan_pair(self.situation(ctx, view))
        why = self._market_closed(ctx, view, plans)
        self.tell_once(ctx, "waiting", why)
        if why:
            state.phase = Phase.WAIT_MARKET
            return
        if not ctx.open_cycle(state.begin(state.qty)):
            state.end()
            return
        if self.higher_first:
            state.first_leg = quotes.dearer_leg(plans)
        self.quote(ctx, view, ticked=True)

    def _may_begin(self, ctx: Context) -> bool:
        if not ctx.may_open or (self.mode == "manual" and not ctx.standing.single_fire):
            return False
        return not self.max_cycles or self.state.completed < self.max_cycles

    def _reenter(self, ctx: Context, view: PairView) -> None:
        """An untouched cycle left the market; come back when a new one could open."""
        if any(slots.clear(ctx, ctx.orders(leg)).waiting for leg in self.legs):
            self.waiting = True
            return
        plans = quotes.plan_pair(self.situation(ctx, view))
        why = self._market_closed(ctx, view, plans)
        self.tell_once(ctx, "waiting", why)
        if not why:
            self.state.phase = Phase.QUOTING
            self.quote(ctx, view, ticked=True)

    def _market_closed(self, ctx: Context, view: PairView, plans: Plans) -> str:
        """Return why no cycle may open in this market now, empty when one may."""
        spread = view.spread
        if self.state.doubt_ns or not view.trading:
            return "stale" if self.state.doubt_ns else "trading"
        barred = [ctx.barred(leg, group=self.state.cycle) for leg in self.legs]
        if any(barred):
            return barred[0] or barred[1]
        if spread is None:
            return "empty"
        if not self.min_spread <= spread <= self.max_spread:
            return "spread"
        left_s = closing_in_s(view, ctx.now_ns)
        last_s = max(self.no_new_cycle_before_close_s, self.cancel_before_close_s)
        if left_s is not None and left_s <= last_s:
            return "close"
        return self._too_much(ctx, plans) or self._not_quotable(view, plans)

    def _too_much(self, ctx: Context, plans: Plans) -> str:
        qty = self.state.qty
        if abs(self.unpaired(ctx)) + qty > self.unpaired_limit:
            return "unpaired"
        held = sum((ctx.position(leg).cost for leg in self.legs), ZERO)
        wanted = sum((plan.px for plan in plans if plan.px is not None), ZERO) * qty
        return "market_cost" if held + wanted > self.max_market_cost else ""

    def _not_quotable(self, view: PairView, plans: Plans) -> str:
        if quotes.withdraws(plans):
            return plans[0].why
        opinion = self.opinion
        if opinion is not None and not opinion.allow_new_cycle:
            return "overlay"
        suppressed = any(plan.why == "suppressed" for plan in plans)
        if suppressed and not self.one_sided:
            return "one_sided"
        small = any(
            plan.px is not None and not slots.sendable(leg.rules, self.state.qty, plan.px)
            for plan, leg in zip(plans, view.legs, strict=True)
        )
        return "below_minimum" if small else ""

    # --- ending ------------------------------------------------------------------------------

    def _finished(self, ctx: Context) -> bool:
        """End a cycle whose legs are even and full, or even after a rebalance, but for dust."""
        state = self.state
        full = not (state.open_qty(0) or state.open_qty(1))
        even = not state.difference and (full or state.rebalanced)
        if state.claimed or not (even or self._only_dust(ctx)):
            return False
        if not self._cleared(ctx):
            return True
        state.completed += 1
        self.end(ctx, "complete")
        return True

    def _only_dust(self, ctx: Context) -> bool:
        """Tell whether what is left of an ended cycle is smaller than the venues take."""
        state = self.state
        if state.untouched or any(ctx.orders(leg) for leg in self.legs):
            return False
        left = (state.open_qty(0), state.open_qty(1))
        for leg, qty in zip(self.legs, left, strict=True):
            rules = ctx.instrument(leg)
            tradable = rules.floor_qty(max(qty, abs(state.difference)))
            if tradable and tradable >= rules.min_qty:
                return False
        return True

    def _wound_down(self, ctx: Context, view: PairView) -> bool:
        """Cancel, rebalance once and end: after the stop's patience, at the close, or withdrawn."""
        state = self.state
        cause = self._why_wind_down(ctx, view)
        if not cause:
            return False
        if not self._cleared(ctx) or state.claimed:
            return True
        if state.difference and not state.last_try and view.trading and not state.doubt_ns:
            state.last_try = True
            way = rebalance.ways_out(state, view, self.terms)
            if way is not None and way.result >= -self.max_rebalance_loss:
                self._send(ctx, way)
                return True
        self.end(ctx, cause)
        return True

    def _why_wind_down(self, ctx: Context, view: PairView) -> str:
        state = self.state
        if view.settled or view.closed:
            return "settled" if view.settled else "close"
        left_s = closing_in_s(view, ctx.now_ns)
        if left_s is not None and left_s <= self.cancel_before_close_s:
            return "close"
        if state.stop_at_ns and ctx.now_ns >= state.stop_at_ns:
            return "stop"
        withdrawn = state.phase is Phase.WAIT_MARKET and state.untouched
        running = ctx.standing.lifecycle is Lifecycle.RUNNING
        return "withdrawn" if withdrawn and not running else ""

    def end(self, ctx: Context, cause: str) -> None:
        """Close the cycle and say what it earned and what it leaves."""
        state = self.state
        ctx.note(
            "cycle_closed",
            cycle=state.cycle,
            cause=cause,
            contracts=min(state.legs[0].filled, state.legs[1].filled),
            result=state.result(),
        )
        if state.difference:
            kind = "left_to_settlement" if cause in ("close", "settled") else "position_left_open"
            self.alert_unpaired(ctx, kind, cause)
        name = state.cycle
        state.end()
        ctx.close_cycle(name)

    def alert_unpaired(self, ctx: Context, kind: str, cause: str) -> None:
        """Tell people that one leg stands without its partner."""
        ahead = self.legs[0] if self.state.difference > ZERO else self.legs[1]
        ctx.alert(
            kind,
            f"Ended {self.state.cycle} ({cause}), found {abs(self.state.difference)} contracts of "
            f"{ahead} without a partner; close them or leave them to settlement.",
        )

    def _cleared(self, ctx: Context) -> bool:
        waits = [slots.clear(ctx, ctx.orders(leg)).waiting for leg in self.legs]
        self.waiting = self.waiting or any(waits)
        return not any(waits)

    # --- phases ------------------------------------------------------------------------------

    def _blind(self, ctx: Context) -> bool:
        """Decide nothing on books that are not trusted; after a while cancel both quotes."""
        state = self.state
        if not state.doubt_ns:
            return False
        if ctx.now_ns - state.doubt_ns > self.stale_cancel_s * NANOS:
            self._cleared(ctx)
            if state.untouched:
                self.withdraw(ctx, "stale")
        return True

    def _grade(self, ctx: Context, view: PairView) -> None:
        """Set the phase by how uneven the legs are, and since when."""
        state = self.state
        lagging = state.lagging
        if lagging < 0 or (state.half_ns and state.half_leg != lagging):
            state.uneven_ns = state.half_ns = 0
            state.half_mid = None
        if lagging < 0:
            if state.phase is not Phase.WAIT_MARKET or not state.untouched:
                state.phase = Phase.QUOTING
            return
        now_ns = ctx.now_ns
        state.uneven_ns = state.uneven_ns or now_ns
        full = not state.open_qty(1 - lagging)
        lasting = abs(state.difference) >= 1 and now_ns - state.uneven_ns > self.tick_ns
        if (full or lasting) and not state.half_ns:
            state.half_ns = now_ns
            state.half_leg = lagging
            state.half_mid = view.legs[1 - lagging].mid
        if state.phase in (Phase.QUOTING, Phase.WAIT_MARKET):
            state.phase = Phase.HALF_FILLED if state.half_ns else Phase.QUOTING

    def _rebalanced(self, ctx: Context, view: PairView) -> bool:
        """Take the way out of half a pair when it is time; tells whether that is under way."""
        state = self.state
        now_ns = ctx.now_ns
        if state.lagging < 0 or (state.phase is Phase.BLOCKED and now_ns < state.retry_ns):
            return False
        if state.claimed:
            # How much is missing is not known before the keyed fills are here.
            return False
        if state.phase is Phase.HALF_FILLED or state.phase is Phase.QUOTING:
            patience = rebalance.Patience(
                self.rebalance_after_s * NANOS,
                self.rebalance_adverse_ticks,
                Decimal(self.unpaired_limit),
            )
            why = rebalance.trigger(state, view, patience, self.unpaired(ctx), now_ns)
            if not why:
                return False
            ctx.note("rebalance", reason=why)
        way = rebalance.ways_out(state, view, self.terms)
        if way is None or way.result < -self.max_rebalance_loss:
            self.block(ctx, "no price" if way is None else f"{way.result:.4f} per contract")
            return False
        state.phase = Phase.REBALANCING
        if self._cleared(ctx) and now_ns - state.attempt_ns >= self.tick_ns:
            state.attempt_ns = now_ns
            state.rebalanced = True
            self._send(ctx, way)
        return True

    def block(self, ctx: Context, found: str) -> None:
        """No way out is good enough: keep the capped order and look again in a minute."""
        state = self.state
        if state.phase is not Phase.BLOCKED:
            ctx.alert(
                "imbalance",
                f"Tried to even out {state.cycle}, found {found}; the capped order stays, "
                f"raise max_rebalance_loss or trade the {abs(state.difference)} contracts by hand.",
            )
        state.phase = Phase.BLOCKED
        state.rebalanced = False
        state.retry_ns = ctx.now_ns + BLOCKED_RETRY_NS

    def _send(self, ctx: Context, way: rebalance.WayOut) -> None:
        want = Want(way.px, way.qty, "rebalance", side=way.side, immediate=True)
        pace = Pace(ctx.now_ns, 0, 0)
        slots.steer(ctx, self.legs[way.leg], want, pace, self.state.cycle, requote=False)

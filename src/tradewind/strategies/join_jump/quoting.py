"""How both legs are quoted: ask the overlay, latch JUMPs, plan the prices, steer the orders.

Knows the parameters, the state and one view of the market. Must not know when a cycle begins or
ends.
"""

from decimal import Decimal

from tradewind.core.strategy.context import Context
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.ids import InstrumentId, OrderId
from tradewind.model.money import MILLIS, NANOS
from tradewind.strategies.join_jump import quotes, slots
from tradewind.strategies.join_jump.overlays.overlay import Look, Opinion, Overlay, silent
from tradewind.strategies.join_jump.parameters import PairParameters, Terms
from tradewind.strategies.join_jump.quotes import Plan, RefusedPx, Situation
from tradewind.strategies.join_jump.slots import Pace, Want
from tradewind.strategies.join_jump.state import PairState, Phase
from tradewind.strategies.join_jump.views import Ghost, LegView, PairView, size_ahead

BAR_NS = 10 * NANOS
"""How long JUMP leaves a price alone that was refused."""
TAKING = (Phase.HALF_FILLED, Phase.BLOCKED)


class PairQuoting(PairParameters, Strategy):
    """What `join_jump_pair_maker` does with prices and orders while a cycle is quoted."""

    state: PairState
    terms: Terms

    def __init__(self) -> None:
        self.state = PairState()
        self.legs: tuple[InstrumentId, InstrumentId] = (InstrumentId(""), InstrumentId(""))
        self.overlay: Overlay | None = None
        self.opinion: Opinion | None = None
        # What follows is forgotten at a cold restart; the next tick finds it out again.
        self.waiting = False
        self.barred: list[RefusedPx | None] = [None, None]
        self.ghosts: list[Ghost | None] = [None, None]
        self.asked: list[tuple[OrderId, Decimal] | None] = [None, None]
        self.queue: list[tuple[Decimal, Decimal] | None] = [None, None]
        self.told: dict[str, str] = {}

    @property
    def tick_ns(self) -> int:
        """Return the time between two looks."""
        return self.tick_interval_ms * MILLIS

    def tell_once(self, ctx: Context, kind: str, what: str, leg: int | None = None) -> None:
        """Note a standing fact when it is new, not at each look."""
        key = kind if leg is None else f"{kind} {leg}"
        if self.told.get(key, "") == what:
            return
        self.told[key] = what
        if what and leg is None:
            ctx.note(kind, reason=what)
        elif what:
            ctx.note(kind, leg=leg, reason=what)

    def withdraw(self, ctx: Context, why: str) -> None:
        """Leave the market with an untouched cycle until it could open again."""
        self.state.phase = Phase.WAIT_MARKET
        for leg in self.state.legs:
            leg.quoted_ns = 0
        self.tell_once(ctx, "waiting", why)

    def ask_overlay(self, ctx: Context, view: PairView, *, ticked: bool) -> None:
        """Let the overlay take its sample and say what may be quoted."""
        overlay = self.overlay
        if overlay is None:
            self.opinion = None
            return
        seen = Look(
            now_ns=ctx.now_ns,
            tick_ns=self.tick_ns,
            bids=(view.legs[0].others, view.legs[1].others),
            spread=view.spread,
            rules=(view.legs[0].rules, view.legs[1].rules),
            price_min=self.price_min,
            price_max=self.price_max,
            quoted=any(leg.own_px is not None for leg in view.legs),
            reference=ctx.reference(overlay.feed) if overlay.feed else None,
        )
        if ticked and not view.doubt_ns:
            overlay.sample(seen)
        self.opinion = overlay.judge(seen) if self.state.overlay_on else None

    def situation(self, ctx: Context, view: PairView) -> Situation:
        """Gather what one round of pricing looks at."""
        opinion = self.opinion
        if opinion is not None and ctx.now_ns > opinion.valid_until_ns:
            opinion = silent("expired", ctx.now_ns)
        for leg, bar in enumerate(self.barred):
            if bar is not None and ctx.now_ns - bar.since_ns > BAR_NS:
                self.barred[leg] = None
        barred = (self.barred[0], self.barred[1])
        return Situation(view, self.state, self.terms, opinion, barred)

    def quote(self, ctx: Context, view: PairView, *, ticked: bool) -> None:
        """Bring both legs' orders to where they should rest."""
        if ticked and self.auto_jump:
            self._arm_jumps(ctx, view)
        for leg in (0, 1):
            if quotes.latch(self.state.legs[leg], view.legs[leg], self.jump_ticks):
                ctx.note("jump_off", leg=leg, reason="reached")
            self._see_refusal(ctx, leg)
        at = self.situation(ctx, view)
        plans = quotes.plan_pair(at)
        if self.state.untouched and quotes.withdraws(plans):
            self.withdraw(ctx, plans[0].why)
        take = self._completing_offer(ctx, at)
        for leg in (0, 1):
            self.tell_once(ctx, "jump_refused", plans[leg].refused, leg)
            if take is None:
                self._steer(ctx, at, leg, plans[leg])
            elif leg == self.state.lagging:
                self._take(ctx, at, leg, take)
            else:
                self._make_way(ctx, at, leg, plans[leg], take.px)

    def _steer(self, ctx: Context, at: Situation, leg: int, plan: Plan) -> None:
        want = self._resting(at, leg, plan)
        barred = ctx.barred(self.legs[leg], group=self.state.cycle) if want is not None else ""
        self.tell_once(ctx, "barred", barred, leg)
        if barred and want is not None and want.px != at.view.legs[leg].own_px:
            # Nothing new would pass: only what bids more than it should is worth a request.
            own = at.view.legs[leg].own_px
            if own is None or own < want.px:
                return
            want = None
        if want is not None and self._must_wait(at, leg, want.px):
            self.waiting = True
            return
        mine = self.state.legs[leg]
        pace = Pace(ctx.now_ns, mine.quoted_ns, self.min_requote_ms * MILLIS)
        done = slots.steer(
            ctx, self.legs[leg], want, pace, self.state.cycle, requote=mine.quoted_ns > 0
        )
        if done.asked:
            mine.quoted_ns = ctx.now_ns
        if done.amended is not None and want is not None:
            self.asked[leg] = (done.amended, want.px)
        self.waiting = self.waiting or done.waiting

    def _see_refusal(self, ctx: Context, leg: int) -> None:
        """A change that came to nothing was refused; nobody else tells us of a denied one."""
        asked = self.asked[leg]
        order = ctx.order(asked[0]) if asked is not None else None
        if asked is None or (order is not None and order.status not in slots.CHANGEABLE):
            return
        self.asked[leg] = None
        if order is not None and order.px != asked[1]:
            self.barred[leg] = RefusedPx(asked[1], "refused", ctx.now_ns)

    def _resting(self, at: Situation, leg: int, plan: Plan) -> Want | None:
        seen = at.view.legs[leg]
        qty = seen.rules.floor_qty(self.state.open_qty(leg))
        if plan.px is None or not slots.sendable(seen.rules, qty, plan.px):
            return None
        own = seen.own_px
        # A live price that would make the pair too dear does not wait for its turn.
        dear = own is not None and own > plan.px and self._too_dear(at, leg, own)
        return Want(plan.px, qty, plan.why, now=dear)

    def _too_dear(self, at: Situation, leg: int, px: Decimal) -> bool:
        partner = self.state.legs[1 - leg]
        if not partner.filled or self.state.untouched:
            return False
        rules = at.view.legs[leg].rules
        cost = quotes.money(at.terms, rules, px, self.state.open_qty(leg), taker=False)
        return cost > quotes.room(at.terms, rules, quotes.spent(at.terms, partner))

    # --- completing by taking ----------------------------------------------------------------

    def _completing_offer(self, ctx: Context, at: Situation) -> Want | None:
        """Return the order for an offer that completes the pair within its cap, asked once a tick.

        In between the leg rests as usual, because the offer may be gone when we arrive.
        """
        state = self.state
        leg = state.lagging
        due = ctx.now_ns - state.attempt_ns >= self.tick_ns
        wanted = self.takes and leg >= 0 and not state.claimed
        if not (wanted and state.phase in TAKING and due):
            return None
        if ctx.barred(self.legs[leg], group=state.cycle):
            return None
        seen = at.view.legs[leg]
        qty = seen.rules.floor_qty(min(abs(state.difference), state.open_qty(leg)))
        if seen.ask is None or not slots.sendable(seen.rules, qty, seen.ask):
            return None
        cost = quotes.money(at.terms, seen.rules, seen.ask, qty, taker=True)
        partner = quotes.spent(at.terms, state.legs[1 - leg])
        if cost > quotes.room(at.terms, seen.rules, partner):
            return None
        return Want(seen.ask, qty, "complete", immediate=True)

    def _take(self, ctx: Context, at: Situation, leg: int, want: Want) -> None:
        """Send the order once the leg has no other, and the partner's rest is out of its way."""
        other = at.view.legs[1 - leg].own_px
        waits = slots.clear(ctx, ctx.orders(self.legs[leg])).waiting
        if waits or (other is not None and self._clash(at, leg, want.px, other)):
            self.waiting = True
            return
        self.state.attempt_ns = ctx.now_ns
        pace = Pace(ctx.now_ns, 0, 0)
        slots.steer(ctx, self.legs[leg], want, pace, self.state.cycle, requote=False)

    def _make_way(self, ctx: Context, at: Situation, leg: int, plan: Plan, taken: Decimal) -> None:
        """Take the rest of the leg ahead out of the way of an order at `taken` on the other."""
        for px in (plan.px, at.view.legs[leg].own_px):
            if px is not None and self._clash(at, leg, px, taken):
                plan = Plan(why="making_way")
        self._steer(ctx, at, leg, plan)

    def _must_wait(self, at: Situation, leg: int, px: Decimal) -> bool:
        """Tell whether a raise must wait until the other leg's live order has come down."""
        mine, other = at.view.legs[leg], at.view.legs[1 - leg]
        if other.own_px is None or (mine.own_px is not None and px <= mine.own_px):
            return False
        return self._clash(at, leg, px, other.own_px)

    def _clash(self, at: Situation, leg: int, px: Decimal, other_px: Decimal) -> bool:
        """Tell whether contracts at these prices on a leg and the other cost too much together."""
        mine, other = at.view.legs[leg].rules, at.view.legs[1 - leg].rules
        open_qty = self.state.open_qty
        cost = quotes.money(at.terms, mine, px, open_qty(leg), taker=False)
        theirs = quotes.money(at.terms, other, other_px, open_qty(1 - leg), taker=False)
        return cost > quotes.room(at.terms, mine, theirs)

    # --- automatic JUMP ----------------------------------------------------------------------

    def _arm_jumps(self, ctx: Context, view: PairView) -> None:
        for leg, seen in enumerate(view.legs):
            mine = self.state.legs[leg]
            ahead = self._queue_ahead(ctx, leg, seen)
            left = self.state.open_qty(leg)
            if mine.jump or ahead is None or not left:
                continue
            if ahead / left < self.auto_jump_queue_ratio or not self._jump_pays(view, leg):
                continue
            mine.jump = mine.jump_auto = True
            ctx.note("jump_armed", leg=leg, ahead=ahead)

    def _queue_ahead(self, ctx: Context, leg: int, seen: LegView) -> Decimal | None:
        """Return others' size before our order: what stood there when it came, less what left."""
        if seen.own_px is None:
            self.queue[leg] = None
            return None
        ahead = size_ahead(ctx, self.legs[leg], seen.own_px)
        before = self.queue[leg]
        if before is not None and before[0] == seen.own_px:
            ahead = min(ahead, before[1])
        self.queue[leg] = (seen.own_px, ahead)
        return ahead

    def _jump_pays(self, view: PairView, leg: int) -> bool:
        others, spread = view.legs[leg].others, view.spread
        if others is None or spread is None:
            return False
        tick = view.legs[leg].rules.tick_at(others)
        opinion = self.opinion
        allowed = opinion is None or opinion.legs[leg].allow_jump
        return allowed and spread >= self.min_spread + self.jump_ticks * tick

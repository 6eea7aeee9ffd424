"""At which price each leg should rest: JOIN, JUMP and the guards G1 to G4, as pure functions.

Knows both legs' views, what has filled and what the overlay says. Must not know orders, time or
how a price is reached.
"""

from decimal import Decimal

import msgspec

from tradewind.model.instrument import Instrument
from tradewind.model.money import ONE, ZERO
from tradewind.strategies.join_jump.fees import contract_fee
from tradewind.strategies.join_jump.overlays.overlay import LegOpinion, Opinion
from tradewind.strategies.join_jump.parameters import Terms
from tradewind.strategies.join_jump.state import LegState, PairState
from tradewind.strategies.join_jump.views import LegView, PairView


class Plan(msgspec.Struct):
    """Where a leg should rest; without `px` it should not, and `why` says for what reason.

    With a price, `why` is the order's reason: join, jump or complete. `refused` is the guard that
    forbade an armed JUMP.
    """

    px: Decimal | None = None
    why: str = ""
    refused: str = ""


class RefusedPx(msgspec.Struct, frozen=True):
    """A price that the gate (G4: `self_match`) or the venue (`refused`) would not take."""

    px: Decimal
    why: str
    since_ns: int


class Situation(msgspec.Struct):
    """Everything that one round of pricing looks at.

    `barred` are the prices, one per leg, that were refused a moment ago.
    """

    view: PairView
    state: PairState
    terms: Terms
    opinion: Opinion | None = None
    barred: tuple[RefusedPx | None, RefusedPx | None] = (None, None)

    def opinion_on(self, leg: int) -> LegOpinion | None:
        """Return what the overlay says of a leg, None without an overlay."""
        return None if self.opinion is None else self.opinion.legs[leg]


def latch(leg: LegState, view: LegView, jump_ticks: int) -> str:
    """Fix or release an armed leg's JUMP target; returns `jump_off` when others have reached it."""
    if not leg.jump or view.others is None:
        return ""
    if leg.jump_target is None:
        leg.jump_target = view.others + jump_ticks * view.rules.tick_at(view.others)
    if view.others < leg.jump_target:
        return ""
    leg.disarm()
    return "jump_off"


def join_px(view: LegView) -> Decimal | None:
    """Return the best price that others show; where nobody else bids, our own level."""
    return view.others if view.others is not None else view.best


def below(rules: Instrument, ask: Decimal) -> Decimal:
    """Return the highest price that does not meet an offer at `ask` (G1)."""
    return rules.floor_px(ask - rules.tick_at(ask))


def money(terms: Terms, rules: Instrument, px: Decimal, qty: Decimal, *, taker: bool) -> Decimal:
    """Return what a contract bought at `px` costs with its expected fee."""
    if not terms.price_fees:
        return px
    return px + contract_fee(rules, px, qty, taker=taker)


def spent(terms: Terms, leg: LegState) -> Decimal:
    """Return what a filled contract of the leg cost on average, with the fees that were charged."""
    if not terms.price_fees or leg.filled <= ZERO:
        return leg.avg_cost
    return leg.avg_cost + max(leg.fees, ZERO) / leg.filled


def room(terms: Terms, rules: Instrument, other: Decimal) -> Decimal:
    """Return what a contract may cost at most when its partner costs `other` (G2).

    A pair never costs 1: on one mirrored market its halves would meet each other.
    """
    return min(ONE - terms.surplus, ONE - rules.tick) - other


def cap_px(
    terms: Terms, rules: Instrument, most: Decimal, qty: Decimal, *, taker: bool = False
) -> Decimal | None:
    """Return the highest price of the grid that costs at most `most` with its fee, or None."""
    px = rules.floor_px(min(most, ONE))
    while px > ZERO:
        cost = money(terms, rules, px, qty, taker=taker)
        if cost <= most:
            return px
        px = min(rules.floor_px(px - (cost - most)), px - rules.tick_at(px))
    return None


def plan_pair(at: Situation) -> tuple[Plan, Plan]:
    """Return where both legs should rest now."""
    plans = _plan_untouched(at) if at.state.untouched else _plan_touched(at)
    first = at.state.first_leg
    if first >= 0 and at.state.open_qty(first):
        held = Plan(why="higher_first")
        return (plans[0], held) if first == 0 else (held, plans[1])
    return plans


def withdraws(plans: tuple[Plan, Plan]) -> bool:
    """Tell whether an untouched pair should have no order at all."""
    return all(plan.px is None for plan in plans)


def dearer_leg(plans: tuple[Plan, Plan]) -> int:
    """Return the leg with the higher target; A when they are equal or only A has one."""
    a, b = (plan.px if plan.px is not None else ZERO for plan in plans)
    return int(b > a)


# --- an untouched pair: both legs open, both bound by G2 together -----------------------------


def _plan_untouched(at: Situation) -> tuple[Plan, Plan]:
    plans = (_base(at, 0, completing=False), _base(at, 1, completing=False))
    missing = [plan.why for plan in plans if plan.px is None and plan.why != "suppressed"]
    if missing:
        return Plan(why=missing[0]), Plan(why=missing[0])
    costs = [_cost(at, leg, plan.px) for leg, plan in enumerate(plans) if plan.px is not None]
    if costs and sum(costs, ZERO) > room(at.terms, at.view.legs[0].rules, ZERO):
        return Plan(why="edge"), Plan(why="edge")
    first = _jump(at, 0, plans[0], _other_cost(at, 1, plans[1]))
    return first, _jump(at, 1, plans[1], _other_cost(at, 0, first))


def _other_cost(at: Situation, leg: int, plan: Plan) -> Decimal:
    return ZERO if plan.px is None else _cost(at, leg, plan.px)


def _cost(at: Situation, leg: int, px: Decimal) -> Decimal:
    qty = at.state.open_qty(leg)
    return money(at.terms, at.view.legs[leg].rules, px, qty, taker=False)


# --- a touched pair: the leg that lags completes, bound by what the other has cost ------------


def _plan_touched(at: Situation) -> tuple[Plan, Plan]:
    lagging = at.state.lagging
    order = (1, 0) if lagging == 1 else (0, 1)
    plans = [Plan(why="full"), Plan(why="full")]
    for leg in order:
        if at.state.open_qty(leg):
            plans[leg] = _plan_rest(at, leg, plans[1 - leg])
    return plans[0], plans[1]


def _plan_rest(at: Situation, leg: int, other: Plan) -> Plan:
    base = _base(at, leg, completing=leg == at.state.lagging)
    partner = _partner_cost(at, 1 - leg, other)
    if base.px is None or partner is None:
        return Plan(why=base.why if base.px is None else "no_partner")
    rules = at.view.legs[leg].rules
    most = room(at.terms, rules, partner)
    cap = cap_px(at.terms, rules, most, at.state.open_qty(leg))
    if cap is None:
        return Plan(why="edge")
    if not at.state.open_qty(1 - leg):
        base.why = "complete"
    base.px = min(base.px, cap)
    return _jump(at, leg, base, partner)


def _partner_cost(at: Situation, leg: int, plan: Plan) -> Decimal | None:
    """Return the dearest that a partner contract was or may be; None when nothing is known."""
    partner = at.state.legs[leg]
    costs = []
    if partner.filled:
        costs.append(spent(at.terms, partner))
    if partner.claims:
        costs.append(partner.claim_px)
    if plan.px is None and not costs:
        # Only claims have come: price the partner as if it were untouched.
        plan = _base(at, leg, completing=False)
    if plan.px is not None:
        costs.append(_cost(at, leg, plan.px))
    return max(costs, default=None)


# --- one leg ----------------------------------------------------------------------------------


def _base(at: Situation, leg: int, *, completing: bool) -> Plan:
    """Return the leg's price before G2 and JUMP: JOIN or the overlay's, never crossing (G1, G3)."""
    view = at.view.legs[leg]
    opinion = None if completing else at.opinion_on(leg)
    if opinion is not None and opinion.suppress:
        return Plan(why="suppressed")
    px = join_px(view)
    if opinion is not None and opinion.quote is not None:
        px = view.rules.floor_px(opinion.quote)
    if px is None:
        return Plan(why="empty")
    if opinion is not None and opinion.bid_cap is not None:
        px = min(px, view.rules.floor_px(opinion.bid_cap))
    if view.ask is not None:
        px = min(px, below(view.rules, view.ask))
    inside = at.terms.price_min <= px <= at.terms.price_max
    if not (inside or (completing and px > ZERO)):
        return Plan(why="price_range")
    return Plan(px, "join")


def _jump(at: Situation, leg: int, base: Plan, partner: Decimal) -> Plan:
    target = at.state.legs[leg].jump_target
    if target is None or base.px is None or target <= base.px:
        return base
    base.refused = _against_jump(at, leg, target, partner)
    return base if base.refused else Plan(target, "jump")


def _against_jump(at: Situation, leg: int, target: Decimal, partner: Decimal) -> str:
    """Return the first guard that forbids JUMP, empty when all hold."""
    view = at.view.legs[leg]
    if target > at.terms.price_max:
        return "price_max"
    asks = [ask for ask in (view.ask, view.wall) if ask is not None]
    if asks and target > below(view.rules, min(asks)):
        return "cross"
    if _cost(at, leg, target) > room(at.terms, view.rules, partner):
        return "edge"
    opinion = at.opinion_on(leg)
    if opinion is not None and not opinion.allow_jump:
        return f"overlay:{opinion.why}" if opinion.why else "overlay"
    if opinion is not None and opinion.bid_cap is not None and target > opinion.bid_cap:
        return "overlay:bid_cap"
    barred = at.barred[leg]
    return barred.why if barred is not None and target >= barred.px else ""

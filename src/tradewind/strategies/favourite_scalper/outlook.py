"""What all positions together look like: exposure, open result, silence.

Reads the context and the state; it asks for nothing.
"""

from decimal import Decimal

from tradewind.core.strategy.context import Context
from tradewind.model.ids import AccountId, InstrumentId
from tradewind.model.money import NANOS, ZERO
from tradewind.strategies.favourite_scalper.breakers import Outlook
from tradewind.strategies.favourite_scalper.slots import ScalperState, Slot


def cost_of(ctx: Context, slot: Slot) -> Decimal:
    """Return what a slot has bound: its position at cost and what its entry may still buy."""
    cost = ctx.position(slot.instrument).cost
    entry = ctx.order(slot.entry_id)
    if entry is not None and entry.px is not None:
        cost += ctx.instrument(slot.instrument).notional(entry.leaves_qty, entry.px)
    return cost


def exposure(ctx: Context, state: ScalperState) -> Decimal:
    """Return what all slots have bound, at cost."""
    return sum((cost_of(ctx, slot) for slot in state.slots.values()), ZERO)


def balance_of(ctx: Context, state: ScalperState, account: AccountId | None = None) -> Decimal:
    """Return an account's cash with what our own positions there cost; marks do not move it."""
    where = account or ctx.accounts[0]
    spent = ZERO
    for instrument in state.slots:
        if ctx.account_for(instrument) == where:
            spent += ctx.position(instrument).cost
    return ctx.cash(where) + spent


def unrealised(ctx: Context, state: ScalperState) -> Decimal:
    """Return the open result of all slots at their marks; without a mark a slot counts zero."""
    total = ZERO
    for instrument in state.slots:
        held = ctx.position(instrument)
        mark = ctx.market(instrument).mark()
        if mark is not None and held.qty:
            total += held.unrealised(mark)
    return total


def look_out(ctx: Context, state: ScalperState) -> Outlook:
    """Return the figures that the day's warnings look at."""
    costs = [cost_of(ctx, slot) for slot in state.slots.values()]
    return Outlook(
        balance=balance_of(ctx, state),
        unrealised=unrealised(ctx, state),
        position=max(costs, default=ZERO),
        exposure=sum(costs, ZERO),
    )


def quiet_s(ctx: Context, instrument: InstrumentId, awake_ns: int) -> int:
    """Return for how many seconds a market has said nothing while we were listening."""
    heard_ns = max(ctx.market(instrument).verified_ns, awake_ns)
    return (ctx.now_ns - heard_ns) // NANOS


def longest_quiet_s(ctx: Context, state: ScalperState, awake_ns: int) -> int:
    """Return the longest silence of any market that is held, in seconds; 0 when none is."""
    return max((quiet_s(ctx, each, awake_ns) for each in state.slots), default=0)

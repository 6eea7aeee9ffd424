"""What the gate would say to an order, asked without leaving a trace.

Knows how an order's lane is put together. It works on copies of the rate budget and on empty sums
where the desk has none yet, because only a step may change the desk.
"""

from copy import copy

from tradewind.core.engine.desk import Desk
from tradewind.core.risk.exposure import Bucket, Resting
from tradewind.core.risk.lane import Lane
from tradewind.core.risk.states import ScopeState
from tradewind.core.risk.verdict import Verdict
from tradewind.model.config import Limits
from tradewind.model.errors import ConfigError
from tradewind.model.order import PlaceOrder


def verdict(desk: Desk, spec: PlaceOrder) -> Verdict:
    """Return the gate's answer to a person's order; ConfigError where it cannot be asked."""
    state = desk.accounts.get(spec.account)
    if state is None:
        raise ConfigError(
            f"Placed an order on account {spec.account}, found none of that name; "
            f"use one of {', '.join(desk.accounts) or 'none'}."
        )
    rules = desk.instrument(spec.instrument)
    if rules.venue != state.account.venue:
        raise ConfigError(
            f"Placed an order on {spec.instrument}, found account {spec.account} at "
            f"{state.account.venue}; use an account at {rules.venue}."
        )
    # The gate takes a token for what it approves; this one comes out of a copy.
    state = copy(state)
    state.budget = copy(state.budget)
    venue = desk.venue_scopes.get(rules.venue) or ScopeState(f"venue {rules.venue}", Limits())
    place = (spec.account, spec.instrument, spec.bucket)
    bucket = desk.exposure.buckets.get(place) or Bucket(spec.account, rules)
    market = (rules.venue, rules.canonical_market)
    lane = Lane(
        desk.operator,
        desk.feeds[spec.instrument].market,
        (state, venue, desk.desk_scope),
        bucket,
        desk.exposure.markets.get(market) or Resting(),
    )
    lane.bucket_id = spec.bucket
    return desk.gate.check(lane, spec, desk.world.now_ns)

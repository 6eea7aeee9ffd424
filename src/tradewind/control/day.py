"""The day's result against what may be lost. Knows a desk's loss limits and only reads them."""

from decimal import Decimal

from tradewind.control.frames import Day
from tradewind.core.engine.days import DAY_NS
from tradewind.core.engine.desk import Desk
from tradewind.core.risk.losses import LossScope, today
from tradewind.model.money import ZERO


def day_of(desk: Desk) -> Day | None:
    """Return the desk's day, None before it began or while a rate is unknown."""
    whole = desk.losses.get(desk.desk_scope.name)
    if whole is not None and whole.opened:
        net = today(whole, desk.world.markets, desk.rates)
        begun_ns = desk.wide_days.get(desk.desk_scope.name, 0) * DAY_NS
        return None if net is None else _day(desk, net, whole.limit, begun_ns)
    return _sum(desk)


def _sum(desk: Desk) -> Day | None:
    """Return the days of all accounts as one: its limit is the sum of theirs."""
    net, limit, limited = ZERO, ZERO, False
    begun_ns = 0
    for name, state in desk.accounts.items():
        scope = desk.losses.get(name)
        if scope is None or not scope.opened:
            return None
        made = _worth(desk, scope, today(scope, desk.world.markets, desk.rates))
        if made is None:
            return None
        net += made
        bound = _worth(desk, scope, scope.limit)
        if bound is not None:
            limit, limited = limit + bound, True
        offset = desk.config.day_offset_ns.get(state.account.venue, 0)
        begun_ns = max(begun_ns, desk.day.get(name, 0) * DAY_NS - offset)
    return _day(desk, net, limit if limited else None, begun_ns) if desk.accounts else None


def _worth(desk: Desk, scope: LossScope, amount: Decimal | None) -> Decimal | None:
    return None if amount is None else desk.rates.convert(amount, scope.currency)


def _day(desk: Desk, net: Decimal, limit: Decimal | None, since_ns: int) -> Day:
    return Day(
        net=float(net),
        limit=None if limit is None else float(limit),
        currency=desk.rates.reporting,
        since_ns=since_ns,
    )

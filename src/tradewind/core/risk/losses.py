"""Loss limits, looked at on every mark as well as on every order, at the price of one compare.

A scope's room (how much it may still lose) is shared out among its positions. A position's share
gives a band of prices inside which the scope cannot pass its limit, whatever the others do inside
theirs. A mark outside a band takes a new share from what is spare; only when nothing is spare is
the exact sum over all positions made, and a limit that was passed is found.
"""

from decimal import Decimal

import msgspec

from tradewind.core.ledger.currency import Rates
from tradewind.core.market.market import Market
from tradewind.model.ids import Currency, InstrumentId
from tradewind.model.money import ZERO
from tradewind.model.position import Position

HUNDRED = Decimal(100)
INFINITY = Decimal("Infinity")
ANYTHING = (-INFINITY, INFINITY)
NOTHING = (INFINITY, -INFINITY)
SHARES = 64
FAR = 10**18
"""Quanta; no price goes so far."""
Key = tuple[str, str, str, str]
Band = tuple[Decimal, Decimal]


class LossScope:
    """One scope's day. Money is in `currency`; `limit_pct` is percent of `capital`.

    `positions` are all that ever belonged to the scope, flat ones too; `held` maps each to its
    share and to the result it had when the share was given. `base` is what had been realised
    when the day began, by currency. `spare` is the room that nobody
    holds; None asks for the exact sum. `share` is what each open position was given by the last
    one. `shrunk` says that the room no longer covers the shares
    that were given out: every band of the scope is void and must be made anew.
    """

    __slots__ = (
        "base",
        "capital",
        "currency",
        "held",
        "limit",
        "limit_pct",
        "name",
        "opened",
        "positions",
        "share",
        "shrunk",
        "spare",
        "tripped",
    )

    def __init__(self, name: str, currency: Currency, limit_pct: Decimal | None) -> None:
        self.name = name
        self.currency = currency
        self.limit_pct = limit_pct
        self.capital = ZERO
        self.base: dict[str, Decimal] = {}
        self.limit: Decimal | None = None
        self.positions: dict[Key, Position] = {}
        self.held: dict[Key, tuple[Decimal, Decimal]] = {}
        self.spare: Decimal | None = None
        self.share = ZERO
        self.shrunk = False
        self.tripped = False
        self.opened = False

    def open_day(self, capital: Decimal) -> None:
        """Begin a trading day: realised losses count from here."""
        self.opened = True
        self.base = {}
        for held in self.positions.values():
            self.base[held.currency] = self.base.get(held.currency, ZERO) + held.net
        self.tripped = False
        self.set_capital(capital)

    def set_capital(self, capital: Decimal) -> None:
        """Take the capital that the limit is a percentage of; the day goes on."""
        self.capital = capital
        limited = self.limit_pct is not None and capital > ZERO
        self.limit = capital * self.limit_pct / HUNDRED if limited and self.limit_pct else None
        self.forget()

    def forget(self) -> None:
        """Take every share back; whoever calls this voids the bands that came with them."""
        self.held.clear()
        self.spare = None
        self.shrunk = False

    def forgive(self, result: Decimal) -> None:
        """Count from here: the day's result so far is behind us."""
        self.base[self.currency] = self.base.get(self.currency, ZERO) + result
        self.tripped = False
        self.forget()


class Breach(msgspec.Struct, frozen=True):
    """A scope lost more than it may."""

    scope: LossScope
    result: Decimal
    limit: Decimal


def today(scope: LossScope, markets: dict[InstrumentId, Market], rates: Rates) -> Decimal | None:
    """Return the day's result, realised since its start plus unrealised; None without a rate.

    A position that has no mark yet counts at what it cost.
    """
    total = _begun(scope, rates)
    for held in scope.positions.values():
        result = _result(scope, held, markets[held.instrument].mark(), rates)
        if result is None:
            return None
        total += result
    return total


def band(
    scope: LossScope,
    key: Key,
    mark: Decimal | None,
    markets: dict[InstrumentId, Market],
    rates: Rates,
) -> Band | Breach:
    """Give one position a fresh share of its scope's room; return its band, or the breach.

    `mark` is what one unit of it is worth now.
    """
    limit = scope.limit
    if limit is None or scope.tripped:
        return ANYTHING
    held = scope.positions[key]
    result = _result(scope, held, mark, rates)
    if result is None:
        # What cannot be converted is locked for new risk; the others are watched without it.
        return _share_out(scope, limit, markets, rates) or NOTHING
    spare = scope.spare
    if spare is not None:
        share, before = scope.held.get(key, (ZERO, ZERO))
        spare += share + result - before
        want = _wanted(scope, limit) if held.qty else ZERO
        if spare >= want:
            scope.spare = spare - want
            scope.held[key] = (want, result)
            return _band(scope, held, markets[held.instrument], want, rates)
    breach = _share_out(scope, limit, markets, rates)
    if breach is not None:
        return breach
    return _band(scope, held, markets[held.instrument], scope.held[key][0], rates)


def _wanted(scope: LossScope, limit: Decimal) -> Decimal:
    """Return the share to ask for; among many positions never more than each was given last."""
    want = limit / SHARES
    return scope.share if ZERO < scope.share < want else want


def _share_out(
    scope: LossScope, limit: Decimal, markets: dict[InstrumentId, Market], rates: Rates
) -> Breach | None:
    results: dict[Key, Decimal] = {}
    total = _begun(scope, rates)
    for key, position in scope.positions.items():
        result = _result(scope, position, markets[position.instrument].mark(), rates)
        results[key] = ZERO if result is None else result
        total += results[key]
    room = limit + total
    if room < ZERO:
        scope.tripped = True
        return Breach(scope, total, limit)
    open_ = sum(1 for position in scope.positions.values() if position.qty)
    share = room / (2 * open_) if open_ else ZERO
    spare = room
    held: dict[Key, tuple[Decimal, Decimal]] = {}
    for key, result in results.items():
        # A band that was given out holds until its position is looked at: what is left of its
        # share is honoured, unless the room has shrunk below all that is left.
        before, then = scope.held.get(key, (ZERO, ZERO))
        left = before + result - then
        given = share if scope.positions[key].qty else ZERO
        keep = max(left, given)
        held[key] = (keep, result)
        spare -= keep
    if spare < ZERO:
        scope.shrunk = True
        spare = room - share * open_
        held = {
            key: (share if scope.positions[key].qty else ZERO, result)
            for key, result in results.items()
        }
    scope.held = held
    scope.spare = spare
    scope.share = share
    return None


def _begun(scope: LossScope, rates: Rates) -> Decimal:
    """Return the day's beginning: minus what had been realised before it."""
    total = ZERO
    for currency, before in scope.base.items():
        worth = rates.exchange(before, currency, scope.currency)
        total -= worth if worth is not None else ZERO
    return total


def _result(scope: LossScope, held: Position, mark: Decimal | None, rates: Rates) -> Decimal | None:
    result = held.realised - held.fees - held.funding
    if held.qty and mark is not None:
        result += held.qty * mark * held.multiplier - held.cost
    if held.currency != scope.currency:
        return rates.exchange(result, held.currency, scope.currency)
    return result


def _band(scope: LossScope, held: Position, market: Market, share: Decimal, rates: Rates) -> Band:
    """Return the prices that a share of the room covers, in whole quanta and never more."""
    if not held.qty:
        return ANYTHING
    weight = held.qty * held.multiplier
    if held.currency != scope.currency:
        weight = rates.exchange(weight, held.currency, scope.currency) or ZERO
    mark = market.mark()
    if mark is None or not weight:
        return NOTHING
    quantum = market.prices.quantum
    step = weight * quantum
    if share >= abs(step) * FAR:
        return ANYTHING
    edge = mark - share // step * quantum
    return (edge, INFINITY) if weight > ZERO else (-INFINITY, edge)

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
Key = tuple[str, str, str, str]
Band = tuple[Decimal, Decimal]


class LossScope:
    """One scope's day. Money is in `currency`; `limit_pct` is percent of `capital`.

    `positions` are all that ever belonged to the scope, flat ones too; `held` maps each to its
    share and to the result it had when the share was given. `spare` is the room that nobody
    holds; None asks for the exact sum.
    """

    __slots__ = (
        "base",
        "capital",
        "currency",
        "held",
        "limit",
        "limit_pct",
        "name",
        "positions",
        "spare",
        "tripped",
    )

    def __init__(self, name: str, currency: Currency, limit_pct: Decimal | None) -> None:
        self.name = name
        self.currency = currency
        self.limit_pct = limit_pct
        self.capital = ZERO
        self.base = ZERO
        self.limit: Decimal | None = None
        self.positions: dict[Key, Position] = {}
        self.held: dict[Key, tuple[Decimal, Decimal]] = {}
        self.spare: Decimal | None = None
        self.tripped = False

    def open_day(self, capital: Decimal) -> None:
        """Begin a trading day: realised losses count from here."""
        self.capital = capital
        self.base = sum((held.net for held in self.positions.values()), ZERO)
        limited = self.limit_pct is not None and capital > ZERO
        self.limit = capital * self.limit_pct / HUNDRED if limited and self.limit_pct else None
        self.spare = None
        self.tripped = False


class Breach(msgspec.Struct, frozen=True):
    """A scope lost more than it may."""

    scope: LossScope
    result: Decimal
    limit: Decimal


def today(scope: LossScope, markets: dict[InstrumentId, Market], rates: Rates) -> Decimal | None:
    """Return the day's result, realised since its start plus unrealised; None without a rate."""
    total = -scope.base
    for held in scope.positions.values():
        result = _result(scope, held, markets[held.instrument].mark(), rates)
        if result is None:
            return None
        total += result
    return total


def band(
    scope: LossScope,
    key: Key,
    markets: dict[InstrumentId, Market],
    rates: Rates,
) -> Band | Breach:
    """Give one position a fresh share of its scope's room; return its band, or the breach."""
    limit = scope.limit
    if limit is None or scope.tripped:
        return ANYTHING
    held = scope.positions[key]
    mark = markets[held.instrument].mark()
    result = _result(scope, held, mark, rates)
    if result is None:
        return NOTHING
    spare = scope.spare
    if spare is not None:
        share, before = scope.held.get(key, (ZERO, ZERO))
        spare += share + result - before
        want = limit / SHARES if held.qty else ZERO
        if spare >= want:
            scope.spare = spare - want
            scope.held[key] = (want, result)
            return _band(scope, held, mark, want, rates)
    breach = _share_out(scope, limit, markets, rates)
    if breach is not None:
        return breach
    if scope.spare is None:
        return NOTHING
    return _band(scope, held, mark, scope.held[key][0], rates)


def _share_out(
    scope: LossScope, limit: Decimal, markets: dict[InstrumentId, Market], rates: Rates
) -> Breach | None:
    results: dict[Key, Decimal] = {}
    total = -scope.base
    for key, held in scope.positions.items():
        result = _result(scope, held, markets[held.instrument].mark(), rates)
        if result is None:
            scope.spare = None
            return None
        results[key] = result
        total += result
    room = limit + total
    if room < ZERO:
        scope.tripped = True
        return Breach(scope, total, limit)
    open_ = sum(1 for held in scope.positions.values() if held.qty)
    share = room / (2 * open_) if open_ else ZERO
    # Shares that others hold only shrink here when room shrank; their bands are kept true by
    # never giving out more than the room: an old, larger share is honoured first.
    spare = room
    for key, result in results.items():
        old_share, old_result = scope.held.get(key, (ZERO, ZERO))
        left = max(old_share + result - old_result, ZERO)
        given = share if scope.positions[key].qty else ZERO
        keep = max(left, ZERO) if given < left else given
        scope.held[key] = (keep, result)
        spare -= keep
    scope.spare = spare if spare >= ZERO else None
    return None


def _result(scope: LossScope, held: Position, mark: Decimal | None, rates: Rates) -> Decimal | None:
    result = held.realised - held.fees - held.funding
    if held.qty:
        if mark is None:
            return None
        result += held.qty * mark * held.multiplier - held.cost
    if held.currency != scope.currency:
        return rates.convert(result, held.currency)
    return result


def _band(
    scope: LossScope, held: Position, mark: Decimal | None, share: Decimal, rates: Rates
) -> Band:
    if not held.qty:
        return ANYTHING
    weight = held.qty * held.multiplier
    if held.currency != scope.currency:
        weight = rates.convert(weight, held.currency) or ZERO
    if mark is None or not weight:
        return NOTHING
    edge = mark - share / weight
    return (edge, INFINITY) if weight > ZERO else (-INFINITY, edge)

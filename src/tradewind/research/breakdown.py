"""Round trips summed up by what they have in common. Knows rows; must not know how they look."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from tradewind.model.ids import Currency
from tradewind.model.money import ZERO
from tradewind.research.results import BacktestResult, RoundTripRow


class Group(msgspec.Struct, frozen=True):
    """The closed round trips of one name; money in `currency`, fees with funding."""

    name: str
    currency: Currency
    round_trips: int
    win_rate: float | None
    net_pnl: Decimal
    fees: Decimal
    mean_held_ns: int | None


def by_instrument(result: BacktestResult) -> tuple[Group, ...]:
    """Return one group for each instrument, the best result first."""
    return _grouped(result, lambda trip: trip.instrument)


def by_exit_reason(result: BacktestResult) -> tuple[Group, ...]:
    """Return one group for each reason that a round trip ended with, the best result first."""
    return _grouped(result, lambda trip: trip.exit_reason)


def _grouped(result: BacktestResult, name_of: Callable[[RoundTripRow], str]) -> tuple[Group, ...]:
    found: dict[tuple[str, Currency], list[RoundTripRow]] = {}
    for trip in result.round_trips:
        if trip.closed_ns is not None:
            found.setdefault((name_of(trip), trip.currency), []).append(trip)
    groups = [_group(name, currency, trips) for (name, currency), trips in found.items()]
    return tuple(sorted(groups, key=lambda group: (-group.net_pnl, group.name)))


def _group(name: str, currency: Currency, trips: list[RoundTripRow]) -> Group:
    won = sum(trip.net_pnl > ZERO for trip in trips)
    decided = sum(bool(trip.net_pnl) for trip in trips)
    held_ns = sum((trip.closed_ns or trip.opened_ns) - trip.opened_ns for trip in trips)
    return Group(
        name,
        currency,
        len(trips),
        won / decided if decided else None,
        sum((trip.net_pnl for trip in trips), ZERO),
        sum((trip.fees + trip.funding for trip in trips), ZERO),
        held_ns // len(trips),
    )

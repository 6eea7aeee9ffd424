"""One member's money: cash, signed positions, and what resting orders lock.

Knows cash and netting. Must not know matching or the wire. A position counts YES contracts, NO
contracts as negative; opposite fills net at once and pay one dollar a pair. Source: Kalshi Trade
API v2, portfolio, docs.kalshi.com, read 2026-08.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec

from tradewind.core.matching.fees import FeeMemory
from tradewind.edge.simulators.kalshi.buckets import Bucket
from tradewind.edge.simulators.kalshi.groups import Group
from tradewind.edge.simulators.kalshi.lagged import Lagged
from tradewind.edge.simulators.kalshi.orders import (
    LONGEST_LAG_NS,
    Fill,
    Order,
    OrderState,
    Settled,
)
from tradewind.edge.simulators.kalshi.settings import TIERS, AccountTerms
from tradewind.model.money import ONE, ZERO

RestingFee = Callable[[Decimal, Decimal], Decimal]
"""What so many contracts at a price cost a maker: (price, quantity) to dollars."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """An account's contracts of one market: `qty` signed, `volume` in contracts, else dollars."""

    ticker: str
    qty: Decimal = ZERO
    cost: Decimal = ZERO
    traded: Decimal = ZERO
    volume: Decimal = ZERO
    realized: Decimal = ZERO
    fees: Decimal = ZERO
    updated_ns: int = 0

    def after(self, *, bid: bool, qty: Decimal, px: Decimal, fee: Decimal, ts: int) -> "Position":
        """Return the position after a fill at a price of the YES book."""
        held = self.qty
        closing = min(qty, max(-held if bid else held, ZERO))
        opening = qty - closing
        unit = px if bid else ONE - px
        # What closes is sold: a YES for the ask, a NO for what its pair is worth above the bid.
        given = self.cost * closing / abs(held) if closing else ZERO
        return Position(
            ticker=self.ticker,
            qty=held + qty if bid else held - qty,
            cost=self.cost - given + opening * unit,
            traded=self.traded + qty * unit,
            volume=self.volume + qty,
            realized=self.realized + closing * (ONE - unit) - given,
            fees=self.fees + fee,
            updated_ns=ts,
        )

    def settled(self, revenue: Decimal, ts: int) -> "Position":
        """Return what is left when the market has paid."""
        return msgspec.structs.replace(
            self,
            qty=ZERO,
            cost=ZERO,
            realized=self.realized + revenue - self.cost,
            updated_ns=ts,
        )


class Account:
    """A member with all that is his.

    `cash` includes what resting orders lock. `orders` holds every order there ever was, by id;
    `client_ids` remembers each client id for ever, and
    `attempts` how many requests to create came with it.
    """

    __slots__ = (
        "attempts",
        "cash",
        "cash_seen",
        "client_ids",
        "connections",
        "fee_memory",
        "fills",
        "groups",
        "locks",
        "open_orders",
        "orders",
        "positions",
        "read",
        "settled",
        "sweep_until_ns",
        "terms",
        "updated_ns",
        "write",
    )

    def __init__(self, terms: AccountTerms, now_ns: int) -> None:
        tier = TIERS[terms.tier]
        self.terms = terms
        self.cash = terms.cash
        self.updated_ns = now_ns
        self.read = Bucket(tier.read_rate, tier.read_capacity, now_ns)
        self.write = Bucket(tier.write_rate, tier.write_capacity, now_ns)
        self.orders: dict[str, Order] = {}
        self.open_orders: dict[str, dict[str, Order]] = {}
        self.client_ids: dict[str, Order] = {}
        self.attempts: dict[str, int] = {}
        self.positions: dict[str, Lagged[Position]] = {}
        self.locks: dict[str, Decimal] = {}
        self.fills: list[Fill] = []
        self.settled: list[Settled] = []
        self.groups: dict[str, Group] = {}
        self.fee_memory: FeeMemory = {}
        self.connections = 0
        self.sweep_until_ns = 0
        self.cash_seen: Lagged[Decimal] = Lagged(LONGEST_LAG_NS)
        self.cash_seen.put(self.cash, now_ns)

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Return the ids of its keys, by which faults name it."""
        return tuple(key.id for key in self.terms.keys)

    @property
    def user_id(self) -> str:
        """Return the account's id."""
        return self.terms.user_id

    @property
    def free(self) -> Decimal:
        """Return the cash that no order locks."""
        return self.cash - sum(self.locks.values(), ZERO)

    def position(self, ticker: str) -> Position:
        """Return the position of a market, flat where there was none."""
        found = self.positions.get(ticker)
        return Position(ticker=ticker) if found is None else found.newest

    def put_position(self, position: Position, now_ns: int) -> None:
        """Take a changed position."""
        found = self.positions.get(position.ticker)
        if found is None:
            found = self.positions[position.ticker] = Lagged(LONGEST_LAG_NS)
        found.put(position, now_ns)

    def pay(self, amount: Decimal, now_ns: int) -> None:
        """Change the cash."""
        self.cash += amount
        self.updated_ns = now_ns

    def live(self, ticker: str) -> Iterable[Order]:
        """Return the resting orders of a market, oldest first."""
        return self.open_orders.get(ticker, {}).values()

    @property
    def open_count(self) -> int:
        """Return how many orders rest."""
        return sum(len(rows) for rows in self.open_orders.values())

    def all_live(self) -> list[Order]:
        """Return all resting orders."""
        return [order for rows in self.open_orders.values() for order in rows.values()]

    def lock(self, ticker: str, fee: RestingFee, now_ns: int) -> None:
        """Set aside anew what the resting orders of a market need."""
        states = [order.now for order in self.live(ticker)]
        self.locks[ticker] = needed(states, self.position(ticker).qty, fee)
        self.cash_seen.put(self.free, now_ns)


def needed(orders: Iterable[OrderState], held: Decimal, fee: RestingFee) -> Decimal:
    """Return the dollars that resting orders lock, given a position.

    A bid locks its price, an ask that opens NO one minus its price, both with their fee; what
    closes a position locks nothing, the oldest orders first. Reduce-only orders never open.
    """
    total = ZERO
    cover = {True: max(-held, ZERO), False: max(held, ZERO)}
    for order in orders:
        qty, bid = order.remaining_qty, order.bid
        if order.reduce_only:
            continue
        closing = min(qty, cover[bid])
        cover[bid] -= closing
        opening = qty - closing
        if opening:
            total += opening * (order.px if bid else ONE - order.px) + fee(order.px, opening)
    return total

"""What orders and positions are worth, by currency, and money in words.

Knows marks and prices as they stand, so every figure is an "about".
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tradewind.core.engine.desk import Desk
from tradewind.model.money import ZERO
from tradewind.model.order import Order
from tradewind.model.position import Position

CENT = Decimal("0.01")


def orders_worth(desk: Desk, orders: Iterable[Order]) -> dict[str, Decimal]:
    """Return by currency what the rest of these orders would trade; unpriced ones at the mark."""
    found: dict[str, Decimal] = {}
    for order in orders:
        rules = desk.instrument(order.instrument)
        px = order.px if order.px is not None else desk.world.markets[rules.id].mark()
        if px is not None and order.leaves_qty:
            worth = rules.notional(order.leaves_qty, px)
            found[rules.quote] = found.get(rules.quote, ZERO) + worth
    return found


def position_worth(desk: Desk, held: Iterable[Position]) -> dict[str, Decimal]:
    """Return by currency what positions are worth at the mark, unsigned; without one, nothing."""
    found: dict[str, Decimal] = {}
    for each in held:
        mark = desk.world.markets[each.instrument].mark()
        if mark is not None:
            worth = abs(each.qty) * mark * each.multiplier
            found[each.currency] = found.get(each.currency, ZERO) + worth
    return found


def money_words(amounts: Mapping[str, Decimal]) -> str:
    """Return amounts in words, e.g. `6.10 USD and 3.00 USDC`; empty for none."""
    return " and ".join(f"{amounts[name].quantize(CENT)} {name}" for name in sorted(amounts))

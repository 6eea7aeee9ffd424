"""YES space: a question's two outcomes as one book.

Knows only the algebra of prices that add up to one. Must not know books, orders or accounts.
"""

from decimal import Decimal

from tradewind.model.instrument import Outcome
from tradewind.model.money import ONE
from tradewind.model.order import Side

BUY = Side.BUY
SELL = Side.SELL
NO = Outcome.NO


def in_yes_space(side: Side, px: Decimal, outcome: Outcome | None) -> tuple[Side, Decimal]:
    """Return side and price of the same order on the YES book; a NO bid at q asks 1 - q there.

    The mapping is its own inverse: what it returns, mapped again, is the order of before. An
    instrument without an outcome is its own YES.
    """
    if outcome is not NO:
        return side, px
    return (SELL if side is BUY else BUY), ONE - px

"""What it would take to close positions now: how much, at about which price, at what cost.

Knows the books as they stand. It is an estimate: it walks the levels that are shown, and takes
the venue's own fee schedule for takers.
"""

from decimal import Decimal

import msgspec

from tradewind.control.worth import money_words
from tradewind.core.engine.desk import Desk
from tradewind.core.market.market import Market
from tradewind.core.matching.fees import FeeInput, fee_model
from tradewind.model.ids import InstanceId
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.model.order import Liquidity, Side
from tradewind.model.position import Position

LEVELS = 50
SELL = Side.SELL
BUY = Side.BUY


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """One position's way out: `px` is the average that the book promises, None without a price.

    `cost` is what the mark loses to spread and fees, in `currency`; `short` tells that the shown
    book, within the slippage permitted, does not take all of it.
    """

    instrument: str
    side: Side
    qty: Decimal
    px: Decimal | None
    cost: Decimal
    currency: str
    short: bool


def closings(desk: Desk, owner: InstanceId, max_slippage_pct: Decimal) -> list[Closing]:
    """Return the orders that would close everything an instance holds."""
    found = []
    for held in desk.ledger.owner_positions(owner):
        rules = desk.instrument(held.instrument)
        qty = rules.floor_qty(abs(held.qty))
        if qty:
            market = desk.feeds[held.instrument].market
            found.append(_closing(held, rules, market, qty, max_slippage_pct))
    return found


def cost_words(trades: list[Closing]) -> str:
    """Return what closing costs together, by currency, e.g. `costs about 6.10 USD`."""
    costs: dict[str, Decimal] = {}
    for trade in trades:
        costs[trade.currency] = costs.get(trade.currency, ZERO) + trade.cost
    words = money_words(costs)
    short = any(trade.short for trade in trades)
    return f"costs about {words}" + (", the book shown does not take all of it" if short else "")


def _closing(
    held: Position, rules: Instrument, market: Market, qty: Decimal, max_slippage_pct: Decimal
) -> Closing:
    side = SELL if held.qty > ZERO else BUY
    filled, value = _walk(market, side, qty, max_slippage_pct)
    mark = market.mark()
    px = value / filled if filled else mark
    cost = ZERO
    if px is not None and mark is not None:
        worse = mark - px if side is SELL else px - mark
        cost = rules.notional(qty, worse) + _fee(rules, side, qty, px)
    return Closing(
        instrument=rules.id,
        side=side,
        qty=qty,
        px=None if px is None else _shown(rules, px, side),
        cost=cost,
        currency=rules.quote,
        short=filled < qty,
    )


def _walk(
    market: Market, side: Side, qty: Decimal, max_slippage_pct: Decimal
) -> tuple[Decimal, Decimal]:
    """Return quantity and value that the shown book takes within the slippage permitted."""
    if market.book is not None:
        levels = market.book.levels(BUY if side is SELL else SELL, LEVELS)
    elif side is SELL:
        levels = ((market.bid, market.bid_qty),) if market.bid_qty else ()
    else:
        levels = ((market.ask, market.ask_qty),) if market.ask_qty else ()
    filled = value = ZERO
    for px, size in levels:
        beyond = abs(px - levels[0][0]) * 100 > levels[0][0] * max_slippage_pct
        if filled >= qty or beyond:
            break
        part = min(size, qty - filled)
        filled += part
        value += part * px
    return filled, value


def _fee(rules: Instrument, side: Side, qty: Decimal, px: Decimal) -> Decimal:
    model = fee_model(rules.fee_model, **rules.fee_parameters)
    fill = FeeInput(
        side=side,
        qty=qty,
        px=px,
        liquidity=Liquidity.TAKER,
        order_key="estimate",
        multiplier=rules.multiplier,
    )
    return model.fee(fill, {})


def _shown(rules: Instrument, px: Decimal, side: Side) -> Decimal:
    # The average of several levels is rarely on the grid; the worse neighbour is shown.
    return rules.floor_px(px) if side is SELL else rules.ceil_px(px)

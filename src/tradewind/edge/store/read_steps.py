"""What one step does to a position and to its round trip. Pure: knows two rows, no database.

Average cost: what grows a position adds its value to the cost; what shrinks it moves a part of
the cost out, in proportion; what goes through zero closes one round trip and opens the next.
"""

from decimal import Decimal

import msgspec

from tradewind.edge.store.read_rows import PositionRow, TradeRow
from tradewind.model.money import ZERO

COST_QUANTUM = Decimal("1e-12")


class Step(msgspec.Struct, frozen=True):
    """Something that moved a position or its result; `qty` and `value` carry the same sign.

    `fee` and `funding` are positive when paid, in the position's currency. `trades` tells a fill
    from a posting, for the count of fills.
    """

    ts: int
    key: str
    qty: Decimal
    value: Decimal
    fee: Decimal
    funding: Decimal
    reason: str
    trades: bool


class Part(msgspec.Struct, frozen=True):
    """The part of a step that closes, or the part that opens."""

    qty: Decimal
    value: Decimal
    fee: Decimal


class Outcome(msgspec.Struct):
    """What a step did: realised profit, whether it shrank the position, round trips touched."""

    realised: Decimal
    reduced: bool
    trades: list[TradeRow]


NOTHING = Part(ZERO, ZERO, ZERO)


def take(position: PositionRow, last: TradeRow | None, step: Step) -> Outcome:
    """Let the position take a step; `last` is its newest round trip."""
    closing, opening = split(position, step)
    outcome = Outcome(ZERO, bool(closing.qty), [])
    position.fees += step.fee
    position.funding += step.funding
    if closing.qty:
        assert last is not None, "an open position has a round trip"
        outcome.realised = _close(position, last, closing, step)
        outcome.trades.append(last)
    if opening.qty:
        trade = _open(position, last, opening, step)
        outcome.trades.append(trade)
    if not step.qty and last is not None:
        last.commission += step.fee
        last.funding += step.funding
        outcome.trades.append(last)
    for trade in outcome.trades:
        trade.net_pnl = trade.gross_pnl - trade.commission - trade.funding
    units = position.qty * position.multiplier
    position.avg_price = position.cost / units if units else None
    return outcome


def split(position: PositionRow, step: Step) -> tuple[Part, Part]:
    """Return what of a step closes the position and what opens one."""
    held, qty = position.qty, step.qty
    whole = Part(qty, step.value, step.fee)
    if not qty or not held or (held > ZERO) is (qty > ZERO):
        return NOTHING, whole
    if abs(qty) <= abs(held):
        return whole, NOTHING
    closing = Part(-held, share(step.value, -held, qty), share(step.fee, -held, qty))
    rest = Part(qty + held, step.value - closing.value, step.fee - closing.fee)
    return closing, rest


def share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return amount x part / whole, rounded to 1e-12 where it has more digits."""
    exact = amount * part / whole
    rounded = exact.quantize(COST_QUANTUM)
    return exact if exact == rounded else rounded


def _close(position: PositionRow, trade: TradeRow, part: Part, step: Step) -> Decimal:
    whole = part.qty == -position.qty
    moved = position.cost if whole else share(position.cost, -part.qty, position.qty)
    realised = -part.value - moved
    position.qty += part.qty
    position.cost -= moved
    position.realised += realised
    trade.exit_qty += abs(part.qty)
    trade.exit_value += abs(part.value)
    trade.exit_price = trade.exit_value / (trade.exit_qty * position.multiplier)
    trade.gross_pnl += realised
    trade.commission += part.fee
    trade.exit_fills += step.trades
    trade.exit_reason = step.reason
    if whole:
        trade.status = "closed"
        trade.exit_ns = step.ts
        trade.holding_ns = step.ts - trade.entry_ns
        position.opened_ns = 0
    return realised


def _open(position: PositionRow, last: TradeRow | None, part: Part, step: Step) -> TradeRow:
    if position.qty:
        assert last is not None, "an open position has a round trip"
        trade = last
    else:
        trade = _begin(position, part, step)
    position.qty += part.qty
    position.cost += part.value
    trade.entry_qty += abs(part.qty)
    trade.entry_value += abs(part.value)
    trade.entry_price = trade.entry_value / (trade.entry_qty * position.multiplier)
    trade.commission += part.fee
    trade.entry_fills += step.trades
    return trade


def _begin(position: PositionRow, part: Part, step: Step) -> TradeRow:
    position.opened_ns = step.ts
    position.round_trips += 1
    return TradeRow(
        bot_id=position.bot_id,
        account_id=position.account_id,
        symbol=position.symbol,
        bucket=position.bucket,
        number=position.round_trips,
        side="long" if part.qty > ZERO else "short",
        currency=position.currency,
        entry_key=step.key,
        entry_reason=step.reason,
        entry_ns=step.ts,
    )

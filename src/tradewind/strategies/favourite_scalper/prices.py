"""Entry, target, stop and exit prices of one position, and what it nets after fees.

Pure arithmetic on the instrument's own grid, in quote currency per contract. It knows no book,
no order and no clock.
"""

from decimal import Decimal

from tradewind.model.instrument import Instrument
from tradewind.model.money import ONE, ZERO

HUNDRED = Decimal(100)
TAKER_COEFFICIENT = Decimal("0.07")


def entry_px(
    instrument: Instrument, ask: Decimal, *, improve_ticks: int, max_over_ask_pct: Decimal
) -> Decimal:
    """Return the limit of the entry: so many ticks above the ask, at most so far above it.

    The cap rounds down to the grid and never goes below the ask.
    """
    wanted = ask + improve_ticks * instrument.tick_at(ask)
    cap = instrument.floor_px(ask * (ONE + max_over_ask_pct / HUNDRED))
    return max(min(instrument.floor_px(wanted), cap), ask)


def target_px(instrument: Instrument, entry: Decimal, take_profit_pct: Decimal) -> Decimal:
    """Return the price of the resting sell: the profit rounded up, at least one tick away.

    `entry` may be an average off the grid. One tick below the payout is the highest answer.
    """
    tick = instrument.tick_at(entry)
    wanted = instrument.ceil_px(entry * (ONE + take_profit_pct / HUNDRED))
    return min(max(wanted, instrument.ceil_px(entry + tick)), _highest(instrument))


def stop_px(
    instrument: Instrument, entry: Decimal, *, stop_loss_pct: Decimal, min_ticks: int
) -> Decimal:
    """Return the bid at which the position is left: rounded down, at least `min_ticks` away.

    The least distance exists because a stop measured on the bid would otherwise be hit by a
    spread of one tick at the moment of entry.
    """
    by_share = instrument.floor_px(entry * (ONE - stop_loss_pct / HUNDRED))
    by_ticks = instrument.floor_px(entry - min_ticks * instrument.tick_at(entry))
    return max(min(by_share, by_ticks), _lowest(instrument))


def exit_px(instrument: Instrument, bid: Decimal, exit_aggression_pct: Decimal) -> Decimal:
    """Return the limit of a forced sell: so far below the bid, rounded down, at least a tick."""
    wanted = instrument.floor_px(bid * (ONE - exit_aggression_pct / HUNDRED))
    return max(wanted, _lowest(instrument))


def quadratic_fee(px: Decimal, coefficient: Decimal = TAKER_COEFFICIENT) -> Decimal:
    """Return Kalshi's trade fee per contract before rounding: coefficient x P x (1 - P).

    Takers pay 0.07 in the usual series, makers nothing. Source: fee schedule of 2026-02-05.
    """
    return coefficient * px * (ONE - px)


def net_profit(
    entry: Decimal, target: Decimal, *, taker_coefficient: Decimal, maker_coefficient: Decimal
) -> Decimal:
    """Return what one contract nets when it is bought as taker and sold at target as maker."""
    paid = quadratic_fee(entry, taker_coefficient) + quadratic_fee(target, maker_coefficient)
    return target - entry - paid


def break_even_win_rate(win: Decimal, loss: Decimal) -> Decimal:
    """Return the share of wins at which `win` and `loss` (both positive) cancel out, 0 to 1."""
    return loss / (loss + win)


def _highest(instrument: Instrument) -> Decimal:
    return ONE - instrument.tick_at(ONE)


def _lowest(instrument: Instrument) -> Decimal:
    return instrument.tick_at(ZERO)

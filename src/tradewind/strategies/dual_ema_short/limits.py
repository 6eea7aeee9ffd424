"""When losses close the entries: the day's, and the fall from the highest equity.

Pure folds over the state. Equity in the account's currency, percentages as written. A daily
halt ends with the UTC day, a drawdown halt when a person resets it; neither closes a position.
"""

from decimal import Decimal

import msgspec

from tradewind.strategies.dual_ema_short.risk import HUNDRED
from tradewind.strategies.dual_ema_short.slots import ShortState
from tradewind.strategies.dual_ema_short.trend import DAY_NS

DAILY_LOSS = "daily_loss"
DRAWDOWN = "drawdown"


class LossRules(msgspec.Struct, frozen=True):
    """The parameters that halts read, in percent."""

    max_daily_loss_pct: Decimal
    max_drawdown_pct: Decimal


def note_equity(state: ShortState, equity: Decimal, now_ns: int) -> None:
    """Remember the peak and the first equity of the day; a new day ends a daily halt."""
    if equity > state.peak:
        state.peak = equity
    day = now_ns // DAY_NS
    if day != state.day:
        state.day = day
        state.day_equity = equity
        if state.halt == DAILY_LOSS:
            state.halt = ""


def find_halt(state: ShortState, equity: Decimal, rules: LossRules) -> str:
    """Return what must close the entries now, "" when nothing; reaching a limit is passing it."""
    if (state.peak - equity) * HUNDRED >= rules.max_drawdown_pct * state.peak:
        return DRAWDOWN
    lost = state.day_equity - equity
    return DAILY_LOSS if lost * HUNDRED >= rules.max_daily_loss_pct * state.day_equity else ""


def release(state: ShortState, equity: Decimal) -> None:
    """End any halt by hand: losses and drawdown count from this equity on."""
    state.halt = ""
    state.peak = equity
    state.day_equity = equity

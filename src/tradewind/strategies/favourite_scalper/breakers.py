"""When the day has gone badly enough to stop entering, and what to warn of before that.

Pure folds over a `Record`. Money in the account's currency, percentages as written. A breaker
holds until the next UTC day or until a person resets it; it closes entries, never exits. The
rate of failed requests and the account's own loss limit are the gate's.
"""

from decimal import Decimal

import msgspec

from tradewind.model.money import ZERO
from tradewind.strategies.favourite_scalper.prices import HUNDRED
from tradewind.strategies.favourite_scalper.slots import Record

DAY_NS = 86_400_000_000_000
REMEMBERED = 100
WARN_POSITION_PCT = Decimal(8)
WARN_EXPOSURE_PCT = Decimal(25)
WARN_LOSS_PCT = Decimal(3)
WARN_LOSSES = 3
WARN_FILLED = 70


class BreakerRules(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters that breakers read."""

    max_daily_loss_pct: Decimal
    max_losses_in_row: int


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What the warnings look at now: open result, largest position and exposure, at cost."""

    balance: Decimal
    unrealised: Decimal = ZERO
    position: Decimal = ZERO
    exposure: Decimal = ZERO


def open_day(record: Record, now_ns: int, balance: Decimal) -> bool:
    """Begin a new UTC day where one has begun; tell whether it has. Breakers close with it."""
    day = now_ns // DAY_NS
    if day == record.day:
        return False
    record.day = day
    record.warned = []
    reset(record, balance)
    return True


def reset(record: Record, balance: Decimal) -> None:
    """Release the breaker: losses, and losses in a row, count from here and from `balance`."""
    record.breaker = ""
    record.start_balance = balance
    record.realised = ZERO
    record.losses_in_row = 0


def book_result(record: Record, result: Decimal) -> None:
    """Count the result of one closed position, after fees; breaking even ends no series."""
    record.realised += result
    if result < ZERO:
        record.losses_in_row += 1
    elif result > ZERO:
        record.losses_in_row = 0


def book_entry(record: Record, *, filled: bool) -> None:
    """Count how one entry order ended."""
    record.outcomes = [*record.outcomes[1 - REMEMBERED :], filled]


def find_breach(record: Record, unrealised: Decimal, rules: BreakerRules) -> str:
    """Return the breaker that must open now, "" when none; reaching a limit is passing it."""
    if record.losses_in_row >= rules.max_losses_in_row:
        return "losses_in_row"
    loss = -(record.realised + unrealised)
    if record.start_balance > ZERO:
        bound = record.start_balance * rules.max_daily_loss_pct / HUNDRED
        if loss >= bound:
            return "daily_loss"
    return ""


def find_warnings(record: Record, now: Outlook) -> list[str]:
    """Return what is to be warned of and has not been today; the caller notes it in `warned`."""
    loss = -(record.realised + now.unrealised)
    said = record.outcomes
    found = {
        "position": now.position * HUNDRED > WARN_POSITION_PCT * now.balance,
        "exposure": now.exposure * HUNDRED > WARN_EXPOSURE_PCT * now.balance,
        "daily_loss": loss * HUNDRED > WARN_LOSS_PCT * record.start_balance > ZERO,
        "losses_in_row": record.losses_in_row >= WARN_LOSSES,
        "fill_rate": len(said) == REMEMBERED and sum(said) * 100 < WARN_FILLED * REMEMBERED,
    }
    return [kind for kind, true in found.items() if true and kind not in record.warned]

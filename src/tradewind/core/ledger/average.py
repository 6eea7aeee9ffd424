"""Average cost: what a step does to a position's cost and realised profit, and in which order.

Knows quantities and costs of one sub-book. Must not know cash, fees, owners or venues.

Steps are kept in the order in which they happened (time, then key), not in which they arrived: a
late fill is put in its place and a failed one taken out, and what follows is folded again. So
every arrival of the same fills gives the same position. Beyond HORIZON steps a late fill counts
as the oldest known, and a failed one is undone by a step at its own price.

Sums are exact while a cost stays below 1e12 at the venue's finest quanta (16 decimals of price
and quantity together); `proof.py` shows it where they are not.
"""

from bisect import bisect_left
from decimal import Decimal

from tradewind.model.ids import FillKey
from tradewind.model.money import ZERO
from tradewind.model.position import Position

HORIZON = 512
COST_QUANTUM = Decimal("1e-12")

State = tuple[Decimal, Decimal, Decimal, int]
"""(qty, cost, realised, opened_ns) as Position has them."""
Step = tuple[int, FillKey, Decimal, Decimal | None, Decimal, Decimal, Decimal, int]
"""(time, key, signed qty, signed value, state after it); without a value the cost stays."""

FLAT: State = (ZERO, ZERO, ZERO, 0)


class Steps:
    """The steps of one position, which it keeps in step with them."""

    __slots__ = ("_base", "_last_ts", "_steps", "position")

    def __init__(self, position: Position) -> None:
        self.position = position
        self._base = FLAT
        self._steps: list[Step] = []
        self._last_ts = -1

    def next_ts(self, ts: int) -> int:
        """Return `ts`, or a moment after the latest step: for postings that follow from all."""
        return ts if ts > self._last_ts else self._last_ts + 1

    def add(
        self, ts: int, key: FillKey, qty: Decimal, value: Decimal | None
    ) -> tuple[Decimal, Decimal]:
        """Take a step of signed `qty` for signed `value`; return the change of (cost, realised)."""
        if ts <= self._last_ts and (ts, key) < self._steps[-1][:2]:
            return self._insert(ts, key, qty, value)
        self._last_ts = ts
        position = self.position
        held = position.qty
        cost = position.cost
        steps = self._steps
        if not held:
            position.opened_ns = ts
        elif value is None or (held > ZERO) is not (qty > ZERO):
            after, cost_change, realised_change = shrink(held, cost, qty, value)
            position.qty = after
            cost = position.cost = cost + cost_change if after else ZERO
            realised = position.realised = position.realised + realised_change
            if not after:
                position.opened_ns = 0
            elif (after > ZERO) is not (held > ZERO):
                position.opened_ns = ts
            steps.append((ts, key, qty, value, after, cost, realised, position.opened_ns))
            if len(steps) >= 2 * HORIZON:
                self._trim()
            return cost_change, realised_change
        if value is None:
            value = ZERO
        after = position.qty = held + qty
        cost = position.cost = cost + value
        steps.append((ts, key, qty, value, after, cost, position.realised, position.opened_ns))
        if len(steps) >= 2 * HORIZON:
            self._trim()
        return value, ZERO

    def remove(
        self, ts: int, key: FillKey, qty: Decimal, value: Decimal | None
    ) -> tuple[Decimal, Decimal]:
        """Take a step back as if it had never been; return the change of (cost, realised)."""
        steps = self._steps
        index = bisect_left(steps, (ts, key))
        if index == len(steps) or steps[index][:2] != (ts, key):
            # It has left the horizon: undo it at its own price.
            return self._insert(ts, FillKey(key + "~"), -qty, None if value is None else -value)
        del steps[index]
        self._last_ts = steps[-1][0] if steps else -1
        return self._fold_from(index)

    def _insert(
        self, ts: int, key: FillKey, qty: Decimal, value: Decimal | None
    ) -> tuple[Decimal, Decimal]:
        index = bisect_left(self._steps, (ts, key))
        self._steps.insert(index, (ts, key, qty, value, *FLAT))
        self._last_ts = self._steps[-1][0]
        return self._fold_from(index)

    def _fold_from(self, index: int) -> tuple[Decimal, Decimal]:
        position = self.position
        old_cost, old_realised = position.cost, position.realised
        steps = self._steps
        state = steps[index - 1][4:] if index else self._base
        for at in range(index, len(steps)):
            ts, key, qty, value = steps[at][:4]
            state = fold(state, ts, qty, value)
            steps[at] = (ts, key, qty, value, *state)
        position.qty, position.cost, position.realised, position.opened_ns = state
        return state[1] - old_cost, state[2] - old_realised

    def _trim(self) -> None:
        self._base = self._steps[HORIZON - 1][4:]
        del self._steps[:HORIZON]


def fold(state: State, ts: int, qty: Decimal, value: Decimal | None) -> State:
    """Return the state after a step of signed `qty` for signed `value` at time `ts`.

    What grows a position adds its value to the cost; see `shrink` for all else.
    """
    held, cost, realised, opened_ns = state
    if not held:
        return qty, value or ZERO, realised, ts
    if value is not None and (held > ZERO) is (qty > ZERO):
        return held + qty, cost + value, realised, opened_ns
    after, cost_change, realised_change = shrink(held, cost, qty, value)
    if not after:
        return ZERO, ZERO, realised + realised_change, 0
    if (after > ZERO) is not (held > ZERO):
        opened_ns = ts
    return after, cost + cost_change, realised + realised_change, opened_ns


def shrink(
    held: Decimal, cost: Decimal, qty: Decimal, value: Decimal | None
) -> tuple[Decimal, Decimal, Decimal]:
    """Return the quantity after a step against a position, and its change of cost and realised.

    A part of the cost moves out in proportion, rounded once (`share`); the rest stays, so nothing
    is lost, and a flat position costs exactly nothing. What goes through zero closes one position
    and opens another. Without a value the quantity is rescaled: the cost stays, or is lost with
    the last unit.
    """
    after = held + qty
    if value is None:
        return (after, ZERO, ZERO) if after else (ZERO, -cost, -cost)
    if not after:
        return ZERO, -cost, -value - cost
    if (after > ZERO) is (held > ZERO):
        moved = share(cost, qty, held)
        return after, moved, moved - value
    closing = share(value, -held, qty)
    return after, value - closing - cost, -closing - cost


def share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return amount x part / whole, rounded half to even to 1e-12 where it is not shorter."""
    exact = amount * part / whole
    rounded = exact.quantize(COST_QUANTUM)
    return exact if exact == rounded else rounded

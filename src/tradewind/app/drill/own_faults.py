"""What the exchanges of a life do wrong by themselves, drawn from its seed.

Knows which faults an exchange may have, how often and in which market. Must not know how any of
them is done: an exchange that cannot do one goes without.
"""

from collections.abc import Sequence
from random import Random

import msgspec

from tradewind.app.drill.cast import RAIN
from tradewind.app.drill.world import START_NS, symbol_of
from tradewind.edge.simulators.wire_faults import MOMENTS, Fault, Kind, Scope
from tradewind.model.ids import InstrumentId
from tradewind.model.money import MILLIS, NANOS

LEAST, MOST = 1, 5
TO_THE_END_S = 1e6
QUESTION = symbol_of(InstrumentId(RAIN))
STALE_NS = 400 * MILLIS
"""As old as readings of Kalshi were seen to be."""


class Own(msgspec.Struct, frozen=True):
    """One fault as it may be drawn: its chances, its longest window, in which market, to what."""

    kind: Kind
    chances: tuple[float, ...] = (1.0,)
    longest_s: float = 0.0
    symbol: str = ""
    to: str = ""


DRAWN: Sequence[Own] = (
    Own(Kind.RACE, (0.3, 1.0)),
    Own(Kind.PARTIAL, (0.1, 0.5)),
    Own(Kind.SKIP, (0.001, 0.01)),
    Own(Kind.GHOST, (0.01,)),
    Own(Kind.QUIET, (0.3, 1.0)),
    Own(Kind.TOO_MANY, (0.03, 0.1)),
    Own(Kind.FAILING, (0.03, 0.1)),
    Own(Kind.RESTARTING, (0.03, 0.1)),
    Own(Kind.BLIND, (0.03, 0.1)),
    Own(Kind.LAG, (0.3, 1.0)),
    Own(Kind.RESTART),
    Own(Kind.CUT),
    Own(Kind.SHUT, longest_s=12.0),
    Own(Kind.HALT, longest_s=12.0, symbol=QUESTION),
    Own(Kind.HALT, longest_s=12.0, symbol="BTCUSDT"),
    # Prices in between come, and are off the grid when the coarser ticks are back: in the calm.
    Own(Kind.TICK, longest_s=TO_THE_END_S, symbol=QUESTION, to="deci_cent"),
)
"""Not the close of a market: its life would be over with it."""


def own_faults(dice: Random, life_s: float, last_s: float) -> tuple[Fault, ...]:
    """Draw some, each in a window that is over at `last_s`, seconds from the life's beginning."""
    found = []
    for own in dice.sample(DRAWN, dice.randrange(LEAST, MOST + 1)):
        start_s = dice.random() * life_s * 0.7
        for_s = 1 + dice.random() * (own.longest_s or life_s)
        found.append(
            Fault(
                kind=own.kind,
                scope=Scope(symbol=own.symbol),
                chance=dice.choice(own.chances),
                times=1 if own.kind in MOMENTS else 0,
                start_ns=START_NS + int(start_s * NANOS),
                end_ns=START_NS + int(min(start_s + for_s, last_s) * NANOS),
                length_ns=STALE_NS if own.kind is Kind.LAG else 0,
                to=own.to,
            )
        )
    return tuple(found)

"""Whom a simulated exchange asks whether it does something wrong now.

Knows occasions by kind, account and market. Must not know any venue, nor what was planned.
"""

from collections.abc import Callable, Collection

import msgspec

from tradewind.edge.simulators.wire_faults import Fault, Kind

Befall = Callable[[Kind, Collection[str], str], Fault | None]
"""Tells whether a kind of fault strikes these accounts (by key id) in this market, and which."""
Act = Callable[[Fault, int], None]
"""What an exchange does for a fault, at a time in nanoseconds UTC on its own clock."""


def nothing(fault: Fault, now_ns: int) -> None:
    """Do nothing."""


class Turn(msgspec.Struct, frozen=True):
    """What begins a fault of an exchange, and ends it; neither, where it asks at occasions."""

    begin: Act = nothing
    end: Act = nothing


class Fate:
    """Asks whoever plays fate; until somebody does, all goes well."""

    def __init__(self) -> None:
        self.befall: Befall | None = None

    def strikes(self, kind: Kind, accounts: Collection[str] = (), symbol: str = "") -> Fault | None:
        """Return the fault that strikes at this occasion, None where all goes well."""
        return None if self.befall is None else self.befall(kind, accounts, symbol)

"""A hand that plays fate with an exchange to which no road leads."""

from random import Random
from typing import Any

from tradewind.edge.simulators.wire import WireExchange
from tradewind.edge.simulators.wire_faults import OCCASIONS, Fault, Faults, Kind, Scope


class Hand:
    """Begins and ends an exchange's own faults; what it asks for is planned from now on."""

    def __init__(self, exchange: WireExchange) -> None:
        self.faults = Faults(Random(1))
        self.turns = exchange.own_faults(
            lambda kind, accounts, symbol: self.faults.befall(kind, accounts, symbol, 0)
        )

    def begin(self, kind: Kind, now_ns: int = 0, *, symbol: str = "", **words: Any) -> None:
        scope = Scope(symbol=symbol, account=words.pop("account", ""))
        fault = Fault(kind=kind, scope=scope, **words)
        if kind in OCCASIONS:
            assert kind in self.turns
            self.faults.plan(fault)
        else:
            self.turns[kind].begin(fault, now_ns)

    def end(self, kind: Kind, now_ns: int = 0, *, symbol: str = "") -> None:
        self.turns[kind].end(Fault(kind=kind, scope=Scope(symbol=symbol)), now_ns)

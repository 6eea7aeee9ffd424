"""What positions pay each other at a stamp.

Source: Bybit API documentation v5, funding and transaction log, state of 2026-07-24.
"""

from uuid import UUID

from tradewind.edge.simulators.bybit.booking import Part, book_funding
from tradewind.edge.simulators.bybit.engine import Engine
from tradewind.edge.simulators.bybit.markets import Market


def charge(engine: Engine, market: Market, stamp_ns: int) -> None:
    """Charge every position rate x quantity x mark: longs pay where the rate is positive."""
    rate, mark = market.funding_rate(stamp_ns), market.mark(stamp_ns)
    for account in engine.accounts.values():
        for position in list(account.positions.values()):
            if position.symbol is not market.symbol or not position.qty:
                continue
            number = UUID(int=engine.dice.getrandbits(128), version=4)
            part = Part(abs(position.qty), mark, False, stamp_ns, number)
            fill = book_funding(account, position, market, rate, part)
            engine.private.fill(account, fill, stamp_ns)
            engine.private.position(account, position, mark, stamp_ns)
            engine.paid(account.uid)
    engine.settle(stamp_ns)

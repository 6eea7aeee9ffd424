"""What happens to a market as a whole: open and closed, funding, settlement.

Knows who gets what then. Must not know how orders match.
"""

from tradewind.core.matching.fills import cancel, live_orders
from tradewind.core.matching.markets import SimulatedMarket
from tradewind.core.matching.settlement import Resolution
from tradewind.core.matching.state import VenueState
from tradewind.model.events import (
    FundingPaid,
    FundingRate,
    SettlementPhase,
    SettlementReported,
    TradingChanged,
)
from tradewind.model.ids import FillKey
from tradewind.model.market import Trading
from tradewind.model.money import ZERO

OPEN = Trading.OPEN
PAUSED = Trading.PAUSED
DETERMINED = SettlementPhase.DETERMINED
PAID = SettlementPhase.PAID


def trading_changed(state: VenueState, market: SimulatedMarket, event: TradingChanged) -> None:
    """Open or shut a market; one that closes for good cancels its orders, a pause keeps them."""
    market.open = event.trading is OPEN
    if event.trading is not OPEN and event.trading is not PAUSED:
        for order in live_orders(market):
            cancel(state, market, order, "market_closed")


def funding(state: VenueState, market: SimulatedMarket, event: FundingRate) -> None:
    """Charge every position rate x mark x quantity: longs pay when it is positive, shorts get it.

    The same funding time told again charges nothing.
    """
    if event.ts_event <= market.funded_ns:
        return
    market.funded_ns = event.ts_event
    instrument = market.instrument
    for account_id, holding in market.holdings.items():
        due_ns = state.answer_ns(account_id)
        for bucket, position in holding.buckets.items():
            amount = holding.value(position.qty, event.mark) * event.rate
            if not amount:
                continue
            holding.wallet.cash -= amount
            key = FillKey(f"{account_id}/{instrument.id}/{bucket}/funding/{event.ts_event}")
            paid = FundingPaid(
                account_id,
                event.ts_event,
                due_ns,
                key,
                instrument.id,
                amount,
                instrument.quote,
                bucket,
            )
            state.deliver(paid, due_ns)


def settle(state: VenueState, market: SimulatedMarket, resolution: Resolution) -> None:
    """End a market: cancel its orders, report each position's payout, then pay it."""
    market.open = False
    for order in live_orders(market):
        cancel(state, market, order, "market_settled")
    instrument = market.instrument
    for account_id, holding in market.holdings.items():
        positions = [one for one in holding.buckets.values() if one.qty]
        if not positions:
            continue
        qty = sum((one.qty for one in positions), ZERO)
        cost = sum((one.cost for one in positions), ZERO)
        avg_px = cost / (qty * holding.unit) if qty else ZERO
        payout = resolution.payout(instrument.outcome, avg_px)
        due_ns = state.answer_ns(account_id)
        for phase in (DETERMINED, PAID):
            news = SettlementReported(account_id, state.at_ns, due_ns, instrument.id, phase, payout)
            state.deliver(news, due_ns)
        for position in positions:
            holding.settle(position, payout)

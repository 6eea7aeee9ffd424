"""What happens to a market as a whole: open and closed, funding, settlement.

Knows who gets what then. Must not know how orders match.
"""

from decimal import Decimal

from tradewind.core.matching.accounts import Holding
from tradewind.core.matching.fills import cancel, live_orders
from tradewind.core.matching.markets import SimulatedMarket
from tradewind.core.matching.settlement import Resolution, resolution_of
from tradewind.core.matching.state import VenueState
from tradewind.model.events import (
    FundingPaid,
    FundingRate,
    SettlementPhase,
    SettlementReported,
    TradingChanged,
)
from tradewind.model.ids import FillKey, MarketId
from tradewind.model.market import Trading

OPEN = Trading.OPEN
PAUSED = Trading.PAUSED
SETTLED = Trading.SETTLED
DETERMINED = SettlementPhase.DETERMINED
PAID = SettlementPhase.PAID


def trading_changed(state: VenueState, market: SimulatedMarket, event: TradingChanged) -> None:
    """Open or shut a market; one that closes for good cancels its orders, a pause keeps them.

    A settled one pays, where its definition says how its question was answered. Raises DataError
    where that cannot be read.
    """
    market.open = event.trading is OPEN
    if event.trading is not OPEN and event.trading is not PAUSED:
        for order in live_orders(market):
            cancel(state, market, order, "market_closed")
    if event.trading is SETTLED:
        resolution = resolution_of(market.instrument)
        if resolution is not None:
            settle(state, market.instrument.canonical_market, resolution)


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


def settle(state: VenueState, question: MarketId, resolution: Resolution) -> None:
    """End a question: cancel its orders, report to each account what a unit pays, then pay.

    Where outcomes net, every account that traded is told of both, whatever it holds at the end.
    """
    markets = [one for one in state.markets.values() if one.instrument.canonical_market == question]
    # All of them before the first is paid: the outcomes of one account are one position.
    payouts = [_payouts(state, market, resolution) for market in markets]
    for market, due in zip(markets, payouts, strict=True):
        market.open = False
        for order in live_orders(market):
            cancel(state, market, order, "market_settled")
        for holding, payout in due:
            _tell(state, holding, payout)
    for due in payouts:
        for holding, payout in due:
            holding.settle(payout)


def _payouts(
    state: VenueState, market: SimulatedMarket, resolution: Resolution
) -> list[tuple[Holding, Decimal]]:
    instrument = market.instrument
    if instrument.netting and market.mirror is not None:
        for account in market.mirror.holdings:
            state.holding(market, account)
    return [
        (holding, resolution.payout(instrument.outcome, holding.avg_px))
        for holding in market.holdings.values()
        if holding.concerned
    ]


def _tell(state: VenueState, holding: Holding, payout: Decimal) -> None:
    account, instrument = holding.account.id, holding.instrument.id
    due_ns = state.answer_ns(account)
    for phase in (DETERMINED, PAID):
        news = SettlementReported(account, state.at_ns, due_ns, instrument, phase, payout)
        state.deliver(news, due_ns)

"""`step(desk, event) -> effects`: the one function that live, paper, backtest and replay call."""

from collections.abc import Callable, Sequence
from typing import Any

from tradewind.core.engine import account, commands, market, postings, reconcile, runtime_events
from tradewind.core.engine.desk import Call, Desk
from tradewind.core.engine.react import hear_denials, react
from tradewind.model.effects import Effect
from tradewind.model.events import (
    AccountReport,
    AmendRejected,
    BalanceReported,
    BookDelta,
    BookSnapshot,
    CallbackOverran,
    CancelRejected,
    Candle,
    ClockStepped,
    CommandReceived,
    CurrencyRate,
    DeskStarted,
    Event,
    FeeAdjusted,
    FeedChanged,
    FillFailed,
    FillFinalised,
    FillReceived,
    FundingPaid,
    FundingRate,
    InstrumentDefined,
    Locked,
    NoAnswer,
    NotSent,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderClaimed,
    OrderExpired,
    OrderPrepared,
    OrderRejected,
    OrderSent,
    OrderTriggered,
    Quote,
    ReferencePrice,
    RequestsCounted,
    SessionChanged,
    SettlementReported,
    TicksLost,
    Trade,
    TradingChanged,
    Transferred,
    Woke,
    WorkReported,
)

NOTHING: list[Effect] = []
"""What a step that asks for nothing returns; never appended to."""

FOLD: dict[type, Callable[[Desk, Any], Sequence[Call] | None]] = {
    Quote: market.on_quote,
    Trade: market.on_trade,
    Candle: market.on_candle,
    BookSnapshot: market.on_book,
    BookDelta: market.on_book,
    TradingChanged: market.on_trading,
    FeedChanged: market.on_feed,
    FundingRate: market.on_funding,
    ReferencePrice: market.on_reference,
    CurrencyRate: market.on_rate,
    InstrumentDefined: market.on_instrument,
    OrderPrepared: account.on_prepared,
    OrderSent: account.on_sent,
    OrderAccepted: account.on_accepted,
    OrderRejected: account.on_rejected,
    OrderCancelled: account.on_cancelled,
    OrderExpired: account.on_expired,
    OrderAmended: account.on_amended,
    AmendRejected: account.on_amend_rejected,
    CancelRejected: account.on_cancel_rejected,
    OrderTriggered: account.on_triggered,
    OrderClaimed: account.on_claimed,
    NoAnswer: account.on_no_answer,
    NotSent: account.on_not_sent,
    FillReceived: postings.on_fill,
    FillFinalised: postings.on_finalised,
    FillFailed: postings.on_failed,
    FeeAdjusted: postings.on_fee,
    FundingPaid: postings.on_funding_paid,
    SettlementReported: postings.on_settlement,
    Transferred: postings.on_transfer,
    BalanceReported: postings.on_balance,
    SessionChanged: account.on_session,
    RequestsCounted: account.on_counted,
    AccountReport: reconcile.on_report,
    CommandReceived: commands.on_command,
    DeskStarted: runtime_events.on_started,
    Woke: runtime_events.on_woke,
    CallbackOverran: runtime_events.on_overran,
    ClockStepped: runtime_events.on_clock,
    TicksLost: runtime_events.on_ticks_lost,
    WorkReported: runtime_events.on_work,
    Locked: runtime_events.on_locked,
}
"""Every event and the function that folds it; a market event's returns who listens to it."""


def step(desk: Desk, event: Event) -> list[Effect]:
    """Fold one event into the desk and return what must happen next, in order.

    The desk's clock becomes the event's `ts_recv`; it never runs backwards. Strategies react
    inside, and each of their intents passes the gate. The list belongs to the caller.
    """
    world = desk.world
    world.seq += 1
    ts = event.ts_recv
    if ts > world.now_ns:
        world.now_ns = ts
    calls = FOLD[type(event)](desk, event)
    if calls:
        react(desk, calls, event)
    if not desk.effects:
        return NOTHING
    if desk.denials:
        hear_denials(desk)
    effects = desk.effects
    desk.effects = []
    desk.decisions.add(effects)
    return effects

"""Private things as REST shows them: orders, fills, positions, settlements.

Knows the wire's fields. Must not know requests. Source: Kalshi Trade API v2 (OpenAPI 3.30.0),
read 2026-09.
"""

from collections.abc import Iterable
from decimal import Decimal

from tradewind.edge.simulators.kalshi.accounts import Position
from tradewind.edge.simulators.kalshi.messages import Body, book_side, outcome
from tradewind.edge.simulators.kalshi.numbers import (
    cents,
    contracts,
    dollars,
    dollars6,
    rfc3339,
    seconds,
)
from tradewind.edge.simulators.kalshi.orders import Fill, OrderState, Settled
from tradewind.model.money import NANOS, ONE, ZERO


def order(state: OrderState) -> Body:
    """Return an order."""
    body: Body = {
        "order_id": state.id,
        "user_id": state.user_id,
        "client_order_id": state.client_id,
        "ticker": state.ticker,
        "side": outcome(bid=state.bid),
        "action": "buy",
        "outcome_side": outcome(bid=state.bid),
        "book_side": book_side(bid=state.bid),
        "type": "limit",
        "status": state.status,
        "yes_price_dollars": dollars(state.px),
        "no_price_dollars": dollars(ONE - state.px),
        "initial_count_fp": contracts(state.initial_qty),
        "fill_count_fp": contracts(state.filled_qty),
        "remaining_count_fp": contracts(state.remaining_qty),
        "taker_fill_cost_dollars": dollars6(state.taker_cost),
        "maker_fill_cost_dollars": dollars6(state.maker_cost),
        "taker_fees_dollars": dollars6(state.taker_fees),
        "maker_fees_dollars": dollars6(state.maker_fees),
        "created_time": rfc3339(state.created_ns),
        "last_update_time": rfc3339(state.updated_ns),
        "self_trade_prevention_type": state.self_trade,
        "subaccount_number": 0,
        "exchange_index": 0,
    }
    if state.expire_s:
        body["expiration_time"] = rfc3339(state.expire_s * NANOS)
    if state.group:
        body["order_group_id"] = state.group
    if state.cancel_on_pause:
        body["cancel_order_on_pause"] = True
    return body


def fill(one: Fill) -> Body:
    """Return a fill."""
    return {
        "fill_id": one.trade_id,
        "trade_id": one.trade_id,
        "order_id": one.order_id,
        "ticker": one.ticker,
        "market_ticker": one.ticker,
        "exchange_index": 0,
        "side": outcome(bid=one.bid),
        "action": "buy",
        "outcome_side": outcome(bid=one.bid),
        "book_side": book_side(bid=one.bid),
        "count_fp": contracts(one.qty),
        "yes_price_dollars": dollars(one.yes_px),
        "no_price_dollars": dollars(ONE - one.yes_px),
        "is_taker": one.taker,
        "fee_cost": dollars6(one.fee),
        "created_time": rfc3339(one.ts),
        "ts": seconds(one.ts),
        "subaccount_number": 0,
    }


def position(one: Position) -> Body:
    """Return a position of a market."""
    return {
        "ticker": one.ticker,
        "exchange_index": 0,
        "total_traded_dollars": dollars6(one.traded),
        "position_fp": contracts(one.qty),
        "market_exposure_dollars": dollars6(one.cost),
        "realized_pnl_dollars": dollars6(one.realized),
        "fees_paid_dollars": dollars6(one.fees),
        "last_updated_ts": rfc3339(one.updated_ns),
    }


def event_position(event_ticker: str, rows: Iterable[Position]) -> Body:
    """Return the sum of an event's positions."""
    positions = list(rows)
    return {
        "event_ticker": event_ticker,
        "total_cost_dollars": dollars6(sum((one.traded for one in positions), ZERO)),
        "total_cost_shares_fp": contracts(sum((one.volume for one in positions), ZERO)),
        "event_exposure_dollars": dollars6(sum((one.cost for one in positions), ZERO)),
        "realized_pnl_dollars": dollars6(sum((one.realized for one in positions), ZERO)),
        "fees_paid_dollars": dollars6(sum((one.fees for one in positions), ZERO)),
    }


def settlement(one: Settled) -> Body:
    """Return what a market paid."""
    yes = one.position > ZERO
    count, cost = abs(one.position), one.cost
    nothing = (ZERO, ZERO)
    yes_count, yes_cost = (count, cost) if yes else nothing
    no_count, no_cost = nothing if yes else (count, cost)
    return {
        "ticker": one.ticker,
        "exchange_index": 0,
        "event_ticker": one.event_ticker,
        "market_result": one.result,
        "yes_count_fp": contracts(yes_count),
        "yes_total_cost_dollars": dollars6(yes_cost),
        "no_count_fp": contracts(no_count),
        "no_total_cost_dollars": dollars6(no_cost),
        "revenue": cents(one.revenue),
        "settled_time": rfc3339(one.ts),
        "fee_cost": dollars6(one.fees),
        "value": cents(one.value),
    }


def balance(free: Decimal, worth: Decimal, updated_ns: int) -> Body:
    """Return the cash that is free, and what positions are worth."""
    return {
        "balance": cents(free),
        "balance_dollars": dollars(free),
        "portfolio_value": cents(worth),
        "updated_ts": seconds(updated_ns),
        "balance_breakdown": [{"exchange_index": 0, "balance": dollars(free)}],
    }

"""Messages of the WebSocket: what each of them holds.

Knows the wire's fields. Must not know who hears them. Source: Kalshi WebSocket API v2 (AsyncAPI
2.0.0), read 2026-11.
"""

from tradewind.edge.simulators.kalshi.accounts import Position
from tradewind.edge.simulators.kalshi.groups import Group
from tradewind.edge.simulators.kalshi.listing import EventTerms
from tradewind.edge.simulators.kalshi.markets import Market, Trade
from tradewind.edge.simulators.kalshi.numbers import (
    contracts,
    dollars,
    dollars6,
    millis,
    rfc3339,
    seconds,
)
from tradewind.edge.simulators.kalshi.orders import Fill, OrderState
from tradewind.model.money import NANOS, ONE

Body = dict[str, object]


def outcome(*, bid: bool) -> str:
    """Return the outcome that a side of the YES book stands for."""
    return "yes" if bid else "no"


def book_side(*, bid: bool) -> str:
    """Return a side of the YES book as the wire has it."""
    return "bid" if bid else "ask"


def snapshot(market: Market, *, yes_price: bool) -> Body:
    """Return the whole book, ascending; a side without levels has no key."""
    body: Body = {"market_ticker": market.ticker, "market_id": market.id}
    if market.book.bids:
        rows = reversed(market.book.bids)
        body["yes_dollars_fp"] = [[dollars(px), contracts(qty)] for px, qty in rows]
    if market.book.asks:
        # Ascending in the prices that are shown: the best ask is the highest NO price.
        asks = market.book.asks if yes_price else reversed(market.book.asks)
        body["no_dollars_fp"] = [
            [dollars(px if yes_price else ONE - px), contracts(qty)] for px, qty in asks
        ]
    return body


def ticker(market: Market, ts: int) -> Body:
    """Return best prices, last trade and volume."""
    (bid, bid_qty), (ask, ask_qty) = market.book.bid, market.book.ask
    return {
        "market_ticker": market.ticker,
        "market_id": market.id,
        "price_dollars": dollars(market.last_px),
        "yes_bid_dollars": dollars(bid),
        "yes_ask_dollars": dollars(ask),
        "yes_bid_size_fp": contracts(bid_qty),
        "yes_ask_size_fp": contracts(ask_qty),
        "last_trade_size_fp": contracts(market.last_qty),
        "volume_fp": contracts(market.volume),
        "open_interest_fp": contracts(market.open_interest),
        "dollar_volume": int(market.volume_dollars),
        "dollar_open_interest": int(market.open_interest / 2),
        "ts": seconds(ts),
        "ts_ms": millis(ts),
        "time": rfc3339(ts),
    }


def trade(print_: Trade) -> Body:
    """Return a public trade."""
    return {
        "trade_id": print_.id,
        "market_ticker": print_.ticker,
        "yes_price_dollars": dollars(print_.yes_px),
        "no_price_dollars": dollars(ONE - print_.yes_px),
        "count_fp": contracts(print_.qty),
        "taker_side": outcome(bid=print_.bid),
        "taker_outcome_side": outcome(bid=print_.bid),
        "taker_book_side": book_side(bid=print_.bid),
        "is_block_trade": False,
        "ts": seconds(print_.ts),
        "ts_ms": millis(print_.ts),
    }


def fill(one: Fill) -> Body:
    """Return a fill of one's own."""
    body: Body = {
        "trade_id": one.trade_id,
        "order_id": one.order_id,
        "market_ticker": one.ticker,
        "exchange_index": 0,
        "is_taker": one.taker,
        "side": outcome(bid=one.bid),
        "action": "buy",
        "outcome_side": outcome(bid=one.bid),
        "book_side": book_side(bid=one.bid),
        "purchased_side": outcome(bid=one.bid),
        "yes_price_dollars": dollars(one.yes_px),
        "count_fp": contracts(one.qty),
        "fee_cost": dollars6(one.fee),
        "post_position_fp": contracts(one.position),
        "ts": seconds(one.ts),
        "ts_ms": millis(one.ts),
        "subaccount": 0,
    }
    if one.client_id:
        body["client_order_id"] = one.client_id
    return body


def order(state: OrderState) -> Body:
    """Return an order of one's own."""
    body: Body = {
        "order_id": state.id,
        "user_id": state.user_id,
        "ticker": state.ticker,
        "exchange_index": 0,
        "status": state.status,
        "side": outcome(bid=state.bid),
        "is_yes": state.bid,
        "outcome_side": outcome(bid=state.bid),
        "book_side": book_side(bid=state.bid),
        "yes_price_dollars": dollars(state.px),
        "initial_count_fp": contracts(state.initial_qty),
        "fill_count_fp": contracts(state.filled_qty),
        "remaining_count_fp": contracts(state.remaining_qty),
        "taker_fill_cost_dollars": dollars6(state.taker_cost),
        "maker_fill_cost_dollars": dollars6(state.maker_cost),
        "taker_fees_dollars": dollars6(state.taker_fees),
        "maker_fees_dollars": dollars6(state.maker_fees),
        "client_order_id": state.client_id,
        "self_trade_prevention_type": state.self_trade,
        "created_time": rfc3339(state.created_ns),
        "created_ts_ms": millis(state.created_ns),
        "last_update_time": rfc3339(state.updated_ns),
        "last_updated_ts_ms": millis(state.updated_ns),
        "subaccount_number": 0,
    }
    if state.reason:
        body["last_update_reason"] = state.reason
    if state.group:
        body["order_group_id"] = state.group
    if state.expire_s:
        body["expiration_time"] = rfc3339(state.expire_s * NANOS)
        body["expiration_ts_ms"] = state.expire_s * 1000
    return body


def position(one: Position, user_id: str) -> Body:
    """Return a position of one's own."""
    return {
        "user_id": user_id,
        "market_ticker": one.ticker,
        "position_fp": contracts(one.qty),
        "position_cost_dollars": dollars(one.cost),
        "realized_pnl_dollars": dollars(one.realized),
        "fees_paid_dollars": dollars(one.fees),
        "position_fee_cost_dollars": dollars(one.fees),
        "volume_fp": contracts(one.volume),
        "subaccount": 0,
    }


def group(one: Group, event: str, ts: int) -> Body:
    """Return what became of an order group."""
    body: Body = {"event_type": event, "order_group_id": one.id, "ts_ms": millis(ts)}
    if event in ("created", "limit_updated"):
        body["contracts_limit_fp"] = contracts(one.limit)
    return body


def event(terms: EventTerms, exchange_index: int) -> Body:
    """Return a new event."""
    body: Body = {
        "event_ticker": terms.event_ticker,
        "exchange_index": exchange_index,
        "title": terms.title,
        "subtitle": terms.sub_title,
        "collateral_return_type": "",
        "series_ticker": terms.series_ticker,
    }
    if terms.strike_ns:
        body["strike_date"] = seconds(terms.strike_ns)
    return body

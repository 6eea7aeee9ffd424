"""Public things as REST shows them: series, events, markets, trades, books and candles.

Knows the wire's fields. Must not know requests. Source: Kalshi Trade API v2 (OpenAPI 3.30.0),
read 2026-09.
"""

from collections.abc import Iterable
from decimal import Decimal

from tradewind.edge.simulators.kalshi.candles import Candle, Range
from tradewind.edge.simulators.kalshi.listing import EventTerms, SeriesTerms
from tradewind.edge.simulators.kalshi.markets import FINALIZED, INITIALIZED, Market, Trade
from tradewind.edge.simulators.kalshi.messages import Body, book_side, outcome
from tradewind.edge.simulators.kalshi.numbers import contracts, dollars, rfc3339, seconds
from tradewind.edge.simulators.kalshi.structures import price_ranges
from tradewind.model.money import NANOS, ONE, ZERO

HOUR_NS = 3600 * NANOS
CLOSING = "This market closes when its outcome is known."


def series(terms: SeriesTerms) -> Body:
    """Return a series."""
    return {
        "ticker": terms.ticker,
        "frequency": terms.frequency,
        "title": terms.title,
        "category": terms.category,
        "categories": [terms.category],
        "tags": list(terms.tags),
        "settlement_sources": [{"name": "Simulation", "url": "https://example.com/simulation"}],
        "contract_url": "https://example.com/contract",
        "contract_terms_url": "https://example.com/terms",
        "fee_type": terms.fee_type,
        "fee_multiplier": float(terms.fee_multiplier),
        "additional_prohibitions": [],
        "exchange_index": terms.exchange_index,
    }


def event(terms: EventTerms, of: SeriesTerms) -> Body:
    """Return an event without its markets."""
    body: Body = {
        "event_ticker": terms.event_ticker,
        "series_ticker": terms.series_ticker,
        "sub_title": terms.sub_title,
        "title": terms.title,
        "collateral_return_type": "",
        "mutually_exclusive": terms.mutually_exclusive,
        "category": of.category,
        "available_on_brokers": True,
        "product_metadata": {},
        "settlement_sources": None,
        "exchange_index": of.exchange_index,
    }
    if terms.strike_ns:
        body["strike_date"] = rfc3339(terms.strike_ns)
    return body


def market(one: Market) -> Body:
    """Return a market with its rules, prices and volumes."""
    terms = one.terms
    expires_ns = one.close_ns + HOUR_NS
    body: Body = {
        "ticker": terms.ticker,
        "event_ticker": terms.event_ticker,
        "market_type": "binary",
        "title": terms.title,
        "subtitle": "",
        "yes_sub_title": terms.yes_sub_title,
        "no_sub_title": terms.no_sub_title,
        "created_time": rfc3339(terms.created_ns),
        "updated_time": rfc3339(one.updated_ns),
        "open_time": rfc3339(terms.open_ns),
        "close_time": rfc3339(one.close_ns),
        "expected_expiration_time": rfc3339(one.determined_ns),
        "expiration_time": rfc3339(expires_ns),
        "latest_expiration_time": rfc3339(expires_ns),
        "settlement_timer_seconds": terms.timer_s,
        "status": one.status,
        "notional_value_dollars": "1.0000",
        "liquidity_dollars": "0.0000",
        "result": one.result,
        "can_close_early": True,
        "early_close_condition": CLOSING,
        "expiration_value": "" if one.value is None else dollars(one.value),
        "rules_primary": f"If the answer is yes, the market resolves to Yes: {terms.title}",
        "rules_secondary": "",
        "price_level_structure": terms.structure,
        "price_ranges": price_ranges(terms.structure),
        "is_provisional": False,
        "exchange_index": one.series.exchange_index,
        **_prices(one),
    }
    return {**body, **_strikes(one), **_settlement(one)}


def _prices(one: Market) -> Body:
    (bid, bid_qty), (ask, ask_qty) = one.book.bid, one.book.ask
    if one.status == INITIALIZED:
        ask = ZERO
    return {
        "yes_bid_dollars": dollars(bid),
        "yes_bid_size_fp": contracts(bid_qty),
        "yes_ask_dollars": dollars(ask),
        "yes_ask_size_fp": contracts(ask_qty),
        "no_bid_dollars": dollars(ONE - ask),
        "no_ask_dollars": dollars(ONE - bid),
        "last_price_dollars": dollars(one.last_px),
        "previous_yes_bid_dollars": "0.0000",
        "previous_yes_ask_dollars": "0.0000",
        "previous_price_dollars": "0.0000",
        "volume_fp": contracts(one.volume),
        "volume_24h_fp": contracts(one.volume_24h),
        "open_interest_fp": contracts(one.open_interest),
    }


def _strikes(one: Market) -> Body:
    terms = one.terms
    body: Body = {}
    if terms.strike_type:
        body["strike_type"] = terms.strike_type
    if terms.floor_strike is not None:
        body["floor_strike"] = float(terms.floor_strike)
    if terms.cap_strike is not None:
        body["cap_strike"] = float(terms.cap_strike)
    return body


def _settlement(one: Market) -> Body:
    body: Body = {}
    if one.value is not None:
        body["settlement_value_dollars"] = dollars(one.value)
    if one.status == FINALIZED:
        body["settlement_ts"] = rfc3339(one.settled_ns)
    if one.terms.fee_waiver_ns:
        body["fee_waiver_expiration_time"] = rfc3339(one.terms.fee_waiver_ns)
    return body


def created(one: Market) -> Body:
    """Return what the lifecycle channel adds about a new market."""
    terms = one.terms
    metadata: Body = {
        "name": terms.yes_sub_title,
        "title": terms.title,
        "yes_sub_title": terms.yes_sub_title,
        "no_sub_title": terms.no_sub_title,
        "rules_primary": f"If the answer is yes, the market resolves to Yes: {terms.title}",
        "rules_secondary": "",
        "can_close_early": True,
        "event_ticker": terms.event_ticker,
        "expected_expiration_ts": seconds(one.determined_ns),
        **_strikes(one),
    }
    return {
        "open_ts": seconds(terms.open_ns),
        "close_ts": seconds(one.close_ns),
        "price_level_structure": terms.structure,
        "price_ranges": price_ranges(terms.structure),
        "additional_metadata": metadata,
    }


def trade(one: Trade) -> Body:
    """Return a public trade."""
    return {
        "trade_id": one.id,
        "ticker": one.ticker,
        "count_fp": contracts(one.qty),
        "yes_price_dollars": dollars(one.yes_px),
        "no_price_dollars": dollars(ONE - one.yes_px),
        "taker_side": outcome(bid=one.bid),
        "taker_outcome_side": outcome(bid=one.bid),
        "taker_book_side": book_side(bid=one.bid),
        "created_time": rfc3339(one.ts),
        "is_block_trade": False,
    }


def book(one: Market, depth: int) -> Body:
    """Return the bids for both outcomes, best last; a depth of 0 is all of them."""
    levels = depth or None
    asks = [(ONE - px, qty) for px, qty in one.book.asks[:levels]]
    return {
        "yes_dollars": _rows(reversed(one.book.bids[:levels])),
        "no_dollars": _rows(reversed(asks)),
    }


def _rows(levels: Iterable[tuple[Decimal, Decimal]]) -> list[list[str]]:
    return [[dollars(px), contracts(qty)] for px, qty in levels]


def candle(one: Candle, previous: Decimal | None) -> Body:
    """Return a candle; its price has no members where nothing traded."""
    price: Body = {}
    if one.price is not None:
        price = {
            **_range(one.price),
            "mean_dollars": dollars(one.value / one.volume),
            "min_dollars": dollars(one.price.low),
            "max_dollars": dollars(one.price.high),
        }
    if previous is not None:
        price["previous_dollars"] = dollars(previous)
    return {
        "end_period_ts": one.end_s,
        "yes_bid": _range(one.bid),
        "yes_ask": _range(one.ask),
        "price": price,
        "volume_fp": contracts(one.volume),
        "open_interest_fp": contracts(one.open_interest),
    }


def _range(one: Range) -> Body:
    return {
        "open_dollars": dollars(one.open),
        "low_dollars": dollars(one.low),
        "high_dollars": dollars(one.high),
        "close_dollars": dollars(one.close),
    }

"""Endpoints that anybody may read: series, events, markets, books, trades, candles, status.

Knows filters and limits. Must not know accounts. Source: Kalshi Trade API v2 (OpenAPI 3.30.0),
read 2026-09.
"""

from collections.abc import Sequence

from tradewind.edge.simulators.kalshi import bodies
from tradewind.edge.simulators.kalshi.answers import QUERY, answer, not_found
from tradewind.edge.simulators.kalshi.entry import market_of
from tradewind.edge.simulators.kalshi.markets import Market, Trade
from tradewind.edge.simulators.kalshi.messages import Body
from tradewind.edge.simulators.kalshi.numbers import seconds
from tradewind.edge.simulators.kalshi.paging import Query, page
from tradewind.edge.simulators.kalshi.routing import Asking, Route
from tradewind.edge.simulators.wire import WireAnswer
from tradewind.model.errors import Refused

WORDS = {
    "initialized": "unopened",
    "active": "open",
    "inactive": "paused",
    "closed": "closed",
    "determined": "closed",
    "disputed": "closed",
    "amended": "closed",
    "finalized": "settled",
}
"""A market's status by the word that filters use."""
STATUSES = ("unopened", "open", "paused", "closed", "settled")
TIMES = ("created", "close", "settled")
PERIODS = (1, 60, 1440)
MOST_CANDLES = 10_000
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def status(asking: Asking) -> WireAnswer:
    """Return whether the exchange is open; while all is shut, with a 503."""
    floor = asking.floor
    active = not floor.exchange_paused
    flags = {
        "exchange_active": active,
        "trading_active": active and not floor.trading_paused,
        "intra_exchange_transfers_active": active,
    }
    body: Body = {
        **flags,
        "exchange_estimated_resume_time": None,
        "exchange_index_statuses": [{"exchange_index": 0, "description": "Default", **flags}],
    }
    return answer(body, 200 if active else 503)


def schedule(asking: Asking) -> WireAnswer:
    """Return the opening hours, Eastern time: always but for Thursday morning."""
    whole = [{"open_time": "00:00", "close_time": "00:00"}]
    thursday = [
        {"open_time": "00:00", "close_time": "03:00"},
        {"open_time": "05:00", "close_time": "00:00"},
    ]
    week = {day: thursday if day == "thursday" else whole for day in DAYS}
    hours = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2036-01-01T00:00:00Z", **week}
    return answer({"schedule": {"standard_hours": [hours], "maintenance_windows": []}})


def all_series(asking: Asking) -> WireAnswer:
    """Return the series, by category and tags."""
    category, tags = asking.query.text("category"), asking.query.texts("tags")
    rows = [
        bodies.series(terms)
        for terms in asking.lifecycle.series.values()
        if category in ("", terms.category) and (not tags or set(tags) & set(terms.tags))
    ]
    return answer({"series": rows})


def one_series(asking: Asking) -> WireAnswer:
    """Return a series."""
    terms = asking.lifecycle.series.get(asking.path["series_ticker"])
    if terms is None:
        raise not_found()
    return answer({"series": bodies.series(terms)})


def fee_changes(asking: Asking) -> WireAnswer:
    """Return no scheduled changes of fees."""
    return answer({"series_fee_change_arr": []})


def _nested(asking: Asking, ticker: str) -> list[Body]:
    return [bodies.market(each) for each in asking.lifecycle.listed[ticker]]


def _event(asking: Asking, ticker: str, *, nested: bool) -> Body:
    terms = asking.lifecycle.events[ticker]
    body = bodies.event(terms, asking.lifecycle.series[terms.series_ticker])
    if nested:
        body["markets"] = _nested(asking, ticker)
    return body


def events(asking: Asking) -> WireAnswer:
    """Return events; one matches a status when any of its markets does."""
    query, lifecycle = asking.query, asking.lifecycle
    wanted = query.one_of("status", STATUSES)
    series, tickers = query.text("series_ticker"), query.texts("tickers")
    least_close = query.number("min_close_ts")
    rows = []
    for ticker, terms in lifecycle.events.items():
        markets = lifecycle.listed[ticker]
        if series not in ("", terms.series_ticker) or (tickers and ticker not in tickers):
            continue
        if wanted and not any(WORDS[each.status] == wanted for each in markets):
            continue
        if any(seconds(each.close_ns) >= least_close for each in markets):
            rows.append(ticker)
    nested = query.flag("with_nested_markets")
    shown, cursor = page(
        rows, query, lambda ticker: _event(asking, ticker, nested=nested), limits=(200, 200)
    )
    body: Body = {"events": shown, "cursor": cursor}
    if query.flag("with_milestones"):
        body["milestones"] = []
    return answer(body)


def one_event(asking: Asking) -> WireAnswer:
    """Return an event, with its markets inside or beside it."""
    ticker = asking.path["event_ticker"]
    if ticker not in asking.lifecycle.events:
        raise not_found()
    nested = asking.query.flag("with_nested_markets")
    body: Body = {"event": _event(asking, ticker, nested=nested)}
    if not nested:
        body["markets"] = _nested(asking, ticker)
    return answer(body)


def event_metadata(asking: Asking) -> WireAnswer:
    """Return what decorates an event."""
    if asking.path["event_ticker"] not in asking.lifecycle.events:
        raise not_found()
    return answer({"image_url": "", "market_details": [], "settlement_sources": []})


def markets(asking: Asking) -> WireAnswer:
    """Return markets by the filters of the list."""
    query = asking.query
    wanted = query.one_of("status", STATUSES)
    _check_times(query, wanted)
    tickers = query.texts("tickers")
    event, series = query.text("event_ticker"), query.text("series_ticker")
    rows = [
        each
        for each in asking.floor.markets.values()
        if (not wanted or WORDS[each.status] == wanted)
        and (not tickers or each.ticker in tickers)
        and event in ("", each.terms.event_ticker)
        and series in ("", each.series.ticker)
        and query.text("mve_filter") != "only"
        and _in_times(query, each)
    ]
    shown, cursor = page(rows, query, bodies.market, limits=(100, 1000))
    return answer({"markets": shown, "cursor": cursor})


def _check_times(query: Query, status: str) -> None:
    used = {name for name in TIMES if query.text(f"min_{name}_ts") or query.text(f"max_{name}_ts")}
    fitting = {"created": ("", "unopened", "open"), "close": ("", "closed")}
    if len(used) > 1 or any(status not in fitting.get(name, ("", "settled")) for name in used):
        raise Refused(
            f"Parameter validation failed for {query.endpoint}: "
            "timestamp filters exclude each other and go with their own status",
            rule=QUERY,
        )


def _in_times(query: Query, market: Market) -> bool:
    if query.number("min_updated_ts") > seconds(market.updated_ns):
        return False
    times = (market.terms.created_ns, market.close_ns, market.settled_ns)
    for name, ts in zip(TIMES, times, strict=True):
        least, most = query.number(f"min_{name}_ts"), query.number(f"max_{name}_ts")
        if (least or most) and not ts:
            return False
        if seconds(ts) < least or (most and seconds(ts) > most):
            return False
    return True


def one_market(asking: Asking) -> WireAnswer:
    """Return a market."""
    market = asking.floor.markets.get(asking.path["ticker"])
    if market is None:
        raise not_found()
    return answer({"market": bodies.market(market)})


def order_book(asking: Asking) -> WireAnswer:
    """Return a market's book."""
    market = asking.floor.markets.get(asking.path["ticker"])
    if market is None:
        raise not_found()
    depth = asking.query.number("depth", 0, 100)
    return answer({"orderbook_fp": bodies.book(market, depth)})


def order_books(asking: Asking) -> WireAnswer:
    """Return several books."""
    tickers = asking.query.texts("tickers")[:100]
    rows = [
        {"ticker": ticker, "orderbook_fp": bodies.book(market_of(asking.floor, ticker), 0)}
        for ticker in tickers
    ]
    return answer({"orderbooks": rows})


def trades(asking: Asking) -> WireAnswer:
    """Return public trades, newest first."""
    query, floor = asking.query, asking.floor
    ticker = query.text("ticker")
    found = [floor.markets[ticker]] if ticker in floor.markets else []
    rows: Sequence[Trade] = [
        each
        for market in (found if ticker else floor.markets.values())
        for each in market.trades
        if between(query, each.ts) and not query.flag("is_block_trade")
    ]
    newest = sorted(rows, key=lambda each: each.ts, reverse=True)
    shown, cursor = page(newest, query, bodies.trade, limits=(100, 1000))
    return answer({"trades": shown, "cursor": cursor})


def between(query: Query, ts: int) -> bool:
    """Tell whether a time lies within `min_ts` and `max_ts`."""
    most = query.number("max_ts")
    return seconds(ts) >= query.number("min_ts") and (not most or seconds(ts) <= most)


def candlesticks(asking: Asking) -> WireAnswer:
    """Return a market's candles."""
    ticker = asking.path["ticker"]
    market = asking.floor.markets.get(ticker)
    if market is None or market.series.ticker != asking.path["series_ticker"]:
        raise not_found()
    return answer({"ticker": ticker, "candlesticks": _candles(asking, market)})


def many_candlesticks(asking: Asking) -> WireAnswer:
    """Return the candles of several markets."""
    rows = []
    for ticker in asking.query.texts("market_tickers")[:100]:
        market = market_of(asking.floor, ticker)
        rows.append({"market_ticker": ticker, "candlesticks": _candles(asking, market)})
    return answer({"markets": rows})


def _candles(asking: Asking, market: Market) -> list[Body]:
    query = asking.query
    minutes = query.number("period_interval", 1)
    if minutes not in PERIODS or not query.text("start_ts") or not query.text("end_ts"):
        raise Refused(
            f"Parameter validation failed for {query.endpoint}: "
            "start_ts, end_ts and a period_interval of 1, 60 or 1440 are required",
            rule=QUERY,
        )
    start_s, end_s = query.number("start_ts"), query.number("end_ts")
    found = market.candles.between(start_s, end_s, minutes)[-MOST_CANDLES:]
    before = market.candles.before(start_s)
    if before is not None and query.flag("include_latest_before_start"):
        found.insert(0, before)
    rows, previous = [], None
    for each in found:
        rows.append(bodies.candle(each, previous))
        previous = each.price.close if each.price is not None else previous
    return rows


def _get(path: str, name: str, handler: object) -> Route:
    assert callable(handler)
    return Route(method="GET", path=path, name=name, handler=handler)


ROUTES = [
    _get("/exchange/status", "GetExchangeStatus", status),
    _get("/exchange/schedule", "GetExchangeSchedule", schedule),
    _get("/series", "GetSeriesList", all_series),
    _get("/series/fee_changes", "GetSeriesFeeChanges", fee_changes),
    _get("/series/{series_ticker}", "GetSeries", one_series),
    _get("/events", "GetEvents", events),
    _get("/events/{event_ticker}", "GetEvent", one_event),
    _get("/events/{event_ticker}/metadata", "GetEventMetadata", event_metadata),
    _get("/markets", "GetMarkets", markets),
    _get("/markets/trades", "GetTrades", trades),
    _get("/markets/orderbooks", "GetMarketOrderbooks", order_books),
    _get("/markets/candlesticks", "BatchGetMarketCandlesticks", many_candlesticks),
    _get("/markets/{ticker}", "GetMarket", one_market),
    _get("/markets/{ticker}/orderbook", "GetMarketOrderbook", order_book),
    _get(
        "/series/{series_ticker}/markets/{ticker}/candlesticks",
        "GetMarketCandlesticks",
        candlesticks,
    ),
]

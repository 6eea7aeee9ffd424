"""What anybody may read: instruments, books, candles, tickers, trades, funding, limits.

Source: Bybit API documentation v5, market pages, state of 2026-07-24.
"""

from collections.abc import Callable, Mapping

from tradewind.edge.simulators.bybit.books import quotes, ticker
from tradewind.edge.simulators.bybit.candles import INTERVALS, end_of, start_of
from tradewind.edge.simulators.bybit.markets import Market
from tradewind.edge.simulators.bybit.paging import Query, listed, page
from tradewind.edge.simulators.bybit.public import Public
from tradewind.edge.simulators.bybit.settings import LINEAR, SPOT, Symbol
from tradewind.edge.simulators.bybit.words import Refusal, Row, bad, ms, plain, scaled
from tradewind.model.ids import InstrumentId
from tradewind.model.money import MILLIS

BAD_CATEGORY = bad("Category is invalid")
BAD_SYMBOL = bad("params error: symbol invalid")
LAUNCHED_MS = 1_585_526_400_000
FUNDING_SHOWN = 200
Reader = Callable[[Query, int], Row | Refusal]


class MarketPages:
    """The pages under /v5/market that need no key."""

    def __init__(self, markets: Mapping[InstrumentId, Market], public: Public) -> None:
        self._markets = markets
        self._public = public
        self.pages: dict[str, Reader] = {
            "/v5/market/time": _time,
            "/v5/market/instruments-info": self.instruments,
            "/v5/market/orderbook": self._orderbook,
            "/v5/market/kline": self._kline,
            "/v5/market/mark-price-kline": self._kline_short,
            "/v5/market/index-price-kline": self._kline_short,
            "/v5/market/tickers": self._tickers,
            "/v5/market/recent-trade": self._trades,
            "/v5/market/funding/history": self._funding,
            "/v5/market/risk-limit": self._risk_limit,
            "/v5/market/price-limit": self._price_limit,
        }

    def instruments(self, query: Query, now_ns: int) -> Row | Refusal:
        """Return the rules of all symbols of a category that ask for it."""
        category = query.get("category")
        if category not in (LINEAR, SPOT):
            return BAD_CATEGORY if category not in ("inverse", "option") else listed([], "")
        status = query.get("status") or "Trading"
        rules = [
            market.symbol
            for market in self._markets.values()
            if market.symbol.category == category
            and query.get("symbol") in (None, "", market.symbol.name)
            and (query.get("baseCoin") or market.symbol.base) == market.symbol.base
            and _status(market) == status
        ]
        if category == SPOT:
            return listed([spot_rules(each) for each in rules], "", SPOT)
        paged = page(rules, query, (500, 1000), lambda each: (each.name, LAUNCHED_MS))
        if isinstance(paged, Refusal):
            return paged
        return listed([linear_rules(each) for each in paged[0]], paged[1], LINEAR)

    def _find(self, query: Query) -> Market | Refusal:
        category = query.get("category")
        if category not in (LINEAR, SPOT):
            return BAD_CATEGORY
        found = self._markets.get(InstrumentId(f"{category}:{query.get('symbol')}"))
        return BAD_SYMBOL if found is None else found

    def _orderbook(self, query: Query, now_ns: int) -> Row | Refusal:
        market = self._find(query)
        if isinstance(market, Refusal):
            return market
        limit = _limit(query, 25 if market.symbol.linear else 1, 1000)
        if limit is None:
            return bad("params error: limit invalid")
        stream = self._public.book_now(market)
        told = {"s": market.symbol.name, **stream.whole(limit), "ts": ms(now_ns)}
        return {**told, "u": stream.u, "seq": market.seq, "cts": ms(market.touched_ns)}

    def _kline(self, query: Query, now_ns: int) -> Row | Refusal:
        market = self._find(query)
        if isinstance(market, Refusal):
            return market
        interval, limit = query.get("interval", ""), _limit(query, 200, 1000)
        start, end = query.get("start") or "0", query.get("end") or str(ms(now_ns))
        if interval not in INTERVALS or limit is None:
            return bad("params error: interval or limit invalid")
        if not start.isdecimal() or not end.isdecimal():
            return bad("params error: start or end invalid")
        first_ns = max(int(start), LAUNCHED_MS) * MILLIS
        last_ns = min(int(end) * MILLIS, now_ns)
        rows: list[list[str]] = []
        begin_ns = start_of(interval, last_ns)
        if query.get("start") and not query.get("end"):
            # From a start alone, the list reaches forward from there.
            begin_ns = start_of(interval, first_ns)
            if begin_ns < first_ns:
                begin_ns = end_of(interval, begin_ns)
            for _ in range(limit - 1):
                if end_of(interval, begin_ns) > last_ns:
                    break
                begin_ns = end_of(interval, begin_ns)
        while begin_ns >= first_ns and begin_ns <= last_ns and len(rows) < limit:
            bar = market.candles.at(interval, begin_ns, now_ns)
            prices = [plain(px) for px in (bar.open, bar.high, bar.low, bar.close)]
            rows.append([str(ms(begin_ns)), *prices, plain(bar.volume), plain(bar.turnover)])
            begin_ns = start_of(interval, begin_ns - 1)
        return {"category": market.symbol.category, "symbol": market.symbol.name, "list": rows}

    def _kline_short(self, query: Query, now_ns: int) -> Row | Refusal:
        found = self._kline(query, now_ns)
        if isinstance(found, Refusal):
            return found
        return {**found, "list": [row[:5] for row in found["list"]]}

    def _tickers(self, query: Query, now_ns: int) -> Row | Refusal:
        category, symbol = query.get("category"), query.get("symbol")
        if category not in (LINEAR, SPOT):
            return BAD_CATEGORY
        if symbol and InstrumentId(f"{category}:{symbol}") not in self._markets:
            return BAD_SYMBOL
        rows: list[Row] = []
        for market in self._markets.values():
            if market.symbol.category == category and symbol in (None, "", market.symbol.name):
                extra = {} if category == LINEAR else quotes(market)
                rows.append({**ticker(market, now_ns), **extra})
        return {"category": category, "list": rows}

    def _trades(self, query: Query, now_ns: int) -> Row | Refusal:
        market = self._find(query)
        if isinstance(market, Refusal):
            return market
        symbol = market.symbol
        limit = _limit(query, 500, 1000) if symbol.linear else _limit(query, 60, 60)
        if limit is None:
            return bad("params error: limit invalid")
        rows = [
            {
                "execId": each.id,
                "symbol": symbol.name,
                "price": scaled(each.px, symbol.tick),
                "size": scaled(each.qty, symbol.qty_step),
                "side": each.side,
                "time": str(ms(each.at_ns)),
                "isBlockTrade": False,
                "isRPITrade": False,
                "seq": str(each.seq),
            }
            for each in list(market.trades)[::-1][:limit]
        ]
        return {"category": symbol.category, "list": rows}

    def _funding(self, query: Query, now_ns: int) -> Row | Refusal:
        market = self._find(query)
        if isinstance(market, Refusal):
            return market
        start, end = query.get("startTime"), query.get("endTime")
        limit = _limit(query, FUNDING_SHOWN, FUNDING_SHOWN)
        if (start and not end) or limit is None or not market.symbol.linear:
            return bad("params error: startTime without endTime, limit or category invalid")
        if not (start or "0").isdecimal() or not (end or "0").isdecimal():
            return bad("params error: startTime or endTime invalid")
        last_ns = min(int(end) * MILLIS if end else now_ns, now_ns)
        first_ns = max(int(start or 0), LAUNCHED_MS) * MILLIS
        stamp_ns = last_ns // market.funding_ns * market.funding_ns
        rows: list[Row] = []
        while stamp_ns >= first_ns and len(rows) < limit:
            row = {"symbol": market.symbol.name, "fundingRateTimestamp": str(ms(stamp_ns))}
            rows.append({**row, "fundingRate": plain(market.funding_rate(stamp_ns))})
            stamp_ns -= market.funding_ns
        return {"category": LINEAR, "list": rows}

    def _risk_limit(self, query: Query, now_ns: int) -> Row | Refusal:
        if query.get("category") != LINEAR:
            return BAD_CATEGORY
        symbol = query.get("symbol")
        rows: list[Row] = []
        for number, market in enumerate(self._markets.values(), 1):
            rules = market.symbol
            if rules.linear and symbol in (None, "", rules.name):
                rows.append(_risk_row(number, rules))
        if symbol and not rows:
            return BAD_SYMBOL
        return listed(rows, "", LINEAR)

    def _price_limit(self, query: Query, now_ns: int) -> Row | Refusal:
        market = self._find(query)
        if isinstance(market, Refusal):
            return market
        highest, lowest = market.limits(now_ns)
        tick = market.symbol.tick
        row = {"symbol": market.symbol.name, "buyLmt": scaled(highest, tick)}
        return {**row, "sellLmt": scaled(lowest, tick), "ts": str(ms(now_ns))}


def linear_rules(symbol: Symbol) -> Row:
    """Return the rules of a perpetual."""
    near, far = symbol.band
    return {
        "symbol": symbol.name,
        "symbolId": 5,
        "contractType": "LinearPerpetual",
        "status": symbol.status,
        "baseCoin": symbol.base,
        "quoteCoin": symbol.quote,
        "settleCoin": symbol.quote,
        "symbolType": "",
        "launchTime": str(LAUNCHED_MS),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(max(-int(symbol.tick.as_tuple().exponent), 0)),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": f"{symbol.max_leverage:.2f}",
            "leverageStep": "0.01",
        },
        "priceFilter": {
            "minPrice": f"{symbol.tick:f}",
            "maxPrice": scaled(symbol.tick * 19_999_998, symbol.tick),
            "tickSize": f"{symbol.tick:f}",
        },
        "lotSizeFilter": {
            "minNotionalValue": plain(symbol.min_notional),
            "maxOrderQty": f"{symbol.max_qty:f}",
            "maxMktOrderQty": f"{symbol.max_market_qty:f}",
            "minOrderQty": f"{symbol.qty_step:f}",
            "qtyStep": f"{symbol.qty_step:f}",
            "postOnlyMaxOrderQty": f"{symbol.max_qty:f}",
        },
        "unifiedMarginTrade": True,
        "fundingInterval": symbol.funding_minutes,
        "copyTrading": "both",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "displayName": "",
        "forbidUplWithdrawal": False,
        "riskParameters": {"priceLimitRatioX": plain(near), "priceLimitRatioY": plain(far)},
        "isPreListing": False,
        "preListingInfo": None,
    }


def spot_rules(symbol: Symbol) -> Row:
    """Return the rules of a spot pair."""
    near, far = symbol.band
    return {
        "symbol": symbol.name,
        "baseCoin": symbol.base,
        "quoteCoin": symbol.quote,
        "innovation": "0",
        "status": symbol.status,
        "marginTrading": "utaOnly",
        "stTag": "0",
        "xstockMultiplier": "",
        "lotSizeFilter": {
            "basePrecision": f"{symbol.qty_step:f}",
            "quotePrecision": f"{symbol.quote_precision:f}",
            "minOrderQty": f"{symbol.qty_step:f}",
            "maxOrderQty": f"{symbol.max_qty:f}",
            "minOrderAmt": plain(symbol.min_notional),
            "maxOrderAmt": "8000000",
            "maxLimitOrderQty": f"{symbol.max_qty:f}",
            "maxMarketOrderQty": f"{symbol.max_market_qty:f}",
            "postOnlyMaxLimitOrderSize": f"{symbol.max_qty:f}",
        },
        "priceFilter": {"tickSize": f"{symbol.tick:f}"},
        "riskParameters": {"priceLimitRatioX": plain(near), "priceLimitRatioY": plain(far)},
    }


def _risk_row(number: int, rules: Symbol) -> Row:
    return {
        "id": number,
        "symbol": rules.name,
        "riskLimitValue": plain(rules.risk_limit),
        "maintenanceMargin": float(rules.mm_rate),
        "initialMargin": float(1 / rules.max_leverage),
        "isLowestRisk": 1,
        "maxLeverage": f"{rules.max_leverage:.2f}",
        "mmDeduction": "",
    }


def _status(market: Market) -> str:
    return market.symbol.status if market.open or market.symbol.status != "Trading" else "Closed"


def _time(query: Query, now_ns: int) -> Row:
    return {"timeSecond": str(now_ns // 1_000_000_000), "timeNano": str(now_ns)}


def _limit(query: Query, usual: int, most: int) -> int | None:
    text = query.get("limit") or str(usual)
    if not text.isdecimal() or not int(text) >= 1:
        return None
    return min(int(text), most)

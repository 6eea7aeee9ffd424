"""One book stream: what was pushed last of one symbol at one depth, and its update number.

Knows snapshots and differences. Must not know connections. Source: Bybit API documentation v5,
order book topic, state of 2026-07-24.
"""

from collections.abc import Iterable
from decimal import Decimal

from tradewind.edge.simulators.bybit.markets import Market
from tradewind.edge.simulators.bybit.words import Row, ms, plain, scaled
from tradewind.model.market import Level
from tradewind.model.money import MILLIS, NANOS

PUSH_NS = {1: 10 * MILLIS, 50: 20 * MILLIS, 200: 100 * MILLIS, 1000: 200 * MILLIS}
REPEAT_NS = 3 * NANOS
FIRST = 100
Side = dict[Decimal, Decimal]


class BookStream:
    """The messages of one `orderbook.{depth}.{symbol}`."""

    def __init__(self, market: Market, depth: int) -> None:
        self.market = market
        self.depth = depth
        self.topic = f"orderbook.{depth}.{market.symbol.name}"
        self.u = FIRST
        self.pushed_ns = 0
        self.planned = False
        self.ghost = False
        self._bids: Side = {}
        self._asks: Side = {}

    def refresh(self) -> Row | None:
        """Take over the book as it is; return what differs, None where nothing does."""
        bids, asks = self.market.depth
        new_bids, new_asks = dict(bids[: self.depth]), dict(asks[: self.depth])
        changed = {
            "b": self._levels(_difference(self._bids, new_bids)),
            "a": self._levels(_difference(self._asks, new_asks)),
        }
        if self.ghost:
            # The real feed does delete levels that a client does not hold.
            self.ghost = False
            low = min(new_bids, default=self.market.symbol.tick * 2)
            far = low - self.market.symbol.tick * 977
            changed["b"] = [*changed["b"], [scaled(far, self.market.symbol.tick), "0"]]
        if not changed["b"] and not changed["a"]:
            return None
        self._bids, self._asks = new_bids, new_asks
        self.u += 1
        return changed

    def restart(self) -> None:
        """Begin to count anew, as after a restart of the service."""
        self.u = 0
        self._bids, self._asks = {}, {}
        self.refresh()
        self.u = 1

    def snapshot(self, now_ns: int) -> Row:
        """Return the whole book as it was pushed last."""
        return self.message("snapshot", self.whole(), now_ns)

    def whole(self, limit: int = 1000) -> Row:
        """Return all levels as they were pushed last."""
        bids = sorted(self._bids.items(), reverse=True)[:limit]
        asks = sorted(self._asks.items())[:limit]
        return {"b": self._levels(bids), "a": self._levels(asks)}

    def message(self, kind: str, levels: Row, now_ns: int) -> Row:
        """Return a frame."""
        data = {"s": self.market.symbol.name, **levels, "u": self.u, "seq": self.market.seq}
        told = {"topic": self.topic, "type": kind, "ts": ms(now_ns), "data": data}
        return {**told, "cts": ms(self.market.touched_ns)}

    def _levels(self, levels: Iterable[Level]) -> list[list[str]]:
        symbol = self.market.symbol
        return [
            [scaled(px, symbol.tick), scaled(qty, symbol.qty_step) if qty else "0"]
            for px, qty in levels
        ]


def _difference(old: Side, new: Side) -> list[Level]:
    changed = [(px, qty) for px, qty in new.items() if old.get(px) != qty]
    changed += [(px, Decimal(0)) for px in old if px not in new]
    return changed


def ticker(market: Market, now_ns: int) -> Row:
    """Return all that a ticker tells; spot knows fewer keys and no quotes."""
    symbol = market.symbol
    ago, high, low, volume, turnover = market.day(now_ns)
    row = {
        "symbol": symbol.name,
        "lastPrice": scaled(market.last, symbol.tick),
        "highPrice24h": scaled(max(high, market.last), symbol.tick),
        "lowPrice24h": scaled(min(low, market.last), symbol.tick),
        "prevPrice24h": scaled(ago, symbol.tick),
        "volume24h": plain(volume),
        "turnover24h": plain(turnover),
        "price24hPcnt": plain(round((market.last - ago) / ago, 6)),
    }
    if not symbol.linear:
        return {**row, "usdIndexPrice": plain(market.index(now_ns))}
    stamp_ns = market.next_funding_ns(now_ns)
    interest = market.open_interest(now_ns)
    mark = market.mark(now_ns)
    hour_ns = 3600 * NANOS
    return {
        **row,
        "tickDirection": market.trades[-1].tick if market.trades else "ZeroPlusTick",
        "prevPrice1h": scaled(
            market.candles.at("1", (now_ns - hour_ns) // (60 * NANOS) * 60 * NANOS, now_ns).open,
            symbol.tick,
        ),
        "markPrice": scaled(mark, symbol.tick),
        "indexPrice": scaled(market.index(now_ns), symbol.tick),
        "openInterest": plain(interest),
        "openInterestValue": plain(round(interest * mark, 2)),
        "singleOpenInterest": plain(interest / 2),
        "singleOpenInterestValue": plain(round(interest * mark / 2, 2)),
        "fundingIntervalHour": str(symbol.funding_minutes // 60),
        "fundingCap": "0.00375",
        "nextFundingTime": str(ms(stamp_ns)),
        "fundingRate": plain(market.funding_rate(stamp_ns)),
        **quotes(market),
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
    }


def quotes(market: Market) -> Row:
    """Return the best bid and ask."""
    bids, asks = market.depth
    symbol = market.symbol
    row: Row = {}
    for name, levels in (("bid1", bids), ("ask1", asks)):
        px, qty = levels[0] if levels else (None, None)
        row[f"{name}Price"] = "" if px is None else scaled(px, symbol.tick)
        row[f"{name}Size"] = "" if qty is None else scaled(qty, symbol.qty_step)
    return row

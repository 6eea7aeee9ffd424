"""A made-up run that looks like a real one: prices that walk, a trader with stops, costs, gaps.

The same seed makes the same run. Everything goes through the collector, as in a backtest.
"""

import math
import random
from decimal import Decimal
from typing import Any

import msgspec

from tradewind.core.ledger.entries import Entry, EntryKind
from tradewind.model.config import InstanceSpec
from tradewind.model.events import Candle
from tradewind.model.fill import Fill
from tradewind.model.ids import (
    NET,
    AccountId,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
    VenueId,
)
from tradewind.model.instrument import Instrument, InstrumentKind, single_tick
from tradewind.model.order import Liquidity, Side
from tradewind.research.collect import Collector, RunFacts
from tradewind.research.results import BacktestResult, DataSource, Finding, Gap, Timing
from tradewind.research.statistics import CONTINUOUS

START_NS = 1_735_689_600_000_000_000
FIVE_MIN_NS = 300_000_000_000
USDT = Currency("USDT")
PAPER = AccountId("bybit-paper")
ZERO = Decimal(0)


def perpetual(symbol: str, *, quote: Currency = USDT, base: str = "") -> Instrument:
    """Return a perpetual at Bybit with a tick of 0.1 and a step of 0.001."""
    return Instrument(
        id=InstrumentId(f"BYBIT:{symbol}"),
        venue=VenueId("BYBIT"),
        symbol=symbol,
        kind=InstrumentKind.PERPETUAL,
        quote=quote,
        base=Currency(base),
        ticks=single_tick(Decimal("0.1")),
        qty_step=Decimal("0.001"),
        px_exponent=1,
        qty_exponent=3,
    )


def made_fill(
    instrument: Instrument, side: Side, qty: str | Decimal, px: str | Decimal, **more: Any
) -> Fill:
    """Return a fill; fee 0.055 % and time zero unless `more` says otherwise."""
    qty, px = Decimal(qty), Decimal(px)
    said: dict[str, Any] = {
        "key": FillKey(f"{instrument.id}/{side}/{qty}/{px}/{more.get('ts_event', 0)}"),
        "account": PAPER,
        "fee": qty * px * Decimal("0.00055"),
        "fee_currency": instrument.quote,
        "liquidity": Liquidity.TAKER,
        "ts_event": 0,
    }
    return Fill(instrument=instrument.id, side=side, qty=qty, px=px, **(said | more))


class Trader:
    """Goes with breakouts of one instrument, in both directions, with stop and target."""

    def __init__(self, collector: Collector, rules: Instrument, dice: random.Random) -> None:
        self.collector = collector
        self.rules = rules
        self.dice = dice
        self.instance = InstanceId(f"breakout-{rules.symbol.lower()}")
        self.side: Side | None = None
        self.entry = self.qty = self.last = ZERO
        self.cash = ZERO
        self.extremes: list[float] = []

    def candle(self, ts_ns: int, high: float, low: float, close: float) -> None:
        self.extremes = [*self.extremes[-71:], high, low]
        self.last = self.rules.floor_px(Decimal(f"{close:.1f}"))
        if self.side is None:
            if len(self.extremes) > 70 and self.dice.random() < 0.25:
                self._maybe_enter(ts_ns, close)
            return
        moved = float((self.last / self.entry - 1) * self.side.sign)
        for reason, met in (
            ("stop_loss", moved < -0.009),
            ("take_profit", moved > 0.021),
            ("time_exit", self.dice.random() < 0.004),
        ):
            if met:
                self._trade(ts_ns, self.side.opposite, self.qty, reason)
                self.side = None
                return

    def _maybe_enter(self, ts_ns: int, close: float) -> None:
        if close > max(self.extremes[:-4]):
            self.side = Side.BUY
        elif close < min(self.extremes[:-4]):
            self.side = Side.SELL
        else:
            return
        self.entry = self.last
        self.qty = self.rules.floor_qty(Decimal(5000) / self.last)
        half = self.rules.floor_qty(self.qty / 2)
        self._trade(ts_ns, self.side, half, "entry")
        self._trade(ts_ns + 1_000_000, self.side, self.qty - half, "entry")

    def _trade(self, ts_ns: int, side: Side, qty: Decimal, reason: str) -> None:
        fill = made_fill(
            self.rules,
            side,
            qty,
            self.last,
            ts_event=ts_ns,
            liquidity=Liquidity.MAKER if reason == "take_profit" else Liquidity.TAKER,
        )
        self.collector.order()
        opens = reason == "entry"
        realised = ZERO if opens else (self.entry - self.last) * side.sign * qty
        self.collector.fill(fill, reason, self.instance, realised)
        self.cash -= side.sign * qty * self.last + fill.fee

    def funding(self, ts_ns: int) -> None:
        if self.side is None:
            return
        paid = (self.qty * self.last * Decimal("0.0001") * self.side.sign).quantize(
            Decimal("0.0001")
        )
        self.cash -= paid
        key = FillKey(f"funding/{self.rules.id}/{ts_ns}")
        self.collector.posting(
            Entry(
                EntryKind.FUNDING,
                key,
                PAPER,
                self.rules.id,
                NET,
                self.instance,
                USDT,
                ts_ns,
                cash=-paid,
            )
        )

    @property
    def worth(self) -> Decimal:
        """Return profit so far, the open position at the last price."""
        return self.cash + (self.side.sign * self.qty * self.last if self.side else ZERO)


def sample_result(
    *, days: int = 90, symbols: tuple[str, ...] = ("BTCUSDT", "ETHUSDT"), seed: int = 7
) -> BacktestResult:
    """Return the run of a breakout trader over `days` of 5-minute candles."""
    dice = random.Random(seed)
    collector = Collector()
    book = [perpetual(symbol) for symbol in symbols]
    traders = [Trader(collector, rules, dice) for rules in book]
    px = [84_000.0 / 23**number for number in range(len(symbols))]
    capital = Decimal(10_000)
    collector.sample(START_NS, capital)
    count = days * 288
    for step in range(count):
        if 9_000 < step < 9_060:
            continue
        ts_ns = START_NS + step * FIVE_MIN_NS
        for number, trader in enumerate(traders):
            px[number] = _candle(collector, trader, ts_ns, px[number], dice)
        if not step % 96:
            for trader in traders:
                trader.funding(ts_ns + FIVE_MIN_NS)
        if not step % 12:
            worth = sum((trader.worth for trader in traders), capital)
            collector.sample(ts_ns + FIVE_MIN_NS, worth)
    for rule, times in (("max_exposure_pct", 14), ("stale_book", 3), ("price_collar_pct", 1)):
        for _ in range(times):
            collector.denied(rule)
    for _ in range(2):
        collector.rejected("insufficient margin")
    final = sum((trader.worth for trader in traders), capital)
    return collector.finish(_facts(traders, count, final))


def _candle(
    collector: Collector, trader: Trader, ts_ns: int, px: float, dice: random.Random
) -> float:
    day = ts_ns / 86_400e9
    drift = 0.00008 * math.sin(day / 2.1) + 0.00004 * math.sin(day / 13 + len(trader.rules.symbol))
    close = px * math.exp(dice.gauss(drift, 0.0011 * (1.4 + math.sin(day * 2 * math.pi))))
    high = max(px, close) * (1 + abs(dice.gauss(0, 0.0005)))
    low = min(px, close) * (1 - abs(dice.gauss(0, 0.0005)))
    quanta = [round(value * 10) for value in (px, high, low, close)]
    shown = [value / 10 for value in quanta]
    collector.price(
        Candle(
            instrument=trader.rules.id,
            ts_event=ts_ns,
            ts_recv=ts_ns + FIVE_MIN_NS,
            interval="5m",
            open_quanta=quanta[0],
            high_quanta=quanta[1],
            low_quanta=quanta[2],
            close_quanta=quanta[3],
            open=shown[0],
            high=shown[1],
            low=shown[2],
            close=shown[3],
            volume=100.0,
        )
    )
    trader.candle(ts_ns + FIVE_MIN_NS, high, low, close)
    return close


def _facts(traders: list[Trader], count: int, final: Decimal) -> RunFacts:
    book = tuple(trader.rules for trader in traders)
    end_ns = START_NS + count * FIVE_MIN_NS
    gap = Gap(
        first_ns=START_NS + 9_001 * FIVE_MIN_NS,
        last_ns=START_NS + 9_059 * FIVE_MIN_NS,
        missing=59,
    )
    duplicates = Finding(
        rule="duplicate",
        severity="repaired",
        count=3,
        text="3 rows came twice with the same values; the second was left out",
    )
    return RunFacts(
        strategy="breakout",
        parameters={
            "assets": [rules.symbol for rules in book],
            "interval": "5m",
            "lookback": 36,
            "allocation_pct": Decimal(50),
            "stop_loss_pct": {"BTCUSDT": Decimal("0.9"), "ETHUSDT": Decimal("0.9")},
            "take_profit_pct": Decimal("2.1"),
            "hedged": False,
        },
        instances=tuple(
            InstanceSpec(
                id=trader.instance,
                strategy="breakout",
                accounts=(PAPER,),
                instruments=(trader.rules.id,),
                parameters={"lookback": 36},
            )
            for trader in traders
        ),
        instruments=book,
        sources=tuple(
            DataSource(
                name=f"{rules.symbol}_5m.csv",
                kind="candle:5m",
                instrument=rules.id,
                rows=count - 59,
                first_ns=START_NS,
                last_ns=end_ns - FIVE_MIN_NS,
                findings=(duplicates,) if number == 0 else (),
                gaps=(gap,) if number == 0 else (),
            )
            for number, rules in enumerate(book)
        ),
        calendar=CONTINUOUS,
        currency=USDT,
        start_ns=START_NS,
        end_ns=end_ns,
        starting_equity=Decimal(10_000),
        final_equity=final,
        events=count * len(book),
        decision_hash="5b1f0c9e" * 8,
        code_version="0.1.0",
        command=("./tradewind", "backtest", "breakout", "--data", "my data/BTCUSDT_5m.csv"),
        timing=Timing(load_s=0.21, run_s=0.084, events_per_s=617_142.0),
    )


def empty_result() -> BacktestResult:
    """Return a run in which nothing happened: no event, no price, no order."""
    return Collector().finish(
        msgspec.structs.replace(
            _facts([], 0, Decimal(10_000)), command=(), parameters={}, timing=None
        )
    )

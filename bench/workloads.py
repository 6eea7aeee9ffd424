"""The workloads of the peers, through the whole engine: gate, order table, ledger, audit on.

Rules as the peers run them: EMAs seeded with the first close, no decision before `slow` candles,
one unit long or flat, market orders, 5 bp a side; the market maker keeps one unit a tick behind
the touch on each side and quotes anew when the touch moves or an order is gone. Fills at this
close equal fills at the next open in this data.
"""

import argparse
import resource
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from bench.arrays import Cut, pieces, whole
from tradewind import Strategy, param
from tradewind.core.engine.desk import Desk
from tradewind.core.matching.queue_position import FrontOfQueue
from tradewind.core.matching.simulated import SimulatedVenue
from tradewind.core.matching.state import CandleFills, VenueModel
from tradewind.model.commands import Deploy
from tradewind.model.config import Account, DeskConfig, InstanceSpec, Limits
from tradewind.model.effects import SubmitOrder
from tradewind.model.events import CommandReceived, DeskStarted, FillReceived
from tradewind.model.ids import AccountId, Currency, InstanceId, InstrumentId, OrderId, VenueId
from tradewind.model.instrument import Instrument, InstrumentKind, single_tick
from tradewind.ports import Columns
from tradewind.runtime import feed
from tradewind.runtime.backtest import Watched, begin, run
from tradewind.runtime.columns import candle_columns, quote_columns, trade_columns

VENUE = VenueId("BENCH")
ACCOUNT = AccountId("bench")
MINUTE_NS = 60_000_000_000
START_NS = 1_577_836_000_000_000_000


class Ema(Strategy):
    """One unit long while the fast average is above the slow one."""

    fast: int = param(10, low=1, high=5000)
    slow: int = param(20, low=2, high=5000)

    def on_start(self, ctx: Any) -> None:
        self.quick = self.slow_mean = 0.0
        self.quick_weight, self.slow_weight = 2.0 / (self.fast + 1), 2.0 / (self.slow + 1)
        self.seen = 0
        self.long = False
        self.one = Decimal(1)

    def on_candle(self, ctx: Any, candle: Any) -> None:
        close = candle.close
        self.seen += 1
        if self.seen == 1:
            self.quick = self.slow_mean = close
            return
        quick = self.quick = self.quick + self.quick_weight * (close - self.quick)
        slow = self.slow_mean = self.slow_mean + self.slow_weight * (close - self.slow_mean)
        if self.seen < self.slow:
            return
        if quick > slow:
            if not self.long:
                self.long = True
                ctx.buy(candle.instrument, self.one)
        elif quick < slow and self.long:
            self.long = False
            ctx.sell(candle.instrument, self.one)


class Maker(Strategy):
    """One unit a tick behind the touch on each side."""

    def on_start(self, ctx: Any) -> None:
        self.bid: OrderId | None = None
        self.ask: OrderId | None = None
        self.touch_bid = self.touch_ask = Decimal(0)
        self.tick, self.one = Decimal("0.1"), Decimal(1)

    def on_quote(self, ctx: Any, quote: Any) -> None:
        touch = quote.bid
        if self.bid is None or touch != self.touch_bid:
            if self.bid is not None:
                ctx.cancel(self.bid)
            self.bid = ctx.buy(quote.instrument, self.one, touch - self.tick)
            self.touch_bid = touch
        touch = quote.ask
        if self.ask is None or touch != self.touch_ask:
            if self.ask is not None:
                ctx.cancel(self.ask)
            self.ask = ctx.sell(quote.instrument, self.one, touch + self.tick)
            self.touch_ask = touch

    def on_fill(self, ctx: Any, fill: Any) -> None:
        if fill.client_order_id == self.bid:
            self.bid = None
        elif fill.client_order_id == self.ask:
            self.ask = None


class Noop(Strategy):
    """Hears everything and does nothing."""

    def on_quote(self, ctx: Any, quote: Any) -> None:
        pass


class NoopTrades(Strategy):
    """Hears every print and does nothing."""

    def on_trade(self, ctx: Any, trade: Any) -> None:
        pass


def instrument(name: str, tick: str) -> Instrument:
    """Return a spot-like perpetual with a 5 bp fee."""
    return Instrument(
        id=InstrumentId(f"BENCH:{name}"),
        venue=VENUE,
        symbol=name,
        kind=InstrumentKind.PERPETUAL,
        quote=Currency("USD"),
        ticks=single_tick(Decimal(tick)),
        qty_step=Decimal("0.001"),
        px_exponent=2,
        qty_exponent=3,
        fee_model="flat",
        fee_parameters={"maker_bps": "5", "taker_bps": "5"},
    )


class Count:
    """Counts orders and fills."""

    def __init__(self) -> None:
        self.orders = self.fills = 0

    def __call__(self, event: Any, effects: Any) -> None:
        """See one step."""
        if type(event) is FillReceived:
            self.fills += 1
        for effect in effects:
            if type(effect) is SubmitOrder:
                self.orders += 1


class Case(msgspec.Struct):
    """One workload: the strategy, its parameters, the instruments and the events."""

    strategy: type[Strategy]
    parameters: dict[str, Any]
    rules: list[Instrument]
    events: Iterable[Any]
    count: int


class Asked(msgspec.Struct, frozen=True):
    """Which workload, over which data.

    With `pieces` quotes are read a few thousand rows at a time while the engine runs, as the
    product reads its history; else they are columns in memory before the clock of the run starts.
    `laps` repeats the quotes so many times, each later than the one before.
    """

    case: str
    data: Path
    fast: int = 10
    slow: int = 20
    n: int | None = None
    pieces: bool = False
    laps: int = 1


CASES = ("ema", "multi", "mmq", "noopq", "noopt")
MULTI = 50
INTERVAL = "1m"


def prepare(asked: Asked) -> Case:
    """Load a workload's arrays and make its stream of events."""
    if asked.case in ("ema", "multi"):
        return _averages(asked)
    rule = instrument("S00", "0.1")
    if asked.case == "noopt":
        row = whole(Cut(asked.data / "trades.npy", asked.n))
        columns = trade_columns(rule, row["ts"], row["px"], row["sz"], row["side"])
        return Case(NoopTrades, {}, [rule], feed.trades(rule, columns), len(row))
    cut = Cut(asked.data / "quotes.npy", asked.n, asked.laps)
    cls = Maker if asked.case == "mmq" else Noop
    if asked.pieces:
        chunks = (quotes_of(rule, row) for row in pieces(cut))
        return Case(cls, {}, [rule], feed.quotes(rule, chunks), cut.count())
    columns = quotes_of(rule, whole(cut))
    return Case(cls, {}, [rule], feed.quotes(rule, columns), len(columns))


def _averages(asked: Asked) -> Case:
    names = ["bars"] if asked.case == "ema" else [f"multi_{k:02d}" for k in range(MULTI)]
    rows = [whole(Cut(asked.data / f"{name}.npy", asked.n)) for name in names]
    rules = [instrument(f"S{k:02d}", "0.01") for k in range(len(names))]
    streams = [
        feed.candles(rule, INTERVAL, candles_of(rule, row))
        for rule, row in zip(rules, rows, strict=True)
    ]
    parameters = {"fast": asked.fast, "slow": asked.slow}
    return Case(Ema, parameters, rules, feed.merge(*streams), sum(map(len, rows)))


def candles_of(rule: Instrument, row: Any) -> Columns:
    """Return an array of candles as columns; the data stamps a candle at its close."""
    prices = [row[name] for name in "ohlc"]
    return candle_columns(rule, MINUTE_NS, row["ts"] - MINUTE_NS, prices, row["v"])


def quotes_of(rule: Instrument, row: Any) -> Columns:
    """Return an array of quotes as columns."""
    return quote_columns(rule, row["ts"], (row["bid"], row["ask"]), (row["bs"], row["as"]))


def account() -> Account:
    """Return the account: every check on, limits that the workloads do not reach."""
    limits = Limits(max_daily_loss_pct=Decimal(90), max_position_qty=Decimal(1_000_000))
    return Account(
        id=ACCOUNT,
        venue=VENUE,
        currency=Currency("USD"),
        balance=Decimal(10_000_000),
        orders_per_s=Decimal(1_000_000_000),
        order_burst=1_000_000,
        limits=limits,
        leverage=Decimal(10),
    )


def open_desk(classes: Iterable[type[Strategy]], rules: list[Instrument], count: Count) -> Watched:
    """Start a desk on a simulated venue that fills market orders at the candle's close."""
    catalogue = {cls.__name__: cls for cls in classes}
    for cls in catalogue.values():
        cls.interval = INTERVAL
    mine = account()
    # The peers fill at the touch and know no queue.
    candles = CandleFills(at_close=True)
    model = VenueModel(queue=FrontOfQueue(), candles=candles, history=1000)
    venue = SimulatedVenue([mine], [], model)
    config = DeskConfig(accounts=(mine,), reporting_currency=Currency("USD"))
    return begin(Desk(catalogue), venue, DeskStarted(1, 7, config, START_NS), rules, count)


def deploy(
    drive: Watched,
    name: str,
    cls: type[Strategy],
    rule: Instrument,
    parameters: dict[str, Any] | None = None,
) -> None:
    """Start an instance of a strategy on one instrument; its name is its id."""
    spec = InstanceSpec(
        id=InstanceId(name),
        strategy=cls.__name__,
        accounts=(ACCOUNT,),
        instruments=(rule.id,),
        parameters=parameters or {},
    )
    drive.feed(CommandReceived(Deploy(spec), f"d-{name}", "bench", START_NS))


def start(case: Case, count: Count) -> Watched:
    """Start a desk with the workload's strategy, one instance an instrument."""
    drive = open_desk([case.strategy], case.rules, count)
    for number, rule in enumerate(case.rules):
        deploy(drive, f"bench{number:02d}", case.strategy, rule, case.parameters)
    return drive


def profit(drive: Watched) -> Decimal:
    """Return what the desk has earned, fees paid, open positions at their mark."""
    desk = drive.desk
    total = Decimal(0)
    for held in desk.ledger.positions():
        mark = desk.world.markets[held.instrument].mark()
        total += held.net + (held.unrealised(mark) if mark is not None else 0)
    return total


def quiet(ts: int) -> None:
    """Take no sample of the equity."""


def measure(asked: Asked, around: AbstractContextManager[Any] | None = None) -> dict[str, Any]:
    """Run one case and return its figures; `around` is entered for the run alone."""
    clock = time.perf_counter()
    case = prepare(asked)
    count = Count()
    drive = start(case, count)
    with around or nullcontext():
        loaded = time.perf_counter()
        run(drive, case.events, quiet)
        ran = time.perf_counter()
    return {
        "peer": "tradewind",
        "case": asked.case,
        "pair": f"{asked.fast}/{asked.slow}",
        "n": case.count,
        "load_s": round(loaded - clock, 4),
        "run_s": round(ran - loaded, 6),
        "per_s": round(case.count / (ran - loaded)),
        "per_s_total": round(case.count / (ran - clock)),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "orders": count.orders,
        "fills": count.fills,
        "pnl": float(round(profit(drive), 2)),
        "hash": drive.desk.decisions.digest()[:16],
    }


def told(figures: dict[str, Any]) -> None:
    """Print figures as the line that the runner reads."""
    print("RESULT " + msgspec.json.encode(figures).decode(), flush=True)


def main() -> None:
    """Run one case and print its figures as a line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fast", type=int, default=10)
    parser.add_argument("--slow", type=int, default=20)
    parser.add_argument("--n", type=int)
    parser.add_argument("--pieces", action="store_true")
    parser.add_argument("--laps", type=int, default=1)
    told(measure(Asked(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()

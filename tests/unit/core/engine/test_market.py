"""Market events fold into what strategies see, and reach exactly those that asked for them."""

from typing import Any

import msgspec
import pytest

from tests.harness import SECOND, Bench, D, perpetual
from tests.unit.core.hand import BTC, BUY, ETH, Hand, denial, do, hold, place, scene
from tradewind import Context, Strategy, param
from tradewind.model.commands import Pause, Stop
from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    CurrencyRate,
    DeskStarted,
    FeedChanged,
    InstrumentDefined,
    Quote,
    ReferencePrice,
    Trade,
    TradingChanged,
)
from tradewind.model.ids import Currency, InstanceId, InstrumentId
from tradewind.model.instrument import Instrument, single_tick
from tradewind.model.intents import Protection
from tradewind.model.market import CandleStatus, Trading
from tradewind.model.order import OrderStatus
from tradewind.runtime.listening import wanted

S1 = InstanceId("s1")
BTC_HELD = perpetual(native_stops=False)
PROVISIONAL, CLOSED, CORRECTED = (
    CandleStatus.PROVISIONAL,
    CandleStatus.CLOSED,
    CandleStatus.CORRECTED,
)


class Ear(Strategy):
    """Remembers all that it hears; finds instruments whose symbol begins with `prefix`."""

    prefix: str = param("-")
    interval: str = param("5m")

    def on_start(self, ctx: Context) -> None:
        self.heard: list[Any] = []
        self.found: list[InstrumentId] = []

    def wants(self, instrument: Instrument) -> bool:
        return instrument.symbol.startswith(self.prefix)

    def on_instruments(self, ctx: Context, instruments: tuple[InstrumentId, ...]) -> None:
        self.found += instruments

    def on_book(self, ctx: Context, book: BookSnapshot | BookDelta) -> None:
        self.heard.append((book, ctx.market(book.instrument).bid))

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        self.heard.append((quote, ctx.market(quote.instrument).bid))

    def on_trade(self, ctx: Context, trade: Trade) -> None:
        self.heard.append((trade, ctx.market(trade.instrument).last_px))

    def on_candle(self, ctx: Context, candle: Candle) -> None:
        self.heard.append((candle, len(ctx.candles(candle.instrument, self.interval))))

    def on_reference(self, ctx: Context, reference: ReferencePrice) -> None:
        self.heard.append((reference, ctx.reference(reference.feed)))


def listening(*instruments: Instrument, **more: Any) -> tuple[Bench, Ear]:
    bench = Bench(config=more.pop("config", None))
    bench.define(BTC, ETH)
    return bench, bench.deploy(Ear, *(instruments or (BTC,)), **more)


def test_a_strategy_hears_an_event_after_the_market_has_folded_it() -> None:
    bench, ear = listening()
    bench.quote(BTC, "99.9", "100.1")
    bench.trade(BTC, "100")
    bench.book(BTC, {"99.8": 3}, {"100.2": 1})
    assert [seen for _, seen in ear.heard] == [D("99.9"), D("100"), D("99.8")]


def test_nobody_hears_of_instruments_that_it_did_not_ask_for() -> None:
    bench, ear = listening()
    bench.quote(ETH, "99.9", "100.1")
    bench.trade(ETH, "100")
    assert ear.heard == []


# --- candles --------------------------------------------------------------------------------------


def candle(
    bench: Bench, start: int, close: str, status: CandleStatus, interval: str = "5m"
) -> Candle:
    """Return a flat candle that begins `start` intervals after the bench did."""
    begin = bench.now + start * 300 * SECOND
    quanta = BTC.px_quanta(D(close))
    px = float(close)
    end = begin + 300 * SECOND
    return Candle(
        BTC.id, begin, end, interval, quanta, quanta, quanta, quanta, px, px, px, px, 1.0, status
    )


def test_only_closed_and_corrected_candles_of_the_interval_are_heard() -> None:
    bench, ear = listening(config={"candle_memory": 10})
    told = [
        candle(bench, 0, "100", PROVISIONAL),
        candle(bench, 0, "101", CLOSED),
        candle(bench, 0, "101", CLOSED, "1m"),
        candle(bench, 0, "102", CORRECTED),
    ]
    for each in told:
        bench.feed(each)
    assert [each.close for each, _ in ear.heard] == [101.0, 102.0]
    assert [each.status for each, _ in ear.heard] == [CLOSED, CORRECTED]
    assert [seen for _, seen in ear.heard] == [1, 1], "the corrected one took the first one's place"


def test_a_correction_replaces_the_candle_that_strategies_look_back_on() -> None:
    bench, ear = listening(config={"candle_memory": 10})
    for each in (
        candle(bench, 0, "100", CLOSED),
        candle(bench, 1, "101", CLOSED),
        candle(bench, 0, "90", CORRECTED),
    ):
        bench._step(each)
    ctx = bench.desk.instances[S1].ctx
    assert [each.close for each in ctx.candles(BTC.id, "5m")] == [90.0, 101.0]
    assert len(ear.heard) == 3


def test_the_desk_remembers_as_many_candles_as_it_was_told() -> None:
    bench, _ = listening(config={"candle_memory": 3})
    for index in range(20):
        bench._step(candle(bench, index, str(100 + index), CLOSED))
    kept = bench.desk.instances[S1].ctx.candles(BTC.id, "5m")
    assert 3 <= len(kept) <= 6
    assert kept[-1].close == 119.0


def test_without_memory_no_candle_is_kept() -> None:
    bench, ear = listening()
    bench.feed(candle(bench, 0, "100", CLOSED))
    assert [seen for _, seen in ear.heard] == [0]


@pytest.mark.parametrize(
    "rules",
    [
        {"candle_source": "trade"},
        # The venue keeps candles, but none so short.
        {"least_candle_ns": 180 * SECOND},
    ],
)
def test_candles_built_from_prints_close_by_the_clock_without_another_print(
    rules: dict[str, Any],
) -> None:
    built = perpetual("SOLUSDT", **rules)
    bench = Bench()
    bench.define(built)
    ear = bench.deploy(Ear, built, interval="1m")
    bench.trade(built, "10")
    bench.pass_time(30)
    bench.trade(built, "12")
    assert [each for each, _ in ear.heard if type(each) is Candle] == []
    bench.pass_time(60)
    (made,) = [each for each, _ in ear.heard if type(each) is Candle]
    assert (made.open, made.high, made.close, made.interval) == (10.0, 12.0, 12.0, "1m")
    assert {"trade"} <= wanted(bench.desk)[0].feeds


def test_candles_that_the_venue_keeps_are_asked_of_the_venue() -> None:
    bench = Bench()
    bench.define(BTC)
    bench.deploy(Ear, BTC, interval="1m")
    assert "candle:1m" in wanted(bench.desk)[0].feeds


# --- discovery ------------------------------------------------------------------------------------


class Chaser(Ear):
    """Buys one on each candle, and writes down what bars an entry then."""

    def on_candle(self, ctx: Context, candle: Candle) -> None:
        super().on_candle(ctx, candle)
        self.heard[-1] = (*self.heard[-1], ctx.barred(candle.instrument))
        ctx.buy(candle.instrument, 1, "99")


def late(bench: Bench, minutes: int, late_s: int, low: str = "100") -> Candle:
    """Return a candle of a minute that ended `late_s` before now, so many minutes ahead."""
    begin = bench.now + (minutes - 1) * 60 * SECOND - late_s * SECOND
    high_q, low_q = BTC.px_quanta(D(100)), BTC.px_quanta(D(low))
    quanta, px = (high_q, high_q, low_q, high_q), (100.0, 100.0, float(low), 100.0)
    return Candle(BTC.id, begin, bench.now, "1m", *quanta, *px, 1.0)


@pytest.mark.parametrize(
    ("late_s", "config", "opens"),
    [(0, {}, True), (9, {}, True), (11, {}, False), (11, {"stale_book_ns": 20 * SECOND}, True)],
)
def test_on_a_candle_that_ended_long_ago_strategies_compute_and_begin_nothing(
    late_s: int, config: dict[str, Any], opens: bool
) -> None:
    bench = scene(config={"candle_memory": 10, **config})
    chaser = bench.deploy(Chaser, BTC, name="s2", interval="1m")
    bench.quote(BTC, "99.9", "100.1")
    bench.feed(late(bench, 0, late_s))
    assert [each[1:] for each in chaser.heard if type(each[0]) is Candle] == [
        (1, "" if opens else "stale")
    ], "it is heard and remembered"
    assert [each.rule for each in bench.denied()] == ([] if opens else ["stale"])
    assert len(bench.submitted()) == opens
    place(bench, BUY, 1, "98")  # whatever is asked on what is known now passes as before


def test_an_old_candle_is_no_price_of_now() -> None:
    bench = scene()
    bench.feed(late(bench, 0, 0))
    newest = bench.desk.feeds[BTC.id].market.candle
    verified_ns = bench.desk.feeds[BTC.id].market.verified_ns
    bench.silence(4)
    bench.feed(late(bench, -5, 0))
    market = bench.desk.feeds[BTC.id].market
    assert market.candle is newest
    assert market.verified_ns == verified_ns, "it vouches for nothing"


def test_a_stop_does_not_act_on_what_was_touched_long_ago() -> None:
    bench = scene(BTC_HELD)
    hold(bench, "1", instrument=BTC_HELD)
    do(bench, lambda ctx: ctx.protect(BTC_HELD.id, Protection(stop=D(95))))
    before = len(bench.submitted())
    bench.feed(late(bench, -5, 0, low="90"))
    assert len(bench.submitted()) == before
    bench.feed(late(bench, 0, 0, low="90"))
    assert len(bench.submitted()) == before + 1


def test_a_candle_built_over_a_lost_feed_is_told_to_people_and_not_to_strategies() -> None:
    built = perpetual("SOLUSDT", candle_source="trade")
    bench = Bench()
    bench.define(built)
    ear = bench.deploy(Ear, built, interval="1m")
    bench.trade(built, "10")
    bench.feed(FeedChanged(built.id, bench.now, bench.now, live=False))
    bench.pass_time(5)
    bench.feed(FeedChanged(built.id, bench.now, bench.now, live=True))
    bench.trade(built, "11")
    bench.pass_time(60)
    assert [each for each, _ in ear.heard if type(each) is Candle] == []
    assert len(bench.alerts("candle_hole")) == 1
    bench.trade(built, "12")
    bench.pass_time(70)
    assert [each.close for each, _ in ear.heard if type(each) is Candle] == [12.0]


def test_a_restart_is_a_hole_in_what_the_desk_builds() -> None:
    built = perpetual("SOLUSDT", candle_source="trade")
    bench = Bench()
    bench.define(built)
    ear = bench.deploy(Ear, built, interval="1m", auto_resume=True)
    bench.trade(built, "10")
    bench.silence(20)
    bench.feed(DeskStarted(2, 7, bench.desk.config, bench.now))
    bench.trade(built, "11")
    bench.pass_time(60)
    assert [each for each, _ in ear.heard if type(each) is Candle] == []
    assert len(bench.alerts("candle_hole")) == 1


def test_a_filter_finds_what_is_there_and_what_comes() -> None:
    bench, ear = listening(prefix="E", name="finder")
    assert ear.found == [ETH.id]
    late = perpetual("EOSUSDT")
    bench.define(late, perpetual("XRPUSDT"))
    assert ear.found == [ETH.id, late.id]
    bench.quote(late, "1", "1.1")
    assert [each.instrument for each, _ in ear.heard] == [late.id]


def test_a_declared_instrument_is_no_discovery() -> None:
    _, ear = listening(ETH, prefix="E")
    assert ear.found == []


@pytest.mark.parametrize(("command", "finds"), [(Pause(S1), True), (Stop(S1), False)])
def test_only_instances_at_work_are_asked_what_they_want(
    command: Pause | Stop, *, finds: bool
) -> None:
    bench, ear = listening(prefix="E")
    bench.command(command)
    late = perpetual("EOSUSDT")
    bench.define(late)
    assert (late.id in ear.found) is finds


class Watching(Hand):
    """A hand that remembers prints."""

    def on_trade(self, ctx: Context, trade: Trade) -> None:
        self.heard.append(("trade", trade.px))


def test_watch_and_unwatch_change_what_is_heard() -> None:
    bench = scene()
    bench.define(ETH)
    made = bench.deploy(Watching, BTC, name="w")
    do(bench, lambda ctx: ctx.watch(ETH.id), "w")
    bench.trade(BTC, "100")
    bench.trade(ETH, "50")
    do(bench, lambda ctx: ctx.unwatch(BTC.id), "w")
    bench.trade(ETH, "51")
    bench.trade(BTC, "101")
    assert made.heard[1:] == [("trade", D(100)), ("trade", D(50)), ("trade", D(51))]


def test_reference_prices_reach_all_who_listen_for_them() -> None:
    bench, ear = listening()
    told = ReferencePrice("btc-index", bench.now, bench.now, 100.5)
    bench.feed(told)
    assert ear.heard == [(told, told)]


# --- what the venue permits -----------------------------------------------------------------------


def test_a_closed_market_takes_no_orders_until_it_opens() -> None:
    bench = scene()
    for trading in (Trading.PAUSED, Trading.CLOSED, Trading.SETTLED):
        bench.feed(TradingChanged(BTC.id, bench.now, bench.now, trading))
        assert denial(bench, BUY, 1, "99").rule == "market_closed"
        bench.pass_time(1)
    bench.feed(TradingChanged(BTC.id, bench.now, bench.now, Trading.OPEN))
    place(bench, BUY, 1, "99")


def test_a_lost_feed_is_told_once_and_stops_new_risk() -> None:
    bench = scene()
    for _ in range(3):
        bench.feed(FeedChanged(BTC.id, bench.now, bench.now, live=False))
    assert len(bench.alerts("feed_lost")) == 1
    assert denial(bench, BUY, 1, "99").rule == "stale"
    bench.feed(FeedChanged(BTC.id, bench.now, bench.now, live=True))
    bench.quote(BTC, "99.9", "100.1")
    place(bench, BUY, 1, "99")


@pytest.mark.parametrize(
    "heartbeat",
    [
        lambda now: FeedChanged(BTC.id, now, now, True),
        lambda now: Quote(BTC.id, now, now, D("99.9"), D("100.1"), D(1), D(1)),
        lambda now: Trade(BTC.id, now, now, D(100), D(1), BUY),
    ],
)
def test_whatever_verifies_the_channel_makes_quiet_data_fresh(heartbeat: Any) -> None:
    bench = scene()
    bench.silence(10)
    bench.now += 1
    assert denial(bench, BUY, 1, "99").rule == "stale"
    bench.feed(heartbeat(bench.now))
    place(bench, BUY, 1, "99")


def test_a_changed_tick_cancels_what_is_off_the_grid_and_nothing_else() -> None:
    bench = scene()
    on, off = place(bench, BUY, 1, "99"), place(bench, BUY, 1, "98.7")
    coarse = msgspec.structs.replace(BTC, ticks=single_tick(D("0.5")), version=BTC.version + 1)
    bench.feed(InstrumentDefined(coarse, bench.now))
    assert (on.status, off.status) == (OrderStatus.NEW, OrderStatus.CANCELLED)
    bench.quote(BTC, "99.5", "100")  # what was known of the market is not on the new grid
    assert denial(bench, BUY, 1, "98.7").rule == "tick"
    place(bench, BUY, 1, "98.5")


def test_a_rate_that_is_none_is_told_and_changes_nothing() -> None:
    bench = scene()
    bench.feed(CurrencyRate(Currency("EUR"), D("1.1"), bench.now))
    bench.feed(CurrencyRate(Currency("EUR"), D("-1"), bench.now))
    assert len(bench.alerts("currency_rate")) == 1
    assert do(bench, lambda ctx: ctx.worth(D(10), "EUR")) == D(11)


def test_market_events_of_nobody_make_no_effects() -> None:
    bench = Bench()
    bench.define(BTC)
    assert bench.quote(BTC, "99", "101") == []
    assert bench.trade(BTC, "100") == []
    assert bench.book(BTC, {"99": 1}, {"101": 1}) == []

"""What the wire says, as the model says it, and back."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tradewind.core.matching.fees.binary import KalshiFees
from tradewind.core.matching.fees.schedule import FeeInput
from tradewind.edge.venues.kalshi import parse, wire
from tradewind.model.effects import SubmitOrder
from tradewind.model.errors import BadReply, ConfigError
from tradewind.model.ids import AccountId, FillKey, InstanceId, InstrumentId, OrderId
from tradewind.model.instrument import Outcome
from tradewind.model.market import Trading
from tradewind.model.money import NANOS
from tradewind.model.order import Liquidity, OrderStatus, OrderType, PlaceOrder, Side, TimeInForce

GOLDEN = Path(__file__).parents[4] / "golden" / "kalshi"
TICKER = "KXDEMO-26DEC31-T50"
YES, NO = (InstrumentId(f"KALSHI:{TICKER}:{each}") for each in ("YES", "NO"))
TERMS = parse.Terms(
    wire.EventRow("KXDEMO-26DEC31", "KXDEMO", category="Economics"),
    wire.SeriesRow("KXDEMO", "quadratic", Decimal(1)),
)
D = Decimal


def golden(name: str, kind: Any) -> Any:
    rows = msgspec.json.decode((GOLDEN / "rows.json").read_bytes())
    return msgspec.json.decode(msgspec.json.encode(rows[name]), type=kind)


def market(**changes: Any) -> wire.MarketRow:
    row: wire.MarketRow = golden("market", wire.MarketRow)
    return msgspec.structs.replace(row, **changes)


def test_a_market_is_two_outcome_instruments_that_mirror_each_other() -> None:
    listing = parse.listing(market(), TERMS)
    yes, no = listing.both
    assert (yes.id, no.id) == (YES, NO)
    assert (yes.mirror, no.mirror) == (NO, YES)
    assert yes.market == no.market == f"KALSHI:{TICKER}"
    assert (yes.outcome, no.outcome) == (Outcome.YES, Outcome.NO)
    assert yes.netting
    assert yes.event == "KXDEMO-26DEC31"
    assert yes.series == "KXDEMO"
    assert yes.strike == 50
    assert yes.close_ns == 1_798_750_800 * NANOS
    assert yes.qty_step == D("0.01")
    assert yes.px_exponent == 4
    assert yes.statistics["volume_24h"] == "940.25"
    assert yes.statistics["category"] == "economics"
    assert listing.trading is Trading.OPEN


def test_the_ticks_of_no_are_those_of_yes_turned_round() -> None:
    ranges = tuple(
        wire.PriceRange(D(low), D(high), D(step))
        for low, high, step in (("0", "0.05", "0.001"), ("0.05", "1", "0.01"))
    )
    yes, no = parse.listing(market(price_ranges=ranges), TERMS).both
    assert [(band.low, band.high, band.tick) for band in yes.ticks] == [
        (0, D("0.05"), D("0.001")),
        (D("0.05"), 1, D("0.01")),
    ]
    assert [(band.low, band.high, band.tick) for band in no.ticks] == [
        (0, D("0.95"), D("0.01")),
        (D("0.95"), 1, D("0.001")),
    ]
    for px in ("0.003", "0.04", "0.06", "0.5", "0.99"):
        assert yes.on_grid(D(px)) is no.on_grid(1 - D(px)) is True


@pytest.mark.parametrize(
    ("override", "multiplier", "fee"),
    [
        (None, None, "0.0175"),
        ("quadratic_with_maker_fees", None, "0.0175"),
        (None, D("0.5"), "0.0088"),
        ("flat", None, "0.0175"),
    ],
)
def test_fee_parameters_build_the_fee_model_and_the_event_overrides_its_series(
    override: str | None, multiplier: Decimal | None, fee: str
) -> None:
    event = wire.EventRow("E", "S", fee_type_override=override, fee_multiplier_override=multiplier)
    fees = parse.Terms(event, TERMS.series).fees
    model = KalshiFees(fee_type=fees["fee_type"], fee_multiplier=fees["fee_multiplier"])
    fill = FeeInput(side=Side.BUY, qty=D(1), px=D("0.52"), liquidity=Liquidity.TAKER, order_key="a")
    assert model.fee(fill, {}) == D(fee)


@pytest.mark.parametrize(
    ("status", "trading"),
    [
        ("initialized", Trading.CLOSED),
        ("active", Trading.OPEN),
        ("inactive", Trading.PAUSED),
        ("closed", Trading.CLOSED),
        ("determined", Trading.CLOSED),
        ("disputed", Trading.CLOSED),
        ("amended", Trading.CLOSED),
        ("finalized", Trading.SETTLED),
    ],
)
def test_every_status_says_what_may_be_traded(status: str, trading: Trading) -> None:
    assert parse.listing(market(status=status), TERMS).trading is trading


def test_a_status_or_a_grid_unheard_of_is_a_bad_reply() -> None:
    with pytest.raises(BadReply):
        parse.listing(market(status="limbo"), TERMS)
    with pytest.raises(BadReply):
        parse.listing(market(price_ranges=()), TERMS)


def test_a_finished_market_says_how_it_ended() -> None:
    ended = parse.listing(market(status="finalized", result="no"), TERMS)
    assert ended.yes.statistics["resolution"] == "0"
    scalar = market(status="finalized", result="scalar", settlement_value_dollars=D("0.37"))
    assert parse.listing(scalar, TERMS).yes.statistics["resolution"] == "0.37"
    assert "resolution" not in parse.listing(market(), TERMS).yes.statistics


# --- the mirror ---------------------------------------------------------------------------------

MIRROR = [
    # instrument, our side, our price -> side and price on the YES book
    (YES, Side.BUY, "0.42", "bid", "0.4200"),
    (YES, Side.SELL, "0.44", "ask", "0.4400"),
    (NO, Side.BUY, "0.56", "ask", "0.4400"),
    (NO, Side.SELL, "0.58", "bid", "0.4200"),
]


def submit(instrument: InstrumentId, side: Side, px: str, **more: Any) -> SubmitOrder:
    spec = PlaceOrder(AccountId("a"), instrument, side, D(10), D(px), **more)
    return SubmitOrder(OrderId("TWAAAAAAAAAAAAAAAAAA"), InstanceId("i"), spec, 1_000_000_000, 1)


@pytest.mark.parametrize(("instrument", "side", "px", "book_side", "yes_px"), MIRROR)
def test_orders_of_both_outcomes_stand_on_the_yes_book(
    instrument: InstrumentId, side: Side, px: str, book_side: str, yes_px: str
) -> None:
    body = parse.creation(submit(instrument, side, px))
    assert (body.side, str(body.price), str(body.count)) == (book_side, yes_px, "10.00")
    assert body.self_trade_prevention_type == "taker_at_cross"
    assert body.cancel_order_on_pause is True


@pytest.mark.parametrize(("instrument", "side", "px", "book_side", "yes_px"), MIRROR)
def test_an_order_comes_back_as_what_was_sent(
    instrument: InstrumentId, side: Side, px: str, book_side: Any, yes_px: str
) -> None:
    body = parse.creation(submit(instrument, side, px))
    row = wire.OrderRow(
        order_id="v",
        ticker=body.ticker,
        status="resting",
        book_side=body.side,
        yes_price_dollars=body.price,
        initial_count_fp=body.count,
        fill_count_fp=D(0),
        remaining_count_fp=body.count,
        client_order_id=body.client_order_id,
    )
    told = parse.reported(row)
    assert told.client_order_id == "TWAAAAAAAAAAAAAAAAAA"
    assert (told.instrument, told.side, told.px) == (instrument, side, D(px))
    assert told.status is OrderStatus.NEW


def test_a_strangers_bid_is_yes_bought_and_his_ask_no_bought() -> None:
    assert parse.meant("c-1", "bid") == (None, Outcome.YES)
    assert parse.meant("", "ask") == (None, Outcome.NO)


def test_trades_and_quotes_are_told_for_both_outcomes_at_their_own_price() -> None:
    row = wire.TradeMsg("t", TICKER, D("0.43"), D("7.50"), "bid", 1_795_183_385_164)
    yes, no = parse.trades(row, 5)
    assert (yes.instrument, yes.px, yes.side) == (YES, D("0.43"), Side.BUY)
    assert (no.instrument, no.px, no.side) == (NO, D("0.57"), Side.SELL)
    assert yes.ts_event == 1_795_183_385_164_000_000
    told = wire.TickerMsg(TICKER, D("0.42"), D("1"), D("100"), D("0"), 1)
    first, second = parse.quotes(told, 5)
    assert (first.bid, first.bid_qty, first.ask_qty) == (D("0.42"), D(100), D(0))
    assert (second.ask, second.ask_qty, second.bid_qty) == (D("0.58"), D(100), D(0))


# --- orders -------------------------------------------------------------------------------------


def test_a_time_to_live_is_the_venues_expiry_and_never_too_early() -> None:
    body = parse.creation(submit(YES, Side.BUY, "0.4", tif=TimeInForce.GTD, ttl_ns=1_500_000_000))
    assert body.expiration_time == 3
    assert body.time_in_force == "good_till_canceled"


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
def test_what_does_not_rest_has_no_expiry(tif: TimeInForce) -> None:
    body = parse.creation(submit(YES, Side.BUY, "0.4", tif=tif, ttl_ns=NANOS, reduce_only=True))
    assert body.expiration_time is msgspec.UNSET
    assert body.cancel_order_on_pause is msgspec.UNSET
    assert body.reduce_only is True


@pytest.mark.parametrize(
    "more",
    [
        {"order_type": OrderType.STOP, "trigger_px": D("0.3")},
        {"tif": TimeInForce.DAY},
        {"tif": TimeInForce.GTD},
    ],
)
def test_what_the_venue_cannot_express_is_a_config_error(more: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        parse.creation(submit(YES, Side.BUY, "0.4", **more))


def test_a_price_finer_than_the_wire_is_refused_not_rounded() -> None:
    with pytest.raises(ConfigError):
        parse.creation(submit(YES, Side.BUY, "0.40001"))


def test_an_instrument_of_another_venue_is_a_config_error() -> None:
    with pytest.raises(ConfigError):
        parse.ticker_of(InstrumentId("BYBIT:BTCUSDT"))


# --- fills, positions, payouts ------------------------------------------------------------------


@pytest.mark.parametrize("client", ["TWAAAAAAAAAAAAAAAAAA-NO", "TWAAAAAAAAAAAAAAAAAA-YES", ""])
def test_stream_and_history_make_the_same_fill(client: str) -> None:
    lines = (GOLDEN / "frames.jsonl").read_bytes().splitlines()
    line = next(line for line in lines if b'"type":"fill"' in line)
    streamed = msgspec.json.decode(
        msgspec.json.decode(line, type=wire.Envelope).msg, type=wire.FillRow
    )
    row = golden("fills", dict[str, Any])["fills"][0]
    kept = msgspec.json.decode(msgspec.json.encode(row), type=wire.FillRow)
    account = AccountId("a")
    assert parse.fill(streamed, account, client) == parse.fill(kept, account, client)


def test_a_fill_is_keyed_by_trade_and_order_and_priced_by_the_outcome() -> None:
    row = wire.FillRow("t", "o", TICKER, "ask", D("0.44"), D("4.00"), True, D("0.0690"), 7, 7_000)
    fill = parse.fill(row, AccountId("a"), "TWAAAAAAAAAAAAAAAAAA-NO")
    assert fill.key == FillKey("t:o")
    assert (fill.instrument, fill.side, fill.px) == (NO, Side.BUY, D("0.56"))
    assert (fill.fee, fill.liquidity) == (D("0.0690"), Liquidity.TAKER)
    assert fill.client_order_id == "TWAAAAAAAAAAAAAAAAAA"


def test_a_negative_position_is_held_in_no() -> None:
    assert parse.position(wire.PositionRow(TICKER, D("-3.5"))).instrument == NO
    assert parse.position(wire.PositionRow(TICKER, D("-3.5"))).qty == D("3.5")
    assert parse.position(wire.PositionRow(TICKER, D("4"))).instrument == YES


@pytest.mark.parametrize(
    ("result", "value", "paid"),
    [("yes", D(100), "1"), ("no", D(0), "0"), ("scalar", D(37), "0.37"), ("yes", None, "1")],
)
def test_a_payout_is_what_yes_paid(result: str, value: Decimal | None, paid: str) -> None:
    row = wire.SettlementRow(TICKER, result, datetime(2026, 1, 1, tzinfo=UTC), value)
    assert parse.settled_yes(row) == D(paid)


def test_a_payout_that_does_not_say_how_much_is_a_bad_reply() -> None:
    row = wire.SettlementRow(TICKER, "void", datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(BadReply):
        parse.settled_yes(row)


# --- candles ------------------------------------------------------------------------------------

FLAT = wire.OpenHighLowClose()


def candle(price: wire.OpenHighLowClose, bid: str = "0.40", ask: str = "0.44") -> wire.CandleRow:
    book = [wire.OpenHighLowClose(close_dollars=D(px)) for px in (bid, ask)]
    return wire.CandleRow(1_795_176_000, price, book[0], book[1], D("12.00"))


def test_a_candle_of_no_is_that_of_yes_upside_down() -> None:
    row = candle(wire.OpenHighLowClose(D("0.40"), D("0.50"), D("0.30"), D("0.45")))
    listing = parse.listing(market(), TERMS)
    yes = parse.candle(row, listing.yes, "1m", 0)
    no = parse.candle(row, listing.no, "1m", 0)
    assert yes is not None
    assert no is not None
    assert (yes.open_quanta, yes.high_quanta, yes.low_quanta, yes.close_quanta) == (
        4000,
        5000,
        3000,
        4500,
    )
    assert (no.open_quanta, no.high_quanta, no.low_quanta, no.close_quanta) == (
        6000,
        7000,
        5000,
        5500,
    )
    assert yes.ts_event == (1_795_176_000 - 60) * NANOS
    assert yes.ts_recv == 1_795_176_000 * NANOS


def test_a_candle_without_trades_stands_still_where_the_last_one_was_or_the_book_is() -> None:
    yes = parse.listing(market(), TERMS).yes
    before = parse.candle(candle(wire.OpenHighLowClose(previous_dollars=D("0.41"))), yes, "1h", 0)
    booked = parse.candle(candle(FLAT), yes, "1h", 0)
    assert before is not None
    assert booked is not None
    assert (before.close_quanta, booked.close_quanta) == (4100, 4200)
    assert parse.candle(candle(FLAT, bid="0"), yes, "1h", 0) is None
    assert parse.candle(candle(FLAT, ask="1"), yes, "1h", 0) is None

"""Rows become our words, each thing once and never backwards, whatever the order of the frames."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import msgspec
import pytest

from tests.unit.edge.venues.bybit.small import BTC, EXECUTION, ORDER, SPOT_BTC
from tradewind.edge.venues.bybit import parse, wire
from tradewind.model import events as ev
from tradewind.model.effects import AmendOrder, CancelOrder, SubmitOrder
from tradewind.model.errors import BadReply, ConfigError
from tradewind.model.fill import Fill
from tradewind.model.ids import NET, AccountId, InstanceId, InstrumentId, OrderId
from tradewind.model.order import OrderStatus, OrderType, PlaceOrder, Side

BY = AccountId("by")
NAME = InstrumentId("BYBIT:BTCUSDT")
SPOT_NAME = InstrumentId("BYBIT:BTCUSDT:SPOT")
OURS = OrderId(ORDER["orderLinkId"])
RULES = {
    NAME: parse.instrument("linear", msgspec.convert(BTC, wire.InstrumentRow, strict=False), None),
    SPOT_NAME: parse.instrument(
        "spot", msgspec.convert(SPOT_BTC, wire.InstrumentRow, strict=False), None
    ),
}


def row(**fields: Any) -> wire.OrderRow:
    return msgspec.convert(ORDER | fields, wire.OrderRow)


def execution(**fields: Any) -> wire.FillRow:
    return msgspec.convert(EXECUTION | fields, wire.FillRow)


def fill(hedge: bool = False, **fields: Any) -> Fill | None:
    return parse.fill(parse.Holder(BY, hedge, RULES), execution(**fields))


def folded(*rows: wire.OrderRow, told: parse.Told | None = None) -> list[ev.Event]:
    told = told or parse.Told()
    return [event for each in rows for event in parse.fold(told, each, BY, 9)]


# --- orders -----------------------------------------------------------------------------------

LIFE = (
    row(orderStatus="New", updatedTime="1"),
    row(orderStatus="PartiallyFilled", cumExecQty="0.004", updatedTime="2"),
    row(orderStatus="PartiallyFilled", cumExecQty="0.006", updatedTime="3"),
)
ENDS = {
    "filled": row(orderStatus="Filled", cumExecQty="0.010", updatedTime="4"),
    "cancelled": row(orderStatus="Cancelled", cumExecQty="0.006", updatedTime="4"),
    "of spot": row(orderStatus="PartiallyFilledCanceled", cumExecQty="0.006", updatedTime="4"),
    "rejected with fills": row(orderStatus="Rejected", cumExecQty="0.006", updatedTime="4"),
}


@pytest.mark.parametrize("end", ENDS)
def test_frames_in_any_order_and_twice_tell_each_thing_once(end: str) -> None:
    for frames in permutations((*LIFE, ENDS[end])):
        news = folded(*frames, *frames)
        accepted = [event for event in news if isinstance(event, ev.OrderAccepted)]
        claims = [event.cumulative_qty for event in news if isinstance(event, ev.OrderClaimed)]
        ended = [event for event in news if isinstance(event, ev.OrderCancelled)]
        # A rejection may be all that one hears of an order; then nothing accepts it afterwards.
        assert len(accepted) == (0 if frames[0].order_status == "Rejected" else 1), frames
        assert claims == sorted(set(claims)), "claims only grow"
        assert claims[-1] == ENDS[end].cum_exec_qty
        if end == "filled":
            assert not ended
        else:
            assert [event.filled_qty for event in ended] == [Decimal("0.006")]
        assert not [event for event in news if isinstance(event, ev.OrderAmended)]
        if accepted:
            assert news.index(accepted[0]) == 0


def test_a_second_filled_after_a_cancel_is_ignored() -> None:
    filled = row(orderStatus="Filled", cumExecQty="0.010", updatedTime="4")
    again = row(
        orderStatus="Filled",
        cumExecQty="0.010",
        updatedTime="5",
        cancelType="CancelByUser",
        rejectReason="EC_OrigClOrdIDDoesNotExist",
    )
    told = parse.Told()
    folded(filled, told=told)
    assert folded(again, told=told) == []


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"orderStatus": "Rejected", "rejectReason": "EC_Others"}, ev.OrderRejected),
        (
            {"orderStatus": "Cancelled", "rejectReason": "EC_PostOnlyWillTakeLiquidity"},
            ev.OrderRejected,
        ),
        ({"orderStatus": "Cancelled", "cancelType": "CancelByUser"}, ev.OrderCancelled),
        ({"orderStatus": "Deactivated"}, ev.OrderCancelled),
        (
            {"orderStatus": "Cancelled", "rejectReason": "EC_NoImmediateQtyToFill"},
            ev.OrderCancelled,
        ),
    ],
)
def test_an_end_has_its_word(fields: dict[str, Any], kind: type) -> None:
    assert isinstance(folded(row(**fields))[-1], kind)


def test_a_stop_triggers_once_and_a_market_price_of_the_venue_is_no_amendment() -> None:
    stop = {"orderType": "Market", "price": "0", "triggerPrice": "70000", "stopOrderType": "Stop"}
    frames = (
        row(**stop, orderStatus="Untriggered", updatedTime="1"),
        row(**stop, orderStatus="Triggered", updatedTime="2"),
        row(**(stop | {"price": "71000"}), orderStatus="New", updatedTime="3"),
        row(
            **(stop | {"price": "71000"}), orderStatus="Filled", cumExecQty="0.010", updatedTime="4"
        ),
    )
    for start in range(2):  # after a restart the first word may be the second frame
        told = parse.Told(asleep=True)
        kinds = [type(event) for event in folded(*frames[start:], told=told)]
        assert kinds == [ev.OrderAccepted, ev.OrderTriggered, ev.OrderClaimed]


def test_an_amendment_is_told_when_its_terms_stand() -> None:
    told = parse.Told(accepted=True)
    folded(row(updatedTime="1"), told=told)
    told.asked = (Decimal("0.020"), Decimal(65000), None)
    assert folded(row(updatedTime="2", cumExecQty="0.001"), told=told) == [
        ev.OrderClaimed(BY, 2_000_000, 9, OURS, Decimal("0.001"))
    ]
    (amended,) = folded(row(updatedTime="3", cumExecQty="0.001", qty="0.020"), told=told)
    assert isinstance(amended, ev.OrderAmended)
    assert (amended.qty, amended.px) == (Decimal("0.020"), Decimal(65000))
    assert folded(row(updatedTime="2", cumExecQty="0.001"), told=told) == [], "an older frame"


def test_an_amendment_of_an_order_from_before_a_restart_is_told() -> None:
    told = parse.Told(asked=(Decimal("0.010"), Decimal(65000), None))
    kinds = [type(event) for event in folded(row(updatedTime="1"), told=told)]
    assert kinds == [ev.OrderAccepted, ev.OrderAmended]


@pytest.mark.parametrize(
    "link", ["", "bot:entry:1790000000", "twaaaaaaaaaaaaaaaaaa", "TWAAAAAAAAAAAAAAAAA", "0" * 20]
)
def test_another_programs_id_is_a_strangers(link: str) -> None:
    assert parse.our_id(link) is None
    assert parse.reported_order(row(orderLinkId=link), "linear").client_order_id is None


def test_every_documented_status_is_known_and_no_other() -> None:
    for word, status in parse.STATUSES.items():
        reported = parse.reported_order(row(orderStatus=word, cumExecQty="0.001"), "linear")
        rejected = status is OrderStatus.REJECTED
        assert reported.status is (OrderStatus.CANCELLED if rejected else status)
    with pytest.raises(BadReply, match="the unknown word 'Dreaming'"):
        parse.reported_order(row(orderStatus="Dreaming"), "linear")


# --- executions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "moves"),
    [
        *[(kind, True) for kind in sorted(parse.MOVES_POSITION)],
        *[(kind, False) for kind in sorted(parse.MOVES_NOTHING)],
    ],
)
def test_only_what_moves_a_position_is_a_fill(kind: str, moves: bool) -> None:
    assert (fill(execType=kind) is not None) is moves
    holder = parse.Holder(BY, False, RULES)
    paid = parse.funding_paid(holder, execution(execType=kind), 1)
    assert (paid is not None) is (kind == "Funding")


@pytest.mark.parametrize(
    ("fields", "coin", "fee"),
    [
        ({}, "USDT", "0.052"),
        ({"feeCurrency": ""}, "USDT", "0.052"),
        ({"feeCurrency": None, "extraFees": ""}, "USDT", "0.052"),
        ({"extraFees": [{"feeCoin": "USDT", "fee": "0.01", "feeType": "GST"}]}, "USDT", "0.062"),
        ({"category": "spot", "feeCurrency": ""}, "BTC", "0.052"),
        ({"category": "spot", "feeCurrency": "", "side": "Sell"}, "USDT", "0.052"),
        ({"category": "spot", "feeCurrency": "", "execFee": "-0.1"}, "USDT", "-0.1"),
        (
            {"category": "spot", "feeCurrency": "", "execFee": "-0.1", "side": "Sell"},
            "BTC",
            "-0.1",
        ),
    ],
)
def test_a_fee_is_in_the_coin_that_paid_it(fields: dict[str, Any], coin: str, fee: str) -> None:
    told = fill(**fields)
    assert told is not None
    assert (told.fee_currency, told.fee) == (coin, Decimal(fee))


def test_a_tax_in_another_coin_is_not_guessed() -> None:
    with pytest.raises(BadReply, match="a tax in another coin"):
        fill(extraFees=[{"feeCoin": "INR", "fee": "1"}])


@pytest.mark.parametrize(
    ("hedge", "side", "closed", "bucket"),
    [
        (False, "Buy", "0.004", NET),
        (True, "Buy", "0", "long"),
        (True, "Sell", "0.004", "long"),
        (True, "Sell", "0", "short"),
        (True, "Buy", "0.004", "short"),
    ],
)
def test_a_fill_finds_its_bucket(hedge: bool, side: str, closed: str, bucket: str) -> None:
    told = fill(hedge=hedge, side=side, closedSize=closed)
    assert told is not None
    assert told.bucket == bucket


def test_the_stream_and_a_reading_make_the_same_fill() -> None:
    bare = {key: value for key, value in EXECUTION.items() if key != "category"}
    holder = parse.Holder(BY, False, RULES)
    read = parse.fill(holder, msgspec.convert(bare, wire.FillRow), "linear")
    assert read == fill()


# --- numbers, rules, requests -----------------------------------------------------------------


@pytest.mark.parametrize("absent", ["", "0", None])
def test_a_number_may_be_absent_in_every_way(absent: str | None) -> None:
    assert wire.number(absent, "x") == 0


@pytest.mark.parametrize("text", ["NaN", "Infinity", "one", "1,5"])
def test_what_is_no_number_is_not_guessed(text: str) -> None:
    with pytest.raises(BadReply):
        wire.number(text, "x")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"priceFilter": {"tickSize": "0"}}, BadReply),
        ({"lotSizeFilter": {"minOrderQty": "1"}}, BadReply),
        ({"contractType": "InversePerpetual"}, ConfigError),
    ],
)
def test_rules_that_are_missing_or_not_ours_are_refused(
    changed: dict[str, Any], error: type[Exception]
) -> None:
    listed = msgspec.convert(BTC | changed, wire.InstrumentRow, strict=False)
    with pytest.raises(error):
        parse.instrument("linear", listed, None)


def test_changed_rules_are_a_new_version_and_unchanged_ones_the_old() -> None:
    known = RULES[NAME]
    assert parse.renewed(known, msgspec.structs.replace(known)) is known
    finer = msgspec.structs.replace(known, qty_step=Decimal("0.002"))
    assert parse.renewed(known, finer).version == 2


def test_a_price_finer_than_the_quantum_is_no_candle() -> None:
    told = parse.candle_row(("1", "1.001", "2", "1", "1", "1"), "1m")
    with pytest.raises(BadReply, match="finer"):
        parse.candle(RULES[NAME], "1m", told, 1)


def test_a_sleeping_spot_stop_is_cancelled_as_what_it_is() -> None:
    stop = PlaceOrder(
        BY, SPOT_NAME, Side.SELL, Decimal(1), None, OrderType.STOP, trigger_px=Decimal(60000)
    )
    body = parse.create(SubmitOrder(OURS, InstanceId("i"), stop, 1, 1), None)
    assert (body.order_filter, body.market_unit, body.trigger_direction) == (
        "StopOrder",
        "baseCoin",
        None,
    )
    asked = CancelOrder(OURS, BY, SPOT_NAME, None, 1)
    assert parse.cancel(asked, asleep=True).order_filter == "StopOrder"
    assert parse.cancel(asked, asleep=False).order_filter is None


@pytest.mark.parametrize(
    ("side", "last_px", "direction"),
    [
        (Side.BUY, "64000", 1),
        (Side.BUY, "66000", 2),
        (Side.SELL, "66000", 2),
        (Side.SELL, "64000", 1),
        (Side.BUY, None, 1),
        (Side.SELL, None, 2),
    ],
)
def test_a_trigger_is_reached_from_where_the_price_stands(
    side: Side, last_px: str | None, direction: int
) -> None:
    stop = PlaceOrder(BY, NAME, side, Decimal(1), None, OrderType.STOP, trigger_px=Decimal(65000))
    order = SubmitOrder(OURS, InstanceId("i"), stop, 1, 1)
    body = parse.create(order, None if last_px is None else Decimal(last_px))
    assert body.trigger_direction == direction


def test_an_amendment_says_only_what_changes_and_never_with_an_exponent() -> None:
    asked = AmendOrder(OURS, BY, NAME, None, Decimal("1E+1"), None, 1, Decimal("6E+4"))
    assert msgspec.json.decode(msgspec.json.encode(parse.change(asked))) == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "orderLinkId": OURS,
        "qty": "10",
        "triggerPrice": "60000",
    }

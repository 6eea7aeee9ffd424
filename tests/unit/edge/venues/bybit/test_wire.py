"""Recorded frames of the real venue: every key is read, or named here as one we do not need."""

from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
import pytest
from msgspec import inspect

from tradewind.edge.venues.bybit import rest, stream, wire

Recorded = dict[str, Any]
REST: dict[str, tuple[str, Any]] = {
    "http_get_executions": ("executions", rest.EXECUTIONS.type),
    "http_get_fee_rate": ("fees", rest.FEES.type),
    "http_get_instruments_inverse": ("instruments", rest.INSTRUMENTS.type),
    "http_get_instruments_inverse_symbol_type": ("instruments", rest.INSTRUMENTS.type),
    "http_get_instruments_linear": ("instruments", rest.INSTRUMENTS.type),
    "http_get_instruments_linear_symbol_type": ("instruments", rest.INSTRUMENTS.type),
    "http_get_instruments_option": ("instruments", rest.INSTRUMENTS.type),
    "http_get_instruments_option_symbol_id": ("instruments", rest.INSTRUMENTS.type),
    "http_get_instruments_spot": ("instruments", rest.INSTRUMENTS.type),
    "http_get_klines_linear": ("candles", rest.CANDLES.type),
    "http_get_orders_history": ("orders", rest.ORDERS.type),
    "http_get_orders_realtime": ("orders", rest.ORDERS.type),
    "http_get_orders_realtime_tp_sl": ("orders", rest.ORDERS.type),
    "http_get_positions": ("positions", rest.POSITIONS.type),
    "http_get_wallet_balance": ("wallet", rest.WALLETS.type),
    "http_get_wallet_balance_with_spot_borrow": ("wallet", rest.WALLETS.type),
}
STREAM: dict[str, tuple[str, Any]] = {
    "ws_account_execution": ("executions", stream.EXECUTIONS.type),
    "ws_account_order": ("orders", stream.ORDERS.type),
    "ws_account_order_filled": ("orders", stream.ORDERS.type),
    "ws_account_order_limit_if_touched": ("orders", stream.ORDERS.type),
    "ws_account_order_market_if_touched": ("orders", stream.ORDERS.type),
    "ws_account_order_partially_filled_rejected": ("orders", stream.ORDERS.type),
    "ws_account_order_sell_market_if_touched": ("orders", stream.ORDERS.type),
    "ws_account_order_stop_limit": ("orders", stream.ORDERS.type),
    "ws_account_order_stop_loss": ("orders", stream.ORDERS.type),
    "ws_account_order_stop_market": ("orders", stream.ORDERS.type),
    "ws_account_order_take_profit": ("orders", stream.ORDERS.type),
    "ws_account_position": ("positions", stream.POSITIONS.type),
    "ws_account_position_short": ("positions", stream.POSITIONS.type),
    "ws_account_wallet": ("wallet", stream.WALLETS.type),
    "ws_account_wallet_small_order": ("wallet", stream.WALLETS.type),
    "ws_auth_failure": ("answers", None),
    "ws_auth_success": ("answers", None),
    "ws_kline": ("candles", stream.CANDLES.type),
    "ws_order_response": ("answers", rest.ANSWER.type),
    "ws_orderbook_delta": ("books", wire.Book),
    "ws_orderbook_snapshot": ("books", wire.Book),
    "ws_public_trade": ("trades", stream.TRADES.type),
    "ws_subscription_ack": ("answers", None),
    "ws_subscription_failure": ("answers", None),
    "ws_ticker_linear": ("tickers", stream.TICKER.type),
}
NEVER_ASKED = {
    "http_get_account_info": "the margin mode is the operator's affair",
    "http_get_funding_history": "rates come with the tickers",
    "http_get_orderbook": "a snapshot comes with each subscription",
    "http_get_trades_recent": "prints come by the stream",
    "ws_account_execution_fast": "it has no fee; the same executions come by the normal topic",
    "ws_account_position_with_open_time": "a bare row; its keys are checked with the topic's",
}
NOT_NEEDED: dict[str, str] = {
    "envelope": "retExtInfo",
    "frame": "id conn_id connId cs",
    "instruments": (
        "category symbolId symbolType leverageFilter unifiedMarginTrade copyTrading "
        "deliveryFeeRate minPrice maxPrice maxMktOrderQty postOnlyMaxOrderQty innovation "
        "marginTrading quotePrecision maxOrderAmt optionsType"
    ),
    "fees": "baseCoin",
    "candles": "category symbol turnover timestamp",
    "executions": (
        "category orderPrice orderQty leavesQty createType orderType stopOrderType execValue "
        "feeRate tradeIv markIv markPrice indexPrice underlyingPrice blockTradeId seq isLeverage"
    ),
    "orders": (
        "blockTradeId isLeverage avgPrice leavesQty leavesValue cumExecValue cumExecFee "
        "timeInForce orderIv takeProfit stopLoss tpTriggerBy slTriggerBy triggerDirection "
        "triggerBy lastPriceOnCreated closeOnTrigger smpType smpGroup smpOrderId tpslMode "
        "tpLimitPrice slLimitPrice placeType feeCurrency createType"
    ),
    "positions": (
        "category riskId riskLimitValue avgPrice entryPrice positionValue tradeMode autoAddMargin "
        "adlRankIndicator leverage positionBalance liqPrice bustPrice positionMM positionIM "
        "positionIMByMp positionMMByMp tpslMode takeProfit stopLoss trailingStop sessionAvgPrice "
        "unrealisedPnl curRealisedPnl cumRealisedPnl seq isReduceOnly mmrSysUpdatedTime "
        "leverageSysUpdatedTime createdTime updatedTime openTime"
    ),
    "wallet": (
        "totalEquity accountIMRate totalMarginBalance totalInitialMargin accountType "
        "totalAvailableBalance accountMMRate totalPerpUPL totalPerpUpl totalWalletBalance "
        "accountLTV totalMaintenanceMargin availableToBorrow accruedInterest availableToWithdraw "
        "equity totalPositionMM usdValue unrealisedPnl borrowAmount cumRealisedPnl "
        "collateralSwitch marginCollateral spotBorrow spotHedgingQty"
    ),
    "trades": "L BT RPI seq",
    "tickers": (
        "tickDirection price24hPcnt prevPrice24h highPrice24h lowPrice24h prevPrice1h indexPrice "
        "openInterest openInterestValue turnover24h volume24h bid1Price bid1Size ask1Price "
        "ask1Size fundingIntervalHour"
    ),
    "books": "",
    "answers": "",
}


@pytest.fixture(scope="module")
def recorded(shared: Path) -> Path:
    folder = shared / "data" / "nautilus" / "bybit_json"
    if not folder.is_dir():
        pytest.skip("no recorded Bybit frames")
    return folder


def unread(value: Any, kind: inspect.Type) -> set[str]:
    """Return the keys of a value that a struct does not have, at every depth."""
    match kind:
        case inspect.StructType(fields=fields):
            known = {field.encode_name: field.type for field in fields}
            lost = set(value) - known.keys()
            return lost.union(*(unread(value[key], known[key]) for key in value if key in known))
        case inspect.VarTupleType(item_type=item):
            return set().union(*(unread(each, item) for each in value))
        case _:
            return set()


def check(value: Any, kind: Any, what: str) -> None:
    msgspec.convert(value, kind)  # nothing required is missing, nothing has another type
    lost = unread(value, inspect.type_info(kind)) - set(NOT_NEEDED[what].split())
    assert not lost, f"{what} brings keys that nobody reads or names: {sorted(lost)}"


@pytest.mark.parametrize("name", REST)
def test_no_field_of_a_recorded_answer_is_unknown_or_lost(recorded: Path, name: str) -> None:
    what, kind = REST[name]
    text = (recorded / f"{name}.json").read_bytes()
    envelope = msgspec.json.decode(text, type=wire.Envelope)
    whole = msgspec.json.decode(text)
    assert unread(whole, inspect.type_info(wire.Envelope)) <= {NOT_NEEDED["envelope"]}
    msgspec.json.decode(envelope.result, type=kind)
    check(whole["result"], kind, what)


@pytest.mark.parametrize("name", STREAM)
def test_no_field_of_a_recorded_frame_is_unknown_or_lost(recorded: Path, name: str) -> None:
    what, kind = STREAM[name]
    text = (recorded / f"{name}.json").read_bytes()
    frame = msgspec.json.decode(text, type=wire.Frame)
    whole = msgspec.json.decode(text)
    lost = unread(whole, inspect.type_info(wire.Frame)) - set(NOT_NEEDED["frame"].split())
    assert not lost
    if kind is not None:
        msgspec.json.decode(frame.data, type=kind)
        check(whole["data"], kind, what)


def test_every_recorded_file_is_read_or_has_a_reason(recorded: Path) -> None:
    names = {path.stem for path in recorded.glob("*.json")}
    assert names <= REST.keys() | STREAM.keys() | NEVER_ASKED.keys()


def test_a_recorded_row_with_an_open_time_is_a_position(recorded: Path) -> None:
    text = (recorded / "ws_account_position_with_open_time.json").read_bytes()
    check(msgspec.json.decode(text), wire.PositionRow, "positions")


def test_a_recorded_book_of_the_venue_counts_without_a_hole(shared: Path) -> None:
    path = shared / "data" / "nautilus" / "bybit_xrpusdt-ob500.data.zip"
    if not path.is_file():
        pytest.skip("no recorded Bybit book")
    with ZipFile(path) as archive:
        lines = archive.read(archive.namelist()[0]).splitlines()
    frames = [msgspec.json.decode(line, type=wire.Frame) for line in lines]
    books = [msgspec.json.decode(frame.data, type=wire.Book) for frame in frames]
    assert [frame.type for frame in frames] == ["snapshot"] + ["delta"] * (len(frames) - 1)
    assert {after.update - before.update for before, after in pairwise(books)} == {1}
    for line in lines:
        lost = unread(msgspec.json.decode(line), inspect.type_info(wire.Frame))
        assert lost <= set(NOT_NEEDED["frame"].split())
        check(msgspec.json.decode(line)["data"], wire.Book, "books")


def test_a_key_that_nobody_reads_is_found() -> None:
    book = {"s": "X", "b": [], "a": [], "u": 1, "seq": 1, "brandNew": 1}
    assert unread(book, inspect.type_info(wire.Book)) == {"brandNew"}

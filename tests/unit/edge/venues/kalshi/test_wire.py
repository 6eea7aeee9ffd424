"""Recorded and documented bytes go through the structs without one unknown or lost field."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tradewind.edge.venues.kalshi import wire
from tradewind.edge.venues.kalshi.stream import frame
from tradewind.model.errors import BadReply, OutcomeUnknown

GOLDEN = Path(__file__).parents[4] / "golden" / "kalshi"
NOT_NEEDED = {
    "orderbook_delta": {"market_id", "client_order_id", "subaccount"},
    "ticker": {
        "market_id",
        "price_dollars",
        "last_trade_size_fp",
        "volume_fp",
        "open_interest_fp",
        "dollar_volume",
        "dollar_open_interest",
        "ts",
        "time",
    },
    "trade": {"no_price_dollars", "taker_side", "taker_outcome_side", "is_block_trade", "ts"},
    "market_lifecycle_v2": {"exchange_index", "determination_ts"},
    "user_order": {
        "user_id",
        "exchange_index",
        "side",
        "is_yes",
        "outcome_side",
        "taker_fill_cost_dollars",
        "maker_fill_cost_dollars",
        "taker_fees_dollars",
        "maker_fees_dollars",
        "self_trade_prevention_type",
        "created_ts_ms",
    },
    "fill": {
        "exchange_index",
        "side",
        "action",
        "outcome_side",
        "purchased_side",
        "post_position_fp",
        "subaccount",
    },
}
"""Fields of each message that we have read about and have no use for."""
NOT_HEARD = {"market_position", "order_group_updates"}
"""Messages of channels that we do not subscribe to."""


def complete(text: bytes) -> object:
    """Decode a frame and check that each key of it is a field, or named above."""
    told, message = frame(text)
    raw = msgspec.json.decode(text)
    assert set(raw) <= {"type", "sid", "seq", "id", "msg"}
    if message is None:
        assert told.type in NOT_HEARD
        return None
    fields = {each.encode_name for each in msgspec.structs.fields(message)}  # type: ignore[arg-type]
    assert set(raw["msg"]) <= fields | NOT_NEEDED.get(told.type, set())
    for name in set(raw["msg"]) & fields:
        assert same(raw["msg"][name], getattr(message, name)), name
    return message


def same(raw: Any, read: Any) -> bool:
    if isinstance(read, Decimal):
        return Decimal(str(raw)) == read
    if isinstance(read, tuple):
        return len(raw) == len(read) and all(same(*both) for both in zip(raw, read, strict=True))
    if hasattr(read, "tzinfo"):
        return bool(msgspec.convert(raw, type(read)) == read)
    return bool(raw == read)


def test_the_recorded_frames_are_read_whole(shared: Path) -> None:
    folder = shared / "data" / "kalshi_recorded"
    if not folder.is_dir():
        pytest.skip("no recorded Kalshi frames among the recorded data")
    lines = (folder / "kalshi_ws_frames.jsonl").read_bytes().splitlines()
    kinds: dict[str, int] = {}
    for line in lines:
        message = complete(msgspec.json.decode(line)["raw"].encode())
        kinds[type(message).__name__] = kinds.get(type(message).__name__, 0) + 1
    assert kinds == {"SubscribedMsg": 2, "SnapshotMsg": 8, "DeltaMsg": 61, "ErrorMsg": 3}


@pytest.mark.parametrize("line", (GOLDEN / "frames.jsonl").read_bytes().splitlines())
def test_the_documented_frames_are_read_whole(line: bytes) -> None:
    complete(line)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("market", wire.MarketRow),
        ("created", wire.OrderReply),
        ("batch", wire.BatchReply),
    ],
)
def test_the_documented_bodies_decode(name: str, kind: type) -> None:
    rows = msgspec.json.decode((GOLDEN / "rows.json").read_bytes())
    assert msgspec.json.decode(msgspec.json.encode(rows[name]), type=kind) is not None


REQUIRED = [
    ("orderbook_delta", "delta_fp"),
    ("orderbook_delta", "side"),
    ("orderbook_snapshot", "yes_dollars_fp"),
    ("orderbook_snapshot", "no_dollars_fp"),
    ("trade", "taker_book_side"),
    ("user_order", "fill_count_fp"),
    ("user_order", "status"),
    ("fill", "count_fp"),
    ("fill", "fee_cost"),
    ("ticker", "yes_bid_dollars"),
]


@pytest.mark.parametrize(("kind", "name"), REQUIRED)
def test_a_renamed_field_is_a_bad_reply(kind: str, name: str) -> None:
    line = next(
        line
        for line in (GOLDEN / "frames.jsonl").read_bytes().splitlines()
        if f'"type":"{kind}"'.encode() in line
    )
    renamed = line.replace(f'"{name}"'.encode(), f'"{name}_v2"'.encode())
    assert renamed != line
    with pytest.raises(BadReply):
        frame(renamed)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"not json", b"[1]", b'{"type":1}', b'{"sid":1,"seq":2}', b"\xff\xfe"]
)
def test_what_is_no_frame_is_a_bad_reply(text: bytes) -> None:
    with pytest.raises(BadReply):
        frame(text)


def test_an_order_is_written_as_the_venue_documents_it() -> None:
    rows = msgspec.json.decode((GOLDEN / "rows.json").read_bytes())
    assert rows["source"]
    body = wire.CreateOrder(
        ticker="KXDEMO-26DEC31-T50",
        client_order_id="c-1",
        side="bid",
        count=Decimal("10.00"),
        price=Decimal("0.4200"),
        time_in_force="good_till_canceled",
        self_trade_prevention_type="taker_at_cross",
        post_only=True,
    )
    assert msgspec.json.decode(wire.encode(body)) == {
        "ticker": "KXDEMO-26DEC31-T50",
        "client_order_id": "c-1",
        "side": "bid",
        "count": "10.00",
        "price": "0.4200",
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross",
        "post_only": True,
    }


A, B = {"order_id": "o-a", "client_order_id": "a"}, {"order_id": "o-b", "client_order_id": "b"}
REFUSED = {"error": {"code": "insufficient_balance", "message": "insufficient balance"}}


@pytest.mark.parametrize(
    ("rows", "first", "second"),
    [
        ([A, B], "o-a", "o-b"),
        ([B, A], "o-a", "o-b"),
        ([A, REFUSED | {"client_order_id": "b"}], "o-a", "insufficient_balance"),
        ([A, REFUSED], "o-a", "insufficient_balance"),
        ([REFUSED, {"order_id": "o-b"}], "insufficient_balance", "o-b"),
        ([B], BadReply, "o-b"),
        ([REFUSED], BadReply, BadReply),
        ([A, {"order_id": "o-x", "client_order_id": "x"}], "o-a", BadReply),
        ([A, {"client_order_id": "b"}], "o-a", BadReply),
        ([A, {"order_id": 7, "client_order_id": "b"}], "o-a", BadReply),
        ([A, None], "o-a", BadReply),
        ([A, {"client_order_id": "b", "error": {"code": "unheard_of"}}], "o-a", OutcomeUnknown),
    ],
)
def test_each_reply_of_a_batch_goes_to_the_order_that_it_names(
    rows: list[Any], first: str | type, second: str | type
) -> None:
    body = msgspec.json.encode({"orders": rows})
    told = wire.batch_replies(body, ("a", "b"), "client_order_id")
    for reply, meant in zip(told, (first, second), strict=True):
        if isinstance(meant, type):
            assert type(reply) is meant
        else:
            assert meant == (reply.order_id if isinstance(reply, wire.OrderReply) else reply.code)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"orders":{}}'])
def test_a_batch_that_cannot_be_read_at_all_answers_nothing(body: bytes) -> None:
    with pytest.raises(BadReply):
        wire.batch_replies(body, ("a",), "order_id")

"""Kalshi Trade API v2 as it comes and goes: one struct per message, typed where we need it.

Lists are named by what they hold (`{"orders":[…],"cursor":""}`); the last page has an empty cursor.
Knows names and shapes. Must not know what they mean to us. A field without a default is one that
Kalshi always sends: where it is missing, the wire has drifted. Prices are dollars and counts are
contracts, both as text. Source: Kalshi OpenAPI 3.30, AsyncAPI 2.0.0 and docs.kalshi.com, read
2026-11-20.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from tradewind.edge.venues.kalshi.errors import item_failure, unreadable
from tradewind.model.errors import BadReply, VenueError

T = TypeVar("T")
Rows = tuple[tuple[Decimal, Decimal], ...]
BookSide = Literal["bid", "ask"]
NOTHING = Raw(b"null")


# --- what there is to trade ---------------------------------------------------------------------


class PriceRange(Struct, frozen=True):
    """`{"start":"0.0000","end":"1.0000","step":"0.0100"}`: the tick between two prices."""

    start: Decimal
    end: Decimal
    step: Decimal


class MarketRow(Struct, frozen=True):
    """`GET /markets/{ticker}` and `GET /markets`: one question. It does not name its series."""

    ticker: str
    event_ticker: str
    status: str
    close_time: datetime
    price_ranges: tuple[PriceRange, ...]
    market_type: str = "binary"
    open_time: datetime | None = None
    result: str = ""
    settlement_value_dollars: Decimal | None = None
    floor_strike: Decimal | None = None
    cap_strike: Decimal | None = None
    volume_24h_fp: Decimal | None = None
    open_interest_fp: Decimal | None = None
    yes_sub_title: str = ""


class EventRow(Struct, frozen=True):
    """`GET /events/{event_ticker}`: what ties markets together, and may change their fees."""

    event_ticker: str
    series_ticker: str
    category: str | None = None
    fee_type_override: str | None = None
    fee_multiplier_override: Decimal | None = None


class SeriesRow(Struct, frozen=True):
    """`GET /series/{ticker}`: what all its events share."""

    ticker: str
    fee_type: str
    fee_multiplier: Decimal
    category: str | None = None


class OpenHighLowClose(Struct, frozen=True):
    """Four prices of one candle; the traded ones are absent where nothing traded."""

    open_dollars: Decimal | None = None
    high_dollars: Decimal | None = None
    low_dollars: Decimal | None = None
    close_dollars: Decimal | None = None
    previous_dollars: Decimal | None = None


class CandleRow(Struct, frozen=True):
    """One candle, named by the second at which it ended."""

    end_period_ts: int
    price: OpenHighLowClose
    yes_bid: OpenHighLowClose
    yes_ask: OpenHighLowClose
    volume_fp: Decimal


# --- the stream: public -------------------------------------------------------------------------


class Envelope(Struct, frozen=True, gc=False):
    """Every frame: `{"type":"trade","sid":2,"seq":1,"msg":{…}}`; `id` echoes a command's."""

    type: str
    msg: Raw = NOTHING
    sid: int = 0
    seq: int = 0
    id: int = 0


class SnapshotMsg(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`orderbook_snapshot`. A side without levels has no key: so an unknown key is no trifle."""

    market_ticker: str
    market_id: str = ""
    yes_dollars_fp: Rows = ()
    no_dollars_fp: Rows = ()


class DeltaMsg(Struct, frozen=True, gc=False):
    """`orderbook_delta`: a signed change of what rests at a price."""

    market_ticker: str
    price_dollars: Decimal
    delta_fp: Decimal
    side: Literal["yes", "no"]
    ts_ms: int | None = None
    ts: datetime | None = None


class TickerMsg(Struct, frozen=True, gc=False):
    """`ticker`: the best bid and ask of YES; "0" and "1" stand for an empty side."""

    market_ticker: str
    yes_bid_dollars: Decimal
    yes_ask_dollars: Decimal
    yes_bid_size_fp: Decimal
    yes_ask_size_fp: Decimal
    ts_ms: int


class TradeMsg(Struct, frozen=True, gc=False):
    """`trade`: one public print; the taker's side of the YES book."""

    trade_id: str
    market_ticker: str
    yes_price_dollars: Decimal
    count_fp: Decimal
    taker_book_side: BookSide
    ts_ms: int


class LifecycleMsg(Struct, frozen=True):
    """`market_lifecycle_v2`; times in seconds."""

    market_ticker: str
    event_type: str
    close_ts: int | None = None
    result: str | None = None
    settlement_value: Decimal | None = None
    price_ranges: tuple[PriceRange, ...] | None = None


class EventFeeMsg(Struct, frozen=True):
    """`event_fee_update`; nulls take the override away."""

    event_ticker: str
    fee_type_override: str | None = None
    fee_multiplier_override: Decimal | None = None


class SubscribedMsg(Struct, frozen=True):
    """`subscribed`: which number a channel has on this connection."""

    channel: str
    sid: int


class ErrorMsg(Struct, frozen=True):
    """`error`: code and text."""

    code: int
    msg: str = ""


# --- the account: on the stream and by request --------------------------------------------------


class OrderRow(Struct, frozen=True):
    """An order of `GET /portfolio/orders`, and the same in a `user_order` frame.

    `client_order_id` is "" where its owner gave none; only frames say why they came.
    """

    order_id: str
    ticker: str
    status: str
    book_side: BookSide
    yes_price_dollars: Decimal
    initial_count_fp: Decimal
    fill_count_fp: Decimal
    remaining_count_fp: Decimal
    client_order_id: str = ""
    created_time: datetime | None = None
    last_update_time: datetime | None = None
    last_updated_ts_ms: int | None = None
    last_update_reason: str = ""
    subaccount_number: int | None = None


class FillRow(Struct, frozen=True):
    """An execution of `GET /portfolio/fills`, and the same in a `fill` frame.

    Only the frame names our id, only the row has microseconds.
    """

    trade_id: str
    order_id: str
    market_ticker: str
    book_side: BookSide
    yes_price_dollars: Decimal
    count_fp: Decimal
    is_taker: bool
    fee_cost: Decimal
    ts: int
    ts_ms: int | None = None
    created_time: datetime | None = None
    client_order_id: str = ""


class PositionRow(Struct, frozen=True):
    """A position: above zero YES, below zero NO contracts."""

    ticker: str
    position_fp: Decimal


class SettlementRow(Struct, frozen=True):
    """One payout; `value` is what YES paid, in cents."""

    ticker: str
    market_result: str
    settled_time: datetime
    value: Decimal | None = None


class ShardBalance(Struct, frozen=True):
    """Cash on one shard of the exchange."""

    exchange_index: int
    balance: Decimal


class BalanceAnswer(Struct, frozen=True):
    """`GET /portfolio/balance`: exact dollars, and by shard unless the key is locked in."""

    balance_dollars: Decimal
    balance_breakdown: tuple[ShardBalance, ...] = ()


# --- orders -------------------------------------------------------------------------------------


class CreateOrder(Struct, frozen=True, omit_defaults=True):
    """`POST /portfolio/events/orders`: a bid or an ask on the YES book, `price` of YES."""

    ticker: str
    client_order_id: str
    side: BookSide
    count: Decimal
    price: Decimal
    time_in_force: str
    self_trade_prevention_type: str
    cancel_order_on_pause: bool | UnsetType = UNSET
    expiration_time: int | UnsetType = UNSET
    post_only: bool | UnsetType = UNSET
    reduce_only: bool | UnsetType = UNSET
    order_group_id: str | UnsetType = UNSET


class ChangeOrder(Struct, frozen=True):
    """`POST …/orders/{order_id}/amend`: `count` is the total wanted, fills included."""

    ticker: str
    side: BookSide
    price: Decimal
    count: Decimal


class CancelItem(Struct, frozen=True, omit_defaults=True):
    """One order of a batch to be cancelled; the ticker leads it to the right shard."""

    order_id: str
    market_ticker: str
    subaccount: int | UnsetType = UNSET


class CancelBatch(Struct, frozen=True):
    """The body of `DELETE …/orders/batched`."""

    orders: tuple[CancelItem, ...]


class OrderReply(Struct, frozen=True):
    """The answer to create, amend and cancel, singly or as an item of a batch."""

    order_id: str = ""
    client_order_id: str | None = None
    fill_count: Decimal | None = None
    remaining_count: Decimal | None = None
    reduced_by: Decimal | None = None
    ts_ms: int | None = None
    error: Any = None


class BatchReply(Struct, frozen=True):
    """The answers to a batch, in the order of its items; each is read by itself."""

    orders: tuple[Raw, ...]


class GroupLimit(Struct, frozen=True):
    """`POST /portfolio/order_groups/create`: whole contracts in a rolling 15 seconds."""

    contracts_limit: int


class GroupReply(Struct, frozen=True):
    """A group that was made."""

    order_group_id: str


# --- limits and health --------------------------------------------------------------------------


class Bucket(Struct, frozen=True):
    """One token bucket."""

    refill_rate: Decimal
    bucket_capacity: Decimal


class LimitsAnswer(Struct, frozen=True):
    """`GET /account/limits`."""

    read: Bucket
    write: Bucket


class KeyRow(Struct, frozen=True):
    """A row of `GET /api_keys`."""

    api_key_id: str
    scopes: tuple[str, ...]


class EndpointCost(Struct, frozen=True):
    """What one call costs, where it is not the default."""

    method: str
    path: str
    cost: int


class CostsAnswer(Struct, frozen=True):
    """`GET /account/endpoint_costs`."""

    default_cost: int
    endpoint_costs: tuple[EndpointCost, ...] = ()


class StatusAnswer(Struct, frozen=True):
    """`GET /exchange/status`."""

    exchange_active: bool
    trading_active: bool


class AsOfAnswer(Struct, frozen=True):
    """`GET /exchange/user_data_timestamp`: until when reads of an account are complete."""

    as_of_time: datetime


# --- commands of the stream ---------------------------------------------------------------------


class CommandParameters(Struct, frozen=True, omit_defaults=True):
    """What a command says; absent fields are not sent."""

    channels: tuple[str, ...] | UnsetType = UNSET
    market_tickers: tuple[str, ...] | UnsetType = UNSET
    use_yes_price: bool | UnsetType = UNSET
    sids: tuple[int, ...] | UnsetType = UNSET
    action: str | UnsetType = UNSET
    send_initial_snapshot: bool | UnsetType = UNSET


class StreamCommand(Struct, frozen=True):
    """`{"id":1,"cmd":"subscribe","params":{…}}`."""

    id: int
    cmd: str
    params: CommandParameters = field(default_factory=CommandParameters)


encode = msgspec.json.Encoder(decimal_format="string").encode
"""Return the bytes of a body or command."""


# --- reading ------------------------------------------------------------------------------------

Reply = OrderReply | VenueError
BATCHED = "/portfolio/events/orders/batched"
_DECODERS: dict[object, msgspec.json.Decoder[object]] = {}


def decoded(body: bytes | Raw, kind: type[T], path: str) -> T:
    """Return what a body says; raises BadReply where it is not what Kalshi documents."""
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(body)  # type: ignore[return-value]
    except msgspec.DecodeError as error:
        raise unreadable(path, str(error)) from error


def part(parts: dict[str, Raw], name: str, path: str) -> Raw:
    """Return what a body has under a name; raises BadReply where there is nothing."""
    if name not in parts:
        raise unreadable(path, f"no {name!r}")
    return parts[name]


def batch_replies(
    body: bytes, names: Sequence[str], named: Literal["client_order_id", "order_id"]
) -> list[Reply]:
    """Return what each order of a batch was answered; what has no readable answer is a BadReply.

    A reply names its order under `named`; without a name its place counts, as long as no reply is
    missing. Raises BadReply where nothing can be read.
    """
    rows = decoded(body, BatchReply, BATCHED).orders
    told: dict[str, OrderReply] = {}
    for place, row in enumerate(rows):
        with suppress(BadReply):
            reply = decoded(row, OrderReply, BATCHED)
            name = getattr(reply, named) or (names[place] if len(rows) == len(names) else "")
            told[name] = reply
    found: list[Reply] = []
    for name in names:
        answer = told.get(name)
        if answer is None or not (answer.error or answer.order_id):
            found.append(unreadable(BATCHED, f"no answer to {name}"))
        else:
            found.append(item_failure(answer.error, BATCHED) if answer.error else answer)
    return found

"""Bybit v5 as it comes and goes: one struct per message, typed where we need it.

Knows names and shapes. Must not know what they mean to us. A field without a default is one that
Bybit always sends: where it is missing, the wire has drifted. Numbers travel as text; absent ones
are "", "0", null or no key at all. Source: Bybit API documentation v5, read 2026-11-20.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from tradewind.edge.venues.bybit.errors import drifted
from tradewind.model.effects import SubmitOrder
from tradewind.model.errors import BadReply
from tradewind.model.events import Request
from tradewind.model.ids import OrderId
from tradewind.model.money import MILLIS, ZERO

Shape = TypeVar("Shape")
Word = TypeVar("Word")
Row = TypeVar("Row")
Text = str | None
Levels = tuple[tuple[Decimal, Decimal], ...]
NOTHING = Raw(b"")


class Envelope(Struct, frozen=True, rename="camel"):
    """Every REST answer: `{"retCode":0,"retMsg":"OK","result":{},"time":1790000000123}`."""

    ret_code: int
    ret_msg: str = ""
    result: Raw = NOTHING
    ret_ext_info: Raw = NOTHING
    time: int = 0


class Page(Struct, Generic[Row], frozen=True, rename="camel"):
    """One page of rows; the cursor goes back verbatim, and is empty on the last page."""

    rows: tuple[Row, ...] = field(name="list")
    next_page_cursor: Text = ""


class Frame(Struct, frozen=True, gc=False, rename="camel"):
    """Any frame of any socket: news under a `topic`, or the answer to an `op`."""

    topic: str = ""
    type: str = ""
    data: Raw = NOTHING
    ts: int = 0
    cts: int = 0
    creation_time: int = 0
    op: str = ""
    success: bool | None = None
    ret_msg: str = field(default="", name="ret_msg")
    req_id: str = field(default="", name="req_id")
    request_id: str = field(default="", name="reqId")
    ret_code: int | None = None
    message: str = field(default="", name="retMsg")
    header: dict[str, str] = {}
    ret_ext_info: Raw = NOTHING


class PriceFilter(Struct, frozen=True, rename="camel"):
    """Where prices may stand."""

    tick_size: Decimal


class LotSizeFilter(Struct, frozen=True, rename="camel"):
    """How much may be ordered; linear has `qtyStep`, spot `basePrecision`."""

    qty_step: Text = None
    base_precision: Text = None
    min_order_qty: Text = None
    max_order_qty: Text = None
    max_limit_order_qty: Text = None
    min_notional_value: Text = None
    min_order_amt: Text = None


class InstrumentRow(Struct, frozen=True, rename="camel"):
    """`GET /v5/market/instruments-info`: `{"symbol":"BTCUSDT","status":"Trading",…}`."""

    symbol: str
    status: str
    base_coin: str
    quote_coin: str
    price_filter: PriceFilter
    lot_size_filter: LotSizeFilter
    contract_type: str = ""
    settle_coin: str = ""
    price_scale: Text = None
    launch_time: Text = None
    delivery_time: Text = None
    funding_interval: int | None = None


class FeeRow(Struct, frozen=True, rename="camel"):
    """`GET /v5/account/fee-rate`: what this account pays."""

    symbol: str
    taker_fee_rate: Decimal
    maker_fee_rate: Decimal


class ServerTime(Struct, frozen=True, rename="camel"):
    """`GET /v5/market/time`: `{"timeSecond":"1790000000","timeNano":"1790000000123456789"}`."""

    time_nano: str
    time_second: str = ""


class KeyRow(Struct, frozen=True, rename="camel"):
    """`GET /v5/user/query-api`: what the key may do."""

    permissions: dict[str, tuple[str, ...]]
    read_only: int = 0
    ips: tuple[str, ...] = ()
    expired_at: Text = None


class Book(Struct, frozen=True, gc=False):
    """`orderbook.{depth}`: absolute sizes; `u` counts messages, `seq` is the engine's."""

    symbol: str = field(name="s")
    bids: Levels = field(name="b")
    asks: Levels = field(name="a")
    update: int = field(name="u")
    seq: int = 0


class TradeRow(Struct, frozen=True, gc=False):
    """`publicTrade`: `S` is the taker's side, `T` the match in milliseconds."""

    time: int = field(name="T")
    symbol: str = field(name="s")
    side: str = field(name="S")
    qty: Decimal = field(name="v")
    px: Decimal = field(name="p")
    trade_id: str = field(name="i")


class CandleRow(Struct, frozen=True, gc=False):
    """`kline.{interval}`: `confirm` is true once, when the candle has closed."""

    start: int
    end: int
    interval: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    confirm: bool


class TickerRow(Struct, frozen=True, gc=False, rename="camel"):
    """`tickers`: a key that a delta leaves out has not changed."""

    symbol: str
    mark_price: Text = None
    last_price: Text = None
    funding_rate: Text = None
    next_funding_time: Text = None


class OrderRow(Struct, frozen=True, gc=False, rename="camel"):
    """An order, as topic `order` and both order lists tell it; only the topic has `category`."""

    symbol: str
    order_id: str
    order_link_id: str
    side: str
    order_status: str
    order_type: str
    qty: Decimal
    cum_exec_qty: Decimal
    created_time: str
    updated_time: str
    price: Text
    reduce_only: bool
    category: str = ""
    position_idx: int = 0
    trigger_price: Text = None
    stop_order_type: str = ""
    cancel_type: str = ""
    reject_reason: str = ""


class ExtraFee(Struct, frozen=True, rename="camel"):
    """A tax beside the fee; accounts under Indian rules have them."""

    fee_coin: str
    fee: Decimal
    fee_type: str = ""


class FillRow(Struct, frozen=True, gc=False, rename="camel"):
    """An execution, as topic `execution` and `GET /v5/execution/list` tell it."""

    symbol: str
    order_id: str
    order_link_id: str
    side: str
    exec_id: str
    exec_type: str
    exec_qty: Decimal
    exec_price: Decimal
    exec_fee: Decimal
    exec_time: str
    is_maker: bool
    category: str = ""
    closed_size: Text = None
    fee_currency: Text = None
    extra_fees: tuple[ExtraFee, ...] | Text = None
    position_idx: int | None = None


class PositionRow(Struct, frozen=True, gc=False, rename="camel"):
    """A position; `size` is never negative, `side` is empty when flat."""

    symbol: str
    side: str
    size: Decimal
    position_idx: int
    category: str = ""
    position_status: str = "Normal"
    mark_price: Text = None


class CoinRow(Struct, frozen=True, gc=False, rename="camel"):
    """What the account has of one coin."""

    coin: str
    wallet_balance: Text
    total_order_im: Text = field(default=None, name="totalOrderIM")
    total_position_im: Text = field(default=None, name="totalPositionIM")
    locked: Text = None
    bonus: Text = None


class WalletRow(Struct, frozen=True, gc=False, rename="camel"):
    """`GET /v5/account/wallet-balance`, and topic `wallet`."""

    coin: tuple[CoinRow, ...]


class OrderAnswer(Struct, frozen=True, gc=False, rename="camel"):
    """What create, amend and cancel answer: accepted for processing, no more."""

    order_id: str = ""
    order_link_id: str = ""


class ItemCode(Struct, frozen=True, gc=False):
    """What became of one item of a batch: `retExtInfo.list`, parallel to `result.list`."""

    code: int
    msg: str = ""


class Create(Struct, frozen=True, rename="camel", omit_defaults=True):
    """`order.create`: a limit or conditional order; what is None does not go out."""

    category: str
    symbol: str
    side: str
    order_type: str
    qty: str
    order_link_id: str
    smp_type: str
    price: str | None = None
    time_in_force: str | None = None
    reduce_only: bool | None = None
    position_idx: int | None = None
    trigger_price: str | None = None
    trigger_direction: int | None = None
    trigger_by: str | None = None
    order_filter: str | None = None
    market_unit: str | None = None


class Change(Struct, frozen=True, rename="camel", omit_defaults=True):
    """`order.amend` and `order.cancel`; `qty` is the new total."""

    category: str
    symbol: str
    order_link_id: str
    qty: str | None = None
    price: str | None = None
    trigger_price: str | None = None
    order_filter: str | None = None


class CancelById(Struct, frozen=True, rename="camel"):
    """`order.cancel` by the venue's id, for orders that have no client id."""

    category: str
    symbol: str
    order_id: str
    order_filter: str


class CancelEverything(Struct, frozen=True, rename="camel", omit_defaults=True):
    """`POST /v5/order/cancel-all`: one kind of order of one settle coin, or of spot."""

    category: str
    settle_coin: str | None = None
    order_filter: str | None = None


class Ask(Struct, frozen=True, omit_defaults=True):
    """`{"req_id":"s1","op":"subscribe","args":["orderbook.50.BTCUSDT"]}`; trade says `reqId`."""

    op: str
    req_id: str = ""
    request_id: str = field(default="", name="reqId")
    args: tuple[str | int, ...] = ()


# --- what leaves -------------------------------------------------------------------------------

OPS = {
    Request.SUBMIT: "order.create",
    Request.AMEND: "order.amend",
    Request.CANCEL: "order.cancel",
}
BATCH, BATCH_MAX = "-batch", 10
"""What follows the word for one request, and how many a batch takes on every market."""


class Pending(Struct, frozen=True):
    """A request that was not answered yet, with its encoded object; `order` is that of a new one.

    One that is `alone` joins no batch.
    """

    request: Request
    client_order_id: OrderId
    category: str
    deadline_ns: int
    body: bytes
    order: SubmitOrder | None = None
    alone: bool = False


class Parcel(Struct, frozen=True):
    """One message: a request, or as a batch several of one kind and category.

    Batches have words and rate limits of their own, which count their orders one by one.
    """

    asked: tuple[Pending, ...]
    batch: bool

    @property
    def op(self) -> str:
        """Return Bybit's word for it."""
        word = OPS[self.asked[0].request]
        return f"{word}{BATCH}" if self.batch else word

    @property
    def key(self) -> str:
        """Return the key of its rate limit."""
        return f"{self.op}:{self.asked[0].category}"

    @property
    def body(self) -> bytes:
        """Return what is sent: every request as it was encoded."""
        if not self.batch:
            return self.asked[0].body
        items = b",".join([each.body for each in self.asked])
        return b'{"category":"%b","request":[%b]}' % (self.asked[0].category.encode(), items)


def parcels(asked: Sequence[Pending]) -> list[Parcel]:
    """Return the messages in which requests of one kind leave, in their order."""
    if len(asked) == 1:  # the usual case, and in a hurry
        return [Parcel((asked[0],), False)]
    found = []
    for (_, alone), same in groupby(asked, lambda each: (each.category, each.alone)):
        rest, size = tuple(same), 1 if alone else BATCH_MAX
        for start in range(0, len(rest), size):
            part = rest[start : start + size]
            found.append(Parcel(part, len(part) > 1))
    return found


# --- reading -----------------------------------------------------------------------------------


def decoded(decoder: "msgspec.json.Decoder[Shape]", text: bytes | msgspec.Raw, what: str) -> Shape:
    """Return what a text says; raises BadReply where it is not what Bybit documents."""
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, ArithmeticError) as error:
        raise drifted(what, str(error)) from error


def word(table: Mapping[str, Word], said: str, what: str) -> Word:
    """Return our word for Bybit's; raises BadReply for one that is not documented."""
    found = table.get(said)
    if found is None:
        raise drifted(what, f"the unknown word {said!r}")
    return found


def number(text: Text, what: str) -> Decimal:
    """Return a number that may be absent, which is zero; raises BadReply for what is none."""
    if not text:
        return ZERO
    try:
        value = Decimal(text)
    except ArithmeticError as error:
        raise drifted(what, repr(text)) from error
    if not value.is_finite():
        raise drifted(what, repr(text))
    return value


def finite(value: Decimal, what: str) -> Decimal:
    """Return a number that must be one; raises BadReply for infinities."""
    if not value.is_finite():
        raise drifted(what, str(value))
    return value


def nanoseconds(text: str, what: str) -> int:
    """Return milliseconds in text as nanoseconds; raises BadReply for what is no time."""
    if not text.isdecimal():
        raise drifted(what, repr(text))
    return int(text) * MILLIS


_BOOK = msgspec.json.Decoder(Book)


def whole_book(text: Raw, what: str) -> Book:
    """Return a book or its change; raises BadReply where a level is no pair of numbers."""
    book = decoded(_BOOK, text, what)
    for px, qty in (*book.bids, *book.asks):
        if not (px.is_finite() and qty.is_finite()):
            raise drifted(what, f"the level {px} {qty}")
    return book


_ROWS = msgspec.json.Decoder(Page[OrderAnswer])
_RAWS = msgspec.json.Decoder(Page[Raw])
_CODES = msgspec.json.Decoder(Page[ItemCode])


def batch_answers(names: Sequence[str], data: Raw, ext: Raw) -> list[tuple[ItemCode, Raw] | None]:
    """Return what a batch says of each of its orders, None where it says nothing for sure.

    Rows and codes stand in parallel, and a row names its order; without a name its place counts,
    as long as no row is missing.
    """
    try:
        rows, answers = decoded(_ROWS, data, "a batch").rows, decoded(_RAWS, data, "a batch").rows
        codes = decoded(_CODES, ext, "a batch").rows
    except BadReply:
        return [None] * len(names)
    if len(rows) != len(codes):
        return [None] * len(names)
    whole = len(rows) == len(names)
    told = {}
    for place, pair in enumerate(zip(codes, answers, strict=True)):
        named = rows[place].order_link_id or (names[place] if whole else "")
        told[named] = pair
    return [told.get(name) for name in names]

"""Bybit's words into ours and back: pure functions of wire structs.

Knows both vocabularies. Must not know time, connections, or what was said before.
Source: Bybit API documentation v5, enum and order pages, read 2026-11-20.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec

from tradewind.edge.venues.bybit import wire
from tradewind.edge.venues.bybit.errors import VENUE, drifted
from tradewind.model import events as ev
from tradewind.model.effects import AmendOrder, SubmitOrder
from tradewind.model.errors import ConfigError
from tradewind.model.fill import Fill
from tradewind.model.ids import (
    NET,
    AccountId,
    BucketId,
    Currency,
    FillKey,
    InstrumentId,
    OrderId,
    VenueId,
    VenueOrderId,
)
from tradewind.model.instrument import Instrument, InstrumentKind, single_tick
from tradewind.model.market import CandleStatus, Trading
from tradewind.model.money import MILLIS, ZERO
from tradewind.model.order import Liquidity, OrderStatus, OrderType, Side, TimeInForce, TriggerBy

LINEAR, SPOT = "linear", "spot"
SPOT_MARK = ":SPOT"
SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}
SIDE_WORDS = {Side.BUY: "Buy", Side.SELL: "Sell"}
BUCKETS = {0: NET, 1: BucketId("long"), 2: BucketId("short")}
BUCKET_NUMBERS = {bucket: number for number, bucket in BUCKETS.items()}
TRADING = {
    "Trading": Trading.OPEN,
    "PreLaunch": Trading.PAUSED,
    "Delivering": Trading.CLOSED,
    "Closed": Trading.CLOSED,
}
INTERVALS = {
    "1m": "1",
    "3m": "3",
    "5m": "5",
    "15m": "15",
    "30m": "30",
    "1h": "60",
    "4h": "240",
    "1d": "D",
}
STATUSES = {
    "New": OrderStatus.NEW,
    "Untriggered": OrderStatus.NEW,
    "Triggered": OrderStatus.NEW,
    "PartiallyFilled": OrderStatus.PARTIALLY_FILLED,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELLED,
    "PartiallyFilledCanceled": OrderStatus.CANCELLED,
    "Deactivated": OrderStatus.CANCELLED,
    "Rejected": OrderStatus.REJECTED,
}
MOVES_POSITION = frozenset(
    {"Trade", "AdlTrade", "BustTrade", "BlockTrade", "Delivery", "Settle", "MovePosition"}
)
MOVES_NOTHING = frozenset({"Funding", "FutureSpread", "CorporateAction"})
POST_ONLY = "EC_PostOnlyWillTakeLiquidity"
OUR_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
OUR_LENGTH = 20
TIF_WORDS = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
}
TRIGGER_WORDS = {TriggerBy.LAST: "LastPrice", TriggerBy.MARK: "MarkPrice"}
Shape = TypeVar("Shape")
Word = TypeVar("Word")


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


def number(text: wire.Text, what: str) -> Decimal:
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


# --- instruments ------------------------------------------------------------------------------


def instrument_id(category: str, symbol: str) -> InstrumentId:
    """Return our id: `BYBIT:BTCUSDT` for linear, `BYBIT:BTCUSDT:SPOT` for spot."""
    return InstrumentId(f"{VENUE}:{symbol}{SPOT_MARK if category == SPOT else ''}")


def listing(name: str) -> tuple[str, str]:
    """Return (category, symbol) of an instrument's id or of a configured symbol."""
    symbol = name.removeprefix(f"{VENUE}:")
    if symbol.endswith(SPOT_MARK):
        return SPOT, symbol.removesuffix(SPOT_MARK)
    return LINEAR, symbol


def instrument(
    category: str, row: wire.InstrumentRow, fee: wire.FeeRow | None, version: int = 1
) -> Instrument:
    """Return the trading rules of a listed symbol, with the account's fees where they are known.

    Raises BadReply where a rule is missing, ConfigError for a kind that we do not trade.
    """
    spot, lot, what = category == SPOT, row.lot_size_filter, f"rules of {row.symbol}"
    step = number(lot.base_precision if spot else lot.qty_step, what)
    tick = finite(row.price_filter.tick_size, what)
    if step <= ZERO or tick <= ZERO:
        raise drifted(what, f"tick {tick} and step {step}")
    rates = ("0.001", "0.001") if spot else ("0.0002", "0.00055")
    maker, taker = (fee.maker_fee_rate, fee.taker_fee_rate) if fee else rates
    ceiling = number(lot.max_limit_order_qty or lot.max_order_qty, what)
    return Instrument(
        id=instrument_id(category, row.symbol),
        venue=VenueId(VENUE),
        symbol=row.symbol,
        kind=InstrumentKind.SPOT if spot else _kind(row),
        base=Currency(row.base_coin),
        quote=Currency(row.quote_coin),
        ticks=single_tick(tick),
        qty_step=step,
        # A tick may grow and shrink again; the scale of a symbol's prices stays.
        px_exponent=max(_places(tick), int(number(row.price_scale, what))),
        qty_exponent=_places(step),
        min_qty=number(lot.min_order_qty, what) or step,
        max_qty=ceiling or Decimal("1e12"),
        min_notional=number(lot.min_order_amt if spot else lot.min_notional_value, what),
        fee_model="bybit",
        fee_parameters={
            "category": category,
            "maker_rate": str(maker),
            "taker_rate": str(taker),
        },
        book_shows_own=True,
        close_ns=None if spot else _delivery(row, what),
        version=version,
    )


def _kind(row: wire.InstrumentRow) -> InstrumentKind:
    kinds = {
        "LinearPerpetual": InstrumentKind.PERPETUAL,
        "LinearFutures": InstrumentKind.FUTURE,
    }
    kind = kinds.get(row.contract_type)
    if kind is None:
        raise ConfigError(
            f"Looked up {row.symbol} at Bybit, found a {row.contract_type or 'nameless contract'}; "
            f"choose linear or spot symbols."
        )
    return kind


def _delivery(row: wire.InstrumentRow, what: str) -> int | None:
    # Perpetuals say 0, and a time once they are to be delisted.
    return nanoseconds(row.delivery_time, what) or None if row.delivery_time else None


def _places(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(-exponent, 0)


# --- public news ------------------------------------------------------------------------------


def quote(name: InstrumentId, book: wire.Book, ts_event: int, ts_recv: int) -> ev.Quote:
    """Return the best bid and ask of a one-level book; an empty side is zero."""
    bid, bid_qty = book.bids[0] if book.bids else (ZERO, ZERO)
    ask, ask_qty = book.asks[0] if book.asks else (ZERO, ZERO)
    return ev.Quote(name, ts_event, ts_recv, bid, ask, bid_qty, ask_qty)


def trade(name: InstrumentId, row: wire.TradeRow, ts_recv: int) -> ev.Trade:
    """Return a public print; the side is the taker's."""
    side = word(SIDES, row.side, "publicTrade")
    px, qty = finite(row.px, "publicTrade"), finite(row.qty, "publicTrade")
    return ev.Trade(name, row.time * MILLIS, ts_recv, px, qty, side, row.trade_id)


def candle(rules: Instrument, interval: str, row: wire.CandleRow, ts_recv: int) -> ev.Candle:
    """Return a candle; raises BadReply where a price is finer than the venue's quantum."""
    quanta = [_quanta(px, rules.px_exponent) for px in (row.open, row.high, row.low, row.close)]
    scale = 10**rules.px_exponent
    return ev.Candle(
        instrument=rules.id,
        ts_event=row.start * MILLIS,
        ts_recv=ts_recv,
        interval=interval,
        open_quanta=quanta[0],
        high_quanta=quanta[1],
        low_quanta=quanta[2],
        close_quanta=quanta[3],
        # A whole double divided by a power of ten: the nearest float to the decimal value.
        open=quanta[0] / scale,
        high=quanta[1] / scale,
        low=quanta[2] / scale,
        close=quanta[3] / scale,
        volume=float(finite(row.volume, "kline")),
        status=CandleStatus.CLOSED if row.confirm else CandleStatus.PROVISIONAL,
    )


def _quanta(px: Decimal, exponent: int) -> int:
    scaled = finite(px, "kline").scaleb(exponent)
    quanta = int(scaled)
    if quanta != scaled:
        raise drifted("kline", f"the price {px}, finer than 1e-{exponent}")
    return quanta


def candle_row(row: tuple[str, ...], interval: str, end_ns: int) -> wire.CandleRow:
    """Return a row of `GET /v5/market/kline` as the stream would tell it, closed."""
    if len(row) < 6:
        raise drifted("kline", f"{len(row)} columns")
    start = nanoseconds(row[0], "kline") // MILLIS
    opened, high, low, close, volume = (number(text, "kline") for text in row[1:6])
    end = end_ns // MILLIS
    return wire.CandleRow(start, end, interval, opened, high, low, close, volume, confirm=True)


# --- account news -----------------------------------------------------------------------------


def our_id(link: str) -> OrderId | None:
    """Return the client id where it has the shape of ours; another's is a stranger's."""
    ours = len(link) == OUR_LENGTH and OUR_LETTERS.issuperset(link)
    return OrderId(link) if ours else None


class Holder(msgspec.Struct, frozen=True):
    """Whose news it is: the account, whether it keeps long and short apart, and what we trade."""

    account: AccountId
    hedge: bool
    rules: Mapping[InstrumentId, Instrument]


def fill(holder: Holder, row: wire.ExecutionRow, category: str = "") -> Fill | None:
    """Return an execution as a fill, None where it moves no position.

    Taxes in the fee's coin are part of the fee. Raises BadReply for an unknown kind, or for a tax
    in another coin.
    """
    if row.exec_type in MOVES_NOTHING:
        return None
    if row.exec_type not in MOVES_POSITION:
        raise drifted("execution", f"the unknown kind {row.exec_type!r}")
    category = row.category or category
    side = word(SIDES, row.side, "execution")
    name = instrument_id(category, row.symbol)
    coin = row.fee_currency or _fee_coin(holder.rules.get(name), row, side)
    return Fill(
        key=FillKey(f"{category}:{row.exec_id}"),
        account=holder.account,
        instrument=name,
        side=side,
        qty=finite(row.exec_qty, "execution"),
        px=finite(row.exec_price, "execution"),
        fee=finite(row.exec_fee, "execution") + _taxes(row, coin),
        fee_currency=Currency(coin),
        liquidity=Liquidity.MAKER if row.is_maker else Liquidity.TAKER,
        ts_event=nanoseconds(row.exec_time, "execution"),
        client_order_id=our_id(row.order_link_id),
        venue_order_id=VenueOrderId(row.order_id) if row.order_id else None,
        bucket=_bucket(row, side) if holder.hedge and category == LINEAR else NET,
    )


def funding_paid(
    holder: Holder, row: wire.ExecutionRow, ts_recv: int, category: str = ""
) -> ev.FundingPaid | None:
    """Return an execution row that is a funding payment as one, None for any other row."""
    if row.exec_type != "Funding":
        return None
    category = row.category or category
    side = word(SIDES, row.side, "execution")
    name = instrument_id(category, row.symbol)
    coin = row.fee_currency or _fee_coin(holder.rules.get(name), row, side)
    # A funding row stands on the position's own side.
    opening = BUCKETS[1] if side is Side.BUY else BUCKETS[2]
    return ev.FundingPaid(
        holder.account,
        nanoseconds(row.exec_time, "execution"),
        ts_recv,
        FillKey(f"{category}:{row.exec_id}"),
        name,
        finite(row.exec_fee, "execution"),
        Currency(coin),
        opening if holder.hedge else NET,
    )


def _fee_coin(rules: Instrument | None, row: wire.ExecutionRow, side: Side) -> str:
    if rules is None:
        return "USDT" if "USDT" in row.symbol else "USDC"
    if rules.kind is not InstrumentKind.SPOT:
        return rules.quote
    # What one receives pays; a rebate comes in what one gives.
    receives_base = (side is Side.BUY) is (row.exec_fee >= ZERO)
    return rules.base if receives_base else rules.quote


def _taxes(row: wire.ExecutionRow, coin: str) -> Decimal:
    if not row.extra_fees or isinstance(row.extra_fees, str):
        return ZERO
    if any(tax.fee_coin != coin for tax in row.extra_fees):
        raise drifted("execution", f"a tax in another coin than the fee's {coin}")
    return sum((tax.fee for tax in row.extra_fees), ZERO)


def _bucket(row: wire.ExecutionRow, side: Side) -> BucketId:
    if row.position_idx is not None:
        return word({str(n): name for n, name in BUCKETS.items()}, str(row.position_idx), "bucket")
    closes = number(row.closed_size, "execution") > ZERO
    return BUCKETS[1] if (side is Side.BUY) is not closes else BUCKETS[2]


def reported_order(row: wire.OrderRow, category: str) -> ev.ReportedOrder:
    """Return an order of a reading; a spot order that was rejected after fills is cancelled."""
    status = word(STATUSES, row.order_status, "order")
    if status is OrderStatus.REJECTED and row.cum_exec_qty:
        status = OrderStatus.CANCELLED
    return ev.ReportedOrder(
        VenueOrderId(row.order_id),
        our_id(row.order_link_id),
        instrument_id(row.category or category, row.symbol),
        word(SIDES, row.side, "order"),
        finite(row.qty, "order"),
        limit_px(row),
        finite(row.cum_exec_qty, "order"),
        status,
        nanoseconds(row.created_time, "order"),
    )


def limit_px(row: wire.OrderRow) -> Decimal | None:
    """Return the limit, None for an order that has none."""
    return number(row.price, "order") or None


def position(row: wire.PositionRow) -> ev.ReportedPosition | None:
    """Return a position, signed; None when flat."""
    size = finite(row.size, "position")
    if not size:
        return None
    side = word(SIDES, row.side, "position")
    bucket = word({str(n): name for n, name in BUCKETS.items()}, str(row.position_idx), "position")
    return ev.ReportedPosition(instrument_id(LINEAR, row.symbol), side.sign * size, bucket)


def free_balance(row: wire.CoinRow) -> tuple[Decimal, Decimal]:
    """Return (total, free) of a coin: what orders, positions and locks do not hold."""
    what = f"balance of {row.coin}"
    if not row.wallet_balance:
        raise drifted(what, repr(row.wallet_balance))
    total = number(row.wallet_balance, what)
    held = (row.total_order_im, row.total_position_im, row.locked, row.bonus)
    return total, max(total - sum((number(each, what) for each in held), ZERO), ZERO)


# --- what became of our orders ----------------------------------------------------------------


class Told(msgspec.Struct, gc=False):
    """What we have told of one order already, so that nothing is told twice or backwards.

    `qty`, `px` and `trigger_px` are its terms, None before the first word of them; `asked` are
    the terms of an amendment under way.
    """

    accepted: bool = False
    asleep: bool = False
    ended: bool = False
    updated_ms: int = 0
    claimed_qty: Decimal = ZERO
    qty: Decimal | None = None
    px: Decimal | None = None
    trigger_px: Decimal = ZERO
    asked: tuple[Decimal, Decimal | None] | None = None


def fold(told: Told, row: wire.OrderRow, account: AccountId, ts_recv: int) -> list[ev.Event]:
    """Return what a frame adds to what was told of our order, and note it in `told`.

    Frames may come late, twice, and before the answer to the request.
    """
    status = word(STATUSES, row.order_status, "order")
    order_id = our_id(row.order_link_id)
    assert order_id is not None
    updated_ms = nanoseconds(row.updated_time, "order") // MILLIS
    head = (account, updated_ms * MILLIS, ts_recv, order_id)
    filled_qty = finite(row.cum_exec_qty, "order")
    news: list[ev.Event] = []
    if not told.ended and not told.accepted and status is not OrderStatus.REJECTED:
        told.accepted = True
        news.append(ev.OrderAccepted(*head, VenueOrderId(row.order_id)))
    if filled_qty > told.claimed_qty:
        told.claimed_qty = filled_qty
        news.append(ev.OrderClaimed(*head, filled_qty))
    if told.ended or updated_ms < told.updated_ms:
        return news
    told.updated_ms = updated_ms
    if status is OrderStatus.CANCELLED or status is OrderStatus.REJECTED:
        told.ended = True
        news.append(_ending(row, status, head, told.claimed_qty))
        return news
    slept, told.asleep = told.asleep, row.order_status == "Untriggered"
    if row.order_status == "Triggered" or (slept and not told.asleep):
        news.append(ev.OrderTriggered(*head))
    if _moved(told, row):
        assert told.qty is not None
        news.append(ev.OrderAmended(*head, told.qty, told.px))
    told.ended = status is OrderStatus.FILLED
    return news


def _moved(told: Told, row: wire.OrderRow) -> bool:
    """Note the terms; tells whether they were others before, or are those of our amendment."""
    known = told.qty is not None
    before = (told.qty, told.px, told.trigger_px)
    trigger_px = number(row.trigger_price, "order")
    told.qty, told.px, told.trigger_px = finite(row.qty, "order"), limit_px(row), trigger_px
    wanted = told.asked == (told.qty, told.px)
    changed = before != (told.qty, told.px, told.trigger_px)
    if wanted or (known and changed):
        told.asked = None
        return True
    return False


def _ending(
    row: wire.OrderRow, status: OrderStatus, head: tuple[AccountId, int, int, OrderId], qty: Decimal
) -> ev.Event:
    reason = row.reject_reason or row.cancel_type
    refused = status is OrderStatus.REJECTED or reason == POST_ONLY
    if refused and not qty:
        return ev.OrderRejected(*head, reason, row.reject_reason)
    return ev.OrderCancelled(*head, reason, qty)


# --- our requests -----------------------------------------------------------------------------


def create(order: SubmitOrder, last_px: Decimal | None) -> wire.Create:
    """Return a new order as Bybit wants it; `last_px` tells from which side a trigger is reached.

    Raises ConfigError for what Bybit cannot express.
    """
    spec = order.spec
    category, symbol = listing(spec.instrument)
    stop = spec.order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
    if spec.order_type is OrderType.MARKET and spec.px is None:
        raise _inexpressible(order, "a market order without a protecting limit")
    if stop and spec.trigger_px is None:
        raise _inexpressible(order, "a stop without a trigger")
    if spec.tif not in TIF_WORDS or (stop and spec.trigger_by not in TRIGGER_WORDS):
        raise _inexpressible(order, f"{spec.tif.value}, triggered by {spec.trigger_by.value}")
    if category == SPOT and spec.reduce_only:
        raise _inexpressible(order, "reduce-only on spot")
    limited = spec.px is not None and spec.order_type is not OrderType.STOP
    market_order = spec.order_type is OrderType.MARKET
    in_force = "IOC" if market_order or not limited else TIF_WORDS[spec.tif]
    return wire.Create(
        category=category,
        symbol=symbol,
        side=SIDE_WORDS[spec.side],
        order_type="Limit" if limited else "Market",
        qty=format(spec.qty, "f"),
        order_link_id=order.client_order_id,
        smp_type="CancelTaker",
        price=format(spec.px, "f") if limited and spec.px is not None else None,
        time_in_force="PostOnly" if spec.post_only else in_force,
        reduce_only=True if spec.reduce_only else None,
        position_idx=BUCKET_NUMBERS.get(spec.bucket, 0) if category == LINEAR else None,
        trigger_price=format(spec.trigger_px, "f") if stop and spec.trigger_px else None,
        trigger_direction=_direction(order, last_px) if stop and category == LINEAR else None,
        trigger_by=TRIGGER_WORDS[spec.trigger_by] if stop and category == LINEAR else None,
        order_filter="StopOrder" if stop and category == SPOT else None,
        market_unit="baseCoin" if category == SPOT and not limited else None,
    )


def _direction(order: SubmitOrder, last_px: Decimal | None) -> int:
    spec = order.spec
    assert spec.trigger_px is not None
    if last_px is not None and last_px != spec.trigger_px:
        return 1 if spec.trigger_px > last_px else 2
    # Without a price: a stop buys what rises and sells what falls.
    return 1 if spec.side is Side.BUY else 2


def _inexpressible(order: SubmitOrder, what: str) -> ConfigError:
    return ConfigError(
        f"Prepared {order.client_order_id} for Bybit, found {what}; "
        f"Bybit has no such order, choose another kind."
    )


def change(asked: AmendOrder) -> wire.Change:
    """Return an amendment; the quantity is the total wanted, fills included."""
    category, symbol = listing(asked.instrument)
    return wire.Change(
        category=category,
        symbol=symbol,
        order_link_id=asked.client_order_id,
        qty=format(asked.qty, "f"),
        price=None if asked.px is None else format(asked.px, "f"),
        trigger_price=None if asked.trigger_px is None else format(asked.trigger_px, "f"),
    )

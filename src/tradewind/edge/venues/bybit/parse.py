"""Bybit's words into ours and back: pure functions of wire structs.

Knows both vocabularies. Must not know time, connections, or what was said before.
Source: Bybit API documentation v5, enum and order pages, read 2026-11-20.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from tradewind.edge.venues.bybit import wire
from tradewind.edge.venues.bybit.errors import VENUE, drifted
from tradewind.model import events as ev
from tradewind.model.effects import AmendOrder, CancelOrder, SubmitOrder
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
from tradewind.model.market import INTERVALS_NS, CandleStatus, Trading
from tradewind.model.money import MILLIS, ZERO
from tradewind.model.order import (
    TERMINAL,
    Liquidity,
    OrderStatus,
    OrderType,
    PlaceOrder,
    Side,
    TimeInForce,
    TriggerBy,
)

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
STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)
TIF_WORDS = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
}
TRIGGER_WORDS = {TriggerBy.LAST: "LastPrice", TriggerBy.MARK: "MarkPrice"}


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
    step = wire.number(lot.base_precision if spot else lot.qty_step, what)
    tick = wire.finite(row.price_filter.tick_size, what)
    if step <= ZERO or tick <= ZERO:
        raise drifted(what, f"tick {tick} and step {step}")
    rates = ("0.001", "0.001") if spot else ("0.0002", "0.00055")
    maker, taker = (fee.maker_fee_rate, fee.taker_fee_rate) if fee else rates
    ceiling = wire.number(lot.max_limit_order_qty or lot.max_order_qty, what)
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
        px_exponent=max(_places(tick), int(wire.number(row.price_scale, what))),
        qty_exponent=_places(step),
        min_qty=wire.number(lot.min_order_qty, what) or step,
        max_qty=ceiling or Decimal("1e12"),
        min_notional=wire.number(lot.min_order_amt if spot else lot.min_notional_value, what),
        fee_model="bybit",
        least_candle_ns=INTERVALS_NS["1m"],
        fee_parameters={
            "category": category,
            "maker_rate": str(maker),
            "taker_rate": str(taker),
        },
        native_stops=not spot,
        book_shows_own=True,
        close_ns=None if spot else _delivery(row, what),
        version=version,
    )


def renewed(known: Instrument | None, rules: Instrument) -> Instrument:
    """Return what is known where nothing has changed, else the rules as its next version."""
    if known is None or msgspec.structs.replace(rules, version=known.version) == known:
        return known or rules
    return msgspec.structs.replace(rules, version=known.version + 1)


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
    return wire.nanoseconds(row.delivery_time, what) or None if row.delivery_time else None


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
    side = wire.word(SIDES, row.side, "publicTrade")
    px, qty = wire.finite(row.px, "publicTrade"), wire.finite(row.qty, "publicTrade")
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
        volume=float(wire.finite(row.volume, "kline")),
        status=CandleStatus.CLOSED if row.confirm else CandleStatus.PROVISIONAL,
    )


def _quanta(px: Decimal, exponent: int) -> int:
    scaled = wire.finite(px, "kline").scaleb(exponent)
    quanta = int(scaled)
    if quanta != scaled:
        raise drifted("kline", f"the price {px}, finer than 1e-{exponent}")
    return quanta


def candle_row(row: tuple[str, ...], interval: str) -> wire.CandleRow:
    """Return a row of `GET /v5/market/kline` as the stream would tell it, closed."""
    if len(row) < 6:
        raise drifted("kline", f"{len(row)} columns")
    start = wire.nanoseconds(row[0], "kline") // MILLIS
    opened, high, low, close, volume = (wire.number(text, "kline") for text in row[1:6])
    return wire.CandleRow(start, start, interval, opened, high, low, close, volume, confirm=True)


# --- account news -----------------------------------------------------------------------------


def our_id(link: str) -> OrderId | None:
    """Return the client id where it has the shape of ours; another's is a stranger's."""
    ours = len(link) == OUR_LENGTH and OUR_LETTERS.issuperset(link)
    return OrderId(link) if ours else None


def unfit(key: wire.KeyRow) -> str:
    """Return why a key must not be used, empty where it may."""
    may = {word.lower() for words in key.permissions.values() for word in words}
    if any("withdraw" in word for word in may):
        return "it may withdraw"
    return "it may only read" if key.read_only else ""


class Holder(msgspec.Struct, frozen=True):
    """Whose news it is: the account, whether it keeps long and short apart, and what we trade."""

    account: AccountId
    hedge: bool
    rules: Mapping[InstrumentId, Instrument]


def fill(holder: Holder, row: wire.FillRow, category: str = "") -> Fill | None:
    """Return an execution as a fill, None where it moves no position.

    Taxes in the fee's coin are part of the fee. Raises BadReply for an unknown kind, or for a tax
    in another coin.
    """
    if row.exec_type in MOVES_NOTHING:
        return None
    category = row.category or category
    if row.exec_type not in MOVES_POSITION or not category:
        raise drifted("execution", f"the unknown kind {row.exec_type!r} of {category!r}")
    side = wire.word(SIDES, row.side, "execution")
    name = instrument_id(category, row.symbol)
    coin = row.fee_currency or _fee_coin(holder.rules.get(name), row, side)
    return Fill(
        key=FillKey(f"{category}:{row.exec_id}"),
        account=holder.account,
        instrument=name,
        side=side,
        qty=wire.finite(row.exec_qty, "execution"),
        px=wire.finite(row.exec_price, "execution"),
        fee=wire.finite(row.exec_fee, "execution") + _taxes(row, coin),
        fee_currency=Currency(coin),
        liquidity=Liquidity.MAKER if row.is_maker else Liquidity.TAKER,
        ts_event=wire.nanoseconds(row.exec_time, "execution"),
        client_order_id=our_id(row.order_link_id),
        venue_order_id=VenueOrderId(row.order_id) if row.order_id else None,
        bucket=_bucket(row, side) if holder.hedge and category == LINEAR else NET,
    )


def funding_paid(
    holder: Holder, row: wire.FillRow, ts_recv: int, category: str = ""
) -> ev.FundingPaid | None:
    """Return an execution row that is a funding payment as one, None for any other row."""
    if row.exec_type != "Funding":
        return None
    category = row.category or category
    side = wire.word(SIDES, row.side, "execution")
    name = instrument_id(category, row.symbol)
    coin = row.fee_currency or _fee_coin(holder.rules.get(name), row, side)
    # A funding row stands on the position's own side.
    opening = BUCKETS[1] if side is Side.BUY else BUCKETS[2]
    return ev.FundingPaid(
        holder.account,
        wire.nanoseconds(row.exec_time, "execution"),
        ts_recv,
        FillKey(f"{category}:{row.exec_id}"),
        name,
        wire.finite(row.exec_fee, "execution"),
        Currency(coin),
        opening if holder.hedge else NET,
    )


def _fee_coin(rules: Instrument | None, row: wire.FillRow, side: Side) -> str:
    if rules is None:
        return "USDT" if "USDT" in row.symbol else "USDC"
    if rules.kind is not InstrumentKind.SPOT:
        return rules.quote
    # What one receives pays; a rebate comes in what one gives.
    receives_base = (side is Side.BUY) is (row.exec_fee >= ZERO)
    return rules.base if receives_base else rules.quote


def _taxes(row: wire.FillRow, coin: str) -> Decimal:
    if not row.extra_fees or isinstance(row.extra_fees, str):
        return ZERO
    if any(tax.fee_coin != coin for tax in row.extra_fees):
        raise drifted("execution", f"a tax in another coin than the fee's {coin}")
    return sum((tax.fee for tax in row.extra_fees), ZERO)


def _bucket(row: wire.FillRow, side: Side) -> BucketId:
    if row.position_idx is not None:
        return wire.word(
            {str(n): name for n, name in BUCKETS.items()}, str(row.position_idx), "bucket"
        )
    closes = wire.number(row.closed_size, "execution") > ZERO
    return BUCKETS[1] if (side is Side.BUY) is not closes else BUCKETS[2]


def reported_order(row: wire.OrderRow, category: str) -> ev.ReportedOrder:
    """Return an order of a reading; a spot order that was rejected after fills is cancelled."""
    status = wire.word(STATUSES, row.order_status, "order")
    if status is OrderStatus.REJECTED and row.cum_exec_qty:
        status = OrderStatus.CANCELLED
    return ev.ReportedOrder(
        VenueOrderId(row.order_id),
        our_id(row.order_link_id),
        instrument_id(row.category or category, row.symbol),
        wire.word(SIDES, row.side, "order"),
        wire.finite(row.qty, "order"),
        limit_px(row),
        wire.finite(row.cum_exec_qty, "order"),
        status,
        wire.nanoseconds(row.created_time, "order"),
    )


def is_of(spec: PlaceOrder, row: wire.OrderRow, category: str, earliest_ns: int) -> bool:
    """Tell whether an order with our id is the one that we sent, not another desk's."""
    found = reported_order(row, category)
    terms = (found.instrument, found.side, found.qty, found.px or spec.px)
    same = terms == (spec.instrument, spec.side, spec.qty, spec.px)
    return same and found.created_ns >= earliest_ns


def limit_px(row: wire.OrderRow) -> Decimal | None:
    """Return the limit, None for an order that has none of ours."""
    return None if row.order_type == "Market" else wire.number(row.price, "order") or None


def position(row: wire.PositionRow) -> ev.ReportedPosition | None:
    """Return a position, signed; None when flat."""
    size = wire.finite(row.size, "position")
    if not size:
        return None
    side = wire.word(SIDES, row.side, "position")
    bucket = wire.word(
        {str(n): name for n, name in BUCKETS.items()}, str(row.position_idx), "position"
    )
    return ev.ReportedPosition(instrument_id(LINEAR, row.symbol), side.sign * size, bucket)


def holdings(
    rules: Mapping[InstrumentId, Instrument], balances: Mapping[Currency, Decimal]
) -> list[ev.ReportedPosition]:
    """Return spot positions: what the wallet has of each base coin."""
    return [
        ev.ReportedPosition(each.id, balances[each.base])
        for each in rules.values()
        if each.kind is InstrumentKind.SPOT and balances.get(each.base)
    ]


def in_other_mode(row: wire.PositionRow, *, hedge: bool) -> bool:
    """Tell whether a row is of another position mode than declared."""
    return (row.position_idx != 0) is not hedge


def free_balance(row: wire.CoinRow) -> tuple[Decimal, Decimal]:
    """Return (total, free) of a coin: what orders, positions and locks do not hold."""
    what = f"balance of {row.coin}"
    if not row.wallet_balance:
        raise drifted(what, repr(row.wallet_balance))
    total = wire.number(row.wallet_balance, what)
    held = (row.total_order_im, row.total_position_im, row.locked, row.bonus)
    return total, max(total - sum((wire.number(each, what) for each in held), ZERO), ZERO)


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
    asked: tuple[Decimal, Decimal | None, Decimal | None] | None = None

    def begin(self, spec: PlaceOrder) -> None:
        """Note the terms of an order that is about to be sent."""
        self.asleep = spec.order_type in STOPS
        self.qty = spec.qty
        self.px = None if spec.order_type is OrderType.STOP else spec.px
        self.trigger_px = (spec.trigger_px or ZERO) if self.asleep else ZERO


def fold(told: Told, row: wire.OrderRow, account: AccountId, ts_recv: int) -> list[ev.Event]:
    """Return what a frame adds to what was told of our order, and note it in `told`.

    Frames may come late, twice, and before the answer to the request.
    """
    status = wire.word(STATUSES, row.order_status, "order")
    order_id = our_id(row.order_link_id)
    assert order_id is not None
    updated_ms = wire.nanoseconds(row.updated_time, "order") // MILLIS
    head = (account, updated_ms * MILLIS, ts_recv, order_id)
    filled_qty = wire.finite(row.cum_exec_qty, "order")
    news: list[ev.Event] = []
    if not told.ended and not told.accepted and status is not OrderStatus.REJECTED:
        told.accepted = True
        news.append(ev.OrderAccepted(*head, VenueOrderId(row.order_id)))
    if filled_qty > told.claimed_qty:
        told.claimed_qty = filled_qty
        news.append(ev.OrderClaimed(*head, filled_qty))
    over = status in TERMINAL
    if told.ended or (updated_ms < told.updated_ms and not over):
        return news
    slept, first = told.asleep, not told.updated_ms
    told.updated_ms, told.ended = updated_ms, over
    if over and status is not OrderStatus.FILLED:
        news.append(_ending(row, status, head, told.claimed_qty))
        return news
    told.asleep = row.order_status == "Untriggered" and (slept or first)
    if slept and not told.asleep:
        news.append(ev.OrderTriggered(*head))
    if _moved(told, row):
        assert told.qty is not None
        news.append(ev.OrderAmended(*head, told.qty, told.px))
    return news


def _moved(told: Told, row: wire.OrderRow) -> bool:
    """Note the terms; tells whether they were others before, or are those of our amendment."""
    known = told.qty is not None
    before = (told.qty, told.px, told.trigger_px)
    trigger_px = wire.number(row.trigger_price, "order")
    told.qty, told.px, told.trigger_px = wire.finite(row.qty, "order"), limit_px(row), trigger_px
    wanted = told.asked is not None and told.asked[:2] == (told.qty, told.px)
    if wanted and told.asked is not None and told.asked[2] is not None:
        wanted = told.asked[2] == trigger_px
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
    stop = spec.order_type in STOPS
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
    return wire.Change(
        *listing(asked.instrument),
        asked.client_order_id,
        qty=format(asked.qty, "f"),
        price=None if asked.px is None else format(asked.px, "f"),
        trigger_price=None if asked.trigger_px is None else format(asked.trigger_px, "f"),
    )


def cancel(asked: CancelOrder, *, asleep: bool) -> wire.Change:
    """Return a cancel; on spot a sleeping stop is another kind of order."""
    category, symbol = listing(asked.instrument)
    kind = "StopOrder" if asleep and category == SPOT else None
    return wire.Change(category, symbol, asked.client_order_id, order_filter=kind)

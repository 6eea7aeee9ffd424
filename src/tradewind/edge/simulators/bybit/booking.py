"""What a fill changes for its owner: order, position, wallet, log; and the rows that tell of it.

Knows fees and who pays them in which coin. Must not know matching or connections. Source: Bybit
API documentation v5, execution list, transaction log, state of 2026-07-24.
"""

from decimal import Decimal
from uuid import UUID

import msgspec

from tradewind.edge.simulators.bybit.accounts import Account, AccountFill, Closed, Position
from tradewind.edge.simulators.bybit.markets import Market
from tradewind.edge.simulators.bybit.orders import (
    FILLED,
    PARTLY,
    PARTLY_CANCELLED,
    Order,
)
from tradewind.edge.simulators.bybit.words import Row, ms, plain, scaled
from tradewind.model.money import ZERO

SETTLEMENT, TRADE = "SETTLEMENT", "TRADE"


class Part(msgspec.Struct, frozen=True):
    """One owner's part of a match."""

    qty: Decimal
    px: Decimal
    maker: bool
    at_ns: int
    id: UUID


def book_fill(account: Account, order: Order, market: Market, part: Part) -> AccountFill:
    """Book one fill and return its execution."""
    symbol, qty, value = order.symbol, part.qty, part.qty * part.px
    order.filled += qty
    order.value += value
    order.updated_ns = part.at_ns
    if order.filled >= order.base_qty:
        short = order.by_value and order.value < order.qty
        order.status = PARTLY_CANCELLED if short else FILLED
    else:
        order.status = PARTLY
    rate = account.rate(symbol, maker=part.maker)
    in_base = not symbol.linear and (order.buys == (rate >= ZERO or not part.maker))
    coin = symbol.base if in_base else symbol.quote
    fee = (qty if in_base else value) * rate
    gst = max(fee, ZERO) * account.settings.gst_rate
    order.fee += fee
    order.fee_coin = coin
    closed, pnl = ZERO, ZERO
    if symbol.linear:
        position = account.position(symbol, order.idx, part.at_ns)
        entry = position.entry
        closed, pnl = position.fill(qty if order.buys else -qty, part.px)
        _book_position(account, position, pnl - fee - gst, part.at_ns)
        position.seq = market.seq
        if closed:
            _book_closed(account, order, (closed, entry, part.px), (pnl, fee * closed / qty), part)
        account.credit(symbol.quote, pnl - fee - gst)
    else:
        account.credit(symbol.base, qty if order.buys else -qty)
        account.credit(symbol.quote, -value if order.buys else value)
        account.credit(coin, -fee - gst)
    extra: list[Row] = []
    if gst:
        gst_row = {"feeCoin": coin, "feeType": "GST", "subFeeType": "IND_GST"}
        extra = [{**gst_row, "feeRate": plain(account.settings.gst_rate), "fee": plain(gst)}]
    row = _fill_row(order, market, part)
    row |= {
        "execFee": plain(fee),
        "feeRate": plain(rate),
        "feeCurrency": coin,
        "execPnl": plain(pnl),
        "closedSize": plain(closed),
        "extraFees": extra,
    }
    fill = AccountFill(str(part.id), order, part.at_ns, qty, part.px, fee + gst, row)
    account.executions.append(fill)
    _log(account, fill, pnl, part.at_ns)
    return fill


def book_funding(
    account: Account, position: Position, market: Market, rate: Decimal, part: Part
) -> AccountFill:
    """Book what a position pays at a stamp (receives, where negative); return its row."""
    symbol = position.symbol
    amount = (rate * position.qty * part.px).quantize(Decimal("1e-8"))
    account.credit(symbol.quote, -amount)
    position.realised -= amount
    position.session -= amount
    position.updated_ns = part.at_ns
    dummy = Order(
        id=str(UUID(int=part.id.int ^ 1)),
        link="",
        uid=account.uid,
        symbol=symbol,
        side="Buy" if position.qty > ZERO else "Sell",
        type="UNKNOWN",
        qty=abs(position.qty),
        base_qty=abs(position.qty),
        filled=abs(position.qty),
        px=part.px,
        tif="GTC",
        idx=position.idx,
        created_ns=part.at_ns,
        updated_ns=part.at_ns,
        status=FILLED,
    )
    row = _fill_row(dummy, market, part)
    row |= {
        "execType": "Funding",
        "createType": "",
        "execFee": plain(amount),
        "feeRate": plain(rate),
        "feeCurrency": symbol.quote,
        "isMaker": False,
    }
    fill = AccountFill(str(part.id), None, part.at_ns, part.qty, part.px, amount, row)
    account.executions.append(fill)
    logged = _log_row(account, fill, position.qty, part.at_ns)
    logged |= {"type": SETTLEMENT, "funding": plain(-amount), "fee": "0", "cashFlow": "0"}
    logged |= {"change": plain(-amount), "orderId": "", "side": dummy.side}
    account.log.append(logged)
    return fill


def _book_position(account: Account, position: Position, earned: Decimal, at_ns: int) -> None:
    coin = position.symbol.quote
    position.realised += earned
    position.session += earned
    account.realised[coin] = account.realised.get(coin, ZERO) + earned
    position.updated_ns = at_ns
    if not position.opened_ns:
        position.opened_ns = at_ns
    if not position.qty:
        position.session = ZERO
        position.opened_ns = 0


def _book_closed(
    account: Account,
    order: Order,
    what: tuple[Decimal, Decimal, Decimal],
    money: tuple[Decimal, Decimal],
    part: Part,
) -> None:
    qty, entry, px = what
    pnl, fee = money
    closed = account.closed.get(order.id)
    if closed is None:
        closed = account.closed[order.id] = Closed(order=order, created_ns=part.at_ns)
    closed.qty += qty
    closed.entry_value += qty * entry
    closed.exit_value += qty * px
    order.closed_pnl += pnl - fee
    # What opening cost is not kept by lot: it is told at the taker's rate.
    opening = qty * entry * account.settings.taker_rate
    closed.pnl += pnl - fee - opening
    closed.open_fee += opening
    closed.close_fee += fee
    closed.fills += 1
    closed.leverage = account.leverage_of(order.symbol)
    closed.updated_ns = part.at_ns


def _fill_row(order: Order, market: Market, part: Part) -> Row:
    symbol = order.symbol
    return {
        "category": symbol.category,
        "symbol": symbol.name,
        "isLeverage": "0" if symbol.linear else order.leverage,
        "orderId": order.id,
        "orderLinkId": order.link,
        "side": order.side,
        "orderPrice": scaled(order.limit_px, symbol.tick),
        "orderQty": plain(order.qty) if order.by_value else scaled(order.qty, symbol.qty_step),
        "leavesQty": "0" if not order.leaves else scaled(order.leaves, symbol.qty_step),
        "createType": order.create_type,
        "orderType": order.type,
        "stopOrderType": order.stop_type or "UNKNOWN",
        "execFee": "0",
        "execId": str(part.id),
        "execPrice": scaled(part.px, symbol.tick),
        "execQty": scaled(part.qty, symbol.qty_step),
        "execPnl": "0",
        "execType": "Trade",
        "execValue": plain(part.qty * part.px),
        "execTime": str(ms(part.at_ns)),
        "isMaker": part.maker,
        "feeRate": "0",
        "tradeIv": "",
        "markIv": "",
        "markPrice": scaled(market.mark(part.at_ns), symbol.tick),
        "indexPrice": "",
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": "0",
        "extraFees": [],
        "seq": market.seq,
        "feeCurrency": "",
        "marketUnit": order.unit,
    }


def _log(account: Account, fill: AccountFill, pnl: Decimal, at_ns: int) -> None:
    """Write the rows of a trade: one for a perpetual, one for each coin of a spot trade."""
    order, row = fill.order, fill.row
    assert order is not None
    symbol = order.symbol
    fee = fill.fee
    if symbol.linear:
        logged = _log_row(account, fill, account.held(symbol, order.idx), at_ns)
        logged |= {"cashFlow": plain(pnl), "change": plain(pnl - fee)}
        account.log.append(logged)
        return
    value = fill.qty * fill.px
    flows = {symbol.base: fill.qty, symbol.quote: -value}
    for coin, flow in flows.items():
        signed = flow if order.buys else -flow
        paid = fee if row["feeCurrency"] == coin else ZERO
        logged = _log_row(account, fill, ZERO, at_ns)
        logged |= {"currency": coin, "cashFlow": plain(signed), "fee": plain(paid)}
        logged |= {"change": plain(signed - paid)}
        logged |= {"cashBalance": plain(account.cash.get(coin, ZERO))}
        account.log.append(logged)


def _log_row(account: Account, fill: AccountFill, size: Decimal, at_ns: int) -> Row:
    row = fill.row
    coin = row["feeCurrency"]
    order = fill.order
    if order is not None and order.symbol.linear:
        coin = order.symbol.quote
    return {
        "id": f"{account.uid}_{row['symbol']}_{row['seq']}_{len(account.log)}",
        "symbol": row["symbol"],
        "category": row["category"],
        "side": row["side"],
        "transactionTime": str(ms(at_ns)),
        "type": TRADE,
        "transSubType": "",
        "qty": row["execQty"],
        "size": plain(size),
        "currency": coin,
        "tradePrice": row["execPrice"],
        "funding": "",
        "fee": row["execFee"],
        "cashFlow": "0",
        "change": "0",
        "cashBalance": plain(account.cash.get(coin, ZERO)),
        "feeRate": row["feeRate"],
        "bonusChange": "",
        "tradeId": fill.id,
        "orderId": row["orderId"],
        "orderLinkId": row["orderLinkId"],
        "extraFees": row["extraFees"],
    }

"""Positions, wallets and closed profits as the exchange's pages and streams show them.

Source: Bybit API documentation v5, position info, wallet balance, closed PnL, 2026-07-24.
"""

from collections.abc import Callable
from decimal import Decimal

from tradewind.edge.simulators.bybit.accounts import Account, Closed, Position
from tradewind.edge.simulators.bybit.orders import Order
from tradewind.edge.simulators.bybit.settings import Symbol
from tradewind.edge.simulators.bybit.words import Row, ms, plain, scaled
from tradewind.model.ids import InstrumentId
from tradewind.model.money import ONE, ZERO

Marks = Callable[[InstrumentId], Decimal]
RESERVE = Decimal("0.00055")


def position_row(account: Account, position: Position, mark: Decimal) -> Row:
    """Return a position as `/v5/position/list` shows it."""
    symbol, qty = position.symbol, position.qty
    value = abs(qty) * position.entry
    margin = account.position_margin(position, mark)
    maintenance = abs(qty) * mark * symbol.mm_rate
    take, stop = _guards(account, position)
    side = "" if not qty else ("Buy" if qty > ZERO else "Sell")
    return {
        "positionIdx": position.idx,
        "riskId": 1,
        "riskLimitValue": plain(symbol.risk_limit),
        "symbol": symbol.name,
        "side": side,
        "size": scaled(abs(qty), symbol.qty_step) if qty else "0",
        "avgPrice": plain(round(position.entry, 8)) if qty else "0",
        "positionValue": plain(round(value, 8)) if qty else "",
        "autoAddMargin": 0,
        "positionStatus": "Normal",
        "leverage": plain(account.leverage_of(symbol)),
        "breakEvenPrice": _break_even(position),
        "markPrice": scaled(mark, symbol.tick),
        "liqPrice": "",
        "positionIM": plain(round(margin, 8)),
        "positionIMByMp": plain(round(margin, 8)),
        "positionMM": plain(round(maintenance, 8)),
        "positionMMByMp": plain(round(maintenance, 8)),
        "takeProfit": take,
        "stopLoss": stop,
        "trailingStop": "0",
        "sessionAvgPrice": "",
        "unrealisedPnl": plain(round(position.unrealised(mark), 8)) if qty else "",
        "curRealisedPnl": plain(round(position.session, 8)),
        "cumRealisedPnl": plain(round(position.realised, 8)),
        "adlRankIndicator": 2 if qty else 0,
        "createdTime": str(ms(position.created_ns)),
        "updatedTime": str(ms(position.updated_ns)),
        "openTime": position.opened_ns // 1_000_000_000,
        "seq": position.seq,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "tradeMode": 0,
        "bustPrice": "",
        "positionBalance": plain(round(margin, 8)) if qty else "0",
        "tpslMode": "Full",
    }


def position_frame(account: Account, position: Position, mark: Decimal) -> Row:
    """Return a position as the private stream shows it, with its own word for the entry price."""
    row = position_row(account, position, mark)
    row["entryPrice"] = row.pop("avgPrice")
    return {"category": position.symbol.category, **row}


def wallet_row(account: Account, marks: Marks, worth: Callable[[str], Decimal]) -> Row:
    """Return the wallet of the unified account; `worth` is what a coin is worth in USD."""
    coins = sorted(coin for coin in account.cash if account.cash[coin])
    rows = [_coin_row(account, coin, marks, worth) for coin in coins or ["USDT"]]
    wallet = equity = margin = maintenance = upl = ZERO
    for row in rows:
        usd = worth(row["coin"])
        wallet += Decimal(row["walletBalance"]) * usd
        equity += Decimal(row["equity"]) * usd
        upl += Decimal(row["unrealisedPnl"]) * usd
        margin += (Decimal(row["totalOrderIM"]) + Decimal(row["totalPositionIM"])) * usd
        margin += Decimal(row["locked"]) * usd
        maintenance += Decimal(row["totalPositionMM"]) * usd
    im_rate = round(margin / equity, 4) if equity else ZERO
    mm_rate = round(maintenance / equity, 4) if equity else ZERO
    isolated = account.margin_mode == "ISOLATED_MARGIN"
    return {
        "accountType": "UNIFIED",
        "accountIMRate": "" if isolated else plain(im_rate),
        "accountMMRate": "" if isolated else plain(mm_rate),
        "totalEquity": plain(round(equity, 8)),
        "totalWalletBalance": plain(round(wallet, 8)),
        "totalMarginBalance": "" if isolated else plain(round(equity, 8)),
        "totalAvailableBalance": "" if isolated else plain(round(equity - margin, 8)),
        "totalPerpUPL": plain(round(upl, 8)),
        "totalInitialMargin": "" if isolated else plain(round(margin, 8)),
        "totalMaintenanceMargin": "" if isolated else plain(round(maintenance, 8)),
        "accountIMRateByMp": "" if isolated else plain(im_rate),
        "accountMMRateByMp": "" if isolated else plain(mm_rate),
        "totalInitialMarginByMp": "" if isolated else plain(round(margin, 8)),
        "totalMaintenanceMarginByMp": "" if isolated else plain(round(maintenance, 8)),
        "accountLTV": "0",
        "coin": rows,
    }


def available(account: Account, marks: Marks, worth: Callable[[str], Decimal]) -> Decimal:
    """Return what is free for new orders in cross margin, in USD."""
    row = wallet_row(account, marks, worth)
    if row["totalAvailableBalance"]:
        return Decimal(row["totalAvailableBalance"])
    free = ZERO
    for coin in row["coin"]:
        taken = sum(Decimal(coin[key]) for key in ("totalPositionIM", "totalOrderIM", "locked"))
        free += (Decimal(coin["walletBalance"]) - taken) * worth(coin["coin"])
    return free


def closed_row(closed: Closed) -> Row:
    """Return what one order closed, as `/v5/position/closed-pnl` shows it."""
    order = closed.order
    return {
        "symbol": order.symbol.name,
        "orderId": order.id,
        "side": order.side,
        "qty": plain(order.qty),
        "orderPrice": plain(order.limit_px),
        "orderType": order.type,
        "execType": "Trade",
        "closedSize": plain(closed.qty),
        "cumEntryValue": plain(round(closed.entry_value, 8)),
        "avgEntryPrice": plain(round(closed.entry_value / closed.qty, 8)),
        "cumExitValue": plain(round(closed.exit_value, 8)),
        "avgExitPrice": plain(round(closed.exit_value / closed.qty, 8)),
        "closedPnl": plain(round(closed.pnl, 8)),
        "fillCount": str(closed.fills),
        "leverage": plain(closed.leverage),
        "openFee": plain(round(closed.open_fee, 8)),
        "closeFee": plain(round(closed.close_fee, 8)),
        "createdTime": str(ms(closed.created_ns)),
        "updatedTime": str(ms(closed.updated_ns)),
    }


def _guards(account: Account, position: Position) -> tuple[str, str]:
    found = {"TakeProfit": "0", "StopLoss": "0"}
    if not position.qty:
        return "0", "0"
    for order in account.live.values():
        mine = order.symbol is position.symbol and order.idx == position.idx
        if mine and order.stop_type in found and order.trigger_px is not None:
            found[order.stop_type] = scaled(order.trigger_px, order.symbol.tick)
    return found["TakeProfit"], found["StopLoss"]


def _break_even(position: Position) -> str:
    qty = position.qty
    if not qty:
        return "0"
    px = (position.entry * qty - position.session) / (qty - abs(qty) * RESERVE)
    return plain(round(px, 8))


def _coin_row(account: Account, coin: str, marks: Marks, worth: Callable[[str], Decimal]) -> Row:
    upl = position_margin = maintenance = order_margin = ZERO
    symbols: dict[InstrumentId, Symbol] = {}
    for position in account.positions.values():
        symbol = position.symbol
        if symbol.quote != coin:
            continue
        symbols[symbol.id] = symbol
        mark = marks(symbol.id)
        upl += position.unrealised(mark)
        position_margin += account.position_margin(position, mark)
        maintenance += abs(position.qty) * mark * symbol.mm_rate
    for order in account.live.values():
        if order.symbol.linear and order.symbol.quote == coin:
            symbols[order.symbol.id] = order.symbol
    for symbol in symbols.values():
        order_margin += account.order_margin(symbol)
    balance = account.cash.get(coin, ZERO)
    return {
        "coin": coin,
        "equity": plain(round(balance + upl, 8)),
        "usdValue": plain(round((balance + upl) * worth(coin), 8)),
        "walletBalance": plain(round(balance, 8)),
        "locked": plain(round(account.locked(coin), 8)),
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "accruedInterest": "0",
        "totalOrderIM": plain(round(order_margin, 8)),
        "totalPositionIM": plain(round(position_margin, 8)),
        "totalPositionMM": plain(round(maintenance, 8)),
        "unrealisedPnl": plain(round(upl, 8)),
        "cumRealisedPnl": plain(round(account.realised.get(coin, ZERO), 8)),
        "bonus": "0",
        "collateralSwitch": True,
        "marginCollateral": True,
        "colRes": "0",
        "spotBorrow": "0",
        "availableToWithdraw": "",
        "availableToBorrow": "",
        "free": "",
    }


def new_margin(account: Account, order: Order) -> Decimal:
    """Return what a new order of a perpetual would set aside beside what is set aside now."""
    before = account.order_margin(order.symbol)
    account.live[order.id] = order
    after = account.order_margin(order.symbol)
    del account.live[order.id]
    return max(after - before, ZERO) * (ONE + account.settings.taker_rate)

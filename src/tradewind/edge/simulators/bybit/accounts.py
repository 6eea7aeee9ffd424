"""What one account has at the exchange: wallet, positions, orders, executions, the log.

Knows the arithmetic of perpetual positions in one-way and hedge mode. Must not know matching or
the wire. Simplified: cross margin, USDT worth one USD, no liquidation.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from tradewind.edge.simulators.bybit.orders import Order
from tradewind.edge.simulators.bybit.settings import AccountSettings, Symbol
from tradewind.edge.simulators.bybit.words import Row
from tradewind.model.ids import InstrumentId
from tradewind.model.money import ONE, ZERO

ONE_WAY, LONG, SHORT = 0, 1, 2
NEVER_TRADED = -1


class Position(msgspec.Struct, eq=False, kw_only=True):
    """A position of one symbol and index. `qty` is signed, `entry` its average price.

    `realised` is over its whole life, `session` since it was last flat; both after fees.
    """

    symbol: Symbol
    idx: int
    leverage: Decimal
    created_ns: int
    updated_ns: int
    qty: Decimal = ZERO
    entry: Decimal = ZERO
    realised: Decimal = ZERO
    session: Decimal = ZERO
    opened_ns: int = 0
    seq: int = NEVER_TRADED

    def fill(self, signed: Decimal, px: Decimal) -> tuple[Decimal, Decimal]:
        """Add a fill; return (quantity that it closed, what that earned before fees)."""
        before = self.qty
        closed = ZERO
        if before * signed < ZERO:
            closed = min(abs(signed), abs(before))
        pnl = (px - self.entry) * (closed if before > ZERO else -closed)
        self.qty = before + signed
        opened = abs(signed) - closed
        if not self.qty:
            self.entry = ZERO
        elif opened and closed:
            self.entry = px
        elif opened:
            self.entry = (abs(before) * self.entry + opened * px) / abs(self.qty)
        return closed, pnl

    def unrealised(self, mark: Decimal) -> Decimal:
        """Return what closing at the mark would earn before fees."""
        return (mark - self.entry) * self.qty


class AccountFill(msgspec.Struct, frozen=True):
    """One execution: the wire's row, and what a checker wants to know."""

    id: str
    order: Order | None
    at_ns: int
    qty: Decimal
    px: Decimal
    fee: Decimal
    row: Row


class Closed(msgspec.Struct, eq=False, kw_only=True):
    """What one order closed of a position, summed over its fills."""

    order: Order
    qty: Decimal = ZERO
    entry_value: Decimal = ZERO
    exit_value: Decimal = ZERO
    pnl: Decimal = ZERO
    fills: int = 0
    open_fee: Decimal = ZERO
    close_fee: Decimal = ZERO
    leverage: Decimal = ONE
    created_ns: int = 0
    updated_ns: int = 0


class Account:
    """One account. `orders` are all that it ever had, oldest first; `live` those that are open."""

    def __init__(self, settings: AccountSettings, uid: int) -> None:
        self.settings = settings
        self.uid = uid
        self.cash: dict[str, Decimal] = dict(settings.cash)
        self.positions: dict[tuple[InstrumentId, int], Position] = {}
        self.orders: dict[str, Order] = {}
        self.live: dict[str, Order] = {}
        self.links: dict[tuple[str, str], Order] = {}
        self.attempts: dict[str, int] = {}
        self.executions: list[AccountFill] = []
        self.log: list[Row] = []
        self.closed: dict[str, Closed] = {}
        self.leverage: dict[InstrumentId, Decimal] = {}
        self.hedged: dict[InstrumentId, bool] = {}
        self.margin_mode = "REGULAR_MARGIN"
        self.realised: dict[str, Decimal] = {}

    def hedges(self, symbol: Symbol) -> bool:
        """Tell whether long and short of a symbol stand beside each other."""
        return symbol.linear and self.hedged.get(symbol.id, self.settings.hedge)

    def leverage_of(self, symbol: Symbol) -> Decimal:
        """Return the leverage that is set for a symbol."""
        return self.leverage.get(symbol.id, min(self.settings.leverage, symbol.max_leverage))

    def position(self, symbol: Symbol, idx: int, now_ns: int) -> Position:
        """Return a position, a flat one made at first sight."""
        found = self.positions.get((symbol.id, idx))
        if found is None:
            found = self.positions[symbol.id, idx] = Position(
                symbol=symbol,
                idx=idx,
                leverage=self.leverage_of(symbol),
                created_ns=now_ns,
                updated_ns=now_ns,
            )
        return found

    def held(self, symbol: Symbol, idx: int) -> Decimal:
        """Return a position's signed quantity."""
        found = self.positions.get((symbol.id, idx))
        return ZERO if found is None else found.qty

    def credit(self, coin: str, amount: Decimal) -> Decimal:
        """Add to a coin's balance and return the new one."""
        self.cash[coin] = self.cash.get(coin, ZERO) + amount
        return self.cash[coin]

    def rate(self, symbol: Symbol, *, maker: bool) -> Decimal:
        """Return the fee rate, a fraction of the value."""
        own = self.settings
        if symbol.linear:
            return own.maker_rate if maker else own.taker_rate
        return own.spot_maker_rate if maker else own.spot_taker_rate

    def live_of(self, symbol: Symbol) -> Iterable[Order]:
        """Return the open orders of a symbol, oldest first."""
        return [order for order in self.live.values() if order.symbol is symbol]

    # --- margin -------------------------------------------------------------------------------

    def position_margin(self, position: Position, mark: Decimal) -> Decimal:
        """Return the initial margin of a position, with a reserve for the fee of closing it."""
        value = abs(position.qty) * mark
        return value / self.leverage_of(position.symbol) + value * self.settings.taker_rate

    def order_margin(self, symbol: Symbol) -> Decimal:
        """Return what open orders of a perpetual set aside: the dearer side beyond its offset."""
        buys = sells = ZERO
        for order in self.live.values():
            if order.symbol is symbol and not order.reduce_only and not order.sleeps:
                value = order.leaves * order.limit_px
                if order.buys:
                    buys += value
                else:
                    sells += value
        for idx in (ONE_WAY, LONG, SHORT):
            position = self.positions.get((symbol.id, idx))
            if position is not None and position.qty > ZERO:
                sells = max(sells - position.qty * position.entry, ZERO)
            elif position is not None:
                buys = max(buys + position.qty * position.entry, ZERO)
        return max(buys, sells) / self.leverage_of(symbol)

    def locked(self, coin: str) -> Decimal:
        """Return what open spot orders set aside of a coin."""
        total = ZERO
        for order in self.live.values():
            symbol = order.symbol
            if symbol.linear or (order.sleeps and order.filter == "StopOrder"):
                continue
            if order.buys and symbol.quote == coin:
                total += order.leaves * order.limit_px
            elif not order.buys and symbol.base == coin:
                total += order.leaves
        return total

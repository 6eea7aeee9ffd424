"""What a strategy sees and says: read-only views, and verbs that only collect intents.

It does not know the gate, the order table or the engine; they read `outbox` after a callback.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from tradewind.core.market.market import Market
from tradewind.core.strategy.requests import Cycle, Note, Publish, RaiseAlert, SetTimer, Watch, Work
from tradewind.core.strategy.world import World
from tradewind.model.effects import Level
from tradewind.model.errors import ConfigError
from tradewind.model.events import Candle, ReferencePrice
from tradewind.model.ids import (
    NET,
    AccountId,
    BucketId,
    InstanceId,
    InstrumentId,
    OrderId,
)
from tradewind.model.instance import Standing
from tradewind.model.instrument import Instrument
from tradewind.model.intents import Amend, Cancel, Protect, Protection
from tradewind.model.money import NANOS, ZERO, decimal
from tradewind.model.order import (
    Order,
    OrderType,
    PlaceOrder,
    SelfMatchPolicy,
    Side,
    TimeInForce,
    TriggerBy,
)
from tradewind.model.position import Position

BUY = Side.BUY
SELL = Side.SELL
LIMIT = OrderType.LIMIT
MARKET = OrderType.MARKET
WORDS = {
    "order_type": OrderType,
    "tif": TimeInForce,
    "self_match": SelfMatchPolicy,
    "trigger_by": TriggerBy,
}
"""Terms of an order that are words; the plain text of a word is taken too."""
W = TypeVar("W", bound=StrEnum)


class Context:
    """One instance's window on its desk.

    Prices and quantities are Decimals (integers and text are taken too, floats are refused).
    Orders asked for in a callback go to the gate when it returns, in the order asked; the id is
    known at once. `instruments` are the declared ones; orders may name any instrument that one
    of the instance's accounts can trade.
    """

    __slots__ = ("_accounts", "_world", "accounts", "instance", "instruments", "outbox", "standing")

    def __init__(
        self,
        world: World,
        standing: Standing,
        accounts: tuple[AccountId, ...],
        instruments: tuple[InstrumentId, ...],
    ) -> None:
        self._world = world
        self.standing = standing
        self.instance: InstanceId = standing.instance
        self.accounts = accounts
        self.instruments = instruments
        self.outbox: list[Any] = []
        self._accounts: dict[InstrumentId, AccountId] = {}

    # --- views -------------------------------------------------------------------------------

    @property
    def now_ns(self) -> int:
        """Return the desk's time: nanoseconds UTC of the event being handled."""
        return self._world.now_ns

    @property
    def may_open(self) -> bool:
        """Tell whether a new cycle or entry may begin now."""
        return self.standing.may_open

    def barred(
        self, instrument: InstrumentId, account: AccountId | None = None, group: str = ""
    ) -> str:
        """Return the rule that would deny any new risk on an instrument now, empty when none would.

        Ask it before an order that is wanted again at each look: pauses, halts, locks and old data
        last, and every denial is news. `group` is the cycle that the order belongs to. Exits pass
        where this says no; limits, prices and the rate are not looked at.
        """
        where = account or self.account_for(instrument)
        return self._world.forbids(self.instance, where, instrument, group)

    @property
    def stopping(self) -> bool:
        """Tell whether the instance waits for its cycle to end."""
        return self.standing.lifecycle.value == "stopping"

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """Return the trading rules of an instrument; ConfigError when it is not known."""
        return self.market(instrument).instrument

    def market(self, instrument: InstrumentId) -> Market:
        """Return what an instrument's market looks like now; ConfigError when it is not known."""
        market = self._world.markets.get(instrument)
        if market is None:
            raise ConfigError(
                f"Looked up {instrument}, found no such instrument on this desk; "
                f"import or define it first."
            )
        return market

    def known(self, instrument: InstrumentId) -> bool:
        """Tell whether an instrument is defined on this desk."""
        return instrument in self._world.markets

    def fresh(self, instrument: InstrumentId) -> bool:
        """Tell whether the market data is young enough for the gate to let orders pass."""
        return self.market(instrument).fresh(self._world.now_ns, self._world.stale_book_ns)

    def candles(self, instrument: InstrumentId, interval: str) -> tuple[Candle, ...]:
        """Return the remembered closed candles, oldest first (how many, the desk settles)."""
        return tuple(self._world.candles.get((instrument, interval), ()))

    def reference(self, feed: str) -> ReferencePrice | None:
        """Return the last price of a reference feed, or None."""
        return self._world.references.get(feed)

    def account_for(self, instrument: InstrumentId) -> AccountId:
        """Return the instance's first account at the instrument's venue."""
        account = self._accounts.get(instrument)
        if account is None:
            venue = self.market(instrument).instrument.venue
            for candidate in self.accounts:
                if self._world.accounts[candidate].venue == venue:
                    account = self._accounts[instrument] = candidate
                    return account
            raise ConfigError(
                f"Placed an order on {instrument}, found no account of {self.instance} at {venue}; "
                f"add one to its accounts."
            )
        return account

    def position(
        self,
        instrument: InstrumentId,
        account: AccountId | None = None,
        bucket: BucketId = NET,
    ) -> Position:
        """Return the instance's own position; a flat one when it never traded."""
        where = account or self.account_for(instrument)
        held = self._world.ledger.position(where, instrument, bucket, self.instance)
        if held is not None:
            return held
        rules = self.instrument(instrument)
        return Position(where, instrument, bucket, self.instance, rules.quote, rules.multiplier)

    def orders(self, instrument: InstrumentId | None = None) -> list[Order]:
        """Return the instance's own live orders, oldest first."""
        mine = self._world.live_orders.get(self.instance)
        if not mine:
            return []
        if instrument is None:
            return list(mine.values())
        return [order for order in mine.values() if order.instrument == instrument]

    def order(self, client_order_id: OrderId) -> Order | None:
        """Return a live order, or None once it is over (its last state came to `on_order`)."""
        return self._world.orders.get(client_order_id)

    def others_best(self, instrument: InstrumentId, side: Side = BUY) -> Decimal | None:
        """Return the best price of a side on which somebody else has size, or None."""
        market = self.market(instrument)
        if market.book is None:
            px, qty = (market.bid, market.bid_qty) if side is BUY else (market.ask, market.ask_qty)
            return px if qty else None
        return market.book.others_best(side, self.own_levels(instrument, side))

    def own_levels(self, instrument: InstrumentId, side: Side) -> dict[Decimal, Decimal]:
        """Return our open quantity by price as it is contained in the displayed book.

        All accounts of the desk count. Empty for feeds that do not show our orders.
        """
        levels: dict[Decimal, Decimal] = {}
        if not self.market(instrument).instrument.book_shows_own:
            return levels
        for orders in self._world.live_orders.values():
            for order in orders.values():
                if order.instrument == instrument and order.side is side and order.px is not None:
                    levels[order.px] = levels.get(order.px, ZERO) + order.leaves_qty
        return levels

    def cash(self, account: AccountId | None = None) -> Decimal:
        """Return an account's cash by our ledger, in the account's currency."""
        where = account or self.accounts[0]
        return self._world.ledger.cash(where, self._world.accounts[where].currency)

    def equity(self, account: AccountId | None = None) -> Decimal:
        """Return an account's cash plus what its positions are worth at their marks."""
        where = account or self.accounts[0]
        total = self.cash(where)
        for held in self._world.ledger.positions():
            if held.account == where and held.qty:
                mark = self._world.markets[held.instrument].mark()
                total += self._world.ledger.worth(held, mark) if mark is not None else ZERO
        return total

    @property
    def exposed(self) -> bool:
        """Tell whether the instance has a live order or an open position."""
        if self._world.live_orders.get(self.instance):
            return True
        return any(held.qty for held in self._world.ledger.owner_positions(self.instance))

    def worth(self, amount: Decimal, currency: str) -> Decimal | None:
        """Return an amount in the reporting currency, None while the rate is unknown."""
        return self._world.rates.convert(amount, currency)

    # --- verbs -------------------------------------------------------------------------------

    def buy(
        self,
        instrument: InstrumentId,
        qty: Decimal | int | str,
        px: Decimal | int | str | None = None,
        **terms: Any,
    ) -> OrderId:
        """Ask to buy `qty`; with `px` a limit order, without a slippage-protected market order.

        `terms` are the other fields of model.order.PlaceOrder: tif, post_only, reduce_only,
        reason, group, ttl_ns, account, trigger_px, max_slippage, self_match, bucket.
        """
        if terms:
            return self.place(instrument, BUY, qty, px, **terms)
        return self._plain(instrument, BUY, qty, px)

    def sell(
        self,
        instrument: InstrumentId,
        qty: Decimal | int | str,
        px: Decimal | int | str | None = None,
        **terms: Any,
    ) -> OrderId:
        """Ask to sell `qty`; see `buy`."""
        if terms:
            return self.place(instrument, SELL, qty, px, **terms)
        return self._plain(instrument, SELL, qty, px)

    def place(
        self,
        instrument: InstrumentId,
        side: Side,
        qty: Decimal | int | str,
        px: Decimal | int | str | None = None,
        **terms: Any,
    ) -> OrderId:
        """Ask for an order on `side`; see `buy`."""
        if type(side) is not Side:
            side = _word(Side, side)
        if not terms:
            return self._plain(instrument, side, qty, px)
        account = terms.pop("account", None) or self.account_for(instrument)
        terms.setdefault("order_type", MARKET if px is None else LIMIT)
        qty = decimal(qty, f"the quantity of an order on {instrument}")
        if px is not None:
            px = decimal(px, f"the price of an order on {instrument}")
        for name, words in WORDS.items():
            if name in terms and type(terms[name]) is not words:
                terms[name] = _word(words, terms[name])
        spec = PlaceOrder(account, instrument, side, qty, px, **terms)
        client_order_id = self._world.next_order_id()
        self.outbox.append((client_order_id, spec))
        return client_order_id

    def _plain(
        self,
        instrument: InstrumentId,
        side: Side,
        qty: Decimal | int | str,
        px: Decimal | int | str | None,
    ) -> OrderId:
        account = self._accounts.get(instrument) or self.account_for(instrument)
        if type(qty) is not Decimal:
            qty = decimal(qty, f"the quantity of an order on {instrument}")
        kind = LIMIT
        if px is None:
            kind = MARKET
        elif type(px) is not Decimal:
            px = decimal(px, f"the price of an order on {instrument}")
        client_order_id = self._world.next_order_id()
        self.outbox.append((client_order_id, PlaceOrder(account, instrument, side, qty, px, kind)))
        return client_order_id

    def amend(
        self,
        client_order_id: OrderId,
        *,
        qty: Decimal | None = None,
        px: Decimal | None = None,
        reason: str = "requote",
    ) -> None:
        """Ask to change a live order; `qty` is the total wanted, fills included."""
        self.outbox.append(Amend(client_order_id, qty, px, reason))

    def cancel(self, client_order_id: OrderId, reason: str = "") -> None:
        """Ask to cancel a live order; it ends when the venue has confirmed it."""
        self.outbox.append(Cancel(client_order_id, reason))

    def cancel_all(self, orders: Iterable[Order] | None = None, reason: str = "") -> None:
        """Ask to cancel the given orders, or all live ones of the instance."""
        for order in self.orders() if orders is None else orders:
            self.outbox.append(Cancel(order.client_order_id, reason))

    def protect(
        self,
        instrument: InstrumentId,
        protection: Protection | None,
        *,
        account: AccountId | None = None,
        qty: Decimal | None = None,
        group: str = "",
        bucket: BucketId = NET,
    ) -> None:
        """Guard the instance's position with stop, target or trailing stop; None removes it."""
        where = account or self.account_for(instrument)
        self.outbox.append(Protect(where, instrument, bucket, protection, qty, group))

    def open_cycle(self, name: str) -> bool:
        """Begin a cycle; its orders (`group=name`) go on while the instance pauses or stops.

        Returns False, and opens nothing, when no new cycle may begin.
        """
        if not self.standing.may_open:
            return False
        self.outbox.append(Cycle(name, True))
        return True

    def close_cycle(self, name: str) -> None:
        """End a cycle; a single-fired instance pauses, a stopping one stops."""
        self.outbox.append(Cycle(name, False))

    def alert(self, kind: str, text: str, level: Level = Level.WARNING) -> None:
        """Tell people something; `kind` is the word to filter by."""
        self.outbox.append(RaiseAlert(level, kind, text))

    def note(self, kind: str, **fields: Any) -> None:
        """Put a remark on the instance's event list."""
        self.outbox.append(Note(kind, {name: str(value) for name, value in fields.items()}))

    def timer(self, key: str, *, after_s: float | None = None, at_ns: int | None = None) -> None:
        """Call `on_timer(key)` later; the same key again replaces the earlier one."""
        if (after_s is None) == (at_ns is None):
            raise ConfigError(f"Set timer {key}, found both or neither time; give one of them.")
        when = at_ns if at_ns is not None else self._world.now_ns + int((after_s or 0) * NANOS)
        self.outbox.append(SetTimer(key, when))

    def cancel_timer(self, key: str) -> None:
        """Forget a timer."""
        self.outbox.append(SetTimer(key, 0))

    def watch(self, instrument: InstrumentId) -> None:
        """Begin to receive an instrument's market data."""
        self.outbox.append(Watch(instrument, True))

    def unwatch(self, instrument: InstrumentId) -> None:
        """Stop receiving an instrument's market data."""
        self.outbox.append(Watch(instrument, False))

    def publish(self, name: str, **fields: Any) -> None:
        """Tell the other instances something; see `on_signal`."""
        self.outbox.append(Publish(name, fields))

    def work(self, key: str, task: str, **arguments: Any) -> None:
        """Run a heavy computation outside; the answer arrives in `on_signal` as `work:<key>`."""
        self.outbox.append(Work(key, task, arguments))


def _word(kind: type[W], said: Any) -> W:
    # Plain text compares equal to a word and is none: `is` would take "buy" for a sale.
    try:
        return kind(said)
    except ValueError:
        known = ", ".join(kind)
        raise ConfigError(
            f"Placed an order, found no {kind.__name__} {said!r}; use one of {known}."
        ) from None

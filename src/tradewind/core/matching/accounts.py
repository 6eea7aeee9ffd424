"""The simulated venue's own money: cash, margin, what is held and what orders lock.

Knows three ways of paying: margined (perpetuals, futures, shares and options, by the account's
leverage), owned (spot and outcome tokens: buys pay in full, sales need what they sell) and
netted (binary venues where a sale without a holding is a purchase of the other outcome). Must
not know orders, prices of the market, or what the desk believes.

Balance is checked when an order arrives, on cash without open profit; nothing is liquidated.
"""

from collections import deque
from decimal import Decimal

from tradewind.model.config import Account
from tradewind.model.fill import Fill
from tradewind.model.ids import NET, AccountId, BucketId, Currency, InstrumentId
from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.model.money import ONE, ZERO

SPOT = InstrumentKind.SPOT
BINARY = InstrumentKind.BINARY
NEVER = -1
HALF = Decimal("0.5")


class Wallet:
    """One currency of one account: `cash`, and the part of it in `used` by positions and orders.

    `used` may be negative while a netting venue owes more than it asks for.
    """

    __slots__ = ("cash", "currency", "used")

    def __init__(self, currency: Currency, cash: Decimal = ZERO) -> None:
        self.currency = currency
        self.cash = cash
        self.used = ZERO

    def take(self, need: Decimal) -> bool:
        """Put `need` to use; False, with nothing changed, when there is not so much free."""
        used = self.used + need
        if used > self.cash:
            return False
        self.used = used
        return True


class VenuePosition:
    """What an account holds of one instrument in one bucket, signed; `cost` has the same sign.

    `margin` is its part of the wallet's `used`, `locked` what open sales hold back, `bounded` how
    many live orders may only reduce it. `opened_in` is the open time of the candle in which it
    was opened, until a stop has been looked at for that candle.
    """

    __slots__ = ("bounded", "bucket", "cost", "locked", "margin", "opened_in", "qty")

    def __init__(self, bucket: BucketId) -> None:
        self.bucket = bucket
        self.qty = ZERO
        self.cost = ZERO
        self.margin = ZERO
        self.locked = ZERO
        self.bounded = 0
        self.opened_in = NEVER

    def add(self, qty: Decimal, value: Decimal) -> Decimal:
        """Move by signed `qty` worth signed `value`; return the profit realised, before fees."""
        held = self.qty
        self.qty = after = held + qty
        if not held or (held > ZERO) == (qty > ZERO):
            self.cost += value
            return ZERO
        before = self.cost
        if not after:
            self.cost = ZERO
        elif (after > ZERO) == (held > ZERO):
            self.cost = before + before * qty / held
        else:
            # Flipped: the old position is closed whole, the rest opens at the same price.
            self.cost = value * after / qty
        return self.cost - before - value


class Holding:
    """One instrument in one account; the subclasses say how it is paid.

    `long_only` positions never go below zero.
    """

    __slots__ = ("account", "buckets", "instrument", "net", "rate", "scaled", "unit", "wallet")
    long_only = False

    def __init__(self, account: "VenueAccount", instrument: Instrument) -> None:
        self.account = account
        self.wallet = account.wallet(instrument.quote)
        self.instrument = instrument
        self.unit = instrument.multiplier
        self.scaled = self.unit != ONE
        self.rate = account.margin_rate * self.unit
        self.net = VenuePosition(NET)
        self.buckets: dict[BucketId, VenuePosition] = {NET: self.net}

    def position(self, bucket: BucketId) -> VenuePosition:
        """Return the position of a bucket, flat where there was none."""
        if bucket == NET:
            return self.net
        found = self.buckets.get(bucket)
        if found is None:
            found = self.buckets[bucket] = VenuePosition(bucket)
        return found

    def value(self, qty: Decimal, px: Decimal) -> Decimal:
        """Return what `qty` units at `px` are worth."""
        return qty * px * self.unit if self.scaled else qty * px

    def reserve(
        self, position: VenuePosition, qty: Decimal, px: Decimal, *, buys: bool
    ) -> Decimal | None:
        """Set aside what an order of `qty` at `px` may need; None when there is not so much."""
        raise NotImplementedError

    def release(self, position: VenuePosition, amount: Decimal, *, buys: bool) -> None:
        """Give back what was set aside."""
        self.wallet.used -= amount

    def fill(
        self, position: VenuePosition, qty: Decimal, px: Decimal, released: Decimal, *, buys: bool
    ) -> None:
        """Post a fill, its fee aside, and give back what was set aside for it."""
        raise NotImplementedError

    def reducible(self, position: VenuePosition) -> Decimal:
        """Return the signed quantity that reduce-only orders on the position may work against."""
        return position.qty

    @property
    def concerned(self) -> bool:
        """Tell whether an account hears of a payout."""
        return any(one.qty for one in self.buckets.values())

    @property
    def avg_px(self) -> Decimal:
        """Return what a unit has cost; what a void question gives back."""
        qty = sum((one.qty for one in self.buckets.values()), ZERO)
        cost = sum((one.cost for one in self.buckets.values()), ZERO)
        return cost / (qty * self.unit) if qty else ZERO

    def settle(self, payout: Decimal) -> None:
        """Pay every position out at `payout` a unit and end it."""
        for position in self.buckets.values():
            if position.qty:
                self.fill(position, abs(position.qty), payout, ZERO, buys=position.qty < ZERO)


class MarginedHolding(Holding):
    """Profit goes to cash as it is realised; a position uses its cost times the margin rate."""

    __slots__ = ()

    def reserve(
        self, position: VenuePosition, qty: Decimal, px: Decimal, *, buys: bool
    ) -> Decimal | None:
        """Set margin aside for the part that opens; other orders that close are not looked at."""
        held = position.qty
        if held and (held < ZERO) == buys:
            qty -= abs(held)
            if qty <= ZERO:
                return ZERO
        need = qty * px * self.rate
        wallet = self.wallet
        used = wallet.used + need
        if used > wallet.cash:
            return None
        wallet.used = used
        return need

    def fill(
        self, position: VenuePosition, qty: Decimal, px: Decimal, released: Decimal, *, buys: bool
    ) -> None:
        """Realise what the fill closes, and margin what is left at its cost."""
        value = qty * px
        if self.scaled:
            value *= self.unit
        wallet = self.wallet
        if not buys:
            qty, value = -qty, -value
        if position.qty:
            wallet.cash += position.add(qty, value)
            margin = abs(position.cost) * self.account.margin_rate
            wallet.used += margin - position.margin - released
        else:
            position.qty, position.cost = qty, value
            margin = (value if buys else -value) * self.account.margin_rate
            wallet.used += margin - released
        position.margin = margin


class OwnedHolding(Holding):
    """Bought for cash in full; a sale locks what it sells, so nothing is ever short."""

    __slots__ = ()
    long_only = True

    def reserve(
        self, position: VenuePosition, qty: Decimal, px: Decimal, *, buys: bool
    ) -> Decimal | None:
        """Set aside the cost of a purchase, or lock the quantity of a sale."""
        if buys:
            need = self.value(qty, px)
            return need if self.wallet.take(need) else None
        if position.locked + qty > position.qty:
            return None
        position.locked += qty
        return qty

    def release(self, position: VenuePosition, amount: Decimal, *, buys: bool) -> None:
        """Give back money or unlock quantity."""
        if buys:
            self.wallet.used -= amount
        else:
            position.locked -= amount

    def fill(
        self, position: VenuePosition, qty: Decimal, px: Decimal, released: Decimal, *, buys: bool
    ) -> None:
        """Exchange cash for holding."""
        self.release(position, released, buys=buys)
        value = self.value(qty, px)
        if not buys:
            qty, value = -qty, -value
        position.add(qty, value)
        self.wallet.cash -= value


class NettedHolding(Holding):
    """One outcome of a venue where YES and NO net: a pair is one unit of cash, at once.

    A sale without a holding goes short and locks the payout; the worst case of both outcomes
    together is what counts. `partner` holds the other outcome. Who `traded` hears of the payout
    even where everything netted: the account's owners may hold what it does not.
    """

    __slots__ = ("partner", "traded")

    def __init__(self, account: "VenueAccount", instrument: Instrument) -> None:
        super().__init__(account, instrument)
        self.partner: NettedHolding | None = None
        self.traded = False

    def reserve(
        self, position: VenuePosition, qty: Decimal, px: Decimal, *, buys: bool
    ) -> Decimal | None:
        """Set aside the cost, less what the worst case gains by it."""
        other = ZERO if self.partner is None else self.partner.net.qty
        held = position.qty
        signed = qty if buys else -qty
        gain = min(held + signed, other) - min(held, other)
        need = max(self.value(signed, px) - gain * self.unit, ZERO)
        return need if self.wallet.take(need) else None

    def fill(
        self, position: VenuePosition, qty: Decimal, px: Decimal, released: Decimal, *, buys: bool
    ) -> None:
        """Exchange cash for holding, pay complete pairs out and lock what is short."""
        self.traded = True
        self.wallet.used -= released
        value = self.value(qty, px)
        if not buys:
            qty, value = -qty, -value
        position.add(qty, value)
        self.wallet.cash -= value
        self._net(position)
        self._lock()

    def reducible(self, position: VenuePosition) -> Decimal:
        """Return the account's net quantity: an outcome sold short is the other one held."""
        return position.qty if self.partner is None else position.qty - self.partner.net.qty

    @property
    def concerned(self) -> bool:
        """Tell whether the account has traded one of the two outcomes."""
        return self.traded or (self.partner is not None and self.partner.traded)

    @property
    def avg_px(self) -> Decimal:
        """Return what a unit of the net position has cost; half where nothing is left."""
        partner = self.partner
        qty, cost = self.net.qty, self.net.cost
        if partner is not None:
            # A unit of the other outcome is one of this sold short, with the payout set aside.
            qty -= partner.net.qty
            cost += partner.net.cost - partner.net.qty * self.unit
        return cost / (qty * self.unit) if qty else HALF

    def settle(self, payout: Decimal) -> None:
        """Pay out what is left, and be done with the question."""
        super().settle(payout)
        self.traded = False

    def _net(self, position: VenuePosition) -> None:
        if self.partner is None:
            return
        one, other = position.qty, self.partner.net.qty
        if one * other <= ZERO:
            return
        pairs = min(one, other) if one > ZERO else max(one, other)
        # Each side leaves at its own average cost; the pair as a whole pays one a unit.
        for side in (position, self.partner.net):
            side.add(-pairs, -side.cost * pairs / side.qty)
        self.wallet.cash += pairs * self.unit

    def _lock(self) -> None:
        other = self.partner
        short = min(self.net.qty, ZERO if other is None else other.net.qty)
        margin = -short * self.unit if short < ZERO else ZERO
        before = self.net.margin
        if other is not None:
            before += other.net.margin
            other.net.margin = ZERO
        self.net.margin = margin
        self.wallet.used += margin - before


class VenueAccount:
    """One account at the venue: wallets by currency, holdings by instrument, fills so far.

    `fills` keeps the newest; `fill_count` counts them all.
    """

    __slots__ = ("fill_count", "fills", "holdings", "id", "margin_rate", "wallets")

    def __init__(self, account: Account, *, history: int) -> None:
        self.id: AccountId = account.id
        self.margin_rate = ONE / account.leverage
        self.wallets = {account.currency: Wallet(account.currency, account.balance)}
        self.holdings: dict[InstrumentId, Holding] = {}
        self.fills: deque[Fill] = deque(maxlen=history)
        self.fill_count = 0

    def wallet(self, currency: Currency) -> Wallet:
        """Return the wallet of a currency, empty where there was none."""
        found = self.wallets.get(currency)
        if found is None:
            found = self.wallets[currency] = Wallet(currency)
        return found

    def holding(self, instrument: Instrument) -> Holding:
        """Return the holding of an instrument, made by its kind at first sight."""
        found = self.holdings.get(instrument.id)
        if found is None:
            found = self.holdings[instrument.id] = self._open(instrument)
        return found

    def _open(self, instrument: Instrument) -> Holding:
        if instrument.kind is BINARY and instrument.netting:
            netted = NettedHolding(self, instrument)
            partner = self.holdings.get(instrument.mirror) if instrument.mirror else None
            if isinstance(partner, NettedHolding):
                netted.partner, partner.partner = partner, netted
            return netted
        if instrument.kind is SPOT or instrument.kind is BINARY:
            return OwnedHolding(self, instrument)
        return MarginedHolding(self, instrument)

"""Check 6: price, quantity, notional, position and exposure limits of every scope."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from tradewind.core.ledger.currency import Rates
from tradewind.core.ledger.ledger import Ledger
from tradewind.core.market.market import Market
from tradewind.core.risk.exposure import Bucket, Exposure, Sums
from tradewind.core.risk.lane import Lane
from tradewind.core.risk.states import AccountState, ScopeState
from tradewind.core.risk.verdict import Refusal
from tradewind.model.ids import AccountId, Currency, InstanceId, InstrumentId
from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.model.money import ONE, ZERO
from tradewind.model.order import OrderType, PlaceOrder, Side

BUY = Side.BUY
HUNDRED = Decimal(100)
STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)
PRICED = (OrderType.LIMIT, OrderType.STOP_LIMIT)
NOTHING = "no quantity"
Part = tuple[Bucket, Sums, Decimal]
"""A bucket, the sums of a scope's open orders on it, and what the scope holds of it."""


def fits(lane: Lane, qty: Decimal) -> bool:
    """Tell whether a quantity is on the step and within bounds; strategies repeat theirs."""
    rules = lane.instrument
    sound = ZERO < qty >= rules.min_qty and qty <= rules.max_qty and not qty % rules.qty_step
    if sound:
        lane.sound_qty = qty
    return sound


def check_grid(lane: Lane, spec: PlaceOrder) -> Refusal | None:
    """Refuse what no venue could take: a missing price, off the tick or step, too small or big."""
    rules = lane.instrument
    qty, px = spec.qty, spec.px
    refusal = _check_kind(spec)
    if refusal is not None:
        return refusal
    if qty <= ZERO or qty % rules.qty_step:
        near = min(rules.floor_qty(qty), rules.floor_qty(rules.max_qty))
        least = max(near, rules.min_qty, rules.qty_step)
        if qty <= ZERO:
            return Refusal("qty_positive", f"quantity {qty} is not above zero", f"{least}")
        return Refusal("qty_step", f"{qty} is off the step {rules.qty_step}", f"{least}")
    for each in (px, spec.trigger_px):
        refusal = _check_px(rules, each) if each is not None else None
        if refusal is not None:
            return refusal
    return _check_size(lane, spec, px)


def _check_kind(spec: PlaceOrder) -> Refusal | None:
    kind = spec.order_type.value
    if spec.px is None and spec.order_type in PRICED:
        return Refusal("price_missing", f"a {kind} order has no price", "a price")
    stop = spec.order_type in STOPS
    if stop and spec.trigger_px is None:
        return Refusal("trigger_missing", f"a {kind} order has no trigger", "a trigger price")
    if not stop and spec.trigger_px is not None:
        return Refusal("trigger_px", f"a {kind} order has a trigger", "a stop order")
    return None


def _check_px(rules: Instrument, px: Decimal) -> Refusal | None:
    if rules.kind is InstrumentKind.BINARY and not ZERO < px < 1:
        return Refusal("price_range", f"price {px} is not between 0 and 1", "0 < price < 1")
    if px <= ZERO:
        return Refusal("price_range", f"price {px} is not above zero", "a positive price")
    if px % rules.tick_at(px):
        top = 1 if rules.kind is InstrumentKind.BINARY else Decimal("Infinity")
        near = [f"{each}" for each in rules.neighbours(px) if ZERO < each < top]
        return Refusal("tick", f"price {px} is off the tick", " or ".join(near))
    return None


def _check_size(lane: Lane, spec: PlaceOrder, px: Decimal | None) -> Refusal | None:
    rules = lane.instrument
    if spec.reduce_only:
        return None
    if spec.qty < rules.min_qty:
        return Refusal("below_minimum", f"quantity {spec.qty} is too small", f"{rules.min_qty}")
    if spec.qty > rules.max_qty:
        return Refusal("above_maximum", f"quantity {spec.qty} is too large", f"{rules.max_qty}")
    price = px if px is not None else spec.trigger_px
    if price is None or not rules.min_notional:
        return None
    if rules.notional(spec.qty, price) < rules.min_notional:
        return Refusal(
            "below_minimum",
            f"{spec.qty} at {price} is worth less than the venue takes",
            f"a notional of {rules.min_notional}",
        )
    return None


class Figures:
    """What the limit checks read: the ledger, the reservations, markets, rates and capital."""

    __slots__ = ("capital", "exposure", "ledger", "markets", "rates")

    def __init__(
        self,
        ledger: Ledger,
        exposure: Exposure,
        markets: dict[InstrumentId, Market],
        rates: Rates,
    ) -> None:
        self.ledger = ledger
        self.exposure = exposure
        self.markets = markets
        self.rates = rates
        self.capital: dict[AccountId, Decimal] = {}


class Bound(msgspec.Struct, frozen=True):
    """One limit, what it finds, and the largest quantity of the order that it leaves room for."""

    rule: str
    found: Decimal
    most: Decimal
    room: Decimal


class Asked(msgspec.Struct, frozen=True):
    """The order in question: what it adds to what is reserved, and what one unit costs.

    `unit` is in the scope's currency, `already` what the order has reserved.
    """

    spec: PlaceOrder
    unit: Decimal
    already: Decimal

    @property
    def growth(self) -> Decimal:
        """Return what would be reserved beside what is."""
        return max(self.spec.qty - self.already, ZERO)


def surely_within(ledger: Ledger, lane: Lane, qty: Decimal) -> bool:
    """Tell whether an order passes every limit by far, which is the case of most orders.

    Where all limits are quantities and one owner holds all, the sum of everything that is held
    and open bounds each of them.
    """
    most = lane.most_qty
    if most is None:
        return False
    bucket = lane.bucket
    total = bucket.buying + bucket.selling + qty
    holding = lane.holding
    if holding is None:
        holding = lane.holding = ledger.holding(lane.account_id, lane.instrument.id, lane.bucket_id)
    if holding is not None:
        if len(holding.subs) > 1:
            return False
        total += abs(holding.qty)
    return total <= most


def check_limits(
    figures: Figures, lane: Lane, spec: PlaceOrder, already: Decimal | None = None
) -> Refusal | None:
    """Refuse what would pass a limit of any scope in the worst case of all open orders.

    `already` is what an order that would become `spec` has reserved; None for a new order.
    """
    mark = lane.market.mark()
    price = _price(spec, mark)
    if price is None:
        return Refusal("no_price", f"{spec.instrument} has no price yet", "a first quote")
    for scope in lane.limited:
        unit = _unit(figures, lane.instrument, price, _currency(figures, scope, lane))
        if unit is None and not _in_money(scope):
            unit = ONE  # what follows only counts
        if unit is None:
            return _no_rate(figures, scope, lane, lane.instrument)
        refusal = _check_collar(scope, lane, spec, mark)
        if refusal is None and already is None:
            refusal = _check_count(figures, scope, lane)
        if refusal is not None:
            return refusal
        for bound in _bounds(figures, scope, lane, Asked(spec, unit, already or ZERO)):
            if isinstance(bound, Refusal):
                return bound
            if bound.found > bound.most:
                passes = _at_most(lane, largest(figures, lane, spec, already or ZERO))
                return _over(scope, bound.rule, (bound.found, bound.most), passes)
    return None


def largest(figures: Figures, lane: Lane, spec: PlaceOrder, already: Decimal = ZERO) -> Decimal:
    """Return the largest quantity of an order that every limit leaves room for."""
    price = _price(spec, lane.market.mark())
    most = spec.qty
    for scope in lane.limited if price is not None else ():
        assert price is not None
        unit = _unit(figures, lane.instrument, price, _currency(figures, scope, lane))
        if unit is None:
            continue
        for bound in _bounds(figures, scope, lane, Asked(spec, unit, already)):
            if isinstance(bound, Bound):
                most = min(most, bound.room)
    return most


def _price(spec: PlaceOrder, mark: Decimal | None) -> Decimal | None:
    price = spec.px if spec.px is not None else spec.trigger_px
    return mark if price is None else price


def _bounds(
    figures: Figures, scope: ScopeState, lane: Lane, asked: Asked
) -> Iterator[Bound | Refusal]:
    limits = scope.limits
    qty, unit = asked.spec.qty, asked.unit
    if (most := limits.max_order_qty) is not None:
        yield Bound("order_qty", qty, most, most)
    if (most := limits.max_order_notional) is not None:
        yield Bound("order_notional", qty * unit, most, most / unit)
    if limits.max_position_qty is not None or limits.max_position_notional is not None:
        yield from _position_bounds(figures, scope, lane, asked)
    bounds = [] if limits.max_exposure_notional is None else [limits.max_exposure_notional]
    if limits.max_exposure_pct is not None:
        bounds.append(_capital(figures, scope, lane) * limits.max_exposure_pct / HUNDRED)
    if bounds:
        yield _exposure_bound(figures, scope, lane, asked, min(bounds))


def _position_bounds(
    figures: Figures, scope: ScopeState, lane: Lane, asked: Asked
) -> Iterator[Bound]:
    bucket = lane.bucket
    spec = asked.spec
    if scope.owner:
        part = (bucket, bucket.of(lane.owner), _own(figures, bucket, lane.owner))
    else:
        net = figures.ledger.net_qty(spec.account, spec.instrument, spec.bucket)
        part = (bucket, bucket, net)
    worst = _worst(part, spec.side, asked.growth)
    if (most := scope.limits.max_position_qty) is not None:
        yield Bound("position_qty", worst, most, _room(part, asked, most))
    if (most := scope.limits.max_position_notional) is not None:
        room = _room(part, asked, most / asked.unit)
        yield Bound("position_notional", worst * asked.unit, most, room)


def _exposure_bound(
    figures: Figures, scope: ScopeState, lane: Lane, asked: Asked, most: Decimal
) -> Bound | Refusal:
    currency = _currency(figures, scope, lane)
    mine: Part = (lane.bucket, Sums(), ZERO)
    others = ZERO
    for part in _parts(figures, scope, lane):
        if part[0] is lane.bucket:
            mine = part
            continue
        worth = _worth(figures, part, currency)
        if worth is None:
            return _no_rate(figures, scope, lane, part[0].instrument)
        others += worth
    total = others + _worst(mine, asked.spec.side, asked.growth) * asked.unit
    return Bound("exposure", total, most, _room(mine, asked, (most - others) / asked.unit))


def _no_rate(figures: Figures, scope: ScopeState, lane: Lane, instrument: Instrument) -> Refusal:
    quote, currency = instrument.quote, _currency(figures, scope, lane)
    why = f"{scope.name}: the rate of {quote} in {currency} is not known"
    return Refusal("currency_rate", why, f"a rate of {quote}")


def _in_money(scope: ScopeState) -> bool:
    limits = scope.limits
    return any(
        value is not None
        for value in (
            limits.max_order_notional,
            limits.max_position_notional,
            limits.max_exposure_notional,
            limits.max_exposure_pct,
            limits.max_daily_loss_pct,
        )
    )


def _currency(figures: Figures, scope: ScopeState, lane: Lane) -> Currency:
    """Return the currency of a scope's limits: the account's, or what the desk reports in."""
    narrow = isinstance(scope, AccountState) or scope.owner
    return lane.account.account.currency if narrow else figures.rates.reporting


def _unit(
    figures: Figures, instrument: Instrument, price: Decimal, currency: Currency
) -> Decimal | None:
    """Return what one unit costs at `price` in `currency`, None without a rate."""
    return figures.rates.exchange(price * instrument.multiplier, instrument.quote, currency)


def _check_count(figures: Figures, scope: ScopeState, lane: Lane) -> Refusal | None:
    most = scope.limits.max_open_orders
    if most is None:
        return None
    if isinstance(scope, AccountState):
        count = figures.exposure.open_orders(scope.account.id)
    else:
        count = sum(sums.orders for _, sums, _ in _parts(figures, scope, lane))
    if count < most:
        return None
    return _over(scope, "open_orders", (count + 1, most), f"at most {most} open orders")


def _check_collar(
    scope: ScopeState, lane: Lane, spec: PlaceOrder, mark: Decimal | None
) -> Refusal | None:
    collar = scope.limits.price_collar_pct
    if collar is None or spec.px is None or mark is None:
        return None
    edge = mark * collar / HUNDRED
    if spec.side is BUY and spec.px > mark + edge:
        near = lane.instrument.floor_px(mark + edge)
        return _over(scope, "price_collar", (spec.px, mark + edge), f"{near}")
    if spec.side is not BUY and spec.px < mark - edge:
        near = lane.instrument.ceil_px(mark - edge)
        why = f"{scope.name}: {spec.px} is below the limit {mark - edge}"
        return Refusal("price_collar", why, f"{near}")
    return None


def _worst(part: Part, side: Side | None, growth: Decimal) -> Decimal:
    _, sums, held = part
    buying, selling = sums.buying, sums.selling
    if side is BUY:
        buying += growth
    elif side is not None:
        selling += growth
    return max(held + buying, selling - held, ZERO)


def _worth(figures: Figures, part: Part, currency: Currency) -> Decimal | None:
    """Return the notional of another bucket's worst case; without a mark, what was paid for it."""
    bucket, _, _ = part
    worst = _worst(part, None, ZERO)
    if not worst:
        return ZERO
    mark = figures.markets[bucket.instrument.id].mark()
    if mark is not None:
        unit = _unit(figures, bucket.instrument, mark, currency)
        return None if unit is None else worst * unit
    holding = figures.ledger.holding(bucket.account, bucket.instrument.id, bucket.bucket)
    subs: Iterable[Decimal] = ()
    if holding is not None:
        subs = [abs(sub.position.cost) for sub in holding.subs.values()]
    return figures.rates.exchange(sum(subs, ZERO), bucket.instrument.quote, currency)


def _parts(figures: Figures, scope: ScopeState, lane: Lane) -> Iterator[Part]:
    """Yield every bucket inside a scope with the scope's sums and holding of it."""
    owner = scope.owner
    net_qty = figures.ledger.net_qty
    for bucket in figures.exposure.buckets.values():
        if owner:
            held = _own(figures, bucket, lane.owner)
            if held or lane.owner in bucket.owners:
                yield bucket, bucket.of(lane.owner), held
        elif scope.covers(bucket.account, bucket.instrument.venue):
            held = net_qty(bucket.account, bucket.instrument.id, bucket.bucket)
            yield bucket, bucket, held


def _own(figures: Figures, bucket: Bucket, owner: InstanceId) -> Decimal:
    held = figures.ledger.position(bucket.account, bucket.instrument.id, bucket.bucket, owner)
    return ZERO if held is None else held.qty


def _capital(figures: Figures, scope: ScopeState, lane: Lane) -> Decimal:
    """Return what percentages are taken of: the account's capital, or that of all inside."""
    if isinstance(scope, AccountState) or scope.owner:
        return figures.capital.get(lane.account.account.id, ZERO)
    return scope.capital


def _at_most(lane: Lane, room: Decimal) -> str:
    rules = lane.instrument
    floor = rules.floor_qty(min(room, rules.max_qty))
    if floor < max(rules.min_qty, rules.qty_step):
        return NOTHING
    return f"a quantity of at most {floor.normalize():f}"


def _room(part: Part, asked: Asked, most: Decimal) -> Decimal:
    """Return how large the order may be so that the worst case stays within `most` units."""
    _, sums, held = part
    buys = asked.spec.side is BUY
    used, other_way = held + sums.buying, sums.selling - held
    if not buys:
        used, other_way = other_way, used
    return asked.already + most - used if other_way <= most else ZERO


def _over(
    scope: ScopeState, rule: str, found: tuple[Decimal | int, Decimal | int], passes: str
) -> Refusal:
    return Refusal(rule, f"{scope.name}: {found[0]} is above the limit {found[1]}", passes)

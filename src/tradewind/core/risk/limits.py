"""Check 6: price, quantity, notional, position and exposure limits of every scope."""

from collections.abc import Iterable
from decimal import Decimal

from tradewind.core.ledger.ledger import Ledger
from tradewind.core.risk.exposure import Bucket, Exposure
from tradewind.core.risk.lane import Lane
from tradewind.core.risk.states import AccountState, ScopeState
from tradewind.core.risk.verdict import Refusal
from tradewind.model.ids import AccountId, InstrumentId
from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.model.money import ZERO
from tradewind.model.order import PlaceOrder, Side

BUY = Side.BUY
HUNDRED = Decimal(100)


def check_grid(lane: Lane, spec: PlaceOrder) -> Refusal | None:
    """Refuse what the venue's grid refuses: tick, step, minimum and maximum."""
    rules = lane.instrument
    qty, px = spec.qty, spec.px
    if qty <= ZERO:
        return Refusal("qty_positive", f"quantity {qty} is not above zero", f"{rules.min_qty}")
    if qty % rules.qty_step:
        return Refusal(
            "qty_step", f"{qty} is off the step {rules.qty_step}", f"{rules.floor_qty(qty)}"
        )
    if px is not None:
        refusal = _check_px(rules, px)
        if refusal:
            return refusal
    if spec.trigger_px is not None and not rules.on_grid(spec.trigger_px):
        low, high = rules.neighbours(spec.trigger_px)
        return Refusal("tick", f"trigger {spec.trigger_px} is off the tick", f"{low} or {high}")
    return _check_size(lane, spec, px)


def _check_px(rules: Instrument, px: Decimal) -> Refusal | None:
    if rules.kind is InstrumentKind.BINARY and not ZERO < px < 1:
        return Refusal("price_range", f"price {px} is not between 0 and 1", "0 < price < 1")
    if px <= ZERO:
        return Refusal("price_range", f"price {px} is not above zero", "a positive price")
    if px % rules.tick_at(px):
        low, high = rules.neighbours(px)
        return Refusal("tick", f"price {px} is off the tick", f"{low} or {high}")
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
    if rules.min_notional and price is not None and spec.qty * price < rules.min_notional:
        return Refusal(
            "below_minimum",
            f"{spec.qty} at {price} is worth less than the venue takes",
            f"a notional of {rules.min_notional}",
        )
    return None


class Figures:
    """What the limit checks read: the ledger, the reservations, marks and capital."""

    __slots__ = ("capital", "exposure", "ledger", "marks")

    def __init__(self, ledger: Ledger, exposure: Exposure) -> None:
        self.ledger = ledger
        self.exposure = exposure
        self.marks: dict[InstrumentId, Decimal] = {}
        self.capital: dict[AccountId, Decimal] = {}


def check_limits(figures: Figures, lane: Lane, spec: PlaceOrder) -> Refusal | None:
    """Refuse what would pass a limit of any scope in the worst case of all open orders."""
    px = spec.px if spec.px is not None else spec.trigger_px
    mark = lane.market.mark()
    price = px if px is not None else mark
    if price is None:
        return Refusal("no_price", f"{spec.instrument} has no price yet", "a first quote")
    for scope in lane.limited:
        refusal = _check_order(scope, lane, spec, price)
        if refusal is None and mark is not None:
            refusal = _check_collar(scope, spec, mark)
        if refusal is None:
            refusal = _check_position(figures, scope, lane, spec, price)
        if refusal is None:
            refusal = _check_exposure(figures, scope, lane, spec, price)
        if refusal is not None:
            return refusal
    return None


def _check_order(scope: ScopeState, lane: Lane, spec: PlaceOrder, price: Decimal) -> Refusal | None:
    limits = scope.limits
    if limits.max_order_qty is not None and spec.qty > limits.max_order_qty:
        return _over(scope, "order_qty", spec.qty, limits.max_order_qty)
    notional = lane.instrument.notional(spec.qty, price)
    if limits.max_order_notional is not None and notional > limits.max_order_notional:
        return _over(scope, "order_notional", notional, limits.max_order_notional)
    if limits.max_open_orders is not None and lane.bucket.orders >= limits.max_open_orders:
        return _over(scope, "open_orders", Decimal(lane.bucket.orders + 1), limits.max_open_orders)
    return None


def _check_collar(scope: ScopeState, spec: PlaceOrder, mark: Decimal) -> Refusal | None:
    collar = scope.limits.price_collar_pct
    if collar is None or spec.px is None:
        return None
    edge = mark * collar / HUNDRED
    if spec.side is BUY and spec.px > mark + edge:
        return _over(scope, "price_collar", spec.px, mark + edge)
    if spec.side is not BUY and spec.px < mark - edge:
        return Refusal(
            "price_collar", f"{scope.name}: sell at {spec.px} is far below", f"{mark - edge}"
        )
    return None


def _check_position(
    figures: Figures, scope: ScopeState, lane: Lane, spec: PlaceOrder, price: Decimal
) -> Refusal | None:
    limits = scope.limits
    if limits.max_position_qty is None and limits.max_position_notional is None:
        return None
    held = figures.ledger.net_qty(spec.account, spec.instrument, spec.bucket)
    worst = _worst(held, lane.bucket, spec)
    if limits.max_position_qty is not None and worst > limits.max_position_qty:
        return _over(scope, "position_qty", worst, limits.max_position_qty)
    notional = lane.instrument.notional(worst, price)
    if limits.max_position_notional is not None and notional > limits.max_position_notional:
        return _over(scope, "position_notional", notional, limits.max_position_notional)
    return None


def _worst(held: Decimal, bucket: Bucket, spec: PlaceOrder | None) -> Decimal:
    buying, selling = bucket.buying, bucket.selling
    if spec is not None and spec.side is BUY:
        buying += spec.qty
    elif spec is not None:
        selling += spec.qty
    return max(held + buying, selling - held, ZERO)


def _check_exposure(
    figures: Figures, scope: ScopeState, lane: Lane, spec: PlaceOrder, price: Decimal
) -> Refusal | None:
    limits = scope.limits
    if limits.max_exposure_notional is None and limits.max_exposure_pct is None:
        return None
    total = ZERO
    for bucket in _buckets(figures, scope, lane):
        mine = bucket is lane.bucket
        key = (bucket.account, bucket.instrument.id, spec.bucket)
        worst = _worst(figures.ledger.net_qty(*key), bucket, spec if mine else None)
        mark = price if mine else figures.marks.get(bucket.instrument.id)
        total += bucket.instrument.notional(worst, mark if mark is not None else ZERO)
    if limits.max_exposure_notional is not None and total > limits.max_exposure_notional:
        return _over(scope, "exposure", total, limits.max_exposure_notional)
    if limits.max_exposure_pct is not None:
        capital = figures.capital.get(spec.account, ZERO)
        bound = capital * limits.max_exposure_pct / HUNDRED
        if total > bound:
            return _over(scope, "exposure", total, bound)
    return None


def _buckets(figures: Figures, scope: ScopeState, lane: Lane) -> Iterable[Bucket]:
    if isinstance(scope, AccountState) or scope.name == lane.owner:
        account = lane.account.account.id
        return [each for each in figures.exposure.buckets.values() if each.account == account]
    return figures.exposure.buckets.values()


def _over(scope: ScopeState, rule: str, found: Decimal, bound: Decimal | int) -> Refusal:
    return Refusal(rule, f"{scope.name}: {found} is above the limit", f"at most {bound}")

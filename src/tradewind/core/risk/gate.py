"""The one gate: every intent of every face, in the order of the strategy page.

Only this module makes an `Approved`. There is no flag that passes an order around it, and a
parked intent is checked again from the start.
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain

import msgspec

from tradewind.core.ledger.currency import Rates
from tradewind.core.ledger.ledger import Ledger
from tradewind.core.market.market import Market
from tradewind.core.risk import budget, selfmatch
from tradewind.core.risk.exits import doubtful, enforced, is_exit, reduces
from tradewind.core.risk.exposure import Exposure
from tradewind.core.risk.lane import Lane
from tradewind.core.risk.limits import (
    Figures,
    check_grid,
    check_limits,
    fits,
    largest,
    surely_within,
)
from tradewind.core.risk.states import ACTIVE
from tradewind.core.risk.verdict import Approved, Parked, Refusal, Verdict, WaitFor
from tradewind.model.commands import Lifecycle, TradingState
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import InstrumentKind
from tradewind.model.market import Trading, Trust
from tradewind.model.money import ONE, ZERO, ceil_to, floor_to
from tradewind.model.order import (
    Order,
    OrderType,
    PlaceOrder,
    SelfMatchPolicy,
    Side,
    TimeInForce,
)

BUY = Side.BUY
MARKET = OrderType.MARKET
LIMIT = OrderType.LIMIT
IOC = TimeInForce.IOC
FOK = TimeInForce.FOK
RUNNING = Lifecycle.RUNNING
OPEN = Trading.OPEN
TRUSTED = Trust.TRUSTED
HUNDRED = Decimal(100)
CANCEL_PATIENCE_NS = 2_000_000_000


class Gate:
    """The gate's own settings and the sums that it reads.

    `restricted` is True while any scope is not ACTIVE or the clock is in doubt; only then are the
    trading states looked at one by one. `clock_doubt` is the cause of a halt for new risk;
    `hindsight` says why what is heard just now is no news, empty when it is.
    """

    __slots__ = (
        "buffer",
        "clock_doubt",
        "exposure",
        "figures",
        "hindsight",
        "ledger",
        "restricted",
        "stale_book_ns",
    )

    def __init__(
        self,
        ledger: Ledger,
        exposure: Exposure,
        markets: dict[InstrumentId, Market],
        rates: Rates,
    ) -> None:
        self.ledger = ledger
        self.exposure = exposure
        self.figures = Figures(ledger, exposure, markets, rates)
        self.buffer = Decimal("0.005")
        self.stale_book_ns = 3_000_000_000
        self.restricted = False
        self.clock_doubt = self.hindsight = ""

    def check(self, lane: Lane, spec: PlaceOrder, now_ns: int) -> Verdict:  # noqa: C901 - in order
        """Answer Approved, Refusal (rule, why, what would pass) or Parked for one new order."""
        account = lane.account
        market = lane.market
        standing = lane.standing
        # Checks 1 to 5, as one comparison each while nothing is restricted.
        if (
            standing.lifecycle is not RUNNING
            or standing.single_fire
            or standing.faulted
            or self.restricted
            or not account.ready
            or market.trading is not OPEN
            or now_ns - market.verified_ns > self.stale_book_ns
            or not market.live
            or (market.book is not None and market.book.trust is not TRUSTED)
            or self.exposure.unknown
        ):
            refusal = self._check_states(lane, spec, now_ns)
            if refusal is not None:
                return refusal
        if spec.order_type is MARKET:
            compiled = self._compile(lane, spec)
            if isinstance(compiled, Refusal):
                return compiled
            spec = compiled
        px = spec.px
        qty = spec.qty
        tick = lane.plain_tick
        # Check 6. The grid's common case inline: a limit on one tick, a quantity seen before.
        if (
            tick is None
            or px is None
            or px <= ZERO
            or px % tick
            or (qty is not lane.sound_qty and not fits(lane, qty))
            or spec.order_type is not LIMIT
            or spec.trigger_px is not None
        ):
            refusal = check_grid(lane, spec)
            if refusal is not None:
                return refusal
        if lane.limited and (px is None or not surely_within(self.ledger, lane, qty)):
            refusal = check_limits(self.figures, lane, spec)
            if refusal is not None and not self._is_exit(lane, spec):
                return refusal
        resting = lane.resting
        if (resting.bids or resting.asks) and spec.trigger_px is None:
            found = selfmatch.conflicts(spec, lane.instrument, resting)
            if found:
                verdict = _settle_own(lane, spec, found, now_ns)
                if not isinstance(verdict, PlaceOrder):
                    return verdict
                spec = verdict
                refusal = self._check_moved(lane, spec)
                if refusal is not None:
                    return refusal
        if lane.bucket.whole.orders >= account.most_orders:
            refusal = self._check_headroom(lane, spec)
            if refusal is not None:
                return refusal
        kind = budget.PROTECTIVE if spec.reduce_only else budget.NEW
        wait = account.budget.take(now_ns, kind)
        if wait:
            return Parked(WaitFor.TIME, wait, "rate")
        return Approved(spec)

    def resize(self, lane: Lane, spec: PlaceOrder) -> PlaceOrder:
        """Cut an order to what is left to do for it after own fills; never raise it.

        An exit is cut to what may still leave, another order to what the limits leave room for.
        """
        if spec.reduce_only:
            left = self.ledger.sellable(spec.account, spec.instrument, spec.bucket, lane.owner)
            against = left > ZERO if spec.side is not BUY else left < ZERO
            most = abs(left) if against else spec.qty
        else:
            most = largest(self.figures, lane, spec)
        qty = lane.instrument.floor_qty(min(most, spec.qty))
        return msgspec.structs.replace(spec, qty=qty) if ZERO < qty < spec.qty else spec

    def check_amend(self, lane: Lane, spec: PlaceOrder, order: Order, now_ns: int) -> Verdict:
        """Answer for a live order that would become `spec` (what is open of it, price, trigger).

        The larger of what is reserved now and what is asked stays reserved while the venue
        decides. Less of the same passes everything but the grid and the rate.
        """
        already = order.reserved
        same = spec.px == order.px and spec.trigger_px == order.trigger_px
        less = same and spec.qty <= already
        refusal = None if less else self._check_states(lane, spec, now_ns, already)
        refusal = refusal or check_grid(lane, spec)
        if refusal is None and lane.limited and not less:
            refusal = check_limits(self.figures, lane, spec, already)
            if refusal is not None and self._is_exit(lane, spec, already):
                refusal = None
        if refusal is not None:
            return refusal
        found = [] if same else selfmatch.conflicts(spec, lane.instrument, lane.resting)
        if found:
            return _blocked(lane, spec, found)
        kind = budget.PROTECTIVE if spec.reduce_only else budget.NEW
        wait = lane.account.budget.take(now_ns, kind)
        return Parked(WaitFor.TIME, wait, "rate") if wait else Approved(spec)

    # --- checks 1 to 5 -----------------------------------------------------------------------

    def standing_refusal(self, lane: Lane, group: str, now_ns: int) -> Refusal | None:
        """Return what denies every new risk on a lane as things stand, None when nothing does."""
        refusals = chain(
            self._check_instance(lane, group),
            self._check_venue(lane, lane.instrument.id, now_ns),
            self._check_trading(lane),
        )
        return next(refusals, None)

    def _check_states(
        self, lane: Lane, spec: PlaceOrder, now_ns: int, already: Decimal = ZERO
    ) -> Refusal | None:
        """Return the first refusal that stands; an exit does not heed those it may pass."""
        refusals = [
            *self._check_instance(lane, spec.group),
            *self._check_unknown(lane, spec),
            *self._check_venue(lane, spec.instrument, now_ns),
            *self._check_trading(lane),
        ]
        if not refusals:
            return None
        if all(each.rule in _PASSED_BY_EXITS for each in refusals):
            return None if self._is_exit(lane, spec, already) else refusals[0]
        if refusals[0].rule in _PASSED_BY_EXITS and self._is_exit(lane, spec, already):
            return next(each for each in refusals if each.rule not in _PASSED_BY_EXITS)
        return refusals[0]

    def _is_exit(self, lane: Lane, spec: PlaceOrder, already: Decimal = ZERO) -> bool:
        return is_exit(self.ledger, lane, spec, already, self.exposure.unknown)

    def _check_instance(self, lane: Lane, group: str) -> Iterator[Refusal]:
        standing = lane.standing
        if standing.faulted:
            yield Refusal("faulted", f"the instance faulted: {standing.faulted}", "exits")
        lifecycle = standing.lifecycle
        in_cycle = group in standing.cycles
        if lifecycle is Lifecycle.DEAD:
            yield Refusal("dead", "the instance has ended", "exits")
        elif lifecycle is not RUNNING and not in_cycle:
            yield Refusal("not_running", f"the instance is {lifecycle.value}", "exits, or a resume")
        if standing.single_fire and standing.fired and not in_cycle:
            yield Refusal("single_fire", "its one cycle has begun", "exits, or a resume")

    def _check_unknown(self, lane: Lane, spec: PlaceOrder) -> Iterator[Refusal]:
        if not self.exposure.unknown:
            return
        doubts = list(doubtful(lane, spec, self.exposure.unknown))
        for doubt in doubts:
            if doubt.instance == lane.owner and doubt.reason == spec.reason:
                yield Refusal(
                    "slot_unknown",
                    f"order {doubt.client_order_id} of the same purpose may or may not exist",
                    "the same order once the venue has proved its absence",
                )
                break
        if doubts and reduces(self.ledger, spec) and not enforced(lane, spec):
            yield Refusal(
                "exit_unknown",
                f"the exit {doubts[0].client_order_id} may or may not exist",
                "a reduce-only order, where the venue enforces that",
            )

    def _check_venue(self, lane: Lane, instrument: InstrumentId, now_ns: int) -> Iterator[Refusal]:
        account = lane.account
        name = account.name
        if not account.enabled:
            yield Refusal("account_disabled", f"account {name} is disabled", "enable it")
        if not account.session:
            yield Refusal("session", f"account {name} has no live session", "log in again")
        if not account.reconciled:
            yield Refusal("not_reconciled", f"account {name} is not reconciled yet", "wait")
        lock = account.locks.get(instrument) or account.locks.get(InstrumentId(""))
        if lock:
            yield Refusal("locked", f"{instrument} is locked: {lock}", "exits")
        yield from self._check_market(lane, now_ns)

    def _check_market(self, lane: Lane, now_ns: int) -> Iterator[Refusal]:
        market = lane.market
        if self.hindsight:
            yield Refusal("stale", self.hindsight, "an order on what is known now")
        if market.trading is not OPEN:
            yield Refusal("market_closed", f"trading is {market.trading.value}", "wait")
        age_ns = now_ns - market.verified_ns
        if age_ns > self.stale_book_ns or not market.live:
            yield Refusal(
                "stale",
                f"the market data is {age_ns // 1_000_000} ms old"
                if market.live
                else "the public feed is lost",
                f"data of at most {self.stale_book_ns // 1_000_000} ms",
            )
        if market.book is not None and market.book.trust is not TRUSTED:
            why = f"the book cannot be trusted: {market.book.trust.value}"
            yield Refusal("book_trust", why, "a new snapshot")

    def _check_trading(self, lane: Lane) -> Iterator[Refusal]:
        if self.clock_doubt:
            yield Refusal("clock", self.clock_doubt, "exits, until the clock is measured again")
        for scope in lane.scopes:
            if scope.state is not ACTIVE:
                halted = scope.state is TradingState.HALTED
                yield Refusal(
                    scope.rule or ("halted" if halted else "reducing"),
                    f"{scope.name} is {scope.state.value}: {scope.cause}",
                    "exits, until it is rearmed",
                )

    # --- market orders -----------------------------------------------------------------------

    def _compile(self, lane: Lane, spec: PlaceOrder) -> PlaceOrder | Refusal:
        market = lane.market
        reach = market.last_px
        if reach is None:
            reach = market.mark()
        if reach is None:
            return Refusal("no_price", f"{spec.instrument} has no price yet", "a limit order")
        buffer = self.buffer if spec.max_slippage is None else spec.max_slippage / HUNDRED
        rules = lane.instrument
        top = market.top
        # A stale last price must not make the limit miss the touch.
        if spec.side is BUY:
            if top.ask_qty and top.ask > reach:
                reach = top.ask
            reach += reach * buffer
            tick = lane.plain_tick or rules.tick_at(reach)
            px = ceil_to(reach, tick)
        else:
            if top.bid_qty and top.bid < reach:
                reach = top.bid
            reach -= reach * buffer
            tick = lane.plain_tick or rules.tick_at(reach)
            px = floor_to(reach, tick)
        if rules.kind is InstrumentKind.BINARY:
            tick = rules.tick_at(px)
            px = min(max(px, tick), 1 - tick)
        return msgspec.structs.replace(spec, px=px, order_type=LIMIT, tif=IOC)

    def _check_moved(self, lane: Lane, spec: PlaceOrder) -> Refusal | None:
        """Check 6 again: an order that moved away from our own is worth more, or less."""
        refusal = check_grid(lane, spec)
        if refusal is None and lane.limited and not self._is_exit(lane, spec):
            refusal = check_limits(self.figures, lane, spec)
        return refusal

    # --- head-room ---------------------------------------------------------------------------

    def _check_headroom(self, lane: Lane, spec: PlaceOrder) -> Refusal | None:
        if self._is_exit(lane, spec):
            return None
        account = lane.account
        count = lane.bucket.whole.orders
        return Refusal(
            "kill_headroom",
            f"to cancel {count + 1} open orders of account {account.name} would take longer "
            f"than {account.account.max_kill_s} s",
            f"at most {max(account.most_orders, 0)} open orders, or a higher orders_per_s",
        )


# --- check 7 ---------------------------------------------------------------------------------


def _settle_own(
    lane: Lane, spec: PlaceOrder, found: list[Order], now_ns: int
) -> Refusal | Parked | PlaceOrder:
    """Deal with own orders in the way by the policy of the order that comes."""
    policy = spec.self_match
    if policy is SelfMatchPolicy.CANCEL_RESTING and selfmatch.cancellable(found):
        until = now_ns + CANCEL_PATIENCE_NS
        return Parked(WaitFor.CANCEL, until, "self_match", selfmatch.ids(found))
    immediate = spec.tif is IOC or spec.tif is FOK
    if policy is SelfMatchPolicy.REPRICE and not immediate:
        px = selfmatch.beyond(spec, lane.instrument, found)
        if _is_price(lane, px):
            return msgspec.structs.replace(spec, px=px)
    return _blocked(lane, spec, found)


_PASSED_BY_EXITS = frozenset(
    {
        "account_disabled",
        "faulted",
        "dead",
        "not_running",
        "single_fire",
        "not_reconciled",
        "locked",
        "stale",
        "book_trust",
        "clock",
        "halted",
        "reducing",
        "kill",
        "daily_loss",
        "breaker",
        "losses_in_row",
        "slot_unknown",
    }
)
"""Refusals that an exit, proved by the ledger, does not heed."""


def _blocked(lane: Lane, spec: PlaceOrder, found: list[Order]) -> Refusal:
    px = selfmatch.beyond(spec, lane.instrument, found)
    own = ", ".join(selfmatch.ids(found))
    passes = f"{px}" if _is_price(lane, px) else "the same once that order is over"
    return Refusal("self_match", f"it would trade with our own {own}", passes)


def _is_price(lane: Lane, px: Decimal) -> bool:
    top = ONE if lane.instrument.kind is InstrumentKind.BINARY else None
    return px > ZERO and (top is None or px < top)

"""The one gate: every intent of every face, in the order of the strategy page.

Only this module makes an `Approved`. There is no flag that passes an order around it, and a
parked intent is checked again from the start.
"""

from decimal import Decimal

import msgspec

from tradewind.core.ledger.ledger import Ledger
from tradewind.core.risk import budget, selfmatch
from tradewind.core.risk.exits import is_exit, unknown_exit
from tradewind.core.risk.exposure import Exposure
from tradewind.core.risk.lane import Lane
from tradewind.core.risk.limits import Figures, check_grid, check_limits
from tradewind.core.risk.states import ACTIVE
from tradewind.core.risk.verdict import Approved, Parked, Refusal, Verdict, WaitFor
from tradewind.model.commands import Lifecycle, TradingState
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import InstrumentKind
from tradewind.model.market import Trading, Trust
from tradewind.model.money import ZERO
from tradewind.model.order import OrderType, PlaceOrder, SelfMatchPolicy, Side, TimeInForce

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
    trading states looked at one by one. `clock_doubt` is the cause of a halt for new risk.
    """

    __slots__ = (
        "buffer",
        "clock_doubt",
        "exposure",
        "figures",
        "ledger",
        "restricted",
        "stale_book_ns",
    )

    def __init__(self, ledger: Ledger, exposure: Exposure) -> None:
        self.ledger = ledger
        self.exposure = exposure
        self.figures = Figures(ledger, exposure)
        self.buffer = Decimal("0.005")
        self.stale_book_ns = 3_000_000_000
        self.restricted = False
        self.clock_doubt = ""

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
        tick = lane.single_tick
        px = spec.px
        rules = lane.instrument
        qty = spec.qty
        # Check 6. The grid's common case inline: one band, positive, on tick and step.
        if (
            px is None
            or tick is None
            or px <= ZERO
            or px % tick
            or qty % rules.qty_step
            or qty < rules.min_qty
            or qty > rules.max_qty
            or rules.min_notional
            or spec.trigger_px is not None
            or rules.kind is InstrumentKind.BINARY
        ):
            refusal = check_grid(lane, spec)
            if refusal is not None:
                return refusal
        if lane.limited and not spec.reduce_only:
            refusal = check_limits(self.figures, lane, spec)
            if refusal is not None and not is_exit(self.ledger, lane, spec):
                return refusal
        if lane.resting.bids or lane.resting.asks:
            verdict = self._check_own(lane, spec, now_ns)
            if verdict is not None:
                if not isinstance(verdict, PlaceOrder):
                    return verdict
                spec = verdict
        wait = account.budget.take(now_ns, budget.PROTECTIVE if spec.reduce_only else budget.NEW)
        if wait:
            return Parked(WaitFor.TIME, wait, "rate")
        return Approved(spec)

    def check_amend(self, lane: Lane, spec: PlaceOrder, already: Decimal, now_ns: int) -> Verdict:
        """Answer for an order that exists and would become `spec` (total quantity and price).

        `already` is what is reserved for it now; the larger of both stays reserved while the
        venue decides.
        """
        shrinks = spec.qty <= already
        refusal = None if shrinks else self._check_states(lane, spec, now_ns)
        if refusal is None:
            refusal = check_grid(lane, spec)
        if refusal is None and lane.limited and not shrinks:
            grown = msgspec.structs.replace(spec, qty=spec.qty - already)
            refusal = check_limits(self.figures, lane, grown)
        if refusal is not None:
            return refusal
        verdict = self._check_own(lane, spec, now_ns)
        if verdict is not None:
            return _blocked(spec) if isinstance(verdict, PlaceOrder) else verdict
        wait = lane.account.budget.take(now_ns, budget.NEW)
        return Parked(WaitFor.TIME, wait, "rate") if wait else Approved(spec)

    # --- checks 1 to 5 -----------------------------------------------------------------------

    def _check_states(self, lane: Lane, spec: PlaceOrder, now_ns: int) -> Refusal | None:
        refusal = (
            self._check_instance(lane, spec)
            or self._check_venue(lane, spec, now_ns)
            or self._check_trading(lane, spec)
        )
        if refusal is not None and refusal.rule in _PASSED_BY_EXITS:
            exit_ = is_exit(self.ledger, lane, spec)
            if exit_ and self._exit_is_single(lane, spec):
                return None
        return refusal

    def _exit_is_single(self, lane: Lane, spec: PlaceOrder) -> bool:
        if not self.exposure.unknown:
            return True
        doubt = unknown_exit(lane, spec, self.exposure.unknown)  # type: ignore[arg-type]
        flagged = spec.reduce_only and lane.account.account.reduce_only_flag
        return doubt is None or flagged

    def _check_instance(self, lane: Lane, spec: PlaceOrder) -> Refusal | None:
        standing = lane.standing
        if standing.faulted:
            return Refusal("faulted", f"the instance faulted: {standing.faulted}", "exits")
        lifecycle = standing.lifecycle
        if lifecycle is Lifecycle.DEAD:
            return Refusal("dead", "the instance has ended", "nothing")
        in_cycle = spec.group in standing.cycles
        if lifecycle is not RUNNING and not in_cycle:
            return Refusal(
                "not_running", f"the instance is {lifecycle.value}", "exits, or a resume"
            )
        if standing.single_fire and standing.fired and not in_cycle:
            return Refusal("single_fire", "its one cycle has begun", "exits, or a resume")
        doubt = unknown_exit(lane, spec, self.exposure.unknown)  # type: ignore[arg-type]
        if doubt is not None and doubt.instance == lane.owner and doubt.reason == spec.reason:
            return Refusal(
                "slot_unknown",
                f"order {doubt.client_order_id} of the same purpose may or may not exist",
                "the same order once the venue has proved its absence",
            )
        return None

    def _check_venue(self, lane: Lane, spec: PlaceOrder, now_ns: int) -> Refusal | None:
        account = lane.account
        name = account.name
        if not account.enabled:
            return Refusal("account_disabled", f"account {name} is disabled", "enable it")
        if not account.session:
            return Refusal("session", f"account {name} has no live session", "log in again")
        if not account.reconciled:
            return Refusal("not_reconciled", f"account {name} is not reconciled yet", "wait")
        lock = account.locks.get(spec.instrument) or account.locks.get(InstrumentId(""))
        if lock:
            return Refusal("locked", f"{spec.instrument} is locked: {lock}", "exits")
        market = lane.market
        if market.trading is not OPEN:
            return Refusal("market_closed", f"trading is {market.trading.value}", "wait")
        age_ns = now_ns - market.verified_ns
        if age_ns > self.stale_book_ns or not market.live:
            return Refusal(
                "stale",
                f"the market data is {age_ns // 1_000_000} ms old"
                if market.live
                else "the public feed is lost",
                f"data of at most {self.stale_book_ns // 1_000_000} ms",
            )
        if market.book is not None and market.book.trust is not TRUSTED:
            why = f"the book cannot be trusted: {market.book.trust.value}"
            return Refusal("book_trust", why, "a new snapshot")
        return None

    def _check_trading(self, lane: Lane, spec: PlaceOrder) -> Refusal | None:
        if self.clock_doubt:
            return Refusal("clock", self.clock_doubt, "exits, until the clock is measured again")
        for scope in lane.scopes:
            if scope.state is not ACTIVE:
                halted = scope.state is TradingState.HALTED
                return Refusal(
                    scope.rule or ("halted" if halted else "reducing"),
                    f"{scope.name} is {scope.state.value}: {scope.cause}",
                    "exits, until it is rearmed",
                )
        return None

    # --- market orders -----------------------------------------------------------------------

    def _compile(self, lane: Lane, spec: PlaceOrder) -> PlaceOrder | Refusal:
        market = lane.market
        reach = market.last_px
        if reach is None:
            reach = market.mark()
        if reach is None:
            return Refusal("no_price", f"{spec.instrument} has no price yet", "a limit order")
        buffer = self.buffer if spec.max_slippage is None else spec.max_slippage / HUNDRED
        # A stale last price must not make the limit miss the touch.
        if spec.side is BUY:
            if market.ask_qty and market.ask > reach:
                reach = market.ask
            px = lane.instrument.ceil_px(reach * (1 + buffer))
        else:
            if market.bid_qty and market.bid < reach:
                reach = market.bid
            px = lane.instrument.floor_px(reach * (1 - buffer))
        if lane.instrument.kind is InstrumentKind.BINARY:
            tick = lane.instrument.tick_at(px)
            px = min(max(px, tick), 1 - tick)
        return msgspec.structs.replace(spec, px=px, order_type=LIMIT, tif=IOC)

    # --- check 7 -----------------------------------------------------------------------------

    def _check_own(
        self, lane: Lane, spec: PlaceOrder, now_ns: int
    ) -> Refusal | Parked | PlaceOrder | None:
        if spec.trigger_px is not None:
            return None
        found = selfmatch.conflicts(spec, lane.instrument, lane.resting)
        if not found:
            return None
        policy = spec.self_match
        if policy is SelfMatchPolicy.CANCEL_RESTING:
            until = now_ns + CANCEL_PATIENCE_NS
            return Parked(WaitFor.CANCEL, until, "self_match", selfmatch.ids(found))
        immediate = spec.tif is IOC or spec.tif is FOK
        if policy is SelfMatchPolicy.REPRICE and not immediate:
            px = selfmatch.beyond(spec, lane.instrument, found)
            if px > ZERO:
                return msgspec.structs.replace(spec, px=px)
        own = ", ".join(selfmatch.ids(found))
        free = selfmatch.beyond(spec, lane.instrument, found)
        passes = f"{free}" if free > ZERO else "the same once that order is over"
        return Refusal("self_match", f"it would trade with our own {own}", passes)


_PASSED_BY_EXITS = frozenset(
    {
        "faulted",
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


def _blocked(spec: PlaceOrder) -> Refusal:
    return Refusal("self_match", "it would trade with our own orders", f"not {spec.px}")

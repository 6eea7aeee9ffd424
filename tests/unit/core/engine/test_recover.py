"""A cold start: the journal alone gives the orders, positions, locks and promises of a warm one."""

from typing import Any

import pytest

from tests.harness import Bench, D, account, perpetual
from tests.unit.core.engine.venue import (
    absent,
    execution,
    later,
    not_sent,
    reading,
    row,
    says,
    stranger,
    stream,
    unanswered,
)
from tests.unit.core.hand import BTC, BUY, SELL, Hand, do, hold, place, quote
from tradewind.core.engine.desk import Desk
from tradewind.core.engine.recover import fold_cold
from tradewind.core.engine.step import step
from tradewind.model.commands import (
    DESK,
    Attest,
    EnableAccount,
    Flatten,
    ForceStop,
    Kill,
    Pause,
    Scope,
    ScopeKind,
    SetParameters,
    SingleFire,
    Stop,
)
from tradewind.model.config import Limits
from tradewind.model.effects import Effect
from tradewind.model.events import (
    JOURNALED,
    AmendRejected,
    CancelRejected,
    DeskStarted,
    Event,
    FillFailed,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderClaimed,
    OrderTriggered,
    Request,
)
from tradewind.model.fill import FillLife
from tradewind.model.ids import AccountId, FillKey, InstanceId, VenueOrderId
from tradewind.model.intents import Protection
from tradewind.model.order import Order

S1 = InstanceId("s1")
PLAIN = perpetual("PLAINUSDT", native_stops=False)
Steps = list[tuple[int, int, Any, list[Effect]]]


class Journaled(Bench):
    """A bench that keeps what a journal would keep."""

    def __init__(self, *accounts: Any) -> None:
        self.steps: Steps = []
        super().__init__(*accounts)
        self.define(BTC, PLAIN)
        quote(self, BTC)
        quote(self, PLAIN)
        self.deploy(Hand, BTC, PLAIN)
        self.reads_fail = True

    def _step(self, event: Event) -> list[Effect]:
        slot = len(self.steps)
        self.steps.append((0, 0, None, []))
        self.events.append(event)
        effects = list(step(self.desk, event))
        kept = event if isinstance(event, JOURNALED) else None
        self.steps[slot] = (self.desk.world.seq, event.ts_recv, kept, effects)
        self.effects += effects
        produced = list(effects)
        for effect in effects:
            for answer in self.answer(effect):
                produced += self._step(answer)
        return produced

    def cold(self) -> Desk:
        """Return a desk folded from the journal alone."""
        found = Desk(self.catalogue)
        fold_cold(found, self.steps)
        return found


def view(desk: Desk) -> dict[str, Any]:
    """Return what both kinds of start must agree on."""
    orders = {
        order.client_order_id: (
            order.status, order.qty, order.px, order.trigger_px, order.filled_qty,
            order.claimed_qty, order.reserved, order.amend_qty, order.venue_order_id, order.asleep,
            order.expire_ns,
        )
        for order in desk.orders.live.values()
    }  # fmt: skip
    positions = {
        (held.account, held.instrument, held.owner): (held.qty, held.cost, held.realised)
        for held in desk.ledger.positions()
        if held.qty or held.realised
    }
    guards = {
        key: (guard.protection, guard.stop, guard.qty, guard.triggered, guard.legs, guard.filled)
        for key, guard in desk.guards.items()
    }
    instances = {
        name: (
            each.standing.lifecycle, each.standing.faulted, each.standing.single_fire,
            each.standing.fired, dict(each.standing.cycles), each.parameters, each.standing.version,
            each.stopping_command,
        )
        for name, each in desk.instances.items()
    }  # fmt: skip
    buckets = {
        key: (sums.buying, sums.selling, sums.orders)
        for key, sums in desk.exposure.buckets.items()
        if sums.orders or sums.buying or sums.selling
    }
    return {
        "orders": orders,
        "positions": positions,
        "cash": desk.ledger.cash(AccountId("A"), desk.config.accounts[0].currency),
        "guards": guards,
        "instances": instances,
        "buckets": buckets,
        "locks": {name: dict(state.locks) for name, state in desk.accounts.items()},
        "enabled": {name: state.enabled for name, state in desk.accounts.items()},
        "states": [(scope.name, scope.state, scope.cause) for scope in desk.all_scopes()],
        "counts": [(scope.name, scope.losses_in_row) for scope in desk.all_scopes()],
        "failures": {name: list(state.failures) for name, state in desk.accounts.items()},
        "claims": dict(desk.claims),
        "provisional": sorted(desk.provisional),
        "risen": dict(desk.risen),
        "pending": sorted(desk.pending),
        "receipts": {name: each.confirmation for name, each in desk.receipts.items()},
        "day": dict(desk.day),
        "capital": dict(desk.gate.figures.capital),
    }


# --- one story each -----------------------------------------------------------------------------


def cancel(bench: Journaled, order: Order) -> None:
    do(bench, lambda ctx: ctx.cancel(order.client_order_id))


def enlarge(bench: Journaled, order: Order) -> None:
    do(bench, lambda ctx: ctx.amend(order.client_order_id, qty=D(6)))


def orders(bench: Journaled) -> None:
    for end in ("new", "part", "cancelling", "amending", "gone", "claimed", "unknown"):
        bench.auto_ack = end != "unknown"
        order = place(bench, BUY, 4, 90, ttl_ns=10**12)
        bench.auto_ack = False
        if end == "part":
            bench.fill(order, "1")
        elif end == "cancelling":
            cancel(bench, order)
            says(bench, CancelRejected, order, "?", not_found=True)
        elif end == "amending":
            enlarge(bench, order)
        elif end == "unknown":
            unanswered(bench, order)
        elif end == "gone":
            bench.cancelled(order, "1")
        elif end == "claimed":
            says(bench, OrderClaimed, order, D(2))


def refusals(bench: Journaled) -> None:
    refused = place(bench, BUY, 4, 90)
    amend = place(bench, BUY, 4, 90)
    unsent = place(bench, BUY, 4, 90)
    bench.auto_ack = False
    bench.rejected(place(bench, BUY, 4, 91), "no")
    not_sent(bench, place(bench, BUY, 4, 92))
    for order in (amend, unsent):
        enlarge(bench, order)
        cancel(bench, order)
    says(bench, AmendRejected, amend, "no")
    not_sent(bench, unsent, Request.AMEND)
    cancel(bench, refused)
    says(bench, CancelRejected, refused, "busy")
    do(bench, lambda ctx: ctx.amend(refused.client_order_id, px=D(89)))
    says(bench, OrderAmended, refused, D(4), D(89))


def doubts(bench: Journaled) -> None:
    bench.auto_ack = False
    first, second = place(bench, BUY, 1, 90), place(bench, BUY, 1, 91, reason="other")
    for order in (first, second):
        unanswered(bench, order)
    bench.command(Attest(first.client_order_id))
    absent(bench, second)
    reading(bench, stranger(BTC, SELL, "1", "120"), held={BTC.id: "5"})
    later(bench, 1)
    reading(bench, stranger(BTC, SELL, "1", "120"), held={BTC.id: "5"})
    reading(bench, held={BTC.id: "7"})
    says(bench, OrderAccepted, second, VenueOrderId("V9"))  # it has risen


def risen_by_its_trigger(bench: Journaled) -> None:
    order = place(bench, BUY, 1, 90)
    says(bench, OrderCancelled, order, "gone")
    says(bench, OrderTriggered, order)


def fills(bench: Journaled) -> None:
    order = place(bench, BUY, 4, 100)
    kept = execution(bench, order, "1", life=FillLife.MATCHED)
    undone = execution(bench, order, "2", life=FillLife.MATCHED)
    for fill in (kept, undone, kept):
        stream(bench, fill)
    bench.feed(FillFailed(order.account, bench.now, bench.now, undone.key, "undone"))
    reading(bench, row(bench, order), fills=(execution(bench, order, "1", key=FillKey("R")),))
    later(bench, 121)


def guarded(bench: Journaled) -> None:
    hold(bench, "4")
    rules = Protection(stop=D(95), target=D(110), trailing=D(3), trailing_activation=D(104))
    do(bench, lambda ctx: ctx.protect(BTC.id, rules))
    bench.quote(BTC, "106", "106.2")
    legs = {order.spec.trigger_px is None: order for order in bench.orders()}
    bench.fill(legs[True], "1", "110")
    hold(bench, "2", instrument=PLAIN)
    do(bench, lambda ctx: ctx.protect(PLAIN.id, Protection(stop=D(95)), qty=D(1)))
    bench.auto_ack = False
    bench.quote(PLAIN, "94", "94.2")
    says(bench, OrderTriggered, legs[False])


def commands(bench: Journaled) -> None:
    place(bench, BUY, 1, 90)
    bench.command(SetParameters(S1, {"size": 7}), "P")
    do(bench, lambda ctx: ctx.open_cycle("c1"))
    bench.command(Pause(S1), "pause")
    bench.command(EnableAccount(AccountId("A"), False), "E")


def fired(bench: Journaled) -> None:
    bench.command(SingleFire(S1), "F")
    place(bench, BUY, 1, 90)


def promise(command: Any) -> Any:
    def story(bench: Journaled) -> None:
        hold(bench, "2")
        do(bench, lambda ctx: ctx.protect(BTC.id, Protection(stop=D(95))))
        place(bench, BUY, 1, 90)
        bench.auto_ack = False
        bench.command(command, "X")
        later(bench, 3)

    return story


def losses(bench: Journaled) -> None:
    hold(bench, "1", "100")
    hold(bench, "-1", "99", reduce_only=True)
    hold(bench, "3", "100")
    bench.quote(BTC, "20", "20.1")
    later(bench, 60)


STORIES = {
    "orders": orders,
    "refusals": refusals,
    "doubts": doubts,
    "risen by its trigger": risen_by_its_trigger,
    "fills": fills,
    "guards": guarded,
    "commands": commands,
    "single fire": fired,
    "kill": promise(Kill(DESK)),
    "kill all": promise(Kill(Scope(ScopeKind.INSTANCE, S1), cancel_protective=True)),
    "stop": promise(Stop(S1)),
    "stop flat": promise(Stop(S1, flatten=True)),
    "force-stop": promise(ForceStop(S1)),
    "flatten": promise(Flatten(S1)),
    "loss limit": losses,
}


@pytest.fixture(params=STORIES)
def told(request: pytest.FixtureRequest) -> Journaled:
    bench = Journaled(account(limits=Limits(max_daily_loss_pct=D(2))))
    STORIES[request.param](bench)
    return bench


def test_the_journal_alone_gives_the_same_desk(told: Journaled) -> None:
    warm, cold = view(told.desk), view(told.cold())
    for part, expected in warm.items():
        assert cold[part] == expected, part


def test_both_starts_go_on_alike_and_neither_sends_an_order_again(told: Journaled) -> None:
    cold_desk = told.cold()
    known = {each.client_order_id for each in told.submitted()}
    started = DeskStarted(2, 77, told.desk.config, told.now)
    sent: list[list[str]] = []
    views = []
    for desk in (told.desk, cold_desk):
        told.desk = desk
        mark = len(told.effects)
        told.feed(started)
        later(told, 5)
        sent.append([each.client_order_id for each in told.submitted(told.effects[mark:])])
        views.append(view(desk))
        told.now = started.ts_recv
    for part in ("orders", "positions", "guards", "instances", "locks", "states", "pending"):
        assert views[1][part] == views[0][part], part
    assert sent[0] == sent[1]
    assert not known.intersection(sent[0])

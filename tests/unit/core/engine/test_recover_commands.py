"""What was under way when the desk died goes on after a cold start, until its effect is seen."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness import Bench, D
from tests.unit.core.hand import BTC, BUY, Hand, answers, ask, hold, place
from tradewind.core.engine.desk import Desk
from tradewind.core.engine.recover import fold_cold
from tradewind.core.engine.step import step
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.commands import (
    DESK,
    Command,
    Flatten,
    ForceStop,
    Kill,
    Rearm,
    Scope,
    ScopeKind,
    Stop,
)
from tradewind.model.config import DeskConfig
from tradewind.model.effects import CancelOrder, Effect, ReadAccount
from tradewind.model.events import DeskStarted, Event, RequestsCounted
from tradewind.model.ids import InstanceId
from tradewind.model.order import OrderStatus
from tradewind.runtime.codec import JOURNALED_TYPES

S1 = InstanceId("s1")
MINE = Scope(ScopeKind.INSTANCE, "s1")


class Mortal(Bench):
    """A bench that keeps what its journal would hold, and can die and start cold from it.

    A mute venue takes requests and says nothing more.
    """

    def __init__(self, **more: Any) -> None:
        self.journal: list[tuple[int, int, Event | None, list[Effect]]] = []
        self.mute = False
        super().__init__(**more)

    def _step(self, event: Event) -> list[Effect]:
        self.events.append(event)
        effects = list(step(self.desk, event))
        journaled = event if type(event) in JOURNALED_TYPES else None
        if journaled is not None or effects:
            world = self.desk.world
            self.journal.append((world.seq, world.now_ns, journaled, effects))
        self.effects += effects
        produced = list(effects)
        for effect in effects:
            for answer in [] if self.mute else self.answer(effect):
                produced += self._step(answer)
        return produced

    def die(self, catalogue: dict[str, type[Strategy]] | None = None) -> None:
        """Lose everything but the journal, and start from that; nothing pending is answered."""
        self.desk = Desk(self.catalogue if catalogue is None else catalogue)
        self.reads.clear()
        self.mute = False
        fold_cold(self.desk, self.journal)
        self.feed(DeskStarted(2, 0xFEDCBA, DeskConfig(accounts=self.accounts), self.now, cold=True))
        self.quote(BTC, "99.9", "100.1")


def mortal() -> Mortal:
    bench = Mortal()
    bench.define(BTC)
    bench.quote(BTC, "99.9", "100.1")
    bench.deploy(Hand, BTC, auto_resume=True)
    return bench


def cancelled(bench: Bench, mark: int) -> list[str]:
    return [each.client_order_id for each in bench.effects[mark:] if type(each) is CancelOrder]


@pytest.mark.parametrize("scope", [DESK, Scope(ScopeKind.ACCOUNT, "A"), MINE])
def test_a_kill_goes_on_after_a_cold_start_until_the_book_was_read_empty(scope: Scope) -> None:
    bench = mortal()
    order = place(bench, BUY, 1, "99")
    bench.mute = True
    bench.command(Kill(scope), "k")
    assert order.status is OrderStatus.PENDING_CANCEL
    bench.die()
    assert bench.desk.pending["k"].phase == "killing"
    assert bench.desk.instances[S1].ctx.barred(BTC.id) == "killing", "not even exits pass yet"
    mark = len(bench.effects)
    bench.pass_time(3)
    assert cancelled(bench, mark) == [order.client_order_id], "the cancel is asked again"
    assert "found its kill still at work" in bench.command(Rearm(scope)).effect
    bench.pass_time(5)
    reads = [each for each in bench.effects[mark:] if type(each) is ReadAccount]
    assert len(reads) >= 2
    assert [each[0] for each in answers(bench, "k")] == ["accepted", "confirmed"]
    assert bench.desk.pending == {}
    assert bench.desk.instances[S1].ctx.barred(BTC.id) == "kill"


def test_a_kill_that_was_confirmed_before_is_not_done_again() -> None:
    bench = mortal()
    place(bench, BUY, 1, "99")
    bench.command(Kill(), "k")
    bench.pass_time(5)
    assert answers(bench, "k")[-1][0] == "confirmed"
    bench.die()
    assert bench.desk.pending == {}
    bench.pass_time(5)
    assert [each[0] for each in answers(bench, "k")] == ["accepted", "confirmed"]
    assert bench.command(Kill(), "k").confirmation.value == "confirmed", "the same receipt"
    assert bench.command(Rearm()).effect.startswith("active again")


def test_a_kill_of_an_instance_whose_strategy_is_gone_still_comes_to_its_end() -> None:
    bench = mortal()
    order = place(bench, BUY, 1, "99")
    bench.mute = True
    bench.command(Kill(MINE), "k")
    bench.die({})
    assert S1 not in bench.desk.instances
    bench.pass_time(8)
    found = bench.desk.orders.find(order.client_order_id)
    assert found is not None
    assert found.status is OrderStatus.CANCELLED
    assert answers(bench, "k")[-1][0] == "confirmed"


def closes(bench: Mortal) -> None:
    bench.pass_time(5)
    (close,) = bench.orders()
    assert close.reason == "flatten"
    bench.fill(close, px="100")


def waits(bench: Mortal) -> None:
    bench.pass_time(5)


Finish = Callable[[Mortal], None]
UNDER_WAY: list[tuple[Command, Finish, str, str]] = [
    (Flatten(S1), closes, "flat; no orders left", "paused"),
    (ForceStop(S1), waits, "dead; no opening orders; 1 positions left open", "dead"),
    (Stop(S1, timeout_s=2), waits, "stopped; 1 positions left", "stopped"),
    (Stop(S1, flatten=True), closes, "stopped; flat, no orders", "stopped"),
]


@pytest.mark.parametrize(("command", "finish", "text", "state"), UNDER_WAY)
def test_what_is_confirmed_later_goes_on_after_a_cold_start(
    command: Command, finish: Finish, text: str, state: str
) -> None:
    bench = mortal()
    hold(bench, "1")
    bench.mute = True
    order_id = ask(bench, BUY, 1, "99")
    bench.command(command, "c")
    assert [each[0] for each in answers(bench, "c")] == ["accepted"]
    bench.die()
    finish(bench)
    assert bench.desk.orders.live.get(order_id) is None
    assert answers(bench, "c")[-1] == ("confirmed", text)
    assert bench.state() == state
    assert bench.position(BTC) == (D(0) if finish is closes else D(1))


def test_what_a_halt_did_not_get_cancelled_is_cancelled_after_a_cold_start() -> None:
    bench = mortal()
    order = place(bench, BUY, 1, "99")
    bench.mute = True
    bench.feed(RequestsCounted(order.account, bench.now, bench.now, 0, 1000))
    assert order.status is OrderStatus.PENDING_CANCEL
    mark = len(bench.effects)
    bench.die()
    bench.pass_time(1)
    assert cancelled(bench, mark) == [order.client_order_id]


def test_a_cold_start_keeps_epochs_receipts_and_standing() -> None:
    bench = mortal()
    first = place(bench, BUY, 1, "99")
    bench.die()
    found = bench.desk.orders.find(first.client_order_id)
    assert found is not None
    assert found is not first
    assert (found.epoch, found.status) == (1, OrderStatus.NEW)
    bench.pass_time(2)
    bench.quote(BTC, "99.9", "100.1")
    assert place(bench, BUY, 1, "98").epoch == 2
    assert bench.desk.receipts["deploy-s1"].effect == "s1 runs Hand on 1 instruments"

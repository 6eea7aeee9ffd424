"""The plane: every verb once, and an answer that reports the effect, not the wish."""

import asyncio
from decimal import Decimal

import msgspec
import pytest

from tests.unit.control.stage import ASKED, BTC, Finisher, Stage, stage_with_maker
from tradewind.control.plane import Asked
from tradewind.model.commands import DESK, Kill, Pause, Resume, Scope, ScopeKind
from tradewind.model.config import InstanceSpec
from tradewind.model.effects import CommandAnswered, Confirmation
from tradewind.model.errors import ConfigError, Outdated, Refused
from tradewind.model.events import CommandReceived, NoAnswer, Request
from tradewind.model.ids import AccountId, InstanceId, OrderId
from tradewind.model.order import PlaceOrder, Side

MAKER = InstanceId("maker")
PATIENT = Asked(by="ada", wait_s=5.0)
CONFIRMED, REFUSED = Confirmation.CONFIRMED, Confirmation.REFUSED
ACCEPTED, UNRESOLVED = Confirmation.ACCEPTED, Confirmation.UNRESOLVED


def by_hand(px: str | None = "90.0", qty: str = "1") -> PlaceOrder:
    price = None if px is None else Decimal(px)
    return PlaceOrder(AccountId("A"), BTC.id, Side.BUY, Decimal(qty), price)


def commands(stage: Stage) -> list[CommandReceived]:
    return [event for event in stage.events if isinstance(event, CommandReceived)]


async def test_every_verb_reports_its_confirmed_effect() -> None:
    stage = stage_with_maker()
    plane = stage.plane
    told = [
        await plane.pause(ASKED, MAKER),
        await plane.resume(ASKED, MAKER),
        await plane.single_fire(ASKED, MAKER),
        await plane.set_parameters(ASKED, MAKER, {"size": "3"}),
        await plane.tell(ASKED, MAKER, "greet", {"name": "you"}),
        await plane.order(ASKED, by_hand()),
        await plane.reconcile(ASKED, AccountId("A")),
        await plane.enable_account(ASKED, AccountId("A"), enabled=False),
        await plane.enable_account(ASKED, AccountId("A"), enabled=True),
        await plane.kill(ASKED, Scope(ScopeKind.INSTANCE, "idle")),
        await plane.rearm(ASKED, Scope(ScopeKind.INSTANCE, "idle")),
        await plane.flatten(ASKED, MAKER, Decimal("0.5")),
        await plane.stop(ASKED, MAKER, timeout_s=300, flatten=False),
        await plane.force_stop(ASKED, InstanceId("idle"), cancel_protective=False),
    ]
    assert [each.confirmation for each in told] == [CONFIRMED] * len(told), told
    assert [each.command_id for each in told] == [f"c-{n}" for n in range(1, len(told) + 1)]
    assert told[4].effect == "hello you"
    assert told[-2].effect == "stopped; flat, no orders"


async def test_deploy_and_the_words_of_a_person_reach_the_desk() -> None:
    stage = stage_with_maker()
    spec = InstanceSpec(
        id=InstanceId("second"),
        strategy="Maker",
        accounts=(AccountId("A"),),
        instruments=(BTC.id,),
    )
    receipt = await stage.plane.deploy(ASKED, spec, start=True)
    assert receipt.confirmation is CONFIRMED
    assert (commands(stage)[-1].by, commands(stage)[-1].why) == ("ada", "a test")


async def test_attest_and_unlock_are_refused_where_there_is_nothing_to_vouch_for() -> None:
    stage = stage_with_maker()
    attested = await stage.plane.attest(ASKED, OrderId("nothing"))
    unlocked = await stage.plane.unlock(ASKED, AccountId("A"), BTC.id)
    assert (attested.confirmation, unlocked.confirmation) == (REFUSED, REFUSED)


async def test_a_refusal_carries_the_sentence_and_the_rule() -> None:
    stage = stage_with_maker()
    denied = await stage.plane.order(ASKED, by_hand("90.05"))
    assert (denied.confirmation, denied.rule) == (REFUSED, "tick")
    assert "it would pass with 90.0 or 90.1" in denied.effect
    unknown = await stage.plane.pause(ASKED, InstanceId("nobody"))
    assert (unknown.confirmation, unknown.rule) == (REFUSED, "")
    assert "there are: maker, idle" in unknown.effect


async def test_the_id_of_an_order_by_hand_is_told_however_far_it_came() -> None:
    stage = stage_with_maker(auto_ack=False)
    waiting = await stage.plane.order(ASKED, by_hand())
    (order,) = stage.orders(name="operator")
    assert waiting.confirmation is ACCEPTED
    assert waiting.details == {"client_order_id": order.client_order_id}
    stage.rejected(order)
    again = await stage.plane.order(
        msgspec.structs.replace(ASKED, command_id=waiting.command_id), by_hand()
    )
    assert (again.confirmation, again.rule) == (REFUSED, "rejected")
    assert again.details == waiting.details


async def test_the_same_id_is_carried_out_once_and_gets_the_same_receipt() -> None:
    stage = stage_with_maker()
    asked = msgspec.structs.replace(ASKED, command_id="once")
    first = await stage.plane.pause(asked, MAKER)
    again = await stage.plane.pause(asked, MAKER)
    assert again == first
    assert len([each for each in commands(stage) if each.command_id == "once"]) == 1


async def test_the_same_id_after_a_restart_of_the_plane_gets_what_the_desk_remembers() -> None:
    stage = stage_with_maker()
    asked = msgspec.structs.replace(ASKED, command_id="once")
    first = await stage.plane.pause(asked, MAKER)
    stage.plane.close()
    other = type(stage.plane)(stage.desk, stage.ask, stage.bus)
    again = await other.pause(asked, MAKER)
    assert (again.confirmation, again.effect) == (first.confirmation, first.effect)
    assert len([each for each in commands(stage) if each.command_id == "once"]) == 1


async def test_an_id_cannot_stand_for_two_commands() -> None:
    stage = stage_with_maker()
    asked = msgspec.structs.replace(ASKED, command_id="once")
    await stage.plane.pause(asked, MAKER)
    with pytest.raises(Refused, match="another Pause under it"):
        await stage.plane.resume(asked, MAKER)


@pytest.mark.parametrize("command_id", ["a b", "x" * 65, "-x", "a/b", "ü"])
async def test_a_strange_id_is_bad_usage(command_id: str) -> None:
    stage = stage_with_maker()
    with pytest.raises(ConfigError, match="letters, digits"):
        await stage.plane.pause(msgspec.structs.replace(ASKED, command_id=command_id), MAKER)


@pytest.mark.parametrize("asked", [Asked(by=""), Asked(by="ada", why="x" * 1001)])
async def test_nobody_and_a_novel_are_bad_usage(asked: Asked) -> None:
    stage = stage_with_maker()
    with pytest.raises(ConfigError):
        await stage.plane.pause(asked, MAKER)
    assert not [each for each in commands(stage) if isinstance(each.command, Pause)]


async def test_a_desk_that_does_not_answer_leaves_the_outcome_open() -> None:
    stage = stage_with_maker()
    stage.deaf = True
    receipt = await stage.plane.pause(ASKED, MAKER)
    assert receipt.confirmation is UNRESOLVED
    assert "it may still be carried out" in receipt.effect


async def test_a_kill_is_no_success_before_the_book_was_read_empty() -> None:
    stage = stage_with_maker(auto_ack=False)
    asked = msgspec.structs.replace(ASKED, command_id="kill")
    early = await stage.plane.kill(asked)
    assert early.confirmation is ACCEPTED
    assert "not confirmed within 0.05 s, it goes on" in early.effect
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(
            stage.plane.kill(msgspec.structs.replace(PATIENT, command_id="kill"))
        )
        await asyncio.sleep(0)
        assert not waiting.done()
        stage.accepted_all()
        for order in stage.orders():
            stage.cancelled(order)
        stage.pass_time(5)
    done = waiting.result()
    assert done.confirmation is CONFIRMED
    assert "book read empty twice" in done.effect
    assert len([each for each in commands(stage) if isinstance(each.command, Kill)]) == 1


async def test_two_who_ask_with_one_id_get_one_effect() -> None:
    stage = stage_with_maker(auto_ack=False)
    asked = msgspec.structs.replace(PATIENT, command_id="both")
    async with asyncio.TaskGroup() as group:
        one = group.create_task(stage.plane.force_stop(asked, MAKER, cancel_protective=False))
        two = group.create_task(stage.plane.force_stop(asked, MAKER, cancel_protective=False))
        await asyncio.sleep(0)
        stage.accepted_all()
        for order in stage.orders(name="maker"):
            stage.cancelled(order)
    assert one.result().effect == two.result().effect
    assert stage.state("maker") == "dead"


async def test_a_stop_waits_for_its_cycle() -> None:
    stage = stage_with_maker()
    stage.deploy(Finisher, BTC, name="finisher")
    stage.quote(BTC, "99.9", "100.1")
    finisher = InstanceId("finisher")
    early = await stage.plane.stop(ASKED, finisher, timeout_s=300, flatten=False)
    assert early.confirmation is ACCEPTED
    async with asyncio.TaskGroup() as group:
        again = msgspec.structs.replace(PATIENT, command_id=early.command_id)
        waiting = group.create_task(stage.plane.stop(again, finisher, timeout_s=300, flatten=False))
        await asyncio.sleep(0)
        assert not waiting.done()
        stage.pass_time(301)
    assert waiting.result().effect == "stopped; flat, no orders"


async def test_an_order_by_hand_is_confirmed_when_the_venue_has_it() -> None:
    stage = stage_with_maker(auto_ack=False)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(stage.plane.order(PATIENT, by_hand()))
        await asyncio.sleep(0)
        assert not waiting.done()
        order = stage.orders(name="operator")[0]
        stage.feed(stage.accepted(order.client_order_id))
    receipt = waiting.result()
    assert receipt.confirmation is CONFIRMED
    assert receipt.effect == f"order {order.client_order_id} is new; 0 of 1 filled"


async def test_an_order_that_the_venue_rejects_is_no_success() -> None:
    stage = stage_with_maker(auto_ack=False)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(stage.plane.order(PATIENT, by_hand()))
        await asyncio.sleep(0)
        stage.rejected(stage.orders(name="operator")[0], "insufficient margin")
    receipt = waiting.result()
    assert (receipt.confirmation, receipt.rule) == (REFUSED, "rejected")
    assert receipt.effect.endswith("is rejected: insufficient margin")


async def test_an_order_without_an_answer_is_unresolved() -> None:
    stage = stage_with_maker(auto_ack=False)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(stage.plane.order(PATIENT, by_hand()))
        await asyncio.sleep(0)
        order = stage.orders(name="operator")[0]
        stage.readable = False
        stage.feed(
            NoAnswer(order.account, stage.now, stage.now, order.client_order_id, Request.SUBMIT)
        )
    assert waiting.result().confirmation is UNRESOLVED


async def test_a_cancel_of_all_orders_is_confirmed_when_they_are_gone() -> None:
    stage = stage_with_maker(auto_ack=False)
    stage.accepted_all()
    order = stage.orders(name="maker")[0]
    asked = msgspec.structs.replace(ASKED, command_id="all", wait_s=5.0)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(stage.plane.cancel_orders(asked, MAKER))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
        stage.cancelled(order)
    assert waiting.result().effect == "1 orders are over: 1 cancelled"


async def test_what_was_decided_on_another_preview_is_not_done_and_the_id_stays_free() -> None:
    stage = stage_with_maker()
    old = stage.plane.preview(Pause(MAKER))
    stage.command(Pause(MAKER))
    asked = msgspec.structs.replace(ASKED, command_id="again", preview_hash=old.hash)
    with pytest.raises(Outdated, match="paused already"):
        await stage.plane.carry_out(asked, Pause(MAKER))
    fresh = stage.plane.preview(Pause(MAKER))
    asked = msgspec.structs.replace(asked, preview_hash=fresh.hash)
    receipt = await stage.plane.carry_out(asked, Pause(MAKER))
    stage.command(Resume(MAKER))
    assert await stage.plane.carry_out(asked, Pause(MAKER)) == receipt, "it is done: no preview"
    assert not stage.plane._waiters


async def test_a_cancel_is_confirmed_when_the_order_is_gone() -> None:
    stage = stage_with_maker(auto_ack=False)
    order = stage.orders(name="maker")[0]
    stage.feed(stage.accepted(order.client_order_id))
    early = await stage.plane.cancel(ASKED, order.client_order_id)
    assert early.confirmation is ACCEPTED
    async with asyncio.TaskGroup() as group:
        again = msgspec.structs.replace(PATIENT, command_id=early.command_id)
        waiting = group.create_task(stage.plane.cancel(again, order.client_order_id))
        await asyncio.sleep(0)
        stage.cancelled(order)
    assert waiting.result().effect == f"{order.client_order_id} is cancelled; 0 of 2 filled"


async def test_waiting_leaves_nothing_behind() -> None:
    stage = stage_with_maker()
    stage.deaf = True
    await stage.plane.pause(ASKED, MAKER)
    assert stage.plane._waiters == {}
    assert stage.faults == []


async def test_a_closed_plane_hears_no_news() -> None:
    stage = stage_with_maker()
    stage.plane.close()
    stage.plane.close()
    receipt = await stage.plane.pause(ASKED, MAKER)
    assert receipt.confirmation is UNRESOLVED


def test_every_command_has_an_answer_in_the_journal() -> None:
    stage = stage_with_maker()
    asyncio.run(stage.plane.kill(ASKED, DESK))
    answered = [each for each in stage.effects if isinstance(each, CommandAnswered)]
    assert {each.command_id for each in answered} == {each.command_id for each in commands(stage)}

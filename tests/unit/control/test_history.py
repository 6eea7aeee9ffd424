"""The history: what was committed lately, in words and rows."""

import asyncio

import msgspec

from tests.harness import D
from tests.unit.control.stage import ASKED, BTC, Stage, hold, stage_with_maker
from tradewind.control import history as room
from tradewind.control.history import History
from tradewind.model.effects import Confirmation, Level
from tradewind.model.events import FillFailed, FillFinalised, FillReceived
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import FillKey, InstanceId


def received(stage: Stage, key: str, life: FillLife, qty: str = "1") -> FillReceived:
    """Return a fill of the maker's order."""
    order = next(order for order in stage.orders(BTC) if order.instance == "maker")
    fill = Fill(
        FillKey(key),
        order.account,
        BTC.id,
        order.side,
        D(qty),
        D("99.9"),
        D(0),
        BTC.quote,
        "maker",  # type: ignore[arg-type]
        stage.now,
        order.client_order_id,
        life=life,
    )
    return FillReceived(order.account, stage.now, stage.now, fill)


def lives(stage: Stage) -> list[tuple[str, str]]:
    return [(fill.exec_id, fill.life.value) for fill in stage.views.fills()]


def test_a_fill_is_kept_once_with_its_owner_and_reason() -> None:
    stage = stage_with_maker()
    event = received(stage, "F1", FillLife.FINAL)
    stage.feed(event)
    stage.feed(event)
    [fill] = stage.views.fills()
    assert (fill.instance, fill.reason, fill.last_qty) == ("maker", "entry", D(1))
    assert stage.history.fills_count == 1


def test_a_fill_that_is_undone_stays_in_the_list_and_leaves_the_sums() -> None:
    stage = stage_with_maker()
    event = received(stage, "F1", FillLife.MATCHED)
    stage.feed(event)
    stage.feed(FillFailed(event.account, stage.now, stage.now, FillKey("F1"), "reorg"))
    assert lives(stage) == [("F1", "failed")]
    assert stage.history.fills_count == 0
    assert stage.views.pnl().fills_fold.proved


def test_what_is_said_of_a_fill_before_it_comes_is_heeded() -> None:
    stage = stage_with_maker()
    account = stage.accounts[0].id
    stage.feed(FillFailed(account, stage.now, stage.now, FillKey("F1"), "reorg"))
    stage.feed(FillFinalised(account, stage.now, stage.now, FillKey("F2")))
    stage.feed(received(stage, "F1", FillLife.MATCHED))
    stage.feed(received(stage, "F2", FillLife.MATCHED))
    assert lives(stage) == [("F1", "failed"), ("F2", "final")]
    assert stage.views.pnl().fills_fold.proved


def test_loading_the_past_and_hearing_the_present_is_the_same_as_hearing_all() -> None:
    stage = stage_with_maker()
    hold(stage, "1")
    late = History()
    late.load(stage.news)
    late.load(stage.news)
    assert list(late.fills()) == list(stage.history.fills())
    assert list(late.news()) == list(stage.history.news())
    assert late.whole
    assert late.tally.sums == stage.history.tally.sums


def test_a_history_that_begins_late_says_so() -> None:
    stage = stage_with_maker()
    late = History()
    late.load(stage.news[3:])
    assert not late.whole
    fold = late.tally.prove(stage.desk.ledger, fills=late.fills_count, whole=late.whole)
    assert not fold.proved
    assert "does not begin with the first step" in fold.differences[0]


def test_the_audit_holds_who_what_why_and_effect() -> None:
    stage = stage_with_maker()
    asyncio.run(stage.plane.pause(ASKED, InstanceId("maker")))
    last = stage.views.commands()[-1]
    assert (last.name, last.by, last.why) == ("Pause", "ada", "a test")
    assert (last.confirmation, last.effect) == (
        Confirmation.CONFIRMED,
        "paused; 1 orders kept, no position",
    )
    assert msgspec.json.decode(last.body) == {"type": "Pause", "instance": "maker"}


def test_the_event_list_tells_alerts_denials_and_changes_apart() -> None:
    stage = stage_with_maker()
    asyncio.run(stage.plane.kill(ASKED))
    kinds = {(each.kind, each.level) for each in stage.views.events()}
    assert ("trading", Level.CRITICAL) in kinds
    assert ("lifecycle", Level.INFO) in kinds
    assert ("command", Level.INFO) in kinds


def test_every_list_is_bounded() -> None:
    stage = stage_with_maker()
    before = (room.KEPT_COMMANDS, room.KEPT_FILLS, room.KEPT_OWNERS)
    try:
        room.KEPT_COMMANDS = room.KEPT_FILLS = room.KEPT_OWNERS = 2
        for number in range(5):
            asyncio.run(stage.plane.tell(ASKED, InstanceId("maker"), "greet", {}))
            stage.feed(received(stage, f"F{number}", FillLife.FINAL, "0.1"))
    finally:
        room.KEPT_COMMANDS, room.KEPT_FILLS, room.KEPT_OWNERS = before
    assert len(stage.views.commands()) == 2
    assert len(stage.views.fills()) == 2
    assert stage.history.fills_count == 5
    assert stage.views.pnl().fills_fold.proved, "the sums forget nothing"

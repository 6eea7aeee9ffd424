"""Which news become notices, and how often."""

import asyncio

from tests.unit.control.stage import BTC, Stage, hold, stage_with_maker
from tradewind.control.notices import GAP_NS, MOST_WAITING, Notices
from tradewind.model import effects as fx
from tradewind.model.commands import Kill, Scope, ScopeKind
from tradewind.model.effects import Level
from tradewind.model.events import FeedChanged, NoAnswer, Request
from tradewind.model.ids import AccountId, Currency, InstanceId
from tradewind.model.money import ZERO
from tradewind.model.notice import NoticeKind
from tradewind.ports import Published


def listening(stage: Stage, *kinds: NoticeKind) -> Notices:
    """Return notices that hear a stage."""
    notices = Notices(stage.views, kinds or tuple(NoticeKind))
    stage.bus.subscribe(notices)
    return notices


def told(notices: Notices, now_ns: int = 0) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in notices.due(now_ns)]


def alert(kind: str, instance: str, ts: int) -> Published:
    text = f"{kind} of {instance} at {ts}"
    return Published(1, ts, None, (fx.Alert(Level.WARNING, kind, text, ts, InstanceId(instance)),))


def test_a_kill_an_unknown_order_and_a_lost_feed_are_told() -> None:
    stage = stage_with_maker(auto_ack=False)
    stage.readable = False
    notices = listening(stage)
    order = stage.orders()[0]
    stage.feed(NoAnswer(order.account, stage.now, stage.now, order.client_order_id, Request.SUBMIT))
    stage.feed(FeedChanged(BTC.id, stage.now, stage.now, live=False))
    stage.command(Kill(Scope(ScopeKind.ACCOUNT, "A")))
    found = told(notices)
    assert [kind for kind, _ in found] == ["unknown_order", "stale_feed", "kill"]
    assert found[-1][1].startswith("account A is halted: ")
    assert told(notices) == [], "each is told once"


def test_only_wanted_kinds_are_told() -> None:
    stage = stage_with_maker()
    notices = listening(stage, NoticeKind.FAULT)
    stage.command(Kill())
    notices(alert("faulted", "maker", 5))
    assert [kind for kind, _ in told(notices)] == ["fault"]


def test_one_of_a_kind_and_subject_a_minute_and_the_rest_is_counted() -> None:
    notices = Notices(stage_with_maker().views)
    for second in range(10):
        notices(alert("unprotected", "maker", second))
    notices(alert("unprotected", "idle", 3))
    first = notices.due(10)
    assert [(each.subject, each.text[-4:], each.more) for each in first] == [
        ("maker", "at 0", 0),
        ("idle", "at 3", 0),
    ]
    assert notices.due(GAP_NS - 1) == []
    [later] = notices.due(GAP_NS)
    assert (later.text[-4:], later.more) == ("at 9", 8), "the newest, and how many more"
    assert notices.due(10 * GAP_NS) == []


def test_what_nobody_takes_is_bounded() -> None:
    notices = Notices(stage_with_maker().views)
    for number in range(MOST_WAITING + 7):
        notices(alert("faulted", f"i{number}", 0))
    assert len(notices.due(0)) == MOST_WAITING
    assert notices.lost == 7


def test_a_day_is_summed_up_when_the_next_one_begins() -> None:
    stage = stage_with_maker()
    notices = listening(stage, NoticeKind.DAILY_SUMMARY)

    def opened(day: int, account: str) -> None:
        effect = fx.DayOpened(AccountId(account), day, ZERO, Currency("USD"), day)
        notices(Published(day, day, None, (effect,)))

    opened(100, "A")
    opened(100, "K")
    assert told(notices) == [], "the first day has nothing behind it"
    hold(stage, "2")
    opened(101, "A")
    opened(101, "K")
    [(kind, text)] = told(notices)
    assert kind == "daily_summary"
    assert "1 fills" in text


def test_whoever_waits_is_told_that_there_is_something() -> None:
    async def scene() -> None:
        stage = stage_with_maker()
        notices = listening(stage)
        new = asyncio.Event()
        notices.on_notice = new.set
        stage.command(Kill())
        assert new.is_set()

    asyncio.run(scene())

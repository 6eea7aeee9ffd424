"""What a follower of a running desk is told, frame by frame."""

from typing import TypeVar

import msgspec
import pytest

from tests.harness import D
from tests.unit.control.stage import BTC, NO, YES, Stage, hold, stage_with_maker
from tradewind.control import follow as room
from tradewind.control.follow import Follower, Round
from tradewind.control.following import Watching
from tradewind.control.frames import (
    CommandMessage,
    EventMessage,
    FeedsMessage,
    FillMessage,
    Frame,
    Hello,
    InstancesMessage,
    Message,
    OrderMessage,
    PositionsMessage,
    ScopesMessage,
    VitalsMessage,
    Watched,
)
from tradewind.control.market_rows import BookView, CandlesView, TradesView
from tradewind.control.views import Wanted
from tradewind.model.commands import DESK, Kill, Lifecycle, Pause, Resume, TradingState
from tradewind.model.events import BookSnapshot, CurrencyRate, Trade
from tradewind.model.ids import AccountId, Currency, InstanceId
from tradewind.model.order import OrderStatus, Side

MAKER = InstanceId("maker")


class Ear:
    """A follower with a clock of its own, and the frames that it was given."""

    def __init__(self, stage: Stage, since: int = 0, *watched: Watched) -> None:
        self.follower = Follower(stage.views, since, watched)
        self.now_s = 100.0
        self.frames: list[Frame] = []

    def hear(self, passed_s: float = 0.05) -> list[Message]:
        """Let time pass and return what the next frame says; what goes out can come in again."""
        self.now_s += passed_s
        frame = self.follower.frame(self.now_s)
        if frame is None:
            return []
        assert msgspec.json.decode(msgspec.json.encode(frame), type=Frame) == frame
        self.frames.append(frame)
        return list(frame.messages)


Kind = TypeVar("Kind")


def of(kind: type[Kind], messages: list[Message]) -> list[Kind]:
    """Return the messages of a kind."""
    return [each for each in messages if isinstance(each, kind)]


def test_the_first_frame_has_all_that_is() -> None:
    stage = stage_with_maker()
    hold(stage, "1")
    messages = Ear(stage).hear()
    [hello] = of(Hello, messages)
    assert (hello.desk, hello.seq, hello.resumed) == ("stage", stage.history.last_seq, False)
    assert messages[0] is hello
    orders = [each.row for each in messages if isinstance(each, OrderMessage)]
    assert orders == list(stage.views.orders())
    fills = [each.row for each in messages if isinstance(each, FillMessage)]
    assert fills == list(stage.views.fills())
    news = [each.row for each in messages if isinstance(each, EventMessage)]
    assert news == list(stage.views.events(Wanted(limit=200)))
    [instances] = of(InstancesMessage, messages)
    assert instances.rows == stage.views.instances()
    [positions] = of(PositionsMessage, messages)
    assert positions.rows == stage.views.positions()
    [feeds] = of(FeedsMessage, messages)
    assert feeds.rows == stage.views.feeds()


def test_journaled_rows_come_in_order_of_their_steps() -> None:
    stage = stage_with_maker()
    hold(stage, "1")
    ear = Ear(stage)
    journaled = OrderMessage | FillMessage | EventMessage | CommandMessage
    seqs = [each.seq for each in ear.hear() if isinstance(each, journaled)]
    assert seqs == sorted(seqs)
    assert ear.frames[-1].seq == stage.history.last_seq


def test_nothing_is_said_while_nothing_happens_and_vitals_come_twice_a_second() -> None:
    stage = stage_with_maker()
    ear = Ear(stage)
    ear.hear()
    said = [type(each) for _ in range(40) for each in ear.hear()]
    assert set(said) <= {VitalsMessage, ScopesMessage, FeedsMessage}
    assert said.count(VitalsMessage) == pytest.approx(4, abs=1)


def test_only_what_changed_is_sent_again() -> None:
    stage = stage_with_maker()
    ear = Ear(stage)
    ear.hear()
    stage.quote(YES, "0.40", "0.60")
    rows = [row for _ in range(10) for each in of(FeedsMessage, ear.hear()) for row in each.rows]
    assert {row.instrument for row in rows} == {YES.id}
    stage.command(Pause(MAKER))
    later = [each for _ in range(10) for each in ear.hear()]
    [command] = of(CommandMessage, later)
    assert command.row.effect.startswith("paused")
    changed = [row for each in of(InstancesMessage, later) for row in each.rows]
    assert [(row.instance, row.state) for row in changed] == [("maker", Lifecycle.PAUSED)]


def test_a_change_of_state_is_told_at_once_and_not_with_the_next_round() -> None:
    stage = stage_with_maker()
    ear = Ear(stage)
    ear.hear()
    ear.hear(0.2)
    stage.command(Kill(DESK))
    soon = [*ear.hear(0.05), *ear.hear(0.05), *ear.hear(0.05)]
    scopes = [row for each in of(ScopesMessage, soon) for row in each.rows]
    assert TradingState.HALTED in {row.state for row in scopes if row.kind is DESK.kind}


def test_an_order_is_told_once_a_frame_as_it_stands_and_not_again_when_it_is_the_same() -> None:
    stage = stage_with_maker()
    ear = Ear(stage)
    ear.hear()
    order = stage.orders()[0]
    stage.fill(order, "0.5", "99.9")
    stage.fill(order, "0.5", "99.9")
    [message] = of(OrderMessage, ear.hear())
    assert (message.row.cum_qty, message.row.ord_status) == (D(1), OrderStatus.PARTIALLY_FILLED)
    assert message.seq == stage.history.last_seq
    stage.feed(stage.report(AccountId("A")))
    assert of(OrderMessage, ear.hear()) == []


def test_a_follower_that_has_seen_the_last_step_resumes_and_an_older_one_does_not() -> None:
    stage = stage_with_maker()
    resumed = Ear(stage, stage.history.last_seq).hear()
    assert isinstance(resumed[0], Hello)
    assert resumed[0].resumed
    assert of(OrderMessage, resumed) == []
    older = Ear(stage, stage.history.last_seq - 1).hear()
    assert isinstance(older[0], Hello)
    assert not older[0].resumed
    assert of(OrderMessage, older) != []


def test_one_that_lets_too_much_pile_up_overruns_and_the_desk_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "MOST_WAITING", 50)
    stage = stage_with_maker()
    follower = Ear(stage).follower
    for number in range(100):
        stage.history.remark("test", "one more", number)
    assert follower.overrun
    assert follower.frame(1.0) is None
    stage.command(Pause(MAKER))
    assert stage.faults == []


def test_a_frame_that_cannot_hold_all_rows_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = stage_with_maker()
    ear = Ear(stage)
    ear.hear()
    monkeypatch.setattr(room, "MOST_ROWS", 2)
    for _ in range(3):
        stage.command(Pause(MAKER))
    told = ear.hear()
    assert len(told) >= 2
    assert ear.frames[-1].seq < stage.history.last_seq
    for _ in range(20):
        ear.hear()
    assert ear.frames[-1].seq == stage.history.last_seq


def test_what_happens_while_a_frame_is_made_comes_with_the_next_one() -> None:
    stage = stage_with_maker()
    hold(stage, "1")
    ear = Ear(stage)
    ear.hear()
    stage.command(Pause(MAKER))
    seen: list[tuple[int, Message]] = []
    told_seq = 0
    for number in range(2):
        cut, frame = stage.history.last_seq, None
        for made in ear.follower.pieces(101.0 + number):
            if made is None and number == 0:
                stage.command(Resume(MAKER))
                stage.command(Pause(MAKER))
            frame = made
        assert frame is not None
        rows = [each for each in frame.messages if isinstance(each, EventMessage | CommandMessage)]
        assert rows
        assert all(each.seq <= cut for each in rows)
        assert frame.seq >= max(each.seq for each in rows)
        seen += [(each.seq, each) for each in rows]
        told_seq = frame.seq
    assert seen == sorted(seen, key=lambda each: each[0])
    assert len([each for _, each in seen if isinstance(each, CommandMessage)]) > 10
    assert told_seq == stage.history.last_seq


def test_of_a_follower_that_is_overrun_while_a_frame_is_made_no_frame_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = stage_with_maker()
    ear = Ear(stage)
    ear.hear()
    stage.command(Pause(MAKER))
    monkeypatch.setattr(room, "MOST_WAITING", 5)
    frames = []
    for made in ear.follower.pieces(101.0):
        frames.append(made)
        stage.command(Resume(MAKER))
        stage.command(Pause(MAKER))
    assert ear.follower.overrun
    assert set(frames) == {None}


def test_a_market_that_is_left_while_a_frame_is_made_is_not_looked_at() -> None:
    stage = stage_with_maker()
    watching = Watching(stage.views)
    watching.watch([Watched(YES.id), Watched(NO.id)])
    for now_s in (1.0, 2.0, 3.0):
        list(watching.messages(now_s))
    stage.quote(YES, "0.40", "0.61")
    stage.quote(NO, "0.39", "0.60")
    messages = watching.messages(4.0)
    first = next(messages)
    assert isinstance(first, BookView)
    watching.watch([Watched(first.instrument)])
    for each in messages:
        assert isinstance(each, BookView | TradesView | CandlesView)
        assert each.instrument == first.instrument


def test_a_watched_market_shows_its_ladder_our_orders_and_prints() -> None:
    stage = stage_with_maker()
    ear = Ear(stage, 0, Watched(BTC.id))
    ear.hear()
    levels = tuple((D(99) - D(number) / 10, D(1)) for number in range(40))
    asks = ((D("100.1"), D(3)),)
    stage.feed(BookSnapshot(BTC.id, stage.now, stage.now, levels, asks, 7))
    print_ = Trade(BTC.id, stage.now, stage.now, D(100), D("0.3"), Side.BUY)
    stage.views.tape.hear(print_)
    messages = ear.hear(0.25)
    [book] = of(BookView, messages)
    assert (len(book.bids), book.asks, book.sequence) == (25, asks, 7)
    order = stage.orders()[0]
    assert [(each.client_order_id, each.ahead_qty) for each in book.own] == [
        (order.client_order_id, None)
    ]
    [trades] = of(TradesView, messages)
    assert [(row.px, row.qty, row.side) for row in trades.rows] == [(D(100), D("0.3"), Side.BUY)]
    again = ear.hear(0.25)
    assert of(BookView, again) == []
    assert of(TradesView, again) == []


def test_markets_that_nobody_asked_for_are_not_sent_and_are_forgotten_when_left() -> None:
    stage = stage_with_maker()
    ear = Ear(stage, 0, Watched(BTC.id), Watched("nowhere"), Watched(NO.id, "7m"))
    assert [each.instrument for each in of(BookView, ear.hear())] == [BTC.id]
    ear.follower.watch([Watched(YES.id)])
    assert set(stage.views.tape.watched) == {YES.id}
    messages = ear.hear(0.25)
    assert [each.instrument for each in of(BookView, messages)] == [YES.id]
    assert [each.rows for each in of(CandlesView, messages)] == [()]
    ear.follower.close()
    assert not stage.views.tape.watched


def test_of_many_markets_one_begins_with_each_frame() -> None:
    stage = stage_with_maker()
    ear = Ear(stage, 0, Watched(BTC.id), Watched(YES.id), Watched(YES.id, "5m"))
    begun = [[each.interval for each in of(CandlesView, ear.hear(0.01))] for _ in range(4)]
    assert begun == [["1m"], ["1m"], ["5m"], []]


def test_a_closed_follower_hears_nothing_any_more() -> None:
    stage = stage_with_maker()
    ear = Ear(stage)
    ear.hear()
    ear.follower.close()
    ear.follower.close()
    stage.command(Pause(MAKER))
    assert of(CommandMessage, ear.hear()) == []


def test_vitals_tell_result_day_curve_and_what_needs_a_person() -> None:
    stage = stage_with_maker()
    hold(stage, "1")
    stage.views.sample()
    ear = Ear(stage)
    [vitals] = of(VitalsMessage, ear.hear())
    assert (vitals.kill_state, vitals.live_orders, vitals.fills_count) == ("active", 1, 1)
    assert vitals.open_notional is None, "the rate is unknown"
    stage.feed(CurrencyRate(Currency("USDT"), D("0.5"), stage.now))
    (held,) = stage.views.positions(Wanted(open_only=True))
    assert held.notional is not None
    assert stage.views.open_notional() == held.notional / 2
    stage.command(Kill(DESK))
    stage.pass_time(3)
    later = [each for _ in range(12) for each in of(VitalsMessage, ear.hear(0.1))][-1]
    assert later.kill_state == "halted"
    assert any("desk is halted" in note for note in later.notes)
    assert not later.ok


def test_a_round_takes_a_few_at_a_time_and_begins_again_only_when_due() -> None:
    round_: Round[str] = Round(1.0, 2)
    keys = ["a", "b", "c"]
    assert list(round_.next(0.0, keys)) == ["a", "b"]
    assert list(round_.next(0.05, keys)) == ["c"]
    assert list(round_.next(0.10, keys)) == []
    round_.hurry(0.10)
    assert list(round_.next(0.11, keys)) == ["a", "b"]
    assert list(round_.next(0.15, keys)) == ["c"]
    round_.hurry(0.16)
    assert list(round_.next(0.17, keys)) == [], "not sooner than a tenth of a second"
    assert list(round_.next(0.22, keys)) == ["a", "b"]


def test_looking_at_a_desk_changes_nothing_of_it() -> None:
    import pickle

    stage = stage_with_maker()
    before = pickle.dumps(stage.desk)
    ear = Ear(stage, 0, Watched(BTC.id), Watched(YES.id, "5m"))
    for _ in range(30):
        ear.hear()
    assert pickle.dumps(stage.desk) == before

"""The demo as a follower of its desk sees it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tradewind.app.demo import Demo, DemoSettings
from tradewind.control.follow import Follower
from tradewind.control.frames import Watched
from tradewind.control.market_rows import BookView, CandlesView, TradesView
from tradewind.control.views import Wanted
from tradewind.model.money import MILLIS, NANOS

SECONDS = 60


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    made = Demo(DemoSettings(data=tmp_path / "demo", seed=7, record=False))
    made.begin()
    yield made
    made.close()


def test_prints_places_in_queues_and_causes_are_known(demo: Demo) -> None:
    names = list(demo.desk.feeds)
    follower = Follower(demo.facing.views, 0, [Watched(name) for name in names])
    assert demo.open.keeper.listener is not None
    prints, ahead, candles = 0, 0, 0
    now_ns = demo.desk.world.now_ns
    for turn in range(SECONDS * 5):
        now_ns += 200 * MILLIS
        demo.session.pump(now_ns)
        frame = follower.frame(turn * 0.2)
        for message in frame.messages if frame is not None else ():
            if isinstance(message, TradesView):
                prints += len(message.rows)
            elif isinstance(message, BookView):
                ahead += sum(1 for own in message.own if own.ahead_qty is not None)
            elif isinstance(message, CandlesView):
                candles += len(message.rows)
    assert prints > 50
    assert candles > 300
    assert ahead > 0, "the demo's venues know our places in their queues"
    follower.close()
    assert demo.open.keeper.listener is None, "a desk that nobody follows pays nothing"
    orders = demo.facing.views.orders(Wanted(limit=20))
    lives = [demo.facing.views.order_life(Wanted(order=each.client_order_id)) for each in orders]
    assert all(life.whole and life.chain and life.steps for life in lives)
    signals = {life.chain[-1].kind for life in lives}
    assert signals & {"Quote", "BookDelta", "Woke", "Trade", "Candle"}, signals


def test_a_demo_says_what_it_is(demo: Demo) -> None:
    session = demo.facing.views.session()
    assert (session.desk, session.mode, session.epoch) == ("demo", "demo", 1)
    assert session.version
    demo.session.pump(demo.desk.world.now_ns + NANOS)
    assert {each.environment for each in demo.facing.views.accounts()} == {"simulated"}

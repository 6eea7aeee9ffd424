"""What an account's connections show: ages by the venue's clock, and lines that came back."""

from decimal import Decimal

from tests.unit.edge.net.test_line import Scene
from tests.unit.edge.net.virtual import quickly
from tradewind.edge.net.gauges import Gauges
from tradewind.edge.net.offset import ClockOffset
from tradewind.model.events import Event, FeedChanged, Quote
from tradewind.model.ids import InstrumentId
from tradewind.model.money import MILLIS

BTC = InstrumentId("BYBIT:BTCUSDT")
ONE = Decimal(1)


def quote(ts_event: int, ts_recv: int) -> Quote:
    return Quote(BTC, ts_event, ts_recv, ONE, ONE + ONE, ONE, ONE)


def test_an_age_is_counted_by_the_venues_clock_and_the_event_goes_on() -> None:
    gauges, heard = Gauges(), list[Event]()
    gauges.offset = ClockOffset(margin_ns=0)
    hear = gauges.hearing(heard.append)
    hear(quote(100 * MILLIS, 102 * MILLIS))
    # The venue turns out to be 8 ms ahead of us: what looks 2 ms old is 10.
    gauges.offset.sample(0, 0, 8 * MILLIS)
    hear(quote(200 * MILLIS, 202 * MILLIS))
    ages = gauges.ages["quote"]
    assert ages.count == 2
    assert 2 * MILLIS <= ages.quantile(0.5) < 2.2 * MILLIS
    assert ages.longest_ns == 10 * MILLIS
    assert len(heard) == 2


def test_what_has_no_time_of_the_venue_is_handed_on_uncounted() -> None:
    gauges, heard = Gauges(), list[Event]()
    gauges.hearing(heard.append)(FeedChanged(BTC, 1, 1, True))
    assert not gauges.ages
    assert len(heard) == 1


def test_a_line_that_came_back_twice_has_reconnected_twice() -> None:
    async def play() -> None:
        scene, gauges = Scene(), Gauges()
        gauges.add(scene.line)
        assert gauges.reconnects() == {"private": 0}

        def cut() -> None:
            scene.line.drop("a cut")

        await scene.run_for(20.0, (1.0, cut), (5.0, cut))
        assert gauges.reconnects() == {"private": 2}

    quickly(play)

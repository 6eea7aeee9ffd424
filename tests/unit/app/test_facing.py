"""What faces are told of the runtime: how orders left, and how each account's connections are."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from tradewind.app.desks import DeskFolder, OpenDesk
from tradewind.app.facing import Facing
from tradewind.control.views import Vitals
from tradewind.edge.net.gauges import Gauges
from tradewind.edge.net.offset import ClockOffset
from tradewind.model.events import Quote
from tradewind.model.ids import AccountId, InstrumentId
from tradewind.model.money import MILLIS

ONE = Decimal(1)
MINE = AccountId("mine")


@pytest.fixture
def facing(tmp_path: Path) -> Facing:
    opened = OpenDesk(DeskFolder(tmp_path / "desk"), {}, "process")
    made = Facing(opened, lambda *words: None, Vitals(name="test"))
    opened.close()
    return made


def test_ages_offset_and_reconnects_of_an_account_are_in_health_and_at_one_look(
    facing: Facing,
) -> None:
    gauges = Gauges()
    gauges.offset = ClockOffset(margin_ns=0)
    facing.see_links({MINE: gauges}, {})
    (link,) = facing.views.health().links
    assert (link.account, dict(link.ages), link.clock_ahead_us) == (MINE, {}, None)
    assert link.failed_reads == 0
    gauges.offset.sample(0, 0, 3 * MILLIS)
    hear = gauges.hearing(lambda event: None)
    for late_ms in (1, 1, 1, 97):
        ts = 1_000 * MILLIS
        hear(Quote(InstrumentId("X:Y"), ts, ts + late_ms * MILLIS, ONE, ONE + ONE, ONE, ONE))
    facing.see_links({MINE: gauges}, {MINE: 3})
    (link,) = facing.views.screen().links
    assert (link.clock_ahead_us, link.failed_reads) == (3_000, 3)
    ages = link.ages["quote"]
    assert ages.count == 4
    assert 4_000 <= ages.p50_us < 4_300
    assert ages.worst_us == 100_000
    told = msgspec.json.decode(msgspec.json.encode(facing.views.screen()))
    assert told["links"][0]["ages"]["quote"]["worst_us"] == 100_000

"""A desk at both simulated venues: what was missed with a connection is heard before the rest."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tradewind import Strategy
from tradewind.app.drill.cast import BTC, RAIN, Case
from tradewind.app.drill.life import Life
from tradewind.app.drill.plan import Cut, Plan
from tradewind.app.drill.tape import Tape
from tradewind.app.drill.world import START_NS
from tradewind.edge.simulators.wire_faults import Fault, Kind, Scope
from tradewind.model.config import InstanceSpec
from tradewind.model.ids import AccountId, InstanceId, InstrumentId
from tradewind.model.market import INTERVALS_NS
from tradewind.model.money import NANOS

MINUTE_NS = INTERVALS_NS["1m"]
LIFE_S = 250.0
CANDLES = 4
"""Of a minute: the simulated venues begin at a full one."""
HISTORY = "/trade-api/v2/series/KXRAINNYC/markets/"
OPENS = [START_NS + number * MINUTE_NS for number in range(CANDLES)]
WHERE = {"bybit": BTC, "kalshi": f"{RAIN}:YES"}


class Ear(Strategy):
    """Writes down each candle, how long after its end it was heard, and what then bars an entry."""

    interval = "1m"

    def on_start(self, ctx: Any) -> None:
        self.heard: list[tuple[int, float, str]] = []

    def on_candle(self, ctx: Any, candle: Any) -> None:
        late_s = (ctx.now_ns - candle.ts_event - MINUTE_NS) / NANOS
        self.heard.append((candle.ts_event, late_s, ctx.barred(candle.instrument)))


def heard(venue: str, plan: Plan, folder: Path) -> list[tuple[int, float, str]]:
    """Live a life without deaths; return what was heard since it began."""
    life = Life(Case(), 1, folder, plan, Tape(whole=False))
    spec = InstanceSpec(
        id=InstanceId("ear"),
        strategy="ear",
        accounts=(AccountId(venue),),
        instruments=(InstrumentId(WHERE[venue]),),
    )
    life.settings = msgspec.structs.replace(life.settings, instances=[spec])
    life.catalogue = {"ear": Ear}
    life.begin()
    life.loop.run(life.process(None, LIFE_S))
    assert not life.wrong
    strategy = life.core.instances[spec.id].strategy
    assert isinstance(strategy, Ear)
    return [each for each in strategy.heard if each[0] >= START_NS]


def cut(venue: str) -> Plan:
    """An exchange that is gone at the ends of two candles."""
    return Plan(life_s=LIFE_S, cuts=(Cut(50.0, 80.0, sorted(WHERE).index(venue)),))


@pytest.mark.parametrize("venue", WHERE)
def test_candles_missed_while_the_venue_was_gone_are_heard_in_order(
    venue: str, tmp_path: Path
) -> None:
    told = heard(venue, cut(venue), tmp_path)
    opens = [opened for opened, _, _ in told]
    assert opens == OPENS
    late = [(opened - START_NS) // MINUTE_NS for opened, late_s, _ in told if late_s > 10]
    assert late == [0, 1], "those of the outage, and only those, came late"
    assert all(barred for _, late_s, barred in told if late_s > 10)
    assert told[-1][2] == "", "what comes in time can be acted on"


@pytest.mark.parametrize(
    ("venue", "path"),
    [("bybit", "/v5/market/kline"), ("kalshi", HISTORY)],
)
def test_later_candles_wait_while_the_missed_ones_cannot_be_read(
    venue: str, path: str, tmp_path: Path
) -> None:
    refused = Fault(
        kind=Kind.STATUS,
        scope=Scope(path=path),
        chance=1.0,
        start_ns=START_NS + 125 * NANOS,
        end_ns=START_NS + 200 * NANOS,
        status=503,
    )
    told = heard(venue, msgspec.structs.replace(cut(venue), faults=(refused,)), tmp_path)
    assert [opened for opened, _, _ in told] == OPENS
    waited = [round(late_s) for _, late_s, _ in told]
    assert waited[1] >= 80, "nothing was heard before the venue answered again"
    assert 20 <= waited[2] < 60, "a later one waited for those before it"
    assert told[2][2] == "stale"


def test_an_answer_that_failed_leaves_no_hole_at_a_venue_that_is_asked_for_candles(
    tmp_path: Path,
) -> None:
    refused = Fault(
        kind=Kind.STATUS,
        scope=Scope(path=HISTORY),
        chance=1.0,
        start_ns=START_NS + 115 * NANOS,
        end_ns=START_NS + 150 * NANOS,
        status=503,
    )
    told = heard("kalshi", Plan(life_s=LIFE_S, faults=(refused,)), tmp_path)
    assert [opened for opened, _, _ in told] == OPENS
    assert [(opened - START_NS) // MINUTE_NS for opened, late_s, _ in told if late_s > 10] == [1]

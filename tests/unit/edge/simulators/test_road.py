"""The exchange's own faults on the road: begun and ended by their windows, asked for by scope."""

from collections.abc import Callable, Mapping
from random import Random

import pytest

from tests.unit.edge.simulators.echo import EchoExchange
from tradewind.edge.simulators.bybit.exchange import BybitExchange
from tradewind.edge.simulators.bybit.settings import BybitSettings
from tradewind.edge.simulators.fate import Befall, Turn
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.edge.simulators.kalshi.settings import KalshiSettings
from tradewind.edge.simulators.road import Road
from tradewind.edge.simulators.wire import WireExchange
from tradewind.edge.simulators.wire_faults import OWN, Fault, Faults, Kind, Scope
from tradewind.model.money import NANOS

START_NS = 1_790_000_100 * NANOS


class Diary(EchoExchange):
    """An exchange that writes down what it is told to do wrong."""

    befall: Befall

    def __init__(self) -> None:
        super().__init__(0)
        self.told: list[tuple[str, str, int]] = []

    def own_faults(self, befall: Befall) -> Mapping[Kind, Turn]:
        self.befall = befall
        kinds = (Kind.HALT, Kind.TICK, Kind.MAINTENANCE, Kind.RESTART)
        return {each: Turn(self._writer("+"), self._writer("-")) for each in kinds}

    def _writer(self, sign: str) -> Callable[[Fault, int], None]:
        def write(fault: Fault, now_ns: int) -> None:
            self.told.append((sign + fault.kind, fault.scope.symbol + fault.to, now_ns))

        return write


def staged(*planned: Fault) -> tuple[Diary, Road]:
    exchange = Diary()
    return exchange, Road(exchange, Faults(Random(1), planned))


def test_a_state_begins_and_ends_once_however_its_windows_overlap() -> None:
    a, b = Scope(symbol="A"), Scope(symbol="B")
    exchange, road = staged(
        Fault(kind=Kind.HALT, scope=a, start_ns=1 * NANOS, end_ns=3 * NANOS),
        Fault(kind=Kind.HALT, scope=a, start_ns=2 * NANOS, end_ns=5 * NANOS),
        Fault(kind=Kind.HALT, scope=b, start_ns=4 * NANOS),
    )
    road.advance(9 * NANOS)
    road.end(Kind.HALT, b, 10 * NANOS)
    assert exchange.told == [
        ("+halt", "A", 1 * NANOS),
        ("+halt", "B", 4 * NANOS),
        ("-halt", "A", 5 * NANOS),
        ("-halt", "B", 10 * NANOS),
    ]
    assert road.faults.counts[Kind.HALT] == 2


def test_a_moment_comes_once_and_again_when_it_is_planned_again() -> None:
    exchange, road = staged(Fault(kind=Kind.RESTART, start_ns=NANOS))
    for now_ns in (0, NANOS, 2 * NANOS):
        road.advance(now_ns)
    road.faults.plan(Fault(kind=Kind.RESTART, start_ns=2 * NANOS))
    road.advance(3 * NANOS)
    assert [each[0] for each in exchange.told] == ["+restart", "+restart"]


def test_what_is_cleared_ends_and_may_be_planned_anew() -> None:
    exchange, road = staged(Fault(kind=Kind.TICK, to="0.5", scope=Scope(symbol="A")))
    road.advance(NANOS)
    road.clear(NANOS)
    road.faults.plan(Fault(kind=Kind.TICK, to="1", scope=Scope(symbol="A")))
    road.advance(2 * NANOS)
    assert [each[:2] for each in exchange.told] == [
        ("+tick", "A0.5"),
        ("-tick", "A0.5"),
        ("+tick", "A1"),
    ]


def test_maintenance_by_hand_ends_that_which_was_planned() -> None:
    exchange, road = staged(Fault(kind=Kind.MAINTENANCE, end_ns=99 * NANOS))
    road.advance(NANOS)
    road.pause(paused=False, now_ns=2 * NANOS)
    road.advance(9 * NANOS)
    assert [each[0] for each in exchange.told] == ["+maintenance", "-maintenance"]


def test_an_occasion_is_struck_by_account_market_window_and_number() -> None:
    exchange, road = staged(
        Fault(
            kind=Kind.RACE,
            scope=Scope(account="K", symbol="A"),
            times=1,
            start_ns=NANOS,
            end_ns=2 * NANOS,
        )
    )

    def races(*accounts: str, symbol: str = "A") -> bool:
        return exchange.befall(Kind.RACE, accounts, symbol) is not None

    assert not races("K")
    road.advance(NANOS)
    assert not races("L")
    assert not races("K", symbol="B")
    assert not races()
    assert races("L", "K")
    assert not races("K")
    assert road.faults.happened[-1].what == "L K A"


@pytest.mark.parametrize(
    ("exchange", "without"),
    [
        (BybitExchange(BybitSettings(accounts=(), start_ns=START_NS)), "shut close tick"),
        (
            KalshiExchange(KalshiSettings(accounts=(), start_ns=START_NS)),
            "ghost quiet restarting",
        ),
    ],
    ids=["bybit", "kalshi"],
)
def test_an_exchange_says_what_it_can_do(exchange: WireExchange, without: str) -> None:
    road = Road(exchange, Faults(Random(1)))
    assert OWN - road.able == {Kind(each) for each in without.split()}
    assert Kind.HANG in road.able

"""The paper venue forgets nothing that it has told, whenever its process ends."""

import time
from decimal import Decimal
from pathlib import Path
from random import Random

import msgspec
import pytest

from tests.unit.edge.simulators.paper import (
    ACCOUNT,
    PERP,
    SLOW,
    START_CASH,
    START_NS,
    Desk,
    as_killed,
    book,
    cancel,
    check_books,
    open_venue,
    order_id,
    place,
    read,
    trade,
)
from tradewind.core.matching.latency import NO_LATENCY, LogNormalLatency
from tradewind.core.matching.state import VenueModel
from tradewind.edge.simulators.inprocess import InProcessVenue
from tradewind.model.config import Account
from tradewind.model.errors import ConfigError
from tradewind.model.events import (
    CancelRejected,
    Event,
    FillReceived,
    FundingPaid,
    FundingRate,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
    SessionChanged,
    SettlementPhase,
    SettlementReported,
    TradingChanged,
)
from tradewind.model.ids import AccountId, Currency, InstrumentId, MarketId, VenueId
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome, single_tick
from tradewind.model.market import Trading
from tradewind.model.money import MILLIS, NANOS
from tradewind.model.order import OrderStatus, Side

STEP_NS = 50 * MILLIS
LATENCIES = [
    pytest.param(SLOW, id="constant"),
    pytest.param(NO_LATENCY, id="none"),
    pytest.param(
        LogNormalLatency(
            seed=4, entry_median_ns=30 * MILLIS, response_median_ns=50 * MILLIS, feed_ns=MILLIS
        ),
        id="log-normal",
    ),
]


def defined(path: Path) -> InProcessVenue:
    venue = open_venue(path)
    venue.define(PERP, START_NS)
    venue.on_market(book(START_NS, Decimal(1000), Decimal(50)))
    return venue


def answers(venue: InProcessVenue, until_ns: int) -> list[Event]:
    told: list[Event] = []
    while venue.next_due_ns <= until_ns:
        told += venue.due(until_ns)
    return told


# --- one life after another ---------------------------------------------------------------------


def test_orders_positions_balances_and_fills_outlive_the_process(tmp_path: Path) -> None:
    venue = defined(tmp_path / "v")
    venue.submit(place(1, START_NS, Side.BUY, "1001", 7), START_NS)
    venue.submit(place(2, START_NS, Side.BUY, "998.5", 3), START_NS)
    told = answers(venue, START_NS + NANOS)
    assert [type(event) for event in told].count(FillReceived) == 1
    before = read(venue, START_NS + NANOS, order_id(1), order_id(2))
    again = open_venue(as_killed(tmp_path / "v", tmp_path / "killed"))
    after = read(again, START_NS + NANOS, order_id(1), order_id(2))
    assert after == before
    assert {order.client_order_id: order.status for order in after.orders} == {
        order_id(1): OrderStatus.FILLED,
        order_id(2): OrderStatus.NEW,
    }
    assert after.positions[0].qty == 7
    assert after.balances[Currency("USDT")] < START_CASH
    check_books(after)
    assert again.last_ns == START_NS + NANOS


def test_the_place_of_a_resting_order_in_its_queue_is_known(tmp_path: Path) -> None:
    venue = defined(tmp_path / "v")
    venue.submit(place(1, START_NS, Side.BUY, "1001", 7), START_NS)
    venue.submit(place(2, START_NS, Side.BUY, "998.5", 3), START_NS)
    answers(venue, START_NS + NANOS)
    assert venue.ahead(order_id(1)) is None, "it is filled"
    assert venue.ahead(order_id(2)) is not None
    assert venue.ahead(order_id(3)) is None, "nobody sent it"


def test_a_client_id_is_spent_for_all_processes(tmp_path: Path) -> None:
    venue = defined(tmp_path / "v")
    venue.submit(place(1, START_NS, Side.BUY, "990"), START_NS)
    venue.cancel(cancel(1, START_NS), START_NS)
    answers(venue, START_NS + NANOS)
    again = open_venue(as_killed(tmp_path / "v", tmp_path / "killed"))
    again.submit(place(1, START_NS + NANOS, Side.BUY, "990"), START_NS + NANOS)
    told = answers(again, START_NS + 2 * NANOS)
    assert [event.reason for event in told if isinstance(event, OrderRejected)] == [
        "duplicate_order_id"
    ]


def test_an_order_that_never_came_is_absent_from_a_reading(tmp_path: Path) -> None:
    venue = defined(tmp_path / "v")
    report = read(venue, START_NS, order_id(9))
    assert report.asked == (order_id(9),)
    assert report.orders == ()


def test_requests_under_way_arrive_and_answers_under_way_are_lost(tmp_path: Path) -> None:
    venue = defined(tmp_path / "v")
    venue.submit(place(1, START_NS, Side.BUY, "990"), START_NS)
    # The first has arrived and its answer is under way; the second is under way itself.
    late_ns = START_NS + 60 * MILLIS
    assert venue.due(late_ns) == []
    venue.submit(place(2, late_ns, Side.BUY, "990"), late_ns)
    read(venue, late_ns)
    again = open_venue(as_killed(tmp_path / "v", tmp_path / "killed"))
    told = answers(again, START_NS + NANOS)
    accepted = [event.client_order_id for event in told if isinstance(event, OrderAccepted)]
    assert accepted == [order_id(2)]
    report = read(again, START_NS + NANOS)
    assert {order.client_order_id for order in report.orders} == {order_id(1), order_id(2)}


def test_what_was_not_told_may_never_have_happened(tmp_path: Path) -> None:
    venue = defined(tmp_path / "v")
    read(venue, START_NS)
    venue.submit(place(1, START_NS, Side.BUY, "990"), START_NS)
    again = open_venue(as_killed(tmp_path / "v", tmp_path / "killed"))
    assert answers(again, START_NS + NANOS)[-1:] != []
    report = read(again, START_NS + NANOS, order_id(1))
    assert report.orders == ()


def test_a_new_process_is_told_that_its_session_stands(tmp_path: Path) -> None:
    venue = defined(tmp_path / "v")
    assert answers(venue, START_NS) == []
    venue.close()
    told = answers(open_venue(tmp_path / "v"), START_NS + NANOS)
    assert [(type(event), event.live) for event in told] == [(SessionChanged, True)]  # type: ignore[union-attr]


def test_the_file_goes_on_with_its_own_accounts(tmp_path: Path) -> None:
    defined(tmp_path / "v").close()
    other = Account(
        id=AccountId("other"), venue=VenueId("SIM"), currency=Currency("USDT"), balance=Decimal(1)
    )
    with pytest.raises(ConfigError, match="found the accounts paper instead of other"):
        InProcessVenue(tmp_path / "v", [other], VenueModel())
    richer = msgspec.structs.replace(ACCOUNT, balance=Decimal(5))
    venue = InProcessVenue(tmp_path / "v", [richer], VenueModel())
    assert read(venue, START_NS).balances == {Currency("USDT"): START_CASH}


def test_closing_keeps_all_and_opens_again_without_a_log(tmp_path: Path, seed: int) -> None:
    venue = defined(tmp_path / "v")
    desk = Desk(Random(seed))
    for step in range(300):
        desk.live(venue, START_NS + step * STEP_NS)
    before = read(venue, START_NS + 300 * STEP_NS)
    venue.close()
    again = open_venue(tmp_path / "v")
    assert read(again, START_NS + 300 * STEP_NS) == before
    assert again.live_orders == len(before.orders)


# --- payments -----------------------------------------------------------------------------------


def outcome(name: str, mirror: str, side: Outcome, **changes: object) -> Instrument:
    rules = Instrument(
        id=InstrumentId(name),
        venue=VenueId("SIM"),
        symbol="Q",
        kind=InstrumentKind.BINARY,
        quote=Currency("USDT"),
        ticks=single_tick(Decimal("0.01")),
        qty_step=Decimal(1),
        px_exponent=2,
        qty_exponent=0,
        market=MarketId("SIM:Q"),
        outcome=side,
        mirror=InstrumentId(mirror),
        native_stops=False,
    )
    return msgspec.structs.replace(rules, **changes)


def holding_yes(path: Path) -> InProcessVenue:
    """Return a venue where the account holds 10 YES bought at 0.40."""
    venue = open_venue(path, latency=NO_LATENCY)
    for rules in (outcome("Y", "N", Outcome.YES), outcome("N", "Y", Outcome.NO)):
        venue.define(rules, START_NS)
    levels = ((Decimal("0.40"), Decimal(100)),)
    snapshot = book(START_NS, Decimal(1), Decimal(1))
    venue.on_market(
        msgspec.structs.replace(snapshot, instrument=InstrumentId("Y"), bids=(), asks=levels)
    )
    buy = place(1, START_NS, Side.BUY, "0.40", 10)
    spec = msgspec.structs.replace(buy.spec, instrument=InstrumentId("Y"))
    venue.submit(msgspec.structs.replace(buy, spec=spec), START_NS)
    answers(venue, START_NS)
    return venue


@pytest.mark.parametrize(
    ("resolution", "payout", "profit"),
    [("1", "1", "6"), ("0", "0", "-4"), ("0.5", "0.5", "1"), ("void", "0.40", "0")],
)
def test_a_settled_question_pays_by_its_definition_once(
    tmp_path: Path, resolution: str, payout: str, profit: str
) -> None:
    venue = holding_yes(tmp_path / "v")
    told: dict[str, str] = {"resolution": resolution}
    for name, mirror, side in (("Y", "N", Outcome.YES), ("N", "Y", Outcome.NO)):
        venue.define(outcome(name, mirror, side, statistics=told, version=2), START_NS + NANOS)
    for name in ("Y", "N"):
        ts = START_NS + NANOS
        venue.on_market(TradingChanged(InstrumentId(name), ts, ts, Trading.SETTLED))
    paid = [e for e in answers(venue, START_NS + NANOS) if isinstance(e, SettlementReported)]
    assert [(e.instrument, e.phase, e.payout) for e in paid] == [
        ("Y", SettlementPhase.DETERMINED, Decimal(payout)),
        ("Y", SettlementPhase.PAID, Decimal(payout)),
    ]
    report = read(venue, START_NS + NANOS)
    assert report.positions == ()
    assert report.balances[Currency("USDT")] == START_CASH + Decimal(profit)
    again = open_venue(as_killed(tmp_path / "v", tmp_path / "killed"))
    retold = [e for e in answers(again, START_NS + 2 * NANOS) if isinstance(e, SettlementReported)]
    assert [(e.instrument, e.phase, e.number) for e in retold] == [
        (e.instrument, e.phase, e.number) for e in paid
    ]
    assert read(again, START_NS + 2 * NANOS).balances == report.balances


def test_a_question_that_is_not_answered_yet_pays_nothing(tmp_path: Path) -> None:
    venue = holding_yes(tmp_path / "v")
    venue.on_market(TradingChanged(InstrumentId("Y"), START_NS, START_NS, Trading.SETTLED))
    assert not any(isinstance(e, SettlementReported) for e in answers(venue, START_NS + NANOS))
    assert read(venue, START_NS).positions[0].qty == 10


def test_funding_under_way_at_a_kill_is_told_by_the_next_process(tmp_path: Path) -> None:
    venue = defined(tmp_path / "v")
    venue.submit(place(1, START_NS, Side.BUY, "1001", 7), START_NS)
    answers(venue, START_NS + NANOS)
    ts = START_NS + 2 * NANOS
    venue.on_market(FundingRate(PERP.id, ts, ts, Decimal("0.0001"), Decimal(1000)))
    read(venue, ts)
    again = open_venue(as_killed(tmp_path / "v", tmp_path / "killed"))
    told = [e for e in answers(again, ts + NANOS) if isinstance(e, FundingPaid)]
    assert [event.amount for event in told] == [Decimal("0.7")]
    assert told[0].ts_recv > ts


# --- kills --------------------------------------------------------------------------------------


def check_memory(desk: Desk, venue: InProcessVenue, ts: int) -> None:
    """Check that a venue knows all that the desk was told, and that its books add up."""
    asked = tuple(order_id(number) for number in range(1, desk.sent + 1))
    report = read(venue, ts, *asked)
    check_books(report)
    known = {fill.key: fill for fill in report.fills}
    for event in desk.fills.values():
        assert isinstance(event, FillReceived)
        assert known[event.fill.key] == event.fill
    orders = {order.client_order_id: order for order in report.orders}
    for told in desk.told:
        if isinstance(told, OrderAccepted):
            assert told.client_order_id in orders
        elif isinstance(told, OrderCancelled):
            order = orders[told.client_order_id]
            assert order.status is OrderStatus.CANCELLED
            assert order.filled_qty == told.filled_qty


@pytest.mark.parametrize("latency", LATENCIES)
@pytest.mark.parametrize("life", range(4))
def test_random_commands_and_crashes_lose_and_double_nothing(
    tmp_path: Path, latency: LogNormalLatency, life: int, seed: int
) -> None:
    dice = Random(seed + life)
    path = tmp_path / "v0"
    venue = open_venue(path, latency=latency)
    venue.define(PERP, START_NS)
    desk = Desk(dice)
    ts = START_NS
    for crash in range(1, 8):
        for _ in range(dice.randrange(5, 150)):
            ts += dice.randrange(STEP_NS)
            desk.live(venue, ts)
            if dice.random() < 0.02:
                check_memory(desk, venue, ts)
        path = as_killed(path, tmp_path / f"v{crash}")
        venue = open_venue(path, latency=latency)
        # The market goes on; a desk that comes back sees a whole book first.
        venue.define(PERP, ts)
        venue.on_market(book(ts, desk.bid, Decimal(50)))
        check_memory(desk, venue, ts)
    assert desk.fills


def test_a_replayed_venue_stands_exactly_where_it_stood(tmp_path: Path, seed: int) -> None:
    dice = Random(seed)
    venue = open_venue(tmp_path / "v")
    venue.define(PERP, START_NS)
    desk = Desk(dice)
    for step in range(400):
        desk.live(venue, START_NS + step * STEP_NS)
    ts = START_NS + 400 * STEP_NS
    # Nobody waits for an answer now, so that both go on alike.
    desk.advance(venue, ts + 10 * NANOS)
    ts += 10 * NANOS
    before = read(venue, ts)
    twin = open_venue(as_killed(tmp_path / "v", tmp_path / "killed"))
    answers(twin, ts)
    assert read(twin, ts) == before
    for step in range(200):
        event = desk.market(ts + step * STEP_NS)
        asked = place(1000 + step, event.ts_recv, Side.BUY, desk.bid)
        heard = []
        for each in (venue, twin):
            each.on_market(event)
            each.submit(asked, event.ts_recv)
            heard.append(answers(each, event.ts_recv))
        assert heard[0] == heard[1]


# --- speed --------------------------------------------------------------------------------------


def test_two_thousand_orders_a_second_are_answered_durably(tmp_path: Path) -> None:
    venue = open_venue(tmp_path / "v", latency=NO_LATENCY)
    venue.define(PERP, START_NS)
    venue.on_market(book(START_NS, Decimal(1000), Decimal(50)))
    count = 1_000
    started = time.process_time()
    for number in range(1, count + 1):
        ts = START_NS + number * MILLIS
        venue.submit(place(number, ts, Side.BUY, "990"), ts)
        assert isinstance(venue.due(ts)[0], OrderAccepted)
        venue.cancel(cancel(number, ts), ts)
        assert isinstance(venue.due(ts)[0], OrderCancelled)
    assert time.process_time() - started < count / 2_000


def test_an_unknown_instrument_is_nobodys_business(tmp_path: Path) -> None:
    venue = defined(tmp_path / "v")
    event = trade(START_NS, Decimal(1000), Decimal(1), Side.BUY)
    venue.on_market(msgspec.structs.replace(event, instrument=InstrumentId("SIM:OTHER")))
    venue.cancel(cancel(77, START_NS), START_NS)
    told = answers(venue, START_NS + NANOS)
    assert [(type(event), event.not_found) for event in told] == [(CancelRejected, True)]  # type: ignore[union-attr]

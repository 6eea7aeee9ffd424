"""What goes wrong goes wrong as named, and the venue's own books stay right."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from tests.unit.edge.simulators.paper import (
    ACCOUNT,
    PERP,
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
from tradewind.edge.simulators.faults import Faults
from tradewind.edge.simulators.inprocess import InProcessVenue
from tradewind.model.events import (
    CancelRejected,
    Event,
    FillReceived,
    NoAnswer,
    NotSent,
    OrderAccepted,
    OrderCancelled,
    OrderClaimed,
    Request,
    SessionChanged,
)
from tradewind.model.money import MILLIS, NANOS
from tradewind.model.order import OrderStatus, Side

ALL = {
    "not_sent": 0.05,
    "lose_request": 0.08,
    "refuse_cancel": 0.1,
    "cancel_not_found": 0.1,
    "lose_reply": 0.1,
    "lose_fill": 0.1,
    "duplicate": 0.2,
    "delay": 0.3,
    "reorder": 0.3,
    "outage": 0.01,
    "fail_read": 0.2,
    "stale_read": 0.3,
    "split_trade": 0.5,
}
LATER_NS = START_NS + 20 * NANOS


def venue(path: Path, **chances: float) -> InProcessVenue:
    made = open_venue(path / "v", faults=Faults(seed=1, **chances))  # type: ignore[arg-type]
    made.define(PERP, START_NS)
    made.on_market(book(START_NS, Decimal(1000), Decimal(50)))
    return made


def told(made: InProcessVenue, until_ns: int) -> list[Event]:
    heard: list[Event] = []
    while made.next_due_ns <= until_ns:
        heard += made.due(until_ns)
    return heard


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


def statuses(made: InProcessVenue, *asked: int) -> dict[str, OrderStatus]:
    report = read(made, LATER_NS, *[order_id(number) for number in asked])
    return {order.client_order_id or "": order.status for order in report.orders}


def test_nothing_goes_wrong_by_default(tmp_path: Path) -> None:
    made = venue(tmp_path)
    made.submit(place(1, START_NS, Side.BUY, "990"), START_NS)
    made.cancel(cancel(1, START_NS + NANOS), START_NS + NANOS)
    assert kinds(told(made, LATER_NS)) == [OrderAccepted, OrderCancelled]


@pytest.mark.parametrize(
    ("fault", "heard", "status"),
    [
        ("not_sent", [NotSent], None),
        ("lose_request", [NoAnswer], None),
        ("lose_reply", [NoAnswer], OrderStatus.NEW),
        ("duplicate", [OrderAccepted, OrderAccepted], OrderStatus.NEW),
        ("outage", [SessionChanged, OrderAccepted, SessionChanged], OrderStatus.NEW),
    ],
)
def test_a_submit_meets_one_fault(
    tmp_path: Path, fault: str, heard: list[type], status: OrderStatus | None
) -> None:
    made = venue(tmp_path, **{fault: 1.0})
    made.submit(place(1, START_NS, Side.BUY, "990"), START_NS)
    events = told(made, LATER_NS)
    assert Counter(kinds(events)) == Counter(heard)
    assert statuses(made, 1).get(order_id(1)) == status
    assert [e.request for e in events if isinstance(e, NoAnswer | NotSent)] == [
        Request.SUBMIT
    ] * sum(kind in (NoAnswer, NotSent) for kind in heard)


def test_whoever_asks_again_at_once_for_what_cannot_leave_gets_on_in_time(tmp_path: Path) -> None:
    made = venue(tmp_path, not_sent=1.0)
    now_ns = START_NS
    for _ in range(20):
        made.cancel(cancel(1, now_ns), now_ns)
        (unsent,) = made.due(now_ns + NANOS)
        assert isinstance(unsent, NotSent)
        now_ns = unsent.ts_recv
    assert now_ns - START_NS >= 20 * 50 * MILLIS


def test_an_answer_that_is_late_comes_after_its_time_out(tmp_path: Path) -> None:
    made = venue(tmp_path, delay=1.0, delay_ns=30 * NANOS, timeout_ns=100 * MILLIS)
    made.submit(place(1, START_NS, Side.BUY, "990"), START_NS)
    events = told(made, START_NS + 60 * NANOS)
    assert kinds(events) == [NoAnswer, OrderAccepted]
    assert events[1].ts_recv - START_NS > 100 * MILLIS


@pytest.mark.parametrize(
    ("fault", "status", "not_found"),
    [
        ("refuse_cancel", OrderStatus.NEW, False),
        ("cancel_not_found", OrderStatus.CANCELLED, True),
    ],
)
def test_a_cancel_is_turned_away_or_denied_although_it_worked(
    tmp_path: Path, fault: str, status: OrderStatus, not_found: bool
) -> None:
    made = venue(tmp_path, **{fault: 1.0})
    made.submit(place(1, START_NS, Side.BUY, "990"), START_NS)
    told(made, START_NS + NANOS)
    made.cancel(cancel(1, START_NS + NANOS), START_NS + NANOS)
    events = told(made, LATER_NS)
    refused = [event for event in events if isinstance(event, CancelRejected)]
    assert [event.not_found for event in refused] == [not_found]
    assert statuses(made, 1) == {order_id(1): status}


def test_a_lost_fill_is_claimed_and_found_in_a_reading(tmp_path: Path) -> None:
    made = venue(tmp_path, lose_fill=1.0)
    made.submit(place(1, START_NS, Side.BUY, "1001", 7), START_NS)
    events = told(made, LATER_NS)
    assert FillReceived not in kinds(events)
    claims = [event.cumulative_qty for event in events if isinstance(event, OrderClaimed)]
    assert claims == [7]
    report = read(made, LATER_NS)
    assert [fill.qty for fill in report.fills] == [7]
    check_books(report)


def test_an_outage_swallows_the_stream_until_it_is_back(tmp_path: Path) -> None:
    made = venue(tmp_path, outage=1.0, outage_ns=5 * NANOS)
    made.submit(place(1, START_NS, Side.BUY, "1001", 7), START_NS)
    events = told(made, START_NS + 4 * NANOS)
    assert FillReceived not in kinds(events)
    states = [event.live for event in told(made, LATER_NS) if isinstance(event, SessionChanged)]
    assert states[-1:] == [True]


def test_a_failed_reading_is_no_reading(tmp_path: Path) -> None:
    made = venue(tmp_path, fail_read=1.0)
    assert made.report(ACCOUNT.id, (), START_NS) is None


def test_a_stale_reading_is_as_of_a_little_earlier(tmp_path: Path) -> None:
    made = venue(tmp_path, stale_read=1.0)
    made.submit(place(1, START_NS, Side.BUY, "990"), START_NS)
    told(made, START_NS + NANOS)
    later_ns = START_NS + 5 * NANOS
    made.submit(place(2, later_ns, Side.BUY, "1001", 7), later_ns)
    answered_ns = made.next_due_ns
    while FillReceived not in kinds(told(made, answered_ns)):
        answered_ns = made.next_due_ns
    stale = read(made, answered_ns + MILLIS, order_id(1), order_id(2))
    assert stale.ts_recv == answered_ns + MILLIS, "it claims to be of now"
    assert [order.client_order_id for order in stale.orders] == [order_id(1)]
    assert (stale.fills, stale.positions) == ((), ())
    fresh = read(made, answered_ns + NANOS, order_id(1), order_id(2))
    assert len(fresh.orders) == 2
    assert len(fresh.fills) == 1
    assert fresh.positions[0].qty == 7


def test_a_split_trade_fills_in_parts_and_not_more(tmp_path: Path) -> None:
    made = venue(tmp_path, split_trade=1.0)
    made.submit(place(1, START_NS, Side.BUY, "1000.5", 60), START_NS)
    told(made, START_NS + NANOS)
    made.on_market(trade(START_NS + NANOS, Decimal("1000.5"), Decimal(40), Side.SELL))
    fills = [e.fill.qty for e in told(made, LATER_NS) if isinstance(e, FillReceived)]
    assert len(fills) == 2
    assert sum(fills) == 40
    assert all(qty == int(qty) for qty in fills)


def test_faults_follow_their_seed(tmp_path: Path, seed: int) -> None:
    heard = []
    for run in ("a", "b"):
        (tmp_path / run).mkdir()
        made = open_venue(tmp_path / run / "v", faults=Faults(seed=seed, **ALL))  # type: ignore[arg-type]
        made.define(PERP, START_NS)
        desk = Desk(Random(seed))
        for step in range(300):
            desk.live(made, START_NS + step * 50 * MILLIS)
        heard.append(desk.told)
    assert heard[0] == heard[1]
    assert len(set(kinds(heard[0]))) > 6


@pytest.mark.parametrize("life", range(6))
def test_the_venue_stays_right_whatever_the_wire_does(tmp_path: Path, life: int, seed: int) -> None:
    dice = Random(seed + life)
    path = tmp_path / "v0"
    desk = Desk(dice)
    ts = START_NS
    for crash in range(1, 5):
        faults = Faults(seed=dice.randrange(1 << 30), **ALL)  # type: ignore[arg-type]
        made = open_venue(path, faults=faults)
        made.define(PERP, ts)
        last_ns = ts
        for _ in range(dice.randrange(20, 200)):
            ts += dice.randrange(100 * MILLIS)
            before = len(desk.told)
            desk.live(made, ts)
            for event in desk.told[before:]:
                assert event.ts_recv >= last_ns or event.ts_recv >= START_NS
            made.report(ACCOUNT.id, (order_id(1),), ts)
        path = as_killed(path, tmp_path / f"v{crash}")
    asked = [order_id(number) for number in range(1, desk.sent + 1)]
    honest = open_venue(path)
    report = read(honest, ts, *asked)
    check_books(report)
    keys = {fill.key for fill in report.fills}
    assert desk.fills.keys() <= keys
    known = {order.client_order_id for order in report.orders}
    for event in desk.told:
        if isinstance(event, OrderAccepted | OrderCancelled):
            assert event.client_order_id in known
        elif isinstance(event, NotSent) and event.request is Request.SUBMIT:
            assert event.client_order_id not in known

"""The life of an order, written down here from FIX and from what a venue can prove."""

import pytest

from tests.harness import D, account, perpetual
from tradewind.core.execution.orders import OrderTable
from tradewind.core.execution.transitions import Happening
from tradewind.core.risk.exposure import Exposure
from tradewind.model.ids import InstanceId, OrderId
from tradewind.model.order import TERMINAL, Order, OrderStatus, PlaceOrder, Side

H, S = Happening, OrderStatus
REFUSED = "-"
BEFORE = "<"
"""Back to where the order stood before the request under way."""
WORDS = {
    "pn": S.PENDING_NEW, "n": S.NEW, "pf": S.PARTIALLY_FILLED, "pc": S.PENDING_CANCEL,
    "pr": S.PENDING_REPLACE, "u": S.UNKNOWN, "F": S.FILLED, "C": S.CANCELLED, "R": S.REJECTED,
    "E": S.EXPIRED, "NS": S.NOT_SENT, "D": S.DENIED,
}  # fmt: skip
COLUMNS = (
    S.PARKED, S.PENDING_NEW, S.NEW, S.PARTIALLY_FILLED, S.PENDING_CANCEL, S.PENDING_REPLACE,
    S.UNKNOWN, S.FILLED, S.CANCELLED, S.REJECTED, S.EXPIRED, S.NOT_SENT, S.DENIED,
)  # fmt: skip
LIFE = {
    #                  PARK PN  N   PF  PC  PR  UNK FIL CXL REJ EXP NS  DEN
    H.SENT:           "pn   -   -   -   -   -   -   -   -   -   -   -   -",
    H.DENIED:         "D    -   -   -   -   -   -   -   -   -   -   -   -",
    # An acknowledgement may be late or doubled; of an order that never was it is an alarm.
    H.ACCEPTED:       "-    n   n   pf  pc  pr  <   F   C   -   E   -   -",
    # What has filled was not refused.
    H.REJECTED:       "-    R   R   -   R   R   R   -   -   R   -   -   -",
    # A request under way outlives a part; a late part does not open an order again.
    H.FILLED_PART:    "-    pf  pf  pf  pc  pr  pf  F   C   R   E   -   -",
    H.FILLED_ALL:     "-    F   F   F   F   F   F   F   F   F   F   -   -",
    H.CANCEL_ASKED:   "C    pc  pc  pc  pc  pc  u   -   -   -   -   -   -",
    H.CANCEL_REFUSED: "-    pn  n   pf  <   pr  u   F   C   R   E   NS  -",
    H.CANCELLED:      "-    C   C   C   C   C   C   F   C   R   E   -   -",
    H.AMEND_ASKED:    "-    -   pr  pr  -   -   -   -   -   -   -   -   -",
    H.AMEND_REFUSED:  "-    -   n   pf  pc  <   u   F   C   R   E   -   -",
    H.AMENDED:        "-    -   n   pf  pc  <   <   F   C   -   E   -   -",
    H.EXPIRED:        "-    E   E   E   E   E   E   F   C   -   E   -   -",
    # No answer to a create or an amendment: anything may be; to a cancel: it still may come.
    H.NO_ANSWER:      "-    u   n   pf  pc  u   u   F   C   R   E   NS  -",
    # A cancel, an amendment (as refused) or the create itself provably did not leave.
    H.NOT_SENT:       "-    pn  n   pf  <   pr  u   F   C   R   E   NS  -",
    H.NEVER_LEFT:     "-    NS  -   -   NS  -   u   -   -   R   -   NS  -",
    # Seen at work: no create or amendment is in doubt any more, a cancel under way still is.
    H.FOUND:          "-    n   n   pf  pc  <   <   -   -   -   -   -   -",
    # Not found once proves nothing, except where the doubt was there before.
    H.ABSENT:         "-    u   u   u   u   u   R   -   -   -   -   -   -",
    H.RESTARTED:      "D    u   n   pf  u   u   u   -   -   -   -   -   -",
}  # fmt: skip
PAIRS = [
    (status, happening, word)
    for happening, line in LIFE.items()
    for status, word in zip(COLUMNS, line.split(), strict=True)
]


def order_in(status: OrderStatus, filled: str = "0", acknowledged: int = 0) -> Order:
    instrument = perpetual().id
    spec = PlaceOrder(account().id, instrument, Side.BUY, D(2), D(100))
    order = Order(OrderId("O1"), InstanceId("s1"), spec, instrument, Side.BUY, D(2), D(100), 1)
    order.status, order.filled_qty, order.acknowledged_ns = status, D(filled), acknowledged
    return order


def table() -> OrderTable:
    return OrderTable(Exposure(), {}, {})


def test_every_status_and_every_happening_has_an_expectation() -> None:
    assert set(LIFE) == set(Happening)
    assert set(COLUMNS) == set(OrderStatus)


@pytest.mark.parametrize(("status", "happening", "word"), PAIRS)
def test_every_pair_moves_the_order_as_expected_or_is_refused_without_change(
    status: OrderStatus, happening: Happening, word: str
) -> None:
    order = order_in(status, "1" if status is S.PARTIALLY_FILLED else "0", acknowledged=1)
    moved = table().apply(order, happening, 2)
    assert moved is (word != REFUSED)
    if word == BEFORE:
        assert order.status is S.NEW
    else:
        assert order.status is (status if word == REFUSED else WORDS[word])
    assert bool(order.closed_ns) is (order.status in TERMINAL and status is not order.status)


@pytest.mark.parametrize(
    ("filled", "acknowledged", "before"),
    [("0", 0, S.PENDING_NEW), ("0", 1, S.NEW), ("1", 0, S.PARTIALLY_FILLED)],
)
@pytest.mark.parametrize(
    ("status", "happening"),
    [(status, happening) for status, happening, word in PAIRS if word == BEFORE],
)
def test_what_was_under_way_ends_where_the_order_stood_before(
    status: OrderStatus,
    happening: Happening,
    filled: str,
    acknowledged: int,
    before: OrderStatus,
) -> None:
    order = order_in(status, filled, acknowledged)
    assert table().apply(order, happening, 2)
    assert order.status is before


def test_a_pending_cancel_ends_only_by_a_terminal_row_or_a_refusal() -> None:
    orders = {happening: order_in(S.PENDING_CANCEL) for happening in Happening}
    ends = {
        happening
        for happening, order in orders.items()
        if table().apply(order, happening, 2) and order.status not in (S.PENDING_CANCEL, S.UNKNOWN)
    }
    assert ends == {
        H.CANCELLED, H.EXPIRED, H.REJECTED, H.FILLED_ALL,  # the venue says that it is over
        H.CANCEL_REFUSED, H.NOT_SENT, H.NEVER_LEFT,  # no cancel is under way any more
    }  # fmt: skip


def test_nothing_but_a_late_fill_moves_an_order_that_is_over() -> None:
    for status in TERMINAL:
        for happening in Happening:
            order = order_in(status)
            table().apply(order, happening, 2)
            assert order.status is status or happening is H.FILLED_ALL

"""What may or may not exist holds its place: no second try, no second exit."""

from typing import Any

import pytest

from tests.harness import Bench, account
from tests.unit.core.hand import (
    BTC,
    BUY,
    SELL,
    Hand,
    denial,
    hold,
    place,
    stage,
)
from tradewind.model.events import (
    NoAnswer,
    Request,
)
from tradewind.model.ids import AccountId
from tradewind.model.order import OrderStatus

A = AccountId("A")


def unknown(bench: Bench, order: Any) -> None:
    now = bench.now
    bench.feed(NoAnswer(A, now, now, order.client_order_id, Request.SUBMIT))
    assert order.status is OrderStatus.UNKNOWN


def test_a_slot_that_holds_an_unknown_takes_no_new_intent_of_the_same_purpose() -> None:
    bench = stage(account(), auto_ack=False)
    unknown(bench, place(bench, BUY, "1", "99", reason="join"))
    assert denial(bench, BUY, "1", "99", reason="join").rule == "slot_unknown"
    place(bench, BUY, "1", "99", reason="jump")
    place(bench, SELL, "1", "101", reason="join")


def test_somebody_elses_unknown_does_not_hide_the_own_one() -> None:
    bench = stage(account(), auto_ack=False)
    bench.deploy(Hand, BTC, name="s2")
    unknown(bench, place(bench, BUY, "1", "99", reason="join", name="s2"))
    place(bench, BUY, "1", "98", reason="other")
    unknown(bench, place(bench, BUY, "1", "99", reason="join"))
    assert denial(bench, BUY, "1", "99", reason="join").rule == "slot_unknown"


@pytest.mark.parametrize("enforced", [True, False])
def test_beside_an_unknown_exit_a_second_one_needs_a_reduce_only_flag_that_the_venue_enforces(
    enforced: bool,
) -> None:
    bench = stage(account(reduce_only_flag=enforced), auto_ack=False)
    hold(bench, "2")
    unknown(bench, place(bench, SELL, "2", "99", reduce_only=True, reason="target"))
    assert denial(bench, SELL, "1", "99", reason="stop").rule == "exit_unknown"
    if enforced:
        place(bench, SELL, "2", "99", reason="stop", reduce_only=True)
    else:
        found = denial(bench, SELL, "1", "99", reason="stop", reduce_only=True)
        assert found.rule == "exit_unknown"

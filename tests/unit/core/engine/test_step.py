"""One function folds everything that happens; only it moves the number and the clock."""

from typing import Any, get_args

import pytest

from tests.harness import START, Bench, D, account
from tests.unit.core.hand import BTC, BUY, place, scene
from tradewind.core.engine.desk import Desk
from tradewind.core.engine.step import FOLD, step
from tradewind.model import events
from tradewind.model.config import DeskConfig
from tradewind.model.effects import Level, LockChanged, ReadAccount
from tradewind.model.events import (
    AccountReport,
    DeskStarted,
    FeeAdjusted,
    FillFailed,
    FillFinalised,
    FundingPaid,
    SettlementPhase,
    SettlementReported,
    Transferred,
    Woke,
)
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import AccountId, Currency, FillKey
from tradewind.model.order import Liquidity

A, USDT = AccountId("A"), Currency("USDT")


def every_event() -> set[type]:
    found: set[type] = set()
    for each in get_args(events.Event):
        found |= set(get_args(each)) or {each}
    return found


def test_there_is_a_fold_for_every_event_and_for_nothing_else() -> None:
    assert set(FOLD) == every_event()


def test_every_step_has_its_number_and_effects_belong_to_the_caller() -> None:
    bench = scene()
    desk = bench.desk
    before = desk.world.seq
    effects = step(desk, Woke(bench.now + 1))
    assert desk.world.seq == before + 1
    assert effects == []
    order = place(bench, BUY, 1, "99")
    assert order.cause_seq == before + 2
    assert desk.effects == []


@pytest.mark.parametrize("behind", [0, 1, 10**12])
def test_the_clock_is_that_of_the_event_and_never_runs_backwards(behind: int) -> None:
    bench = Bench()
    step(bench.desk, Woke(START + 5))
    step(bench.desk, Woke(START + 5 - behind))
    assert bench.desk.world.now_ns == START + 5


# --- what contradicts the ledger ------------------------------------------------------------------


def fill(bench: Bench, px: str = "100", **more: Any) -> Fill:
    order = bench.desk.orders.find(bench.submitted()[0].client_order_id)
    assert order is not None
    fields: dict[str, Any] = {
        "key": FillKey("F"),
        "account": A,
        "instrument": BTC.id,
        "side": BUY,
        "qty": D(1),
        "px": D(px),
        "fee": D(0),
        "fee_currency": USDT,
        "liquidity": Liquidity.MAKER,
        "ts_event": bench.now,
        "client_order_id": order.client_order_id,
        "life": FillLife.MATCHED,
    }
    return Fill(**{**fields, **more})


def news(kind: type, bench: Bench, *fields: Any) -> Any:
    return kind(A, bench.now, bench.now, *fields)


FUNDS = (FillKey("X"), BTC.id)
CONTRADICTIONS: dict[str, tuple[Any, Any]] = {
    "fill": (
        lambda bench: news(events.FillReceived, bench, fill(bench)),
        lambda bench: news(events.FillReceived, bench, fill(bench, "101")),
    ),
    "finalised": (
        lambda bench: news(FillFailed, bench, FillKey("F"), "chain"),
        lambda bench: news(FillFinalised, bench, FillKey("F")),
    ),
    "failed": (
        lambda bench: news(FillFinalised, bench, FillKey("F")),
        lambda bench: news(FillFailed, bench, FillKey("F"), "chain"),
    ),
    "fee": (
        lambda bench: news(FeeAdjusted, bench, *FUNDS, D(1), USDT),
        lambda bench: news(FeeAdjusted, bench, *FUNDS, D(2), USDT),
    ),
    "funding": (
        lambda bench: news(FundingPaid, bench, *FUNDS, D(1), USDT),
        lambda bench: news(FundingPaid, bench, *FUNDS, D(2), USDT),
    ),
    "settlement": (
        lambda bench: news(SettlementReported, bench, BTC.id, SettlementPhase.PAID, D(1)),
        lambda bench: news(SettlementReported, bench, BTC.id, SettlementPhase.PAID, D(2)),
    ),
    "transfer": (
        lambda bench: news(Transferred, bench, FillKey("X"), D(1), USDT),
        lambda bench: news(Transferred, bench, FillKey("X"), D(2), USDT),
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_contradicts_a_posting_changes_nothing_alerts_locks_and_reads(name: str) -> None:
    bench = scene()
    place(bench, BUY, 1, "100")
    bench.feed(news(events.FillReceived, bench, fill(bench)))
    first, second = CONTRADICTIONS[name]
    bench.feed(first(bench))
    held, cash = bench.position(BTC), bench.desk.ledger.cash(A, USDT)
    mark = len(bench.effects)
    bench.reads_fail = True
    bench.feed(second(bench))
    told = bench.effects[mark:]
    assert (bench.position(BTC), bench.desk.ledger.cash(A, USDT)) == (held, cash)
    assert any(getattr(each, "level", None) is Level.CRITICAL for each in told)
    assert any(type(each) is LockChanged and each.cause for each in told)
    assert name == "fill" or any(type(each) is ReadAccount for each in told)


def test_an_opening_balance_that_contradicts_a_transfer_locks_the_account() -> None:
    desk = Desk({})
    step(desk, DeskStarted(1, 1, DeskConfig(accounts=(account(),)), START))
    step(desk, Transferred(A, START, START, FillKey("opening:USDT"), D(7), USDT))
    report = AccountReport(A, START, START, (), (), (), {USDT: D(8)})
    effects = step(desk, report)
    assert any(type(each) is LockChanged and each.cause for each in effects)
    assert desk.ledger.cash(A, USDT) == D(7)

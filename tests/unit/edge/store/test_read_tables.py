"""The read tables: each step once, in any portions, and the same again from the journal."""

import random
import sqlite3
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.edge.store.reads import open_projector
from tests.unit.edge.store.samples import (
    ACCOUNT,
    BOT,
    BTC,
    USDT,
    accepted,
    deploy,
    fill,
    number,
    open_journal,
    opening,
    started,
    submit,
)
from tests.unit.edge.store.test_read_ledger import INSTRUMENTS, Session
from tradewind.edge.store.tables import READ_TABLES
from tradewind.model.commands import DESK, Kill, Lifecycle, Scope, ScopeKind, TradingState
from tradewind.model.effects import (
    Alert,
    AmendOrder,
    CancelOrder,
    CommandAnswered,
    Confirmation,
    CycleChanged,
    Effect,
    Level,
    LifecycleChanged,
    LockChanged,
    OrderResolved,
    ParametersChanged,
    TradingStateChanged,
)
from tradewind.model.errors import JournalError
from tradewind.model.events import (
    AccountReport,
    BalanceReported,
    CommandReceived,
    Event,
    FillFailed,
    FundingPaid,
    NoAnswer,
    OrderAmended,
    OrderCancelled,
    OrderPrepared,
    ReportedOrder,
    Request,
    SessionChanged,
    Transferred,
)
from tradewind.model.fill import FillLife
from tradewind.model.ids import CommandId, FillKey, OrderId, VenueOrderId
from tradewind.model.order import OrderStatus, Side
from tradewind.ports import Published
from tradewind.runtime.codec import encode_rows, steps

BUY, SELL = Side.BUY, Side.SELL
Step = tuple[Event | None, tuple[Effect, ...]]


def _project(path: Path, *later: Step) -> Path:
    """Fold the opening and these steps; return the file."""
    projector = open_projector(path)
    projector.apply(opening() + number(*later, after=len(opening())))
    projector.close()
    return path


def _rows(path: Path, table: str, columns: str = "*", where: str = "1") -> list[dict[str, Any]]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    found = connection.execute(f"SELECT {columns} FROM trading_{table} WHERE {where}").fetchall()
    connection.close()
    return [dict(row) for row in found]


def _everything(path: Path) -> dict[str, list[dict[str, Any]]]:
    return {
        name: sorted(_rows(path, name), key=lambda row: repr(sorted(row.items())))
        for name in READ_TABLES
    }


def _random_news(seed: int) -> list[Published]:
    kinds = ("fill", "fill", "fill", "finalise", "fail", "again", "fee", "funding", "correct")
    return Session(seed, (*kinds, "settle"), INSTRUMENTS).run(150)


def test_any_portions_and_repetitions_give_the_same_tables(tmp_path: Path, seed: int) -> None:
    news, dice = _random_news(seed), random.Random(seed)
    whole, parts = tmp_path / "whole.sqlite", tmp_path / "parts.sqlite"
    projector = open_projector(whole)
    assert projector.apply(news) == len(news)
    projector.close()
    position = 0
    while position < len(news):
        projector = open_projector(parts)
        for _ in range(dice.randrange(1, 4)):
            size, back = dice.randrange(1, 20), dice.randrange(5)
            projector.apply(news[max(0, position - back) : position + size])
            position += size
        # A restart forgets everything that is not in the file.
        projector.close()
    assert _everything(parts) == _everything(whole)


def test_a_rebuild_from_the_journal_gives_the_same_tables(tmp_path: Path, seed: int) -> None:
    news = _random_news(seed)
    journal = open_journal(tmp_path / "journal.sqlite")
    epoch = journal.take_lease("desk")
    for step in news:
        journal.append(encode_rows(step.seq, epoch, step.ts, step.event, step.effects))
    path = tmp_path / "read.sqlite"
    projector = open_projector(path)
    projector.apply(news)
    live = _everything(path)
    assert projector.rebuild(steps(journal.read())) == len(news)
    assert _everything(path) == live
    assert projector.catch_up(steps(journal.read())) == 0
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE trading_positions SET qty = '1000'")
        connection.execute("DELETE FROM trading_fills")
    connection.close()
    projector.rebuild(steps(journal.read()))
    assert _everything(path) == live
    projector.close()


def test_what_was_missed_is_caught_up_behind_the_cursor(tmp_path: Path) -> None:
    news = opening() + number(*[(None, (submit(f"O{n}"),)) for n in range(50)], after=3)
    projector = open_projector(tmp_path / "read.sqlite")
    projector.apply(news[:20])
    assert projector.cursor() == 20
    assert projector.catch_up(iter(news)) == len(news) - 20
    assert projector.cursor() == len(news)
    assert len(_rows(tmp_path / "read.sqlite", "orders")) == 50
    projector.close()


def test_a_batch_that_fails_counts_for_nothing_and_can_be_applied_again(tmp_path: Path) -> None:
    path = tmp_path / "read.sqlite"
    projector = open_projector(path)
    news = opening() + number((fill("f1", BUY, "1", "100", ts=9), ()), after=3)
    projector.apply(news[:2])
    before = _everything(path)
    blocker = sqlite3.connect(path)
    blocker.execute("CREATE TRIGGER no_fills BEFORE INSERT ON trading_fills "
                    "BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END")  # fmt: skip
    blocker.commit()
    with pytest.raises(JournalError, match=r"the disk is on fire.*rebuild the read tables"):
        projector.apply(news)
    assert _everything(path) == before
    blocker.execute("DROP TRIGGER no_fills")
    blocker.commit()
    blocker.close()
    assert projector.apply(news) == 2
    assert len(_rows(path, "fills")) == 1
    projector.close()


def test_batches_may_come_from_different_threads(tmp_path: Path) -> None:
    projector = open_projector(tmp_path / "read.sqlite")
    news = opening() + number((fill("f1", BUY, "1", "100", ts=9), ()), after=3)
    for part in (news[:2], news[2:]):
        worker = threading.Thread(target=projector.apply, args=(part,))
        worker.start()
        worker.join()
    assert projector.cursor() == 4
    projector.close()


def test_a_journals_own_file_may_hold_the_read_tables_too(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "one.sqlite")
    epoch = journal.take_lease("desk")
    projector = open_projector(tmp_path / "one.sqlite")
    for step in opening():
        journal.append(encode_rows(step.seq, epoch, step.ts, step.event, step.effects))
        projector.apply([step])
    assert [row["bot_id"] for row in _rows(tmp_path / "one.sqlite", "instances")] == [BOT]
    projector.close()
    journal.close()


def test_an_order_shows_its_whole_life(tmp_path: Path) -> None:
    order, venue_id = OrderId("O1"), VenueOrderId("venue-O1")
    path = _project(
        tmp_path / "read.sqlite",
        (None, (submit("O1", BUY, "3", ts=4, reason="grid"),)),
        (OrderPrepared(ACCOUNT, 5, 5, order, "wire-1", "abc"), ()),
        (accepted("O1", 6), (AmendOrder(order, ACCOUNT, BTC, venue_id, Decimal(2), None, 6),)),
        (OrderAmended(ACCOUNT, 7, 7, order, Decimal(2), Decimal("99.5")), ()),
        (fill("f1", BUY, "0.5", "99.5", ts=8, order="O1", fee=Decimal("0.1")), ()),
        (fill("f1", BUY, "0.5", "99.5", ts=8, order="O1", fee=Decimal("0.1")), ()),
        (fill("f2", BUY, "0.5", "99", ts=9, order="O1"), (
            CancelOrder(order, ACCOUNT, BTC, venue_id, 10),)),
        (OrderCancelled(ACCOUNT, 11, 11, order, "asked", Decimal("1.0")), ()),
    )  # fmt: skip
    (row,) = _rows(path, "orders")
    expected = {
        "client_order_id": "O1", "order_id": "venue-O1", "bot_id": BOT, "account_id": ACCOUNT,
        "symbol": BTC, "side": "buy", "order_type": "limit", "tif": "gtc", "qty": "2",
        "px": "99.5", "reason": "grid", "status": "cancelled", "filled_qty": "1.0",
        "avg_price": "99.25", "commission": "0.1", "wire_id": "wire-1", "digest": "abc",
        "epoch": 1, "amendments": 1, "created_ns": 4, "acknowledged_ns": 6, "first_fill_ns": 8,
        "last_fill_ns": 9, "closed_ns": 11, "end_reason": "asked", "claimed_qty": "1.0",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


STATUSES: dict[str, tuple[tuple[Step, ...], str]] = {
    "nothing heard yet": ((), "pending_new"),
    "no answer": (((NoAnswer(ACCOUNT, 9, 9, OrderId("O1"), Request.SUBMIT), ()),), "unknown"),
    "a desk that started again": (((started(2, 9), ()),), "unknown"),
    "unknown, then proved absent": (
        (
            (NoAnswer(ACCOUNT, 9, 9, OrderId("O1"), Request.SUBMIT), ()),
            (None, (OrderResolved(OrderId("O1"), "absent", 9),)),
        ),
        "rejected",
    ),
    "unknown, then read as working": (
        (
            (started(2, 9), ()),
            (
                AccountReport(
                    ACCOUNT, 9, 9,
                    (ReportedOrder(VenueOrderId("v"), OrderId("O1"), BTC, BUY, Decimal(1),
                                   Decimal(100), Decimal(0), OrderStatus.NEW, 9),),
                    (), (), {},
                ),
                (),
            ),
        ),
        "new",
    ),
    "filled by two fills, of which one came with a reading": (
        (
            (fill("f1", BUY, "0.4", "100", ts=8, order="O1"), ()),
            (AccountReport(ACCOUNT, 9, 9, (), (
                fill("f1", BUY, "0.4", "100", ts=8, order="O1").fill,
                fill("f2", BUY, "0.6", "100", ts=8, order="O1").fill,
            ), (), {}), ()),
        ),
        "filled",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STATUSES)
def test_an_orders_status_follows_the_news(tmp_path: Path, name: str) -> None:
    later, status = STATUSES[name]
    path = _project(tmp_path / "read.sqlite", (None, (submit("O1", BUY, "1"),)), *later)
    assert _rows(path, "orders", "status") == [{"status": status}]


def test_fills_carry_the_columns_that_the_systems_before_had(tmp_path: Path) -> None:
    path = _project(
        tmp_path / "read.sqlite",
        (None, (submit("O1", SELL, reason="entry"),)),
        (fill("f1", SELL, "1", "100", ts=8, order="O1", fee=Decimal("0.05")), ()),
        (None, (submit("O2", BUY, reason="take_profit"),)),
        (fill("f2", BUY, "1", "90", ts=9, order="O2", fee=Decimal("0.04")), ()),
        (fill("stranger", BUY, "1", "95", ts=10), ()),
    )
    columns = (
        "bot_id, symbol, order_id, client_order_id, side, exec_price, exec_qty, exec_time, "
        "commission, close_reason, closed_pnl"
    )
    assert [tuple(row.values()) for row in _rows(path, "fills", columns, "1 ORDER BY seq")] == [
        (BOT, BTC, None, "O1", "sell", "100", "1", 8, "0.05", None, "0"),
        (BOT, BTC, None, "O2", "buy", "90", "1", 9, "0.04", "take_profit", "10"),
        ("unmanaged", BTC, None, None, "buy", "95", "1", 10, "0", None, "0"),
    ]


def _trips(path: Path) -> list[tuple[Any, ...]]:
    columns = "side, status, entry_qty, entry_price, exit_qty, exit_price, net_pnl, holding_ns"
    return [tuple(row.values()) for row in _rows(path, "trades", columns, "1 ORDER BY number")]


def _dealt(*fills: tuple[Side, str, str, str]) -> tuple[Step, ...]:
    """Return orders with their fills: (side, qty, px, fee), ten nanoseconds apart."""
    dealt: list[Step] = []
    for index, (side, qty, px, fee) in enumerate(fills, 1):
        dealt += [
            (None, (submit(f"O{index}", side, qty),)),
            (fill(f"f{index}", side, qty, px, ts=10 * index, order=f"O{index}",
                  fee=Decimal(fee)), ()),
        ]  # fmt: skip
    return tuple(dealt)


TRIPS = {
    "a long one": (
        ((BUY, "2", "10", "1"), (SELL, "2", "15", "1")),
        [("long", "closed", "2", "10", "2", "15", "8", 10)],
    ),
    "a short one": (
        ((SELL, "2", "15", "0"), (BUY, "2", "10", "0")),
        [("short", "closed", "2", "15", "2", "10", "10", 10)],
    ),
    "a short one that lost": (
        ((SELL, "1", "10", "0"), (SELL, "1", "12", "0"), (BUY, "2", "13", "0")),
        [("short", "closed", "2", "11", "2", "13", "-4", 20)],
    ),
    "entries and exits in parts": (
        ((BUY, "1", "10", "0"), (BUY, "1", "20", "0"), (SELL, "1", "30", "0"),
         (BUY, "1", "30", "0"), (SELL, "2", "25", "0")),
        [("long", "closed", "3", "20", "3", "26.66666666666666666666666667", "20", 40)],
    ),
    "still open": (
        ((BUY, "3", "10", "0"), (SELL, "1", "12", "0.5")),
        [("long", "open", "3", "10", "1", "12", "1.5", None)],
    ),
    "one fill that turns a long into a short": (
        ((BUY, "1", "10", "0"), (SELL, "3", "12", "0.3"), (BUY, "2", "11", "0")),
        [
            ("long", "closed", "1", "10", "1", "12", "1.9", 10),
            ("short", "closed", "2", "12", "2", "11", "1.8", 10),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TRIPS)
def test_fills_pair_into_round_trips(tmp_path: Path, name: str) -> None:
    fills, expected = TRIPS[name]
    assert _trips(_project(tmp_path / "read.sqlite", *_dealt(*fills))) == expected


def test_a_late_fill_and_a_failed_one_make_the_round_trips_anew(tmp_path: Path) -> None:
    order = (None, (submit("O1", BUY, "9"), submit("O2", SELL, "9")))
    matched = fill("bad", BUY, "1", "50", ts=20, order="O1", life=FillLife.MATCHED)
    path = _project(
        tmp_path / "read.sqlite",
        order,
        (fill("f1", BUY, "1", "10", ts=10, order="O1"), ()),
        (matched, ()),
        (fill("f3", SELL, "2", "30", ts=40, order="O2"), ()),
        (fill("late", BUY, "1", "20", ts=30, order="O1"), ()),
        (FillFailed(ACCOUNT, 50, 50, FillKey("bad"), "reorganised"), ()),
    )
    assert _trips(path) == [("long", "closed", "2", "15", "2", "30", "30", 30)]
    (position,) = _rows(path, "positions")
    assert (position["qty"], position["realised"], position["provisional_qty"]) == ("0", "30", "0")
    assert {row["fill_key"]: row["closed_pnl"] for row in _rows(path, "fills")} == {
        "f1": "0", "bad": "0", "f3": "30", "late": "0",
    }  # fmt: skip
    assert _rows(path, "orders", "filled_qty", "client_order_id = 'O1'") == [{"filled_qty": "2"}]


def test_funding_belongs_to_the_round_trip_that_it_fell_into(tmp_path: Path) -> None:
    funding = FundingPaid(ACCOUNT, 15, 15, FillKey("p1"), BTC, Decimal("0.25"), USDT)
    path = _project(
        tmp_path / "read.sqlite",
        *_dealt((SELL, "1", "100", "0")),
        (funding, ()),
        (funding, ()),
        (None, (submit("O9", BUY),)),
        (fill("f9", BUY, "1", "90", ts=30, order="O9"), ()),
    )
    assert _rows(path, "trades", "funding, gross_pnl, net_pnl") == [
        {"funding": "0.25", "gross_pnl": "10", "net_pnl": "9.75"}
    ]
    assert _rows(path, "instances", "pnl") == [{"pnl": '{"USDT":"9.75"}'}]


def test_an_instance_shows_its_configuration_and_how_it_stands(tmp_path: Path) -> None:
    scope = Scope(ScopeKind.INSTANCE, BOT)
    path = _project(
        tmp_path / "read.sqlite",
        (None, (CycleChanged(BOT, "c1", True, 5), CycleChanged(BOT, "c2", True, 5))),
        (None, (CycleChanged(BOT, "c1", False, 6),)),
        (None, (ParametersChanged(BOT, {"fast": 120, "slow": 600}, 2, 7),)),
        (None, (TradingStateChanged(scope, TradingState.HALTED, "loss", 8),)),
        (None, (LifecycleChanged(BOT, Lifecycle.PAUSED, "asked", 9, False, "on_quote raised"),)),
    )
    (row,) = _rows(path, "instances")
    expected = {
        "bot_id": BOT, "strategy_name": "dual_ema_short", "instruments": f'["{BTC}"]',
        "parameters": '{"fast":120,"slow":600}', "parameters_version": 2, "state": "paused",
        "cause": "asked", "faulted": "on_quote raised", "open_cycles": '{"c2":5}',
        "trading_state": "halted", "trading_cause": "loss", "created_ns": 2, "changed_ns": 9,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    bots = "bot_id, bot_name, bot_type, strategy_name, status, mode, initial_capital"
    assert [tuple(row.values()) for row in _rows(path, "bots", bots, "1 ORDER BY bot_id")] == [
        ("operator", "operator", "operator", "", "active", "", None),
        (BOT, BOT, "strategy", "dual_ema_short", "paused", "paper", "10000"),
        ("unmanaged", "unmanaged", "unmanaged", "", "active", "", None),
    ]
    assert _rows(path, "strategies", "strategy_name") == [{"strategy_name": "dual_ema_short"}]


def test_an_account_shows_what_its_venue_said_and_keeps_it_over_a_restart(tmp_path: Path) -> None:
    path = _project(
        tmp_path / "read.sqlite",
        (BalanceReported(ACCOUNT, 5, 5, USDT, Decimal("10.5"), Decimal(9)), ()),
        (SessionChanged(ACCOUNT, 6, 6, False, "closed"), ()),
        (None, (LockChanged(ACCOUNT, BTC, "differs", 7), LockChanged(ACCOUNT, None, "lost", 7))),
        (started(2, 8), (LockChanged(ACCOUNT, None, "", 8),)),
    )
    (row,) = _rows(path, "accounts")
    assert row["balances"] == '{"USDT":["10.5","9"]}'
    assert row["locks"] == f'{{"{BTC}":"differs"}}'
    assert (row["start_balance"], row["mode"]) == ("10000", "paper")


def test_a_command_and_its_answers_are_one_row_and_an_audit_of_each(tmp_path: Path) -> None:
    kill = CommandReceived(Kill(DESK), "c-9", "ada", 5, "bad news")
    asked = CommandAnswered(CommandId("c-9"), Confirmation.ACCEPTED, "cancelling", 5)
    done = CommandAnswered(CommandId("c-9"), Confirmation.CONFIRMED, "empty", 9, "", {"left": 0})
    path = _project(
        tmp_path / "read.sqlite",
        (kill, (TradingStateChanged(DESK, TradingState.HALTED, "kill c-9", 5), asked)),
        (None, (done, Alert(Level.CRITICAL, "kill", "The desk is halted.", 9))),
        (kill, (done,)),
    )
    (row,) = _rows(path, "commands", where="command_id = 'c-9'")
    assert (row["name"], row["by"], row["why"], row["confirmation"], row["effect"]) == (
        "Kill", "ada", "bad news", "confirmed", "empty",
    )  # fmt: skip
    assert (row["received_ns"], row["answered_ns"], row["details"]) == (5, 9, '{"left":0}')
    audit = "seq, ordinal, who, what, subject, why, effect"
    words = [tuple(row.values()) for row in _rows(path, "audit_log", audit, "seq >= 4")]
    assert words[0][2:6] == ("ada", "CommandReceived", "c-9", "bad news")
    assert words[1:5] == [
        (4, 1, "desk", "TradingStateChanged", "desk", "kill c-9", "halted"),
        (4, 2, "desk", "CommandAnswered", "c-9", "", "accepted: cancelling"),
        (5, 1, "desk", "CommandAnswered", "c-9", "", "confirmed: empty"),
        (5, 2, "desk", "Alert", "kill", "critical", "The desk is halted."),
    ]


def test_a_refused_deployment_makes_no_instance(tmp_path: Path) -> None:
    refused = CommandAnswered(CommandId("c-1"), Confirmation.REFUSED, "no such strategy", 2)
    projector = open_projector(tmp_path / "read.sqlite")
    projector.apply(number((started(), ()), (deploy(), (refused,))))
    projector.close()
    assert _rows(tmp_path / "read.sqlite", "instances") == []
    assert _rows(tmp_path / "read.sqlite", "commands", "confirmation") == [
        {"confirmation": "refused"}
    ]


def test_transfers_are_postings_and_no_result(tmp_path: Path) -> None:
    deposit = Transferred(ACCOUNT, 5, 5, FillKey("d1"), Decimal(500), USDT)
    path = _project(tmp_path / "read.sqlite", (deposit, ()), (deposit, ()))
    assert _rows(path, "postings", "kind, value, currency") == [
        {"kind": "transfer", "value": "500", "currency": "USDT"}
    ]
    assert _rows(path, "positions") == []


def test_eighteen_digits_stay_exact(tmp_path: Path) -> None:
    path = _project(
        tmp_path / "read.sqlite",
        (fill("f1", BUY, "0.000000000000000001", "123456789012345678.000000001", ts=5), ()),
    )
    (row,) = _rows(path, "fills")
    assert (row["exec_qty"], row["exec_price"]) == (
        "0.000000000000000001", "123456789012345678.000000001",
    )  # fmt: skip

"""Walk 3 of docs/ARCHITECTURE.md: a fill reaches the books. The comments are the page's steps.

A fill comes by the venue's stream or in a reading of the account, whichever is quicker; the other
road then tells it again, and that must change nothing.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.harness import D
from tests.walks.paper import ACCOUNT, BTC, ONE, RESPONSE_MS, Paper, at
from tradewind.core.execution.transitions import TABLE, Happening
from tradewind.core.strategy.context import Context
from tradewind.core.strategy.strategy import Strategy
from tradewind.edge.store.read_tables import Projector
from tradewind.model.commands import Reconcile
from tradewind.model.effects import SubmitOrder
from tradewind.model.events import FillReceived, Quote, Trade
from tradewind.model.fill import Fill
from tradewind.model.ids import NET
from tradewind.model.order import OrderStatus, Side
from tradewind.runtime.codec import decode

FILLED_MS = 100
"""When the venue fills our order; its stream tells of it RESPONSE_MS later."""


class Count(msgspec.Struct):
    """What the strategy remembers."""

    fills: int = 0


class TakesProfit(Strategy):
    """Joins the first bid, and offers what it got half a point higher."""

    state: Count

    def on_start(self, ctx: Context) -> None:
        self.held: list[str] = []
        self.heard: list[str] = []

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        if not ctx.exposed:
            ctx.buy(quote.instrument, 2, quote.bid, post_only=True)

    def on_fill(self, ctx: Context, fill: Fill) -> None:
        self.state.fills += 1
        self.held.append(str(ctx.position(fill.instrument).qty))
        ctx.sell(fill.instrument, fill.qty, fill.px + D("0.5"), reason="exit")

    def on_order(self, ctx: Context, order: Any) -> None:
        self.heard.append(f"{order.side.value} {order.status.value}")


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[Paper]:
    """Return a session whose buy of 2 rests at 100.0, about to be filled by 1."""
    paper = Paper(tmp_path, TakesProfit)
    paper.pump(5, Quote(BTC.id, at(5), at(5), D("100.0"), D("100.2"), D(3), D(4)))
    paper.pump(FILLED_MS - 1)
    paper.forget()
    # Three were before us in the queue, so that of four sold one is ours.
    sold = Trade(BTC.id, at(FILLED_MS), at(FILLED_MS), D("100.0"), D(4), Side.SELL)
    paper.pump(FILLED_MS, sold)
    yield paper
    paper.close()


def tell_by_stream(paper: Paper) -> None:
    """Wait until the venue's stream has told of the fill."""
    paper.pump(FILLED_MS + RESPONSE_MS)


def tell_by_reading(paper: Paper) -> None:
    """Read the account now; the reading holds every fill that the venue knows."""
    seq = paper.desk.world.seq
    paper.ask(Reconcile(ACCOUNT.id), f"read-{seq}")
    paper.pump((paper.desk.world.now_ns - at(0)) // 1_000_000 + 1)
    assert any(row.kind == "AccountReport" for part in paper.journal.transactions for row in part)


def tell_again(paper: Paper) -> None:
    """Let the fill come through the inbox once more, as after a reconnect."""
    fill = next(
        told.fill
        for part in paper.journal.transactions
        for row in part
        if row.ordinal == 0 and isinstance(told := decode(row), FillReceived)
    )
    now_ns = paper.desk.world.now_ns
    paper.session.inbox.put(FillReceived(ACCOUNT.id, fill.ts_event, now_ns, fill))
    paper.pump((now_ns - at(0)) // 1_000_000 + 1)


def test_a_fill_reaches_the_books(paper: Paper, tmp_path: Path) -> None:
    desk, strategy = paper.desk, paper.strategy
    (order,) = desk.orders.live.values()

    # 1. The venue has filled, and we do not know: its stream needs RESPONSE_MS to tell.
    assert paper.road == [
        "the feed tells Trade",
        "the venue sees Trade",
        "the event log is written",
    ]
    assert order.status is OrderStatus.NEW
    paper.forget()
    tell_by_stream(paper)

    # 2. It entered the step with a number of its own, never merged and never dropped.
    seq = desk.world.seq
    (rows,) = paper.journal.transactions
    told = decode(rows[0])
    assert isinstance(told, FillReceived)
    assert (rows[0].seq, rows[0].ordinal, told.ts_recv) == (seq, 0, at(FILLED_MS + RESPONSE_MS))
    assert told.fill.ts_event == at(FILLED_MS)

    # 3. The ledger posted it, once, under the venue's key; position and fees are folds of entries.
    assert desk.ledger.entries is not None
    (entry,) = (each for each in desk.ledger.entries if each.key == told.fill.key)
    held = desk.ledger.position(ACCOUNT.id, BTC.id, NET, ONE)
    assert held is not None
    assert (entry.qty, held.qty, held.cost, held.fees) == (D(1), D(1), D("100.0"), D("0.02"))

    # 4. Only a fill that was posted moves its order, by the transition table.
    assert order.status is TABLE[OrderStatus.NEW][Happening.FILLED_PART]
    assert (order.filled_qty, order.leaves_qty, order.avg_px) == (D(1), D(1), D("100.0"))

    # 5. The strategy saw the new position, and what it asked joined the same step.
    assert strategy.held == ["1"]
    assert strategy.heard[-1] == "buy partially_filled"
    exit_ = decode(rows[1])
    assert isinstance(exit_, SubmitOrder)
    assert (exit_.seq, exit_.spec.side, exit_.spec.px) == (seq, Side.SELL, D("100.5"))

    # 6. One transaction: the fill, what it made us do, and the strategy's state.
    assert [(row.kind, row.seq) for row in rows] == [
        ("FillReceived", seq),
        ("SubmitOrder", seq),
        ("StateSaved", seq),
    ]

    # 7. Then the bus told it, and only then the exit was sent.
    assert paper.road == [
        "the journal commits FillReceived, SubmitOrder, StateSaved",
        "the bus tells of FillReceived",
        f"the venue is sent {exit_.client_order_id}",
    ]

    # 8. The read tables follow the bus; every row says from which step it is.
    assert read_tables(paper, tmp_path) == {
        "fills": [("walker", "buy", "100.0", "1", "0.02000", seq)],
        "orders": [("buy", "partially_filled", "1", seq), ("sell", "pending_new", "0", seq)],
        "positions": [("walker", "1", "100.0", seq)],
    }


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (tell_by_stream, tell_by_reading),
        (tell_by_reading, tell_by_stream),
        (tell_by_stream, tell_again),
    ],
)
def test_the_same_fill_by_another_road_ends_in_the_ledger_with_nothing_to_do(
    paper: Paper, tmp_path: Path, first: Any, then: Any
) -> None:
    first(paper)
    assert paper.strategy.held == ["1"]
    before, shown = books(paper), read_tables(paper, tmp_path)
    sent = sum("the venue is sent" in word for word in paper.road)

    then(paper)

    # 3. The key is known: nothing is posted, nobody is told, nothing is sent.
    assert books(paper) == before
    assert sum("the venue is sent" in word for word in paper.road) == sent

    # It is in the journal twice all the same: what we were told is not what we made of it.
    told = sum(
        len([each for each in _fills(decode(row)) if each.qty])
        for part in paper.journal.transactions
        for row in part
        if row.ordinal == 0
    )
    assert told == 2

    # 8. The read tables fold the journal by the same key, and show it once.
    assert read_tables(paper, tmp_path)["fills"] == shown["fills"]
    assert read_tables(paper, tmp_path)["positions"] == shown["positions"]


def books(paper: Paper) -> dict[str, Any]:
    """Return everything that a fill may change."""
    desk = paper.desk
    held = desk.ledger.position(ACCOUNT.id, BTC.id, NET, ONE)
    assert held is not None
    assert desk.ledger.entries is not None
    return {
        "entries": list(desk.ledger.entries),
        "position": (held.qty, held.cost, held.fees, held.realised),
        "cash": desk.ledger.cash(ACCOUNT.id, ACCOUNT.currency),
        "filled": {name: order.filled_qty for name, order in desk.orders.live.items()},
        "locks": dict(desk.accounts[ACCOUNT.id].locks),
        "strategy": (paper.strategy.state.fills, list(paper.strategy.held)),
    }


def _fills(told: Any) -> tuple[Fill, ...]:
    if isinstance(told, FillReceived):
        return (told.fill,)
    return getattr(told, "fills", ())


def read_tables(paper: Paper, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Let the read tables catch up with the bus, and return what they show."""
    path = folder / "read.sqlite"
    projector = Projector.in_file(path)
    projector.apply(paper.mailbox.take(len(paper.mailbox)))
    projector.close()
    questions = {
        "fills": "SELECT bot_id, side, exec_price, exec_qty, commission, seq FROM trading_fills",
        "orders": "SELECT side, status, filled_qty, seq FROM trading_orders ORDER BY created_ns",
        "positions": "SELECT bot_id, qty, avg_price, seq FROM trading_positions",
    }
    with closing(sqlite3.connect(path)) as connection:
        return {name: connection.execute(text).fetchall() for name, text in questions.items()}

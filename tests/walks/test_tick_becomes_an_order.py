"""Walk 1 of docs/ARCHITECTURE.md: a tick becomes an order. The comments are the page's steps."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.harness import D
from tests.walks.paper import ACCOUNT, BTC, ENTRY_MS, ONE, RESPONSE_MS, SALT, Paper, at
from tradewind.core.strategy.context import Context
from tradewind.core.strategy.strategy import Strategy
from tradewind.core.strategy.world import base32
from tradewind.model.effects import Denied, SubmitOrder
from tradewind.model.events import OrderAccepted, Quote
from tradewind.model.ids import NET, OrderId
from tradewind.model.order import Order, PlaceOrder, Side
from tradewind.runtime.codec import decode


class Joins(Strategy):
    """Joins the first bid that it sees."""

    def on_start(self, ctx: Context) -> None:
        self.asked = OrderId("")
        self.saw: list[Decimal] = []
        self.heard: list[str] = []

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        if self.asked:
            return
        self.saw.append(ctx.market(quote.instrument).bid)
        self.asked = ctx.buy(quote.instrument, "0.5", quote.bid, post_only=True)

    def on_order(self, ctx: Context, order: Order) -> None:
        self.heard.append(f"{order.status.value} {order.reject_reason}".strip())


def quote(ms: int, bid: str, ask: str) -> Quote:
    """Return a quote that left the venue then and reached us at once."""
    return Quote(BTC.id, at(ms), at(ms), D(bid), D(ask), D(3), D(4))


def test_a_tick_becomes_an_order(tmp_path: Path) -> None:
    paper = Paper(tmp_path, Joins)
    desk, strategy = paper.desk, paper.strategy
    paper.pump(5, quote(5, "100.0", "100.2"))

    # 1. The feed tells our words: stamped, typed, no decision.
    assert paper.road[0] == "the feed tells Quote"

    # 2. The inbox hands it out in its turn, and the desk gives it the next number. The simulated
    #    venue sees it first, because a venue knows its own market before we do.
    assert paper.road[1] == "the venue sees Quote"
    seq, logged = list(paper.eventlog.read())[-1]
    assert logged == quote(5, "100.0", "100.2")
    assert seq == desk.world.seq

    # 3. The step folds it into the market.
    market = desk.feeds[BTC.id].market
    assert (market.bid, market.ask, market.verified_ns) == (D("100.0"), D("100.2"), at(5))

    # 4. The strategy saw the folded market and asked; the id was known at once, nothing was sent.
    assert strategy.saw == [D("100.0")]
    spec = PlaceOrder(ACCOUNT.id, BTC.id, Side.BUY, D("0.5"), D("100.0"), post_only=True)

    # 5. The gate approved it, which reserves its worst case.
    bucket = desk.exposure.bucket(ACCOUNT.id, BTC, NET)
    assert bucket.buying == D("0.5")

    # 6. Execution made the order: PENDING_NEW, under an id of tag, epoch, random bits and count.
    order = desk.orders.live[strategy.asked]
    assert (order.status.value, order.instance, order.cause_seq) == ("pending_new", ONE, seq)
    assert order.client_order_id == "WK" + base32(1, 3) + base32(SALT, 8) + base32(1, 7)

    # 7. The event log was written, then the journal committed the order, then the news went out.
    assert paper.road[2:5] == [
        "the event log is written",
        "the journal commits SubmitOrder",
        "the bus tells of a step",
    ]
    row = paper.journal.transactions[-1][0]
    assert (row.seq, row.ordinal) == (seq, 1)
    assert decode(row) == SubmitOrder(strategy.asked, ONE, spec, at(5), seq)

    # 8. Only then was it sent. The acknowledgement comes back as an event, when it is due.
    assert paper.road[5:] == [f"the venue is sent {strategy.asked}"]
    paper.forget()
    paper.pump(5 + ENTRY_MS + RESPONSE_MS - 1)
    assert order.status.value == "pending_new"
    paper.pump(5 + ENTRY_MS + RESPONSE_MS)
    assert order.status.value == "new"
    assert strategy.heard == ["new"]
    assert paper.road == ["the journal commits OrderAccepted", "the bus tells of OrderAccepted"]
    accepted = decode(paper.journal.transactions[-1][0])
    assert isinstance(accepted, OrderAccepted)
    assert accepted.venue_order_id == order.venue_order_id
    paper.close()


@pytest.mark.parametrize(
    ("rule", "limits"),
    [
        ("order_qty", {"max_order_qty": D("0.4")}),
        ("order_notional", {"max_order_notional": D(49)}),
    ],
)
def test_a_tick_ends_at_the_gate(tmp_path: Path, rule: str, limits: dict[str, Decimal]) -> None:
    paper = Paper(tmp_path, Joins, **limits)
    paper.pump(5, quote(5, "100.0", "100.2"))

    # 5. The gate denies: the rule and what would pass are committed, and nothing is sent.
    assert paper.road[-2:] == ["the journal commits Denied", "the bus tells of a step"]
    denied = decode(paper.journal.transactions[-1][0])
    assert isinstance(denied, Denied)
    assert (denied.rule, denied.instance) == (rule, ONE)
    assert denied.passes

    # The strategy hears of it in the same step, under the id that it was given.
    assert paper.strategy.heard == [f"denied {rule}"]
    assert paper.desk.orders.live == {}
    assert paper.desk.exposure.bucket(ACCOUNT.id, BTC, NET).buying == 0
    paper.close()

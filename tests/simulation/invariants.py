"""What must hold after every step of a life, and what must hold when the dust has settled."""

from collections import Counter
from decimal import Decimal
from typing import Any

from tests.simulation.world import Life
from tradewind.core.ledger.proof import check
from tradewind.model.effects import SubmitOrder
from tradewind.model.events import AccountReport, FillReceived
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import AccountId, InstrumentId
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL
from tradewind.runtime.codec import decode


def always(life: Life) -> None:
    """Check what holds at any moment."""
    desk = life.desk
    for order in desk.orders.live.values():
        assert order.status not in TERMINAL, order
        assert order.filled_qty <= order.qty, f"filled beyond what was ordered: {order}"
        assert order.reserved >= 0, order
    for bucket in desk.exposure.buckets.values():
        assert bucket.buying >= 0, f"negative reservation {bucket.buying}"
        assert bucket.selling >= 0, f"negative reservation {bucket.selling}"
        assert bucket.orders >= 0
    for instance in desk.instances.values():
        assert not instance.standing.faulted, instance.standing.faulted


def settled(life: Life) -> None:
    """Check that the desk and its venues agree on everything, and each fill entered once."""
    desk = life.desk
    for order in desk.orders.live.values():
        assert order.status.value in ("new", "partially_filled"), str(order)
    for account in life.accounts:
        assert desk.timer_at.get(("day", account.id)), "no next trading day would ever open"
        venue = life.venues[account.venue]
        report = venue.report(account.id, (), life.now)
        assert report is not None
        _same_orders(life, report)
        _same_positions(life, report)
        ours, theirs = _paid(life, account.id, report)
        assert abs(ours - theirs) < Decimal("1e-9"), f"paid {ours}, by the venue {theirs}"
    assert check(desk.ledger, desk.ledger.entries or []) == [] or desk.ledger.entries is None
    _journal(life)


def _paid(life: Life, name: AccountId, report: AccountReport) -> tuple[Decimal, Decimal]:
    """Return what was paid for everything that is held, ours and the venue's.

    On margin that is cash less the cost of what is open: two instances on one account close
    their own lots, the venue its average. Where outcomes net, a pair is one in cash: the venue
    has paid it, while two instances may each hold their half.
    """
    account = next(each for each in life.accounts if each.id == name)
    ours = life.desk.ledger.cash(name, account.currency)
    theirs = report.balances[account.currency]
    if account.venue != "BYBIT":
        yes, no = (each.id for each in life.instruments[1:])
        told = {row.instrument: row.qty for row in report.positions}
        held = {
            each.instrument.id: each.qty
            for each in life.desk.ledger.holdings()
            if each.account == name
        }
        ours += min(held.get(yes, ZERO), held.get(no, ZERO))
        theirs += min(told.get(yes, ZERO), told.get(no, ZERO))
        return ours, theirs
    ours -= sum(held.cost for held in life.desk.ledger.positions() if held.account == name)
    book = life.venues[account.venue]._book.venue.accounts[name]
    theirs -= sum(
        position.cost for holding in book.holdings.values() for position in holding.buckets.values()
    )
    return ours, theirs


def _same_orders(life: Life, report: AccountReport) -> None:
    theirs = {
        row.client_order_id: (row.qty, row.px, row.filled_qty)
        for row in report.orders
        if row.status not in TERMINAL
    }
    ours = {
        order.client_order_id: (order.qty, order.px, order.filled_qty)
        for order in life.desk.orders.live.values()
        if order.spec.account == report.account
    }
    assert theirs == ours, "open orders differ from the venue's"


def _same_positions(life: Life, report: AccountReport) -> None:
    theirs = _net(life, {row.instrument: row.qty for row in report.positions})
    ours = _net(
        life,
        {
            holding.instrument.id: holding.qty
            for holding in life.desk.ledger.holdings()
            if holding.account == report.account
        },
    )
    assert theirs == ours, "positions differ from the venue's"
    assert not life.desk.accounts[report.account].locks, "something stays locked"


def _net(life: Life, held: dict[InstrumentId, Decimal]) -> dict[InstrumentId, Decimal]:
    """Return what an account holds, of the question as YES less NO."""
    perp, yes, no = (each.id for each in life.instruments)
    net = {
        perp: held.get(perp, ZERO),
        yes: held.get(yes, ZERO) - held.get(no, ZERO),
    }
    return {name: qty for name, qty in net.items() if qty}


def _journal(life: Life) -> None:
    submitted: Counter[str] = Counter()
    keys: dict[tuple[str, str], Any] = {}
    for row in life.journal.read():
        told = decode(row)
        if isinstance(told, SubmitOrder):
            submitted[told.client_order_id] += 1
        fills: tuple[Fill, ...] = ()
        if isinstance(told, FillReceived):
            fills = (told.fill,)
        elif isinstance(told, AccountReport):
            fills = told.fills
        for fill in fills:
            if fill.life is not FillLife.FAILED:
                keys[(fill.account, fill.key)] = fill
    doubled = {name: count for name, count in submitted.items() if count > 1}
    assert not doubled, f"sent twice: {doubled}"
    for account in life.accounts:
        known = _fold(keys, account.id)
        posted = {
            holding.instrument.id: holding.qty
            for holding in life.desk.ledger.holdings()
            if holding.account == account.id
        }
        for instrument in life.instruments:
            if not instrument.netting:
                assert known.get(instrument.id, 0) == posted.get(instrument.id, 0), (
                    "position is not the sum of the fills"
                )


def _fold(keys: dict[tuple[str, str], Any], account: str) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for (owner, _), fill in keys.items():
        if owner == account:
            total[fill.instrument] = (
                total.get(fill.instrument, Decimal(0)) + fill.qty * fill.side.sign
            )
    return total

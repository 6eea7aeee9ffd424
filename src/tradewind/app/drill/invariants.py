"""What must hold in a drill: at any moment, and between desk and exchanges when all is calm.

Each check returns sentences of what is wrong. They look at the desk, at its journal and at what
the exchanges know; never at how either came to it.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from tradewind.app.drill.life import Life
from tradewind.app.drill.world import Member, symbol_of
from tradewind.core.engine.desk import Desk
from tradewind.core.ledger.proof import check
from tradewind.edge.simulators.wire import Truth
from tradewind.model.effects import OrderResolved, SubmitOrder
from tradewind.model.events import OrderPrepared
from tradewind.model.fill import Fill
from tradewind.model.ids import AccountId, CommandId, InstrumentId
from tradewind.model.instrument import Outcome
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL, Order, OrderStatus
from tradewind.runtime.codec import decode

KILL = CommandId("drill-kill")
WORKING = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


def always(life: Life) -> list[str]:
    """Return what is wrong with the desk by itself, at whatever moment."""
    desk = life.core
    found = []
    for order in desk.orders.live.values():
        if order.status in TERMINAL:
            found.append(f"order {order.client_order_id} is {order.status} and counted as live")
        if order.filled_qty > order.qty:
            found.append(f"order {order.client_order_id} filled {order.filled_qty} of {order.qty}")
        if order.reserved < 0:
            found.append(f"order {order.client_order_id} reserves {order.reserved}")
    found += [
        f"a bucket reserves {bucket.buying} to buy, {bucket.selling} to sell"
        for bucket in desk.exposure.buckets.values()
        if bucket.buying < 0 or bucket.selling < 0 or bucket.orders < 0
    ]
    found += [
        f"{instance.spec.id} is faulted: {instance.standing.faulted}"
        for instance in desk.instances.values()
        if instance.standing.faulted
    ]
    return found


def settled(life: Life) -> list[str]:
    """Return where desk and exchanges disagree after the calm, and what entered twice or never."""
    desk = life.core
    found = [
        f"order {order.client_order_id} is still {order.status}"
        for order in desk.orders.live.values()
        if order.status not in WORKING
    ]
    found += _between_ticks(desk)
    approved = _approved(life)
    found += _absent(life, approved)
    for member in life.members:
        truth = life.truth(member)
        found += _orders(desk, member, truth)
        found += _leaving(desk, member, truth, approved)
        found += _fills(desk, member, truth)
        found += _positions(desk, member, truth)
        locks = desk.accounts[member.settings.id].locks
        if locks:
            found.append(f"{member.settings.id} stays locked: {locks}")
    if desk.ledger.entries is not None:
        found += check(desk.ledger, desk.ledger.entries)
    return found


def _between_ticks(desk: Desk) -> list[str]:
    return [
        f"order {order.client_order_id} works at {order.px}, off the grid of {order.instrument}"
        for order in desk.orders.live.values()
        if order.status in WORKING and order.px is not None
        if not desk.instrument(order.instrument).on_grid(order.px)
    ]


def emptied(life: Life) -> list[str]:
    """Return the orders that an exchange still has after a confirmed kill.

    What was approved after it does not count: exits pass again then.
    """
    answer = life.core.receipts.get(KILL)
    since_ns = answer.ts if answer is not None else 0
    later = {
        order.wire_id for order in life.core.orders.live.values() if order.created_ns >= since_ns
    }
    return [
        f"after the kill {member.host} still has {order.client_id or order.order_id} open"
        for member in life.members
        for order in life.truth(member).orders
        if order.open and order.client_id not in later
    ]


def arrived(life: Life) -> set[str]:
    """Return what the exchanges have ever had of ours, by the ids that we gave."""
    return {each.client_id for member in life.members for each in life.truth(member).orders}


def landed(life: Life, before: set[str]) -> list[str]:
    """Return the orders that were approved before a kill and arrived after it was confirmed."""
    since_ns = life.core.receipts[KILL].ts if KILL in life.core.receipts else 0
    approved = _approved(life)
    return [
        f"order {name} landed after the kill was confirmed"
        for name in sorted(arrived(life) - before)
        if name in approved and approved[name].ts < since_ns
    ]


def paid(life: Life) -> list[str]:
    """Return where cash differs at an account that is flat by its venue, fees and funding in it.

    Two instances on one account may hold what cancels out: of a margin account the cost of it is
    taken off, and a pair of outcomes, which the venue has paid out, counts as one in cash.
    """
    found = []
    for member in life.members:
        account = member.settings.account
        truth = life.truth(member)
        if any(truth.positions.values()):
            continue
        ours = life.core.ledger.cash(account.id, account.currency) + _in_kind(life.core, account.id)
        there = truth.cash.get(account.currency, ZERO)
        if abs(ours - there) > Decimal("1e-9"):
            found.append(f"{account.id} is flat with {ours} by the ledger, {there} by the venue")
    return found


def _in_kind(desk: Desk, account: AccountId) -> Decimal:
    """Return what offsetting holdings are worth in cash."""
    worth = ZERO
    outcomes: dict[str, Counter[Outcome]] = {}
    for held in desk.ledger.positions():
        if held.account != account:
            continue
        rules = desk.instrument(held.instrument)
        if rules.outcome is None:
            worth -= held.cost
        else:
            pair = outcomes.setdefault(symbol_of(rules.id), Counter())
            pair[rules.outcome] += held.qty  # type: ignore[assignment]
    return worth + sum(
        (min(each[Outcome.YES], each[Outcome.NO]) for each in outcomes.values()), ZERO
    )


def _orders(desk: Desk, member: Member, truth: Truth) -> list[str]:
    theirs = {
        each.client_id: (each.qty, each.filled_qty, each.buy)
        for each in truth.orders
        if each.open and each.client_id
    }
    ours = {
        order.wire_id: (order.qty, order.filled_qty, _buys(desk, order))
        for order in desk.orders.live.values()
        if order.spec.account == member.settings.id
    }
    return [
        f"{member.host} has order {name} as {theirs.get(name)}, the desk as {ours.get(name)}"
        for name in sorted({*theirs, *ours})
        if theirs.get(name) != ours.get(name)
    ]


def _buys(desk: Desk, order: Order) -> bool:
    """Tell whether the exchange sees a buyer: where outcomes share a book, NO bought is a sale."""
    buys = order.side.sign > 0
    return buys != (desk.instrument(order.instrument).outcome is Outcome.NO)


def _leaving(
    desk: Desk, member: Member, truth: Truth, approved: dict[str, SubmitOrder]
) -> list[str]:
    """Orders that left are orders that were approved, each of them once."""
    found = [
        f"order {each.client_id} reached {member.host} {each.attempts} times"
        for each in truth.orders
        if each.attempts > 1
    ]
    known = {each.client_id: each for each in truth.orders if each.client_id}
    for name, order in known.items():
        effect = approved.get(name)
        if effect is None:
            found.append(f"{member.host} has order {name}, which was never approved")
        elif symbol_of(effect.spec.instrument) != order.symbol:
            found.append(f"{member.host} has order {name} in {order.symbol}")
    for name, effect in approved.items():
        if effect.spec.account != member.settings.id or name in known:
            continue
        order_ = desk.orders.find(effect.client_order_id)
        if order_ is not None and order_.status in WORKING:
            found.append(f"order {name} works at the desk, and {member.host} never had it")
    return found


def _absent(life: Life, approved: dict[str, SubmitOrder]) -> list[str]:
    """An order that was declared absent is absent."""
    theirs = arrived(life)
    there = {order.client_order_id for name, order in approved.items() if name in theirs}
    return [
        f"order {told.client_order_id} was declared absent, and its exchange has it"
        for row in life.desk.open.journal.read()
        if row.kind == "OrderResolved"
        and isinstance(told := decode(row), OrderResolved)
        and told.client_order_id in there
    ]


def _approved(life: Life) -> dict[str, SubmitOrder]:
    """Return every order that was approved, by what its venue was to know it by."""
    effects: dict[str, SubmitOrder] = {}
    approved: dict[str, SubmitOrder] = {}
    for row in life.desk.open.journal.read():
        if row.kind == "SubmitOrder":
            effect = decode(row)
            assert isinstance(effect, SubmitOrder)
            if effect.client_order_id in effects:
                life.wrong.append(f"order id {effect.client_order_id} was approved twice")
            effects[effect.client_order_id] = effect
        elif row.kind == "OrderPrepared":
            prepared = decode(row)
            assert isinstance(prepared, OrderPrepared)
            approved[prepared.wire_id] = effects[prepared.client_order_id]
    return approved


def _fills(desk: Desk, member: Member, truth: Truth) -> list[str]:
    """Each execution of the exchange is one entry, and each entry one execution."""
    account = member.settings.id
    theirs = Counter(_plain(each.key) for each in truth.fills)
    ours = Counter(_plain(key) for key in _entered(desk, account))
    found = [f"{member.host} told execution {key} twice" for key, n in theirs.items() if n > 1]
    found += [f"execution {key} of {member.host} never entered" for key in theirs - ours]
    found += [f"{member.host} knows nothing of execution {key}" for key in ours - theirs]
    return found


def _entered(desk: Desk, account: AccountId) -> Iterator[str]:
    seen = desk.ledger.book(account).seen
    return (str(key) for key, posted in seen.items() if isinstance(posted, Fill))


def _plain(key: str) -> str:
    """Return a key without the punctuation in which two readings of one protocol may differ."""
    return key.rpartition(":")[2] if key.startswith("linear:") else key.replace("/", ":")


def _positions(desk: Desk, member: Member, truth: Truth) -> list[str]:
    ours: dict[str, Decimal] = {}
    for holding in desk.ledger.holdings():
        if holding.account == member.settings.id:
            name: InstrumentId = holding.instrument.id
            sign = -1 if holding.instrument.outcome is Outcome.NO else 1
            symbol = symbol_of(name)
            ours[symbol] = ours.get(symbol, ZERO) + sign * holding.qty
    return [
        f"{member.host} holds {truth.positions.get(name, ZERO)} {name}, the desk believes "
        f"{ours.get(name, ZERO)}"
        for name in sorted({*ours, *truth.positions})
        if ours.get(name, ZERO) != truth.positions.get(name, ZERO)
    ]

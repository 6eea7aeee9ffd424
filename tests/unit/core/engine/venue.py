"""What a venue says, word by word: answers to requests, executions, and readings of an account."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from tests.harness import Bench, D
from tradewind.model.effects import CancelOrder, Effect, LockChanged, ReadAccount, SubmitOrder
from tradewind.model.events import (
    AccountNews,
    AccountReport,
    FillReceived,
    NoAnswer,
    NotSent,
    ReportedOrder,
    ReportedPosition,
    Request,
)
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import AccountId, FillKey, InstrumentId, VenueOrderId
from tradewind.model.instrument import Instrument
from tradewind.model.order import Liquidity, Order, OrderStatus, Side

A = AccountId("A")
WINDOW_S = 15
"""How long a request may still land at the test venue."""


def says(
    bench: Bench, kind: Callable[..., AccountNews], order: Order, *fields: Any, **named: Any
) -> list[Effect]:
    """Let the venue say something about an order; return the effects."""
    told = kind(order.account, bench.now, bench.now, order.client_order_id, *fields, **named)
    return bench.feed(told)


def unanswered(bench: Bench, order: Order, request: Request = Request.SUBMIT) -> list[Effect]:
    """A request left and nothing came back."""
    return says(bench, NoAnswer, order, request)


def not_sent(bench: Bench, order: Order, request: Request = Request.SUBMIT) -> list[Effect]:
    """A request provably never left."""
    return says(bench, NotSent, order, request, "deadline")


def execution(bench: Bench, order: Order, qty: str, px: str = "100", **more: Any) -> Fill:
    """Return an execution of an order; `key` and `life` in `more`."""
    bench.fills += 1
    fields: dict[str, Any] = {
        "key": FillKey(f"X{bench.fills}"),
        "client_order_id": order.client_order_id,
        "life": FillLife.FINAL,
        **more,
    }
    return Fill(
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        qty=D(qty),
        px=D(px),
        fee=D(0),
        fee_currency=bench.desk.instrument(order.instrument).quote,
        liquidity=Liquidity.MAKER,
        ts_event=bench.now,
        **fields,
    )


def stream(bench: Bench, fill: Fill) -> list[Effect]:
    """Let an execution come by the stream."""
    return bench.feed(FillReceived(fill.account, bench.now, bench.now, fill))


def again(fill: Fill, **changes: Any) -> Fill:
    """Return an execution told once more, otherwise."""
    return msgspec.structs.replace(fill, **changes)


def row(
    bench: Bench, order: Order, status: OrderStatus = OrderStatus.NEW, **more: Any
) -> ReportedOrder:
    """Return an order of ours as the venue lists it."""
    fields: dict[str, Any] = {
        "venue_order_id": order.venue_order_id or VenueOrderId(f"V{order.client_order_id}"),
        "client_order_id": order.client_order_id,
        "instrument": order.instrument,
        "side": order.side,
        "qty": order.qty,
        "px": order.px,
        "filled_qty": order.filled_qty,
        "status": status,
        "created_ns": order.created_ns,
    }
    return ReportedOrder(**{**fields, **more})


def stranger(instrument: Instrument, side: Side, qty: str, px: str, name: str = "Z1") -> Any:
    """Return an open order that is not ours."""
    return ReportedOrder(
        VenueOrderId(name), None, instrument.id, side, D(qty), D(px), D(0), OrderStatus.NEW, 1
    )


def reading(
    bench: Bench,
    *rows: ReportedOrder,
    fills: tuple[Fill, ...] = (),
    held: dict[InstrumentId, str] | None = None,
    asked: tuple[Order, ...] = (),
    taken_ns: int | None = None,
) -> list[Effect]:
    """Let a complete reading of account A arrive; `held` is what the desk believes by default."""
    if held is None:
        holdings = [each for each in bench.desk.ledger.holdings() if each.account == A]
        positions = [ReportedPosition(each.instrument.id, each.qty) for each in holdings]
    else:
        positions = [ReportedPosition(name, D(qty)) for name, qty in held.items()]
    settings = next(each for each in bench.accounts if each.id == A)
    return bench.feed(
        AccountReport(
            A,
            bench.now if taken_ns is None else taken_ns,
            bench.now,
            rows,
            fills,
            tuple(positions),
            {settings.currency: settings.balance},
            tuple(order.client_order_id for order in asked),
        )
    )


def later(bench: Bench, seconds: float) -> None:
    """Let time pass while every reading fails; market data stays fresh."""
    failing, bench.reads_fail = bench.reads_fail, True
    bench.pass_time(seconds)
    bench.reads_fail = failing


def absent(bench: Bench, order: Order) -> None:
    """Prove that an order is absent: its window is over and two readings do not find it."""
    later(bench, WINDOW_S)
    reading(bench, asked=(order,))
    later(bench, 1)
    reading(bench, asked=(order,))


def sent(effects: list[Effect]) -> list[Effect]:
    """Return the requests to the venue among some effects."""
    return [each for each in effects if type(each) in (SubmitOrder, CancelOrder)]


def reads(effects: list[Effect]) -> list[ReadAccount]:
    """Return the readings that some effects ask for."""
    return [each for each in effects if type(each) is ReadAccount]


def locks(bench: Bench) -> dict[str, str]:
    """Return what is locked on account A now, with the causes ("" is the whole account)."""
    found: dict[str, str] = {}
    for each in bench.effects:
        if type(each) is LockChanged and each.account == A:
            found[each.instrument or ""] = each.cause
    return {name: cause for name, cause in found.items() if cause}


def booked(bench: Bench, instrument: Instrument) -> Decimal:
    """Return what account A holds by the ledger, all sub-books together."""
    holdings = bench.desk.ledger.holdings()
    return sum((h.qty for h in holdings if h.instrument.id == instrument.id), D(0))

"""Rows of the journal: what was folded comes back as it was."""

from decimal import Decimal
from typing import get_args

import msgspec
import pytest

from tradewind.model.commands import (
    DESK,
    Deploy,
    Kill,
    Lifecycle,
    PlaceManual,
    Scope,
    ScopeKind,
    SetParameters,
    TradingState,
)
from tradewind.model.config import Account, DeskConfig, InstanceSpec
from tradewind.model.effects import (
    Alert,
    CommandAnswered,
    Confirmation,
    Denied,
    Effect,
    Level,
    LifecycleChanged,
    Noted,
    StateSaved,
    SubmitOrder,
    TradingStateChanged,
)
from tradewind.model.errors import JournalError
from tradewind.model.events import (
    AccountReport,
    CommandReceived,
    DeskStarted,
    Event,
    FillReceived,
    InstrumentDefined,
    NoAnswer,
    OrderAmended,
    Quote,
    ReportedOrder,
    ReportedPosition,
    Request,
    SettlementPhase,
    SettlementReported,
    Woke,
)
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import (
    AccountId,
    CommandId,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
    OrderId,
    VenueId,
    VenueOrderId,
)
from tradewind.model.instrument import Instrument, InstrumentKind, TickBand, single_tick
from tradewind.model.order import Liquidity, OrderStatus, PlaceOrder, Side
from tradewind.ports import JournalRow, Published
from tradewind.runtime.codec import JOURNALED_TYPES, decode, encode_rows, steps

A = AccountId("paper")
I = InstrumentId("KALSHI:KXBTC-26:YES")  # noqa: E741 - an instrument among accounts and orders
O = OrderId("TWAAAABCDEFGHABCDEFG")  # noqa: E741
BOT = InstanceId("maker")
ACCOUNT = Account(id=A, venue=VenueId("K"), currency=Currency("USD"))
PLACE = PlaceOrder(A, I, Side.SELL, Decimal("1E-8"), Decimal("0.420"), reason="exit", ttl_ns=5)
RULES = Instrument(
    id=I,
    venue=VenueId("KALSHI"),
    symbol="KXBTC-26",
    kind=InstrumentKind.BINARY,
    quote=Currency("USD"),
    ticks=(TickBand(Decimal(0), Decimal("0.1"), Decimal("0.001")), *single_tick(Decimal("0.01"))),
    qty_step=Decimal(1),
    px_exponent=4,
    qty_exponent=2,
)
FILL = Fill(
    FillKey("k"), A, I, Side.BUY, Decimal(3), Decimal("0.01"), Decimal("-0.0001"),
    Currency("USD"), Liquidity.MAKER, 2**62, O, None, FillLife.MATCHED,
)  # fmt: skip
REPORTED = ReportedOrder(
    VenueOrderId("v"), O, I, Side.BUY, Decimal(2), None, Decimal(1), OrderStatus.NEW, 9
)

EVENTS: tuple[Event, ...] = (
    FillReceived(A, 1, 2, FILL),
    InstrumentDefined(RULES, 3),
    DeskStarted(3, 2**40 + 1, DeskConfig(accounts=(ACCOUNT,)), 4),
    CommandReceived(Kill(DESK), "c1", "ada", 5, "news"),
    CommandReceived(PlaceManual(PLACE), "c2", "ada", 6),
    CommandReceived(SetParameters(BOT, {"width": 3, "on": True}), "c3", "ada", 7),
    CommandReceived(
        Deploy(InstanceSpec(id=BOT, strategy="s", accounts=(A,), instruments=(I,))), "c4", "ada", 8
    ),
    NoAnswer(A, 8, 9, O, Request.AMEND),
    OrderAmended(A, 8, 9, O, Decimal("7.50"), None),
    SettlementReported(A, 1, 1, I, SettlementPhase.PAID, Decimal("0.5"), 2),
    AccountReport(
        A, 1, 2, (REPORTED,), (FILL,), (ReportedPosition(I, Decimal(-3)),),
        {Currency("USD"): Decimal("12.34")}, (O,), "cursor",
    ),
)  # fmt: skip

EFFECTS: tuple[Effect, ...] = (
    SubmitOrder(O, BOT, PLACE, 5, 4),
    Denied(BOT, PLACE, "price_collar", "0.42 is 9 % off", "0.40 to 0.44", 5),
    Noted(BOT, "cycle", {"text": "\u00e9\u2028\n\"'"}, 6),
    LifecycleChanged(BOT, Lifecycle.PAUSED, "one cycle", 7, True, "boom"),
    TradingStateChanged(Scope(ScopeKind.VENUE, "K"), TradingState.REDUCING, "loss", 8),
    StateSaved(BOT, bytes(range(256)), 9),
    Alert(Level.CRITICAL, "kind", "text", 10),
    CommandAnswered(CommandId("c1"), Confirmation.ACCEPTED, "3 orders", 11, "", {"left": [1, 2]}),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    (row,) = encode_rows(7, 2, 99, event, ())
    assert (row.seq, row.ordinal, row.epoch, row.ts, row.kind) == (
        7, 0, 2, 99, type(event).__name__,
    )  # fmt: skip
    assert decode(row) == event


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: type(effect).__name__)
def test_an_effect_comes_back_as_it_was(effect: Effect) -> None:
    (row,) = encode_rows(7, 2, 99, None, (effect,))
    assert (row.ordinal, row.kind) == (1, type(effect).__name__)
    assert decode(row) == effect


def test_an_event_that_is_not_journaled_makes_no_row_but_its_effects_do() -> None:
    quote = Quote(I, 1, 1, Decimal(1), Decimal(2), Decimal(3), Decimal(4))
    assert encode_rows(1, 1, 1, quote, ()) == []
    assert [row.ordinal for row in encode_rows(1, 1, 1, Woke(1), EFFECTS[:2])] == [1, 2]


def test_every_kind_of_event_and_effect_has_a_name_of_its_own() -> None:
    names = [kind.__name__ for kind in (*get_args(Event), *get_args(Effect))]
    assert len(names) == len(set(names))


def test_what_concerns_orders_and_money_is_journaled_and_market_data_is_not() -> None:
    names = {kind.__name__ for kind in JOURNALED_TYPES}
    assert {"FillReceived", "OrderAccepted", "CommandReceived", "DeskStarted"} <= names
    assert not {"Quote", "Candle", "Woke", "ReferencePrice", "BookDelta"} & names


def test_rows_are_put_together_to_the_steps_that_they_came_from() -> None:
    sent = [
        Published(1, 10, EVENTS[0], EFFECTS[:3]),
        Published(5, 11, None, EFFECTS[3:4]),
        Published(6, 12, EVENTS[1], ()),
    ]
    rows = [
        row for news in sent for row in encode_rows(news.seq, 1, news.ts, news.event, news.effects)
    ]
    assert list(steps(rows)) == sent


BAD = {
    "an unknown kind": (0, b'{"type":"Teleported"}'),
    "a field of another type": (0, b'{"type":"CurrencyRate","currency":1,"rate":"1","ts_recv":0}'),
    "no JSON": (1, b"\x00"),
    "an effect where an event should be": (0, b'{"type":"StateSaved"}'),
}


@pytest.mark.parametrize("name", BAD)
def test_a_row_of_another_version_says_which_and_what_to_do(name: str) -> None:
    ordinal, payload = BAD[name]
    row = JournalRow(12, ordinal, 1, 0, "Some", payload)
    with pytest.raises(JournalError, match=rf"the Some of journal row 12/{ordinal}, found .*start"):
        decode(row)


def test_payloads_are_json_that_people_can_read() -> None:
    (row,) = encode_rows(1, 1, 1, EVENTS[9], ())
    assert msgspec.json.decode(row.payload)["payout"] == "0.5"

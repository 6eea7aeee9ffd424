"""Fills and postings counted: fees in every currency, funding, settlement; the ledger agrees."""

import random
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.research.sample import PAPER, USDT, made_fill, perpetual
from tradewind.core.ledger.entries import Entry, EntryKind
from tradewind.core.ledger.ledger import Ledger
from tradewind.model.fill import Fill
from tradewind.model.ids import NET, Currency, FillKey, InstanceId, InstrumentId, VenueId
from tradewind.model.instrument import Instrument, InstrumentKind, single_tick
from tradewind.model.money import ZERO
from tradewind.model.order import Side
from tradewind.research.tally import Book, Happened, Tally, count

BTC = perpetual("BTCUSDT", base="BTC")
ALPHA = InstanceId("alpha")
BUY, SELL = Side.BUY, Side.SELL


def spot(symbol: str, base: str, quote: str) -> Instrument:
    return Instrument(
        id=InstrumentId(f"BYBIT:{symbol}"),
        venue=VenueId("BYBIT"),
        symbol=symbol,
        kind=InstrumentKind.SPOT,
        quote=Currency(quote),
        base=Currency(base),
        ticks=single_tick(Decimal("0.1")),
        qty_step=Decimal("0.001"),
        px_exponent=1,
        qty_exponent=3,
    )


def counted(*happened: Fill | Entry, book: tuple[Instrument, ...] = (BTC,), **rates: str) -> Tally:
    given: list[Happened] = [
        item if isinstance(item, Entry) else (item, "entry", ALPHA, ZERO) for item in happened
    ]
    return count(
        given,
        Book(
            {rules.id: rules for rules in book},
            USDT,
            {Currency(name): Decimal(rate) for name, rate in rates.items()},
        ),
    )


def posted(kind: EntryKind, qty: str = "0", cost: str = "0", **more: Any) -> Entry:
    return Entry(
        kind,
        FillKey("posted"),
        PAPER,
        BTC.id,
        NET,
        ALPHA,
        USDT,
        5,
        qty=Decimal(qty),
        cost=Decimal(cost),
        fee_currency=USDT,
        **more,
    )


def test_fees_in_quote_currency_are_taken_as_they_are() -> None:
    tally = counted(made_fill(BTC, BUY, "1", "100", fee=Decimal("0.2")))
    assert (tally.fees, tally.round_trips[0].fees) == (Decimal("0.2"), Decimal("0.2"))


def test_a_fee_in_the_bought_asset_leaves_the_position() -> None:
    rules = spot("BTCUSDT-SPOT", "BTC", "USDT")
    paid = {"fee": Decimal("0.001"), "fee_currency": Currency("BTC")}
    tally = counted(
        made_fill(rules, BUY, "1", "100", **paid),
        made_fill(rules, SELL, "0.999", "110", fee=ZERO),
        book=(rules,),
    )
    (trip,) = tally.round_trips
    assert trip.closed_ns is not None
    assert (trip.qty, trip.entry_px, tally.fees) == (
        Decimal("0.999"),
        Decimal(100),
        Decimal("0.1"),
    )
    assert trip.net_pnl == Decimal("9.89")


def test_the_ledgers_own_charge_in_the_asset_is_not_counted_twice() -> None:
    rules = spot("BTCUSDT-SPOT", "BTC", "USDT")
    fill = made_fill(rules, BUY, "1", "100", fee=Decimal("0.001"), fee_currency=Currency("BTC"))
    ledger = Ledger(entries=[])
    ledger.post_fill(fill, ALPHA, rules)
    assert ledger.entries is not None
    tally = counted(fill, *ledger.entries, book=(rules,))
    (trip,) = tally.round_trips
    assert (trip.open_qty, tally.fees) == (Decimal("0.999"), Decimal("0.1"))


def test_a_fee_in_a_third_asset_goes_by_its_rate() -> None:
    fill = made_fill(BTC, BUY, "1", "100", fee=Decimal("0.01"), fee_currency=Currency("BNB"))
    tally = counted(fill, BNB="600")
    assert tally.fees == Decimal(6)
    assert tally.warnings == ()


def test_a_missing_rate_is_said() -> None:
    fill = made_fill(BTC, BUY, "1", "100", fee=Decimal("0.01"), fee_currency=Currency("BNB"))
    (warning,) = counted(fill, fill).warnings
    assert "BNB to USDT" in warning


def test_results_in_another_currency_come_to_the_reporting_one() -> None:
    rules = perpetual("BTCEUR", quote=Currency("EUR"))
    tally = counted(
        made_fill(rules, SELL, "1", "100", fee=ZERO),
        made_fill(rules, BUY, "1", "90", fee=Decimal(1)),
        book=(rules,),
        EUR="1.1",
    )
    assert tally.round_trips[0].net_pnl == Decimal(9)
    assert tally.closed[0].net_pnl == pytest.approx(9.9)
    assert tally.fees == Decimal("1.1")
    assert tally.samples[0].signed_qty == pytest.approx(-1.1)


def test_funding_is_paid_by_the_open_position() -> None:
    fill = made_fill(BTC, BUY, "1", "100", fee=ZERO)
    tally = counted(fill, posted(EntryKind.FUNDING, cash=Decimal("-0.3")))
    assert (tally.funding, tally.round_trips[0].funding) == (Decimal("0.3"), Decimal("0.3"))


def test_a_settlement_ends_a_round_trip_without_a_fill() -> None:
    fill = made_fill(BTC, BUY, "10", "0.6", fee=ZERO)
    settled = posted(EntryKind.SETTLEMENT, "-10", "-6", realised=Decimal(4))
    tally = counted(fill, settled)
    (trip,) = tally.round_trips
    assert (trip.exit_px, trip.gross_pnl, trip.exit_reason) == (
        Decimal(1),
        Decimal(4),
        "settlement",
    )
    assert len(tally.fills) == trip.fills == 1


def test_a_fee_that_comes_later_is_counted() -> None:
    fill = made_fill(BTC, BUY, "1", "100", fee=Decimal("0.1"))
    tally = counted(fill, posted(EntryKind.FEE_ADJUST, fee=Decimal("0.02")))
    assert (tally.fees, tally.round_trips[0].fees) == (Decimal("0.12"), Decimal("0.12"))


@pytest.mark.parametrize("kind", [EntryKind.FILL, EntryKind.FINALISED, EntryKind.TRANSFER])
def test_what_a_fill_said_already_is_passed_over(kind: EntryKind) -> None:
    fill = made_fill(BTC, BUY, "1", "100", fee=Decimal("0.1"))
    tally = counted(fill, posted(kind, "1", "100", fee=Decimal("0.1")))
    assert (tally.fees, tally.round_trips[0].qty) == (Decimal("0.1"), Decimal(1))


def test_round_trips_agree_with_the_ledger_on_any_fills(seed: int) -> None:
    dice = random.Random(seed)
    ledger = Ledger(entries=[])
    happened: list[Happened] = []
    held = ZERO
    for ts_ns in range(400):
        side = dice.choice([BUY, SELL])
        qty = Decimal(dice.randint(1, 5_000)) / 1000
        if dice.random() < 0.2 and held:
            side, qty = (SELL if held > ZERO else BUY), abs(held)
        px = Decimal(dice.randint(900, 1_100)) / 10
        fill = made_fill(BTC, side, qty, px, ts_event=ts_ns, key=FillKey(str(ts_ns)))
        entry = ledger.post_fill(fill, ALPHA, BTC)
        assert entry is not None
        happened.append((fill, "", ALPHA, entry.realised))
        held += side.sign * qty
    closing = made_fill(BTC, SELL if held > ZERO else BUY, abs(held), "100", ts_event=400)
    assert ledger.post_fill(closing, ALPHA, BTC) is not None
    happened.append((closing, "", ALPHA, ZERO))
    tally = count(happened, Book({BTC.id: BTC}, USDT, {}))
    position = ledger.position(PAPER, BTC.id, NET, ALPHA)
    assert position is not None
    assert not position.qty
    gross = sum((trip.gross_pnl for trip in tally.round_trips), ZERO)
    # Both round shares to 1e-12, at other places.
    assert abs(gross - position.realised) < Decimal("1e-8")
    assert abs(tally.fees - position.fees) < Decimal("1e-8")
    assert tally.open_since_ns == ()

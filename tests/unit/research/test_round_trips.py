"""Round trips by hand: what closes what, in which order, at what result."""

from decimal import Decimal
from typing import Any

import pytest

from tradewind.model.ids import NET, AccountId, BucketId, Currency, InstanceId, InstrumentId
from tradewind.model.money import ONE, ZERO
from tradewind.model.order import Side
from tradewind.research.results import PositionEffect, RoundTripRow
from tradewind.research.round_trips import Holder, Pairing, Step, Terms, plain

USDT = Terms(Currency("USDT"), ONE)
ALPHA = Holder(InstanceId("alpha"), AccountId("paper"), InstrumentId("BYBIT:BTCUSDT"), NET)
Trade = tuple[str, str]
"""Signed quantity and price."""


def paired(*trades: Trade, fee: str = "0", terms: Terms = USDT) -> tuple[RoundTripRow, ...]:
    pairing = Pairing()
    for number, trade in enumerate(trades):
        take(pairing, trade, ts_ns=number, fee=fee, terms=terms)
    return pairing.rows()


def take(
    pairing: Pairing,
    trade: Trade,
    *,
    ts_ns: int = 0,
    fee: str = "0",
    terms: Terms = USDT,
    holder: Holder = ALPHA,
    reason: str = "",
) -> tuple[PositionEffect, int]:
    qty, px = Decimal(trade[0]), Decimal(trade[1])
    step = Step(ts_ns, qty, qty * px * terms.multiplier, Decimal(fee), reason=reason)
    return pairing.take(holder, terms, step)


def outlines(rows: tuple[RoundTripRow, ...]) -> list[tuple[Any, ...]]:
    """Return side, quantity, entry, exit, gross result and what is still open."""
    return [
        (
            row.side.value,
            str(row.qty),
            str(row.entry_px),
            None if row.exit_px is None else str(row.exit_px),
            str(row.gross_pnl),
            str(row.open_qty),
        )
        for row in rows
    ]


@pytest.mark.parametrize(
    ("name", "trades", "expected"),
    [
        (
            "a long that wins",
            [("1", "100"), ("-1", "110")],
            [("buy", "1", "100", "110", "10", "0")],
        ),
        (
            "a short that wins",
            [("-1", "100"), ("1", "90")],
            [("sell", "1", "100", "90", "10", "0")],
        ),
        (
            "a short that loses",
            [("-2", "100"), ("2", "103.5")],
            [("sell", "2", "100", "103.5", "-7", "0")],
        ),
        (
            "short after short: each buy closes the sell before it",
            [("-1", "100"), ("1", "95"), ("-1", "90"), ("1", "92")],
            [("sell", "1", "100", "95", "5", "0"), ("sell", "1", "90", "92", "-2", "0")],
        ),
        (
            "two entries, one exit",
            [("1", "100"), ("1", "104"), ("-2", "105")],
            [("buy", "2", "102", "105", "6", "0")],
        ),
        (
            "one entry, two exits",
            [("-2", "100"), ("1", "90"), ("1", "98")],
            [("sell", "2", "100", "94", "12", "0")],
        ),
        (
            "out and in again without being flat is one round trip",
            [("2", "100"), ("-1", "110"), ("1", "120"), ("-2", "130")],
            [("buy", "3", "106.6666666667", "123.3333333333", "50", "0")],
        ),
        (
            "a partial exit leaves an open round trip with what the oldest lot made",
            [("1", "100"), ("1", "200"), ("-1", "150")],
            [("buy", "2", "150", "150", "50", "1")],
        ),
        (
            "a partial exit takes a part of the oldest lot",
            [("-3", "100"), ("-1", "60"), ("2", "90")],
            [("sell", "4", "90", "90", "20", "2")],
        ),
        (
            "an exit through two lots",
            [("1", "100"), ("2", "110"), ("-2", "120")],
            [("buy", "3", "106.6666666667", "120", "30", "1")],
        ),
        (
            "a flip from long to short",
            [("1", "100"), ("-3", "110"), ("2", "105")],
            [("buy", "1", "100", "110", "10", "0"), ("sell", "2", "110", "105", "10", "0")],
        ),
        (
            "a flip from short to long that stays open",
            [("-1", "100"), ("4", "101")],
            [("sell", "1", "100", "101", "-1", "0"), ("buy", "3", "101", None, "0", "3")],
        ),
    ],
)
def test_trades_pair_from_flat_to_flat(
    name: str, trades: list[Trade], expected: list[tuple[Any, ...]]
) -> None:
    assert outlines(paired(*trades)) == expected, name


def test_an_open_round_trip_says_what_its_lots_cost() -> None:
    (row,) = paired(("1", "100"), ("1", "200"), ("-1", "150"))
    assert (row.closed_ns, row.open_px, row.max_qty) == (None, Decimal(200), Decimal(2))


def test_a_flip_shares_its_fee_by_quantity() -> None:
    first, second = paired(("1", "100"), ("-3", "110"), fee="0.9")
    assert (first.fees, second.fees) == (Decimal("1.2"), Decimal("0.6"))
    assert first.net_pnl == Decimal("8.8")


def test_a_flip_says_so_and_names_the_trip_it_closed() -> None:
    pairing = Pairing()
    assert take(pairing, ("1", "100")) == (PositionEffect.OPEN, 1)
    assert take(pairing, ("1", "101")) == (PositionEffect.OPEN, 1)
    assert take(pairing, ("-1", "102")) == (PositionEffect.CLOSE, 1)
    assert take(pairing, ("-2", "102")) == (PositionEffect.FLIP, 1)
    assert take(pairing, ("1", "99")) == (PositionEffect.CLOSE, 2)


def test_multiplier_counts_in_results_and_not_in_prices() -> None:
    (row,) = paired(("-1", "100"), ("1", "90"), terms=Terms(Currency("INR"), Decimal(75)))
    assert (row.gross_pnl, row.entry_px, row.exit_px) == (Decimal(750), Decimal(100), Decimal(90))


def test_instances_buckets_and_instruments_do_not_close_each_other() -> None:
    pairing = Pairing()
    others = (
        Holder(InstanceId("beta"), ALPHA.account, ALPHA.instrument, NET),
        Holder(ALPHA.instance, AccountId("other"), ALPHA.instrument, NET),
        Holder(ALPHA.instance, ALPHA.account, InstrumentId("BYBIT:ETHUSDT"), NET),
        Holder(ALPHA.instance, ALPHA.account, ALPHA.instrument, BucketId("short")),
    )
    take(pairing, ("1", "100"))
    for holder in others:
        take(pairing, ("-1", "110"), holder=holder)
    assert [row.closed_ns for row in pairing.rows()] == [None] * 5


def test_reasons_are_those_of_the_first_entry_and_the_last_exit() -> None:
    pairing = Pairing()
    for trade, reason in (
        (("1", "100"), "entry"),
        (("1", "101"), "add"),
        (("-1", "102"), "take_profit"),
        (("-1", "99"), "stop_loss"),
    ):
        take(pairing, trade, reason=reason)
    (row,) = pairing.rows()
    assert (row.entry_reason, row.exit_reason, row.fills) == ("entry", "stop_loss", 4)


def test_funding_goes_to_the_open_trip_and_a_late_fee_to_the_one_that_ended() -> None:
    pairing = Pairing()
    take(pairing, ("-1", "100"))
    pairing.take(ALPHA, USDT, Step(1, ZERO, ZERO, funding=Decimal("0.5"), is_fill=False))
    take(pairing, ("1", "90"))
    pairing.take(ALPHA, USDT, Step(3, ZERO, ZERO, fee=Decimal("0.25"), is_fill=False))
    (row,) = pairing.rows()
    assert (row.funding, row.fees, row.net_pnl) == (
        Decimal("0.5"),
        Decimal("0.25"),
        Decimal("9.25"),
    )
    assert row.fills == 2


def test_a_charge_before_any_position_belongs_to_no_trip() -> None:
    pairing = Pairing()
    charge = Step(0, ZERO, ZERO, fee=Decimal(1), is_fill=False)
    assert pairing.take(ALPHA, USDT, charge) == (PositionEffect.CLOSE, 0)
    assert pairing.rows() == ()


def test_net_return_is_over_the_value_entered() -> None:
    (row,) = paired(("-2", "100"), ("2", "95"), fee="0.5")
    assert row.net_return == pytest.approx(9.0 / 200.0)
    assert row.side is Side.SELL


@pytest.mark.parametrize(
    ("given", "expected"),
    [("1.500", "1.5"), ("1E+3", "1000"), ("-0.00", "0"), ("0E-12", "0"), ("-2.10", "-2.1")],
)
def test_plain_numbers_have_no_exponent_and_no_idle_zeros(given: str, expected: str) -> None:
    assert str(plain(Decimal(given))) == expected

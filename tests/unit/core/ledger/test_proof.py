"""The proof finds what is wrong: each test plants one fault and looks for its sentence."""

import random
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest

from tests.unit.core.ledger.samples import (
    ACCOUNT,
    BNB,
    COIN,
    FINAL,
    FUTURE,
    MATCHED,
    NO,
    PERP,
    STOCK,
    USD,
    YES,
    A,
    B,
    D,
    Recorded,
    fill,
)
from tradewind.core.ledger.entries import Entry, EntryKind
from tradewind.core.ledger.proof import check, fold
from tradewind.model.effects import PositionCorrected
from tradewind.model.errors import BadReply
from tradewind.model.events import FeeAdjusted, FundingPaid, SettlementPhase, Transferred
from tradewind.model.ids import NET, UNMANAGED, FillKey


@pytest.fixture
def book() -> Recorded:
    """Give a ledger with paid and margined positions of two owners."""
    book = Recorded()
    book.ledger.transfer(Transferred(ACCOUNT, 0, 0, FillKey("in"), D(500), USD))
    book.ledger.post_fill(fill("+3 @ 10", STOCK, ts=1, fee="0.1"), A, STOCK)
    book.ledger.post_fill(fill("-1 @ 11", STOCK, ts=2, fee="0.1"), A, STOCK)
    book.ledger.post_fill(fill("-2 @ 50", ts=3), B, PERP)
    book.prove()
    return book


def test_a_fold_adds_up_to_the_position(book: Recorded) -> None:
    told = fold(book.entries).positions[ACCOUNT, STOCK.id, NET, A]
    held = book.held(STOCK)
    assert (told.qty, told.cost, told.realised, told.fees) == (
        held.qty,
        held.cost,
        held.realised,
        held.fees,
    )


def anything(book: Recorded, dice: random.Random, at: int) -> None:
    """Post one thing of any kind, with keys that sometimes come again."""
    ledger, key, ts = book.ledger, FillKey(f"k{at}"), dice.randrange(1, 400)
    rules = dice.choice([STOCK, PERP, COIN, FUTURE, YES, NO])
    owner = dice.choice([A, B, UNMANAGED])
    amount = D(dice.randrange(-999, 999)) / 7 // D("0.0001") * D("0.0001")
    match dice.randrange(10):
        case 0:
            ledger.transfer(Transferred(ACCOUNT, ts, ts, key, amount, USD))
        case 1:
            ledger.funding(FundingPaid(ACCOUNT, ts, ts, key, rules.id, amount, USD), rules)
        case 2:
            ledger.fee_adjust(FeeAdjusted(ACCOUNT, ts, ts, key, rules.id, amount, BNB), rules)
        case 3:
            qty, px = D(dice.randrange(-9, 10)), dice.choice([None, D("0.37")])
            event = PositionCorrected(key, ACCOUNT, rules.id, NET, qty, px, "", ts)
            ledger.correct(event, rules)
        case 4:
            ledger.net_pairs(ACCOUNT, YES, NO, owner, ts)
        case 5 if rules is YES and dice.random() < 0.2:
            phase, payout = dice.choice(list(SettlementPhase)), D(dice.randrange(3)) / 2
            with suppress(BadReply):
                ledger.settle(YES, ACCOUNT, phase, payout, dice.randrange(1, 4), ts)
        case 6:
            old = dice.choice(
                [*ledger.book(ACCOUNT).matched, FillKey(f"k{dice.randrange(at + 9)}")]
            )
            with suppress(BadReply):
                if dice.random() < 0.5:
                    ledger.finalise(ACCOUNT, old)
                else:
                    ledger.fail(ACCOUNT, old, "", ts)
        case _:
            text = f"{dice.choice('+-')}{dice.randrange(1, 99)} @ 0.{dice.randrange(1, 99):02}"
            life, currency = dice.choice([MATCHED, FINAL]), dice.choice([USD, BNB, COIN.base])
            fee = f"0.0{dice.randrange(9)}"
            one = fill(text, rules, key=key, ts=ts, fee=fee, fee_currency=currency, life=life)
            with suppress(BadReply):
                ledger.post_fill(one, owner, rules)


@pytest.mark.parametrize("seed", range(20), ids=lambda seed: f"seed {seed}")
def test_whatever_is_posted_the_ledger_is_the_sum_of_its_entries(seed: int) -> None:
    dice, book = random.Random(seed), Recorded()
    for at in range(300):
        anything(book, dice, at)
        if at % 60 == 0:
            book.prove()
    book.prove()
    assert EntryKind.REVERSAL in {entry.kind for entry in book.entries}


def wrong_qty(book: Recorded) -> None:
    book.held(STOCK).qty += 1


def wrong_provisional(book: Recorded) -> None:
    book.held(STOCK).provisional_qty += 1


def wrong_holding(book: Recorded) -> None:
    holding = book.ledger.holding(ACCOUNT, STOCK.id, NET)
    assert holding is not None
    holding.qty += 1


def wrong_cash(book: Recorded) -> None:
    book.ledger.book(ACCOUNT).money(USD).cash += D("0.000000000001")


def wrong_owner(book: Recorded) -> None:
    book.ledger.owner_totals(B, USD).fees += 1


def lost_entry(book: Recorded) -> None:
    del book.entries[1]


def doubled_entry(book: Recorded) -> None:
    book.entries.append(book.entries[2])


def money_from_nowhere(book: Recorded) -> None:
    book.entries[1] = msgspec.structs.replace(book.entries[1], cash=D(-29))


def flat_with_a_cost(book: Recorded) -> None:
    book.held(owner=B).qty = D(0)


def foreign_entry(book: Recorded) -> None:
    book.entries.append(
        Entry(EntryKind.FILL, FillKey("z"), ACCOUNT, PERP.id, NET, A, USD, 1, qty=D(1))
    )


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (wrong_qty, "X:STOCK/net/a stands at"),
        (wrong_provisional, "X:STOCK/net/a stands at"),
        (wrong_holding, "main/X:STOCK/net stands at"),
        (wrong_cash, "accounted for"),
        (wrong_owner, "b/USD stands at"),
        (lost_entry, "main/USD stands at"),
        (doubled_entry, "X:STOCK/net/a stands at"),
        (money_from_nowhere, "moves cash -29, and -30 is due"),
        (flat_with_a_cost, "is flat and costs -100"),
        (foreign_entry, "has entries and no position"),
    ],
)
def test_a_planted_fault_is_found(
    book: Recorded, plant: Callable[[Recorded], None], sentence: str
) -> None:
    plant(book)
    assert any(sentence in found for found in check(book.ledger, book.entries))

"""Payouts: paid once, amended, late fills, and complete sets that pay exactly one."""

import random
from decimal import Decimal

import pytest

from tests.unit.core.ledger.samples import (
    ACCOUNT,
    MATCHED,
    NO,
    STOCK,
    YES,
    A,
    B,
    D,
    Recorded,
    fill,
)
from tradewind.core.ledger.entries import Entry, EntryKind
from tradewind.model.errors import BadReply
from tradewind.model.events import SettlementPhase
from tradewind.model.ids import NET, UNMANAGED, FillKey
from tradewind.model.instrument import Instrument

DETERMINED = SettlementPhase.DETERMINED
PAID = SettlementPhase.PAID
AMENDED = SettlementPhase.AMENDED


@pytest.fixture
def book() -> Recorded:
    """Give an empty ledger."""
    return Recorded()


def settle(
    book: Recorded,
    payout: str,
    phase: SettlementPhase = PAID,
    number: int = 1,
    rules: Instrument = YES,
) -> list[Entry]:
    """Settle an instrument long after its last fill."""
    return book.ledger.settle(rules, ACCOUNT, phase, D(payout), number, 1_000)


def test_a_determined_market_posts_nothing(book: Recorded) -> None:
    book.fills("+10 @ 0.4", rules=YES)
    assert settle(book, "1", DETERMINED) == []
    assert book.held(YES).qty == 10


def test_payment_closes_every_sub_book_at_the_payout(book: Recorded) -> None:
    book.ledger.post_fill(fill("+10 @ 0.40", YES, ts=1, fee="0.17"), A, YES)
    book.ledger.post_fill(fill("-4 @ 0.60", YES, ts=2), B, YES)
    entries = settle(book, "1")
    assert [(one.owner, one.qty, one.cash, one.realised) for one in entries] == [
        (A, D(-10), D(10), D("6.00")),
        (B, D(4), D(-4), D("-1.60")),
    ]
    assert {one.kind for one in entries} == {EntryKind.SETTLEMENT}
    assert str(entries[0].key).startswith("X/main/X:RAIN/1")
    assert (book.held(YES).qty, book.held(YES).cost, book.held(YES, B).qty) == (D(0), D(0), D(0))
    assert book.cash() == D("6.00") - D("0.17") - D("1.60")
    assert settle(book, "1") == []
    book.prove()


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        pytest.param("1", "0", id="yes"),
        pytest.param("0", "1", id="no"),
        pytest.param("0.5", "0.5", id="50/50"),
        pytest.param("0.37", "0.63", id="void at the last fair price"),
    ],
)
def test_complete_sets_pay_exactly_one(book: Recorded, yes: str, no: str) -> None:
    book.ledger.post_fill(fill("+10 @ 0.42", YES, ts=1), A, YES)
    book.ledger.post_fill(fill("+10 @ 0.55", NO, ts=2), A, NO)
    settle(book, yes)
    settle(book, no, rules=NO)
    assert book.cash() == D(10) - D("4.20") - D("5.50")
    assert book.ledger.owner_net(A, YES.quote) == D("0.30")
    book.prove()


def test_a_payout_that_is_amended_is_taken_back_and_paid_again(book: Recorded) -> None:
    book.fills("+10 @ 0.4", rules=YES)
    settle(book, "1")
    assert book.cash() == 6
    back, again = settle(book, "0.5", AMENDED)
    assert (back.qty, back.cash, back.realised, back.cost) == (D(10), D(-10), D(-6), D(4))
    assert (again.qty, again.cash, again.realised) == (D(-10), D(5), D(1))
    assert book.cash() == 1
    assert settle(book, "0.5", AMENDED) == []
    # The old news once more, from a back-fill, is old.
    assert settle(book, "1") == []
    settle(book, "0", AMENDED, number=2)
    assert (book.cash(), book.held(YES).realised) == (D(-4), D(-4))
    book.prove()


def test_an_amendment_may_be_the_first_that_is_heard(book: Recorded) -> None:
    book.fills("+10 @ 0.4", rules=YES)
    settle(book, "0.5", AMENDED)
    assert settle(book, "1") == []
    assert book.cash() == 1
    book.prove()


def test_a_payout_number_never_changes_its_meaning(book: Recorded) -> None:
    book.fills("+10 @ 0.4", rules=YES)
    settle(book, "1")
    with pytest.raises(BadReply, match="another before"):
        settle(book, "0")
    assert book.cash() == 6
    book.prove()


def test_a_later_payout_number_pays_what_is_open_then(book: Recorded) -> None:
    book.fills("+10 @ 0.4", rules=YES)
    settle(book, "1")
    assert settle(book, "1", number=2) == []
    assert book.cash() == 6


def test_a_fill_that_comes_after_the_payout_is_paid_with_it(book: Recorded) -> None:
    book.fills("+10 @ 0.4", rules=YES)
    settle(book, "1")
    entry = book.ledger.post_fill(fill("+5 @ 0.6", YES, key="late", ts=3), B, YES)
    assert entry is not None
    (paid,) = book.ledger.besides
    assert (paid.kind, paid.owner, paid.qty, paid.cash) == (EntryKind.SETTLEMENT, B, D(-5), D(5))
    assert book.held(YES, B).realised == D("2.0")
    assert book.ledger.net_qty(ACCOUNT, YES.id, NET) == 0
    settle(book, "0", AMENDED)
    assert book.cash() == D("-7.0")
    book.prove()


def test_a_fill_that_fails_after_the_payout_gives_it_back(book: Recorded) -> None:
    book.ledger.post_fill(fill("+10 @ 0.4", YES, ts=1), A, YES)
    book.ledger.post_fill(fill("+5 @ 0.6", YES, ts=2, life=MATCHED), A, YES)
    settle(book, "1")
    assert book.cash() == 8
    book.ledger.fail(ACCOUNT, FillKey("t2"), "reverted", 2_000)
    held = book.held(YES)
    assert (held.qty, held.cost, held.realised, book.cash()) == (D(0), D(0), D(6), D(6))
    book.prove()


def test_an_empty_account_is_settled_without_entries(book: Recorded) -> None:
    assert settle(book, "1") == []
    book.ledger.post_fill(fill("+5 @ 0.6", YES, ts=3), UNMANAGED, YES)
    assert book.cash() == 2
    book.prove()


@pytest.mark.parametrize("seed", range(20), ids=lambda seed: f"seed {seed}")
def test_whenever_pairs_are_netted_the_money_is_the_same(seed: int) -> None:
    dice = random.Random(seed)
    yes_payout = D(dice.choice(["0", "1", "0.5", "0.37"]))
    fills = []
    for at in range(40):
        rules = dice.choice([YES, NO])
        text = f"+{dice.randrange(1, 30)} @ 0.{dice.randrange(1, 99):02}"
        fills.append((fill(text, rules, ts=at + 1, fee="0.01"), rules))
    results: list[Decimal] = []
    for share_netted in (0.0, 0.5, 1.0):
        book = Recorded()
        for one, rules in fills:
            book.ledger.post_fill(one, A, rules)
            if dice.random() < share_netted:
                book.ledger.net_pairs(ACCOUNT, YES, NO, A, one.ts_event)
                assert not min(book.held(rules).qty, D(0))
        settle(book, str(yes_payout))
        settle(book, str(1 - yes_payout), rules=NO)
        assert book.held(YES).qty == book.held(NO).qty == 0
        results.append(book.cash())
        book.prove()
    assert len(set(results)) == 1


def test_the_money_of_other_instruments_is_left_alone(book: Recorded) -> None:
    book.fills("+10 @ 4", rules=STOCK)
    book.fills("+10 @ 0.4", rules=YES)
    settle(book, "1")
    assert book.held(STOCK).qty == 10

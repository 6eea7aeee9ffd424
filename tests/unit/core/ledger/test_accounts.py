"""Where outcomes net, an account is counted as its venue counts it, whoever of ours holds what."""

import pytest

from tests.unit.core.ledger.samples import (
    ACCOUNT,
    MATCHED,
    NO,
    USD,
    YES,
    A,
    B,
    D,
    Recorded,
    fill,
)
from tradewind.core.ledger.entries import EntryKind
from tradewind.model.effects import PositionCorrected
from tradewind.model.events import SettlementPhase
from tradewind.model.ids import NET, UNMANAGED, FillKey
from tradewind.model.instrument import Instrument


@pytest.fixture
def book() -> Recorded:
    """Give an empty ledger."""
    return Recorded()


def counted(book: Recorded) -> tuple[int, int]:
    """Return what the account holds of YES and NO as the venue counts it."""
    yes, no = (book.ledger.net_qty(ACCOUNT, each.id, NET) for each in (YES, NO))
    return int(yes), int(no)


@pytest.mark.parametrize(
    ("yes", "no", "account"),
    [
        ("+8 @ 0.4", "+5 @ 0.5", (3, 0)),
        ("+5 @ 0.4", "+8 @ 0.5", (0, 3)),
        ("+5 @ 0.4", "+5 @ 0.5", (0, 0)),
        ("-3 @ 0.4", "+2 @ 0.5", (-3, 2)),
        ("-3 @ 0.4", "-2 @ 0.5", (-1, 0)),
    ],
)
def test_pairs_across_owners_are_no_position_of_the_account(
    book: Recorded, yes: str, no: str, account: tuple[int, int]
) -> None:
    book.fills(yes, rules=YES, owner=A)
    book.fills(no, rules=NO, owner=B)
    assert counted(book) == account
    # What may leave the account is bounded by the venue's count, an owner's own part is not.
    assert [book.ledger.sellable(ACCOUNT, each.id, NET) for each in (YES, NO)] == list(account)
    assert book.ledger.sellable(ACCOUNT, YES.id, NET, A) == D(yes.partition(" ")[0])
    book.prove()


def test_a_sale_gives_the_other_owner_its_position_back(book: Recorded) -> None:
    book.fills("+5 @ 0.4", rules=YES, owner=A)
    book.fills("+5 @ 0.5", rules=NO, owner=B)
    book.fills("-5 @ 0.6", rules=YES, owner=A)
    assert counted(book) == (0, 5)
    assert book.held(YES, A).realised == D("1.0")


def test_what_is_not_final_does_not_leave_because_of_a_pair(book: Recorded) -> None:
    book.fills("+5 @ 0.4", rules=YES, owner=A)
    book.ledger.post_fill(fill("+3 @ 0.4", YES, key="young", ts=9, life=MATCHED), A, YES)
    book.fills("+2 @ 0.5", rules=NO, owner=B)
    assert book.ledger.sellable(ACCOUNT, YES.id, NET) == 3
    book.fills("+9 @ 0.5", rules=NO, owner=B)
    assert book.ledger.sellable(ACCOUNT, YES.id, NET) == 0


@pytest.mark.parametrize("payout", ["1", "0", "0.37"])
@pytest.mark.parametrize(("yes", "no"), [(8, 5), (5, 5), (2, 5)])
def test_each_owner_is_paid_and_together_they_have_what_the_venue_paid(
    book: Recorded, yes: int, no: int, payout: str
) -> None:
    book.fills(f"+{yes} @ 0.4", rules=YES, owner=A)
    book.fills(f"+{no} @ 0.5", rules=NO, owner=B)
    before = book.cash()
    for rules, px in ((YES, D(payout)), (NO, 1 - D(payout))):
        book.ledger.settle(rules, ACCOUNT, SettlementPhase.PAID, px, 1, 100)
    assert book.ledger.owner_net(A, USD) == yes * (D(payout) - D("0.4"))
    assert book.ledger.owner_net(B, USD) == no * (1 - D(payout) - D("0.5"))
    pairs = min(yes, no)  # paid one each when they came about
    left = (yes - pairs) * D(payout) + (no - pairs) * (1 - D(payout))
    assert book.cash() - before == pairs + left
    assert counted(book) == (0, 0)
    book.prove()


@pytest.mark.parametrize(("rules", "text"), [(NO, "+5 @ 0.5"), (YES, "-5 @ 0.5")])
def test_a_difference_is_explained_by_a_fill_of_either_outcome(
    book: Recorded, rules: Instrument, text: str
) -> None:
    book.fills("+8 @ 0.4", rules=YES, owner=A)
    told = PositionCorrected(FillKey("c"), ACCOUNT, NO.id, NET, D(5), D("0.5"), "differs", 100)
    book.ledger.correct(told, NO)
    assert counted(book) == (3, 0)
    book.ledger.post_fill(fill(text, rules, key="late", ts=90), UNMANAGED, rules)
    assert counted(book) == (3, 0)
    assert [each.kind for each in book.ledger.besides] == [EntryKind.CORRECTION]
    assert book.cash() == -8 * D("0.4") + (D("2.5") if rules is YES else D("-2.5"))
    book.prove()

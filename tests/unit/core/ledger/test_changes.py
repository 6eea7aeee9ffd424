"""Fees, funding, transfers, corrections, conversions and netting, by hand."""

import pytest

from tests.unit.core.ledger.samples import (
    ACCOUNT,
    BNB,
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
from tradewind.core.ledger.entries import Conversion, Entry, EntryKind, Leg, complete_set
from tradewind.model.effects import PositionCorrected
from tradewind.model.errors import BadReply
from tradewind.model.events import FeeAdjusted, FundingPaid, SettlementPhase, Transferred
from tradewind.model.ids import NET, UNMANAGED, BucketId, Currency, FillKey


@pytest.fixture
def book() -> Recorded:
    """Give an empty ledger."""
    return Recorded()


def funding(amount: str, key: str = "f1", currency: Currency = USD) -> FundingPaid:
    """Return funding; positive is paid."""
    return FundingPaid(ACCOUNT, 50, 51, FillKey(key), PERP.id, D(amount), currency)


def adjustment(amount: str, key: str = "j1", currency: Currency = USD) -> FeeAdjusted:
    """Return a late fee."""
    return FeeAdjusted(ACCOUNT, 50, 51, FillKey(key), PERP.id, D(amount), currency)


def corrected(qty: str, px: str | None = "5", key: str = "c1", ts: int = 100) -> PositionCorrected:
    """Return a difference that two readings agreed on."""
    price = None if px is None else D(px)
    return PositionCorrected(
        FillKey(key), ACCOUNT, STOCK.id, NET, D(qty), price, "venue holds more", ts
    )


# --- charges --------------------------------------------------------------------------------------


def test_funding_is_a_cost_when_positive_and_income_when_negative(book: Recorded) -> None:
    book.fills("+10 @ 100")
    (entry,) = book.ledger.funding(funding("1.5"), PERP)
    assert (entry.kind, entry.owner, entry.cash) == (EntryKind.FUNDING, A, D("-1.5"))
    book.ledger.funding(funding("-0.5", "f2"), PERP)
    held = book.held()
    assert (held.funding, held.net, book.cash()) == (D("1.0"), D("-1.0"), D("-1.0"))
    assert book.ledger.funding(funding("1.5"), PERP) == []
    assert book.cash() == D("-1.0")
    book.prove()


def test_owners_who_stand_against_each_other_pay_and_receive_funding(book: Recorded) -> None:
    book.fills("+10 @ 100")
    book.fills("-4 @ 100", owner=B)
    book.ledger.funding(funding("0.6"), PERP)
    assert (book.held().funding, book.held(owner=B).funding) == (D("1.0"), D("-0.4"))
    book.prove()


def test_the_last_owner_takes_what_rounding_leaves(book: Recorded) -> None:
    book.fills("+1 @ 100")
    book.fills("+2 @ 100", owner=B)
    book.ledger.funding(funding("1"), PERP)
    assert book.held().funding == D("0.333333333333")
    assert book.held(owner=B).funding == D("0.666666666667")
    book.prove()


def test_funding_on_nothing_open_goes_to_the_only_owner_or_to_nobody(book: Recorded) -> None:
    book.fills("+1 @ 100", "-1 @ 100")
    book.ledger.funding(funding("1"), PERP)
    assert book.held().funding == 1
    book.fills("+1 @ 100", "-1 @ 100", owner=B)
    book.ledger.funding(funding("2", "f2"), PERP)
    assert book.held(owner=UNMANAGED).funding == 2
    book.ledger.funding(funding("3", "f3"), PERP, owner=B)
    assert book.held(owner=B).funding == 3
    book.prove()


def test_funding_in_another_asset_is_paid_there(book: Recorded) -> None:
    book.fills("+1 @ 100")
    book.ledger.funding(funding("1", currency=BNB), PERP)
    assert (book.held().funding, book.cash(), book.cash(BNB)) == (D(0), D(0), D(-1))
    book.prove()


def test_a_late_fee_is_an_entry_of_its_own(book: Recorded) -> None:
    book.fills("+1 @ 100")
    entry = book.ledger.fee_adjust(adjustment("0.25"), PERP)
    assert entry is not None
    assert (entry.kind, entry.owner, entry.fee) == (EntryKind.FEE_ADJUST, A, D("0.25"))
    assert book.ledger.fee_adjust(adjustment("0.25"), PERP) is None
    book.ledger.fee_adjust(adjustment("-0.1", "j2", BNB), PERP, owner=B)
    assert (book.held().fees, book.cash(), book.cash(BNB)) == (D("0.25"), D("-0.25"), D("0.1"))
    book.prove()


def test_a_transfer_is_cash_and_no_result(book: Recorded) -> None:
    paid_in = Transferred(ACCOUNT, 1, 1, FillKey("d1"), D(1_000), USD)
    assert book.ledger.transfer(paid_in) is not None
    assert book.ledger.transfer(paid_in) is None
    book.ledger.transfer(Transferred(ACCOUNT, 2, 2, FillKey("d2"), D(-300), USD))
    account = book.ledger.book(ACCOUNT)
    assert (book.cash(), account.net_realised(USD)) == (D(700), D(0))
    assert account.money(USD).transfers == 700
    book.prove()


def test_no_key_changes_its_meaning(book: Recorded) -> None:
    book.fills("+1 @ 100")
    book.ledger.funding(funding("1", "k"), PERP)
    with pytest.raises(BadReply, match="other contents"):
        book.ledger.funding(funding("2", "k"), PERP)
    with pytest.raises(BadReply, match="other contents"):
        book.ledger.fee_adjust(adjustment("1", "k"), PERP)
    with pytest.raises(BadReply, match="other contents"):
        book.ledger.transfer(Transferred(ACCOUNT, 1, 1, FillKey("t1"), D(1), USD))
    assert book.cash() == -1
    book.prove()


# --- corrections -----------------------------------------------------------------------


def test_a_difference_goes_to_the_unmanaged_and_counts_in_the_holding(book: Recorded) -> None:
    book.fills("+10 @ 4", rules=STOCK)
    entry = book.ledger.correct(corrected("7"), STOCK)
    assert entry is not None
    assert (entry.kind, entry.owner, entry.cause) == (
        EntryKind.CORRECTION,
        UNMANAGED,
        "venue holds more",
    )
    assert book.ledger.correct(corrected("7"), STOCK) is None
    assert (book.held(STOCK).qty, book.held(STOCK, UNMANAGED).qty) == (D(10), D(7))
    assert book.ledger.net_qty(ACCOUNT, STOCK.id, NET) == 17
    book.prove()


def test_a_later_keyed_fill_takes_the_correction_back(book: Recorded) -> None:
    book.ledger.correct(corrected("7", px="5", ts=100), STOCK)
    book.ledger.post_fill(fill("+4 @ 5.5", STOCK, key="x1", ts=90), A, STOCK)
    (back,) = book.ledger.besides
    assert (back.kind, back.owner, back.qty) == (EntryKind.CORRECTION, UNMANAGED, D(-4))
    assert back.cause == "explained by x1"
    unmanaged = book.held(STOCK, UNMANAGED)
    assert (unmanaged.qty, unmanaged.cost) == (D(3), D(15))
    book.ledger.post_fill(fill("+5 @ 5.5", STOCK, key="x2", ts=91), B, STOCK)
    assert (unmanaged.qty, unmanaged.cost, unmanaged.realised) == (D(0), D(0), D(0))
    assert book.ledger.net_qty(ACCOUNT, STOCK.id, NET) == 9
    assert book.cash() == D("-49.5")
    book.prove()


def test_a_fill_from_after_the_correction_or_the_other_way_explains_nothing(
    book: Recorded,
) -> None:
    book.ledger.correct(corrected("7", ts=100), STOCK)
    book.ledger.post_fill(fill("+7 @ 5", STOCK, key="new", ts=101), A, STOCK)
    book.ledger.post_fill(fill("-7 @ 5", STOCK, key="other way", ts=99), A, STOCK)
    assert book.ledger.besides == []
    assert book.held(STOCK, UNMANAGED).qty == 7


def test_a_strangers_fill_explains_a_correction_too(book: Recorded) -> None:
    book.ledger.correct(corrected("-7", px=None), STOCK)
    assert book.cash() == 0
    book.ledger.post_fill(fill("-7 @ 6", STOCK, ts=50), UNMANAGED, STOCK)
    held = book.held(STOCK, UNMANAGED)
    assert (held.qty, held.avg_px, book.cash()) == (D(-7), D(6), D(42))
    book.prove()


def test_a_missed_day_is_an_estimate_that_the_fill_replaces(book: Recorded) -> None:
    entry = book.ledger.correct(corrected("7"), STOCK, EntryKind.DAY_ROLL)
    assert entry is not None
    assert entry.kind is EntryKind.DAY_ROLL
    book.ledger.post_fill(fill("+7 @ 5", STOCK, ts=50), A, STOCK)
    assert book.held(STOCK, UNMANAGED).qty == 0


def test_an_explained_correction_of_a_settled_market_gives_its_payout_back(book: Recorded) -> None:
    event = PositionCorrected(FillKey("c"), ACCOUNT, YES.id, NET, D(10), D("0.5"), "", 100)
    book.ledger.correct(event, YES)
    book.ledger.settle(YES, ACCOUNT, SettlementPhase.PAID, D(1), 1, 200)
    assert book.cash() == 5
    book.ledger.post_fill(fill("+10 @ 0.4", YES, ts=50), A, YES)
    assert book.ledger.net_qty(ACCOUNT, YES.id, NET) == 0
    assert (book.cash(), book.ledger.owner_net(UNMANAGED, USD)) == (D(6), D(0))
    book.prove()


# --- conversions and netting ----------------------------------------------------------------------


def conversion(kind: EntryKind, *legs: Leg, key: str = "v1") -> Conversion:
    """Return a conversion of owner A."""
    return Conversion(kind, FillKey(key), ACCOUNT, legs, 100, owner=A)


def test_a_complete_set_costs_and_returns_exactly_one(book: Recorded) -> None:
    split = conversion(EntryKind.SPLIT, *complete_set(YES, NO, D(10), D("0.3")))
    assert [one.cost for one in book.ledger.convert(split)] == [D("3.0"), D("7.0")]
    assert book.ledger.convert(split) == []
    assert book.cash() == -10
    merge = conversion(EntryKind.MERGE, *complete_set(YES, NO, D(-4), D("0.9")), key="v2")
    book.ledger.convert(merge)
    assert (book.held(YES).qty, book.held(NO).qty, book.cash()) == (D(6), D(6), D(-6))
    assert book.ledger.owner_net(A, USD) == 0
    book.prove()


def test_a_redemption_pays_the_token_out(book: Recorded) -> None:
    book.fills("+10 @ 0.4", rules=YES)
    book.ledger.convert(conversion(EntryKind.REDEEM, Leg(YES, D(-10), D(-10))))
    assert (book.held(YES).qty, book.held(YES).realised, book.cash()) == (D(0), D(6), D(6))
    book.prove()


def test_a_broker_converts_one_product_into_another_at_cost(book: Recorded) -> None:
    delivery = BucketId("CNC")
    book.fills("+10 @ 4", rules=STOCK)
    legs = (Leg(STOCK, D(-10), D(-40)), Leg(STOCK, D(10), D(40), delivery))
    book.ledger.convert(conversion(EntryKind.CONVERT, *legs))
    assert book.held(STOCK).qty == 0
    assert book.ledger.net_qty(ACCOUNT, STOCK.id, delivery) == 10
    assert (book.ledger.owner_net(A, USD), book.cash()) == (D(0), D(-40))
    book.prove()


def netted(book: Recorded) -> list[Entry]:
    """Net A's pairs; the order in which the outcomes are named is no matter."""
    return book.ledger.net_pairs(ACCOUNT, NO, YES, A, 1_000)


def test_pairs_pay_one_at_once_where_the_venue_nets(book: Recorded) -> None:
    book.fills("+10 @ 0.42", rules=YES)
    assert netted(book) == []
    book.fills("+7 @ 0.55", rules=NO)
    yes, no = netted(book)
    assert {yes.kind, no.kind} == {EntryKind.MERGE}
    assert (yes.qty, no.qty, yes.cash + no.cash) == (D(-7), D(-7), D(7))
    assert (yes.realised, no.realised) == (D(0), D("0.21"))
    assert (book.held(YES).qty, book.held(YES).avg_px) == (D(3), D("0.42"))
    assert book.held(NO).qty == 0
    assert netted(book) == []
    book.prove()


def test_netting_follows_the_fill_of_the_same_nanosecond(book: Recorded) -> None:
    book.ledger.post_fill(fill("+10 @ 0.4", YES, ts=1), A, YES)
    book.ledger.post_fill(fill("+5 @ 0.5", NO, ts=2), A, NO)
    book.ledger.post_fill(fill("+10 @ 0.6", YES, key="zz", ts=3), A, YES)
    yes, _ = book.ledger.net_pairs(ACCOUNT, YES, NO, A, 3)
    assert yes.realised == 0
    assert (book.held(YES).qty, book.held(YES).avg_px) == (D(15), D("0.5"))
    book.prove()


def test_pairs_of_two_owners_and_provisional_ones_are_not_netted(book: Recorded) -> None:
    book.fills("+10 @ 0.42", rules=YES)
    book.fills("+10 @ 0.55", rules=NO, owner=B)
    assert netted(book) == []
    book.ledger.post_fill(fill("+10 @ 0.5", NO, key="m", ts=9, life=MATCHED), A, NO)
    assert netted(book) == []
    book.ledger.finalise(ACCOUNT, FillKey("m"))
    assert len(netted(book)) == 2
    book.prove()


@pytest.mark.parametrize(
    ("new", "old", "qty", "cost"),
    [
        pytest.param(5, 1, "50", "100", id="five for one"),
        pytest.param(1, 4, "2", "100", id="one for four, the fraction cut"),
        pytest.param(1, 20, "0", "0", id="one for twenty leaves nothing"),
        pytest.param(1, 1, "10", "100", id="one for one"),
    ],
)
def test_a_stock_split_keeps_the_cost(
    book: Recorded, new: int, old: int, qty: str, cost: str
) -> None:
    book.fills("+10 @ 10", rules=STOCK)
    book.ledger.rescale(FillKey("ca"), ACCOUNT, STOCK, new, old, 500)
    book.ledger.rescale(FillKey("ca"), ACCOUNT, STOCK, new, old, 500)
    held = book.held(STOCK)
    assert (held.qty, held.cost) == (D(qty), D(cost))
    assert (book.cash(), book.ledger.net_qty(ACCOUNT, STOCK.id, NET)) == (D(-100), D(qty))
    book.prove()


def test_besides_never_outlives_the_next_posting(book: Recorded) -> None:
    book.ledger.correct(corrected("7"), STOCK)
    book.ledger.post_fill(fill("+7 @ 5", STOCK, ts=50), A, STOCK)
    assert len(book.ledger.besides) == 1
    assert netted(book) == []
    assert book.ledger.besides == []

"""Fills and their lives: each enters once, by whatever road and in whatever order."""

import pickle
import random
from collections.abc import Callable

import msgspec
import pytest

from tests.unit.core.ledger.samples import (
    ACCOUNT,
    BNB,
    COIN,
    FAILED,
    FINAL,
    FUTURE,
    MATCHED,
    PERP,
    STOCK,
    USD,
    A,
    B,
    D,
    Recorded,
    fill,
)
from tradewind.core.ledger.entries import EntryKind
from tradewind.core.ledger.ledger import Ledger
from tradewind.core.ledger.proof import check
from tradewind.model.errors import BadReply
from tradewind.model.fill import Fill
from tradewind.model.ids import NET, BucketId, FillKey, InstanceId
from tradewind.model.instrument import Instrument

KEY = FillKey("t1")


@pytest.fixture
def book() -> Recorded:
    """Give an empty ledger."""
    return Recorded()


def test_a_long_position_by_hand(book: Recorded) -> None:
    book.fills("+10 @ 2", "+30 @ 4", "-10 @ 5", rules=STOCK)
    held = book.held(STOCK)
    assert (held.qty, held.cost, held.avg_px) == (D(30), D(105), D("3.5"))
    assert (held.realised, held.unrealised(D(4))) == (D(15), D(15))
    # 20 + 120 were paid, 50 came back.
    assert book.cash() == D(-90)
    assert book.ledger.worth(held, D(4)) == D(120)
    book.prove()


def test_on_margin_only_results_and_fees_move_cash(book: Recorded) -> None:
    book.ledger.post_fill(fill("-10 @ 100", ts=1, fee="0.5"), A, PERP)
    assert book.cash() == D("-0.5")
    book.ledger.post_fill(fill("+25 @ 80", ts=2, fee="1"), A, PERP)
    held = book.held()
    assert (held.qty, held.avg_px, held.realised, held.fees) == (D(15), D(80), D(200), D("1.5"))
    assert (held.net, book.cash()) == (D("198.5"), D("198.5"))
    assert book.ledger.worth(held, D(90)) == held.unrealised(D(90)) == D(150)
    book.prove()


def test_a_multiplier_scales_cost_and_result(book: Recorded) -> None:
    book.fills("+2 @ 100", "-1 @ 103", rules=FUTURE)
    held = book.held(FUTURE)
    assert (held.cost, held.avg_px, held.realised, book.cash()) == (
        D(5_000),
        D(100),
        D(150),
        D(150),
    )
    book.prove()


def test_a_rebate_is_a_negative_fee(book: Recorded) -> None:
    book.ledger.post_fill(fill("+1 @ 10", fee="-0.02"), A, PERP)
    assert (book.held().fees, book.cash()) == (D("-0.02"), D("0.02"))


def test_a_fee_in_another_asset_is_paid_there(book: Recorded) -> None:
    book.ledger.post_fill(fill("+1 @ 10", STOCK, fee="0.003", fee_currency=BNB), A, STOCK)
    assert (book.cash(), book.cash(BNB)) == (D(-10), D("-0.003"))
    assert book.held(STOCK).fees == 0
    assert book.ledger.book(ACCOUNT).net_realised(BNB) == D("-0.003")
    assert book.ledger.owner_net(A, BNB) == D("-0.003")
    book.prove()


def test_a_fee_in_the_asset_itself_leaves_the_position(book: Recorded) -> None:
    bought = fill("+10 @ 5", COIN, fee="0.1", fee_currency=COIN.base)
    entry = book.ledger.post_fill(bought, A, COIN)
    assert entry is not None
    assert (entry.qty, entry.fee) == (D(10), D(0))
    (charge,) = book.ledger.besides
    assert (charge.kind, charge.qty, charge.fee) == (EntryKind.FEE_ADJUST, D("-0.1"), D("0.5"))
    held = book.held(COIN)
    assert (held.qty, held.fees, held.cost) == (D("9.9"), D("0.5"), D("49.5"))
    assert book.cash() == D(-50)
    assert book.ledger.sellable(ACCOUNT, COIN.id, NET) == D("9.9")
    book.prove()


def test_owners_share_a_holding_and_keep_their_own_results(book: Recorded) -> None:
    book.ledger.post_fill(fill("+10 @ 5", ts=1), A, PERP)
    book.ledger.post_fill(fill("-4 @ 6", ts=2), B, PERP)
    book.ledger.post_fill(fill("-10 @ 7", ts=3), A, PERP)
    assert book.ledger.net_qty(ACCOUNT, PERP.id, NET) == D(-4)
    assert (book.held().realised, book.held(owner=B).realised) == (D(20), D(0))
    assert (book.ledger.owner_net(A, USD), book.ledger.owner_net(B, USD)) == (D(20), D(0))
    assert book.ledger.book(ACCOUNT).net_realised(USD) == D(20)
    assert [held.owner for held in book.ledger.positions()] == [A, B]
    assert list(book.ledger.owner_positions(B)) == [book.held(owner=B)]
    book.prove()


def test_buckets_are_positions_of_their_own(book: Recorded) -> None:
    long, short = BucketId("long"), BucketId("short")
    book.ledger.post_fill(fill("+3 @ 5", ts=1, bucket=long), A, PERP)
    book.ledger.post_fill(fill("-2 @ 5", ts=2, bucket=short), A, PERP)
    assert book.ledger.net_qty(ACCOUNT, PERP.id, long) == 3
    assert book.ledger.net_qty(ACCOUNT, PERP.id, short) == -2
    assert book.ledger.position(ACCOUNT, PERP.id, NET, A) is None
    book.prove()


# --- lives and keys -------------------------------------------------------------------------------


def test_a_fill_enters_once(book: Recorded) -> None:
    one = fill("+10 @ 5", fee="1")
    assert book.ledger.post_fill(one, A, PERP) is not None
    assert book.ledger.post_fill(one, A, PERP) is None
    # The back-fill tells another shape of the same thing, and knows no owner.
    assert book.ledger.post_fill(fill("+10.00 @ 5.0", key="t1", ts=9, fee="1"), B, PERP) is None
    assert book.held().qty == 10
    assert len(book.entries) == 1
    assert book.ledger.position(ACCOUNT, PERP.id, NET, B) is None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(fill("+11 @ 5", fee="1"), id="quantity"),
        pytest.param(fill("-10 @ 5", fee="1"), id="side"),
        pytest.param(fill("+10 @ 6", fee="1"), id="price"),
        pytest.param(fill("+10 @ 5", fee="2"), id="fee"),
        pytest.param(fill("+10 @ 5", fee="1", fee_currency=BNB), id="fee currency"),
        pytest.param(fill("+10 @ 5", STOCK, fee="1"), id="instrument"),
        pytest.param(fill("+10 @ 5", fee="1", bucket=BucketId("long")), id="bucket"),
    ],
)
def test_a_key_never_changes_its_meaning(book: Recorded, other: Fill) -> None:
    book.ledger.post_fill(fill("+10 @ 5", fee="1"), A, PERP)
    with pytest.raises(BadReply, match="other contents") as caught:
        book.ledger.post_fill(other, A, PERP)
    assert caught.value.code == "t1"
    assert book.held().qty == 10
    book.prove()


def test_a_matched_fill_counts_and_is_not_sellable_until_final(book: Recorded) -> None:
    book.fills("+5 @ 1", rules=COIN)
    book.ledger.post_fill(fill("+10 @ 1", COIN, key="m", ts=2, life=MATCHED), A, COIN)
    held = book.held(COIN)
    assert (held.qty, held.provisional_qty) == (D(15), D(10))
    assert book.ledger.sellable(ACCOUNT, COIN.id, NET, A) == 5
    assert book.ledger.sellable(ACCOUNT, COIN.id, NET) == 5
    entry = book.ledger.finalise(ACCOUNT, FillKey("m"))
    assert entry is not None
    assert (entry.kind, entry.qty, entry.provisional_qty) == (EntryKind.FINALISED, D(0), D(-10))
    assert (held.qty, held.provisional_qty) == (D(15), D(0))
    assert book.ledger.sellable(ACCOUNT, COIN.id, NET) == 15
    assert book.ledger.finalise(ACCOUNT, FillKey("m")) is None
    book.prove()


def test_what_is_provisionally_sold_cannot_be_sold_again(book: Recorded) -> None:
    book.fills("+10 @ 1", rules=COIN)
    book.ledger.post_fill(fill("+5 @ 1", COIN, key="in", ts=2, life=MATCHED), A, COIN)
    book.ledger.post_fill(fill("-4 @ 1", COIN, key="out", ts=3, life=MATCHED), A, COIN)
    assert (book.held(COIN).qty, book.held(COIN).provisional_qty) == (D(11), D(1))
    assert book.ledger.sellable(ACCOUNT, COIN.id, NET) == 6


def test_the_same_key_as_final_finalises_and_posts_nothing_twice(book: Recorded) -> None:
    book.ledger.post_fill(fill("+10 @ 5", life=MATCHED, fee="1"), A, PERP)
    assert book.ledger.post_fill(fill("+10 @ 5", life=FINAL, fee="1"), A, PERP) is None
    assert [entry.kind for entry in book.ledger.besides] == [EntryKind.FINALISED]
    held = book.held()
    assert (held.qty, held.provisional_qty, held.fees) == (D(10), D(0), D(1))
    assert book.ledger.post_fill(fill("+10 @ 5", life=MATCHED, fee="1"), A, PERP) is None
    assert (held.provisional_qty, book.ledger.besides) == (D(0), [])
    book.prove()


@pytest.mark.parametrize("rules", [PERP, STOCK, COIN], ids=lambda rules: rules.symbol)
@pytest.mark.parametrize("text", ["+10 @ 7", "-4 @ 7", "-25 @ 7"])
@pytest.mark.parametrize("fee_currency", [USD, BNB, COIN.base])
def test_a_failed_fill_leaves_no_trace(
    book: Recorded, rules: Instrument, text: str, fee_currency: object
) -> None:
    book.fills("+10 @ 3", "+11 @ 5", rules=rules)
    before = pickle.dumps(figures(book.ledger))
    currency = {USD: USD, BNB: BNB}.get(fee_currency, COIN.base)  # type: ignore[call-overload]
    one = fill(text, rules, key="m", ts=9, life=MATCHED, fee="0.1", fee_currency=currency)
    book.ledger.post_fill(one, A, rules)
    entry = book.ledger.fail(ACCOUNT, FillKey("m"), "reverted on chain", 20)
    assert entry is not None
    assert (entry.kind, entry.life, entry.ts) == (EntryKind.REVERSAL, FAILED, 20)
    assert entry.cause == "reverted on chain"
    assert pickle.loads(before) == figures(book.ledger)  # noqa: S301 -- our own bytes
    assert book.ledger.fail(ACCOUNT, FillKey("m"), "again", 21) is None
    assert book.ledger.post_fill(one, A, rules) is None
    assert pickle.loads(before) == figures(book.ledger)  # noqa: S301 -- our own bytes
    book.prove()


def test_a_fill_that_fails_after_others_leaves_what_they_alone_would_have(book: Recorded) -> None:
    # Bought 10 @ 1 (it will fail) and 10 @ 3, then sold 10 @ 5 at an average of 2.
    book.ledger.post_fill(fill("+10 @ 1", ts=1, life=MATCHED), A, PERP)
    book.ledger.post_fill(fill("+10 @ 3", ts=2), A, PERP)
    book.ledger.post_fill(fill("-10 @ 5", ts=3), A, PERP)
    assert book.held().realised == 30
    entry = book.ledger.fail(ACCOUNT, KEY, "reorganised", 4)
    assert entry is not None
    assert (entry.qty, entry.cost, entry.realised) == (D(-10), D(-20), D(-10))
    held = book.held()
    assert (held.qty, held.cost, held.realised) == (D(0), D(0), D(20))
    book.prove()


def test_news_of_a_fill_may_come_before_the_fill(book: Recorded) -> None:
    assert book.ledger.finalise(ACCOUNT, FillKey("t1")) is None
    entry = book.ledger.post_fill(fill("+1 @ 5", ts=1, life=MATCHED), A, PERP)
    assert entry is not None
    assert (entry.life, book.held().provisional_qty) == (FINAL, D(0))
    assert book.ledger.fail(ACCOUNT, FillKey("t2"), "never mined", 9) is None
    assert book.ledger.post_fill(fill("+1 @ 5", ts=2, life=MATCHED), A, PERP) is None
    assert book.ledger.post_fill(fill("+1 @ 5", ts=3, life=FAILED), A, PERP) is None
    assert book.held().qty == 1
    book.prove()


def both(*actions: Callable[[Ledger], object]) -> Callable[[Ledger], None]:
    """Return one action that does all."""

    def act(ledger: Ledger) -> None:
        for action in actions:
            action(ledger)

    return act


MATCH = fill("+1 @ 5", life=MATCHED)
CONTRADICTIONS = [
    pytest.param(
        lambda ledger: ledger.post_fill(fill("+1 @ 5"), A, PERP),
        lambda ledger: ledger.fail(ACCOUNT, KEY, "why", 2),
        id="final, then failed",
    ),
    pytest.param(
        both(
            lambda ledger: ledger.post_fill(MATCH, A, PERP),
            lambda ledger: ledger.fail(ACCOUNT, KEY, "why", 2),
        ),
        lambda ledger: ledger.finalise(ACCOUNT, KEY),
        id="failed, then finalised",
    ),
    pytest.param(
        both(
            lambda ledger: ledger.post_fill(MATCH, A, PERP),
            lambda ledger: ledger.fail(ACCOUNT, KEY, "why", 2),
        ),
        lambda ledger: ledger.post_fill(fill("+1 @ 5"), A, PERP),
        id="failed, then told as final",
    ),
    pytest.param(
        lambda ledger: ledger.fail(ACCOUNT, KEY, "why", 2),
        lambda ledger: ledger.post_fill(fill("+1 @ 5"), A, PERP),
        id="failed before it came as final",
    ),
    pytest.param(
        lambda ledger: ledger.finalise(ACCOUNT, KEY),
        lambda ledger: ledger.fail(ACCOUNT, KEY, "why", 2),
        id="finalised and failed before it came",
    ),
    pytest.param(
        lambda ledger: ledger.finalise(ACCOUNT, KEY),
        lambda ledger: ledger.post_fill(fill("+1 @ 5", life=FAILED), A, PERP),
        id="finalised, then came as failed",
    ),
]


@pytest.mark.parametrize(("first", "then"), CONTRADICTIONS)
def test_a_life_is_not_told_two_ways(
    first: Callable[[Ledger], object], then: Callable[[Ledger], object]
) -> None:
    ledger = Ledger()
    first(ledger)
    before = figures(ledger)
    with pytest.raises(BadReply, match="found it"):
        then(ledger)
    assert figures(ledger) == before


# --- any order ------------------------------------------------------------------------------------


def figures(ledger: Ledger) -> dict[object, object]:
    """Return every number of a ledger that is not zero, whatever the order it was opened in."""
    told: dict[object, object] = {}
    for held in ledger.positions():
        key = (held.account, held.instrument, held.bucket, held.owner)
        numbers = (
            held.qty,
            held.provisional_qty,
            held.cost,
            held.realised,
            held.fees,
            held.funding,
            held.opened_ns,
        )
        if any(numbers):
            told[key] = numbers
    for holding in ledger.holdings():
        if holding.qty or holding.bought or holding.sold:
            at = (holding.instrument.id, holding.bucket)
            told[at] = (holding.qty, holding.bought, holding.sold, holding.sellable)
    for book in ledger.books():
        for currency, money in book.monies.items():
            sums = (money.cash, money.transfers, money.realised, money.fees, money.funding)
            if any(sums):
                told[book.account, currency] = sums
    return told


Action = tuple[str, Fill, InstanceId, Instrument]


def actions_of(dice: random.Random, n: int) -> list[Action]:
    """Return what may be told about n fills: matched, final, failed, and all of it twice."""
    actions: list[Action] = []
    for at in range(n):
        rules, owner = dice.choice([PERP, STOCK, COIN]), dice.choice([A, B])
        text = f"{dice.choice('+-')}{dice.randrange(1, 30)} @ {dice.randrange(1, 900)}"
        fate = dice.choice(["final", "late final", "told final", "failed", "matched"])
        life = FINAL if fate == "final" else MATCHED
        fee_currency = dice.choice([USD, BNB, COIN.base])
        terms = {"key": f"k{at}", "ts": dice.randrange(1, n), "fee_currency": fee_currency}
        one = fill(text, rules, fee=f"0.{dice.randrange(10)}", life=life, **terms)  # type: ignore[arg-type]
        actions += [("post", one, owner, rules)] * dice.choice([1, 1, 2])
        if fate == "late final":
            actions += [("finalise", one, owner, rules)] * dice.choice([1, 2])
        elif fate == "told final":
            final = msgspec.structs.replace(one, life=FINAL)
            actions += [("post", final, owner, rules)] * dice.choice([1, 2])
        elif fate == "failed":
            actions += [("fail", one, owner, rules)] * dice.choice([1, 2])
    return actions


def told(actions: list[Action]) -> Recorded:
    """Return a ledger that was told everything, proved at the end."""
    book = Recorded()
    for verb, one, owner, rules in actions:
        if verb == "post":
            book.ledger.post_fill(one, owner, rules)
        elif verb == "finalise":
            book.ledger.finalise(one.account, one.key)
        else:
            book.ledger.fail(one.account, one.key, "failed", 99)
    book.prove()
    return book


@pytest.mark.parametrize("seed", range(25), ids=lambda seed: f"seed {seed}")
def test_any_order_of_the_same_news_gives_the_same_ledger(seed: int) -> None:
    dice = random.Random(seed)
    actions = actions_of(dice, 40)
    expected = figures(told(actions).ledger)
    for _ in range(6):
        dice.shuffle(actions)
        assert figures(told(actions).ledger) == expected


def test_any_order_gives_the_same_ledger_on_a_fresh_seed(seed: int) -> None:
    dice = random.Random(seed)
    actions = actions_of(dice, 120)
    expected = figures(told(actions).ledger)
    dice.shuffle(actions)
    assert figures(told(actions).ledger) == expected


@pytest.mark.parametrize("seed", range(25), ids=lambda seed: f"seed {seed}")
def test_a_position_is_the_signed_sum_of_its_final_and_provisional_fills(seed: int) -> None:
    dice = random.Random(seed)
    actions = actions_of(dice, 60)
    dice.shuffle(actions)
    ledger = told(actions).ledger
    failed = {one.key for verb, one, _, _ in actions if verb == "fail"}
    sums: dict[tuple[object, ...], object] = {}
    for one, owner, rules in {
        one.key: (one, owner, rules) for _, one, owner, rules in actions
    }.values():
        in_base = rules is COIN and one.fee_currency == COIN.base
        qty = one.side.sign * one.qty - (one.fee if in_base else 0)
        at = (one.instrument, owner)
        sums[at] = sums.get(at, D(0)) + (D(0) if one.key in failed else qty)  # type: ignore[operator]
    held = {(held.instrument, held.owner): held.qty for held in ledger.positions()}
    assert {at: qty for at, qty in held.items() if qty} == {at: q for at, q in sums.items() if q}


@pytest.mark.parametrize("seed", range(3), ids=lambda seed: f"seed {seed}")
def test_a_pickled_ledger_goes_on_where_it_was(seed: int) -> None:
    dice = random.Random(seed)
    actions = actions_of(dice, 40)
    straight = told(actions)
    half = told(actions[: len(actions) // 2])
    twin = pickle.loads(pickle.dumps(half))  # noqa: S301 -- our own bytes
    for verb, one, owner, rules in actions[len(actions) // 2 :]:
        if verb == "post":
            twin.ledger.post_fill(one, owner, rules)
        elif verb == "finalise":
            twin.ledger.finalise(one.account, one.key)
        else:
            twin.ledger.fail(one.account, one.key, "failed", 99)
    assert figures(twin.ledger) == figures(straight.ledger)
    assert check(twin.ledger, twin.entries) == []

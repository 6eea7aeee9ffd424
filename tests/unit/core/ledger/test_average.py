"""Average cost by hand, conserved under rounding, and the same in any order of arrival."""

import random
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.unit.core.ledger.samples import ACCOUNT, PERP, USD, A, D
from tradewind.core.ledger.average import FLAT, HORIZON, Steps, fold, share
from tradewind.model.ids import NET, FillKey
from tradewind.model.position import Position

Told = list[tuple[int, FillKey, Decimal, Decimal]]


def flat() -> Steps:
    """Return the steps of a new position."""
    return Steps(Position(ACCOUNT, PERP.id, NET, A, USD, D(1)))


CASES = [
    # name, (qty, px) of each step, then qty, cost, realised
    ("long grows", [("10", "2"), ("30", "4")], "40", "140", "0"),
    ("long shrinks at its average", [("10", "2"), ("30", "4"), ("-10", "5")], "30", "105", "15"),
    ("long closes", [("10", "2"), ("-10", "1.5")], "0", "0", "-5"),
    ("long flips", [("10", "2"), ("-15", "3")], "-5", "-15", "10"),
    ("short grows", [("-10", "100"), ("-10", "110")], "-20", "-2100", "0"),
    ("short shrinks", [("-10", "100"), ("4", "90")], "-6", "-600", "40"),
    ("short closes", [("-10", "100"), ("10", "120")], "0", "0", "-200"),
    ("short flips", [("-10", "100"), ("25", "80")], "15", "1200", "200"),
    ("opens again after flat", [("1", "5"), ("-1", "7"), ("2", "9")], "2", "18", "2"),
    ("thirds are rounded once", [("3", "10"), ("-1", "0"), ("-1", "0")], "1", "10", "-20"),
]


@pytest.mark.parametrize(
    ("steps", "qty", "cost", "realised"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_worked_examples(steps: list[tuple[str, str]], qty: str, cost: str, realised: str) -> None:
    book = flat()
    for ts, (step, px) in enumerate(steps):
        book.add(ts, FillKey(str(ts)), D(step), D(step) * D(px))
    held = book.position
    assert (held.qty, held.cost, held.realised) == (D(qty), D(cost), D(realised))


def test_what_rounding_leaves_stays_in_the_cost() -> None:
    book = flat()
    book.add(1, FillKey("1"), D(3), D(100))
    book.add(2, FillKey("2"), D(-1), D(-40))
    assert book.position.cost == D("66.666666666667")
    assert book.position.realised == D("6.666666666667")
    book.add(3, FillKey("3"), D(-1), D(-40))
    book.add(4, FillKey("4"), D(-1), D(-40))
    assert (book.position.cost, book.position.realised) == (D(0), D(20))


def test_share_keeps_short_results_as_they_are() -> None:
    assert str(share(D("10"), D("1"), D("4"))) == "2.5"
    assert share(D("10"), D("1"), D("3")) == D("3.333333333333")


def test_the_opening_time_is_that_of_the_present_position() -> None:
    book = flat()
    opened = []
    for ts, qty in enumerate(("5", "5", "-4", "-9", "3"), start=1):
        book.add(ts, FillKey(str(ts)), D(qty), D(qty))
        opened.append(book.position.opened_ns)
    assert opened == [1, 1, 1, 4, 0]


def test_a_rescaled_position_keeps_its_cost() -> None:
    book = flat()
    book.add(1, FillKey("1"), D(10), D(100))
    assert book.add(2, FillKey("2"), D(40), None) == (D(0), D(0))
    assert (book.position.qty, book.position.cost) == (D(50), D(100))
    assert book.add(3, FillKey("3"), D(-50), None) == (D(-100), D(-100))


def steps_of(dice: random.Random, n: int) -> Told:
    """Return random steps with awkward quotients and equal times."""
    told = []
    for at in range(n):
        qty = D(dice.choice([-1, 1]) * dice.randrange(1, 2_000)) / 100
        px = D(dice.randrange(1, 99_999)) / 10_000
        told.append((dice.randrange(n), FillKey(f"k{at}"), qty, qty * px))
    return told


def folded(told: Told) -> tuple[Decimal, Decimal, Decimal, int]:
    """Return what the steps come to in the order in which they happened."""
    state = FLAT
    for ts, _, qty, value in sorted(told):
        state = fold(state, ts, qty, value)
    return state


def as_state(book: Steps) -> tuple[Decimal, Decimal, Decimal, int]:
    """Return the position as a state."""
    held = book.position
    return (held.qty, held.cost, held.realised, held.opened_ns)


@pytest.mark.parametrize("seed", range(20), ids=lambda seed: f"seed {seed}")
def test_any_arrival_with_steps_taken_out_again_gives_the_same_position(seed: int) -> None:
    dice = random.Random(seed)
    kept, removed = steps_of(dice, 60), []
    for ts, key, qty, value in steps_of(dice, 20):
        removed.append((ts, FillKey(key + "!"), qty, value))
    actions = [(step, True) for step in kept + removed]
    dice.shuffle(actions)
    for step in removed:
        after = next(at for at, action in enumerate(actions) if action == (step, True)) + 1
        actions.insert(dice.randrange(after, len(actions) + 1), (step, False))
    book = flat()
    cost = realised = D(0)
    for step, comes in actions:
        change = book.add(*step) if comes else book.remove(*step)
        cost, realised = cost + change[0], realised + change[1]
    assert as_state(book) == folded(kept)
    assert (cost, realised) == (book.position.cost, book.position.realised)


@pytest.mark.parametrize("seed", range(5), ids=lambda seed: f"seed {seed}")
def test_exact_fractions_agree_to_the_rounding(seed: int) -> None:
    dice = random.Random(seed)
    told = sorted(steps_of(dice, 400))
    qty = cost = realised = Fraction(0)
    for _, _, step, value in told:
        delta, paid = Fraction(step), Fraction(value)
        if qty * delta >= 0:
            qty, cost = qty + delta, cost + paid
            continue
        closing = delta if abs(delta) <= abs(qty) else -qty
        moved = cost * closing / qty
        realised += moved - paid * closing / delta
        qty, cost = qty + delta, cost + moved + paid * (delta - closing) / delta
    book = flat()
    for one in told:
        book.add(*one)
    assert Fraction(book.position.qty) == qty
    assert abs(Fraction(book.position.cost) - cost) < Fraction(1, 10**9)
    assert abs(Fraction(book.position.realised) - realised) < Fraction(1, 10**9)


@settings(max_examples=100, deadline=None, print_blob=True)
@given(
    st.lists(
        st.tuples(
            st.integers(-10_000, 10_000).filter(bool), st.integers(0, 10**9), st.integers(1, 50)
        ),
        max_size=40,
    )
)
def test_value_is_conserved_and_flat_costs_nothing(steps: list[tuple[int, int, int]]) -> None:
    book = flat()
    paid = D(0)
    for at, (hundredths, quanta, ts) in enumerate(steps):
        qty = D(hundredths) / 100
        value = qty * D(quanta) / 10_000
        book.add(ts, FillKey(str(at)), qty, value)
        paid += value
        held = book.position
        note(f"{held}")
        assert held.cost - held.realised == paid
        assert held.qty or not held.cost
        assert bool(held.opened_ns) is bool(held.qty)


def test_beyond_the_horizon_nothing_is_lost() -> None:
    book = flat()
    paid = D(0)
    for ts in range(1, 3 * HORIZON):
        qty = D(3 if ts % 2 else -2)
        book.add(ts, FillKey(f"{ts:06}"), qty, qty * 7)
        paid += qty * 7
    assert len(book._steps) < 2 * HORIZON
    book.add(0, FillKey("late"), D(5), D(30))
    book.remove(1, FillKey("000001"), D(3), D(21))
    assert book.position.cost - book.position.realised == paid + 30 - 21

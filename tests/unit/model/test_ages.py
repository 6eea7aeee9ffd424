"""The histogram: quantiles within a sixteenth, and sums of two desks."""

from random import Random

import pytest

from tradewind.model.ages import Ages


def test_quantiles_lie_within_a_sixteenth_above_the_true_ones(seed: int) -> None:
    dice = Random(seed)
    ages = Ages()
    seen = sorted(int(10 ** dice.uniform(0, 11)) for _ in range(5000))
    for age_ns in seen:
        ages.observe(age_ns)
    for q in (0.01, 0.5, 0.9, 0.99, 0.999, 1.0):
        true_ns = seen[max(0, -(-int(q * 1000 * len(seen)) // 1000) - 1)]
        assert true_ns <= ages.quantile(q) <= true_ns * 1.0626 + 1


@pytest.mark.parametrize("age_ns", [0, 1, 31, 32, 33, 63, 64, 1_000_000_007, (1 << 63) - 1])
def test_a_single_age_is_its_own_quantile(age_ns: int) -> None:
    ages = Ages()
    ages.observe(age_ns)
    assert ages.quantile(0.0) == ages.quantile(0.5) == ages.quantile(1.0) == age_ns


def test_an_age_beyond_all_measure_and_one_below_zero_are_counted() -> None:
    ages = Ages()
    ages.observe(1 << 80)
    ages.observe(-5)
    assert ages.count == 2
    assert ages.quantile(0.5) == 0
    assert ages.quantile(1.0) >= (1 << 63) - 1


def test_nothing_counted_is_zero() -> None:
    assert Ages().quantile(0.99) == 0


def test_merged_histograms_say_what_one_would_have_said(seed: int) -> None:
    dice = Random(seed)
    left, right, whole = Ages(), Ages(), Ages()
    for _ in range(1000):
        age_ns = dice.randrange(1, 10**9)
        dice.choice((left, right)).observe(age_ns)
        whole.observe(age_ns)
    left.merge(right)
    assert left.count == whole.count
    assert [left.quantile(q / 100) for q in range(101)] == [
        whole.quantile(q / 100) for q in range(101)
    ]


def test_a_quantile_outside_zero_and_one_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Ages().quantile(99)

"""A histogram must not lie about its quantiles by more than its buckets allow."""

from random import Random

from tradewind.model.ages import Ages


def test_a_quantile_is_never_too_low_and_at_most_an_eighth_too_high() -> None:
    seed = 7
    dice = Random(seed)
    ages = Ages()
    seen = sorted(int(dice.lognormvariate(11, 2)) for _ in range(5000))
    for age in seen:
        ages.observe(age)
    for share in (0.01, 0.25, 0.5, 0.9, 0.99, 1.0):
        true = seen[max(int(share * len(seen)) - 1, 0)]
        assert true <= ages.quantile(share) <= true * 1.125 + 1, (seed, share)


def test_small_durations_are_exact_and_none_is_below_zero() -> None:
    ages = Ages()
    for age in (-5, 0, 3, 7):
        ages.observe(age)
    assert [ages.quantile(share) for share in (0.5, 0.75, 1.0)] == [0, 3, 7]


def test_two_histograms_together_tell_what_one_would() -> None:
    one, two, both = Ages(), Ages(), Ages()
    for age in range(0, 10_000, 7):
        (one if age % 2 else two).observe(age)
        both.observe(age)
    one.merge(two)
    assert (one.count, one.worst_ns, one.quantile(0.9)) == (
        both.count,
        both.worst_ns,
        both.quantile(0.9),
    )


def test_without_any_there_is_no_age() -> None:
    assert Ages().quantile(0.99) == 0

"""Indicators against printed check values, TA-Lib, and plain recomputation of each window."""

import itertools
import math
import pickle
import random
import statistics
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import pytest

from tradewind.core.strategy.indicators import (
    ADX,
    ATR,
    EMA,
    RVR,
    SMA,
    VWAP,
    BBWidth,
    BBWidthPercentile,
    Bollinger,
    EWMAVariance,
    PercentileRank,
    Stdev,
    TrueRange,
    WilderMean,
    WilderRSI,
    phi,
)
from tradewind.model.errors import ConfigError

Series = np.ndarray[Any, np.dtype[np.float64]]
LENGTH = 3_000


class Updates(Protocol):
    """An indicator, whatever its update takes."""

    @property
    def ready(self) -> bool: ...
    @property
    def update(self) -> Callable[..., float | None]: ...


@pytest.fixture
def talib() -> ModuleType:
    """Give the referee."""
    module: ModuleType = pytest.importorskip("talib", reason="TA-Lib, the referee, is missing")
    return module


@pytest.fixture(params=[20_260_815], ids=lambda seed: f"seed {seed}")
def seed(request: pytest.FixtureRequest) -> int:
    """Give the seed; the name of each random test shows it."""
    return int(request.param)


def feed(indicator: Updates, values: Iterable[Any]) -> list[float | None]:
    """Return the answer to every value; a tuple is spread over the arguments."""
    return [
        indicator.update(*value) if isinstance(value, tuple) else indicator.update(value)
        for value in values
    ]


def candles(seed: int) -> tuple[Series, Series, Series]:
    """Return highs, lows and closes of a random walk, with gaps between candles."""
    dice = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(dice.normal(0.0, 0.01, LENGTH)))
    opened = close * np.exp(dice.normal(0.0, 0.004, LENGTH))
    high = np.maximum(opened, close) * (1.0 + np.abs(dice.normal(0.0, 0.004, LENGTH)))
    low = np.minimum(opened, close) * (1.0 - np.abs(dice.normal(0.0, 0.004, LENGTH)))
    return high, low, close


def same(ours: list[float | None], referee: Series, tolerance: float = 1e-9) -> None:
    """Assert equal values, and None exactly where the referee has none."""
    assert [value is None for value in ours] == list(np.isnan(referee))
    got = np.array([value for value in ours if value is not None])
    np.testing.assert_allclose(got, referee[~np.isnan(referee)], rtol=tolerance, atol=tolerance)


# Check values of the strategy specification, section 1.3, read 2026-11-21.
CLOSES = [100, 101, 102, 103, 104, 105, 104.5, 102.5]


@pytest.mark.parametrize(
    ("indicator", "values", "printed"),
    [
        pytest.param(EMA(3), CLOSES, ["104.2500", "103.3750"], id="EMA 3"),
        pytest.param(EMA(5), CLOSES, ["103.5000", "103.1667"], id="EMA 5"),
        pytest.param(
            WilderRSI(4),
            [10, 11, 10.5, 11.5, 12, 11.8, 12.4],
            ["83.3333", "76.5306", "82.3077"],
            id="Wilder RSI 4",
        ),
        pytest.param(
            PercentileRank(5), [0.10, 0.08, 0.12, 0.09, 0.085], ["0.2500"], id="percentile"
        ),
    ],
)
def test_indicator_prints_the_check_values_of_the_strategy_page(
    indicator: Updates, values: list[float], printed: list[str]
) -> None:
    answers = feed(indicator, values)
    assert [f"{answer:.4f}" for answer in answers[-len(printed) :]] == printed


# Worked example VC-1 of the strategy specification, section 8, read 2026-11-21.
SQUEEZE = [100.0] * 15 + [101.0, 100.0, 99.0, 100.0, 103.0]


def test_bands_print_the_numbers_of_example_vc_1() -> None:
    mean, bands, width = SMA(20), Bollinger(20, 2.0), BBWidth(20, 2.0)
    for close in SQUEEZE:
        mean.update(close)
        bands.update(close)
        width.update(close)
    assert f"{mean.value:.2f} {bands.value:.2f}" == "100.15 100.15"
    assert f"{bands.upper:.6f} {bands.lower:.6f} {width.value:.7f}" == (
        "101.640320 98.659680 0.0297618"
    )
    assert f"{feed(Stdev(20), SQUEEZE)[-1]:.6f}" == "0.745160"


def test_relative_volume_prints_the_number_of_example_vc_1() -> None:
    assert f"{feed(RVR(20), [1_000.0] * 19 + [3_000.0])[-1]:.6f}" == "2.727273"


def test_ewma_variance_prints_the_sigma_of_example_cdf_3() -> None:
    closes = [100, 100.1, 100.05, 100.2, 100.15]
    variance = EWMAVariance(0.94)
    feed(variance, [math.log(b / a) for a, b in itertools.pairwise(closes)])
    assert variance.value is not None
    assert f"{math.sqrt(variance.value):.9f}" == "0.000992229"
    assert variance.count == 4


@pytest.mark.parametrize(
    ("x", "probability"),
    [
        (0.0, 0.5),
        (-1.032861, 1.0 - 0.849166),  # strategy specification, CDF-1
        (1.822562, 1.0 - 0.034185),  # strategy specification, CDF-2
        (-40.0, 0.0),
        (40.0, 1.0),
    ],
)
def test_phi_gives_the_probabilities_of_the_examples(x: float, probability: float) -> None:
    assert phi(x) == pytest.approx(probability, abs=5e-7)


def test_phi_is_exact_to_a_billionth() -> None:
    reference = statistics.NormalDist()
    for x in np.linspace(-9.0, 9.0, 2_001):
        assert abs(phi(float(x)) - reference.cdf(float(x))) < 1e-9


@pytest.mark.parametrize("n", [1, 2, 3, 20, 240])
def test_means_agree_with_ta_lib(n: int, seed: int, talib: ModuleType) -> None:
    close = candles(seed)[2]
    same(feed(SMA(n), close), talib.SMA(close, n) if n > 1 else close)
    same(feed(EMA(n), close), talib.EMA(close, n) if n > 1 else close)


@pytest.mark.parametrize("n", [2, 4, 14, 84])
def test_rsi_agrees_with_ta_lib(n: int, seed: int, talib: ModuleType) -> None:
    close = candles(seed)[2]
    same(feed(WilderRSI(n), close), talib.RSI(close, n))


@pytest.mark.parametrize(("n", "k"), [(2, 1.0), (20, 2.0), (144, 2.5)])
def test_bands_agree_with_ta_lib_once_its_population_deviation_is_made_a_sample_one(
    n: int, k: float, seed: int, talib: ModuleType
) -> None:
    close = candles(seed)[2]
    bands = Bollinger(n, k)
    ours = [(bands.update(x), bands.upper, bands.lower) for x in close]
    scaled = k * math.sqrt(n / (n - 1))  # TA-Lib divides by n, we divide by n - 1
    upper, middle, lower = talib.BBANDS(close, n, scaled, scaled)
    same([row[0] for row in ours], middle)
    same([row[1] for row in ours], upper, 1e-7)
    same([row[2] for row in ours], lower, 1e-7)
    same(feed(Stdev(n), close), talib.STDDEV(close, n) * math.sqrt(n / (n - 1)), 1e-6)


@pytest.mark.parametrize("n", [1, 5, 14])
def test_ranges_agree_with_ta_lib(n: int, seed: int, talib: ModuleType) -> None:
    high, low, close = candles(seed)
    rows = list(zip(high, low, close, strict=True))
    same(feed(TrueRange(), rows), talib.TRANGE(high, low, close))
    same(feed(ATR(n), rows), talib.ATR(high, low, close, n))


@pytest.mark.parametrize("n", [5, 14])
def test_adx_starts_where_ta_lib_does_and_agrees_once_the_seed_has_faded(
    n: int, seed: int, talib: ModuleType
) -> None:
    high, low, close = candles(seed)
    ours = feed(ADX(n), zip(high, low, strict=True))
    referee = talib.ADX(high, low, close, n)
    assert ours.index(next(x for x in ours if x is not None)) == 2 * n - 1
    assert np.isnan(referee[2 * n - 2])
    assert not np.isnan(referee[2 * n - 1])
    faded = 40 * n  # TA-Lib seeds its sums with n - 1 values; (1 - 1/n)**(40n) is below 1e-17
    same(ours[faded:], referee[faded:])


def test_adx_is_the_wilder_mean_of_dx_from_its_first_value(seed: int) -> None:
    high, low, _ = candles(seed)
    n = 3
    rise, fall = high[1:] - high[:-1], low[:-1] - low[1:]
    up = feed(WilderMean(n), np.where((rise > fall) & (rise > 0), rise, 0.0))
    down = feed(WilderMean(n), np.where((fall > rise) & (fall > 0), fall, 0.0))
    index = [
        100 * abs(a - b) / (a + b)
        for a, b in zip(up, down, strict=True)
        if a is not None and b is not None
    ]
    assert sum(index[:n]) / n == pytest.approx(
        next(x for x in feed(ADX(n), zip(high, low, strict=True)) if x is not None)
    )


def test_adx_of_a_market_that_does_not_move_is_zero() -> None:
    assert feed(ADX(3), [(10.0, 9.0)] * 8)[5:] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("closes", "expected"),
    [([1.0, 2.0, 3.0], 100.0), ([3.0, 2.0, 1.0], 0.0), ([2.0, 2.0, 2.0], 50.0)],
    ids=["only gains", "only losses", "nothing moved"],
)
def test_rsi_at_its_edges(closes: list[float], expected: float) -> None:
    assert feed(WilderRSI(2), closes) == [None, None, expected]


def test_ema_seeded_with_the_first_close_warms_up_silently_and_then_agrees(seed: int) -> None:
    close = [float(x) for x in candles(seed)[2]]
    expected = close[0]
    ours = feed(EMA(12, seed="first"), close)
    assert ours[:11] == [None] * 11
    for i, x in enumerate(close):
        expected = x * (2 / 13) + expected * (1 - 2 / 13) if i else x
        assert i < 11 or ours[i] == expected


def test_vwap_weighs_by_volume_and_forgets_the_old_session() -> None:
    vwap = VWAP()
    assert vwap.update(10.0, 8.0, 9.0, 0.0) is None
    assert vwap.update(12.0, 9.0, 12.0, 100.0) == 11.0
    assert vwap.update(15.0, 13.0, 14.0, 300.0) == pytest.approx(13.25)
    vwap.reset()
    assert not vwap.ready
    assert vwap.update(3.0, 3.0, 3.0, 1.0) == 3.0


def test_relative_volume_is_undefined_where_nothing_traded() -> None:
    assert feed(RVR(2), [0.0, 0.0, 5.0]) == [None, None, 2.0]


def test_band_width_is_undefined_around_a_middle_of_zero_and_its_rank_skips_it() -> None:
    assert feed(BBWidth(2, 2.0), [-1.0, 1.0, 1.0]) == [None, None, 0.0]
    rank = BBWidthPercentile(2, 2.0, 2)
    assert feed(rank, [1.0, 1.0, -1.0, 2.0]) == [None, None, None, 1.0]
    assert rank.width.bands.upper == pytest.approx(0.5 + 2 * math.sqrt(4.5))


def test_rank_agrees_with_counting_over_every_window_with_ties(seed: int) -> None:
    dice = random.Random(seed)
    values = [float(dice.randrange(12)) for _ in range(2_000)]
    ours = feed(PercentileRank(30), values)
    for i in range(29, len(values)):
        window = values[i - 29 : i + 1]
        assert ours[i] == sum(x < values[i] for x in window) / 29


def test_rank_of_band_width_is_the_rank_of_the_width(seed: int) -> None:
    close = candles(seed)[2]
    widths = [x for x in feed(BBWidth(20, 2.0), close) if x is not None]
    assert feed(BBWidthPercentile(20, 2.0, 50), close)[19:] == feed(PercentileRank(50), widths)


@pytest.mark.parametrize("n", [7, 240])
def test_rolling_windows_do_not_drift_over_many_values(n: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    values = [float(x) for x in 1e5 * np.exp(np.cumsum(dice.normal(0.0, 1e-4, 200_000)))]
    mean, deviation = SMA(n), Stdev(n)
    for i, x in enumerate(values):
        mean.update(x)
        deviation.update(x)
        if (i % 9_999 == 0 and i > n) or i == len(values) - 1:
            window = values[i + 1 - n : i + 1]
            assert mean.value == pytest.approx(math.fsum(window) / n, rel=1e-14)
            assert deviation.value == pytest.approx(statistics.stdev(window), rel=1e-10)


def test_an_outlier_leaves_no_trace_once_it_has_left_the_window() -> None:
    mean, deviation = SMA(5), Stdev(5)
    for x in [1e17, *[0.1, 0.2, 0.3, 0.4, 0.5, 0.1, 0.2]]:
        mean.update(x)
        deviation.update(x)
    window = [0.3, 0.4, 0.5, 0.1, 0.2]
    assert mean.value == pytest.approx(0.3, rel=1e-15)
    assert deviation.value == pytest.approx(statistics.stdev(window), rel=1e-14)


def test_a_flat_window_has_no_deviation_at_all(seed: int) -> None:
    values = [*candles(seed)[2][:17], *[0.1] * 40]
    assert feed(Stdev(6), values)[-30:] == [0.0] * 30
    assert feed(BBWidth(6, 2.0), values)[-30:] == [0.0] * 30


FAMILY: list[tuple[str, Callable[[], Updates], int]] = [
    ("SMA", lambda: SMA(9), 1),
    ("EMA", lambda: EMA(9), 1),
    ("EMA first", lambda: EMA(9, seed="first"), 1),
    ("WilderMean", lambda: WilderMean(9), 1),
    ("WilderRSI", lambda: WilderRSI(9), 1),
    ("Stdev", lambda: Stdev(9), 1),
    ("Bollinger", lambda: Bollinger(9, 2.0), 1),
    ("BBWidth", lambda: BBWidth(9, 2.0), 1),
    ("PercentileRank", lambda: PercentileRank(9), 1),
    ("BBWidthPercentile", lambda: BBWidthPercentile(9, 2.0, 9), 1),
    ("RVR", lambda: RVR(9), 1),
    ("EWMAVariance", lambda: EWMAVariance(0.9), 1),
    ("ADX", lambda: ADX(9), 2),
    ("TrueRange", TrueRange, 3),
    ("ATR", lambda: ATR(9), 3),
    ("VWAP", VWAP, 4),
]


@pytest.mark.parametrize(
    ("make", "width"), [pytest.param(make, width, id=name) for name, make, width in FAMILY]
)
def test_indicator_pickled_anywhere_mid_stream_continues_identically(
    make: Callable[[], Updates], width: int, seed: int
) -> None:
    high, low, close = candles(seed)
    rows = list(zip(high, low, close, close, strict=True))[:60]
    inputs = [row[:width] if width > 1 else row[2] for row in rows]
    expected = feed(make(), inputs)
    for cut in range(0, 60, 7):
        first = make()
        head = feed(first, inputs[:cut])
        second: Updates = pickle.loads(pickle.dumps(first))  # noqa: S301 - our own bytes
        assert second.ready == first.ready
        assert head + feed(second, inputs[cut:]) == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda: SMA(0),
        lambda: EMA(-3),
        lambda: EMA(3.0),  # type: ignore[arg-type]
        lambda: EMA(3, seed="last"),  # type: ignore[arg-type]
        lambda: Stdev(1),
        lambda: Bollinger(1, 2.0),
        lambda: PercentileRank(1),
        lambda: WilderRSI(True),
        lambda: EWMAVariance(1.0),
        lambda: EWMAVariance(float("nan")),
    ],
)
def test_a_window_that_makes_no_sense_is_refused_in_one_sentence(
    make: Callable[[], Updates],
) -> None:
    with pytest.raises(ConfigError, match=r"^Built .*, found .*; use .*\.$"):
        make()

"""How good the probabilities were: Brier score and calibration, for event markets.

A forecast is a probability from 0 to 1; its outcome is what the market settled at, 0 or 1 (or
between, where a market pays a part).
"""

import msgspec
import numpy as np

from tradewind.model.errors import ConfigError
from tradewind.research.statistics.curve import FloatArray, finite


class CalibrationBin(msgspec.Struct, frozen=True):
    """Forecasts in [low, high): how many, their mean, and how often the event came true."""

    low: float
    high: float
    count: int
    mean_forecast: float | None
    observed_rate: float | None


def brier_score(forecasts: FloatArray, outcomes: FloatArray) -> float | None:
    """Return the mean squared error: 0 is perfect, 0.25 a coin, 1 always wrong."""
    return finite(float(np.mean((forecasts - outcomes) ** 2))) if len(forecasts) else None


def calibration_table(
    forecasts: FloatArray, outcomes: FloatArray, *, bins: int = 10
) -> tuple[CalibrationBin, ...]:
    """Return equal bins from 0 to 1, the last including 1; () without forecasts.

    Raises ConfigError for fewer than one bin.
    """
    if bins < 1:
        raise ConfigError(f"Built a calibration table, found {bins} bins; use at least one.")
    if not len(forecasts):
        return ()
    edges = np.arange(bins + 1) / bins
    home = np.clip(np.searchsorted(edges, forecasts, side="right") - 1, 0, bins - 1)
    return tuple(
        _bin(float(edges[i]), float(edges[i + 1]), forecasts[home == i], outcomes[home == i])
        for i in range(bins)
    )


def _bin(low: float, high: float, forecasts: FloatArray, outcomes: FloatArray) -> CalibrationBin:
    if not len(forecasts):
        return CalibrationBin(low, high, 0, None, None)
    return CalibrationBin(
        low,
        high,
        len(forecasts),
        finite(float(np.mean(forecasts))),
        finite(float(np.mean(outcomes))),
    )

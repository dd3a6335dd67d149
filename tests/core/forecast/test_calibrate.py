"""Calibration on held-back windows."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.forecast.calibrate import NODES, identity
from invopt_xl.core.forecast.common_shock import Clusters
from invopt_xl.core.forecast.statistical import calibrated_quantiles, calibration_of
from invopt_xl.core.forecast.trial import Trial


def trial(n: int, windows: int, *, mean: float, variance: float, whole: bool = False) -> Trial:
    shape = (n, windows)
    return Trial(np.full(shape, mean), np.full(shape, variance), np.full(n, whole), np.zeros(n))


def apart(classes: int, windows: int) -> Clusters:
    """Return windows that are all independent."""
    return Clusters(np.zeros(classes + 1), float(windows))


def coverage(forecast: Trial, actual: np.ndarray, fresh: np.ndarray, level: float, group: np.ndarray) -> float:
    """Return how often `fresh` demand stays at or below the quantile corrected on `actual`."""
    curves = calibration_of(forecast, actual, group, apart(1, actual.shape[1]))
    return float((fresh <= calibrated_quantiles(forecast, level, curves, group)).mean())


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.98])
def test_a_spread_that_is_too_small_is_mended(level: float) -> None:
    rng = np.random.default_rng(1)
    n, windows = 400, 12
    # says a variance of 400, has one of 1600
    forecast = trial(n, windows, mean=100.0, variance=400.0)
    actual, fresh = (rng.normal(100, 40, (n, windows)) for _ in range(2))
    group = np.zeros(n, dtype=np.int64)
    assert (fresh <= forecast.quantiles(level)).mean() < level - 0.05
    assert coverage(forecast, actual, fresh, level, group) == pytest.approx(level, abs=0.015)


def test_classes_get_their_own_correction() -> None:
    rng = np.random.default_rng(2)
    n, windows = 400, 12
    group = (np.arange(n) % 2).astype(np.int64)
    sd = np.where(group == 0, 10.0, 60.0)[:, None]
    forecast = trial(n, windows, mean=200.0, variance=900.0)
    curves = calibration_of(forecast, rng.normal(200, sd, (n, windows)), group, apart(2, windows))
    fresh = rng.normal(200, sd, (n, windows))
    held = fresh <= calibrated_quantiles(forecast, 0.95, curves, group)
    assert held[group == 0].mean() == pytest.approx(0.95, abs=0.03)
    assert held[group == 1].mean() == pytest.approx(0.95, abs=0.03)


def test_few_windows_change_little() -> None:
    forecast = trial(2, 1, mean=100.0, variance=400.0)
    curves = calibration_of(forecast, np.array([[180.0], [170.0]]), np.zeros(2, dtype=np.int64), apart(1, 1))
    assert np.abs(curves.shift).max() < 0.4


def test_windows_of_one_bad_week_change_little() -> None:
    """A hundred items that all sold more in the same week are one proof, not a hundred."""
    rng = np.random.default_rng(5)
    forecast = trial(100, 2, mean=100.0, variance=400.0)
    actual = rng.normal(140, 20, (100, 2))
    group = np.zeros(100, dtype=np.int64)
    alone = calibration_of(forecast, actual, group, apart(1, 2)).shift[0]
    together = calibration_of(forecast, actual, group, Clusters(np.array([0.9, 0.9]), 2.0)).shift[0]
    assert alone[3] > 1.0
    assert 0 < together[3] < 0.1


def test_counts_keep_whole_quantiles_and_get_the_variance_they_need() -> None:
    rng = np.random.default_rng(3)
    n, windows = 500, 10
    forecast = trial(n, windows, mean=3.0, variance=3.0, whole=True)
    # negative binomial with mean 3 and variance 7.5
    actual, fresh = (rng.negative_binomial(2, 0.4, (n, windows)).astype(float) for _ in range(2))
    group = np.zeros(n, dtype=np.int64)
    curves = calibration_of(forecast, actual, group, apart(1, actual.shape[1]))
    assert curves.factor[0] == pytest.approx(2.5, abs=0.6)
    stock = calibrated_quantiles(forecast, 0.95, curves, group)
    assert (stock == np.rint(stock)).all()
    assert (fresh <= stock).mean() == pytest.approx(0.95, abs=0.03)


def test_a_right_forecast_of_counts_is_left_alone() -> None:
    actual = np.random.default_rng(4).poisson(4, (600, 12)).astype(float)
    forecast = trial(600, 12, mean=4.0, variance=4.0, whole=True)
    assert calibration_of(forecast, actual, np.zeros(600, dtype=np.int64), apart(1, 12)).factor[0] == 1.0


def test_no_windows_change_nothing_and_an_unknown_class_stays() -> None:
    forecast = trial(3, 2, mean=10.0, variance=4.0)
    curves = calibration_of(forecast, np.full((3, 2), np.nan), np.zeros(3, dtype=np.int64), apart(1, 2))
    np.testing.assert_array_equal(curves.shift, 0.0)
    shifted = identity(1)
    shifted.shift[:] = 1.0
    assert shifted.shift_at(np.array([0.9]), np.array([-1])).tolist() == [0.0]
    assert shifted.shift_at(np.array([0.9]), np.array([0])).tolist() == [1.0]
    assert list(NODES) == sorted(NODES)

"""Methods against their slow versions."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.forecast.candidates import candidates
from invopt_xl.core.forecast.intermittent import croston_levels, tsb_levels
from invopt_xl.core.forecast.smoothing import moving_average, seasonal_naive, seasonal_smoothing, smoothed
from invopt_xl.core.forecast.windows import Windows, scored_origins, span_sums
from tests.reference import slow_forecast


def demand(seed: int = 1, n: int = 7, periods: int = 40) -> np.ndarray:
    """Return (T, n) with zeros and late starts."""
    rng = np.random.default_rng(seed)
    values = rng.poisson(0.6, (periods, n)) * rng.integers(1, 9, (periods, n)).astype(float)
    for column in range(n):
        values[: 2 * column, column] = np.nan
    return values


def windows(values: np.ndarray, width: int = 3, season: int = 12) -> Windows:
    n = values.shape[1]
    widths = np.full(n, width)
    scored = scored_origins(values, widths, warm_up=6, last=30)
    angle = 2 * np.pi * np.arange(len(values) + 24) / 12
    return Windows(values, widths, scored, 24, season, angle, np.arange(n))


def test_smoothing_matches_the_slow_version() -> None:
    values = demand()
    found = smoothed(values, alpha=0.2)
    for column in range(values.shape[1]):
        np.testing.assert_allclose(found[:, column], slow_forecast.simple_smoothing(values[:, column].tolist(), 0.2))


def test_croston_and_tsb_match_the_slow_versions() -> None:
    values = demand(2)
    rates, chances = croston_levels(values, alpha=0.15), tsb_levels(values, alpha_size=0.2, alpha_chance=0.1)
    for column in range(values.shape[1]):
        one = values[:, column].tolist()
        assert rates[-1, column] == pytest.approx(slow_forecast.croston(one, 0.15))
        assert chances[-1, column] == pytest.approx(slow_forecast.tsb(one, 0.2, 0.1))


@pytest.mark.parametrize("width", [1, 3, 14])
def test_walk_forward_errors_match_the_slow_version(width: int) -> None:
    values = demand(3)
    view = windows(values, width)
    errors = moving_average(view, periods=12).total - view.actual()
    for column in range(values.shape[1]):
        for t, expected in slow_forecast.moving_average_errors(values[:, column].tolist(), 12, width).items():
            if not np.isnan(expected) and not np.isnan(values[t + 1, column]):
                assert errors[t, column] == pytest.approx(expected)


@pytest.mark.parametrize("width", [1, 5, 12, 17])
def test_seasonal_naive_totals_match_the_slow_version(width: int) -> None:
    values = np.nan_to_num(demand(4))
    run = seasonal_naive(windows(values, width))
    for column in range(values.shape[1]):
        for t, expected in slow_forecast.seasonal_totals(values[:, column].tolist(), 12, width).items():
            assert run.total[t, column] == pytest.approx(expected)


@pytest.mark.parametrize("additive", [True, False])
def test_seasonal_smoothing_learns_a_yearly_pattern(additive: bool) -> None:
    pattern = 100 + 30 * np.sin(2 * np.pi * np.arange(72) / 12)
    run = seasonal_smoothing(windows(pattern[:, None]), alpha=0.1, gamma=0.3, additive=additive)
    np.testing.assert_allclose(run.path[:12, 0], pattern[:12], rtol=0.05)


def test_no_method_sees_the_future() -> None:
    values = np.nan_to_num(demand(5, periods=60)) + 3
    changed = values.copy()
    changed[45:] *= 50
    for one, other in zip(
        *([c.run(windows(v)) for c in candidates("month", pooled=None)] for v in (values, changed)),
        strict=True,
    ):
        np.testing.assert_allclose(one.total[:45], other.total[:45])
        np.testing.assert_allclose(one.one[:45], other.one[:45])


def test_path_total_is_the_last_forecast_of_an_interval() -> None:
    values = np.nan_to_num(demand(6, periods=60)) + 3
    for candidate in candidates("month", pooled=None):
        run = candidate.run(windows(values, 5))
        np.testing.assert_allclose(run.path[:5].sum(axis=0), run.total[-1], err_msg=candidate.name)


def test_span_sums_leave_out_what_is_not_known() -> None:
    values = np.array([[np.nan], [1.0], [2.0]])
    sums = span_sums(np.nan_to_num(values), np.array([1]), known=~np.isnan(values))
    np.testing.assert_array_equal(sums[:, 0], [1.0, 2.0, np.nan])

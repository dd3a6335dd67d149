"""Variance of interval totals, base demand, and totals of a path."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.forecast.base_demand import base_demand
from invopt_xl.core.forecast.horizon import elapsed_periods, path_total
from invopt_xl.core.forecast.spread import Errors, Spread, interval_spread


def test_variance_of_an_empty_interval_is_zero_and_grows_with_its_length() -> None:
    spread = Spread(np.array([12.0]), np.array([3.0]), np.array([1.0]), np.array([20.0]))
    found = spread.at(np.array([[0.0, 0.5, 1.0, 3.0, 6.0]]))[0]
    np.testing.assert_allclose(found, [0.0, 2.0, 4.0, 12.0, 24.0])


def test_a_long_history_of_short_windows_is_worth_most_observations() -> None:
    windows, width = np.array([0.0, 4.0, 40.0, 120.0, 120.0]), np.array([2, 2, 2, 2, 12])
    steps = np.array([0.0, 6.0, 42.0, 122.0, 122.0])
    errors = Errors(np.full(5, 9.0), windows, np.full(5, 4.0), steps)
    found = interval_spread(errors, level=np.full(5, 10.0), age=steps + 1, width=width).observations
    # nothing known counts as one; of 20 independent windows weighing 20/23, and 42 single steps the rest
    assert found[0] == 1.0
    assert found[2] == pytest.approx(1 / ((20 / 23) ** 2 / 20 + (3 / 23) ** 2 / 42))
    assert found[1] < found[2] < found[3]
    assert found[4] < found[3]


def test_promotions_and_outliers_do_not_lift_base_demand() -> None:
    demand = np.array([[np.nan, 5.0, 5.0, 90.0, 5.0, 400.0]])
    promoted, outlier = np.zeros((1, 6), bool), np.zeros((1, 6), bool)
    promoted[0, 3], outlier[0, 5] = True, True
    np.testing.assert_array_equal(
        base_demand(demand, promoted=promoted, outlier=outlier), [[np.nan, 5.0, 5.0, 5.0, 5.0, 5.0]]
    )


def test_path_total_holds_the_mean_after_the_end() -> None:
    path = np.array([[10.0, 20.0]])
    assert path_total(path, np.array([3.0]), elapsed=0.0)[0] == pytest.approx(45.0)
    np.testing.assert_allclose(path_total(path, np.array([[0.0, 0.5, 1.5]]), elapsed=0.5), [[0.0, 5.0, 25.0]])


def test_elapsed_share_of_a_month() -> None:
    starts = np.array(["2026-01-01"], dtype="datetime64[D]")
    whole = elapsed_periods(starts, pd.Timestamp("2026-01-31"), period="month", days_per_period=30.4375)
    half = elapsed_periods(starts, pd.Timestamp("2026-02-14"), period="month", days_per_period=30.4375)
    assert (whole, half) == (0.0, pytest.approx(14 / 30.4375))

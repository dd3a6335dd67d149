"""Quantiles from mean and variance, against the slow exact ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from invopt_xl.core.forecast.fan import fan_quantile
from invopt_xl.core.forecast.gamma_quantiles import gamma_quantile
from invopt_xl.core.forecast.shapes import quantiles


@pytest.mark.parametrize("level", [0.05, 0.5, 0.8, 0.95, 0.99])
def test_the_table_of_gamma_quantiles_is_exact_to_half_a_percent(level: float) -> None:
    cv = np.array([0.02, 0.1, 0.33, 0.7, 1.0, 1.7, 3.0])
    mean = np.full(len(cv), 50.0)
    shape = 1 / cv**2
    exact = special.gammaincinv(shape, level) / shape * 50.0
    np.testing.assert_allclose(gamma_quantile(mean, cv * mean, level), exact, rtol=0.005, atol=0.1)


def test_certain_demand_is_its_own_quantile() -> None:
    np.testing.assert_array_equal(gamma_quantile(np.array([7.0, 0.0]), np.zeros(2), 0.95), [7.0, 0.0])


@pytest.mark.parametrize(("mean", "variance"), [(0.3, 0.3), (0.8, 2.0), (5.0, 5.0), (40.0, 300.0)])
def test_quantiles_of_counts_are_those_of_the_distribution(mean: float, variance: float) -> None:
    levels = np.array([0.5, 0.8, 0.9, 0.95, 0.98])
    law = stats.poisson(mean) if variance <= mean else stats.nbinom(mean**2 / (variance - mean), mean / variance)
    found = quantiles(np.full(5, mean), np.full(5, variance), levels, whole=np.ones(5, dtype=bool), nothing=np.zeros(5))
    np.testing.assert_array_equal(found, law.ppf(levels))


def test_a_chance_of_nothing_is_a_zero_quantile_up_to_it() -> None:
    found = quantiles(
        np.full(2, 2.0),
        np.full(2, 20.0),
        np.array([0.59, 0.99]),
        whole=np.zeros(2, dtype=bool),
        nothing=np.full(2, 0.6),
    )
    assert found[0] == 0.0
    assert found[1] > 10.0


def test_mean_and_variance_are_kept_whatever_the_chance_of_nothing() -> None:
    levels = (np.arange(20000) + 0.5) / 20000
    size = len(levels)
    found = quantiles(
        np.full(size, 4.0), np.full(size, 30.0), levels, whole=np.zeros(size, dtype=bool), nothing=np.full(size, 0.4)
    )
    assert found.mean() == pytest.approx(4.0, rel=0.01)
    assert found.var() == pytest.approx(30.0, rel=0.05)


def test_quantiles_between_levels_are_straight_in_the_normal_score() -> None:
    levels = (0.25, 0.5, 0.8, 0.9, 0.95, 0.98)
    normal = 100 + 20 * special.ndtri(np.array(levels))
    for level in (0.3, 0.7, 0.93, 0.97, 0.995):
        found = fan_quantile(normal[None, :], levels, np.array([level]))
        assert found[0] == pytest.approx(100 + 20 * special.ndtri(level))


def test_a_fan_never_goes_below_zero() -> None:
    assert fan_quantile(np.array([[0.0, 1.0]]), (0.5, 0.9), np.array([0.01]))[0] == 0.0


@pytest.mark.parametrize(("mean", "variance"), [(1999.0, 1999.0), (1500.0, 1600.0), (1800.0, 40_000.0), (0.2, 1.0)])
def test_quantiles_of_counts_with_next_to_no_chance_of_none_are_exact(mean: float, variance: float) -> None:
    levels = np.array([1e-6, 0.01, 0.5, 0.95, 0.999999])
    law = stats.poisson(mean) if variance <= mean else stats.nbinom(mean**2 / (variance - mean), mean / variance)
    found = quantiles(np.full(5, mean), np.full(5, variance), levels, whole=np.ones(5, dtype=bool), nothing=np.zeros(5))
    np.testing.assert_array_equal(found, law.ppf(levels))

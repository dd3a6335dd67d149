"""The mixture's distribution function, walked along the grid, against scipy point by point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from invopt_xl.core.forecast.mixed_cdf import mixed_cdf
from invopt_xl.core.forecast.mixture import mixture
from tests.reference.slow_mixture import mixed_cdf as point_by_point

#: Rounding of some hundred steps that continue from one another.
EXACT = 1e-12

LEAD = np.array([0.4, 0.7, 0.7, 1.0, 1.3, 2.5])


def both(
    mean: np.ndarray, variance: np.ndarray, *, whole: np.ndarray, no_demand: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the walked and the slow distribution functions on the grid that `mixture` uses."""
    nothing = np.broadcast_to(no_demand, mean.shape)
    found = mixture(mean, variance, whole=whole, no_demand=nothing)
    return found.cdf, point_by_point(found.grid, mean, variance, whole, nothing)


def spread_out(rng: np.random.Generator, low: float, high: float, n: int) -> np.ndarray:
    found: np.ndarray = 10.0 ** rng.uniform(low, high, n)[:, None]
    return found


@pytest.mark.parametrize("nothing", [0.0, 0.3, 0.95])
@pytest.mark.parametrize(("least", "most"), [(-2, 1), (-6, -2), (1, 8), (8, 30)])
def test_gamma_of_any_size_and_spread_is_that_of_scipy(least: float, most: float, nothing: float) -> None:
    rng = np.random.default_rng(3)
    mean = spread_out(rng, -6, 9, 60) * LEAD
    variance = spread_out(rng, least, most, 60) * mean**2 / LEAD
    fast, slow = both(mean, variance, whole=np.zeros(60, dtype=bool), no_demand=nothing)
    # scipy is off by up to 1e-10 at shape 1e6, see the test on nearly certain demand
    np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-10 if least < -2 else EXACT)


@pytest.mark.parametrize(("low", "high"), [(-6, 0), (0, 2), (2, 4), (4, 9)])
@pytest.mark.parametrize(("least", "most"), [(-3, 0), (0, 2), (2, 8), (8, 15)])
def test_counts_of_any_size_and_spread_are_those_of_scipy(low: float, high: float, least: float, most: float) -> None:
    rng = np.random.default_rng(4)
    mean = spread_out(rng, low, high, 40) * LEAD
    variance = np.maximum(spread_out(rng, least, most, 40) * mean**2, 1.01 * mean)
    fast, slow = both(mean, variance, whole=np.ones(40, dtype=bool))
    np.testing.assert_allclose(fast, slow, rtol=0, atol=EXACT)


def test_counts_that_vary_no_more_than_their_mean_are_poisson() -> None:
    mean = spread_out(np.random.default_rng(5), -6, 9, 60) * LEAD
    for variance in (0.0 * mean, 0.5 * mean, mean):
        fast, slow = both(mean, variance, whole=np.ones(60, dtype=bool))
        np.testing.assert_allclose(fast, slow, rtol=0, atol=EXACT)


def test_counts_close_to_poisson_keep_their_digits() -> None:
    # scipy is given m / v, of which little is left where v is next to m: here the law is told apart from Poisson, and no further than it is
    mean = np.array([[0.5, 5.0, 50.0, 500.0]]).T
    for excess in (1e-3, 1e-5, 2e-6):
        grid = np.arange(700.0)[None].repeat(4, axis=0)
        one = np.zeros((4, 1))
        found = mixed_cdf(grid, mean, mean * (1 + excess), whole=np.ones(4, dtype=bool), no_demand=one)
        poisson = special.pdtr(grid, mean)
        assert np.abs(found - poisson).max() < excess
        np.testing.assert_allclose(
            found, special.betainc(mean / excess, grid + 1, 1 / (1 + excess)), rtol=0, atol=1e-15 * 700 / excess
        )


@pytest.mark.parametrize("shape", [1e7 / 3, 1e9 / 3, 1e11 / 3])
def test_nearly_certain_demand_is_nearly_normal(shape: float) -> None:
    z = np.linspace(-7.0, 7.0, 57)
    grid = 50.0 * (1 + z / np.sqrt(shape))[None]
    one = np.full((1, 1), 50.0)
    found = mixed_cdf(grid, one, one**2 / shape, whole=np.array([False]), no_demand=np.zeros((1, 1)))[0]
    # Edgeworth: the skewness is 2 / sqrt(shape); the next term is below 1 / shape. scipy.special.gammaincc is off by 1e-7 to 3e-6 at z = -4.5
    expected = stats.norm.cdf(z) - 2 / np.sqrt(shape) / 6 * (z**2 - 1) * stats.norm.pdf(z)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2 / shape + 5e-11)


def test_certain_demand_is_a_step() -> None:
    grid = np.array([[0.0, 4.9, 5.0, 5.1]])
    zero = np.zeros((1, 1))
    for variance in (0.0, 1e-14):
        found = mixed_cdf(grid, zero + 5, zero + variance, whole=np.array([False]), no_demand=zero)
        assert found.tolist() == [[0.0, 0.0, 1.0, 1.0]]
    assert mixed_cdf(grid, zero, zero, whole=np.array([True]), no_demand=zero).tolist() == [[1.0, 1.0, 1.0, 1.0]]


def test_lead_times_that_repeat_weigh_as_often_as_they_come() -> None:
    rng = np.random.default_rng(6)
    mean = np.repeat(rng.uniform(1, 50, (8, 3)), (1, 4, 2), axis=1)
    whole = np.arange(8) % 2 == 0
    fast, slow = both(mean, 3 * mean, whole=whole)
    np.testing.assert_allclose(fast, slow, rtol=0, atol=EXACT)


def test_the_same_moments_with_another_chance_of_nothing_are_another_law() -> None:
    grid = np.linspace(0.0, 60.0, 80)[None]
    mean, nothing = np.full((1, 2), 10.0), np.array([[0.0, 0.6]])
    found = mixed_cdf(grid, mean, 40 * mean, whole=np.array([False]), no_demand=nothing)
    alone = [
        mixed_cdf(grid, mean[:, :1], 40 * mean[:, :1], whole=np.array([False]), no_demand=nothing[:, [j]])
        for j in (0, 1)
    ]
    np.testing.assert_allclose(found, (alone[0] + alone[1]) / 2, atol=1e-15)
    assert found[0, 0] == pytest.approx(0.3)


@settings(deadline=None, max_examples=100)
@given(
    mean=st.floats(1e-6, 1e9),
    ratio=st.floats(-9, 9),
    whole=st.booleans(),
    nothing=st.floats(0, 0.999),
    points=st.lists(st.floats(0, 20), min_size=2, max_size=30),
)
def test_any_grid_gives_ascending_chances(
    mean: float, ratio: float, whole: bool, nothing: float, points: list[float]
) -> None:
    variance = mean**2 * 10.0**ratio
    grid = mean + np.sqrt(variance) * (np.sort(np.array(points)) - 5.0)
    grid = np.floor(np.maximum(grid, 0.0)) if whole else np.maximum(grid, 0.0)
    one = np.full((1, 1), mean)
    found = mixed_cdf(grid[None], one, one * 0 + variance, whole=np.array([whole]), no_demand=np.full((1, 1), nothing))[
        0
    ]
    assert not np.isnan(found).any()
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found) >= -EXACT).all()
    repeated = mixed_cdf(
        np.repeat(grid, 2)[None], one, one * 0 + variance, whole=np.array([whole]), no_demand=np.full((1, 1), nothing)
    )[0]
    np.testing.assert_array_equal(repeated[::2], found)
    np.testing.assert_array_equal(repeated[1::2], found)

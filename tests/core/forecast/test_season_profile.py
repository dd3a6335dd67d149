"""Seasonal profiles shared by a category."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.forecast.season_profile import fit_profiles, fitting_moments


def indices(base: np.ndarray, category: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of each coming month, own and of the category, shape (n, 12)."""
    periods = base.shape[1]
    found = fit_profiles(base, np.arange(periods + 12) / 12, category, period="month", season=12)
    waves = found.waves[periods:]
    return 1 + found.own[:, -1] @ waves.T, 1 + found.category[:, -1] @ waves.T


def seasonal(n: int, periods: int, height: float, seed: int = 1, noise: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    index = 1 + height * np.sin(2 * np.pi * np.arange(periods) / 12)
    return rng.uniform(20, 200, (n, 1)) * index * rng.normal(1, noise, (n, periods))


def truth(height: float, periods: int) -> np.ndarray:
    return 1 + height * np.sin(2 * np.pi * (periods + np.arange(12)) / 12)


def test_a_planted_season_is_found_by_item_and_category() -> None:
    own, shared = indices(seasonal(20, 48, 0.5), np.zeros(20, dtype=np.int64))
    assert np.abs(own - truth(0.5, 48)).max() < 0.12
    assert np.abs(shared - truth(0.5, 48)).max() < 0.06


def test_noise_makes_no_season() -> None:
    own, shared = indices(seasonal(40, 48, 0.0, noise=0.5), np.zeros(40, dtype=np.int64))
    assert np.abs(shared - 1).max() < 0.1
    assert np.abs(own - 1).mean() < 0.1


def test_an_item_too_young_for_its_own_season_takes_its_category_s() -> None:
    base = seasonal(20, 48, 0.5)
    base[0, :40] = np.nan
    own, shared = indices(base, np.zeros(20, dtype=np.int64))
    np.testing.assert_array_equal(own[0], shared[0])
    assert np.abs(own[0] - truth(0.5, 48)).max() < 0.06


def test_categories_do_not_mix() -> None:
    base = np.vstack([seasonal(15, 48, 0.5), seasonal(15, 48, -0.5, seed=2)])
    _, shared = indices(base, np.repeat([0, 1], 15))
    assert np.abs(shared[0] - truth(0.5, 48)).max() < 0.08
    assert np.abs(shared[20] - truth(-0.5, 48)).max() < 0.08


def test_a_noisy_item_is_nearer_the_truth_with_its_category_than_alone() -> None:
    clear, noisy = seasonal(15, 48, 0.5, noise=0.02), seasonal(5, 48, 0.5, seed=3, noise=0.6)
    base = np.vstack([clear, noisy])
    together, _ = indices(base, np.zeros(20, dtype=np.int64))
    alone, _ = indices(base, np.arange(20))
    error = [np.abs(found[15:] - truth(0.5, 48)).mean() for found in (together, alone)]
    assert error[0] < 0.8 * error[1]


def test_a_profile_knows_nothing_after_its_moment() -> None:
    base = seasonal(10, 60, 0.4)
    changed = base.copy()
    changed[:, 45:] *= 9
    args = (np.arange(72) / 12, np.zeros(10, dtype=np.int64))
    one, other = (fit_profiles(b, *args, period="month", season=12) for b in (base, changed))
    early = one.moments <= 45
    assert early.any()
    np.testing.assert_allclose(one.own[:, early], other.own[:, early])


def test_no_profile_before_two_cycles_are_nearly_full() -> None:
    assert len(fitting_moments(20, season=12)) == 0
    assert fitting_moments(21, season=12).tolist() == [21]
    assert len(fitting_moments(3000, season=7)) <= 26

"""The distribution on a grid against exact laws and against drawing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from invopt_xl.core.forecast.mixture import mixture


def one(mean: float, variance: float, *, whole: bool = False, nodes: int = 11):
    shape = (1, nodes)
    return mixture(np.full(shape, mean), np.full(shape, variance), whole=np.array([whole]), no_demand=np.zeros(shape))


@pytest.mark.parametrize(("mean", "variance"), [(100, 400), (2, 9), (0.5, 2), (1e5, 1e8), (10, 0.01)])
def test_gamma_quantiles_within_one_percent(mean: float, variance: float) -> None:
    law, found = stats.gamma(mean**2 / variance, scale=variance / mean), one(mean, variance)
    for p in (0.5, 0.8, 0.95, 0.98, 0.995):
        assert found.quantile(p)[0] == pytest.approx(law.ppf(p), rel=0.01)
    assert found.mean()[0] == pytest.approx(mean, rel=0.005)
    assert found.sd()[0] == pytest.approx(variance**0.5, rel=0.01)


@pytest.mark.parametrize(("mean", "variance"), [(1.3, 3.0), (0.05, 0.06), (40.0, 40.0), (8.0, 60.0)])
def test_counts_are_exact(mean: float, variance: float) -> None:
    law = stats.nbinom(mean**2 / (variance - mean), mean / variance) if variance > mean else stats.poisson(mean)
    found = one(mean, variance, whole=True)
    for p in (0.5, 0.8, 0.95, 0.98, 0.995):
        assert found.quantile(p)[0] == law.ppf(p)
    k = np.arange(0, 2000)
    for x in (0.0, 1.0, 2.5, 7.0):
        assert found.cdf_at(np.array([x]))[0] == pytest.approx(law.cdf(x), abs=1e-9)
        assert found.loss(np.array([x]))[0] == pytest.approx((np.maximum(k - x, 0) * law.pmf(k)).sum(), abs=1e-5)


def test_mixture_over_lead_times_matches_drawing() -> None:
    rng = np.random.default_rng(1)
    mean = np.array([[10.0, 30.0, 90.0]])
    found = mixture(mean, mean * 4, whole=np.array([False]), no_demand=np.zeros((1, 3)))
    drawn = rng.gamma(mean[0] / 4, 4.0, (400_000, 3)).ravel()
    # drawing 1.2 million values leaves about 0.3 % of noise in these
    for p in (0.5, 0.9, 0.95, 0.98, 0.995):
        assert found.quantile(p)[0] == pytest.approx(np.quantile(drawn, p), rel=0.01)
    assert found.mean()[0] == pytest.approx(drawn.mean(), rel=0.01)
    assert found.sd()[0] == pytest.approx(drawn.std(), rel=0.01)
    assert found.loss(np.array([80.0]))[0] == pytest.approx(np.maximum(drawn - 80, 0).mean(), rel=0.01)


def test_demand_that_may_stay_away_keeps_its_moments() -> None:
    found = mixture(
        np.full((1, 1), 2.0), np.full((1, 1), 12.0), whole=np.array([False]), no_demand=np.full((1, 1), 0.6)
    )
    assert found.cdf_at(np.zeros(1))[0] == pytest.approx(0.6)
    assert found.mean()[0] == pytest.approx(2.0, rel=0.01)
    assert found.sd()[0] == pytest.approx(12**0.5, rel=0.01)


def test_certain_demand_is_certain() -> None:
    found = one(30.0, 0.0)
    assert found.quantile(0.99)[0] == pytest.approx(30.0, abs=1e-6)
    assert found.loss(np.array([30.0]))[0] == pytest.approx(0.0, abs=1e-6)
    assert one(0.0, 0.0).quantile(0.99)[0] == 0.0


def test_no_series_gives_an_empty_distribution() -> None:
    found = mixture(np.zeros((0, 11)), np.zeros((0, 11)), whole=np.zeros(0, bool), no_demand=np.zeros((0, 11)))
    assert found.quantile(0.9).shape == found.mean().shape == found.sd().shape == found.loss(np.zeros(0)).shape == (0,)


@settings(deadline=None, max_examples=60)
@given(
    mean=st.floats(0.01, 1e4),
    ratio=st.floats(0.2, 20),
    whole=st.booleans(),
    p=st.floats(0.01, 0.99),
)
def test_functions_agree_with_one_another(mean: float, ratio: float, whole: bool, p: float) -> None:
    found = one(mean, mean * ratio, whole=whole)
    q = found.quantile(p)
    assert q[0] >= 0
    assert found.cdf_at(q)[0] >= p - 1e-6
    assert found.quantile(min(p + 0.005, 0.995))[0] >= q[0]
    assert 0 <= found.loss(q)[0] <= found.mean()[0] + 1e-9
    short = found.loss(q)
    assert found.loss(found.level_for_loss(short))[0] == pytest.approx(short[0], abs=1e-6 * (1 + mean))
    assert found.loss(np.zeros(1))[0] == pytest.approx(found.mean()[0], rel=1e-6)

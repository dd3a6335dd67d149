"""The forecast stage as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.contracts import ACCURACY
from invopt_xl.core.forecast.choose import Forecast, forecast
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms


def run(
    demand: np.ndarray, *, period: str = "week", days: object = 14.0, atoms: object = None, **terms: object
) -> Forecast:
    demand = np.atleast_2d(np.asarray(demand, dtype=float))
    n = len(demand)
    return forecast(
        make_history(demand, period=period),
        make_segments(demand),
        make_terms(n, **terms),
        make_lead_times(n, days, atoms=atoms),
        settings=Settings(),
    )


def test_constant_demand_is_certain() -> None:
    found = run(np.full((1, 60), 10.0))
    assert found.protection.mean()[0] == pytest.approx(30.0)
    assert found.protection.quantile(0.99)[0] == pytest.approx(30.0, rel=1e-6)
    assert found.sd_total[0] == 0.0


def test_all_zero_never_sold_and_single_observations_work() -> None:
    demand = np.zeros((4, 30))
    demand[1] = np.nan
    demand[2, :29], demand[2, 29] = np.nan, 7.0
    demand[3, :] = np.nan
    demand[3, 28:] = [0.0, 3.0]
    found = run(demand)
    assert found.protection.mean()[:2].tolist() == [0.0, 0.0]
    assert found.protection.quantile(0.95)[0] == 0.0
    assert found.protection.mean()[2] == pytest.approx(21.0, rel=0.01)
    assert found.sd_demand[2] > 0
    assert np.isfinite(found.path_quantiles).all()


def test_no_series_gives_empty_results() -> None:
    found = run(np.zeros((0, 30)))
    assert found.path.shape == (0, 13)
    assert found.accuracy.columns.tolist() == [f.name for f in ACCURACY]


def test_interval_moments_follow_the_lead_times() -> None:
    rng = np.random.default_rng(2)
    demand = rng.poisson(20, (5, 120)).astype(float)
    fixed, spread = run(demand, days=14.0), run(demand, atoms=np.array([7.0, 14.0, 21.0]))
    np.testing.assert_allclose(spread.sd_demand, fixed.sd_demand)
    assert (spread.sd_total > fixed.sd_total).all()
    np.testing.assert_allclose(spread.protection.mean(), fixed.protection.mean(), rtol=0.01)
    assert (spread.protection.quantile(0.95) >= fixed.protection.quantile(0.95)).all()
    np.testing.assert_allclose(fixed.protection.sd(), fixed.sd_total, rtol=0.02)


def test_a_season_inside_the_interval_counts() -> None:
    months = np.arange(60)
    demand = 100 + 60 * np.cos(2 * np.pi * months / 12) + np.random.default_rng(3).normal(0, 3, (8, 60))
    found = run(demand, period="month", days=30.0, review_period_days=30.0)
    assert all(name.startswith("seasonal") for name in found.model)
    assert (found.seasonal_share > 1.2).all()


def test_choosing_among_methods_on_noise_stays_near_the_mean() -> None:
    demand = np.random.default_rng(4).poisson(8, (60, 120)).astype(float)
    found = run(demand)
    baseline = np.abs(demand[:, -26:].mean(axis=1) - 8).mean()
    assert np.abs(found.demand_per_period - 8).mean() < 1.6 * baseline
    assert (found.model == "moving average").mean() > 0.5


def test_a_planners_demand_scales_the_distribution() -> None:
    demand = np.random.default_rng(5).poisson(20, (2, 100)).astype(float)
    found = run(demand, override_demand_per_period=np.array([np.nan, 60.0]))
    assert found.demand_per_period[1] == pytest.approx(60.0)
    assert found.protection.mean()[1] == pytest.approx(180.0, rel=0.01)
    assert found.demand_per_period[0] == pytest.approx(20.0, rel=0.15)


def test_coverage_is_near_its_level_on_new_draws() -> None:
    rng = np.random.default_rng(6)
    demand = rng.negative_binomial(2, 0.2, (400, 123)).astype(float)
    found = run(demand[:, :120])
    covered = (demand[:, 120:].sum(axis=1) <= found.protection.quantile(0.9)).mean()
    # 400 draws: one standard deviation of the share is 1.5 points
    assert 0.86 <= covered <= 0.96


def test_results_do_not_depend_on_the_other_series() -> None:
    demand = np.random.default_rng(7).poisson(6, (30, 110)).astype(float)
    together, alone = run(demand), run(demand[:1])
    assert together.path[0] == pytest.approx(alone.path[0]) or together.model[0] != alone.model[0]
    np.testing.assert_allclose(run(demand[::-1]).protection.mean()[::-1], together.protection.mean(), rtol=1e-9)

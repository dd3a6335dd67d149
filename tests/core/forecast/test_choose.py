"""The forecast stage as a whole."""

from __future__ import annotations

import json

import numpy as np
import pytest

from invopt_xl.core.contracts import ACCURACY
from invopt_xl.core.forecast.choose import Forecast, forecast
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms


def run(
    demand: np.ndarray,
    *,
    period: str = "week",
    days: object = 14.0,
    atoms: object = None,
    settings: Settings | None = None,
    **terms: object,
) -> Forecast:
    demand = np.atleast_2d(np.asarray(demand, dtype=float))
    n = len(demand)
    return forecast(
        make_history(demand, period=period),
        make_segments(demand),
        make_terms(n, **terms),
        make_lead_times(n, days, atoms=atoms),
        settings=settings or Settings(),
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
    assert (found.model != "moving average").all()
    assert (found.seasonal_share > 1.2).all()


def test_choosing_among_methods_on_noise_stays_near_the_mean() -> None:
    demand = np.random.default_rng(4).poisson(8, (60, 120)).astype(float)
    found = run(demand)
    baseline = np.abs(demand[:, -26:].mean(axis=1) - 8).mean()
    assert np.abs(found.demand_per_period - 8).mean() < 1.2 * baseline


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


def test_the_order_of_the_series_changes_nothing() -> None:
    demand = np.random.default_rng(7).poisson(6, (30, 110)).astype(float)
    together = run(demand)
    np.testing.assert_allclose(run(demand[::-1]).protection.mean()[::-1], together.protection.mean(), rtol=1e-9)


def test_boosted_trees_learn_what_series_share_and_win_where_it_pays() -> None:
    rng = np.random.default_rng(8)
    # every series peaks in its own weeks of a 13-week cycle, which no statistical method knows
    phase = np.arange(60) % 13
    wave = np.where((np.arange(160)[None, :] - phase[:, None]) % 13 < 3, 4.0, 1.0)
    demand = rng.poisson(20 * wave).astype(float)
    found, plain = (run(demand[:, :150], settings=Settings(boosted_trees=each)) for each in ("auto", "off"))
    assert {"boosted trees", "combination with boosted trees"} & set(found.model)
    actual = demand[:, 150:153].sum(axis=1)
    assert np.abs(found.protection.mean() - actual).mean() < 0.8 * np.abs(plain.protection.mean() - actual).mean()
    assert found.trees is not None
    np.testing.assert_allclose(found.reasons.shares().sum(axis=1), 1.0)
    assert plain.trees is None


def test_a_plan_with_the_trees_of_an_earlier_one_says_the_same() -> None:
    rng = np.random.default_rng(12)
    demand = rng.poisson(30 * (1 + 0.5 * np.sin(2 * np.pi * np.arange(120) / 26)), (40, 120)).astype(float)
    stages = (make_history(demand), make_segments(demand), make_terms(40), make_lead_times(40, 14.0))
    first = forecast(*stages, settings=Settings())
    assert first.trees is not None
    kept = json.loads(json.dumps(first.trees.boosted.learned))
    again = forecast(*stages, settings=Settings(), learned=kept)
    assert again.model.tolist() == first.model.tolist()
    np.testing.assert_allclose(again.protection.quantile(0.95), first.protection.quantile(0.95))


def test_what_every_method_says_ahead_is_kept_if_asked_for() -> None:
    demand = np.random.default_rng(9).poisson(20, (6, 120)).astype(float)
    history, n = make_history(demand), len(demand)
    stages = (history, make_segments(demand), make_terms(n), make_lead_times(n, 14.0))
    found = forecast(*stages, settings=Settings(), ahead=True)
    names = [each.name for each in found.tried_ahead]
    assert names[-1] == "chosen"
    assert {"moving average", "seasonal naive", "combination", "Theta", "IMAPA"} <= set(names)
    assert len(names) == len(set(names))
    for each in found.tried_ahead:
        some = ~np.isnan(each.total)
        assert (np.diff(each.quantiles[some], axis=1) >= 0).all(), each.name
    assert found.tried_width.tolist() == [3] * n
    assert forecast(*stages, settings=Settings()).tried_ahead == ()


def test_accuracy_shows_every_candidate_and_what_was_chosen() -> None:
    demand = np.random.default_rng(10).poisson(20, (20, 160)).astype(float)
    table = run(demand).accuracy
    assert {"chosen", "combination", "moving average", "seasonal naive", "simple smoothing"} <= set(table["model"])
    assert {"WAPE", "bias", "RMSSE", "scaled pinball", "coverage of 95%"} <= set(table["measure"])

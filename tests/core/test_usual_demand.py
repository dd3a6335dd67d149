from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.buckets import bucket_starts
from invopt_xl.core.seasonal_level import seasons
from invopt_xl.core.usual_demand import usual_demand


def _level(demand, usable=None, *, period="week"):
    demand = np.atleast_2d(np.asarray(demand, dtype=float))
    known = np.isfinite(demand) if usable is None else np.atleast_2d(np.asarray(usable, dtype=bool))
    starts = bucket_starts(np.arange(demand.shape[1]), period=period)
    return usual_demand(demand, usable=known, starts=starts, period=period)


def test_the_level_is_the_mean_of_the_usable_periods_around_and_the_whole_life_once():
    rng = np.random.default_rng(2)
    demand, usable = rng.poisson(8.0, 60).astype(float), rng.random(60) < 0.8
    found = _level(demand, usable)[0]
    for t in range(60):
        near = [demand[s] for s in range(max(0, t - 8), min(60, t + 9)) if usable[s]]
        assert found[t] == pytest.approx((sum(near) + demand[usable].mean()) / (len(near) + 1))


def test_periods_that_are_not_usable_do_not_matter():
    demand = np.full(30, 5.0)
    usable = np.ones(30, dtype=bool)
    demand[10], usable[10] = 500.0, False
    assert _level(demand, usable).tolist() == [[5.0] * 30]


def test_a_gap_does_not_leave_a_level_of_zero():
    found = _level(np.r_[np.full(20, 10.0), np.zeros(30), np.full(20, 10.0)])
    assert (found > 0).all()


def test_the_season_of_all_series_is_part_of_usual_demand():
    season = seasons(bucket_starts(np.arange(36), period="month"), period="month")
    demand = np.outer([10.0, 40.0], np.where(season == 5, 3.0, 1.0))
    found = _level(demand, period="month")
    assert found / demand == pytest.approx(1.0, abs=0.1)


def test_a_series_without_usable_periods_has_no_level():
    found = _level(np.full((2, 20), 3.0), np.array([[True] * 20, [False] * 20]))
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()

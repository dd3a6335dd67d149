"""Slow items drawn towards what is usual."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.forecast.common_shock import Clusters
from invopt_xl.core.forecast.panel import Run
from invopt_xl.core.forecast.sleepers import drawn_in, usual_sales

PERIODS, HELD = 48, 12
APART = Clusters(np.zeros(2), float(HELD))


def intermittent(n: int, *, seed: int = 1) -> np.ndarray:
    """Return demand (n, PERIODS + 1) of items that all sell one unit in a fifth of the periods."""
    return (np.random.default_rng(seed).random((n, PERIODS + 1)) < 0.2).astype(float)


def last_six(demand: np.ndarray) -> Run:
    """Return the mean of the last six periods as a forecast at every origin."""
    sums = np.concatenate([np.zeros((len(demand), 6)), np.cumsum(demand, axis=1)], axis=1)
    mean = (sums[:, 6:] - sums[:, :-6]) / 6
    return Run(mean, mean, mean[:, -1:])


def drawn(demand: np.ndarray, run: Run, *, rows: np.ndarray | None = None, clusters: Clusters = APART) -> Run:
    n = len(demand)
    like = np.zeros(n, dtype=np.int64)
    origins = np.broadcast_to(np.arange(PERIODS - HELD - 1, PERIODS - 1), (n, HELD))
    actual = np.take_along_axis(demand, origins + 1, axis=1)
    usual = usual_sales(demand, np.zeros(n, dtype=np.int64), like)
    every = np.ones(n, dtype=bool) if rows is None else rows
    now, _ = drawn_in(
        run, run, usual, actual, origins, width=np.ones(n, dtype=np.int64), rows=every, like=like, clusters=clusters
    )
    return now


def test_an_item_that_sleeps_is_expected_to_wake_up_as_often_as_its_like() -> None:
    demand = intermittent(400)[:, :PERIODS]
    run = last_six(demand)
    asleep = run.path[:, 0] == 0
    assert asleep.sum() > 50
    now = drawn(demand, run).path[:, 0]
    assert now[asleep].mean() == pytest.approx(0.2, abs=0.05)


def test_the_error_on_what_comes_next_falls() -> None:
    demand = intermittent(400, seed=2)
    run = last_six(demand[:, :PERIODS])
    now = drawn(demand[:, :PERIODS], run).path[:, 0]
    came = demand[:, PERIODS]
    assert ((now - came) ** 2).mean() < ((run.path[:, 0] - came) ** 2).mean()


def test_dead_items_stay_dead_where_nobody_wakes_up() -> None:
    demand = intermittent(400, seed=3)[:, :PERIODS]
    demand[:200, 18:] = 0.0
    now = drawn(demand, last_six(demand)).path[:, 0]
    assert now[:200].mean() < 0.06
    assert now[200:].mean() == pytest.approx(0.2, abs=0.05)


def test_a_forecast_that_is_right_is_hardly_moved() -> None:
    rng = np.random.default_rng(4)
    chance = rng.uniform(0.05, 0.6, 400)[:, None]
    demand = (rng.random((400, PERIODS)) < chance).astype(float)
    right = np.broadcast_to(chance, demand.shape)
    now = drawn(demand, Run(right, right, chance)).path
    assert np.abs(now - chance).mean() < 0.03


def test_other_series_and_too_few_windows_are_left_alone() -> None:
    demand = intermittent(400)[:, :PERIODS]
    run = last_six(demand)
    rows = np.arange(400) % 2 == 0
    now = drawn(demand, run, rows=rows)
    np.testing.assert_array_equal(now.path[~rows], run.path[~rows])
    few = drawn(demand[:3], Run(*(v[:3] for v in vars(run).values())))
    np.testing.assert_array_equal(few.path, run.path[:3])


def test_a_bad_month_for_all_lowers_forecasts_little() -> None:
    """Demand of the held-back months is half of the usual: if series err together, that was one event."""
    demand = intermittent(400, seed=5)[:, :PERIODS]
    demand[:, PERIODS - HELD :] *= np.random.default_rng(6).random((400, HELD)) < 0.5
    steady = np.full(demand.shape, 0.2)
    run = Run(steady, steady, steady[:, :1])
    apart = drawn(demand, run).path.mean()
    together = drawn(demand, run, clusters=Clusters(np.array([0.9, 0.9]), 1.0)).path.mean()
    assert apart < 0.15
    assert together > 0.17


def test_orders_of_many_units_scale_with_their_usual_size() -> None:
    demand = intermittent(400)[:, :PERIODS]
    once, tenfold = drawn(demand, last_six(demand)), drawn(10 * demand, last_six(10 * demand))
    np.testing.assert_allclose(tenfold.path, 10 * once.path)

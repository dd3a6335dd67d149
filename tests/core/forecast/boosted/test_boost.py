"""Boosted trees: they find planted effects, never see the held-back windows, and always say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from invopt_xl.core.forecast.boosted import training
from invopt_xl.core.forecast.boosted.boost import boost
from invopt_xl.core.forecast.boosted.groups import GROUPS
from invopt_xl.core.forecast.boosted.task import LEVELS, Boosted, Task
from tests.core.forecast.boosted.planted import outcome, planted, with_other_demand_after


@pytest.fixture(autouse=True, scope="module")
def few_trees() -> Iterator[None]:
    """Fewer trees that learn faster: what is tested here does not depend on their number."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_TREES", 40)
        patch.setattr(training, "_TREES_UNJUDGED", 30)
        patch.setitem(training._SHARED, "learning_rate", 0.1)
        yield


@pytest.fixture(scope="module")
def task() -> Task:
    return planted(series=50, periods=50)


@pytest.fixture(scope="module")
def said(task: Task, few_trees: None) -> Boosted:
    return boost(task, seed=1, threads=1)


def judged_actual(task: Task) -> np.ndarray:
    rows = np.arange(len(task.width))[:, None]
    return np.where(task.origins >= 0, outcome(task)[rows, np.maximum(task.origins, 0)], np.nan)


def test_planted_season_and_promotions_are_found_on_held_back_windows(task: Task, said: Boosted) -> None:
    actual = judged_actual(task)
    rows = np.arange(len(task.width))[:, None]
    reference = np.where(task.origins >= 0, task.reference[rows, np.maximum(task.origins, 0)], np.nan)
    trees, average = np.nansum(np.abs(said.judged_total - actual)), np.nansum(np.abs(reference - actual))
    # the moving average misses a season of 50 % and promotions that double demand; what is left is Poisson noise
    assert trees < 0.6 * average


def test_quantiles_hold_about_as_often_as_they_say(task: Task, said: Boosted) -> None:
    held = (judged_actual(task)[:, :, None] <= said.judged_quantiles)[task.origins >= 0].mean(axis=0)
    np.testing.assert_allclose(held, LEVELS, atol=0.15)  # 340 windows that overlap


def test_shapes_and_order(task: Task, said: Boosted) -> None:
    n, k = task.origins.shape
    assert said.judged_total.shape == (n, k)
    assert said.judged_quantiles.shape == (n, k, len(LEVELS))
    assert said.total.shape == (n,)
    assert said.quantiles.shape == (n, len(LEVELS))
    assert said.groups == GROUPS
    assert (np.diff(said.quantiles, axis=1) >= 0).all()
    assert (np.diff(said.judged_quantiles[task.origins >= 0], axis=1) >= 0).all()
    assert (said.quantiles >= 0).all()
    np.testing.assert_array_equal(np.isnan(said.judged_total), task.origins < 0)


def test_contributions_add_up_to_the_total(said: Boosted) -> None:
    np.testing.assert_allclose(said.contributions.sum(axis=1), said.total, rtol=1e-12)


def test_the_same_seed_gives_the_same_answer(task: Task, said: Boosted) -> None:
    again = boost(task, seed=1, threads=1)
    np.testing.assert_array_equal(again.judged_quantiles, said.judged_quantiles)
    np.testing.assert_array_equal(again.total, said.total)
    np.testing.assert_array_equal(again.quantiles, said.quantiles)
    np.testing.assert_array_equal(again.contributions, said.contributions)
    assert again.learned == said.learned


def test_what_came_from_the_cutoff_on_never_changes_the_first_judged_forecast(task: Task, said: Boosted) -> None:
    other = boost(with_other_demand_after(task, task.cutoff - 1), seed=1, threads=1)
    first = task.origins == task.cutoff - 1  # its own features end before the cutoff
    np.testing.assert_array_equal(other.judged_total[first], said.judged_total[first])
    np.testing.assert_array_equal(other.judged_quantiles[first], said.judged_quantiles[first])
    later = task.origins > task.cutoff - 1
    assert (other.judged_total[later] != said.judged_total[later]).all()
    assert (other.total != said.total).all()


def test_a_judged_forecast_does_not_know_its_own_window(task: Task, said: Boosted) -> None:
    origin = task.cutoff + 2
    other = boost(with_other_demand_after(task, origin), seed=1, threads=1)
    upto = (task.origins >= 0) & (task.origins <= origin)
    np.testing.assert_array_equal(other.judged_total[upto], said.judged_total[upto])


def test_without_judging_the_judged_values_are_unknown_and_the_rest_is_there(task: Task) -> None:
    said = boost(task, seed=1, judge=False, threads=1)
    assert np.isnan(said.judged_total).all()
    assert np.isnan(said.judged_quantiles).all()
    assert (said.total > 0).all()


def test_too_little_to_learn_from_gives_unknown_values_and_no_models() -> None:
    task = planted(series=5, periods=20, held_back=2)
    said = boost(task, seed=1)
    assert np.isnan(said.judged_total).all()
    assert np.isnan(said.total).all()
    assert np.isnan(said.quantiles).all()
    assert said.contributions.shape == (5, len(GROUPS))
    assert said.learned == {}
    np.testing.assert_array_equal(boost(task, seed=1, learned=said.learned).total, said.total)


def test_no_series_and_no_held_back_origins_are_no_trouble(task: Task) -> None:
    nobody = replace(task, demand=task.demand[:0], width=task.width[:0], origins=task.origins[:0])
    assert boost(nobody, seed=1).total.shape == (0,)
    said = boost(replace(task, origins=task.origins[:, :0]), seed=1, threads=1)
    assert said.judged_quantiles.shape == (len(task.width), 0, len(LEVELS))
    assert (said.total > 0).all()


def test_a_series_without_demand_or_reference_is_unknown_and_harms_no_other(task: Task) -> None:
    demand, reference = task.demand.copy(), task.reference.copy()
    demand[3], reference[3] = np.nan, np.nan
    demand[4], reference[4] = 0.0, 0.0
    said = boost(replace(task, demand=demand, reference=reference), seed=1, threads=1)
    assert np.isnan(said.total[[3, 4]]).all()
    assert np.isnan(said.contributions[[3, 4]]).all()
    assert (np.delete(said.total, [3, 4]) > 0).all()


def test_progress_is_told_of_each_model(task: Task) -> None:
    told: list[str] = []
    boost(planted(series=20), seed=1, judge=False, threads=1, progress=told.append)
    assert sum("trees on" in text for text in told) == 1 + len(LEVELS)

"""The age of saved trees: what makes them stale, and that the loss that tells drift is the plain one."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.forecast.boosted.task import LEVELS, Boosted, Task
from invopt_xl.core.forecast.boosted_age import Saved, data_hash, held_back_loss, is_stale, known_share, sku_mark
from invopt_xl.core.forecast.trees import Trees
from invopt_xl.settings import Settings
from tests.reference.small_trees import small_task

DAY = pd.Timestamp("2026-10-01")


def saved(**changes: Any) -> Saved:
    base = Saved({"period": "week", "features": ["a"]}, DAY, frozenset(), 0.2, {"country": "", "seed": 1})
    return dataclasses.replace(base, **changes)


def after(days: int) -> pd.Timestamp:
    return DAY + pd.Timedelta(days=days)


def trees_that_say(quantiles: np.ndarray, task: Task) -> Trees:
    n = len(task.width)
    nothing = np.full(n, np.nan)
    boosted = Boosted(
        judged_total=quantiles[..., 1],
        judged_quantiles=quantiles,
        total=nothing,
        quantiles=np.full((n, len(LEVELS)), np.nan),
        groups=("usual level",),
        contributions=nothing[:, None],
        learned={},
    )
    return Trees(task, boosted, pd.DataFrame({"sku": ["A"] * n, "location": "MAIN"}))


def slow_loss(trees: Trees, *, since: str | None = None) -> float:
    """Add up the loss window by window, level by level."""
    task, loss, demand = trees.task, 0.0, 0.0
    for row, origins in enumerate(task.origins):
        for place, origin in enumerate(origins):
            last = origin + task.width[row]
            if origin < 0 or last >= task.demand.shape[1]:
                continue
            ends = pd.Timestamp(task.starts[last]) + pd.offsets.MonthEnd(0)
            if since is not None and ends <= pd.Timestamp(since):
                continue
            actual = task.demand[row, origin + 1 : last + 1].sum()
            said = trees.boosted.judged_quantiles[row, place]
            loss += np.mean([2 * (p - (actual < q)) * (actual - q) for p, q in zip(LEVELS, said, strict=True)])
            demand += actual
    return loss / demand


def random_trees(seed: int = 3) -> Trees:
    task = small_task()
    rng = np.random.default_rng(seed)
    task.origins[2, 0] = -1
    return trees_that_say(np.sort(rng.uniform(0, 600, (*task.origins.shape, len(LEVELS)))), task)


def test_fresh_trees_are_not_stale() -> None:
    assert is_stale(saved(), DAY, Settings(), float("nan")) == ""
    assert is_stale(saved(), after(28), Settings(), 0.2) == ""


def test_trees_older_than_retrain_days_are_stale() -> None:
    assert "29 days old" in is_stale(saved(), after(29), Settings(), float("nan"))
    assert is_stale(saved(), after(29), Settings(retrain_days=29), float("nan")) == ""


def test_trees_that_know_what_came_after_the_plan_are_stale() -> None:
    assert "after the day of this plan, 2026-09-30" in is_stale(saved(), after(-1), Settings(), float("nan"))


def test_trees_whose_loss_rose_beyond_the_limit_are_stale() -> None:
    assert is_stale(saved(), after(1), Settings(), 0.25) == ""
    assert "drift_limit = 25%" in is_stale(saved(), after(1), Settings(), 0.2501)
    assert is_stale(saved(), after(1), Settings(drift_limit=1.0), 0.39) == ""
    assert is_stale(saved(loss=float("nan")), after(1), Settings(), 9.0) == ""


@pytest.mark.parametrize("change", [{"country": "DE"}, {"seed": 2}])
def test_trees_fitted_with_other_settings_are_stale(change: dict[str, Any]) -> None:
    assert f"the setting {next(iter(change))} is" in is_stale(saved(), DAY, Settings(**change), float("nan"))


def test_items_are_known_again_without_being_named() -> None:
    known = saved(skus=frozenset(map(sku_mark, ["A", "B", "C"])))
    assert known_share(known, ["A", "B"]) == 1.0
    assert known_share(known, ["A", "B", "X", "Y"]) == 0.5
    assert known_share(known, []) == 1.0
    assert "A" not in known.skus


def test_the_data_hash_tells_period_features_and_items_apart_but_not_their_order() -> None:
    base = data_hash("week", ["a", "b"], ["1", "2"])
    assert data_hash("week", ["a", "b"], ["2", "1"]) == base
    others = [("month", ["a", "b"], ["1", "2"]), ("week", ["b", "a"], ["1", "2"]), ("week", ["a"], ["b", "1", "2"])]
    assert len({base, *(data_hash(*other) for other in others)}) == 4


def test_the_loss_is_the_one_of_a_walk_through_all_windows() -> None:
    trees = random_trees()
    assert held_back_loss(trees) == pytest.approx(slow_loss(trees))
    since = "2025-10-15"
    assert held_back_loss(trees, since=pd.Timestamp(since)) == pytest.approx(slow_loss(trees, since=since))
    assert slow_loss(trees) != pytest.approx(slow_loss(trees, since=since))


def test_windows_that_ended_on_the_day_of_fitting_are_not_new() -> None:
    trees = random_trees()
    last = trees.task.origins.max() + 2
    end = pd.Timestamp(trees.task.starts[last]) + pd.offsets.MonthEnd(0)
    assert np.isnan(held_back_loss(trees, since=end))
    assert held_back_loss(trees, since=end - pd.Timedelta(days=1)) > 0


def test_windows_where_the_trees_said_nothing_do_not_count() -> None:
    trees = random_trees()
    trees.boosted.judged_quantiles[0] = np.nan
    rest = dataclasses.replace(trees.task, origins=np.vstack([np.full((1, 4), -1), trees.task.origins[1:]]))
    assert held_back_loss(trees) == pytest.approx(slow_loss(dataclasses.replace(trees, task=rest)))


def test_a_perfect_forecast_has_no_loss() -> None:
    task = small_task()
    sums = np.cumsum(np.pad(task.demand, ((0, 0), (1, 0))), axis=1)
    rows = np.arange(len(task.width))[:, None]
    actual = sums[rows, task.origins + 3] - sums[rows, task.origins + 1]
    assert held_back_loss(trees_that_say(np.repeat(actual[..., None], len(LEVELS), axis=2), task)) == 0

"""Boosted trees made by hand in a moment: a few items with a season, and one small model under every name."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.drivers import no_drivers
from invopt_xl.core.forecast.boosted.boost import boost, final_features
from invopt_xl.core.forecast.boosted.features import features, vocabulary_of
from invopt_xl.core.forecast.boosted.learned import Learned, kept
from invopt_xl.core.forecast.boosted.task import Task
from invopt_xl.core.forecast.boosted.training import MODELS
from invopt_xl.core.forecast.trees import Trees


def small_task(*, series: int = 12, periods: int = 60, seed: int = 1) -> Task:
    """Return a task of monthly demand with a season; the last item has never sold."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(5, 500, series)[:, None]
    season = 1 + 0.5 * np.sin(2 * np.pi * np.arange(periods) / 12)
    demand = np.round(size * season * rng.gamma(20, 1 / 20, (series, periods)))
    demand[-1] = 0.0
    sums = np.cumsum(np.pad(demand, ((0, 0), (1, 0))), axis=1)
    reference = np.full(demand.shape, np.nan)
    reference[:, 6:] = (sums[:, 7:] - sums[:, 1:-6]) / 3  # two periods at the mean of the last six
    months = np.datetime64("2021-01", "M") + np.arange(periods)
    attributes = pd.DataFrame(
        {
            "category": np.resize(["Tea", "Coffee"], series),
            "supplier": "Acme",
            "location": "MAIN",
            "abc": "A",
            "demand_class": "smooth",
            "unit_cost": 2.0,
            "unit_price": np.linspace(3, 9, series),
        }
    )
    return Task(
        demand=demand,
        censored=np.zeros(demand.shape, dtype=bool),
        width=np.full(series, 2),
        reference=reference,
        starts=months.astype("datetime64[D]"),
        period="month",
        drivers=no_drivers(series, periods, period="month"),
        attributes=attributes,
        age_at_start=np.zeros(series),
        origins=np.tile(np.arange(periods - 6, periods - 2), (series, 1)),
        cutoff=periods - 5,
    )


def small_trees(task: Task | None = None, *, skus: list[str] | None = None) -> Trees:
    """Return trees over `small_task`: ten trees of four leaves, the same under every name, so that they are there in no time."""
    import lightgbm

    task = task or small_task()
    n, periods = task.demand.shape
    vocabulary = vocabulary_of(task)
    series, origin = (each.ravel() for each in np.mgrid[0 : n - 1, 12 : periods - 2])
    found = features(task, series, origin, vocabulary)
    target = (task.demand[series, origin + 1] + task.demand[series, origin + 2]) / found.scale
    data = lightgbm.Dataset(found.matrix, target, feature_name=list(found.names))
    words = {
        "objective": "tweedie",
        "num_leaves": 4,
        "verbosity": -1,
        "num_threads": 1,
        "deterministic": True,
        "seed": 1,
    }
    model = lightgbm.train(words, data, num_boost_round=10)
    learned = Learned(dict.fromkeys(MODELS, model), vocabulary)
    values = kept(learned, None, names=found.names, period=task.period, widths=(2, 2), rows=len(series))
    assert len(final_features(task, vocabulary).names) == len(found.names)
    names = skus or [f"P{at:02d}" for at in range(n)]
    return Trees(task, boost(task, seed=1, learned=values, threads=1), pd.DataFrame({"sku": names, "location": "MAIN"}))

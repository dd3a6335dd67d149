"""Contributions in units: exact, without an order, by group."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.forecast.boosted.boost import boost, final_features
from invopt_xl.core.forecast.boosted.contributions import contributions_of, logarithmic_mean
from invopt_xl.core.forecast.boosted.features import feature_names
from invopt_xl.core.forecast.boosted.groups import GROUPS, group_of
from invopt_xl.core.forecast.boosted.learned import opened
from tests.core.forecast.boosted.planted import planted


def test_logarithmic_mean_lies_between_geometric_and_arithmetic_mean() -> None:
    one, other = np.random.default_rng(0).lognormal(0, 2, (2, 1000))
    mean = logarithmic_mean(one, other)
    assert (mean >= np.sqrt(one * other) * (1 - 1e-12)).all()
    assert (mean <= (one + other) / 2 * (1 + 1e-12)).all()
    np.testing.assert_allclose(mean, logarithmic_mean(other, one))
    np.testing.assert_allclose(logarithmic_mean(one, one * (1 + 1e-13)), one)


def test_groups_are_what_a_loop_over_features_gives_and_add_up_to_the_total() -> None:
    task = planted(series=20)
    said = boost(task, seed=1, judge=False, threads=1)
    learned = opened(said.learned, names=feature_names(task), period=task.period)
    found = final_features(task, learned.vocabulary)
    units = contributions_of(learned.models["mean"], found, said.total)
    logs = np.asarray(learned.models["mean"].predict(found.matrix, pred_contrib=True))
    for i in range(20):
        start = found.scale[i] * np.exp(logs[i, -1])
        step = (said.total[i] - start) / np.log(said.total[i] / start)
        slow = dict.fromkeys(GROUPS, 0.0)
        slow["usual level"] = start
        for name, value in zip(found.names, logs[i, :-1], strict=True):
            slow[group_of(name)] += step * value
        np.testing.assert_allclose(units[i], list(slow.values()), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(units.sum(axis=1), said.total, rtol=1e-12)
    np.testing.assert_array_equal(units, said.contributions)

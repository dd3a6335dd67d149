"""Which past windows are learned from, and what they weigh."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from invopt_xl.core.forecast.boosted import training
from invopt_xl.core.forecast.boosted.features import vocabulary_of
from invopt_xl.core.forecast.boosted.learned import trees_of
from invopt_xl.core.forecast.boosted.training import fitted, past_windows, rounds_of, sample_of
from tests.core.forecast.boosted.planted import outcome, planted


def test_every_window_ends_before_the_period_given_and_all_of_them_are_there() -> None:
    task = planted(series=10)
    pairs = past_windows(task, before=30, seed=1)
    expected = {
        (i, t)
        for i in range(10)
        for t in range(48)
        if not np.isnan(task.demand[i, t]) and np.nansum(task.demand[i, : t + 1]) > 0 and t + task.width[i] < 30
    }
    assert set(zip(pairs.series.tolist(), pairs.origin.tolist(), strict=True)) == expected


def test_a_sample_has_the_size_asked_for_and_favours_recent_windows() -> None:
    task = planted(series=200, young=False)
    everything, sample = past_windows(task, before=48, seed=1), past_windows(task, before=48, seed=1, most=2000)
    assert abs(len(sample) - 2000) < 200  # four standard deviations of a binomial count
    assert sample.origin.mean() > everything.origin.mean() + 2


def test_weights_of_a_sample_add_up_to_those_of_all_windows() -> None:
    task = planted(series=400, young=False)
    everything, sample = past_windows(task, before=48, seed=1), past_windows(task, before=48, seed=1, most=4000)
    for half in (np.less, np.greater_equal):
        all_of = everything.weight[half(everything.origin, 24)].sum()
        assert abs(sample.weight[half(sample.origin, 24)].sum() / all_of - 1) < 0.08


def test_targets_times_scale_are_the_totals_that_came() -> None:
    task = planted(series=10)
    pairs = past_windows(task, before=48, seed=1)
    sample = sample_of(task, pairs, vocabulary_of(task), before=48)
    at = list(sample.names).index("level_log_scale")
    scale = np.exp(sample.matrix[:, at].astype(float))
    np.testing.assert_allclose(sample.target * scale, outcome(task)[pairs.series, pairs.origin], rtol=1e-5)


def test_a_window_that_was_restored_as_a_whole_weighs_nothing() -> None:
    task = planted(series=4, width=2, young=False)
    censored = task.censored.copy()
    censored[1, 20:22] = True
    task = replace(task, censored=censored)
    pairs = past_windows(task, before=48, seed=1)
    sample = sample_of(task, pairs, vocabulary_of(task), before=48)
    weight = {(i, t): w for i, t, w in zip(pairs.series, pairs.origin, sample.weight, strict=True)}
    assert weight[1, 19] == 0
    assert 0 < weight[1, 18] < weight[1, 17]


def test_size_does_not_change_what_a_series_weighs() -> None:
    task = planted(series=4, width=2, young=False)
    demand, reference = task.demand.copy(), task.reference.copy()
    demand[1], reference[1] = 1000 * demand[0], 1000 * reference[0]
    task = replace(task, demand=demand, reference=reference)
    pairs = past_windows(task, before=48, seed=1)
    sample = sample_of(task, pairs, vocabulary_of(task), before=48)
    np.testing.assert_allclose(sample.weight[pairs.series == 0], sample.weight[pairs.series == 1])


def test_the_number_of_trees_is_the_same_where_no_windows_can_be_spared() -> None:
    task = planted(series=10)
    sample = sample_of(task, past_windows(task, before=30, seed=1), vocabulary_of(task), before=30)
    assert len(set(rounds_of(sample, seed=1, threads=1).values())) == 1


def test_trees_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "MODELS", ("mean", "q0.9"))
    task = planted(series=100, young=False)
    sample = sample_of(task, past_windows(task, before=48, seed=1), vocabulary_of(task), before=48)
    few = {"mean": 2, "q0.9": 2}
    (one,), (two,) = (fitted([sample], few, seed=1, threads=n, progress=lambda _: None) for n in (1, 2))
    assert {name: trees_of(model) for name, model in one.items()} == {
        name: trees_of(model) for name, model in two.items()
    }

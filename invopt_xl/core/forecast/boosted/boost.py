"""Boosted trees pooled over all series: the total of the protection interval, forecast directly. The challenger of the statistical forecast.

One Tweedie model for the mean and one model per quantile level (Koenker & Bassett, 1978, Econometrica 46, 33-50) are fitted with LightGBM (Ke et al.,
2017, NeurIPS 30) on past windows of all series. The target is the total over a scale made from the statistical forecast (`scale.py`): the trees learn where
that forecast is wrong and how wide its errors are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from invopt_xl.core.forecast.boosted.contributions import contributions_of
from invopt_xl.core.forecast.boosted.features import Features, feature_names, features, vocabulary_of
from invopt_xl.core.forecast.boosted.groups import GROUPS
from invopt_xl.core.forecast.boosted.learned import Learned, is_empty, kept, opened, opened_judged
from invopt_xl.core.forecast.boosted.side_by_side import side_by_side
from invopt_xl.core.forecast.boosted.task import LEVELS, Boosted, Task
from invopt_xl.core.forecast.boosted.training import (
    LEAST_ROWS,
    MODELS,
    fitted,
    past_windows,
    rounds_of,
    sample_of,
)


def silent(text: str) -> None:
    """Say nothing: the default for `progress`."""


def boost(
    task: Task,
    *,
    seed: int,
    learned: Mapping[str, Any] | None = None,
    judge: bool = True,
    threads: int = 0,
    progress: Callable[[str], None] = silent,
) -> Boosted:
    """Return what boosted trees say of the held-back windows and of what is to come.

    Two fits: one on windows that end before `task.cutoff`, which is judged on the held-back origins, and one on all windows. The number of trees
    is chosen once, on the latest windows before the cutoff.

    Parameters
    ----------
    task : Task
    seed : int
        The same task and seed give the same answer, whatever the number of threads.
    learned : mapping, optional
        `Boosted.learned` of an earlier run: its models are used and nothing is fitted. The judged windows are judged with the models that were
        kept for it, which know nothing after the cutoff of that run.
    judge : bool
        False leaves out the fit that is judged; judged values are then NaN.
    threads : int
        Models that are fitted, or asked, at the same time, one thread each; 0 for as many as compiled loops use.
    progress : callable
        Told what is being done.

    Returns
    -------
    Boosted
        With too little to learn from (fewer than 400 past windows) all values are NaN and `learned` holds no models. Values are NaN, too, at
        origins where neither a reference nor any demand is known.

    Raises
    ------
    InputError
        If `learned` is damaged.
    ComputeError
        If `learned` was made by another version or for other features.
    """
    if not task.demand.size or (learned is not None and is_empty(learned)):
        return _nothing(task)
    if learned is not None:
        names = feature_names(task)
        models = opened(learned, names=names, period=task.period)
        unseen = opened_judged(learned, names=names, period=task.period) or models
        return _said(task, unseen if judge else None, models, dict(learned), threads)
    vocabulary = vocabulary_of(task)
    before = task.cutoff if judge else task.demand.shape[1]
    pairs = past_windows(task, before=before, seed=seed)
    if len(pairs) < LEAST_ROWS:
        return _nothing(task)
    progress(f"Boosted trees: laying out {len(pairs):,} past windows")
    sample = sample_of(task, pairs, vocabulary, before=before)
    progress("Boosted trees: choosing the number of trees")
    rounds = rounds_of(sample, seed=seed, threads=threads)
    samples = [sample]
    if judge:
        before = task.demand.shape[1]
        pairs = past_windows(task, before=before, seed=seed)
        progress(f"Boosted trees: laying out {len(pairs):,} past windows")
        samples = [sample_of(task, pairs, vocabulary, before=before), sample]
    found = [
        Learned(models, vocabulary) for models in fitted(samples, rounds, seed=seed, threads=threads, progress=progress)
    ]
    final, judged = found[0], found[1] if judge else None
    widths = (int(task.width.min()), int(task.width.max()))
    values = kept(final, judged, names=sample.names, period=task.period, widths=widths, rows=len(pairs))
    progress("Boosted trees: forecasting")
    return _said(task, judged, final, values, threads)


def _nothing(task: Task) -> Boosted:
    n, k = task.origins.shape
    return Boosted(
        judged_total=np.full((n, k), np.nan),
        judged_quantiles=np.full((n, k, len(LEVELS)), np.nan),
        total=np.full(n, np.nan),
        quantiles=np.full((n, len(LEVELS)), np.nan),
        groups=GROUPS,
        contributions=np.full((n, len(GROUPS)), np.nan),
        learned={},
    )


def _said(task: Task, judged: Learned | None, final: Learned, values: dict[str, Any], threads: int) -> Boosted:
    n, k = task.origins.shape
    judged_total, judged_quantiles = np.full((n, k), np.nan), np.full((n, k, len(LEVELS)), np.nan)
    if judged is not None:
        series, place = np.nonzero(task.origins >= 0)
        held_back = features(task, series, task.origins[series, place], judged.vocabulary)
        judged_total[series, place], judged_quantiles[series, place] = predicted(judged, held_back, threads=threads)
    last = final_features(task, final.vocabulary)
    total, quantiles = predicted(final, last, threads=threads)
    return Boosted(
        judged_total=judged_total,
        judged_quantiles=judged_quantiles,
        total=total,
        quantiles=quantiles,
        groups=GROUPS,
        contributions=contributions_of(final.models["mean"], last, total),
        learned=values,
    )


def final_features(task: Task, vocabulary: Mapping[str, list[str]]) -> Features:
    """Return the features of every series at the end of its history."""
    n, periods = task.demand.shape
    return features(task, np.arange(n), np.full(n, periods - 1), vocabulary)


def predicted(learned: Learned, found: Features, *, threads: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return mean totals, shape (pairs,), and quantiles at LEVELS, shape (pairs, Q) [units]; NaN where there is no scale.

    Quantiles come from one model each and are sorted, so that they do not cross (Chernozhukov, Fernandez-Val & Galichon, 2010, Econometrica 78,
    1093-1125); none is below 0.
    """
    said = np.full((len(found.scale), len(MODELS)), np.nan)
    known = ~np.isnan(found.scale)
    if known.any():
        matrix = found.matrix[known]

        def ask(name: str) -> np.ndarray:
            return np.asarray(learned.models[name].predict(matrix, num_threads=1))

        said[known] = np.stack(list(side_by_side(ask, MODELS, threads=threads)), axis=1)
    said *= found.scale[:, None]
    return said[:, 0], np.sort(np.maximum(said[:, 1:], 0.0), axis=1)

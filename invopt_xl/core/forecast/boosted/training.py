"""From past windows to fitted trees: which windows are learned from, what they weigh, and the fits. Serves the boosted trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from invopt_xl.core.forecast.boosted.features import CATEGORICAL, YEAR, features
from invopt_xl.core.forecast.boosted.panel import panel_of
from invopt_xl.core.forecast.boosted.side_by_side import side_by_side
from invopt_xl.core.forecast.boosted.task import LEVELS, Task

if TYPE_CHECKING:
    import lightgbm

#: Windows that a fit uses: this many for each series, but so many at least and at most. More cost time and add nothing on the earlier parts of
#: carparts, hospital, orangejuice_dominicks, m3 and tourism, where half as many are still within chance (docs/measured.md) [rows].
_ROWS_PER_SERIES, _FEWEST_ROWS, MOST_ROWS = 20, 40_000, 100_000

#: Windows below which nothing is learned [rows].
LEAST_ROWS = 400

#: Windows that the number of trees is chosen on at most, and that it is judged on [rows].
_ROWS_TO_CHOOSE, _ROWS_TO_JUDGE = 20_000, 10_000

#: A window this long ago weighs half [years].
_HALF_LIFE = 2.0

#: Share of the latest windows that the number of trees is judged on.
_LATEST = 0.2

#: Series looked at together when windows are listed; keeps working arrays small.
_BLOCK = 4096

#: Most trees of a model, trees without progress after which fitting ends, and trees where no windows can be spared to judge.
_TREES, _PATIENCE, _TREES_UNJUDGED = 250, 20, 50

_SHARED: dict[str, Any] = {
    "num_leaves": 15,
    "lambda_l2": 1.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "min_data_in_bin": 5,
    "cat_smooth": 30.0,
    "cat_l2": 20.0,
    "max_cat_threshold": 16,
    "min_data_per_group": 100,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}

#: How far each tree goes. The mean needs few trees; quantiles, whose gradients only say above or below, took 200 and more at .08.
_RATE_OF_MEAN, _RATE_OF_QUANTILES = 0.08, 0.15

#: Tweedie: many zeros and a long tail, with a log link; 1 would be Poisson, 2 gamma. Source: Jorgensen (1987), JRSS B 49, 127-162.
_MEAN: dict[str, Any] = {
    "objective": "tweedie",
    "tweedie_variance_power": 1.3,
    "metric": "tweedie",
    "learning_rate": _RATE_OF_MEAN,
}

#: Names of the models: the mean, and one quantile each.
MODELS: tuple[str, ...] = ("mean", *(f"q{level:g}" for level in LEVELS))
_MIDDLE = MODELS[1 + len(LEVELS) // 2]


@dataclass(frozen=True)
class Pairs:
    """(series, origin) pairs and what they weigh.

    Parameters
    ----------
    series, origin : int array, shape (pairs,)
        Sorted by series, then origin.
    weight : float array, shape (pairs,)
    """

    series: np.ndarray
    origin: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.series)

    def only(self, kept: np.ndarray) -> Pairs:
        """Return the pairs that are kept."""
        return Pairs(self.series[kept], self.origin[kept], self.weight[kept])


@dataclass(frozen=True)
class Sample:
    """Windows laid out for learning.

    Parameters
    ----------
    matrix : float32 array, shape (rows, F)
    names : tuple of str
    target : float array, shape (rows,)
        Total over scale.
    weight : float array, shape (rows,)
    origin : int array, shape (rows,)
    end : int array, shape (rows,)
        Last period of the window.
    """

    matrix: np.ndarray
    names: tuple[str, ...]
    target: np.ndarray
    weight: np.ndarray
    origin: np.ndarray
    end: np.ndarray


def past_windows(task: Task, *, before: int, seed: int, most: int | None = None) -> Pairs:
    """Return windows that end before period `before`: all of them, or a random sample that favours recent ones.

    A window is drawn with a chance in proportion to its weight by age (at most 1); what is drawn weighs its weight over its chance. Windows whose
    demand was restored weigh less by the share of periods that were.

    Parameters
    ----------
    task : Task
    before : int
        origin + width < before for every window.
    seed : int
    most : int, optional
        Windows expected in the sample at most. Default: 20 for each series, at least 40,000 and at most 100,000.
    """
    n, periods = task.demand.shape
    if most is None:
        most = int(np.clip(_ROWS_PER_SERIES * n, _FEWEST_ROWS, MOST_ROWS))
    decay = np.log(2) / (_HALF_LIFE * YEAR[task.period])
    by_age = np.exp(-decay * np.arange(periods)[::-1])  # (T,)
    usable = np.zeros((n, periods), dtype=bool)
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        usable[rows] = _usable(task, rows, before)
    counts = usable.sum(axis=0)
    chance = _chances(counts, by_age, most)
    rng = np.random.default_rng(seed)
    drawn = rng.random((n, periods), dtype=np.float32) < chance
    series, origin = np.nonzero(usable & drawn)
    return Pairs(series, origin, by_age[origin] / chance[origin])


def _usable(task: Task, rows: np.ndarray, before: int) -> np.ndarray:
    """Return where a window has an outcome before the given period, and a scale: shape (rows, T)."""
    demand = task.demand[rows]
    at = np.arange(demand.shape[1])
    ends = at[None, :] + task.width[rows][:, None]
    has_scale = (np.cumsum(np.nan_to_num(demand), axis=1) > 0) | (task.reference[rows] > 0)
    result: np.ndarray = ~np.isnan(demand) & has_scale & (ends < min(before, demand.shape[1]))
    return result


def _chances(counts: np.ndarray, weight: np.ndarray, most: int) -> np.ndarray:
    """Return min(1, c x weight) with c such that `most` windows are expected; all 1 where there are not more than that."""
    chance = np.ones(len(weight))
    if counts.sum() <= most:
        return chance
    low, high = 0.0, 1.0 / weight.min()
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (counts * np.minimum(1, middle * weight)).sum() < most else (low, middle)
    result: np.ndarray = np.minimum(1.0, low * weight)
    return result


def sample_of(task: Task, pairs: Pairs, vocabulary: Mapping[str, list[str]], *, before: int) -> Sample:
    """Return features, targets and weights of past windows.

    Parameters
    ----------
    task : Task
    pairs : Pairs
        From `past_windows`.
    vocabulary : mapping of str to list of str
    before : int
        As for `past_windows`: weights, too, are made of what came before.
    """
    found = features(task, pairs.series, pairs.origin, vocabulary)
    total, restored, spread = (np.empty(len(pairs)) for _ in range(3))
    blocks = np.searchsorted(pairs.series, np.arange(0, len(task.width) + _BLOCK, _BLOCK))
    for start, stop in pairwise(blocks):
        unique, row = np.unique(pairs.series[start:stop], return_inverse=True)
        panel, origin = panel_of(task, unique), pairs.origin[start:stop]
        total[start:stop] = panel.total[row, origin]
        hidden = np.concatenate([np.zeros((len(unique), 1)), np.cumsum(task.censored[unique], axis=1)], axis=1)
        width = panel.width[row]
        restored[start:stop] = panel.over(hidden, row, origin + 1 + width, width) / width
        spread[start:stop] = _usual_change(panel.total, panel.width, before=before)[row]
    # a loss in units of the series' own usual change counts alike for small and large series; never more than four times the scale
    per_change = found.scale / np.maximum(spread, 0.25 * found.scale)
    weight = pairs.weight * per_change * (1.0 - restored)
    return Sample(
        matrix=found.matrix,
        names=found.names,
        target=total / found.scale,
        weight=weight / max(weight.mean(), 1e-300) if len(weight) else weight,
        origin=pairs.origin,
        end=pairs.origin + task.width[pairs.series],
    )


def _usual_change(total: np.ndarray, width: np.ndarray, *, before: int) -> np.ndarray:
    """Return the mean absolute change from one window to the next that does not overlap it, shape (b,); 0 where unknown [units]."""
    now = np.arange(total.shape[1])
    at = now - width[:, None]
    earlier = np.where(at >= 0, np.take_along_axis(total, np.maximum(at, 0), axis=1), np.nan)
    change = np.where(now + width[:, None] < before, np.abs(total - earlier), np.nan)
    count = (~np.isnan(change)).sum(axis=1)
    result: np.ndarray = np.nansum(change, axis=1) / np.maximum(count, 1)
    return result


def rounds_of(sample: Sample, *, seed: int, threads: int) -> dict[str, int]:
    """Return the number of trees of each model: fitted on older windows, judged on the latest ones, whose origins lie after all of them.

    All quantiles take the number of the middle one: they differ little, and each trial costs as much as a fit.

    Parameters
    ----------
    sample : Sample
    seed : int
    threads : int
    """
    cut = np.quantile(sample.origin, 1 - _LATEST)
    late, early = sample.origin >= cut, sample.end <= cut
    if min(late.sum(), early.sum()) < LEAST_ROWS:
        return dict.fromkeys(MODELS, _TREES_UNJUDGED)
    rng = np.random.default_rng(seed)
    learn, judge = _thinned(early, _ROWS_TO_CHOOSE, rng), _thinned(late, _ROWS_TO_JUDGE, rng)
    train = _dataset(sample, learn, seed=seed)
    judged = _dataset(sample, judge, seed=seed, like=train)

    def best(name: str) -> int:
        return int(_fitted(name, train, _TREES, seed=seed, judge=judged).best_iteration)

    middle, mean = side_by_side(best, (_MIDDLE, MODELS[0]), threads=threads)
    return {name: mean if name == MODELS[0] else middle for name in MODELS}


def _thinned(kept: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return the positions of kept rows, at most `most` of them."""
    at = np.flatnonzero(kept)
    return at if len(at) <= most else np.sort(rng.choice(at, most, replace=False))


def fitted(
    samples: Sequence[Sample],
    rounds: Mapping[str, int],
    *,
    seed: int,
    threads: int,
    progress: Callable[[str], None],
) -> list[dict[str, lightgbm.Booster]]:
    """Return one model per name of MODELS for each sample, fitted on all of its rows; the rows are binned once for all of them.

    Parameters
    ----------
    samples : sequence of Sample
    rounds : mapping of str to int
        From `rounds_of`.
    seed : int
    threads : int
        Models fitted at the same time; 0 for as many as compiled loops use threads.
    progress : callable
        Told of each model that is there.
    """
    laid_out = [_dataset(sample, np.arange(len(sample.target)), seed=seed) for sample in samples]
    # the quantiles take longer than the mean
    asked = [(number, name) for name in reversed(MODELS) for number in range(len(samples))]

    def fit(one: tuple[int, str]) -> lightgbm.Booster:
        number, name = one
        return _fitted(name, laid_out[number], rounds[name], seed=seed)

    models: list[dict[str, lightgbm.Booster]] = [{} for _ in samples]
    for (number, name), model in zip(asked, side_by_side(fit, asked, threads=threads), strict=True):
        models[number][name] = model
        progress(f"Boosted trees: {name}, {rounds[name]} trees on {len(samples[number].target):,} windows")
    return models


def _parameters(name: str, rows: int, *, seed: int) -> dict[str, Any]:
    own = _MEAN if name == "mean" else _quantile(float(name[1:]))
    leaf = int(np.clip(rows // 1000, 30, 200))
    return _SHARED | own | {"min_data_in_leaf": leaf, "seed": seed}


def _quantile(level: float) -> dict[str, Any]:
    return {"objective": "quantile", "alpha": level, "metric": "quantile", "learning_rate": _RATE_OF_QUANTILES}


def _dataset(sample: Sample, rows: np.ndarray, *, seed: int, like: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
    import lightgbm

    everything = len(rows) == len(sample.target)
    return lightgbm.Dataset(
        sample.matrix if everything else sample.matrix[rows],
        label=sample.target[rows],
        weight=sample.weight[rows],
        reference=like,
        feature_name=list(sample.names),
        categorical_feature=[f"item_{name}" for name in CATEGORICAL],
        free_raw_data=True,
        params=_parameters("mean", len(rows), seed=seed),
    ).construct()


def _fitted(
    name: str,
    train: lightgbm.Dataset,
    rounds: int,
    *,
    seed: int,
    judge: lightgbm.Dataset | None = None,
) -> lightgbm.Booster:
    import lightgbm

    return lightgbm.train(
        _parameters(name, train.num_data(), seed=seed),
        train,
        num_boost_round=rounds,
        valid_sets=None if judge is None else [judge],
        callbacks=None if judge is None else [lightgbm.early_stopping(_PATIENCE, verbose=False)],
    )

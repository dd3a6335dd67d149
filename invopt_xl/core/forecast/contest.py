"""The contest: every candidate against the moving average, series by series, on walk-forward windows.

The loss is the root mean squared error of the total of the protection interval. Safety stock is proportional to exactly this error, at any
service level, and the squared error is lowest for the mean, which a distribution of demand is built around; an absolute error would favour
forecasting zero for intermittent items. All candidates are compared with the moving average on the same origins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from invopt_xl.core.forecast.candidates import Candidate, only
from invopt_xl.core.forecast.windows import Run, Windows

#: Windows that a comparison needs at least: fewer cannot tell a better method from luck.
_FEWEST = 8

#: A later method must be better by more than floating-point dust: two that say the same are a tie, and the first one keeps the series.
_DUST = 1e-9


@dataclass(frozen=True)
class Score:
    """How a method did on each of n series: sums over the scored windows, shape (n,).

    Parameters
    ----------
    squared, absolute, signed : float arrays
        Sums of errors of the interval total; error = forecast - actual.
    actual : float array
        Sum of the totals that came.
    windows : float array
        Number of windows.
    one_step : float array
        Mean squared error one period ahead.
    """

    squared: np.ndarray
    absolute: np.ndarray
    signed: np.ndarray
    actual: np.ndarray
    windows: np.ndarray
    one_step: np.ndarray

    @classmethod
    def empty(cls, n: int) -> Score:
        """Return scores without any window."""
        return cls(*(np.zeros(n) for _ in range(6)))

    def replaced(self, rows: np.ndarray, other: Score) -> Score:
        """Return these scores with the series `rows` from `other` (which holds only those)."""
        columns = []
        for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True):
            merged = mine.copy()
            merged[rows] = theirs
            columns.append(merged)
        return Score(*columns)

    def take(self, rows: np.ndarray) -> Score:
        """Return the scores of the series `rows`."""
        return Score(*(column[rows] for column in vars(self).values()))


@dataclass(frozen=True)
class Outcome:
    """The winner of each of n series.

    Parameters
    ----------
    model : str array, shape (n,)
    path : float array, shape (n, L)
        Expected demand of the coming periods.
    score, baseline : Score
        Of the winner, and of the moving average on the same windows.
    families : mapping of str to pair of Score
        Of each method with its best parameters, without windows where it could not run; and of the moving average on the same windows.
    total, baseline_total, actual : float arrays, shape (n, T)
        Forecasts of the interval total at each origin, and what came; NaN where not scored.
    """

    model: np.ndarray
    path: np.ndarray
    score: Score
    baseline: Score
    families: dict[str, tuple[Score, Score]]
    total: np.ndarray
    baseline_total: np.ndarray
    actual: np.ndarray


def hold_contest(
    windows: Windows, first: Candidate, others: Iterable[Candidate], *, intermittent: np.ndarray, min_gain: float
) -> Outcome:
    """Return the best method of each series.

    Parameters
    ----------
    windows : Windows
    first : Candidate
        The moving average.
    others : iterable of Candidate
    intermittent : bool array, shape (n,)
    min_gain : float
        Share by which a loss must be lower to replace the moving average.
    """
    actual = np.where(windows.scored, windows.actual(), np.nan)
    base = first.run(windows)
    n = actual.shape[1]
    model = np.full(n, first.name, dtype=object)
    base_score = _score(base, windows, actual, base.valid)
    score, path, total = base_score, base.path.copy(), base.total.copy()
    best = np.full(n, 1.0 - min_gain)
    baseline = base_score
    families: dict[str, tuple[Score, Score]] = {first.name: (base_score, base_score)}
    family_best: dict[str, np.ndarray] = {}
    for candidate in others:
        columns = np.flatnonzero(np.where(intermittent, candidate.intermittent, candidate.steady))
        if not len(columns):
            continue
        view = only(windows, columns) if len(columns) < n else windows
        run = candidate.run(view)
        own = _score(run, view, actual[:, columns], run.valid)
        rival = _score(_columns(base, columns), view, actual[:, columns], run.valid)
        share = np.divide(own.squared, rival.squared, out=np.full(len(columns), np.inf), where=rival.squared > 0)
        ratio = np.sqrt(share)
        ratio[own.windows < _FEWEST] = np.inf
        known = family_best.setdefault(candidate.name, np.full(n, np.inf))
        better = np.flatnonzero(ratio < known[columns] * (1 - _DUST))
        known[columns[better]] = ratio[better]
        mine, theirs = families.get(candidate.name, (Score.empty(n), Score.empty(n)))
        families[candidate.name] = (
            mine.replaced(columns[better], own.take(better)),
            theirs.replaced(columns[better], rival.take(better)),
        )
        wins = np.flatnonzero(ratio < best[columns] * (1 - _DUST))
        at = columns[wins]
        best[at], model[at] = ratio[wins], candidate.name
        path[:, at], total[:, at] = run.path[:, wins], np.where(run.valid, run.total, np.nan)[:, wins]
        score, baseline = score.replaced(at, own.take(wins)), baseline.replaced(at, rival.take(wins))
    return Outcome(model, path.T, score, baseline, families, total.T, base.total.T, actual.T)


def _columns(run: Run, columns: np.ndarray) -> Run:
    return Run(run.one[:, columns], run.total[:, columns], run.path[:, columns], run.valid[:, columns])


def _score(run: Run, windows: Windows, actual: np.ndarray, valid: np.ndarray) -> Score:
    counts = valid & ~np.isnan(actual)
    error = np.where(counts, run.total - actual, 0.0)
    next_one = np.full(actual.shape, np.nan)
    next_one[:-1] = windows.demand[1:]
    # one step ahead is known at more origins than a whole interval
    single = valid & ~np.isnan(next_one) & windows.scored
    step = np.where(single, run.one - next_one, 0.0)
    return Score(
        squared=(error**2).sum(axis=0),
        absolute=np.abs(error).sum(axis=0),
        signed=error.sum(axis=0),
        actual=np.where(counts, actual, 0.0).sum(axis=0),
        windows=counts.sum(axis=0).astype(float),
        one_step=(step**2).sum(axis=0) / np.maximum(single.sum(axis=0), 1),
    )

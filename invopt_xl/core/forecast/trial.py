"""A method as a distribution on held-back windows: its mean, its variance, and the shape that goes with the demand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from invopt_xl.core.forecast.held_back import at_origins, window_means
from invopt_xl.core.forecast.panel import Run
from invopt_xl.core.forecast.shapes import quantiles
from invopt_xl.core.forecast.situation import Situation
from invopt_xl.core.forecast.spread import Spread

#: The variance follows the season within these factors.
SEASON_LOW, SEASON_HIGH = 0.25, 4.0


@dataclass(frozen=True)
class Trial:
    """Distributions of interval totals: `mean`, `variance` (n, K), NaN for none; `whole` (n,), chance of `nothing` (n,)."""

    mean: np.ndarray
    variance: np.ndarray
    whole: np.ndarray
    nothing: np.ndarray

    def quantiles(self, level: np.ndarray | float) -> np.ndarray:
        """Return quantiles at `level` (a number or (n,)), shape (n, K)."""
        wide = np.broadcast_to(np.asarray(level, dtype=float).reshape(-1, 1), self.mean.shape)
        return quantiles(self.mean, self.variance, wide, whole=self._wide(self.whole), nothing=self._wide(self.nothing))

    def widened(self, factor: np.ndarray) -> Trial:
        """Return these distributions with the variances multiplied by `factor` (n,)."""
        variance = self.variance * factor[:, None]
        return replace(self, variance=np.where(self.whole[:, None], np.maximum(variance, self.mean), variance))

    def take(self, rows: np.ndarray) -> Trial:
        """Return the trial of the series `rows`."""
        return Trial(*(column[rows] for column in vars(self).values()))

    def _wide(self, column: np.ndarray) -> np.ndarray:
        return np.broadcast_to(column[:, None], self.mean.shape)


def held_back_trial(run: Run, spread: Spread, situation: Situation, origins: np.ndarray, whole: np.ndarray) -> Trial:
    """Return what the run said at the held-back origins (n, K)."""
    effect = window_means(situation.effect, origins, situation.width)
    return _trial(run, spread, situation, at_origins(run.total, origins), effect, whole)


def coming_trial(run: Run, spread: Spread, situation: Situation, whole: np.ndarray) -> Trial:
    """Return what the run says of the `width` periods after the last full one, K = 1."""
    inside = np.arange(situation.horizon) < situation.width[:, None]
    usual = np.where(inside, run.path, 0.0).sum(axis=1)
    total = np.where(inside, run.path * situation.effect_ahead, 0.0).sum(axis=1)
    effect = np.divide(total, usual, out=np.ones_like(usual), where=usual > 0)
    known = ~np.isnan(run.total[:, -1])
    return _trial(run, spread, situation, np.where(known, usual, np.nan)[:, None], effect[:, None], whole)


def _trial(
    run: Run, spread: Spread, situation: Situation, usual: np.ndarray, effect: np.ndarray, whole: np.ndarray
) -> Trial:
    average = (run.path.mean(axis=1) * situation.width)[:, None]
    season = np.divide(usual, average, out=np.ones_like(usual), where=average > 0)
    variance = spread.variance[:, None] * np.clip(season, SEASON_LOW, SEASON_HIGH) * effect**2
    mean = usual * effect
    variance = np.where(whole[:, None], np.maximum(variance, mean), variance)
    pause = (1 - situation.chance) ** situation.width
    nothing = np.where(situation.intermittent & ~whole, np.minimum(pause, 0.999), 0.0)
    return Trial(mean, variance, whole, nothing)

"""A statistical forecast with all that goes with it: as it was on held-back windows, as it is now, and the correction between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invopt_xl.core.forecast.calibrate import FACTORS, JUDGED, NODES, Calibration, factors, pinball, shifts
from invopt_xl.core.forecast.common_shock import Clusters
from invopt_xl.core.forecast.panel import Run
from invopt_xl.core.forecast.spread import Spread
from invopt_xl.core.forecast.trial import Trial


@dataclass(frozen=True)
class Statistical:
    """One forecast of n series.

    Parameters
    ----------
    run, spread : Run, Spread
        With everything that is known now.
    trial : Trial
        On K held-back windows, by what was known before them.
    coming : Trial
        On the interval that lies ahead, K = 1.
    calibration : Calibration or None
        None leaves the distributions as they are.
    group : int array, shape (n,)
        Class of the calibration.
    """

    run: Run
    spread: Spread
    trial: Trial
    coming: Trial
    calibration: Calibration | None
    group: np.ndarray

    def held(self, level: np.ndarray | float) -> np.ndarray:
        """Return calibrated quantiles at `level` (a number or (n,)) on the held-back windows, shape (n, K)."""
        return calibrated_quantiles(self.trial, level, self.calibration, self.group)

    def ahead(self, level: np.ndarray | float) -> np.ndarray:
        """Return calibrated quantiles at `level` of the interval that lies ahead, shape (n,)."""
        return calibrated_quantiles(self.coming, level, self.calibration, self.group)[:, 0]


def calibrated_quantiles(
    trial: Trial, level: np.ndarray | float, calibration: Calibration | None, group: np.ndarray
) -> np.ndarray:
    """Return quantiles of a trial, corrected, shape (n, K)."""
    if calibration is None:
        return trial.quantiles(level)
    factor = np.where(trial.whole, calibration.factor_of(group), 1.0)
    found = trial.widened(factor).quantiles(level)
    wide = np.broadcast_to(np.asarray(level, dtype=float), group.shape)
    shift = calibration.shift_at(wide, group)[:, None] * np.sqrt(trial.variance)
    # no demand stays no demand
    moved = np.where(found > 0, np.maximum(found + shift, 0.0), 0.0)
    return np.where(trial.whole[:, None], found, np.where(np.isnan(found), np.nan, moved))


def calibration_of(trial: Trial, actual: np.ndarray, group: np.ndarray, clusters: Clusters) -> Calibration:
    """Return the calibration that held-back windows call for.

    Parameters
    ----------
    trial : Trial
    actual : float array, shape (n, K)
        What came [units].
    group : int array, shape (n,)
    clusters : Clusters
    """
    classes = int(group.max(initial=-1)) + 1
    counted = trial.whole[:, None]
    sd = np.sqrt(np.where(trial.variance > 0, trial.variance, np.nan))
    exceeded = np.stack([(actual - trial.quantiles(level)) / sd for level in NODES], axis=2)
    exceeded[np.broadcast_to(counted, actual.shape)] = np.nan
    losses = np.full((*actual.shape, len(FACTORS)), np.nan)
    rows = np.flatnonzero(trial.whole)
    if len(rows):
        part, came = trial.take(rows), actual[rows]
        for j, factor in enumerate(FACTORS):
            wide = part.widened(np.full(len(rows), factor))
            losses[rows, :, j] = sum(pinball(wide.quantiles(level), came, level) for level in JUDGED) / sd[rows]
    return Calibration(
        shifts(exceeded, group, clusters, classes=classes), factors(losses, group, clusters, classes=classes)
    )

"""Calibration: quantiles that hold as often as they say, by what held-back windows showed of each class of series.

Each quantile is moved by a number of the item's own standard deviations: the quantile, over the held-back windows of its class, of how far demand
came out above it (split conformal prediction, normalised; Romano, Patterson & Candès 2019, NeurIPS 32; Lei et al. 2018, JASA 113, 1094-1111). That is
also the shift with the lowest pinball loss in standard deviations. Counts keep their shape: their variance is multiplied by the factor with the
lowest such loss, since a fraction of a unit cannot be added to a quantile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from invopt_xl.core.forecast.common_shock import Clusters

#: Levels at which shifts are known; between them they are straight in the normal score, beyond them constant.
NODES = (0.05, 0.1, 0.25, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99)
_SCORES = special.ndtri(np.array(NODES))

#: Factors on the variance of counts that are tried, and the levels they are judged at.
FACTORS = (0.6, 0.75, 0.9, 1.0, 1.15, 1.35, 1.6, 2.0, 2.5, 3.2)
_JUDGED = (0.5, 0.8, 0.9, 0.95, 0.98)

#: Windows that "the forecast is right" counts as, for all series; and that all series count as, for a class.
_TRUST_IN_FORECAST = 60.0
_TRUST_IN_ALL = 200.0


@dataclass(frozen=True)
class Calibration:
    """Corrections per class.

    Parameters
    ----------
    shift : float array, shape (classes, nodes)
        What is added to the quantile at NODES[j] [standard deviations].
    factor : float array, shape (classes,)
        What the variance of counts is multiplied by.
    """

    shift: np.ndarray
    factor: np.ndarray

    def shift_at(self, level: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Return the shift at `level` (n,) or (n, G) for series of class `group` (n,), in standard deviations; 0 for class -1."""
        result = np.zeros(level.shape)
        score = special.ndtri(np.clip(level, 1e-12, 1 - 1e-12))
        for each in np.unique(group[group >= 0]):
            rows = group == each
            result[rows] = np.interp(score[rows], _SCORES, self.shift[each])
        return result

    def mean_shift(self, group: np.ndarray) -> np.ndarray:
        """Return what the shifts add to the mean, shape (n,), in standard deviations; 0 for class -1."""
        even = special.ndtri((np.arange(400) + 0.5) / 400)
        means = np.array([np.interp(even, _SCORES, row).mean() for row in self.shift])
        return np.where(group >= 0, means[np.maximum(group, 0)], 0.0)

    def factor_of(self, group: np.ndarray) -> np.ndarray:
        """Return the factor on the variance of counts, shape (n,); 1 for class -1."""
        return np.where(group >= 0, self.factor[np.maximum(group, 0)], 1.0)


def identity(classes: int) -> Calibration:
    """Return the calibration that changes nothing."""
    return Calibration(np.zeros((max(classes, 1), len(NODES))), np.ones(max(classes, 1)))


def shifts(exceeded: np.ndarray, group: np.ndarray, clusters: Clusters, *, classes: int) -> np.ndarray:
    """Return the shifts of each class, shape (classes, nodes).

    Parameters
    ----------
    exceeded : float array, shape (n, K, nodes)
        (what came - quantile at NODES[j]) / standard deviation; NaN for no window.
    group : int array, shape (n,)
    clusters : Clusters
        Windows count as what they are worth.
    classes : int
    """
    flat = exceeded.reshape(-1, len(NODES))
    row = np.repeat(group, exceeded.shape[1])
    known = ~np.isnan(flat[:, 0])
    flat, row = flat[known], row[known]
    result = np.zeros((max(classes, 1), len(NODES)))
    if not len(flat):
        return result
    tells = known.reshape(exceeded.shape[:2]).any(axis=1)
    count = clusters.effective(-1, int(tells.sum()))
    of_all = _quantiles(flat) * count / (count + _TRUST_IN_FORECAST)
    for each in range(len(result)):
        mine = row == each
        count = clusters.effective(each, int((tells & (group == each)).sum()))
        own = _quantiles(flat[mine]) if mine.any() else of_all
        result[each] = (count * own + _TRUST_IN_ALL * of_all) / (count + _TRUST_IN_ALL)
    return result


def _quantiles(values: np.ndarray) -> np.ndarray:
    """Return of each column j the quantile at NODES[j]."""
    return np.array([np.quantile(values[:, j], level) for j, level in enumerate(NODES)])


def factors(losses: np.ndarray, group: np.ndarray, clusters: Clusters, *, classes: int) -> np.ndarray:
    """Return the factor with the lowest loss of each class, shape (classes,).

    Parameters
    ----------
    losses : float array, shape (n, K, factors)
        Pinball loss in standard deviations with each of FACTORS; NaN for no window.
    group : int array, shape (n,)
    clusters : Clusters
    classes : int
    """
    flat = losses.reshape(-1, len(FACTORS))
    row = np.repeat(group, losses.shape[1])
    known = ~np.isnan(flat[:, 0])
    flat, row = flat[known], row[known]
    result = np.ones(max(classes, 1))
    if not len(flat):
        return result
    tells = known.reshape(losses.shape[:2]).any(axis=1)
    of_all = flat.mean(axis=0)
    for each in range(len(result)):
        mine = row == each
        count = clusters.effective(each, int((tells & (group == each)).sum()))
        own = flat[mine].mean(axis=0) if mine.any() else of_all
        # where both are the same, the forecast's own spread stays
        blended = (count * own + _TRUST_IN_ALL * of_all) / (count + _TRUST_IN_ALL)
        result[each] = FACTORS[int(np.argmin(blended))] if blended.min() < blended[FACTORS.index(1.0)] else 1.0
    return result


def pinball(quantile: np.ndarray, actual: np.ndarray, level: float) -> np.ndarray:
    """Return the pinball loss of a quantile at `level`."""
    short = actual - quantile
    loss: np.ndarray = np.maximum(level * short, (level - 1) * short)
    return loss


#: Levels of the loss that factors are chosen by.
JUDGED = _JUDGED

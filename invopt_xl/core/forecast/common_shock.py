"""How far series err together, and what their windows therefore count as: a hundred items that miss the same week are not a hundred proofs.

Standardised errors are split into what all series of a class share at an origin and the rest (one-way random effects); the share of the first is
the intraclass correlation. m series with that correlation tell as much as m / (1 + (m - 1) correlation) independent ones (design effect of
cluster samples; Kish 1965, Survey Sampling, sec. 5.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Correlation of errors where too little is known, and the independent windows that this counts as.
_USUAL, _USUAL_WINDOWS = 0.03, 3.0

#: A standardised error counts at most this.
_FURTHEST = 4.0

#: Series at an origin from which their mean tells of a common shock.
_FEWEST = 5


@dataclass(frozen=True)
class Clusters:
    """Held-back windows of n series in classes.

    Parameters
    ----------
    correlation : float array, shape (classes + 1,)
        Of the errors of two series of a class at the same origin; the last is that of all series together.
    blocks : float
        Held-back windows of a series that do not overlap.
    """

    correlation: np.ndarray
    blocks: float

    def effective(self, each: int, series: int) -> float:
        """Return the independent windows that the held-back windows of `series` series of class `each` (-1: of all) tell as much as.

        >>> found = Clusters(np.array([0.0, 0.1, 1.0]), 2.0)
        >>> [round(found.effective(each, 50), 1) for each in (0, 1, -1)]
        [100.0, 16.9, 2.0]
        """
        return self.blocks * series / (1 + max(series - 1, 0) * float(self.correlation[each]))


def clusters(error: np.ndarray, group: np.ndarray, *, classes: int, width: np.ndarray, origins: np.ndarray) -> Clusters:
    """Return how far the series of each class err together.

    Parameters
    ----------
    error : float array, shape (n, T)
        Of interval totals at every origin [standard deviations]; NaN for none.
    group : int array, shape (n,)
    classes : int
    width : int array, shape (n,)
        [periods]
    origins : int array, shape (n, K)
        Held-back; -1 for none.
    """
    usual = float(np.median(width)) if len(width) else 1.0
    held = origins[origins >= 0]
    span = float(held.max() - held.min()) + usual if len(held) else usual
    limited = np.clip(error, -_FURTHEST, _FURTHEST)
    correlation = [_correlation(limited[group == each], usual) for each in range(max(classes, 1))]
    return Clusters(np.array([*correlation, _correlation(limited, usual)]), max(span / usual, 1.0))


def _correlation(error: np.ndarray, width: float) -> float:
    known = ~np.isnan(error)
    count = known.sum(axis=0)
    at = count >= _FEWEST
    if at.sum() < 2:
        return _USUAL
    many = count[at].astype(float)
    mean = np.where(known, error, 0.0).sum(axis=0)[at] / many
    square = np.where(known, error**2, 0.0).sum(axis=0)[at] / many
    within = float(((square - mean**2) * many / (many - 1)).mean())
    between = max(float(mean.var(ddof=1) - within * (1 / many).mean()), 0.0)
    if within + between <= 0:
        return _USUAL
    blocks = float(at.sum()) / width
    return (blocks * between / (within + between) + _USUAL_WINDOWS * _USUAL) / (blocks + _USUAL_WINDOWS)

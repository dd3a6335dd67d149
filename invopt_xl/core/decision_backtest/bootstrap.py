"""How certain a comparison is: the same items drawn again and again with replacement (Efron & Tibshirani 1993, ch. 13: percentile intervals)."""

from __future__ import annotations

import numpy as np

#: Ends of the interval that is shown.
ENDS = (0.025, 0.975)


def item_weights(n: int, *, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each of n items is drawn, shape (1 + draws, n); the first row counts every item once.

    >>> item_weights(3, draws=2, rng=np.random.default_rng(1)).sum(axis=1)
    array([3., 3., 3.])
    """
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=draws) if n else np.zeros((draws, 0))
    return np.concatenate([np.ones((1, n)), drawn.astype(float)])


def interval(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of the interval of drawn values (draws,); NaN where one of ten or more is unknown.

    >>> interval(np.arange(1001.0))
    (25.0, 975.0)
    """
    known = values[~np.isnan(values)]
    if len(known) < 0.9 * len(values) or not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, ENDS)
    return float(low), float(high)

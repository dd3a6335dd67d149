"""What each group of features adds to a forecast, in units. Serves the explanation of the boosted trees.

The mean model says total = scale x exp(base + sum of contributions), with LightGBM's exact contributions (Lundberg, Erion & Lee, 2018, arXiv:1802.03888)
on the log scale. A group with log contribution c adds L x c units, where L = (total - start) / ln(total / start) is the logarithmic mean of
total and start = scale x exp(base). This is exact and does not depend on an order of the groups (logarithmic mean Divisia
decomposition: Ang, 2005, Energy Policy 33, 867-871). The first group also takes `start`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from invopt_xl.core.forecast.boosted.features import Features
from invopt_xl.core.forecast.boosted.groups import GROUPS, grouped

if TYPE_CHECKING:
    import lightgbm


def logarithmic_mean(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return (one - other) / ln(one / other) of positive numbers, and the number itself where both are equal.

    >>> logarithmic_mean(np.array([2.0, 1.0]), np.array([2.0, np.e])).round(4)
    array([2.    , 1.7183])
    """
    ratio = np.log(one / other)
    # near 0 the quotient loses its digits: expm1 keeps them
    result: np.ndarray = np.where(ratio == 0, other, other * np.expm1(ratio) / np.where(ratio == 0, 1.0, ratio))
    return result


def contributions_of(mean: lightgbm.Booster, found: Features, total: np.ndarray) -> np.ndarray:
    """Return what each group adds to `total`, shape (n, G) in the order of GROUPS; rows add up to it [units].

    Parameters
    ----------
    mean : lightgbm.Booster
        The mean model: log link.
    found : Features
        Of n series.
    total : float array, shape (n,)
        What the model said; NaN where it said nothing.
    """
    result = np.full((len(total), len(GROUPS)), np.nan)
    known = ~np.isnan(total)
    if not known.any():
        return result
    logs = np.asarray(mean.predict(found.matrix[known], pred_contrib=True, num_threads=1))  # (known, F + 1)
    start = found.scale[known] * np.exp(logs[:, -1])
    units = logarithmic_mean(total[known], start)[:, None] * grouped(logs[:, :-1], found.names)
    units[:, 0] += start
    # what rounding leaves goes to the usual level, so that rows add up
    units[:, 0] += total[known] - units.sum(axis=1)
    result[known] = units
    return result

"""Champion and challengers: a better but less simple forecast replaces a simpler one only where it pays, segment by segment.

The judge is simulated cost: at each held-back window the stock is set to the forecast's quantile at a service level; what is left over costs
holding, what is missing costs service / (1 - service) times as much, which is the ratio at which that service level is the cheapest one
(newsvendor; Silver, Pyke & Thomas 2017, sec. 9.2). It is the mean over the service levels that planners use, not the item's own: a few windows tell
little of a single far quantile, and a planner who asks for more service must not get another forecast, and less stock, for it. Costs are valued
at unit cost where it is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invopt_xl.core.forecast.common_shock import Clusters

#: Service levels at which stock is set.
SERVICE_LEVELS = (0.8, 0.9, 0.95, 0.98)

#: Windows that the experience of all segments counts as in the judgement of one.
_ALL_WINDOWS = 300.0


@dataclass(frozen=True)
class Challenge:
    """A forecast that wants to replace simpler ones.

    Parameters
    ----------
    stock : float array, shape (n, K, levels)
        Its quantiles at SERVICE_LEVELS on held-back windows; NaN where it has none [units].
    margin : float array, shape (n,)
        Share by which it must lower the cost.
    able : bool array, shape (n,)
        Series it can forecast now.
    """

    stock: np.ndarray
    margin: np.ndarray
    able: np.ndarray


def simulated_cost(stock: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return holding and shortage cost per window, shape (n, K); NaN where either is.

    A level's costs are scaled so that a unit left over and a unit missing cost one together: the mean over levels weighs them alike.

    Parameters
    ----------
    stock : float array, shape (n, K, levels)
        Quantiles at SERVICE_LEVELS [units].
    actual : float array, shape (n, K)
        [units]

    >>> simulated_cost(np.full((1, 1, 4), 10.0), np.array([[12.0]])).round(4)
    array([[1.815]])
    """
    service = np.array(SERVICE_LEVELS)
    missing = actual[:, :, None] - stock
    cost: np.ndarray = (service * np.maximum(missing, 0.0) + (1 - service) * np.maximum(-missing, 0.0)).mean(axis=2)
    return cost


def choose_champion(
    first: np.ndarray,
    challenges: list[Challenge],
    actual: np.ndarray,
    *,
    value: np.ndarray,
    segment: np.ndarray,
    clusters: Clusters,
) -> np.ndarray:
    """Return the champion of each series, shape (n,): 0 for the first forecast, else the number of the challenge.

    Challengers come in order; each must beat the champion so far in the segment, by the mean margin of the segment.

    Parameters
    ----------
    first : float array, shape (n, K, levels)
        Stock levels by the simplest forecast [units].
    challenges : list of Challenge
    actual : float array, shape (n, K)
    value : float array, shape (n,)
        Cost of a unit.
    segment : int array, shape (n,)
    clusters : Clusters
        Windows count as what they are worth.
    """
    n = len(actual)
    champion = np.zeros(n, dtype=np.int64)
    standing = first.copy()
    for number, challenge in enumerate(challenges, start=1):
        wins = _wins(standing, challenge, actual, value, segment, clusters) & challenge.able
        champion = np.where(wins, number, champion)
        standing = np.where(wins[:, None, None] & ~np.isnan(challenge.stock), challenge.stock, standing)
    return champion


def _wins(
    standing: np.ndarray,
    challenge: Challenge,
    actual: np.ndarray,
    value: np.ndarray,
    segment: np.ndarray,
    clusters: Clusters,
) -> np.ndarray:
    """Return for each series whether the challenger pays in its segment, shape (n,)."""
    both = ~np.isnan(standing[:, :, 0]) & ~np.isnan(challenge.stock[:, :, 0]) & ~np.isnan(actual)
    if not both.any():
        return np.zeros(len(actual), dtype=bool)
    size = int(segment.max()) + 1
    price = np.maximum(value, 0.0)
    theirs = np.where(both, simulated_cost(standing, actual), 0.0).sum(axis=1) * price
    mine = np.where(both, simulated_cost(challenge.stock, actual), 0.0).sum(axis=1) * price
    series = np.bincount(segment, weights=both.any(axis=1), minlength=size)
    windows = np.array([clusters.effective(each, int(many)) for each, many in enumerate(series)])
    cost_now, cost_new = (np.bincount(segment, weights=cost, minlength=size) for cost in (theirs, mine))
    gain = 1 - np.divide(cost_new, cost_now, out=np.ones(size), where=cost_now > 0)
    gain_of_all = 1 - mine.sum() / theirs.sum() if theirs.sum() > 0 else 0.0
    trusted = (windows * gain + _ALL_WINDOWS * gain_of_all) / (windows + _ALL_WINDOWS)
    members = np.maximum(np.bincount(segment, minlength=size), 1)
    margin = np.bincount(segment, weights=challenge.margin, minlength=size) / members
    pays: np.ndarray = (trusted > 0) & (trusted >= margin)
    found: np.ndarray = pays[segment]
    return found

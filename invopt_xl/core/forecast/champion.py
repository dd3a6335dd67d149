"""Champion and challengers: a better but less simple forecast replaces a simpler one only where it pays, segment by segment.

The judge is simulated cost: at each held-back window the stock is set to the forecast's quantile at the item's service level; what is left over
costs holding, what is missing costs service / (1 - service) times as much, which is the ratio at which that service level is the cheapest one
(newsvendor; Silver, Pyke & Thomas 2017, sec. 9.2). Both are valued at unit cost where it is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Windows that the experience of all segments counts as in the judgement of one.
_ALL_WINDOWS = 300.0


@dataclass(frozen=True)
class Challenge:
    """A forecast that wants to replace simpler ones.

    Parameters
    ----------
    stock : float array, shape (n, K)
        Its quantile at the service level on held-back windows; NaN where it has none [units].
    margin : float array, shape (n,)
        Share by which it must lower the cost.
    able : bool array, shape (n,)
        Series it can forecast now.
    """

    stock: np.ndarray
    margin: np.ndarray
    able: np.ndarray


def simulated_cost(stock: np.ndarray, actual: np.ndarray, service: np.ndarray) -> np.ndarray:
    """Return holding and shortage cost per window, in units held, shape (n, K); NaN where either is.

    Parameters
    ----------
    stock, actual : float arrays, shape (n, K)
        [units]
    service : float array, shape (n,)
        In (0, 1).

    >>> simulated_cost(np.array([[10.0]]), np.array([[12.0]]), np.array([0.9])).round(6)
    array([[18.]])
    """
    ratio = (service / (1 - service))[:, None]
    cost: np.ndarray = np.maximum(stock - actual, 0.0) + ratio * np.maximum(actual - stock, 0.0)
    return cost


def choose_champion(
    first: np.ndarray,
    challenges: list[Challenge],
    actual: np.ndarray,
    *,
    service: np.ndarray,
    value: np.ndarray,
    segment: np.ndarray,
) -> np.ndarray:
    """Return the champion of each series, shape (n,): 0 for the first forecast, else the number of the challenge.

    Challengers come in order; each must beat the champion so far in the segment, by the mean margin of the segment.

    Parameters
    ----------
    first : float array, shape (n, K)
        Stock level by the simplest forecast [units].
    challenges : list of Challenge
    actual : float array, shape (n, K)
    service, value : float arrays, shape (n,)
        Service level; cost of a unit.
    segment : int array, shape (n,)
    """
    n = len(actual)
    champion = np.zeros(n, dtype=np.int64)
    standing = first.copy()
    for number, challenge in enumerate(challenges, start=1):
        wins = _wins(standing, challenge, actual, service, value, segment) & challenge.able
        champion = np.where(wins, number, champion)
        standing = np.where(wins[:, None] & ~np.isnan(challenge.stock), challenge.stock, standing)
    return champion


def _wins(
    standing: np.ndarray,
    challenge: Challenge,
    actual: np.ndarray,
    service: np.ndarray,
    value: np.ndarray,
    segment: np.ndarray,
) -> np.ndarray:
    """Return for each series whether the challenger pays in its segment, shape (n,)."""
    both = ~np.isnan(standing) & ~np.isnan(challenge.stock) & ~np.isnan(actual)
    if not both.any():
        return np.zeros(len(actual), dtype=bool)
    size = int(segment.max()) + 1
    price = np.maximum(value, 0.0)
    theirs = np.where(both, simulated_cost(standing, actual, service), 0.0).sum(axis=1) * price
    mine = np.where(both, simulated_cost(challenge.stock, actual, service), 0.0).sum(axis=1) * price
    windows = np.bincount(segment, weights=both.sum(axis=1), minlength=size)
    cost_now, cost_new = (np.bincount(segment, weights=cost, minlength=size) for cost in (theirs, mine))
    gain = 1 - np.divide(cost_new, cost_now, out=np.ones(size), where=cost_now > 0)
    gain_of_all = 1 - mine.sum() / theirs.sum() if theirs.sum() > 0 else 0.0
    trusted = (windows * gain + _ALL_WINDOWS * gain_of_all) / (windows + _ALL_WINDOWS)
    members = np.maximum(np.bincount(segment, minlength=size), 1)
    margin = np.bincount(segment, weights=challenge.margin, minlength=size) / members
    pays: np.ndarray = (trusted > 0) & (trusted >= margin)
    return pays[segment]

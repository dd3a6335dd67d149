"""Weighted values -> equally likely nodes: the form in which lead times are kept. Serves lead times and effective lead times."""

from __future__ import annotations

import numpy as np

#: Days are rounded to this many decimals: sums over many series leave dust.
DECIMALS = 6


def weighted_nodes(group: np.ndarray, value: np.ndarray, weight: np.ndarray, *, groups: int, nodes: int) -> np.ndarray:
    """Return equal-probability nodes of the weighted values of each group: node j is the mean of the j-th slice of probability.

    Parameters
    ----------
    group : int array, shape (rows,)
        Each of 0..groups-1 has at least one row of positive weight.
    value, weight : float array, shape (rows,)

    Returns
    -------
    float array, shape (groups, nodes)
        Ascending; the mean of a row is the weighted mean of its group.

    >>> weighted_nodes(np.zeros(2, int), np.array([10.0, 20.0]), np.array([1.0, 3.0]), groups=1, nodes=2)
    array([[15., 20.]])
    """
    order = np.lexsort((value, group))
    group, value, weight = group[order], value[order], weight[order]
    total = np.bincount(group, weights=weight, minlength=groups)
    chance = weight / total[group]
    # the integral of the quantile function is piecewise linear: read it off at the slices' ends, all groups on one axis
    upto = np.concatenate([[0.0], np.cumsum(chance)])
    integral = np.concatenate([[0.0], np.cumsum(chance * value)])
    ends = np.arange(groups)[:, None] + np.linspace(0.0, 1.0, nodes + 1)[None, :]
    read = np.interp(ends, upto, integral)
    slices = np.round(np.diff(read, axis=1) * nodes, DECIMALS)
    ascending: np.ndarray = np.maximum.accumulate(slices, axis=1)
    return ascending

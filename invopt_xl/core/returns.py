"""Returns settled against the sales that they undo. Serves history.

A return belongs to an earlier sale. A return line that undoes one sale line exactly (a cancelled order) vanishes together with it; what is
left is taken from the sales of the same period, then of earlier ones, the nearest first, and only at last from later ones.
"""

from __future__ import annotations

import numpy as np


def cancelled_lines(series: np.ndarray, day: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """Return the mask of sale and return lines that undo each other: equal size, same series, the latest open sale before the return.

    Parameters
    ----------
    series : int array, shape (rows,)
    day : int array, shape (rows,)
        Day number; on the same day rows keep their order, and a sale may also stand below its return.
    quantity : float array, shape (rows,)
        Negative: a return.

    >>> cancelled_lines(np.zeros(3, int), np.array([1, 2, 3]), np.array([80995.0, 12.0, -80995.0]))
    array([ True, False,  True])
    """
    gone = np.zeros(len(quantity), dtype=bool)
    returned = quantity < 0
    if not returned.any():
        return gone
    rows, group = _candidates(series, quantity, returned)
    sale = ~returned[rows]
    # by group, then day; on one day sales come first, so that a return finds them
    order = np.lexsort((rows, ~sale, day[rows], group))
    rows, group, sale = rows[order], group[order], sale[order]
    open_after = _running_sum(np.where(sale, 1, -1), group)
    level = np.where(sale, open_after, open_after + 1)
    # at one level sales and returns alternate: a return undoes the sale just before it
    nested = np.lexsort((np.arange(len(rows)), level, group))
    same = (group[nested][1:] == group[nested][:-1]) & (level[nested][1:] == level[nested][:-1])
    pair = same & sale[nested][:-1] & ~sale[nested][1:]
    gone[rows[nested[:-1][pair]]] = True
    gone[rows[nested[1:][pair]]] = True
    return gone


def _candidates(series: np.ndarray, quantity: np.ndarray, returned: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return positions and group (series and size) of the lines whose group has a return."""
    has_return = np.zeros(int(series.max()) + 1, dtype=bool)
    has_return[series[returned]] = True
    rows = np.flatnonzero(has_return[series] & (quantity != 0))
    _, size = np.unique(np.abs(quantity[rows]), return_inverse=True)
    _, group = np.unique(series[rows] * (int(size.max()) + 1) + size, return_inverse=True)
    wanted = np.zeros(int(group.max()) + 1, dtype=bool)
    wanted[group[returned[rows]]] = True
    keep = wanted[group]
    return rows[keep], group[keep]


def _running_sum(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the running sum within each run of equal `group`."""
    total = np.cumsum(values)
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    before = np.repeat(total[first] - values[first], np.diff(np.r_[first, len(group)]))
    result: np.ndarray = total - before
    return result


def settle(net: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sales per period without negative periods, and returns that no sale covers.

    Parameters
    ----------
    net : float array, shape (n, T)
        Sales less returns per period [units].

    Returns
    -------
    sales : float array, shape (n, T)
        At least 0; each row sums to that of `net` plus what is uncovered.
    uncovered : float array, shape (n,)
        Returned units beyond all sales of the series, at least 0.

    >>> settle(np.array([[5.0, 7.0, -9.0, 4.0]]))
    (array([[3., 0., 0., 4.]]), array([0.]))
    """
    sales = np.maximum(net, 0.0)
    affected = np.flatnonzero((net < 0).any(axis=1))
    uncovered = np.zeros(len(net))
    if len(affected):
        backward, carry = _carry_back(net[affected][:, ::-1])
        forward, carry = _carry_back(np.column_stack([-carry, backward[:, ::-1]]))
        sales[affected], uncovered[affected] = forward[:, 1:], carry
    return sales, uncovered


def _carry_back(net: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Walk over the columns, carrying negative amounts on; return what is left per column and the carry at the end, at least 0."""
    left = np.empty_like(net)
    carry = np.zeros(len(net))
    for column in range(net.shape[1]):
        value = net[:, column] - carry
        left[:, column] = np.maximum(value, 0.0)
        carry = np.maximum(-value, 0.0)
    return left, carry

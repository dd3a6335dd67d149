"""The Shapley value: a change split among its causes so that nothing depends on the order in which they are looked at.

Shapley (1953), "A value for n-person games", Contributions to the Theory of Games II, 307-317. The share of a part is what it adds, averaged over all
orders in which the parts may change. Shares add up to the whole change; a part that changes nothing gets nothing; equal parts get the same.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np

#: More parts than this would need too many evaluations.
MOST_PARTS = 12


def shapley_shares(value_of: Callable[[tuple[bool, ...]], np.ndarray], parts: int) -> np.ndarray:
    """Return the share of each part in value_of(all) - value_of(none), shape (n, parts).

    Parameters
    ----------
    value_of : callable
        From which parts have changed to the values of n items, shape (n,). Called once for each of the 2^parts subsets.
    parts : int
        1 to 12.

    >>> shapley_shares(lambda on: np.array([10.0 * on[0] + 4.0 * on[1] + 2.0 * (on[0] and on[1])]), 2)
    array([[11.,  5.]])
    """
    if not 1 <= parts <= MOST_PARTS:
        raise ValueError(f"parts must be from 1 to {MOST_PARTS}, got {parts}")
    values = [value_of(tuple(bool(number >> part & 1) for part in range(parts))) for number in range(2**parts)]
    shares = np.zeros((len(values[0]), parts))
    for number, value in enumerate(values):
        size = number.bit_count()
        for part in range(parts):
            if not number >> part & 1:
                weight = factorial(size) * factorial(parts - size - 1) / factorial(parts)
                # the difference of two equal values is exactly zero: a part without effect gets nothing
                shares[:, part] += weight * (values[number | 1 << part] - value)
    return shares

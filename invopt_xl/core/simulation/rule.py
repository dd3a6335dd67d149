"""How it is ordered: review rhythm and levels, per series, constant or changing from period to period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class OrderRule:
    """The ordering rule of n series.

    Parameters
    ----------
    reorder_point : float, or array of shape (n,) or (n, T)
        s [units]: an order is due when the inventory position is at or below it.
    order_up_to : float or array, likewise, optional
        S [units]: an order lifts the position to it. With S = s (base stock) an order is due whenever the position is below S.
    order_quantity : float or array of shape (n,), optional
        Q [units], instead of `order_up_to`: the smallest multiple of Q that lifts the position above s.
    review_periods : float or array of shape (n,)
        Periods from one review to the next; whole steps of the simulation clock. 0 is continuous review: a review at every step.
    first_review : int or array of shape (n,)
        Period of the first review.
    order_periods : bool array of shape (T,) or (n, T), optional
        Periods in which the supplier takes orders: order calendar, shut-downs. A review that falls on another period is held at the next
        of these. Default: all.

    Examples
    --------
    >>> OrderRule(4.0, 10.0).order_up_to
    10.0
    """

    reorder_point: Any
    order_up_to: Any = None
    order_quantity: Any = None
    review_periods: Any = 1
    first_review: Any = 0
    order_periods: np.ndarray | None = None


def base_stock(level: Any, **rest: Any) -> OrderRule:
    """Return the rule that orders up to `level` at every review.

    >>> base_stock(12, review_periods=2).reorder_point
    12
    """
    return OrderRule(level, level, **rest)

"""Which group of features, in words a planner knows, a feature belongs to. Serves the explanation of the boosted trees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: First word of a feature's name -> group. The first group takes the base value and the scale.
_GROUP = {
    "level": "usual level",
    "trend": "recent trend",
    "season": "season",
    "promotion": "promotion",
    "price": "price",
    "stockout": "stock-outs",
    "signal": "weather and other signals",
    "holiday": "holidays",
    "item": "item and place",
    "age": "age",
}

#: All groups, in the order in which they are shown.
GROUPS: tuple[str, ...] = tuple(_GROUP.values())


def group_of(feature: str) -> str:
    """Return the group of a feature.

    >>> group_of("season_same_window_last_year")
    'season'
    """
    return _GROUP[feature.split("_", 1)[0]]


def grouped(values: np.ndarray, features: Sequence[str]) -> np.ndarray:
    """Return sums of values over the features of each group.

    Parameters
    ----------
    values : float array, shape (n, F)
    features : sequence of F str

    Returns
    -------
    float array, shape (n, G)
        In the order of GROUPS.
    """
    member = np.zeros((len(features), len(GROUPS)))
    for column, name in enumerate(features):
        member[column, GROUPS.index(group_of(name))] = 1.0
    result: np.ndarray = values @ member
    return result

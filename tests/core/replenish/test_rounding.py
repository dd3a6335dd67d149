"""What orders are multiples of."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.replenish.rounding import order_step, sold_whole


def test_an_item_is_ordered_in_whole_units_only_if_it_was_never_sold_in_parts() -> None:
    sales = np.array([[3.0, np.nan, 2.0], [3.0, 0.5, 2.0], [np.nan, np.nan, np.nan]])
    assert sold_whole(sales).tolist() == [True, False, True]


def test_a_pack_wins_over_whole_units_and_hundredths() -> None:
    pack = np.array([6.0, 0.5, 0.0, np.nan])
    assert order_step(pack, whole=np.array([True, True, True, False])).tolist() == [6.0, 0.5, 1.0, 0.01]

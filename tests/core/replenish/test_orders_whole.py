"""Orders without a pack size: whole units where only whole units were ever sold, hundredths else."""

from __future__ import annotations

import numpy as np
import pytest

from tests.small_world import MONDAYS, plan_of, row, weekly_sales, world


def test_an_item_sold_in_whole_units_is_ordered_in_whole_units() -> None:
    quantity = row(plan_of(world({"A": 20.0}, on_hand=3)), "A")["order_quantity"]
    assert quantity > 0
    assert quantity == round(quantity)


def test_an_item_sold_in_fractions_is_ordered_in_hundredths_and_never_less_than_needed() -> None:
    litres = 20 + np.sin(np.arange(len(MONDAYS))) * 3.333
    tables = world({"A": litres}, on_hand=3.05, Sales=weekly_sales({"A": litres}))
    found = row(plan_of(tables), "A")
    quantity = found["order_quantity"]
    assert quantity * 100 == pytest.approx(round(quantity * 100), abs=1e-6)
    assert quantity >= found["order_up_to"] - found["inventory_position"] - 1e-6
    assert quantity - (found["order_up_to"] - found["inventory_position"]) < 0.01 + 1e-6

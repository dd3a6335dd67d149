"""A planned promotion is a driver of its own, and the sentence names it."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from tests.small_world import plan_of, row, world


def test_a_planned_promotion_that_doubles_demand_is_half_of_it() -> None:
    promotion = pd.DataFrame(
        {
            "sku": ["A"],
            "start_date": pd.to_datetime(["2026-11-16"]),
            "end_date": pd.to_datetime(["2027-02-28"]),
            "uplift": [2.0],
        }
    )
    tables = world({"A": 20}, on_hand=10)
    usual, promoted = plan_of(tables), plan_of({**tables, "Promotions": promotion})
    assert row(promoted, "A")["forecast_protection"] == pytest.approx(
        2 * row(usual, "A")["forecast_protection"], rel=0.01
    )
    shares = promoted.explanations.set_index("driver")
    assert shares.loc["planned promotions", "value"] == pytest.approx(0.5, abs=0.01)
    assert shares.loc["planned promotions", "share_units"] == pytest.approx(
        row(promoted, "A")["forecast_protection"] / 2, rel=0.01
    )
    assert math.fsum(shares["share_units"]) == row(promoted, "A")["order_quantity"]
    assert "planned promotion" in row(promoted, "A")["why"]
    assert "planned promotion" not in row(usual, "A")["why"]
    assert "planned promotions" not in set(usual.explanations["driver"])

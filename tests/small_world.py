"""Small crafted inputs for tests of whole plans: steady sales of a few items, changed by each test as it needs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

import invopt_xl as iv
from invopt_xl.core.plan import Plan

#: 104 Mondays; the last bucket ends on 2026-11-15.
MONDAYS = pd.date_range("2024-11-25", periods=103, freq="7D")
AS_OF = "2026-11-15"


def weekly_sales(
    levels: Mapping[str, float | np.ndarray], *, location: str = "MAIN", noise: float = 0.15, seed: int = 3
) -> pd.DataFrame:
    """Return weekly sales rows: a level (or one value per week) per sku, with some noise on numbers given as one level."""
    rng = np.random.default_rng(seed)
    parts = []
    for sku, level in levels.items():
        quantity = (
            np.asarray(level, dtype=float)
            if np.ndim(level)
            else np.round(rng.normal(float(level), noise * float(level), len(MONDAYS)))
        )
        parts.append(
            pd.DataFrame({"date": MONDAYS, "sku": sku, "location": location, "quantity": np.maximum(quantity, 0)})
        )
    return pd.concat(parts, ignore_index=True)


def world(
    levels: Mapping[str, float | np.ndarray], *, on_hand: float = 50.0, **tables: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return tables with sales, stock and items for the given skus; any table may be replaced or added."""
    skus = list(levels)
    made = {
        "Sales": weekly_sales(levels),
        "Stock": pd.DataFrame({"sku": skus, "location": "MAIN", "on_hand": on_hand}),
        "Items": pd.DataFrame({"sku": skus, "supplier": "Acme", "unit_cost": 2.0, "unit_price": 5.0}),
        "Suppliers": pd.DataFrame({"supplier": ["Acme"], "lead_time_days": [14.0]}),
    }
    return {**made, **tables}


def plan_of(tables: Mapping[str, pd.DataFrame], *, previous: pd.DataFrame | None = None, **settings: object) -> Plan:
    """Return the plan of frames, with as_of fixed."""
    from invopt_xl.pipeline import plan

    return plan(iv.read_tables(dict(tables)), as_of=AS_OF, settings=settings, previous=previous)


def row(plan: Plan, sku: str, location: str = "MAIN") -> pd.Series:
    """Return the recommendation of one item."""
    found = plan.recommendations[(plan.recommendations["sku"] == sku) & (plan.recommendations["location"] == location)]
    assert len(found) == 1, f"{len(found)} rows for {sku} at {location}"
    return found.iloc[0]


def codes(plan: Plan, sku: str) -> set[str]:
    """Return the exception codes of one item."""
    return set(plan.exceptions.loc[plan.exceptions["sku"] == sku, "code"])

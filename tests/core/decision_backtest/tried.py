"""Rules of known worth, for tests of what is made of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.decision_backtest.comparison import Items
from invopt_xl.core.decision_backtest.curves import Tried

FILL = np.array([0.80, 0.86, 0.91, 0.96, 0.99, 0.9999])


def made_rule(name: str, stock: float | np.ndarray, *, n: int = 30, stockouts: float = 1.0, cost: float = 5.0) -> Tried:
    """Return a rule that needs `stock` (a number or one per item) times a common curve for the fill rates `FILL`."""
    rng = np.random.default_rng(4)
    demand = np.tile(rng.uniform(50, 150, n), (len(FILL), 1))
    value = -np.log(1 - FILL)[:, None] * demand * stock
    short = demand * (1 - FILL)[:, None]
    sums = {
        "short": short,
        "short_value": short * 2.0,
        "average_value": value,
        "stockouts": stockouts * (1 - FILL)[:, None] * np.ones(n),
        "cost": cost * np.ones_like(demand),
    }
    own = {key: values[3] for key, values in sums.items()} | {"demand": demand[0], "demand_value": 2.0 * demand[0]}
    own |= {"cycles": np.full(n, 10.0), "short_cycles": np.full(n, 1.0), "nervousness": np.full(n, 0.5)}
    own |= {"orders": np.ones(n), "cost": cost * rng.uniform(0.9, 1.1, n)}
    return Tried(name, np.linspace(0.5, 0.99, len(FILL)), sums, own)


def made_items(n: int = 30) -> Items:
    """Return items in two segments and two demand classes."""
    frame = pd.DataFrame(
        {
            "sku": [f"S{i}" for i in range(n)],
            "location": "MAIN",
            "abc": np.where(np.arange(n) < n // 3, "A", "C"),
            "segment": np.where(np.arange(n) < n // 3, "AX", "CZ"),
            "demand_class": np.where(np.arange(n) % 2 == 0, "smooth", "lumpy"),
            "unit_cost": 2.0 + np.arange(n) % 3,
        }
    )
    return Items(frame, np.full(n, 0.95), np.full(n, "cycle", dtype=object))

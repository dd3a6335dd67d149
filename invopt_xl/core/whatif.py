"""The recommendation of an item if one input were different: policy and orders run again for its row. Serves INV_WHATIF.

Everything else stays as planned: the demand forecast (scaled, where demand itself is asked about), standing decisions, limits and roundings.
With the value that the plan used, the plan's own figures come out, except for orders that limits shared with other items have moved (a
supplier's minimum, a budget): the item is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from invopt_xl.core.stages import Stages
from invopt_xl.settings import Settings

#: What may be changed: columns of `Terms.frame` with smallest and largest sensible value, in the unit of the column.
_TERMS: Mapping[str, tuple[float, float]] = {
    "on_hand": (-1e12, 1e12),
    "on_order": (0.0, 1e12),
    "reserved": (0.0, 1e12),
    "backorders": (0.0, 1e12),
    "service_level": (1e-9, 1 - 1e-9),
    "review_period_days": (0.0, 366.0),
    "unit_cost": (0.0, 1e12),
    "order_cost": (0.0, 1e12),
    "holding_rate": (0.0, 5.0),
    "moq": (0.0, 1e12),
    "pack_size": (0.0, 1e12),
    "min_stock": (0.0, 1e12),
    "max_stock": (0.0, 1e12),
}
#: Expected lead time [days]; factor on expected demand [1 = as forecast].
_OTHERS: Mapping[str, tuple[float, float]] = {"lead_time_days": (0.0, 1500.0), "demand_factor": (0.0, 1000.0)}

LIMITS: Mapping[str, tuple[float, float]] = {**_TERMS, **_OTHERS}

#: What can be asked for.
RESULTS = (
    "order_quantity",
    "order_value",
    "reorder_point",
    "order_up_to",
    "safety_stock",
    "inventory_position",
    "forecast_protection",
    "demand_per_period",
    "lead_time_days",
    "protection_periods",
    "service_target",
    "expected_service",
    "stockout_risk",
    "days_of_cover",
)


def what_if(
    stages: Stages, *, row: int | np.ndarray, field: str, values: np.ndarray, settings: Settings
) -> pd.DataFrame:
    """Return the recommendation of one series with one input at each of some values, or of several series with one value each.

    Parameters
    ----------
    stages : Stages
        Of a plan of n series.
    row : int, or int array, shape (k,)
        Which of them.
    field : str
        One of `LIMITS`.
    values : float array, shape (k,)
        Within the limits of the field.
    settings : Settings
        Of the plan.

    Returns
    -------
    DataFrame
        k rows, columns `RESULTS`; NaN where the plan has no figure either.
    """
    # the engine of scenarios works on these limits, too: it is imported here, not above
    from invopt_xl.core.scenarios.replan import replan_rows

    values = np.asarray(values, dtype=float)
    rows = np.array(np.broadcast_to(row, values.shape))
    again = replan_rows(stages, rows=rows, values={field: values}, settings=settings).stages
    found = {
        **{name: again.policy.frame[name] for name in again.policy.frame.columns if name in RESULTS},
        **{name: again.orders.frame[name] for name in again.orders.frame.columns if name in RESULTS},
        "demand_per_period": again.forecast.demand_per_period,
        "protection_periods": again.forecast.protection_periods,
        "lead_time_days": again.lead_times.frame["mean_days"],
    }
    return pd.DataFrame({name: np.asarray(found[name], dtype=float) for name in RESULTS})

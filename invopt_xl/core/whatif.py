"""The recommendation of one item if one input were different: policy and orders run again for that row. Serves INV_WHATIF.

Everything else stays as planned: the demand forecast (scaled, where demand itself is asked about), standing decisions, limits and roundings.
With the value that the plan used, the plan's own figures come out, except for orders that limits shared with other items have moved (a
supplier's minimum, a budget): the item is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.forecast.law import DemandLaw
from invopt_xl.core.forecast.spread import Spread
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.policy import set_policy
from invopt_xl.core.replenish.orders import size_orders
from invopt_xl.core.stages import Stages
from invopt_xl.core.terms import Terms
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


def what_if(stages: Stages, *, row: int, field: str, values: np.ndarray, settings: Settings) -> pd.DataFrame:
    """Return the recommendation of one series with one input at each of some values.

    Parameters
    ----------
    stages : Stages
        Of a plan of n series.
    row : int
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
    rows = np.full(len(values), row)
    values = np.asarray(values, dtype=float)
    history = _history(stages.history, rows)
    terms = _terms(stages.terms, row, field, values)
    lead_times = _lead_times(stages.lead_times, rows, field, values)
    demand = _forecast(stages.forecast, rows, field, values, terms=terms, lead_times=lead_times, history=history)
    policy = set_policy(demand, terms, lead_times, history, settings=settings)
    orders = size_orders(policy, demand, lead_times, terms, history, settings=settings)
    found = {
        **{name: policy.frame[name] for name in policy.frame.columns if name in RESULTS},
        **{name: orders.frame[name] for name in orders.frame.columns if name in RESULTS},
        "demand_per_period": demand.demand_per_period,
        "protection_periods": demand.protection_periods,
        "lead_time_days": lead_times.frame["mean_days"],
    }
    return pd.DataFrame({name: np.asarray(found[name], dtype=float) for name in RESULTS})


def _history(history: History, rows: np.ndarray) -> History:
    return replace(
        history,
        series=history.series.iloc[rows].reset_index(drop=True),
        sales=history.sales[rows],
        demand=history.demand[rows],
        censored=history.censored[rows],
        promoted=history.promoted[rows],
        outlier=history.outlier[rows],
        restored_units=history.restored_units[rows],
    )


def _terms(terms: Terms, row: int, field: str, values: np.ndarray) -> Terms:
    """Return the terms of the row k times, with the field at `values`."""
    k = len(values)
    frame = terms.frame.iloc[np.full(k, row)].reset_index(drop=True)
    lines = terms.open_orders[terms.open_orders["series"] == row]
    copies = pd.concat([lines] * k, ignore_index=True) if k else lines
    copy = np.repeat(np.arange(k), len(lines))
    copies = copies.assign(series=copy)
    if field == "on_order" and len(lines):
        # more or fewer units on the same dates
        listed = float(np.nansum(lines["quantity"].to_numpy(dtype=float)))
        scale = values / listed if listed > 0 else np.ones(k)
        copies = copies.assign(quantity=copies["quantity"].to_numpy(dtype=float) * scale[copy])
    if field in _TERMS:
        frame[field] = values
    return replace(terms, frame=frame, open_orders=copies)


def _lead_times(lead_times: LeadTimes, rows: np.ndarray, field: str, values: np.ndarray) -> LeadTimes:
    """Return the lead times of the rows; another mean keeps the relative spread, as a standing decision does."""
    frame, atoms = lead_times.frame.iloc[rows].reset_index(drop=True), lead_times.atoms[rows]
    if field == "lead_time_days":
        mean = frame["mean_days"].to_numpy(dtype=float)
        factor = np.divide(values, mean, out=np.ones(len(values)), where=mean > 0)
        atoms = np.where(mean[:, None] > 0, atoms * factor[:, None], values[:, None])
        frame = frame.assign(mean_days=values, sd_days=frame["sd_days"].to_numpy(dtype=float) * factor)
    return replace(lead_times, frame=frame, atoms=atoms)


def _forecast(
    forecast: Forecast,
    rows: np.ndarray,
    field: str,
    values: np.ndarray,
    *,
    terms: Terms,
    lead_times: LeadTimes,
    history: History,
) -> Forecast:
    """Return the forecast of the rows, over the interval that the terms and lead times now ask for."""
    law = _law(forecast.law, rows, values if field == "demand_factor" else np.ones(len(rows)))
    taken = replace(
        forecast,
        model=forecast.model[rows],
        path=forecast.path[rows],
        path_quantiles=forecast.path_quantiles[rows],
        outlook=forecast.outlook[rows],
        law=law,
        protection=forecast.protection.take(rows),
        lead=forecast.lead.take(rows),
        protection_periods=forecast.protection_periods[rows],
        lead_periods=forecast.lead_periods[rows],
        demand_per_period=forecast.demand_per_period[rows],
        sd_demand=forecast.sd_demand[rows],
        sd_total=forecast.sd_total[rows],
        seasonal_share=forecast.seasonal_share[rows],
        tried_width=forecast.tried_width[rows],
    )
    if field not in ("demand_factor", "lead_time_days", "review_period_days"):
        return taken
    return _over(taken, terms=terms, lead_times=lead_times, history=history)


def _over(forecast: Forecast, *, terms: Terms, lead_times: LeadTimes, history: History) -> Forecast:
    """Return the forecast with the distributions of its law over lead time and review."""
    law, per_period = forecast.law, history.days_per_period
    review = terms.frame["review_period_days"].to_numpy(dtype=float) / per_period
    lead = lead_times.atoms / per_period
    mean_lead = lead_times.frame["mean_days"].to_numpy(dtype=float) / per_period
    protection, mean_protection = lead + review[:, None], mean_lead + review
    means, _ = law.moments(protection)
    factor = law.corrected_mean_factor(mean_protection)
    path = law.path * factor[:, None]
    demand = np.divide(means.mean(axis=1) * factor, mean_protection, out=path[:, 0].copy(), where=mean_protection > 0)
    return replace(
        forecast,
        outlook=path,
        protection=law.over(protection),
        lead=law.over(lead),
        protection_periods=mean_protection,
        lead_periods=mean_lead,
        demand_per_period=demand,
    )


def _law(law: DemandLaw, rows: np.ndarray, factor: np.ndarray) -> DemandLaw:
    """Return the law of the rows with demand multiplied by `factor` (k,)."""
    scale = factor[:, None]
    return replace(
        law,
        path=law.path[rows] * scale,
        usual=law.usual[rows] * scale,
        spread=Spread(law.spread.variance[rows], law.spread.width[rows], law.spread.growth[rows]),
        factor=law.factor[rows] * factor,
        level=law.level[rows],
        whole=law.whole[rows],
        intermittent=law.intermittent[rows],
        chance=law.chance[rows],
        group=law.group[rows] if len(law.group) else law.group,
        stretch=law.stretch[rows] * scale[:, :, None] if len(law.stretch) else law.stretch,
    )

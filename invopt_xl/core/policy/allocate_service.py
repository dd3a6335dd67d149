"""From one service target for all items (or one budget) to a fill rate for each: the policy's items put onto stock-to-service curves.

Items whose service the planner has set (on the item, or by an override of service, safety stock, reorder point or order-up-to level) keep it and count in
the aggregate as they are. Items that a rule gives the same target form a segment with that target.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from invopt_xl.core.findings import Finding
from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.policy.allocation import Allocation, ServiceLimits, allocate_budget, allocate_target, limits_of
from invopt_xl.core.policy.policy import Policy
from invopt_xl.core.policy.stock_to_service import ServiceCurves
from invopt_xl.core.terms import Terms

#: What demand counts in the aggregate.
Weighting = Literal["units", "value", "margin"]

#: What is kept small: the value of average stock, or what keeping it costs.
Objective = Literal["stock value", "holding cost"]

SEGMENT_COLUMNS = (
    "target",
    "items",
    "service",
    "stock_value",
    "equal_service_stock_value",
    "least_possible",
    "reached",
)

_OWN = ("override_safety_stock", "override_reorder_point", "override_order_up_to")


@dataclass(frozen=True)
class AllocatedService:
    """`terms`: the terms with each item's own fill-rate target. `segments`: SEGMENT_COLUMNS, one row per target. `findings`: what to know."""

    terms: Terms
    segments: pd.DataFrame
    findings: tuple[Finding, ...]


def allocate_service(
    policy: Policy,
    forecast: Forecast,
    terms: Terms,
    *,
    weighting: Weighting = "units",
    objective: Objective = "stock value",
    budget: float = 0.0,
    least: float = 0.5,
    most: float = 0.999,
) -> AllocatedService:
    """Return terms whose fill rates reach the aggregate at the least stock, or give most service for a budget.

    Parameters
    ----------
    policy : Policy
        As set before allocation: it knows units per cycle, and the levels of items that stay as they are.
    forecast : Forecast
    terms : Terms
        All for the same n series in the same order. `service_level` is the aggregate target of each segment.
    weighting : {"units", "value", "margin"}
        Share of what is delivered from stock: units, their sales value (cost where no price is known), or their margin.
    objective : {"stock value", "holding cost"}
    budget : float, default 0
        Average stock that may be held [money, in the measure of `objective`]; 0 for a target instead.
    least, most : float
        Fill rate that no item falls below or rises above [share in (0, 1)].
    """
    items = _items(policy, forecast, terms, weighting, objective)
    if not items.free.any():
        return AllocatedService(terms, pd.DataFrame(columns=list(SEGMENT_COLUMNS)), items.findings)
    limits = _limits(items, policy, terms, least=least, most=most)
    target = terms.frame["service_level_rule"].to_numpy(dtype=float)[items.rows]
    levels, segment = np.unique(target, return_inverse=True)
    if budget > 0:
        found = allocate_budget(items.curves, budget, limits=limits)
        levels, segment = np.array([np.nan]), np.zeros(len(target), dtype=np.int64)
    else:
        found = allocate_target(items.curves, levels, limits=limits, segment=segment.astype(np.int64))
    equal = np.where(items.free, items.curves.level_of(target), limits.low)
    table = _segment_table(found, levels, segment, np.bincount(segment, weights=items.curves.stock(equal)), budget)
    said = _findings(table, weighting=weighting, objective=objective, budget=budget)
    return AllocatedService(_with_targets(terms, items, found), table, (*items.findings, *said))


@dataclass(frozen=True)
class _Items:
    """Items that count: `rows` among the series, `free` to be allocated, and their curves."""

    rows: np.ndarray
    free: np.ndarray
    curves: ServiceCurves
    findings: tuple[Finding, ...]


def _items(policy: Policy, forecast: Forecast, terms: Terms, weighting: Weighting, objective: Objective) -> _Items:
    t = terms.frame
    cost = t["unit_cost"].to_numpy(dtype=float)
    weight = service_weight(forecast, terms, weighting)
    held = cost * np.maximum(t["holding_rate"].to_numpy(dtype=float), 1e-6) if objective == "holding cost" else cost
    cycle = policy.frame["cycle_units"].to_numpy(dtype=float)
    moving = (forecast.demand_per_period > 0) & ~t["blocked"].to_numpy(dtype=bool) & (cycle > 0)
    known = moving & (weight > 0) & (np.nan_to_num(cost) > 0)
    rows = np.flatnonzero(known)
    own = t[list(_OWN)].notna().any(axis=1).to_numpy() | t["service_level_from"].isin(["override", "item"]).to_numpy()
    curves = ServiceCurves(forecast.protection.take(rows), cycle[rows], weight[rows], held[rows])
    left = int((moving & ~known).sum())
    return _Items(rows, ~own[rows], curves, (_left_out(left, weighting),) if left else ())


def service_weight(forecast: Forecast, terms: Terms, weighting: Weighting) -> np.ndarray:
    """Return what each series' demand per period counts (n,); 0 where the price it takes is not known or there is no margin."""
    t = terms.frame
    cost, price = t["unit_cost"].to_numpy(dtype=float), t["unit_price"].to_numpy(dtype=float)
    each = {
        "units": np.ones(len(t)),
        "value": np.where(price > 0, price, cost),
        "margin": price - cost,
    }[weighting]
    weight: np.ndarray = np.maximum(np.nan_to_num(each), 0.0) * forecast.demand_per_period
    return weight


def _limits(items: _Items, policy: Policy, terms: Terms, *, least: float, most: float) -> ServiceLimits:
    """Return the levels between which each item may move: its service limits, minimum and maximum stock; set levels stay."""
    bounds, t = limits_of(items.curves, least=least, most=most), terms.frame.iloc[items.rows]
    floor = items.curves.demand.mean() + np.nan_to_num(t["min_stock"].to_numpy(dtype=float), nan=-np.inf)
    cap = np.nan_to_num(t["max_stock"].to_numpy(dtype=float), nan=np.inf)
    high = np.minimum(np.maximum(bounds.high, floor), cap)
    low = np.minimum(np.maximum(bounds.low, floor), high)
    set_at = policy.frame["reorder_point"].to_numpy(dtype=float)[items.rows]
    return ServiceLimits(np.where(items.free, low, set_at), np.where(items.free, high, set_at))


def _with_targets(terms: Terms, items: _Items, found: Allocation) -> Terms:
    rows, fill = items.rows[items.free], found.fill[items.free]
    frame = terms.frame.copy()
    service, measure = frame["service_level"].to_numpy(dtype=float).copy(), frame["service_measure"].to_numpy(object)
    source = frame["service_level_from"].to_numpy(object)
    # a service level is a probability strictly between 0 and 1
    service[rows], measure[rows], source[rows] = np.clip(fill, 1e-6, 1 - 1e-6), "fill", "aggregate target"
    frame["service_level"] = service
    frame["service_measure"] = pd.Series(measure, dtype="str").to_numpy()
    frame["service_level_from"] = pd.Series(source, dtype="str").to_numpy()
    return dataclasses.replace(terms, frame=frame)


def _segment_table(
    found: Allocation, levels: np.ndarray, segment: np.ndarray, equal: np.ndarray, budget: float
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "target": levels,
            "items": np.bincount(segment, minlength=len(levels)),
            "service": found.service,
            "stock_value": found.stock,
            "equal_service_stock_value": np.where(budget > 0, np.nan, equal),
            "least_possible": np.where(budget > 0, np.nan, found.bound),
            "reached": found.reached,
        }
    )[list(SEGMENT_COLUMNS)]


def _findings(table: pd.DataFrame, *, weighting: Weighting, objective: Objective, budget: float) -> list[Finding]:
    said = []
    what = "Average stock" if objective == "stock value" else "Yearly holding cost of average stock"
    for row in table.itertuples():
        if budget > 0:
            text = f"{what} of {row.stock_value:,.0f} (budget {budget:,.0f}) gives {row.service:.1%} service by {weighting} over {row.items} items."
            bad = "The budget is below what the lowest service of every item needs." if not row.reached else ""
        else:
            text = f"{row.service:.1%} of {weighting} over {row.items} items need {what[0].lower() + what[1:]} of {row.stock_value:,.0f}, where equal service for every item would need {row.equal_service_stock_value:,.0f}."
            bad = (
                f"The target of {row.target:.1%} is beyond what the items' own limits allow." if not row.reached else ""
            )
        fix = "Lower the target or raise the highest service of an item." if bad and budget <= 0 else ""
        fix = "Raise the budget or lower the lowest service of an item." if bad and budget > 0 else fix
        said.append(Finding("warning" if bad else "info", "", "Service targets", f"{bad} {text}".strip(), fix))
    return said


def _left_out(number: int, weighting: Weighting) -> Finding:
    needed = "a unit cost" if weighting != "margin" else "a unit cost and a price above it"
    return Finding(
        "warning",
        "Items",
        "Service targets",
        f"{number} items keep their own service target, because {needed} is not known.",
        f"Enter {needed} on the Items sheet.",
    )


def curves_at_cost(policy: Policy, forecast: Forecast, terms: Terms, *, weighting: Weighting) -> ServiceCurves:
    """Return curves of all n series with purchase cost; series that cannot be weighed have weight 0."""
    cost = terms.frame["unit_cost"].to_numpy(dtype=float)
    cycle = policy.frame["cycle_units"].to_numpy(dtype=float)
    usable = (np.nan_to_num(cost) > 0) & (cycle > 0) & ~terms.frame["blocked"].to_numpy(dtype=bool)
    weight = np.where(usable, service_weight(forecast, terms, weighting), 0.0)
    demand: DemandDistribution = forecast.protection
    return ServiceCurves(demand, np.where(cycle > 0, cycle, 1.0), weight, np.where(usable, cost, 1.0))

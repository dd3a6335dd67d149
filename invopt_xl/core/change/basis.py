"""What a run keeps for the next one: the inputs of every order, one compact row per item and location, so that a change can be told apart later.

Each column belongs to one part of the split. Time is in days, so that runs with different planning periods can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from invopt_xl.core.change.order_model import reorder_level, standard_deviation
from invopt_xl.core.contracts import TAIL_LEVELS
from invopt_xl.core.forecast.horizon import path_total
from invopt_xl.core.policy.last_stock import STATE_COLUMNS, STATE_TEXTS
from invopt_xl.core.stages import Stages

LEVEL, SPREAD, LEAD_TIME, SERVICE, DAMPING, STOCK, CONSTRAINTS = (
    "demand level",
    "demand spread",
    "lead time",
    "service target",
    "damping",
    "stock position",
    "constraints",
)

#: Parts of a change, in the order of the sheet.
PARTS = (LEVEL, SPREAD, LEAD_TIME, SERVICE, DAMPING, STOCK, CONSTRAINTS)

KEYS = ("sku", "location")

ORDER = "order_quantity"


@dataclass(frozen=True)
class BasisColumn:
    """A kept input of the order, and the part of a change that it belongs to; what it is stands in `contracts.BASIS`."""

    name: str
    part: str
    kind: Literal["number", "text", "flag"] = "number"


BASIS: tuple[BasisColumn, ...] = (
    BasisColumn("demand_per_day", LEVEL),
    BasisColumn("demand_correction", LEVEL),
    BasisColumn("demand_cv", SPREAD),
    BasisColumn("demand_cv_days", SPREAD),
    BasisColumn("demand_cv_growth", SPREAD),
    BasisColumn("tail_service", SPREAD),
    BasisColumn("tail_correction", SPREAD),
    *(BasisColumn(name, SPREAD) for name in TAIL_LEVELS),
    BasisColumn("lead_time_days", LEAD_TIME),
    BasisColumn("lead_time_sd_days", LEAD_TIME),
    BasisColumn("review_period_days", LEAD_TIME),
    BasisColumn("service_level", SERVICE),
    BasisColumn("service_measure", SERVICE, "text"),
    BasisColumn("damping_units", DAMPING),
    BasisColumn("on_hand", STOCK),
    BasisColumn("on_order", STOCK),
    BasisColumn("reserved", STOCK),
    BasisColumn("backorders", STOCK),
    BasisColumn("moq", CONSTRAINTS),
    BasisColumn("pack_size", CONSTRAINTS),
    BasisColumn("whole_units", CONSTRAINTS, "flag"),
    BasisColumn("min_stock", CONSTRAINTS),
    BasisColumn("max_stock", CONSTRAINTS),
    BasisColumn("shelf_cap", CONSTRAINTS),
    BasisColumn("override_safety_stock", CONSTRAINTS),
    BasisColumn("override_reorder_point", CONSTRAINTS),
    BasisColumn("override_order_up_to", CONSTRAINTS),
    BasisColumn("blocked", CONSTRAINTS, "flag"),
    BasisColumn("unit_cost", CONSTRAINTS),
    BasisColumn("holding_rate", CONSTRAINTS),
    BasisColumn("order_cost", CONSTRAINTS),
    BasisColumn("period_days", CONSTRAINTS),
)

#: All columns of the kept table, in order: inputs of the order, then what damping of safety stock starts from.
BASIS_COLUMNS = (*KEYS, ORDER, *(column.name for column in BASIS), *STATE_COLUMNS)

_OWED = ("on_order", "reserved", "backorders")


def order_basis(stages: Stages) -> pd.DataFrame:
    """Return the inputs of every order of a plan: BASIS_COLUMNS, n rows. Unknown numbers are NaN.

    Parameters
    ----------
    stages : Stages
        Of the plan, with its final orders.
    """
    t, history, forecast = stages.terms.frame, stages.history, stages.forecast
    lead, p = stages.lead_times.frame, stages.policy.frame
    days = lead["mean_days"].to_numpy(dtype=float) + t["review_period_days"].to_numpy(dtype=float)
    per_day = forecast.demand_per_period / history.days_per_period
    expected = p["forecast_protection"].to_numpy(dtype=float)
    plain = per_day * days
    sold = np.nan_to_num(history.sales)
    frame = pd.DataFrame(
        {
            **{name: history.series[name].to_numpy() for name in KEYS},
            ORDER: stages.orders.frame["order_quantity"].to_numpy(dtype=float),
            "demand_per_day": per_day,
            "demand_correction": np.divide(expected, plain, out=np.ones(len(plain)), where=plain > 0),
            "demand_cv": np.divide(forecast.sd_demand, expected, out=np.zeros(len(plain)), where=expected > 0),
            "demand_cv_days": days,
            "demand_cv_growth": forecast.law.spread.growth,
            "tail_service": t["service_level"].to_numpy(dtype=float),
            "lead_time_days": lead["mean_days"].to_numpy(dtype=float),
            "lead_time_sd_days": lead["sd_days"].to_numpy(dtype=float),
            "service_level": t["service_level"].to_numpy(dtype=float),
            "service_measure": t["service_measure"].to_numpy(),
            "damping_units": np.zeros(len(t)) if stages.damping is None else stages.damping.units,
            "on_hand": t["on_hand"].to_numpy(dtype=float),
            **{name: t[name].fillna(0.0).to_numpy(dtype=float) for name in (*_OWED, "moq", "pack_size")},
            "whole_units": (sold == np.rint(sold)).all(axis=1),
            "shelf_cap": _shelf_cap(stages),
            "blocked": t["blocked"].to_numpy(dtype=bool),
            "period_days": history.days_per_period,
            **{
                name: t[name].to_numpy(dtype=float)
                for name in (
                    "review_period_days",
                    "min_stock",
                    "max_stock",
                    "override_safety_stock",
                    "override_reorder_point",
                    "override_order_up_to",
                    "unit_cost",
                    "holding_rate",
                    "order_cost",
                )
            },
        }
    )
    frame["tail_correction"] = _tail_correction(stages, frame, t["service_level"].to_numpy(dtype=float))
    for name, service in TAIL_LEVELS.items():
        frame[name] = _tail_correction(stages, frame, np.full(len(frame), service))
    for name in STATE_COLUMNS:
        nothing = "" if name in STATE_TEXTS else np.nan
        frame[name] = nothing if stages.damping is None else stages.damping.state[name].to_numpy()
    return frame[list(BASIS_COLUMNS)].astype(dict.fromkeys((*KEYS, "service_measure", *STATE_TEXTS), "str"))


def _tail_correction(stages: Stages, frame: pd.DataFrame, service: np.ndarray) -> np.ndarray:
    """Return how far the plan's level for a service (n,) lies from that of a gamma with the same moments, in standard deviations (n,)."""
    columns = {str(name): frame[name].to_numpy() for name in frame.columns} | {"service_level": service}
    found = level_of_plan(stages, service)
    spread = standard_deviation(columns)
    gamma = reorder_level(columns)
    correction: np.ndarray = np.divide(found - gamma, spread, out=np.zeros(len(frame)), where=spread > 0)
    return correction


def level_of_plan(stages: Stages, target: np.ndarray) -> np.ndarray:
    """Return the reorder point that a service target (n,) alone asks for, before limits and standing decisions (n,)."""
    t, p, protection = stages.terms.frame, stages.policy.frame, stages.forecast.protection
    level = protection.quantile(target)
    rows = np.flatnonzero((t["service_measure"] == "fill").to_numpy())
    if len(rows):
        cycle = p["cycle_units"].to_numpy(dtype=float)[rows]
        level[rows] = protection.take(rows).level_for_loss((1 - target[rows]) * cycle)
    return level


def _shelf_cap(stages: Stages) -> np.ndarray:
    """Return expected demand from today until what is ordered now has passed its life (n,); NaN without a shelf life."""
    life = stages.terms.frame["shelf_life_days"].to_numpy(dtype=float) / stages.history.days_per_period
    known, forecast = ~np.isnan(life), stages.forecast
    sold = path_total(forecast.outlook, np.where(known, life, 0.0) + forecast.lead_periods, elapsed=forecast.elapsed)
    return np.where(known, sold, np.nan)

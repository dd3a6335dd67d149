"""How much is ordered at once: the economic order quantity where costs are known, else what a review asks for. Serves policy and lead times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.policy.eoq import economic_order_quantity

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Lot:
    """Lots of n series: `units`, and `economic` (NaN where a cost is unknown), each (n,) [units]."""

    units: np.ndarray
    economic: np.ndarray


def lots(demand_per_period: np.ndarray, terms: pd.DataFrame, *, days_per_period: float) -> Lot:
    """Return what a replenishment brings.

    Parameters
    ----------
    demand_per_period : float array, shape (n,)
        Expected [units].
    terms : DataFrame
        n rows of `Terms.frame`.
    days_per_period : float

    Notes
    -----
    The economic order quantity where order cost and unit cost are known, at least the minimum order. Else one review period's demand, or
    with continuous review the largest of minimum order, one pack and one period's demand.
    """
    review = terms["review_period_days"].to_numpy(dtype=float) / days_per_period
    moq, pack = _amount(terms["moq"]), _amount(terms["pack_size"])
    economic = _economic(demand_per_period, terms, days_per_period)
    plain = np.where(review > 0, demand_per_period * review, np.maximum(np.maximum(moq, pack), demand_per_period))
    return Lot(np.where(np.isnan(economic), plain, np.maximum(economic, moq)), economic)


def order_interval_days(demand_per_period: np.ndarray, terms: pd.DataFrame, *, days_per_period: float) -> np.ndarray:
    """Return how long a lot lasts, shape (n,) [days]; 0 where a review's demand is ordered, or none is expected.

    Parameters
    ----------
    demand_per_period, terms, days_per_period
        As for `lots`.
    """
    review = terms["review_period_days"].to_numpy(dtype=float)
    brought = np.maximum(lots(demand_per_period, terms, days_per_period=days_per_period).units, _amount(terms["moq"]))
    lasts = np.divide(brought, demand_per_period, out=np.zeros_like(brought), where=demand_per_period > 0)
    days: np.ndarray = lasts * days_per_period
    return np.where(days > review * (1 + 1e-9), days, 0.0)


def _amount(column: pd.Series) -> np.ndarray:
    result: np.ndarray = np.nan_to_num(column.to_numpy(dtype=float), nan=0.0)
    return result


def _economic(demand_per_period: np.ndarray, t: pd.DataFrame, days_per_period: float) -> np.ndarray:
    """Return the economic order quantity (n,); NaN where a cost is unknown."""
    cost = t["unit_cost"].to_numpy(dtype=float)
    holding, order = cost * t["holding_rate"].to_numpy(dtype=float), t["order_cost"].to_numpy(dtype=float)
    annual = demand_per_period * DAYS_PER_YEAR / days_per_period
    usable = (np.nan_to_num(holding) > 0) & (order > 0)
    quantity = economic_order_quantity(
        np.where(usable, annual, 0.0),
        order_cost=np.where(usable, order, 1.0),
        holding_cost=np.where(usable, holding, 1.0),
    )
    return np.where(usable, quantity, np.nan)
